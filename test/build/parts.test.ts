/** The small parts of builds: patterns, printed command lines, places in modules, variations of jobs. */

import { describe, expect, it } from 'vitest'
import { bytePlace } from '../../src/build/byte_place.ts'
import { commandIn } from '../../src/build/command_line.ts'
import { filterOf, isPattern, leadsInto, patternOf } from '../../src/build/glob.ts'
import { comparePaths, type Job, keyOf } from '../../src/build/job.ts'
import { VARIATIONS, varyAll } from '../../src/build/variations.ts'
import { pureHashes } from '../../vfs/hash.ts'
import { compileC } from '../support/compile.ts'

describe('patternOf()', () => {
  it.each([
    ['/src/*.c', ['/src/a.c', '/src/.c'], ['/src/a.cc', '/src/x/a.c', '/src/a']],
    ['/src/**/*.c', ['/src/a.c', '/src/x/a.c', '/src/x/y/a.c'], ['/srcx/a.c', '/src/a.h']],
    ['/src/**', ['/src/a', '/src/x/y'], ['/src', '/other/a']],
    ['/**/*.{h,hh}', ['/a.h', '/x/y/a.hh'], ['/a.hpp', '/a.c']],
    ['/a?.(x)+', ['/ab.(x)+'], ['/a.(x)+', '/abc.(x)+', '/abxx']],
    ['/{a,b}/{c*,d}', ['/a/c', '/b/cc', '/a/d'], ['/a/e', '/c/d']],
  ])('%s', (pattern, matching, others) => {
    for (const path of matching) expect([path, patternOf(pattern).test(path)]).toEqual([path, true])
    for (const path of others) expect([path, patternOf(pattern).test(path)]).toEqual([path, false])
  })

  it('takes what has nothing of a pattern as it is', () => {
    expect([isPattern('/a.b+c'), patternOf('/a.b+c').test('/a.b+c'), patternOf('/a.b').test('/axb')]).toEqual([
      false,
      true,
      false,
    ])
  })
})

describe('leadsInto()', () => {
  it.each([
    ['src/*.c', ['src'], ['lib', 'src/deep']],
    ['src/**/*.c', ['src', 'src/deep/er'], ['lib']],
    ['**/*.c', ['any', 'any/where'], []],
    ['*/x', ['any'], ['any/where']],
    ['{a,b}/c', ['a', 'b'], []],
    ['file', [], ['file', 'other']],
  ])('%s', (pattern, into, others) => {
    for (const folder of into) expect([folder, leadsInto(pattern, folder)]).toEqual([folder, true])
    for (const folder of others) expect([folder, leadsInto(pattern, folder)]).toEqual([folder, false])
  })
})

describe('filterOf()', () => {
  it('takes what is included and not excluded, and without lists all', () => {
    expect(['a', 'b/c'].filter(filterOf(undefined))).toEqual(['a', 'b/c'])
    expect(['a', 'b/c', 'b/d'].filter(filterOf(['b/**'], ['**/d']))).toEqual(['b/c'])
  })
})

describe('comparePaths()', () => {
  it('orders as the bytes of UTF-8 do', () => {
    const paths = [
      '/',
      '/a',
      '/a/',
      '/ab',
      '/b',
      '/\u00e9',
      '/\ud7ff',
      '/\ue000',
      '/\uffff',
      '/\u{10000}',
      '/\u{10ffff}',
      '/\u{10ffff}a',
    ]
    for (const a of paths) {
      for (const b of paths) {
        const expected = Buffer.compare(Buffer.from(a), Buffer.from(b))
        expect([a, b, Math.sign(comparePaths(a, b))]).toEqual([a, b, expected])
      }
    }
  })
})

describe('commandIn()', () => {
  const PRINTED = `clang version 22.1.0
Target: wasm32-unknown-wasip1
 "" "clang" "-cc1" "-o" "/tmp/a.o"
 "/usr/bin/wasm-ld" "-m" "wasm32" "a b" "say \\"hi\\"" "back\\\\slash" -plain
`

  it('finds the call of a program, and takes quotes off', () => {
    expect(commandIn(PRINTED, 'wasm-ld')).toEqual([
      '/usr/bin/wasm-ld',
      '-m',
      'wasm32',
      'a b',
      'say "hi"',
      'back\\slash',
      '-plain',
    ])
    expect(commandIn(PRINTED, 'clang')).toEqual(['clang', '-cc1', '-o', '/tmp/a.o'].slice(0))
    expect(commandIn(PRINTED, 'ld')).toBeUndefined()
  })
})

describe('bytePlace()', () => {
  const source = (first: number, second: number): string =>
    `static const char text[] = "value ${first}";\nint twice(int n) { return n * ${second}; }\nconst char *say(void) { return text; }\nint main(int argc, char **argv) { return twice(argc) + say()[6]; }\n`

  it('is undefined for equal bytes, and where one goes on the length of the other', () => {
    expect(bytePlace(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBeUndefined()
    expect(bytePlace(Uint8Array.of(1, 2), Uint8Array.of(1, 2, 3))).toEqual({ offset: 2, a: '', b: '03', count: 1 })
    expect(bytePlace(Uint8Array.of(1, 9, 3), Uint8Array.of(1, 2, 4))).toEqual({
      offset: 1,
      a: '09 03',
      b: '02 04',
      count: 2,
    })
  })

  it('names the function, and the data, of a program', () => {
    const options = { cflags: ['-O0'] }
    const a = compileC(source(1, 5), options)
    expect(bytePlace(a, compileC(source(1, 7), options))).toMatchObject({ count: 1, section: 'code', symbol: 'twice' })
    expect(bytePlace(a, compileC(source(2, 5), options))).toMatchObject({
      count: 1,
      section: 'data',
      symbol: '.rodata',
    })
  })

  it('says no more than it can of what only begins as a module', () => {
    const broken = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 10, 200, 200)
    const other = broken.slice()
    other[10] = 0
    expect(bytePlace(broken, other)).toEqual({ offset: 10, a: 'c8', b: '00', count: 1 })
  })
})

const JOB: Job = {
  step: 'x',
  engine: 'vivarium',
  module: { sha256: '0'.repeat(64), size: 1 },
  trees: [{ at: '/usr', files: [] }],
  files: [
    { path: '/src/a.c', sha256: '1'.repeat(64), size: 1 },
    { path: '/usr/own', sha256: '1'.repeat(64), size: 1 },
  ],
  args: ['cc', '-I/src', '-I', '/src/x', '--map=/src=/usr/src', '/srcs/a', '/usr/src/a', '-o', '/out/a.o', 'a/src'],
  env: [
    ['A', '/src:/out'],
    ['B', ''],
    ['C', ''],
  ],
  cwd: '/src',
  stdin: { file: '/src/a.c' },
  outputs: ['/out/a.o', '/top'],
  stdout: '/out/said',
  stderr: null,
  epoch: '0',
  seed: '',
  limits: {},
}

describe('variations', () => {
  it('give other jobs or another world, and are undone in names', () => {
    for (const { name, vary } of VARIATIONS) {
      const { job, hostility, restore } = vary(JOB, 1)
      expect([name, JSON.stringify(job) !== JSON.stringify(JOB) || Object.keys(hostility).length > 0]).toEqual([
        name,
        true,
      ])
      expect(job.outputs.map(restore)).toEqual(JOB.outputs)
    }
    const all = varyAll(JOB, 2)
    expect(Object.keys(all.hostility).sort()).toEqual(['inodes', 'listing', 'order'])
    expect(all.job.outputs.map(all.restore)).toEqual(JOB.outputs)
  })

  it('move sources and outputs, in every path that names them and in nothing else', () => {
    const path = VARIATIONS.find(({ name }) => name === 'build path')
    const moved = path?.vary(JOB, 0).job
    expect(moved?.files.map((item) => item.path)).toEqual(['/elsewhere-src/a.c', '/usr/own'])
    expect(moved?.args).toEqual([
      'cc',
      '-I/elsewhere-src',
      '-I',
      '/elsewhere-src/x',
      '--map=/elsewhere-src=/usr/src',
      '/srcs/a',
      '/usr/src/a',
      '-o',
      '/elsewhere-out/a.o',
      'a/src',
    ])
    expect(moved?.env[0]).toEqual(['A', '/elsewhere-src:/elsewhere-out'])
    expect([moved?.cwd, moved?.stdin, moved?.stdout]).toEqual([
      '/elsewhere-src',
      { file: '/elsewhere-src/a.c' },
      '/elsewhere-out/said',
    ])
    expect(moved?.outputs).toEqual(['/elsewhere-out/a.o', '/elsewhere-/top'])
  })
})

describe('keyOf()', () => {
  it('is another where anything is another but what the step is called', () => {
    const key = keyOf(JOB, pureHashes)
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    expect(keyOf({ ...JOB, step: 'y' }, pureHashes)).toBe(key)
    const others: readonly Partial<Job>[] = [
      { engine: 'other' },
      { module: { sha256: '2'.repeat(64), size: 1 } },
      { trees: [] },
      { files: [] },
      { args: [] },
      { env: [...JOB.env].reverse() },
      { cwd: '/' },
      { stdin: { text: '' } },
      { outputs: [] },
      { stdout: null },
      { stderr: '/e' },
      { epoch: '1' },
      { seed: '1' },
      { limits: { fuel: 1 } },
    ]
    const keys = others.map((other) => keyOf({ ...JOB, ...other }, pureHashes))
    expect(new Set([key, ...keys]).size).toBe(others.length + 1)
    // Every part of a job has been tried.
    expect(new Set(['step', ...others.flatMap((other) => Object.keys(other))])).toEqual(new Set(Object.keys(JOB)))
  })
})
