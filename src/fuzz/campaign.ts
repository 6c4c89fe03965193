/**
 * What a campaign is, whoever chooses its worlds: a number of runs by their index, each a function of the seed and of
 * that index, so that runs can be spread over processes and come to the same findings in the same order.
 */

import type { Cpu } from '../cpu/settings.ts'
import type { Failure, Outcome } from './outcome.ts'
import type { World } from './world.ts'

/** Which part of the runs is this process's: those whose number of batch is `index` modulo `of`. */
export interface Shard {
  /** From 0. */
  readonly index: number
  readonly of: number
}

/** How far a campaign has come; what is not known is absent. */
export interface Progress {
  readonly runs: number
  /** Of how many, where that is bounded. */
  readonly total?: number
  readonly findings: number
  /** Edges of the guest that were reached, and worlds that are kept, where the campaign is guided. */
  readonly edges?: number
  readonly corpus?: number
}

/** All that who chooses the worlds is given. Everything here is synchronous and, but for `stop`, a function of its arguments. */
export interface Campaign {
  /** The bytes of the guest, for whoever rewrites it. */
  readonly bytes: Uint8Array
  /** What it has to be compiled for. Default `'strict'`. */
  readonly cpu?: Cpu | undefined
  /** Whether it is one that pays to be compiled as `short`. */
  readonly short?: boolean
  readonly seed: number
  /** How many runs this process is to make, with those of a shard counted already; may be Infinity. */
  readonly runs: number
  readonly shard: Shard
  /** Whether it is time to end; to be asked between runs. */
  readonly stop: () => boolean
  /** A new random world, the same for the same index; from the user's arbitrary. Of a shard: any index will do. */
  readonly world: (index: number) => World
  /**
   * Runs a module in a world, from a fork of the base. `module` is by default the guest; give what was compiled of a
   * rewritten one to have that run. Instances are reused as by `Machine.run`. Options are those of the campaign.
   */
  readonly execute: (world: World, module?: WebAssembly.Module) => Outcome
  /** What is wrong with an outcome: by how it ended, by the property and by the oracles. */
  readonly judge: (outcome: Outcome) => Failure | undefined
  /** Takes a failing world, once for each site; it is shrunk at the end. `index` orders the findings. */
  readonly found: (index: number, world: World, failure: Failure) => void
  /** How many different findings there are so far. */
  readonly findings: () => number
  readonly report: (progress: Progress) => void
}

/** Where the campaign was led. */
export interface Guidance {
  readonly runs: number
  readonly edges: number
  /** Which they are: edge i is bit i % 32 of word i / 32. */
  readonly coverage: Uint32Array
  /** The worlds that are worth keeping, each of which reached what those before it did not; in the order found. */
  readonly corpus: readonly World[]
}

/** Options of a guided campaign. */
export interface GuidedOptions {
  /** Worlds to start from. */
  readonly corpus?: readonly World[]
  /** Whether operands of comparisons are learnt, to pass magic values. Default true. */
  readonly comparisons?: boolean
}

/** The shape of `guidedCampaign` in `guided.ts`: runs until `campaign.runs` are made or `campaign.stop()` is true. */
export type GuidedCampaign = (campaign: Campaign, options?: GuidedOptions) => Guidance
