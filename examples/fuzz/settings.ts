/**
 * A program whose output depends on the order in which directories are listed. Here that is by name, so it does the same
 * each time and is right each time; `independentOfListing` runs it with other orders, as other file systems have.
 */

import fc from 'fast-check'
import { type FuzzOptions, type FuzzReport, fileTree, fuzz, independentOfListing, world } from '../../src/fuzz/index.ts'
import { target, tell } from './target.ts'

export const guests = target('settings')

export const options: FuzzOptions = {
  world: world({
    files: fileTree({
      root: '/etc/app.d',
      maxDepth: 1,
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      content: fc.constantFrom('x=1\n', 'x=2\n', 'y=1\n'),
      symlinks: false,
      hardlinks: false,
    }),
    args: false,
    stdin: false,
    env: false,
    seed: false,
    epoch: false,
  }),
  oracle: independentOfListing(),
  seed: 1,
  runs: 300,
  maxFindings: 1,
  name: 'settings.wasm',
}

export const planted: FuzzReport = fuzz(guests.planted, options)
export const mended: FuzzReport = fuzz(guests.mended, options)

tell('The order of a listing', planted, mended)
