/** A child process that runs the batches it is sent until its parent is gone or has no more. Its argument is a folder. */

import type { SuiteName } from './suite.ts'
import { Suites } from './suites.ts'

/** A batch that the parent asks for. */
export interface Order {
  readonly suite: SuiteName
  readonly seed: number
  readonly programs: number
}

const suites = new Suites(process.argv[2])

process.on('message', async ({ suite, seed, programs }: Order) => {
  const { run } = await suites.of(suite)
  process.send?.(await run(seed, programs))
})
process.on('disconnect', () => {
  suites.close()
  process.exit()
})
// The parent decides when a run that was interrupted ends.
process.on('SIGINT', () => {})
