/**
 * Trees as tar archives (ustar, with PAX records where ustar has no room): the same tree gives the same bytes. Names
 * are in byte order, a directory before its content; the owner is 0:0 without names. Written here, as the reader is,
 * since no library on npm is synchronous, knows sparse files and says where in the archive something is wrong.
 */

import { type ByteString, byteString, decodeLatin1, encodeLatin1 } from '../bytes.ts'
import type { Filesystem } from '../filesystem.ts'
import type { FileInode, Inode, Instant } from '../inode.ts'
import { nanoseconds } from '../instant.ts'
import type { Extent } from './builder.ts'
import { extentsOf } from './extents.ts'
import { baseDirectoryOf, timesOf, type WriteOptions } from './options.ts'
import { joined, Output } from './output.ts'
import {
  BLOCK,
  deviceNumbers,
  GID,
  LINK_NAME,
  LONG_FIELD,
  MAGIC,
  MAJOR,
  MINOR,
  MODE,
  MTIME,
  NAME,
  NAME_SIZE,
  OCTAL_MAX,
  PREFIX,
  PREFIX_SIZE,
  putChecksum,
  putOctal,
  SHORT_FIELD,
  SIZE,
  TYPE,
  UID,
} from './tar_header.ts'
import { TreeWalk } from './tree_walk.ts'

/** A file with holes of fewer bytes than this in all is written with zeros, which every tar can read. */
export const SPARSE_MIN = 65_536

/**
 * The tree below `options.base` as one array. Hard links are links to the first name, files with large holes are
 * sparse files (PAX, GNU sparse format 1.0), and so cost only their data. Sockets and the devices stdin, stdout and
 * stderr are left out. Access times are not in it.
 * @throws FormatError for an archive over `ARRAY_MAX`, and for options that cannot be.
 */
export function writeTar(fs: Filesystem, options: WriteOptions = {}): Uint8Array {
  return joined('tar', tarChunks(fs, options), 'use tarChunks')
}

/** The same in pieces of 64 KiB, of the tree as it is now: what changes meanwhile is not in it. */
export function tarChunks(fs: Filesystem, options: WriteOptions = {}): Generator<Uint8Array, void> {
  const base = baseDirectoryOf('tar', fs, options.base)
  const fixed = timesOf('tar', options.times ?? 0)
  return new TarWriter(fs.fork('keep'), fixed, options).run(base)
}

/** What a header says. Paths are bytes without a slash at either end. */
interface Member {
  readonly type: string
  readonly path: Uint8Array
  readonly link?: Uint8Array
  readonly mode: number
  readonly mtime: Instant
  /** Bytes that follow the header. */
  readonly stored: number
  readonly device?: readonly [major: number, minor: number]
  /** Present for a sparse file: its size with the holes. */
  readonly realSize?: number
}

class TarWriter {
  readonly #fs: Filesystem
  readonly #fixed: Instant | undefined
  readonly #options: WriteOptions
  readonly #out = new Output()
  readonly #block = new Uint8Array(BLOCK)
  /** The first path of each inode that has several names. */
  readonly #first = new Map<number, Uint8Array>()

  constructor(fs: Filesystem, fixed: Instant | undefined, options: WriteOptions) {
    this.#fs = fs
    this.#fixed = fixed
    this.#options = options
  }

  *run(base: number): Generator<Uint8Array, void> {
    const walk = new TreeWalk(this.#fs, base)
    for (let step = walk.next(); step !== undefined; step = walk.next()) {
      if (step === 'leave') continue
      if (walk.inode.isFile() && !this.#isLink(walk.inode)) yield* this.#file(walk.inode, walk.path)
      else this.#add(walk)
      yield* this.#out.filled()
    }
    this.#out.zeros(2 * BLOCK)
    yield* this.#out.end()
  }

  /** Whether it has been written under another name. */
  #isLink(inode: Readonly<Inode>): boolean {
    return inode.nlink > 1 && !inode.isDirectory() && this.#first.has(inode.ino)
  }

  /** Adds what has no content, or has it under another name. */
  #add(walk: TreeWalk): void {
    const { inode, path } = walk
    const common = this.#common(inode, path)
    if (this.#isLink(inode)) this.#header({ ...common, type: '1', link: this.#first.get(inode.ino) as Uint8Array })
    else if (inode.isDirectory()) this.#header({ ...common, type: '5' })
    else if (inode.isSymlink()) this.#header({ ...common, type: '2', link: encodeLatin1(inode.body) })
    else if (inode.kind === 'fifo') this.#header({ ...common, type: '6' })
    else {
      const device = inode.isDevice() ? deviceNumbers(inode.body) : undefined
      if (device === undefined) {
        const what = inode.isDevice() ? `the device ${inode.body}` : `a ${inode.kind}`
        this.#options.onLeftOut?.({ path: walk.shown, message: `it is ${what}, which no tar archive can hold` })
        return
      }
      this.#header({ ...common, type: '3', device })
    }
    this.#remember(inode, path)
  }

  *#file(inode: FileInode, path: Uint8Array): Generator<Uint8Array, void> {
    const { ino, body } = inode
    const common = this.#common(inode, path)
    this.#remember(inode, path)
    const extents = extentsOf(body)
    let data = 0
    for (const { length } of extents) data += length
    if (body.size - data < SPARSE_MIN) {
      this.#header({ ...common, type: '0', stored: body.size })
      yield* this.#out.file(this.#fs, ino, 0, body.size)
    } else {
      const map = mapOf(extents, body.size)
      this.#header({ ...common, type: '0', stored: map.length + data, realSize: body.size })
      this.#out.put(map)
      for (const { offset, length } of extents) yield* this.#out.file(this.#fs, ino, offset, offset + length)
    }
    this.#out.pad(BLOCK)
  }

  #common(inode: Readonly<Inode>, path: Uint8Array): Omit<Member, 'type'> {
    return { path, mode: inode.mode, mtime: this.#fixed ?? { sec: inode.mtimSec, nsec: inode.mtimNsec }, stored: 0 }
  }

  /** Keeps the first path of what has several. */
  #remember(inode: Readonly<Inode>, path: Uint8Array): void {
    if (inode.nlink < 2 || inode.isDirectory() || this.#first.has(inode.ino)) return
    this.#first.set(inode.ino, path.slice())
  }

  /** The header, with a PAX header before it for what it has no room for. */
  #header(member: Member): void {
    const { path, link, type, stored, mtime, realSize } = member
    const isDirectory = type === '5'
    const split = realSize === undefined ? splitOf(path, isDirectory) : undefined
    const records: Uint8Array[] = []
    if (realSize !== undefined) {
      records.push(record('GNU.sparse.major', '1'), record('GNU.sparse.minor', '0'))
      records.push(record('GNU.sparse.name', path), record('GNU.sparse.realsize', `${realSize}`))
    } else if (split === undefined) records.push(record('path', path, isDirectory ? '/' : ''))
    if (link !== undefined && (link.length > NAME_SIZE || !isAscii(link))) records.push(record('linkpath', link))
    if (stored > OCTAL_MAX) records.push(record('size', `${stored}`))
    const isWhole = mtime.nsec === 0 && mtime.sec >= 0 && mtime.sec <= OCTAL_MAX
    if (!isWhole) records.push(record('mtime', decimalOf(mtime)))
    if (records.length > 0) {
      let size = 0
      for (const { length } of records) size += length
      const name = plain(path, 'PaxHeaders/')
      this.#block512({ type: 'x', path: name, mode: 0o644, mtime: EPOCH, stored: size }, -1)
      for (const bytes of records) this.#out.put(bytes)
      this.#out.pad(BLOCK)
    }
    this.#block512(member, split)
  }

  /** The block itself; `split` is where the path is cut into prefix and name, -1 where it is not cut. */
  #block512(member: Member, split: number | undefined): void {
    const { path, link, type, mode, mtime, stored, device, realSize } = member
    const block = this.#block.fill(0)
    const name = split === undefined ? plain(path, realSize === undefined ? '' : 'GNUSparseFile.0/') : path
    const start = split === undefined ? 0 : split + 1
    block.set(name.subarray(start, start + NAME_SIZE), NAME)
    if (type === '5' && split !== undefined) block[NAME + name.length - start] = SLASH
    if (split !== undefined && split > 0) block.set(name.subarray(0, split), PREFIX)
    putOctal(block, MODE, SHORT_FIELD, mode)
    putOctal(block, UID, SHORT_FIELD, 0)
    putOctal(block, GID, SHORT_FIELD, 0)
    putOctal(block, SIZE, LONG_FIELD, stored <= OCTAL_MAX ? stored : 0)
    putOctal(block, MTIME, LONG_FIELD, Math.min(OCTAL_MAX, Math.max(0, mtime.sec)))
    block[TYPE] = type.charCodeAt(0)
    if (link !== undefined) {
      const fits = link.length <= NAME_SIZE && isAscii(link)
      block.set((fits ? link : plain(link, '')).subarray(0, NAME_SIZE), LINK_NAME)
    }
    block.set(USTAR, MAGIC)
    putOctal(block, MAJOR, SHORT_FIELD, device?.[0] ?? 0)
    putOctal(block, MINOR, SHORT_FIELD, device?.[1] ?? 0)
    putChecksum(block)
    this.#out.put(block)
  }
}

const EPOCH: Instant = { sec: 0, nsec: 0 }
const SLASH = 47
const USTAR = encodeLatin1('ustar\x0000' as ByteString)

/** Where a path is cut for ustar: -1 for nowhere, else at the slash between prefix and name; `undefined`: it does not fit. */
function splitOf(path: Uint8Array, isDirectory: boolean): number | undefined {
  const slash = isDirectory ? 1 : 0
  const { length } = path
  if (length + slash > NAME_SIZE + 1 + PREFIX_SIZE || !isAscii(path)) return undefined
  if (length + slash <= NAME_SIZE) return -1
  for (let at = Math.max(1, length + slash - NAME_SIZE - 1); at <= PREFIX_SIZE && at < length; at++) {
    if (path[at] === SLASH) return at
  }
  return undefined
}

function isAscii(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte > 127) return false
  return true
}

/** A name for programs that do not know PAX: the last component, ASCII only, cut to what fits. */
function plain(path: Uint8Array, before: string): Uint8Array {
  const name = path.subarray(path.lastIndexOf(SLASH) + 1).subarray(0, NAME_SIZE - before.length)
  return encodeLatin1((before + decodeLatin1(name).replace(/[\x80-\xff]/g, '_')) as ByteString)
}

/** `LENGTH KEY=VALUE\n`, where the length counts itself. */
function record(key: string, value: string | Uint8Array, end = ''): Uint8Array {
  const bytes = typeof value === 'string' ? encodeLatin1(byteString(value)) : value
  const rest = 1 + key.length + 1 + bytes.length + end.length + 1
  let length = rest + `${rest}`.length
  length = rest + `${length}`.length
  const record = new Uint8Array(length)
  const head = encodeLatin1(`${length} ${key}=` as ByteString)
  record.set(head)
  record.set(bytes, head.length)
  record.set(encodeLatin1(`${end}\n` as ByteString), head.length + bytes.length)
  return record
}

/** Seconds as a decimal fraction, with as many digits as it needs. */
function decimalOf(instant: Instant): string {
  const ns = nanoseconds(instant)
  const digits = `${ns < 0n ? -ns : ns}`.padStart(10, '0')
  const fraction = digits.slice(-9).replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${digits.slice(0, -9)}${fraction === '' ? '' : `.${fraction}`}`
}

/** The map of a sparse file: how many parts, then offset and length of each, one number a line, in whole blocks. */
function mapOf(extents: readonly Extent[], size: number): Uint8Array {
  const last = extents.at(-1)
  const isOpen = last === undefined || last.offset + last.length < size
  const parts = isOpen ? [...extents, { offset: size, length: 0 }] : extents
  let text = `${parts.length}\n`
  for (const { offset, length } of parts) text += `${offset}\n${length}\n`
  const map = new Uint8Array(Math.ceil(text.length / BLOCK) * BLOCK)
  map.set(encodeLatin1(text as ByteString))
  return map
}
