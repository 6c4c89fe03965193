/** clock_res_get and clock_time_get: the virtual clocks. */

import type { Instant } from '../../vfs/inode.ts'
import { CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID, CLOCK_REALTIME, CLOCK_THREAD_CPUTIME_ID } from '../abi/types.ts'
import { writeInstant } from '../abi/u64.ts'
import { FAULT, type Guest, INVAL } from './guest.ts'

/**
 * clock_res_get(id: clockid, resolution: ptr) -> errno
 *
 * Writes the resolution of a clock, in nanoseconds (u64): the machine's tick, or 1 where the clocks are frozen.
 * INVAL: there is no such clock. FAULT: the pointer is outside memory.
 * POSIX: clock_getres.
 */
export function clockResGet(guest: Guest, id: number, resolution: number): number {
  const { memory, kernel } = guest
  if (!memory.covers(resolution >>> 0, 8)) return FAULT
  if (id >>> 0 > CLOCK_THREAD_CPUTIME_ID) return INVAL
  writeInstant(memory.view, resolution >>> 0, 0, Math.max(1, kernel.clock.tick))
  return 0
}

/**
 * clock_time_get(id: clockid, precision: timestamp, time: ptr) -> errno
 *
 * Writes the time of a clock, in nanoseconds (u64): realtime since 1970, monotonic since the machine began, CPU time
 * since the process began. `precision` is not needed: virtual clocks are exact.
 * INVAL: there is no such clock. FAULT: the pointer is outside memory.
 * POSIX: clock_gettime.
 */
export function clockTimeGet(guest: Guest, id: number, _lo: number, _hi: number, time: number): number {
  const { memory, kernel, process } = guest
  if (!memory.covers(time >>> 0, 8)) return FAULT
  switch (id) {
    case CLOCK_REALTIME:
      writeTime(memory.view, time >>> 0, kernel.clock.realtime)
      return 0
    case CLOCK_MONOTONIC:
      writeTime(memory.view, time >>> 0, kernel.clock.monotonic)
      return 0
    case CLOCK_PROCESS_CPUTIME_ID:
    case CLOCK_THREAD_CPUTIME_ID:
      writeTime(memory.view, time >>> 0, process.cpuTime(kernel.clock.tick))
      return 0
    default:
      return INVAL
  }
}

function writeTime(view: DataView, ptr: number, { sec, nsec }: Instant): void {
  writeInstant(view, ptr, sec, nsec)
}
