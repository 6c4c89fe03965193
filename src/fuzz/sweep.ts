/**
 * Every fault at every call of one run: from a clean run with its calls written down, each call is made to fail in each
 * way that it may, once and from then on; to move fewer bytes; and the power is cut at every point. Cases are numbered
 * in one fixed order, so that they can be spread over processes.
 */

import { type Effect, type FaultRule, Faults, formatFaults, parseFaults, type Subject } from '../../kernel/fault.ts'
import { errnoOf } from '../../vfs/errno.ts'
import { errnosOf } from '../abi/errnos.ts'
import { type CallName, isCallName } from '../abi/signatures.ts'
import { bad } from '../check_options.ts'
import { VivariumError } from '../error.ts'
import type { FaultPlan } from '../hostcall/faulty.ts'
import type { TraceRecord } from '../run.ts'
import { Checker, checkOptionNames, checkShard, DEFAULT_FATES, isOwn, SEARCH_OPTIONS } from './checker.ts'
import { Collector } from './collector.ts'
import { cutEverywhere } from './cuts.ts'
import { environmentErrnosAt } from './environment.ts'
import type { Engine } from './execute.ts'
import type { Finding } from './finding.ts'
import { checkPlan, DEFAULT_FINDINGS } from './fuzz.ts'
import type { Persistence, SweepOptions } from './options.ts'
import type { Outcome } from './outcome.ts'
import type { Steps } from './steps.ts'
import type { World } from './world.ts'

/** What a sweep came to. */
export interface SweepReport {
  /** Calls of the clean run. */
  readonly calls: number
  /** All cases that there are; of a shard too. Cuts are counted as far as the sweep came. */
  readonly cases: number
  readonly errnos: number
  readonly shorts: number
  readonly cuts: number
  /** Points of the run at which a power cut leaves something else than at the point before. */
  readonly points: number
  /** How many cases were run here: those that a run shows to be the same as another are not run again. */
  readonly runs: number
  readonly findings: readonly Finding[]
}

/** One thing that goes wrong in a run. */
interface Case {
  /** The call that it happens to first, by its number in the run. */
  readonly call: number
  readonly rule: FaultRule
}

const SWEEP_OPTIONS: readonly string[] = [
  ...SEARCH_OPTIONS,
  'world',
  'errnos',
  'persistence',
  'shorts',
  'cuts',
  'maxFates',
]
const PERSISTENCE: readonly Persistence[] = ['once', 'from then on']
/** Cases whose numbers follow each other and that one process runs. */
const BATCH = 64
const REPORT_EVERY = 256
/** Cases that are run before it would pay to make a guest that can be stopped. */
const FEW = 256

/**
 * Sweeps a run. The run without any fault is case 0; where that fails already, there is nothing to sweep.
 * @throws VivariumError for wrong options, a guest that cannot run, and a base or a world that cannot be.
 */
export function sweep(module: WebAssembly.Module | Uint8Array, options: SweepOptions = {}): SweepReport {
  checkOptions(options)
  const {
    world = {},
    maxFindings = DEFAULT_FINDINGS,
    shard,
    stop = () => false,
    onProgress = () => undefined,
  } = options
  const checker = new Checker(module, options)
  const collector = new Collector(checker)
  const { engine, judge } = checker
  const own = (number: number): boolean => isOwn(number, shard, BATCH)
  const clean = engine.run(world, { trace: 'records' })
  const failure = judge.judge(clean)
  const records = clean.trace
  if (failure !== undefined) {
    if (own(0)) collector.add(0, world, failure, same)
    const none = { errnos: 0, shorts: 0, cuts: 0, points: 0 }
    return {
      calls: records.length,
      cases: 1,
      ...none,
      runs: 1,
      findings: collector.findings(maxFindings, shard !== undefined),
    }
  }
  const cases = [...casesOf(records, options)]
  const shorts = cases.filter(({ rule }) => rule.effect.kind === 'short').length
  const total = 1 + cases.length
  let runs = own(0) ? 1 : 0
  const report = (): void => onProgress({ runs, total, findings: collector.size })
  let isStopped = false
  const goesOn = (): boolean => {
    isStopped ||= collector.size >= maxFindings || stop()
    return !isStopped
  }
  /** The last fault that happened once and could not have happened again: that it would is the same run. */
  let onlyOnce: Case | undefined
  const runner = new CaseRunner(engine, world, cases.length)
  for (const [index, one] of cases.entries()) {
    // Those that differ only in how often it happens are of one shard, as batches are even.
    if (!own(index)) continue
    if (onlyOnce !== undefined && one.rule.on && one.rule.effect === onlyOnce.rule.effect) continue
    if (!goesOn()) break
    const { outcome, couldHappenAgain } = runner.run(one)
    onlyOnce = couldHappenAgain ? undefined : one
    const problem = judge.judge(outcome)
    if (problem !== undefined) {
      const faults = formatFaults([one.rule]) + (world.faults === undefined ? '' : `; ${world.faults}`)
      collector.add(index + 1, { ...world, faults }, problem, same)
    }
    if (++runs % REPORT_EVERY === 0) report()
  }
  const { cuts = judge.cutters.length > 0, maxFates = DEFAULT_FATES } = options
  const cut = cuts
    ? cutEverywhere(engine, world, {
        maxFates,
        wants: (number) => own(cases.length + number),
        visit: (power, number) => {
          if (!goesOn()) return false
          const lost = judge.judgeCut(power, world)
          if (lost !== undefined) collector.add(total + number, world, lost, same)
          if (++runs % REPORT_EVERY === 0) report()
          return true
        },
      })
    : { points: 0, cuts: 0 }
  report()
  const counts = { errnos: cases.length - shorts, shorts, cuts: cut.cuts, points: cut.points }
  return {
    calls: records.length,
    cases: total + cut.cuts,
    ...counts,
    runs,
    findings: collector.findings(maxFindings, shard !== undefined),
  }
}

/** Runs one case after the other, by rising call: from where a run is stopped at its call, or, where that is not to be had, from the start. */
class CaseRunner {
  readonly #engine: Engine
  readonly #world: World
  readonly #steps: Steps | undefined

  constructor(engine: Engine, world: World, cases: number) {
    this.#engine = engine
    this.#world = world
    this.#steps = cases > FEW ? engine.steps(world) : undefined
  }

  run(one: Case): { readonly outcome: Outcome; readonly couldHappenAgain: boolean } {
    return this.#fromItsCall(one) ?? this.#fromTheStart(one)
  }

  #fromItsCall(one: Case): { readonly outcome: Outcome; readonly couldHappenAgain: boolean } | undefined {
    if (this.#steps?.to(one.call) !== true) return undefined
    const faults = new OneFault(one, this.#world)
    const outcome = this.#steps.run(planOf(faults, one, this.#world))
    return outcome === undefined ? undefined : { outcome, couldHappenAgain: faults.couldHappenAgain }
  }

  #fromTheStart(one: Case): { readonly outcome: Outcome; readonly couldHappenAgain: boolean } {
    const faults = new OneFault(one, this.#world)
    const outcome = this.#engine.run(this.#world, { plan: () => planOf(faults, one, this.#world) })
    return { outcome, couldHappenAgain: faults.couldHappenAgain }
  }
}

function planOf(faults: OneFault, { call }: Case, world: World): FaultPlan {
  return { faults, cut: () => undefined, ...(world.faults === undefined ? { from: call } : {}) }
}

/** One fault, and what the world has besides. */
class OneFault extends Faults {
  readonly #call: number
  readonly #name: string | undefined
  readonly #on: boolean
  readonly #effect: Effect
  readonly #others: boolean
  /** Whether there was another such call after the fault. */
  couldHappenAgain = false

  constructor({ call, rule }: Case, { faults = '' }: World) {
    super(parseFaults(faults, isCallName))
    this.#call = call
    this.#name = rule.call
    this.#on = rule.on
    this.#effect = rule.effect
    this.#others = faults !== ''
  }

  override next(call: number, name: string, subject: Subject): Effect | undefined {
    const other = this.#others ? super.next(call, name, subject) : undefined
    if (call > this.#call && name === this.#name) this.couldHappenAgain = true
    return call === this.#call || (this.#on && call > this.#call && name === this.#name) ? this.#effect : other
  }

  override moved(bytes: number, wasShort: boolean): void {
    if (this.#others) super.moved(bytes, wasShort)
  }
}

/** All cases but the power cuts, in order: by call, then errnos and short counts, each once before from then on. */
function* casesOf(records: readonly TraceRecord[], options: SweepOptions): Generator<Case> {
  const { errnos = 'environment', persistence = PERSISTENCE, shorts = true } = options
  const counts = new Map<string, number>()
  for (const record of records) {
    const { call, index, errno: was } = record
    const nth = (counts.get(call) ?? 0) + 1
    counts.set(call, nth)
    const names = call === 'proc_exit' ? [] : errnosAt(record, errnos)
    const effects: Effect[] = names
      .filter((name) => name !== was)
      .map((name) => ({ kind: 'errno', errno: errnoOf(name) as NonNullable<ReturnType<typeof errnoOf>> }))
    if (shorts) for (const bytes of shortCounts(record)) effects.push({ kind: 'short', bytes })
    for (const effect of effects) {
      for (const how of PERSISTENCE) {
        if (persistence.includes(how)) yield { call: index, rule: { call, nth, on: how !== 'once', effect } }
      }
    }
  }
}

function errnosAt(record: TraceRecord, errnos: NonNullable<SweepOptions['errnos']>): readonly string[] {
  if (errnos === 'environment') return environmentErrnosAt(record)
  return errnos === 'all' ? errnosOf[record.call as CallName] : errnos
}

/** Fewer bytes than the call moved: one, half of them, all but one. */
function shortCounts({ call, results }: TraceRecord): number[] {
  const moved = Number(results.nwritten ?? results.nread ?? 0)
  if (!MOVES.has(call) || moved < 2) return []
  return [...new Set([1, Math.floor(moved / 2), moved - 1])]
}

const MOVES: ReadonlySet<string> = new Set(['fd_read', 'fd_pread', 'fd_write', 'fd_pwrite'])

/** There is no simpler world: it has one fault, and the rest is what the user gave. */
function same(world: World): World {
  return world
}

function checkOptions(options: SweepOptions): void {
  checkOptionNames('sweep', options, SWEEP_OPTIONS)
  const { errnos, persistence, maxFates, world, shard } = options
  if (errnos !== undefined && errnos !== 'environment' && errnos !== 'all') {
    if (!Array.isArray(errnos))
      bad('errnos', errnos, "'environment', 'all', or an array of names, as ['EIO', 'ENOSPC']")
    const wrong = errnos.find((name) => errnoOf(name) === undefined)
    if (wrong !== undefined)
      throw new VivariumError('BAD_OPTION', `errnos: there is no errno ${wrong}; write one as ENOSPC`)
  }
  if (
    persistence !== undefined &&
    !(Array.isArray(persistence) && persistence.every((how) => PERSISTENCE.includes(how)))
  ) {
    bad('persistence', persistence, "an array of 'once' and 'from then on'")
  }
  if (maxFates !== undefined && !(Number.isSafeInteger(maxFates) && maxFates > 0))
    bad('maxFates', maxFates, 'a whole number from 1 up')
  if (world?.faults !== undefined) checkPlan('world.faults', world.faults)
  checkShard(shard)
}
