/** Every inode by its number: gives numbers out, shares on fork, copies on write. */

import { KernelBug } from './bug.ts'
import { Inode, type Instant, type Kind } from './inode.ts'
import { Edition, PersistentArray } from './persistent_array.ts'

/** The number of the root directory; 0 is never an inode. */
export const ROOT_INO = 1

export class InodeTable {
  /** Owns what this side of the last fork changes. */
  edition: Edition
  /** Inodes there are. */
  count: number
  /** The number that the next inode gets; numbers are never used again. */
  nextIno: number
  readonly #inodes: PersistentArray<Inode>

  constructor(inodes: PersistentArray<Inode> = new PersistentArray(), count: number = 0, nextIno: number = ROOT_INO) {
    this.edition = new Edition()
    this.#inodes = inodes
    this.count = count
    this.nextIno = nextIno
  }

  /** A second table with the same inodes, in O(1); from now on each side copies what it changes. */
  fork(): InodeTable {
    this.edition = new Edition(this.edition)
    return new InodeTable(this.#inodes.clone(), this.count, this.nextIno)
  }

  /** The inode to read. Preconditions: `ino` is in the table. */
  get(ino: number): Inode {
    const inode = this.#inodes.get(ino)
    if (inode === undefined) throw new KernelBug(`no inode ${ino}`)
    return inode
  }

  has(ino: number): boolean {
    return this.#inodes.get(ino) !== undefined
  }

  /** The inode to change. Preconditions: `ino` is in the table; the result is used before the next fork. */
  own(ino: number): Inode {
    const inode = this.get(ino)
    if (inode.edition === this.edition) return inode
    const copy = inode.copy(this.edition)
    this.#inodes.set(this.edition, ino, copy)
    return copy
  }

  add(kind: Kind, body: Inode['body'], mode: number, now: Instant): Inode {
    const inode = new Inode(this.edition, this.nextIno++, kind, body, mode, now)
    this.#inodes.set(this.edition, inode.ino, inode)
    this.count++
    return inode
  }

  /** Puts an inode back under its old number, when a saved tree is loaded. */
  restore(inode: Inode): void {
    this.#inodes.set(this.edition, inode.ino, inode)
    this.count++
    if (inode.ino >= this.nextIno) this.nextIno = inode.ino + 1
  }

  delete(ino: number): void {
    this.#inodes.delete(this.edition, ino)
    this.count--
  }

  forEach(visit: (inode: Inode) => void): void {
    this.#inodes.forEach(visit)
  }

  /**
   * Calls `visit` with the number of each inode, in order, that is another than in `before`, and with both. Between two
   * forks of one table the cost is that of what has changed. Without `before` it is all that there are.
   */
  difference(
    before: InodeTable | undefined,
    visit: (ino: number, before: Inode | undefined, now: Inode | undefined) => void,
  ): void {
    this.#inodes.difference(before === undefined ? new PersistentArray() : before.#inodes, visit)
  }

  /** Whether this and `other` share everything. */
  isSame(other: InodeTable): boolean {
    return this.#inodes.isSame(other.#inodes)
  }
}
