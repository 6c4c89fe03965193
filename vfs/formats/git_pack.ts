/**
 * Packs as git makes them, to look objects up by id: the index says where in the pack each is, and many are told as the
 * difference to another one. Nothing here trusts a length that it is told before it knows that there can be so much.
 */

import { inflateSync } from 'fflate/browser'
import { type ByteString, decodeLatin1 } from '../bytes.ts'
import type { GitId, GitType } from '../git_ids.ts'
import { digestSize, type HashName } from '../hash.ts'
import { FormatError } from './error.ts'
import {
  bigEndian,
  FANOUT,
  ID_DELTA,
  INDEX_HEADER,
  INDEX_MAGIC,
  INDEX_VERSION,
  LONG_OFFSET,
  OFFSET_DELTA,
  PACK_HEADER,
  PACK_MAGIC,
  TYPES,
} from './git_objects.ts'
import { messageOf } from './gzip.ts'

export interface RawObject {
  readonly type: GitType
  readonly content: Uint8Array
}

/** Counts what is decompressed and put together, so that a few bytes cannot become endless work. */
export class Work {
  /** The largest object that there is room for. */
  readonly objectMax: number
  #left: number

  constructor(objectMax: number, left: number) {
    this.objectMax = objectMax
    this.#left = left
  }

  /** @throws FormatError where it is too much. */
  take(what: string, bytes: number): void {
    if (bytes > this.objectMax) {
      throw new FormatError('git', `${what}: an object of ${bytes} bytes is more than there is room for`)
    }
    this.#left -= bytes
    if (this.#left < 0)
      throw new FormatError('git', `${what}: far more comes out of this repository than there is room for`)
  }
}

/** Deflate makes at most so many bytes of one. */
const RATIO_MAX = 1032
/** Objects that each are told as the difference to the next; git itself allows 4,095. */
const CHAIN_MAX = 10_000
/** Bytes of objects that are kept since others are told as differences to them. */
const KEPT_MAX = 64 * 1024 * 1024

export class Pack {
  readonly #name: string
  readonly #pack: Uint8Array
  readonly #index: Uint8Array
  readonly #size: number
  readonly #count: number
  readonly #work: Work
  readonly #kept = new Map<number, RawObject>()
  #keptBytes = 0

  /** @throws FormatError for what is no pack with its index. */
  constructor(name: string, pack: Uint8Array, index: Uint8Array, format: HashName, work: Work) {
    this.#name = name
    this.#pack = pack
    this.#index = index
    this.#size = digestSize(format)
    this.#work = work
    if (bigEndian(pack, 0) !== PACK_MAGIC || pack.length < PACK_HEADER + this.#size) this.#fail('it is no pack')
    const version = bigEndian(pack, 4)
    if (version !== 2 && version !== 3) this.#fail(`version ${version} of packs is not known`, 4)
    if (bigEndian(index, 0) !== INDEX_MAGIC || bigEndian(index, 4) !== INDEX_VERSION) {
      this.#fail('its index is not of version 2: run "git index-pack" on it')
    }
    this.#count = bigEndian(index, INDEX_HEADER + 4 * (FANOUT - 1))
    const least = INDEX_HEADER + 4 * FANOUT + this.#count * (this.#size + 8) + 2 * this.#size
    if (index.length < least) this.#fail('its index is cut off')
  }

  /** The object with that id; `undefined` where it is in another pack. */
  get(id: GitId): RawObject | undefined {
    const offset = this.#offsetOf(id)
    return offset === undefined ? undefined : this.#objectAt(offset)
  }

  #offsetOf(id: GitId): number | undefined {
    const first = id.charCodeAt(0)
    const index = this.#index
    let low = first === 0 ? 0 : Math.min(this.#count, bigEndian(index, INDEX_HEADER + 4 * (first - 1)))
    let high = Math.min(this.#count, bigEndian(index, INDEX_HEADER + 4 * first))
    const ids = INDEX_HEADER + 4 * FANOUT
    while (low < high) {
      const middle = (low + high) >>> 1
      const found = decodeLatin1(index.subarray(ids + middle * this.#size, ids + (middle + 1) * this.#size))
      if (found === id) return this.#offsetIn(middle)
      if (found < id) low = middle + 1
      else high = middle
    }
    return undefined
  }

  /** Where the object is that the index has at a place. */
  #offsetIn(place: number): number {
    const offsets = INDEX_HEADER + 4 * FANOUT + this.#count * (this.#size + 4)
    const offset = bigEndian(this.#index, offsets + 4 * place)
    if (offset < LONG_OFFSET) return offset
    const long = offsets + 4 * this.#count + 8 * (offset - LONG_OFFSET)
    if (long + 8 > this.#index.length) this.#fail('its index is damaged')
    return bigEndian(this.#index, long) * 2 ** 32 + bigEndian(this.#index, long + 4)
  }

  /** Goes from differences to the object that they lead to, and back with what each makes of it. */
  #objectAt(start: number): RawObject {
    const chain: { readonly at: number; readonly delta: Uint8Array }[] = []
    const seen = new Set<number>()
    let at = start
    let object: RawObject | undefined
    while (object === undefined) {
      object = this.#kept.get(at)
      if (object !== undefined) break
      if (seen.has(at)) this.#fail('objects are told as differences to each other in a circle', at)
      if (chain.length > CHAIN_MAX) this.#fail(`over ${CHAIN_MAX} differences lead to one object`, at)
      seen.add(at)
      const { kind, size, data } = this.#header(at)
      if (kind === OFFSET_DELTA) {
        const { value, end } = this.#distance(data)
        chain.push({ at, delta: this.#inflated(end, size) })
        if (value === 0 || value > at) this.#fail('a difference leads out of the pack', at)
        at -= value
      } else if (kind === ID_DELTA) {
        const base = this.#offsetOf(decodeLatin1(this.#pack.subarray(data, data + this.#size)) as GitId)
        if (base === undefined) return this.#fail('the object that another is told by is not in the pack', at)
        chain.push({ at, delta: this.#inflated(data + this.#size, size) })
        at = base
      } else {
        const name = TYPES[kind]
        if (name === undefined) return this.#fail(`there is no kind ${kind} of objects`, at)
        object = { type: name, content: this.#inflated(data, size) }
        if (chain.length > 0) this.#keep(at, object)
      }
    }
    const { type } = object
    let { content } = object
    for (const { at: place, delta } of chain.reverse()) {
      content = this.#patched(content, delta, place)
      this.#keep(place, { type, content })
    }
    return { type, content }
  }

  #keep(at: number, object: RawObject): void {
    const { length } = object.content
    if (length > KEPT_MAX) return
    this.#kept.set(at, object)
    this.#keptBytes += length
    for (const [oldest, { content }] of this.#kept) {
      if (this.#keptBytes <= KEPT_MAX) break
      this.#kept.delete(oldest)
      this.#keptBytes -= content.length
    }
  }

  /** The kind and size that an object begins with, and where what comes after them begins. */
  #header(start: number): { kind: number; size: number; data: number } {
    let byte = this.#byte(start)
    const kind = (byte >> 4) & 7
    let size = byte & 15
    let data = start + 1
    for (let unit = 16; byte >= 0x80; unit *= 128) {
      byte = this.#byte(data++)
      size += (byte & 127) * unit
      if (size > Number.MAX_SAFE_INTEGER) this.#fail('an object has a size that no file has', start)
    }
    return { kind, size, data }
  }

  /** How far before it the object is that another is told by. */
  #distance(start: number): { value: number; end: number } {
    let at = start
    let byte = this.#byte(at++)
    let value = byte & 127
    while (byte >= 0x80) {
      byte = this.#byte(at++)
      value = (value + 1) * 128 + (byte & 127)
      if (value > this.#pack.length) this.#fail('a difference leads out of the pack', start)
    }
    return { value, end: at }
  }

  #byte(at: number): number {
    const byte = at < this.#pack.length - this.#size ? this.#pack[at] : undefined
    return byte ?? this.#fail('an object is beyond its end', at)
  }

  #inflated(at: number, size: number): Uint8Array {
    const data = this.#pack.subarray(at, this.#pack.length - this.#size)
    return inflated(`${this.#name}, at byte ${at}`, data, size, this.#work)
  }

  #patched(base: Uint8Array, delta: Uint8Array, at: number): Uint8Array {
    const wrong = (): never => this.#fail('a difference does not fit what it is to', at)
    let from = 0
    const number = (): number => {
      let value = 0
      for (let unit = 1; ; unit *= 128) {
        const byte = delta[from++]
        if (byte === undefined || unit > 2 ** 49) return wrong()
        value += (byte & 127) * unit
        if (byte < 0x80) return value
      }
    }
    if (number() !== base.length) wrong()
    const size = number()
    this.#work.take(`${this.#name}, at byte ${at}`, size)
    const result = new Uint8Array(size)
    let filled = 0
    while (from < delta.length) {
      const command = delta[from++] as number
      let source = delta
      let [start, count] = [from, command]
      if (command >= 0x80) {
        // Bits say which bytes of the start and of the count follow; the others are zero.
        const field = (first: number, bytes: number): number => {
          let value = 0
          for (let i = 0; i < bytes; i++)
            if ((command & (first << i)) !== 0) value += (delta[from++] ?? wrong()) * 256 ** i
          return value
        }
        source = base
        start = field(1, 4)
        count = field(16, 3) || 0x10000
      } else if (command === 0) wrong()
      else from += count
      if (start + count > source.length || filled + count > size) wrong()
      result.set(source.subarray(start, start + count), filled)
      filled += count
    }
    return filled === size ? result : wrong()
  }

  #fail(problem: string, offset?: number): never {
    throw new FormatError('git', `${this.#name}: ${problem}`, offset)
  }
}

/** What `size` bytes are compressed to with zlib at the start of `data`. @throws FormatError for any other number of bytes. */
export function inflated(what: string, data: Uint8Array, size: number, work: Work): Uint8Array {
  const [method = 0, flags = 0] = data
  if (
    (method & 15) !== 8 ||
    ((method << 8) | flags) % 31 !== 0 ||
    (flags & 32) !== 0 ||
    size > data.length * RATIO_MAX
  ) {
    throw new FormatError('git', `${what}: this is not ${size} bytes compressed with zlib`)
  }
  work.take(what, size)
  let bytes: Uint8Array
  try {
    // One byte more than there may be shows when there are more.
    bytes = inflateSync(data.subarray(2), { out: new Uint8Array(size + 1) })
  } catch (error) {
    throw new FormatError('git', `${what}: the compressed data is damaged or cut off (${messageOf(error)})`)
  }
  if (bytes.length !== size)
    throw new FormatError('git', `${what}: ${size} bytes were to come out of it, and other came`)
  return bytes
}

/** The header of an object that is a file of its own: its kind, its size, and where its content begins. */
export function looseHeader(what: string, bytes: Uint8Array): { type: GitType; size: number; start: number } {
  const end = bytes.indexOf(0)
  const header = end < 0 ? ('' as ByteString) : decodeLatin1(bytes.subarray(0, end))
  const [, type, digits] = /^(commit|tree|blob|tag) (0|[1-9][0-9]{0,15})$/.exec(header) ?? []
  if (type === undefined) throw new FormatError('git', `${what}: it does not begin as an object does`)
  return { type: type as GitType, size: Number(digits), start: end + 1 }
}
