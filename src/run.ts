/** What a run leaves behind: how it ended, what it wrote, and, for a reactor, its exports to call. */

import type { End } from '../kernel/process.ts'
import type { Comparison } from './guest_comparisons.ts'
import type { Moment } from './timeline.ts'

export type { End, Wait } from '../kernel/process.ts'
export type { Comparison } from './guest_comparisons.ts'

/** Bytes that a guest wrote. */
export interface Output {
  readonly bytes: Uint8Array
  /** As UTF-8; ill-formed bytes become U+FFFD. */
  text(): string
}

/** The outcome of `Machine.run`. */
export interface Run {
  readonly pid: number
  /** `undefined` while a reactor is still alive (`close` ends it). */
  readonly end: End | undefined
  /** The exit code, or `undefined` where the run did not end by one. */
  readonly exitCode: number | undefined
  readonly stdout: Output
  readonly stderr: Output
  /** Equal for two runs if and only if they made the same calls with the same results; `undefined` with `trace: 'off'`. */
  readonly traceDigest: string | undefined
  /** The records, with `trace: 'records'`; else empty. `formatRecord` prints one as strace would. */
  readonly trace: readonly TraceRecord[]
  /** Calls made to the kernel. */
  readonly calls: number
  /** Instructions taken, with the option `fuel`; block by block, so at a limit it is all of it. */
  readonly fuelUsed: number | undefined
  /** With the option `faults`: which of the rules, counted from 0, did something, and at which calls. */
  readonly faults: readonly { readonly rule: number; readonly call: number }[]
  /**
   * The edges that were taken, of a module that was compiled with `coverage`: edge i is bit i % 32 of word i / 32;
   * `coverageReport` of `vivarium/fuzz` says what they are. Runs may share it, so it is not to be changed.
   */
  readonly coverage: Uint32Array | undefined
  /** What was compared, of a module that was compiled with `comparisons`: of each place the first 64, in order. */
  readonly comparisons: readonly Comparison[] | undefined
  /** What the peers of each listening socket received, in the order of `listen`. */
  readonly received: readonly (readonly Output[])[]
  /**
   * The module's exports. Once the run has ended nothing in them makes a call any more; of a command that was given no
   * `imports` only the memories are left then, and those only where they are asked for before the module is run again:
   * the next run may take over the instance, and then this is empty.
   */
  readonly exports: WebAssembly.Exports
  /**
   * Calls an exported function and returns what it returns.
   * @throws VivariumError `ENDED` when the run has ended, before or by this call; `end` then says how. `BUSY` from within
   * a call, as from a sink.
   */
  call(name: string, ...args: readonly (number | bigint)[]): unknown
  /**
   * The machine as it was after so many calls, with the option `timeline`: 0 is before the first, `calls` after the
   * last. Time and cost do not depend on how many there are.
   * @throws VivariumError `NO_MOMENT` for a moment that was not kept.
   */
  at(call: number): Moment
  /**
   * The numbers of the calls that had to do with what an absolute path names, before or after them, by that name, by
   * another, or by a descriptor. @throws VivariumError `NO_MOMENT` without the option `timeline`.
   */
  when(path: string): readonly number[]
  /** With the option `timeline`: of each call a digest of all that it was given and gave, to compare runs by. */
  readonly callDigests: readonly string[] | undefined
  /** Ends a reactor as `exit` 0: its descriptors are closed. Does nothing when the run has ended. */
  close(): void
}

/** One call as it was made. Numbers that fit are numbers; 64-bit ones are bigints. */
export interface TraceRecord {
  /** Counts from 1 within the run. */
  readonly index: number
  readonly pid: number
  readonly call: string
  /** Arguments by name, decoded: paths as text, flags as names, times in nanoseconds. */
  readonly args: { readonly [name: string]: unknown }
  /** `'ESUCCESS'` or the errno's name. */
  readonly errno: string
  /** What the call gave back, by name; empty on failure. */
  readonly results: { readonly [name: string]: unknown }
  /** The realtime clock when the call returned, nanoseconds since 1970. */
  readonly time: bigint
}
