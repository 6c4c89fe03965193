/** What a repository consists of, for who writes one and who reads one: kinds of objects, names, numbers. */

import { type ByteString, textOf } from '../bytes.ts'
import type { GitType } from '../git_ids.ts'

/** The kinds of objects by their numbers in a pack. */
export const TYPES: readonly (GitType | undefined)[] = [undefined, 'commit', 'tree', 'blob', 'tag']
/** Objects in a pack that are told as a difference: to one so many bytes before it, or to one of that id. */
export const OFFSET_DELTA = 6
export const ID_DELTA = 7

/** "PACK", and what comes after it. */
export const PACK_MAGIC = 0x5041434b
export const PACK_VERSION = 2
export const PACK_HEADER = 12
/** An index of this or a later version begins with it. */
export const INDEX_MAGIC = 0xff744f63
export const INDEX_VERSION = 2
export const INDEX_HEADER = 8
/** For each first byte of an id how many ids have it or a smaller one. */
export const FANOUT = 256
/** An offset with this bit set is the place of a longer one. */
export const LONG_OFFSET = 0x80000000

/** Four bytes, the greatest first. */
export function bigEndian(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0]
  return a * 0x1000000 + ((b << 16) | (c << 8) | d)
}

export function putBigEndian(bytes: Uint8Array, at: number, value: number): void {
  for (let i = 3, left = value; i >= 0; i--) {
    bytes[at + i] = left % 256
    left = Math.floor(left / 256)
  }
}

// What a Mac leaves out of a name, and so what looks to it like another name.
const IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g
/** What Windows takes for `.git`: with blanks and dots after it, its short name, and a stream of it. */
const DOT_GIT = /^(?:\.git|git~1)[ .]*(?:$|:)/i

/**
 * Whether some host would take a name for `.git`, in which git keeps what it runs and obeys: `git fsck` complains of a
 * tree that has it, and no git checks it out.
 */
export function isGitName(name: ByteString): boolean {
  const text = textOf(name)
  return text.replace(IGNORED, '').toLowerCase() === '.git' || text.split('\\').some((part) => DOT_GIT.test(part))
}
