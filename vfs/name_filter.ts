/**
 * Which names are certainly not in a directory: a Bloom filter, all bits of a name in one word, so that the answer costs
 * one look at memory. It only ever gains names. So copies of a directory may share it, whatever each of them adds: for
 * the others it says "perhaps" a little more often, and "no" only where that is so.
 */

import type { ByteString } from './bytes.ts'

/** Bits for each name that there is to be room for, which makes at most about one "perhaps" in ten wrong. */
const BITS_PER_NAME = 8
const WORD_BITS = 32

export class NameFilter {
  /** Names that it is good for. */
  readonly capacity: number
  readonly #words: Int32Array
  /** The name that was asked for last, and its hash: it may be added next. */
  #asked: ByteString | '' = ''
  #hash = 0

  constructor(capacity: number) {
    this.capacity = capacity
    let count = 1
    while (count * WORD_BITS < capacity * BITS_PER_NAME) count *= 2
    this.#words = new Int32Array(count)
  }

  add(name: ByteString): void {
    const hash = name === this.#asked ? this.#hash : hashOf(name)
    const at = hash & (this.#words.length - 1)
    this.#words[at] = (this.#words[at] as number) | bitsOf(hash)
  }

  /** Whether `name` may have been added; false where it certainly was not. */
  mayHave(name: ByteString): boolean {
    const hash = hashOf(name)
    this.#asked = name
    this.#hash = hash
    const bits = bitsOf(hash)
    return ((this.#words[hash & (this.#words.length - 1)] as number) & bits) === bits
  }
}

/** Three of the bits of a word, by what of the hash the word's place does not depend on much. */
function bitsOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (1 << (mixed >>> 27)) | (1 << ((mixed >>> 22) & 31)) | (1 << ((mixed >>> 17) & 31))
}

/** FNV-1a, and a mix at the end, so that all bits depend on all bytes. */
function hashOf(name: ByteString): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d)
  return hash ^ (hash >>> 15)
}
