/** The trace digest is the same whether a wasm module computes its stripes or JavaScript does. */

import { describe, expect, it } from 'vitest'
import { STRIPED_FROM, TraceHash } from '../../../kernel/trace_hash.ts'
import { stripesOf } from '../../../src/hostcall/stripes.ts'
import { fc } from '../../support/property.ts'

function digestOf(memory: WebAssembly.Memory, start: number, length: number, fast: boolean): string {
  const hash = new TraceHash()
  hash.words(1, 2, 3, 4)
  const stripes = fast ? stripesOf(memory, { hash }) : undefined
  if (fast) expect(stripes).toBeTypeOf('function')
  hash.bytes(new DataView(memory.buffer), start, length, stripes)
  return hash.digest()
}

describe('stripesOf()', () => {
  it('absorbs what TraceHash does, at any start and length, also at the end of memory', () => {
    const memory = new WebAssembly.Memory({ initial: 1 })
    const bytes = new Uint8Array(memory.buffer)
    const place = fc.tuple(fc.nat(bytes.length - STRIPED_FROM), fc.nat(), fc.nat())
    fc.assert(
      fc.property(place, ([start, extra, salt]) => {
        for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul(i ^ salt, 0x9e3779b1) >>> 13
        const length = STRIPED_FROM + (extra % (bytes.length - STRIPED_FROM - start + 1))
        expect(digestOf(memory, start, length, true)).toBe(digestOf(memory, start, length, false))
        const last = bytes.length - length
        expect(digestOf(memory, last, length, true)).toBe(digestOf(memory, last, length, false))
      }),
      { numRuns: 50 },
    )
  })

  it('works on a memory that has grown since', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 3 })
    const hash = new TraceHash()
    const stripes = stripesOf(memory, { hash })
    memory.grow(2)
    new Uint8Array(memory.buffer).fill(7)
    hash.bytes(new DataView(memory.buffer), 65_000, 70_000, stripes)
    const plain = new TraceHash()
    plain.bytes(new DataView(memory.buffer), 65_000, 70_000)
    expect(hash.digest()).toBe(plain.digest())
  })

  it('gives nothing for a memory that the module cannot import, so that JavaScript does it', () => {
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    expect(stripesOf(shared, { hash: new TraceHash() })).toBeUndefined()
  })
})
