/**
 * What a trace keeps of each call until somebody asks for its record: bytes, of which the record can be made. Few
 * records are ever looked at, so a call copies some words and makes no object; and memory that was never written to
 * costs more than anything else here, so a record has only the words that differ from the last of the same call.
 *
 *   ┌────────┬───────┬─────────────────────┬───────────────────────┬──────────────────┐
 *   │ header │ words │ paths, data to write│ results, data given   │ sec (f64), nsec  │
 *   └────────┴───────┴─────────────────────┴───────────────────────┴──────────────────┘
 *             that    as before the call    as after it, where it   unless it is a tick
 *             differ                        succeeded               after the record before
 *
 * Little-endian and without padding. Results of fixed size are words as the arguments are, and follow them: those that
 * differ are there, and the header has a bit for each. A path or data has its length before it (u32), or `BAD_POINTER`
 * in its place. The call's plan, whose number is in the header, says what there is of all this.
 */

import type { Clock } from '../kernel/clock.ts'
import { IOV_MAX } from '../kernel/iovec.ts'
import type { Process } from '../kernel/process.ts'
import { KernelBug } from '../vfs/bug.ts'
import type { Instant } from '../vfs/inode.ts'
import {
  FILESTAT_ATIM,
  FILESTAT_INO,
  FILESTAT_SIZE,
  IOVEC_SIZE,
  iovecBuf,
  iovecLength,
  type Layout,
  PRESTAT_NAME_LENGTH,
} from './abi/layout.ts'
import type { GuestMemory } from './abi/memory.ts'
import { type Param, type ResultKind, type Signature, type WasmType, wordOf } from './abi/signatures.ts'
import type { Guest } from './hostcall/guest.ts'
import type { CallRecorder } from './hostcall/imports.ts'

/** Bytes of data that a record shows. Of longer data so many are kept, and a length of one more. */
export const SHOWN = 64
/** Bytes of a path that a record shows. */
const PATH_SHOWN = 4096

/* A header, from its lowest bit: the plan's number (7 bits), HAS_TIME, the errno (8), and HAS_WORD for each word (16). */
export const PLAN_NUMBER = 0x7f
export const HAS_TIME = 0x80
export const ERRNO_SHIFT = 8
export const ERRNO = 0xff
/** As errno: the process ended in the call. */
export const ENDED = 0xff
/** That the record has the first word; one bit further, the second. */
export const HAS_WORD = 0x1_0000
/** Words of a call, of its arguments and its fixed results together. */
export const WORDS_MAX = 16

/** In place of the length of what is not all in memory. */
export const BAD_POINTER = 0xffff_ffff

const NS_PER_SEC = 1_000_000_000
/** Of 16 to 4,096 KiB the size at which a record was measured to cost least: memory that is new costs more than calls. */
const PAGE_SIZE = 128 * 1024
/** No record is longer than two paths, and little more. */
const RECORD_MAX = 2 * PATH_SHOWN + 512

/** A parameter that a record shows. */
interface Arg {
  readonly name: string
  readonly type: WasmType
  readonly kind: Param['kind']
  /** Which word of the call it is. */
  readonly word: number
}

/** A parameter of whose target the bytes are kept: before the call those that it reads, after it those that it wrote. */
interface Target {
  readonly param: string
  readonly kind: 'path' | 'ranges' | 'bytes'
  /** Which words are the pointer and the count. */
  readonly word: number
  readonly count: number
}

/** A result of fixed size, of which the words from byte `from` up to `to` are kept: all that a record shows is in them. */
interface FixedResult {
  readonly param: string
  readonly kind: ResultKind
  readonly word: number
  readonly from: number
  readonly to: number
}

/** What is kept of a call and how it is to be read, made once from its signature. */
export interface CallPlan {
  readonly name: string
  readonly layout: Layout
  /** How many words it is called with. */
  readonly words: number
  readonly args: readonly Arg[]
  readonly inputs: readonly Target[]
  readonly fixed: readonly FixedResult[]
  readonly outputs: readonly Target[]
  /** Which word points to how many bytes it gave, in a call that need not fill all there is room for. */
  readonly moved: number | undefined
}

export function planOf(signature: Signature, layout: Layout): CallPlan {
  const { name, params } = signature
  const shown = params.filter((param) => isShown(signature, param))
  const words = params.reduce((count, { type }) => count + (type === 'i64' ? 2 : 1), 0)
  const fixed = fixedOf(signature)
  const kept = fixed.reduce((count, { from, to }) => count + Math.ceil((to - from) / 4), words)
  if (kept > WORDS_MAX) throw new KernelBug(`${name} has ${kept} words, more than a header has bits for`)
  return {
    name,
    layout,
    words,
    args: shown.map(({ name, type, kind }) => ({ name, type, kind, word: wordOf(signature, name) })),
    inputs: shown.flatMap(({ name, kind, count }) => {
      if ((kind !== 'path' && kind !== 'ciovs') || count === undefined) return []
      return [targetOf(signature, name, kind === 'path' ? 'path' : 'ranges', count)]
    }),
    fixed,
    outputs: outputsOf(signature),
    moved: fixed.find(({ param }) => param === 'nread' || param === 'bufused')?.word,
  }
}

/** Not results, which have a place of their own, nor the count of what is shown as a whole; the size of a buffer is. */
function isShown({ params, results }: Signature, { name }: Param): boolean {
  if (results.some(({ param }) => param === name)) return false
  return params.every(({ kind, count }) => count !== name || (kind !== 'path' && kind !== 'ciovs' && kind !== 'iovs'))
}

function fixedOf(signature: Signature): FixedResult[] {
  return signature.results.flatMap((result): FixedResult[] => {
    if (!('size' in result)) return []
    const { param, kind, size } = result
    const [from, to] = shownOf(kind, size)
    return [{ param, kind, word: wordOf(signature, param), from, to }]
  })
}

/** Of a filestat neither the device nor the times, which are at its end in wasi_unstable too. */
function shownOf(kind: ResultKind, size: number): readonly [from: number, to: number] {
  if (kind === 'filestat') return [FILESTAT_INO, size - (FILESTAT_SIZE - FILESTAT_ATIM)]
  return [kind === 'prestat' ? PRESTAT_NAME_LENGTH : 0, size]
}

/** Neither the strings that the guest was started with, nor structs. */
function outputsOf(signature: Signature): Target[] {
  return signature.results.flatMap((result) => {
    if ('size' in result || 'sizes' in result || result.kind === 'events' || signature.name === 'fd_readdir') return []
    return [targetOf(signature, result.param, result.kind === 'iovs' ? 'ranges' : 'bytes', result.count)]
  })
}

function targetOf(signature: Signature, param: string, kind: Target['kind'], count: string): Target {
  return { param, kind, word: wordOf(signature, param), count: wordOf(signature, count) }
}

/** The records of one run that nobody has asked for yet. */
export class TraceLog {
  /** The page that is written to, and where its next record begins. */
  page: DataView = new DataView(new ArrayBuffer(0))
  at = 0
  /** Up to here `page` has room for any record. */
  #room = -1
  /** The pages that are full, with where their records end. */
  readonly #full: { readonly page: DataView; readonly end: number }[] = []
  /** Where the first record is that was not read yet: in the first full page, or in `page`. */
  #unread = 0
  readonly #tick: number
  /** When the call before returned. */
  #sec = 0
  #nsec = 0

  constructor(tick: number) {
    this.#tick = tick
  }

  /** The page, with room for a record at `at`. */
  open(): DataView {
    return this.at <= this.#room ? this.page : this.#turn()
  }

  /** Whether a call that returns at `time` does so a tick after the one before it. */
  follows(time: Instant): boolean {
    const { sec, nsec } = time
    const seconds = sec - this.#sec
    const passed = nsec - this.#nsec + (seconds === 0 ? 0 : seconds * NS_PER_SEC)
    this.#sec = sec
    this.#nsec = nsec
    return passed === this.#tick
  }

  /** Has every record read that was not yet, in order. `read` says where the one after it begins. */
  drain(read: (page: DataView, at: number) => number): void {
    for (let first = this.#full[0]; first !== undefined; first = this.#full[0]) {
      while (this.#unread < first.end) this.#unread = read(first.page, this.#unread)
      this.#full.shift()
      this.#unread = 0
    }
    while (this.#unread < this.at) this.#unread = read(this.page, this.#unread)
  }

  #turn(): DataView {
    const page = new DataView(new ArrayBuffer(PAGE_SIZE))
    if (this.at > 0) this.#full.push({ page: this.page, end: this.at })
    this.page = page
    this.at = 0
    this.#room = PAGE_SIZE - RECORD_MAX
    return page
  }
}

/**
 * Writes the records of one call of a guest. What it is made of is taken apart into fields, as each step on the way to
 * something shows in a call.
 */
export class CallLog implements CallRecorder {
  readonly #log: TraceLog
  readonly #process: Process
  readonly #clock: Clock
  readonly #memory: GuestMemory
  readonly #words: Int32Array
  readonly #plan: CallPlan
  readonly #number: number
  readonly #count: number
  readonly #inputs: readonly Target[]
  readonly #fixed: readonly FixedResult[]
  /** The words that the last record of this call has or has left out. */
  readonly #last: Int32Array = new Int32Array(WORDS_MAX)
  /** Of the record at hand: where it goes on, and the header's bits for the words that it has. */
  #at = 0
  #changed = 0

  /** `number` is that of the plan. */
  constructor(guest: Guest, log: TraceLog, plan: CallPlan, number: number) {
    if (number > PLAN_NUMBER) throw new KernelBug(`${number} plans are more than a header can tell apart`)
    this.#log = log
    this.#process = guest.process
    this.#clock = guest.kernel.clock
    this.#memory = guest.memory
    this.#words = guest.words
    this.#plan = plan
    this.#number = number
    this.#count = plan.words
    this.#inputs = plan.inputs
    this.#fixed = plan.fixed
  }

  before(): void {
    const log = this.#log
    const words = this.#words
    const last = this.#last
    const count = this.#count
    const page = log.open()
    let at = log.at + 4
    let changed = 0
    for (let i = 0; i < count; i++) {
      const word = words[i] as number
      if (word === last[i]) continue
      last[i] = word
      page.setInt32(at, word, true)
      at += 4
      changed |= HAS_WORD << i
    }
    const inputs = this.#inputs
    this.#at = inputs.length > 0 ? this.#putTargets(page, at, inputs, undefined) : at
    this.#changed = changed
  }

  after(errno: number): void {
    const log = this.#log
    const { page, at: start } = log
    const given = this.#process.end === undefined ? errno : ENDED
    if (given === 0) this.#putResults(page)
    let at = this.#at
    let header = this.#number | (given << ERRNO_SHIFT) | this.#changed
    const time = this.#clock.realtime
    if (!log.follows(time)) {
      page.setFloat64(at, time.sec, true)
      page.setInt32(at + 8, time.nsec, true)
      at += 12
      header |= HAS_TIME
    }
    page.setInt32(start, header, true)
    // From here on it is a record. A call that something threw out of leaves none, and is the last.
    log.at = at
  }

  #putResults(page: DataView): void {
    const words = this.#words
    const last = this.#last
    const fixed = this.#fixed
    const { view } = this.#memory
    let at = this.#at
    let changed = this.#changed
    let next = this.#count
    for (let i = 0; i < fixed.length; i++) {
      const { word, from, to } = fixed[i] as FixedResult
      const ptr = (words[word] as number) >>> 0
      for (let k = from; k < to; k += 4) {
        const value = to - k === 2 ? view.getUint16(ptr + k, true) : view.getInt32(ptr + k, true)
        if (value !== last[next]) {
          last[next] = value
          page.setInt32(at, value, true)
          at += 4
          changed |= HAS_WORD << next
        }
        next++
      }
    }
    const { outputs, moved } = this.#plan
    if (outputs.length > 0) {
      const given = moved === undefined ? undefined : view.getUint32((words[moved] as number) >>> 0, true)
      at = this.#putTargets(page, at, outputs, given)
    }
    this.#at = at
    this.#changed = changed
  }

  /** Bytes of each target: of the paths, and of the first `given` bytes of data, or of all there is room for. */
  #putTargets(page: DataView, from: number, targets: readonly Target[], given: number | undefined): number {
    const words = this.#words
    const memory = this.#memory
    let at = from
    for (let i = 0; i < targets.length; i++) {
      const { kind, word, count } = targets[i] as Target
      const ptr = (words[word] as number) >>> 0
      const size = (words[count] as number) >>> 0
      if (kind === 'ranges') at = putRanges(page, at, memory, ptr, size, given ?? SHOWN + 1)
      else if (kind === 'path') at = putPath(page, at, memory, ptr, size)
      else at = putData(page, at, memory, ptr, given ?? size)
    }
    return at
  }
}

/* Each of these gives back where the record goes on. */

function putLength(page: DataView, at: number, length: number): number {
  page.setUint32(at, length, true)
  return at + 4
}

function putPath(page: DataView, at: number, memory: GuestMemory, ptr: number, length: number): number {
  if (!memory.covers(ptr, length)) return putLength(page, at, BAD_POINTER)
  const kept = Math.min(length, PATH_SHOWN)
  copy(page, putLength(page, at, kept), memory.view, ptr, kept)
  return at + 4 + kept
}

/** As much as there is in memory, since a call may have written its count over what it counts. */
function putData(page: DataView, at: number, memory: GuestMemory, ptr: number, length: number): number {
  const kept = Math.min(length, SHOWN + 1, memory.u8.length - ptr)
  const shown = Math.min(kept, SHOWN)
  copy(page, putLength(page, at, kept), memory.view, ptr, shown)
  return at + 4 + shown
}

/** The first `limit` bytes of `count` ranges, of which each has to be in memory up to where enough is shown. */
function putRanges(page: DataView, at: number, memory: GuestMemory, ptr: number, count: number, limit: number): number {
  if (count > IOV_MAX || !memory.covers(ptr, count * IOVEC_SIZE)) return putLength(page, at, BAD_POINTER)
  const most = Math.min(limit, SHOWN + 1)
  let kept = 0
  let end = at + 4
  for (let i = 0; i < count && kept <= SHOWN; i++) {
    const start = iovecBuf(memory.view, ptr, i)
    const length = iovecLength(memory.view, ptr, i)
    if (length > 0 && !memory.covers(start, length)) return putLength(page, at, BAD_POINTER)
    const more = Math.min(length, most - kept)
    const shown = Math.min(more, SHOWN - kept)
    copy(page, end, memory.view, start, shown)
    end += shown
    kept += more
  }
  putLength(page, at, kept)
  return end
}

/** Word by word: what `set` copies from has to be an object. The last word may take some bytes again. */
function copy(page: DataView, at: number, view: DataView, ptr: number, length: number): void {
  if (length < 4) {
    for (let i = 0; i < length; i++) page.setUint8(at + i, view.getUint8(ptr + i))
    return
  }
  let i = 0
  for (; i + 16 <= length; i += 16) {
    page.setInt32(at + i, view.getInt32(ptr + i, true), true)
    page.setInt32(at + i + 4, view.getInt32(ptr + i + 4, true), true)
    page.setInt32(at + i + 8, view.getInt32(ptr + i + 8, true), true)
    page.setInt32(at + i + 12, view.getInt32(ptr + i + 12, true), true)
  }
  for (; i + 4 <= length; i += 4) page.setInt32(at + i, view.getInt32(ptr + i, true), true)
  if (i < length) page.setInt32(at + length - 4, view.getInt32(ptr + length - 4, true), true)
}
