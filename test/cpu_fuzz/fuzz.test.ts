/**
 * A short run of `npm run fuzz:cpu` with fixed seeds, without binaryen, and canaries: rewriters with one deliberate
 * fault each, which the comparison has to catch.
 */

import { afterEach, describe, expect, it, vi } from 'vitest'
import { BodyWalker, Edit } from '../../src/cpu/body.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { MemoryImage } from '../../src/memory_image.ts'
import { fc } from '../support/property.ts'
import { Counts, checkGenerated, type Rewrite } from './checks.ts'
import { choicesOf } from './choices.ts'

const choices = fc.uint8Array({ minLength: 100, maxLength: 1200, size: 'max' })
/** Modules in which the canaries were caught, one or more each; where the generator has changed, others are tried. */
const KNOWN = [5, 1, 76, 18, 23]
const OTHERS = 400

/** What is said of the first module in which a fault is found. */
function caught(
  rewriter: Rewrite,
  indexes: readonly number[] = [...KNOWN, ...Array(OTHERS).keys()],
): string | undefined {
  for (const index of indexes) {
    try {
      checkGenerated(choicesOf(7, index, 150, 1500), { counts: new Counts(), rewrite: rewriter, tiers: false })
    } catch (error) {
      return (error as Error).message
    }
  }
  return undefined
}

describe('rewriting random modules', () => {
  it('keeps what they do, bit by bit, with each set of passes and in each tier of the engine', () => {
    const counts = new Counts()
    let index = 0
    fc.assert(
      fc.property(choices, (bytes) => checkGenerated(bytes, { counts, tiers: index++ % 10 === 0 })),
      { numRuns: 150 },
    )
    expect(counts.of.get('modules')).toBe(150)
    expect(counts.of.get('modules that were not valid')).toBeUndefined()
    // What was compared is not all traps, and there were NaNs that the engine does not make canonical itself.
    expect(counts.of.get('calls that returned')).toBeGreaterThan(150)
    expect(counts.of.get('compared: all once more on one instance')).toBeGreaterThan(50)
    expect(counts.of.get('plain modules that differ from canonical ones')).toBeGreaterThan(0)
  })

  it('gives the same bits after the same module was called 20,000 times', () => {
    const counts = new Counts()
    checkGenerated(choicesOf(8, 0, 150, 1500), { counts, tiers: false, warm: 20_000 })
    expect(counts.of.get('compared: all in another tier: warm')).toBe(1)
  })
})

describe('canaries', () => {
  afterEach(() => vi.restoreAllMocks())

  it('finds a rewriter that leaves NaNs as they are', () => {
    expect(caught((bytes, options) => rewrite(bytes, { ...options, nan: false }))).toMatch(/^nan/)
  })

  it('finds one whose canonical NaN has one bit more', () => {
    expect(
      caught((bytes, options) => {
        const out = rewrite(bytes, options)
        const nan = [0x43, 0x00, 0x00, 0xc0, 0x7f, 0x20]
        for (let at = 0; options.nan && at < out.length; at++)
          if (nan.every((byte, i) => out[at + i] === byte)) out[at + 1] = 1
        return out
      }),
    ).toMatch(/^nan/)
  })

  for (const kind of [
    'CANONICAL',
    'RETURN',
    'TAIL',
    'CAUGHT',
    'MEMORY_GROW',
    'TABLE_GROW',
    'RELAXED',
    'MARK',
  ] as const) {
    it(`finds one that leaves out the edits of kind ${kind}`, () => {
      const order = BodyWalker.prototype.order
      vi.spyOn(BodyWalker.prototype, 'order').mockImplementation(function (this: BodyWalker) {
        return order.call(this).filter((edit) => this.editKind[edit] !== Edit[kind])
      })
      expect(caught(rewrite)).toBeDefined()
    })
  }

  /** A rewriter whose output is changed after the last place where `part` is. */
  const altered =
    (part: readonly number[], change: (out: Uint8Array, at: number) => void): Rewrite =>
    (bytes, options) => {
      const out = rewrite(bytes, options)
      const at = Buffer.from(out).lastIndexOf(Uint8Array.from(part))
      if (options.reset && at >= 0) change(out, at + part.length)
      return out
    }

  it('finds one that puts a global back to what it was not', () => {
    // After the locals of the function come constants and where they go to; each is made another one.
    const wrong = altered([2, 2, 0x7f, 1, 0x7b], (out, start) => {
      const sizes = new Map([
        [0x43, 4],
        [0x44, 8],
      ])
      for (let at = start; (out[at] as number) >= 0x41 && (out[at] as number) <= 0x44; ) {
        const size = sizes.get(out[at++] as number)
        out[at] = (out[at] as number) ^ 1
        at = size === undefined ? afterLeb(out, at) : at + size
        if (out[at++] !== 0x24) return
        at = afterLeb(out, at)
      }
    })
    expect(caught(wrong)).toMatch(/^all once more on one instance: /)
  })

  it('finds one that marks other edges where it does more', () => {
    const forgetful: Rewrite = (bytes, options) =>
      rewrite(bytes, options.fuel && options.coverage === true ? { ...options, coverage: false } : options)
    expect(caught(forgetful)).toMatch(/^all, watched: edges: /)
  })

  it('finds a host that does not put back what a memory starts with', () => {
    vi.spyOn(MemoryImage.prototype, 'restore').mockImplementation(() => {})
    expect(caught(rewrite)).toMatch(/^all once more on one instance: /)
  })

  it('finds none in the rewriter as it is, in the modules in which it finds the canaries', () => {
    expect(caught(rewrite, KNOWN)).toBeUndefined()
  })
})

function afterLeb(bytes: Uint8Array, from: number): number {
  let at = from
  while ((bytes[at] as number) >= 0x80) at++
  return at + 1
}
