/** Numbers, times, names and bytes as the page shows them. */

import { type ByteString, encodeLatin1, isUtf8, textOf } from '../../vfs/bytes.ts'

const DAY_SECONDS = 86_400n

/** Nanoseconds since 1970 as `2000-01-01 00:00:00.000001000`. */
export function instantText(ns: bigint): string {
  const seconds = ns / 1_000_000_000n
  const { year, month, day } = dateOf(Number(seconds / DAY_SECONDS))
  const inDay = Number(seconds % DAY_SECONDS)
  const clock = [Math.floor(inDay / 3600), Math.floor(inDay / 60) % 60, inDay % 60]
  const two = (number: number): string => String(number).padStart(2, '0')
  return `${year}-${two(month)}-${two(day)} ${clock.map(two).join(':')}.${fraction(ns)}`
}

/** Nanoseconds as seconds, `0.000001000 s`. */
export function secondsText(ns: bigint): string {
  return `${ns / 1_000_000_000n}.${fraction(ns)} s`
}

function fraction(ns: bigint): string {
  return String(ns % 1_000_000_000n).padStart(9, '0')
}

/** The date so many days after 1970-01-01. Years are counted from March, so that the odd day comes last. */
function dateOf(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const inEra = shifted - era * 146_097
  const yearInEra = Math.floor(
    (inEra - Math.floor(inEra / 1460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
  )
  const inYear = inEra - (365 * yearInEra + Math.floor(yearInEra / 4) - Math.floor(yearInEra / 100))
  const fromMarch = Math.floor((5 * inYear + 2) / 153)
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
  const day = inYear - Math.floor((153 * fromMarch + 2) / 5) + 1
  return { year: yearInEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** A name or path on one line that cannot be taken for another: what does not show is written as `\n` or `\u202e`. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these do not show
  return text.replace(/[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (char) => {
    if (char === '\n') return '\\n'
    if (char === '\t') return '\\t'
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** `1,234,567`. */
export function grouped(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Permission bits as `0644`. */
export function modeText(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}

/** Whether bytes, one character each, are text that people can read. */
export function isText(bytes: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no text has
  return !/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(bytes) && isUtf8(wholeCharacters(bytes))
}

/** Without the beginning of a character at the end, where a cut may be. */
function wholeCharacters(bytes: string): ByteString {
  return bytes.replace(/[\xc2-\xf4][\x80-\xbf]{0,2}$/, '') as ByteString
}

/** Text in three parts: before the bytes from `from` up to `to`, these, and after; no character is divided. */
export function textParts(bytes: string, from: number, to: number): [string, string, string] {
  const isInside = (at: number): boolean => (bytes.charCodeAt(at) & 0xc0) === 0x80
  let [start, end] = [from, to]
  while (start > 0 && isInside(start)) start--
  while (end < bytes.length && isInside(end)) end++
  const part = (a: number, b: number): string => textOf(bytes.slice(a, b) as ByteString)
  return [part(0, start), part(start, end), part(end, bytes.length)]
}

const IN_LINE = 16

/** Lines such as `00000010  68 65 6c …  hel`, one for 16 bytes. */
export function hexLines(bytes: string): string[] {
  const lines: string[] = []
  const array = encodeLatin1(bytes as ByteString)
  for (let at = 0; at < array.length; at += IN_LINE) {
    const part = [...array.subarray(at, at + IN_LINE)]
    const hex = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(IN_LINE * 3 - 1)}  ${text}`)
  }
  return lines
}

/** The hex dump in three parts: before the lines that have bytes from `from` up to `to`, these, and after. */
export function hexParts(bytes: string, from: number, to: number): [string, string, string] {
  const lines = hexLines(bytes)
  const start = Math.floor(from / IN_LINE)
  const end = to > from ? Math.ceil(to / IN_LINE) : start
  const part = (a: number, b: number): string =>
    lines
      .slice(a, b)
      .map((line) => `${line}\n`)
      .join('')
  return [part(0, start), part(start, end), part(end, lines.length)]
}
