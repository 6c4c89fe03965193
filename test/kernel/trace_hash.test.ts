/** The trace digest does not depend on how bytes lie in memory, and depends on everything else. */

import { describe, expect, it } from 'vitest'
import { TraceHash } from '../../kernel/trace_hash.ts'
import { fc } from '../support/property.ts'

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length)
}

function digestOf(bytes: Uint8Array, start = 0, length = bytes.length - start): string {
  const hash = new TraceHash()
  hash.bytes(viewOf(bytes), start, length)
  return hash.digest()
}

/** `bytes` at each alignment, in memory that is shared or not. */
function placed(bytes: Uint8Array, offset: number, shared: boolean): Uint8Array {
  const buffer = shared ? new SharedArrayBuffer(bytes.length + 16) : new ArrayBuffer(bytes.length + 16)
  const view = new Uint8Array(buffer, offset, bytes.length)
  view.set(bytes)
  return view
}

describe('TraceHash', () => {
  it('says 128 bits as 32 hexadecimal digits, and goes on after it was asked', () => {
    const hash = new TraceHash()
    const before = hash.digest()
    expect(before).toMatch(/^[0-9a-f]{32}$/)
    expect(hash.digest()).toBe(before)
    hash.words(1, 2, 3, 4)
    expect(hash.digest()).not.toBe(before)
    const other = new TraceHash()
    other.words(1, 2, 3, 4)
    expect(other.digest()).toBe(hash.digest())
  })

  it('is the same whatever the alignment, the start, and whether the memory is shared', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2500 }), fc.nat(7), fc.boolean(), (bytes, offset, shared) => {
        const view = placed(bytes, offset, shared)
        expect(digestOf(view)).toBe(digestOf(bytes))
        const whole = new Uint8Array(view.buffer)
        expect(digestOf(whole, offset, bytes.length)).toBe(digestOf(bytes))
      }),
    )
  })

  it.each([0, 1, 15, 16, 17, 31, 1023, 1024, 1025, 1087, 1088, 1089, 4096])(
    'agrees at every alignment for %i bytes',
    (length) => {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) & 0xff)
      const digests = [0, 1, 2, 3, 4, 5].map((offset) => digestOf(placed(bytes, offset, false)))
      expect(new Set(digests).size).toBe(1)
    },
  )

  it.each([150, 1200])('changes with any one bit of %i bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i)
    const seen = new Set([digestOf(bytes)])
    for (let i = 0; i < bytes.length * 8; i++) {
      const flipped = bytes.slice()
      flipped[i >> 3] = (flipped[i >> 3] as number) ^ (1 << (i & 7))
      seen.add(digestOf(flipped))
    }
    expect(seen.size).toBe(1 + bytes.length * 8)
  })

  it('tells lengths apart, and where one piece of bytes ends and the next begins', () => {
    const zeros = new Uint8Array(1200)
    expect(new Set(Array.from({ length: 1200 }, (_, length) => digestOf(zeros, 0, length))).size).toBe(1200)
    const split = (at: number): string => {
      const hash = new TraceHash()
      hash.bytes(viewOf(zeros), 0, at)
      hash.bytes(viewOf(zeros), at, 64 - at)
      return hash.digest()
    }
    expect(new Set(Array.from({ length: 65 }, (_, at) => split(at))).size).toBe(65)
  })

  it('depends on the order of words, and on words of nothing but zeros', () => {
    const digests = [
      [[0, 0, 0, 0]],
      [
        [0, 0, 0, 0],
        [0, 0, 0, 0],
      ],
      [
        [1, 0, 0, 0],
        [0, 0, 0, 0],
      ],
      [
        [0, 0, 0, 0],
        [1, 0, 0, 0],
      ],
      [
        [0, 1, 0, 0],
        [0, 0, 0, 0],
      ],
    ].map((rounds) => {
      const hash = new TraceHash()
      for (const [a, b, c, d] of rounds as [number, number, number, number][]) hash.words(a, b, c, d)
      return hash.digest()
    })
    expect(new Set(digests).size).toBe(digests.length)
  })

  it('absorbs words of an array as it does words one by one', () => {
    for (const count of [0, 4, 8, 32]) {
      const words = Int32Array.from({ length: 36 }, (_, i) => i * 0x1234567)
      const [atOnce, byFour] = [new TraceHash(), new TraceHash()]
      atOnce.absorb(words, count)
      for (let i = 0; i < count; i += 4) {
        byFour.words(words[i] as number, words[i + 1] as number, words[i + 2] as number, words[i + 3] as number)
      }
      expect(atOnce.digest()).toBe(byFour.digest())
    }
  })

  it('takes words modulo 2^32, so that signed and unsigned ones are the same', () => {
    const signed = new TraceHash()
    signed.words(-1, -2, -(2 ** 31), 0)
    const unsigned = new TraceHash()
    unsigned.words(2 ** 32 - 1, 2 ** 32 - 2, 2 ** 31, 0)
    expect(signed.digest()).toBe(unsigned.digest())
  })

  it('is the same function for ever: recordings lean on it', () => {
    const hash = new TraceHash()
    hash.words(1, 2, 3, 4)
    const bytes = viewOf(Uint8Array.from({ length: 5000 }, (_, i) => i & 0xff))
    hash.bytes(bytes, 3, 777)
    hash.bytes(bytes, 3, 4321)
    expect(hash.digest()).toMatchInlineSnapshot(`"4f22f63467d96f0be7968cc065ebb3d4"`)
  })
})
