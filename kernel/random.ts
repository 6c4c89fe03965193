/**
 * Seeded randomness: one stream of bytes per process, the same however the reads are split. It is for reproducing a
 * run and not for secrets: whoever knows the seed knows every byte.
 *
 * The stream is that of `seedrandom`'s xor4096 (R. Brent, "Some long-period random number generators using shifts and
 * xors", arXiv:1004.3115), which also makes the first state from the seed. The steps from there are taken here, a whole
 * state at a time, since a call of the library for each word costs many times what the word does. What the streams of
 * late began with is kept, since all forks of a machine begin with the same.
 */

import xor4096 from 'seedrandom/lib/xor4096.js'

/** Words of the generator's state, and of each block that is made at once. */
export const BLOCK_WORDS = 128
const BLOCK_BYTES = 4 * BLOCK_WORDS
/** How far in front of a word of the state the other one is that makes its next one. */
export const LAG = 33
/** The step of the Weyl sequence that is added. */
export const WEYL = 0x61c88647
/** Blocks from which on it pays to have them made elsewhere. */
const MANY = 4
/** Up to so many bytes a loop beats the call of `set` with its subarray. */
const SHORT = 32
/** Streams whose beginnings are kept. */
const KEPT_MAX = 16

/** Makes many blocks at once, for whoever can do that faster. */
export interface Blocks {
  /** How many at most. */
  readonly most: number
  /** The bytes of the next `count` blocks, until the next call, of a generator with that state, which moves on. */
  make(state: Int32Array, weyl: number, count: number): Uint8Array
}

/** Bytes of a stream, and the generator as it is after them. */
class Block {
  readonly state: Int32Array
  weyl: number
  readonly bytes: Uint8Array = new Uint8Array(BLOCK_BYTES)
  readonly #view = new DataView(this.bytes.buffer)

  constructor(state: Int32Array, weyl: number) {
    this.state = state
    this.weyl = weyl
  }

  /** The first block of a stream. */
  static of(seed: string): Block {
    const { X, w } = xor4096(seed, { state: true }).state()
    const block = new Block(Int32Array.from(X), w)
    block.step()
    return block
  }

  /** One at the same place, for a stream that goes on. */
  copy(): Block {
    return new Block(this.state.slice(), this.weyl)
  }

  /** Makes the bytes of the next `count` blocks and puts them into `target`; its own bytes mean nothing then. */
  many(count: number, target: Uint8Array, start: number, blocks: Blocks): void {
    for (let done = 0; done < count; ) {
      const part = Math.min(count - done, blocks.most)
      target.set(blocks.make(this.state, this.weyl, part), start + done * BLOCK_BYTES)
      this.weyl = (this.weyl + Math.imul(WEYL, part * BLOCK_WORDS)) | 0
      done += part
    }
  }

  /** Makes the next bytes. The state is a ring, and at the end of each block the generator is at its start again. */
  step(): void {
    const { state } = this
    const view = this.#view
    let weyl = this.weyl
    for (let i = 0; i < BLOCK_WORDS; i++) {
      let v = state[(i + LAG) % BLOCK_WORDS] as number
      let t = state[i] as number
      v ^= v << 13
      t ^= t << 17
      v ^= v >>> 15
      t ^= t >>> 12
      v ^= t
      state[i] = v
      weyl = (weyl + WEYL) | 0
      view.setInt32(4 * i, v + (weyl ^ (weyl >>> 16)), true)
    }
    this.weyl = weyl
  }
}

/** The first block of a stream. Nobody steps it. */
interface First {
  readonly seed: string
  readonly stream: number | undefined
  readonly block: Block
}

/** Of the streams that began of late. They are few, and to look at each costs less than to write the name of one. */
const firsts: First[] = []

function firstOf(seed: string, stream: number | undefined): Block {
  const found = firsts.find((first) => first.stream === stream && first.seed === seed)
  if (found !== undefined) return found.block
  if (firsts.length === KEPT_MAX) firsts.length = 0
  const block = Block.of(stream === undefined ? seed : `${seed}\0${stream}`)
  firsts.push({ seed, stream, block })
  return block
}

export class Random {
  readonly #seed: string
  readonly #stream: number | undefined
  /** Made when the first byte is asked for: most processes never ask, and making it costs more than their start. */
  #block: Block | undefined
  /** Whether the block is this stream's alone. */
  #isOwn = false
  /** Bytes of the block that have been given out. */
  #used = BLOCK_BYTES

  /** The stream with that number of a seed: its name is the two with a NUL between them. */
  constructor(seed: string, stream?: number) {
    this.#seed = seed
    this.#stream = stream
  }

  /** A second stream that goes on as this one does. */
  clone(): Random {
    const copy = new Random(this.#seed, this.#stream)
    copy.#block = this.#block
    copy.#used = this.#used
    // Whoever steps the block first takes a copy of it.
    this.#isOwn = false
    return copy
  }

  /** Fills `length` bytes of `target` from `start`; `blocks` may make most of them. */
  fill(target: Uint8Array, start: number, length: number, blocks?: Blocks): void {
    const end = start + length
    for (let at = start; at < end; ) {
      const whole = blocks === undefined || this.#used < BLOCK_BYTES ? 0 : Math.floor((end - at) / BLOCK_BYTES)
      if (whole >= MANY && blocks !== undefined && this.#block !== undefined) {
        this.#own(this.#block).many(whole, target, at, blocks)
        at += whole * BLOCK_BYTES
        continue
      }
      const block = this.#used === BLOCK_BYTES ? this.#next() : (this.#block as Block)
      const from = this.#used
      const part = Math.min(end - at, BLOCK_BYTES - from)
      if (part > SHORT) target.set(block.bytes.subarray(from, from + part), at)
      else for (let i = 0; i < part; i++) target[at + i] = block.bytes[from + i] as number
      this.#used += part
      at += part
    }
  }

  #next(): Block {
    this.#used = 0
    if (this.#block === undefined) {
      this.#block = firstOf(this.#seed, this.#stream)
      return this.#block
    }
    const block = this.#own(this.#block)
    block.step()
    return block
  }

  /** The block, to be stepped. */
  #own(block: Block): Block {
    const own = this.#isOwn ? block : block.copy()
    this.#block = own
    this.#isOwn = true
    return own
  }
}
