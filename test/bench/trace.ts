/** What a trace costs a call: none, the running digest, and full records, on one host each. */

import { EMPTY_CALL, emptyCall } from './hosts/limit.ts'
import { vivarium } from './hosts/vivarium.ts'
import { type How, measure } from './measure.ts'
import { PATTERNS } from './patterns.ts'
import { nanoseconds, textTable } from './text_table.ts'

export interface TraceCost {
  readonly pattern: string
  readonly empty: number
  readonly off: number
  readonly digest: number
  readonly records: number
}

const ROWS = [
  'clock_time_get',
  'fd_seek',
  'fd_write 1 B',
  'fd_pread 4 KiB',
  'fd_filestat_get',
  'path_filestat_get, 4 deep',
]
/** Records are kept, so there must not be too many. */
const MOST_OPERATIONS = 20_000

export async function measureTrace(only: string, how: How, progress: (text: string) => void): Promise<TraceCost[]> {
  const costs: TraceCost[] = []
  for (const pattern of PATTERNS) {
    if (!ROWS.includes(pattern.name) || !pattern.name.includes(only)) continue
    progress(`trace: ${pattern.name}`)
    const few = { ...pattern, operations: Math.min(pattern.operations, MOST_OPERATIONS) }
    const hosts = [emptyCall(few), vivarium('off', 'off'), vivarium('digest', 'digest'), vivarium('records', 'records')]
    const results = new Map((await measure(few, hosts, how)).map(({ host, ns }) => [host, ns ?? Number.NaN]))
    const [empty, off, digest, records] = [EMPTY_CALL, 'off', 'digest', 'records'].map(
      (name) => results.get(name) as number,
    )
    costs.push({ pattern: pattern.name, empty, off, digest, records } as TraceCost)
  }
  return costs
}

export function formatTrace(costs: readonly TraceCost[]): string {
  const rows = costs.map(({ pattern, empty, off, digest, records }) => [
    pattern,
    nanoseconds(empty),
    nanoseconds(off),
    nanoseconds(digest),
    nanoseconds(records),
    (digest - off).toFixed(1),
    (records - off).toFixed(1),
  ])
  const head = ['ns per call', EMPTY_CALL, 'off', 'digest', 'records', 'digest adds', 'records add']
  return `${textTable(head, rows)}\n\nTargets: the digest adds at most 5 ns and what the payload takes to hash, records at most 40 ns.`
}
