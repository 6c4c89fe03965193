/** From the bytes that a trace kept of a call to its record: numbers as names, paths and data as text. */

import { decodeUtf8 } from '../vfs/bytes.ts'
import { errnoName } from '../vfs/errno.ts'
import { nanoseconds } from '../vfs/instant.ts'
import type { Param, ResultKind } from './abi/signatures.ts'
import {
  FDFLAG_APPEND,
  FDFLAG_DSYNC,
  FDFLAG_NONBLOCK,
  FDFLAG_RSYNC,
  FDFLAG_SYNC,
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  LOOKUP_SYMLINK_FOLLOW,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  RIFLAG_RECV_PEEK,
  RIFLAG_RECV_WAITALL,
  SDFLAG_RD,
  SDFLAG_WR,
  SIGNAL_NAMES,
} from './abi/types.ts'
import type { TraceRecord } from './run.ts'
import {
  BAD_POINTER,
  type CallPlan,
  ENDED,
  ERRNO,
  ERRNO_SHIFT,
  HAS_TIME,
  HAS_WORD,
  PLAN_NUMBER,
  SHOWN,
  WORDS_MAX,
} from './trace_log.ts'

const FLAG_NAMES: { readonly [kind: string]: readonly (readonly [number, string])[] } = {
  fdflags: [
    [FDFLAG_APPEND, 'APPEND'],
    [FDFLAG_DSYNC, 'DSYNC'],
    [FDFLAG_NONBLOCK, 'NONBLOCK'],
    [FDFLAG_RSYNC, 'RSYNC'],
    [FDFLAG_SYNC, 'SYNC'],
  ],
  oflags: [
    [OFLAG_CREAT, 'CREAT'],
    [OFLAG_DIRECTORY, 'DIRECTORY'],
    [OFLAG_EXCL, 'EXCL'],
    [OFLAG_TRUNC, 'TRUNC'],
  ],
  lookupflags: [[LOOKUP_SYMLINK_FOLLOW, 'SYMLINK_FOLLOW']],
  fstflags: [
    [FSTFLAG_ATIM, 'ATIM'],
    [FSTFLAG_ATIM_NOW, 'ATIM_NOW'],
    [FSTFLAG_MTIM, 'MTIM'],
    [FSTFLAG_MTIM_NOW, 'MTIM_NOW'],
  ],
  riflags: [
    [RIFLAG_RECV_PEEK, 'RECV_PEEK'],
    [RIFLAG_RECV_WAITALL, 'RECV_WAITALL'],
  ],
  sdflags: [
    [SDFLAG_RD, 'RD'],
    [SDFLAG_WR, 'WR'],
  ],
}

const NAMES: { readonly [kind: string]: readonly string[] } = {
  clockid: ['REALTIME', 'MONOTONIC', 'PROCESS_CPUTIME_ID', 'THREAD_CPUTIME_ID'],
  advice: ['NORMAL', 'SEQUENTIAL', 'RANDOM', 'WILLNEED', 'DONTNEED', 'NOREUSE'],
  signal: SIGNAL_NAMES,
}

/** Makes records of the bytes that a log has. Only here are objects made, and bigints. */
export class RecordDecoder {
  /** Of all calls read so far. */
  readonly records: TraceRecord[] = []
  readonly #pid: number
  readonly #tick: bigint
  /** By their numbers. */
  readonly #plans: readonly CallPlan[]
  /** The words of the last record of each plan. */
  readonly #last: Uint32Array[] = []
  /** When the call before returned. */
  #time = 0n
  #page: DataView = new DataView(new ArrayBuffer(0))
  /** How far `#page` is read. */
  #at = 0

  constructor(pid: number, tick: number, plans: readonly CallPlan[]) {
    this.#pid = pid
    this.#tick = BigInt(tick)
    this.#plans = plans
  }

  /** Reads the record at `at`, which is the one after the last that was read, and says where the next begins. */
  decode(page: DataView, at: number): number {
    this.#page = page
    this.#at = at
    const header = this.#u32()
    const errno = (header >>> ERRNO_SHIFT) & ERRNO
    const plan = this.#plans[header & PLAN_NUMBER] as CallPlan
    const words = this.#last[header & PLAN_NUMBER] ?? new Uint32Array(WORDS_MAX)
    this.#last[header & PLAN_NUMBER] = words
    const args = this.#args(plan, words, header)
    const results = errno === 0 ? this.#results(plan, words, header) : {}
    this.#time = (header & HAS_TIME) === 0 ? this.#time + this.#tick : this.#instant()
    this.records.push({
      index: this.records.length + 1,
      pid: this.#pid,
      call: plan.name,
      args,
      errno: errno === ENDED ? 'ended' : (errnoName(errno) ?? String(errno)),
      results,
      time: this.#time,
    })
    return this.#at
  }

  #args(plan: CallPlan, words: Uint32Array, header: number): TraceRecord['args'] {
    this.#update(words, header, 0, plan.words)
    const args: Record<string, unknown> = {}
    for (const { name, type, kind, word } of plan.args) {
      const value = words[word] as number
      if (type === 'i64') args[name] = decode64(kind, value, words[word + 1] as number)
      else if (kind === 'path') args[name] = this.#path() ?? hexadecimal(value)
      else if (kind === 'ciovs') args[name] = this.#data() ?? hexadecimal(value)
      else if (kind === 'whence') args[name] = ['SET', 'CUR', 'END'][plan.layout.whence(value)] ?? value
      else args[name] = decode32(kind, value)
    }
    return args
  }

  #results(plan: CallPlan, words: Uint32Array, header: number): TraceRecord['results'] {
    const results: Record<string, unknown> = {}
    let first = plan.words
    for (const { param, kind, from, to } of plan.fixed) {
      const end = first + Math.ceil((to - from) / 4)
      this.#update(words, header, first, end)
      results[param] = decodeFixed(kind, words.subarray(first, end))
      first = end
    }
    for (const { param } of plan.outputs) results[param] = this.#data()
    return results
  }

  /** Reads those of the words from `first` up to `end` that the record has. */
  #update(words: Uint32Array, header: number, first: number, end: number): void {
    for (let i = first; i < end; i++) if ((header & (HAS_WORD << i)) !== 0) words[i] = this.#u32()
  }

  #path(): string | undefined {
    const length = this.#u32()
    return length === BAD_POINTER ? undefined : this.#text(length)
  }

  #data(): string | undefined {
    const length = this.#u32()
    if (length === BAD_POINTER) return undefined
    const text = this.#text(Math.min(length, SHOWN))
    return length > SHOWN ? `${text}…` : text
  }

  #text(length: number): string {
    const { buffer } = this.#page
    const text = decodeUtf8(new Uint8Array(buffer, this.#at, length))
    this.#at += length
    return text
  }

  #u32(): number {
    const value = this.#page.getUint32(this.#at, true)
    this.#at += 4
    return value
  }

  #instant(): bigint {
    const sec = this.#page.getFloat64(this.#at, true)
    this.#at += 8
    return nanoseconds({ sec, nsec: this.#u32() })
  }
}

/** `words` are those that the plan has of the result, of a struct those with fields that are shown. */
function decodeFixed(kind: ResultKind, words: Uint32Array): unknown {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = words
  switch (kind) {
    case 'size':
    case 'fd':
    case 'roflags':
      return a
    case 'filesize':
    case 'timestamp':
      return small(bits(a, b))
    case 'prestat':
      return { name_len: a }
    case 'fdstat':
      return {
        filetype: a & 0xff,
        flags: flagNames(FLAG_NAMES.fdflags as never, a >>> 16),
        base: hexadecimal(bits(c, d)),
        inheriting: hexadecimal(bits(e, f)),
      }
    case 'filestat': {
      // That of wasi_unstable has its link count, of one word, in what is padding in the other.
      const isUnstable = words.length < 8
      return {
        ino: small(bits(a, b)),
        filetype: c & 0xff,
        nlink: isUnstable ? d : small(bits(e, f)),
        size: small(isUnstable ? bits(e, f) : bits(g, h)),
      }
    }
  }
}

function bits(low: number, high: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low)
}

function decode64(kind: Param['kind'], low: number, high: number): unknown {
  const value = bits(low, high)
  if (kind === 'filedelta') return small(BigInt.asIntN(64, value))
  return kind === 'rights' ? hexadecimal(value) : small(value)
}

function decode32(kind: Param['kind'], value: number): unknown {
  switch (kind) {
    case 'pointer':
    case 'pointers':
    case 'buffer':
    case 'subscriptions':
    case 'events':
    case 'iovs':
      return hexadecimal(value)
    default: {
      const flags = FLAG_NAMES[kind]
      return flags === undefined ? (NAMES[kind]?.[value] ?? value) : flagNames(flags, value)
    }
  }
}

function flagNames(names: readonly (readonly [number, string])[], value: number): string {
  const known = names.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name)
  const rest = names.reduce((left, [bit]) => left & ~bit, value)
  return [...known, ...(rest !== 0 ? [`0x${(rest >>> 0).toString(16)}`] : [])].join('|') || '0'
}

function hexadecimal(value: number | bigint): string {
  return `0x${value.toString(16)}`
}

function small(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value
}
