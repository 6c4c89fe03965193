/** What the files that a run had to do with held, from call to call: each time only what is other than it was before. */

import type { FileData } from '../vfs/file_data.ts'
import type { Filesystem } from '../vfs/filesystem.ts'

/** From a call on, `removed` bytes at the offset `at` are `bytes` instead; the first of a file replaces nothing. */
export interface Version {
  readonly ino: number
  readonly call: number
  readonly at: number
  readonly removed: number
  readonly bytes: Uint8Array
}

export class FileVersions {
  readonly #maxFileBytes: number
  #room: number
  /** In the order of the calls. */
  readonly versions: Version[] = []
  /** Of each file that there was no room for: the call from which on its versions are missing. */
  readonly leftOut: Map<number, number> = new Map()
  /** The last version of each file, in full. */
  readonly #last = new Map<number, Uint8Array>()

  /** Keeps of each file its first `maxFileBytes`, and of all versions together at most `maxBytes`. */
  constructor(maxFileBytes: number, maxBytes: number) {
    this.#maxFileBytes = maxFileBytes
    this.#room = maxBytes
  }

  /** A call had to do with an inode, which need not be a file, nor be there on both sides. */
  see(ino: number, call: number, before: Filesystem, after: Filesystem): void {
    if (this.leftOut.has(ino)) return
    const [was, is] = [contentsOf(before, ino), contentsOf(after, ino)]
    if (was !== undefined && !this.#last.has(ino)) this.#add(ino, 0, this.#headOf(was))
    if (is !== undefined && (was === undefined || !is.isSame(was))) this.#add(ino, call, this.#headOf(is))
  }

  #headOf(data: FileData): Uint8Array {
    const bytes = new Uint8Array(Math.min(data.size, this.#maxFileBytes))
    data.read(0, bytes, 0, bytes.length)
    return bytes
  }

  #add(ino: number, call: number, now: Uint8Array): void {
    if (this.leftOut.has(ino)) return
    const before = this.#last.get(ino)
    const start = sharedStart(before, now)
    const end = sharedEnd(before, now, start)
    const bytes = now.subarray(start, now.length - end)
    const removed = before === undefined ? 0 : before.length - start - end
    if (before !== undefined && removed === 0 && bytes.length === 0) return
    this.#room -= bytes.length
    if (this.#room < 0) {
      this.#room += bytes.length
      this.leftOut.set(ino, call)
      this.#last.delete(ino)
      return
    }
    this.versions.push({ ino, call, at: start, removed, bytes })
    this.#last.set(ino, now)
  }
}

function contentsOf(tree: Filesystem, ino: number): FileData | undefined {
  if (!tree.table.has(ino)) return undefined
  const inode = tree.get(ino)
  return inode.isFile() ? inode.body : undefined
}

function sharedStart(before: Uint8Array | undefined, now: Uint8Array): number {
  const most = Math.min(before?.length ?? 0, now.length)
  let count = 0
  while (count < most && before?.[count] === now[count]) count++
  return count
}

/** How many bytes at the end are the same, of those that are not at the shared start. */
function sharedEnd(before: Uint8Array | undefined, now: Uint8Array, start: number): number {
  if (before === undefined) return 0
  const most = Math.min(before.length, now.length) - start
  let count = 0
  while (count < most && before[before.length - 1 - count] === now[now.length - 1 - count]) count++
  return count
}
