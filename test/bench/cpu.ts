/**
 * What the passes of the rewriter cost: kernels of one kind of work each, as they are, with each pass alone, with all of
 * strict, with fuel too, and under npm's `wasm-metering`, which counts fuel by calls of an import.
 */

import { readFileSync } from 'node:fs'
import metering from 'wasm-metering'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { STRICT } from '../../src/cpu/settings.ts'
import { now } from './clock.ts'
import { guestFile } from './guest.ts'
import type { How } from './measure.ts'
import { median } from './statistics.ts'
import { textTable } from './text_table.ts'

export interface CpuCost {
  readonly kernel: string
  /** Milliseconds by variant; `undefined` where it cannot be made. */
  readonly ms: ReadonlyMap<string, number | undefined>
}

/** Units of work that take some 30 ms as they are. */
const KERNELS: readonly (readonly [name: string, units: number])[] = [
  ['sha256', 60_000],
  ['mandelbrot', 250],
  ['matmul', 100],
  ['fib', 33],
  ['tree_walk', 300],
  ['qsort', 150_000],
  ['bytecode', 700_000],
]

const NONE: CpuOptions = {
  nan: false,
  relaxedSimd: false,
  fuel: false,
  stack: undefined,
  memory: undefined,
  reset: false,
}
const MEMORY = { pages: STRICT.memoryPages as number, elements: STRICT.tableElements }
const ALL: CpuOptions = {
  nan: true,
  relaxedSimd: true,
  fuel: false,
  stack: STRICT.stack as number,
  memory: MEMORY,
  reset: false,
}
const VARIANTS: readonly (readonly [name: string, make: (bytes: Uint8Array) => Uint8Array])[] = [
  ['as it is', (bytes) => bytes],
  ['nan', (bytes) => rewrite(bytes, { ...NONE, nan: true })],
  ['stack', (bytes) => rewrite(bytes, { ...NONE, stack: STRICT.stack as number })],
  ['memory', (bytes) => rewrite(bytes, { ...NONE, memory: MEMORY })],
  ['fuel', (bytes) => rewrite(bytes, { ...NONE, fuel: true })],
  ['coverage', (bytes) => rewrite(bytes, { ...NONE, coverage: true })],
  ['marks', (bytes) => rewrite(bytes, { ...NONE, reset: true, dirty: true })],
  ['strict', (bytes) => rewrite(bytes, ALL)],
  ['strict + coverage', (bytes) => rewrite(bytes, { ...ALL, coverage: true })],
  ['strict + fuel', (bytes) => rewrite(bytes, { ...ALL, fuel: true })],
  ['wasm-metering', (bytes) => metering.meterWASM(Buffer.from(bytes), { moduleStr: 'metering', fieldStr: 'usegas' })],
]
/** Rounds before time counts, so that the engine has compiled what it will. */
const WARM_UPS = 4

type Kernel = (units: number) => number

export function measureCpu(only: string, { rounds }: How, progress: (text: string) => void): CpuCost[] {
  const bytes = readFileSync(guestFile('kernels.c'))
  const instances = VARIANTS.flatMap(([name, make]) => {
    try {
      return [[name, instantiate(make(bytes))] as const]
    } catch (error) {
      progress(`${name} cannot rewrite the kernels: ${error}`)
      return []
    }
  })
  return KERNELS.filter(([kernel]) => kernel.includes(only)).map(([kernel, units]) => {
    progress(`cpu: ${kernel}`)
    const times = new Map<string, number[]>(instances.map(([name]) => [name, []]))
    let answer: number | undefined
    for (let round = 0; round < rounds + WARM_UPS; round++) {
      for (const [name, exports] of instances) {
        const start = now()
        const result = (exports[kernel] as Kernel)(units)
        const ms = (now() - start) / 1e6
        if (kernel !== 'qsort' && kernel !== 'tree_walk') {
          answer ??= kernel === 'matmul' ? undefined : result
          if (answer !== undefined && result !== answer) throw new Error(`wrong answer: ${kernel}, ${name}`)
        }
        if (round >= WARM_UPS) times.get(name)?.push(ms)
      }
    }
    return { kernel, ms: new Map([...times].map(([name, all]) => [name, median(all)])) }
  })
}

function instantiate(bytes: Uint8Array): WebAssembly.Exports {
  const used = { gas: 0 }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    metering: {
      usegas: (amount: number | bigint) => {
        used.gas += Number(amount)
      },
    },
  })
  const fuel = exports['vivarium:fuel']
  if (fuel instanceof WebAssembly.Global) fuel.value = 2n ** 60n
  return exports
}

export function formatCpu(costs: readonly CpuCost[]): string {
  const names = VARIANTS.map(([name]) => name)
  const ratioOf = ({ ms }: CpuCost, name: string): number =>
    (ms.get(name) ?? Number.NaN) / (ms.get('as it is') ?? Number.NaN)
  const rows = costs.map((cost) => [
    cost.kernel,
    `${(cost.ms.get('as it is') ?? Number.NaN).toFixed(1)} ms`,
    ...names.slice(1).map((name) => shown(ratioOf(cost, name))),
  ])
  const mean = (name: string): string => {
    const logs = costs.map((cost) => Math.log(ratioOf(cost, name)))
    return shown(Math.exp(logs.reduce((sum, log) => sum + log, 0) / logs.length))
  }
  const table = textTable(
    ['kernel, times the original', ...names],
    [...rows, ['geometric mean', '', ...names.slice(1).map(mean)]],
  )
  return `${table}\n\nGoal: a geometric mean of at most 1.10, and none over 1.50 but fib.`
}

function shown(ratio: number): string {
  return Number.isNaN(ratio) ? 'fails' : ratio.toFixed(2)
}
