/** Virtual time: ticks, carries, jumps, and where it ends. */

import { describe, expect, it } from 'vitest'
import { Clock, compareTime, Time, timeUntil } from '../../kernel/clock.ts'
import type { Instant } from '../../vfs/inode.ts'
import { nanoseconds } from '../../vfs/instant.ts'
import { fc } from '../support/property.ts'

const NS = 1_000_000_000n
const LAST = 2n ** 64n - 1n
const at = (ns: bigint): Instant => ({ sec: Number(ns / NS), nsec: Number(ns % NS) })
const moments = fc.oneof(
  fc.bigInt({ min: 0n, max: LAST }),
  fc.bigInt({ min: 0n, max: 3n * NS }),
  fc.bigInt({ min: LAST - 3n * NS, max: LAST }),
)
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)

describe('Time', () => {
  it('adds nanoseconds and carries them into seconds', () => {
    const time = new Time(1, 999_999_999)
    time.add(1)
    expect(time).toMatchObject({ sec: 2, nsec: 0 })
    time.add(1_000_000_000)
    expect(time).toMatchObject({ sec: 3, nsec: 0 })
    time.add(0)
    expect(time).toMatchObject({ sec: 3, nsec: 0 })
  })

  it('adds as 64-bit nanoseconds do, and stops at the last that there is', () => {
    fc.assert(
      fc.property(moments, moments, fc.integer({ min: 0, max: 1_000_000_000 }), (a, b, ns) => {
        const sum = new Time(at(a).sec, at(a).nsec)
        sum.addTime(at(b))
        expect(nanoseconds(sum)).toBe(least(a + b, LAST))
        const stepped = new Time(at(a).sec, at(a).nsec)
        stepped.add(ns)
        expect(nanoseconds(stepped)).toBe(least(a + BigInt(ns), LAST))
      }),
    )
  })

  it('never goes back, however near to its end it starts', () => {
    for (const start of [LAST, LAST - 1n, LAST - NS, (LAST / NS) * NS, (LAST / NS) * NS - 1n]) {
      const time = new Time(at(start).sec, at(start).nsec)
      let before = nanoseconds(time)
      for (let i = 0; i < 5; i++) {
        time.add(400_000_000)
        expect(nanoseconds(time)).toBeGreaterThanOrEqual(before)
        before = nanoseconds(time)
      }
      expect(before).toBe(LAST)
    }
  })

  it('compares and subtracts as the nanoseconds would', () => {
    fc.assert(
      fc.property(moments, moments, (a, b) => {
        expect(Math.sign(compareTime(at(a), at(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
        expect(nanoseconds(timeUntil(at(a), at(b)))).toBe(b > a ? b - a : 0n)
      }),
    )
  })
})

describe('Clock', () => {
  it('moves both clocks by one tick at each step', () => {
    const clock = new Clock({ sec: 5, nsec: 999_999_500 }, { sec: 0, nsec: 0 }, 600)
    clock.step()
    clock.step()
    expect(clock.realtime).toMatchObject({ sec: 6, nsec: 700 })
    expect(clock.monotonic).toMatchObject({ sec: 0, nsec: 1200 })
  })

  it('stands still with a tick of 0, but for jumps', () => {
    const clock = new Clock({ sec: 5, nsec: 0 }, { sec: 0, nsec: 0 }, 0)
    clock.step()
    expect(clock.realtime).toMatchObject({ sec: 5, nsec: 0 })
    clock.jump({ sec: 31_536_000, nsec: 1 })
    expect(clock.realtime).toMatchObject({ sec: 31_536_005, nsec: 1 })
    expect(clock.monotonic).toMatchObject({ sec: 31_536_000, nsec: 1 })
  })

  it('shows all calls on whichever clock is looked at first', () => {
    for (const name of ['realtime', 'monotonic'] as const) {
      const clock = new Clock({ sec: 0, nsec: 0 }, { sec: 0, nsec: 0 }, 7)
      clock.step()
      clock.step()
      expect(clock[name]).toMatchObject({ sec: 0, nsec: 14 })
    }
  })

  it('counts calls exactly, however many nobody looks at and however long they take', () => {
    const [tick, calls] = [999_999_999, 10_000_001]
    const clock = new Clock({ sec: 1, nsec: 0 }, { sec: 0, nsec: 0 }, tick)
    for (let n = 0; n < calls; n++) clock.step()
    expect(nanoseconds(clock.monotonic)).toBe(BigInt(tick) * BigInt(calls))
    expect(nanoseconds(clock.realtime)).toBe(NS + BigInt(tick) * BigInt(calls))
  })

  it('is set to what another shows, whatever calls either has not looked at', () => {
    const [clock, other] = [1, 2].map((sec) => new Clock({ sec, nsec: 0 }, { sec: 0, nsec: sec }, 7)) as [Clock, Clock]
    clock.step()
    other.step()
    clock.set(other)
    expect(clock.realtime).toMatchObject({ sec: 2, nsec: 7 })
    expect(clock.monotonic).toMatchObject({ sec: 0, nsec: 9 })
  })

  it('stops the realtime clock at its end while the monotonic one goes on', () => {
    const clock = new Clock(at(LAST - 10n), { sec: 0, nsec: 0 }, 1000)
    clock.step()
    clock.jump({ sec: 100, nsec: 0 })
    expect(nanoseconds(clock.realtime)).toBe(LAST)
    expect(clock.monotonic).toMatchObject({ sec: 100, nsec: 1000 })
  })

  it('forks into a clock that moves on its own', () => {
    const clock = new Clock({ sec: 5, nsec: 0 }, { sec: 1, nsec: 0 }, 7)
    const fork = clock.fork()
    clock.jump({ sec: 1, nsec: 0 })
    fork.step()
    expect(fork).toMatchObject({ realtime: { sec: 5, nsec: 7 }, monotonic: { sec: 1, nsec: 7 }, tick: 7 })
    expect(clock).toMatchObject({ realtime: { sec: 6, nsec: 0 }, monotonic: { sec: 2, nsec: 0 } })
  })
})
