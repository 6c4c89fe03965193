/** Calls on names: directories, links, metadata, rename and remove. */

import { type ByteString, textOf } from '../bytes.ts'
import { EACCES, EEXIST, EISDIR, ENOENT, ENOSPC, ENOTDIR, ENOTEMPTY, EPERM, Errno } from '../errno.ts'
import type { Inode } from '../inode.ts'
import { ROOT_INO } from '../inode_table.ts'

import {
  booleanOf,
  integerOf,
  type Mode,
  modeOf,
  optionsOf,
  type PathLike,
  pathOf,
  type TimeLike,
  timeOf,
  UMASK,
} from './arguments.ts'
import { constants } from './constants.ts'
import { type CopyOptions, copyTree } from './copy_tree.ts'
import type { Core } from './core.ts'
import { Dir } from './dir.ts'
import { encodeName, encodingOf, type TextEncoding } from './encoding.ts'
import { ruleError, systemError } from './errors.ts'
import type { FileCalls, StatOptions } from './file_calls.ts'
import { realPath } from './real_path.ts'
import { emptyDirectory } from './remove_tree.ts'
import { BigIntStats, Dirent, Stats } from './stats.ts'

export interface MkdirOptions {
  readonly recursive?: boolean | undefined
  readonly mode?: Mode | null | undefined
}

export interface ReaddirOptions {
  readonly encoding?: TextEncoding | 'buffer' | null | undefined
  readonly withFileTypes?: boolean | undefined
  /** Also what is in the directories below; symbolic links are listed, never entered. */
  readonly recursive?: boolean | undefined
}

export interface RmOptions {
  readonly recursive?: boolean | undefined
  /** Nothing there is no error. */
  readonly force?: boolean | undefined
  readonly maxRetries?: number | undefined
  readonly retryDelay?: number | undefined
}

export interface NameOptions {
  readonly encoding?: TextEncoding | 'buffer' | null | undefined
}

export class TreeCalls {
  readonly #core: Core
  readonly #files: FileCalls
  /** As in node the `native` form is a property; here both are the same. */
  readonly realpathSync: ((path: PathLike, options?: NameOptions | TextEncoding | null) => string) & {
    readonly native: (path: PathLike, options?: NameOptions | TextEncoding | null) => string
  }

  constructor(core: Core, files: FileCalls) {
    this.#core = core
    this.#files = files
    const realpath = (path: PathLike, options?: NameOptions | TextEncoding | null) => this.#realpath(path, options)
    this.realpathSync = Object.assign(realpath, { native: realpath })
  }

  /** Makes a directory; with `recursive` its parents too, giving the first that was made. */
  mkdirSync(path: PathLike, options: MkdirOptions & { readonly recursive: true }): string | undefined
  mkdirSync(path: PathLike, options?: Mode | (MkdirOptions & { readonly recursive?: false | undefined }) | null): void
  mkdirSync(path: PathLike, options?: Mode | MkdirOptions | null): string | undefined
  mkdirSync(path: PathLike, options?: Mode | MkdirOptions | null): string | undefined {
    const { recursive, mode } =
      typeof options === 'object' && options !== null ? options : { recursive: false, mode: options }
    const name = pathOf(path)
    const bits = modeOf(mode, 0o777) & ~UMASK
    if (booleanOf(recursive, 'options.recursive', false)) return this.#mkdirs(name, bits)
    this.#core.done(this.#core.fs.mkdirAt(ROOT_INO, name, 'clamp', this.#core.now(), bits), 'mkdir', name)
    return undefined
  }

  /** Makes a directory whose name is `prefix` and six characters that are the same for the same history of the tree. */
  mkdtempSync(prefix: PathLike, options?: NameOptions | TextEncoding | null): string {
    const { encoding } = optionsOf<NameOptions>(options)
    encodingOf(encoding)
    const start = pathOf(prefix, 'prefix')
    const { fs } = this.#core
    for (let n = fs.table.nextIno; ; n++) {
      const name = (start + n.toString(36).padStart(6, '0').slice(-6)) as ByteString
      const made = fs.mkdirAt(ROOT_INO, name, 'clamp', this.#core.now(), 0o700)
      if (made === EEXIST) continue
      this.#core.done(made, 'mkdtemp', `${start}XXXXXX` as ByteString)
      return encodeName(name, encoding) as string
    }
  }

  /** Names in byte order. With `recursive`, paths from `path`, one directory after the other. */
  readdirSync(
    path: PathLike,
    options?:
      | (ReaddirOptions & {
          readonly withFileTypes?: false | undefined
          readonly encoding?: TextEncoding | null | undefined
        })
      | TextEncoding
      | null,
  ): string[]
  readdirSync(
    path: PathLike,
    options: (ReaddirOptions & { readonly withFileTypes?: false | undefined; readonly encoding: 'buffer' }) | 'buffer',
  ): Uint8Array[]
  readdirSync(
    path: PathLike,
    options: ReaddirOptions & { readonly withFileTypes: true; readonly encoding?: TextEncoding | null | undefined },
  ): Dirent[]
  readdirSync(
    path: PathLike,
    options: ReaddirOptions & { readonly withFileTypes: true; readonly encoding: 'buffer' },
  ): Dirent<Uint8Array>[]
  readdirSync(
    path: PathLike,
    options?: ReaddirOptions | string | null,
  ): (string | Uint8Array | Dirent<string | Uint8Array>)[] {
    const { encoding, withFileTypes, recursive } = optionsOf<ReaddirOptions>(options)
    encodingOf(encoding)
    const types = booleanOf(withFileTypes, 'options.withFileTypes', false)
    const deep = booleanOf(recursive, 'options.recursive', false)
    const name = pathOf(path)
    const inode = this.#core.inodeAt(path, 'follow', 'scandir')
    if (!inode.isDirectory()) throw systemError(ENOTDIR, 'scandir', textOf(name))
    const { fs } = this.#core
    const found: (string | Uint8Array | Dirent<string | Uint8Array>)[] = []
    const asText = (encodingOf(encoding) ?? 'utf8') === 'utf8' && encoding !== 'buffer'
    const base = textOf(name)
    // Paths grow by adding to their ends, which engines do without a copy: a deep tree is not quadratic.
    const queue: Listing[] = [
      { ino: inode.ino, prefix: '', parent: base, below: base.endsWith('/') ? base : `${base}/` },
    ]
    // A queue read by index: shift() would make a long one quadratic.
    for (let next = 0; next < queue.length; next++) {
      const { ino, prefix, parent, below } = queue[next] as Listing
      const directory = fs.get(ino)
      if (!directory.isDirectory()) continue
      directory.body.visit('', (entry, child) => {
        const { kind } = fs.get(child)
        if (types) found.push(new Dirent(encodeName(entry, encoding), parent, kind))
        else found.push(asText ? prefix + textOf(entry) : encodeName((prefix + entry) as ByteString, encoding))
        if (deep && kind === 'directory') {
          const text = asText ? textOf(entry) : entry
          queue.push({ ino: child, prefix: `${prefix}${text}/`, parent: below + text, below: `${below}${text}/` })
        }
        return true
      })
    }
    return found
  }

  /** A directory to read entry by entry; it stays valid while entries come and go. */
  opendirSync(
    path: PathLike,
    options?: { readonly encoding?: TextEncoding | null | undefined; readonly bufferSize?: number | undefined },
  ): Dir {
    const { encoding } = optionsOf<NameOptions>(options)
    encodingOf(encoding)
    const name = pathOf(path)
    const inode = this.#core.inodeAt(path, 'follow', 'opendir')
    if (!inode.isDirectory()) throw systemError(ENOTDIR, 'opendir', textOf(name))
    return new Dir(this.#core.fs, inode.ino, textOf(name), encoding)
  }

  statSync(
    path: PathLike,
    options?: StatOptions & { readonly bigint?: false | undefined; readonly throwIfNoEntry?: true | undefined },
  ): Stats
  statSync(
    path: PathLike,
    options: StatOptions & { readonly bigint: true; readonly throwIfNoEntry?: true | undefined },
  ): BigIntStats
  statSync(path: PathLike, options: StatOptions & { readonly bigint?: false | undefined }): Stats | undefined
  statSync(path: PathLike, options?: StatOptions): Stats | BigIntStats | undefined
  statSync(path: PathLike, options?: StatOptions): Stats | BigIntStats | undefined {
    return this.#stat(path, 'follow', 'stat', options)
  }

  lstatSync(
    path: PathLike,
    options?: StatOptions & { readonly bigint?: false | undefined; readonly throwIfNoEntry?: true | undefined },
  ): Stats
  lstatSync(
    path: PathLike,
    options: StatOptions & { readonly bigint: true; readonly throwIfNoEntry?: true | undefined },
  ): BigIntStats
  lstatSync(path: PathLike, options: StatOptions & { readonly bigint?: false | undefined }): Stats | undefined
  lstatSync(path: PathLike, options?: StatOptions): Stats | BigIntStats | undefined
  lstatSync(path: PathLike, options?: StatOptions): Stats | BigIntStats | undefined {
    return this.#stat(path, 'nofollow', 'lstat', options)
  }

  /** Whether something is there, links followed; never throws. */
  existsSync(path: PathLike): boolean {
    try {
      return !(this.#core.fs.lookup(ROOT_INO, pathOf(path), 'follow', 'clamp') instanceof Errno)
    } catch {
      return false
    }
  }

  /** Whether it may be used: as for Linux's root, all may but running what has no x bit. */
  accessSync(path: PathLike, mode: number = constants.F_OK): void {
    integerOf(mode, 'mode', 0, 7)
    const inode = this.#core.inodeAt(path, 'follow', 'access')
    const runs = inode.isDirectory() || (inode.mode & 0o111) !== 0
    if ((mode & constants.X_OK) !== 0 && !runs) throw systemError(EACCES, 'access', textOf(pathOf(path)))
  }

  chmodSync(path: PathLike, mode: Mode): void {
    pathOf(path)
    const bits = modeOf(mode, 0)
    this.#core.fs.setMode(this.#core.inodeAt(path, 'follow', 'chmod').ino, bits, this.#core.now())
  }

  /** Accepts any owner and keeps none: every inode is owned by user 0. */
  chownSync(path: PathLike, uid: number, gid: number): void {
    integerOf(uid, 'uid', -1, 2 ** 32 - 1)
    integerOf(gid, 'gid', -1, 2 ** 32 - 1)
    this.#core.inodeAt(path, 'follow', 'chown')
  }

  /** As `chownSync`, of a link itself. */
  lchownSync(path: PathLike, uid: number, gid: number): void {
    integerOf(uid, 'uid', -1, 2 ** 32 - 1)
    integerOf(gid, 'gid', -1, 2 ** 32 - 1)
    this.#core.inodeAt(path, 'nofollow', 'lchown')
  }

  utimesSync(path: PathLike, atime: TimeLike, mtime: TimeLike): void {
    this.#utimes(path, atime, mtime, 'follow', 'utime')
  }

  lutimesSync(path: PathLike, atime: TimeLike, mtime: TimeLike): void {
    this.#utimes(path, atime, mtime, 'nofollow', 'lutime')
  }

  linkSync(existing: PathLike, path: PathLike): void {
    const [from, to] = [pathOf(existing, 'existingPath'), pathOf(path, 'newPath')]
    const fault = this.#core.fs.linkAt(ROOT_INO, from, 'nofollow', ROOT_INO, to, 'clamp', this.#core.now())
    this.#core.done(fault, 'link', from, to)
  }

  /** The text is stored as given; `type` is for other systems and is not looked at. */
  symlinkSync(target: PathLike, path: PathLike, _type?: string | null): void {
    const [text, name] = [pathOf(target, 'target'), pathOf(path)]
    this.#core.done(this.#core.fs.symlinkAt(text, ROOT_INO, name, 'clamp', this.#core.now()), 'symlink', text, name)
  }

  readlinkSync(path: PathLike, options?: NameOptions | TextEncoding | null): string {
    const { encoding } = optionsOf<NameOptions>(options)
    const name = pathOf(path)
    return encodeName(
      this.#core.done(this.#core.fs.readlinkAt(ROOT_INO, name, 'clamp'), 'readlink', name),
      encoding,
    ) as string
  }

  renameSync(oldPath: PathLike, newPath: PathLike): void {
    const [from, to] = [pathOf(oldPath, 'oldPath'), pathOf(newPath, 'newPath')]
    const fault = this.#core.fs.renameAt(ROOT_INO, from, ROOT_INO, to, 'clamp', this.#core.now())
    this.#core.done(fault, 'rename', from, to)
  }

  unlinkSync(path: PathLike): void {
    const name = pathOf(path)
    this.#core.done(this.#core.fs.unlinkAt(ROOT_INO, name, 'clamp', this.#core.now()), 'unlink', name)
  }

  rmdirSync(path: PathLike, options?: { readonly recursive?: boolean | undefined }): void {
    const name = pathOf(path)
    const recursive = booleanOf(options?.recursive, 'options.recursive', false)
    if (recursive && this.#core.inodeAt(path, 'nofollow', 'lstat').isDirectory()) this.#rimraf(name)
    else this.#core.done(this.#core.fs.rmdirAt(ROOT_INO, name, 'clamp', this.#core.now()), 'rmdir', name)
  }

  rmSync(path: PathLike, options: RmOptions = {}): void {
    const recursive = booleanOf(options.recursive, 'options.recursive', false)
    const force = booleanOf(options.force, 'options.force', false)
    const name = pathOf(path)
    if (!force || !recursive) {
      const ino = this.#core.fs.lookup(ROOT_INO, name, 'nofollow', 'clamp')
      if (ino === ENOENT && force) return
      if (this.#core.fs.get(this.#core.done(ino, 'lstat', name)).isDirectory() && !recursive) {
        throw ruleError('ERR_FS_EISDIR', 'Path is a directory', EISDIR, 'rm', textOf(name), 'is a directory')
      }
    }
    this.#rimraf(name)
  }

  /**
   * Copies a file, a link, or with `recursive` a tree, by node's rules (a relative link is made absolute unless
   * `verbatimSymlinks` is set). Devices are made anew; fifos and sockets are refused.
   */
  cpSync(src: PathLike, dest: PathLike, options: CopyOptions = {}): void {
    const [from, to] = [pathOf(src, 'src'), pathOf(dest, 'dest')]
    copyTree(this.#core, this.#files, from, to, options, (parent) => this.#mkdirs(parent, 0o755))
  }

  #stat(
    path: PathLike,
    last: 'follow' | 'nofollow',
    syscall: string,
    options: StatOptions = {},
  ): Stats | BigIntStats | undefined {
    const name = pathOf(path)
    const ino = this.#core.fs.lookup(ROOT_INO, name, last, 'clamp')
    if (ino === ENOENT && options.throwIfNoEntry === false) return undefined
    const inode: Readonly<Inode> = this.#core.fs.get(this.#core.done(ino, syscall, name))
    return options.bigint === true ? new BigIntStats(inode) : new Stats(inode)
  }

  #utimes(path: PathLike, atime: TimeLike, mtime: TimeLike, last: 'follow' | 'nofollow', syscall: string): void {
    pathOf(path)
    const now = this.#core.now()
    const [atim, mtim] = [timeOf(atime, now), timeOf(mtime, now)]
    this.#core.fs.setTimes(this.#core.inodeAt(path, last, syscall).ino, atim, mtim, now)
  }

  #realpath(path: PathLike, options?: NameOptions | TextEncoding | null): string {
    const { encoding } = optionsOf<NameOptions>(options)
    const name = pathOf(path)
    return encodeName(this.#core.done(realPath(this.#core.fs, name), 'realpath', name), encoding) as string
  }

  /** As libuv's users do it: try the whole, and on ENOENT the parent first. Gives the first that was made. */
  #mkdirs(path: ByteString, mode: number): string | undefined {
    const { fs } = this.#core
    const todo = [path]
    let first: string | undefined
    for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
      const made = fs.mkdirAt(ROOT_INO, name, 'clamp', this.#core.now(), mode)
      if (!(made instanceof Errno)) {
        first ??= textOf(name)
        continue
      }
      if (made === ENOENT && name.length > 0) {
        const parent = name.slice(0, Math.max(0, name.lastIndexOf('/'))) as ByteString
        // A link to nowhere is missing and cannot be made: no parent would help.
        if (parent !== '' && fs.lookup(ROOT_INO, parent, 'follow', 'clamp') === ENOENT) {
          if (fs.lookup(ROOT_INO, parent, 'nofollow', 'clamp') !== ENOENT)
            throw systemError(ENOENT, 'mkdir', textOf(path))
          todo.push(name, parent)
          continue
        }
      }
      if (made === ENOSPC || made === ENOTDIR || made === EPERM) throw systemError(made, 'mkdir', textOf(path))
      const there = fs.lookup(ROOT_INO, name, 'follow', 'clamp')
      if (there instanceof Errno) throw systemError(there, 'mkdir', textOf(path))
      if (!fs.get(there).isDirectory()) {
        throw systemError(todo.length > 0 ? ENOTDIR : EEXIST, 'mkdir', textOf(path))
      }
    }
    return first
  }

  /** Removes whatever a path names; nothing there is no error. */
  #rimraf(path: ByteString): void {
    const { fs } = this.#core
    const ino = fs.lookup(ROOT_INO, path, 'nofollow', 'clamp')
    if (ino === ENOENT) return
    const now = this.#core.now()
    if (ino instanceof Errno || !fs.get(ino).isDirectory()) {
      this.#core.done(fs.unlinkAt(ROOT_INO, path, 'clamp', now), 'unlink', path)
      return
    }
    const fault = fs.rmdirAt(ROOT_INO, path, 'clamp', now)
    if (fault !== ENOTEMPTY) {
      this.#core.done(fault, 'rmdir', path)
      return
    }
    emptyDirectory(fs, ino, now)
    // The path may have led through what is gone now, as `dir/sub/..` does.
    const rest = fs.rmdirAt(ROOT_INO, path, 'clamp', now)
    if (rest !== ENOENT) this.#core.done(rest, 'rmdir', path)
  }
}

/** A directory that `readdir` is still to list: the path of its entries from the first, its own, and its own with a slash. */
interface Listing {
  readonly ino: number
  readonly prefix: string
  readonly parent: string
  readonly below: string
}
