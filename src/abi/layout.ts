/**
 * Sizes, field offsets, writers and readers of the structs of wasi_snapshot_preview1.
 * All are little-endian. A writer writes every byte of the struct, padding too, so that nothing of what was in the
 * guest's memory shows through and a trace of the bytes is the same each time. Nothing here allocates.
 * Preconditions of every function: the struct's bytes at `ptr` are within the view (`GuestMemory.covers`).
 */

import { WHENCE_CUR, WHENCE_END, WHENCE_SET } from './types.ts'
import { writeInstant, writeNumber, writeWords } from './u64.ts'

/* fdstat, 24 bytes
 *
 *   0  1  2     4           8                       16                      24
 *   ┌──┬──┬─────┬───────────┬───────────────────────┬───────────────────────┐
 *   │ft│ 0│flags│     0     │      rights_base      │   rights_inheriting   │
 *   └──┴──┴─────┴───────────┴───────────────────────┴───────────────────────┘
 */
export const FDSTAT_SIZE = 24
export const FDSTAT_FILETYPE = 0
export const FDSTAT_FLAGS = 2
export const FDSTAT_RIGHTS_BASE = 8
export const FDSTAT_RIGHTS_INHERITING = 16

/** Writes an fdstat: FILETYPE_*, FDFLAG_*, and two sets of RIGHT_*. */
export function writeFdstat(
  view: DataView,
  ptr: number,
  filetype: number,
  flags: number,
  rightsBase: number,
  rightsInheriting: number,
): void {
  view.setUint32(ptr, (filetype & 0xff) | (flags << 16), true)
  view.setUint32(ptr + 4, 0, true)
  writeWords(view, ptr + FDSTAT_RIGHTS_BASE, rightsBase, 0)
  writeWords(view, ptr + FDSTAT_RIGHTS_INHERITING, rightsInheriting, 0)
}

/* filestat, 64 bytes
 *
 *   0       8       16 17      24      32      40      48      56      64
 *   ┌───────┬───────┬──┬───────┬───────┬───────┬───────┬───────┬───────┐
 *   │  dev  │  ino  │ft│   0   │ nlink │ size  │ atim  │ mtim  │ ctim  │
 *   └───────┴───────┴──┴───────┴───────┴───────┴───────┴───────┴───────┘
 */
export const FILESTAT_SIZE = 64
export const FILESTAT_DEV = 0
export const FILESTAT_INO = 8
export const FILESTAT_FILETYPE = 16
export const FILESTAT_NLINK = 24
export const FILESTAT_SIZE_FIELD = 32
export const FILESTAT_ATIM = 40
export const FILESTAT_MTIM = 48
export const FILESTAT_CTIM = 56

/** Writes a filestat: safe integers, FILETYPE_*, and three instants (see `writeInstant`). */
export function writeFilestat(
  view: DataView,
  ptr: number,
  dev: number,
  ino: number,
  filetype: number,
  nlink: number,
  size: number,
  atimSec: number,
  atimNsec: number,
  mtimSec: number,
  mtimNsec: number,
  ctimSec: number,
  ctimNsec: number,
): void {
  writeNumber(view, ptr + FILESTAT_DEV, dev)
  writeNumber(view, ptr + FILESTAT_INO, ino)
  writeWords(view, ptr + FILESTAT_FILETYPE, filetype & 0xff, 0)
  writeNumber(view, ptr + FILESTAT_NLINK, nlink)
  writeNumber(view, ptr + FILESTAT_SIZE_FIELD, size)
  writeInstant(view, ptr + FILESTAT_ATIM, atimSec, atimNsec)
  writeInstant(view, ptr + FILESTAT_MTIM, mtimSec, mtimNsec)
  writeInstant(view, ptr + FILESTAT_CTIM, ctimSec, ctimNsec)
}

/* prestat, 8 bytes: tag (u8, PREOPENTYPE_DIR), three of padding, the length of the name (u32) */
export const PRESTAT_SIZE = 8
export const PRESTAT_TAG = 0
export const PRESTAT_NAME_LENGTH = 4

/** Writes the prestat of a directory whose name has `nameLength` bytes, without a NUL. */
export function writePrestatDir(view: DataView, ptr: number, nameLength: number): void {
  view.setUint32(ptr, 0, true)
  view.setUint32(ptr + PRESTAT_NAME_LENGTH, nameLength, true)
}

/* dirent, 24 bytes, followed by the name, without a NUL and without padding
 *
 *   0           8           16       20 21    24
 *   ┌───────────┬───────────┬────────┬──┬─────┐
 *   │  d_next   │   d_ino   │ namlen │ft│  0  │ name…
 *   └───────────┴───────────┴────────┴──┴─────┘
 */
export const DIRENT_SIZE = 24
export const DIRENT_NEXT = 0
export const DIRENT_INO = 8
export const DIRENT_NAMLEN = 16
export const DIRENT_TYPE = 20

/**
 * Writes the header of a directory entry: the cookie after it and its inode number (safe integers), the bytes of its
 * name, FILETYPE_*. A buffer that ends within a header takes its first bytes: write it to a view of one's own then.
 */
export function writeDirent(
  view: DataView,
  ptr: number,
  next: number,
  ino: number,
  namlen: number,
  filetype: number,
): void {
  writeNumber(view, ptr + DIRENT_NEXT, next)
  writeNumber(view, ptr + DIRENT_INO, ino)
  view.setUint32(ptr + DIRENT_NAMLEN, namlen, true)
  view.setUint32(ptr + DIRENT_TYPE, filetype & 0xff, true)
}

/* iovec and ciovec, 8 bytes: address (u32), length (u32) */
export const IOVEC_SIZE = 8
export const IOVEC_BUF = 0
export const IOVEC_LENGTH = 4

/** The address that entry `index` of the iovec array at `ptr` points to. */
export function iovecBuf(view: DataView, ptr: number, index: number): number {
  return view.getUint32(ptr + index * IOVEC_SIZE, true)
}

/** The length, in bytes, of what entry `index` of the iovec array at `ptr` points to. */
export function iovecLength(view: DataView, ptr: number, index: number): number {
  return view.getUint32(ptr + index * IOVEC_SIZE + IOVEC_LENGTH, true)
}

/* subscription, 48 bytes; what stands at 16 depends on the tag
 *
 *   0           8  9       16       20       24          32          40    42     48
 *   ┌───────────┬──┬───────┬────────┬────────┬───────────┬───────────┬─────┬──────┐
 *   │ userdata  │ 0│       │clock_id│        │  timeout  │ precision │flags│      │  EVENTTYPE_CLOCK
 *   ├───────────┼──┼───────┼────────┼────────┴───────────┴───────────┴─────┴──────┤
 *   │ userdata  │1 2│      │   fd   │                                              │  EVENTTYPE_FD_READ, _WRITE
 *   └───────────┴──┴───────┴────────┴──────────────────────────────────────────────┘
 */
export const SUBSCRIPTION_SIZE = 48
export const SUBSCRIPTION_USERDATA = 0
export const SUBSCRIPTION_TAG = 8
export const SUBSCRIPTION_CLOCK_ID = 16
export const SUBSCRIPTION_CLOCK_TIMEOUT = 24
export const SUBSCRIPTION_CLOCK_PRECISION = 32
export const SUBSCRIPTION_CLOCK_FLAGS = 40
export const SUBSCRIPTION_FD = 16

/** One subscription as numbers, made once and filled by `readSubscription` for each. Words are unsigned. */
export interface Subscription {
  userdataLo: number
  userdataHi: number
  /** EVENTTYPE_*, or what else the guest wrote there (u8). */
  type: number
  /** CLOCK_*; of a clock subscription only, else 0, as the next four fields. */
  clockId: number
  /** Nanoseconds. */
  timeoutLo: number
  timeoutHi: number
  /** SUBCLOCK_ABSTIME or 0 (u16). */
  flags: number
  /** The descriptor; of a descriptor subscription only, else 0. */
  fd: number
}

/** A subscription to be filled. */
export function newSubscription(): Subscription {
  return { userdataLo: 0, userdataHi: 0, type: 0, clockId: 0, timeoutLo: 0, timeoutHi: 0, flags: 0, fd: 0 }
}

/** Reads the subscription at `ptr` into `into`. The precision is not read: virtual clocks wake exactly. */
export function readSubscription(view: DataView, ptr: number, into: Subscription): void {
  readSubscriptionAs(view, ptr, into, SUBSCRIPTION_CLOCK_ID)
}

/** `readSubscription` where the id of the clock, and what follows it, stands at `clock` bytes. */
export function readSubscriptionAs(view: DataView, ptr: number, into: Subscription, clock: number): void {
  const type = view.getUint8(ptr + SUBSCRIPTION_TAG)
  const isClock = type === 0
  into.userdataLo = view.getUint32(ptr + SUBSCRIPTION_USERDATA, true)
  into.userdataHi = view.getUint32(ptr + SUBSCRIPTION_USERDATA + 4, true)
  into.type = type
  into.clockId = isClock ? view.getUint32(ptr + clock, true) : 0
  into.timeoutLo = isClock ? view.getUint32(ptr + clock + 8, true) : 0
  into.timeoutHi = isClock ? view.getUint32(ptr + clock + 12, true) : 0
  into.flags = isClock ? view.getUint16(ptr + clock + 24, true) : 0
  into.fd = isClock ? 0 : view.getUint32(ptr + SUBSCRIPTION_FD, true)
}

/* event, 32 bytes
 *
 *   0           8     10 11    16          24    26          32
 *   ┌───────────┬─────┬──┬─────┬───────────┬─────┬───────────┐
 *   │ userdata  │errno│ty│  0  │  nbytes   │flags│     0     │
 *   └───────────┴─────┴──┴─────┴───────────┴─────┴───────────┘
 */
export const EVENT_SIZE = 32
export const EVENT_USERDATA = 0
export const EVENT_ERRNO = 8
export const EVENT_TYPE = 10
export const EVENT_NBYTES = 16
export const EVENT_FLAGS = 24

/** Writes an event: the subscription's userdata, an errno number or 0, EVENTTYPE_*, a safe integer, EVENT_*_HANGUP. */
export function writeEvent(
  view: DataView,
  ptr: number,
  userdataLo: number,
  userdataHi: number,
  errno: number,
  type: number,
  nbytes: number,
  flags: number,
): void {
  writeWords(view, ptr + EVENT_USERDATA, userdataLo, userdataHi)
  writeWords(view, ptr + EVENT_ERRNO, (errno & 0xffff) | ((type & 0xff) << 16), 0)
  writeNumber(view, ptr + EVENT_NBYTES, nbytes)
  writeWords(view, ptr + EVENT_FLAGS, flags & 0xffff, 0)
}

/** What differs between wasi_snapshot_preview1 and wasi_unstable; the hostcalls go through one of the two. */
export interface Layout {
  readonly filestatSize: number
  readonly subscriptionSize: number
  readonly writeFilestat: typeof writeFilestat
  readonly readSubscription: typeof readSubscription
  /** The guest's whence as WHENCE_SET, WHENCE_CUR or WHENCE_END, or -1 when it is none. */
  readonly whence: (value: number) => number
}

/** The layout of wasi_snapshot_preview1. */
export const preview1Layout: Layout = {
  filestatSize: FILESTAT_SIZE,
  subscriptionSize: SUBSCRIPTION_SIZE,
  writeFilestat,
  readSubscription,
  whence: (value) => (value === WHENCE_SET || value === WHENCE_CUR || value === WHENCE_END ? value : -1),
}
