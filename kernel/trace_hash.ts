/**
 * The trace digest: a running 128-bit hash of all that a run's calls said and gave. Equal digests mean equal runs.
 * It is fast and mixes well, and it is no cryptographic hash: it guards against accident, not against a guest that
 * looks for two runs with one digest. Four lanes absorb a word each, as in xxHash32, so that they run side by side.
 */

const P1 = 0x9e3779b1 | 0
const P2 = 0x85ebca77 | 0
const P3 = 0xc2b2ae3d | 0
/** Above this many bytes a view of words is worth making. */
const VIEW_FROM = 128

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1

export class TraceHash {
  #a = 0x24f5ac1b | 0
  #b = 0x51ed270b | 0
  #c = 0x7f4a7c15 | 0
  #d = 0x165667b1 | 0
  /** Words absorbed, modulo 2^32. */
  #count = 0

  /** Absorbs the first `count` words of `words`. Preconditions: `count` is a multiple of four. */
  absorb(words: Int32Array, count: number): void {
    let a = this.#a
    let b = this.#b
    let c = this.#c
    let d = this.#d
    for (let i = 0; i < count; i += 4) {
      a = round(a, words[i] as number)
      b = round(b, words[i + 1] as number)
      c = round(c, words[i + 2] as number)
      d = round(d, words[i + 3] as number)
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
    this.#count = (this.#count + count) | 0
  }

  /** Absorbs four 32-bit words. */
  words(w0: number, w1: number, w2: number, w3: number): void {
    this.#a = round(this.#a, w0)
    this.#b = round(this.#b, w1)
    this.#c = round(this.#c, w2)
    this.#d = round(this.#d, w3)
    this.#count = (this.#count + 4) | 0
  }

  /** Absorbs `length` bytes of `source` from `start`, and the length. */
  bytes(source: Uint8Array, start: number, length: number): void {
    let a = this.#a
    let b = this.#b
    let c = this.#c
    let d = this.#d
    let at = start
    const end = start + length
    const whole = start + (length & ~15)
    const offset = source.byteOffset + start
    if (LITTLE_ENDIAN && length >= VIEW_FROM && (offset & 3) === 0) {
      const words = new Int32Array(source.buffer, offset, (whole - start) >> 2)
      for (let i = 0; i < words.length; i += 4) {
        a = round(a, words[i] as number)
        b = round(b, words[i + 1] as number)
        c = round(c, words[i + 2] as number)
        d = round(d, words[i + 3] as number)
      }
      at = whole
    }
    for (; at < whole; at += 16) {
      a = round(a, word(source, at))
      b = round(b, word(source, at + 4))
      c = round(c, word(source, at + 8))
      d = round(d, word(source, at + 12))
    }
    for (; at < end; at++) a = round(a, source[at] as number)
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
    this.words(length, 0, 0, 0)
  }

  /** 32 hexadecimal digits of what was absorbed so far; absorbing may go on. */
  digest(): string {
    let [a, b, c, d] = [this.#a ^ this.#count, this.#b, this.#c, this.#d]
    for (let i = 0; i < 4; i++) {
      a = avalanche(a + rotate(d, 7))
      b = avalanche(b + rotate(a, 11))
      c = avalanche(c + rotate(b, 17))
      d = avalanche(d + rotate(c, 23))
    }
    return [a, b, c, d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

function round(lane: number, input: number): number {
  return Math.imul(rotate((lane + Math.imul(input, P2)) | 0, 13), P1)
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function avalanche(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 15), P2)
  h = Math.imul(h ^ (h >>> 13), P3)
  return h ^ (h >>> 16)
}

function word(source: Uint8Array, at: number): number {
  return (
    (source[at] as number) |
    ((source[at + 1] as number) << 8) |
    ((source[at + 2] as number) << 16) |
    ((source[at + 3] as number) << 24)
  )
}
