/** Runs a module and writes down all that can be seen of it, and tells where two runs differ. */

import { setFlagsFromString } from 'node:v8'
import { granuleShift } from '../../src/cpu/dirty.ts'
import {
  COMPARISONS,
  DEPTH,
  DIRTY,
  EDGE_MEMORY,
  EDGE_WORDS,
  EDGES,
  FUEL,
  HOST_MEMORY,
  MEMORY,
  RESET,
  START,
} from '../../src/cpu/options.ts'
import { GuestComparisons } from '../../src/guest_comparisons.ts'
import { GuestEdges } from '../../src/guest_edges.ts'
import { MemoryImage } from '../../src/memory_image.ts'
import { BUDGET, BUDGET_OF_A_CALL, GLOBALS } from './generator.ts'

setFlagsFromString('--experimental-wasm-relaxed-simd')

/** One call of an export. */
export interface Call {
  readonly name: string
  readonly args: readonly (number | bigint)[]
}

export interface Seen {
  /** What each call gave, and what it told the host on the way. */
  readonly steps: string[]
  /** Set where a stack ended the run: the engine's, or the bound of the rewriter. Nothing after that can be compared. */
  readonly stack: boolean
  /** Globals as integers, the table, what the exported globals hold. */
  readonly state: string
  readonly memory: Uint8Array
  /** How much fuel was used in each step. */
  readonly fuel: readonly string[]
  /** The edges that were taken, where the module marks them. */
  readonly edges: string
  /** What of the host's own invariants was broken. */
  readonly broken: string | undefined
}

const NO_BYTES = new Uint8Array(0)

export interface Running {
  /** Fuel before each call, where the module counts it. */
  readonly fuel?: bigint
  /** Runs the calls, puts the instance back, and runs them again: what is seen is the second time. */
  readonly again?: boolean
}

/** Whether an instance of the module can be put back. */
export function canReset(module: WebAssembly.Module): boolean {
  return WebAssembly.Module.exports(module).some(({ name }) => name === RESET)
}

/** Runs `calls`, one after the other, on a new instance. */
export function observe(module: WebAssembly.Module, calls: readonly Call[], running: Running = {}): Seen {
  const { fuel = 1n << 50n, again = false } = running
  const log: string[] = []
  const steps: string[] = []
  const used: string[] = []
  const show = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(show).join()
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
    return typeof value === 'bigint'
      ? `${value}n`
      : typeof value === 'function'
        ? `function ${value.name}`
        : String(value)
  }
  const said = (value?: unknown): void => {
    if (log.length < 1000) log.push(show(value))
  }
  const thrown = (): never => {
    throw new Thrown('by the host')
  }
  const support = new Proxy({}, { get: (_, key) => (String(key).startsWith('log') ? said : undefined) })
  let stack = false
  let broken: string | undefined
  const end = (exported: WebAssembly.Exports | undefined): Seen => {
    const gauge = exported?.[FUEL] as WebAssembly.Global | undefined
    if (gauge !== undefined) gauge.value = 1n << 50n
    const memory = exported?.memory instanceof WebAssembly.Memory ? new Uint8Array(exported.memory.buffer) : NO_BYTES
    const edges = exported === undefined ? '' : edgesOf(exported)
    const state = exported === undefined ? '' : stateOf(exported, show)
    return { steps, stack, broken, fuel: used, edges, state, memory }
  }
  let exported: WebAssembly.Exports | undefined
  // How deep the calls are where each began, and that it is the same wherever one looks again.
  const depths: unknown[] = []
  const deep = (): unknown => (exported?.[DEPTH] as WebAssembly.Global | undefined)?.value
  const enter = (): number => depths.push(deep()) - 1
  const probe = (call: number): void => {
    if (deep() !== depths[call]) broken ??= `the depth is ${deep()} in a call that began with ${depths[call]}`
  }
  try {
    const h = { i32: said, i64: said, throw: thrown, enter, probe }
    const imports = { h, 'fuzzing-support': support }
    exported = new WebAssembly.Instance(module, imports as unknown as WebAssembly.Imports).exports
    const table = exported[COMPARISONS]
    if (table instanceof WebAssembly.Table) new GuestComparisons(table)
  } catch (error) {
    const kind = kindOf(error)
    stack = kind === 'stack'
    // How far it came before the engine had no stack left is nothing to compare.
    if (!stack) steps.push(`start: ${kind} ${log.join()}`)
    return end(undefined)
  }
  const given = exported
  const before = again ? bytesOf(given).slice() : undefined
  const first = performAll()
  // One whose memory has grown is none to be put back.
  if (before === undefined || bytesOf(given).length !== before.length) return first
  putBack(given, before)
  const wrong = Buffer.compare(before, bytesOf(given)) === 0 ? -1 : before.findIndex((b, i) => b !== bytesOf(given)[i])
  if (wrong >= 0) return { ...first, broken: `the memory that was put back is not what it was at ${wrong}` }
  steps.length = used.length = 0
  stack = false
  broken = undefined
  return performAll()

  function performAll(): Seen {
    const depth = given[DEPTH] as WebAssembly.Global | undefined
    const full = depth?.value as number | undefined
    const step = (prefix: string, work: () => unknown): boolean => {
      log.length = depths.length = 0
      let kind: string
      const gauge = given[FUEL] as WebAssembly.Global | undefined
      if (gauge !== undefined) gauge.value = fuel
      if (depth !== undefined) depth.value = full
      const budget = given[BUDGET] as WebAssembly.Global | undefined
      if (budget !== undefined) budget.value = BUDGET_OF_A_CALL
      try {
        kind = show(work())
        if (depth !== undefined && depth.value !== full)
          broken = `the depth after ${prefix} is ${depth.value}, not ${full}`
      } catch (error) {
        kind = kindOf(error)
        if (depth !== undefined && (depth.value as number) < 0) kind = 'stack'
        if ((given[HOST_MEMORY] as WebAssembly.Global | undefined)?.value === 1) broken = 'the host has no memory'
      }
      stack = kind === 'stack'
      if (stack) return false
      steps.push(`${prefix}${kind} ${budget?.value ?? ''} ${log.join()}`)
      if (gauge !== undefined) used.push(show(gauge.value))
      return true
    }
    const start = given[START] as (() => unknown) | undefined
    if (start !== undefined) {
      // What stands for a start section fails the instance where it fails.
      if (!step('start: ', start)) return end(undefined)
      const last = steps.pop() as string
      if (/^start: (?!undefined)/.test(last)) {
        steps.push(last.replace(/ -?\d* /, ' '))
        return end(undefined)
      }
    }
    for (const { name, args } of calls) {
      const call = given[name]
      if (typeof call !== 'function') continue
      if (!step(`${name}: `, () => call(...args))) break
    }
    return end(given)
  }
}

/** The edges that an instance has taken; that they are told must change nothing. */
function edgesOf(exported: WebAssembly.Exports): string {
  const store = exported[EDGES] as (() => void) | undefined
  if (store === undefined) return ''
  const words = (exported[EDGE_WORDS] as WebAssembly.Global).value as number
  return new GuestEdges(exported[EDGE_MEMORY] as WebAssembly.Memory, store, words).read().join()
}

/** Puts an instance back whose memory was `before`, as the host does. */
function putBack(exported: WebAssembly.Exports, before: Uint8Array): void {
  const writtenHigh = exported[DIRTY] as (() => number) | undefined
  const reset = exported[RESET] as (low?: number, high?: number) => number
  if (writtenHigh === undefined) {
    reset()
    new MemoryImage(before).restore(bytesOf(exported))
  } else {
    const high = writtenHigh()
    new MemoryImage(before, granuleShift(before.length)).restoreMarked(bytesOf(exported), reset(0, high), high)
  }
}

/** The memory of an instance that can be put back. */
function bytesOf(exported: WebAssembly.Exports): Uint8Array {
  const memory = exported[MEMORY]
  return memory instanceof WebAssembly.Memory ? new Uint8Array(memory.buffer) : NO_BYTES
}

function stateOf(exported: WebAssembly.Exports, show: (value: unknown) => string): string {
  const parts: string[] = []
  const globals = exported[GLOBALS]
  // It calls nothing, so a bound of the stack that was used up does not matter.
  if (typeof globals === 'function') parts.push(show(globals()))
  for (const [name, value] of Object.entries(exported)) {
    if (name.startsWith('vivarium:')) continue
    if (value instanceof WebAssembly.Global) parts.push(`${name} ${show(value.value)}`)
    if (value instanceof WebAssembly.Table) {
      const elements = Array.from(
        { length: Math.min(value.length, 64) },
        (_, index) =>
          (value as WebAssembly.Table & { get(at: number): (() => void) | null }).get(index)?.name ?? 'null',
      )
      parts.push(`${name} ${value.length} ${elements.join()}`)
    }
    if (value instanceof WebAssembly.Memory) parts.push(`${name} ${value.buffer.byteLength}`)
  }
  return parts.join('\n')
}

class Thrown extends Error {}

/** The class of what was thrown: engines word it differently. */
function kindOf(error: unknown): string {
  if (error instanceof RangeError && /call stack/i.test(error.message)) return 'stack'
  if (error instanceof Thrown) return 'thrown by the host'
  if (error instanceof WebAssembly.RuntimeError) return `trap: ${error.message}`
  // Only here since Node 17.
  if (Object.prototype.toString.call(error) === '[object WebAssembly.Exception]') return 'exception'
  return `${error instanceof Error ? `${error.constructor.name}: ${error.message}` : String(error)}`
}

/**
 * Where `one` and `other` differ, or undefined. Where a stack ended one of them only what came before is compared;
 * with `bounded` both have the same bound, which has to end both at the same place, with the same state.
 */
export function difference(one: Seen, other: Seen, bounded: boolean = false): string | undefined {
  if (bounded && one.stack !== other.stack) return `the stack ends ${one.stack ? 'the first' : 'the second'} only`
  const cut = (one.stack || other.stack) && !bounded
  const both = cut ? Math.min(one.steps.length, other.steps.length) : Math.max(one.steps.length, other.steps.length)
  for (let i = 0; i < both; i++) {
    if (one.steps[i] !== other.steps[i]) return `step ${i}: ${one.steps[i]} | ${other.steps[i]}`
  }
  if (one.broken !== undefined || other.broken !== undefined) return one.broken ?? other.broken
  if (cut) return undefined
  if (one.state !== other.state) return `state: ${one.state} | ${other.state}`
  const at =
    Buffer.compare(one.memory, other.memory) === 0 ? -1 : one.memory.findIndex((byte, i) => byte !== other.memory[i])
  return at < 0
    ? undefined
    : `memory at ${at}: ${one.memory.slice(at & ~15, (at & ~15) + 16).join()} | ${other.memory.slice(at & ~15, (at & ~15) + 16).join()}`
}
