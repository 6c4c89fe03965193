/**
 * Input-to-state replacement (C. Aschermann and others, "REDQUEEN: Fuzzing with Input-to-State Correspondence", NDSS
 * 2019): what a guest compares is often there in its input as it is, or with its bytes the other way round. So where an
 * operand is found in the input, the other operand is put in its place: that gets a magic number right in one run, and
 * the sum that is stored in a file as soon as the guest has computed it.
 *
 * A compiler may have moved something from one side to the other: `sum == ~crc` is compared as `(sum ^ crc) == -1`, and
 * `a == b + 4` as `(a - b) == 4`. Then neither side is in the input, but what is there is off by the difference of the
 * two, as numbers or as bits; so at the start of an input that is tried at every place.
 */

import { encodeUtf8 } from '../../vfs/bytes.ts'
import type { Comparison } from '../run.ts'

/** Other bytes for those from `at` on. */
export interface Replacement {
  /** Of which comparison it is. */
  readonly site: number
  readonly at: number
  readonly removed: number
  readonly bytes: Uint8Array
  /** The least is the most promising. */
  readonly rank: number
  /** Whether neither operand was found, and only their difference is known. */
  readonly isDifference: boolean
}

/** Bytes at the start of an input in which differences are tried. */
const DIFFERENCE_PLACES = 128
/** Differences of less are of counters and of characters, which other changes find. */
const DIFFERENCE_MIN = 0x10000n
const DIFFERENCE_RANK = 8
/** Pairs that go on as they began, from which on they are taken for those of a loop. */
const COUNTING_MIN = 6
/** Places of one operand that are tried. */
const PLACES_MAX = 8
const WIDTHS = [8, 4, 2, 1] as const

/**
 * What to try on `input`, most promising first, at most `most`. `isEquality` says of a place whether it asks for the
 * very same number: where it asks for less or more, the neighbours are tried as well.
 */
export function replacements(
  input: Uint8Array,
  comparisons: readonly Comparison[],
  isEquality: (site: number) => boolean,
  most: number,
): Replacement[] {
  const found = new Map<string, Replacement>()
  for (const { site, bits, left, right } of distinct(comparisons)) {
    if (left === right) continue
    const exact = isEquality(site)
    const near = exact ? [0n] : [0n, 1n, -1n]
    for (const [has, wants] of [
      [left, right],
      [right, left],
    ] as const) {
      for (const step of near) {
        for (const encoding of encodings(bits, has, BigInt.asUintN(bits, wants + step))) {
          addAll(found, input, site, encoding, exact)
        }
      }
    }
    if (exact) addDifferences(found, input, site, bits, left, right)
  }
  return [...found.values()].sort((a, b) => a.rank - b.rank).slice(0, most)
}

/** The operands as words of a format: each as bytes in both orders; small numbers are no words. */
export function wordsOf(comparisons: readonly Comparison[]): Uint8Array[] {
  return distinct(comparisons).flatMap(({ bits, left, right }) =>
    [left, right].flatMap((value) => {
      if (value < 0x100n || value > BigInt.asUintN(bits, -0x100n)) return []
      const width = WIDTHS.findLast((each) => fits(value, bits, each)) as number
      return [bytesOf(value, width), bytesOf(value, width).reverse()]
    }),
  )
}

/** Each pair of operands of a place once; where they are those of a loop that counts, the first and the last. */
function distinct(comparisons: readonly Comparison[]): Comparison[] {
  const sites = new Map<number, Map<string, Comparison>>()
  for (const each of comparisons) {
    const pairs = sites.get(each.site) ?? new Map<string, Comparison>()
    sites.set(each.site, pairs.set(`${each.left} ${each.right}`, each))
  }
  return [...sites.values()].flatMap((pairs) => {
    const all = [...pairs.values()]
    return isCounting(all) ? [all[0] as Comparison, all.at(-1) as Comparison] : all
  })
}

function isCounting(pairs: readonly Comparison[]): boolean {
  const [first, second] = pairs
  if (first === undefined || second === undefined || pairs.length < COUNTING_MIN) return false
  const [left, right] = [second.left - first.left, second.right - first.right]
  return pairs.every((pair, at) => {
    const before = pairs[at - 1]
    return before === undefined || (pair.left - before.left === left && pair.right - before.right === right)
  })
}

interface Encoding {
  readonly has: Uint8Array
  readonly wants: Uint8Array
  readonly rank: number
}

/** All ways in which two operands can stand in an input. */
function* encodings(bits: number, has: bigint, wants: bigint): Generator<Encoding> {
  for (const [rank, width] of WIDTHS.entries()) {
    if (8 * width > bits || !fits(has, bits, width) || !fits(wants, bits, width)) continue
    const [from, to] = [bytesOf(has, width), bytesOf(wants, width)]
    yield { has: from, wants: to, rank }
    if (width > 1) yield { has: from.slice().reverse(), wants: to.slice().reverse(), rank }
  }
  // As digits, which the guest reads with something like strtol.
  const signed = (value: bigint): Uint8Array => encodeUtf8(String(BigInt.asIntN(bits, value)))
  if (has > 9n || wants > 9n) yield { has: signed(has), wants: signed(wants), rank: 2 }
}

/** Whether so many bytes hold the number, with its sign or without. */
function fits(value: bigint, bits: number, width: number): boolean {
  const limit = 1n << BigInt(8 * width)
  return value < limit || value >= (1n << BigInt(bits)) - limit / 2n
}

/** In the order of the guest's memory, least byte first. */
function bytesOf(value: bigint, width: number): Uint8Array {
  return Uint8Array.from({ length: width }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn))
}

function addAll(
  found: Map<string, Replacement>,
  input: Uint8Array,
  site: number,
  { has, wants, rank }: Encoding,
  exact: boolean,
): void {
  let places = 0
  for (let at = input.indexOf(has[0] as number); at >= 0 && places < PLACES_MAX; ) {
    if (has.every((byte, index) => input[at + index] === byte)) {
      places++
      const key = `${at} ${has.length} ${wants.join()}`
      if (!found.has(key))
        found.set(key, {
          site,
          at,
          removed: has.length,
          bytes: wants,
          rank: rank + (exact ? 0 : WIDTHS.length),
          isDifference: false,
        })
    }
    at = input.indexOf(has[0] as number, at + 1)
  }
}

/** What a part of the input would be if what was compared with `right`, and was `left`, had been equal by it alone. */
function addDifferences(
  found: Map<string, Replacement>,
  input: Uint8Array,
  site: number,
  bits: number,
  left: bigint,
  right: bigint,
): void {
  if ((left ^ right) < DIFFERENCE_MIN) return
  const width = bits / 8
  const last = Math.min(input.length - width, DIFFERENCE_PLACES)
  for (let at = 0; at <= last; at++) {
    const part = input.subarray(at, at + width)
    for (const little of [true, false]) {
      const has = numberOf(little ? part : part.slice().reverse())
      for (const wants of [has ^ left ^ right, has + right - left, has + left - right]) {
        const bytes = bytesOf(BigInt.asUintN(bits, wants), width)
        if (!little) bytes.reverse()
        const key = `${at} ${width} ${bytes.join()}`
        if (!found.has(key))
          found.set(key, { site, at, removed: width, bytes, rank: DIFFERENCE_RANK, isDifference: true })
      }
    }
  }
}

/** Of bytes of which the first counts least. */
function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n)
}
