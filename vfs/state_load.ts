/**
 * A tree from the objects that `state_ids.ts` makes of it. Nothing in them is trusted: whatever they hold, what comes
 * out is a sound tree or a `StateError`.
 */

import { type ByteString, decodeLatin1 } from './bytes.ts'
import { check } from './check.ts'
import { Directory } from './directory.ts'
import { FileData } from './file_data.ts'
import { Filesystem } from './filesystem.ts'
import { hexOfId } from './hash.ts'
import { type DeviceName, Inode, type Instant, type Kind } from './inode.ts'
import { InodeTable } from './inode_table.ts'
import { CHUNK_SIZE, FILE_SIZE_MAX, type Quota } from './limits.ts'
import { checkPath } from './path.ts'
import type { Edition } from './persistent_array.ts'
import { FAN, HEIGHT, KINDS, type StateId } from './state_ids.ts'

/** What is wrong with the objects of a state. */
export class StateError extends Error {
  override readonly name = 'StateError'
}

/** Gives the bytes of an object, which nobody changes afterwards; `undefined` where it is not there. */
export type Objects = (id: StateId) => Uint8Array | undefined

/** A tree that was loaded, with what it was loaded from, so that one that is much the same need not be loaded whole. */
export interface Loaded {
  readonly fs: Filesystem
  readonly root: StateId
}

const ID_SIZE = 32
const DEVICES: readonly DeviceName[] = ['null', 'zero', 'full', 'random', 'urandom', 'stdin', 'stdout', 'stderr', 'tty']

/**
 * The tree whose hash tree has that root, and whose next inode gets the number `nextIno`. `near` is one that was loaded
 * before: what the two have in common they share, as forks do.
 * @throws StateError naming what is missing or wrong.
 */
export function loadState(
  objects: Objects,
  root: StateId,
  nextIno: number,
  quota: Partial<Quota>,
  near?: Loaded,
): Filesystem {
  const before = near?.fs.fork()
  const table = before?.table ?? new InodeTable()
  const changed = changedRecords(objects, near?.root, root)
  let blocks = before?.blocks ?? 0
  for (const [ino, id] of changed) {
    if (table.has(ino)) {
      blocks -= blocksIn(table.get(ino))
      table.delete(ino)
    }
    if (id === undefined) continue
    const inode = new RecordReader(table.edition, bytesOf(objects, id), objects).inode()
    if (inode.ino !== ino) throw new StateError(`the record of inode ${ino} is that of inode ${inode.ino}`)
    table.restore(inode)
    blocks += blocksIn(inode)
  }
  table.nextIno = nextIno
  for (const [ino, id] of changed) if (id !== undefined) countSubdirectories(table, ino)
  const fs = new Filesystem(quota, undefined, table, before?.lineage)
  fs.blocks = blocks
  const [fault] = check(fs)
  if (fault !== undefined) throw new StateError(`it is no sound tree: ${fault}`)
  return fs
}

function blocksIn(inode: Inode): number {
  return inode.isFile() ? inode.body.blocks : 0
}

/** The inodes whose records are not the same under both roots, with the ids of those under the second. */
function changedRecords(
  objects: Objects,
  before: StateId | undefined,
  root: StateId,
): Map<number, StateId | undefined> {
  const changed = new Map<number, StateId | undefined>()
  const stack: { level: number; index: number; was: StateId | undefined; is: StateId | undefined }[] = []
  stack.push({ level: HEIGHT, index: 0, was: before, is: root })
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { level, index, was, is } = top
    if (was === is) continue
    if (level === 0) {
      if (!Number.isSafeInteger(index)) throw new StateError(`${index} is no inode number`)
      changed.set(index, is)
      continue
    }
    const [old, now] = [nodeOf(objects, was), nodeOf(objects, is)]
    for (const slot of new Set([...old.keys(), ...now.keys()])) {
      stack.push({ level: level - 1, index: index * FAN + slot, was: old.get(slot), is: now.get(slot) })
    }
  }
  return changed
}

function nodeOf(objects: Objects, id: StateId | undefined): Map<number, StateId> {
  const children = new Map<number, StateId>()
  if (id === undefined) return children
  const bytes = bytesOf(objects, id)
  const size = ID_SIZE + 1
  if (bytes.length % size !== 0) throw new StateError(`a node has ${bytes.length} bytes`)
  for (let at = 0; at < bytes.length; at += size) {
    const slot = bytes[at] as number
    if (slot >= FAN || children.has(slot)) throw new StateError(`a node has no place ${slot}, or has it twice`)
    children.set(slot, decodeLatin1(bytes.subarray(at + 1, at + size)))
  }
  return children
}

function bytesOf(objects: Objects, id: StateId): Uint8Array {
  const bytes = objects(id)
  if (bytes === undefined) throw new StateError(`the object ${hexOfId(id)} is missing`)
  return bytes
}

/** Of a directory; all inodes have to be there. */
function countSubdirectories(table: InodeTable, ino: number): void {
  const inode = table.get(ino)
  if (!inode.isDirectory()) return
  let count = 0
  inode.body.visit('', (_name, child) => {
    if (table.has(child) && table.get(child).isDirectory()) count++
    return true
  })
  inode.body.subdirectories = count
}

/** Reads the record of one inode. */
class RecordReader {
  readonly #edition: Edition
  readonly #bytes: Uint8Array
  readonly #objects: Objects
  #at = 0

  constructor(edition: Edition, bytes: Uint8Array, objects: Objects) {
    this.#edition = edition
    this.#bytes = bytes
    this.#objects = objects
  }

  inode(): Inode {
    const ino = this.#number()
    const kind = KINDS[this.#number()]
    if (kind === undefined || ino === 0) throw new StateError(`inode ${ino} is of no kind that there is`)
    const mode = this.#number(0o7777)
    const nlink = this.#number()
    const [atim, mtim, ctim, btim] = [this.#time(), this.#time(), this.#time(), this.#time()]
    const inode = new Inode(this.#edition, ino, kind, this.#body(kind), mode, btim)
    if (this.#at !== this.#bytes.length) throw new StateError(`the record of inode ${ino} is longer than what is in it`)
    inode.nlink = nlink
    inode.atimSec = atim.sec
    inode.atimNsec = atim.nsec
    inode.mtimSec = mtim.sec
    inode.mtimNsec = mtim.nsec
    inode.ctimSec = ctim.sec
    inode.ctimNsec = ctim.nsec
    return inode
  }

  #body(kind: Kind): Inode['body'] {
    switch (kind) {
      case 'file':
        return this.#contents()
      case 'directory':
        return this.#entries()
      case 'symlink': {
        const target = this.#text(this.#bytes.length - this.#at)
        if (checkPath(target) !== undefined) throw new StateError('the text of a symbolic link is no path')
        return target
      }
      case 'device': {
        const name = this.#text(this.#bytes.length - this.#at)
        const device = DEVICES.find((known) => known === name)
        if (device === undefined) throw new StateError(`there is no device ${JSON.stringify(name)}`)
        return device
      }
      default:
        return undefined
    }
  }

  #contents(): FileData {
    const size = this.#number(FILE_SIZE_MAX)
    const chunks: { index: number; blocks: number; bytes: Uint8Array }[] = []
    let index = 0
    for (let left = this.#number(); left > 0; left--) {
      index += this.#number()
      const blocks = this.#number()
      const bytes = bytesOf(this.#objects, this.#text(ID_SIZE) as StateId)
      if (index > FILE_SIZE_MAX / CHUNK_SIZE) throw new StateError(`a file has a chunk ${index}`)
      chunks.push({ index, blocks, bytes })
    }
    return FileData.of(this.#edition, size, chunks)
  }

  #entries(): Directory {
    const directory = new Directory(this.#number())
    for (let left = this.#number(); left > 0; left--) {
      const name = this.#text(this.#number())
      const ino = this.#number()
      if (ino === 0 || directory.get(name) !== 0)
        throw new StateError(`the name ${JSON.stringify(name)} is there twice`)
      directory.set(this.#edition, name, ino)
    }
    return directory
  }

  #time(): Instant {
    return { sec: this.#number(), nsec: this.#number(999_999_999) }
  }

  #number(max: number = Number.MAX_SAFE_INTEGER): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new StateError('a record ends too early')
      value += (byte & 0x7f) * scale
      if (value > max) throw new StateError(`a record has a number over ${max}`)
      if (byte < 0x80) return value
      if (scale > Number.MAX_SAFE_INTEGER) throw new StateError('a record has a number without an end')
    }
  }

  #text(length: number): ByteString {
    if (length > this.#bytes.length - this.#at) throw new StateError('a record ends too early')
    const from = this.#at
    this.#at += length
    return decodeLatin1(this.#bytes.subarray(from, this.#at))
  }
}
