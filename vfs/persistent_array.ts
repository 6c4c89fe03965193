/**
 * A sparse array that copies on write: a radix tree of 32-way nodes, shared between copies until one of them changes.
 * `clone` is O(1). A change made under an edition copies the nodes on its path that another edition owns and writes
 * the others in place, so that work done between two forks costs as little as in an ordinary tree.
 */

/** Bytes of buffers kept for the next files, at most. */
const SPARE_MAX = 1 << 26

/** Owns what was made under it: a fork gives both sides new ones, so that neither owns the past. */
export class Edition {
  /** What was made under this edition and is in use no more. */
  #spare: Spare | undefined

  /** `before` is the edition that nothing will be changed under any more: its spare buffers are this one's. */
  constructor(before?: Edition) {
    this.#spare = before === undefined ? undefined : before.#spare
  }

  /** Takes back a buffer. Preconditions: it was made under this edition, and nothing refers to it any more. */
  recycle(buffer: Uint8Array): void {
    this.#spare ??= new Spare()
    this.#spare.put(buffer)
  }

  /** A buffer of so many bytes that was recycled, with whatever was in it, or `undefined`. */
  reuse(size: number): Uint8Array | undefined {
    return this.#spare === undefined ? undefined : this.#spare.take(size)
  }
}

/** Buffers that nobody else has ever seen, those of each size by themselves. */
class Spare {
  readonly #buffers = new Map<number, Uint8Array[]>()
  /** Bytes of all. */
  #size = 0

  put(buffer: Uint8Array): void {
    if (this.#size + buffer.length > SPARE_MAX) return
    this.#size += buffer.length
    const alike = this.#buffers.get(buffer.length)
    if (alike === undefined) this.#buffers.set(buffer.length, [buffer])
    else alike.push(buffer)
  }

  take(size: number): Uint8Array | undefined {
    const buffer = this.#buffers.get(size)?.pop()
    if (buffer !== undefined) this.#size -= size
    return buffer
  }
}

const BITS = 5
const WIDTH = 1 << BITS
const MASK = WIDTH - 1
/** `SPAN[level]` is how many indexes one slot at that level covers; the last is over 2^53. */
const SPAN: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((level) => WIDTH ** level)

class Node<T> {
  readonly edition: Edition
  /** Slots in use; at 0 the node is dropped. */
  used: number
  readonly slots: (Node<T> | T | undefined)[]

  constructor(edition: Edition, used: number, slots: (Node<T> | T | undefined)[]) {
    this.edition = edition
    this.used = used
    this.slots = slots
  }
}

const EMPTY: readonly undefined[] = Array.from({ length: WIDTH }, () => undefined)

/** A copy has just the room that it takes; what is pushed together has more, and costs several times as much. */
function emptySlots<T>(): (Node<T> | T | undefined)[] {
  return EMPTY.slice()
}

/** Indexes are whole numbers from 0 to 2^53 - 1; values are anything but `undefined`. */
export class PersistentArray<T> {
  #root: Node<T> | undefined
  /** What is at index 0, as long as nothing else was ever anywhere: most files have one chunk, and a node is large. */
  #only: T | undefined
  /** Levels of nodes; all indexes below `WIDTH ** #height` are in reach. */
  #height = 0
  /**
   * The nodes that were emptied last, a level each, without anything in them: indexes that come and go make no new ones
   * each time.
   */
  #spare: Node<T>[] | undefined

  /** A copy that shares everything with this one. Preconditions: both sides change only under editions made after it. */
  clone(): PersistentArray<T> {
    const copy = new PersistentArray<T>()
    copy.#root = this.#root
    copy.#only = this.#only
    copy.#height = this.#height
    return copy
  }

  get(index: number): T | undefined {
    let node = this.#root
    let level = this.#height
    if (node === undefined) return index === 0 ? this.#only : undefined
    if (index >= span(level)) return undefined
    while (--level > 0) {
      node = node.slots[digit(index, level)] as Node<T> | undefined
      if (node === undefined) return undefined
    }
    return node.slots[index % WIDTH] as T | undefined
  }

  /**
   * How many indexes from `index` on, up to `most`, have the value that it has. Preconditions: it has one; none of the
   * others is a multiple of 32.
   */
  alike(index: number, most: number): number {
    let node = this.#root
    if (node === undefined) return 1
    for (let level = this.#height - 1; level > 0; level--) node = node.slots[digit(index, level)] as Node<T>
    const at = index % WIDTH
    let count = 1
    while (count < most && node.slots[at + count] === node.slots[at]) count++
    return count
  }

  set(edition: Edition, index: number, value: T): void {
    if (index === 0 && this.#root === undefined) {
      this.#only = value
      this.#height = 0
    } else put(this.#leafFor(edition, index), index % WIDTH, value)
  }

  /** Sets `count` indexes from `index` on to one value. Preconditions: none but the first is a multiple of 32. */
  fill(edition: Edition, index: number, count: number, value: T): void {
    const leaf = this.#leafFor(edition, index)
    for (let i = 0; i < count; i++) put(leaf, (index % WIDTH) + i, value)
  }

  /** The node, owned, that has `index` in it. */
  #leafFor(edition: Edition, index: number): Node<T> {
    let node = this.#rootFor(edition, index)
    this.#root = node
    for (let level = this.#height - 1; level > 0; level--) {
      const at = digit(index, level)
      const below = node.slots[at] as Node<T> | undefined
      const owned = below === undefined ? this.#newNode(edition) : this.#own(edition, below)
      if (below === undefined) node.used++
      node.slots[at] = owned
      node = owned
    }
    return node
  }

  delete(edition: Edition, index: number): void {
    if (this.get(index) === undefined) return
    this.#only = undefined
    if (this.#root !== undefined) this.#root = this.#without(edition, this.#root, this.#height - 1, index)
  }

  /** Drops every index from `index` up; the cost is that of the nodes that go, not of the indexes. */
  truncate(edition: Edition, index: number): void {
    if (index === 0) this.#only = undefined
    if (this.#root !== undefined) this.#root = this.#below(edition, this.#root, this.#height - 1, index)
  }

  /** The first index in use from `index` up, or -1. */
  next(index: number): number {
    if (this.#root === undefined) return index === 0 && this.#only !== undefined ? 0 : -1
    if (index >= span(this.#height)) return -1
    return this.#next(this.#root, this.#height - 1, index)
  }

  /** Calls `visit` with every value and its index, in order. */
  forEach(visit: (value: T, index: number) => void): void {
    if (this.#root !== undefined) this.#visit(this.#root, this.#height - 1, 0, visit)
    else if (this.#only !== undefined) visit(this.#only, 0)
  }

  #newNode(edition: Edition): Node<T> {
    const spare = this.#spare?.pop()
    return spare?.edition === edition ? spare : new Node<T>(edition, 0, emptySlots())
  }

  #own(edition: Edition, node: Node<T>): Node<T> {
    return node.edition === edition ? node : new Node<T>(edition, node.used, node.slots.slice())
  }

  /** A root, owned, that has `index` in reach: a new one over the old, or the first. */
  #rootFor(edition: Edition, index: number): Node<T> {
    let node = this.#root
    if (node === undefined) {
      this.#height = 1
      if (this.#only === undefined) {
        while (index >= span(this.#height)) this.#height++
        return this.#newNode(edition)
      }
      node = this.#newNode(edition)
      put(node, 0, this.#only)
      this.#only = undefined
    }
    while (index >= span(this.#height)) {
      const slots = emptySlots<T>()
      slots[0] = node
      node = new Node<T>(edition, 1, slots)
      this.#height++
    }
    return this.#own(edition, node)
  }

  #without(edition: Edition, node: Node<T>, level: number, index: number): Node<T> | undefined {
    const owned = this.#own(edition, node)
    const at = digit(index, level)
    const rest = level === 0 ? undefined : this.#without(edition, owned.slots[at] as Node<T>, level - 1, index)
    owned.slots[at] = rest
    if (rest === undefined) owned.used--
    if (owned.used > 0) return owned
    this.#spare ??= []
    if (this.#spare.length < this.#height) this.#spare.push(owned)
    return undefined
  }

  #below(edition: Edition, node: Node<T>, level: number, index: number): Node<T> | undefined {
    const size = span(level)
    if (index >= size * WIDTH) return node
    const owned = this.#own(edition, node)
    const first = Math.floor(index / size)
    for (let at = WIDTH - 1; at >= first; at--) {
      const below = owned.slots[at]
      if (below === undefined) continue
      const from = index - at * size
      const rest = level > 0 && from > 0 ? this.#below(edition, below as Node<T>, level - 1, from) : undefined
      owned.slots[at] = rest
      if (rest === undefined) owned.used--
    }
    return owned.used === 0 ? undefined : owned
  }

  #next(node: Node<T>, level: number, index: number): number {
    const size = span(level)
    for (let at = Math.floor(index / size); at < WIDTH; at++) {
      const below = node.slots[at]
      if (below === undefined) continue
      if (level === 0) return at
      const found = this.#next(below as Node<T>, level - 1, Math.max(0, index - at * size))
      if (found >= 0) return at * size + found
    }
    return -1
  }

  #visit(node: Node<T>, level: number, base: number, visit: (value: T, index: number) => void): void {
    const size = span(level)
    for (let at = 0; at < WIDTH; at++) {
      const below = node.slots[at]
      if (below === undefined) continue
      if (level === 0) visit(below as T, base + at)
      else this.#visit(below as Node<T>, level - 1, base + at * size, visit)
    }
  }

  /** Whether this and `other` share everything, as copies of which neither has changed. */
  isSame(other: PersistentArray<T>): boolean {
    return this.#root === other.#root && this.#only === other.#only && this.#height === other.#height
  }

  /**
   * Calls `visit` with each index, in order, whose value is another than in `before`, and with both. What the two share
   * is not looked at, so that between copies the cost is that of what has changed.
   */
  difference(
    before: PersistentArray<T>,
    visit: (index: number, before: T | undefined, now: T | undefined) => void,
  ): void {
    const height = Math.max(1, this.#height, before.#height)
    differenceOf(before.#rootAt(height), this.#rootAt(height), height - 1, 0, visit)
  }

  /** The root of the same array with `height` levels. */
  #rootAt(height: number): Node<T> | undefined {
    let node = this.#root
    let level = this.#height
    if (this.#only !== undefined) {
      node = new Node<T>(new Edition(), 0, emptySlots())
      put(node, 0, this.#only)
      level = 1
    }
    for (; level < height && node !== undefined; level++) {
      const slots = emptySlots<T>()
      slots[0] = node
      node = new Node<T>(node.edition, 1, slots)
    }
    return node
  }
}

function differenceOf<T>(
  before: Node<T> | undefined,
  now: Node<T> | undefined,
  level: number,
  base: number,
  visit: (index: number, before: T | undefined, now: T | undefined) => void,
): void {
  if (before === now) return
  const size = span(level)
  for (let at = 0; at < WIDTH; at++) {
    const was = before?.slots[at]
    const is = now?.slots[at]
    if (was === is) continue
    if (level === 0) visit(base + at, was as T | undefined, is as T | undefined)
    else differenceOf(was as Node<T> | undefined, is as Node<T> | undefined, level - 1, base + at * size, visit)
  }
}

function put<T>(leaf: Node<T>, at: number, value: T): void {
  if (leaf.slots[at] === undefined) leaf.used++
  leaf.slots[at] = value
}

function span(level: number): number {
  return SPAN[level] as number
}

/** Which slot `index` is in at `level` (0 is the leaf); shifts where the index has 30 bits, divides where it has more. */
function digit(index: number, level: number): number {
  if (index < 0x40000000) return level < 6 ? (index >>> (level * BITS)) & MASK : 0
  return Math.floor(index / span(level)) % WIDTH
}
