/**
 * A parser with an off-by-one. What is right can be said of it in a few lines of JavaScript, so it is compared with them:
 * `agreesWith`. The worlds are what matters here: lines that are nearly right find more than any bytes do.
 */

import fc from 'fast-check'
import { agreesWith, type FuzzOptions, type FuzzReport, fuzz, world } from '../../src/fuzz/index.ts'
import { target, tell } from './target.ts'

export const guests = target('parser')

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'z'), maxLength: 12 })
const line = fc.tuple(fc.integer({ min: -1, max: 200 }), name).map(([age, text]) => `${age} ${text}\n`)
const stdin = fc.array(line, { maxLength: 5 }).map((lines) => lines.join(''))

/** What the program should print. */
function people(input: string): string {
  return input.replace(/.*\n/g, (each) => {
    const [, age = '', who = ''] = /^(-?\d+) (.{1,8})\n$/.exec(each) ?? []
    return who !== '' && Number(age) >= 0 && Number(age) <= 150 ? `${who} is ${Number(age)}\n` : '?\n'
  })
}

export const options: FuzzOptions = {
  world: world({ stdin, files: false, args: false, env: false, seed: false, epoch: false }),
  oracle: agreesWith((each) => ({ stdout: people(String(each.stdin)), exitCode: 0 })),
  seed: 1,
  runs: 500,
  maxFindings: 1,
  name: 'parser.wasm',
}

export const planted: FuzzReport = fuzz(guests.planted, options)
export const mended: FuzzReport = fuzz(guests.mended, options)

tell('A name of eight letters', planted, mended)
