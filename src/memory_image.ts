/** A guest's memory as it was before the guest ran. Most of it is zeros, so only what is not is kept. */

/** Words that are zero between two parts which are kept apart: fewer are copied in the time that one more call takes. */
const GAP = 256

interface Part {
  readonly at: number
  readonly bytes: Uint8Array
}

export class MemoryImage {
  /** Bytes of the memory. */
  readonly size: number
  readonly #parts: readonly Part[]

  /** A copy of `memory`, all of one, which may change then. */
  constructor(memory: Uint8Array) {
    this.size = memory.length
    this.#parts = partsOf(memory)
  }

  /** Makes `memory` what it was. Preconditions: it has as many bytes, and all are zero. */
  restore(memory: Uint8Array): void {
    for (const { at, bytes } of this.#parts) memory.set(bytes, at)
  }
}

function partsOf(memory: Uint8Array): Part[] {
  const words = new Int32Array(memory.buffer, memory.byteOffset, memory.length / 4)
  const parts: Part[] = []
  let [from, end] = [0, 0]
  const keep = (): void => {
    if (end > from) parts.push({ at: 4 * from, bytes: memory.slice(4 * from, 4 * end) })
  }
  for (let at = 0; at < words.length; at++) {
    if (words[at] === 0) continue
    if (at - end >= GAP) {
      keep()
      from = at
    }
    end = at + 1
  }
  keep()
  return parts
}
