/** A memory's image: what is put into a memory of zeros is the memory that it was made of. */

import { describe, expect, it } from 'vitest'
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
