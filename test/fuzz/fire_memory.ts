/**
 * What a guest under random fire has in its memory: paths, ranges and subscriptions that calls can be pointed at, so
 * that not all fail, among bytes that mean nothing. Later calls write over it, and so does the fire.
 */

import { byteString, encodeLatin1 } from '../../vfs/bytes.ts'
import { CALLER_PAGES } from '../support/caller.ts'

/** Bytes at an address. */
export interface Place {
  readonly ptr: number
  readonly len: number
}

/** The size of the memory when the guest begins, in bytes. */
export const MEMORY_SIZE: number = CALLER_PAGES * 65_536
/** Where results may go: room for the largest, and some overlap. */
export const RESULTS: readonly number[] = Array.from({ length: 12 }, (_, index) => 0x7000 + 28 * index)
/** Where ranges point to. */
const DATA = 0x8000

/** What the tree of `fire_guest.ts` has, and what it has not. */
const PATHS = [
  ...'f g d d/x d/e d/e/y new d/new h l dl dl/x dangling loop up absolute fifo socket'.split(' '),
  ...'null zero full random urandom stdin stdout stderr tty'.split(' ').map((name) => `dev/${name}`),
  ...'. .. / d/ f/ new/ d/.. d/../.. ./d/./x /f f/x'.split(' '),
  ...['', 'd\0x', 'x'.repeat(256), 'd/'.repeat(2049)],
].map(byteString)
/** Not UTF-8. */
const BYTES = ['\xff', 'd/\xc0\xaf', '\xed\xa0\x80'].map((bytes) =>
  Uint8Array.from(bytes, (char) => char.charCodeAt(0)),
)

const image = new Uint8Array(MEMORY_SIZE)
/** All that has been put into it. */
const meant: Place[] = []

/** Paths, in a row from 0x1000. */
export const PATH_PLACES: readonly Place[] = inRow(0x1000, [...PATHS.map(encodeLatin1), ...BYTES])

/** Ranges by address and length; the last ones are not in memory, overlap each other, or lie in the array itself. */
const RANGES: readonly (readonly (readonly [number, number])[])[] = [
  [[DATA, 16]],
  [
    [DATA, 0],
    [DATA + 0x100, 100],
    [DATA + 0x200, 3],
  ],
  [[DATA, 30_000]],
  [
    [DATA, 4096],
    [DATA + 2048, 4096],
  ],
  [[MEMORY_SIZE - 6, 6]],
  [[MEMORY_SIZE, 0]],
  [[0xffff_ffff, 0]],
  [[0x5000, 64]],
  [
    [DATA, 8],
    [MEMORY_SIZE - 6, 7],
  ],
  [[0xffff_fff0, 0x20]],
  [
    [0, 0x8000_0000],
    [0, 0x8000_0000],
  ],
]
/** Arrays of ranges, in a row from 0x5000; `len` counts ranges. */
export const RANGE_PLACES: readonly Place[] = inRow(
  0x5000,
  RANGES.map((ranges) => new Uint8Array(Uint32Array.from(ranges.flat()).buffer)),
).map(({ ptr, len }) => ({ ptr, len: len / 8 }))

/** A subscription to a clock: its id, timeout in nanoseconds, and flags; or to a descriptor. */
type Wanted = readonly ['clock', number, bigint, number] | readonly ['read' | 'write', number]

const CLOCKS: readonly Wanted[] = [
  ['clock', 0, 0n, 0],
  ['clock', 1, 1000n, 0],
  ['clock', 1, 5_000_000_000n, 1],
  ['clock', 0, 2n ** 64n - 1n, 0],
  ['clock', 2, 7n, 0],
]
const SUBSCRIPTIONS: readonly (readonly Wanted[])[] = [
  ...CLOCKS.map((wanted) => [wanted]),
  [['read', 0]],
  [
    ['write', 1],
    ['read', 5],
  ],
  [
    ['clock', 1, 1000n, 0],
    ['read', 3],
    ['write', 9],
  ],
  [
    ['read', 99],
    ['read', 0xffff_ffff],
  ],
  [['clock', 4, 0n, 0]],
  [['clock', 0, 0n, 2]],
]
/** Arrays of subscriptions of preview1, in a row from 0x6000, and the same of wasi_unstable; `len` counts them. */
export const SUBSCRIPTION_PLACES: readonly Place[] = inRow(
  0x6000,
  [48, 56].flatMap((size) => SUBSCRIPTIONS.map((wanted) => subscriptions(wanted, size))),
).map(({ ptr, len }) => ({ ptr, len: Math.max(1, Math.floor(len / 56)) }))

/** The images, by the seed of what is between: 0 for zeros. */
const images = new Map<number, Uint8Array>([[0, image]])

/** The memory to begin with. Not to be written to. */
export function imageOf(noise: number): Uint8Array {
  const known = images.get(noise)
  if (known !== undefined) return known
  const noisy = new Uint8Array(MEMORY_SIZE)
  let state = noise
  for (let i = 0; i < noisy.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    noisy[i] = state >>> 24
  }
  for (const { ptr, len } of meant) noisy.set(image.subarray(ptr, ptr + len), ptr)
  images.set(noise, noisy)
  return noisy
}

/** Writes each at the end of the one before, at multiples of 8. */
function inRow(from: number, values: readonly Uint8Array[]): Place[] {
  let at = from
  return values.map((value) => {
    const place = { ptr: at, len: value.length }
    image.set(value, at)
    meant.push(place)
    at = (at + value.length + 7) & ~7
    return place
  })
}

function subscriptions(wanted: readonly Wanted[], size: number): Uint8Array {
  const bytes = new Uint8Array(wanted.length * size)
  const into = new DataView(bytes.buffer)
  const clock = size - 32
  wanted.forEach((each, index) => {
    const at = index * size
    into.setUint32(at, 0x1234_5678 + index, true)
    if (each[0] === 'clock') {
      into.setUint32(at + clock, each[1], true)
      into.setBigUint64(at + clock + 8, each[2], true)
      into.setUint16(at + clock + 24, each[3], true)
    } else {
      into.setUint8(at + 8, each[0] === 'read' ? 1 : 2)
      into.setUint32(at + 16, each[1], true)
    }
  })
  return bytes
}
