/** How often each inode is held open. A process has few open at a time, and among few a look at each beats a map. */

/** Inodes that are kept in a list. */
const LISTED_MAX = 16

export class Holds {
  /** The inodes that are held, each once, with how often, in no order; with room for a few, since arrays that grow take much. */
  readonly #inos: number[]
  readonly #counts: number[]
  #listed = 1
  /** Those for which the list had no room. */
  #more: Map<number, number> | undefined

  /** One inode, held once. */
  constructor(ino: number) {
    this.#inos = [ino, 0, 0, 0]
    this.#counts = [1, 0, 0, 0]
  }

  has(ino: number): boolean {
    return this.#place(ino) >= 0 || this.#more?.has(ino) === true
  }

  /** One more. */
  add(ino: number): void {
    const at = this.#place(ino)
    if (at >= 0) this.#counts[at] = (this.#counts[at] as number) + 1
    else if (this.#listed < LISTED_MAX && this.#more?.has(ino) !== true) {
      this.#inos[this.#listed] = ino
      this.#counts[this.#listed++] = 1
    } else {
      this.#more ??= new Map()
      this.#more.set(ino, (this.#more.get(ino) ?? 0) + 1)
    }
  }

  /** One less; how many are left, or `undefined` where there was none. */
  remove(ino: number): number | undefined {
    const at = this.#place(ino)
    if (at < 0) return this.#removeMore(ino)
    const left = (this.#counts[at] as number) - 1
    this.#counts[at] = left
    if (left === 0) {
      const last = --this.#listed
      this.#inos[at] = this.#inos[last] as number
      this.#counts[at] = this.#counts[last] as number
    }
    return left
  }

  /** Calls `visit` with each inode that is held. */
  forEach(visit: (ino: number, count: number) => void): void {
    for (let at = 0; at < this.#listed; at++) visit(this.#inos[at] as number, this.#counts[at] as number)
    this.#more?.forEach((count, ino) => {
      visit(ino, count)
    })
  }

  clone(): Holds {
    const copy = new Holds(0)
    for (let at = 0; at < this.#listed; at++) {
      copy.#inos[at] = this.#inos[at] as number
      copy.#counts[at] = this.#counts[at] as number
    }
    copy.#listed = this.#listed
    if (this.#more !== undefined) copy.#more = new Map(this.#more)
    return copy
  }

  /** Where it is in the list, or -1; the last to come are the first to go. */
  #place(ino: number): number {
    let at = this.#listed - 1
    while (at >= 0 && this.#inos[at] !== ino) at--
    return at
  }

  #removeMore(ino: number): number | undefined {
    const count = this.#more?.get(ino)
    if (count === undefined) return undefined
    if (count > 1) this.#more?.set(ino, count - 1)
    else this.#more?.delete(ino)
    return count - 1
  }
}
