/** Coverage reports: by function and edge, and by line where there is DWARF; checked by a reader of the format. */

import { describe, expect, it } from 'vitest'
import { customSections } from '../../src/fuzz/custom_sections.ts'
import { readLines } from '../../src/fuzz/dwarf_lines.ts'
import { coverageReport, DwarfError, formatCoverage, lcov } from '../../src/fuzz/index.ts'
import { compile, Machine } from '../../src/index.ts'
import { compileFile } from '../support/compile.ts'
import { wat } from '../support/wat.ts'

function taken(bytes: Uint8Array, args: readonly string[]): Uint32Array {
  const run = new Machine().run(compile(bytes, { coverage: true }), { args: ['lines', ...args] })
  return run.coverage as Uint32Array
}

interface LcovFile {
  readonly path: string
  readonly lines: { readonly [line: number]: number }
  readonly functions: { readonly [name: string]: number }
  readonly branches: { readonly [line: number]: string }
}

/** Reads the format as geninfo(1) has it, and holds the sums against what they are of. */
function parseLcov(text: string): LcovFile[] {
  expect(text).toMatch(/\nend_of_record\n$/)
  return text
    .split('end_of_record\n')
    .slice(0, -1)
    .map((record) => {
      const rows = record
        .trimEnd()
        .split('\n')
        .map((row) => {
          const parts = /^(TN|SF|FN|FNDA|FNF|FNH|BRDA|BRF|BRH|DA|LF|LH):(.*)$/.exec(row)
          if (parts === null) throw new Error(`no row of lcov: ${row}`)
          return [parts[1] as string, (parts[2] as string).split(',')] as const
        })
      const all = (kind: string): (readonly string[])[] =>
        rows.filter(([each]) => each === kind).map(([, values]) => values)
      const sum = (kind: string): number => Number(all(kind)[0]?.[0])
      const lines = Object.fromEntries(all('DA').map(([line, count]) => [Number(line), Number(count)]))
      const functions = Object.fromEntries(all('FNDA').map(([count, name]) => [name as string, Number(count)]))
      const branches: Record<number, string> = {}
      for (const [line, , , way] of all('BRDA')) branches[Number(line)] = (branches[Number(line)] ?? '') + way
      expect(all('FN').map(([, name]) => name)).toEqual(Object.keys(functions))
      expect(sum('LF')).toBe(Object.keys(lines).length)
      expect(sum('LH')).toBe(Object.values(lines).filter((count) => count > 0).length)
      expect(sum('FNF')).toBe(Object.keys(functions).length)
      expect(sum('FNH')).toBe(Object.values(functions).filter((count) => count > 0).length)
      expect(sum('BRF')).toBe(all('BRDA').length)
      expect(sum('BRH')).toBe(all('BRDA').filter(([, , , way]) => way === '1').length)
      return { path: (all('SF')[0] ?? []).join(','), lines, functions, branches }
    })
}

const hit = ({ lines }: LcovFile): number[] =>
  Object.keys(lines)
    .map(Number)
    .filter((line) => (lines[line] ?? 0) > 0)
const missed = ({ lines }: LcovFile): number[] =>
  Object.keys(lines)
    .map(Number)
    .filter((line) => lines[line] === 0)

/** Line tables of both versions that compilers make today, where each line is code of its own. */
const BUILDS = ['-gdwarf-4', '-gdwarf-5'].map(
  (flag) => [flag, compileFile('fuzz_api/lines.c', { cflags: [flag, '-O0'] })] as const,
)

describe('lcov()', () => {
  it.each(BUILDS)('has the lines that were executed, and no others (%s)', (_, bytes) => {
    const [file, ...others] = parseLcov(lcov(bytes, taken(bytes, ['abc'])) ?? '')
    expect(others).toEqual([])
    expect(file?.path).toBe('/src/lines.c')
    expect(hit(file as LcovFile)).toEqual([3, 4, 5, 10, 16, 17, 21, 27, 29, 30, 31, 32, 33, 35, 37, 38])
    expect(missed(file as LcovFile)).toEqual([6, 7, 9, 12, 13, 19, 23, 25, 34, 36])
    expect(file?.functions).toEqual({ sign: 1, never: 0, word: 1, main: 1 })
    // if (number < 0) was true; if (number > 0) was not reached; one of four words.
    expect(file?.branches[4]?.split('').sort().join('')).toBe('01')
    expect(file?.branches[6]).toBe('--')
    expect(file?.branches[17]?.split('').sort().join('')).toBe('0001')
  })

  it.each(BUILDS)('has all but what is never called, of more runs together (%s)', (_, bytes) => {
    const all = [[], ['a'], ['m', 'm'], ['z', 'z', 'z', 'z']].map((args) => taken(bytes, args))
    const together = (all[0] as Uint32Array).map((_, at) => all.reduce((word, each) => word | (each[at] as number), 0))
    const [file] = parseLcov(lcov(bytes, together) ?? '')
    expect(missed(file as LcovFile)).toEqual([12, 13, 34])
  })

  it('names files as it is told, and leaves out what it is told', () => {
    const [, bytes] = BUILDS[0] as (typeof BUILDS)[number]
    const edges = taken(bytes, [])
    expect(
      parseLcov(lcov(bytes, edges, { path: (file) => file.replace('/src/', 'test/fuzz_api/') }) ?? '')[0]?.path,
    ).toBe('test/fuzz_api/lines.c')
    expect(lcov(bytes, edges, { path: () => undefined })).toBe('')
  })

  it('has nothing to say of a module without line tables', () => {
    const bytes = compileFile('fuzz_api/gate.c')
    expect(lcov(bytes, new Uint32Array(100))).toBeUndefined()
  })
})

describe('readLines()', () => {
  it('says where a table is damaged', () => {
    expect(() => readLines({ line: Uint8Array.of(9, 0, 0, 0, 5) })).toThrow(DwarfError)
    expect(() => readLines({ line: Uint8Array.of(2, 0, 0, 0, 9, 0) })).toThrow(/DWARF 9 are not known/)
    expect(readLines({ line: new Uint8Array(0) })).toEqual([])
  })

  it('ends, whatever the bytes', () => {
    const [, bytes] = BUILDS[1] as (typeof BUILDS)[number]
    const whole = customSections(bytes).get('.debug_line') as Uint8Array
    const counts = { read: 0, refused: 0 }
    for (let at = 0; at < whole.length; at++) {
      for (const value of [0, 0xff, (whole[at] as number) ^ 1]) {
        const line = Uint8Array.from(whole)
        line[at] = value
        try {
          readLines({ line })
          counts.read++
        } catch (error) {
          if (!(error instanceof DwarfError)) throw error
          counts.refused++
        }
      }
    }
    expect(counts.read).toBeGreaterThan(0)
    expect(counts.refused).toBeGreaterThan(0)
  })
})

describe('coverageReport()', () => {
  it('has functions and edges by name, and of what was entered those not taken', async () => {
    const bytes = await wat(`(module
      (func $never (if (i32.const 1) (then (nop))))
      (func $main (export "_start") (if (i32.const 0) (then (call $never)))))`)
    const named = new Machine().run(compile(bytes, { coverage: true }))
    const report = coverageReport(bytes, named.coverage as Uint32Array)
    expect(report).toMatchObject({
      edges: 6,
      taken: 2,
      functions: [
        { index: 0, entered: false, edges: 3, taken: 0, missed: [] },
        { index: 1, entered: true, edges: 3, taken: 2, missed: [{ edge: 4, kind: 'then' }] },
      ],
    })
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(formatCoverage(report)).toMatch(
      /^2 of 6 edges, 1 of 2 functions\n {1}never function 0\n {5}2\/3 function 1\n {9}not taken: then, at byte 0x[0-9a-f]+\n$/,
    )
  })

  it('has the names of the section "name"', () => {
    const [, bytes] = BUILDS[0] as (typeof BUILDS)[number]
    const { functions } = coverageReport(bytes, taken(bytes, ['a']))
    const named = (name: string) => functions.find((each) => each.name === name)
    expect(named('sign')?.entered).toBe(true)
    expect(named('never')?.entered).toBe(false)
  })
})
