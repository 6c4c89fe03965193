/**
 * A limiter that fails only when the clock jumps: a laptop that was shut for a day, a machine that was suspended. The
 * rule `clock_time_get#2=delay:…` makes a day pass between two calls, in no time.
 */

import fc from 'fast-check'
import { type FuzzOptions, type FuzzReport, faultPlan, fuzz, world } from '../../src/fuzz/index.ts'
import { target, tell } from './target.ts'

export const guests = target('limiter')

/** Not more requests than are answered at once: so each is to be answered. */
const requests = fc.nat({ max: 5 }).map((count) => '?\n'.repeat(count))

export const options: FuzzOptions = {
  world: world({
    stdin: requests,
    faults: faultPlan({ calls: ['clock_time_get'], errnos: [], shorts: false, space: false }),
    files: false,
    args: false,
    env: false,
    seed: false,
    epoch: false,
  }),
  property: ({ stdout }) => !stdout.text().includes('later') || 'one of five requests was refused',
  seed: 1,
  runs: 1000,
  maxFindings: 1,
  name: 'limiter.wasm',
}

export const planted: FuzzReport = fuzz(guests.planted, options)
export const mended: FuzzReport = fuzz(guests.mended, options)

tell('A day between two calls', planted, mended)
