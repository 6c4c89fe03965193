/** Random numbers of a run, by the seed of the campaign and the index of the run: any run can be drawn alone. */

import fc, { type Random } from 'fast-check'

/** sfc32 of PractRand (C. Doty-Humphrey): three words that are mixed, and one that counts. */
class Stream {
  #a: number
  #b: number
  #c: number
  #count: number

  constructor(a: number, b: number, c: number, count: number) {
    this.#a = a
    this.#b = b
    this.#c = c
    this.#count = count
  }

  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11) | 0) + sum) | 0
    return sum
  }

  clone(): Stream {
    return new Stream(this.#a, this.#b, this.#c, this.#count)
  }

  getState(): readonly number[] {
    return [this.#a, this.#b, this.#c, this.#count]
  }
}

/** Steps until each word depends on all that the stream began with. */
const WARM_UP = 12

/** The generator for the run `index`. */
export function randomOf(seed: number, index: number): Random {
  const low = index % 2 ** 32
  const high = Math.floor(index / 2 ** 32)
  const stream = new Stream(seed | 0, low | 0, high | 0, 1)
  for (let step = 0; step < WARM_UP; step++) stream.next()
  return new fc.Random(stream)
}
