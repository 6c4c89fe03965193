/** The trace digest does not depend on how bytes lie in memory, nor on when it is asked for, and on everything else. */

import { describe, expect, it } from 'vitest'
import { BUFFER_WORDS, CallHashes, SMALL_WORDS, STRIPED_FROM, TraceBuffer, TraceHash } from '../../kernel/trace_hash.ts'
import { KernelBug } from '../../vfs/bug.ts'
import { fc } from '../support/property.ts'

const STRIPE = 256

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length)
}

/** One buffer for all, as in a run. */
const shared = new TraceBuffer()

function digestOf(bytes: Uint8Array, start = 0, length = bytes.length - start): string {
  const hash = new TraceHash(shared)
  hash.bytes(viewOf(bytes), start, length)
  hash.seal()
  return hash.digest()
}

/** `bytes` at each alignment, in memory that is shared or not. */
function placed(bytes: Uint8Array, offset: number, isShared: boolean): Uint8Array {
  const buffer = isShared ? new SharedArrayBuffer(bytes.length + 16) : new ArrayBuffer(bytes.length + 16)
  const view = new Uint8Array(buffer, offset, bytes.length)
  view.set(bytes)
  return view
}

function flipped(bytes: Uint8Array, ...bits: readonly number[]): Uint8Array {
  const copy = bytes.slice()
  for (const bit of bits) copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7))
  return copy
}

function noise(length: number, salt = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Math.imul(i ^ Math.imul(salt, 0x85ebca6b), 0x9e3779b1) >>> 23)
}

/** Something that a run does: a call with its words, a piece of bytes, an end. */
interface Step {
  readonly call: readonly number[]
  readonly pieces: readonly Uint8Array[]
  readonly end: readonly number[]
}

function absorb(hash: TraceHash, { call: [number = 0, ...words], pieces, end }: Step, between: () => void): void {
  hash.call(number, Int32Array.from(words), words.length)
  between()
  for (const piece of pieces) {
    hash.bytes(viewOf(piece), 0, piece.length)
    between()
  }
  hash.end(Int32Array.from([9, ...end]), 1, 1 + end.length)
  between()
}

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.nat(1300).map((length) => noise(length)),
  fc.tuple(fc.nat(40_000), fc.nat(3)).map(([length, salt]) => noise(length, salt)),
)
const step: fc.Arbitrary<Step> = fc.record({
  call: fc.array(fc.integer(), { minLength: 1, maxLength: 12 }),
  pieces: fc.array(piece, { maxLength: 3 }),
  end: fc.array(fc.integer(), { minLength: 1, maxLength: 17 }),
})
const steps = fc.array(step, { maxLength: 12 })

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
      fc.property(piece, fc.nat(7), fc.boolean(), (bytes, offset, isShared) => {
        const view = placed(bytes, offset, isShared)
        expect(digestOf(view)).toBe(digestOf(bytes))
        const whole = new Uint8Array(view.buffer)
        expect(digestOf(whole, offset, bytes.length)).toBe(digestOf(bytes))
      }),
    )
  })

  it.each([0, 1, 3, 4, 5, 15, 16, 191, 192, 193, 197, 1023, 1024, 1025, 1279, 1280, 1281, 4096, 40_000])(
    'agrees at every alignment for %i bytes',
    (length) => {
      const bytes = noise(length)
      const digests = [0, 1, 2, 3, 4, 5].map((offset) => digestOf(placed(bytes, offset, false)))
      expect(new Set(digests).size).toBe(1)
    },
  )

  it('does not depend on where the buffer was hashed in between, or asked for', () => {
    fc.assert(
      fc.property(steps, fc.nat(3), (run, often) => {
        const plain = new TraceHash()
        for (const each of run) absorb(plain, each, () => {})
        const asked = new TraceHash()
        let count = 0
        for (const each of run) absorb(asked, each, () => count++ % (often + 1) === 0 && asked.digest())
        expect(asked.digest()).toBe(plain.digest())
        const small = new TraceHash(new TraceBuffer(new Int32Array(SMALL_WORDS)))
        for (const each of run) absorb(small, each, () => {})
        expect(small.digest()).toBe(plain.digest())
      }),
    )
  })

  it('does not depend on what else is hashed by way of the same buffer, in the middle of a call too', () => {
    fc.assert(
      fc.property(steps, steps, fc.array(fc.boolean(), { minLength: 1 }), (one, other, turns) => {
        const alone = [one, other].map((run) => {
          const hash = new TraceHash()
          for (const each of run) absorb(hash, each, () => {})
          return hash.digest()
        })
        const buffer = new TraceBuffer()
        const [first, second] = [new TraceHash(buffer), new TraceHash(buffer)]
        const rest = [...other]
        let turn = 0
        const between = (): void => {
          const next = turns[turn++ % turns.length] === true ? rest.shift() : undefined
          if (next !== undefined) absorb(second, next, () => {})
        }
        for (const each of one) absorb(first, each, between)
        for (const each of rest) absorb(second, each, () => {})
        expect([first.digest(), second.digest()]).toEqual(alone)
      }),
    )
  })

  it('keeps nothing in the buffer once it is sealed, says the same, and takes no more', () => {
    const buffer = new TraceBuffer()
    const hash = new TraceHash(buffer)
    hash.words(1, 2, 3, 4)
    const digest = hash.digest()
    hash.seal()
    expect(buffer.owner).toBeUndefined()
    const next = new TraceHash(buffer)
    next.words(5, 6, 7, 8)
    hash.seal()
    expect(buffer.owner).toBe(next)
    expect(hash.digest()).toBe(digest)
    expect(() => hash.words(1, 2, 3, 4)).toThrow(KernelBug)
  })

  it.each([150, 1200, 2100])('changes with any one bit of %i bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i)
    const seen = new Set([digestOf(bytes)])
    for (let bit = 0; bit < length * 8; bit++) seen.add(digestOf(flipped(bytes, bit)))
    expect(seen.size).toBe(1 + length * 8)
  })

  it('changes with one bit of any bytes, and half of the digest with it', () => {
    let [changed, runs] = [0, 0]
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.nat(), fc.nat(), (length, at, salt) => {
        const bytes = noise(length, salt)
        const [before, after] = [bytes, flipped(bytes, at % (8 * length))].map((each) => BigInt(`0x${digestOf(each)}`))
        expect(after).not.toBe(before)
        const differing = ((before as bigint) ^ (after as bigint)).toString(2)
        changed += differing.replaceAll('0', '').length
        runs++
      }),
      { numRuns: 500 },
    )
    expect(changed / runs).toBeGreaterThan(62)
    expect(changed / runs).toBeLessThan(66)
  })

  it('takes no two changes of a bit for each other, wherever in four stripes', () => {
    for (const bytes of [new Uint8Array(4 * STRIPE), noise(4 * STRIPE)]) {
      const seen = new Set([digestOf(bytes)])
      for (let bit = 0; bit < 8 * bytes.length; bit++) seen.add(digestOf(flipped(bytes, bit)))
      expect(seen.size).toBe(1 + 8 * bytes.length)
    }
  })

  it('changes with any two highest bits of bytes, which are the weakest', () => {
    const bytes = noise(4 * STRIPE)
    const before = digestOf(bytes)
    const bits = Array.from({ length: STRIPE }, (_, byte) => 8 * (STRIPE + byte) + 7)
    const same = bits.flatMap((one, i) =>
      [...bits.slice(i + 1), ...bits.map((bit) => bit + 8 * STRIPE)]
        .filter((other) => digestOf(flipped(bytes, one, other)) === before)
        .map((other) => [one, other]),
    )
    expect(same).toEqual([])
  })

  it('tells stripes, vectors and words in another order apart', () => {
    const bytes = noise(8 * STRIPE)
    const swapped = (unit: number, one: number, other: number): Uint8Array => {
      const copy = bytes.slice()
      copy.set(bytes.subarray(one * unit, (one + 1) * unit), other * unit)
      copy.set(bytes.subarray(other * unit, (other + 1) * unit), one * unit)
      return copy
    }
    const seen = new Set([digestOf(bytes)])
    let count = 1
    for (const unit of [STRIPE, 16, 4]) {
      for (let one = 0; one < 32 && one < bytes.length / unit; one++) {
        for (let other = one + 1; other < 32 && other < bytes.length / unit; other++, count++) {
          seen.add(digestOf(swapped(unit, one, other)))
        }
      }
    }
    expect(seen.size).toBe(count)
  })

  it('tells lengths apart, and where one piece of bytes ends and the next begins', () => {
    const zeros = new Uint8Array(2400)
    expect(new Set(Array.from({ length: 2400 }, (_, length) => digestOf(zeros, 0, length))).size).toBe(2400)
    const split = (at: number, total: number): string => {
      const hash = new TraceHash()
      hash.bytes(viewOf(zeros), 0, at)
      hash.bytes(viewOf(zeros), at, total - at)
      return hash.digest()
    }
    for (const total of [64, 2400]) {
      expect(new Set(Array.from({ length: total + 1 }, (_, at) => split(at, total))).size).toBe(total + 1)
    }
  })

  it('hashes what a long piece is hashed to, not only its rest', () => {
    expect(digestOf(new Uint8Array(STRIPED_FROM))).not.toBe(digestOf(new Uint8Array(STRIPED_FROM).fill(1)))
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
    for (let i = 0; i < BUFFER_WORDS; i += 4) hash.words(i, i + 1, i + 2, i + 3)
    expect(hash.digest()).toMatchInlineSnapshot(`"53d4cbd3a0747bea8e890c05770d856d"`)
  })
})

describe('CallHashes', () => {
  it('says of all calls what TraceHash says, and of each by itself what depends on nothing but that call', () => {
    fc.assert(
      fc.property(steps, (run) => {
        const buffer = new TraceBuffer()
        const [hashes, plain, again] = [new CallHashes(buffer), new TraceHash(), new CallHashes()]
        for (const each of run) {
          absorb(hashes, each, () => {})
          absorb(plain, each, () => {})
        }
        for (const each of [...run].reverse()) absorb(again, each, () => {})
        expect(hashes.digest()).toBe(plain.digest())
        expect(hashes.calls).toHaveLength(run.length)
        expect([...again.calls].reverse()).toEqual(hashes.calls)
        expect(new Set(hashes.calls).size).toBe(new Set(run.map((each) => JSON.stringify(each))).size)
      }),
    )
  })
})
