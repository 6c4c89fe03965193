/** Checked views: bounds, growth, sharing, byte strings. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GuestMemory } from '../../../src/abi/memory.ts'
import type { ByteString } from '../../../vfs/bytes.ts'

const PAGE = 65_536
const own = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1, maximum: 16 })
const shared = (): WebAssembly.Memory => new WebAssembly.Memory({ initial: 1, maximum: 16, shared: true })
const KINDS = [
  ['a memory', own],
  ['a shared memory', shared],
] as const

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

describe.each(KINDS)('GuestMemory on %s', (_, make) => {
  it('covers exactly the bytes of the memory, without wrapping', () => {
    const memory = new GuestMemory(make())
    expect(memory.covers(0, PAGE)).toBe(true)
    expect(memory.covers(PAGE - 1, 1)).toBe(true)
    expect(memory.covers(PAGE, 0)).toBe(true)
    expect(memory.covers(PAGE, 1)).toBe(false)
    expect(memory.covers(PAGE + 1, 0)).toBe(false)
    expect(memory.covers(1, PAGE)).toBe(false)
    expect(memory.covers(0xffff_ffff, 0)).toBe(false)
    expect(memory.covers(0xffff_ffff, 1)).toBe(false)
    expect(memory.covers(0xffff_fff0, 0x20)).toBe(false)
    expect(memory.covers(8, 0xffff_fff8)).toBe(false)
  })

  it('sees the memory after it grew, and what was written before', () => {
    const wasm = make()
    const memory = new GuestMemory(wasm)
    memory.writeU32(100, 0xdead_beef)
    wasm.grow(1)
    expect(memory.covers(100, 4)).toBe(true)
    expect(memory.readU32(100)).toBe(0xdead_beef)
    expect(memory.covers(PAGE, PAGE)).toBe(true)
    expect(memory.covers(PAGE, PAGE + 1)).toBe(false)
    memory.writeU32(2 * PAGE - 4, 7)
    expect(new DataView(wasm.buffer).getUint32(2 * PAGE - 4, true)).toBe(7)
  })

  it('keeps its views while nothing grows', () => {
    const memory = new GuestMemory(make())
    const { u8, view } = memory
    expect(memory.covers(0, 10)).toBe(true)
    expect(memory.covers(PAGE, 10)).toBe(false)
    expect(memory.u8).toBe(u8)
    expect(memory.view).toBe(view)
  })

  it('reads and writes little-endian at any alignment', () => {
    const memory = new GuestMemory(make())
    memory.writeU64(3, 0x0403_0201, -1)
    expect([...memory.copyOut(2, 10)]).toEqual([0, 1, 2, 3, 4, 255, 255, 255, 255, 0])
    expect(memory.readU8(3)).toBe(1)
    expect(memory.readU16(3)).toBe(0x0201)
    expect(memory.readU32(7)).toBe(0xffff_ffff)
    memory.writeU8(3, 0x1ff)
    memory.writeU16(4, 0x1_aabb)
    memory.writeU32(6, -2)
    expect([...memory.copyOut(2, 10)]).toEqual([0, 255, 0xbb, 0xaa, 254, 255, 255, 255, 255, 0])
  })

  it('fills and copies in exactly the bytes asked for', () => {
    const memory = new GuestMemory(make())
    memory.fill(10, 3, 9)
    memory.copyIn(20, Uint8Array.of(1, 2))
    expect([...memory.copyOut(9, 14)]).toEqual([0, 9, 9, 9, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0])
  })

  it('copies out to memory that the guest does not share', () => {
    const memory = new GuestMemory(make())
    memory.fill(0, 4, 1)
    const copy = memory.copyOut(0, 4)
    memory.fill(0, 4, 2)
    expect([...copy]).toEqual([1, 1, 1, 1])
    expect(copy.buffer).toBeInstanceOf(ArrayBuffer)
    expect(copy.buffer.byteLength).toBe(4)
  })

  it('reads byte strings of any length and bytes, again and again', () => {
    const memory = new GuestMemory(make())
    // Few different bytes make strings that differ little; both orders of reads must give what is there now.
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.array(fc.constantFrom(0, 97, 98, 255), { maxLength: 70 }).map((array) => Uint8Array.from(array)),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(bytes, fc.nat(40)), { maxLength: 6 }), (parts) => {
        for (const [part, ptr] of [...parts, ...parts]) {
          memory.copyIn(ptr, part)
          expect(memory.readByteString(ptr, part.length)).toBe(latin1(part))
        }
      }),
    )
  })

  it.each([0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 4095, 4096, 4097, 20_000])(
    'reads byte strings of %i bytes',
    (length) => {
      const memory = new GuestMemory(make())
      const bytes = Uint8Array.from({ length }, (_value, index) => (index * 7 + 128) & 255)
      memory.copyIn(PAGE - length, bytes)
      expect(memory.readByteString(PAGE - length, length)).toBe(latin1(bytes))
      expect(memory.readByteString(PAGE - length, length)).toBe(latin1(bytes))
    },
  )

  it('tells apart strings that differ in one byte, wherever it is', () => {
    const memory = new GuestMemory(make())
    for (let length = 1; length <= 64; length++) {
      const bytes = new Uint8Array(length).fill(120)
      for (let at = 0; at < length; at++) {
        memory.copyIn(1, bytes)
        memory.readByteString(1, length)
        const other = bytes.with(at, 121)
        memory.copyIn(1, other)
        expect(memory.readByteString(1, length)).toBe(latin1(other))
      }
    }
  })

  it('writes byte strings', () => {
    const memory = new GuestMemory(make())
    memory.fill(0, 10, 7)
    memory.writeByteString(2, 'a\xff\0' as ByteString)
    expect([...memory.copyOut(0, 7)]).toEqual([7, 7, 97, 255, 0, 7, 7])
  })
})

describe('GuestMemory without a memory', () => {
  it('covers no byte until one is attached', () => {
    const memory = new GuestMemory()
    expect(memory.covers(0, 1)).toBe(false)
    expect(memory.covers(0, 0)).toBe(true)
    memory.attach(own())
    expect(memory.covers(0, PAGE)).toBe(true)
  })

  it('looks at the memory attached last', () => {
    const [first, second] = [own(), own()]
    const memory = new GuestMemory(first)
    memory.attach(second)
    memory.writeU8(0, 1)
    first.grow(3)
    expect(new Uint8Array(second.buffer)[0]).toBe(1)
    expect(memory.covers(PAGE, 1)).toBe(false)
  })
})

describe('GuestMemory on a memory that became large', () => {
  it('does not wrap at 2^31', () => {
    const wasm = new WebAssembly.Memory({ initial: 1 })
    const memory = new GuestMemory(wasm)
    wasm.grow(32_768)
    expect(memory.covers(2 ** 31, PAGE)).toBe(true)
    expect(memory.covers(2 ** 31, PAGE + 1)).toBe(false)
    memory.writeU32(2 ** 31 + 8, 5)
    expect(memory.readU32(2 ** 31 + 8)).toBe(5)
  })
})
