/**
 * Bytes changed at random, a few times over, as fuzzers of file formats do it: bits flipped, numbers counted up and down,
 * parts taken out, put in, said twice and moved over others, words of the format, and the start of one input with the
 * end of another.
 */

import type { Random } from 'fast-check'

export interface HavocSources {
  /** Words that mean something to the guest, learnt from what it compares. */
  readonly words: readonly Uint8Array[]
  /** Another input to take parts from. */
  readonly other: Uint8Array
  /** Bytes that the result has at most. */
  readonly maxLength: number
}

/** Changes at most are 2 to the power of this. */
const CHANGES_LOG_MAX = 4
/** How far numbers are counted up or down. */
const STEP_MAX = 35
const BLOCK_MAX = 64
const INTERESTING: readonly number[] = [
  0, 1, 0x10, 0x20, 0x40, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, -1,
]

/** A changed copy. The same random numbers give the same bytes. */
export function havoc(bytes: Uint8Array, random: Random, sources: HavocSources): Uint8Array {
  let changed: Uint8Array = bytes.slice()
  for (let left = 1 << below(random, CHANGES_LOG_MAX + 1); left > 0; left--) changed = change(changed, random, sources)
  return changed.length > sources.maxLength ? changed.slice(0, sources.maxLength) : changed
}

/** A whole number from 0 up to one less than `count`. Preconditions: `count` > 0. */
export function below(random: Random, count: number): number {
  return random.nextInt(0, count - 1)
}

function change(bytes: Uint8Array, random: Random, { words, other }: HavocSources): Uint8Array {
  const size = bytes.length
  if (size === 0) return insertion(random, words, other)
  const at = below(random, size)
  const room = size - at
  switch (below(random, 10)) {
    case 0:
      bytes[at] = (bytes[at] as number) ^ (1 << below(random, 8))
      return bytes
    case 1:
      bytes[at] = below(random, 256)
      return bytes
    case 2:
      count(bytes, at, widthFor(room, random), below(random, 2) === 0, below(random, 2 * STEP_MAX + 1) - STEP_MAX)
      return bytes
    case 3: {
      const width = widthFor(room, random)
      const number = INTERESTING[below(random, INTERESTING.length)] as number
      store(bytes, at, width, below(random, 2) === 0, number)
      return bytes
    }
    case 4:
      return spliced(bytes, at, 1 + below(random, Math.min(room, BLOCK_MAX)), new Uint8Array(0))
    case 5:
      return spliced(bytes, below(random, size + 1), 0, insertion(random, words, other))
    case 6: {
      // A part of itself, put in again or over what is there.
      const part = bytes.slice(at, at + 1 + below(random, Math.min(room, BLOCK_MAX)))
      return spliced(bytes, below(random, size + 1), below(random, 2) === 0 ? 0 : part.length, part)
    }
    case 7: {
      const word = insertion(random, words, other)
      return spliced(bytes, at, Math.min(word.length, room), word)
    }
    case 8:
      return bytes.slice(0, at + 1)
    default: {
      if (other.length === 0) return bytes
      const from = below(random, other.length)
      return spliced(bytes, at, room, other.subarray(from))
    }
  }
}

/** Something to put in: a word, a part of another input, or random bytes. */
function insertion(random: Random, words: readonly Uint8Array[], other: Uint8Array): Uint8Array {
  const kind = below(random, 3)
  if (kind === 0 && words.length > 0) return words[below(random, words.length)] as Uint8Array
  if (kind === 1 && other.length > 0) {
    const from = below(random, other.length)
    return other.slice(from, from + 1 + below(random, BLOCK_MAX))
  }
  const length = 1 + below(random, below(random, 4) === 0 ? BLOCK_MAX : 8)
  const byte = below(random, 256)
  const same = below(random, 2) === 0
  return Uint8Array.from({ length }, () => (same ? byte : below(random, 256)))
}

function widthFor(room: number, random: Random): number {
  return Math.min(1 << below(random, 3), room >= 4 ? 4 : room >= 2 ? 2 : 1)
}

function count(bytes: Uint8Array, at: number, width: number, little: boolean, step: number): void {
  let value = 0
  for (let index = 0; index < width; index++) {
    value = value * 256 + (bytes[little ? at + width - 1 - index : at + index] as number)
  }
  store(bytes, at, width, little, value + step)
}

function store(bytes: Uint8Array, at: number, width: number, little: boolean, value: number): void {
  let rest = value
  for (let index = 0; index < width; index++) {
    const byte = ((rest % 256) + 256) % 256
    bytes[little ? at + index : at + width - 1 - index] = byte
    rest = (rest - byte) / 256
  }
}

/** `removed` bytes at `at` replaced by others. */
export function spliced(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const rest = bytes.subarray(Math.min(bytes.length, at + removed))
  const made = new Uint8Array(at + added.length + rest.length)
  made.set(bytes.subarray(0, at))
  made.set(added, at)
  made.set(rest, at + added.length)
  return made
}
