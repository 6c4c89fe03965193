/** A child process that runs the batches it is sent until its parent is gone or has no more. */

import type { SuiteName } from './suite.ts'
import { Suites } from './suites.ts'

/** A batch that the parent asks for. */
export interface Order {
  readonly suite: SuiteName
  readonly seed: number
  readonly programs: number
}

const suites = new Suites()

process.on('message', async ({ suite, seed, programs }: Order) => {
  process.send?.(await suites.of(suite).run(seed, programs))
})
process.on('disconnect', () => {
  suites.close()
  process.exit()
})
// The parent decides when a run that was interrupted ends.
process.on('SIGINT', () => {})
