import { describe, expect, it } from 'vitest'
import { instantOf, nanoseconds } from '../../vfs/instant.ts'
import { fc } from '../support/property.ts'

const MAX_NS = 2n ** 64n - 1n

describe('instantOf()', () => {
  it('reads ISO 8601 text as Date.UTC does', () => {
    const last = Date.UTC(2554, 0, 1)
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(last), noInvalidDate: true }), (date) => {
        const ms = date.getTime()
        expect(instantOf(date.toISOString())).toEqual({ sec: Math.floor(ms / 1000), nsec: (ms % 1000) * 1e6 })
      }),
      { numRuns: 1000 },
    )
  })

  it('reads every day from 1970 to 2554', () => {
    for (let day = 0; day * 86_400_000 < Date.UTC(2554, 0, 1); day++) {
      const text = new Date(day * 86_400_000).toISOString().slice(0, 10)
      const instant = instantOf(text)
      if (typeof instant === 'string' || instant.sec !== day * 86_400) expect(instant).toBe(text)
    }
  })

  it('keeps up to nine digits of a second', () => {
    expect(instantOf('2026-01-01T00:00:00.1Z')).toEqual({ sec: 1_767_225_600, nsec: 100_000_000 })
    expect(instantOf('2026-01-01T00:00:00.000000001Z')).toEqual({ sec: 1_767_225_600, nsec: 1 })
  })

  it.each([
    '2026-02-29',
    '2100-02-29',
    '2026-13-01',
    '2026-00-01',
    '2026-04-31',
    '2026-01-00',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00:00+01:00',
    '1969-12-31T23:59:59Z',
    '2026-1-1',
    '',
  ])('says that %s is no moment', (text) => {
    expect(instantOf(text)).toContain('is no moment')
  })

  it('takes leap days that are', () => {
    for (const text of ['2000-02-29', '2024-02-29', '2400-02-29']) {
      expect(instantOf(text)).toEqual({ sec: Date.parse(text) / 1000, nsec: 0 })
    }
  })

  it('takes bigint nanoseconds exactly and refuses what no u64 holds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: MAX_NS }), (ns) => {
        const instant = instantOf(ns)
        expect(typeof instant === 'string' ? instant : nanoseconds(instant)).toBe(ns)
      }),
    )
    for (const ns of [-1n, MAX_NS + 1n]) expect(instantOf(ns)).toContain('out of range')
    expect(instantOf('9999-01-01')).toContain('out of range')
  })

  it('takes numbers of milliseconds', () => {
    expect(instantOf(1500.25)).toEqual({ sec: 1, nsec: 500_250_000 })
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) expect(instantOf(bad)).toContain('no moment')
    for (const bad of [-1, 2e16]) expect(instantOf(bad)).toContain('out of range')
  })
})
