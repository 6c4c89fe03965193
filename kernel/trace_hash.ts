/**
 * The trace digest: a running 128-bit hash of all that a run's calls said and gave. Equal digests mean equal runs.
 * It is fast and mixes well, and it is no cryptographic hash: it guards against accident, not against a guest that
 * looks for two runs with one digest.
 *
 * A run is a stream of 32-bit words, which are put into a buffer and hashed many at a time, so that a call costs little
 * more than writing its words down. Where the buffer was hashed in between does not matter. The stream is:
 *
 *   ┌──────────────┬ of each call ──────────┬ of each piece of bytes ────────┬────────┬─────────┐
 *   │ how it began │ its number, its words  │ length (not negative), content │ ~errno │ results │
 *   └──────────────┴────────────────────────┴────────────────────────────────┴────────┴─────────┘
 *
 * so that it can be read from front to back in one way only. The content is the bytes, four to a word; of a long piece
 * it is first four words that its whole stripes are hashed to by themselves, then the bytes after these.
 *
 * A stripe is hashed by eight vectors of four words each, A0 to A7; vector k takes in the stripe's vectors 2k and
 * 2k + 1, here V and W, with word-wise arithmetic and `turned`, which moves each byte of a vector down by three:
 *
 *     Ak = (turned(Ak ^ V) + W) * FACTOR + (A(k+1) ^ W(k+1)), and after A7 A0 ^ V(0), since A0 has W(0) by then
 *
 * One after the other, each step can be undone for a known stripe, so states that differ stay different, and a change
 * of a word is never lost. That W counts twice, and that a vector goes into another as it is too, keeps two changes of
 * single bits from undoing each other; what is left are changes of three and more highest bits in certain places.
 * At the end some stripes of zeros mix the state, before its vectors are put together.
 */

import { KernelBug } from '../vfs/bug.ts'

/** From so many bytes on the stripes of a piece are hashed by themselves. */
export const STRIPED_FROM = 1024
/** Words of a stripe, and of the state that it is hashed into. */
export const STRIPE_WORDS = 64
export const STATE_WORDS = 32
const STRIPE = 4 * STRIPE_WORDS
/** The constants of a stripe, for those who compute it elsewhere. */
export const FACTOR: number = 0x9e3779b1 | 0
export const FIRST_STATE: readonly number[] = Array.from({ length: STATE_WORDS }, (_, word) =>
  Math.imul(word + 1, 0xc2b2ae3d),
)

/** Bytes up to which a piece is copied word by word, which takes less time than to make the views for one copy. */
const BY_WORD = 192

/* What a buffer has where, in words: first as many as a call can have that is not hashed, then states. */
const INITIAL = 16
const STATE: number = INITIAL + STATE_WORDS
const OTHER: number = STATE + STATE_WORDS
const ZEROS: number = OTHER + STATE_WORDS
/** Stripes of zeros that end what is hashed. */
export const LAST_STRIPES = 3
const START: number = ZEROS + LAST_STRIPES * STRIPE_WORDS
/** Words that a call can have besides the bytes that it moves, and more: so many are left where one begins. */
const CALL_WORDS = 64
/** Words of a whole buffer, few enough to stay in the processor's first cache. */
export const BUFFER_WORDS: number = START + 64 * STRIPE_WORDS
/** Words of the smallest buffer: for what may be left, the longest piece that is copied whole, and a call. */
export const SMALL_WORDS: number = START + STRIPE_WORDS + STRIPED_FROM / 4 + 2 * CALL_WORDS

/** Stripes after which it pays to make what hashes them faster. */
const SLOW_STRIPES = 2048

/** Hashes stripes of a buffer faster. All positions are in bytes from the start of the buffer's words. */
export interface Stripes {
  /** Hashes `count` stripes from `start` into the state at `to`, from that at `from`. */
  hash(from: number, to: number, start: number, count: number): void
  /** As `hash`, and then what `ended` does, so that the four words are at `to`. */
  sum(from: number, to: number, start: number, count: number): void
}

/** Hashes `count` stripes from byte `start` of a guest's memory by themselves, and gives the four words to `words`. */
export type PieceStripes = (start: number, count: number) => void

/** What one call's part of a run comes to, to compare it with the same call of another run. */
export type CallDigest = string

/** Where words wait until there are enough of them. It has those of one hash at a time, and each can have it any time. */
export class TraceBuffer {
  /** The words of a call that nobody hashes may be written to its first words. */
  readonly words: Int32Array
  readonly bytes: Uint8Array
  /** Whose words there are. */
  owner: TraceHash | undefined
  /** Where the next word goes, and up to where a call can begin. */
  at: number = START
  readonly limit: number
  readonly #faster: (() => Stripes | undefined) | undefined
  #stripes: Stripes | undefined
  /** Stripes that are still hashed slowly before `#stripes` is made. */
  #slow = SLOW_STRIPES

  /** Preconditions: there are `BUFFER_WORDS` words, or `SMALL_WORDS`. `faster` is asked once, for the same words. */
  constructor(words: Int32Array = new Int32Array(BUFFER_WORDS), faster?: () => Stripes | undefined) {
    this.words = words
    this.bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    this.limit = words.length - CALL_WORDS
    this.#faster = faster
    words.set(FIRST_STATE, INITIAL)
  }

  /**
   * Begins a call of `hash`: puts its number, and leaves room for `count` words, which the caller writes to `words` from
   * where this returns on.
   */
  open(hash: TraceHash, call: number, count: number): number {
    if (this.owner !== hash || this.at > this.limit) hash.take()
    const { at } = this
    this.words[at] = call
    this.at = at + 1 + count
    return at + 1
  }

  /** Where the rest of a call of `hash` that was begun goes; the caller moves `at` behind it. */
  rest(hash: TraceHash): number {
    if (this.owner !== hash) hash.take()
    return this.at
  }

  /** Puts four words at the end. Preconditions: there is room. */
  put(w0: number, w1: number, w2: number, w3: number): void {
    const { words, at } = this
    words[at] = w0
    words[at + 1] = w1
    words[at + 2] = w2
    words[at + 3] = w3
    this.at = at + 4
  }

  /** Hashes `count` stripes from word `start` into the state at `to`, from that at `from`. */
  hash(from: number, to: number, start: number, count: number): void {
    const fast = this.#fast(count)
    if (fast === undefined) hashStripes(this.words, from, to, start, count)
    else fast.hash(4 * from, 4 * to, 4 * start, count)
  }

  /** Hashes stripes as `hash` does, and ends that: the first four words of the state at `OTHER` are what it comes to. */
  sum(from: number, start: number, count: number): void {
    const fast = this.#fast(count)
    if (fast === undefined) {
      hashStripes(this.words, from, OTHER, start, count)
      ended(this.words, OTHER)
    } else fast.sum(4 * from, 4 * OTHER, 4 * start, count)
  }

  #fast(count: number): Stripes | undefined {
    if (this.#slow > 0) {
      this.#slow -= count
      if (this.#slow <= 0) this.#stripes = this.#faster?.()
    }
    return this.#stripes
  }
}

export class TraceHash {
  readonly buffer: TraceBuffer
  /** Words that are hashed. */
  #done = 0
  /** The state and the words that are not hashed, while the buffer is another's. */
  #kept: Int32Array | undefined
  /** Whether no more will be absorbed; then, and while it is asked for, the words that it all was hashed to. */
  #isSealed = false
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  constructor(buffer: TraceBuffer = new TraceBuffer()) {
    this.buffer = buffer
  }

  /** Begins a call whose words are the first `count` of `words`. */
  call(call: number, words: Int32Array, count: number): void {
    const { buffer } = this
    const at = buffer.open(this, call, count)
    for (let i = 0; i < count; i++) buffer.words[at + i] = words[i] as number
  }

  /** Ends a call with the words from `start` up to `end`. */
  end(words: Int32Array, start: number, end: number): void {
    const { buffer } = this
    const at = buffer.rest(this)
    for (let i = start; i < end; i++) buffer.words[at + i - start] = words[i] as number
    buffer.at = at + end - start
  }

  /** Absorbs four 32-bit words. */
  words(w0: number, w1: number, w2: number, w3: number): void {
    const { buffer } = this
    this.#own(0)
    buffer.put(w0, w1, w2, w3)
  }

  /**
   * Absorbs `length` bytes of `source` from `start`, and the length. `stripes`, where it is given, hashes those of the
   * same source, and puts what they come to into the buffer.
   */
  bytes(source: DataView, start: number, length: number, stripes?: PieceStripes): void {
    if (length < STRIPED_FROM) {
      this.short(source, start, length)
      return
    }
    const { buffer } = this
    this.#own(STRIPED_FROM / 4)
    const whole = Math.floor(length / STRIPE)
    // A length of 2^31 or more, which is not negative this way, is among the words of its call too.
    buffer.words[buffer.at++] = length & 0x7fff_ffff
    if (stripes === undefined) this.#stripes(source, start, whole)
    else stripes(start, whole)
    putBytes(buffer, source, start + whole * STRIPE, length - whole * STRIPE)
  }

  /** As `bytes`, for less than `STRIPED_FROM` of them. */
  short(source: DataView, start: number, length: number): void {
    const { buffer } = this
    this.#own((length >>> 2) + 2)
    buffer.words[buffer.at++] = length
    putBytes(buffer, source, start, length)
  }

  /** 32 hexadecimal digits of what was absorbed so far; absorbing may go on. */
  digest(): string {
    if (!this.#isSealed) this.#finish()
    let [a, b, c, d] = [this.#a, this.#b, this.#c, this.#d]
    for (let i = 0; i < 4; i++) {
      a = avalanche(a + rotate(d, 7))
      b = avalanche(b + rotate(a, 11))
      c = avalanche(c + rotate(b, 17))
      d = avalanche(d + rotate(c, 23))
    }
    return [a, b, c, d].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  /** No more will be absorbed, so that nothing has to be kept for it. */
  seal(): void {
    if (this.#isSealed) return
    this.#finish()
    this.#isSealed = true
    this.#kept = undefined
    this.buffer.owner = undefined
  }

  /** Makes the buffer this one's, with room for `count` words and the rest of a call. */
  #own(count: number): void {
    const { buffer } = this
    if (buffer.owner !== this || buffer.at + count > buffer.limit) this.take()
  }

  /** Makes the buffer this one's, with room for a short piece and a call. */
  take(): void {
    const { buffer } = this
    if (buffer.owner === this) this.#flush()
    else {
      if (this.#isSealed) throw new KernelBug('more was to be hashed after the end of a run')
      if (buffer.owner !== undefined) buffer.owner.#keep()
      buffer.owner = this
      buffer.at = START
      const kept = this.#kept
      if (kept !== undefined) {
        buffer.words.set(kept.subarray(0, STATE_WORDS), STATE)
        buffer.words.set(kept.subarray(STATE_WORDS), START)
        buffer.at = START + kept.length - STATE_WORDS
      }
    }
  }

  /** Hashes the whole stripes that there are; the words after them stay. */
  #flush(): void {
    const { buffer } = this
    const count = Math.floor((buffer.at - START) / STRIPE_WORDS)
    const end = START + count * STRIPE_WORDS
    buffer.hash(this.#done === 0 ? INITIAL : STATE, STATE, START, count)
    buffer.words.copyWithin(START, end, buffer.at)
    buffer.at -= end - START
    this.#done += end - START
  }

  #keep(): void {
    const { buffer } = this
    this.#flush()
    const left = buffer.at - START
    const kept = new Int32Array(STATE_WORDS + left)
    kept.set(buffer.words.subarray(STATE, STATE + STATE_WORDS))
    kept.set(buffer.words.subarray(START, buffer.at), STATE_WORDS)
    this.#kept = kept
  }

  /** Hashes all that was absorbed to four words, and leaves it as it was. */
  #finish(): void {
    const { buffer } = this
    if (buffer.owner !== this) this.take()
    const { words, at } = buffer
    const count = Math.ceil((at - START) / STRIPE_WORDS)
    const end = START + count * STRIPE_WORDS
    for (let i = at; i < end; i++) words[i] = 0
    buffer.sum(this.#done === 0 ? INITIAL : STATE, START, count)
    this.#a = (words[OTHER] as number) ^ (this.#done + at - START)
    this.#b = words[OTHER + 1] as number
    this.#c = words[OTHER + 2] as number
    this.#d = words[OTHER + 3] as number
  }

  /** Hashes `count` stripes of `source` from `start` by themselves, through the free part of the buffer. */
  #stripes(source: DataView, start: number, count: number): void {
    const { buffer } = this
    this.#flush()
    const room = Math.floor((buffer.words.length - buffer.at) / STRIPE_WORDS)
    const { words } = buffer
    let from = INITIAL
    for (let done = 0; done < count; ) {
      const part = Math.min(room, count - done)
      const first = buffer.at
      putBytes(buffer, source, start + done * STRIPE, part * STRIPE)
      buffer.at = first
      done += part
      if (done === count) buffer.sum(from, first, part)
      else buffer.hash(from, OTHER, first, part)
      from = OTHER
    }
    words.copyWithin(buffer.at, OTHER, OTHER + 4)
    buffer.at += 4
  }
}

/**
 * A trace digest that also keeps the digest of each call by itself: two runs part at the first that is another. It
 * absorbs all twice, so it is for runs that somebody means to look into. Its calls come by `call` and `end`.
 */
export class CallHashes extends TraceHash {
  /** Of each call so far, in order. */
  readonly calls: CallDigest[] = []
  readonly #small: TraceBuffer = new TraceBuffer(new Int32Array(SMALL_WORDS))
  #call: TraceHash = new TraceHash(this.#small)

  override call(call: number, words: Int32Array, count: number): void {
    super.call(call, words, count)
    this.#small.owner = undefined
    this.#call = new TraceHash(this.#small)
    this.#call.call(call, words, count)
  }

  override end(words: Int32Array, start: number, end: number): void {
    super.end(words, start, end)
    this.#call.end(words, start, end)
    this.calls.push(this.#call.digest())
  }

  override bytes(source: DataView, start: number, length: number, stripes?: PieceStripes): void {
    super.bytes(source, start, length, stripes)
    if (length >= STRIPED_FROM) this.#call.bytes(source, start, length)
  }

  override short(source: DataView, start: number, length: number): void {
    super.short(source, start, length)
    this.#call.short(source, start, length)
  }
}

/** Puts `length` bytes into the buffer, with zeros after them up to a whole word. Preconditions: there is room. */
function putBytes(buffer: TraceBuffer, source: DataView, start: number, length: number): void {
  const { words, at } = buffer
  const whole = length >>> 2
  const left = length & 3
  buffer.at = at + whole + (left === 0 ? 0 : 1)
  if (left !== 0) {
    const from = start + length - left
    let word = source.getUint8(from)
    for (let i = 1; i < left; i++) word |= source.getUint8(from + i) << (8 * i)
    words[at + whole] = word
  }
  if (length <= BY_WORD || !LITTLE_ENDIAN) copyWords(words, at, source, start, whole)
  else buffer.bytes.set(new Uint8Array(source.buffer, source.byteOffset + start, 4 * whole), 4 * at)
}

/**
 * Copies `count` words from byte `start` of the source. Eight at a time, as an engine looks up where both arrays are, and
 * whether they still are there, anew for each turn of a loop.
 */
export function copyWords(words: Int32Array, at: number, source: DataView, start: number, count: number): void {
  let to = at
  let from = start
  const end = at + count
  for (; to + 8 <= end; to += 8, from += 32) {
    words[to] = source.getInt32(from, true)
    words[to + 1] = source.getInt32(from + 4, true)
    words[to + 2] = source.getInt32(from + 8, true)
    words[to + 3] = source.getInt32(from + 12, true)
    words[to + 4] = source.getInt32(from + 16, true)
    words[to + 5] = source.getInt32(from + 20, true)
    words[to + 6] = source.getInt32(from + 24, true)
    words[to + 7] = source.getInt32(from + 28, true)
  }
  for (; to < end; to++, from += 4) words[to] = source.getInt32(from, true)
}

/** Whether words are in memory as the bytes of a guest are; where they are not, only words are copied. */
const LITTLE_ENDIAN = new Uint8Array(Int32Array.of(1).buffer)[0] === 1

/** As `Stripes`, with all positions in words. */
function hashStripes(words: Int32Array, from: number, to: number, start: number, count: number): void {
  if (from !== to) words.copyWithin(to, from, from + STATE_WORDS)
  const end = start + count * STRIPE_WORDS
  for (let at = start; at < end; at += STRIPE_WORDS) {
    for (let k = 0; k < STATE_WORDS; k += 4) {
      const state = to + k
      const next = to + ((k + 4) & (STATE_WORDS - 1))
      const v = at + 2 * k
      const w = v + 4
      const wNext = k + 4 === STATE_WORDS ? at : w + 8
      const x0 = (words[state] as number) ^ (words[v] as number)
      const x1 = (words[state + 1] as number) ^ (words[v + 1] as number)
      const x2 = (words[state + 2] as number) ^ (words[v + 2] as number)
      const x3 = (words[state + 3] as number) ^ (words[v + 3] as number)
      const y0 = Math.imul(((x0 >>> 24) | (x1 << 8)) + (words[w] as number), FACTOR)
      const y1 = Math.imul(((x1 >>> 24) | (x2 << 8)) + (words[w + 1] as number), FACTOR)
      const y2 = Math.imul(((x2 >>> 24) | (x3 << 8)) + (words[w + 2] as number), FACTOR)
      const y3 = Math.imul(((x3 >>> 24) | (x0 << 8)) + (words[w + 3] as number), FACTOR)
      words[state] = y0 + ((words[next] as number) ^ (words[wNext] as number))
      words[state + 1] = y1 + ((words[next + 1] as number) ^ (words[wNext + 1] as number))
      words[state + 2] = y2 + ((words[next + 2] as number) ^ (words[wNext + 2] as number))
      words[state + 3] = y3 + ((words[next + 3] as number) ^ (words[wNext + 3] as number))
    }
  }
}

/**
 * Ends what was hashed into the state at `at`: stripes of zeros, and then the eight vectors in one, the first: of each
 * half the first, turned and multiplied, plus the second.
 */
function ended(words: Int32Array, at: number): void {
  hashStripes(words, at, at, ZEROS, LAST_STRIPES)
  for (let half = STATE_WORDS / 2; half >= 4; half /= 2) {
    for (let i = at; i < at + half; i += 4) {
      const [x0, x1, x2, x3] = [words[i], words[i + 1], words[i + 2], words[i + 3]] as [number, number, number, number]
      words[i] = Math.imul((x0 >>> 24) | (x1 << 8), FACTOR) + (words[i + half] as number)
      words[i + 1] = Math.imul((x1 >>> 24) | (x2 << 8), FACTOR) + (words[i + half + 1] as number)
      words[i + 2] = Math.imul((x2 >>> 24) | (x3 << 8), FACTOR) + (words[i + half + 2] as number)
      words[i + 3] = Math.imul((x3 >>> 24) | (x0 << 8), FACTOR) + (words[i + half + 3] as number)
    }
  }
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

function avalanche(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 15), 0x85ebca77)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae3d)
  return h ^ (h >>> 16)
}
