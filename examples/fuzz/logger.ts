/**
 * A logger that loses lines when the disk is full. That what it says is so is one sentence: where it exits with 0, all
 * lines are in the log. Faults come with the worlds, from a plan of two rules at most about writes.
 */

import fc from 'fast-check'
import { type FuzzOptions, type FuzzReport, faultPlan, fuzz, world } from '../../src/fuzz/index.ts'
import { target, tell } from './target.ts'

export const guests = target('logger')

const line = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 40 }).map((text) => `${text}\n`)
const stdin = fc.array(line, { maxLength: 8 }).map((lines) => lines.join(''))

export const options: FuzzOptions = {
  base: { files: { '/var/log': null } },
  world: world({
    stdin,
    faults: faultPlan({ calls: ['fd_write'], errnos: ['ENOSPC'], delays: false }),
    files: false,
    args: false,
    env: false,
    seed: false,
    epoch: false,
  }),
  property: ({ exitCode, fs, world }) =>
    exitCode !== 0 ||
    fs.readFileSync('/var/log/app.log', 'utf8') === world.stdin ||
    'it exits with 0, and lines are lost',
  seed: 1,
  runs: 1000,
  maxFindings: 1,
  name: 'logger.wasm',
}

export const planted: FuzzReport = fuzz(guests.planted, options)
export const mended: FuzzReport = fuzz(guests.mended, options)

tell('A full disk that nobody hears of', planted, mended)
