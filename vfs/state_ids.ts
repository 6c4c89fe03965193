/**
 * The identity of a state: all that a tree holds, whatever history led to it. Each inode has a record of everything in
 * it, and the records are the leaves of a hash tree by inode number, of which a change touches one path. These are the
 * objects that a snapshot file stores, so that to name what a file holds is to verify it.
 *
 * A record. Numbers have seven bits a byte, the lowest first, and the high bit where more follow:
 *
 *     ino, kind, mode, nlink, and seconds and nanoseconds of atim, mtim, ctim and btim; then
 *       file       size, how many chunks, and for each: index less that of the one before, blocks, the id of its bytes
 *       directory  parent, how many entries, and for each: length of the name, name, ino
 *       symlink    the text up to the end; device the name; fifo and socket nothing
 *
 * A node of the hash tree: for each child that there is, its place (a byte) and its id.
 */

import { type ByteString, decodeLatin1, encodeLatin1 } from './bytes.ts'
import type { FileData } from './file_data.ts'
import { type Hashes, hashOf } from './hash.ts'
import type { Inode, Kind } from './inode.ts'
import type { InodeTable } from './inode_table.ts'
import { CHUNK_SIZE } from './limits.ts'
import { Edition, PersistentArray } from './persistent_array.ts'

/** A SHA-256, 32 raw bytes. */
export type StateId = ByteString

/** Children of a node of the hash tree. */
export const FAN = 16

/** The kinds, by their numbers in a record. */
export const KINDS: readonly Kind[] = ['file', 'directory', 'symlink', 'fifo', 'device', 'socket']

/** Levels of nodes above the records, so that all inode numbers there can be (2^53) are below one root. */
export const HEIGHT = 14

/** The ids of everything in one state of a tree, brought to another by hashing what has changed. */
export class StateIds {
  /** First the ids of records by inode number, then those of the nodes of each level by their index in it. */
  readonly #levels: readonly PersistentArray<StateId>[] = Array.from(
    { length: HEIGHT + 1 },
    () => new PersistentArray(),
  )
  readonly #edition: Edition = new Edition()
  /** Of the bytes of chunks, which nothing changes any more. */
  readonly #chunks: WeakMap<Uint8Array, StateId> = new WeakMap()
  #at: InodeTable | undefined

  /** From now on these are the ids of `table`, which nothing may change any more. */
  update(table: InodeTable, hashes: Hashes): void {
    let dirty = new Set<number>()
    table.difference(this.#at, (ino, _before, now) => {
      this.#set(0, ino, now === undefined ? undefined : idOf(hashes, encodeLatin1(this.record(now, hashes))))
      dirty.add(ino)
    })
    for (let level = 1; level <= HEIGHT; level++) {
      const above = new Set<number>()
      for (const index of dirty) above.add(Math.floor(index / FAN))
      for (const index of above) {
        const node = this.node(level, index)
        this.#set(level, index, node === '' ? undefined : idOf(hashes, encodeLatin1(node)))
      }
      dirty = above
    }
    this.#at = table
  }

  /** The id of the whole: all other ids follow from it. */
  get root(): StateId {
    return this.#levels[HEIGHT]?.get(0) as StateId
  }

  /** The id of the record of an inode (level 0), or of a node; `undefined` where there is none. */
  of(level: number, index: number): StateId | undefined {
    return this.#levels[level]?.get(index)
  }

  /** The content of a node; empty where there is none. */
  node(level: number, index: number): ByteString {
    const below = this.#levels[level - 1] as PersistentArray<StateId>
    let content = ''
    for (let slot = 0; slot < FAN; slot++) {
      const id = below.get(index * FAN + slot)
      if (id !== undefined) content += String.fromCharCode(slot) + id
    }
    return content as ByteString
  }

  /** The record of an inode, which nothing changes any more. */
  record(inode: Inode, hashes: Hashes): ByteString {
    const { ino, kind, mode, nlink } = inode
    const head = [ino, KINDS.indexOf(kind), mode, nlink, inode.atimSec, inode.atimNsec, inode.mtimSec, inode.mtimNsec]
    const times = [inode.ctimSec, inode.ctimNsec, inode.btimSec, inode.btimNsec]
    const start = [...head, ...times].map(numberOf).join('')
    if (inode.isFile()) return (start + this.#contents(inode.body, hashes)) as ByteString
    if (!inode.isDirectory()) return (start + String(inode.body ?? '')) as ByteString
    const parts = [start, numberOf(inode.body.parent), numberOf(inode.body.size)]
    inode.body.visit('', (name, child) => {
      parts.push(numberOf(name.length), name, numberOf(child))
      return true
    })
    return parts.join('') as ByteString
  }

  /** The id of the bytes of a chunk, as `chunkBytes` gives them. */
  chunk(bytes: Uint8Array, hashes: Hashes): StateId {
    let id = this.#chunks.get(bytes)
    if (id === undefined) {
      id = idOf(hashes, chunkBytes(bytes))
      this.#chunks.set(bytes, id)
    }
    return id
  }

  #contents(data: FileData, hashes: Hashes): string {
    const parts: string[] = []
    let last = 0
    data.forEachChunk((index, blocks, bytes) => {
      parts.push(numberOf(index - last) + numberOf(blocks) + this.chunk(bytes, hashes))
      last = index
    })
    return [numberOf(data.size), numberOf(parts.length), ...parts].join('')
  }

  #set(level: number, index: number, id: StateId | undefined): void {
    const ids = this.#levels[level] as PersistentArray<StateId>
    if (id === undefined) ids.delete(this.#edition, index)
    else ids.set(this.#edition, index, id)
  }
}

/** What there is in a chunk whatever the size of its buffer: up to the last byte that is not zero. */
export function chunkBytes(bytes: Uint8Array): Uint8Array {
  let end = Math.min(bytes.length, CHUNK_SIZE)
  while (end > 0 && bytes[end - 1] === 0) end--
  return bytes.subarray(0, end)
}

/** The id of an object by its bytes. */
export function idOf(hashes: Hashes, bytes: Uint8Array): StateId {
  return decodeLatin1(hashOf(hashes, 'sha256', bytes))
}

/** A whole number from 0 to 2^53 - 1 as in a record. */
export function numberOf(value: number): string {
  let text = ''
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) text += String.fromCharCode((rest % 0x80) | 0x80)
  return text + String.fromCharCode(rest)
}
