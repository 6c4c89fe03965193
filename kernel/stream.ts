/** The host's ends of stdin, stdout and stderr: where a guest's input comes from, and where its output goes. */

const NO_BYTES = new Uint8Array(0)

/** Input that is pulled as the guest reads it. */
export class Input {
  /** What more there is; `undefined` where that was all from the beginning. */
  readonly #chunks: Iterator<Uint8Array> | undefined
  #chunk: Uint8Array
  #from = 0
  #ended = false

  /** All of it, or what gives one part after the other. */
  constructor(source: Uint8Array | Iterable<Uint8Array>) {
    const isWhole = source instanceof Uint8Array
    this.#chunk = isWhole ? source : NO_BYTES
    this.#chunks = isWhole ? undefined : source[Symbol.iterator]()
  }

  /** A second reader that is as far; `undefined` where it is the host's to say what comes. */
  clone(): Input | undefined {
    if (this.#chunks !== undefined && !this.#ended) return undefined
    const copy = new Input(this.#chunk)
    copy.#from = this.#from
    return copy
  }

  /** Takes up to `length` bytes, at most to the end of a chunk; 0 at the end. */
  read(target: Uint8Array, start: number, length: number): number {
    if (length === 0 || !this.#fill()) return 0
    const count = Math.min(length, this.#chunk.length - this.#from)
    target.set(this.#chunk.subarray(this.#from, this.#from + count), start)
    this.#from += count
    return count
  }

  /** Bytes that can be read without pulling more; pulls where there is none. 0 at the end. */
  available(): number {
    return this.#fill() ? this.#chunk.length - this.#from : 0
  }

  #fill(): boolean {
    while (!this.#ended && this.#from === this.#chunk.length) {
      const next = this.#chunks?.next()
      if (next === undefined || next.done === true) this.#ended = true
      else {
        this.#chunk = next.value
        this.#from = 0
      }
    }
    return !this.#ended
  }
}

/** Output that is kept, and handed on as it comes. */
export class Output {
  /** Called with each write; the bytes are the callee's to keep. */
  readonly #sink: ((bytes: Uint8Array) => void) | undefined
  #chunks: Uint8Array[] | undefined
  /** Bytes of the last chunk that are in use. */
  #end = 0
  size = 0

  constructor(sink?: (bytes: Uint8Array) => void) {
    this.#sink = sink
  }

  /** A copy that goes on by itself, with the same sink. */
  clone(): Output {
    const copy = new Output(this.#sink)
    copy.size = this.size
    const chunks = this.#chunks
    const last = chunks?.at(-1)
    if (chunks === undefined || last === undefined) return copy
    // Neither side writes behind what both have.
    chunks[chunks.length - 1] = last.subarray(0, this.#end)
    copy.#chunks = chunks.slice()
    copy.#end = this.#end
    return copy
  }

  write(source: Uint8Array, start: number, length: number): void {
    this.keep(source, start, length)
    this.tell(length)
  }

  /** Keeps a part of a write whose parts `tell` hands on together. */
  keep(source: Uint8Array, start: number, length: number): void {
    this.#chunks ??= []
    const chunks = this.#chunks
    let last = chunks.at(-1)
    if (last === undefined || last.length - this.#end < length) {
      if (last !== undefined) chunks[chunks.length - 1] = last.subarray(0, this.#end)
      last = new Uint8Array(Math.max(length, Math.min(65_536, Math.max(256, this.size))))
      chunks.push(last)
      this.#end = 0
    }
    last.set(source.subarray(start, start + length), this.#end)
    this.#end += length
    this.size += length
  }

  /** Hands on the last `length` bytes that were kept. */
  tell(length: number): void {
    if (this.#sink === undefined) return
    const bytes = new Uint8Array(length)
    let from = length
    let end = this.#end
    const chunks = this.#chunks ?? []
    for (let i = chunks.length - 1; from > 0; i--) {
      const part = (chunks[i] as Uint8Array).subarray(Math.max(0, end - from), end)
      from -= part.length
      bytes.set(part, from)
      end = chunks[i - 1]?.length ?? 0
    }
    this.#sink(bytes)
  }

  /** All that was written, in a new array. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.size)
    let at = 0
    const chunks = this.#chunks ?? []
    chunks.forEach((chunk, index) => {
      const used = index === chunks.length - 1 ? chunk.subarray(0, this.#end) : chunk
      bytes.set(used, at)
      at += used.length
    })
    return bytes
  }
}
