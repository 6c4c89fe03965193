import { describe, expect, it } from 'vitest'
import { FileData } from '../../vfs/file_data.ts'
import { BLOCK_SIZE, CHUNK_SIZE, FILE_SIZE_MAX } from '../../vfs/limits.ts'
import { Edition } from '../../vfs/persistent_array.ts'
import { fc } from '../support/property.ts'

const LIMIT = 4 * CHUNK_SIZE
/** What the chunks that lie side by side take. */
const PIECE = 16 * CHUNK_SIZE
/** Offsets and lengths that meet the edges of blocks and chunks. */
const edge = fc.constantFrom(0, 1, 63, 64, 65, 4095, 4096, 4097, 8192, 32_767, 32_768, 32_769, 65_536, 98_304)
const offset = fc.oneof(edge, fc.nat({ max: LIMIT - CHUNK_SIZE - 1 }))
const length = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(4096, 5000, 32_768))

/** Bytes as they must be, and which blocks must be charged. */
class Model {
  bytes: Uint8Array
  size = 0
  blocks = new Set<number>()

  constructor(limit: number) {
    this.bytes = new Uint8Array(limit)
  }

  clone(): Model {
    const copy = new Model(0)
    copy.bytes = this.bytes.slice()
    copy.size = this.size
    copy.blocks = new Set(this.blocks)
    return copy
  }

  mark(from: number, count: number): void {
    // A chunk costs all blocks up to the last that was touched.
    const start = Math.floor(from / CHUNK_SIZE) * CHUNK_SIZE
    for (let block = start / BLOCK_SIZE; block * BLOCK_SIZE < from + count; block++) this.blocks.add(block)
    this.size = Math.max(this.size, from + count)
  }

  truncate(size: number): void {
    if (size < this.size) {
      this.bytes.fill(0, size)
      for (const block of [...this.blocks]) if (block * BLOCK_SIZE >= size) this.blocks.delete(block)
    }
    this.size = size
  }
}

/** A block and those before it in its chunk. */
function upTo(block: number, perChunk: number): number[] {
  const first = Math.floor(block / perChunk) * perChunk
  return Array.from({ length: block - first + 1 }, (_, index) => first + index)
}

interface Side {
  data: FileData
  edition: Edition
  model: Model
}

type Step =
  | {
      readonly do: 'write' | 'read' | 'allocate'
      readonly offset: number
      readonly length: number
      readonly side: number
    }
  | { readonly do: 'truncate'; readonly offset: number; readonly side: number }
  | { readonly do: 'fork'; readonly side: number }

function stepOf(offset: fc.Arbitrary<number>, length: fc.Arbitrary<number>): fc.Arbitrary<Step> {
  return fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constantFrom('write', 'write', 'read', 'allocate'),
        offset,
        length,
        side: fc.nat(),
      }) as fc.Arbitrary<Step>,
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('truncate'), offset, side: fc.nat() }) as fc.Arbitrary<Step> },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('fork'), side: fc.nat() }) as fc.Arbitrary<Step> },
  )
}

function expectSame({ data, model }: Side): void {
  expect(data.size).toBe(model.size)
  expect(Buffer.compare(data.toBytes(), model.bytes.subarray(0, model.size))).toBe(0)
  expect(data.blocks).toBe(model.blocks.size)
  expect(data.check()).toBeUndefined()
}

function expectIsSame(one: Side, other: Side): void {
  if (one === other) expect(one.data.isSame(other.data)).toBe(true)
  if (!one.data.isSame(other.data)) return
  expect(one.model.size).toBe(other.model.size)
  expect(Buffer.compare(one.model.bytes, other.model.bytes)).toBe(0)
}

/** Does all that, on files and on models of at most `limit` bytes, and expects each to have its own bytes. */
function expectBytes(steps: readonly Step[], limit: number): void {
  const sides: Side[] = [{ data: new FileData(), edition: new Edition(), model: new Model(limit) }]
  let value = 0
  for (const each of steps) {
    const side = sides[each.side % sides.length] as Side
    const { data, edition, model } = side
    switch (each.do) {
      case 'write': {
        // Of no period that chunks have.
        const source = Uint8Array.from({ length: each.length + 2 }, (_, n) => ((n % 251) + ++value) % 256)
        data.write(edition, each.offset, source, 1, each.length)
        model.bytes.set(source.subarray(1, each.length + 1), each.offset)
        model.mark(each.offset, each.length)
        break
      }
      case 'allocate':
        data.allocate(edition, each.offset, each.length)
        model.mark(each.offset, each.length)
        break
      case 'read': {
        const target = new Uint8Array(each.length + 2).fill(99)
        const count = Math.max(0, Math.min(each.length, model.size - each.offset))
        expect(data.read(each.offset, target, 1, each.length)).toBe(count)
        const wanted = new Uint8Array(each.length + 2).fill(99)
        wanted.set(model.bytes.subarray(each.offset, each.offset + count), 1)
        expect(Buffer.compare(target, wanted)).toBe(0)
        break
      }
      case 'truncate':
        data.truncate(edition, each.offset)
        model.truncate(each.offset)
        break
      case 'fork':
        side.edition = new Edition(edition)
        sides.push({ data: data.clone(), edition: new Edition(), model: model.clone() })
        break
    }
  }
  sides.forEach(expectSame)
  for (const one of sides) for (const other of sides) expectIsSame(one, other)
  for (const one of sides) {
    for (const { offset, bytes } of one.data.changesSince((sides[0] as Side).data)) {
      expect(Buffer.compare(bytes, one.model.bytes.subarray(offset, offset + bytes.length))).toBe(0)
    }
  }
}

describe('FileData', () => {
  it('holds the bytes that were written, of every copy its own, and counts its blocks', () => {
    fc.assert(
      fc.property(fc.array(stepOf(offset, length), { maxLength: 30, size: 'max' }), (steps) => {
        expectBytes(steps, LIMIT)
      }),
      { numRuns: 200 },
    )
  })

  it('does so too where one write covers the chunks of a piece, or of some', () => {
    const large = fc.constantFrom(0, 1, CHUNK_SIZE, PIECE - CHUNK_SIZE, PIECE - 1, PIECE, PIECE + 4096, 2 * PIECE)
    const long = fc.constantFrom(1, CHUNK_SIZE, PIECE - 1, PIECE, PIECE, PIECE + CHUNK_SIZE, 2 * PIECE)
    fc.assert(
      fc.property(fc.array(stepOf(large, long), { maxLength: 12, size: 'max' }), (steps) => {
        expectBytes(steps, 4 * PIECE + 4096)
      }),
      { numRuns: 60 },
    )
  })
})

describe('truncate()', () => {
  it('reads zeros after cutting and extending again', () => {
    const data = new FileData()
    const edition = new Edition()
    data.write(edition, 0, new Uint8Array(100_000).fill(7), 0, 100_000)
    data.truncate(edition, 10)
    data.truncate(edition, 100_000)
    const bytes = data.toBytes()
    expect(bytes.subarray(0, 10)).toEqual(new Uint8Array(10).fill(7))
    expect(bytes.subarray(10).every((byte) => byte === 0)).toBe(true)
    expect(data.blocks).toBe(1)
  })

  it('can be written again after it was cut to nothing', () => {
    const data = new FileData()
    const edition = new Edition()
    data.write(edition, 0, Uint8Array.of(1, 2, 3), 0, 3)
    data.truncate(edition, 0)
    data.write(edition, 0, Uint8Array.of(4), 0, 1)
    expect([...data.toBytes()]).toEqual([4])
  })

  it('gives no buffer to others that a copy still has', () => {
    const edition = new Edition()
    const data = new FileData()
    for (let n = 0; n < 3; n++) data.write(edition, n * CHUNK_SIZE, new Uint8Array(CHUNK_SIZE).fill(7), 0, CHUNK_SIZE)
    const copy = data.clone()
    const next = new Edition(edition)
    data.truncate(next, 0)
    for (let n = 0; n < 3; n++) data.write(next, n * CHUNK_SIZE, new Uint8Array(CHUNK_SIZE).fill(9), 0, CHUNK_SIZE)
    expect(copy.toBytes().every((byte) => byte === 7)).toBe(true)
    expect(data.toBytes().every((byte) => byte === 9)).toBe(true)
  })

  it('gives no piece to others that a copy, or what is left of it, still has', () => {
    const edition = new Edition()
    const data = new FileData()
    data.write(edition, 0, new Uint8Array(2 * PIECE).fill(7), 0, 2 * PIECE)
    const copy = data.clone()
    const next = new Edition(edition)
    data.truncate(next, 0)
    data.write(next, 0, new Uint8Array(2 * PIECE).fill(8), 0, 2 * PIECE)
    data.truncate(next, PIECE + CHUNK_SIZE + 5)
    const other = new FileData()
    other.write(next, 0, new Uint8Array(2 * PIECE).fill(9), 0, 2 * PIECE)
    expect(copy.toBytes().every((byte) => byte === 7)).toBe(true)
    expect(data.toBytes().every((byte) => byte === 8)).toBe(true)
    expect(other.toBytes().every((byte) => byte === 9)).toBe(true)
  })

  it('uses the buffer of a piece again, for one file at a time', () => {
    const edition = new Edition()
    const bytes = (value: number): Uint8Array => new Uint8Array(PIECE).fill(value)
    const data = new FileData()
    data.write(edition, 0, bytes(1), 0, PIECE)
    let buffer: unknown
    data.forEachChunk((_index, _blocks, part) => {
      buffer = part.buffer
    })
    data.truncate(edition, 0)
    const [one, two] = [new FileData(), new FileData()]
    one.write(edition, 0, bytes(2), 0, PIECE)
    two.write(edition, 0, bytes(3), 0, PIECE)
    const buffers = new Set<unknown>()
    one.forEachChunk((_index, _blocks, part) => buffers.add(part.buffer))
    expect([...buffers]).toEqual([buffer])
    expect(Buffer.compare(one.toBytes(), bytes(2))).toBe(0)
    expect(Buffer.compare(two.toBytes(), bytes(3))).toBe(0)
  })

  it('keeps of a piece no more than the chunks that are left', () => {
    const data = new FileData()
    data.write(new Edition(), 0, new Uint8Array(PIECE).fill(7), 0, PIECE)
    const copy = data.clone()
    copy.truncate(new Edition(), 3 * CHUNK_SIZE)
    copy.forEachChunk((_index, _blocks, part) => {
      expect(part.buffer.byteLength).toBe(CHUNK_SIZE)
    })
    expect(Buffer.compare(copy.toBytes(), new Uint8Array(3 * CHUNK_SIZE).fill(7))).toBe(0)
  })

  it('cuts a file with data at 2^52 without visiting what is between', () => {
    const data = new FileData()
    const edition = new Edition()
    data.write(edition, 2 ** 52, Uint8Array.of(1), 0, 1)
    data.truncate(edition, 5)
    expect(data.blocks).toBe(0)
    expect([...data.toBytes()]).toEqual([0, 0, 0, 0, 0])
  })
})

describe('write()', () => {
  it('stores one byte at 2^52 and at the largest offset, each at the cost of its chunk up to there', () => {
    const data = new FileData()
    const edition = new Edition()
    data.write(edition, 2 ** 52, Uint8Array.of(1), 0, 1)
    data.write(edition, FILE_SIZE_MAX - 1, Uint8Array.of(2), 0, 1)
    expect(data.size).toBe(FILE_SIZE_MAX)
    expect(data.blocks).toBe(1 + CHUNK_SIZE / BLOCK_SIZE)
    const target = new Uint8Array(3).fill(9)
    expect(data.read(2 ** 52 - 1, target, 0, 3)).toBe(3)
    expect([...target]).toEqual([0, 1, 0])
    expect(data.read(FILE_SIZE_MAX - 2, target, 0, 3)).toBe(2)
    expect([...target]).toEqual([0, 2, 0])
    expect(data.read(FILE_SIZE_MAX, target, 0, 3)).toBe(0)
    expect(data.check()).toBeUndefined()
  })
})

describe('a write of whole pieces', () => {
  it('is charged once, and is not seen by a copy', () => {
    const data = new FileData()
    data.write(new Edition(), 0, new Uint8Array(2 * PIECE).fill(7), 0, 2 * PIECE)
    const copy = data.clone()
    const edition = new Edition()
    for (const value of [8, 9]) {
      copy.write(edition, 0, new Uint8Array(2 * PIECE).fill(value), 0, 2 * PIECE)
      expect(Buffer.compare(data.toBytes(), new Uint8Array(2 * PIECE).fill(7))).toBe(0)
      expect(Buffer.compare(copy.toBytes(), new Uint8Array(2 * PIECE).fill(value))).toBe(0)
      expect([data.blocks, copy.blocks, copy.check()]).toEqual([256, 256, undefined])
    }
  })

  it("goes around chunks that are the copy's own already", () => {
    const data = new FileData()
    data.write(new Edition(), 0, new Uint8Array(PIECE).fill(7), 0, PIECE)
    const copy = data.clone()
    const edition = new Edition()
    copy.write(edition, 5 * CHUNK_SIZE + 3, Uint8Array.of(1, 2), 0, 2)
    const target = new Uint8Array(PIECE)
    expect(copy.read(0, target, 0, PIECE)).toBe(PIECE)
    expect([...target.subarray(5 * CHUNK_SIZE + 2, 5 * CHUNK_SIZE + 6)]).toEqual([7, 1, 2, 7])
    copy.write(edition, 0, new Uint8Array(PIECE).fill(9), 0, PIECE)
    expect(Buffer.compare(copy.toBytes(), new Uint8Array(PIECE).fill(9))).toBe(0)
    expect(Buffer.compare(data.toBytes(), new Uint8Array(PIECE).fill(7))).toBe(0)
    expect([data.check(), copy.check()]).toEqual([undefined, undefined])
  })
})

describe('room()', () => {
  it('ends at the start of the block that would be one too many', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat({ max: 20 }), { maxLength: 10 }),
        fc.nat({ max: 20 * BLOCK_SIZE }),
        fc.integer({ min: 1, max: 40_000 }),
        fc.nat({ max: 12 }),
        (blocks, from, count, free) => {
          const data = new FileData()
          const edition = new Edition()
          for (const block of blocks) data.write(edition, block * BLOCK_SIZE, Uint8Array.of(1), 0, 1)
          const perChunk = CHUNK_SIZE / BLOCK_SIZE
          const charged = new Set(blocks.flatMap((block) => upTo(block, perChunk)))
          let left = free
          let room = 0
          for (; room < count; room++) {
            const position = from + room
            if (room > 0 && position % BLOCK_SIZE !== 0) continue
            const missing = upTo(Math.floor(position / BLOCK_SIZE), perChunk).filter((block) => !charged.has(block))
            if (missing.length > left) break
            left -= missing.length
            for (const block of missing) charged.add(block)
          }
          expect(data.room(from, count, free)).toBe(room)
        },
      ),
    )
  })
})

describe('nextData()', () => {
  it('skips holes by chunks and gives the size where nothing is left', () => {
    const data = new FileData()
    const edition = new Edition()
    data.write(edition, 10 * CHUNK_SIZE + 5, Uint8Array.of(1), 0, 1)
    expect(data.nextData(0)).toBe(10 * CHUNK_SIZE)
    expect(data.nextData(10 * CHUNK_SIZE + 3)).toBe(10 * CHUNK_SIZE + 3)
    data.truncate(edition, 20 * CHUNK_SIZE)
    expect(data.nextData(11 * CHUNK_SIZE)).toBe(20 * CHUNK_SIZE)
  })
})

describe('isSame()', () => {
  it('is true of copies until one is written, cut, grown or allocated, and of two holes of one size', () => {
    const data = new FileData()
    data.write(new Edition(), 0, new Uint8Array(10).fill(1), 0, 10)
    const changes: ((copy: FileData) => void)[] = [
      (copy) => copy.write(new Edition(), 3, new Uint8Array([1]), 0, 1),
      (copy) => copy.truncate(new Edition(), 9),
      (copy) => copy.truncate(new Edition(), 11),
      (copy) => copy.allocate(new Edition(), 5000, 1),
    ]
    for (const change of changes) {
      const copy = data.clone()
      expect([copy.isSame(data), data.isSame(copy)]).toEqual([true, true])
      change(copy)
      expect([copy.isSame(data), data.isSame(copy)]).toEqual([false, false])
    }
    const holes = [new FileData(), new FileData(), new FileData()] as const
    holes[0].truncate(new Edition(), 5)
    holes[1].truncate(new Edition(), 5)
    expect(holes[0].isSame(holes[1])).toBe(true)
    expect(holes[0].isSame(holes[2])).toBe(false)
  })
})

describe('nextHole()', () => {
  it('is where the written blocks end, the offset itself in a hole, and the size at the end', () => {
    const data = new FileData()
    const edition = new Edition()
    data.write(edition, CHUNK_SIZE + 10, new Uint8Array([1]), 0, 1)
    data.truncate(edition, 3 * CHUNK_SIZE)
    expect([0, 5, CHUNK_SIZE - 1].map((at) => data.nextHole(at))).toEqual([0, 5, CHUNK_SIZE - 1])
    expect(data.nextHole(CHUNK_SIZE)).toBe(CHUNK_SIZE + BLOCK_SIZE)
    expect(data.nextHole(CHUNK_SIZE + BLOCK_SIZE + 7)).toBe(CHUNK_SIZE + BLOCK_SIZE + 7)
    data.write(edition, 2 * CHUNK_SIZE - 1, new Uint8Array([1]), 0, 1)
    expect(data.nextHole(CHUNK_SIZE)).toBe(2 * CHUNK_SIZE)
    data.allocate(edition, 2 * CHUNK_SIZE, CHUNK_SIZE)
    expect(data.nextHole(CHUNK_SIZE)).toBe(3 * CHUNK_SIZE)
    expect(data.nextHole(3 * CHUNK_SIZE)).toBe(3 * CHUNK_SIZE)
  })
})
