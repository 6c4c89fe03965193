/** Calls that walk a path from a directory descriptor: open, stat, link, rename and the rest of the `…at` family. */

import type { ByteString } from '../vfs/bytes.ts'
import { EBADF, EINVAL, ENOTCAPABLE, ENOTDIR, ENXIO, EPERM, Errno } from '../vfs/errno.ts'
import { OPEN_CREATE, OPEN_TRUNCATE, OPEN_WRITE } from '../vfs/filesystem.ts'
import type { Inode, Instant, Kind } from '../vfs/inode.ts'
import { isAbsolute } from '../vfs/path.ts'
import { Blocked } from './blocked.ts'
import { DirectoryCursor } from './directory_cursor.ts'
import { Descriptor } from './fd_table.ts'
import { applyFlags, type StatusFlags } from './file_calls.ts'
import type { Kernel } from './kernel.ts'
import { visitShuffled } from './listing_order.ts'
import type { OpenFile } from './open_file.ts'
import { Pipe } from './pipe.ts'
import type { Process } from './process.ts'
import {
  RIGHT_FD_DATASYNC,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_READ,
  RIGHT_FD_READDIR,
  RIGHT_FD_SYNC,
  RIGHT_FD_WRITE,
  RIGHT_PATH_CREATE_DIRECTORY,
  RIGHT_PATH_CREATE_FILE,
  RIGHT_PATH_FILESTAT_GET,
  RIGHT_PATH_FILESTAT_SET_SIZE,
  RIGHT_PATH_FILESTAT_SET_TIMES,
  RIGHT_PATH_LINK_SOURCE,
  RIGHT_PATH_LINK_TARGET,
  RIGHT_PATH_OPEN,
  RIGHT_PATH_READLINK,
  RIGHT_PATH_REMOVE_DIRECTORY,
  RIGHT_PATH_RENAME_SOURCE,
  RIGHT_PATH_RENAME_TARGET,
  RIGHT_PATH_SYMLINK,
  RIGHT_PATH_UNLINK_FILE,
  RIGHTS_ALL,
  RIGHTS_DEVICE,
  RIGHTS_DIRECTORY,
  RIGHTS_FILE,
  RIGHTS_PIPE,
} from './rights.ts'

/** How to open: `OPEN_` flags of the tree, the description's flags, and the rights asked for. */
export interface OpenOptions {
  readonly flags: number
  readonly status: StatusFlags
  readonly base: number
  readonly inheriting: number
}

/** Opens `path`; the new descriptor's number. Nothing is made, cut or opened unless all checks have passed. */
export function openat(
  kernel: Kernel,
  process: Process,
  dirfd: number,
  path: ByteString,
  options: OpenOptions,
): number | Errno | Blocked {
  const { fs, clock } = kernel
  let needed = RIGHT_PATH_OPEN
  let flags = options.flags
  if ((flags & OPEN_CREATE) !== 0) needed |= RIGHT_PATH_CREATE_FILE
  if ((flags & OPEN_TRUNCATE) !== 0) needed |= RIGHT_PATH_FILESTAT_SET_SIZE
  const directory = directoryAt(process, dirfd, needed)
  if (directory instanceof Errno) return directory
  const { base, inheriting, status } = options
  if (((base | inheriting) & ~directory.inheriting) !== 0) return ENOTCAPABLE
  if ((status.sync || status.rsync) && (directory.inheriting & RIGHT_FD_SYNC) === 0) return ENOTCAPABLE
  if (status.dsync && (directory.inheriting & (RIGHT_FD_DATASYNC | RIGHT_FD_SYNC)) === 0) return ENOTCAPABLE
  const full = process.fds.room()
  if (full !== undefined) return full

  const readable = (base & RIGHT_FD_READ) !== 0
  const writable = (base & RIGHT_FD_WRITE) !== 0
  if (writable) flags |= OPEN_WRITE
  const ino = fs.openAt(directory.file.ino, path, flags, 'refuse', clock.realtime)
  if (ino instanceof Errno) return ino
  const inode = fs.get(ino)
  switch (inode.kind) {
    case 'file': {
      const file = kernel.describe('file', ino, readable, writable)
      if ((flags & OPEN_TRUNCATE) !== 0) fs.truncate(ino, 0, clock.realtime)
      return add(process, file, base & RIGHTS_FILE, inheriting, status)
    }
    case 'directory': {
      const file = kernel.describe('directory', ino, false, false)
      file.top = directory.file.top && ino === directory.file.ino
      return add(process, file, base & RIGHTS_DIRECTORY, inheriting, status)
    }
    case 'device':
      return openDevice(kernel, process, inode, options)
    case 'fifo':
      return openFifo(kernel, process, ino, readable, writable, options)
    default:
      // A socket has to be connected to, and a link is never the result of an open.
      return ENXIO
  }
}

/** Fills `kernel.status` with the inode at `path`. */
export function fstatat(
  kernel: Kernel,
  process: Process,
  dirfd: number,
  path: ByteString,
  follow: boolean,
): Errno | undefined {
  const directory = directoryAt(process, dirfd, RIGHT_PATH_FILESTAT_GET)
  if (directory instanceof Errno) return directory
  const ino = kernel.fs.lookup(directory.file.ino, path, follow ? 'follow' : 'nofollow', 'refuse')
  if (ino instanceof Errno) return ino
  kernel.status.ofInode(kernel.fs.get(ino))
  return undefined
}

/** Fills `kernel.status` with what is open. */
export function fstat(kernel: Kernel, process: Process, fd: number): Errno | undefined {
  const descriptor = process.fds.get(fd, RIGHT_FD_FILESTAT_GET)
  if (descriptor instanceof Errno) return descriptor
  const { file } = descriptor
  if (file.ino === 0) kernel.status.ofOpenFile(file)
  else kernel.status.ofInode(kernel.fs.get(file.ino))
  return undefined
}

export function mkdirat(kernel: Kernel, process: Process, dirfd: number, path: ByteString): Errno | undefined {
  const directory = directoryAt(process, dirfd, RIGHT_PATH_CREATE_DIRECTORY)
  if (directory instanceof Errno) return directory
  const made = kernel.fs.mkdirAt(directory.file.ino, path, 'refuse', kernel.clock.realtime)
  return made instanceof Errno ? made : undefined
}

/** Makes a link with the text `target`. EPERM for an absolute one: it would name what the descriptor does not give. */
export function symlinkat(
  kernel: Kernel,
  process: Process,
  target: ByteString,
  dirfd: number,
  path: ByteString,
): Errno | undefined {
  const directory = directoryAt(process, dirfd, RIGHT_PATH_SYMLINK)
  if (directory instanceof Errno) return directory
  if (isAbsolute(target)) return EPERM
  const made = kernel.fs.symlinkAt(target, directory.file.ino, path, 'refuse', kernel.clock.realtime)
  return made instanceof Errno ? made : undefined
}

export function readlinkat(kernel: Kernel, process: Process, dirfd: number, path: ByteString): ByteString | Errno {
  const directory = directoryAt(process, dirfd, RIGHT_PATH_READLINK)
  if (directory instanceof Errno) return directory
  return kernel.fs.readlinkAt(directory.file.ino, path, 'refuse')
}

/** Gives a file a second name; a link itself unless `follow`. */
export function linkat(
  kernel: Kernel,
  process: Process,
  oldFd: number,
  oldPath: ByteString,
  follow: boolean,
  newFd: number,
  newPath: ByteString,
): Errno | undefined {
  const from = directoryAt(process, oldFd, RIGHT_PATH_LINK_SOURCE)
  if (from instanceof Errno) return from
  const to = directoryAt(process, newFd, RIGHT_PATH_LINK_TARGET)
  if (to instanceof Errno) return to
  const last = follow ? 'follow' : 'nofollow'
  return kernel.fs.linkAt(from.file.ino, oldPath, last, to.file.ino, newPath, 'refuse', kernel.clock.realtime)
}

export function renameat(
  kernel: Kernel,
  process: Process,
  oldFd: number,
  oldPath: ByteString,
  newFd: number,
  newPath: ByteString,
): Errno | undefined {
  const from = directoryAt(process, oldFd, RIGHT_PATH_RENAME_SOURCE)
  if (from instanceof Errno) return from
  const to = directoryAt(process, newFd, RIGHT_PATH_RENAME_TARGET)
  if (to instanceof Errno) return to
  return kernel.fs.renameAt(from.file.ino, oldPath, to.file.ino, newPath, 'refuse', kernel.clock.realtime)
}

export function unlinkat(kernel: Kernel, process: Process, dirfd: number, path: ByteString): Errno | undefined {
  const directory = directoryAt(process, dirfd, RIGHT_PATH_UNLINK_FILE)
  if (directory instanceof Errno) return directory
  return kernel.fs.unlinkAt(directory.file.ino, path, 'refuse', kernel.clock.realtime)
}

export function rmdirat(kernel: Kernel, process: Process, dirfd: number, path: ByteString): Errno | undefined {
  const directory = directoryAt(process, dirfd, RIGHT_PATH_REMOVE_DIRECTORY)
  if (directory instanceof Errno) return directory
  return kernel.fs.rmdirAt(directory.file.ino, path, 'refuse', kernel.clock.realtime)
}

/** Sets the times of the inode at `path`; `undefined` leaves one as it is. */
export function utimensat(
  kernel: Kernel,
  process: Process,
  dirfd: number,
  path: ByteString,
  follow: boolean,
  atim: Instant | undefined,
  mtim: Instant | undefined,
): Errno | undefined {
  const directory = directoryAt(process, dirfd, RIGHT_PATH_FILESTAT_SET_TIMES)
  if (directory instanceof Errno) return directory
  const ino = kernel.fs.lookup(directory.file.ino, path, follow ? 'follow' : 'nofollow', 'refuse')
  if (ino instanceof Errno) return ino
  kernel.fs.setTimes(ino, atim, mtim, kernel.clock.realtime)
  return undefined
}

/** One entry of a listing; returning false ends it. `next` is the cookie to go on with after this entry. */
export type Emit = (name: ByteString, ino: number, kind: Kind, next: number) => boolean

const DOT = 1
const DOT_DOT = 2

/**
 * Lists a directory from `cookie` (0 is the start): `.`, `..`, then the names in byte order, or in that of
 * `process.listing`. A removed directory has no entries at all. EINVAL for a cookie that this description did not give out.
 */
export function getdents(kernel: Kernel, process: Process, fd: number, cookie: number, emit: Emit): Errno | undefined {
  const descriptor = directoryAt(process, fd, RIGHT_FD_READDIR)
  if (descriptor instanceof Errno) return descriptor
  const { fs } = kernel
  const { file } = descriptor
  const inode = fs.get(file.ino)
  if (!inode.isDirectory()) return ENOTDIR
  if (file.cursor === undefined) file.cursor = new DirectoryCursor()
  const { cursor } = file
  const after = cookie <= DOT_DOT ? '' : cursor.nameOf(cookie)
  if (after === undefined || cookie < 0) return EINVAL
  if (inode.nlink === 0) return undefined
  if (cookie < DOT && !emit('.' as ByteString, file.ino, 'directory', DOT)) return undefined
  const parent = file.top ? file.ino : inode.body.parent
  if (cookie < DOT_DOT && !emit('..' as ByteString, parent, 'directory', DOT_DOT)) return undefined
  const { size } = inode.body
  const visit = (name: ByteString, ino: number): boolean =>
    emit(name, ino, fs.get(ino).kind, cursor.cookieOf(name, size))
  if (process.listing === undefined) inode.body.visit(after, visit)
  else visitShuffled(inode.body, process.listing, after, visit)
  return undefined
}

/** The directory descriptor to walk from. ENOTDIR for anything else, whatever its rights. */
function directoryAt(process: Process, fd: number, rights: number): Descriptor | Errno {
  const descriptor = process.fds.at(fd)
  if (descriptor === undefined) return EBADF
  if (descriptor.file.kind !== 'directory') return ENOTDIR
  return (descriptor.base & rights) === rights ? descriptor : ENOTCAPABLE
}

function add(process: Process, file: OpenFile, base: number, inheriting: number, flags: StatusFlags): number {
  applyFlags(file, flags)
  return process.fds.add(new Descriptor(file, base, inheriting & RIGHTS_ALL))
}

/** The standard streams by name are the descriptions that the process has open there, as /proc/self/fd gives them. */
function openDevice(kernel: Kernel, process: Process, inode: Readonly<Inode>, options: OpenOptions): number | Errno {
  if (!inode.isDevice()) return ENXIO
  const stream = streamOf(process, inode.body)
  if (stream === 0) return ENXIO
  if (stream !== undefined) {
    return process.fds.add(new Descriptor(stream.file, stream.base & options.base, stream.inheriting))
  }
  const { base, inheriting } = options
  const file = kernel.describe('device', inode.ino, (base & RIGHT_FD_READ) !== 0, (base & RIGHT_FD_WRITE) !== 0)
  file.device = inode.body
  return add(process, file, base & RIGHTS_DEVICE, inheriting, options.status)
}

/** The descriptor behind a device that is a name for one; 0 where it is not open; `undefined` for other devices. */
function streamOf(process: Process, device: string): Descriptor | 0 | undefined {
  if (device === 'stdin') return process.fds.at(0) ?? 0
  if (device === 'stdout') return process.fds.at(1) ?? 0
  if (device === 'stderr') return process.fds.at(2) ?? 0
  if (device !== 'tty') return undefined
  return [0, 1, 2].map((fd) => process.fds.at(fd)).find((descriptor) => descriptor?.file.terminal === true) ?? 0
}

/** As Linux: reading waits for a writer and writing for a reader, unless O_NONBLOCK; for both it never waits. */
function openFifo(
  kernel: Kernel,
  process: Process,
  ino: number,
  readable: boolean,
  writable: boolean,
  options: OpenOptions,
): number | Errno | Blocked {
  const pipe = kernel.fifos.get(ino) ?? new Pipe(ino)
  if (readable !== writable && !options.status.nonblock) {
    if (readable ? pipe.writers === 0 : pipe.readers === 0) return new Blocked([], undefined)
  } else if (writable && !readable && pipe.readers === 0) return ENXIO
  kernel.fifos.set(ino, pipe)
  const file = kernel.describe('fifo', ino, readable, writable)
  file.pipe = pipe
  if (readable) pipe.readers++
  if (writable) pipe.writers++
  return add(process, file, options.base & RIGHTS_PIPE, options.inheriting, options.status)
}
