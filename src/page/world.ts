/**
 * The tree and the descriptors at one moment of the run. It goes from call to call: forward by what each call made other
 * than it was, and back by the opposite, which is noted on the way; so a jump costs what changed in between.
 */

import type { PageDescriptor, PageInode, Step } from '../timeline_data.ts'

/** One name of an inode. */
export interface Place {
  readonly dir: number
  readonly name: string
}

const ROOT = 1

export class World {
  /** The moment that this is. */
  call: number
  readonly inodes: Map<number, PageInode> = new Map()
  readonly descriptors: Map<number, PageDescriptor> = new Map()
  readonly #first: number
  readonly #steps: readonly Step[]
  /** By call: how to go back over it. */
  readonly #back: Step[] = []
  readonly #entries = new Map<number, Map<string, number>>()
  readonly #names = new Map<number, Place[]>()

  /** At the moment `first`; `steps` are those of the calls after it. */
  constructor(first: number, start: Step, steps: readonly Step[]) {
    this.call = first
    this.#first = first
    this.#steps = steps
    this.#apply(start)
  }

  /** Preconditions: the page has that moment. */
  goTo(call: number): void {
    while (this.call < call) {
      const at = this.call - this.#first
      this.#back[at] = this.#apply(this.#steps[at] as Step)
      this.call++
    }
    while (this.call > call) {
      this.call--
      this.#apply(this.#back[this.call - this.#first] as Step)
    }
  }

  /** How to go back to the moment before; at the first moment nothing. */
  get #undo(): Step {
    return this.#back[this.call - this.#first - 1] ?? {}
  }

  /** An inode as it was before the last call, where that made it other than it was. */
  before(ino: number): PageInode | undefined {
    return this.#undo.inodes?.find((inode) => inode.ino === ino)
  }

  /** A descriptor as it was before the last call, where that made it other than it was. */
  descriptorBefore(fd: number): PageDescriptor | undefined {
    return this.#undo.descriptors?.find((descriptor) => descriptor.fd === fd)
  }

  /** What is in a directory, by name. */
  entriesOf(dir: number): ReadonlyMap<string, number> {
    return this.#entries.get(dir) ?? new Map()
  }

  namesOf(ino: number): readonly Place[] {
    return this.#names.get(ino) ?? []
  }

  /** All absolute paths of an inode, in order; none where it has no name any more. */
  pathsOf(ino: number): string[] {
    if (ino === ROOT) return ['/']
    return this.namesOf(ino)
      .map(({ dir, name }) => this.pathIn(dir, name))
      .filter((path) => path !== undefined)
      .sort()
  }

  pathIn(dir: number, name: string): string | undefined {
    const parts = [name]
    for (let at = dir; at !== ROOT; ) {
      const place = this.namesOf(at)[0]
      if (place === undefined) return undefined
      parts.push(place.name)
      at = place.dir
    }
    return `/${parts.reverse().join('/')}`
  }

  /** Inodes without a name, which live because something has them open. */
  orphans(): PageInode[] {
    return [...this.inodes.values()].filter(({ nlink }) => nlink === 0).sort((a, b) => a.ino - b.ino)
  }

  openDescriptors(): PageDescriptor[] {
    return [...this.descriptors.values()].sort((a, b) => a.fd - b.fd)
  }

  /** The opposite step. */
  #apply({ inodes = [], gone = [], entries = [], descriptors = [], closed = [] }: Step): Step {
    const backEntries = entries.map(([dir, name, ino]) => [dir, name, this.#setEntry(dir, name, ino)] as const)
    const [backInodes, backGone] = swap(this.inodes, inodes, ({ ino }) => ino, gone)
    const [backDescriptors, backClosed] = swap(this.descriptors, descriptors, ({ fd }) => fd, closed)
    return {
      inodes: backInodes,
      gone: backGone,
      entries: backEntries.reverse(),
      descriptors: backDescriptors,
      closed: backClosed,
    }
  }

  /** What was there. */
  #setEntry(dir: number, name: string, ino: number): number {
    let entries = this.#entries.get(dir)
    if (entries === undefined) {
      entries = new Map()
      this.#entries.set(dir, entries)
    }
    const before = entries.get(name) ?? 0
    if (ino === 0) entries.delete(name)
    else entries.set(name, ino)
    const isHere = (place: Place): boolean => place.dir === dir && place.name === name
    if (before !== 0)
      this.#names.set(
        before,
        this.namesOf(before).filter((place) => !isHere(place)),
      )
    if (ino !== 0) this.#names.set(ino, [...this.namesOf(ino), { dir, name }])
    return before
  }
}

/** Puts `values` in and takes `keys` out; what to put in, and what to take out, to undo it. */
function swap<T>(
  map: Map<number, T>,
  values: readonly T[],
  keyOf: (value: T) => number,
  keys: readonly number[],
): [T[], number[]] {
  const before: T[] = []
  const fresh: number[] = []
  for (const value of values) {
    const old = map.get(keyOf(value))
    if (old === undefined) fresh.push(keyOf(value))
    else before.push(old)
    map.set(keyOf(value), value)
  }
  for (const key of keys) {
    const old = map.get(key)
    if (old !== undefined) before.push(old)
    map.delete(key)
  }
  return [before, fresh]
}
