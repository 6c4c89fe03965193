/**
 * Seeded randomness: one stream of bytes per process, the same however the reads are split. It is for reproducing a
 * run and not for secrets: whoever knows the seed knows every byte.
 */

import xor4096, { type Generator } from 'seedrandom/lib/xor4096.js'

export class Random {
  readonly #generator: Generator
  /** Bytes of the last word that are still to be given out, low byte first. */
  #rest = 0
  #restBytes = 0

  constructor(seed: string) {
    this.#generator = xor4096(seed, { state: true })
  }

  /** Fills `length` bytes of `target` from `start`. */
  fill(target: Uint8Array, start: number, length: number): void {
    let at = start
    const end = start + length
    while (this.#restBytes > 0 && at < end) target[at++] = this.#byte()
    for (const whole = end - 4; at <= whole; at += 4) {
      const word = this.#generator.int32()
      target[at] = word
      target[at + 1] = word >>> 8
      target[at + 2] = word >>> 16
      target[at + 3] = word >>> 24
    }
    if (at === end) return
    this.#rest = this.#generator.int32()
    this.#restBytes = 4
    while (at < end) target[at++] = this.#byte()
  }

  #byte(): number {
    const byte = this.#rest & 0xff
    this.#rest >>>= 8
    this.#restBytes--
    return byte
  }
}
