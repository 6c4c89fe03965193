/** Bytes in the order they came: what is inside a pipe and in each direction of a socket. */

/** Bytes that a pipe takes before a writer has to wait, as Linux. */
export const PIPE_CAPACITY = 65_536

export class ByteQueue {
  /** Bytes it takes before a writer has to wait. */
  readonly capacity: number
  /** Bytes inside. */
  size = 0
  readonly #chunks: Uint8Array[] = []
  /** Bytes of the first chunk that are read already; chunks before `#head` are gone. */
  #from = 0
  #head = 0
  /** Bytes of the last chunk that are written. */
  #end = 0

  constructor(capacity: number = PIPE_CAPACITY) {
    this.capacity = capacity
  }

  /** How many bytes fit before a writer has to wait. */
  get room(): number {
    return Math.max(0, this.capacity - this.size)
  }

  /** A copy: what is in it, and the capacity. */
  clone(): ByteQueue {
    const copy = new ByteQueue(this.capacity)
    const bytes = new Uint8Array(this.size)
    this.take(bytes, 0, bytes.length, true)
    if (bytes.length > 0) copy.push(bytes, 0, bytes.length)
    return copy
  }

  /** Puts in `length` bytes of `source` from `start`, whatever the capacity: the caller asks for `room`. */
  push(source: Uint8Array, start: number, length: number): void {
    for (let done = 0; done < length; ) {
      let last = this.#chunks.at(-1)
      if (last === undefined || this.#end === last.length) {
        last = new Uint8Array(Math.max(4096, Math.min(65_536, length - done)))
        this.#chunks.push(last)
        this.#end = 0
      }
      const part = Math.min(length - done, last.length - this.#end)
      last.set(source.subarray(start + done, start + done + part), this.#end)
      this.#end += part
      done += part
    }
    this.size += length
  }

  /** Takes out up to `length` bytes into `target` from `start`, or only looks at them; how many. */
  take(target: Uint8Array, start: number, length: number, peek: boolean = false): number {
    const count = Math.min(length, this.size)
    let head = this.#head
    let from = this.#from
    for (let done = 0; done < count; ) {
      const chunk = this.#chunks[head] as Uint8Array
      const part = Math.min(count - done, chunk.length - from)
      target.set(chunk.subarray(from, from + part), start + done)
      done += part
      from += part
      if (from === chunk.length) {
        head++
        from = 0
      }
    }
    if (!peek) this.#drop(head, from, count)
    return count
  }

  #drop(head: number, from: number, count: number): void {
    this.size -= count
    this.#head = head
    this.#from = from
    if (this.size === 0) {
      this.#chunks.length = 0
      this.#head = this.#from = this.#end = 0
    } else if (head >= 32 && head * 2 >= this.#chunks.length) {
      this.#chunks.splice(0, head)
      this.#head = 0
    }
  }
}
