/** Ready properties: what is to hold of a program without anything being said about what it does. */

import type { TraceLevel } from '../options.ts'
import type { Snapshot } from '../snapshot.ts'
import type { Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** What an oracle can do besides looking: run guests. */
export interface Bench {
  /** Runs the guest, or another module, in a world, from the base or from what a run has left. */
  execute(
    world: World,
    options?: {
      readonly module?: WebAssembly.Module | Uint8Array
      readonly from?: Snapshot
      readonly trace?: TraceLevel
    },
  ): Outcome
}

/** A power cut: after which call, what became of the rest, and what the guest had said until then. */
export interface PowerCut {
  /** As a plan, to make it again. */
  readonly faults: string
  /** The calls that were made. */
  readonly calls: number
  /** What was left on the disk. */
  readonly disk: Snapshot
  /** What the guest had written to its stdout. */
  readonly stdout: Uint8Array
}

export interface Oracle {
  readonly name: string
  /** What is wrong with an outcome, as a sentence. */
  readonly check?: (outcome: Outcome, bench: Bench) => string | undefined
  /** What is wrong with what is left after a power cut; with it the power is cut at every point of each run. */
  readonly checkCut?: (cut: PowerCut, world: World, bench: Bench) => string | undefined
  /** Power cuts of one run at most. */
  readonly maxCuts?: number
}
