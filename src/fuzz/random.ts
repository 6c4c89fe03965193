/** Random numbers of a run, by the seed of the campaign and the index of the run: any run can be drawn alone. */

import fc, { type Random } from 'fast-check'

/** sfc32 of PractRand (C. Doty-Humphrey): three words that are mixed, and one that counts. */
class Stream {
  #a: number
  #b: number
  #c: number
  #count: number
  /** Steps that are left until each word depends on all that the stream began with: a world that is given draws nothing. */
  #cold: number

  constructor(a: number, b: number, c: number, count: number, cold: number) {
    this.#a = a
    this.#b = b
    this.#c = c
    this.#count = count
    this.#cold = cold
  }

  next(): number {
    if (this.#cold > 0) this.#warm()
    return this.#step()
  }

  #warm(): void {
    while (this.#cold > 0) {
      this.#cold--
      this.#step()
    }
  }

  #step(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0
    this.#count = (this.#count + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11) | 0) + sum) | 0
    return sum
  }

  clone(): Stream {
    return new Stream(this.#a, this.#b, this.#c, this.#count, this.#cold)
  }

  getState(): readonly number[] {
    this.#warm()
    return [this.#a, this.#b, this.#c, this.#count]
  }
}

const WARM_UP = 12

/** The generator for the run `index`. */
export function randomOf(seed: number, index: number): Random {
  const low = index % 2 ** 32
  const high = Math.floor(index / 2 ** 32)
  return new fc.Random(new Stream(seed | 0, low | 0, high | 0, 1, WARM_UP))
}
