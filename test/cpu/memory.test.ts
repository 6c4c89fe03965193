/** Growth: bounded as the options say, -1 wherever the program alone decides, and the end of the run where the host does. */

import { execFileSync } from 'node:child_process'
import { afterAll, describe, expect, it } from 'vitest'
import type { CpuOptions } from '../../src/cpu/options.ts'
import { HOST_MEMORY } from '../../src/cpu/options.ts'
import { fc } from '../support/property.ts'
import {
  closeEngine,
  compile,
  noNewEngine,
  pair,
  perform,
  performAnywhere,
  type Step,
  source,
  start,
} from './support.ts'

afterAll(closeEngine)

const CAP: Partial<CpuOptions> = { memory: { pages: 10, elements: 20 } }
/** In every run that the host does not end. */
const FINE: Step = ['get', HOST_MEMORY]

/** Grows by each in turn, and says what that gave. */
async function grown(text: string, by: readonly (number | string)[], options = CAP): Promise<string[]> {
  const { rewritten } = await pair(text, options)
  const steps = by.map((delta): Step => ['grow', delta])
  const results = await performAnywhere(rewritten, [...steps, FINE])
  expect(results.pop()).toBe('0')
  return results
}

const memory = (limits: string) =>
  `(module (memory (export "memory") ${limits})
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "size") (result i32) (memory.size)))`

describe('memory.grow', () => {
  it.each([
    ['up to the bound', '1', [4, 5, 1], ['1', '5', '-1']],
    ['over the bound at once', '1', [10, 9], ['-1', '1']],
    ['over the declared maximum', '1 3', [3, 2, 1], ['-1', '1', '-1']],
    ['with a maximum over the bound', '1 100', [10, 9, 1], ['-1', '1', '-1']],
    ['by nothing', '1', [0, 9, 0], ['1', '1', '10']],
    ['by the most that there is', '1', [-1, 0x7fffffff, -0x80000000, 65_535, 65_536], ['-1', '-1', '-1', '-1', '-1']],
    ['of nothing', '0', [0, 10, 0], ['0', '0', '10']],
    ['of nothing by too much', '0', [11, -1], ['-1', '-1']],
    ['of more than the bound', '12', [1, 0, -1], ['-1', '12', '-1']],
    ['of more than the bound, with a maximum', '12 14', [1, 0], ['-1', '12']],
    ['with a maximum of what it is', '5 5', [1, 0], ['-1', '5']],
  ] as const)('works as far as the bound and the maximum let it: %s', async (_, limits, by, gives) => {
    expect(await grown(memory(limits), by)).toEqual(gives)
  })

  it('gives the pages, which are zeros', async () => {
    const { rewritten } = await pair(memory('1'), CAP)
    const exports = start<{ memory: WebAssembly.Memory; grow: (by: number) => number; size: () => number }>(rewritten)
    expect(exports.grow(9)).toBe(1)
    expect([exports.size(), exports.memory.buffer.byteLength]).toEqual([10, 655_360])
    expect(new Uint8Array(exports.memory.buffer).every((byte) => byte === 0)).toBe(true)
  })

  it('takes no bound beyond what i32 sizes can be', async () => {
    const options = { memory: { pages: 2 ** 40, elements: 2 ** 40 } }
    expect(await grown(memory('1 2'), [65_536, -1, 2], options)).toEqual(['-1', '-1', '-1'])
  })

  it('of an imported memory counts what it has', async () => {
    const text = `(module (import "host" "memory" (memory 1))
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))`
    const { rewritten } = await pair(text, CAP)
    const given = new WebAssembly.Memory({ initial: 8 })
    const { grow } = start<{ grow: (by: number) => number }>(rewritten, { host: { memory: given } })
    expect([grow(3), grow(2), grow(1), grow(0)]).toEqual([-1, 8, -1, 10])
    given.grow(5)
    expect([grow(1), grow(0)]).toEqual([-1, 15])
  })

  it('of shared memory is bounded too', async () => {
    expect(await grown(memory('1 100 shared'), [10, 9, 1])).toEqual(['-1', '1', '-1'])
  })

  it('of memory64 is bounded too', async () => {
    const text = (limits: string) => `(module (memory i64 ${limits})
      (func (export "grow") (param i64) (result i64) (memory.grow (local.get 0))))`
    expect(await grown(text('1'), ['10n', '0n', '-1n', '9223372036854775807n', '4294967297n', '9n', '0n'])).toEqual([
      ...['-1n', '1n', '-1n', '-1n', '-1n', '1n', '10n'],
    ])
    expect(await grown(text('1 3'), ['3n', '2n', '0n'])).toEqual(['-1n', '1n', '3n'])
  })

  it('of each of several memories is bounded by itself', async () => {
    if (noNewEngine() !== undefined) return
    const text = `(module (memory 1) (memory $b 2 4) (memory $c i64 3)
      (func (export "a") (param i32) (result i32) (memory.grow 0 (local.get 0)))
      (func (export "b") (param i32) (result i32) (memory.grow $b (local.get 0)))
      (func (export "c") (param i64) (result i64) (memory.grow $c (local.get 0)))
      (func (export "sizes") (result i32 i32 i64) (memory.size 0) (memory.size $b) (memory.size $c)))`
    const { rewritten } = await pair(text, CAP)
    const steps: Step[] = [['a', 10], ['b', 3], ['c', '8n'], ['a', 9], ['b', 2], ['c', '7n'], ['sizes'], FINE]
    expect(await performAnywhere(rewritten, steps)).toEqual(['-1', '-1', '-1n', '1', '2', '3n', '10,4,10n', '0'])
  })

  it('is left alone without a bound', async () => {
    const { original, rewritten } = await pair(memory('1'), {})
    expect(rewritten).toEqual(original)
  })

  it('does what a model of it does, for random sizes', async () => {
    const size = fc.oneof(fc.nat(20), fc.constantFrom(65_535, 65_536, 0x7fffffff, -1, -0x80000000))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(12),
        fc.option(fc.nat(12)),
        fc.nat(15),
        fc.array(size, { minLength: 1, maxLength: 6 }),
        async (least, more, pages, deltas) => {
          const most = more === null ? Infinity : least + more
          const bound = Math.min(most, Math.max(pages, least), 65_536)
          let has = least
          const expected = deltas.map((delta) => {
            const before = has
            if (before + (delta >>> 0) > bound) return '-1'
            has += delta
            return String(before)
          })
          const text = memory(more === null ? `${least}` : `${least} ${most}`)
          expect(await grown(text, deltas, { memory: { pages, elements: 0 } })).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    )
  })
})

const table = (limits: string, type: string, more = '') => `(module (table (export "table") ${limits} ${type}) ${more}
    (func (export "grow") (param i32) (result i32) (table.grow (ref.null ${type.replace('ref', '')}) (local.get 0)))
    (func (export "size") (result i32) (table.size)))`

/** A table of externref, as JavaScript sees it. */
interface Values {
  readonly length: number
  get(index: number): unknown
}

describe('table.grow', () => {
  it.each([
    ['up to the bound', '1', [14, 5, 1], ['1', '15', '-1']],
    ['over the declared maximum', '1 3', [3, 2, 1], ['-1', '1', '-1']],
    ['by nothing', '1', [0, 19, 0], ['1', '1', '20']],
    ['by the most that there is', '1', [-1, 0x7fffffff, -0x80000000, -2], ['-1', '-1', '-1', '-1']],
    ['of more than the bound', '30', [1, 0, -1], ['-1', '30', '-1']],
  ] as const)('works as far as the bound and the maximum let it: %s', async (_, limits, by, gives) => {
    for (const type of ['funcref', 'externref']) expect(await grown(table(limits, type), by)).toEqual(gives)
  })

  it('ends in -1 and not in the host where the sum has more than 32 bits', async () => {
    const options = { memory: { pages: 1, elements: 2 ** 32 } }
    expect(await grown(table('10 11', 'funcref'), [-1, -5, 2], options)).toEqual(['-1', '-1', '-1'])
    expect(await grown(table('10', 'funcref'), [-1, -5, -10], options)).toEqual(['-1', '-1', '-1'])
  })

  it('puts the given value in', async () => {
    const text = `(module (table 1 funcref) (table $b (export "table") 1 externref)
      (func (export "grow") (param externref i32) (result i32) (table.grow $b (local.get 0) (local.get 1))))`
    const { rewritten } = await pair(text, CAP)
    const exports = start<{ table: Values; grow: (value: unknown, by: number) => number }>(rewritten)
    expect([exports.grow('a', 2), exports.grow('b', 1), exports.grow('c', 20)]).toEqual([1, 3, -1])
    expect(Array.from({ length: exports.table.length }, (_, at) => exports.table.get(at))).toEqual([
      ...[null, 'a', 'a', 'b'],
    ])
  })

  it('of an imported table counts what it has', async () => {
    const text = `(module (import "host" "table" (table 1 funcref))
      (func (export "grow") (param i32) (result i32) (table.grow (ref.null func) (local.get 0))))`
    const { rewritten } = await pair(text, CAP)
    const given = start<{ table: WebAssembly.Table }>(await compile(table('18', 'funcref'))).table
    const { grow } = start<{ grow: (by: number) => number }>(rewritten, { host: { table: given } })
    expect([grow(3), grow(2), grow(1), grow(0)]).toEqual([-1, 18, -1, 20])
  })

  it('of table64 is bounded too', async () => {
    if (noNewEngine() !== undefined) return
    const text = `(module (table i64 1 funcref)
      (func (export "grow") (param i64) (result i64) (table.grow (ref.null func) (local.get 0))))`
    expect(await grown(text, ['20n', '-1n', '4294967296n', '19n', '0n'])).toEqual(['-1n', '-1n', '-1n', '1n', '20n'])
  })
})

describe('growth that the host cannot give', () => {
  /** What `perform` gives in a process of its own whose engine has less. */
  function performWith(flag: string, bytes: Uint8Array, steps: readonly Step[]): string[] {
    const code = `console.log(JSON.stringify((${perform})(Uint8Array.from([${bytes.join()}]), ${source(steps)})))`
    return JSON.parse(execFileSync(process.execPath, [flag, '--eval', code], { encoding: 'utf8' }))
  }

  it('ends the run of a memory', async () => {
    const { rewritten } = await pair(memory('1'), CAP)
    const steps: Step[] = [['grow', 4], ['grow', 20], FINE, ['grow', 1], FINE, ['size']]
    // The engine has 5 pages; 20 more is over the bound, and so a matter of the program.
    expect(performWith('--wasm-max-mem-pages=5', rewritten, steps)).toEqual(['1', '-1', '0', 'trap', '1', '5'])
  })

  it('ends the run of a table', async () => {
    const { rewritten } = await pair(table('1', 'funcref'), CAP)
    const steps: Step[] = [['grow', 4], ['grow', 20], FINE, ['grow', 1], FINE, ['size']]
    expect(performWith('--wasm-max-table-size=5', rewritten, steps)).toEqual(['1', '-1', '0', 'trap', '1', '5'])
  })
})
