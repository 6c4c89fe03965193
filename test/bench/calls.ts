/** The table of calls: every pattern on every host, against the best peer, the limit and the target. */

import type { Host } from './hosts/host.ts'
import { BARE_SET, bareSet, EMPTY_CALL, emptyCall } from './hosts/limit.ts'
import { type How, measure, type Result } from './measure.ts'
import type { Pattern } from './patterns.ts'
import { Footnotes, nanoseconds, ratio, textTable } from './text_table.ts'

export interface Row {
  readonly pattern: Pattern
  /** By the host's name, the limits among them. */
  readonly results: ReadonlyMap<string, Result>
  /** Nanoseconds that no host can be under: the empty calls and bare copies that the pattern cannot do without. */
  readonly limit: number
}

export interface Calls {
  readonly ours: readonly Host[]
  readonly peers: readonly Host[]
  readonly rows: readonly Row[]
}

/** Measures the patterns one after the other. `progress` is told before each. */
export async function measureCalls(
  patterns: readonly Pattern[],
  ours: readonly Host[],
  peers: readonly Host[],
  how: How,
  progress: (text: string) => void,
): Promise<Calls> {
  const rows: Row[] = []
  for (const pattern of patterns) {
    progress(pattern.name)
    const { bytes, calls } = pattern
    const limits = [emptyCall(pattern), ...(bytes === undefined ? [] : [bareSet(pattern, bytes)])]
    const measured = await measure(pattern, [...limits, ...ours, ...peers], how)
    const results = new Map(measured.map((result) => [result.host, result]))
    const limit = calls * (results.get(EMPTY_CALL)?.ns ?? 0) + (results.get(BARE_SET)?.ns ?? 0)
    rows.push({ pattern, results, limit })
  }
  return { ours, peers, rows }
}

/** Nanoseconds that the pattern is to take at most on this machine, if it has a target. */
export function targetOf({ pattern, results }: Row): number | undefined {
  const { target } = pattern
  if (target === undefined) return undefined
  return 'ns' in target ? target.ns : target.sets * (results.get(BARE_SET)?.ns ?? Number.NaN)
}

/** The fastest of the peers. */
export function bestPeer({ peers }: Calls, row: Row): { readonly name: string; readonly ns: number } | undefined {
  const known = peers.flatMap(({ name }) => {
    const ns = row.results.get(name)?.ns
    return ns === undefined ? [] : [{ name, ns }]
  })
  return known.sort((one, other) => one.ns - other.ns)[0]
}

/** The table, its notes, and what is plainly to be said: where Vivarium is behind a peer or over its target. */
export function formatCalls(calls: Calls): string {
  const { ours, peers, rows } = calls
  const notes = new Footnotes()
  const head = ['ns per operation', 'limit', ...[...ours, ...peers].map(({ name }) => name)]
  const [first] = ours
  const lines = rows.map((row) => {
    const cells = [...ours, ...peers].map(({ name }) => cell(row.results.get(name), notes))
    const mine = first === undefined ? undefined : row.results.get(first.name)?.ns
    const best = bestPeer(calls, row)
    const target = targetOf(row)
    return [
      row.pattern.name,
      nanoseconds(row.limit),
      ...cells,
      best === undefined ? '-' : best.name,
      best === undefined || mine === undefined ? '-' : ratio(mine / best.ns),
      mine === undefined ? '-' : ratio(mine / row.limit),
      target === undefined ? '-' : nanoseconds(target),
    ]
  })
  const table = textTable([...head, 'best peer', 'x best', 'x limit', 'target'], lines)
  const said = ours.map((host) => shortcomings(calls, host))
  return [table, notes.toString(), ...said, machine(calls)].filter(Boolean).join('\n\n')
}

/** A figure from the machine for which the targets were set. */
const REFERENCE = { pattern: 'fd_seek', host: 'browser_wasi_shim', ns: 94 }

/** How this machine compares with that of the targets. */
function machine({ rows }: Calls): string {
  const { pattern, host, ns } = REFERENCE
  const here = rows.find((row) => row.pattern.name === pattern)?.results.get(host)?.ns
  if (here === undefined) return ''
  const times = ratio(here / ns)
  return `The targets are of a machine on which ${host} took ${ns} ns for ${pattern}; here it takes ${times} times as long.`
}

function cell(result: Result | undefined, notes: Footnotes): string {
  if (result === undefined) return '-'
  return (result.ns === undefined ? 'fails' : nanoseconds(result.ns)) + notes.mark(result.notes)
}

/** What of the time goes where: to the digest, which a host without one does not have, and to what no host can save. */
function why({ ours }: Calls, { results, limit }: Row, ns: number): string[] {
  const least = Math.min(...ours.flatMap(({ name }) => results.get(name)?.ns ?? []))
  const digest = ns > least * 1.02 ? [`the digest takes ${nanoseconds(ns - least)} of it`] : []
  const copies = limit > ns / 10 ? [`the empty call and a bare copy ${nanoseconds(limit)}`] : []
  return [...digest, ...copies]
}

function shortcomings(calls: Calls, host: Host): string {
  const said = calls.rows.flatMap((row) => {
    const ns = row.results.get(host.name)?.ns
    if (ns === undefined) return [`${row.pattern.name}: no figure`]
    const target = targetOf(row)
    const faster = calls.peers.flatMap(({ name }) => {
      const other = row.results.get(name)?.ns
      return other !== undefined && other < ns ? [`${name} (${nanoseconds(other)})`] : []
    })
    const over = target !== undefined && ns > target ? [`over its target of ${nanoseconds(target)}`] : []
    const all = [...over, ...(faster.length > 0 ? [`behind ${faster.join(', ')}`] : [])]
    return all.length > 0
      ? [`${row.pattern.name} (${nanoseconds(ns)}): ${[...all, ...why(calls, row, ns)].join('; ')}`]
      : []
  })
  if (said.length === 0) return `${host.name}: on every row within its target and ahead of every peer.`
  return [`${host.name} falls short on ${said.length} of ${calls.rows.length} rows:`, ...said].join('\n  ')
}

/** What `--json` writes. */
export function callsAsJson({ rows }: Calls): { pattern: string; host: string; ns: number }[] {
  return rows.flatMap(({ results }) =>
    [...results.values()].flatMap(({ pattern, host, ns }) => (ns === undefined ? [] : [{ pattern, host, ns }])),
  )
}
