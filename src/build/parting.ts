/** Where two runs of one job part, as data: the first call that gave something else, and the first that was another. */

import type { Run, TraceRecord } from '../run.ts'
import { traceDiff } from '../trace_diff.ts'
import { formatRecord } from '../trace_format.ts'

/** Two calls at one place, as lines; absent where the run had ended. */
export interface CallPair {
  readonly call: number
  readonly name: string
  readonly a?: string
  readonly b?: string
}

export interface ReportedParting {
  /** The first call that is not the same in both: this is where a difference came in. */
  readonly first: CallPair
  /** The first call that the guest made otherwise: from here on it went another way. Absent where there is none. */
  readonly otherwise?: CallPair
  /** The names of all calls that gave something else before it went another way, each once. */
  readonly suspects: readonly string[]
}

/** `undefined` where the runs are the same. Both were made with `timeline: true`. */
export function partingOf(a: Run, b: Run): ReportedParting | undefined {
  const parting = traceDiff(a, b)
  if (parting === undefined) return undefined
  const suspects = new Set<string>()
  const [x, y] = [a.callDigests ?? [], b.callDigests ?? []]
  let at = parting.call - 1
  while (at < x.length && at < y.length && asks(a.trace[at]) === asks(b.trace[at])) {
    if (x[at] !== y[at]) suspects.add((a.trace[at] as TraceRecord).call)
    at++
  }
  const isOver = at >= x.length && at >= y.length
  return {
    first: pairAt(a, b, parting.call - 1),
    ...(isOver ? {} : { otherwise: pairAt(a, b, at) }),
    suspects: [...suspects],
  }
}

/** What the guest asked for: the call and its arguments, without what came back. */
function asks(record: TraceRecord | undefined): string {
  if (record === undefined) return ''
  return JSON.stringify([record.call, record.args], (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
}

function pairAt(a: Run, b: Run, at: number): CallPair {
  const [left, right] = [a.trace[at], b.trace[at]]
  return {
    call: at + 1,
    name: (left ?? right)?.call ?? '',
    ...(left === undefined ? {} : { a: formatRecord(left) }),
    ...(right === undefined ? {} : { b: formatRecord(right) }),
  }
}
