/** How the commands show what a guest may have named or written, and moments. */

import type { Inode } from '../../vfs/inode.ts'
import { nanoseconds } from '../../vfs/instant.ts'

/** Text on one line that does nothing to a terminal: control characters as `\x1b`. */
export function visible(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal acts on
  return text.replace(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, (char) => {
    const code = char.charCodeAt(0)
    return code > 0xff ? `\\u${code.toString(16)}` : `\\x${code.toString(16).padStart(2, '0')}`
  })
}

/** Nanoseconds since 1970 as `2026-01-01T00:00:00.000000000Z`; beyond the years that have four digits as they are. */
export function isoOf(ns: bigint): string {
  const date = new Date(Number(ns / 1_000_000n))
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return `${ns} ns`
  return `${date.toISOString().slice(0, 19)}.${String(ns % 1_000_000_000n).padStart(9, '0')}Z`
}

export type TimeName = 'atim' | 'mtim' | 'ctim' | 'btim'

export function timeOf(inode: Readonly<Inode>, name: TimeName): bigint {
  return nanoseconds({ sec: inode[`${name}Sec`], nsec: inode[`${name}Nsec`] })
}

const KIND_LETTERS = { file: '-', directory: 'd', symlink: 'l', fifo: 'p', device: 'c', socket: 's' } as const
const BITS = 'rwxrwxrwx'

/** `drwxr-xr-x`, as ls shows it. */
export function modeText({ kind, mode }: Readonly<Inode>): string {
  const letters = [...BITS].map((letter, at) => ((mode & (0o400 >> at)) !== 0 ? letter : '-'))
  if ((mode & 0o1000) !== 0) letters[8] = letters[8] === 'x' ? 't' : 'T'
  if ((mode & 0o2000) !== 0) letters[5] = letters[5] === 'x' ? 's' : 'S'
  if ((mode & 0o4000) !== 0) letters[2] = letters[2] === 'x' ? 's' : 'S'
  return KIND_LETTERS[kind] + letters.join('')
}
