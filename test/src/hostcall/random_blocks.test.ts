/** Blocks of the stream that wasm made are those that JavaScript makes, however the reads are split. */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { Random } from '../../../kernel/random.ts'
import { newRandomBlocks } from '../../../src/hostcall/random_blocks.ts'
import { Machine } from '../../../src/index.ts'
import { fc } from '../../support/property.ts'
import { wasiWat } from '../../support/wasi_wat.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

const lengths = fc.array(fc.oneof(fc.nat(600), fc.nat(6000), fc.nat(70_000), fc.constant(512), fc.constant(2048)), {
  minLength: 1,
  maxLength: 12,
})

describe('randomBlocks()', () => {
  it('make the bytes that Random makes, and leave it where it would be', () => {
    const blocks = newRandomBlocks()
    if (blocks === undefined) throw new Error('this engine has SIMD')
    fc.assert(
      fc.property(fc.string(), lengths, fc.nat(5), (seed, sizes, start) => {
        const [plain, fast] = [new Random(seed, 1), new Random(seed, 1)]
        for (const size of sizes) {
          const [a, b] = [new Uint8Array(size + 8).fill(0xee), new Uint8Array(size + 8).fill(0xee)]
          plain.fill(a, start, size)
          fast.fill(b, start, size, blocks)
          expect(Buffer.compare(a, b)).toBe(0)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('keep copies of a stream and streams of one seed apart', () => {
    const blocks = newRandomBlocks()
    const [one, other] = [new Random('s'), new Random('s')]
    const take = (random: Random, fast: boolean): string => {
      const bytes = new Uint8Array(9000)
      random.fill(bytes, 0, bytes.length, fast ? blocks : undefined)
      return Buffer.from(bytes).toString('hex')
    }
    const first = take(one, true)
    const copy = one.clone()
    const second = take(one, true)
    expect([take(copy, true), take(other, false), take(other, false)]).toEqual([second, first, second])
    expect(take(new Random('s'), false)).toBe(first)
  })

  it('are not there where the engine cannot, and then a guest gets the same bytes', async () => {
    const module = new WebAssembly.Module(
      await wasiWat(`(memory (export "memory") 2)
        (func (export "_start") (drop (call $random_get (i32.const 1000) (i32.const 100001))))`),
    )
    const digest = (): string | undefined => new Machine({ seed: 7 }).run(module).traceDigest
    const fast = digest()
    vi.spyOn(Random.prototype, 'fill').mockImplementation(function (this: Random, target, start, length) {
      for (let at = 0; at < length; at += 100) fillPlain.call(this, target, start + at, Math.min(100, length - at))
    })
    expect(digest()).toBe(fast)
    const Native = WebAssembly.Module
    WebAssembly.Module = class extends Native {
      constructor() {
        super(new Uint8Array())
      }
    } as typeof WebAssembly.Module
    expect(newRandomBlocks()).toBeUndefined()
    WebAssembly.Module = Native
  })
})

const fillPlain = Random.prototype.fill
