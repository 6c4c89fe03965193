/**
 * Trees as zip archives: the same tree gives the same bytes. Modes and symbolic links are in the external attributes,
 * as Info-ZIP has them. The container is written here: fflate's writer takes its times from the host's time zone and
 * has no 64-bit sizes.
 */

import { Deflate, deflateSync } from 'fflate/browser'
import { type ByteString, decodeLatin1, encodeLatin1, textOf } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { Inode, Instant } from '../inode.ts'
import { crc32 } from './crc32.ts'
import { fromTheStart } from './deflate_stream.ts'
import { FormatError } from './error.ts'
import { putLittleEndian } from './little_endian.ts'
import { baseDirectoryOf, quote, timesOf, type WriteOptions } from './options.ts'
import { joined, Output, PIECE_SIZE } from './output.ts'
import { civilOf, secondOf } from './times.ts'
import { TreeWalk } from './tree_walk.ts'
import {
  CENTRAL,
  CENTRAL_SIZE,
  DEFLATED,
  END,
  END_SIZE,
  END64,
  END64_SIZE,
  EXTRA_TIME,
  EXTRA_ZIP64,
  FLAG_UTF8,
  LOCAL,
  LOCAL_SIZE,
  LOCATOR,
  LOCATOR_SIZE,
  MAX16,
  MAX32,
  S_IFDIR,
  S_IFLNK,
  S_IFREG,
  STORED,
  UNIX,
} from './zip_format.ts'

/** Files with fewer bytes than this are not compressed: what deflate adds is about what it saves. */
const COMPRESS_MIN = 128
const LEVEL = 6

/**
 * The tree below `options.base` as one array. Each name of a file with several is a file of its own, and holes are
 * zeros, which compress well. Devices, fifos and sockets are left out. Times are in whole seconds, after 2038
 * in twos.
 * @throws FormatError for a path of over 65,535 bytes, for an archive over `ARRAY_MAX`, and for options that cannot be.
 */
export function writeZip(fs: Filesystem, options: WriteOptions = {}): Uint8Array {
  return joined('zip', zipChunks(fs, options), 'use zipChunks')
}

/** The same in pieces of 64 KiB, of the tree as it is now: what changes meanwhile is not in it. */
export function zipChunks(fs: Filesystem, options: WriteOptions = {}): Generator<Uint8Array, void> {
  const base = baseDirectoryOf('zip', fs, options.base)
  const fixed = timesOf('zip', options.times ?? 0)
  return new ZipWriter(fs.fork('keep'), fixed, options).run(base)
}

/** What both records of an entry say. */
interface Record {
  readonly path: Uint8Array
  readonly mode: number
  readonly mtime: Instant
  readonly method: number
  readonly crc: number
  readonly size: number
  readonly stored: number
}

class ZipWriter {
  readonly #fs: Filesystem
  readonly #fixed: Instant | undefined
  readonly #options: WriteOptions
  readonly #out = new Output()
  /** The central records, which come last. */
  readonly #central = new Output()
  #count = 0

  constructor(fs: Filesystem, fixed: Instant | undefined, options: WriteOptions) {
    this.#fs = fs
    this.#fixed = fixed
    this.#options = options
  }

  *run(base: number): Generator<Uint8Array, void> {
    const walk = new TreeWalk(this.#fs, base)
    for (let step = walk.next(); step !== undefined; step = walk.next()) {
      if (step === 'leave') continue
      yield* this.#add(walk)
      yield* this.#out.filled()
    }
    const start = this.#out.total
    for (const bytes of this.#central.end()) {
      this.#out.put(bytes)
      yield* this.#out.filled()
    }
    this.#out.put(endOf(this.#count, start, this.#central.total))
    yield* this.#out.end()
  }

  *#add(walk: TreeWalk): Generator<Uint8Array, void> {
    const { inode } = walk
    const path = inode.isDirectory() ? encodeLatin1(`${decodeLatin1(walk.path)}/` as ByteString) : walk.path
    if (path.length > MAX16) {
      throw new FormatError(
        'zip',
        `${quote(decodeLatin1(path))} is longer than the ${MAX16} bytes that zip has for a path`,
      )
    }
    const common = { path, mtime: this.#timeOf(inode) }
    const mode = inode.mode
    if (inode.isDirectory()) this.#entry({ ...common, mode: S_IFDIR | mode, ...EMPTY })
    else if (inode.isSymlink()) {
      const text = encodeLatin1(inode.body)
      const size = text.length
      this.#entry({ ...common, mode: S_IFLNK | mode, method: STORED, crc: crc32(text), size, stored: size })
      this.#out.put(text)
    } else if (inode.isFile()) {
      const { crc, pieces, stored } = compressed(this.#fs, inode.ino, inode.size)
      const method = pieces === undefined ? STORED : DEFLATED
      const { size } = inode
      this.#entry({ ...common, mode: S_IFREG | mode, method, crc, size, stored })
      for (const piece of pieces ?? []) {
        this.#out.put(piece)
        yield* this.#out.filled()
      }
      if (pieces === undefined) yield* this.#out.file(this.#fs, inode.ino, 0, size)
    } else {
      const message = `it is a ${inode.kind}, which no zip archive can hold`
      this.#options.onLeftOut?.({ path: textOf(decodeLatin1(path)), message })
    }
  }

  /** Both records of an entry, whose data comes next. */
  #entry(record: Record): void {
    this.#count++
    this.#central.put(centralOf(record, this.#out.total))
    this.#out.put(localOf(record))
  }

  #timeOf(inode: Readonly<Inode>): Instant {
    return this.#fixed ?? { sec: inode.mtimSec, nsec: inode.mtimNsec }
  }
}

const EMPTY = { method: STORED, crc: 0, size: 0, stored: 0 }

/** The checksum of a file, and its bytes compressed; without these where that makes them no fewer. */
function compressed(
  fs: Filesystem,
  ino: number,
  size: number,
): { readonly crc: number; readonly pieces: readonly Uint8Array[] | undefined; readonly stored: number } {
  const pieces: Uint8Array[] = []
  let crc = 0
  let stored = 0
  const keep = (piece: Uint8Array): void => {
    stored += piece.length
    pieces.push(piece)
  }
  const read = (at: number): Uint8Array => {
    const piece = new Uint8Array(Math.min(PIECE_SIZE, size - at))
    fs.read(ino, at, piece, 0, piece.length)
    crc = crc32(piece, crc)
    return piece
  }
  if (size <= PIECE_SIZE) {
    const all = read(0)
    // How much memory is used changes the result, so it must not be left to a guess.
    if (size >= COMPRESS_MIN) keep(deflateSync(all, { level: LEVEL, mem: size <= 4096 ? 0 : 4 }))
  } else {
    const deflate = fromTheStart(new Deflate({ level: LEVEL, mem: 8 }, keep))
    for (let at = 0; at < size; at += PIECE_SIZE) deflate.push(read(at), at + PIECE_SIZE >= size)
  }
  return pieces.length === 0 || stored >= size ? { crc, pieces: undefined, stored: size } : { crc, pieces, stored }
}

function localOf(record: Record): Uint8Array {
  const { path, size, stored } = record
  const isLong = size >= MAX32 || stored >= MAX32
  const extra = joinedBytes([isLong ? longExtra([size, stored]) : NOTHING, timeExtra(record.mtime)])
  const bytes = new Uint8Array(LOCAL_SIZE + path.length + extra.length)
  putLittleEndian(bytes, 0, 4, LOCAL)
  putCommon(bytes, 4, record, isLong)
  putLittleEndian(bytes, 26, 2, path.length)
  putLittleEndian(bytes, 28, 2, extra.length)
  bytes.set(path, LOCAL_SIZE)
  bytes.set(extra, LOCAL_SIZE + path.length)
  return bytes
}

function centralOf(record: Record, offset: number): Uint8Array {
  const { path, size, stored, mode } = record
  const isLong = size >= MAX32 || stored >= MAX32
  const long = [...(isLong ? [size, stored] : []), ...(offset >= MAX32 ? [offset] : [])]
  const extra = joinedBytes([long.length > 0 ? longExtra(long) : NOTHING, timeExtra(record.mtime)])
  const bytes = new Uint8Array(CENTRAL_SIZE + path.length + extra.length)
  putLittleEndian(bytes, 0, 4, CENTRAL)
  bytes[4] = versionOf(long.length > 0)
  bytes[5] = UNIX
  putCommon(bytes, 6, record, isLong)
  if (long.length > 0) bytes[6] = versionOf(true)
  putLittleEndian(bytes, 28, 2, path.length)
  putLittleEndian(bytes, 30, 2, extra.length)
  const isDirectory = (mode & S_IFDIR) !== 0 && (mode & S_IFREG) === 0
  putLittleEndian(bytes, 38, 4, mode * 2 ** 16 + (isDirectory ? DOS_DIRECTORY : 0))
  putLittleEndian(bytes, 42, 4, Math.min(MAX32, offset))
  bytes.set(path, CENTRAL_SIZE)
  bytes.set(extra, CENTRAL_SIZE + path.length)
  return bytes
}

const DOS_DIRECTORY = 0x10
const NOTHING = new Uint8Array(0)

/** From the version to the sizes, which both records have one after the other. */
function putCommon(bytes: Uint8Array, at: number, record: Record, isLong: boolean): void {
  const { path, method, mtime, crc, size, stored } = record
  putLittleEndian(bytes, at, 2, versionOf(isLong))
  putLittleEndian(bytes, at + 2, 2, path.some((byte) => byte > 127) ? FLAG_UTF8 : 0)
  putLittleEndian(bytes, at + 4, 2, method)
  putLittleEndian(bytes, at + 6, 4, dosTime(mtime.sec))
  putLittleEndian(bytes, at + 10, 4, crc)
  putLittleEndian(bytes, at + 14, 4, isLong ? MAX32 : stored)
  putLittleEndian(bytes, at + 18, 4, isLong ? MAX32 : size)
}

/** 2.0, or 4.5 for what needs 64 bits. */
function versionOf(isLong: boolean): number {
  return isLong ? 45 : 20
}

const DOS_FIRST: number = secondOf({ year: 1980, month: 1, day: 1, hour: 0, minute: 0, second: 0 })
const DOS_LAST: number = secondOf({ year: 2107, month: 12, day: 31, hour: 23, minute: 59, second: 58 })

/** Date and time of MS-DOS, in UTC: seconds in twos, from 1980 to 2107. */
function dosTime(sec: number): number {
  const { year, month, day, hour, minute, second } = civilOf(Math.min(DOS_LAST, Math.max(DOS_FIRST, sec)))
  const date = ((year - 1980) << 9) | (month << 5) | day
  return date * 2 ** 16 + ((hour << 11) | (minute << 5) | (second >> 1))
}

/** The modification time in seconds since 1970, of 32 bits; nothing where these are not enough. */
function timeExtra(mtime: Instant): Uint8Array {
  if (mtime.sec < 0 || mtime.sec > 0x7fffffff) return NOTHING
  const bytes = new Uint8Array(9)
  putLittleEndian(bytes, 0, 2, EXTRA_TIME)
  bytes[2] = 5
  bytes[4] = 1
  putLittleEndian(bytes, 5, 4, mtime.sec)
  return bytes
}

function longExtra(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 8 * values.length)
  putLittleEndian(bytes, 0, 2, EXTRA_ZIP64)
  putLittleEndian(bytes, 2, 2, 8 * values.length)
  values.forEach((value, i) => {
    putLittleEndian(bytes, 4 + 8 * i, 8, value)
  })
  return bytes
}

/** The end of the archive, whose `count` central records are at `start`. */
function endOf(count: number, start: number, size: number): Uint8Array {
  const isLong = count >= MAX16 || start >= MAX32 || size >= MAX32
  const bytes = new Uint8Array(END_SIZE + (isLong ? END64_SIZE + LOCATOR_SIZE : 0))
  if (isLong) {
    putLittleEndian(bytes, 0, 4, END64)
    putLittleEndian(bytes, 4, 8, END64_SIZE - 12)
    bytes[12] = versionOf(true)
    bytes[13] = UNIX
    bytes[14] = versionOf(true)
    putLittleEndian(bytes, 24, 8, count)
    putLittleEndian(bytes, 32, 8, count)
    putLittleEndian(bytes, 40, 8, size)
    putLittleEndian(bytes, 48, 8, start)
    putLittleEndian(bytes, END64_SIZE, 4, LOCATOR)
    putLittleEndian(bytes, END64_SIZE + 8, 8, start + size)
    putLittleEndian(bytes, END64_SIZE + 16, 4, 1)
  }
  const at = bytes.length - END_SIZE
  putLittleEndian(bytes, at, 4, END)
  putLittleEndian(bytes, at + 8, 2, Math.min(MAX16, count))
  putLittleEndian(bytes, at + 10, 2, Math.min(MAX16, count))
  putLittleEndian(bytes, at + 12, 4, Math.min(MAX32, size))
  putLittleEndian(bytes, at + 16, 4, Math.min(MAX32, start))
  return bytes
}

function joinedBytes(parts: readonly [Uint8Array, Uint8Array]): Uint8Array {
  const [first, second] = parts
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
