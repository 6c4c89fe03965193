/** Readable records of calls, for `trace: 'records'`: arguments decoded by the signatures table, results likewise. */

import { decodeUtf8 } from '../vfs/bytes.ts'
import { errnoName } from '../vfs/errno.ts'
import { nanoseconds } from '../vfs/instant.ts'
import { iovecBuf, iovecLength } from './abi/layout.ts'
import type { Param, Result, Signature } from './abi/signatures.ts'
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
import type { Guest } from './hostcall/guest.ts'
import { type Recorder, wordOf } from './hostcall/imports.ts'
import type { TraceRecord } from './run.ts'

/** Bytes of data that a record shows; longer data ends in `…`. */
const SHOWN = 64

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

export class TraceRecorder {
  readonly records: TraceRecord[] = []
  readonly #pid: number

  constructor(pid: number) {
    this.#pid = pid
  }

  /** The recorder for the calls that go through `guest`. */
  of(guest: Guest): Recorder {
    let signature: Signature | undefined
    let words: readonly number[] = []
    let args: TraceRecord['args'] = {}
    return {
      before: (calledSignature, calledWords) => {
        signature = calledSignature
        words = calledWords
        args = decodeArgs(guest, calledSignature, calledWords)
      },
      after: (errno) => {
        if (signature === undefined) return
        this.records.push({
          index: guest.process.calls,
          pid: this.#pid,
          call: signature.name,
          args,
          errno: errno === undefined ? 'ended' : (errnoName(errno) ?? String(errno)),
          results: errno === 0 ? decodeResults(guest, signature, words) : {},
          time: nanoseconds(guest.kernel.clock.realtime),
        })
      },
    }
  }
}

function decodeArgs(guest: Guest, signature: Signature, words: readonly number[]): TraceRecord['args'] {
  const args: Record<string, unknown> = {}
  const counts = new Set(signature.params.map(({ count }) => count))
  const results = new Set(signature.results.map(({ param }) => param))
  for (const param of signature.params) {
    if (results.has(param.name) || (counts.has(param.name) && param.name !== 'nsubscriptions')) {
      const buffer = signature.params.find(({ count }) => count === param.name)
      // A buffer to be filled is shown by its size; what fills it is a result.
      if (buffer !== undefined && buffer.kind === 'buffer') args[param.name] = word(signature, words, param.name)
      continue
    }
    args[param.name] = decodeArg(guest, signature, param, words)
  }
  return args
}

function decodeArg(guest: Guest, signature: Signature, param: Param, words: readonly number[]): unknown {
  const at = wordOf(signature, param.name)
  const value = (words[at] as number) >>> 0
  if (param.type === 'i64') {
    const bits = (BigInt((words[at + 1] as number) >>> 0) << 32n) | BigInt(value)
    if (param.kind === 'filedelta') return small(BigInt.asIntN(64, bits))
    return param.kind === 'rights' ? `0x${bits.toString(16)}` : small(bits)
  }
  const count = param.count === undefined ? 0 : word(signature, words, param.count)
  switch (param.kind) {
    case 'path':
      return guest.memory.covers(value, count)
        ? decodeUtf8(guest.memory.copyOut(value, Math.min(count, 4096)))
        : pointer(value)
    case 'ciovs':
      return dataOf(guest, value, count, Infinity) ?? pointer(value)
    case 'whence': {
      const name = ['SET', 'CUR', 'END'][guest.layout.whence(value)]
      return name ?? value
    }
    case 'pointer':
    case 'pointers':
    case 'buffer':
    case 'subscriptions':
    case 'events':
    case 'iovs':
      return pointer(value)
    default: {
      const flags = FLAG_NAMES[param.kind]
      return flags === undefined ? (NAMES[param.kind]?.[value] ?? value) : flagNames(flags, value)
    }
  }
}

function decodeResults(guest: Guest, signature: Signature, words: readonly number[]): TraceRecord['results'] {
  const results: Record<string, unknown> = {}
  const { memory } = guest
  for (const result of signature.results) {
    const ptr = word(signature, words, result.param)
    if ('size' in result) results[result.param] = decodeFixed(guest, result, ptr)
  }
  const moved = results.nread ?? results.bufused
  for (const result of signature.results) {
    if ('size' in result) continue
    const ptr = word(signature, words, result.param)
    if (result.kind === 'iovs') {
      results[result.param] = dataOf(guest, ptr, word(signature, words, result.count), Number(moved ?? 0))
    } else if (
      result.kind === 'buffer' &&
      'unit' in result &&
      !('sizes' in result) &&
      signature.name !== 'fd_readdir'
    ) {
      const length = moved === undefined ? word(signature, words, result.count) : Number(moved)
      results[result.param] = data(memory.copyOut(ptr, Math.min(length, SHOWN + 1)))
    }
  }
  return results
}

function decodeFixed(guest: Guest, result: Extract<Result, { size: number }>, ptr: number): unknown {
  const { view } = guest.memory
  switch (result.kind) {
    case 'size':
    case 'fd':
      return view.getUint32(ptr, true)
    case 'roflags':
      return view.getUint16(ptr, true)
    case 'filesize':
    case 'timestamp':
      return small(view.getBigUint64(ptr, true))
    case 'fdstat':
      return {
        filetype: view.getUint8(ptr),
        flags: flagNames(FLAG_NAMES.fdflags as never, view.getUint16(ptr + 2, true)),
        base: `0x${view.getBigUint64(ptr + 8, true).toString(16)}`,
        inheriting: `0x${view.getBigUint64(ptr + 16, true).toString(16)}`,
      }
    case 'filestat': {
      const unstable = result.size < 64
      return {
        ino: small(view.getBigUint64(ptr + 8, true)),
        filetype: view.getUint8(ptr + 16),
        nlink: unstable ? view.getUint32(ptr + 20, true) : small(view.getBigUint64(ptr + 24, true)),
        size: small(view.getBigUint64(ptr + (unstable ? 24 : 32), true)),
      }
    }
    case 'prestat':
      return { name_len: view.getUint32(ptr + 4, true) }
  }
}

/** The first bytes of the ranges, up to `limit` of them; `undefined` where they are outside memory. */
function dataOf(guest: Guest, ptr: number, count: number, limit: number): string | undefined {
  const { memory } = guest
  if (count > 1024 || !memory.covers(ptr, count * 8)) return undefined
  const bytes: number[] = []
  for (let i = 0; i < count && bytes.length <= SHOWN; i++) {
    const start = iovecBuf(memory.view, ptr, i)
    const length = iovecLength(memory.view, ptr, i)
    if (length > 0 && !memory.covers(start, length)) return undefined
    for (let k = 0; k < length && bytes.length <= SHOWN && bytes.length < limit; k++)
      bytes.push(memory.readU8(start + k))
  }
  return data(Uint8Array.from(bytes))
}

function data(bytes: Uint8Array): string {
  const text = decodeUtf8(bytes.subarray(0, SHOWN))
  return bytes.length > SHOWN ? `${text}…` : text
}

function word(signature: Signature, words: readonly number[], name: string): number {
  return (words[wordOf(signature, name)] as number) >>> 0
}

function flagNames(names: readonly (readonly [number, string])[], value: number): string {
  const known = names.filter(([bit]) => (value & bit) !== 0).map(([, name]) => name)
  const rest = names.reduce((left, [bit]) => left & ~bit, value)
  return [...known, ...(rest !== 0 ? [`0x${(rest >>> 0).toString(16)}`] : [])].join('|') || '0'
}

function pointer(value: number): string {
  return `0x${value.toString(16)}`
}

function small(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) && value >= BigInt(Number.MIN_SAFE_INTEGER) ? Number(value) : value
}
