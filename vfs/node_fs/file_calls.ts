/** Calls on open files and whole contents: open, read, write, truncate, and what is made of them. */

import { textOf } from '../bytes.ts'
import { EBADF, EEXIST, EFBIG, EINVAL, EISDIR, ENOSPC, ENOTSUP, Errno } from '../errno.ts'
import type { FileInode } from '../inode.ts'
import { ROOT_INO } from '../inode_table.ts'
import { BLOCK_SIZE, CHUNK_SIZE, FILE_SIZE_MAX } from '../limits.ts'
import {
  bufferOf,
  checkRange,
  fdOf,
  flagsOf,
  integerOf,
  type Mode,
  modeOf,
  optionsOf,
  type PathLike,
  pathOf,
  positionOf,
  type TimeLike,
  timeOf,
  viewOf,
} from './arguments.ts'
import { constants } from './constants.ts'
import type { Core } from './core.ts'
import { decodeText, encodeText, encodingOf, type TextEncoding } from './encoding.ts'
import { outOfRange, systemError, wrongType, wrongValue } from './errors.ts'
import type { OpenFile } from './open_files.ts'
import { BigIntStats, Stats } from './stats.ts'

export interface ReadFileOptions {
  /** None gives bytes. */
  readonly encoding?: TextEncoding | 'buffer' | null | undefined
  readonly flag?: string | number | undefined
}

export interface WriteFileOptions {
  /** Of `data` where it is text. Default `utf8`. */
  readonly encoding?: TextEncoding | 'buffer' | null | undefined
  readonly mode?: Mode | undefined
  readonly flag?: string | number | undefined
  /** Accepted; there is nothing to flush. */
  readonly flush?: boolean | undefined
}

/** Which part of a buffer to fill or take, and where in the file; `null` is the descriptor's own position. */
export interface RangeOptions {
  readonly offset?: number | undefined
  readonly length?: number | undefined
  readonly position?: number | bigint | null | undefined
}

export interface StatOptions {
  readonly bigint?: boolean | undefined
  /** False gives `undefined` instead of an error where nothing is there. */
  readonly throwIfNoEntry?: boolean | undefined
}

/** The most bytes that one `readFile` gives, as in node. */
const READ_MAX = 2 ** 31 - 1

export class FileCalls {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  openSync(path: PathLike, flags?: string | number | null, mode?: Mode | null): number {
    const name = pathOf(path)
    return this.#core.done(this.#core.open(name, flagsOf(flags), modeOf(mode, 0o666)), 'open', name)
  }

  closeSync(fd: number): void {
    this.#core.close(fdOf(fd))
  }

  readSync(fd: number, buffer: ArrayBufferView, options?: RangeOptions): number
  readSync(
    fd: number,
    buffer: ArrayBufferView,
    offset?: number,
    length?: number,
    position?: number | bigint | null,
  ): number
  readSync(
    fd: number,
    buffer: ArrayBufferView,
    offsetOrOptions?: number | RangeOptions | null,
    length?: number,
    position?: number | bigint | null,
  ): number {
    fdOf(fd)
    const range = rangeOf(bufferOf(buffer, 'buffer'), offsetOrOptions, length, position)
    if (range.length === 0) return 0
    if (range.bytes.length === 0) throw wrongValue('buffer', 'is empty and cannot be written', buffer)
    checkRange(range.offset, range.length, range.bytes.length)
    return this.#read(fd, range.bytes, range.offset, range.length, positionOf(range.position))
  }

  readvSync(fd: number, buffers: readonly ArrayBufferView[], position?: number | null): number {
    fdOf(fd)
    const views = viewsOf(buffers)
    let at = typeof position === 'number' ? positionOf(position) : -1
    let total = 0
    for (const view of views) {
      const count = this.#read(fd, view, 0, view.length, at)
      total += count
      if (at >= 0) at += count
      if (count < view.length) break
    }
    return total
  }

  writeSync(fd: number, buffer: ArrayBufferView, options?: RangeOptions | null): number
  writeSync(
    fd: number,
    buffer: ArrayBufferView,
    offset?: number | null,
    length?: number | null,
    position?: number | null,
  ): number
  writeSync(fd: number, text: string, position?: number | null, encoding?: TextEncoding | null): number
  writeSync(
    fd: number,
    data: ArrayBufferView | string,
    offsetOrPosition?: number | RangeOptions | null,
    lengthOrEncoding?: number | TextEncoding | null,
    position?: number | null,
  ): number
  writeSync(
    fd: number,
    data: ArrayBufferView | string,
    offsetOrOptions?: number | RangeOptions | null,
    lengthOrEncoding?: number | string | null,
    position?: number | null,
  ): number {
    fdOf(fd)
    if (typeof data === 'string') {
      const bytes = encodeText(data, encodingOf(lengthOrEncoding) ?? 'utf8')
      return this.#write(fd, bytes, 0, bytes.length, writePosition(offsetOrOptions))
    }
    if (!ArrayBuffer.isView(data))
      throw wrongType('buffer', 'of type string or an instance of TypedArray or DataView', data)
    const length = typeof lengthOrEncoding === 'number' ? lengthOrEncoding : undefined
    const range = rangeOf(viewOf(data), offsetOrOptions, length, position)
    checkRange(range.offset, range.length, range.bytes.length)
    return this.#write(fd, range.bytes, range.offset, range.length, writePosition(range.position))
  }

  writevSync(fd: number, buffers: readonly ArrayBufferView[], position?: number | null): number {
    fdOf(fd)
    const views = viewsOf(buffers)
    let at = writePosition(position)
    let total = 0
    for (const view of views) {
      const count = this.#write(fd, view, 0, view.length, at)
      total += count
      if (at >= 0) at += count
      if (count < view.length) break
    }
    return total
  }

  /** The contents: bytes, or text where an encoding is given. A descriptor is read from its position on. */
  readFileSync(
    path: PathLike | number,
    options?:
      | { readonly encoding?: 'buffer' | null | undefined; readonly flag?: string | number | undefined }
      | 'buffer'
      | null,
  ): Uint8Array
  readFileSync(
    path: PathLike | number,
    options: TextEncoding | { readonly encoding: TextEncoding; readonly flag?: string | number | undefined },
  ): string
  readFileSync(path: PathLike | number, options?: ReadFileOptions | TextEncoding | 'buffer' | null): string | Uint8Array
  readFileSync(path: PathLike | number, options?: ReadFileOptions | string | null): string | Uint8Array {
    const { encoding, flag } = optionsOf<ReadFileOptions>(options)
    const codec = encodingOf(encoding)
    const fd = typeof path === 'number' ? fdOf(path) : this.openSync(path, flag ?? 'r')
    try {
      const bytes = this.#rest(fd)
      return codec === undefined ? bytes : decodeText(bytes, codec)
    } finally {
      if (typeof path !== 'number') this.closeSync(fd)
    }
  }

  /** Replaces the contents (or what `flag` says). A descriptor is written from its position on. */
  writeFileSync(
    path: PathLike | number,
    data: string | ArrayBufferView,
    options?: WriteFileOptions | TextEncoding | null,
  ): void {
    this.#writeAll(path, data, options, 'w')
  }

  appendFileSync(
    path: PathLike | number,
    data: string | ArrayBufferView,
    options?: WriteFileOptions | TextEncoding | null,
  ): void {
    this.#writeAll(path, data, options, 'a')
  }

  fstatSync(fd: number, options?: { readonly bigint?: false | undefined }): Stats
  fstatSync(fd: number, options: { readonly bigint: true }): BigIntStats
  fstatSync(fd: number, options?: { readonly bigint?: boolean | undefined }): Stats | BigIntStats {
    const inode = this.#core.fs.get(this.#core.fileAt(fd, 'fstat').ino)
    return options?.bigint === true ? new BigIntStats(inode) : new Stats(inode)
  }

  /** Cuts or extends by zeros; a negative length is 0, as in node. */
  ftruncateSync(fd: number, length?: number | null): void {
    fdOf(fd)
    const size = Math.max(0, integerOf(length ?? 0, 'len'))
    const file = this.#core.fileAt(fd, 'ftruncate')
    if (!file.writable) throw systemError(EINVAL, 'ftruncate')
    this.#core.done(this.#core.fs.truncate(file.ino, size, this.#core.now()), 'ftruncate')
  }

  truncateSync(path: PathLike, length?: number | null): void {
    const fd = this.openSync(path, 'r+')
    try {
      this.ftruncateSync(fd, length)
    } finally {
      this.closeSync(fd)
    }
  }

  /** Does nothing but check the descriptor: memory has nothing to flush to. */
  fsyncSync(fd: number): void {
    this.#core.fileAt(fd, 'fsync')
  }

  /** As `fsyncSync`. */
  fdatasyncSync(fd: number): void {
    this.#core.fileAt(fd, 'fdatasync')
  }

  futimesSync(fd: number, atime: TimeLike, mtime: TimeLike): void {
    fdOf(fd)
    const now = this.#core.now()
    const [atim, mtim] = [timeOf(atime, now), timeOf(mtime, now)]
    this.#core.fs.setTimes(this.#core.fileAt(fd, 'futime').ino, atim, mtim, now)
  }

  fchmodSync(fd: number, mode: Mode): void {
    fdOf(fd)
    const bits = modeOf(mode, 0)
    this.#core.fs.setMode(this.#core.fileAt(fd, 'fchmod').ino, bits, this.#core.now())
  }

  /** Accepts any owner and keeps none: every inode is owned by user 0. */
  fchownSync(fd: number, uid: number, gid: number): void {
    integerOf(uid, 'uid', -1, 2 ** 32 - 1)
    integerOf(gid, 'gid', -1, 2 ** 32 - 1)
    this.#core.fileAt(fd, 'fchown')
  }

  /** Copies contents and permission bits. Unlike node's, a copy that is refused leaves the target as it was. */
  copyFileSync(src: PathLike, dest: PathLike, mode: number = 0): void {
    const [from, to] = [pathOf(src, 'src'), pathOf(dest, 'dest')]
    const { COPYFILE_EXCL, COPYFILE_FICLONE_FORCE, O_WRONLY, O_CREAT, O_EXCL } = constants
    integerOf(mode, 'mode', 0, 7)
    const fail = (errno: Errno) => systemError(errno, 'copyfile', textOf(from), textOf(to))
    if ((mode & COPYFILE_FICLONE_FORCE) !== 0) throw fail(ENOTSUP)
    const { fs } = this.#core
    const source = fs.lookup(ROOT_INO, from, 'follow', 'clamp')
    if (source instanceof Errno) throw fail(source)
    const inode = fs.get(source)
    if (inode.isDirectory()) throw fail(EISDIR)
    if (!inode.isFile()) throw fail(ENOTSUP)
    const exclusive = (mode & COPYFILE_EXCL) !== 0
    const fd = this.#core.open(to, O_WRONLY | O_CREAT | (exclusive ? O_EXCL : 0), inode.mode)
    if (fd instanceof Errno) throw fail(exclusive && fd === EISDIR ? EEXIST : fd)
    try {
      const target = this.#core.fileAt(fd, 'copyfile').ino
      if (target === source) return
      const fault = this.copyContents(source, target)
      if (fault !== undefined) throw fail(fault)
      fs.setMode(target, inode.mode, this.#core.now())
    } finally {
      this.#core.close(fd)
    }
  }

  /** Makes the contents of one file those of another; blocks of zeros become holes. For this folder. */
  copyContents(source: number, target: number): Errno | undefined {
    const { fs } = this.#core
    const now = this.#core.now()
    fs.truncate(target, 0, now)
    const { body } = fs.get(source) as FileInode
    const { size } = body
    const buffer = new Uint8Array(Math.min(CHUNK_SIZE, size))
    for (let at = body.nextData(0); at < size; at = body.nextData(at + buffer.length)) {
      const count = fs.read(source, at, buffer, 0, buffer.length)
      for (let from = 0; from < count; ) {
        const end = runEnd(buffer, from, count)
        if (!isZero(buffer, from, Math.min(count, from + BLOCK_SIZE))) {
          const written = fs.write(target, at + from, buffer, from, end - from, now)
          if (written instanceof Errno) return written
          if (written < end - from) return ENOSPC
        }
        from = end
      }
    }
    return fs.truncate(target, size, now)
  }

  #read(fd: number, target: Uint8Array, start: number, length: number, position: number): number {
    const file = this.#core.fileAt(fd, 'read')
    if (!file.readable) throw systemError(EBADF, 'read')
    if (this.#core.fs.get(file.ino).isDirectory()) throw systemError(EISDIR, 'read')
    const count = this.#core.fs.read(file.ino, position < 0 ? file.position : position, target, start, length)
    if (position < 0) file.position += count
    return count
  }

  #write(fd: number, source: Uint8Array, start: number, length: number, position: number): number {
    const file = this.#core.fileAt(fd, 'write')
    if (!file.writable) throw systemError(EBADF, 'write')
    if (position > FILE_SIZE_MAX) throw systemError(EFBIG, 'write')
    const { fs } = this.#core
    const offset = file.append ? fs.get(file.ino).size : position < 0 ? file.position : position
    const count = this.#core.done(fs.write(file.ino, offset, source, start, length, this.#core.now()), 'write')
    if (position < 0 && count > 0) file.position = offset + count
    return count
  }

  /** All from the descriptor's position to the end. */
  #rest(fd: number): Uint8Array {
    const file = this.#core.fileAt(fd, 'read')
    const length = Math.max(0, this.#size(file) - file.position)
    if (length > READ_MAX) {
      const error = outOfRange('size', `<= ${READ_MAX}`, length)
      throw Object.assign(error, {
        code: 'ERR_FS_FILE_TOO_LARGE',
        message: `File size (${length}) is greater than 2 GiB`,
      })
    }
    const bytes = new Uint8Array(length)
    this.#read(fd, bytes, 0, length, -1)
    return bytes
  }

  #size(file: OpenFile): number {
    return this.#core.fs.get(file.ino).size
  }

  #writeAll(
    path: PathLike | number,
    data: unknown,
    options: WriteFileOptions | string | null | undefined,
    fallback: string,
  ): void {
    const { encoding, mode, flag } = optionsOf<WriteFileOptions>(options)
    const codec = encodingOf(encoding) ?? 'utf8'
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) {
      throw wrongType('data', 'of type string or an instance of TypedArray or DataView', data)
    }
    const bytes = typeof data === 'string' ? encodeText(data, codec) : viewOf(data)
    const fd = typeof path === 'number' ? fdOf(path) : this.openSync(path, flag ?? fallback, mode ?? null)
    try {
      if (bytes.length === 0) this.#write(fd, bytes, 0, 0, -1)
      for (let done = 0; done < bytes.length; ) done += this.#write(fd, bytes, done, bytes.length - done, -1)
    } finally {
      if (typeof path !== 'number') this.closeSync(fd)
    }
  }
}

/** The arguments after the buffer, in whichever of the two forms they were given. */
function rangeOf(
  bytes: Uint8Array,
  offsetOrOptions: number | RangeOptions | null | undefined,
  length: number | undefined,
  position: number | bigint | null | undefined,
): { bytes: Uint8Array; offset: number; length: number; position: number | bigint | null | undefined } {
  if (typeof offsetOrOptions === 'object' && offsetOrOptions !== null) {
    const offset = integerOf(offsetOrOptions.offset ?? 0, 'offset', 0)
    const count = integerOf(offsetOrOptions.length ?? bytes.length - offset, 'length', -(2 ** 31), 2 ** 53 - 1)
    return { bytes, offset, length: count, position: offsetOrOptions.position }
  }
  const offset = integerOf(offsetOrOptions ?? 0, 'offset', 0)
  return { bytes, offset, length: integerOf(length ?? bytes.length - offset, 'length'), position }
}

/** As node: what is no number, and every negative number, is the descriptor's own position. */
function writePosition(value: unknown): number {
  return typeof value === 'number' && value >= 0 && Number.isSafeInteger(value) ? value : -1
}

/** Where the run of blocks that starts at `from` ends: blocks that are all zero, or none of which is. */
function runEnd(bytes: Uint8Array, from: number, count: number): number {
  const zero = isZero(bytes, from, Math.min(count, from + BLOCK_SIZE))
  let end = from
  do end = Math.min(count, end + BLOCK_SIZE)
  while (end < count && isZero(bytes, end, Math.min(count, end + BLOCK_SIZE)) === zero)
  return end
}

function isZero(bytes: Uint8Array, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (bytes[i] !== 0) return false
  return true
}

function viewsOf(buffers: unknown): Uint8Array[] {
  if (!Array.isArray(buffers)) throw wrongType('buffers', 'an instance of ArrayBufferView[]', buffers)
  return buffers.map((buffer: unknown) => bufferOf(buffer, 'buffers'))
}
