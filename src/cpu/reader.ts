/** Reads the binary format of WebAssembly, byte by byte, and says where it ends too early. */

import { refuse } from './error.ts'

export class Reader {
  readonly bytes: Uint8Array
  /** The next byte to read. */
  at: number
  /** Nothing from here on is read. */
  end: number
  /** What is being read, for errors. */
  where: string

  constructor(bytes: Uint8Array, where: string) {
    this.bytes = bytes
    this.at = 0
    this.end = bytes.length
    this.where = where
  }

  refuse(problem: string, at: number = this.at): never {
    return refuse(problem, this.where, at)
  }

  u8(): number {
    if (this.at >= this.end) this.#tooShort()
    return this.bytes[this.at++] as number
  }

  /** An unsigned 32-bit LEB128. */
  u32(): number {
    const first = this.u8()
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.u8()
      if (shift === 28 && byte > 0x0f) this.refuse('a number has more than 32 bits', this.at - 1)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
    return this.refuse('a number has more than 32 bits')
  }

  /** A signed LEB128 of at most 33 bits: a type index, or a negative code. */
  s33(): number {
    let value = 0
    for (let shift = 0, scale = 1; shift < 35; shift += 7, scale *= 128) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return (byte & 0x40) !== 0 ? value - scale * 128 : value
    }
    return this.refuse('a number has more than 33 bits')
  }

  /** An unsigned LEB128 of at most 64 bits, as a number: what is over 2^53 is rounded. */
  u64(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.u8()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    return this.refuse('a number has more than 64 bits')
  }

  /** As `u64`, of a signed one: what is over 2^53, or under -2^53, is rounded. */
  s64(): number {
    const from = this.at
    const value = this.u64()
    const isNegative = ((this.bytes[this.at - 1] as number) & 0x40) !== 0
    return isNegative ? value - 128 ** (this.at - from) : value
  }

  /** Goes over a LEB128 of at most `bits` bits, whatever it is. */
  skipLeb(bits: number): void {
    const from = this.at
    while (this.u8() >= 0x80) if ((this.at - from) * 7 >= bits) this.refuse(`a number has more than ${bits} bits`, from)
  }

  skip(count: number): void {
    if (count > this.end - this.at) this.#tooShort()
    this.at += count
  }

  /** How many things follow, each at least one byte long. */
  count(): number {
    const count = this.u32()
    if (count > this.end - this.at) this.#tooShort()
    return count
  }

  /** A name, as its bytes. */
  name(): Uint8Array {
    const length = this.count()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  #tooShort(): never {
    return this.refuse('the module ends too early')
  }
}
