/** Every program of the corpus, each of which once failed or once showed a difference, and must do so no more. */

import { afterAll, describe, expect, it } from 'vitest'
import { readCorpus } from './corpus.ts'
import { Suites } from './suites.ts'

const suites = process.platform === 'linux' ? new Suites() : undefined
afterAll(() => suites?.close())

describe.runIf(suites !== undefined)('the corpus', () => {
  it.each(readCorpus().map((line, index) => [index + 1, line.suite, line.note, line] as const))(
    'line %i, %s: %s',
    async (_number, suite, _note, { program }) => {
      const { replay } = await (suites as Suites).of(suite)
      expect(await replay(program)).toBeUndefined()
    },
  )
})

describe('readCorpus()', () => {
  it('refuses what no suite could run, by its line', () => {
    expect(() =>
      readCorpus('{"suite":"fire","note":"","program":{}}\n\n{"suite":"smoke","note":"","program":{}}'),
    ).toThrow('line 3 of the corpus: there is no suite smoke')
    expect(() => readCorpus('{"suite":"fire","note":""}')).toThrow(
      'line 1 of the corpus: it needs a note and a program',
    )
  })
})
