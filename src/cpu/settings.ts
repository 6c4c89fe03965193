/** The option `cpu` of a machine, and what the rewriter is told for it. */

import type { CpuOptions } from './options.ts'

/** What of a guest's computing is made a function of the guest alone; each can be left to the engine. */
export interface CpuSettings {
  /** NaNs that arithmetic made have canonical bits wherever they can be seen. Default true. */
  readonly nan: boolean
  /** Relaxed SIMD gives what ordinary instructions give. Default true. */
  readonly relaxedSimd: boolean
  /**
   * Bytes that the frames of all calls may take together, each counted as large as it can get on any engine; over it
   * the run ends as `limit: 'stack'`. Default 524,288, which fits the smallest stack of the engines; `false` leaves it
   * to the engine.
   */
  readonly stack: number | false
  /** Pages of 64 KiB that each memory may grow to; beyond, growing fails as it always may. Default 65,536 (4 GiB); `false`: the engine's. */
  readonly memoryPages: number | false
  /** Elements that each table may grow to. Default 10,000,000; with `memoryPages: false` it is the engine's too. */
  readonly tableElements: number
}

/** `'strict'` is all of it, `'engine'` none; settings of its own start from strict. */
export type Cpu = 'strict' | 'engine' | Partial<CpuSettings>

export const STRICT: CpuSettings = {
  nan: true,
  relaxedSimd: true,
  stack: 524_288,
  memoryPages: 65_536,
  tableElements: 10_000_000,
}

/** Nothing that a guest could notice: it computes as the engine has it, and its instances can be used again. */
export const ONLY_RESET: CpuOptions = {
  nan: false,
  relaxedSimd: false,
  fuel: false,
  stack: undefined,
  memory: undefined,
  reset: true,
}

/** All that a `cpu` says, each way of saying it in the same words. */
export function cpuSettings(cpu: Cpu): 'engine' | CpuSettings {
  return cpu === 'engine' ? cpu : { ...STRICT, ...(cpu === 'strict' ? {} : cpu) }
}

/** What a module can be made to show its host, which it does not see itself. */
export interface Watching {
  /** Which edges a run takes; see `Run.coverage`. Default false. */
  readonly coverage?: boolean
  /** Which integers it compares; see `Run.comparisons`. It is slow. Default false. */
  readonly comparisons?: boolean
}

/** What to rewrite for a machine with this `cpu`, and a run with fuel or without; `undefined` where there is nothing. */
export function cpuOptions(cpu: Cpu, fuel: boolean, watching: Watching = {}): CpuOptions | undefined {
  const watched: Watching = {
    ...(watching.coverage === true ? { coverage: true } : {}),
    ...(watching.comparisons === true ? { comparisons: true } : {}),
  }
  if (cpu === 'engine') {
    return fuel || Object.keys(watched).length > 0 ? { ...ONLY_RESET, fuel, ...watched } : undefined
  }
  const { nan, relaxedSimd, stack, memoryPages, tableElements } = { ...STRICT, ...(cpu === 'strict' ? {} : cpu) }
  return {
    nan,
    relaxedSimd,
    fuel,
    stack: stack === false ? undefined : stack,
    memory: memoryPages === false ? undefined : { pages: memoryPages, elements: tableElements },
    reset: true,
    ...watched,
  }
}
