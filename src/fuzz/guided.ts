/**
 * Campaigns that are led by what the guest reaches: worlds that take an edge which none has taken are kept and changed
 * further. Of each world that is kept the comparisons are looked at once, to put the numbers that the guest asks for
 * where it read others. All of it is a function of the seed: the same campaign makes the same runs.
 *
 * A run that goes further in a row of equal comparisons at one place counts as new too, so that a word is found byte by
 * byte where the guest compares it so, which takes no new edge.
 *
 * What is under a checksum cannot be changed alone. So of each world it is kept which comparisons it got right by what
 * was put in; where a change of it gets one of those wrong, what belongs there now is put in, before it is given up.
 */

import type { Random } from 'fast-check'
import { compile } from '../compile.ts'
import { EdgeMap } from '../cpu/edge_map.ts'
import type { Comparison } from '../run.ts'
import type { Campaign, Guidance, GuidedOptions } from './campaign.ts'
import { cannotBe } from './corpus.ts'
import { EdgeSet, edgesOf, isWithin } from './edge_set.ts'
import { below, havoc, spliced } from './havoc.ts'
import { inputsOf, sizeOf, type WorldInput, withInput } from './inputs_of.ts'
import type { Failure, Outcome } from './outcome.ts'
import { randomOf } from './random.ts'
import { type Replacement, replacements, wordsOf } from './replacements.ts'
import type { World } from './world.ts'

/** Sets the random numbers here apart from those that draw worlds. */
const SALT = 0x6775_6964
/** Worlds that are drawn to begin with, and of how many runs one draws another. */
const FIRST_WORLDS = 16
const NEW_WORLD_EVERY = 16
/** Runs with changes of a world that was just kept; half as many each time that it is chosen again. */
const ENERGY = 128
const ENERGY_MIN = 8
/** Worlds of which the one that was changed least is taken. */
const CANDIDATES = 3
const REPLACEMENTS_MAX = 2048
const WORDS_MAX = 512
/** Bytes that an input may grow to, or twice its size; and of how many changes one may make it as long as a page. */
const LENGTH_MAX = 256
const LONG_EVERY = 16
const LONG_MAX = 4096
const REPORT_EVERY = 256
/** i32.eq, i32.ne, i64.eq, i64.ne. */
const EQUALITY = [0x46, 0x47, 0x51, 0x52]
/** Bytes that a world is made longer by, to see whether it could go on. */
const PADDING = 64
/** Of how many changes that lose something one is put right again. */
const REPAIR_EVERY = 4
/** Ways to put it right that are tried. */
const REPAIRS_MAX = 24
/** Bytes that a checksum has at least. */
const SUM_SIZE = 2

/** A comparison that is right because of what was put in at a place. */
interface Fix {
  readonly site: number
  readonly at: number
}

interface Kept {
  readonly world: World
  readonly size: number
  readonly edges: Uint32Array
  readonly fixes: readonly Fix[]
  /** How often it was changed. */
  picks: number
}

export function guidedCampaign(campaign: Campaign, options: GuidedOptions = {}): Guidance {
  return new Guided(campaign, options).run()
}

class Guided {
  readonly #campaign: Campaign
  readonly #options: GuidedOptions
  readonly #random: Random
  /** The guest as it marks its edges, and as it shows its comparisons too. */
  readonly #marked: WebAssembly.Module
  #showing: WebAssembly.Module | undefined
  /** Whether a comparison, by its number, is one of equality. */
  readonly #isEquality: (site: number) => boolean
  readonly #edges = new EdgeSet()
  readonly #corpus: Kept[] = []
  /** Worlds whose comparisons were not looked at yet. */
  readonly #fresh: Kept[] = []
  readonly #words = new Map<string, Uint8Array>()
  #wordList: readonly Uint8Array[] = []
  /** The most equal comparisons of one run, by their place. */
  readonly #equal = new Map<number, number>()
  /** Where runs failed, of the marked guest; its places are not those of the guest itself. */
  readonly #failures = new Set<string>()
  #runs = 0
  #drawn = 0

  constructor(campaign: Campaign, options: GuidedOptions) {
    const { bytes, seed, shard, cpu = 'strict', short = false } = campaign
    this.#campaign = campaign
    this.#options = options
    this.#random = randomOf(seed ^ SALT, shard.index)
    this.#marked = compile(bytes, { cpu, fuel: true, coverage: true, short })
    const { comparisons } = new EdgeMap(bytes)
    this.#isEquality = (site) => EQUALITY.includes(comparisons[site]?.op ?? 0)
  }

  run(): Guidance {
    for (const world of this.#options.corpus ?? []) if (!this.#isOver) this.#tryGiven(world)
    while (this.#drawn < FIRST_WORLDS && !this.#isOver) this.#try(this.#draw())
    while (!this.#isOver) {
      const fresh = this.#options.comparisons === false ? undefined : this.#fresh.shift()
      if (fresh !== undefined) this.#learn(fresh)
      this.#explore()
    }
    this.#report()
    const { count, words } = this.#edges
    return { runs: this.#runs, edges: count, coverage: words, corpus: this.#corpus.map(({ world }) => world) }
  }

  get #isOver(): boolean {
    return this.#runs >= this.#campaign.runs || this.#campaign.stop()
  }

  get #watched(): WebAssembly.Module {
    const { bytes, cpu = 'strict', short = false } = this.#campaign
    this.#showing ??= compile(bytes, { cpu, fuel: true, coverage: true, comparisons: true, short })
    return this.#showing
  }

  #draw(): World {
    const { shard, world } = this.#campaign
    return world(this.#drawn++ * shard.of + shard.index)
  }

  /** Changes one of the worlds that were kept, many times over. */
  #explore(): void {
    const kept = this.#pick()
    if (kept === undefined) {
      this.#try(this.#draw())
      return
    }
    const energy = Math.max(ENERGY_MIN, ENERGY >> Math.min(kept.picks, 8))
    kept.picks++
    for (let left = energy; left > 0 && !this.#isOver; left--) {
      const world = this.#changed(kept.world)
      const outcome = this.#try(world, this.#marked, kept.fixes)
      if (outcome === undefined || kept.fixes.length === 0 || below(this.#random, REPAIR_EVERY) > 0) continue
      if (isWithin(kept.edges, edgesOf(outcome)) || this.#isOver) continue
      this.#repair(world, this.#execute(world, this.#watched).run.comparisons ?? [], kept.fixes)
    }
  }

  #pick(): Kept | undefined {
    const corpus = this.#corpus
    if (corpus.length === 0) return undefined
    const drawn = Array.from({ length: CANDIDATES }, () => corpus[below(this.#random, corpus.length)] as Kept)
    return drawn.reduce((best, each) =>
      each.picks < best.picks || (each.picks === best.picks && each.size < best.size) ? each : best,
    )
  }

  #changed(world: World): World {
    const random = this.#random
    const inputs = inputsOf(world)
    const input = inputs[below(random, Math.max(1, inputs.length))]
    if (input === undefined || below(random, NEW_WORLD_EVERY) === 0) return this.#draw()
    const another = inputsOf((this.#corpus[below(random, this.#corpus.length)] as Kept).world)
    const other = another.find(({ path }) => path === input.path)?.bytes ?? new Uint8Array(0)
    const most = below(random, LONG_EVERY) === 0 ? LONG_MAX : LENGTH_MAX
    const maxLength = Math.max(most, 2 * input.bytes.length)
    const bytes = havoc(input.bytes, random, { words: this.#wordList, other, maxLength })
    return withInput(world, { ...input, bytes })
  }

  /** Looks at the comparisons of a world, and of the same with more bytes, which a larger number may ask for. */
  #learn(kept: Kept): void {
    const { world, edges, fixes } = kept
    const comparisons = this.#execute(world, this.#watched).run.comparisons ?? []
    this.#goesFurther(comparisons)
    this.#learnWords(comparisons)
    for (const input of inputsOf(world)) this.#replace(world, input, comparisons, fixes)
    for (const { path, bytes } of inputsOf(world)) {
      if (this.#isOver) return
      const more = Uint8Array.from({ length: PADDING }, () => below(this.#random, 256))
      const longer = { path, bytes: spliced(bytes, bytes.length, 0, more) }
      const padded = withInput(world, longer)
      const outcome = this.#try(padded, this.#watched, fixes)
      if (outcome === undefined || !isWithin(edges, edgesOf(outcome))) continue
      this.#replace(padded, longer, outcome.run.comparisons ?? [], fixes)
    }
  }

  /** Puts operands in the place of each other. */
  #replace(world: World, input: WorldInput, comparisons: readonly Comparison[], fixes: readonly Fix[]): void {
    const all = replacements(input.bytes, comparisons, this.#isEquality, REPLACEMENTS_MAX)
    for (const { site, at, removed, bytes } of all) {
      if (this.#isOver) return
      const changed = withInput(world, { ...input, bytes: spliced(input.bytes, at, removed, bytes) })
      const fixed = removed >= SUM_SIZE && this.#isEquality(site) ? [{ site, at }] : []
      const others = fixes.filter((fix) => fix.site !== site)
      const outcome = this.#try(changed, this.#watched, [...others, ...fixed])
      if (outcome !== undefined) this.#repair(changed, outcome.run.comparisons ?? [], fixes)
    }
  }

  /** Where comparisons are wrong that were right, puts in what the guest asks for now, at the same place if it can. */
  #repair(world: World, comparisons: readonly Comparison[], fixes: readonly Fix[]): void {
    const places = new Map(fixes.map(({ site, at }) => [site, at]))
    const broken = comparisons.filter(({ site, left, right }) => left !== right && places.has(site))
    if (broken.length === 0) return
    for (const input of inputsOf(world)) {
      const far = ({ site, at }: Replacement): number => Math.abs(at - (places.get(site) as number))
      const all = replacements(input.bytes, broken, this.#isEquality, REPLACEMENTS_MAX)
      // Where an operand is in the input as it is, no difference needs to be tried.
      const direct = all.filter(({ isDifference }) => !isDifference)
      const near = (direct.length > 0 ? direct : all)
        .sort((a, b) => a.rank - b.rank || far(a) - far(b))
        .slice(0, REPAIRS_MAX)
      for (const { at, removed, bytes } of near) {
        if (this.#isOver) return
        const repaired = withInput(world, { ...input, bytes: spliced(input.bytes, at, removed, bytes) })
        if (this.#try(repaired, this.#watched, fixes) === undefined) return
      }
    }
  }

  #learnWords(comparisons: readonly Comparison[]): void {
    for (const word of wordsOf(comparisons)) if (this.#words.size < WORDS_MAX) this.#words.set(word.join(), word)
    this.#wordList = [...this.#words.values()]
  }

  /** Whether more comparisons were equal than in any run before, at some place that asks for that. */
  #goesFurther(comparisons: readonly Comparison[]): boolean {
    const counts = new Map<number, number>()
    for (const { site, left, right } of comparisons) {
      if (left === right && this.#isEquality(site)) counts.set(site, (counts.get(site) ?? 0) + 1)
    }
    let further = false
    for (const [site, count] of counts) {
      if (count <= (this.#equal.get(site) ?? 0)) continue
      this.#equal.set(site, count)
      further = true
    }
    return further
  }

  /** A world of the user's, which may have been kept for something else. */
  #tryGiven(world: World): void {
    try {
      this.#try(world)
    } catch (error) {
      if (!cannotBe(error)) throw error
    }
  }

  /**
   * Runs the guest in a world, judges that, and keeps the world where it came to something new.
   * @returns what came of it where that was nothing.
   */
  #try(world: World, module: WebAssembly.Module = this.#marked, fixes: readonly Fix[] = []): Outcome | undefined {
    const index = this.#runs * this.#campaign.shard.of + this.#campaign.shard.index
    const outcome = this.#execute(world, module)
    const failure = this.#campaign.judge(outcome)
    if (failure !== undefined) {
      this.#fail(index, world, failure)
      return undefined
    }
    const edges = edgesOf(outcome)
    const isNew = this.#edges.add(edges) > 0
    const { comparisons } = outcome.run
    const further = comparisons !== undefined && this.#goesFurther(comparisons)
    if (!isNew && !further) return outcome
    const kept = { world, size: sizeOf(world), edges, fixes, picks: 0 }
    this.#corpus.push(kept)
    this.#fresh.push(kept)
    return undefined
  }

  /** Tells of a failure, once for each place. */
  #fail(index: number, world: World, { site }: Failure): void {
    if (this.#failures.has(site)) return
    this.#failures.add(site)
    const failure = this.#campaign.judge(this.#campaign.execute(world))
    if (failure !== undefined) this.#campaign.found(index, world, failure)
  }

  #execute(world: World, module: WebAssembly.Module): Outcome {
    if (++this.#runs % REPORT_EVERY === 0) this.#report()
    return this.#campaign.execute(world, module)
  }

  #report(): void {
    const { runs, findings, report } = this.#campaign
    const total = runs === Infinity ? {} : { total: runs }
    report({ runs: this.#runs, findings: findings(), edges: this.#edges.count, corpus: this.#corpus.length, ...total })
  }
}
