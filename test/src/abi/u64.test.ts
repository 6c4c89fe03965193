/** 64-bit conversions, against BigInt. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  highWord,
  i64ToNumber,
  instantHigh,
  instantLow,
  instantNsec,
  instantSec,
  LAST_INSTANT_NSEC,
  LAST_INSTANT_SEC,
  lowWord,
  u64ToNumber,
  writeInstant,
  writeNumber,
  writeWords,
} from '../../../src/abi/u64.ts'

const U64_MAX = 2n ** 64n - 1n
const SAFE = BigInt(Number.MAX_SAFE_INTEGER)
const NS = 1_000_000_000n

/** All of u64, and often what is near a power of two or a whole number of seconds, where rounding would show. */
const u64 = fc.oneof(
  fc.bigInt(0n, U64_MAX),
  fc.tuple(fc.integer({ min: 0, max: 64 }), fc.bigInt(-3n, 3n)).map(([bit, delta]) => clamp(2n ** BigInt(bit) + delta)),
  fc.tuple(fc.bigInt(0n, BigInt(LAST_INSTANT_SEC)), fc.bigInt(-3n, 3n)).map(([sec, delta]) => clamp(sec * NS + delta)),
)

function clamp(value: bigint): bigint {
  return value < 0n ? 0n : value > U64_MAX ? U64_MAX : value
}

const low = (value: bigint): number => Number(BigInt.asUintN(32, value))
const high = (value: bigint): number => Number(BigInt.asUintN(32, value >> 32n))

describe('u64ToNumber()', () => {
  it('is exact up to 2^53-1 and Infinity above, for words of either sign', () => {
    fc.assert(
      fc.property(u64, (value) => {
        const expected = value <= SAFE ? Number(value) : Infinity
        expect(u64ToNumber(low(value), high(value))).toBe(expected)
        expect(u64ToNumber(low(value) | 0, high(value) | 0)).toBe(expected)
      }),
    )
    expect(u64ToNumber(0xffff_ffff, 0x1f_ffff)).toBe(Number.MAX_SAFE_INTEGER)
    expect(u64ToNumber(0, 0x20_0000)).toBe(Infinity)
    expect(u64ToNumber(-1, -1)).toBe(Infinity)
  })
})

describe('i64ToNumber()', () => {
  it('is exact between -(2^53-1) and 2^53-1 and infinite outside, for words of either sign', () => {
    fc.assert(
      fc.property(u64, (bits) => {
        const value = BigInt.asIntN(64, bits)
        const expected = value > SAFE ? Infinity : value < -SAFE ? -Infinity : Number(value)
        expect(i64ToNumber(low(bits), high(bits))).toBe(expected)
        expect(i64ToNumber(low(bits) | 0, high(bits) | 0)).toBe(expected)
      }),
    )
    expect(i64ToNumber(-1, -1)).toBe(-1)
    expect(i64ToNumber(0, 0x8000_0000)).toBe(-Infinity)
    expect(i64ToNumber(0xffff_ffff, 0x7fff_ffff)).toBe(Infinity)
    expect(i64ToNumber(1, 0xffe0_0000)).toBe(-Number.MAX_SAFE_INTEGER)
    expect(i64ToNumber(0, 0xffe0_0000)).toBe(-Infinity)
  })
})

describe('lowWord() and highWord()', () => {
  it('split any safe integer as two’s complement', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        expect(lowWord(value)).toBe(low(BigInt(value)))
        expect(highWord(value)).toBe(high(BigInt(value)))
      }),
    )
  })
})

describe('instants', () => {
  it('come from nanoseconds exactly over all of u64, and go back', () => {
    fc.assert(
      fc.property(u64, (value) => {
        const [lo, hi] = [low(value), high(value)]
        const [sec, nsec] = [instantSec(lo, hi), instantNsec(lo, hi)]
        expect(sec).toBe(Number(value / NS))
        expect(nsec).toBe(Number(value % NS))
        expect(instantSec(lo | 0, hi | 0)).toBe(sec)
        expect(instantNsec(lo | 0, hi | 0)).toBe(nsec)
        expect(instantLow(sec, nsec)).toBe(lo)
        expect(instantHigh(sec, nsec)).toBe(hi)
      }),
      { numRuns: 5_000 },
    )
  })

  it('end where u64 ends', () => {
    expect(instantSec(-1, -1)).toBe(LAST_INSTANT_SEC)
    expect(instantNsec(-1, -1)).toBe(LAST_INSTANT_NSEC)
    expect(instantLow(LAST_INSTANT_SEC, LAST_INSTANT_NSEC)).toBe(0xffff_ffff)
    expect(instantHigh(LAST_INSTANT_SEC, LAST_INSTANT_NSEC)).toBe(0xffff_ffff)
  })
})

describe('writers', () => {
  /** What `write` leaves at 3 in zeros, after a check that it wrote nothing around. */
  function written(write: (view: DataView, ptr: number) => void): bigint {
    const view = new DataView(new Uint8Array(16).fill(0xa5).buffer)
    write(view, 3)
    const bytes = [...new Uint8Array(view.buffer)]
    expect([...bytes.slice(0, 3), ...bytes.slice(11)]).toEqual(new Array(8).fill(0xa5))
    return view.getBigUint64(3, true)
  }

  it('write words and safe integers', () => {
    fc.assert(
      fc.property(u64, fc.maxSafeInteger(), (value, integer) => {
        expect(written((view, ptr) => writeWords(view, ptr, low(value), high(value)))).toBe(value)
        expect(written((view, ptr) => writeWords(view, ptr, low(value) | 0, high(value) | 0))).toBe(value)
        expect(written((view, ptr) => writeNumber(view, ptr, integer))).toBe(BigInt.asUintN(64, BigInt(integer)))
      }),
    )
  })

  it('write instants, clamped to what u64 can say', () => {
    const sec = fc.oneof(
      fc.integer({ min: -10, max: 10 }),
      fc.integer({ min: -1e11, max: 1e11 }),
      fc.constant(LAST_INSTANT_SEC),
    )
    fc.assert(
      fc.property(sec, fc.integer({ min: 0, max: 999_999_999 }), (s, nsec) => {
        const exact = BigInt(s) * NS + BigInt(nsec)
        expect(written((view, ptr) => writeInstant(view, ptr, s, nsec))).toBe(clamp(exact))
      }),
    )
    expect(written((view, ptr) => writeInstant(view, ptr, LAST_INSTANT_SEC, LAST_INSTANT_NSEC))).toBe(U64_MAX)
    expect(written((view, ptr) => writeInstant(view, ptr, LAST_INSTANT_SEC, LAST_INSTANT_NSEC + 1))).toBe(U64_MAX)
    expect(written((view, ptr) => writeInstant(view, ptr, LAST_INSTANT_SEC, LAST_INSTANT_NSEC - 1))).toBe(U64_MAX - 1n)
    expect(written((view, ptr) => writeInstant(view, ptr, -1, 999_999_999))).toBe(0n)
  })
})
