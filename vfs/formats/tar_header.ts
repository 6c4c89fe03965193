/**
 * One 512-byte header block of a tar archive, and the numbers in it.
 *
 *     0 name[100]  100 mode[8]  108 uid[8]  116 gid[8]  124 size[12]  136 mtime[12]  148 chksum[8]  156 typeflag
 *     157 linkname[100]  257 magic[6] version[2]  265 uname[32]  297 gname[32]  329 devmajor[8]  337 devminor[8]
 *     345 prefix[155]
 */

import { type ByteString, decodeLatin1 } from '../bytes.ts'
import type { DeviceName } from '../inode.ts'

export const BLOCK = 512

export const NAME = 0
export const NAME_SIZE = 100
export const MODE = 100
export const UID = 108
export const GID = 116
export const SIZE = 124
export const MTIME = 136
export const CHECKSUM = 148
export const TYPE = 156
export const LINK_NAME = 157
export const MAGIC = 257
export const MAJOR = 329
export const MINOR = 337
export const PREFIX = 345
export const PREFIX_SIZE = 155
/** Bytes of `size` and `mtime`; the other numbers have 8. */
export const LONG_FIELD = 12
export const SHORT_FIELD = 8

/** What 11 octal digits hold. */
export const OCTAL_MAX: number = 8 ** 11 - 1

/** The character devices that have a number, as on Linux: major, minor. */
const DEVICE_NUMBERS: readonly (readonly [DeviceName, number, number])[] = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
]

/** Major and minor number; `undefined` for stdin, stdout and stderr, which on Linux are no devices. */
export function deviceNumbers(device: DeviceName): readonly [major: number, minor: number] | undefined {
  const found = DEVICE_NUMBERS.find(([name]) => name === device)
  return found === undefined ? undefined : [found[1], found[2]]
}

export function deviceOf(major: number, minor: number): DeviceName | undefined {
  return DEVICE_NUMBERS.find(([, a, b]) => a === major && b === minor)?.[0]
}

/** Writes `value` as `size - 1` octal digits and a NUL. Preconditions: it fits. */
export function putOctal(block: Uint8Array, at: number, size: number, value: number): void {
  let left = value
  for (let i = at + size - 2; i >= at; i--) {
    block[i] = 48 + (left % 8)
    left = Math.floor(left / 8)
  }
  block[at + size - 1] = 0
}

/** Preconditions: all else is in the block. */
export function putChecksum(block: Uint8Array): void {
  block.fill(32, CHECKSUM, CHECKSUM + SHORT_FIELD)
  putOctal(block, CHECKSUM, SHORT_FIELD - 1, sumOf(block, false))
}

export function hasChecksum(block: Uint8Array): boolean {
  const sum = numberIn(block, CHECKSUM, SHORT_FIELD)
  return sum === sumOf(block, false) || sum === sumOf(block, true)
}

/** The sum of all bytes, those of the checksum taken as spaces; some old programs took bytes as signed. */
function sumOf(block: Uint8Array, signed: boolean): number {
  let sum = SHORT_FIELD * 32
  for (let i = 0; i < BLOCK; i++) {
    if (i >= CHECKSUM && i < CHECKSUM + SHORT_FIELD) continue
    const byte = block[i] as number
    sum += signed && byte > 127 ? byte - 256 : byte
  }
  return sum
}

/**
 * A number: octal digits with spaces before and a space or NUL after, or, with the first bit set, a signed big-endian
 * number in base 256 as GNU tar writes it. 0 for a blank field; `undefined` for what is no number, or is beyond 2^53.
 */
export function numberIn(block: Uint8Array, at: number, size: number): number | undefined {
  const first = block[at] as number
  if ((first & 0x80) !== 0) return bigEndian(block, at, size)
  let i = at
  const end = at + size
  while (i < end && block[i] === 32) i++
  let value = 0
  for (; i < end; i++) {
    const byte = block[i] as number
    if (byte === 0 || byte === 32) break
    if (byte < 48 || byte > 55) return undefined
    value = value * 8 + (byte - 48)
  }
  return Number.isSafeInteger(value) ? value : undefined
}

function bigEndian(block: Uint8Array, at: number, size: number): number | undefined {
  const negative = ((block[at] as number) & 0x40) !== 0
  let value = negative ? (block[at] as number) - 256 : (block[at] as number) & 0x3f
  for (let i = at + 1; i < at + size; i++) value = value * 256 + (block[i] as number)
  return Number.isSafeInteger(value) ? value : undefined
}

/** The bytes of a field up to its first NUL. */
export function textIn(block: Uint8Array, at: number, size: number): ByteString {
  let end = at
  while (end < at + size && block[end] !== 0) end++
  return decodeLatin1(block.subarray(at, end))
}

export function isZeroBlock(block: Uint8Array): boolean {
  for (let i = 0; i < BLOCK; i++) if (block[i] !== 0) return false
  return true
}
