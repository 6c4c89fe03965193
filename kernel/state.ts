/** All of a kernel between runs, but for its tree, as plain data: what a snapshot saves and what names a state. */

import type { Filesystem } from '../vfs/filesystem.ts'
import type { Instant } from '../vfs/inode.ts'
import type { Quota } from '../vfs/limits.ts'
import { Clock } from './clock.ts'
import { Kernel } from './kernel.ts'

export interface KernelState {
  /** Randomness has no other state between runs: each process begins a stream named by its number. */
  readonly seed: string
  /** Nanoseconds that each call takes. */
  readonly tick: number
  readonly realtime: Instant
  readonly monotonic: Instant
  readonly nextPid: number
  readonly nextSerial: number
  readonly nextIno: number
  readonly quota: Quota
}

export function stateOf({ fs, clock, seed, nextPid, nextSerial }: Kernel): KernelState {
  const { realtime, monotonic, tick } = clock
  return {
    seed,
    tick,
    realtime: { sec: realtime.sec, nsec: realtime.nsec },
    monotonic: { sec: monotonic.sec, nsec: monotonic.nsec },
    nextPid,
    nextSerial,
    nextIno: fs.table.nextIno,
    quota: fs.quota,
  }
}

/** A kernel that goes on from `state` with that tree. */
export function kernelOf(state: KernelState, fs: Filesystem): Kernel {
  const { seed, tick, realtime, monotonic, nextPid, nextSerial } = state
  return new Kernel(fs, new Clock(realtime, monotonic, tick), seed, nextPid, nextSerial)
}
