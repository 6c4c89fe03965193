/** Descriptors of one process: numbers, lowest free first, and what each refers to and may do. */

import type { ByteString } from '../vfs/bytes.ts'
import { EBADF, EMFILE, ENOTCAPABLE, type Errno } from '../vfs/errno.ts'
import type { OpenFile } from './open_file.ts'
import { RIGHT_FD_READ, RIGHTS_WRITING } from './rights.ts'

export class Descriptor {
  readonly file: OpenFile
  /** What may be done with it, and what may be done with what is opened below it. */
  base: number
  inheriting: number
  /** The name under which the guest was given it, for a preopen. */
  readonly preopen: ByteString | undefined

  constructor(file: OpenFile, base: number, inheriting: number, preopen?: ByteString) {
    this.file = file
    this.base = base
    this.inheriting = inheriting
    this.preopen = preopen
  }
}

export class FdTable {
  /** How many descriptors there may be. */
  readonly limit: number
  /** With room for those that a process is given and a few more: an array that grows takes room for many. */
  readonly #slots: (Descriptor | undefined)[] = [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]
  /** All numbers from here on are free. */
  #end = 0
  /** Free numbers below that, as a binary heap: the lowest comes first. */
  #free: number[] | undefined

  constructor(limit: number) {
    this.limit = limit
  }

  /** Open descriptors. */
  get size(): number {
    return this.#end - (this.#free?.length ?? 0)
  }

  /** One more than the highest number that was ever open. */
  get end(): number {
    return this.#end
  }

  /** The descriptor, or `undefined`. Any number may be asked for. */
  at(fd: number): Descriptor | undefined {
    return this.#slots[fd]
  }

  /**
   * The descriptor, if it may do all that `rights` says. EBADF where it is not open, or not open for what is asked
   * (a write through a descriptor opened for reading); ENOTCAPABLE where a right was not given or given up.
   */
  get(fd: number, rights: number): Descriptor | Errno {
    const descriptor = this.#slots[fd]
    if (descriptor === undefined) return EBADF
    if ((descriptor.base & rights) === rights) return descriptor
    if ((rights & RIGHT_FD_READ) !== 0 && !descriptor.file.readable) return EBADF
    if ((rights & RIGHTS_WRITING) !== 0 && !descriptor.file.writable) return EBADF
    return ENOTCAPABLE
  }

  /** Whether one more can be opened: EMFILE where not. */
  room(): Errno | undefined {
    return this.size >= this.limit ? EMFILE : undefined
  }

  /** Gives the lowest free number. Preconditions: there is `room`. */
  add(descriptor: Descriptor): number {
    descriptor.file.references++
    const free = this.#free
    const fd = free === undefined || free.length === 0 ? this.#end++ : takeLeast(free)
    this.#slots[fd] = descriptor
    return fd
  }

  /** Frees a number and gives back what it was. Preconditions: it is open. The reference is the caller's to drop. */
  remove(fd: number): Descriptor {
    const descriptor = this.#slots[fd] as Descriptor
    this.#slots[fd] = undefined
    if (this.#free === undefined) this.#free = [fd]
    else addTo(this.#free, fd)
    return descriptor
  }

  /** Frees all numbers. The references are the caller's to drop, before. */
  empty(): void {
    for (let fd = 0; fd < this.#end; fd++) this.#slots[fd] = undefined
    this.#end = 0
    this.#free = undefined
  }

  /** Puts `descriptor` over an open number. */
  replace(fd: number, descriptor: Descriptor): void {
    this.#slots[fd] = descriptor
  }

  /** A copy in which each descriptor refers to what `copied` gives for its file. */
  clone(copied: (file: OpenFile) => OpenFile): FdTable {
    const copy = new FdTable(this.limit)
    copy.#end = this.#end
    copy.#free = this.#free?.slice()
    for (let fd = 0; fd < this.#end; fd++) {
      const descriptor = this.#slots[fd]
      if (descriptor === undefined) continue
      const { base, inheriting, preopen } = descriptor
      const file = copied(descriptor.file)
      file.references++
      copy.#slots[fd] = new Descriptor(file, base, inheriting, preopen)
    }
    return copy
  }

  /** Open numbers, ascending. */
  numbers(): number[] {
    const numbers: number[] = []
    for (let fd = 0; fd < this.#end; fd++) if (this.#slots[fd] !== undefined) numbers.push(fd)
    return numbers
  }
}

function addTo(heap: number[], fd: number): void {
  let at = heap.push(fd) - 1
  while (at > 0) {
    const up = (at - 1) >> 1
    if ((heap[up] as number) <= fd) break
    heap[at] = heap[up] as number
    at = up
  }
  heap[at] = fd
}

function takeLeast(heap: number[]): number {
  const lowest = heap[0] as number
  const moved = heap.pop() as number
  if (heap.length === 0) return lowest
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++
    if ((heap[child] as number) >= moved) break
    heap[at] = heap[child] as number
    at = child
  }
  heap[at] = moved
  return lowest
}
