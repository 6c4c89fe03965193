/** Moments as people give them, and as the machine keeps them. */

import type { Instant } from './inode.ts'

/** Nanoseconds since 1970 as a bigint, milliseconds since 1970 as a number, or ISO 8601 text in UTC (`2026-01-01T00:00:00Z`). */
export type Epoch = bigint | number | string

const NS_PER_SEC = 1_000_000_000n
const MAX_NS = 2n ** 64n - 1n
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z)?$/
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** The moment, or what is wrong with it. From 1970 on, and below 2^64 nanoseconds, since guests see a u64. */
export function instantOf(epoch: Epoch): Instant | string {
  if (typeof epoch === 'bigint') return fromNanoseconds(epoch)
  if (typeof epoch === 'number') {
    if (!Number.isFinite(epoch)) return `${epoch} is no moment`
    return fromNanoseconds(BigInt(Math.round(epoch * 1e3)) * 1000n)
  }
  const match = ISO.exec(epoch)
  const wrong = `${JSON.stringify(epoch)} is no moment: write it as 2026-01-01T00:00:00Z`
  if (match === null) return wrong
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const february = isLeap(year) ? 29 : 28
  const days = month === 2 ? february : (MONTH_DAYS[month - 1] ?? 0)
  if (year < 1970 || day < 1 || day > days || hour > 23 || minute > 59 || second > 59) return wrong
  const sec = ((daysBefore(year, month) + day - 1) * 24 + hour) * 3600 + minute * 60 + second
  return fromNanoseconds(BigInt(sec) * NS_PER_SEC + BigInt((match[7] ?? '').padEnd(9, '0')))
}

/** Nanoseconds since 1970. */
export function nanoseconds(instant: Instant): bigint {
  return BigInt(instant.sec) * NS_PER_SEC + BigInt(instant.nsec)
}

function fromNanoseconds(ns: bigint): Instant | string {
  if (ns < 0n || ns > MAX_NS) return `${ns} ns is out of range: 0 to 2^64 - 1 nanoseconds after 1970`
  return { sec: Number(ns / NS_PER_SEC), nsec: Number(ns % NS_PER_SEC) }
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

/** Days from 1970-01-01 to the first of the month. */
function daysBefore(year: number, month: number): number {
  const y = year - 1
  let days = (year - 1970) * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) - 477
  for (let m = 1; m < month; m++) days += m === 2 && isLeap(year) ? 29 : (MONTH_DAYS[m - 1] as number)
  return days
}
