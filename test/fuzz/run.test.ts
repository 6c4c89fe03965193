/** `npm run fuzz` as a command. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { optionsOf } from './arguments.ts'

const RUN = fileURLToPath(new URL('run.ts', import.meta.url))

describe.runIf(process.platform === 'linux')('npm run fuzz', () => {
  it('runs a batch at least, and ends with a summary', () => {
    const args = ['--minutes', '0', '--seed', '7', '--workers', '1', '--only', 'node-fs']
    const { status, stdout } = spawnSync(process.execPath, ['--import', 'tsx', RUN, ...args], { encoding: 'utf8' })
    expect(stdout).toMatch(
      /^seed 7, 1 processes, \d+:\d\d\nnode-fs +100 programs, [\d,]+ operations, 0 failures, in 1 batches/,
    )
    expect(status).toBe(0)
  })
})

describe('optionsOf()', () => {
  it('has defaults for all, and a seed of its own each time', () => {
    expect(optionsOf([])).toMatchObject({ minutes: 1, suites: ['node-fs', 'wasi', 'fire'] })
  })

  it('takes each', () => {
    const args = ['--minutes=0.5', '--seed=-3', '--workers=4', '--only', 'fire', '--only', 'wasi']
    expect(optionsOf(args)).toEqual({ minutes: 0.5, seed: -3, workers: 4, suites: ['wasi', 'fire'] })
  })

  it.each([
    [['--minutes', 'x'], '--minutes x: give a number'],
    [['--minutes=-1'], '--minutes -1: give a number'],
    [['--seed', ''], '--seed : give a number'],
    [['--only', 'smoke'], '--only smoke: there are node-fs, wasi, fire'],
    [['--workers', '0'], '--workers 0: give a whole number from 1'],
    [['--hours', '1'], "Unknown option '--hours'"],
  ])('says what is wrong with %j', (args, message) => {
    expect(() => optionsOf(args)).toThrow(message)
  })
})
