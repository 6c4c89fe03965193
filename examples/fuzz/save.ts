/**
 * A "safe save" that forgets fsync. It writes a new file and renames it over the old one, which is whole at any moment;
 * but the disk may have the new name before it has the new text. Here one world is enough: `sweep` cuts the power at
 * every point of the run, with every fate of what was not synced, and `survives` looks with the program itself at what
 * is left.
 */

import { type SweepOptions, type SweepReport, survives, sweep } from '../../src/fuzz/index.ts'
import { target, tell } from './target.ts'

export const guests = target('save')

export const options: SweepOptions = {
  world: { args: ['save', 'new'], files: { '/doc': 'old' } },
  errnos: [],
  shorts: false,
  oracle: survives({
    recovery: { args: ['save'] },
    property: ({ exitCode, stdout }) =>
      (exitCode === 0 && ['old\n', 'new\n'].includes(stdout.text())) ||
      `what is left is ${JSON.stringify(stdout.text())}`,
  }),
  maxFindings: 1,
  name: 'save.wasm',
}

export const planted: SweepReport = sweep(guests.planted, options)
export const mended: SweepReport = sweep(guests.mended, options)

tell('Renamed, and empty', planted, mended)
