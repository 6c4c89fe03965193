/** Standard input, seeds of randomness, and moments to start at. */

import fc, { type Arbitrary } from 'fast-check'
import { decodeLatin1, decodeUtf8, isUtf8 } from '../../../vfs/bytes.ts'
import type { Epoch } from '../../../vfs/instant.ts'
import { instantOf } from '../../../vfs/instant.ts'
import { isoOf } from '../iso_time.ts'

export interface StdinConstraints {
  /** Bytes or characters at most. Default 256. */
  readonly maxLength?: number
  /** Whether it may be something else than text. Default true. */
  readonly binary?: boolean
  /** Words and lines that the program knows. */
  readonly words?: readonly string[]
}

export interface EpochConstraints {
  /** The first moment that is drawn. Default the beginning of 1970. */
  readonly min?: Epoch
  /** The last. Default `2500-01-01T00:00:00Z`; guests count nanoseconds in 64 bits, which ends in 2554. */
  readonly max?: Epoch
}

const FIRST_PRINTABLE = 0x20
const LAST_PRINTABLE = 0x7e

/** 2000-01-01T00:00:00Z, where clocks start that nothing else was said of. */
const ORIGIN = 946_684_800
/** 2500-01-01T00:00:00Z. */
const LAST = 16_725_225_600
/** Where calendars and counters turn: each is drawn with the seconds around it. */
const TURNS = [
  0, // 1970
  951_782_400, // 2000-02-29
  1_000_000_000,
  2_147_483_648, // 2^31
  4_294_967_296, // 2^32
  4_107_542_400, // 2100-03-01, a year without a leap day
  1_483_228_800, // 2017, after a leap second
]

/** Text, lines and bytes; what is UTF-8 is text. Shrinks to nothing. */
export function stdin(constraints: StdinConstraints = {}): Arbitrary<string | Uint8Array> {
  const { maxLength = 256, binary = true, words = ['a', '0', '-1', ' '] } = constraints
  const token = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.integer({ min: FIRST_PRINTABLE, max: LAST_PRINTABLE }).map((code) => String.fromCharCode(code)),
    },
    { weight: 2, arbitrary: fc.constantFrom(...words) },
    { weight: 2, arbitrary: fc.constant('\n') },
  )
  const text = fc.array(token, { maxLength, size: 'small' }).map((tokens) => tokens.join('').slice(0, maxLength))
  const bytes = fc.uint8Array({ maxLength, size: 'small' }).map(textIfUtf8)
  if (!binary) return text
  return fc.oneof<fc.MaybeWeightedArbitrary<string | Uint8Array>[]>(
    { weight: 3, arbitrary: text },
    { weight: 1, arbitrary: bytes },
  )
}

/** People read text more easily. */
export function textIfUtf8(bytes: Uint8Array): string | Uint8Array {
  return isUtf8(decodeLatin1(bytes)) ? decodeUtf8(bytes) : bytes
}

/** Seeds of the randomness that a guest sees. Shrinks to `0`. */
export function seed(): Arbitrary<string> {
  return fc.nat().map(String)
}

/** Moments in whole seconds, as ISO 8601 text. Shrinks to the one nearest to the year 2000. @throws RangeError. */
export function epoch(constraints: EpochConstraints = {}): Arbitrary<string> {
  const [min, max] = [secondOf(constraints.min, 0), secondOf(constraints.max, LAST)]
  if (min > max) throw new RangeError('epoch(): min is after max')
  const turns = TURNS.flatMap((second) => [second - 1, second]).filter((second) => second >= min && second <= max)
  const any = fc.integer({ min: min - ORIGIN, max: max - ORIGIN }).map((offset) => offset + ORIGIN)
  return fc.oneof({ weight: 2, arbitrary: any }, ...(turns.length === 0 ? [] : [fc.constantFrom(...turns)])).map(isoOf)
}

function secondOf(moment: Epoch | undefined, otherwise: number): number {
  if (moment === undefined) return otherwise
  const instant = instantOf(moment)
  if (typeof instant === 'string') throw new RangeError(`epoch(): ${instant}`)
  return instant.sec
}
