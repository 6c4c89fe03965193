/**
 * The identity of contents: the object ids that git gives to the files, links and directories of a tree, so that git
 * itself can check them. Directories that are empty are empty trees; devices, fifos and sockets, which git does not
 * know, are left out; of the permissions only the owner's executable bit counts. Times, owners and inode numbers do not.
 */

import { type ByteString, decodeLatin1, encodeLatin1 } from './bytes.ts'
import type { FileData } from './file_data.ts'
import { type Hashes, type HashName, hashOf } from './hash.ts'
import type { DirectoryInode, Inode } from './inode.ts'
import { type InodeTable, ROOT_INO } from './inode_table.ts'
import type { Names } from './names.ts'
import { Edition, PersistentArray } from './persistent_array.ts'

/** The raw bytes of an object id: 20 for SHA-1, 32 for SHA-256. */
export type GitId = ByteString

/** The kinds of objects. */
export type GitType = 'commit' | 'tree' | 'blob' | 'tag'

/** Bytes of a file that are read at once. */
const PART = 64 * 1024
/** Up to here the bytes of an object are hashed in one piece, which costs less than two. */
const SHORT = 4096

const MODE_DIRECTORY = '40000'
const MODE_FILE = '100644'
const MODE_EXECUTABLE = '100755'
const MODE_SYMLINK = '120000'
const OWNER_EXECUTES = 0o100

/** The ids of everything in one state of a tree, brought to another by hashing what has changed, and what is above it. */
export class GitIds {
  readonly #hash: HashName
  readonly #ids: PersistentArray<GitId> = new PersistentArray()
  readonly #edition: Edition = new Edition()
  /** The state that the ids are of; nothing changes this table any more. */
  #at: InodeTable | undefined

  constructor(hash: HashName) {
    this.#hash = hash
  }

  /** The id of an inode; `undefined` for what git does not know. */
  of(ino: number): GitId | undefined {
    return this.#ids.get(ino)
  }

  /** From now on these are the ids of `table`, which nothing may change any more. `names` are those in it. */
  update(table: InodeTable, names: Names, hashes: Hashes): void {
    const dirty = new DirtyDirectories(table)
    const blobs = new Blobs(this.#hash, hashes)
    table.difference(this.#at, (ino, before, now) => {
      if (now === undefined) this.#ids.delete(this.#edition, ino)
      else if (now.isDirectory()) {
        if (before?.isDirectory() !== true || !before.body.isSame(now.body)) dirty.add(ino)
      } else if (this.#changes(blobs, ino, before, now)) for (const dir of names.parents(ino)) dirty.add(dir)
    })
    for (let ino = dirty.take(); ino !== undefined; ino = dirty.take()) {
      const inode = table.get(ino) as DirectoryInode
      const object = treeObject(inode, (child) => [modeOf(table.get(child)), this.#ids.get(child)])
      const id = idOf(hashes, this.#hash, 'tree', object)
      if (this.#ids.get(ino) === id) continue
      this.#ids.set(this.#edition, ino, id)
      const { parent } = inode.body
      if (ino !== ROOT_INO && parent !== 0) dirty.add(parent)
    }
    this.#at = table
  }

  /** Sets the id of what is no directory; whether its line in a directory is another than before. */
  #changes(blobs: Blobs, ino: number, before: Inode | undefined, now: Inode): boolean {
    if (modeOf(now) === undefined) {
      this.#ids.delete(this.#edition, ino)
      return false
    }
    const wasFile = before?.isFile() === true && now.isFile() && before.body.isSame(now.body)
    const old = this.#ids.get(ino)
    const id = wasFile && old !== undefined ? old : blobs.idOf(now)
    if (id === old) return before === undefined || modeOf(before) !== modeOf(now)
    this.#ids.set(this.#edition, ino, id)
    return true
  }
}

/** Directories that wait to be hashed, the deepest first, since the id of one is part of that of the one above it. */
class DirtyDirectories {
  readonly #table: InodeTable
  readonly #byDepth: number[][] = []
  readonly #waiting = new Set<number>()
  readonly #depths = new Map<number, number>([[ROOT_INO, 0]])

  constructor(table: InodeTable) {
    this.#table = table
  }

  add(dir: number): void {
    if (this.#waiting.has(dir)) return
    this.#waiting.add(dir)
    const depth = this.#depthOf(dir)
    while (this.#byDepth.length <= depth) this.#byDepth.push([])
    this.#byDepth[depth]?.push(dir)
  }

  take(): number | undefined {
    for (let deepest = this.#byDepth.at(-1); deepest !== undefined; deepest = this.#byDepth.at(-1)) {
      const dir = deepest.pop()
      if (dir !== undefined) {
        this.#waiting.delete(dir)
        return dir
      }
      this.#byDepth.pop()
    }
    return undefined
  }

  /** How far below the root; of one that has been removed and is only held open, which is empty, 0. */
  #depthOf(dir: number): number {
    const unknown: number[] = []
    let at = dir
    let depth = this.#depths.get(at)
    while (depth === undefined) {
      unknown.push(at)
      at = (this.#table.get(at) as DirectoryInode).body.parent
      depth = at === 0 ? -1 : this.#depths.get(at)
    }
    for (const below of unknown.reverse()) this.#depths.set(below, ++depth)
    return depth
  }
}

/** Hashes files and links. */
class Blobs {
  readonly #hash: HashName
  readonly #hashes: Hashes
  readonly #part = new Uint8Array(PART)
  /** Most trees have many. */
  readonly #empty: GitId

  constructor(hash: HashName, hashes: Hashes) {
    this.#hash = hash
    this.#hashes = hashes
    this.#empty = idOf(hashes, hash, 'blob', new Uint8Array(0))
  }

  idOf(inode: Inode): GitId {
    if (inode.isSymlink()) return idOf(this.#hashes, this.#hash, 'blob', encodeLatin1(inode.body))
    const data = inode.body as FileData
    if (data.size === 0) return this.#empty
    if (data.size <= SHORT) {
      data.read(0, this.#part, 0, data.size)
      return idOf(this.#hashes, this.#hash, 'blob', this.#part.subarray(0, data.size))
    }
    const hash = this.#hashes(this.#hash)
    hash.update(headerOf('blob', data.size))
    for (const part of partsOf(data, this.#part)) hash.update(part)
    return decodeLatin1(hash.digest())
  }
}

/** The bytes of a file, a piece at a time in `buffer`; holes are zeros. */
export function* partsOf(data: FileData, buffer: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < data.size; ) {
    const count = data.read(at, buffer, 0, buffer.length)
    yield count === buffer.length ? buffer : buffer.subarray(0, count)
    at += count
  }
}

/** The id of an object of that type and content. */
export function idOf(hashes: Hashes, name: HashName, type: GitType, content: Uint8Array): GitId {
  const header = headerOf(type, content.length)
  if (content.length <= SHORT) {
    const whole = new Uint8Array(header.length + content.length)
    whole.set(header)
    whole.set(content, header.length)
    return decodeLatin1(hashOf(hashes, name, whole))
  }
  const hash = hashes(name)
  hash.update(header)
  hash.update(content)
  return decodeLatin1(hash.digest())
}

/** What an object begins with where it is hashed or stored. */
export function headerOf(type: GitType, size: number): Uint8Array {
  return encodeLatin1(`${type} ${size}\0` as ByteString)
}

/** The content of a tree object. `lineOf` says the mode and id of an inode; without one of them it is left out. */
export function treeObject(
  directory: DirectoryInode,
  lineOf: (ino: number) => readonly [mode: string | undefined, id: GitId | undefined],
): Uint8Array {
  const lines: { readonly key: string; readonly line: string }[] = []
  let sorted = true
  directory.body.visit('', (name, ino) => {
    const [mode, id] = lineOf(ino)
    if (mode === undefined || id === undefined) return true
    // git orders a directory as if its name had a slash at its end.
    const key = mode === MODE_DIRECTORY ? `${name}/` : name
    const last = lines.at(-1)
    if (last !== undefined && key < last.key) sorted = false
    lines.push({ key, line: `${mode} ${name}\0${id}` })
    return true
  })
  if (!sorted) lines.sort((a, b) => (a.key < b.key ? -1 : 1))
  return encodeLatin1(lines.map(({ line }) => line).join('') as ByteString)
}

/** The mode of an inode as a tree object says it; `undefined` for what git does not know. */
export function modeOf(inode: Readonly<Inode>): string | undefined {
  switch (inode.kind) {
    case 'directory':
      return MODE_DIRECTORY
    case 'symlink':
      return MODE_SYMLINK
    case 'file':
      return (inode.mode & OWNER_EXECUTES) !== 0 ? MODE_EXECUTABLE : MODE_FILE
    default:
      return undefined
  }
}
