/** One instance of a guest, and the way back to how it began, so that the next run need not make another. */

import { markWritten, WrittenMarks } from './abi/written_marks.ts'
import { granuleShift } from './cpu/dirty.ts'
import { GuestCpu } from './guest_cpu.ts'
import type { GuestModule } from './guest_module.ts'
import { MARKED_MEMORY_MAX, MemoryImage } from './memory_image.ts'

/**
 * Bytes of memory up to which an instance is kept. To put one back costs 14 us for each MiB, whatever was touched; a new
 * one costs 70 us and what the host takes for its pages. For a guest that touches four KiB of its memory that came to
 * 220 us against 590 us with 16 MiB, and to 890 us against 340 us with 64.
 */
const MEMORY_MAX = 1 << 24

export class GuestInstance {
  /** The module's own exports. */
  readonly exports: WebAssembly.Exports
  /** What the rewriter put into it. */
  readonly cpu: GuestCpu | undefined
  /** Its memory at first, where it can be put back. */
  readonly #image: MemoryImage | undefined
  /** What the host has written to its memory, where it is put back by what was written. */
  readonly #written: WrittenMarks | undefined
  #bytes: Uint8Array = bytesOf(undefined)

  /** Preconditions: `exports` are of an instance of `module` that has not run; only with `again` can it be put back. */
  constructor(module: GuestModule, exports: WebAssembly.Exports, again: boolean) {
    this.cpu = module.cpu === undefined ? undefined : new GuestCpu(module.cpu, exports)
    this.exports = this.cpu?.exports ?? exports
    if (!again || this.cpu?.reset === undefined) return
    this.#bytes = bytesOf(this.cpu.memory)
    const { memory, writtenHigh } = this.cpu
    if (this.#bytes.length > (writtenHigh === undefined ? MEMORY_MAX : MARKED_MEMORY_MAX)) return
    if (memory !== undefined && writtenHigh !== undefined) {
      this.#written = new WrittenMarks(granuleShift(this.#bytes.length))
      markWritten(memory, this.#written)
    }
    // It is the same in each instance: whatever it starts from is in the module.
    module.image ??= new MemoryImage(this.#bytes, this.#written?.shift)
    this.#image = module.image
  }

  /** Whether it can be put back: what it was made of allows that, and its memory has not grown. */
  get canReset(): boolean {
    if (this.#image === undefined) return false
    // A memory that grows takes the bytes from all who had them; by nothing it does so too.
    if (this.#bytes.length !== this.#image.size) this.#bytes = bytesOf(this.cpu?.memory)
    return this.#bytes.length === this.#image.size
  }

  /** Whether it can become what `other`, which is stopped, is: no memory shrinks. */
  canBecome(other: GuestInstance): boolean {
    return bytesOf(this.cpu?.memory).length <= bytesOf(other.cpu?.memory).length
  }

  /**
   * Makes it what `other` is, another instance of the same module, which is stopped at a call. Preconditions: nobody else
   * can reach it, and `canBecome`. @throws RangeError where the host cannot give as much memory.
   */
  become({ cpu: other }: GuestInstance): void {
    const { cpu } = this
    if (cpu?.frames === undefined || other?.frames === undefined) return
    const from = bytesOf(other.memory)
    const missing = from.length - bytesOf(cpu.memory).length
    if (missing > 0) cpu.memory?.grow(missing / 65_536)
    bytesOf(cpu.memory).set(from)
    cpu.frames.copy(other.frames)
    cpu.continue(other)
  }

  /** Puts it back to how it was when it was made. Preconditions: `canReset`, and nobody else can reach it. */
  reset(): void {
    const { cpu } = this
    cpu?.frames?.drop()
    const written = this.#written
    if (written === undefined) {
      cpu?.reset?.()
      this.#image?.restore(this.#bytes)
      return
    }
    const high = written.high | (cpu?.writtenHigh?.() ?? 0)
    const low = cpu?.reset?.(written.low, high) ?? 0
    this.#image?.restoreMarked(this.#bytes, low, high)
    written.clear()
  }
}

function bytesOf(memory: WebAssembly.Memory | undefined): Uint8Array {
  return memory === undefined ? new Uint8Array(0) : new Uint8Array(memory.buffer)
}
