/** Campaigns: many worlds, each run once, and what was wrong in them. */

import fc, { type Arbitrary } from 'fast-check'
import { FaultError, parseFaults } from '../../kernel/fault.ts'
import { isCallName } from '../abi/signatures.ts'
import { bad } from '../check_options.ts'
import { VivariumError } from '../error.ts'
import { faultPlan } from './arbitrary/fault_plan.ts'
import { world as anyWorld } from './arbitrary/world.ts'
import type { Campaign, Guidance, Progress } from './campaign.ts'
import { CHECK_OPTIONS, Checker, checkOptionNames, checkShard, isOwn, SEARCH_OPTIONS } from './checker.ts'
import { Collector } from './collector.ts'
import { type Finding, formatFinding } from './finding.ts'
import { guidedCampaign } from './guided.ts'
import type { CheckOptions, FuzzOptions } from './options.ts'
import { randomOf } from './random.ts'
import { shrinkContents, shrinkDrawn } from './shrink.ts'
import type { World } from './world.ts'

/** What a campaign came to. It is a function of the guest, the options and the shard, unless `stop` ended it. */
export interface FuzzReport {
  /** How many worlds were run, without those of shrinking. */
  readonly runs: number
  readonly seed: number
  /** In the order of their indexes. */
  readonly findings: readonly Finding[]
  /** Of a guided campaign: edges that were reached, and the worlds that were kept. */
  readonly edges?: number
  readonly coverage?: Uint32Array
  readonly corpus?: readonly World[]
}

const FUZZ_OPTIONS: readonly string[] = [...SEARCH_OPTIONS, 'world', 'runs', 'seed', 'faults', 'maxShrinks', 'guided']
const DEFAULT_RUNS = 1000
export const DEFAULT_FINDINGS = 20
const DEFAULT_SHRINKS = 1000
/** Runs whose indexes follow each other and that one process makes. */
const BATCH = 64
/** Runs between two reports of progress. */
const REPORT_EVERY = 256
/** One world in so many is drawn from the ends of its ranges, as fast-check does: less and less so. */
const BIAS_FIRST = 2

/**
 * Runs a guest in many worlds and gives what was wrong, each failure once and shrunk. Nothing is thrown for what the
 * guest does.
 * @throws VivariumError for wrong options, a guest that cannot run, and a base that cannot be.
 */
export function fuzz(module: WebAssembly.Module | Uint8Array, options: FuzzOptions = {}): FuzzReport {
  checkOptions(options)
  const { seed = 0, runs = DEFAULT_RUNS, maxFindings = DEFAULT_FINDINGS, maxShrinks = DEFAULT_SHRINKS } = options
  const { guided = false, shard, stop = () => false, onProgress = () => undefined } = options
  const checker = new Checker(module, options)
  const collector = new Collector(checker)
  const worlds = worldsOf(options)
  const draw = (index: number) => worlds.generate(randomOf(seed, index), BIAS_FIRST + Math.floor(Math.log2(index + 1)))
  if (guided !== false) {
    const guidance = guide(module, checker, collector, options, (index) => draw(index).value)
    return {
      runs: guidance.runs,
      seed,
      findings: collector.findings(maxFindings, shard !== undefined),
      ...pick(guidance),
    }
  }
  const total = runs === Infinity ? {} : { total: runs }
  const report = (done: number): void => onProgress({ runs: done, findings: collector.size, ...total })
  let done = 0
  for (let index = 0; index < runs && collector.size < maxFindings; index++) {
    if (!isOwn(index, shard, BATCH)) {
      index += BATCH - 1
      continue
    }
    if (stop()) break
    const drawn = draw(index)
    const { failure } = checker.check(drawn.value)
    done++
    if (failure !== undefined) {
      collector.add(index, drawn.value, failure, () =>
        shrinkDrawn(worlds, drawn, (world) => checker.fails(world, failure) !== undefined, maxShrinks),
      )
    }
    if (done % REPORT_EVERY === 0) report(done)
  }
  report(done)
  return { runs: done, seed, findings: collector.findings(maxFindings, shard !== undefined) }
}

/**
 * The same, throwing what was found: for a test.
 * @throws Error with the findings as text; VivariumError as `fuzz`.
 */
export function assertFuzz(module: WebAssembly.Module | Uint8Array, options: FuzzOptions = {}): void {
  const { findings, runs } = fuzz(module, { maxFindings: 1, ...options })
  if (findings.length === 0) return
  throw new Error(`after ${runs} runs:\n${findings.map((finding) => formatFinding(finding)).join('\n\n')}`)
}

/**
 * A property of fast-check: in every world all is well with the guest. For `fc.assert`, which draws, shrinks and replays.
 * @throws VivariumError as `fuzz`.
 */
export function guestProperty(
  module: WebAssembly.Module | Uint8Array,
  options: CheckOptions & Pick<FuzzOptions, 'world' | 'faults' | 'name'> = {},
): fc.IPropertyWithHooks<[World]> {
  checkOptionNames('guestProperty', options, [...CHECK_OPTIONS, 'world', 'faults', 'name'])
  checkWorldsAndFaults(options)
  const { world, faults, ...checks } = options
  const checker = new Checker(module, checks)
  return fc.property(worldsOf({ world, faults }), (drawn) => {
    const { failure } = checker.check(drawn)
    if (failure === undefined) return
    const { key } = checker.tell(drawn, failure)
    throw new Error(formatFinding(checker.finding(0, key, drawn, failure)))
  })
}

/** The worlds with the faults that come on top. */
function worldsOf({
  world = anyWorld(),
  faults,
}: {
  readonly world?: Arbitrary<World> | undefined
  readonly faults?: FuzzOptions['faults'] | undefined
}): Arbitrary<World> {
  if (faults === undefined || faults === '') return world
  if (typeof faults === 'string' && faults !== 'random') return world.map((each) => withFaults(each, faults))
  const plan = faultPlan(faults === 'random' ? {} : (faults as object))
  return fc.tuple(world, plan).map(([each, more]) => withFaults(each, more))
}

function withFaults(world: World, more: string): World {
  const all = [world.faults ?? '', more].filter((each) => each !== '').join('; ')
  return all === '' ? world : { ...world, faults: all }
}

function guide(
  module: WebAssembly.Module | Uint8Array,
  checker: Checker,
  collector: Collector,
  options: FuzzOptions,
  world: (index: number) => World,
): Guidance {
  if (!(module instanceof Uint8Array)) {
    bad('guided', true, 'left out where the guest is compiled: give its bytes, which are rewritten to count edges')
  }
  const { seed = 0, runs = DEFAULT_RUNS, maxFindings = DEFAULT_FINDINGS, maxShrinks = DEFAULT_SHRINKS } = options
  const { guided, shard = { index: 0, of: 1 }, stop = () => false, onProgress = () => undefined } = options
  const own = runs === Infinity ? runs : Math.ceil((runs - shard.index) / shard.of)
  const campaign: Campaign = {
    bytes: module,
    cpu: checker.engine.base.settings.cpu,
    short: checker.engine.isShort,
    seed,
    runs: Math.max(0, own),
    shard,
    stop: () => collector.size >= maxFindings || stop(),
    world,
    execute: (each, compiled) => checker.engine.run(each, compiled === undefined ? {} : { module: compiled }),
    judge: (outcome) => checker.judge.judge(outcome),
    found: (index, each, failure) => {
      collector.add(index, each, failure, (failing) =>
        shrinkContents(failing, (simpler) => checker.fails(simpler, failure) !== undefined, maxShrinks),
      )
    },
    findings: () => collector.size,
    report: (progress: Progress) => onProgress(progress),
  }
  return guidedCampaign(campaign, typeof guided === 'object' ? guided : {})
}

function pick({ edges, coverage, corpus }: Guidance): Pick<FuzzReport, 'edges' | 'coverage' | 'corpus'> {
  return { edges, coverage, corpus }
}

function checkOptions(options: FuzzOptions): void {
  checkOptionNames('fuzz', options, FUZZ_OPTIONS)
  const { runs, seed, maxFindings, maxShrinks, shard } = options
  if (runs !== undefined && runs !== Infinity && !isCount(runs)) bad('runs', runs, 'a whole number, or Infinity')
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= -(2 ** 31) && seed < 2 ** 32)) {
    bad('seed', seed, 'a whole number of 32 bits')
  }
  if (maxFindings !== undefined && !(isCount(maxFindings) && maxFindings > 0))
    bad('maxFindings', maxFindings, 'a whole number from 1 up')
  if (maxShrinks !== undefined && !isCount(maxShrinks)) bad('maxShrinks', maxShrinks, 'a whole number')
  if (runs === Infinity && options.stop === undefined) bad('runs', runs, 'bounded, or stop has to be given')
  checkShard(shard)
  checkWorldsAndFaults(options)
}

function checkWorldsAndFaults({ world, faults }: Pick<FuzzOptions, 'world' | 'faults'>): void {
  if (world !== undefined && typeof (world as Partial<Arbitrary<World>>).generate !== 'function') {
    bad('world', world, "an arbitrary of worlds, as world({ args: argv({ program: 'sort' }) })")
  }
  if (typeof faults === 'string' && faults !== 'random') checkPlan('faults', faults)
}

/** @throws VivariumError `BAD_OPTION` that shows how a plan is written. */
export function checkPlan(what: string, plan: string): void {
  try {
    parseFaults(plan, isCallName)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    throw new VivariumError('BAD_OPTION', `${what}: ${error.message}`)
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}
