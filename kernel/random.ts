/**
 * Seeded randomness: one stream of bytes per process, the same however the reads are split. It is for reproducing a
 * run and not for secrets: whoever knows the seed knows every byte.
 *
 * The stream is that of `seedrandom`'s xor4096 (R. Brent, "Some long-period random number generators using shifts and
 * xors", arXiv:1004.3115), which also makes the first state from the seed. The steps from there are taken here, a whole
 * state at a time, since a call of the library for each word costs many times what the word does.
 */

import xor4096 from 'seedrandom/lib/xor4096.js'

/** Words of the generator's state, and of each block that is made at once. */
const WORDS = 128
const BLOCK_BYTES = 4 * WORDS
const WEYL = 0x61c88647
/** Up to so many bytes a loop beats the call of `set` with its subarray. */
const SHORT = 32

export class Random {
  readonly #seed: string
  /** Made when the first byte is asked for: most processes never ask, and making it costs more than their start. */
  #state: Int32Array | undefined
  #weyl = 0
  /** The bytes made last, and how many of them have been given out. */
  #block = new DataView(new ArrayBuffer(0))
  #bytes = new Uint8Array(0)
  #used = 0

  constructor(seed: string) {
    this.#seed = seed
  }

  /** Fills `length` bytes of `target` from `start`. */
  fill(target: Uint8Array, start: number, length: number): void {
    const end = start + length
    for (let at = start; at < end; ) {
      if (this.#used === this.#bytes.length) this.#refill()
      const from = this.#used
      const part = Math.min(end - at, BLOCK_BYTES - from)
      if (part > SHORT) target.set(this.#bytes.subarray(from, from + part), at)
      else for (let i = 0; i < part; i++) target[at + i] = this.#bytes[from + i] as number
      this.#used += part
      at += part
    }
  }

  /** Makes the next block. The state is a ring, and at the end of each block the generator is at its start again. */
  #refill(): void {
    const state = this.#state ?? this.#begin()
    const block = this.#block
    let weyl = this.#weyl
    for (let i = 0; i < WORDS; i++) {
      let v = state[(i + 33) % WORDS] as number
      let t = state[i] as number
      v ^= v << 13
      t ^= t << 17
      v ^= v >>> 15
      t ^= t >>> 12
      v ^= t
      state[i] = v
      weyl = (weyl + WEYL) | 0
      block.setInt32(4 * i, v + (weyl ^ (weyl >>> 16)), true)
    }
    this.#weyl = weyl
    this.#used = 0
  }

  #begin(): Int32Array {
    const { X, w } = xor4096(this.#seed, { state: true }).state()
    this.#state = Int32Array.from(X)
    this.#weyl = w
    this.#block = new DataView(new ArrayBuffer(BLOCK_BYTES))
    this.#bytes = new Uint8Array(this.#block.buffer)
    return this.#state
  }
}
