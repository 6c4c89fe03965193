/** What outputs depend on: toys with a planted dependence each, by name and first parting call; and clang, which has none. */

import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Dependence } from '../../src/node/build/index.ts'
import { varyBuild } from '../../src/node/build/index.ts'
import { scratch } from '../node/folder.ts'
import { CACHE } from '../support/compile.ts'
import { buildIn, recipeOf, toy, workshop } from './workshop.ts'

/** Rounds in which all is varied at once; `VARY_ROUNDS=100` is the whole proof. */
const ROUNDS = Number(process.env.VARY_ROUNDS ?? 3)

/** What each mode of the toy gives away, and the call that lets it in. */
const PLANTED: readonly (readonly [mode: string, variation: Dependence['variation'], call: string])[] = [
  ['time', 'time', 'clock_time_get'],
  ['random', 'randomness', 'random_get'],
  ['listing', 'listing order', 'fd_readdir'],
  ['inode', 'inode numbers', 'path_filestat_get'],
  ['locale', 'environment', 'environ_sizes_get'],
  ['first', 'environment order', 'environ_get'],
  ['path', 'build path', 'args_sizes_get'],
]

describe('varyBuild()', () => {
  it('names each planted dependence, that and no other, with the call that lets it in', async () => {
    const folder = workshop({ 'src/a': '', 'src/b': '', 'src/c': '', 'src/d': '' })
    const steps = PLANTED.map(([mode]) => toy(mode, mode, `/out/${mode}`, ['/src']))
    const honest = toy('honest', 'join', '/out/honest', ['/src/a', '/src/d'])
    const recipe = recipeOf([...steps, honest], {
      sources: { '/src': 'src' },
      outputs: steps.map(({ outputs }) => outputs?.[0] ?? ''),
      env: { A: '1', B: '2' },
    })
    const { dependences } = await varyBuild(await buildIn(folder, recipe), { workers: 2, cacheDir: CACHE })
    const found = dependences.map(({ step, variation, parting }) => [step, variation, parting?.first.name])
    expect(found.sort()).toEqual(PLANTED.map((each) => [...each]).sort())
    for (const { output, step, bytes, parting } of dependences) {
      expect(output).toBe(`/out/${step}`)
      expect(bytes?.count).toBeGreaterThan(0)
      // What came in shows in what it writes, later.
      expect(parting?.otherwise?.call ?? Number.POSITIVE_INFINITY).toBeGreaterThan(parting?.first.call ?? 0)
    }
  })

  it('finds nothing in what does not depend on any of it', async () => {
    const folder = workshop({ 'src/a': 'a', 'src/b': 'b' })
    const recipe = recipeOf([toy('join', 'join', '/out', ['/src/a', '/src/b'])], {
      sources: { '/src': 'src' },
      outputs: ['/out'],
    })
    const report = await varyBuild(await buildIn(folder, recipe), { workers: 2, cacheDir: CACHE, rounds: 3 })
    expect([report.dependences, report.differingBytes, report.rounds]).toEqual([[], 0, 3])
  })

  it(`finds nothing in clang and wasm-ld, with all varied at once ${ROUNDS} times`, async () => {
    const made = await buildIn(project(PLAIN), CLANG)
    const report = await varyBuild(made, { workers: 2, cacheDir: CACHE, rounds: ROUNDS })
    expect([report.dependences, report.differingBytes, report.rounds]).toEqual([[], 0, ROUNDS])
    expect(report.variations.map(({ steps, differing }) => [steps, differing])).toEqual(
      report.variations.map(() => [4, 0]),
    )
  })

  it('tells the section and the function or data of a program that has its path in it', async () => {
    const made = await buildIn(
      project({ ...PLAIN, 'src/where.c': 'const char *where(void) { return __FILE__; }\n' }),
      CLANG,
    )
    const { dependences } = await varyBuild(made, { workers: 2, cacheDir: CACHE })
    expect(dependences.map(({ variation }) => variation)).toEqual(dependences.map(() => 'build path'))
    const [compiled] = dependences
    expect([compiled?.step, compiled?.bytes?.section]).toEqual(['app.wasm: compile /src/where.c', expect.any(String)])
    const names = dependences.map(({ bytes }) => `${bytes?.section} ${bytes?.symbol}`)
    expect(names.length).toBeGreaterThan(0)
  })
})

const CLANG = {
  sources: { '/src': 'src' },
  steps: [{ use: 'clang', sources: ['/src/*.c'], output: '/app.wasm' }],
  outputs: ['/app.wasm'],
} as const

const PLAIN = {
  'src/main.c': '#include <stdio.h>\n#include "sum.h"\nint main(void) { return printf("%d\\n", sum(3)) < 0; }\n',
  'src/sum.c': '#include "sum.h"\nint sum(int n) { return n == 0 ? 0 : n + sum(n - 1); }\n',
  'src/sum.h': 'int sum(int n);\n',
}

/** A folder that has the project's packages. */
function project(files: { readonly [path: string]: string }): string {
  const folder = scratch()
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(folder, 'node_modules'))
  mkdirSync(join(folder, 'src'))
  for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
  expect(readFileSync(join(folder, 'src/main.c'), 'utf8')).toBe(PLAIN['src/main.c'])
  return folder
}
