/** The file system on its own, for those who want no guests: `vivarium/fs`. */

export { check } from './check.ts'
export { Errno, errnoName } from './errno.ts'
export { Filesystem } from './filesystem.ts'
export type { Instant, Kind } from './inode.ts'
export type { Epoch } from './instant.ts'
export type { Quota } from './limits.ts'
export { createNodeFs, type NodeError, type NodeFs } from './node_fs.ts'
export { type Entry, ExportError, exportTree, type Files, ImportError, importTree } from './tree.ts'
