/**
 * Puts what an archive lists into a tree: the one way in for all formats. A reader first makes a list of entries out of
 * the whole archive, with all that can be wrong with it found; then the list is applied to a fork of the tree, and only
 * where that worked to the tree itself. Paths are walked by inode numbers and no link is ever followed.
 */

import type { ByteString } from '../bytes.ts'
import { EDQUOT, ENOSPC, Errno } from '../errno.ts'
import { type Filesystem, OPEN_CREATE, OPEN_EXCLUSIVE } from '../filesystem.ts'
import type { DeviceName, Instant } from '../inode.ts'
import { ROOT_INO } from '../inode_table.ts'
import { emptyDirectory } from '../node_fs/remove_tree.ts'
import { nameIn } from './archive_path.ts'
import { type Format, FormatError } from './error.ts'
import { type LeftOut, momentOf, namesOf, quote, type ReadOptions, type ReadReport, timesOf } from './options.ts'
import { PathCursor } from './path_cursor.ts'

/** Where bytes of a file go; they come one part after the other from the archive. */
export interface Extent {
  readonly offset: number
  readonly length: number
}

export interface FileContent {
  /** What holds the bytes: the archive, or what was decompressed out of it. */
  readonly source: Uint8Array
  /** Where in `source` they start. */
  readonly start: number
  /** Bytes of the file. */
  readonly size: number
  /** The parts that are there; all of it where absent. In order, without overlaps, within `size`. */
  readonly extents?: readonly Extent[]
}

/** One thing of an archive. `path` is as `archive_path.ts` cleans it. */
export interface ArchiveEntry {
  readonly path: ByteString
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink' | 'device' | 'fifo'
  readonly mode: number
  readonly mtime: Instant | undefined
  /** Where the archive says so, in bytes; `undefined` where it is in no one place. */
  readonly offset: number | undefined
  readonly content?: FileContent
  /** The text of a symbolic link; the clean path of the file that a hard link is another name of. */
  readonly target?: ByteString
  readonly device?: DeviceName
}

/** What an image layer takes away from the layers below it, before it adds its own. */
export interface Whiteout {
  readonly path: ByteString
  /** Whether the directory stays and only what is in it goes. */
  readonly opaque: boolean
}

const DIRECTORY_MODE = 0o755

/** Runs `build` on a fork of the tree and, where that worked, on the tree; the report of the second. */
export function buildTwice(
  format: Format,
  fs: Filesystem,
  options: ReadOptions,
  leftOut: readonly LeftOut[],
  build: (builder: Builder) => void,
): ReadReport {
  const run = (tree: Filesystem): Builder['report'] => {
    const builder = new Builder(format, tree, options)
    build(builder)
    builder.finish()
    return builder.report
  }
  // The fork keeps what is removed and still open: it must have exactly as much room as the tree.
  run(fs.fork('keep'))
  return { ...run(fs), leftOut }
}

export class Builder {
  readonly report = { files: 0, directories: 0, links: 0, bytes: 0 }
  /** The directory that the archive's root becomes. */
  readonly root: number
  readonly #format: Format
  readonly #fs: Filesystem
  readonly #now: Instant
  /** The time that everything gets; `undefined` where each keeps the archive's. */
  readonly #fixed: Instant | undefined
  readonly #cursor: PathCursor
  readonly #targets: PathCursor
  /** Set last, since filling a directory changes its times. */
  readonly #times: { readonly ino: number; readonly mtime: Instant }[] = []

  /** @throws FormatError for an option that cannot be, such as a place to put things that is a file. */
  constructor(format: Format, fs: Filesystem, options: ReadOptions) {
    this.#format = format
    this.#fs = fs
    this.#now = momentOf(format, 'now', options.now ?? 0)
    this.#fixed = timesOf(format, options.times ?? 'keep')
    this.root = this.#place(options.at ?? ROOT_INO)
    this.#cursor = new PathCursor(this.root)
    this.#targets = new PathCursor(this.root)
  }

  /** Takes away what a layer hides; what is not there is no matter. */
  hide(whiteout: Whiteout): void {
    const { path, opaque } = whiteout
    const dir = this.#existing(parentOf(path))
    const ino = path === '' ? this.root : dir === 0 ? 0 : this.#child(dir, lastName(path))
    if (ino === 0) return
    if (this.#fs.get(ino).isDirectory()) {
      emptyDirectory(this.#fs, ino, this.#now)
      if (!opaque && path !== '') this.#removeDirectory(dir, lastName(path), path, 0)
      this.#cursor.forget()
      this.#targets.forget()
    } else if (!opaque) this.#unlink(dir, lastName(path), path, 0)
  }

  /**
   * Adds what is at a path, its parents made where missing. What is there already gives way, but for directories:
   * a directory stays and takes the mode and time of one that comes, and with `over` even gives way to a file.
   */
  add(entry: ArchiveEntry, over: 'files' | 'anything' = 'files'): void {
    const { path } = entry
    if (path === '') {
      if (entry.kind !== 'directory') this.#fail(path, `the root of the archive is a ${entry.kind}`, entry.offset)
      this.#dress(this.root, entry)
      return
    }
    const slash = path.lastIndexOf('/')
    const dir = this.#cursor.walk(path, Math.max(0, slash), (parent, name, end) =>
      this.#parent(parent, name, end, entry),
    )
    const ino = this.addTo(dir, lastName(path), entry, over)
    if (entry.kind === 'directory') this.#cursor.enter(path, ino)
  }

  /** Adds what is under a name of a directory; its inode number. */
  addTo(dir: number, name: ByteString, entry: ArchiveEntry, over: 'files' | 'anything' = 'files'): number {
    const { kind, path, offset } = entry
    const there = this.#child(dir, name)
    if (there !== 0) {
      const known = this.#fs.get(there)
      if (kind === 'directory' && known.isDirectory()) {
        this.report.directories++
        this.#dress(there, entry)
        return there
      }
      const isTarget = kind === 'hardlink' && this.#targetOf(entry) === there
      if (isTarget) return there
      if (over === 'files' && (kind === 'directory' || known.isDirectory())) {
        this.#fail(path, `a ${known.kind} of this name is there, and it cannot become a ${kind}`, offset)
      }
      if (known.isDirectory()) {
        emptyDirectory(this.#fs, there, this.#now)
        this.#removeDirectory(dir, name, path, offset)
        this.#cursor.forget()
        this.#targets.forget()
      } else if (kind !== 'hardlink') this.#unlink(dir, name, path, offset)
    }
    switch (kind) {
      case 'directory':
        return this.#addDirectory(dir, name, entry)
      case 'file':
        return this.#addFile(dir, name, entry)
      case 'hardlink':
        return this.#addLink(dir, name, entry, this.#child(dir, name) !== 0)
      default: {
        const ino = this.#made(
          entry,
          kind === 'symlink'
            ? this.#fs.symlinkAt(entry.target as ByteString, dir, name, 'clamp', this.#now)
            : this.#fs.mknodAt(dir, name, kind, entry.device, 'clamp', this.#now, entry.mode),
        )
        if (kind === 'symlink') this.report.links++
        this.#setTime(ino, entry.mtime)
        return ino
      }
    }
  }

  /** Sets the times of directories. Nothing is added afterwards. */
  finish(): void {
    for (const { ino, mtime } of this.#times) {
      if (this.#fs.table.has(ino)) this.#fs.setTimes(ino, mtime, mtime, this.#now)
    }
  }

  #addDirectory(dir: number, name: ByteString, entry: ArchiveEntry): number {
    const ino = this.#made(entry, this.#fs.mkdirAt(dir, name, 'clamp', this.#now, entry.mode))
    this.report.directories++
    this.#keepTime(ino, entry.mtime)
    return ino
  }

  #addFile(dir: number, name: ByteString, entry: ArchiveEntry): number {
    const fs = this.#fs
    const content = entry.content as FileContent
    const ino = this.#made(entry, fs.openAt(dir, name, OPEN_CREATE | OPEN_EXCLUSIVE, 'clamp', this.#now, entry.mode))
    let start = content.start
    let end = 0
    for (const { offset, length } of content.extents ?? [{ offset: 0, length: content.size }]) {
      const written = this.#made(entry, fs.write(ino, offset, content.source, start, length, this.#now))
      if (written < length) throw this.#full(entry, ENOSPC)
      start += length
      end = offset + length
    }
    if (end < content.size) this.#made(entry, fs.truncate(ino, content.size, this.#now) ?? ino)
    this.report.files++
    this.report.bytes += content.size
    this.#setTime(ino, entry.mtime)
    return ino
  }

  /** Gives the target another name, over a file (never a directory) that has it where `replaces` says so. */
  #addLink(dir: number, name: ByteString, entry: ArchiveEntry, replaces: boolean): number {
    const { path, offset } = entry
    const ino = this.#targetOf(entry)
    const fs = this.#fs
    if (replaces) this.#unlink(dir, name, path, offset)
    const target = entry.target as ByteString
    const targetDir = this.#existing(parentOf(target))
    const fault = fs.linkAt(targetDir, lastName(target), 'nofollow', dir, name, 'clamp', this.#now)
    this.#made(entry, fault ?? ino)
    if (fs.get(ino).isFile()) this.report.files++
    return ino
  }

  /** The inode that a hard link is another name of. */
  #targetOf(entry: ArchiveEntry): number {
    const { path, offset } = entry
    const target = entry.target as ByteString
    const dir = this.#existing(parentOf(target))
    const ino = target === '' ? this.root : dir === 0 ? 0 : this.#child(dir, lastName(target))
    if (ino === 0) this.#fail(path, `it is a hard link to ${quote(target)}, which is not there`, offset)
    if (this.#fs.get(ino).isDirectory()) {
      this.#fail(path, `it is a hard link to ${quote(target)}, which is a directory and has one name only`, offset)
    }
    return ino
  }

  /** The directory at a clean path, or 0. */
  #existing(path: ByteString): number {
    return this.#targets.walk(path, path.length, (dir, name) => {
      const ino = this.#child(dir, name)
      return ino !== 0 && this.#fs.get(ino).isDirectory() ? ino : 0
    })
  }

  /** The directory `name` in `dir`, made where missing, on the way to `entry`; its path ends at `end`. */
  #parent(dir: number, name: ByteString, end: number, entry: ArchiveEntry): number {
    const ino = this.#child(dir, name)
    if (ino === 0) {
      const made = this.#made(entry, this.#fs.mkdirAt(dir, name, 'clamp', this.#now, DIRECTORY_MODE))
      this.report.directories++
      this.#keepTime(made, undefined)
      return made
    }
    const { kind } = this.#fs.get(ino)
    if (kind !== 'directory') {
      const parent = quote(entry.path.slice(0, end) as ByteString)
      this.#fail(entry.path, `it needs ${parent} to be a directory, and a ${kind} is there`, entry.offset)
    }
    return ino
  }

  /** Gives a directory that is there the mode and time of one that comes. */
  #dress(ino: number, entry: ArchiveEntry): void {
    this.#fs.setMode(ino, entry.mode, this.#now)
    this.#keepTime(ino, entry.mtime)
  }

  #keepTime(ino: number, mtime: Instant | undefined): void {
    const time = this.#fixed ?? mtime
    if (time !== undefined) this.#times.push({ ino, mtime: time })
  }

  #setTime(ino: number, mtime: Instant | undefined): void {
    const time = this.#fixed ?? mtime
    if (time !== undefined) this.#fs.setTimes(ino, time, time, this.#now)
  }

  #unlink(dir: number, name: ByteString, path: ByteString, offset: number | undefined): void {
    const fault = this.#fs.unlinkAt(dir, name, 'clamp', this.#now)
    if (fault !== undefined) this.#fail(path, fault.message, offset)
  }

  #removeDirectory(dir: number, name: ByteString, path: ByteString, offset: number | undefined): void {
    const fault = this.#fs.rmdirAt(dir, name, 'clamp', this.#now)
    if (fault !== undefined) this.#fail(path, fault.message, offset)
  }

  #child(dir: number, name: ByteString): number {
    const inode = this.#fs.get(dir)
    return inode.isDirectory() ? inode.body.get(name) : 0
  }

  #made(entry: ArchiveEntry, result: number | Errno): number {
    if (!(result instanceof Errno)) return result
    if (result === ENOSPC || result === EDQUOT) throw this.#full(entry, result)
    return this.#fail(entry.path, result.message, entry.offset)
  }

  #full(entry: ArchiveEntry, errno: Errno): FormatError {
    return new FormatError(
      this.#format,
      `${quote(entry.path)}: the tree has no room for it (${errno.message}): give it a larger quota`,
      entry.offset,
    )
  }

  #fail(path: ByteString, problem: string, offset: number | undefined): never {
    throw new FormatError(this.#format, `${quote(path)}: ${problem}`, offset)
  }

  /** The directory that an option names, made where missing. */
  #place(at: string | number): number {
    const wrong = (problem: string): never => {
      throw new FormatError(
        this.#format,
        `at: ${typeof at === 'number' ? `inode ${at}` : JSON.stringify(at)} ${problem}`,
      )
    }
    if (typeof at === 'number') {
      if (!this.#fs.table.has(at)) wrong('is not there')
      const { kind, nlink } = this.#fs.get(at)
      if (kind !== 'directory') wrong(`is a ${kind}`)
      if (nlink === 0) wrong('was removed')
      return at
    }
    let dir = ROOT_INO
    for (const name of namesOf(this.#format, 'at', at)) {
      const child = this.#child(dir, name)
      if (child !== 0 && !this.#fs.get(child).isDirectory()) {
        wrong(`is no directory: ${quote(name)} is a ${this.#fs.get(child).kind}`)
      }
      const made = child !== 0 ? child : this.#fs.mkdirAt(dir, name, 'clamp', this.#now)
      if (made instanceof Errno) return wrong(`cannot be made: ${made.message}`)
      if (child === 0) this.#keepTime(made, undefined)
      dir = made
    }
    return dir
  }
}

/** The path of the directory that a path is in; empty for the root. */
function parentOf(path: ByteString): ByteString {
  return path.slice(0, Math.max(0, path.lastIndexOf('/'))) as ByteString
}

function lastName(path: ByteString): ByteString {
  return nameIn(path, path.lastIndexOf('/') + 1, path.length)
}
