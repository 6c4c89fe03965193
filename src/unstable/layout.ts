/**
 * The structs of wasi_unstable (snapshot 0) that differ from wasi_snapshot_preview1: filestat, subscription and the
 * order of whence. All else is as in ../abi/layout.ts, and so are the preconditions.
 */

import { type Layout, readSubscriptionAs, type Subscription } from '../abi/layout.ts'
import { WHENCE_CUR, WHENCE_END, WHENCE_SET } from '../abi/types.ts'
import { writeInstant, writeNumber, writeWords } from '../abi/u64.ts'

/* filestat, 56 bytes: the link count has 32 bits and stands in what is padding in preview1
 *
 *   0       8       16 17  20    24      32      40      48      56
 *   ┌───────┬───────┬──┬───┬─────┬───────┬───────┬───────┬───────┐
 *   │  dev  │  ino  │ft│ 0 │nlink│ size  │ atim  │ mtim  │ ctim  │
 *   └───────┴───────┴──┴───┴─────┴───────┴───────┴───────┴───────┘
 */
export const UNSTABLE_FILESTAT_SIZE = 56
export const UNSTABLE_FILESTAT_NLINK = 20
export const UNSTABLE_FILESTAT_SIZE_FIELD = 24
export const UNSTABLE_FILESTAT_ATIM = 32
export const UNSTABLE_FILESTAT_MTIM = 40
export const UNSTABLE_FILESTAT_CTIM = 48

/** Writes a filestat of wasi_unstable; parameters as `writeFilestat`, a link count over 2^32-1 becomes that. */
export function writeUnstableFilestat(
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
  writeNumber(view, ptr, dev)
  writeNumber(view, ptr + 8, ino)
  writeWords(view, ptr + 16, filetype & 0xff, Math.min(nlink, 0xffff_ffff))
  writeNumber(view, ptr + UNSTABLE_FILESTAT_SIZE_FIELD, size)
  writeInstant(view, ptr + UNSTABLE_FILESTAT_ATIM, atimSec, atimNsec)
  writeInstant(view, ptr + UNSTABLE_FILESTAT_MTIM, mtimSec, mtimNsec)
  writeInstant(view, ptr + UNSTABLE_FILESTAT_CTIM, ctimSec, ctimNsec)
}

/* subscription, 56 bytes: a clock subscription has an identifier (u64, the guest's, without effect) before the id
 *
 *   0           8  9   16           24       28     32          40          48    50     56
 *   ┌───────────┬──┬───┬────────────┬────────┬──────┬───────────┬───────────┬─────┬──────┐
 *   │ userdata  │ 0│   │ identifier │clock_id│      │  timeout  │ precision │flags│      │  EVENTTYPE_CLOCK
 *   ├───────────┼──┼───┼──────┬─────┴────────┴──────┴───────────┴───────────┴─────┴──────┤
 *   │ userdata  │12│   │  fd  │                                                          │  EVENTTYPE_FD_READ, _WRITE
 *   └───────────┴──┴───┴──────┴──────────────────────────────────────────────────────────┘
 */
export const UNSTABLE_SUBSCRIPTION_SIZE = 56
export const UNSTABLE_SUBSCRIPTION_CLOCK_IDENTIFIER = 16
export const UNSTABLE_SUBSCRIPTION_CLOCK_ID = 24
export const UNSTABLE_SUBSCRIPTION_CLOCK_TIMEOUT = 32
export const UNSTABLE_SUBSCRIPTION_CLOCK_PRECISION = 40
export const UNSTABLE_SUBSCRIPTION_CLOCK_FLAGS = 48

/** Reads the wasi_unstable subscription at `ptr` into `into`. */
export function readUnstableSubscription(view: DataView, ptr: number, into: Subscription): void {
  readSubscriptionAs(view, ptr, into, UNSTABLE_SUBSCRIPTION_CLOCK_ID)
}

/** Preview1's whence by wasi_unstable's: there 0 is from the current offset, 1 from the end, 2 from the start. */
const WHENCE: readonly number[] = [WHENCE_CUR, WHENCE_END, WHENCE_SET]

/** The layout of wasi_unstable. */
export const unstableLayout: Layout = {
  filestatSize: UNSTABLE_FILESTAT_SIZE,
  subscriptionSize: UNSTABLE_SUBSCRIPTION_SIZE,
  writeFilestat: writeUnstableFilestat,
  readSubscription: readUnstableSubscription,
  whence: (value) => WHENCE[value] ?? -1,
}
