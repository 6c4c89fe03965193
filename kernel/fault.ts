/**
 * Faults: what goes wrong in a run by plan. A plan is a list of rules, each of which says which calls it is about and
 * what happens to them; as text it fits on a line, so that a failure can be told and made again:
 *
 *     fd_write(/log/*)#3=ENOSPC; fd_read#1+=short:1; *#57=cut:first:2
 *
 * - which: the name of a call or `*`; in parentheses, where it matters, a path with `*` for any text without a slash and
 *   `**` for any text, or a descriptor's number; after `#` which of the calls that match, from 1, with `+` all from then
 *   on. Without `#` it is all of them.
 * - what: an errno; `short:BYTES`, at most so many are moved; `delay:NS`, virtual nanoseconds pass before; `space:BYTES`,
 *   so many more can be written to files, and then it is ENOSPC; `cut:FATE`, the power goes before the call is made.
 *
 * In a path, and in the text of a seed, `;`, parentheses, white space and `%` are written as in URLs: `%3B`, `%28`.
 */

import { type Errno, errnoOf } from '../vfs/errno.ts'
import type { Fate } from '../vfs/journal.ts'
import { Random } from './random.ts'

/** What happens to a call. */
export type Effect =
  | { readonly kind: 'errno'; readonly errno: Errno }
  | { readonly kind: 'short'; readonly bytes: number }
  | { readonly kind: 'delay'; readonly ns: number }
  | { readonly kind: 'space'; readonly bytes: number }
  | { readonly kind: 'cut'; readonly fate: string }

export interface FaultRule {
  /** A call's name; absent for any. */
  readonly call?: string
  /** A path as the guest's machine has it, with `*` and `**`; of a call with two, either. */
  readonly path?: string
  readonly fd?: number
  /** Which of the calls that match, from 1; default 1. */
  readonly nth: number
  /** Whether those after it are meant too. */
  readonly on: boolean
  readonly effect: Effect
}

/** What is wrong with the text of a plan. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
}

const RULE = /^(?!=)(\*|[a-z_]+)?(?:\(([^()]*)\))?(?:#(\d+)(\+)?)?=(.*)$/
const EXAMPLES = 'as in fd_write(/log/*)#3=ENOSPC, fd_read#1+=short:1, space:4096 or *#57=cut:none'
const SHORT_CALLS = ['fd_read', 'fd_pread', 'fd_write', 'fd_pwrite', 'sock_recv', 'sock_send']
const MOVES_BYTES: ReadonlySet<string> = new Set(SHORT_CALLS)
const SPACE_CALLS: readonly string[] = ['fd_write', 'fd_pwrite']
/** The one call that gives no errno: it does not return. */
const NO_ERRNO = 'proc_exit'
/** What would end a rule or a line, or be taken for such an escape. */
const ESCAPED = /[%;()\s\p{Cc}]/gu

/** The rules of a plan. @throws FaultError that shows the part that is wrong, and how to write one. */
export function parseFaults(plan: string, isCall: (name: string) => boolean): FaultRule[] {
  return plan
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => parseRule(part, isCall))
}

/** A plan as text, which `parseFaults` reads back. @throws FaultError for a rule that no text can say. */
export function formatFaults(rules: readonly FaultRule[]): string {
  return rules
    .map((rule) => {
      const { call = '*', path, fd, nth, on, effect } = rule
      if (path !== undefined && (fd !== undefined || !isAbsolute(path))) {
        const problem =
          fd === undefined ? `the path ${JSON.stringify(path)} is not absolute` : 'it has a path and a descriptor'
        throw new FaultError(`${JSON.stringify(rule)} is no fault: ${problem}`)
      }
      const where = path !== undefined ? `(${escaped(path)})` : fd !== undefined ? `(${fd})` : ''
      const which = nth === 1 && on ? '' : `#${nth}${on ? '+' : ''}`
      return `${call}${where}${which}=${formatEffect(effect)}`
    })
    .join('; ')
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('**')
}

function escaped(text: string): string {
  return text.replace(ESCAPED, (unit) =>
    /[()]/.test(unit) ? `%${unit.charCodeAt(0).toString(16)}` : encodeURIComponent(unit),
  )
}

/** @throws what `wrong` throws, for what is no escape. */
function unescaped(text: string, wrong: (problem: string) => never): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return wrong(`in ${JSON.stringify(text)} a % is no escape; write %25 for the sign itself`)
  }
}

function formatEffect(effect: Effect): string {
  switch (effect.kind) {
    case 'errno':
      return effect.errno.name
    case 'short':
    case 'space':
      return `${effect.kind}:${effect.bytes}`
    case 'delay':
      return `delay:${effect.ns}`
    case 'cut':
      return `cut:${escaped(effect.fate)}`
  }
}

function parseRule(text: string, isCall: (name: string) => boolean): FaultRule {
  const wrong = (problem: string): never => {
    throw new FaultError(`${JSON.stringify(text)} is no fault: ${problem}; write one ${EXAMPLES}`)
  }
  const match = RULE.exec(text.startsWith('space:') ? `*=${text}` : text)
  if (match === null) return wrong('it has to say which calls, "=", and what happens to them')
  const [, name = '*', where, nth, plus, what = ''] = match
  if (name !== '*' && !isCall(name)) return wrong(`there is no call ${name}`)
  const from = Number(nth ?? 1)
  if (from < 1 || !Number.isSafeInteger(from)) return wrong('calls are counted from 1')
  if (where === '') return wrong('the parentheses are empty')
  const isNumber = where !== undefined && /^\d+$/.test(where)
  const place = where === undefined ? {} : isNumber ? { fd: Number(where) } : { path: unescaped(where, wrong) }
  if (place.path !== undefined && !isAbsolute(place.path)) return wrong(`the path ${where} is not absolute`)
  const effect = parseEffect(what, wrong)
  if (effect.kind === 'short' && name !== '*' && !MOVES_BYTES.has(name)) {
    return wrong(`only calls that move bytes can be short: ${SHORT_CALLS.join(', ')}`)
  }
  if (effect.kind === 'space' && name !== '*' && !SPACE_CALLS.includes(name)) {
    return wrong(`only calls that write to files can find no space: ${SPACE_CALLS.join(', ')}`)
  }
  if (effect.kind === 'errno' && name === NO_ERRNO) return wrong(`${NO_ERRNO} does not return, so it cannot fail`)
  const on = plus !== undefined || nth === undefined
  return { ...(name === '*' ? {} : { call: name }), ...place, nth: from, on, effect }
}

function parseEffect(text: string, wrong: (problem: string) => never): Effect {
  const [kind, ...rest] = text.split(':')
  const value = unescaped(rest.join(':'), wrong)
  const count = /^\d+$/.test(value) ? Number(value) : Number.NaN
  switch (kind) {
    case 'short':
    case 'space':
      return Number.isSafeInteger(count) ? { kind, bytes: count } : wrong(`"${kind}:" wants a number of bytes`)
    case 'delay':
      return Number.isSafeInteger(count) ? { kind, ns: count } : wrong('"delay:" wants a number of nanoseconds')
    case 'cut':
      fateOf(value === '' ? 'none' : value, wrong)
      return { kind, fate: value === '' ? 'none' : value }
    default: {
      const errno = errnoOf(text)
      return errno === undefined
        ? wrong(`there is no errno or effect ${JSON.stringify(text)}`)
        : { kind: 'errno', errno }
    }
  }
}

/**
 * What became of the operations that were not synced, by its name: `none` of them is on the disk; `all` are; `first:N`,
 * the first N; `torn:N:S`, the first N and S sectors of the one after; `without:N`, all but the N-th, from 1; `seed:TEXT`,
 * each as chance has it. @throws what `wrong` throws.
 */
export function fateOf(name: string, wrong: (problem: string) => never): Fate {
  const [kind, ...rest] = name.split(':')
  const [n, sectors] = rest.map((text) => (/^\d+$/.test(text) ? Number(text) : Number.NaN))
  if (kind === 'none' && rest.length === 0) return () => false
  if (kind === 'all' && rest.length === 0) return () => true
  if (kind === 'seed' && rest.length > 0) return chance(rest.join(':'))
  if (kind === 'first' && rest.length === 1 && isCount(n)) return (_, index) => index < n
  if (kind === 'without' && rest.length === 1 && isCount(n)) return (_, index) => index !== n - 1
  if (kind === 'torn' && rest.length === 2 && isCount(n) && isCount(sectors)) {
    return ({ kind }, index) => (index === n && kind === 'data' ? sectors : index < n)
  }
  return wrong(`there is no fate ${JSON.stringify(name)}: none, all, first:N, torn:N:S, without:N or seed:TEXT`)
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value)
}

function chance(seed: string): Fate {
  const random = new Random(`cut\0${seed}`)
  const byte = new Uint8Array(2)
  return ({ kind }) => {
    random.fill(byte, 0, 2)
    const [which, sectors] = byte as unknown as [number, number]
    if (kind === 'data' && which < 64) return sectors % 8
    return which < 160
  }
}

/** What rules may ask about a call; worked out only where one does. */
export interface Subject {
  /** The descriptors that it is given. */
  readonly fds: readonly number[]
  /** The absolute paths that it is about. */
  readonly paths: () => readonly string[]
  /** Whether its first descriptor is a regular file of the tree. */
  readonly isFile: () => boolean
}

/** A plan while it is carried out: counts the calls that each rule is about. */
export class Faults {
  readonly #rules: readonly { readonly rule: FaultRule; readonly path: RegExp | undefined }[]
  readonly #counts: number[]
  /** Bytes that can still be written, for each rule about space; for others nothing. */
  readonly #space: number[]
  /** The rule that said last what happens, and to which call. */
  #last = { rule: 0, call: 0 }
  /** Which rules have done something, and at which calls: the index of the rule, and the number of the call. */
  readonly fired: { readonly rule: number; readonly call: number }[] = []
  /** Whether one cuts the power, so that what is synced has to be known. */
  readonly cuts: boolean

  constructor(rules: readonly FaultRule[]) {
    this.#rules = rules.map((rule) => ({ rule, path: rule.path === undefined ? undefined : globOf(rule.path) }))
    this.#counts = rules.map(() => 0)
    this.#space = rules.map(({ effect }) => (effect.kind === 'space' ? effect.bytes : 0))
    this.cuts = rules.some(({ effect }) => effect.kind === 'cut')
  }

  /**
   * What happens to the call with the number `call`: of several rules the first. Where it is let through, `moved` is to
   * be told how it went.
   */
  next(call: number, name: string, subject: Subject): Effect | undefined {
    let paths: readonly string[] | undefined
    let found: Effect | undefined
    for (const [index, { rule, path }] of this.#rules.entries()) {
      const { effect } = rule
      if (rule.call !== undefined && rule.call !== name) continue
      if (rule.fd !== undefined && !subject.fds.includes(rule.fd)) continue
      if (effect.kind === 'errno' && name === NO_ERRNO) continue
      if (effect.kind === 'short' && !MOVES_BYTES.has(name)) continue
      if (effect.kind === 'space' && !(SPACE_CALLS.includes(name) && subject.isFile())) continue
      if (path !== undefined) {
        paths ??= subject.paths()
        if (!paths.some((each) => path.test(each))) continue
      }
      const count = (this.#counts[index] as number) + 1
      this.#counts[index] = count
      if (found !== undefined || count < rule.nth || (count > rule.nth && !rule.on)) continue
      found = effect.kind === 'space' ? { kind: 'space', bytes: this.#space[index] as number } : effect
      this.#last = { rule: index, call }
      const isSure = found.kind === 'space' ? found.bytes === 0 : found.kind !== 'short'
      if (isSure) this.fired.push(this.#last)
    }
    return found
  }

  /** The last call moved so many bytes; `wasShort`, where they were fewer than asked for because of the rule. */
  moved(bytes: number, wasShort: boolean): void {
    const { rule } = this.#last
    this.#space[rule] = Math.max(0, (this.#space[rule] as number) - bytes)
    if (wasShort) this.fired.push(this.#last)
  }
}

/** A path with `*` for text without a slash and `**` for any. */
function globOf(path: string): RegExp {
  const parts = path.split(/(\*\*|\*)/).map((part) => {
    if (part === '**') return '.*'
    return part === '*' ? '[^/]*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('')}$`, 's')
}
