/**
 * A store of keys and values that does not start again after a torn write: the last record is there in part, and instead
 * of leaving that one out it gives up. `survives` in a campaign cuts the power at every point of each run, in many
 * worlds. A write is torn only where it goes over the end of a sector, so values have to be long, or many.
 */

import fc from 'fast-check'
import { type FuzzOptions, type FuzzReport, fuzz, survives, world } from '../../src/fuzz/index.ts'
import { target, tell } from './target.ts'

export const guests = target('store')

/** Each key once: what was acknowledged is then kept for ever. */
const changes = fc
  .uniqueArray(fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 1200 })), { selector: ([key]) => key, maxLength: 4 })
  .map((all) => all.map(([key, size]) => `${key}=${'v'.repeat(size)}\n`).join(''))

export const options: FuzzOptions = {
  world: world({ stdin: changes, files: false, args: false, env: false, seed: false, epoch: false }),
  oracle: survives(),
  seed: 1,
  runs: 100,
  maxFindings: 1,
  name: 'store.wasm',
}

export const planted: FuzzReport = fuzz(guests.planted, options)
export const mended: FuzzReport = fuzz(guests.mended, options)

tell('Half a record', planted, mended)
