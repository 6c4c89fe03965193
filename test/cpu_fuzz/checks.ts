/** What has to hold of a module and of what the rewriter makes of it. */

import { setFlagsFromString } from 'node:v8'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { renamed } from './encoder.ts'
import { ELEMENTS, type Entry, generate, PAGES } from './generator.ts'
import { type Call, canReset, difference, observe, type Running, type Seen } from './observe.ts'

export type Rewrite = typeof rewrite

const OFF: CpuOptions = {
  nan: false,
  relaxedSimd: false,
  fuel: false,
  stack: undefined,
  memory: undefined,
  reset: false,
}
/** What shows the host which edges were taken and what was compared. */
const WATCHED = { coverage: true, comparisons: true }
const MEMORY = { pages: PAGES, elements: ELEMENTS }
/** Larger than the engine's stack: only what the engine has no room for ends a run. */
const HUGE = 1 << 30
const SMALL = 1 << 18

/** Of one module in two tiers: it is the same code, so its bound of the stack has to end both at the same place. */
const TIERED = 'all in another tier'
/** Of one module on an instance that was put back, which is the same code too. */
const AGAIN = 'all once more on one instance'
/** Of one that marks what it writes: its frames are as large by the rewriter's count. */
const MARKED = 'all, with what is written marked'

/** A fault: which check, and what differed. */
export class Fault extends Error {
  readonly check: string
  readonly original: Uint8Array
  readonly options: Partial<CpuOptions>

  constructor(check: string, what: string, original: Uint8Array, options: Partial<CpuOptions>) {
    super(`${check}: ${what}`)
    this.check = check
    this.original = original
    this.options = options
  }
}

/** What was done, for the summary. */
export class Counts {
  readonly of = new Map<string, number>()

  add(what: string, by: number = 1): void {
    this.of.set(what, (this.of.get(what) ?? 0) + by)
  }
}

/** A module compiled once more, in the tier of the engine that optimizes. */
function optimized(bytes: Uint8Array): WebAssembly.Module {
  setFlagsFromString('--no-liftoff')
  setFlagsFromString('--no-wasm-lazy-compilation')
  try {
    return new WebAssembly.Module(renamed(bytes, 'optimized'))
  } finally {
    setFlagsFromString('--liftoff')
    setFlagsFromString('--wasm-lazy-compilation')
  }
}

class Checker {
  readonly #rewrite: Rewrite
  readonly #counts: Counts
  readonly #calls: readonly Call[]

  constructor(rewriter: Rewrite, counts: Counts, calls: readonly Call[]) {
    this.#rewrite = rewriter
    this.#counts = counts
    this.#calls = calls
  }

  module(
    bytes: Uint8Array,
    check: string,
    options: Partial<CpuOptions>,
  ): { bytes: Uint8Array; module: WebAssembly.Module } {
    let out: Uint8Array
    try {
      out = this.#rewrite(bytes, { ...OFF, ...options })
    } catch (error) {
      throw new Fault(check, `refused: ${(error as Error).message.replaceAll(/\d+/g, 'N')}`, bytes, options)
    }
    try {
      return { bytes: out, module: new WebAssembly.Module(out) }
    } catch (error) {
      throw new Fault(check, `invalid: ${(error as Error).message}`, bytes, options)
    }
  }

  run(module: WebAssembly.Module, running?: Running): Seen {
    const seen = observe(module, this.#calls, running)
    this.#counts.add('runs')
    this.#counts.add('calls', seen.steps.length)
    if (seen.stack) this.#counts.add('runs cut short by a stack')
    return seen
  }

  /** Rewrites `bytes`, runs it and compares with `expected`. */
  same(check: string, bytes: Uint8Array, options: Partial<CpuOptions>, expected: Seen, running?: Running): Seen {
    const { module } = this.module(bytes, check, options)
    const seen = this.run(module, running)
    this.compare(check, bytes, options, expected, seen)
    return seen
  }

  compare(check: string, bytes: Uint8Array, options: Partial<CpuOptions>, expected: Seen, seen: Seen): void {
    this.#counts.add(`compared: ${check}`)
    const what = difference(expected, seen, check.startsWith(TIERED) || check === AGAIN || check === MARKED)
    if (what !== undefined) throw new Fault(check, what, bytes, options)
  }
}

/** The same module that marks what it writes: it does the same, takes the same fuel, and is put back by what it marked. */
function checkMarked(checker: Checker, bytes: Uint8Array, options: CpuOptions, seen: Seen): void {
  const marked = { ...options, dirty: true }
  const { module } = checker.module(bytes, MARKED, marked)
  const seenMarked = checker.run(module)
  checker.compare(MARKED, bytes, marked, seen, seenMarked)
  sameFuel(MARKED, bytes, marked, seen, seenMarked)
  sameEdges(MARKED, bytes, marked, seen, seenMarked)
  checkAgain(checker, module, bytes, marked, seenMarked)
}

/** What an instance does again that was put back: what a new one does, as `seen`. */
function checkAgain(
  checker: Checker,
  module: WebAssembly.Module,
  bytes: Uint8Array,
  options: CpuOptions,
  seen: Seen,
): void {
  if (!canReset(module)) return
  const again = checker.run(module, { again: true })
  checker.compare(AGAIN, bytes, options, seen, again)
  sameEdges(AGAIN, bytes, options, seen, again)
}

/** The same edges are taken whatever else is in the module, and they are counted from the start on an instance put back. */
function sameEdges(check: string, bytes: Uint8Array, options: Partial<CpuOptions>, one: Seen, other: Seen): void {
  if (one.stack || other.stack || one.edges === other.edges) return
  throw new Fault(check, `edges: ${one.edges} | ${other.edges}`, bytes, options)
}

/** Arguments that are interesting as integers and as the bits of floats, NaNs with all kinds of bits among them. */
const NARROW = [
  0,
  1,
  -1,
  0x3f80_0000,
  0x7f80_0000,
  0xff80_0000 | 0,
  0x7fc0_0000,
  0xffc1_2345 | 0,
  0x7fa0_0001,
  0x4f00_0000,
  77,
]
const WIDE = [
  0n,
  1n,
  -1n,
  0x3ff0_0000_0000_0000n,
  0x7ff0_0000_0000_0000n,
  -0x10_0000_0000_0000n,
  0x7ff8_0000_0000_0000n,
]
const WIDER = [...WIDE, 0x7ff4_0000_0000_0001n, -0x7_0000_1234_5678n, 0x7fc0_0000_ffc1_2345n, 0x3f80_0000_7f80_0000n]

/** Three rounds of calls of everything. */
export function callsOf(entries: readonly Entry[], choices: Uint8Array): Call[] {
  let at = 0
  const next = (below: number): number => ((choices[at++ % Math.max(1, choices.length)] ?? 0) + at) % below
  return [0, 1, 2].flatMap(() =>
    entries.map(({ name, params }) => ({
      name,
      args: params.map(
        ({ wide }) => (wide ? WIDER[next(WIDER.length)] : NARROW[next(NARROW.length)]) as number | bigint,
      ),
    })),
  )
}

export interface Checking {
  readonly counts: Counts
  readonly rewrite?: Rewrite
  /** Compiles with the optimizing tier too. */
  readonly tiers?: boolean
  /** Calls everything so often before comparing once more. */
  readonly warm?: number
}

/** Checks the generated module that `choices` stand for; throws a `Fault`. */
export function checkGenerated(choices: Uint8Array, checking: Checking): void {
  const { counts, tiers = true, warm = 0 } = checking
  const make = (canonical: boolean, lowered: boolean, bounded: boolean = true) =>
    generate(choices, { canonical, lowered, bounded })
  const reference = make(true, true)
  counts.add('modules')
  if (!WebAssembly.validate(reference.bytes)) {
    counts.add('modules that were not valid')
    return
  }
  const { relaxed, entries } = reference
  if (relaxed) counts.add('modules with relaxed SIMD')
  const plain = make(false, false)
  const checker = new Checker(checking.rewrite ?? rewrite, counts, callsOf(entries, choices))
  const expected = checker.run(new WebAssembly.Module(reference.bytes))
  for (const step of expected.steps) counts.add(outcomeOf(step))

  checker.same('stack', reference.bytes, { stack: HUGE }, expected)
  checker.same('memory', reference.bytes, { memory: MEMORY }, expected)
  checker.same('memory instead of limits', make(true, true, false).bytes, { memory: MEMORY }, expected)
  const fueled = checker.same('fuel', reference.bytes, { fuel: true }, expected)
  if (relaxed) checker.same('relaxed', make(true, false).bytes, { relaxedSimd: true }, expected)
  else checker.same('nan', plain.bytes, { nan: true }, expected)
  checker.same('nan and relaxed', plain.bytes, { nan: true, relaxedSimd: true }, expected)
  const all: CpuOptions = { nan: true, relaxedSimd: true, fuel: true, stack: SMALL, memory: MEMORY, reset: true }
  const whole = checker.module(make(false, false, false).bytes, 'all', all)
  const seen = checker.run(whole.module)
  checker.compare('all', plain.bytes, all, expected, seen)
  checkAgain(checker, whole.module, plain.bytes, all, seen)
  checkMarked(checker, make(false, false, false).bytes, all, seen)

  // To watch a module changes nothing, and what is seen of it does not depend on what else is done to it.
  const marked = checker.same('coverage', reference.bytes, { coverage: true }, expected)
  checker.same('comparisons', reference.bytes, { comparisons: true }, expected)
  const watched = { ...all, ...WATCHED }
  const watchedModule = checker.module(make(false, false, false).bytes, 'all, watched', watched)
  const seenWatched = checker.run(watchedModule.module)
  checker.compare('all, watched', plain.bytes, watched, seen, seenWatched)
  sameFuel('all, watched', plain.bytes, watched, seen, seenWatched)
  checkAgain(checker, watchedModule.module, plain.bytes, watched, seenWatched)
  checkMarked(checker, make(false, false, false).bytes, watched, seenWatched)
  const roomy = { ...all, ...WATCHED, stack: HUGE }
  sameEdges(
    'all, watched',
    reference.bytes,
    roomy,
    marked,
    checker.same('all, watched', reference.bytes, roomy, expected),
  )

  // With little fuel both end at the same place, with the same left.
  const little: Running = { fuel: 40n + BigInt((choices[0] ?? 0) * 8) }
  const without = checker.run(checker.module(reference.bytes, 'little fuel', { fuel: true }).module, little)
  const rest = { fuel: true, stack: HUGE, memory: MEMORY }
  const withAll = checker.same('little fuel', reference.bytes, rest, without, little)
  sameFuel('little fuel', reference.bytes, rest, without, withAll)
  const again = checker.run(checker.module(reference.bytes, 'fuel', { ...rest, nan: true, relaxedSimd: true }).module)
  sameFuel('fuel', reference.bytes, rest, fueled, again)

  const free = checker.run(new WebAssembly.Module(plain.bytes))
  if (difference(free, expected) !== undefined) counts.add('plain modules that differ from canonical ones')

  if (tiers) {
    checker.compare(`${TIERED}: optimized`, plain.bytes, all, seen, checker.run(optimized(whole.bytes)))
    const freeOptimized = checker.run(optimized(plain.bytes))
    if (difference(free, freeOptimized) !== undefined) counts.add('plain modules whose tiers differ')
  }
  if (warm > 0) {
    for (let i = 0; i < warm; i += 1000) {
      const calls = Array.from({ length: 1000 }, (_, n) => callsOf(entries, choices)[n % (3 * entries.length)] as Call)
      observe(whole.module, calls)
    }
    checker.compare(`${TIERED}: warm`, plain.bytes, all, seen, checker.run(whole.module))
  }
}

function sameFuel(check: string, bytes: Uint8Array, options: Partial<CpuOptions>, one: Seen, other: Seen): void {
  const both = Math.min(one.fuel.length, other.fuel.length)
  for (let i = 0; i < both; i++) {
    if (one.fuel[i] !== other.fuel[i]) {
      throw new Fault(check, `fuel after step ${i}: ${one.fuel[i]} | ${other.fuel[i]}`, bytes, options)
    }
  }
}

/** What a step ended as, for the counts. */
function outcomeOf(step: string): string {
  const match = /: (trap: [^0-9]*|exception|thrown by the host)/.exec(step)
  return match === null ? 'calls that returned' : `calls that ended as ${(match[1] as string).trim()}`
}

/**
 * Checks a module of binaryen's fuzzer. One without NaNs (`exact`) has to do the same under every pass; of another one
 * results that are NaNs only have to be NaNs, and its tiers have to agree once it is rewritten.
 */
export function checkForeign(bytes: Uint8Array, exact: boolean, checking: Checking): void {
  const { counts, tiers = true } = checking
  counts.add('modules')
  if (!WebAssembly.validate(bytes)) {
    counts.add('modules that were not valid')
    return
  }
  const original = new WebAssembly.Module(bytes)
  const names = WebAssembly.Module.exports(original)
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name)
  const calls = [0, 1].flatMap(() => names.map((name) => ({ name, args: [] })))
  const checker = new Checker(checking.rewrite ?? rewrite, counts, calls)
  const all: CpuOptions = {
    nan: true,
    relaxedSimd: true,
    fuel: true,
    stack: SMALL,
    memory: { pages: 17, elements: 1000 },
    reset: true,
  }
  // Where a NaN may be in it, what is compared is what the passes do to a module whose NaNs are canonical.
  const base = exact ? bytes : checker.module(bytes, 'nan', { nan: true }).bytes
  const expected = checker.run(new WebAssembly.Module(base))
  for (const step of expected.steps) counts.add(outcomeOf(step))
  checker.same('nan', base, { nan: true }, expected)
  checker.same('stack', base, { stack: HUGE }, expected)
  checker.same('memory', base, { memory: { pages: 17, elements: 1000 } }, expected)
  checker.same('fuel', base, { fuel: true }, expected)
  const whole = checker.module(bytes, 'all', all)
  const seen = checker.run(whole.module)
  checker.compare('all', bytes, all, expected, seen)
  checkAgain(checker, whole.module, bytes, all, seen)
  checkMarked(checker, bytes, all, seen)
  const watched = { ...all, ...WATCHED }
  const watchedModule = checker.module(bytes, 'all, watched', watched)
  const seenWatched = checker.run(watchedModule.module)
  checker.compare('all, watched', bytes, watched, seen, seenWatched)
  checkAgain(checker, watchedModule.module, bytes, watched, seenWatched)
  checkMarked(checker, bytes, watched, seenWatched)
  if (!tiers) return
  checker.compare(`${TIERED}: optimized`, bytes, all, seen, checker.run(optimized(whole.bytes)))
  if (!exact) {
    const free = checker.run(original)
    if (difference(free, expected) !== undefined) counts.add('plain modules that differ from canonical ones')
    if (difference(free, checker.run(optimized(bytes))) !== undefined) counts.add('plain modules whose tiers differ')
  }
}
