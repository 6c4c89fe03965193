/** Which edges an instance has taken: the host's side of the pass `coverage`. */

export class GuestEdges {
  readonly #memory: WebAssembly.Memory
  readonly #store: () => void
  readonly #count: number
  /** The start of the memory, where the module stores its edges, and what the guest has there. */
  #words: Uint32Array
  readonly #kept: Uint32Array
  #last: Uint32Array

  /** `store` puts the edges into the first `count` words of `memory`. */
  constructor(memory: WebAssembly.Memory, store: () => void, count: number) {
    this.#memory = memory
    this.#store = store
    this.#count = count
    this.#words = new Uint32Array(memory.buffer, 0, count)
    this.#kept = new Uint32Array(count)
    this.#last = new Uint32Array(count)
  }

  /**
   * The edges taken since the instance began: edge i is bit i % 32 of word i / 32. Where they are those of the last
   * time it is the same array, so nobody may change it. Preconditions: no guest code is running.
   */
  read(): Uint32Array {
    const count = this.#count
    // A memory that has grown has taken its bytes away.
    if (this.#words.length !== count) this.#words = new Uint32Array(this.#memory.buffer, 0, count)
    const words = this.#words
    this.#kept.set(words)
    this.#store()
    const last = this.#last
    let at = 0
    while (at < count && words[at] === last[at]) at++
    if (at < count) this.#last = words.slice()
    words.set(this.#kept)
    return this.#last
  }
}
