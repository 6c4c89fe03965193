/** PAX records: `LENGTH KEY=VALUE\n`, as the extended headers of a tar archive hold them. */

import { type ByteString, decodeLatin1 } from '../bytes.ts'
import type { Instant } from '../inode.ts'
import { type Format, FormatError } from './error.ts'

export type PaxRecords = readonly (readonly [key: string, value: ByteString])[]

/** The records between two offsets, in order; a key may come several times. @throws FormatError with the offset. */
export function paxRecords(format: Format, bytes: Uint8Array, start: number, end: number): PaxRecords {
  const records: [string, ByteString][] = []
  for (let at = start; at < end; ) {
    let digits = at
    let length = 0
    while (digits < end && isDigit(bytes[digits]) && digits - at < 15) {
      length = length * 10 + ((bytes[digits++] as number) - 48)
    }
    const wrong = (problem: string) => new FormatError(format, `a PAX record ${problem}`, at)
    if (digits === at || bytes[digits] !== SPACE) throw wrong('does not begin with its length and a space')
    const next = at + length
    if (next > end) throw wrong(`of ${length} bytes is longer than the header that it is in`)
    if (next <= digits + 1 || bytes[next - 1] !== NEWLINE)
      throw wrong('does not end with a newline where its length says')
    const equals = bytes.indexOf(EQUALS, digits + 1)
    if (equals < 0 || equals >= next - 1) throw wrong('has no "="')
    if (equals === digits + 1) throw wrong('has no key')
    const key = decodeLatin1(bytes.subarray(digits + 1, equals))
    records.push([key, decodeLatin1(bytes.subarray(equals + 1, next - 1))])
    at = next
  }
  return records
}

/** A whole number of a record, or `undefined`. */
export function wholeOf(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** A moment of a record, in seconds with a decimal fraction, cut to nanoseconds; `undefined` for what is none. */
export function instantIn(text: string): Instant | undefined {
  const match = /^(-?)(\d{1,15})(?:\.(\d*))?$/.exec(text)
  if (match === null) return undefined
  const [, sign, whole, fraction] = match
  const nsec = Number((fraction ?? '').slice(0, 9).padEnd(9, '0'))
  const sec = Number(whole)
  if (sign === '') return { sec, nsec }
  return nsec === 0 ? { sec: 0 - sec, nsec: 0 } : { sec: -sec - 1, nsec: 1_000_000_000 - nsec }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57
}

const SPACE = 32
const NEWLINE = 10
const EQUALS = 61
