/** Bytes that grow: what is kept of a module is copied in whole ranges, and little is written byte by byte. */

export class Writer {
  #bytes: Uint8Array
  #length = 0

  /** `room`: how many bytes are likely to come. */
  constructor(room: number = 1024) {
    this.#bytes = new Uint8Array(room)
  }

  get length(): number {
    return this.#length
  }

  u8(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1)
    this.#bytes[this.#length++] = value
  }

  all(values: readonly number[] | Uint8Array): void {
    this.#grow(values.length)
    this.#bytes.set(values, this.#length)
    this.#length += values.length
  }

  /** The bytes of `source` from `from` up to `to`. */
  range(source: Uint8Array, from: number, to: number): void {
    const count = to - from
    if (count <= 0) return
    this.#grow(count)
    if (count < 48) for (let i = 0; i < count; i++) this.#bytes[this.#length + i] = source[from + i] as number
    else this.#bytes.set(source.subarray(from, to), this.#length)
    this.#length += count
  }

  u32(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.u8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.u8(rest)
  }

  /** Takes away all from `length` on, and gives it. */
  cut(length: number): Uint8Array {
    const cut = this.#bytes.slice(length, this.#length)
    this.#length = length
    return cut
  }

  /** Forgets everything; the room stays. */
  reset(): void {
    this.#length = 0
  }

  /** What was written: live until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #grow(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    bytes.set(this.view())
    this.#bytes = bytes
  }
}
