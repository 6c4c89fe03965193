/**
 * Guided campaigns: what random inputs do not get through, they get through. `VIVARIUM_GATE_RUNS=10000000` has the
 * unguided campaign make so many runs, which takes minutes.
 */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FuzzReport, fuzz } from '../../src/fuzz/index.ts'
import { replacements } from '../../src/fuzz/replacements.ts'
import type { Comparison } from '../../src/index.ts'
import { compileFile } from '../support/compile.ts'

const UNGUIDED_RUNS = Number(process.env.VIVARIUM_GATE_RUNS ?? 2000)
const gate = compileFile('fuzz_api/gate.c')
const words = compileFile('fuzz_api/words.c')
const world = fc.uint8Array({ maxLength: 64 }).map((stdin) => ({ stdin }))

function stdinOf({ findings }: FuzzReport): string {
  const stdin = findings[0]?.world.stdin
  return typeof stdin === 'string' ? stdin : Buffer.from(stdin ?? []).toString('latin1')
}

describe('fuzz() of a magic number and a checksum', () => {
  it('does not get through unguided', () => {
    const { runs, findings } = fuzz(gate, { world, runs: UNGUIDED_RUNS, seed: 1 })
    expect(runs).toBe(UNGUIDED_RUNS)
    expect(findings).toEqual([])
  })

  it.each([1, 2, 3, 4, 5])('gets through guided, in some thousand runs (seed %i)', (seed) => {
    const report = fuzz(gate, { world, runs: 20_000, seed, guided: true, maxFindings: 1, maxShrinks: 50 })
    expect(report.findings).toHaveLength(1)
    expect(report.findings[0]?.kind).toBe('trap')
    expect(report.runs).toBeLessThan(20_000)
    expect(stdinOf(report)).toMatch(/^GATE/)
  })

  it('gets not even through the magic number without learning from comparisons', () => {
    const guided = { comparisons: false }
    const { findings, corpus = [] } = fuzz(gate, { world, runs: 3000, seed: 1, guided })
    expect(findings).toEqual([])
    expect(corpus.some(({ stdin }) => Buffer.from(stdin as Uint8Array).includes('GATE'))).toBe(false)
  })

  it('makes the same runs for the same seed', () => {
    const campaign = (): FuzzReport => fuzz(gate, { world, runs: 700, seed: 9, guided: true })
    const [one, other] = [campaign(), campaign()]
    expect(one.corpus?.length).toBeGreaterThan(1)
    expect(one).toEqual(other)
    const another = fuzz(gate, { world, runs: 700, seed: 10, guided: true })
    expect(another.corpus).not.toEqual(one.corpus)
  })

  it('goes on from a corpus, without what cannot be run', () => {
    const almost = Buffer.from('GATE0123abcdefgh')
    const corpus = [{ stdin: almost }, { epoch: 'not a time' }, { files: { '/a/../b': 'x', 'no path': '' } }]
    const report = fuzz(gate, { world, runs: 3000, seed: 1, guided: { corpus }, maxFindings: 1, maxShrinks: 0 })
    expect(report.findings).toHaveLength(1)
    expect(report.runs).toBeLessThan(500)
  })
})

describe('fuzz() of words that are compared byte by byte, and numbers as digits', () => {
  it('gets through guided', () => {
    const report = fuzz(words, { world, runs: 200_000, seed: 1, guided: true, maxFindings: 1, maxShrinks: 0 })
    expect(report.findings).toHaveLength(1)
    expect(stdinOf(report)).toMatch(/^open sesame:\s*\+?0*7315/)
  })
})

describe('fuzz() of chunks under checksums', () => {
  it('gets through guided, putting each sum right when it changes what is under it', () => {
    const chunks = compileFile('fuzz_api/chunks.c')
    const report = fuzz(chunks, { world, runs: 100_000, seed: 3, guided: true, maxFindings: 1, maxShrinks: 0 })
    expect(stdinOf(report).startsWith('\x89PNG\r\n\x1a\n\0\0\0\rIHDR')).toBe(true)
    expect(stdinOf(report)).toContain('IEND')
  })
})

describe('replacements()', () => {
  const anySite = () => true
  const tried = (input: string, comparison: Partial<Comparison>, isEquality = anySite): string[] => {
    const comparisons = [{ site: 0, bits: 32, left: 0n, right: 0n, ...comparison }]
    return replacements(Buffer.from(input, 'latin1'), comparisons, isEquality, 1000).map(({ at, removed, bytes }) => {
      return input.slice(0, at) + Buffer.from(bytes).toString('latin1') + input.slice(at + removed)
    })
  }

  it('puts an operand in the place of the other, in both orders of bytes and in the widths that hold them', () => {
    const wants = { left: 0x6261n, right: 0x7a79n }
    expect(tried('..ab..', wants)).toContain('..yz..')
    expect(tried('..ba..', wants)).toContain('..zy..')
    expect(tried('ab\0\0', wants)).toContain('yz\0\0')
    expect(tried('..yz..', wants)).toContain('..ab..')
    expect(tried('ab ab', wants)).toEqual(expect.arrayContaining(['yz ab', 'ab yz']))
    expect(tried('a', { left: 0x61n, right: 0x7an })).toContain('z')
    expect(tried('....', wants)).toEqual([])
    expect(tried('abcdefgh', { bits: 64, left: 0x6867_6665_6463_6261n, right: 0x3132n })).toContain('21\0\0\0\0\0\0')
  })

  it('takes negative numbers in the width that they were extended from', () => {
    expect(tried('.\x80.', { left: 0xffff_ff80n, right: 0xffff_ff81n })).toContain('.\x81.')
  })

  it('takes digits for numbers', () => {
    expect(tried('n=12;', { left: 12n, right: 4096n })).toContain('n=4096;')
    expect(tried('n=-3;', { left: 0xffff_fffdn, right: 100n })).toContain('n=100;')
  })

  it('tries the neighbours where less or more is asked for', () => {
    const less = { left: 0x61n, right: 0x70n }
    expect(tried('a', less, () => false)).toEqual(expect.arrayContaining(['o', 'p', 'q']))
    expect(tried('a', less)).not.toContain('o')
  })

  it('tries differences, as bits and as numbers, where neither operand is in the input', () => {
    const [has, other] = [0x6463_6261n, 0x1234_5678n]
    // What is compared is has ^ other, and has + other, with a number; the input becomes what makes that equal.
    const mixed = tried('abcd', { left: has ^ other, right: 0xffff_ffffn })
    expect(mixed).toContain(little(other ^ 0xffff_ffffn))
    expect(tried('abcd', { left: has + other, right: 0x7fff_ffffn })).toContain(little(0x7fff_ffffn - other))
  })

  function little(value: bigint): string {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(Number(value))
    return bytes.toString('latin1')
  }
})

describe('fuzz() with guided', () => {
  it('changes the files of a world as well', () => {
    const bytes = compileFile('fuzz_api/gate.c', { cflags: ['-DFROM_FILE'] })
    const inFile = fc.uint8Array({ maxLength: 64 }).map((data) => ({ files: { '/input': { data } } }))
    const report = fuzz(bytes, { world: inFile, runs: 20_000, seed: 1, guided: true, maxFindings: 1, maxShrinks: 0 })
    expect(report.findings).toHaveLength(1)
  })

  it('tells its progress, and does not go over its runs', () => {
    const told: number[] = []
    const onProgress = ({ runs, edges = 0 }: { runs: number; edges?: number }): void => {
      told.push(runs)
      expect(edges).toBeGreaterThan(0)
    }
    const { runs, edges, corpus } = fuzz(gate, {
      world,
      runs: 600,
      seed: 3,
      guided: { comparisons: false },
      onProgress,
    })
    expect(told).toEqual([256, 512, 600])
    expect(runs).toBe(600)
    expect(edges).toBeGreaterThan(10)
    expect(corpus).not.toEqual([])
  })

  it('needs the bytes of the guest', () => {
    const module = new WebAssembly.Module(gate)
    expect(() => fuzz(module, { guided: true })).toThrow(/guided.*give its bytes/)
  })
})
