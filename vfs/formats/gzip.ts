/** Compression with gzip: the same bytes for the same bytes, and nothing taken back that its checksum does not confirm. */

import { Gunzip, Gzip } from 'fflate/browser'
import type { Filesystem } from '../filesystem.ts'
import { BLOCK_SIZE } from '../limits.ts'
import { crc32 } from './crc32.ts'
import { fromTheStart } from './deflate_stream.ts'
import { type Format, FormatError } from './error.ts'
import { littleEndian } from './little_endian.ts'
import { ARRAY_MAX } from './output.ts'

/** Level and memory are fixed, and no time is in it, so that the result depends on the bytes alone. */
const SETTINGS = { level: 6, mem: 8, mtime: 0 } as const

/** Bytes that are decompressed at a time: they cannot become more than about a thousand times as many. */
const STEP = 16_384

/** What an archive needs besides contents, in bytes for each thing in it: headers, long names. */
const OVERHEAD = 4096

/** Compresses pieces, whose sizes must not depend on anything but the bytes. */
export function* gzipped(pieces: Iterable<Uint8Array>): Generator<Uint8Array, void> {
  const ready: Uint8Array[] = []
  const gzip = fromTheStart(
    new Gzip(SETTINGS, (bytes) => {
      ready.push(bytes)
    }),
  )
  for (const piece of pieces) {
    gzip.push(piece)
    yield* ready.splice(0)
  }
  gzip.push(new Uint8Array(0), true)
  yield* ready
}

/**
 * The bytes, decompressed where they are gzip, to at most `room` bytes.
 * @throws FormatError for other compressions, damage, and too much.
 */
export function decompressed(format: Format, bytes: Uint8Array, room: number): Uint8Array {
  const other = COMPRESSIONS.find(({ magic }) => magic.every((byte, i) => bytes[i] === byte))
  if (other !== undefined) {
    throw new FormatError(format, `this is compressed with ${other.name}: decompress it first (${other.command})`)
  }
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipped(format, bytes, Math.min(room, ARRAY_MAX)) : bytes
}

const COMPRESSIONS = [
  { name: 'Zstandard', command: 'zstd -d', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'xz', command: 'xz -d', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
  { name: 'bzip2', command: 'bzip2 -d', magic: [0x42, 0x5a, 0x68] },
  { name: 'compress', command: 'uncompress', magic: [0x1f, 0x9d] },
]

/** How many bytes an archive can have whose content the tree still has room for. */
export function roomFor(fs: Filesystem): number {
  const bytes = Math.max(0, fs.quota.bytes - fs.blocks * BLOCK_SIZE)
  const inodes = Math.max(0, fs.quota.inodes - fs.table.count)
  return bytes + (inodes + 256) * OVERHEAD
}

function gunzipped(format: Format, bytes: Uint8Array, room: number): Uint8Array {
  const pieces: Uint8Array[] = []
  let size = 0
  let crc = 0
  let memberSize = 0
  const checkMember = (end: number): void => {
    if (littleEndian(bytes, end - 8, 4) !== crc || littleEndian(bytes, end - 4, 4) !== memberSize % 2 ** 32) {
      throw new FormatError(format, 'the gzip checksum is wrong: the file is damaged or cut off', end - 8)
    }
    crc = memberSize = 0
  }
  const gunzip = new Gunzip((piece) => {
    size += piece.length
    memberSize += piece.length
    if (size > room) {
      throw new FormatError(format, `it is over ${room} bytes when decompressed, more than there is room for`)
    }
    crc = crc32(piece, crc)
    if (piece.length > 0) pieces.push(piece)
  })
  gunzip.onmember = checkMember
  let at = 0
  try {
    for (; at < bytes.length; at += STEP) gunzip.push(bytes.subarray(at, at + STEP), at + STEP >= bytes.length)
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw new FormatError(format, `the gzip data is damaged or cut off (${messageOf(error)})`, at)
  }
  if (bytes.length < 18) throw new FormatError(format, 'the gzip data is cut off', bytes.length)
  checkMember(bytes.length)
  const all = new Uint8Array(size)
  let filled = 0
  for (const piece of pieces) {
    all.set(piece, filled)
    filled += piece.length
  }
  return all
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
