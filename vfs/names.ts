/**
 * From an inode to its names: what a tree itself does not keep, since nothing that a guest does needs it. It is made
 * when it is first asked for, and for a later state of the same tree by looking only at what has changed.
 */

import type { ByteString } from './bytes.ts'
import { Directory } from './directory.ts'
import type { Inode } from './inode.ts'
import { type InodeTable, ROOT_INO } from './inode_table.ts'
import { Edition, PersistentArray } from './persistent_array.ts'

/** One name: the directory that it is in, and another name of the same inode. */
export interface Name {
  readonly dir: number
  readonly name: ByteString
  readonly next: Name | undefined
}

export class Names {
  readonly #names: PersistentArray<Name>
  #edition: Edition = new Edition()

  constructor(names: PersistentArray<Name> = new PersistentArray()) {
    this.#names = names
  }

  /** A copy, in O(1), that stays as it is while this one changes. */
  clone(): Names {
    this.#edition = new Edition()
    return new Names(this.#names.clone())
  }

  /** The names of an inode, as a list by `next`; `undefined` for the root, and for an inode without a name. */
  of(ino: number): Name | undefined {
    return this.#names.get(ino)
  }

  /** The directories that an inode has a name in, one for each name. */
  *parents(ino: number): Generator<number> {
    for (let name = this.of(ino); name !== undefined; name = name.next) yield name.dir
  }

  /** The absolute path of an inode, of several the first in byte order; `undefined` where it has none. */
  pathOf(ino: number): ByteString | undefined {
    const name = this.of(ino)
    return name === undefined || name.next !== undefined ? this.pathsOf(ino)[0] : this.pathIn(name.dir, name.name)
  }

  /** The absolute path of `name` in the directory `dir`; `undefined` where that has none. */
  pathIn(dir: number, name: ByteString): ByteString | undefined {
    const parts = [name]
    for (let at = dir; at !== ROOT_INO; ) {
      const up = this.of(at)
      if (up === undefined) return undefined
      parts.push(up.name)
      at = up.dir
    }
    return `/${parts.reverse().join('/')}` as ByteString
  }

  /** All absolute paths of an inode, in byte order. */
  pathsOf(ino: number): ByteString[] {
    if (ino === ROOT_INO) return ['/' as ByteString]
    const paths: ByteString[] = []
    for (let name = this.of(ino); name !== undefined; name = name.next) {
      const path = this.pathIn(name.dir, name.name)
      if (path !== undefined) paths.push(path)
    }
    return paths.sort((a, b) => (a < b ? -1 : 1))
  }

  /** Goes from the names of one state of a tree, which these are, to those of another. */
  advance(from: InodeTable | undefined, to: InodeTable): void {
    // Taken away at the end, all of an inode at once: it can have 65,000, and to look for each would cost their square.
    const lost = new Map<number, Set<string>>()
    to.difference(from, (ino, before, now) => {
      const [was, is] = [directoryOf(before) ?? NONE, directoryOf(now) ?? NONE]
      is.difference(was, (name, old, found) => {
        if (old !== 0) setIn(lost, old).add(keyOf(ino, name))
        if (found !== 0) this.#names.set(this.#edition, found, { dir: ino, name, next: this.#names.get(found) })
      })
    })
    for (const [ino, keys] of lost) this.#remove(ino, keys)
  }

  #remove(ino: number, keys: ReadonlySet<string>): void {
    let rest: Name | undefined
    for (let at = this.of(ino); at !== undefined; at = at.next) {
      if (!keys.has(keyOf(at.dir, at.name))) rest = { dir: at.dir, name: at.name, next: rest }
    }
    if (rest === undefined) this.#names.delete(this.#edition, ino)
    else this.#names.set(this.#edition, ino, rest)
  }
}

const NONE = new Directory(0)

function keyOf(dir: number, name: ByteString): string {
  return `${dir}/${name}`
}

function setIn(sets: Map<number, Set<string>>, key: number): Set<string> {
  let set = sets.get(key)
  if (set === undefined) {
    set = new Set()
    sets.set(key, set)
  }
  return set
}

function directoryOf(inode: Inode | undefined): Directory | undefined {
  return inode?.isDirectory() === true ? inode.body : undefined
}
