import { describe, expect, it } from 'vitest'
import { FileData } from '../../vfs/file_data.ts'
import { BLOCK_SIZE, CHUNK_SIZE, FILE_SIZE_MAX } from '../../vfs/limits.ts'
import { Edition } from '../../vfs/persistent_array.ts'
import { fc } from '../support/property.ts'

const LIMIT = 4 * CHUNK_SIZE
/** Offsets and lengths that meet the edges of blocks and chunks. */
const edge = fc.constantFrom(0, 1, 63, 64, 65, 4095, 4096, 4097, 8192, 32_767, 32_768, 32_769, 65_536, 98_304)
const offset = fc.oneof(edge, fc.nat({ max: LIMIT - CHUNK_SIZE - 1 }))
const length = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom(4096, 5000, 32_768))

/** Bytes as they must be, and which blocks must be charged. */
class Model {
  bytes = new Uint8Array(LIMIT)
  size = 0
  blocks = new Set<number>()

  clone(): Model {
    const copy = new Model()
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

const step: fc.Arbitrary<Step> = fc.oneof(
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

describe('FileData', () => {
  it('holds the bytes that were written, of every copy its own, and counts its blocks', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30, size: 'max' }), (steps) => {
        const sides: Side[] = [{ data: new FileData(), edition: new Edition(), model: new Model() }]
        let value = 0
        for (const each of steps) {
          const side = sides[each.side % sides.length] as Side
          const { data, edition, model } = side
          switch (each.do) {
            case 'write': {
              const source = new Uint8Array(each.length + 2).fill((++value % 255) + 1)
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
              side.edition = new Edition()
              sides.push({ data: data.clone(), edition: new Edition(), model: model.clone() })
              break
          }
        }
        sides.forEach(expectSame)
        for (const one of sides) for (const other of sides) expectIsSame(one, other)
      }),
      { numRuns: 200 },
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
