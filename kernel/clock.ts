/**
 * Virtual time. It moves by a fixed tick at every call and jumps over sleeps, and nothing else moves it, so that time
 * is a function of the calls made. Two numbers, seconds and nanoseconds, hold 64-bit nanoseconds without a bigint.
 */

import type { Instant } from '../vfs/inode.ts'

const NS_PER_SEC = 1_000_000_000
/** Time stops at the last moment that 64 bits of nanoseconds can say, in the year 2554, and never goes back. */
const LAST_SEC = 18_446_744_073
const LAST_NSEC = 709_551_615

/** A moment that moves, or a length of time. */
export class Time implements Instant {
  sec: number
  nsec: number

  constructor(sec: number = 0, nsec: number = 0) {
    this.sec = sec
    this.nsec = nsec
  }

  /** Adds `ns` nanoseconds, 0 to 10^9. */
  add(ns: number): void {
    this.nsec += ns
    if (this.nsec >= NS_PER_SEC) {
      this.nsec -= NS_PER_SEC
      this.sec++
    }
    if (this.sec >= LAST_SEC) this.#stop()
  }

  addTime(time: Instant): void {
    this.sec += time.sec
    this.add(time.nsec)
  }

  set(time: Instant): void {
    this.sec = time.sec
    this.nsec = time.nsec
  }

  #stop(): void {
    if (this.sec === LAST_SEC && this.nsec <= LAST_NSEC) return
    this.sec = LAST_SEC
    this.nsec = LAST_NSEC
  }
}

/** Negative, 0 or positive, as `a` is before, at, or after `b`. */
export function compareTime(a: Instant, b: Instant): number {
  return a.sec - b.sec || a.nsec - b.nsec
}

/** The time from `from` to `to`, or none where `to` is not after it. */
export function timeUntil(from: Instant, to: Instant): Time {
  if (compareTime(to, from) <= 0) return new Time()
  const borrow = to.nsec < from.nsec ? 1 : 0
  return new Time(to.sec - from.sec - borrow, to.nsec - from.nsec + borrow * NS_PER_SEC)
}

/** Ticks counted before they are added up, so that their nanoseconds stay far below 2^53. */
const STEPS_MAX = 1_000_000

/** The clocks of one machine. Both move together; they differ in where they start. */
export class Clock {
  /** Nanoseconds that each call takes. */
  readonly tick: number
  readonly #realtime: Time
  readonly #monotonic: Time
  /** Ticks that the two times do not have in them yet: most calls never look at a clock. */
  #steps = 0

  constructor(realtime: Instant, monotonic: Instant, tick: number) {
    this.#realtime = new Time(realtime.sec, realtime.nsec)
    this.#monotonic = new Time(monotonic.sec, monotonic.nsec)
    this.tick = tick
  }

  /** Since 1970. The object moves on with the clock when it is asked for again. */
  get realtime(): Instant {
    if (this.#steps > 0) this.#settle()
    return this.#realtime
  }

  /** Since the machine began. The object moves on with the clock when it is asked for again. */
  get monotonic(): Instant {
    if (this.#steps > 0) this.#settle()
    return this.#monotonic
  }

  /** One call's worth of time. */
  step(): void {
    if (++this.#steps === STEPS_MAX) this.#settle()
  }

  /** Jumps on by `time`. */
  jump(time: Instant): void {
    this.#realtime.addTime(time)
    this.#monotonic.addTime(time)
  }

  /** Shows what `clock` shows. */
  set(clock: Clock): void {
    this.#steps = 0
    this.#realtime.set(clock.realtime)
    this.#monotonic.set(clock.monotonic)
  }

  fork(): Clock {
    return new Clock(this.realtime, this.monotonic, this.tick)
  }

  #settle(): void {
    const ns = this.#steps * this.tick
    this.#steps = 0
    this.jump({ sec: Math.floor(ns / NS_PER_SEC), nsec: ns % NS_PER_SEC })
  }
}
