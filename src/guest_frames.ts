/**
 * The frames of a guest in an instance whose module has the pass `unwind` (`src/cpu/unwind.ts`): the guest can be taken
 * off the engine's stack at a call. There it stands before that call then, and can be copied to other instances and go on
 * from there in each. Or it has ended in the call, and is let go: that takes a tenth of what it takes to throw.
 */

import { POP_GLOBALS, PUSH_GLOBALS, UNWIND_FRAMES, UNWIND_STATE } from './cpu/options.ts'
import { FRAME_FUNCTIONS, frameStack } from './cpu/unwind_frames.ts'
import type { Frames } from './hostcall/stoppable.ts'

const RUNS = 0
const UNWINDS = 1
const REWINDS = 2
const PAGE = 65_536

/** Made when first needed. */
const made: { module?: WebAssembly.Module } = {}

export class GuestFrames implements Frames {
  readonly #state: WebAssembly.Global
  readonly #pushGlobals: () => void
  readonly #popGlobals: () => void
  readonly #memory: WebAssembly.Memory
  readonly #pointer: WebAssembly.Global
  stopAt: number = Number.POSITIVE_INFINITY
  /** As the state of the module says, without asking it. */
  #now: typeof RUNS | typeof UNWINDS | typeof REWINDS = RUNS

  /** `undefined` for the exports of a module without the pass. */
  static of(exports: WebAssembly.Exports): GuestFrames | undefined {
    return exports[UNWIND_STATE] === undefined ? undefined : new GuestFrames(exports)
  }

  constructor(exports: WebAssembly.Exports) {
    made.module ??= new WebAssembly.Module(frameStack())
    const stack = new WebAssembly.Instance(made.module).exports
    const table = exports[UNWIND_FRAMES] as WebAssembly.Table
    FRAME_FUNCTIONS.forEach((name, index) => {
      table.set(index, stack[name])
    })
    this.#state = exports[UNWIND_STATE] as WebAssembly.Global
    this.#pushGlobals = exports[PUSH_GLOBALS] as () => void
    this.#popGlobals = exports[POP_GLOBALS] as () => void
    this.#memory = stack.memory as WebAssembly.Memory
    this.#pointer = stack.pointer as WebAssembly.Global
  }

  get rewinds(): boolean {
    return this.#now === REWINDS
  }

  /** Whether frames are being taken off; when the engine's stack is empty, whether the guest is stopped. */
  get unwinds(): boolean {
    return this.#now === UNWINDS
  }

  unwind(): void {
    this.#set(UNWINDS)
  }

  /** When the host is back: the guest is stopped, with its globals on top of its frames. */
  stopped(): void {
    this.#set(RUNS)
    this.#pushGlobals()
  }

  /** There are no frames: what was taken off when the guest ended is nobody's any more. */
  drop(): void {
    if (this.#now === RUNS) return
    this.#set(RUNS)
    this.#pointer.value = 0
  }

  /** Before the host calls the export again that it called first. */
  rewind(): void {
    this.#popGlobals()
    this.#set(REWINDS)
  }

  arrived(): void {
    this.#set(RUNS)
  }

  /** Takes over the frames of another instance of the module, which is stopped. */
  copy(from: GuestFrames): void {
    this.#set(RUNS)
    const size = from.#pointer.value as number
    const missing = Math.ceil((size - this.#memory.buffer.byteLength) / PAGE)
    if (missing > 0) this.#memory.grow(missing)
    new Uint8Array(this.#memory.buffer).set(new Uint8Array(from.#memory.buffer, 0, size))
    this.#pointer.value = size
  }

  #set(state: typeof RUNS | typeof UNWINDS | typeof REWINDS): void {
    this.#now = state
    this.#state.value = state
  }
}
