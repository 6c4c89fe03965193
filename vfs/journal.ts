/**
 * What is left of a tree when the power goes: what was synced, and of the rest what the disk happened to have written.
 *
 * The model is that of a journaling file system without ordering between data and metadata, the weakest that programs
 * still have to live with (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014, find real ones to allow
 * this). What POSIX does not promise does not hold:
 *
 * - Changes of names (create, link, unlink, rename, mkdir, rmdir) reach the disk in the order in which they were made,
 *   each whole or not at all: what is left is a prefix of them. A sync of a directory puts all up to the last that
 *   touched it on the disk. A sync of a file does not: the name of a new file can be lost with its content synced.
 * - Writes to a file, and changes of its size, reach the disk in any order and independently of names: any of them can
 *   be missing, and the last can be torn after any sector. A sync of the file (also of its data only) puts all on the
 *   disk that were made to it. So a file that was renamed into its place can be found there empty. Sectors are written
 *   whole, as they were after the write: one that was changed twice is never found with the second change alone.
 * - What was there at the beginning is on the disk. Times and modes are those from the beginning, or from when the inode
 *   was made: what set them later is not on the disk.
 */

import type { ByteString } from './bytes.ts'
import { Directory } from './directory.ts'
import { FileData } from './file_data.ts'
import type { Filesystem } from './filesystem.ts'
import type { Inode } from './inode.ts'
import { ROOT_INO } from './inode_table.ts'

/** Bytes that a disk writes whole or not at all. */
export const SECTOR_SIZE = 512

/** A change of one file's content. */
export interface DataOperation {
  readonly kind: 'data'
  /** The call that made it, by its number in the run. */
  readonly call: number
  readonly ino: number
  /** The file's size afterwards. */
  readonly size: number
  /** The sectors that are other than they were, from which offset on: whole, with zeros after the end of the file. */
  readonly parts: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
}

/** A change of names, whole or not at all. */
export interface NameOperation {
  readonly kind: 'names'
  readonly call: number
  readonly entries: readonly { readonly dir: number; readonly name: ByteString; readonly ino: number }[]
  /** Inodes that it made. */
  readonly made: readonly Inode[]
}

export type Operation = DataOperation | NameOperation

/** Of each operation that was not synced, in order: whether it is on the disk, or how many of its sectors are. */
export type Fate = (operation: Operation, index: number) => boolean | number

/** Notes what a run changes and what it syncs. */
export class Journal {
  readonly #base: Filesystem
  #last: Filesystem
  /** All changes of names, and those of data that are not on the disk for sure. */
  #operations: Operation[] = []
  /** Changes of names that are on the disk for sure: all before one of them are too. */
  readonly #committed = new Set<Operation>()
  /** Contents that are on the disk for sure, by file. */
  readonly #settled = new Map<number, FileData>()
  /** Files that have changes of data which are not. */
  readonly #unsynced = new Set<number>()
  #count = 0
  #syncs = 0

  /** All that is in `fs` now is on the disk. */
  constructor(fs: Filesystem) {
    this.#base = fs.fork()
    this.#last = this.#base
  }

  /** What a call has changed in `fs` since the one before. */
  note(fs: Filesystem, call: number): void {
    if (fs.table.isSame(this.#last.table)) return
    const entries: NameOperation['entries'][number][] = []
    const made: Inode[] = []
    fs.table.difference(this.#last.table, (ino, before, now) => {
      if (before === undefined && now !== undefined) made.push(now)
      const none = new Directory(0)
      const [was, is] = [before, now].map((inode) => (inode?.isDirectory() === true ? inode.body : none))
      is?.difference(was as Directory, (name, _before, found) => entries.push({ dir: ino, name, ino: found }))
      const [old, data] = [before, now].map((inode) => (inode?.isFile() === true ? inode.body : undefined))
      if (data !== undefined) this.#noteData(call, ino, old ?? new FileData(), data)
    })
    if (entries.length > 0) this.#push({ kind: 'names', call, entries, made })
    this.#last = fs.fork('keep')
  }

  /** `ino` was synced: a file its content, a directory the changes of names up to the last of its own. */
  sync(ino: number): void {
    this.#syncs++
    if (!this.#last.table.has(ino)) return
    const inode = this.#last.get(ino)
    if (inode.isFile() && this.#unsynced.delete(ino)) {
      this.#settled.set(ino, inode.body)
      this.#operations = this.#operations.filter((operation) => operation.kind !== 'data' || operation.ino !== ino)
    } else if (inode.isDirectory()) this.#commit(ino)
  }

  /** All changes of names up to the last of that directory are on the disk. */
  #commit(ino: number): void {
    let isMeant = false
    for (let index = this.#operations.length - 1; index >= 0; index--) {
      const operation = this.#operations[index] as Operation
      if (operation.kind === 'data') continue
      if (this.#committed.has(operation)) return
      isMeant ||= operation.entries.some(({ dir }) => dir === ino)
      if (isMeant) this.#committed.add(operation)
    }
  }

  /** How many operations there were, and how many syncs: where neither changed, what a cut leaves did not. */
  get counts(): { readonly operations: number; readonly syncs: number } {
    return { operations: this.#count, syncs: this.#syncs }
  }

  /** The operations that would be lost if all was that can be, in order. */
  get pending(): readonly Operation[] {
    return this.#operations.filter((operation) => !this.#committed.has(operation))
  }

  /** The tree that is found after the power went, with `fate` saying of each pending operation what became of it. */
  cut(fate: Fate): Filesystem {
    const tree = new Remains(this.#base, this.#settled)
    let pending = 0
    // A change of names that is lost takes all later ones with it.
    let named = true
    for (const operation of this.#operations) {
      const kept = this.#committed.has(operation) ? true : fate(operation, pending++)
      if (operation.kind === 'data') {
        if (kept !== false) tree.write(operation, kept === true ? Number.POSITIVE_INFINITY : kept)
      } else {
        named &&= kept !== false
        if (named) tree.rename(operation)
      }
    }
    return tree.toFilesystem(this.#last)
  }

  #push(operation: Operation): void {
    this.#operations.push(operation)
    this.#count++
  }

  #noteData(call: number, ino: number, before: FileData, now: FileData): void {
    if (now.isSame(before)) return
    const parts = now.changesSince(before).map(({ offset, bytes }) => sectorsOf(now, offset, offset + bytes.length))
    if (parts.length === 0 && now.size === before.size) return
    this.#push({ kind: 'data', call, ino, size: now.size, parts })
    this.#unsynced.add(ino)
  }
}

/** The sectors of a file that have to do with the bytes from `from` to `to`. */
function sectorsOf(data: FileData, from: number, to: number): DataOperation['parts'][number] {
  const offset = from - (from % SECTOR_SIZE)
  const bytes = new Uint8Array(Math.ceil((to - offset) / SECTOR_SIZE) * SECTOR_SIZE)
  data.read(offset, bytes, 0, bytes.length)
  return { offset, bytes }
}

/** The content of a disk while it is put together: names by directory, contents by inode. */
class Remains {
  readonly #base: Filesystem
  readonly #settled: ReadonlyMap<number, FileData>
  readonly #entries = new Map<number, Map<ByteString, number>>()
  readonly #made = new Map<number, Inode>()
  readonly #written = new Map<number, DataOperation[]>()
  readonly #sectors = new Map<DataOperation, number>()

  constructor(base: Filesystem, settled: ReadonlyMap<number, FileData>) {
    this.#base = base
    this.#settled = settled
  }

  rename({ entries, made }: NameOperation): void {
    for (const inode of made) this.#made.set(inode.ino, inode)
    for (const { dir, name, ino } of entries) {
      let names = this.#entries.get(dir)
      if (names === undefined) {
        names = new Map()
        this.#entries.set(dir, names)
      }
      names.set(name, ino)
    }
  }

  /** Of the operation only the first sectors. */
  write(operation: DataOperation, sectors: number): void {
    let operations = this.#written.get(operation.ino)
    if (operations === undefined) {
      operations = []
      this.#written.set(operation.ino, operations)
    }
    operations.push(operation)
    this.#sectors.set(operation, sectors)
  }

  /** A sound tree of it all; `live`, where the run was, has the numbers that go on. */
  toFilesystem(live: Filesystem): Filesystem {
    const fs = this.#base.fork()
    const { table } = fs
    for (const [ino, inode] of this.#made) {
      if (table.has(ino)) continue
      const copy = inode.copy(table.edition)
      const body = copy.isFile() ? new FileData() : copy.isDirectory() ? new Directory(copy.body.parent) : copy.body
      table.restore(Object.assign(copy, { body }))
    }
    for (const [dir, names] of this.#entries) {
      if (!table.has(dir)) continue
      const { body } = table.own(dir)
      if (!(body instanceof Directory)) continue
      for (const [name, ino] of names) {
        if (ino !== 0 && table.has(ino)) body.set(table.edition, name, ino)
        else if (body.get(name) !== 0) body.delete(table.edition, name)
      }
    }
    for (const [ino, data] of this.#settled) {
      if (table.has(ino)) Object.assign(table.own(ino), { body: data.clone() })
    }
    for (const [ino, operations] of this.#written) {
      const inode = table.has(ino) ? table.own(ino) : undefined
      if (inode?.isFile() !== true) continue
      for (const operation of operations) this.#apply(fs, inode.body, operation)
    }
    table.nextIno = Math.max(table.nextIno, live.table.nextIno)
    recount(fs)
    return fs
  }

  #apply(fs: Filesystem, data: FileData, operation: DataOperation): void {
    const { edition } = fs.table
    let left = this.#sectors.get(operation) ?? 0
    if (left === Number.POSITIVE_INFINITY) data.truncate(edition, operation.size)
    // Zeros of the last sector that are after the end do not make the file larger.
    const end = Math.max(data.size, operation.size)
    for (const { offset, bytes } of operation.parts) {
      for (let at = 0; at < bytes.length && left > 0; at += SECTOR_SIZE, left--) {
        data.write(edition, offset + at, bytes, at, Math.min(SECTOR_SIZE, end - offset - at))
      }
    }
  }
}

/** Drops what has no name, and counts again what the tree counts. */
function recount(fs: Filesystem): void {
  const { table } = fs
  const links = new Map<number, number>()
  const parents = new Map<number, number>([[ROOT_INO, ROOT_INO]])
  const queue = [ROOT_INO]
  for (let dir = queue.pop(); dir !== undefined; dir = queue.pop()) {
    const inode = table.get(dir)
    if (!inode.isDirectory()) continue
    const at = dir
    let subdirectories = 0
    inode.body.visit('', (_name, ino) => {
      links.set(ino, (links.get(ino) ?? 0) + 1)
      if (table.get(ino).isDirectory()) {
        subdirectories++
        parents.set(ino, at)
        queue.push(ino)
      }
      return true
    })
    links.set(dir, 2 + subdirectories)
    if (inode.body.subdirectories !== subdirectories) (table.own(dir).body as Directory).subdirectories = subdirectories
  }
  const gone: number[] = []
  let blocks = 0
  table.forEach(({ ino, nlink, body }) => {
    const found = links.get(ino)
    if (found === undefined) gone.push(ino)
    else if (nlink !== found) table.own(ino).nlink = found
    if (found !== undefined && body instanceof FileData) blocks += body.blocks
  })
  for (const ino of gone) table.delete(ino)
  for (const [ino, parent] of parents) {
    const { body } = table.get(ino)
    if (body instanceof Directory && body.parent !== parent) (table.own(ino).body as Directory).parent = parent
  }
  fs.blocks = blocks
}
