/**
 * An order of names that looks like chance and is a function of a seed: what a disk with hashed directories gives. It is
 * for finding out whether a guest depends on the order in which its host happens to list.
 */

import type { ByteString } from '../vfs/bytes.ts'
import type { Directory } from '../vfs/directory.ts'

/** Calls `visit` with each entry that comes after the name `after` (`''` for all) in the order of `seed`, until it returns false. */
export function visitShuffled(
  directory: Directory,
  seed: string,
  after: ByteString | '',
  visit: (name: ByteString, ino: number) => boolean,
): void {
  const from = after === '' ? undefined : { rank: rankOf(seed, after), name: after }
  const entries = directory
    .entries()
    .map(({ name, ino }) => ({ name, ino, rank: rankOf(seed, name) }))
    .filter((entry) => from === undefined || isBefore(from, entry))
    .sort((a, b) => (isBefore(a, b) ? -1 : 1))
  for (const { name, ino } of entries) if (!visit(name, ino)) return
}

interface Ranked {
  readonly rank: number
  readonly name: string
}

function isBefore(a: Ranked, b: Ranked): boolean {
  return a.rank !== b.rank ? a.rank < b.rank : a.name < b.name
}

/** A 32-bit FNV-1a of both, stirred so that names which end alike do not stay neighbours. */
function rankOf(seed: string, name: string): number {
  let hash = 0x811c_9dc5
  for (const text of [seed, '\0', name]) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  return (hash ^ (hash >>> 13)) >>> 0
}
