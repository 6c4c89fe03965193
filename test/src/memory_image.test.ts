/** A memory's image: what is put into a memory of zeros is the memory that it was made of. */

import { describe, expect, it } from 'vitest'
import { granuleShift, SLACK } from '../../src/cpu/dirty.ts'
import { MemoryImage } from '../../src/memory_image.ts'
import { fc } from '../support/property.ts'

const SIZE = 65_536

describe('MemoryImage', () => {
  it('gives back every byte, wherever zeros are between those that are none', () => {
    const places = fc.array(
      fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 255 })),
    )
    fc.assert(
      fc.property(places, (filled) => {
        const memory = new Uint8Array(SIZE)
        for (const [at, length, byte] of filled) memory.fill(byte, at, at + length)
        const image = new MemoryImage(memory)
        const before = memory.slice()
        memory.fill(0)
        image.restore(memory)
        expect(Buffer.compare(memory, before)).toBe(0)
        expect(image.size).toBe(SIZE)
      }),
    )
  })

  it('gives back what was cleared, granule by granule, with the bytes after each that were cleared with it', () => {
    const places = fc.array(
      fc.tuple(fc.nat(4 * SIZE - 1), fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 255 })),
    )
    const half = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(places, fc.constantFrom(1, 2, 4), half, half, (filled, scale, low, high) => {
        const memory = new Uint8Array(scale * SIZE)
        for (const [at, length, byte] of filled) memory.fill(byte, at, at + length)
        const shift = granuleShift(memory.length)
        const image = new MemoryImage(memory, shift)
        const before = memory.slice()
        for (let granule = 0; granule < 64; granule++) {
          const isMarked = (granule < 32 ? low >>> granule : high >>> (granule - 32)) % 2 === 1
          if (isMarked) memory.fill(0, granule * 2 ** shift, (granule + 1) * 2 ** shift + SLACK)
        }
        image.restoreMarked(memory, low, high)
        expect(Buffer.compare(memory, before)).toBe(0)
      }),
    )
  })

  it('leaves alone what was not cleared', () => {
    const memory = new Uint8Array(SIZE).fill(3)
    const image = new MemoryImage(memory, granuleShift(SIZE))
    memory.fill(4)
    image.restoreMarked(memory, 0, 1 << 8)
    const back = [...memory.keys()].filter((at) => memory[at] === 3)
    expect([back[0], back.length]).toEqual([40 * 1024, 2 * 1024])
  })

  it('keeps what the memory was, whatever becomes of it', () => {
    const memory = new Uint8Array(SIZE)
    memory[0] = memory[SIZE - 1] = 5
    const image = new MemoryImage(memory)
    memory.fill(9)
    const other = new Uint8Array(SIZE)
    image.restore(other)
    expect([other[0], other[1], other[SIZE - 1]]).toEqual([5, 0, 5])
  })

  it('can be of no memory', () => {
    const image = new MemoryImage(new Uint8Array(0))
    expect(() => image.restore(new Uint8Array(0))).not.toThrow()
    expect(image.size).toBe(0)
  })
})
