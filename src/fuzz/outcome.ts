/** What came of one run in one world: what properties and oracles look at. */

import type { NodeFs } from '../../vfs/node_fs.ts'
import type { Difference } from '../diff.ts'
import type { Machine } from '../machine.ts'
import type { End, Output, Run, TraceRecord } from '../run.ts'
import type { Snapshot } from '../snapshot.ts'
import type { World } from './world.ts'

export interface Outcome {
  readonly world: World
  /** The machine before the run: the base with the files of the world. */
  readonly before: Snapshot
  /** The machine as it was left. */
  readonly machine: Machine
  /** Its files, as `node:fs` would show them. */
  readonly fs: NodeFs
  readonly run: Run
  readonly end: End | undefined
  /** `undefined` where the run did not end by an exit. */
  readonly exitCode: number | undefined
  readonly stdout: Output
  readonly stderr: Output
  /** Every call. The run is done again for it when it is first asked for, since keeping records costs time. */
  readonly trace: readonly TraceRecord[]
  /** What the run changed in the tree. */
  diff(): Difference
}

/**
 * What must hold of every outcome. It fails by returning `false` or a sentence, or by throwing, and returns anything else
 * otherwise; an assertion of any library will do. It must be a function of the outcome alone.
 */
export type Property = (outcome: Outcome) => unknown

/** What was wrong with a run. */
export interface Failure {
  /** `trap`, `limit`, `deadlock`, `signal`, `property`, or the name of an oracle. */
  readonly kind: string
  /** One sentence, or what the property threw. */
  readonly message: string
  /** Equal for failures that are taken for the same: of a trap its place in the module, else kind and message without numbers. */
  readonly site: string
  /** Where the failure is one of a power cut: before which call, and what became of what was not synced. */
  readonly faults?: string
}
