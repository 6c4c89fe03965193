/** The list of faults fits the tree as it is now; that each of them is caught is what `npm run mutate` shows. */

import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { faulty, mutants } from './mutants.ts'

const pathOf = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url))

describe('the list of faults', () => {
  it('has a hundred and more, in vfs, kernel and the hostcalls', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(100)
    for (const folder of ['vfs/', 'kernel/', 'src/hostcall/']) {
      expect(mutants.filter(({ file }) => file.startsWith(folder)).length).toBeGreaterThanOrEqual(20)
    }
  })

  it('names texts that are in their files exactly once', () => {
    const stale = mutants.flatMap((mutant) => {
      const result = faulty(readFileSync(pathOf(mutant.file), 'utf8'), mutant)
      return 'stale' in result ? [`${mutant.file}: ${mutant.find}: ${result.stale}`] : []
    })
    expect(stale).toEqual([])
  })

  it('names test files that there are', () => {
    const files = new Set(mutants.flatMap(({ tests }) => tests))
    expect([...files].filter((file) => !existsSync(pathOf(file)))).toEqual([])
    expect(mutants.filter(({ tests }) => tests.length === 0)).toEqual([])
  })

  it('has no fault twice, and a sentence for each', () => {
    const keys = mutants.map(({ file, find, put }) => JSON.stringify([file, find, put]))
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([])
    expect(mutants.map(({ rule }) => rule).filter((rule) => !/^[A-Z/].*\.$/.test(rule))).toEqual([])
  })
})
