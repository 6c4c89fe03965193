/** Calls on what a descriptor is: its flags, rights, status, size and times. */

import {
  close,
  fadvise,
  fallocate,
  fsync,
  ftruncate,
  futimens,
  renumber,
  setFlags,
  setRights,
} from '../../kernel/file_calls.ts'
import type { OpenFile } from '../../kernel/open_file.ts'
import { fstat } from '../../kernel/path_calls.ts'
import { kindOf } from '../../kernel/status.ts'
import { EBADF, ENAMETOOLONG } from '../../vfs/errno.ts'
import type { Instant } from '../../vfs/inode.ts'
import { FDSTAT_SIZE, PRESTAT_SIZE, writeFdstat, writePrestatDir } from '../abi/layout.ts'
import {
  ADVICE_NOREUSE,
  FDFLAG_APPEND,
  FDFLAG_DSYNC,
  FDFLAG_NONBLOCK,
  FDFLAG_RSYNC,
  FDFLAG_SYNC,
  FDFLAGS_ALL,
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  FSTFLAGS_ALL,
  RIGHTS_ALL,
} from '../abi/types.ts'
import { i64ToNumber, instantNsec, instantSec } from '../abi/u64.ts'
import { FAULT, filetypeOf, type Guest, INVAL, numberOf } from './guest.ts'

/**
 * fd_advise(fd, offset: filesize, len: filesize, advice) -> errno
 *
 * Advice about a range of a file. It is checked and has no effect, since all is in memory.
 * BADF: not open. INVAL: no such advice, or a negative offset or length. SPIPE: a stream. NOTCAPABLE: the right is missing.
 * POSIX: posix_fadvise.
 */
export function fdAdvise(
  guest: Guest,
  fd: number,
  offsetLo: number,
  offsetHi: number,
  lengthLo: number,
  lengthHi: number,
  advice: number,
): number {
  if (guest.process.fds.at(fd >>> 0) === undefined) return EBADF.number
  if (advice >>> 0 > ADVICE_NOREUSE) return INVAL
  const offset = i64ToNumber(offsetLo, offsetHi)
  return numberOf(fadvise(guest.process, fd >>> 0, offset, i64ToNumber(lengthLo, lengthHi)))
}

/**
 * fd_allocate(fd, offset: filesize, len: filesize) -> errno
 *
 * Makes sure that the range has its place in the quota, and grows the file to its end; all or nothing.
 * BADF: not open, or not for writing. INVAL: the length is 0, or one is negative. FBIG: beyond the largest size.
 * NOSPC: the quota is too small. NODEV: no regular file. SPIPE: a stream. ISDIR: a directory. NOTCAPABLE: the right is missing.
 * POSIX: posix_fallocate.
 */
export function fdAllocate(
  guest: Guest,
  fd: number,
  offsetLo: number,
  offsetHi: number,
  lengthLo: number,
  lengthHi: number,
): number {
  const offset = i64ToNumber(offsetLo, offsetHi)
  return numberOf(fallocate(guest.kernel, guest.process, fd >>> 0, offset, i64ToNumber(lengthLo, lengthHi)))
}

/**
 * fd_close(fd) -> errno
 *
 * Frees the number. BADF: not open.
 * POSIX: close.
 */
export function fdClose(guest: Guest, fd: number): number {
  return numberOf(close(guest.kernel, guest.process, fd >>> 0))
}

/**
 * fd_datasync(fd) -> errno
 *
 * Says that the contents are to last. BADF: not open. INVAL: a stream or socket. NOTCAPABLE: the right is missing.
 * POSIX: fdatasync.
 */
export function fdDatasync(guest: Guest, fd: number): number {
  return numberOf(fsync(guest.process, fd >>> 0, true))
}

/**
 * fd_sync(fd) -> errno
 *
 * Says that contents and metadata are to last. BADF: not open. INVAL: a stream or socket. NOTCAPABLE: the right is missing.
 * POSIX: fsync.
 */
export function fdSync(guest: Guest, fd: number): number {
  return numberOf(fsync(guest.process, fd >>> 0, false))
}

/**
 * fd_fdstat_get(fd, stat: ptr) -> errno
 *
 * Writes the type, flags and rights of a descriptor (24 bytes). Of a regular file opened for reading with APPEND:
 *
 *     04 00 01 00 00 00 00 00   type 4, flags 1
 *     26 00 20 08 00 00 00 00   rights: FD_READ, FD_SEEK, FD_TELL, FD_FILESTAT_GET, POLL_FD_READWRITE
 *     00 00 00 00 00 00 00 00   inheriting
 *
 * BADF: not open. FAULT: the pointer is outside memory.
 * POSIX: fcntl(F_GETFL).
 */
export function fdFdstatGet(guest: Guest, fd: number, stat: number): number {
  const { memory } = guest
  if (!memory.covers(stat >>> 0, FDSTAT_SIZE)) return FAULT
  const descriptor = guest.process.fds.at(fd >>> 0)
  if (descriptor === undefined) return EBADF.number
  const { file, base, inheriting } = descriptor
  writeFdstat(memory.view, stat >>> 0, filetypeOf(kindOf(file)), fdflagsOf(file), base, inheriting)
  return 0
}

/**
 * fd_fdstat_set_flags(fd, flags: fdflags) -> errno
 *
 * Sets all flags of the open description. BADF: not open. INVAL: no such flag. NOTCAPABLE: the right is missing.
 * POSIX: fcntl(F_SETFL).
 */
export function fdFdstatSetFlags(guest: Guest, fd: number, flags: number): number {
  if (guest.process.fds.at(fd >>> 0) === undefined) return EBADF.number
  if ((flags & ~FDFLAGS_ALL) !== 0) return INVAL
  return numberOf(setFlags(guest.process, fd >>> 0, flagsOf(flags)))
}

/**
 * fd_fdstat_set_rights(fd, fs_rights_base: rights, fs_rights_inheriting: rights) -> errno
 *
 * Gives up the rights that are not in the sets. BADF: not open. NOTCAPABLE: one in the sets is not held.
 * POSIX has no such call; Capsicum: cap_rights_limit.
 */
export function fdFdstatSetRights(
  guest: Guest,
  fd: number,
  baseLo: number,
  baseHi: number,
  inheritingLo: number,
  inheritingHi: number,
): number {
  // Rights that do not exist are rights that nobody holds; bit 30 stands for all of them.
  const base = (baseLo >>> 0) | ((baseLo & ~RIGHTS_ALL) !== 0 || baseHi !== 0 ? 0x4000_0000 : 0)
  const inheriting = (inheritingLo >>> 0) | ((inheritingLo & ~RIGHTS_ALL) !== 0 || inheritingHi !== 0 ? 0x4000_0000 : 0)
  return numberOf(setRights(guest.process, fd >>> 0, base, inheriting))
}

/**
 * fd_filestat_get(fd, buf: ptr) -> errno
 *
 * Writes the status of what is open (64 bytes; see `src/abi/layout.ts`).
 * BADF: not open. FAULT: the pointer is outside memory. NOTCAPABLE: the right is missing.
 * POSIX: fstat.
 */
export function fdFilestatGet(guest: Guest, fd: number, buf: number): number {
  if (!guest.memory.covers(buf >>> 0, guest.layout.filestatSize)) return FAULT
  const fault = fstat(guest.kernel, guest.process, fd >>> 0)
  if (fault !== undefined) return fault.number
  writeStatus(guest, buf >>> 0)
  return 0
}

/**
 * fd_filestat_set_size(fd, size: filesize) -> errno
 *
 * Cuts a file, or extends it by a hole. BADF: not open, or not for writing. INVAL: negative, or no regular file.
 * FBIG: over the largest size. ISDIR: a directory. NOTCAPABLE: the right is missing.
 * POSIX: ftruncate.
 */
export function fdFilestatSetSize(guest: Guest, fd: number, sizeLo: number, sizeHi: number): number {
  return numberOf(ftruncate(guest.kernel, guest.process, fd >>> 0, i64ToNumber(sizeLo, sizeHi)))
}

/**
 * fd_filestat_set_times(fd, atim: timestamp, mtim: timestamp, fst_flags: fstflags) -> errno
 *
 * Sets access and modification time, each to the value given, to now, or not at all.
 * BADF: not open. INVAL: no such flag, or a value and now for the same time. NOTCAPABLE: the right is missing, as it
 * is for all streams. POSIX: futimens.
 */
export function fdFilestatSetTimes(
  guest: Guest,
  fd: number,
  atimLo: number,
  atimHi: number,
  mtimLo: number,
  mtimHi: number,
  flags: number,
): number {
  if (guest.process.fds.at(fd >>> 0) === undefined) return EBADF.number
  if (!areTimeFlags(flags)) return INVAL
  const atim = timeOf(guest, flags, FSTFLAG_ATIM, FSTFLAG_ATIM_NOW, atimLo, atimHi)
  const mtim = timeOf(guest, flags, FSTFLAG_MTIM, FSTFLAG_MTIM_NOW, mtimLo, mtimHi)
  return numberOf(futimens(guest.kernel, guest.process, fd >>> 0, atim, mtim))
}

/**
 * fd_prestat_get(fd, buf: ptr) -> errno
 *
 * Writes the length of the name under which a directory was preopened. Of one called `/`:
 *
 *     00 00 00 00 01 00 00 00   a directory, 1 byte of name
 *
 * BADF: not open, or no preopen. FAULT: the pointer is outside memory.
 */
export function fdPrestatGet(guest: Guest, fd: number, buf: number): number {
  const { memory } = guest
  if (!memory.covers(buf >>> 0, PRESTAT_SIZE)) return FAULT
  const name = guest.process.fds.at(fd >>> 0)?.preopen
  if (name === undefined) return EBADF.number
  writePrestatDir(memory.view, buf >>> 0, name.length)
  return 0
}

/**
 * fd_prestat_dir_name(fd, path: ptr, path_len: size) -> errno
 *
 * Writes the name under which a directory was preopened, without a NUL; a longer buffer keeps its rest.
 * BADF: not open, or no preopen. NAMETOOLONG: the buffer is too short. FAULT: it is outside memory.
 */
export function fdPrestatDirName(guest: Guest, fd: number, path: number, length: number): number {
  const { memory } = guest
  if (!memory.covers(path >>> 0, length >>> 0)) return FAULT
  const name = guest.process.fds.at(fd >>> 0)?.preopen
  if (name === undefined) return EBADF.number
  if (name.length > length >>> 0) return ENAMETOOLONG.number
  memory.writeByteString(path >>> 0, name)
  guest.absorb(path >>> 0, name.length)
  return 0
}

/**
 * fd_renumber(fd, to: fd) -> errno
 *
 * Moves a descriptor over another, which is closed. BADF: one of the two is not open.
 * POSIX: dup2 and close, but `to` has to be open.
 */
export function fdRenumber(guest: Guest, from: number, to: number): number {
  return numberOf(renumber(guest.kernel, guest.process, from >>> 0, to >>> 0))
}

/** Writes `kernel.status` at `buf`. Preconditions: memory covers the filestat there. */
export function writeStatus(guest: Guest, buf: number): void {
  const { status } = guest.kernel
  guest.layout.writeFilestat(
    guest.memory.view,
    buf,
    status.dev,
    status.ino,
    filetypeOf(status.kind),
    status.nlink,
    status.size,
    status.atimSec,
    status.atimNsec,
    status.mtimSec,
    status.mtimNsec,
    status.ctimSec,
    status.ctimNsec,
  )
}

/** Whether the fstflags are known ones, and do not set one time twice. */
export function areTimeFlags(flags: number): boolean {
  if ((flags & ~FSTFLAGS_ALL) !== 0) return false
  const both = (value: number, now: number): boolean => (flags & value) !== 0 && (flags & now) !== 0
  return !both(FSTFLAG_ATIM, FSTFLAG_ATIM_NOW) && !both(FSTFLAG_MTIM, FSTFLAG_MTIM_NOW)
}

/** What the flags say about one time: the value given, now, or `undefined` to leave it. */
export function timeOf(
  guest: Guest,
  flags: number,
  value: number,
  now: number,
  lo: number,
  hi: number,
): Instant | undefined {
  if ((flags & now) !== 0) return guest.kernel.clock.realtime
  return (flags & value) !== 0 ? { sec: instantSec(lo, hi), nsec: instantNsec(lo, hi) } : undefined
}

/** The flags of a description, as fdflags. */
export function fdflagsOf(file: OpenFile): number {
  return (
    (file.append ? FDFLAG_APPEND : 0) |
    (file.dsync ? FDFLAG_DSYNC : 0) |
    (file.nonblock ? FDFLAG_NONBLOCK : 0) |
    (file.rsync ? FDFLAG_RSYNC : 0) |
    (file.sync ? FDFLAG_SYNC : 0)
  )
}

/** Fdflags, one by one. */
export function flagsOf(flags: number): {
  append: boolean
  nonblock: boolean
  dsync: boolean
  rsync: boolean
  sync: boolean
} {
  return {
    append: (flags & FDFLAG_APPEND) !== 0,
    nonblock: (flags & FDFLAG_NONBLOCK) !== 0,
    dsync: (flags & FDFLAG_DSYNC) !== 0,
    rsync: (flags & FDFLAG_RSYNC) !== 0,
    sync: (flags & FDFLAG_SYNC) !== 0,
  }
}
