/**
 * Files with holes in tar archives, in the four ways that GNU tar has had to write them: the header type S with its
 * extension blocks, and PAX records of the versions 0.0, 0.1 and 1.0. All say the same: the size of the file, and for
 * each part that is there its offset and length; the parts' bytes follow one after the other.
 */

import type { ByteString } from '../bytes.ts'
import { FILE_SIZE_MAX } from '../limits.ts'
import type { Extent } from './builder.ts'
import { type PaxRecords, wholeOf } from './pax.ts'
import { BLOCK, LONG_FIELD, numberIn } from './tar_header.ts'

/** A file with holes; what is wrong with it is thrown by `fail`, whose offset is in bytes of the archive. */
export interface Sparse {
  readonly size: number
  readonly extents: readonly Extent[]
  /** Where the bytes of the parts start. */
  readonly start: number
}

export type Fail = (problem: string, offset: number) => never

const OLD_MAP = 386
const OLD_MAP_LENGTH = 4
const OLD_EXTENDED = 482
const OLD_REAL_SIZE = 483
const EXTENSION_LENGTH = 21
const EXTENSION_EXTENDED = 504

/** The parts of a type S header at `at`, whose extension blocks come after it. The data starts after them. */
export function oldSparse(bytes: Uint8Array, at: number, fail: Fail): Sparse {
  const size = numberIn(bytes, at + OLD_REAL_SIZE, LONG_FIELD)
  if (size === undefined) return fail('its size with holes is no number', at + OLD_REAL_SIZE)
  const numbers: number[] = []
  const take = (from: number, count: number): boolean => {
    for (let i = 0; i < count; i++) {
      const entry = from + i * 2 * LONG_FIELD
      if (bytes[entry] === 0) return false
      const offset = numberIn(bytes, entry, LONG_FIELD)
      const length = numberIn(bytes, entry + LONG_FIELD, LONG_FIELD)
      if (offset === undefined || length === undefined) fail('its map of holes has something that is no number', entry)
      else numbers.push(offset, length)
    }
    return true
  }
  let isFull = take(at + OLD_MAP, OLD_MAP_LENGTH)
  let isExtended = bytes[at + OLD_EXTENDED] !== 0
  let start = at + BLOCK
  while (isExtended) {
    if (start + BLOCK > bytes.length) fail('the archive ends within its map of holes', start)
    if (isFull) isFull = take(start, EXTENSION_LENGTH)
    isExtended = bytes[start + EXTENSION_EXTENDED] !== 0
    start += BLOCK
  }
  return { size, extents: extentsIn(numbers, size, at, fail), start }
}

/** The same from PAX records, or `undefined` where they are of no sparse file. The data is at `start`, up to `end`. */
export function paxSparse(
  records: PaxRecords,
  bytes: Uint8Array,
  start: number,
  end: number,
  at: number,
  fail: Fail,
): Sparse | undefined {
  let major: ByteString | undefined
  let minor: ByteString | undefined
  let realSize: ByteString | undefined
  let map: ByteString | undefined
  let isSparse = false
  const numbers: number[] = []
  for (const [key, value] of records) {
    if (!key.startsWith('GNU.sparse.')) continue
    isSparse = true
    if (key === 'GNU.sparse.major') major = value
    else if (key === 'GNU.sparse.minor') minor = value
    else if (key === 'GNU.sparse.size' || key === 'GNU.sparse.realsize') realSize = value
    else if (key === 'GNU.sparse.map') map = value
    else if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      const isOffset = key === 'GNU.sparse.offset'
      if (isOffset !== (numbers.length % 2 === 0)) fail('its map of holes has offset and length out of turn', at)
      numbers.push(wholeOf(value) ?? fail(`its map of holes has ${JSON.stringify(value.slice(0, 30))}, no number`, at))
    }
  }
  if (!isSparse) return undefined
  const size = realSize === undefined ? undefined : wholeOf(realSize)
  if (size === undefined) return fail('its size with holes is missing or no number', at)
  if ((major ?? '0') === '1' && minor === '0') return inlineSparse(bytes, start, end, size, fail)
  if ((major ?? '0') !== '0') return fail(`its sparse format ${major}.${minor ?? '0'} is not known`, at)
  if (map !== undefined && map !== '') {
    for (const part of map.split(',')) {
      numbers.push(wholeOf(part) ?? fail(`its map of holes has ${JSON.stringify(part.slice(0, 30))}, no number`, at))
    }
  }
  return { size, extents: extentsIn(numbers, size, at, fail), start }
}

/** The map of version 1.0, which is before the data: lines with a number each, filled up to whole blocks. */
function inlineSparse(bytes: Uint8Array, start: number, end: number, size: number, fail: Fail): Sparse {
  let at = start
  const line = (): number => {
    let value = 0
    const from = at
    for (; at < end && at - from < 17; at++) {
      const byte = bytes[at] as number
      if (byte === 10 && at > from) {
        at++
        if (Number.isSafeInteger(value)) return value
        break
      }
      if (byte < 48 || byte > 57) break
      value = value * 10 + (byte - 48)
    }
    return fail('its map of holes has a line that is no number', from)
  }
  const count = line()
  const numbers: number[] = []
  for (let i = 0; i < 2 * count; i++) numbers.push(line())
  const data = start + Math.ceil((at - start) / BLOCK) * BLOCK
  if (data > end) fail('its map of holes is longer than its data', start)
  return { size, extents: extentsIn(numbers, size, start, fail), start: data }
}

/** The parts out of offset, length, offset, …; those without a byte only say where the file ends. */
function extentsIn(numbers: readonly number[], size: number, at: number, fail: Fail): Extent[] {
  if (size > FILE_SIZE_MAX) fail(`its size of ${size} bytes is over the largest, ${FILE_SIZE_MAX}`, at)
  if (numbers.length % 2 !== 0) fail('its map of holes has an offset without a length', at)
  const extents: Extent[] = []
  let end = 0
  for (let i = 0; i < numbers.length; i += 2) {
    const offset = numbers[i] as number
    const length = numbers[i + 1] as number
    if (offset < end) fail('its map of holes is out of order', at)
    end = offset + length
    if (end > size) fail(`its map of holes goes to byte ${end}, beyond its size of ${size}`, at)
    if (length > 0) extents.push({ offset, length })
  }
  return extents
}
