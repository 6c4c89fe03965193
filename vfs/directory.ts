/**
 * Names of one directory, listed by bytes. `.` and `..` are not among them: the directory knows its parent, and whoever
 * lists adds the two. All names are in a tree, but for those that wait: in a large directory, where a search for the
 * place of a name is long, a name that is there only for a moment is never put in it.
 */

import type { ByteString } from './bytes.ts'
import { NameFilter } from './name_filter.ts'
import { FULL, NameTree } from './name_tree.ts'
import type { Edition } from './persistent_array.ts'

/** Names from which on a directory is large. */
const LARGE = 4096
/** A filter is made with room for so many times the names that there are. */
const ROOM = 4

/** What a large directory has beside its tree. */
class Large {
  /** Says which names are not in the tree. Copies of the directory share it. */
  readonly filter: NameFilter
  /** Names that were put in the filter, by this directory and those that it is a copy of. */
  filtered = 0
  /** Names that are not in the tree, fewer than a leaf holds. */
  waiting: NameTree = new NameTree()
  /** Whether new names are to wait: the last that was put in the tree was removed before another one. If not, none does. */
  waits = false
  /** The name that was put in the tree last. */
  newest: ByteString | '' = ''

  constructor(filter: NameFilter) {
    this.filter = filter
  }

  clone(): Large {
    const copy = new Large(this.filter)
    copy.filtered = this.filtered
    copy.waiting = this.waiting.clone()
    copy.waits = this.waits
    return copy
  }
}

export class Directory {
  /** Inode number of the directory that holds this one; its own for the root; 0 once removed. */
  parent: number
  /** Entries that are directories: each holds a link on this one by its `..`. */
  subdirectories = 0
  readonly #tree: NameTree
  #large: Large | undefined

  constructor(parent: number, tree: NameTree = new NameTree()) {
    this.parent = parent
    this.#tree = tree
  }

  /** Entries, without `.` and `..`. */
  get size(): number {
    return this.#tree.size + (this.#large === undefined ? 0 : this.#large.waiting.size)
  }

  /** A copy that shares all nodes. Preconditions: both sides change only under editions made after it. */
  clone(): Directory {
    const copy = new Directory(this.parent, this.#tree.clone())
    copy.subdirectories = this.subdirectories
    copy.#large = this.#large?.clone()
    return copy
  }

  /** The inode number under `name`, or 0. */
  get(name: ByteString): number {
    const large = this.#large
    if (large === undefined) return this.#tree.get(name)
    return (large.filter.mayHave(name) && this.#tree.get(name)) || large.waiting.get(name)
  }

  /** Puts `ino` under `name`, over what was there. */
  set(edition: Edition, name: ByteString, ino: number): void {
    const large = this.#large
    if (large === undefined) {
      this.#tree.set(edition, name, ino)
      if (this.#tree.size > LARGE) this.#look()
    } else if (large.waits && !(large.filter.mayHave(name) && this.#tree.get(name) !== 0)) {
      large.waiting.set(edition, name, ino)
      if (large.waiting.size === FULL) this.#settle(edition, large)
    } else {
      this.#put(edition, large, name, ino)
      if (large.filtered > large.filter.capacity) this.#look()
    }
  }

  /** Preconditions: `name` is there. */
  delete(edition: Edition, name: ByteString): void {
    const large = this.#large
    if (large === undefined) this.#tree.delete(edition, name)
    else if (large.waiting.get(name) !== 0) large.waiting.delete(edition, name)
    else {
      if (name === large.newest) large.waits = true
      this.#tree.delete(edition, name)
      if (this.#tree.size * ROOM * ROOM < large.filter.capacity) {
        this.#settle(edition, large)
        this.#look()
      }
    }
  }

  /** Calls `visit` with each entry after the name `after` (`''` for all), in byte order, until it returns false. */
  visit(after: ByteString | '', visit: (name: ByteString, ino: number) => boolean): void {
    if (this.#large === undefined || this.#large.waiting.size === 0) {
      this.#tree.visit(after, visit)
      return
    }
    const waiting = entriesOf(this.#large.waiting, after)
    let at = 0
    const visitWaiting = (before?: ByteString): boolean => {
      for (let next = waiting[at]; next !== undefined; next = waiting[++at]) {
        if (before !== undefined && next.name > before) return true
        if (!visit(next.name, next.ino)) return false
      }
      return true
    }
    let goes = true
    this.#tree.visit(after, (name, ino) => {
      goes = visitWaiting(name) && visit(name, ino)
      return goes
    })
    if (goes) visitWaiting()
  }

  /** The first name after `after`, or `undefined`. */
  next(after: ByteString | ''): ByteString | undefined {
    let found: ByteString | undefined
    this.visit(after, (name) => {
      found = name
      return false
    })
    return found
  }

  /** All entries, in byte order, as they are now. */
  entries(): { readonly name: ByteString; readonly ino: number }[] {
    return entriesOf(this, '')
  }

  /** Whether this and `other` share all entries, as copies of which neither has changed. */
  isSame(other: Directory): boolean {
    if (!this.#tree.isSame(other.#tree)) return false
    const [one, two] = [this.#large?.waiting, other.#large?.waiting]
    return (one?.size ?? 0) === 0 ? (two?.size ?? 0) === 0 : two !== undefined && (one as NameTree).isSame(two)
  }

  /**
   * Calls `visit` with each name, in order, that has another inode number than in `before`, and with both (0 for none).
   * Nodes that the two share are skipped, so that between copies the cost is that of what has changed.
   */
  difference(before: Directory, visit: (name: ByteString, before: number, now: number) => void): void {
    const names = [before, this].flatMap((side) => entriesOf(side.#large?.waiting, '').map(({ name }) => name))
    if (names.length === 0) {
      this.#tree.difference(before.#tree, visit)
      return
    }
    this.#tree.difference(before.#tree, (name) => {
      names.push(name)
    })
    for (const name of [...new Set(names)].sort()) {
      const [was, is] = [before.get(name), this.get(name)]
      if (was !== is) visit(name, was, is)
    }
  }

  #put(edition: Edition, large: Large, name: ByteString, ino: number): void {
    const { size } = this.#tree
    this.#tree.set(edition, name, ino)
    if (this.#tree.size === size) return
    large.filter.add(name)
    large.filtered++
    large.newest = name
  }

  /** Puts in the tree what waits. They have come to stay, so the next ones need not wait. */
  #settle(edition: Edition, large: Large): void {
    const { waiting } = large
    large.waiting = new NameTree()
    large.waits = false
    waiting.visit('', (name, ino) => {
      this.#put(edition, large, name, ino)
      return true
    })
    if (large.filtered > large.filter.capacity) this.#look()
  }

  /** Makes a filter of the names that are in the tree, or none where they are few. Preconditions: no name waits. */
  #look(): void {
    const { size } = this.#tree
    if (size <= LARGE) {
      this.#large = undefined
      return
    }
    const large = new Large(new NameFilter(ROOM * size))
    large.filtered = size
    this.#large = large
    this.#tree.visit('', (name) => {
      large.filter.add(name)
      return true
    })
  }
}

function entriesOf(
  list: Pick<NameTree, 'visit'> | undefined,
  after: ByteString | '',
): { readonly name: ByteString; readonly ino: number }[] {
  const all: { readonly name: ByteString; readonly ino: number }[] = []
  list?.visit(after, (name, ino) => {
    all.push({ name, ino })
    return true
  })
  return all
}
