/** The facade's own descriptors: numbers from 3 up, the lowest free one first. They are no guest's. */

/** One open file: what the descriptor points at. */
export interface OpenFile {
  readonly ino: number
  readonly readable: boolean
  readonly writable: boolean
  /** Every write goes to the end. */
  readonly append: boolean
  /** Where the next read or write without a position starts. */
  position: number
}

const FIRST = 3

export class OpenFiles {
  readonly #files: (OpenFile | undefined)[] = []
  /** No number below this one is free. */
  #lowest = FIRST

  add(file: OpenFile): number {
    let fd = this.#lowest
    while (this.#files[fd] !== undefined) fd++
    this.#files[fd] = file
    this.#lowest = fd + 1
    return fd
  }

  get(fd: number): OpenFile | undefined {
    return this.#files[fd]
  }

  remove(fd: number): void {
    this.#files[fd] = undefined
    if (fd < this.#lowest) this.#lowest = fd
  }
}
