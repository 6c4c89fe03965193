/**
 * The bytes of a regular file: chunks in a persistent array, so that a copy is O(1), a hole costs nothing, and a write
 * after a copy copies only the chunks that it touches. What is charged to the quota is blocks: each chunk costs those
 * from its start to the last that was written, since that is what its buffer takes; so the quota bounds the host's
 * memory too, however a guest spreads what it writes.
 */

import { BLOCK_SIZE, CHUNK_SIZE, FILE_SIZE_MAX } from './limits.ts'
import { Edition, PersistentArray } from './persistent_array.ts'

const NO_BYTES = new Uint8Array(0)
const BLOCKS_PER_CHUNK = CHUNK_SIZE / BLOCK_SIZE
/** The smallest buffer of a chunk, in bytes; it doubles as the file grows, so that small files stay small. */
const SMALLEST = 64
/**
 * Chunks of a piece: those that one write covered from a multiple of so many on lie side by side in one buffer, so that
 * what is large is read and written in few copies. Each is still shared, charged and copied on write by itself.
 */
const CHUNKS_PER_PIECE = 16
const PIECE_SIZE = CHUNKS_PER_PIECE * CHUNK_SIZE

/** A chunk; or a piece, which stands at the indexes of all its chunks, but for those that were replaced since. */
class Chunk {
  readonly edition: Edition
  /** Where in the file `bytes` begin. */
  readonly start: number
  /** At most `CHUNK_SIZE` bytes, and what is beyond their end reads as zero; or the `PIECE_SIZE` of a piece. */
  bytes: Uint8Array
  /** Blocks that it costs, at each index: up to the last one that was written or allocated. */
  blocks: number
  readonly isPiece: boolean
  /** Of a piece, the bytes of each chunk, once they were asked for. */
  #parts: (Uint8Array | undefined)[] | undefined

  constructor(edition: Edition, start: number, bytes: Uint8Array, blocks: number) {
    this.edition = edition
    this.start = start
    this.bytes = bytes
    this.blocks = blocks
    this.isPiece = bytes.length === PIECE_SIZE
  }

  /** What it has at `index`: at most `CHUNK_SIZE` bytes. The same array each time. */
  at(index: number): Uint8Array {
    if (!this.isPiece) return this.bytes
    const part = index % CHUNKS_PER_PIECE
    this.#parts ??= []
    this.#parts[part] ??= this.bytes.subarray(part * CHUNK_SIZE, (part + 1) * CHUNK_SIZE)
    return this.#parts[part]
  }
}

/** Stands where there is no chunk. */
const HOLE = new Chunk(new Edition(), 0, NO_BYTES, 0)

export class FileData {
  /** In bytes. All bytes of all chunks from here on are zero. */
  size = 0
  /** What the file costs in the quota. */
  blocks = 0
  /** Made by the first write. */
  #chunks: PersistentArray<Chunk> | undefined

  constructor(chunks?: PersistentArray<Chunk>) {
    this.#chunks = chunks
  }

  /** A copy that shares all chunks. Preconditions: both sides change only under editions made after it. */
  clone(): FileData {
    const copy = new FileData(this.#chunks?.clone())
    copy.size = this.size
    copy.blocks = this.blocks
    return copy
  }

  /** Copies what is at `offset` into `target` from `start`, at most `length` bytes and up to the end; returns how many. */
  read(offset: number, target: Uint8Array, start: number, length: number): number {
    const count = Math.min(length, this.size - offset)
    if (count <= 0) return 0
    let done = 0
    while (done < count) {
      const position = offset + done
      const index = Math.floor(position / CHUNK_SIZE)
      const from = position - index * CHUNK_SIZE
      const chunk = this.#chunks?.get(index) ?? HOLE
      let part = Math.min(count - done, CHUNK_SIZE - from)
      if (chunk.isPiece && part < count - done) part = Math.min(count - done, this.#pieceAfter(index) - position)
      const at = position - chunk.start
      const have = Math.max(0, Math.min(part, chunk.bytes.length - at))
      if (have > 0) copy(target, start + done, chunk.bytes, at, have)
      if (have < part) target.fill(0, start + done + have, start + done + part)
      done += part
    }
    return count
  }

  /**
   * How many of `length` bytes at `offset` can be written when `free` more blocks may be taken: all, or up to the
   * start of the block that would be one too many. Preconditions: `offset + length` is at most `FILE_SIZE_MAX`.
   */
  room(offset: number, length: number, free: number): number {
    const end = offset + length
    const lastIndex = Math.floor((end - 1) / CHUNK_SIZE)
    let left = free
    for (let index = Math.floor(offset / CHUNK_SIZE); index <= lastIndex; index++) {
      if (left >= (lastIndex - index + 1) * BLOCKS_PER_CHUNK) return length
      const start = index * CHUNK_SIZE
      const have = this.#chunks?.get(index)?.blocks ?? 0
      const wanted = Math.ceil((Math.min(end, start + CHUNK_SIZE) - start) / BLOCK_SIZE)
      if (wanted - have > left) return Math.max(0, start + (have + left) * BLOCK_SIZE - offset)
      left -= Math.max(0, wanted - have)
    }
    return length
  }

  /** Writes `length` bytes of `source` from `start` at `offset`. Preconditions: `room` says so; `length` is over 0. */
  write(edition: Edition, offset: number, source: Uint8Array, start: number, length: number): void {
    let done = 0
    while (done < length) {
      const position = offset + done
      const index = Math.floor(position / CHUNK_SIZE)
      const from = position - index * CHUNK_SIZE
      if (length - done >= PIECE_SIZE && position % PIECE_SIZE === 0) {
        const piece = this.#pieceFor(edition, index)
        if (piece !== undefined) {
          copy(piece.bytes, 0, source, start + done, PIECE_SIZE)
          done += PIECE_SIZE
          continue
        }
      }
      const part = Math.min(length - done, CHUNK_SIZE - from)
      const chunk = this.#chunkFor(edition, index, from, part)
      copy(chunk.bytes, position - chunk.start, source, start + done, part)
      done += part
    }
    if (offset + length > this.size) this.size = offset + length
  }

  /** Marks the blocks of a range as holding data (zeros where there was none), growing the file to its end. */
  allocate(edition: Edition, offset: number, length: number): void {
    const end = offset + length
    for (let position = offset; position < end; ) {
      const index = Math.floor(position / CHUNK_SIZE)
      const from = position - index * CHUNK_SIZE
      const part = Math.min(end - position, CHUNK_SIZE - from)
      this.#chunkFor(edition, index, from, part, 0)
      position += part
    }
    if (end > this.size) this.size = end
  }

  /** Cuts or extends (by a hole) to `size`. Preconditions: `size` is at most `FILE_SIZE_MAX`. */
  truncate(edition: Edition, size: number): void {
    if (size < this.size) this.#cut(edition, size)
    this.size = size
  }

  /** All bytes, in a new array. Preconditions: the size is one that an array can have. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.size)
    this.#chunks?.forEach((chunk, index) => {
      const part = chunk.at(index)
      const at = index * CHUNK_SIZE
      const have = Math.min(part.length, this.size - at)
      if (have > 0) bytes.set(part.subarray(0, have), at)
    })
    return bytes
  }

  /** The first offset from `offset` up that a chunk with data covers, or `size` where only a hole is left. */
  nextData(offset: number): number {
    const index = Math.floor(offset / CHUNK_SIZE)
    const next = this.#chunks?.next(index) ?? -1
    if (next < 0) return this.size
    return Math.min(this.size, next === index ? offset : next * CHUNK_SIZE)
  }

  /** What is wrong with the counts, or `undefined`; for the checker. */
  check(): string | undefined {
    let blocks = 0
    let fault: string | undefined
    this.#chunks?.forEach((chunk, index) => {
      blocks += chunk.blocks
      if (chunk.blocks < 1 || chunk.blocks > BLOCKS_PER_CHUNK) fault = `chunk ${index} costs ${chunk.blocks} blocks`
      const bytes = chunk.at(index)
      if (bytes.length > CHUNK_SIZE) fault = `chunk ${index} has ${bytes.length} bytes`
      const inside = Math.max(0, this.size - index * CHUNK_SIZE)
      if (!isZero(bytes, inside, bytes.length)) fault = `chunk ${index} has data after the end`
      if (!isZero(bytes, chunk.blocks * BLOCK_SIZE, bytes.length)) fault = `hole in chunk ${index} has data`
    })
    if (blocks !== this.blocks) fault = `${this.blocks} blocks counted, ${blocks} found`
    if (this.size < 0 || this.size > FILE_SIZE_MAX) fault = `size ${this.size}`
    return fault
  }

  /** The chunk at `index`, owned, with room for `part` bytes from `from`, whose blocks are marked. */
  #chunkFor(edition: Edition, index: number, from: number, part: number, room: number = from + part): Chunk {
    this.#chunks ??= new PersistentArray()
    let chunk = this.#chunks.get(index)
    if (chunk === undefined) {
      // A file that goes on growing will fill the whole chunk; one that is small, or written here and there, may not.
      const grows = from === 0 && (index > 0 ? room > 0 : room === CHUNK_SIZE)
      const start = index * CHUNK_SIZE
      chunk = new Chunk(edition, start, grows ? wholeBuffer(edition, part) : new Uint8Array(capacity(room)), 0)
      this.#chunks.set(edition, index, chunk)
    } else if (chunk.edition !== edition) {
      const old = chunk.at(index)
      const bytes = new Uint8Array(Math.max(old.length, capacity(room)))
      bytes.set(old)
      chunk = new Chunk(edition, index * CHUNK_SIZE, bytes, chunk.blocks)
      this.#chunks.set(edition, index, chunk)
    } else if (chunk.bytes.length < room) {
      const bytes = new Uint8Array(capacity(room))
      bytes.set(chunk.bytes)
      chunk.bytes = bytes
    }
    const blocks = Math.ceil((from + part) / BLOCK_SIZE)
    if (blocks > chunk.blocks) {
      this.blocks += blocks - chunk.blocks
      chunk.blocks = blocks
    }
    return chunk
  }

  /**
   * The piece for the chunks from `index` on, owned, to be overwritten as a whole; `undefined` where the edition owns
   * chunks there already that are of none.
   */
  #pieceFor(edition: Edition, index: number): Chunk | undefined {
    this.#chunks ??= new PersistentArray()
    const chunks = this.#chunks
    let blocks = 0
    for (let at = chunks.next(index); at >= 0 && at < index + CHUNKS_PER_PIECE; at = chunks.next(at + 1)) {
      const chunk = chunks.get(at) as Chunk
      if (chunk.edition === edition) return chunk.isPiece ? chunk : undefined
      blocks += chunk.blocks
    }
    const bytes = edition.reuse(PIECE_SIZE) ?? new Uint8Array(PIECE_SIZE)
    const piece = new Chunk(edition, index * CHUNK_SIZE, bytes, BLOCKS_PER_CHUNK)
    chunks.fill(edition, index, CHUNKS_PER_PIECE, piece)
    this.blocks += CHUNKS_PER_PIECE * BLOCKS_PER_CHUNK - blocks
    return piece
  }

  /** How far the chunks from `index` on are of its piece. */
  #pieceAfter(index: number): number {
    const most = CHUNKS_PER_PIECE - (index % CHUNKS_PER_PIECE)
    return (index + (this.#chunks?.alike(index, most) ?? 0)) * CHUNK_SIZE
  }

  #cut(edition: Edition, size: number): void {
    const chunks = this.#chunks
    if (chunks === undefined) return
    const index = Math.floor(size / CHUNK_SIZE)
    const from = size - index * CHUNK_SIZE
    const firstGone = from === 0 ? index : index + 1
    for (let at = chunks.next(firstGone); at >= 0; at = chunks.next(at + 1)) {
      const gone = chunks.get(at) as Chunk
      this.blocks -= gone.blocks
      if (gone.edition !== edition || gone.bytes.length < CHUNK_SIZE) continue
      // A piece that is owned stands at all its indexes: this edition replaces none of them.
      if (!gone.isPiece || at % CHUNKS_PER_PIECE === CHUNKS_PER_PIECE - 1) edition.recycle(gone.bytes)
    }
    chunks.truncate(edition, firstGone)
    // What is left of a piece would keep all of it in memory.
    for (let at = index - (index % CHUNKS_PER_PIECE); at < firstGone; at++) {
      const left = chunks.get(at)
      if (left?.isPiece !== true) continue
      chunks.set(edition, at, new Chunk(edition, at * CHUNK_SIZE, left.at(at).slice(), left.blocks))
    }
    const chunk = from === 0 ? undefined : chunks.get(index)
    if (chunk === undefined) return
    const keep = Math.min(chunk.blocks, Math.ceil(from / BLOCK_SIZE))
    this.blocks -= chunk.blocks - keep
    chunks.set(edition, index, new Chunk(edition, index * CHUNK_SIZE, chunk.bytes.slice(0, from), keep))
  }

  /** A file of such chunks, whose bytes nobody else changes; each at most `CHUNK_SIZE`. */
  static of(
    edition: Edition,
    size: number,
    chunks: Iterable<{ readonly index: number; readonly blocks: number; readonly bytes: Uint8Array }>,
  ): FileData {
    const data = new FileData()
    // The chunks are of an edition of their own, so that the first change copies them.
    const past = new Edition()
    for (const { index, blocks, bytes } of chunks) {
      data.#chunks ??= new PersistentArray()
      data.#chunks.set(edition, index, new Chunk(past, index * CHUNK_SIZE, bytes, blocks))
      data.blocks += blocks
    }
    data.size = size
    return data
  }

  /** Whether this and `other` share all bytes, as copies of which neither has changed. */
  isSame(other: FileData): boolean {
    if (this.size !== other.size || this.blocks !== other.blocks) return false
    if (this.#chunks === undefined || other.#chunks === undefined) return this.#chunks === other.#chunks
    return this.#chunks.isSame(other.#chunks)
  }

  /**
   * The first offset from `offset` up that no written block covers, or `size`; `offset` itself in a hole. Between
   * `nextData` and `nextHole` a copy can go on: it has the same blocks then.
   */
  nextHole(offset: number): number {
    for (let at = offset; at < this.size; ) {
      const index = Math.floor(at / CHUNK_SIZE)
      const end = index * CHUNK_SIZE + (this.#chunks?.get(index)?.blocks ?? 0) * BLOCK_SIZE
      if (end < (index + 1) * CHUNK_SIZE) return Math.min(this.size, Math.max(at, end))
      at = end
    }
    return this.size
  }

  /** The bytes that are other than in `before`, a range for each chunk, up to the end; what went by a cut is not in it. */
  changesSince(before: FileData): { readonly offset: number; readonly bytes: Uint8Array }[] {
    const parts: { readonly offset: number; readonly bytes: Uint8Array }[] = []
    const chunks = this.#chunks ?? new PersistentArray<Chunk>()
    chunks.difference(before.#chunks ?? new PersistentArray(), (index, was, is) => {
      const start = index * CHUNK_SIZE
      const room = Math.min(CHUNK_SIZE, this.size - start)
      const [x, y] = [was?.at(index) ?? NO_BYTES, is?.at(index) ?? NO_BYTES]
      let from = 0
      let to = Math.min(room, Math.max(x.length, y.length))
      while (from < to && (x[from] ?? 0) === (y[from] ?? 0)) from++
      while (to > from && (x[to - 1] ?? 0) === (y[to - 1] ?? 0)) to--
      if (from >= to) return
      const bytes = new Uint8Array(to - from)
      bytes.set(y.subarray(from, to))
      parts.push({ offset: start + from, bytes })
    })
    return parts
  }

  /** Calls `visit` with each chunk that there is: which one, what it costs, and its bytes, which may be fewer than it has room for. */
  forEachChunk(visit: (index: number, blocks: number, bytes: Uint8Array) => void): void {
    this.#chunks?.forEach((chunk, index) => {
      visit(index, chunk.blocks, chunk.at(index))
    })
  }
}

/** A buffer of a whole chunk, zero but for the first `part` bytes, which the caller is about to fill. */
function wholeBuffer(edition: Edition, part: number): Uint8Array {
  return edition.reuse(CHUNK_SIZE)?.fill(0, part) ?? new Uint8Array(CHUNK_SIZE)
}

/** A power of two from `SMALLEST` to `CHUNK_SIZE` that holds `room` bytes. */
function capacity(room: number): number {
  let size = SMALLEST
  while (size < room) size *= 2
  return size
}

/** Whether the bytes from `from` to `to`, as far as there are any, are all zero. */
function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  const end = Math.min(to, bytes.length)
  for (let i = from; i < end; i++) if (bytes[i] !== 0) return false
  return true
}

/** Under this many bytes a loop beats the call of `set` with its subarray. */
const SHORT = 32

function copy(target: Uint8Array, at: number, source: Uint8Array, from: number, count: number): void {
  if (count <= SHORT) for (let i = 0; i < count; i++) target[at + i] = source[from + i] as number
  else target.set(count === source.length ? source : source.subarray(from, from + count), at)
}
