/** Calls that walk a path from a directory descriptor. */

import { Blocked } from '../../kernel/blocked.ts'
import {
  fstatat,
  linkat,
  mkdirat,
  openat,
  readlinkat,
  renameat,
  rmdirat,
  symlinkat,
  unlinkat,
  utimensat,
} from '../../kernel/path_calls.ts'
import { Errno } from '../../vfs/errno.ts'
import { OPEN_CREATE, OPEN_DIRECTORY, OPEN_EXCLUSIVE, OPEN_NOFOLLOW, OPEN_TRUNCATE } from '../../vfs/filesystem.ts'
import {
  FDFLAGS_ALL,
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  LOOKUP_SYMLINK_FOLLOW,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  OFLAGS_ALL,
  RIGHTS_ALL,
} from '../abi/types.ts'
import { areTimeFlags, flagsOf, timeOf, writeStatus } from './fd.ts'
import { FAULT, type Guest, INVAL, numberOf } from './guest.ts'

const NO_FLAGS = flagsOf(0)

/*
 * The errors of the walk, which all calls here share:
 * BADF: the descriptor is not open. NOTDIR: it, or a component, is no directory. NOTCAPABLE: the right is missing.
 * PERM: the path is absolute or leaves the directory. NOENT: a component is missing, or the path is empty.
 * LOOP: over 40 links. NAMETOOLONG: a name over 255 bytes, or the path over 4,095. INVAL: a NUL byte, or an unknown
 * flag. ILSEQ: not UTF-8. FAULT: a pointer is outside memory; nothing has changed.
 */

/**
 * path_create_directory(fd, path: ptr, path_len: size) -> errno
 *
 * Makes a directory. EXIST: there is something. NOSPC: the tree is full. DQUOT: the directory is.
 * POSIX: mkdirat.
 */
export function pathCreateDirectory(guest: Guest, fd: number, ptr: number, length: number): number {
  const path = guest.path(ptr, length)
  return path instanceof Errno ? path.number : numberOf(mkdirat(guest.kernel, guest.process, fd >>> 0, path))
}

/**
 * path_filestat_get(fd, flags: lookupflags, path: ptr, path_len: size, buf: ptr) -> errno
 *
 * Writes the status of what is at the path (64 bytes), of a link itself without SYMLINK_FOLLOW.
 * POSIX: fstatat.
 */
export function pathFilestatGet(
  guest: Guest,
  fd: number,
  flags: number,
  ptr: number,
  length: number,
  buf: number,
): number {
  const path = guest.path(ptr, length)
  if (path instanceof Errno) return path.number
  if (!guest.memory.covers(buf >>> 0, guest.layout.filestatSize)) return FAULT
  if ((flags & ~LOOKUP_SYMLINK_FOLLOW) !== 0) return INVAL
  const fault = fstatat(guest.kernel, guest.process, fd >>> 0, path, flags !== 0)
  if (fault !== undefined) return fault.number
  writeStatus(guest, buf >>> 0)
  return 0
}

/**
 * path_filestat_set_times(fd, flags: lookupflags, path: ptr, path_len: size, atim: timestamp, mtim: timestamp,
 * fst_flags: fstflags) -> errno
 *
 * As `fd_filestat_set_times`, of what is at the path; of a link itself without SYMLINK_FOLLOW.
 * POSIX: utimensat.
 */
export function pathFilestatSetTimes(
  guest: Guest,
  fd: number,
  flags: number,
  ptr: number,
  length: number,
  atimLo: number,
  atimHi: number,
  mtimLo: number,
  mtimHi: number,
  fstFlags: number,
): number {
  const path = guest.path(ptr, length)
  if (path instanceof Errno) return path.number
  if ((flags & ~LOOKUP_SYMLINK_FOLLOW) !== 0 || !areTimeFlags(fstFlags)) return INVAL
  const atim = timeOf(guest, fstFlags, FSTFLAG_ATIM, FSTFLAG_ATIM_NOW, atimLo, atimHi)
  const mtim = timeOf(guest, fstFlags, FSTFLAG_MTIM, FSTFLAG_MTIM_NOW, mtimLo, mtimHi)
  return numberOf(utimensat(guest.kernel, guest.process, fd >>> 0, path, flags !== 0, atim, mtim))
}

/**
 * path_link(old_fd, old_flags: lookupflags, old_path: ptr, old_path_len: size, new_fd, new_path: ptr,
 * new_path_len: size) -> errno
 *
 * Gives a file a second name; a link itself without SYMLINK_FOLLOW. EXIST: the new name is there. PERM: a directory.
 * MLINK: 65,000 names. DQUOT: the directory is full. NOENT: also a slash after the new name.
 * POSIX: linkat.
 */
export function pathLink(
  guest: Guest,
  oldFd: number,
  flags: number,
  oldPtr: number,
  oldLength: number,
  newFd: number,
  newPtr: number,
  newLength: number,
): number {
  const from = guest.path(oldPtr, oldLength)
  if (from instanceof Errno) return from.number
  const to = guest.path(newPtr, newLength)
  if (to instanceof Errno) return to.number
  if ((flags & ~LOOKUP_SYMLINK_FOLLOW) !== 0) return INVAL
  return numberOf(linkat(guest.kernel, guest.process, oldFd >>> 0, from, flags !== 0, newFd >>> 0, to))
}

/**
 * path_open(fd, dirflags: lookupflags, path: ptr, path_len: size, oflags, fs_rights_base: rights,
 * fs_rights_inheriting: rights, fdflags, opened_fd: ptr) -> errno
 *
 * Opens what is at the path, made if CREAT says so and empty if TRUNC does; writes the lowest free number (u32).
 * FD_READ and FD_WRITE among the rights say for what; rights that make no sense for what is opened are dropped.
 * EXIST: CREAT and EXCL, and there is something. ISDIR: CREAT, TRUNC or FD_WRITE on a directory, or CREAT with a slash
 * at the end. NOTDIR: DIRECTORY, and it is none. LOOP: a link, without SYMLINK_FOLLOW. NOTCAPABLE: a right that the
 * directory does not pass on, or TRUNC or CREAT without the right to. MFILE: too many open. NOSPC, DQUOT: the quota is
 * full. NXIO: a socket, or the writing end of a fifo that nobody reads, with NONBLOCK. INVAL: CREAT with DIRECTORY.
 * POSIX: openat.
 */
export function pathOpen(
  guest: Guest,
  fd: number,
  dirflags: number,
  ptr: number,
  length: number,
  oflags: number,
  baseLo: number,
  _baseHi: number,
  inheritingLo: number,
  _inheritingHi: number,
  fdflags: number,
  openedFd: number,
): number {
  const path = guest.path(ptr, length)
  if (path instanceof Errno) return path.number
  if (!guest.memory.covers(openedFd >>> 0, 4)) return FAULT
  if ((dirflags & ~LOOKUP_SYMLINK_FOLLOW) !== 0 || (oflags & ~OFLAGS_ALL) !== 0 || (fdflags & ~FDFLAGS_ALL) !== 0) {
    return INVAL
  }
  if ((oflags & OFLAG_CREAT) !== 0 && (oflags & OFLAG_DIRECTORY) !== 0) return INVAL
  const options = {
    flags:
      (dirflags === 0 ? OPEN_NOFOLLOW : 0) |
      ((oflags & OFLAG_CREAT) !== 0 ? OPEN_CREATE : 0) |
      ((oflags & OFLAG_DIRECTORY) !== 0 ? OPEN_DIRECTORY : 0) |
      ((oflags & OFLAG_EXCL) !== 0 ? OPEN_EXCLUSIVE : 0) |
      ((oflags & OFLAG_TRUNC) !== 0 ? OPEN_TRUNCATE : 0),
    // Bits that name no right make no sense for anything, so they are dropped with the rest of such.
    base: baseLo & RIGHTS_ALL,
    inheriting: inheritingLo & RIGHTS_ALL,
    status: fdflags === 0 ? NO_FLAGS : flagsOf(fdflags),
  }
  let opened = openat(guest.kernel, guest.process, fd >>> 0, path, options)
  while (opened instanceof Blocked) {
    if (!guest.wait('path_open', opened)) return 0
    opened = openat(guest.kernel, guest.process, fd >>> 0, path, options)
  }
  if (opened instanceof Errno) return opened.number
  guest.memory.writeU32(openedFd >>> 0, opened)
  return 0
}

/**
 * path_readlink(fd, path: ptr, path_len: size, buf: ptr, buf_len: size, bufused: ptr) -> errno
 *
 * Writes the text of a link, without a NUL, as much of it as the buffer holds, and how many bytes that is (u32).
 * INVAL: it is no link.
 * POSIX: readlinkat.
 */
export function pathReadlink(
  guest: Guest,
  fd: number,
  ptr: number,
  length: number,
  buf: number,
  bufLength: number,
  bufused: number,
): number {
  const { memory } = guest
  const path = guest.path(ptr, length)
  if (path instanceof Errno) return path.number
  if (!memory.covers(buf >>> 0, bufLength >>> 0) || !memory.covers(bufused >>> 0, 4)) return FAULT
  const text = readlinkat(guest.kernel, guest.process, fd >>> 0, path)
  if (text instanceof Errno) return text.number
  const used = Math.min(text.length, bufLength >>> 0)
  memory.writeByteString(buf >>> 0, used < text.length ? (text.slice(0, used) as typeof text) : text)
  guest.absorb(buf >>> 0, used)
  memory.writeU32(bufused >>> 0, used)
  return 0
}

/**
 * path_remove_directory(fd, path: ptr, path_len: size) -> errno
 *
 * Removes an empty directory. NOTEMPTY: it has entries, or is `..`. INVAL: it is `.`.
 * POSIX: unlinkat(AT_REMOVEDIR).
 */
export function pathRemoveDirectory(guest: Guest, fd: number, ptr: number, length: number): number {
  const path = guest.path(ptr, length)
  return path instanceof Errno ? path.number : numberOf(rmdirat(guest.kernel, guest.process, fd >>> 0, path))
}

/**
 * path_rename(fd, old_path: ptr, old_path_len: size, new_fd, new_path: ptr, new_path_len: size) -> errno
 *
 * Moves a name onto another; what is there is replaced. ISDIR, NOTDIR: a directory and something else. NOTEMPTY: the
 * directory to be replaced has entries, or holds the one that is moved. INVAL: a directory into itself.
 * BUSY: `.` or `..`. DQUOT: the directory is full.
 * POSIX: renameat.
 */
export function pathRename(
  guest: Guest,
  fd: number,
  oldPtr: number,
  oldLength: number,
  newFd: number,
  newPtr: number,
  newLength: number,
): number {
  const from = guest.path(oldPtr, oldLength)
  if (from instanceof Errno) return from.number
  const to = guest.path(newPtr, newLength)
  if (to instanceof Errno) return to.number
  return numberOf(renameat(guest.kernel, guest.process, fd >>> 0, from, newFd >>> 0, to))
}

/**
 * path_symlink(old_path: ptr, old_path_len: size, fd, new_path: ptr, new_path_len: size) -> errno
 *
 * Makes a link with the text `old_path`, stored as it is. PERM: the text is absolute. EXIST: the new name is there.
 * NOENT: also an empty text, or a slash after the new name. NOSPC, DQUOT: the quota is full.
 * POSIX: symlinkat.
 */
export function pathSymlink(
  guest: Guest,
  oldPtr: number,
  oldLength: number,
  fd: number,
  newPtr: number,
  newLength: number,
): number {
  const target = guest.path(oldPtr, oldLength)
  if (target instanceof Errno) return target.number
  const path = guest.path(newPtr, newLength)
  if (path instanceof Errno) return path.number
  return numberOf(symlinkat(guest.kernel, guest.process, target, fd >>> 0, path))
}

/**
 * path_unlink_file(fd, path: ptr, path_len: size) -> errno
 *
 * Removes a name of anything but a directory. ISDIR: a directory. NOTDIR: a slash after something else.
 * POSIX: unlinkat.
 */
export function pathUnlinkFile(guest: Guest, fd: number, ptr: number, length: number): number {
  const path = guest.path(ptr, length)
  return path instanceof Errno ? path.number : numberOf(unlinkat(guest.kernel, guest.process, fd >>> 0, path))
}
