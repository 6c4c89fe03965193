/**
 * What the tests of the rewriter share: text to a module before and after, options one by one, and a way to run a
 * module in an engine that takes it: this one, or Chromium where this one is older than the proposal.
 */

import { existsSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { type Browser, chromium, type Page } from 'playwright-core'
import wabt from 'wabt'
import { leb } from '../../src/abi/wasm_bytes.ts'
import { Op } from '../../src/cpu/opcodes.ts'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import type { WatFeatures } from '../support/wat.ts'

/** Proposals that Node 20 has behind a flag. Before the first module is compiled, so that none is refused. */
setFlagsFromString('--experimental-wasm-memory64')
setFlagsFromString('--experimental-wasm-extended-const')

/** Nothing is changed: each test switches on what it is about. */
export const OFF: CpuOptions = {
  nan: false,
  relaxedSimd: false,
  fuel: false,
  stack: undefined,
  memory: undefined,
  reset: false,
}
/** All of it at once. */
export const ALL: CpuOptions = {
  nan: true,
  relaxedSimd: true,
  fuel: true,
  stack: 1 << 18,
  memory: { pages: 1000, elements: 1000 },
  reset: true,
}

/** Every proposal that wabt knows well enough. `multi_memory` is one that its types leave out. */
export const FEATURES: WatFeatures & { multi_memory: boolean } = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  memory64: true,
  multi_memory: true,
  extended_const: true,
  relaxed_simd: true,
}

/** Value types, as they are encoded. */
export const [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF] = [0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f] as const
export const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

/** A section by its id, with its entries, or with all its bytes. */
export type SectionBytes = readonly [number, readonly (readonly number[])[] | Uint8Array]

/** A module of sections, for what wabt does not know and what is wrong on purpose. */
export function moduleOf(...sections: readonly SectionBytes[]): Uint8Array {
  return Uint8Array.from([
    ...HEADER,
    ...sections.flatMap(([id, entries]) => {
      const content = entries instanceof Uint8Array ? [...entries] : [...leb(entries.length), ...entries.flat()]
      return [id, ...leb(content.length), ...content]
    }),
  ])
}

/** A function's entry in the code section: groups of locals, and instructions without the last `end`. */
export function body(code: readonly number[], ...locals: readonly (readonly number[])[]): readonly number[] {
  const content = [...leb(locals.length), ...locals.flat(), ...code, Op.END]
  return [...leb(content.length), ...content]
}

/** A name of ASCII, with its length before it. */
export const ascii = (text: string): readonly number[] => [text.length, ...Buffer.from(text)]

let loaded: ReturnType<typeof wabt> | undefined

/** The module that `text` describes, checked, whatever proposals it uses. */
export async function compile(text: string): Promise<Uint8Array> {
  loaded ??= wabt()
  const module = (await loaded).parseWat('test.wat', text, FEATURES)
  try {
    module.resolveNames()
    // Its types leave out that it takes the features.
    ;(module.validate as (features: WatFeatures) => void)(FEATURES)
    return module.toBinary({}).buffer
  } finally {
    module.destroy()
  }
}

/** A module before and after. */
export interface Pair {
  readonly original: Uint8Array
  readonly rewritten: Uint8Array
}

/** Compiles the text and rewrites it with `options` switched on. */
export async function pair(text: string, options: Partial<CpuOptions>): Promise<Pair> {
  const original = await compile(text)
  return { original, rewritten: rewrite(original, { ...OFF, ...options }) }
}

/** Instantiates here, and gives the exports as what the test says they are. */
export function start<T>(bytes: Uint8Array, imports: WebAssembly.Imports = {}): T {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), imports).exports as T
}

/** Whether the bytes of `part` are in `whole`, and how often. */
export function occurrences(whole: Uint8Array, part: readonly number[]): number {
  let found = 0
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (part.every((byte, index) => whole[at + index] === byte)) found++
  }
  return found
}

const NAN_32 = [0, 0, 0xc0, 0x7f]
const NAN_64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
/** The constants that stand in the code which makes a NaN canonical. */
const CANONICAL: readonly (readonly number[])[] = [
  [0x43, ...NAN_32],
  [0x44, ...NAN_64],
  [0xfd, 0x0c, ...NAN_32, ...NAN_32, ...NAN_32, ...NAN_32],
  [0xfd, 0x0c, ...NAN_64, ...NAN_64],
]

/** How many results were made canonical. */
export function canonicalized({ original, rewritten }: Pair): number {
  return CANONICAL.reduce((sum, part) => sum + occurrences(rewritten, part) - occurrences(original, part), 0)
}

/**
 * One step of a run: an exported function with its arguments, `get` of an exported global, or `set` of one. A 64-bit
 * number is a text with an n at its end, so that all of it is JSON.
 */
export type Step = readonly [string, ...(number | string)[]]

/**
 * What each step gave, as text: the result, or `trap: ` with the engine's class of error. The import `host.depth` gives
 * the global 'vivarium:depth', and `host.throw` throws a JavaScript error. One self-contained function, since a browser
 * gets its source.
 */
export function perform(bytes: Uint8Array, steps: readonly Step[]): string[] {
  const value = (given: number | string | undefined): number | bigint | undefined =>
    typeof given === 'string' ? BigInt(given.slice(0, -1)) : given
  const show = (result: unknown): string =>
    Array.isArray(result) ? result.map(show).join() : typeof result === 'bigint' ? `${result}n` : String(result)
  const exported: Record<string, unknown> = {}
  const global = (name: string | number | undefined) => exported[String(name)] as WebAssembly.Global
  const host = {
    depth: () => global('vivarium:depth').value as number,
    throw: () => {
      throw new Error('thrown by the host')
    },
  }
  Object.assign(exported, new WebAssembly.Instance(new WebAssembly.Module(bytes), { host }).exports)
  return steps.map(([name, ...args]) => {
    if (name === 'get') return show(global(args[0]).value)
    if (name === 'set') {
      global(args[0]).value = value(args[1])
      return ''
    }
    try {
      return show((exported[name] as (...given: unknown[]) => unknown)(...args.map(value)))
    } catch (error) {
      return error instanceof WebAssembly.RuntimeError ? 'trap' : `error: ${(error as Error).constructor.name}`
    }
  })
}

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
let browser: Browser | undefined
let page: Page | undefined

/** Why nothing newer than this engine can be asked, or undefined where it can. */
export function noNewEngine(): string | undefined {
  if (existsSync(CHROMIUM)) return undefined
  const missing = `there is no Chromium at ${CHROMIUM}: apt-get install chromium, or name one in CHROMIUM`
  if (process.env.CI === 'true') throw new Error(missing)
  return missing
}

/** The value of an expression in Chromium; `closeEngine` has to be called in the end. */
export async function inNewEngine<T>(expression: string): Promise<T> {
  browser ??= await chromium.launch({
    executablePath: CHROMIUM,
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
  })
  page ??= await browser.newPage()
  return await page.evaluate<T>(expression)
}

/** Whether Chromium takes the module; where it does not, its words. */
export async function newEngineSays(bytes: Uint8Array): Promise<string> {
  return await inNewEngine<string>(
    `(() => { try { new WebAssembly.Module(Uint8Array.from([${bytes.join()}])); return 'valid' } catch (e) { return e.message } })()`,
  )
}

/** The steps as source text: JSON has no infinities. */
export function source(steps: readonly Step[]): string {
  const text = (part: number | string) => (typeof part === 'string' ? JSON.stringify(part) : String(part))
  return `[${steps.map((step) => `[${step.map(text).join()}]`).join()}]`
}

/** `perform` in Chromium. */
export async function performInNewEngine(bytes: Uint8Array, steps: readonly Step[]): Promise<string[]> {
  const call = `(${perform})(Uint8Array.from([${bytes.join()}]), ${source(steps)})`
  return await inNewEngine<string[]>(call)
}

/** `perform` in this engine where it takes the module, else in Chromium. */
export async function performAnywhere(bytes: Uint8Array, steps: readonly Step[]): Promise<string[]> {
  return WebAssembly.validate(bytes) ? perform(bytes, steps) : await performInNewEngine(bytes, steps)
}

/** Ends Chromium, if it was started. */
export async function closeEngine(): Promise<void> {
  await browser?.close()
  browser = page = undefined
}
