/** One running guest: its descriptors, its arguments, its randomness, and how it ended. */

import type { ByteString } from '../vfs/bytes.ts'
import type { Instant } from '../vfs/inode.ts'
import { FdTable } from './fd_table.ts'
import type { Random } from './random.ts'

/** How a process ended; `kind` tells the five apart without reading any text. */
export type End =
  /** The guest returned from `_start` (code 0) or called `proc_exit`; the code is the u32 as given. */
  | { readonly kind: 'exit'; readonly code: number }
  /** The guest raised a signal whose default action is to end the process. */
  | { readonly kind: 'signal'; readonly signal: number; readonly name: string }
  /** The engine's trap: `unreachable`, a bad index, a call through null, an exception nobody caught. */
  | { readonly kind: 'trap'; readonly message: string; readonly stack: string }
  /** A bound of `Limits`, or the engine's stack. */
  | { readonly kind: 'limit'; readonly limit: LimitName; readonly message: string }
  /** Every process waits for something that can no longer happen. */
  | { readonly kind: 'deadlock'; readonly waits: readonly Wait[]; readonly message: string }

export type LimitName = 'calls' | 'output' | 'pipe' | 'stack' | 'fuel' | 'host memory' | 'until' | 'power cut'

/** One process of a deadlock: which call waits, for which descriptors to become what. */
export interface Wait {
  readonly pid: number
  readonly call: string
  readonly fds: readonly { readonly fd: number; readonly for: 'readable' | 'writable' }[]
}

/** Bounds on one process. */
export interface ProcessLimits {
  /** Calls to the kernel. */
  readonly calls: number
  /** Bytes written to captured streams. */
  readonly output: number
  /** Open descriptors. */
  readonly descriptors: number
  /** Bytes in a pipe whose reader cannot run. */
  readonly pipe: number
}

export class Process {
  readonly pid: number
  readonly args: readonly ByteString[]
  /** `NAME=VALUE`, in order. */
  readonly env: readonly ByteString[]
  readonly fds: FdTable
  readonly limits: ProcessLimits
  readonly random: Random
  /** The seed of another order than that of the names for listings. */
  listing: string | undefined
  /** Calls made so far. */
  calls = 0
  /** Instructions taken so far, where they are counted and time is to move by them. */
  instructions = 0
  /** Bytes written to captured streams so far. */
  outputSize = 0
  /** Bytes that the call which is now blocked has moved already; the next try goes on from there. */
  progress = 0
  /** Whether a call is running; it stays true when the call threw. */
  inCall = false
  /** What a call threw, which only the host's own code or the end of the engine's stack makes it do. */
  failure: { readonly error: unknown } | undefined
  /** Set once; from then on every call of this process ends it again. */
  end: End | undefined

  constructor(
    pid: number,
    args: readonly ByteString[],
    env: readonly ByteString[],
    limits: ProcessLimits,
    random: Random,
    fds: FdTable = new FdTable(limits.descriptors),
  ) {
    this.pid = pid
    this.args = args
    this.env = env
    this.limits = limits
    this.random = random
    this.fds = fds
  }

  /** CPU time: the ticks of this process's calls, `tick` nanoseconds each, and a nanosecond for each instruction. */
  cpuTime(tick: number): Instant {
    const ns = BigInt(this.calls) * BigInt(tick) + BigInt(this.instructions)
    return { sec: Number(ns / 1_000_000_000n), nsec: Number(ns % 1_000_000_000n) }
  }
}
