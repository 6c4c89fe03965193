/**
 * What the host has written to a guest's memory, where that is put back by what was written: marks for granules, as the
 * guest's own code makes them (`cpu/dirty.ts`). All that look at a memory share its marks.
 */

const LAST = 63

export class WrittenMarks {
  /** A granule is 2 to the power of this. */
  readonly shift: number
  /** Granules 0 to 31, and 32 to 63. */
  low: number = 0
  high: number = 0

  constructor(shift: number) {
    this.shift = shift
  }

  /** Marks `length` bytes from `ptr` on. Preconditions: they are in the memory. */
  mark(ptr: number, length: number): void {
    if (length === 0) return
    // Where there are more the memory has grown, and will not be put back.
    const last = Math.min(LAST, (ptr + length - 1) >>> this.shift)
    for (let granule = ptr >>> this.shift; granule <= last; granule++) {
      if (granule < 32) this.low |= 1 << granule
      else this.high |= 1 << granule
    }
  }

  clear(): void {
    this.low = this.high = 0
  }
}

const marksOfMemories = new WeakMap<WebAssembly.Memory, WrittenMarks>()

/** From now on what the host writes to `memory` is marked, by all that are attached to it later. */
export function markWritten(memory: WebAssembly.Memory, marks: WrittenMarks): void {
  marksOfMemories.set(memory, marks)
}

/** The marks for what is written to `memory`, if that is marked. */
export function marksOf(memory: WebAssembly.Memory): WrittenMarks | undefined {
  return marksOfMemories.get(memory)
}
