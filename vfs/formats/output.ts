/**
 * Bytes on their way out, in pieces of one size: an archive need never be one array, and how it is cut, which is what a
 * compressor sees, does not depend on what is in it.
 */

import type { Filesystem } from '../filesystem.ts'
import { type Format, FormatError } from './error.ts'

/** Bytes in each piece but the last. */
export const PIECE_SIZE = 65_536

/** The largest archive that is given or taken as one array, in bytes. */
export const ARRAY_MAX: number = 2 ** 31

/** Collects bytes into pieces, which `filled` gives away; nobody changes a piece after it was given. */
export class Output {
  /** All bytes so far. */
  total = 0
  #piece: Uint8Array = new Uint8Array(PIECE_SIZE)
  #used = 0
  #filled: Uint8Array[] = []

  put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const count = Math.min(bytes.length - at, PIECE_SIZE - this.#used)
      this.#piece.set(count === bytes.length ? bytes : bytes.subarray(at, at + count), this.#used)
      at += count
      this.#add(count)
    }
  }

  zeros(count: number): void {
    for (let left = count; left > 0; ) {
      const part = Math.min(left, PIECE_SIZE - this.#used)
      left -= part
      this.#add(part)
    }
  }

  /** Zeros up to the next multiple of `unit`. */
  pad(unit: number): void {
    const over = this.total % unit
    if (over > 0) this.zeros(unit - over)
  }

  /** The bytes of a regular file from `from` to `to`; gives the pieces as they are filled, since there may be many. */
  *file(fs: Filesystem, ino: number, from: number, to: number): Generator<Uint8Array, void> {
    for (let at = from; at < to; ) {
      const count = Math.min(to - at, PIECE_SIZE - this.#used)
      fs.read(ino, at, this.#piece, this.#used, count)
      at += count
      this.#add(count)
      if (this.#filled.length > 0) yield* this.filled()
    }
  }

  /** The pieces that are full and were not given yet. */
  filled(): readonly Uint8Array[] {
    if (this.#filled.length === 0) return NONE
    const filled = this.#filled
    this.#filled = []
    return filled
  }

  /** All that was not given yet, the last piece as long as it is. */
  end(): readonly Uint8Array[] {
    const rest = this.#used > 0 ? [...this.filled(), this.#piece.slice(0, this.#used)] : this.filled()
    this.#used = 0
    return rest
  }

  #add(count: number): void {
    this.#used += count
    this.total += count
    if (this.#used < PIECE_SIZE) return
    this.#filled.push(this.#piece)
    this.#piece = new Uint8Array(PIECE_SIZE)
    this.#used = 0
  }
}

const NONE: readonly Uint8Array[] = []

/** All pieces as one array. @throws FormatError where that would be over `ARRAY_MAX`. */
export function joined(format: Format, pieces: Iterable<Uint8Array>, hint: string): Uint8Array {
  const kept: Uint8Array[] = []
  let size = 0
  for (const piece of pieces) {
    size += piece.length
    if (size > ARRAY_MAX) throw new FormatError(format, `the result has over ${ARRAY_MAX} bytes: ${hint}`)
    kept.push(piece)
  }
  const [first] = kept
  if (kept.length === 1 && first !== undefined) return first
  const all = new Uint8Array(size)
  let at = 0
  for (const piece of kept) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}
