/**
 * The guest's memory: the only place that turns a guest's pointer into a JavaScript view.
 * The views are kept, since a view made per call costs more than the call. They end when the memory grows, which only
 * guest code can make happen: `covers` notices, so a hostcall that begins with it works on live views. After anything
 * that may have run guest code (a callback, a resumed suspension, another thread's turn) the call must ask `covers`
 * again, and must not use a view that it took from `u8` or `view` before.
 *
 * Nothing is written that was not asked for with `covers`, in the same call: there it is marked, where the memory is put
 * back by what was written. What is only read is marked as well.
 */

import type { ByteString } from '../../vfs/bytes.ts'
import { marksOf, type WrittenMarks } from './written_marks.ts'

const NO_BYTES = new ArrayBuffer(0)

/** A checked view of one WebAssembly.Memory, shared or not. Pointers and lengths are u32: callers pass `x >>> 0`. */
export class GuestMemory {
  /** All bytes. Live only until guest code runs; the object changes when the memory has grown. */
  u8: Uint8Array = new Uint8Array(NO_BYTES)
  /** The same bytes; live as long as `u8`. */
  view: DataView = new DataView(NO_BYTES)
  #memory: WebAssembly.Memory | undefined
  #marks: WrittenMarks | undefined

  /** With no memory it has no bytes until `attach`: an instance's own memory is known only after instantiation. */
  constructor(memory?: WebAssembly.Memory) {
    if (memory !== undefined) this.attach(memory)
  }

  /** Makes `memory` the memory that is looked at, in place of any before; without one there are no bytes. */
  attach(memory: WebAssembly.Memory | undefined): void {
    this.#memory = memory
    this.#marks = memory === undefined ? undefined : marksOf(memory)
    this.#refresh()
  }

  /**
   * Whether the `length` bytes from `ptr` are in the memory; when true, `u8` and `view` are live and hold them.
   * The end is exclusive and does not wrap; no bytes at the very end are in it, no bytes after it are not.
   */
  covers(ptr: number, length: number): boolean {
    const isInside = ptr + length <= this.u8.length || this.#coversRefreshed(ptr + length)
    if (this.#marks !== undefined && isInside) this.#marks.mark(ptr, length)
    return isInside
  }

  /** A memory that grew has left the views without bytes or, if shared, with too few. */
  #coversRefreshed(end: number): boolean {
    if (this.#memory === undefined || this.#memory.buffer === this.u8.buffer) return false
    this.#refresh()
    return end <= this.u8.length
  }

  #refresh(): void {
    const buffer = this.#memory?.buffer ?? NO_BYTES
    this.u8 = new Uint8Array(buffer)
    this.view = new DataView(buffer)
  }

  /* Preconditions of all below: `covers` was true for the bytes concerned, in this call. */

  readU8(ptr: number): number {
    return this.u8[ptr] as number
  }

  readU16(ptr: number): number {
    return this.view.getUint16(ptr, true)
  }

  readU32(ptr: number): number {
    return this.view.getUint32(ptr, true)
  }

  writeU8(ptr: number, value: number): void {
    this.u8[ptr] = value
  }

  writeU16(ptr: number, value: number): void {
    this.view.setUint16(ptr, value, true)
  }

  writeU32(ptr: number, value: number): void {
    this.view.setUint32(ptr, value, true)
  }

  /** Writes 64 bits given as two words; u64.ts has writers for numbers and instants. */
  writeU64(ptr: number, lo: number, hi: number): void {
    this.view.setUint32(ptr, lo, true)
    this.view.setUint32(ptr + 4, hi, true)
  }

  /** Sets `length` bytes to `value`. */
  fill(ptr: number, length: number, value: number): void {
    this.u8.fill(value, ptr, ptr + length)
  }

  /** Writes all of `bytes` at `ptr`. */
  copyIn(ptr: number, bytes: Uint8Array): void {
    this.u8.set(bytes, ptr)
  }

  /** A copy of `length` bytes that the guest cannot reach: in memory of its own, not shared. */
  copyOut(ptr: number, length: number): Uint8Array {
    return this.u8.slice(ptr, ptr + length)
  }

  /** The `length` bytes at `ptr` as a byte string. A string that was read of late costs a comparison, no allocation. */
  readByteString(ptr: number, length: number): ByteString {
    if (length < 4) return readTiny(this.u8, ptr, length) as ByteString
    if (length <= REMEMBERED_BYTES) return readRemembered(this.view, ptr, length) as ByteString
    return readLong(this.u8, ptr, length) as ByteString
  }

  /** Writes the bytes of `text` at `ptr`, without a NUL. */
  writeByteString(ptr: number, text: ByteString): void {
    const { u8 } = this
    for (let i = 0; i < text.length; i++) u8[ptr + i] = text.charCodeAt(i)
  }
}

/**
 * Strings read of late, so that a path which a guest uses again and again is not made again and again (measured:
 * 22 ns against 135 ns for 15 bytes, and its hash is already known to the maps that it is looked up in).
 * Slot s holds a string and, in the words from 16 s, its bytes: first its last four, then all but these from the
 * front, four at a time, so that the last of them may overlap. A string is returned only when every byte compares
 * equal, so this changes what a read costs, never what it gives, and all machines can use the one table.
 */
const SLOTS = 256
const REMEMBERED_BYTES = 64
const WORDS = REMEMBERED_BYTES / 4
const strings: string[] = new Array(SLOTS).fill('')
const words: Int32Array = new Int32Array(SLOTS * WORDS)

/** An array of each length up to 64, for `fromCharCode.apply`, which is slow on typed arrays. */
const codes: readonly number[][] = Array.from({ length: REMEMBERED_BYTES + 1 }, (_, length) =>
  new Array(length).fill(0),
)

function readRemembered(view: DataView, ptr: number, length: number): string {
  const tailPtr = ptr + length - 4
  const tail = view.getInt32(tailPtr, true)
  let hash = Math.imul(tail ^ length, 0x9e3779b1)
  for (let i = ptr; i < tailPtr; i += 4) hash = Math.imul(hash ^ view.getInt32(i, true), 0x85ebca6b) ^ (hash >>> 13)
  const slot = (hash ^ (hash >>> 16)) & (SLOTS - 1)
  const known = strings[slot] as string
  let word = slot * WORDS
  if (known.length === length && words[word] === tail) {
    let i = ptr
    while (i < tailPtr && words[++word] === view.getInt32(i, true)) i += 4
    if (i >= tailPtr) return known
  }
  return remember(view, ptr, length, slot)
}

/** Makes the string from the very words that it keeps: a racing thread must not make the two differ. */
function remember(view: DataView, ptr: number, length: number, slot: number): string {
  const chars = codes[length] as number[]
  const tailAt = length - 4
  const first = slot * WORDS
  for (let i = 0, word = first; i < tailAt; i += 4) {
    words[++word] = view.getInt32(ptr + i, true)
    spread(chars, i, words[word] as number)
  }
  words[first] = view.getInt32(ptr + tailAt, true)
  spread(chars, tailAt, words[first] as number)
  const text = String.fromCharCode.apply(null, chars)
  strings[slot] = text
  return text
}

function spread(chars: number[], at: number, word: number): void {
  chars[at] = word & 0xff
  chars[at + 1] = (word >>> 8) & 0xff
  chars[at + 2] = (word >>> 16) & 0xff
  chars[at + 3] = word >>> 24
}

function readTiny(u8: Uint8Array, ptr: number, length: number): string {
  if (length === 0) return ''
  if (length === 1) return String.fromCharCode(u8[ptr] as number)
  if (length === 2) return String.fromCharCode(u8[ptr] as number, u8[ptr + 1] as number)
  return String.fromCharCode(u8[ptr] as number, u8[ptr + 1] as number, u8[ptr + 2] as number)
}

/** In parts, since the arguments of a call are on the stack. */
function readLong(u8: Uint8Array, ptr: number, length: number): string {
  const end = ptr + length
  let text = ''
  for (let at = ptr; at < end; at += 4096) {
    text += String.fromCharCode.apply(null, u8.subarray(at, Math.min(at + 4096, end)) as unknown as number[])
  }
  return text
}
