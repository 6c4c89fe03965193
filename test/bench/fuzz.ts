/**
 * Fuzzing: how often a second a command of 15 calls is run in a world of its own, by a campaign of one process and of
 * two, against hosts that start it over and over; and how long exhaustive faults take.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SweepReport, survives, sweep } from 'vivarium/fuzz'
import { compileFile } from '../support/compile.ts'
import { inChild } from './child.ts'
import { now } from './clock.ts'
import type { FuzzDone, FuzzJob, FuzzWay } from './fuzz_child.ts'
import { guestFile } from './guest.ts'
import { median } from './statistics.ts'
import { textTable } from './text_table.ts'

export interface Fuzzes {
  /** Runs a second, by the number of processes. */
  readonly rates: ReadonlyMap<FuzzWay, readonly [one: number | string, two: number | string]>
  readonly sweeps: readonly { readonly name: string; readonly seconds: number; readonly report: SweepReport }[]
}

const CHILD = fileURLToPath(new URL('fuzz_child.ts', import.meta.url))
const WAYS: readonly FuzzWay[] = [
  'plain',
  'one fault',
  'random faults',
  'drawn worlds',
  'coverage',
  'guided',
  'browser_wasi_shim',
  'node:wasi',
]
const SECONDS = 2
const MOST_ROUNDS = 3
/** Of the swept runs, in records that they write, five calls for four; what takes a case for each pair of calls is left out of the last. */
const RECORDS = [100, 1000, 8000]
const MOST_PAIRS = 1000

export async function measureFuzz(only: string, rounds: number, progress: (text: string) => void): Promise<Fuzzes> {
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-fuzz-'))
  writeFileSync(join(folder, 'input'), 'x'.repeat(1000))
  const rates = new Map<FuzzWay, readonly [number | string, number | string]>()
  try {
    for (const way of WAYS.filter((each) => each.includes(only))) {
      const job: FuzzJob = { way, wasm: guestFile('start.c'), folder, seconds: SECONDS }
      const found: (number | string)[][] = [[], []]
      for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
        progress(`${way}, round ${round + 1}`)
        for (const workers of [1, 2]) found[workers - 1]?.push(await together(job, workers))
      }
      rates.set(way, found.map(middle) as [number | string, number | string])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return { rates, sweeps: 'sweep'.includes(only) ? measureSweeps(progress) : [] }
}

/** The runs a second of so many processes at once, or how one of them ended. */
async function together(job: FuzzJob, workers: number): Promise<number | string> {
  const done = await Promise.all(Array.from({ length: workers }, () => settled(job)))
  const failed = done.find((each) => typeof each === 'string')
  if (failed !== undefined) return failed
  return (done as FuzzDone[]).reduce((sum, { runs, ns }) => sum + runs / (ns / 1e9), 0)
}

function middle(found: readonly (number | string)[]): number | string {
  const numbers = found.filter((each) => typeof each === 'number')
  return numbers.length === 0 ? (found[0] ?? '-') : median(numbers)
}

/** Node 20 crashes in its own WASI while it collects garbage, where calls are fast: see `whole.ts`. */
async function settled(job: FuzzJob): Promise<FuzzDone | string> {
  const first = await inChild<FuzzDone>(CHILD, job, [])
  return typeof first === 'string' && job.way === 'node:wasi'
    ? inChild<FuzzDone>(CHILD, job, ['--no-turbo-fast-api-calls'])
    : first
}

/** Exhaustive faults of a program that writes records and ends at the first failure, and of one whose records are synced. */
function measureSweeps(progress: (text: string) => void): Fuzzes['sweeps'] {
  const bytes = compileFile('bench/swept.c')
  const found: Fuzzes['sweeps'][number][] = []
  for (const records of RECORDS) {
    const args = ['swept', String(records)]
    const measure = (name: string, run: () => SweepReport): void => {
      progress(`sweep: ${records} records, ${name}`)
      const start = now()
      const report = run()
      found.push({ name: `${records} records, ${name}`, seconds: (now() - start) / 1e9, report })
    }
    const limits = { calls: 1_000_000 }
    measure('EIO once', () =>
      sweep(bytes, { world: { args }, limits, errnos: ['EIO'], persistence: ['once'], shorts: false }),
    )
    if (records <= MOST_PAIRS) measure('errnos and short counts', () => sweep(bytes, { world: { args }, limits }))
    const oracle = survives({ recovery: { args: ['swept', '0'] } })
    measure('power cuts', () => sweep(bytes, { world: { args }, limits, errnos: [], shorts: false, oracle }))
  }
  return found
}

export function formatFuzz({ rates, sweeps }: Fuzzes): string {
  const show = (rate: number | string): string =>
    typeof rate === 'string' ? rate : Math.round(rate).toLocaleString('en')
  const tables: string[] = []
  if (rates.size > 0) {
    const rows = [...rates].map(([way, [one, two]]) => [way, show(one), show(two)])
    tables.push(textTable(['runs a second of 15 calls', '1 process', '2 processes'], rows))
  }
  if (sweeps.length > 0) {
    tables.push(
      textTable(
        ['exhaustive faults', 'calls', 'cases', 'runs', 'seconds', 'us a case'],
        sweeps.map(({ name, seconds, report: { calls, cases, runs } }) =>
          [name, calls, cases, runs, seconds.toFixed(2), ((seconds / cases) * 1e6).toFixed(0)].map(String),
        ),
      ),
    )
  }
  return tables.join('\n\n')
}
