/** A module is a function of bytes: each is a choice, and where they end everything is the simplest that there is. */

export class Choices {
  readonly #bytes: Uint8Array
  #at = 0
  #end: number
  #shared = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#end = bytes.length
  }

  /** Whether there is nothing left to choose with, or nothing of the share at hand. */
  get over(): boolean {
    return this.#at >= this.#end
  }

  byte(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at++] as number) : 0
  }

  /** Leaves what is left of the last share, and starts one of `of` equal ones of all the rest. */
  share(of: number): void {
    if (this.#shared) this.#at = this.#end
    this.#shared = true
    this.#end = this.#at + Math.ceil((this.#bytes.length - this.#at) / of)
  }

  /** A whole number under `count`. */
  below(count: number): number {
    if (count <= 1) return 0
    return count <= 256 ? this.byte() % count : (this.byte() * 256 + this.byte()) % count
  }

  /** True once in `times`; never when there is nothing left. */
  oneIn(times: number): boolean {
    return this.below(times) === times - 1
  }

  /** One of `items`; the first when there is nothing left. */
  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }

  bytes(count: number): number[] {
    return Array.from({ length: count }, () => this.byte())
  }
}

/** The bytes of one number under a seed, `least` up to `most` of them. */
export function choicesOf(seed: number, index: number, least: number, most: number): Uint8Array {
  let state = Math.imul(seed ^ 0x9e37_79b9, 0x85eb_ca6b) ^ Math.imul(index + 1, 0xc2b2_ae35)
  const next = (): number => {
    // splitmix32
    state = (state + 0x9e37_79b9) | 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  return Uint8Array.from({ length: least + (next() % (most - least + 1)) }, () => next() >>> 24)
}
