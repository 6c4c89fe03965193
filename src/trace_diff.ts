/** Where two runs part: the first call that is not the same in both, what came before it, and what the states differ in. */

import { type Difference, diff } from './diff.ts'
import { VivariumError } from './error.ts'
import type { End, Run, TraceRecord } from './run.ts'

export interface Parting {
  /** The number of the first call that differs; of an end that only one has, the number of the call that came instead. */
  readonly call: number
  /** The two calls; absent where the run had ended. They look the same where they differ beyond what a record shows. */
  readonly a?: TraceRecord
  readonly b?: TraceRecord
  /** How each run ended. */
  readonly ends: readonly [End | undefined, End | undefined]
  /** The calls that came before, the same in both, the last ones. */
  readonly before: readonly TraceRecord[]
  /** The difference of the trees before that call, and after it. */
  readonly stateBefore: Difference
  readonly stateAfter: Difference
}

/** Calls that are shown of those before. */
const SHOWN_BEFORE = 5

/**
 * Compares two runs of which each was made with `timeline: true`: call by call, with all that each was given and gave,
 * also the bytes that records do not show. `undefined` where all calls, and the ends, are the same.
 * @throws VivariumError `NO_MOMENT` where one has no timeline.
 */
export function traceDiff(a: Run, b: Run): Parting | undefined {
  const [x, y] = [digestsOf(a), digestsOf(b)]
  const shared = Math.min(x.length, y.length)
  let call = 0
  while (call < shared && x[call] === y[call]) call++
  if (call === x.length && call === y.length && isSameEnd(a.end, b.end)) return undefined
  const [left, right] = [a.trace[call], b.trace[call]]
  return {
    call: call + 1,
    ...(left === undefined ? {} : { a: left }),
    ...(right === undefined ? {} : { b: right }),
    ends: [a.end, b.end],
    before: a.trace.slice(Math.max(0, call - SHOWN_BEFORE), call),
    stateBefore: diff(a.at(call), b.at(call)),
    stateAfter: diff(a.at(Math.min(call + 1, x.length)), b.at(Math.min(call + 1, y.length))),
  }
}

function digestsOf(run: Run): readonly string[] {
  if (run.callDigests === undefined) {
    throw new VivariumError('NO_MOMENT', 'to find where runs part, make both with the option timeline: true')
  }
  return run.callDigests
}

/** How they ended, but for what the engine says of a trap. */
function isSameEnd(a: End | undefined, b: End | undefined): boolean {
  if (a?.kind !== b?.kind) return false
  if (a?.kind === 'exit' && b?.kind === 'exit') return a.code === b.code
  if (a?.kind === 'signal' && b?.kind === 'signal') return a.signal === b.signal
  return a?.kind === 'limit' && b?.kind === 'limit' ? a.limit === b.limit : true
}
