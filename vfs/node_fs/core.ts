/** What all calls of the facade share: the tree, its clock, the open files, and the step from an errno to an error. */

import { type ByteString, textOf } from '../bytes.ts'
import { EBADF, EINVAL, ENOTSUP, ENXIO, Errno } from '../errno.ts'
import {
  type Filesystem,
  OPEN_CREATE,
  OPEN_DIRECTORY,
  OPEN_EXCLUSIVE,
  OPEN_NOFOLLOW,
  OPEN_TRUNCATE,
  OPEN_WRITE,
} from '../filesystem.ts'
import type { Inode, Instant } from '../inode.ts'
import { ROOT_INO } from '../inode_table.ts'
import type { Last } from '../walk.ts'
import { fdOf, type PathLike, pathOf, UMASK } from './arguments.ts'
import { constants } from './constants.ts'
import { systemError } from './errors.ts'
import { type OpenFile, OpenFiles } from './open_files.ts'

const { O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW } = constants
const ACCESS_MODE = 3
/** Flags that ask for another kind of descriptor than this facade has: `O_PATH` and `O_TMPFILE`. */
const UNSUPPORTED = 0o10000000 | 0o20000000

export class Core {
  readonly fs: Filesystem
  readonly files: OpenFiles = new OpenFiles()
  readonly now: () => Instant

  constructor(fs: Filesystem, now: () => Instant) {
    this.fs = fs
    this.now = now
  }

  /** The inode at a path. @throws NodeError of `syscall` */
  inodeAt(path: PathLike, last: Last, syscall: string): Readonly<Inode> {
    const name = pathOf(path)
    const ino = this.fs.lookup(ROOT_INO, name, last, 'clamp')
    if (ino instanceof Errno) throw systemError(ino, syscall, textOf(name))
    return this.fs.get(ino)
  }

  /** The open file of a descriptor. @throws NodeError EBADF of `syscall` */
  fileAt(fd: unknown, syscall: string): OpenFile {
    const file = this.files.get(fdOf(fd))
    if (file === undefined) throw systemError(EBADF, syscall)
    return file
  }

  /** Opens `path` as Linux does with these flags; a new file gets `mode` but for the umask. */
  open(path: ByteString, flags: number, mode: number): number | Errno {
    const access = flags & ACCESS_MODE
    if ((flags & UNSUPPORTED) !== 0) return ENOTSUP
    if ((flags & O_CREAT) !== 0 && (flags & O_DIRECTORY) !== 0) return EINVAL
    const asked =
      ((flags & O_CREAT) !== 0 ? OPEN_CREATE : 0) |
      ((flags & O_EXCL) !== 0 ? OPEN_EXCLUSIVE : 0) |
      ((flags & O_DIRECTORY) !== 0 ? OPEN_DIRECTORY : 0) |
      ((flags & O_NOFOLLOW) !== 0 ? OPEN_NOFOLLOW : 0) |
      ((flags & O_TRUNC) !== 0 ? OPEN_TRUNCATE : 0) |
      (access !== 0 ? OPEN_WRITE : 0)
    const now = this.now()
    const ino = this.fs.openAt(ROOT_INO, path, asked, 'clamp', now, mode & ~UMASK)
    if (ino instanceof Errno) return ino
    const inode = this.fs.get(ino)
    // Nothing drives devices, fifos and sockets here: that is the kernel's.
    if (!inode.isFile() && !inode.isDirectory()) return ENXIO
    if ((flags & O_TRUNC) !== 0) this.fs.truncate(ino, 0, now)
    this.fs.hold(ino)
    return this.files.add({
      ino,
      // With both bits set Linux gives a descriptor that may do neither.
      readable: access === 0 || access === O_RDWR,
      writable: access === O_WRONLY || access === O_RDWR,
      append: (flags & O_APPEND) !== 0,
      position: 0,
    })
  }

  close(fd: number): void {
    const file = this.fileAt(fd, 'close')
    this.files.remove(fd)
    this.fs.release(file.ino)
  }

  /** Throws what an operation of the tree returned as an errno; gives back all else. */
  done<T>(result: T | Errno, syscall: string, path?: ByteString, dest?: ByteString): T {
    if (!(result instanceof Errno)) return result
    throw systemError(
      result,
      syscall,
      path === undefined ? undefined : textOf(path),
      dest === undefined ? undefined : textOf(dest),
    )
  }
}
