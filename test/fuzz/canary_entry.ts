/** What the canaries are built of: the suites, and the metamorphic checks. */

export { forkFault, snapshotFault } from '../metamorphic/fork.ts'
export { Scratch } from '../property/side_by_side.ts'
export { fireSuite } from './fire_suite.ts'
export { nodeFsSuite } from './node_fs_suite.ts'
