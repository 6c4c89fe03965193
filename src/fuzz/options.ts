/** What a campaign and a sweep can be given. */

import type { Arbitrary } from 'fast-check'
import type { Machine } from '../machine.ts'
import type { Limits, MachineOptions, RunOptions } from '../options.ts'
import type { Snapshot } from '../snapshot.ts'
import type { FaultPlanConstraints } from './arbitrary/fault_plan.ts'
import type { GuidedOptions, Progress, Shard } from './campaign.ts'
import type { Oracle } from './oracle.ts'
import type { Property } from './outcome.ts'
import type { Reproducer } from './reproducer.ts'
import type { World } from './world.ts'

/** Ends that are failures where they are not allowed. */
export type BadEnd = 'trap' | 'limit' | 'deadlock' | 'signal'

/** How a guest is run in a world. */
export interface GuestOptions {
  /** What every run starts from: a machine, a snapshot of one, or the options of one. Default a new machine. */
  readonly base?: Machine | Snapshot | MachineOptions
  /** As of `Machine.run`. */
  readonly preopens?: RunOptions['preopens']
  readonly tty?: RunOptions['tty']
  /** Default: 100,000 calls and 16 MiB of output. */
  readonly limits?: Partial<Limits>
  /**
   * Instructions that a run may take; Infinity for no bound. Default 100,000,000 where the guest is given as bytes; a
   * compiled module has to have been compiled with `fuel` for it.
   */
  readonly fuel?: number
}

/** What is checked of each run. */
export interface CheckOptions extends GuestOptions {
  readonly property?: Property
  /** One or more ready properties. */
  readonly oracle?: Oracle | readonly Oracle[]
  /** Ends that are no failure. Default none: a trap, a limit, a deadlock and a signal each is one. A power cut never is. */
  readonly allow?: readonly BadEnd[]
}

/** What is the same for `fuzz` and `sweep`. */
export interface SearchOptions extends CheckOptions {
  /** Different findings after which the search ends. Default 20. */
  readonly maxFindings?: number
  /** The part of the search that is done here. Default all. */
  readonly shard?: Shard
  /** Asked between runs: whether to end now. With it the findings are no function of the seed any more. */
  readonly stop?: () => boolean
  readonly onProgress?: (progress: Progress) => void
  /** What the guest is called in reproducers, as the path of its file. */
  readonly name?: string
  /** What reproducers say of how the base was made, and of where the property is: for the command line. */
  readonly reproducer?: Pick<Reproducer, 'base' | 'property'>
}

export interface FuzzOptions extends SearchOptions {
  /** Where worlds come from. Default `world()`. */
  readonly world?: Arbitrary<World>
  /** How many worlds. Default 1,000. */
  readonly runs?: number
  /** A whole number of 32 bits. Default 0: the same worlds each time. */
  readonly seed?: number
  /** Faults besides those of the worlds: a plan for each run, or `'random'` ones, or constraints of those. Default none. */
  readonly faults?: string | FaultPlanConstraints
  /** Runs that shrinking one finding may take. Default 1,000. */
  readonly maxShrinks?: number
  /** Whether worlds that reach new edges are kept and changed further. Needs the guest as bytes. Default false. */
  readonly guided?: boolean | GuidedOptions
}

/** How often a fault happens: at that call alone, or at it and all like it afterwards. */
export type Persistence = 'once' | 'from then on'

export interface SweepOptions extends SearchOptions {
  /** The world of the run that is swept. Default `{}`. */
  readonly world?: World
  /**
   * The errnos that each call is made to give: those that its environment may give there (`'environment'`, as EIO or
   * ENOSPC), all that it can give at all (`'all'`), those given, or none. Default `'environment'`.
   */
  readonly errnos?: 'environment' | 'all' | readonly string[]
  /** Default both. */
  readonly persistence?: readonly Persistence[]
  /** Whether calls that moved bytes are made to move fewer: one, half, and all but one. Default true. */
  readonly shorts?: boolean
  /** Whether the power is cut at every point. Default: where an oracle is about that (`survives`). */
  readonly cuts?: boolean
  /** Fates of one cut, at most; `all`, `none`, `first:N`, `without:N` and `torn:N:S` as many as there are. Default 64. */
  readonly maxFates?: number
}
