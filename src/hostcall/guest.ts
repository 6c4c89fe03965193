/** All that a hostcall may see: the guest's memory on one side, its process and the kernel on the other. */

import type { Blocked } from '../../kernel/blocked.ts'
import type { Executor } from '../../kernel/executor.ts'
import { IOV_MAX, IoVec } from '../../kernel/iovec.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import { Subscription } from '../../kernel/poll.ts'
import type { Process } from '../../kernel/process.ts'
import type { StatusKind } from '../../kernel/status.ts'
import { type PieceStripes, STRIPED_FROM, type TraceHash } from '../../kernel/trace_hash.ts'
import type { ByteString } from '../../vfs/bytes.ts'
import { EFAULT, EINVAL, ENAMETOOLONG, type Errno } from '../../vfs/errno.ts'
import { PATH_MAX } from '../../vfs/limits.ts'
import { IOVEC_SIZE, iovecBuf, iovecLength, type Layout } from '../abi/layout.ts'
import { GuestMemory } from '../abi/memory.ts'
import type { CallName } from '../abi/signatures.ts'
import {
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_DIRECTORY,
  FILETYPE_REGULAR_FILE,
  FILETYPE_SOCKET_STREAM,
  FILETYPE_SYMBOLIC_LINK,
  FILETYPE_UNKNOWN,
} from '../abi/types.ts'
import type { FaultPlan } from './faulty.ts'
import type { Frames } from './stoppable.ts'
import { stripesOf, traceBuffer } from './stripes.ts'

/** Bytes that all ranges of one call may have together: what a signed 32-bit count can say. */
const TOTAL_MAX = 0x7fff_ffff

/** Bytes of long payloads after which it pays to instantiate what absorbs them faster. */
const FAST_FROM = 256 * 1024

export class Guest {
  kernel: Kernel
  process: Process
  executor: Executor
  readonly layout: Layout
  readonly memory: GuestMemory = new GuestMemory()
  /** The ranges of the call at hand. */
  readonly iov: IoVec = new IoVec()
  /** Absorbs the calls and what they move, by way of `traceBuffer()`; `undefined` when nothing is traced. */
  hash: TraceHash | undefined

  /** How many instructions the guest has taken, where time moves by them: that of CPU, or of all clocks. */
  meter: (() => number) | undefined
  metersAll = false

  /** What goes wrong, and the most bytes that the call at hand may move. */
  plan: FaultPlan | undefined
  shortTo: number = Number.POSITIVE_INFINITY
  /** Whether that made its ranges shorter. */
  wasShort = false
  /** What takes it off the engine's stack, where nothing but guest code is on that. */
  frames: Frames | undefined

  /** The words of the call at hand, where it is recorded, and room for its results: at most a filestat. */
  readonly words: Int32Array = new Int32Array(32)
  readonly #subscriptions: Subscription[] = []
  #userdata: Uint32Array = new Uint32Array(0)
  #memory: WebAssembly.Memory | undefined
  #stripes: PieceStripes | undefined
  /** Bytes that long payloads may still have before `#stripes` is made. */
  #slow = FAST_FROM

  constructor(kernel: Kernel, process: Process, layout: Layout, executor: Executor, hash: TraceHash | undefined) {
    this.kernel = kernel
    this.process = process
    this.layout = layout
    this.executor = executor
    this.hash = hash
  }

  /**
   * From now on this is another guest, as if it had been made anew, so that what is bound to it need not be; with the
   * memory of the one before until it is given another. Only where nothing of that one can make a call any more.
   */
  become(kernel: Kernel, process: Process, executor: Executor, hash: TraceHash | undefined): void {
    this.kernel = kernel
    this.process = process
    this.executor = executor
    this.hash = hash
    this.meter = undefined
    this.plan = undefined
    this.frames = undefined
    this.shortTo = Number.POSITIVE_INFINITY
  }

  /** The guest has `memory`, in place of any before; or none. */
  attach(memory: WebAssembly.Memory | undefined): void {
    this.memory.attach(memory)
    this.#memory = memory
    this.#stripes = undefined
    this.#slow = FAST_FROM
  }

  /** Waits; whether the call is to be tried again. When not, the process has ended. */
  wait(call: CallName, blocked: Blocked): boolean {
    this.executor.wait(this.process, call, blocked)
    return this.process.end === undefined
  }

  /** At least `count` subscriptions to fill, the same objects each time. */
  subscriptions(count: number): readonly Subscription[] {
    while (this.#subscriptions.length < count) this.#subscriptions.push(new Subscription())
    return this.#subscriptions
  }

  /** At least `count` pairs of words, the same array each time. */
  userdata(count: number): Uint32Array {
    if (this.#userdata.length < 2 * count) this.#userdata = new Uint32Array(2 * count)
    return this.#userdata
  }

  /** The path at `ptr`. EFAULT outside memory, ENAMETOOLONG before anything that long is read. */
  path(ptr: number, length: number): ByteString | Errno {
    if (!this.memory.covers(ptr >>> 0, length >>> 0)) return EFAULT
    if (length >>> 0 > PATH_MAX) return ENAMETOOLONG
    const path = this.memory.readByteString(ptr >>> 0, length >>> 0)
    this.absorb(ptr >>> 0, length >>> 0)
    return path
  }

  /**
   * Reads `count` ranges at `ptr` into `iov`. EINVAL for more than `IOV_MAX` or too many bytes in all, EFAULT where the
   * array or a range that has bytes is outside memory.
   */
  ranges(ptr: number, count: number): Errno | undefined {
    const { memory, iov } = this
    const ranges = count >>> 0
    if (ranges > IOV_MAX) return EINVAL
    if (!memory.covers(ptr >>> 0, ranges * IOVEC_SIZE)) return EFAULT
    iov.reset(memory.u8)
    for (let i = 0; i < ranges; i++) {
      const start = iovecBuf(memory.view, ptr >>> 0, i)
      const length = iovecLength(memory.view, ptr >>> 0, i)
      // One without bytes may point anywhere, so the kernel is not to meet it.
      if (length === 0) continue
      if (!memory.covers(start, length)) return EFAULT
      iov.add(start, length)
    }
    iov.buffer = memory.u8
    if (iov.total > TOTAL_MAX) return EINVAL
    if (iov.total > this.shortTo) {
      iov.limit(this.shortTo)
      this.wasShort = true
    }
    return undefined
  }

  /** Absorbs `length` bytes of memory into the trace digest. Preconditions: `memory.covers` them, in this call. */
  absorb(ptr: number, length: number): void {
    if (this.hash === undefined) return
    if (length < STRIPED_FROM) this.hash.short(this.memory.view, ptr, length)
    else this.#absorbLong(this.hash, ptr, length)
  }

  /** Absorbs the first `length` bytes of the ranges. */
  absorbRanges(length: number): void {
    const { iov } = this
    let left = length
    for (let i = 0; i < iov.count && left > 0; i++) {
      const part = Math.min(left, iov.lengths[i] as number)
      this.absorb(iov.starts[i] as number, part)
      left -= part
    }
  }

  #absorbLong(hash: TraceHash, ptr: number, length: number): void {
    if (this.#slow > 0) {
      this.#slow -= length
      if (this.#slow <= 0 && this.#memory !== undefined) this.#stripes = stripesOf(this.#memory, traceBuffer())
    }
    hash.bytes(this.memory.view, ptr, length, this.#stripes)
  }
}

/** The number that a call returns for `result`. */
export function numberOf(result: Errno | undefined): number {
  return result === undefined ? 0 : result.number
}

export const FAULT: number = EFAULT.number
export const INVAL: number = EINVAL.number

/** Preview1 has no type for a pipe, so it is unknown, and only a terminal is a character device that cannot seek. */
export function filetypeOf(kind: StatusKind): number {
  switch (kind) {
    case 'file':
      return FILETYPE_REGULAR_FILE
    case 'directory':
      return FILETYPE_DIRECTORY
    case 'symlink':
      return FILETYPE_SYMBOLIC_LINK
    case 'device':
    case 'terminal':
      return FILETYPE_CHARACTER_DEVICE
    case 'socket':
      return FILETYPE_SOCKET_STREAM
    case 'fifo':
    case 'stream':
      return FILETYPE_UNKNOWN
  }
}

/** One hostcall: 32-bit words as wasm passes them (64-bit parameters as low word, high word); an errno number or 0. */
// biome-ignore lint/suspicious/noExplicitAny: calls differ in how many words they take; the signatures table says how many
export type Handler = (guest: Guest, ...words: any[]) => number
