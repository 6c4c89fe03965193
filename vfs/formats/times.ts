/** Moments as archives have them: bounded to what a tree can have, and as days and hours. */

import type { Instant } from '../inode.ts'

/** The last second of the 2^64 nanoseconds that guests can see. */
const SEC_MAX = 18_446_744_072

/** The nearest moment that a tree can have: from 1970 to 2554. */
export function representable(instant: Instant): Instant {
  if (instant.sec < 0) return { sec: 0, nsec: 0 }
  return instant.sec > SEC_MAX ? { sec: SEC_MAX, nsec: 0 } : instant
}

export interface CivilTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
  readonly second: number
}

const DAY = 86_400
/** Days in 400 years of the Gregorian calendar, 4 years, and one. */
const ERA = 146_097
const FOUR_YEARS = 1461
const YEAR = 365
/** Days from 1 March of the year 0, where leap days come last, to 1970-01-01. */
const TO_1970 = 719_468

/** The date and time in UTC of a second since 1970. */
export function civilOf(sec: number): CivilTime {
  const days = Math.floor(sec / DAY)
  const rest = sec - days * DAY
  const shifted = days + TO_1970
  const era = Math.floor(shifted / ERA)
  const dayOfEra = shifted - era * ERA
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / (FOUR_YEARS - 1)) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / (ERA - 1))) /
      YEAR,
  )
  const dayOfYear = dayOfEra - (YEAR * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1,
    hour: Math.floor(rest / 3600),
    minute: Math.floor(rest / 60) % 60,
    second: rest % 60,
  }
}

/** As `2026-01-01T00:00:00Z`, with nanoseconds where there are some. */
export function isoOf(instant: Instant): string {
  const { year, month, day, hour, minute, second } = civilOf(instant.sec)
  const two = (value: number): string => `${value}`.padStart(2, '0')
  const fraction = instant.nsec === 0 ? '' : `.${`${instant.nsec}`.padStart(9, '0').replace(/0+$/, '')}`
  return `${`${year}`.padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}${fraction}Z`
}

/** The second since 1970 of a date and time in UTC; month and day may be out of range, and then run over. */
export function secondOf(time: CivilTime): number {
  const months = time.year * 12 + time.month - 3
  const year = Math.floor(months / 12)
  const marchMonth = months - year * 12
  const days =
    YEAR * year +
    Math.floor(year / 4) -
    Math.floor(year / 100) +
    Math.floor(year / 400) +
    Math.floor((153 * marchMonth + 2) / 5) +
    time.day -
    1 -
    TO_1970
  return days * DAY + time.hour * 3600 + time.minute * 60 + time.second
}
