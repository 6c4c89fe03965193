/**
 * The trace digest: a running 128-bit hash of all that a run's calls said and gave. Equal digests mean equal runs.
 * It is fast and mixes well, and it is no cryptographic hash: it guards against accident, not against a guest that
 * looks for two runs with one digest. Four lanes absorb a word each, as in xxHash32, so that they run side by side.
 * Long payloads go through sixteen lanes of their own first, four words to each of four vectors, so that SIMD can do it.
 */

const P1 = 0x9e3779b1 | 0
const P2 = 0x85ebca77 | 0
const P3 = 0xc2b2ae3d | 0
/** From so many bytes on a payload is absorbed by stripes. */
export const STRIPED_FROM = 1024
/** Bytes of a stripe: a word for each of its lanes. */
export const STRIPE = 64
const STRIPE_WORDS = STRIPE / 4

/**
 * Absorbs `count` stripes of the source from `start` on and calls `words` once with what they come to, as
 * `TraceHash.stripes` does; for whoever can do it faster.
 */
export type Stripes = (start: number, count: number) => void

/** The constants of a stripe, for those who compute it elsewhere: of the sixteen lanes at first, and of a round. */
export const STRIPE_LANES: readonly number[] = Array.from({ length: STRIPE_WORDS }, (_, lane) =>
  Math.imul(lane + 1, P3),
)
export const ROUND: { readonly input: number; readonly lane: number; readonly rotate: number } = {
  input: P2,
  lane: P1,
  rotate: 13,
}

/** What one call's part of a run comes to, to compare it with the same call of another run. */
export type CallDigest = string

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

  /**
   * Absorbs `length` bytes of `source` from `start`, and the length. `stripes`, where it is given, absorbs those of the
   * same source.
   */
  bytes(source: DataView, start: number, length: number, stripes?: Stripes): void {
    const end = start + length
    let at = start
    if (length >= STRIPED_FROM) {
      const count = Math.floor(length / STRIPE)
      if (stripes === undefined) this.stripes(source, start, count)
      else stripes(start, count)
      at += count * STRIPE
    }
    let a = this.#a
    let b = this.#b
    let c = this.#c
    let d = this.#d
    for (; at + 16 <= end; at += 16) {
      a = round(a, source.getInt32(at, true))
      b = round(b, source.getInt32(at + 4, true))
      c = round(c, source.getInt32(at + 8, true))
      d = round(d, source.getInt32(at + 12, true))
    }
    if (at < end) {
      a = round(a, partOf(source, at, end))
      b = round(b, partOf(source, at + 4, end))
      c = round(c, partOf(source, at + 8, end))
      d = round(d, partOf(source, at + 12, end))
    }
    this.#a = a
    this.#b = b
    this.#c = c
    this.#d = d
    this.words(length, 0, 0, 0)
  }

  /** Absorbs `count` stripes of `source` from `start`, each lane its word, and at the end the four vectors into one. */
  stripes(source: DataView, start: number, count: number): void {
    const lanes = Int32Array.from(STRIPE_LANES)
    const end = start + count * STRIPE
    for (let at = start; at < end; at += STRIPE) {
      for (let lane = 0; lane < STRIPE_WORDS; lane++) {
        lanes[lane] = round(lanes[lane] as number, source.getInt32(at + 4 * lane, true))
      }
    }
    for (let lane = 4; lane < STRIPE_WORDS; lane++) {
      lanes[lane & 3] = round(lanes[lane & 3] as number, lanes[lane] as number)
    }
    this.words(lanes[0] as number, lanes[1] as number, lanes[2] as number, lanes[3] as number)
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

/**
 * A trace digest that also keeps the digest of each call by itself: two runs part at the first that is another. It
 * absorbs all twice, so it is for runs that somebody means to look into.
 */
export class CallHashes extends TraceHash {
  /** Of each call so far, in order. */
  readonly calls: CallDigest[] = []
  #call = new TraceHash()

  /** A call absorbs its words once, when all else of it is. */
  override absorb(words: Int32Array, count: number): void {
    super.absorb(words, count)
    this.#call.absorb(words, count)
    this.calls.push(this.#call.digest())
    this.#call = new TraceHash()
  }

  override bytes(source: DataView, start: number, length: number, stripes?: Stripes): void {
    super.bytes(source, start, length, stripes)
    this.#call.bytes(source, start, length)
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

/** The word at `at`, as far as there are bytes before `end`, and zeros. */
function partOf(source: DataView, at: number, end: number): number {
  if (at + 4 <= end) return source.getInt32(at, true)
  let word = 0
  for (let i = at; i < end; i++) word |= source.getUint8(i) << (8 * (i - at))
  return word
}
