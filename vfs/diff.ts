/**
 * What is different between two trees. Between two states of one tree it looks only at what they do not share, and knows
 * an inode by its number, so that a file that was moved is one that was renamed. Trees that have nothing to do with each
 * other are compared path by path.
 */

import { type ByteString, textOf } from './bytes.ts'
import { Directory } from './directory.ts'
import { FileData } from './file_data.ts'
import type { Filesystem } from './filesystem.ts'
import type { DirectoryInode, Inode, Kind } from './inode.ts'
import { ROOT_INO } from './inode_table.ts'
import { nanoseconds } from './instant.ts'
import type { Names } from './names.ts'

/** What is at a path on one side. */
export interface Side {
  readonly ino: number
  readonly kind: Kind
  /** Permission bits. */
  readonly mode: number
  /** Bytes. */
  readonly size: number
  readonly nlink: number
  /** Nanoseconds since 1970. */
  readonly mtime: bigint
  /** The text of a symbolic link. */
  readonly target?: string
}

/** What of an inode can be other than it was without its content. */
export type Field = 'mode' | 'nlink' | 'atime' | 'mtime' | 'ctime' | 'btime'

/**
 * One difference, of one path. `added`, `removed`: on one side only. `renamed`: the same inode was at `from`, which is
 * gone; what it held may have changed too. `changed`: other contents, or another kind. `metadata`: only `fields`.
 */
export interface Change {
  readonly type: 'added' | 'removed' | 'renamed' | 'changed' | 'metadata'
  /** On the second side; of what was removed, on the first. */
  readonly path: string
  readonly from?: string
  readonly before?: Side
  readonly after?: Side
  /** Whether the content is other than it was; of what was added or removed true. */
  readonly content: boolean
  /** What else of it changed, where it is on both sides. */
  readonly fields: readonly Field[]
  /** What a rename put an end to at `path`. */
  readonly replaced?: Side
}

/**
 * The differences from `a` to `b`, in byte order of their paths. A directory is in it for itself, not for what is in it:
 * one that was renamed is one change. `fields` are those that count; default all for states of one tree, and only
 * `mode` for others, whose times say when each was made.
 */
export function diffTrees(a: Filesystem, b: Filesystem, fields?: readonly Field[]): Change[] {
  const isRelated = a.lineage === b.lineage
  const counted = fields ?? (isRelated ? ['mode', 'nlink', 'atime', 'mtime', 'ctime', 'btime'] : ['mode'])
  const found = isRelated ? new StateDiff(a, b, counted).changes() : pathDiff(a, b, counted)
  return found.sort(inOrder).map(({ change }) => change)
}

/** By path; where one was taken away at a path that another has now, that comes first. */
function inOrder(x: Found, y: Found): number {
  if (x.key !== y.key) return x.key < y.key ? -1 : 1
  return Number(y.change.type === 'removed') - Number(x.change.type === 'removed')
}

/** A change with its path as bytes, to sort by. */
interface Found {
  readonly key: ByteString
  readonly change: Change
}

/** A name that the first side has and the second has not. */
interface Lost {
  readonly dir: number
  readonly name: ByteString
  /** Whether another inode has come into its place. */
  isTaken: boolean
  /** Whether it is part of another change: a rename from it, or what came into its place. */
  isTold: boolean
}

/** A name that the second side has and the first has not. */
interface Gained {
  readonly dir: number
  readonly name: ByteString
  /** What was in its place. */
  readonly over: { readonly ino: number; readonly entry: Lost } | undefined
}

/**
 * The differences of two states of one tree. An inode is the same on both sides where it has its number, and it is where
 * it was where its name in its directory is the same. What another inode took the place of is compared with that.
 */
class StateDiff {
  readonly #a: Filesystem
  readonly #b: Filesystem
  readonly #fields: readonly Field[]
  readonly #namesA: Names
  readonly #namesB: Names
  /** By inode: the names that it has lost, and those that it got. */
  readonly #lost = new Map<number, Lost[]>()
  readonly #gained = new Map<number, Gained[]>()
  /** By directory of the second side, the one of the first whose entries its own are compared with. */
  readonly #counterparts = new Map<number, number | undefined>()
  readonly #found: Found[] = []

  constructor(a: Filesystem, b: Filesystem, fields: readonly Field[]) {
    this.#a = a
    this.#b = b
    this.#fields = fields
    this.#namesA = a.lineage.names(a.table)
    this.#namesB = b.lineage.names(b.table)
  }

  changes(): Found[] {
    const onBoth: number[] = []
    const gone = new Set<number>()
    const directories: number[] = []
    this.#b.table.difference(this.#a.table, (ino, before, now) => {
      if (before !== undefined && now !== undefined) onBoth.push(ino)
      if (before?.isDirectory() === true) gone.add(ino)
      if (now?.isDirectory() === true) directories.push(ino)
    })
    for (const dir of directories) {
      const before = this.#counterpart(dir)
      this.#entries(before, dir)
      if (before !== undefined) gone.delete(before)
    }
    for (const dir of gone) this.#entries(dir, undefined)
    const renames = this.#renames()
    for (const [ino, entries] of this.#gained)
      for (const entry of entries) this.#arrival(ino, entry, renames.get(entry))
    for (const [ino, entries] of this.#lost) for (const entry of entries) this.#removed(ino, entry)
    for (const ino of onBoth) this.#inPlace(ino)
    return this.#found
  }

  /** The directory of the first side that one of the second is, or that it took the place of. */
  #counterpart(dir: number): number | undefined {
    const unknown: number[] = []
    for (let at = dir; at !== 0 && !this.#counterparts.has(at); at = directoryIn(this.#b, at).parent) {
      if (this.#isStill(at)) this.#counterparts.set(at, at)
      else unknown.push(at)
    }
    for (const below of unknown.reverse()) this.#counterparts.set(below, this.#replacedBy(below))
    return this.#counterparts.get(dir)
  }

  /** The directory that was at the name of a new one and is no more. */
  #replacedBy(dir: number): number | undefined {
    const name = this.#namesB.of(dir)
    const parent = name === undefined ? undefined : this.#counterparts.get(name.dir)
    if (name === undefined || parent === undefined) return undefined
    const there = directoryIn(this.#a, parent).get(name.name)
    return there !== 0 && this.#a.get(there).isDirectory() && !this.#isStill(there) ? there : undefined
  }

  /** Whether an inode has a name on both sides: forks that went on apart give one number to two inodes. */
  #isStill(ino: number): boolean {
    if (!this.#a.table.has(ino) || !this.#b.table.has(ino)) return false
    const [before, now] = [this.#a.get(ino), this.#b.get(ino)]
    return before.nlink > 0 && now.nlink > 0 && (ino === ROOT_INO || isSameInode(before, now))
  }

  #entries(before: number | undefined, now: number | undefined): void {
    const was = before === undefined ? NONE : directoryIn(this.#a, before)
    const is = now === undefined ? NONE : directoryIn(this.#b, now)
    is.difference(was, (name, old, found) => {
      const entry: Lost = { dir: before as number, name, isTaken: found !== 0, isTold: false }
      if (old !== 0) listIn(this.#lost, old).push(entry)
      const over = old === 0 ? undefined : { ino: old, entry }
      if (found !== 0) listIn(this.#gained, found).push({ dir: now as number, name, over })
    })
  }

  /** For each name that an inode got, the one that it lost for it. */
  #renames(): Map<Gained, Lost> {
    const renames = new Map<Gained, Lost>()
    for (const [ino, entries] of this.#gained) {
      const lost = this.#isStill(ino) ? this.#lost.get(ino) : undefined
      if (lost === undefined) continue
      // Where another came it is told anyway, as that the content there is another one.
      const free = [...lost.filter(({ isTaken }) => !isTaken), ...lost.filter(({ isTaken }) => isTaken)]
      for (const [i, entry] of entries.entries()) {
        const from = free[i]
        if (from === undefined) break
        from.isTold = true
        renames.set(entry, from)
      }
    }
    return renames
  }

  #arrival(ino: number, { dir, name, over }: Gained, from: Lost | undefined): void {
    const now = this.#b.get(ino)
    const replaced = over === undefined || over.entry.isTold ? undefined : this.#a.get(over.ino)
    if (replaced !== undefined && over !== undefined) over.entry.isTold = true
    const key = this.#namesB.pathIn(dir, name) as ByteString
    const path = textOf(key)
    if (from !== undefined) {
      this.#add(key, {
        type: 'renamed',
        path,
        from: textOf(this.#namesA.pathIn(from.dir, from.name) as ByteString),
        ...compare(this.#a.get(ino), now, this.#fields),
        ...(replaced === undefined ? {} : { replaced: sideOf(replaced) }),
      })
    } else if (replaced !== undefined) this.#compared(key, compare(replaced, now, this.#fields))
    else this.#add(key, { type: 'added', path, after: sideOf(now), content: true, fields: [] })
  }

  #removed(ino: number, { dir, name, isTold }: Lost): void {
    if (isTold) return
    const key = this.#namesA.pathIn(dir, name) as ByteString
    const before = sideOf(this.#a.get(ino))
    this.#add(key, { type: 'removed', path: textOf(key), before, content: true, fields: [] })
  }

  /** What an inode that is where it was has become, under each name that it had and has. */
  #inPlace(ino: number): void {
    const before = this.#a.get(ino)
    const now = this.#b.get(ino)
    const compared = compare(before, now, this.#fields)
    // A change of its entries, which is told, changes a directory's times and links.
    const isOther = now.isDirectory() && before.isDirectory() && !now.body.isSame(before.body)
    if (isOther && !compared.fields.includes('mode')) return
    const isNew = new Set((this.#gained.get(ino) ?? []).map(({ dir, name }) => `${dir}/${name}`))
    if (ino === ROOT_INO) this.#compared('/' as ByteString, compared)
    for (let at = this.#namesB.of(ino); at !== undefined; at = at.next) {
      if (!isNew.has(`${at.dir}/${at.name}`))
        this.#compared(this.#namesB.pathIn(at.dir, at.name) as ByteString, compared)
    }
  }

  #compared(key: ByteString, compared: Compared): void {
    const { content, fields } = compared
    if (content || fields.length > 0) {
      this.#add(key, { type: content ? 'changed' : 'metadata', path: textOf(key), ...compared })
    }
  }

  #add(key: ByteString, change: Change): void {
    this.#found.push({ key, change })
  }
}

const NONE = new Directory(0)

function directoryIn(fs: Filesystem, ino: number): Directory {
  return (fs.get(ino) as DirectoryInode).body
}

/** Also true of two inodes that two forks made at the same number in the same moment. */
function isSameInode(a: Readonly<Inode>, b: Readonly<Inode>): boolean {
  return a.kind === b.kind && a.btimSec === b.btimSec && a.btimNsec === b.btimNsec
}

/** Path by path, both sides in byte order, never recursive. */
function pathDiff(a: Filesystem, b: Filesystem, fields: readonly Field[]): Found[] {
  const found: Found[] = []
  const stack: { readonly path: string; readonly was: number; readonly is: number }[] = [
    { path: '', was: ROOT_INO, is: ROOT_INO },
  ]
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { path, was, is } = top
    const before = was === 0 ? undefined : a.get(was)
    const after = is === 0 ? undefined : b.get(is)
    const key = (path === '' ? '/' : path) as ByteString
    const change = changeOf(before, after, fields)
    if (change !== undefined) found.push({ key, change: { ...change, path: textOf(key) } })
    const [x, y] = [entriesOf(before), entriesOf(after)]
    for (let i = 0, k = 0; i < x.length || k < y.length; ) {
      const [left, right] = [x[i], y[k]]
      const takesLeft = left !== undefined && (right === undefined || left.name <= right.name)
      const takesRight = right !== undefined && (left === undefined || right.name <= left.name)
      const name = (takesLeft ? left : right)?.name
      stack.push({ path: `${path}/${name}`, was: takesLeft ? left.ino : 0, is: takesRight ? right.ino : 0 })
      if (takesLeft) i++
      if (takesRight) k++
    }
  }
  return found
}

function entriesOf(inode: Readonly<Inode> | undefined): ReturnType<Directory['entries']> {
  return inode?.isDirectory() === true ? inode.body.entries() : []
}

function changeOf(
  before: Readonly<Inode> | undefined,
  after: Readonly<Inode> | undefined,
  fields: readonly Field[],
): Omit<Change, 'path'> | undefined {
  if (before !== undefined && after !== undefined) {
    const compared = compare(before, after, fields)
    if (compared.content) return { type: 'changed', ...compared }
    return compared.fields.length > 0 ? { type: 'metadata', ...compared } : undefined
  }
  if (after !== undefined) return { type: 'added', after: sideOf(after), content: true, fields: [] }
  if (before !== undefined) return { type: 'removed', before: sideOf(before), content: true, fields: [] }
  return undefined
}

type Compared = Required<Pick<Change, 'before' | 'after' | 'content' | 'fields'>>

function compare(before: Readonly<Inode>, after: Readonly<Inode>, fields: readonly Field[]): Compared {
  const [was, is] = [sideOf(before), sideOf(after)]
  return {
    before: was,
    after: is,
    content: !hasSameContent(before, after),
    fields: fields.filter((field) => valueIn(before, field) !== valueIn(after, field)),
  }
}

/** The same kind, with the same bytes; of directories nothing is compared. */
function hasSameContent(a: Readonly<Inode>, b: Readonly<Inode>): boolean {
  if (a.kind !== b.kind) return false
  if (a.body instanceof FileData && b.body instanceof FileData) return hasSameBytes(a.body, b.body)
  return a.kind === 'directory' || a.body === b.body
}

const PART = 64 * 1024

function hasSameBytes(a: FileData, b: FileData): boolean {
  if (a.isSame(b)) return true
  if (a.size !== b.size) return false
  const [x, y] = [new Uint8Array(PART), new Uint8Array(PART)]
  // Where both have a hole there is nothing to read.
  for (let at = Math.min(a.nextData(0), b.nextData(0)); at < a.size; at = Math.min(a.nextData(at), b.nextData(at))) {
    const count = a.read(at, x, 0, PART)
    b.read(at, y, 0, PART)
    for (let i = 0; i < count; i++) if (x[i] !== y[i]) return false
    at += count
  }
  return true
}

function valueIn(inode: Readonly<Inode>, field: Field): number | bigint {
  switch (field) {
    case 'mode':
      return inode.mode
    case 'nlink':
      return inode.nlink
    case 'atime':
      return nanoseconds({ sec: inode.atimSec, nsec: inode.atimNsec })
    case 'mtime':
      return nanoseconds({ sec: inode.mtimSec, nsec: inode.mtimNsec })
    case 'ctime':
      return nanoseconds({ sec: inode.ctimSec, nsec: inode.ctimNsec })
    case 'btime':
      return nanoseconds({ sec: inode.btimSec, nsec: inode.btimNsec })
  }
}

/** What is told of an inode. */
export function sideOf(inode: Readonly<Inode>): Side {
  const { ino, kind, mode, size, nlink } = inode
  const mtime = nanoseconds({ sec: inode.mtimSec, nsec: inode.mtimNsec })
  return { ino, kind, mode, size, nlink, mtime, ...(inode.isSymlink() ? { target: textOf(inode.body) } : {}) }
}

function listIn<T>(lists: Map<number, T[]>, key: number): T[] {
  let list = lists.get(key)
  if (list === undefined) {
    list = []
    lists.set(key, list)
  }
  return list
}
