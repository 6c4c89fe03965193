/**
 * A guest's memory as it was before the guest ran. Most of it is zeros, so only what is not is kept. Where the guest
 * marks what it writes, each part is of one granule, so that only those that were marked need be put back.
 */

import { SLACK } from './cpu/dirty.ts'

/** Words that are zero between two parts which are kept apart: fewer are copied in the time that one more call takes. */
const GAP = 256

/**
 * Bytes of memory up to which an instance is kept that marks what it writes. With 64 MiB, of which three places were
 * written, it took 33 us to put it back, and a new one 340.
 */
export const MARKED_MEMORY_MAX: number = 1 << 26

interface Part {
  readonly at: number
  readonly bytes: Uint8Array
  /** The marks, as two halves, with any of which the part has been cleared. */
  readonly low: number
  readonly high: number
}

export class MemoryImage {
  /** Bytes of the memory. */
  readonly size: number
  readonly #parts: readonly Part[]

  /** A copy of `memory`, all of one, which may change then. A granule is 2 to the power of `shift`, if there are any. */
  constructor(memory: Uint8Array, shift?: number) {
    this.size = memory.length
    this.#parts = partsOf(memory, shift)
  }

  /** Makes `memory` what it was. Preconditions: it has as many bytes, and all are zero. */
  restore(memory: Uint8Array): void {
    for (const { at, bytes } of this.#parts) memory.set(bytes, at)
  }

  /** The same where only what these marks say is all zeros, and all else is what it was. */
  restoreMarked(memory: Uint8Array, low: number, high: number): void {
    for (const part of this.#parts) {
      if (((part.low & low) | (part.high & high)) !== 0) memory.set(part.bytes, part.at)
    }
  }
}

/** Where the part that begins at byte `at` has to end: no granule, and no slack after one, begins within it. */
function endOfPart(at: number, shift: number | undefined): number {
  if (shift === undefined) return Infinity
  const from = at - (at % 2 ** shift)
  return at < from + SLACK ? from + SLACK : from + 2 ** shift
}

/** The bit of a granule, in its half. */
function bit(granule: number, half: number): number {
  return granule >= 32 * half && granule < 32 * (half + 1) ? 1 << granule : 0
}

function partsOf(memory: Uint8Array, shift: number | undefined): Part[] {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4)
  const parts: Part[] = []
  let [from, end, last] = [0, 0, endOfPart(0, shift)]
  const keep = (): void => {
    if (end <= from) return
    const granule = shift === undefined ? 0 : Math.floor((4 * from) / 2 ** shift)
    const isSlack = shift !== undefined && granule > 0 && 4 * from < granule * 2 ** shift + SLACK
    const marks = (half: number): number => bit(granule, half) | (isSlack ? bit(granule - 1, half) : 0)
    parts.push({ at: 4 * from, bytes: memory.slice(4 * from, 4 * end), low: marks(0), high: marks(1) })
  }
  for (let at = 0; at < words.length; at++) {
    if (words[at] === 0) continue
    if (at - end >= GAP || 4 * at >= last) {
      keep()
      from = at
      last = endOfPart(4 * at, shift)
    }
    end = at + 1
  }
  keep()
  return parts
}
