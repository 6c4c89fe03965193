/** Calls that move bytes, and the offset: read, write, pread, pwrite, seek, tell. */

import { Blocked } from '../../kernel/blocked.ts'
import { lseek, preadv, pwritev, readv, type Whence, writev } from '../../kernel/file_calls.ts'
import { Errno } from '../../vfs/errno.ts'
import { WHENCE_CUR, WHENCE_SET } from '../abi/types.ts'
import { i64ToNumber, writeNumber } from '../abi/u64.ts'
import { FAULT, type Guest, INVAL } from './guest.ts'

/**
 * fd_read(fd, iovs: ptr, iovs_len: size, nread: ptr) -> errno
 *
 * Reads into the ranges in order, at the offset, which moves; writes how many bytes (u32). 0 at the end.
 *
 *     iovs   00 02 00 00 04 00 00 00   {0x200, 4}
 *     nread  04 00 00 00
 *
 * BADF: not open, or not for reading. ISDIR: a directory. AGAIN: nothing there yet, with NONBLOCK. INVAL: over 1,024
 * ranges, or over 2^31-1 bytes. FAULT: a pointer or range outside memory; nothing moves. NOTCAPABLE: the right is missing.
 * NOTCONN: a listening socket. POSIX: readv.
 */
export function fdRead(guest: Guest, fd: number, iovs: number, count: number, nread: number): number {
  const fault = guest.ranges(iovs, count)
  if (fault !== undefined) return fault.number
  if (!guest.memory.covers(nread >>> 0, 4)) return FAULT
  let done = readv(guest.kernel, guest.process, fd >>> 0, guest.iov)
  while (done instanceof Blocked) {
    if (!guest.wait('fd_read', done)) return 0
    done = readv(guest.kernel, guest.process, fd >>> 0, guest.iov)
  }
  if (done instanceof Errno) return done.number
  guest.absorbRanges(done)
  guest.memory.writeU32(nread >>> 0, done)
  return 0
}

/**
 * fd_write(fd, iovs: ptr, iovs_len: size, nwritten: ptr) -> errno
 *
 * Writes the ranges in order, at the offset (at the end with APPEND), which moves; writes how many bytes (u32).
 * BADF: not open, or not for writing. AGAIN: no room yet, with NONBLOCK. PIPE: nobody reads. NOSPC: the quota is full.
 * FBIG: at the largest size. INVAL, FAULT, NOTCAPABLE, NOTCONN: as `fd_read`. POSIX: writev.
 */
export function fdWrite(guest: Guest, fd: number, iovs: number, count: number, nwritten: number): number {
  const fault = guest.ranges(iovs, count)
  if (fault !== undefined) return fault.number
  if (!guest.memory.covers(nwritten >>> 0, 4)) return FAULT
  guest.process.progress = 0
  let done = writev(guest.kernel, guest.process, fd >>> 0, guest.iov)
  while (done instanceof Blocked) {
    if (!guest.wait('fd_write', done)) return 0
    done = writev(guest.kernel, guest.process, fd >>> 0, guest.iov)
  }
  if (done instanceof Errno) return done.number
  guest.absorbRanges(done)
  guest.memory.writeU32(nwritten >>> 0, done)
  return 0
}

/**
 * fd_pread(fd, iovs: ptr, iovs_len: size, offset: filesize, nread: ptr) -> errno
 *
 * As `fd_read`, but at `offset`, and the descriptor's own offset stays. SPIPE: a stream. INVAL: a negative offset.
 * POSIX: preadv.
 */
export function fdPread(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  offsetLo: number,
  offsetHi: number,
  nread: number,
): number {
  const fault = guest.ranges(iovs, count)
  if (fault !== undefined) return fault.number
  if (!guest.memory.covers(nread >>> 0, 4)) return FAULT
  const done = preadv(guest.kernel, guest.process, fd >>> 0, guest.iov, i64ToNumber(offsetLo, offsetHi))
  if (done instanceof Errno) return done.number
  guest.absorbRanges(done)
  guest.memory.writeU32(nread >>> 0, done)
  return 0
}

/**
 * fd_pwrite(fd, iovs: ptr, iovs_len: size, offset: filesize, nwritten: ptr) -> errno
 *
 * As `fd_write`, but at `offset`, and the descriptor's own offset stays; with APPEND at the end all the same, as on
 * Linux. SPIPE: a stream. INVAL: a negative offset. POSIX: pwritev.
 */
export function fdPwrite(
  guest: Guest,
  fd: number,
  iovs: number,
  count: number,
  offsetLo: number,
  offsetHi: number,
  nwritten: number,
): number {
  const fault = guest.ranges(iovs, count)
  if (fault !== undefined) return fault.number
  if (!guest.memory.covers(nwritten >>> 0, 4)) return FAULT
  const done = pwritev(guest.kernel, guest.process, fd >>> 0, guest.iov, i64ToNumber(offsetLo, offsetHi))
  if (done instanceof Errno) return done.number
  guest.absorbRanges(done)
  guest.memory.writeU32(nwritten >>> 0, done)
  return 0
}

/**
 * fd_seek(fd, offset: filedelta, whence, newoffset: ptr) -> errno
 *
 * Moves the offset from the start, where it is, or the end; writes the new one (u64, bytes). Beyond the end is allowed.
 * BADF: not open. INVAL: it would be negative, or no such whence. OVERFLOW: over 2^53-1. SPIPE: a stream.
 * ISDIR: a directory. FAULT: the pointer is outside memory. NOTCAPABLE: the right is missing. POSIX: lseek.
 */
export function fdSeek(
  guest: Guest,
  fd: number,
  deltaLo: number,
  deltaHi: number,
  whence: number,
  newoffset: number,
): number {
  if (!guest.memory.covers(newoffset >>> 0, 8)) return FAULT
  const known = guest.layout.whence(whence)
  if (known < 0) return INVAL
  const from: Whence = known === WHENCE_SET ? 'set' : known === WHENCE_CUR ? 'current' : 'end'
  const offset = lseek(guest.kernel, guest.process, fd >>> 0, i64ToNumber(deltaLo, deltaHi), from)
  if (offset instanceof Errno) return offset.number
  writeNumber(guest.memory.view, newoffset >>> 0, offset)
  return 0
}

/**
 * fd_tell(fd, offset: ptr) -> errno
 *
 * Writes the offset (u64, bytes). BADF, SPIPE, ISDIR, FAULT, NOTCAPABLE: as `fd_seek`. POSIX: lseek(fd, 0, SEEK_CUR).
 */
export function fdTell(guest: Guest, fd: number, offset: number): number {
  if (!guest.memory.covers(offset >>> 0, 8)) return FAULT
  const at = lseek(guest.kernel, guest.process, fd >>> 0, 0, 'current')
  if (at instanceof Errno) return at.number
  writeNumber(guest.memory.view, offset >>> 0, at)
  return 0
}
