/** The trace digest is the same whether a wasm module computes its stripes or JavaScript does. */

import { describe, expect, it } from 'vitest'
import { STRIPED_FROM, TraceBuffer, TraceHash } from '../../../kernel/trace_hash.ts'
import { newTraceBuffer, stripesOf, traceBuffer } from '../../../src/hostcall/stripes.ts'
import { fc } from '../../support/property.ts'

function digestOf(memory: WebAssembly.Memory, start: number, length: number, fast: boolean): string {
  const hash = new TraceHash()
  hash.words(1, 2, 3, 4)
  const stripes = fast ? stripesOf(memory, hash.buffer) : undefined
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
    const stripes = stripesOf(memory, hash.buffer)
    memory.grow(2)
    new Uint8Array(memory.buffer).fill(7)
    hash.bytes(new DataView(memory.buffer), 65_000, 70_000, stripes)
    const plain = new TraceHash()
    plain.bytes(new DataView(memory.buffer), 65_000, 70_000)
    expect(hash.digest()).toBe(plain.digest())
  })

  it('gives nothing for a memory that the module cannot import, so that the bytes are copied', () => {
    const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })
    expect(stripesOf(shared, new TraceBuffer())).toBeUndefined()
  })
})

describe('newTraceBuffer()', () => {
  it('hashes what a buffer without wasm does, before and after it is made', () => {
    const [fast, slow] = [newTraceBuffer(), new TraceBuffer()].map((buffer) => new TraceHash(buffer)) as [
      TraceHash,
      TraceHash,
    ]
    const bytes = new DataView(Uint8Array.from({ length: 30_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 21).buffer)
    // 1.2 MB: twice what is hashed in JavaScript first.
    for (let i = 0; i < 80; i++) {
      for (const hash of [fast, slow]) {
        for (let word = 0; word < 1000; word += 4) hash.words(word, i, word ^ i, word + i)
        hash.bytes(bytes, i, 10_000 + 139 * i)
        hash.bytes(bytes, i, 7 * i)
      }
      expect(fast.digest()).toBe(slow.digest())
    }
  })

  it('is asked for a faster way once, and only after so much that it pays', () => {
    let asked = 0
    const buffer = new TraceBuffer(undefined, () => {
      asked++
      return undefined
    })
    const hash = new TraceHash(buffer)
    const bytes = new DataView(new ArrayBuffer(100_000))
    hash.bytes(bytes, 0, 100_000)
    expect(asked).toBe(0)
    for (let i = 0; i < 20; i++) hash.bytes(bytes, 0, 100_000)
    expect(asked).toBe(1)
  })
})

describe('traceBuffer()', () => {
  it('is one for all', () => {
    expect(traceBuffer()).toBe(traceBuffer())
  })
})
