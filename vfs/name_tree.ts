/**
 * Names with their inode numbers: a B+ tree ordered by bytes that copies on write, so that a look-up, a change and a
 * step of a listing cost O(log n), a copy O(1), and the order never depends on history.
 */

import type { ByteString } from './bytes.ts'
import type { Edition } from './persistent_array.ts'

/** Entries in a leaf and children in a branch before it splits. */
export const FULL = 32

class Leaf {
  readonly edition: Edition
  readonly names: ByteString[]
  readonly inos: number[]

  constructor(edition: Edition, names: ByteString[], inos: number[]) {
    this.edition = edition
    this.names = names
    this.inos = inos
  }
}

class Branch {
  readonly edition: Edition
  /** For each child, a name that is at most its first and more than all before it. */
  readonly names: ByteString[]
  readonly children: Node[]

  constructor(edition: Edition, names: ByteString[], children: Node[]) {
    this.edition = edition
    this.names = names
    this.children = children
  }
}

type Node = Leaf | Branch

/** Where the name is that was asked for or changed last: most are asked for again at once, or changed, or both. */
class Finger {
  name: ByteString | '' = ''
  /** The place in the node of each level, from the root down, where it is or would be. */
  readonly places: number[] = []
}

export class NameTree {
  /** Entries. */
  size = 0
  #root: Node | undefined
  /** Made for a tree of more than one node; in another a search costs no more. */
  #finger: Finger | undefined

  /** A copy that shares all nodes. Preconditions: both sides change only under editions made after it. */
  clone(): NameTree {
    const copy = new NameTree()
    copy.size = this.size
    copy.#root = this.#root
    return copy
  }

  /** The inode number under `name`, or 0. */
  get(name: ByteString): number {
    const root = this.#root
    if (root === undefined) return 0
    if (root instanceof Leaf) return inoIn(root, lowerBound(root.names, name), name)
    const places = this.#find(root, name)
    let node: Node = root
    let level = 0
    while (node instanceof Branch) node = node.children[places[level++] as number] as Node
    return inoIn(node, places[level] as number, name)
  }

  /** Puts `ino` under `name`, over what was there. */
  set(edition: Edition, name: ByteString, ino: number): void {
    if (this.#root === undefined) {
      this.#root = new Leaf(edition, [name], [ino])
      this.size++
      return
    }
    const places = this.#root instanceof Branch ? this.#find(this.#root, name) : undefined
    const root = own(edition, this.#root)
    const right = this.#insert(edition, root, name, ino, places, 0)
    this.#root = right === undefined ? root : new Branch(edition, [first(root), first(right)], [root, right])
  }

  /** Preconditions: `name` is there. */
  delete(edition: Edition, name: ByteString): void {
    const places = this.#root instanceof Branch ? this.#find(this.#root, name) : undefined
    let root = own(edition, this.#root as Node)
    remove(edition, root, name, places, 0)
    this.#forget()
    this.size--
    while (root instanceof Branch && root.children.length === 1) root = root.children[0] as Node
    this.#root = root.names.length === 0 ? undefined : root
  }

  /** Calls `visit` with each entry after the name `after` (`''` for all), in byte order, until it returns false. */
  visit(after: ByteString | '', visit: (name: ByteString, ino: number) => boolean): void {
    if (this.#root !== undefined) visitAfter(this.#root, after, visit)
  }

  /** Where `name` is, or would be, at each level below `root`. */
  #find(root: Branch, name: ByteString): readonly number[] {
    this.#finger ??= new Finger()
    const { places } = this.#finger
    if (this.#finger.name === name) return places
    this.#finger.name = name
    let node: Node = root
    let level = 0
    while (node instanceof Branch) {
      const at = childOf(node.names, name)
      places[level++] = at
      node = node.children[at] as Node
    }
    places[level] = lowerBound(node.names, name)
    return places
  }

  /** The places that were found mean nothing any more. */
  #forget(): void {
    if (this.#finger !== undefined) this.#finger.name = ''
  }

  /** Inserts below `node`, which the edition owns; returns the right half when it had to split. */
  #insert(
    edition: Edition,
    node: Node,
    name: ByteString,
    ino: number,
    places: readonly number[] | undefined,
    level: number,
  ): Node | undefined {
    if (node instanceof Leaf) {
      const at = places?.[level] ?? lowerBound(node.names, name)
      if (node.names[at] === name) {
        node.inos[at] = ino
        return undefined
      }
      insertAt(node.names, at, name)
      insertAt(node.inos, at, ino)
      this.size++
      if (node.names.length <= FULL) return undefined
      // A name appended at the end leaves the left half full, so that names made in order pack tightly.
      const keep = at === FULL ? FULL : FULL >> 1
      this.#forget()
      return new Leaf(edition, node.names.splice(keep), node.inos.splice(keep))
    }
    const at = places?.[level] ?? childOf(node.names, name)
    const child = own(edition, node.children[at] as Node)
    node.children[at] = child
    const right = this.#insert(edition, child, name, ino, places, level + 1)
    if (right === undefined) return undefined
    insertAt(node.names, at + 1, first(right))
    insertAt(node.children, at + 1, right)
    if (node.children.length <= FULL) return undefined
    const keep = at === FULL - 1 ? FULL : FULL >> 1
    return new Branch(edition, node.names.splice(keep), node.children.splice(keep))
  }

  /** Whether this and `other` share all entries, as copies of which neither has changed. */
  isSame(other: NameTree): boolean {
    return this.#root === other.#root
  }

  /**
   * Calls `visit` with each name, in order, that has another inode number than in `before`, and with both (0 for none).
   * Nodes that the two share are skipped, so that between copies the cost is that of what has changed.
   */
  difference(before: NameTree, visit: (name: ByteString, before: number, now: number) => void): void {
    const a = new Cursor(before.#root)
    const b = new Cursor(this.#root)
    while (a.leaf !== undefined || b.leaf !== undefined) {
      if (skipShared(a, b)) continue
      const [x, y] = [a.name, b.name]
      if (x !== undefined && (y === undefined || x < y)) {
        visit(x, a.ino, 0)
        a.step()
      } else if (y !== undefined && (x === undefined || y < x)) {
        visit(y, 0, b.ino)
        b.step()
      } else {
        if (a.ino !== b.ino) visit(x as ByteString, a.ino, b.ino)
        a.step()
        b.step()
      }
    }
  }
}

/** A place in a tree of entries, that goes from one to the next, or over a whole node. */
class Cursor {
  /** The node of each level from the root down, and which child of it is the node after it; the last is a leaf. */
  readonly nodes: Node[] = []
  readonly #at: number[] = []

  constructor(root: Node | undefined) {
    if (root !== undefined) this.#descend(root)
  }

  /** The leaf that it is in; `undefined` at the end. */
  get leaf(): Leaf | undefined {
    return this.nodes.at(-1) as Leaf | undefined
  }

  get name(): ByteString | undefined {
    return this.leaf?.names[this.#at.at(-1) as number]
  }

  get ino(): number {
    return this.leaf?.inos[this.#at.at(-1) as number] ?? 0
  }

  /** The highest level whose node begins at this place; one more than there are where none does. */
  get begins(): number {
    let level = this.#at.length
    while (level > 0 && this.#at[level - 1] === 0) level--
    return level
  }

  step(): void {
    const last = this.#at.length - 1
    this.#at[last] = (this.#at[last] as number) + 1
    if ((this.#at[last] as number) >= (this.leaf as Leaf).names.length) this.skip(last)
  }

  /** Goes on after the node at `level`. */
  skip(level: number): void {
    this.nodes.length = this.#at.length = level
    while (this.nodes.length > 0) {
      const last = this.nodes.length - 1
      const { children } = this.nodes[last] as Branch
      const next = (this.#at[last] as number) + 1
      this.#at[last] = next
      if (next < children.length) {
        this.#descend(children[next] as Node)
        return
      }
      this.nodes.pop()
      this.#at.pop()
    }
  }

  #descend(from: Node): void {
    for (let node = from; ; node = (node as Branch).children[0] as Node) {
      this.nodes.push(node)
      this.#at.push(0)
      if (node instanceof Leaf) return
    }
  }
}

/** Goes over the largest node that begins at both places and is the same, if there is one. */
function skipShared(a: Cursor, b: Cursor): boolean {
  for (let i = a.begins; i < a.nodes.length; i++) {
    for (let k = b.begins; k < b.nodes.length; k++) {
      if (a.nodes[i] !== b.nodes[k]) continue
      a.skip(i)
      b.skip(k)
      return true
    }
  }
  return false
}

function own(edition: Edition, node: Node): Node {
  if (node.edition === edition) return node
  if (node instanceof Leaf) return new Leaf(edition, node.names.slice(), node.inos.slice())
  return new Branch(edition, node.names.slice(), node.children.slice())
}

/** The inode number at a place of a leaf, if `name` is there. */
function inoIn(leaf: Leaf, at: number, name: ByteString): number {
  return leaf.names[at] === name ? (leaf.inos[at] as number) : 0
}

function first(node: Node): ByteString {
  return node.names[0] as ByteString
}

/** Removes `name` below `node`, which the edition owns; a child that is left empty goes too. */
function remove(
  edition: Edition,
  node: Node,
  name: ByteString,
  places: readonly number[] | undefined,
  level: number,
): void {
  if (node instanceof Leaf) {
    const at = places?.[level] ?? lowerBound(node.names, name)
    removeAt(node.names, at)
    removeAt(node.inos, at)
    return
  }
  const at = places?.[level] ?? childOf(node.names, name)
  const child = own(edition, node.children[at] as Node)
  node.children[at] = child
  remove(edition, child, name, places, level + 1)
  if (child.names.length > 0) return
  removeAt(node.children, at)
  removeAt(node.names, at)
}

function visitAfter(node: Node, after: ByteString | '', visit: (name: ByteString, ino: number) => boolean): boolean {
  if (node instanceof Leaf) {
    for (let at = after === '' ? 0 : upperBound(node.names, after as ByteString); at < node.names.length; at++) {
      if (!visit(node.names[at] as ByteString, node.inos[at] as number)) return false
    }
    return true
  }
  for (let at = after === '' ? 0 : childOf(node.names, after as ByteString); at < node.children.length; at++) {
    if (!visitAfter(node.children[at] as Node, after, visit)) return false
  }
  return true
}

/** `splice` without the array that it returns; the arrays are short. */
function insertAt<T>(array: T[], at: number, value: T): void {
  for (let i = array.length; i > at; i--) array[i] = array[i - 1] as T
  array[at] = value
}

function removeAt<T>(array: T[], at: number): void {
  for (let i = at + 1; i < array.length; i++) array[i - 1] = array[i] as T
  array.pop()
}

/** The child that `name` belongs to: the last whose first name is not after it, or the first child. */
function childOf(names: readonly ByteString[], name: ByteString): number {
  return Math.max(0, upperBound(names, name) - 1)
}

/** The first place whose name is `name` or after it. */
function lowerBound(names: readonly ByteString[], name: ByteString): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((names[middle] as ByteString) < name) low = middle + 1
    else high = middle
  }
  return low
}

/** The first place whose name is after `name`. */
function upperBound(names: readonly ByteString[], name: ByteString): number {
  let low = 0
  let high = names.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((names[middle] as ByteString) <= name) low = middle + 1
    else high = middle
  }
  return low
}
