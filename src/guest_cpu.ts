/** The host's side of what the rewriter put into a guest: the globals that count, and the limits that they say. */

import type { End } from '../kernel/process.ts'
import {
  COMPARISONS,
  type CpuOptions,
  DEPTH,
  DIRTY,
  EDGE_MEMORY,
  EDGE_WORDS,
  EDGES,
  FUEL,
  HOST_MEMORY,
  MEMORY,
  RESERVED,
  RESET,
  START,
} from './cpu/options.ts'
import { GuestComparisons } from './guest_comparisons.ts'
import { GuestEdges } from './guest_edges.ts'
import { GuestFrames } from './guest_frames.ts'

/** Without a bound the counter starts here: no run takes so many. */
const ENDLESS = 2 ** 53 - 1

export class GuestCpu {
  /** The module's own exports. */
  readonly exports: WebAssembly.Exports
  /**
   * Puts the instance back to how it began, and fills its memory with zeros; `undefined` where that cannot be exact. With
   * `writtenHigh` only what was written: it takes both halves of the marks of all else that was, and returns the lower half of all marks.
   */
  readonly reset: ((low?: number, high?: number) => number) | undefined
  /** The upper half of the marks of what the instance has written to its memory, where it marks that. */
  readonly writtenHigh: (() => number) | undefined
  /** The memory of an instance that has `reset`, if it has any. */
  readonly memory: WebAssembly.Memory | undefined
  /** Which edges were taken, of a module that marks them. */
  readonly edges: GuestEdges | undefined
  /** What was compared, of a module that shows it. */
  readonly comparisons: GuestComparisons | undefined
  /** Its frames, where they can be taken off the engine's stack. */
  readonly frames: GuestFrames | undefined
  readonly #stack: number | undefined
  readonly #depth: WebAssembly.Global | undefined
  readonly #fuel: WebAssembly.Global | undefined
  readonly #hostMemory: WebAssembly.Global | undefined
  readonly #start: (() => void) | undefined
  #given = ENDLESS
  #isBounded = false

  constructor({ stack }: CpuOptions, exports: WebAssembly.Exports) {
    this.#stack = stack
    this.#depth = exports[DEPTH] as WebAssembly.Global | undefined
    this.#fuel = exports[FUEL] as WebAssembly.Global | undefined
    this.#hostMemory = exports[HOST_MEMORY] as WebAssembly.Global | undefined
    this.#start = exports[START] as (() => void) | undefined
    this.reset = exports[RESET] as ((low?: number, high?: number) => number) | undefined
    this.writtenHigh = exports[DIRTY] as (() => number) | undefined
    this.memory = exports[MEMORY] as WebAssembly.Memory | undefined
    const store = exports[EDGES] as (() => void) | undefined
    if (store !== undefined) {
      const words = (exports[EDGE_WORDS] as WebAssembly.Global).value as number
      this.edges = new GuestEdges(exports[EDGE_MEMORY] as WebAssembly.Memory, store, words)
    }
    const table = exports[COMPARISONS] as WebAssembly.Table | undefined
    this.comparisons = table === undefined ? undefined : new GuestComparisons(table)
    this.frames = GuestFrames.of(exports)
    this.exports = Object.fromEntries(Object.entries(exports).filter(([name]) => !RESERVED.includes(name)))
  }

  /** Gives the fuel, and runs the start function, which the engine has not. */
  begin(fuel: number | undefined): void {
    this.comparisons?.clear()
    if (this.#fuel !== undefined) {
      this.#isBounded = fuel !== undefined
      this.#given = fuel ?? ENDLESS
      this.#fuel.value = BigInt(this.#given)
    }
    this.#start?.()
  }

  /** Goes on with what another instance, which is stopped, was given. */
  continue(from: GuestCpu): void {
    this.#given = from.#given
    this.#isBounded = from.#isBounded
  }

  /** Before the host calls into the guest: an exception that went through the guest may have left frames counted. */
  enter(): void {
    if (this.#depth !== undefined) this.#depth.value = this.#stack
  }

  get fuelUsed(): number | undefined {
    if (this.#fuel === undefined) return undefined
    return Math.min(this.#given, this.#given - Number(this.#fuel.value as bigint))
  }

  /** The limit that the guest has reached, if that is why it trapped. */
  get limit(): End | undefined {
    if (this.#depth !== undefined && (this.#depth.value as number) < 0) {
      const message = `the guest's calls took more than ${this.#stack} bytes of stack together; raise cpu.stack if that is right`
      return { kind: 'limit', limit: 'stack', message }
    }
    if (this.#isBounded && this.#fuel !== undefined && (this.#fuel.value as bigint) < 0n) {
      return { kind: 'limit', limit: 'fuel', message: `the guest took all of its ${this.#given} units of fuel` }
    }
    if (this.#hostMemory?.value === 1) {
      const message =
        "the guest's memory or table was to grow to what its limit allows, and the host could not give that; " +
        'how much a host has is not for a guest to see, so the run ended'
      return { kind: 'limit', limit: 'host memory', message }
    }
    return undefined
  }
}
