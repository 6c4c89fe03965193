/** Seeded bytes: the same for the same seed, however the reads are split. */

import xor4096 from 'seedrandom/lib/xor4096.js'
import { describe, expect, it } from 'vitest'
import { Random } from '../../kernel/random.ts'
import { fc } from '../support/property.ts'
import { newKernel, newProcess } from './world.ts'

function take(random: Random, length: number): number[] {
  const target = new Uint8Array(length)
  random.fill(target, 0, length)
  return [...target]
}

describe('Random', () => {
  it('gives the same bytes however the reads are split', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.oneof(fc.nat(23), fc.nat(900)), { maxLength: 40 }), (seed, lengths) => {
        const split = new Random(seed)
        const total = lengths.reduce((sum, length) => sum + length, 0)
        expect(lengths.flatMap((length) => take(split, length))).toEqual(take(new Random(seed), total))
      }),
    )
  })

  it('is one stream for each process, though two of one seed go on by turns and others begin meanwhile', () => {
    const whole = take(new Random('turns'), 3000)
    const [one, two] = [new Random('turns'), new Random('turns')]
    const parts: [number[], number[]] = [[], []]
    for (let i = 0; i < 10; i++) {
      parts[0].push(...take(one, 300))
      for (let other = 0; other < 40; other++) take(new Random(`other ${i} ${other}`), 600)
      parts[1].push(...take(two, 300))
    }
    expect(parts).toEqual([whole, whole])
    expect(take(new Random('turns'), 3000)).toEqual(whole)
  })

  it('writes nothing before and after the bytes asked for', () => {
    for (let length = 0; length < 10; length++) {
      const target = new Uint8Array(16).fill(0xee)
      new Random('x').fill(target, 3, length)
      expect([...target.subarray(0, 3), ...target.subarray(3 + length)]).toEqual(new Array(16 - length).fill(0xee))
      expect([...target.subarray(3, 3 + length)]).toEqual(take(new Random('x'), length))
    }
  })

  it('is the stream of xor4096, low byte first', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (seed) => {
        const generator = xor4096(seed)
        const bytes = new DataView(Uint8Array.from(take(new Random(seed), 2400)).buffer)
        for (let at = 0; at < 2400; at += 4) expect(bytes.getInt32(at, true)).toBe(generator.int32())
      }),
      { numRuns: 30 },
    )
  })

  it('is the same stream for ever: these bytes are part of every recording', () => {
    expect(take(new Random('seed\x001'), 16)).toEqual([
      122, 137, 47, 42, 162, 113, 129, 231, 27, 58, 29, 61, 122, 179, 117, 57,
    ])
  })

  it('gives other bytes to another seed and to another process', () => {
    const kernel = newKernel()
    const [one, two] = [newProcess(kernel), newProcess(kernel)]
    const bytes = [take(one.random, 16), take(two.random, 16), take(new Random('other\x001'), 16)]
    expect(new Set(bytes.map(String)).size).toBe(3)
    expect(take(newProcess(newKernel()).random, 16)).toEqual(bytes[0])
  })

  it('has every byte value about as often as any other', () => {
    const counts = new Array(256).fill(0)
    for (const byte of take(new Random('spread'), 256 * 400)) counts[byte]++
    expect(Math.min(...counts)).toBeGreaterThan(300)
    expect(Math.max(...counts)).toBeLessThan(500)
  })
})
