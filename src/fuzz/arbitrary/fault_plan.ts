/** Plans of faults. */

import fc, { type Arbitrary } from 'fast-check'
import { type Effect, type FaultRule, formatFaults } from '../../../kernel/fault.ts'
import { errnoOf } from '../../../vfs/errno.ts'
import { errnosOf } from '../../abi/errnos.ts'
import { callNames } from '../../abi/signatures.ts'
import { environmentErrnos } from '../environment.ts'

export interface FaultPlanConstraints {
  /** Faults at least. Default 0. */
  readonly minFaults?: number
  /** And at most. Default 2. */
  readonly maxFaults?: number
  /** Which calls go wrong. Default all that can. */
  readonly calls?: readonly string[]
  /** Which errnos they give: those of their environment, all that they can give, or of these. Default `'environment'`. */
  readonly errnos?: 'environment' | 'all' | readonly string[]
  /** Paths that faults are bound to, with `*` and `**`, some of the time. Default none. */
  readonly paths?: readonly string[]
  /** Which of the calls of a name, at most. Default 20. */
  readonly maxNth?: number
  /** Whether calls may move fewer bytes. Default true. */
  readonly shorts?: boolean
  /** Whether space may run out. Default true. */
  readonly space?: boolean
  /** Whether time may pass. Default true. */
  readonly delays?: boolean
  /** Whether the power may be cut. Default false. */
  readonly cuts?: boolean
}

const MOVING = ['fd_read', 'fd_pread', 'fd_write', 'fd_pwrite', 'sock_recv', 'sock_send']
const NS = 1_000_000_000

/**
 * Plans as text, which the option `faults` of a run and of the command line take. Shrinks to none, by fewer faults,
 * earlier ones, and such that happen once.
 */
export function faultPlan(constraints: FaultPlanConstraints = {}): Arbitrary<string> {
  const { minFaults = 0, maxFaults = 2, paths = [], maxNth = 20 } = constraints
  const { calls = callNames, shorts = true, space = true, delays = true, cuts = false } = constraints
  const failing = calls
    .filter((call) => call !== 'proc_exit')
    .flatMap((call) => errnosFor(call, constraints.errnos).map((errno) => ({ call, errno })))
  const moving = MOVING.filter((call) => calls.includes(call))
  const what: { readonly weight: number; readonly arbitrary: Arbitrary<{ call?: string; effect: Effect }> }[] = []
  if (failing.length > 0) what.push({ weight: 8, arbitrary: fc.constantFrom(...failing).map(failure) })
  if (shorts && moving.length > 0) {
    const bytes = fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 4096 }))
    what.push({
      weight: 3,
      arbitrary: fc.tuple(fc.constantFrom(...moving), bytes).map(([call, count]) => ({
        call,
        effect: { kind: 'short', bytes: count },
      })),
    })
  }
  if (space)
    what.push({ weight: 2, arbitrary: fc.nat({ max: 8192 }).map((bytes) => ({ effect: { kind: 'space', bytes } })) })
  if (delays) {
    const ns = fc.constantFrom(NS, 60 * NS, 86_400 * NS)
    what.push({
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...calls), ns)
        .map(([call, time]) => ({ call, effect: { kind: 'delay', ns: time } })),
    })
  }
  if (cuts) what.push({ weight: 3, arbitrary: fate().map((name) => ({ effect: { kind: 'cut', fate: name } })) })
  if (what.length === 0) return fc.constant('')
  const rule = fc
    .record({
      what: fc.oneof(...what),
      nth: fc.oneof(fc.integer({ min: 1, max: Math.min(3, maxNth) }), fc.integer({ min: 1, max: maxNth })),
      on: fc.boolean(),
      path: paths.length === 0 ? fc.constant(undefined) : fc.option(fc.constantFrom(...paths), { nil: undefined }),
    })
    .map(ruleOf)
  return fc.array(rule, { minLength: minFaults, maxLength: maxFaults, size: 'max' }).map(formatFaults)
}

/** What becomes of what was not synced. */
export function fate(): Arbitrary<string> {
  const count = fc.nat({ max: 12 })
  return fc.oneof(
    fc.constantFrom('none', 'all'),
    count.map((n) => `first:${n}`),
    count.map((n) => `without:${n + 1}`),
    fc.tuple(count, fc.nat({ max: 4 })).map(([n, sectors]) => `torn:${n}:${sectors}`),
    fc.nat({ max: 1000 }).map((text) => `seed:${text}`),
  )
}

/** The errnos that a call is made to give. */
export function errnosFor(call: string, which: FaultPlanConstraints['errnos'] = 'environment'): readonly string[] {
  if (which === 'environment') return environmentErrnos(call)
  return which === 'all' ? (errnosOf[call as keyof typeof errnosOf] ?? []) : which
}

function failure({ call, errno }: { call: string; errno: string }): { call: string; effect: Effect } {
  const found = errnoOf(errno)
  if (found === undefined) throw new RangeError(`faultPlan(): there is no errno ${errno}`)
  return { call, effect: { kind: 'errno', errno: found } }
}

function ruleOf(drawn: {
  what: { call?: string; effect: Effect }
  nth: number
  on: boolean
  path: string | undefined
}): FaultRule {
  const { call, effect } = drawn.what
  const place = drawn.path === undefined || effect.kind === 'cut' ? {} : { path: drawn.path }
  const named = call === undefined ? {} : { call }
  // Space that runs out stays out, and the power goes once.
  const on = effect.kind === 'space' ? true : effect.kind === 'cut' ? false : drawn.on
  return { ...named, ...place, nth: effect.kind === 'space' ? 1 : drawn.nth, on, effect }
}
