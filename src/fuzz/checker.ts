/** One run and what is wrong with it: what `fuzz` and `sweep` do over and over. */

import { hashOf, hexOf, pureHashes } from '../../vfs/hash.ts'
import { bad } from '../check_options.ts'
import { VivariumError } from '../error.ts'
import { Machine } from '../machine.ts'
import { cutEverywhere } from './cuts.ts'
import { Engine, type ExecuteOptions } from './execute.ts'
import { type Finding, findingOf, keyOf } from './finding.ts'
import { Judge } from './judge.ts'
import type { CheckOptions, SearchOptions } from './options.ts'
import type { Failure, Outcome } from './outcome.ts'
import type { Reproducer } from './reproducer.ts'
import type { World } from './world.ts'

export const DEFAULT_FATES = 64

export const CHECK_OPTIONS: readonly string[] = [
  'base',
  'preopens',
  'tty',
  'limits',
  'fuel',
  'property',
  'oracle',
  'allow',
]
export const SEARCH_OPTIONS: readonly string[] = [
  ...CHECK_OPTIONS,
  'maxFindings',
  'shard',
  'stop',
  'onProgress',
  'name',
  'reproducer',
]

/** A failing run. */
export interface Failed {
  readonly outcome: Outcome
  readonly failure: Failure
}

type ReproducerOptions = CheckOptions & Pick<SearchOptions, 'name' | 'reproducer'>

export class Checker {
  readonly engine: Engine
  readonly judge: Judge
  readonly #options: ReproducerOptions
  #reproducer: Omit<Reproducer, 'world' | 'failure'> | undefined

  /** @throws VivariumError for wrong options, a guest that cannot run, and a base that cannot be. */
  constructor(module: WebAssembly.Module | Uint8Array, options: ReproducerOptions) {
    checkChecks(options)
    this.engine = new Engine(module, options)
    this.judge = new Judge(this.engine, options)
    this.#options = options
  }

  /** Runs the guest in a world; with an oracle about power cuts, with all of those. */
  check(world: World): { readonly outcome: Outcome; readonly failure: Failure | undefined } {
    const { engine, judge } = this
    const { cutters } = judge
    if (cutters.length === 0 || (world.faults !== undefined && /=cut\b/.test(world.faults))) {
      const outcome = engine.run(world)
      return { outcome, failure: judge.judge(outcome) }
    }
    let lost: Failure | undefined
    const { outcome } = cutEverywhere(engine, world, {
      maxFates: DEFAULT_FATES,
      maxCuts: Math.max(...cutters.map(({ maxCuts = 1000 }) => maxCuts)),
      visit: (cut) => {
        lost = judge.judgeCut(cut, world)
        return lost === undefined
      },
    })
    return { outcome, failure: judge.judge(outcome) ?? lost }
  }

  /** Whether the same failure is there in another world. */
  fails(world: World, { site }: Failure): Failure | undefined {
    try {
      const { failure } = this.check(world)
      return failure?.site === site ? failure : undefined
    } catch (error) {
      // A world that cannot be is none in which it fails.
      if (error instanceof VivariumError) return undefined
      throw error
    }
  }

  /** What tells the failure from others, and the run once more, with its calls. */
  tell(
    world: World,
    failure: Failure,
    options: ExecuteOptions = {},
  ): { readonly key: string; readonly outcome: Outcome } {
    const failing = failure.faults === undefined ? world : { ...world, faults: failure.faults }
    const outcome = this.engine.run(failing, { ...options, trace: 'records' })
    return { key: keyOf(failure, outcome), outcome }
  }

  finding(index: number, key: string, world: World, failure: Failure): Finding {
    // Not before there is something to tell: the base is named by a digest of all that is in it.
    this.#reproducer ??= reproducerOf(this.engine, this.#options)
    return findingOf(index, key, failure, this.tell(world, failure).outcome, this.#reproducer)
  }
}

/** What a reproducer says besides the world: the guest, the base, and the bounds. */
function reproducerOf(
  { bytes, base }: Engine,
  { name, limits, fuel, preopens, tty, allow, reproducer }: ReproducerOptions,
): Omit<Reproducer, 'world' | 'failure'> {
  const digest = base.stateDigest
  const isNew = digest === new Machine().snapshot().stateDigest
  return {
    module: {
      ...(name === undefined ? {} : { path: name }),
      sha256: bytes === undefined ? '' : hexOf(hashOf(base.settings.hashes ?? pureHashes, 'sha256', bytes)),
    },
    ...(isNew ? {} : { base: { digest } }),
    ...(preopens === undefined ? {} : { preopens }),
    ...(tty === undefined ? {} : { tty }),
    ...(limits === undefined ? {} : { limits }),
    ...(fuel === undefined ? {} : { fuel: fuel === Infinity ? 'none' : fuel }),
    ...(allow === undefined ? {} : { allow }),
    ...reproducer,
  }
}

/** @throws VivariumError `BAD_OPTION`. */
export function checkOptionNames(what: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    const problem = `${what}: there is no option ${JSON.stringify(name)}; there are ${known.join(', ')}`
    throw new VivariumError('BAD_OPTION', problem)
  }
}

const PROPERTY_EXAMPLE = "a function of an outcome, as ({ exitCode, stdout }) => exitCode === 0 && stdout.text() !== ''"

function checkChecks({ property, oracle, allow }: CheckOptions): void {
  if (property !== undefined && typeof property !== 'function') bad('property', property, PROPERTY_EXAMPLE)
  const oracles: readonly unknown[] = oracle === undefined ? [] : Array.isArray(oracle) ? oracle : [oracle]
  for (const each of oracles) {
    const isOracle = typeof each === 'object' && each !== null && typeof (each as { name?: unknown }).name === 'string'
    if (!isOracle)
      bad('oracle', each, 'an oracle or several, as deterministic() or [idempotent(), noWritesOutside("/out")]')
  }
  const ends = ['trap', 'limit', 'deadlock', 'signal']
  if (allow !== undefined && !(Array.isArray(allow) && allow.every((end) => ends.includes(end)))) {
    bad('allow', allow, `an array of ${ends.join(', ')}`)
  }
}

/** Which indexes are this process's, in batches, so that neighbours share what is warm. */
export function isOwn(index: number, shard: SearchOptions['shard'], batch: number): boolean {
  return shard === undefined || Math.floor(index / batch) % shard.of === shard.index
}

export function checkShard(shard: SearchOptions['shard']): void {
  if (shard === undefined) return
  const { index, of } = shard
  if (!(Number.isSafeInteger(index) && Number.isSafeInteger(of) && index >= 0 && index < of)) {
    bad('shard', shard, '{ index, of }, the index from 0 up to one less than of')
  }
}
