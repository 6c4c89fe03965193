/** generate | filter | summarise: three C programs and two real pipes, with more flowing than a pipe holds. */

import { describe, expect, it } from 'vitest'
import { Machine } from '../../src/index.ts'
import { compileFile } from '../support/compile.ts'
import { twice } from './twice.ts'

const COUNT = 40_000
const SEED = 7
const DIVISOR = 3

/** The whole pipeline again, in JavaScript. */
function expected(): { generated: number; passed: number; summary: string } {
  let state = SEED
  let [generated, sum, passed, least, greatest, first, last] = [0, 0, 0, Number.MAX_SAFE_INTEGER, 0, -1, -1]
  for (let index = 0; index < COUNT; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const value = state >>> 8
    generated += `${index} ${value}\n`.length
    if (value % DIVISOR !== 0) continue
    if (passed++ === 0) first = index
    last = index
    sum += value
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
  }
  const summary = Object.entries({
    count: passed,
    sum,
    least,
    greatest,
    first,
    last,
  })
  return {
    generated,
    passed,
    summary: summary.map(([name, value]) => `${name} ${value}\n`).join(''),
  }
}

const stages = () => ({
  generate: {
    module: compileFile('guests/pipeline/generate.c'),
    args: ['generate', `${COUNT}`, `${SEED}`],
  },
  filter: {
    module: compileFile('guests/pipeline/filter.c'),
    args: ['filter', `${DIVISOR}`],
  },
  summarise: {
    module: compileFile('guests/pipeline/summarise.c'),
    args: ['summarise'],
  },
})

describe('pipeline()', () => {
  it('carries half a megabyte through two pipes, and each stage ends by itself', () => {
    const { generate, filter, summarise } = stages()
    const { generated, passed, summary } = expected()
    expect(generated).toBeGreaterThan(8 * 65536)
    const { runs } = twice(
      () => new Machine({ seed: 'pipeline' }),
      (machine) => ({
        runs: machine.pipeline([generate, filter, summarise]),
        outputs: undefined,
      }),
    )
    expect(runs.map((run) => run.exitCode)).toEqual([0, 0, 0])
    expect(runs.map((run) => run.stderr.text())).toEqual([
      `generate: ${COUNT} lines\n`,
      `filter: ${passed} of ${COUNT} lines\n`,
      '',
    ])
    expect(runs.map((run) => run.stdout.text())).toEqual(['', '', summary])
  })

  it('gives what the stages give one by one through files', () => {
    const { generate, filter, summarise } = stages()
    const machine = new Machine()
    const { module, args } = generate
    machine.fs.writeFileSync('/1', machine.run(module, { args }).stdout.bytes)
    machine.fs.writeFileSync(
      '/2',
      machine.run(filter.module, { args: filter.args, stdin: { file: '/1' } }).stdout.bytes,
    )
    const last = machine.run(summarise.module, { args: summarise.args, stdin: { file: '/2' } })
    expect(last.stdout.text()).toBe(expected().summary)
  })

  it('passes on stdin to the first stage and the exit code of a stage that fails', () => {
    const { filter, summarise } = stages()
    const runs = new Machine().pipeline([{ ...filter, stdin: '1 30\n2 31\nthree\n' }, summarise])
    expect(runs.map((run) => run.exitCode)).toEqual([1, 0])
    expect(runs.map((run) => run.stderr.text())).toEqual(['filter: line 3 is torn: three\n\n', ''])
    expect(runs.map((run) => run.stdout.text())).toEqual([
      '',
      'count 1\nsum 30\nleast 30\ngreatest 30\nfirst 1\nlast 1\n',
    ])
  })
})
