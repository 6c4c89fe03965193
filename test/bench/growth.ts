/**
 * What operations cost as there are more of them: each curve runs n operations in a fresh guest, each meeting what the
 * ones before it have left, for n from 10^3 to 10^6, and the exponent of the total time over n is fitted. 1 is linear.
 */

import { now } from './clock.ts'
import type { Host, Session } from './hosts/host.ts'
import { entryPath } from './machine_of.ts'
import { SNAPSHOTS, snapshots } from './snapshots.ts'
import { exponent, sum } from './statistics.ts'
import { Footnotes, nanoseconds, textTable } from './text_table.ts'

export interface Point {
  readonly n: number
  /** Nanoseconds of all n together. */
  readonly ns: number
}

export interface Curve {
  readonly name: string
  readonly host: string
  readonly points: readonly Point[]
  /** Why it ends before the others, if it does. */
  readonly note?: string
}

/** Curves that one guest gives, one after the other. */
interface Family {
  readonly curves: readonly string[]
  /** The most operations to ask for. */
  readonly most: number
  /** What is made before time counts. */
  prepare?(run: Run, n: number): Promise<unknown>
  /** Runs n operations for each curve; the times of the curves in order. */
  run(run: Run, n: number): Promise<number[]>
}

/** Runs a loop of the guest; its time in nanoseconds. */
type Run = (loop: string, from: number, to: number, size: number) => Promise<number>

const FAMILIES: readonly Family[] = [
  {
    curves: ['create in one directory', 'list it', 'stat in it', 'unlink in it'],
    most: 1_000_000,
    run: async (run, n) => [
      await run('create', 0, n, 0),
      await run('list', 0, 1, n),
      await run('stat', 0, n, 0),
      await run('unlink', 0, n, 0),
    ],
  },
  { curves: ['append 1 B'], most: 1_000_000, run: async (run, n) => [await run('fd_write', 0, n, 1)] },
  { curves: ['append 4 KiB'], most: 2 ** 18, run: async (run, n) => [await run('fd_write', 0, n, 4096)] },
  {
    curves: ['overwrite 256 B of n'],
    most: 1_000_000,
    prepare: (run, n) => run('fd_write', 0, Math.ceil((n * 256) / 2 ** 20), 2 ** 20),
    run: async (run, n) => [await run('overwrite', 0, n, n)],
  },
  { curves: ['chain of directories'], most: 1_000_000, run: async (run, n) => [await run('chain', 0, n, 0)] },
  { curves: ['open descriptors'], most: 1_000_000, run: async (run, n) => [await run('keep_open', 0, n, 0)] },
]

const SIZES: readonly number[] = [1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000]
/** Operations up to which a run is short enough to repeat more often. */
const SHORT = 30_000
/** Nanoseconds over which a run is not repeated. */
const LONG = 3e9
/** Nanoseconds over which a run is not begun. */
const BOUND = 90e9
/** Runs before the first that counts, so that the engine has compiled what it will. */
const WARM_UPS = 8

/** All curves of a host whose names have `only` in them. */
export async function measureGrowth(host: Host, only: string, progress: (text: string) => void): Promise<Curve[]> {
  const curves: Curve[] = []
  for (const family of FAMILIES) {
    if (!family.curves.some((name) => name.includes(only))) continue
    progress(`${host.name}: ${family.curves.join(', ')}`)
    curves.push(...(await follow(family.curves, sizesUpTo(family.most), (n) => once(host, family, n), host.name)))
  }
  return curves.filter(({ name }) => name.includes(only))
}

/** The curve of n snapshots, each kept, with one change before each. Of Vivarium, which alone has them. */
export async function measureSnapshots(only: string, progress: (text: string) => void): Promise<Curve[]> {
  if (!SNAPSHOTS.includes(only)) return []
  progress(SNAPSHOTS)
  return follow([SNAPSHOTS], sizesUpTo(300_000), async (n) => [snapshots(n).ns], 'vivarium')
}

/**
 * The same names in a Map of the engine's, which says what the machine itself does to what grows: caches end, and the
 * garbage collector has more to look at.
 */
export async function measureMap(only: string, progress: (text: string) => void): Promise<Curve[]> {
  const names = ['create in one directory', 'stat in it', 'unlink in it']
  if (!names.some((name) => name.includes(only))) return []
  progress('a Map')
  const curves = await follow(names, sizesUpTo(1_000_000), async (n) => timeMap(n), 'a Map')
  return curves.filter(({ name }) => name.includes(only))
}

function timeMap(n: number): number[] {
  globalThis.gc?.()
  const map = new Map<string, { readonly ino: number }>()
  const timed = (action: (path: string, i: number) => void): number => {
    const start = now()
    for (let i = 0; i < n; i++) action(entryPath(i), i)
    return now() - start
  }
  let found = 0
  const times = [
    timed((path, ino) => map.set(path, { ino })),
    timed((path) => {
      found += map.get(path)?.ino ?? 0
    }),
    timed((path) => map.delete(path)),
  ]
  if (found !== (n * (n - 1)) / 2 || map.size > 0) throw new Error('wrong answer of a Map')
  return times
}

/** The exponent over all points, and over the last ten-fold alone, which a constant at the start cannot hide. */
export function exponents({ points }: Curve): { readonly all: number; readonly last: number } | undefined {
  const end = points.at(-1)
  if (end === undefined || points.length < 3) return undefined
  const pairs = points.map(asPair)
  return { all: exponent(pairs), last: exponent(pairs.filter(({ x }) => x >= end.n / 10)) }
}

export function formatGrowth(curves: readonly Curve[]): string {
  const notes = new Footnotes()
  const sizes = [...new Set(curves.flatMap(({ points }) => points.map(({ n }) => n)))].sort((a, b) => a - b)
  const rows = curves.map((curve) => {
    const fitted = exponents(curve)
    const cost = (n: number): string => {
      const point = curve.points.find((candidate) => candidate.n === n)
      return point === undefined ? '-' : nanoseconds(point.ns / n)
    }
    return [
      curve.name,
      curve.host + notes.mark(curve.note === undefined ? [] : [curve.note]),
      ...sizes.map(cost),
      fitted === undefined ? '-' : fitted.all.toFixed(2),
      fitted === undefined ? '-' : fitted.last.toFixed(2),
    ]
  })
  const head = [
    'ns per operation, n =',
    'host',
    ...sizes.map((n) => n.toLocaleString('en')),
    'exponent',
    'last tenfold',
  ]
  return [textTable(head, rows), notes.toString(), verdict(curves)].filter(Boolean).join('\n\n')
}

function verdict(curves: readonly Curve[]): string {
  const over = curves.filter((curve) => (exponents(curve)?.all ?? 0) > 1.1)
  if (over.length === 0) return 'No exponent is over 1.1.'
  return `Over 1.1: ${over.map(({ name, host }) => `${name} (${host})`).join(', ')}.`
}

function sizesUpTo(most: number): number[] {
  return SIZES.includes(most) ? SIZES.filter((n) => n <= most) : [...SIZES.filter((n) => n < most), most]
}

async function follow(
  names: readonly string[],
  sizes: readonly number[],
  run: (n: number) => Promise<number[]>,
  host: string,
): Promise<Curve[]> {
  const points: Point[][] = names.map(() => [])
  let note: string | undefined
  const totals: Point[] = []
  try {
    for (let i = 0; i < WARM_UPS; i++) await run(2_000)
    for (const n of sizes) {
      if (expected(totals, n) > BOUND) {
        note = `not followed to ${n.toLocaleString('en')}, which would take over ${BOUND / 1e9} s`
        break
      }
      const least = await leastOf(n <= SHORT ? 9 : 2, () => run(n))
      least.forEach((ns, at) => {
        points[at]?.push({ n, ns })
      })
      totals.push({ n, ns: sum(least) })
    }
  } catch (error) {
    note = error instanceof Error ? (error.message.split('\n')[0] as string) : String(error)
  }
  return names.map((name, at) => ({
    name,
    host,
    points: points[at] as Point[],
    ...(note === undefined ? {} : { note }),
  }))
}

/** How long n operations will take, if they grow as the last two sizes did. */
function expected(totals: readonly Point[], n: number): number {
  const [before, last] = totals.slice(-2)
  if (before === undefined || last === undefined) return 0
  return last.ns * (n / last.n) ** Math.max(1, exponent([asPair(before), asPair(last)]))
}

function asPair({ n, ns }: Point): { readonly x: number; readonly y: number } {
  return { x: n, y: ns }
}

/** The least of several runs for each curve; of fewer, when they take long. */
async function leastOf(times: number, run: () => Promise<number[]>): Promise<number[]> {
  let least = await run()
  for (let i = 1; i < times && sum(least) < LONG; i++) {
    const next = await run()
    least = least.map((ns, at) => Math.min(ns, next[at] as number))
  }
  return least
}

async function once(host: Host, family: Family, n: number): Promise<number[]> {
  const session: Session = await host.open()
  try {
    const run: Run = async (loop, from, to, size) => {
      const { ns, errno } = await session.time(loop, from, to, size)
      if (errno !== 0) throw new Error(errno === 255 ? `wrong answer in ${loop}` : `errno ${errno} in ${loop}`)
      return ns
    }
    await run('prepare', 0, 1, host.preopen ?? 3)
    await family.prepare?.(run, n)
    globalThis.gc?.()
    return await family.run(run, n)
  } finally {
    await session.close()
  }
}
