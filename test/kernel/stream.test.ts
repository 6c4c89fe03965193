/** The host's ends of the standard streams. */

import { describe, expect, it } from 'vitest'
import { Input, Output } from '../../kernel/stream.ts'
import { decodeUtf8, encodeUtf8 } from '../../vfs/bytes.ts'
import { fc } from '../support/property.ts'

const chunksOf = (...texts: string[]): Uint8Array[] => texts.map(encodeUtf8)

function readAll(input: Input, size: number): string[] {
  const parts: string[] = []
  for (;;) {
    const target = new Uint8Array(size + 2).fill(0x2e)
    const count = input.read(target, 1, size)
    expect([target[0], ...target.subarray(1 + count)]).toEqual(new Array(size + 2 - count).fill(0x2e))
    if (count === 0) return parts
    parts.push(decodeUtf8(target.subarray(1, 1 + count)))
  }
}

describe('Input', () => {
  it('gives the chunks, at most to the end of one, and skips empty ones', () => {
    expect(readAll(new Input(chunksOf('abc', '', 'd', '')), 2)).toEqual(['ab', 'c', 'd'])
    expect(readAll(new Input(chunksOf('abc', 'd')), 100)).toEqual(['abc', 'd'])
    expect(readAll(new Input([]), 5)).toEqual([])
  })

  it('pulls a chunk only when it is read, and none after the end', () => {
    const log: string[] = []
    function* pull(): Generator<Uint8Array> {
      for (const text of ['one', 'two']) {
        log.push(text)
        yield encodeUtf8(text)
      }
      log.push('end')
    }
    const input = new Input(pull())
    const target = new Uint8Array(3)
    expect(log).toEqual([])
    expect(input.read(target, 0, 0)).toBe(0)
    expect(log).toEqual([])
    input.read(target, 0, 3)
    expect(log).toEqual(['one'])
    expect(input.available()).toBe(3)
    expect(log).toEqual(['one', 'two'])
    input.read(target, 0, 1)
    expect(input.available()).toBe(2)
    input.read(target, 0, 3)
    expect(input.read(target, 0, 3)).toBe(0)
    expect(input.read(target, 0, 3)).toBe(0)
    expect(input.available()).toBe(0)
    expect(log).toEqual(['one', 'two', 'end'])
  })

  it('passes on what its source throws', () => {
    const input = new Input({
      [Symbol.iterator]: () => ({
        next: () => {
          throw new RangeError('no more')
        },
      }),
    })
    expect(() => input.available()).toThrow('no more')
  })
})

describe('Output', () => {
  it('keeps all bytes in order, whatever the sizes of the writes', () => {
    const writes = fc.array(fc.oneof(fc.nat(20), fc.nat(3000), fc.constant(70_000)), { maxLength: 40 })
    fc.assert(
      fc.property(writes, (lengths) => {
        const seen: Uint8Array[] = []
        const output = new Output((bytes) => seen.push(bytes))
        const all: Uint8Array[] = []
        let next = 0
        for (const length of lengths) {
          const source = new Uint8Array(length + 2).fill(0xee)
          for (let i = 1; i <= length; i++) source[i] = next++ % 251
          output.write(source, 1, length)
          all.push(source.slice(1, 1 + length))
          source.fill(0)
        }
        expect(output.size).toBe(next)
        expect(Buffer.compare(output.toBytes(), Buffer.concat(all))).toBe(0)
        expect(seen.map((bytes) => bytes.length)).toEqual(lengths)
        expect(Buffer.compare(Buffer.concat(seen), Buffer.concat(all))).toBe(0)
      }),
      { numRuns: 50 },
    )
  })

  it('gives copies: what a sink or a reader of the bytes does to them changes nothing', () => {
    const output = new Output((bytes) => bytes.fill(0))
    output.write(encodeUtf8('abc'), 0, 3)
    output.toBytes().fill(0)
    expect(decodeUtf8(output.toBytes())).toBe('abc')
    output.write(encodeUtf8('def'), 0, 3)
    expect(decodeUtf8(output.toBytes())).toBe('abcdef')
  })
})
