/** Bytes of formats: samples with a few changes. */

import fc, { type Arbitrary } from 'fast-check'
import { contentBytes } from '../../../vfs/bytes.ts'
import { spliced } from '../havoc.ts'

export interface MutateConstraints {
  /** Changes at least. Default 0: the bytes as they are, to which all shrink. */
  readonly minEdits?: number
  /** Changes at most. Default 4. */
  readonly maxEdits?: number
  /** Words that the format knows; they are put in and over. */
  readonly dictionary?: readonly (string | Uint8Array)[]
  /** Bytes that the result has at most. Default 4,096 more than the sample. */
  readonly maxLength?: number
}

/** Those of `mutate`, for each sample. */
export interface CorpusConstraints extends MutateConstraints {}

/** One change. Positions are fractions of 2^16 of the length, so that they mean something whatever came before. */
type Edit =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly kind: 'cut'; readonly at: number }

const UNIT = 2 ** 16
/** Numbers at which programs count wrong, in every width and order that fits them. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

/**
 * A sample with some changes: bits flipped, bytes replaced, put in, taken out, said again, the end cut off. Shrinks to
 * fewer changes, so to the sample.
 */
export function mutate(sample: string | Uint8Array, constraints: MutateConstraints = {}): Arbitrary<Uint8Array> {
  return corpus([sample], constraints)
}

/**
 * One of several samples, changed as by `mutate`. Shrinks to the first of them, unchanged.
 * @throws RangeError for none.
 */
export function corpus(
  samples: readonly (string | Uint8Array)[] | { readonly [name: string]: string | Uint8Array },
  constraints: CorpusConstraints = {},
): Arbitrary<Uint8Array> {
  const all = (Array.isArray(samples) ? samples : Object.values(samples)).map(contentBytes)
  if (all.length === 0) throw new RangeError('corpus() wants at least one sample, as corpus({ empty: "" })')
  const { minEdits = 0, maxEdits = 4, dictionary = [], maxLength } = constraints
  const edits = fc.array(editOf(dictionary.map(contentBytes)), {
    minLength: minEdits,
    maxLength: maxEdits,
    size: 'max',
  })
  return fc.tuple(fc.nat({ max: all.length - 1 }), edits).map(([index, changes]) => {
    const sample = all[index] as Uint8Array
    const most = maxLength ?? sample.length + 4096
    return changes.reduce((bytes, edit) => applyEdit(bytes, edit, most), sample).slice(0, most)
  })
}

function editOf(words: readonly Uint8Array[]): Arbitrary<Edit> {
  const at = fc.nat({ max: UNIT - 1 })
  const length = fc.integer({ min: 1, max: 16 })
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 4 }),
    fc.tuple(fc.constantFrom(...EDGES), fc.boolean()).map(([number, little]) => numberBytes(number, little)),
    ...(words.length === 0 ? [] : [{ weight: 3, arbitrary: fc.constantFrom(...words) }]),
  )
  return fc.oneof<fc.MaybeWeightedArbitrary<Edit>[]>(
    fc.record({ kind: fc.constant('cut' as const), at }),
    fc.record({ kind: fc.constant('remove' as const), at, length }),
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat({ max: 7 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), at, bytes }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert' as const), at, bytes }) },
    fc.record({ kind: fc.constant('repeat' as const), at, length, times: fc.integer({ min: 1, max: 64 }) }),
  )
}

function applyEdit(bytes: Uint8Array, edit: Edit, most: number): Uint8Array {
  // One past the end is a place to put something, and the last byte one to change.
  const at = Math.floor((edit.at * (bytes.length + 1)) / UNIT)
  const place = Math.min(at, Math.max(0, bytes.length - 1))
  switch (edit.kind) {
    case 'cut':
      return bytes.slice(0, at)
    case 'remove':
      return spliced(bytes, at, edit.length, new Uint8Array(0))
    case 'insert':
      return spliced(bytes, at, 0, edit.bytes)
    case 'set':
      return spliced(bytes, place, edit.bytes.length, edit.bytes)
    case 'flip': {
      const copy = bytes.slice()
      if (copy.length > 0) copy[place] = (copy[place] as number) ^ (1 << edit.bit)
      return copy
    }
    case 'repeat': {
      const part = bytes.subarray(place, place + edit.length)
      const times = part.length === 0 ? 0 : Math.min(edit.times, Math.floor((most - bytes.length) / part.length))
      const more = new Uint8Array(Math.max(0, times) * part.length)
      for (let from = 0; from < more.length; from += part.length) more.set(part, from)
      return spliced(bytes, place, 0, more)
    }
  }
}

function numberBytes(number: number, little: boolean): Uint8Array {
  const size = number <= 0xff ? 1 : number <= 0xffff ? 2 : 4
  const bytes = Uint8Array.from({ length: size }, (_, index) => Math.floor(number / 256 ** index) % 256)
  return little ? bytes : bytes.reverse()
}
