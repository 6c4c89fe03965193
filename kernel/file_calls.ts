/** Calls on a descriptor: read, write, seek, and what else `unistd.h` does with a number. */

import {
  EAGAIN,
  EBADF,
  EINVAL,
  EIO,
  EISDIR,
  ENODEV,
  ENOSPC,
  ENOTCAPABLE,
  ENOTCONN,
  ENOTSUP,
  EOVERFLOW,
  EPIPE,
  Errno,
  ESPIPE,
} from '../vfs/errno.ts'
import type { FileInode, Instant } from '../vfs/inode.ts'
import { FILE_SIZE_MAX } from '../vfs/limits.ts'
import { Blocked } from './blocked.ts'
import type { Descriptor } from './fd_table.ts'
import type { IoVec } from './iovec.ts'
import type { Kernel } from './kernel.ts'
import type { OpenFile } from './open_file.ts'
import { PIPE_BUF, type Pipe } from './pipe.ts'
import type { Process } from './process.ts'
import {
  RIGHT_FD_ADVISE,
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_DATASYNC,
  RIGHT_FD_FDSTAT_SET_FLAGS,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_FILESTAT_SET_TIMES,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_SYNC,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
} from './rights.ts'
import type { PeerSink, Socket } from './socket.ts'

/** Reads into the ranges at the offset, which moves; how many bytes. 0 at the end. */
export function readv(kernel: Kernel, process: Process, fd: number, iov: IoVec): number | Errno | Blocked {
  const descriptor = process.fds.get(fd, RIGHT_FD_READ)
  if (descriptor instanceof Errno) return onDirectory(process, fd, EISDIR) ?? onListener(process, fd) ?? descriptor
  const { file } = descriptor
  switch (file.kind) {
    case 'file': {
      const done = readFile(kernel, file, iov, file.offset)
      file.offset += done
      return done
    }
    case 'directory':
      return EISDIR
    case 'device':
      return readDevice(process, file, iov)
    case 'input':
      return scatter(iov, (start, length) => file.input?.read(iov.buffer, start, length) ?? 0)
    case 'output':
    case 'listener':
      return file.kind === 'listener' ? ENOTCONN : EBADF
    case 'pipe':
    case 'fifo':
      return readPipe(file, file.pipe as Pipe, iov, fd)
    case 'socket':
      return receive(file, iov, fd, false)
  }
}

/** Writes the ranges at the offset (at the end with append), which moves; how many bytes. */
export function writev(kernel: Kernel, process: Process, fd: number, iov: IoVec): number | Errno | Blocked {
  const descriptor = process.fds.get(fd, RIGHT_FD_WRITE)
  if (descriptor instanceof Errno) return onDirectory(process, fd, EBADF) ?? onListener(process, fd) ?? descriptor
  const { file } = descriptor
  switch (file.kind) {
    case 'file': {
      // No bytes move nothing, not even an appending offset to the end.
      if (iov.total === 0) return 0
      const at = file.append ? (kernel.fs.get(file.ino) as FileInode).body.size : file.offset
      const done = writeFile(kernel, file, iov, at)
      if (!(done instanceof Errno)) file.offset = at + done
      return done
    }
    case 'directory':
      return EISDIR
    case 'device':
      return file.device === 'full' && iov.total > 0 ? ENOSPC : iov.total
    case 'output':
      return writeOutput(kernel, process, file, iov)
    case 'input':
    case 'listener':
      return file.kind === 'listener' ? ENOTCONN : EBADF
    case 'pipe':
    case 'fifo':
      return writePipe(kernel, process, file, file.pipe as Pipe, iov, fd)
    case 'socket':
      return send(process, file, iov, fd)
  }
}

/** Reads at `offset`, which the description's does not follow. ESPIPE where there is no position. */
export function preadv(kernel: Kernel, process: Process, fd: number, iov: IoVec, offset: number): number | Errno {
  const descriptor = positioned(process, fd, RIGHT_FD_READ | RIGHT_FD_SEEK, EISDIR)
  if (descriptor instanceof Errno) return descriptor
  if (offset < 0) return EINVAL
  const { file } = descriptor
  return file.kind === 'device' ? readDevice(process, file, iov) : readFile(kernel, file, iov, offset)
}

/** Writes at `offset`, or, with append, at the end as Linux does; the description's offset stays. */
export function pwritev(kernel: Kernel, process: Process, fd: number, iov: IoVec, offset: number): number | Errno {
  const descriptor = positioned(process, fd, RIGHT_FD_WRITE | RIGHT_FD_SEEK, EBADF)
  if (descriptor instanceof Errno) return descriptor
  if (offset < 0) return EINVAL
  const { file } = descriptor
  if (file.kind === 'device') return file.device === 'full' && iov.total > 0 ? ENOSPC : iov.total
  const at = file.append ? (kernel.fs.get(file.ino) as FileInode).body.size : offset
  return writeFile(kernel, file, iov, at)
}

export type Whence = 'set' | 'current' | 'end'

/** Moves the offset; the new one. EINVAL where it would be negative, EOVERFLOW over the largest, ESPIPE on a stream. */
export function lseek(kernel: Kernel, process: Process, fd: number, delta: number, whence: Whence): number | Errno {
  const asks = delta === 0 && whence === 'current'
  // Whoever may seek may ask where, as preview1 says.
  const mayTell = asks && ((process.fds.at(fd)?.base ?? 0) & RIGHT_FD_TELL) !== 0
  const descriptor = positioned(process, fd, mayTell ? RIGHT_FD_TELL : RIGHT_FD_SEEK, EISDIR)
  if (descriptor instanceof Errno) return descriptor
  const { file } = descriptor
  if (file.kind === 'device') return 0
  const from =
    whence === 'set' ? 0 : whence === 'current' ? file.offset : (kernel.fs.get(file.ino) as FileInode).body.size
  const to = from + delta
  if (to < 0) return EINVAL
  if (to > FILE_SIZE_MAX) return EOVERFLOW
  file.offset = to
  return to
}

export function close(kernel: Kernel, process: Process, fd: number): Errno | undefined {
  if (process.fds.at(fd) === undefined) return EBADF
  kernel.close(process, fd)
  return undefined
}

/** Moves the descriptor `from` over `to`, as dup2 and close; both have to be open, as preview1 says. */
export function renumber(kernel: Kernel, process: Process, from: number, to: number): Errno | undefined {
  const moved = process.fds.at(from)
  const replaced = process.fds.at(to)
  if (moved === undefined || replaced === undefined) return EBADF
  if (from === to) return undefined
  process.fds.remove(from)
  process.fds.replace(to, moved)
  kernel.dropReference(replaced.file)
  return undefined
}

/** Gives rights up. ENOTCAPABLE where one is asked for that the descriptor does not have. */
export function setRights(process: Process, fd: number, base: number, inheriting: number): Errno | undefined {
  const descriptor = process.fds.at(fd)
  if (descriptor === undefined) return EBADF
  if ((base & ~descriptor.base) !== 0 || (inheriting & ~descriptor.inheriting) !== 0) return ENOTCAPABLE
  descriptor.base = base
  descriptor.inheriting = inheriting
  return undefined
}

export interface StatusFlags {
  readonly append: boolean
  readonly nonblock: boolean
  readonly dsync: boolean
  readonly rsync: boolean
  readonly sync: boolean
}

/** Sets the flags of the description. */
export function setFlags(process: Process, fd: number, flags: StatusFlags): Errno | undefined {
  const descriptor = process.fds.get(fd, RIGHT_FD_FDSTAT_SET_FLAGS)
  if (descriptor instanceof Errno) return descriptor
  applyFlags(descriptor.file, flags)
  return undefined
}

export function applyFlags(file: OpenFile, flags: StatusFlags): void {
  file.append = flags.append
  file.nonblock = flags.nonblock
  file.dsync = flags.dsync
  file.rsync = flags.rsync
  file.sync = flags.sync
}

/** Says that what was written is to last. Memory keeps all that it has, so there is nothing to do but the checks. */
export function fsync(process: Process, fd: number, dataOnly: boolean): Errno | undefined {
  if (onStream(process, fd) !== undefined) return EINVAL
  const descriptor = process.fds.get(fd, dataOnly ? RIGHT_FD_DATASYNC : RIGHT_FD_SYNC)
  return descriptor instanceof Errno ? descriptor : undefined
}

export function ftruncate(kernel: Kernel, process: Process, fd: number, size: number): Errno | undefined {
  const descriptor = process.fds.get(fd, RIGHT_FD_FILESTAT_SET_SIZE)
  if (descriptor instanceof Errno) return onDirectory(process, fd, EISDIR) ?? onOther(process, fd, EINVAL) ?? descriptor
  return kernel.fs.truncate(descriptor.file.ino, size, kernel.clock.realtime)
}

/** Gives a range of a file its blocks, growing it; EINVAL for no length, ENOSPC with nothing changed. */
export function fallocate(
  kernel: Kernel,
  process: Process,
  fd: number,
  offset: number,
  length: number,
): Errno | undefined {
  const descriptor = process.fds.get(fd, RIGHT_FD_ALLOCATE)
  if (descriptor instanceof Errno) {
    return onStream(process, fd) ?? onDirectory(process, fd, EISDIR) ?? onOther(process, fd, ENODEV) ?? descriptor
  }
  return kernel.fs.allocate(descriptor.file.ino, offset, length, kernel.clock.realtime)
}

/** Advice about a range is checked and has no effect: all is in memory. */
export function fadvise(process: Process, fd: number, offset: number, length: number): Errno | undefined {
  const descriptor = process.fds.get(fd, RIGHT_FD_ADVISE)
  if (descriptor instanceof Errno) return onStream(process, fd) ?? descriptor
  return offset < 0 || length < 0 ? EINVAL : undefined
}

/** Sets the times of what is open; `undefined` leaves one as it is. */
export function futimens(
  kernel: Kernel,
  process: Process,
  fd: number,
  atim: Instant | undefined,
  mtim: Instant | undefined,
): Errno | undefined {
  const descriptor = process.fds.get(fd, RIGHT_FD_FILESTAT_SET_TIMES)
  if (descriptor instanceof Errno) return descriptor
  if (descriptor.file.ino === 0) return ENOTSUP
  kernel.fs.setTimes(descriptor.file.ino, atim, mtim, kernel.clock.realtime)
  return undefined
}

/** A descriptor of something that has a position. ESPIPE for a stream, `directory` for a directory. */
function positioned(process: Process, fd: number, rights: number, directory: Errno): Descriptor | Errno {
  const found = process.fds.at(fd)
  // What nearly every call finds.
  if (found !== undefined && found.file.kind === 'file' && (found.base & rights) === rights) return found
  const stream = onStream(process, fd)
  if (stream !== undefined) return stream
  const descriptor = process.fds.get(fd, rights)
  if (descriptor instanceof Errno) return onDirectory(process, fd, directory) ?? descriptor
  return descriptor.file.kind === 'directory' ? directory : descriptor
}

function onStream(process: Process, fd: number): Errno | undefined {
  const kind = process.fds.at(fd)?.file.kind
  return kind === undefined || kind === 'file' || kind === 'directory' || kind === 'device' ? undefined : ESPIPE
}

function onDirectory(process: Process, fd: number, errno: Errno): Errno | undefined {
  return process.fds.at(fd)?.file.kind === 'directory' ? errno : undefined
}

function onListener(process: Process, fd: number): Errno | undefined {
  return process.fds.at(fd)?.file.kind === 'listener' ? ENOTCONN : undefined
}

/** `errno` for what is open for writing and has no size: only a regular file ever has the rights to change it. */
function onOther(process: Process, fd: number, errno: Errno): Errno | undefined {
  const file = process.fds.at(fd)?.file
  return file === undefined || file.kind === 'file' || !file.writable ? undefined : errno
}

function readFile(kernel: Kernel, file: OpenFile, iov: IoVec, offset: number): number {
  let done = 0
  for (let i = 0; i < iov.count; i++) {
    const length = iov.lengths[i] as number
    const part = kernel.fs.read(file.ino, offset + done, iov.buffer, iov.starts[i] as number, length)
    done += part
    if (part < length) break
  }
  return done
}

function writeFile(kernel: Kernel, file: OpenFile, iov: IoVec, offset: number): number | Errno {
  let done = 0
  for (let i = 0; i < iov.count; i++) {
    const length = iov.lengths[i] as number
    const start = iov.starts[i] as number
    const part = kernel.fs.write(file.ino, offset + done, iov.buffer, start, length, kernel.clock.realtime)
    if (part instanceof Errno) return done > 0 ? done : part
    done += part
    if (part < length) break
  }
  return done
}

function readDevice(process: Process, file: OpenFile, iov: IoVec): number | Errno {
  if (file.device === 'null') return 0
  for (let i = 0; i < iov.count; i++) {
    const start = iov.starts[i] as number
    const length = iov.lengths[i] as number
    if (file.device === 'random' || file.device === 'urandom') process.random.fill(iov.buffer, start, length)
    else if (file.device === 'zero' || file.device === 'full') iov.buffer.fill(0, start, start + length)
    else return EIO
  }
  return iov.total
}

/** Fills the ranges in order from `read`, until it gives less than a range takes. */
function scatter(iov: IoVec, read: (start: number, length: number) => number): number {
  let done = 0
  for (let i = 0; i < iov.count; i++) {
    const length = iov.lengths[i] as number
    const part = read(iov.starts[i] as number, length)
    done += part
    if (part < length) break
  }
  return done
}

/** Calls `write` with the parts of the ranges from byte `from` on, up to byte `to`. */
function gather(iov: IoVec, from: number, to: number, write: (start: number, length: number) => void): void {
  let at = 0
  for (let i = 0; i < iov.count && at < to; i++) {
    const length = iov.lengths[i] as number
    const skip = Math.max(0, from - at)
    const part = Math.min(length, to - at) - skip
    if (part > 0) write((iov.starts[i] as number) + skip, part)
    at += length
  }
}

function writeOutput(kernel: Kernel, process: Process, file: OpenFile, iov: IoVec): number {
  const count = capturable(process, iov.total)
  gather(iov, 0, count, (start, length) => file.output?.keep(iov.buffer, start, length))
  if (count > 0) file.output?.tell(count)
  captured(kernel, process, count, iov.total)
  return count
}

/** How many of `wanted` bytes can be captured before the limit. */
export function capturable(process: Process, wanted: number): number {
  return Math.min(wanted, process.limits.output - process.outputSize)
}

/** Counts what was captured; where it is not all that was wanted the process ends. */
export function captured(kernel: Kernel, process: Process, count: number, wanted: number): void {
  process.outputSize += count
  if (count === wanted) return
  const message =
    `the guest wrote more than ${process.limits.output} bytes to stdout, stderr and sockets together; ` +
    'raise limits.output if that is right'
  kernel.exit(process, { kind: 'limit', limit: 'output', message })
}

function readPipe(file: OpenFile, pipe: Pipe, iov: IoVec, fd: number): number | Errno | Blocked {
  if (iov.total === 0) return 0
  if (pipe.queue.size > 0) return scatter(iov, (start, length) => pipe.queue.take(iov.buffer, start, length))
  if (pipe.writers === 0) return 0
  return file.nonblock ? EAGAIN : new Blocked([{ fd, for: 'readable' }], undefined)
}

/**
 * POSIX's rules: EPIPE with no reader; up to `PIPE_BUF` bytes go in whole or not at all; without O_NONBLOCK all of
 * them go in before the call returns, so what a first try moved is remembered in `process.progress`.
 */
function writePipe(
  kernel: Kernel,
  process: Process,
  file: OpenFile,
  pipe: Pipe,
  iov: IoVec,
  fd: number,
): number | Errno | Blocked {
  // As Linux, which sees that there is nothing to write before it sees that nobody reads.
  if (iov.total === 0) return 0
  if (pipe.readers === 0) return process.progress > 0 ? process.progress : EPIPE
  const wanted = iov.total - process.progress
  const room = pipe.unbounded ? process.limits.pipe - pipe.queue.size : pipe.queue.room
  if (pipe.unbounded && wanted > room) {
    const message =
      `a pipe would hold more than ${process.limits.pipe} bytes, since its reader cannot run before its writer ends ` +
      'on an engine that cannot switch stacks; raise limits.pipe, or have the writer write less'
    kernel.exit(process, { kind: 'limit', limit: 'pipe', message })
    return iov.total
  }
  const count = wanted <= PIPE_BUF && wanted > room ? 0 : Math.min(wanted, room)
  gather(iov, process.progress, process.progress + count, (start, length) => pipe.queue.push(iov.buffer, start, length))
  process.progress += count
  if (process.progress === iov.total) return iov.total
  if (file.nonblock) return process.progress > 0 ? process.progress : EAGAIN
  return new Blocked([{ fd, for: 'writable' }], undefined)
}

/** Receives into the ranges; 0 at the end. With `peek` the bytes stay. */
export function receive(file: OpenFile, iov: IoVec, fd: number, peek: boolean): number | Errno | Blocked {
  const socket = file.socket as Socket
  if (iov.total === 0 || socket.receiveShut) return 0
  const { incoming } = socket
  if (incoming.size > 0) {
    if (!peek) return scatter(iov, (start, length) => incoming.take(iov.buffer, start, length))
    const seen = new Uint8Array(Math.min(iov.total, incoming.size))
    incoming.take(seen, 0, seen.length, true)
    let from = 0
    return scatter(iov, (start, length) => {
      const part = seen.subarray(from, from + length)
      iov.buffer.set(part, start)
      from += part.length
      return part.length
    })
  }
  if (socket.atEnd) return 0
  return file.nonblock ? EAGAIN : new Blocked([{ fd, for: 'readable' }], undefined)
}

/** Sends the ranges; how many bytes. EPIPE where the other end takes no more. */
export function send(process: Process, file: OpenFile, iov: IoVec, fd: number): number | Errno | Blocked {
  const socket = file.socket as Socket
  if (!socket.canSend) return process.progress > 0 ? process.progress : EPIPE
  if (iov.total === 0) return 0
  const { sink, outgoing } = socket
  if (sink !== undefined) return sendToHost(process, socket, sink, iov)
  const count = Math.min(iov.total - process.progress, outgoing.room)
  gather(iov, process.progress, process.progress + count, (start, length) => outgoing.push(iov.buffer, start, length))
  process.progress += count
  if (process.progress === iov.total) return iov.total
  if (file.nonblock) return process.progress > 0 ? process.progress : EAGAIN
  return new Blocked([{ fd, for: 'writable' }], undefined)
}

/** What is copied at a time for a host-side peer, in bytes. */
const PART = 2 ** 20

/** Hands the ranges to a host-side peer, which may end the process; what it answers is there to be received at once. */
function sendToHost(process: Process, socket: Socket, sink: PeerSink, iov: IoVec): number {
  for (let from = 0; from < iov.total && process.end === undefined; from += PART) {
    const bytes = new Uint8Array(Math.min(PART, iov.total - from))
    let at = 0
    gather(iov, from, from + bytes.length, (start, length) => {
      bytes.set(iov.buffer.subarray(start, start + length), at)
      at += length
    })
    const answer = sink.receive(bytes)
    if (answer !== undefined) socket.incoming.push(answer, 0, answer.length)
  }
  return iov.total
}
