/**
 * What calls cost as multiples of an empty import call of the same process, so that a loss of speed shows on any
 * machine. Prints them as JSON; with `--write` it puts them into guard.json, which `guard.test.ts` compares with.
 */

import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { EMPTY_CALL, emptyCall } from './hosts/limit.ts'
import { vivarium } from './hosts/vivarium.ts'
import { measure } from './measure.ts'
import { PATTERNS } from './patterns.ts'

/** Ratios by the pattern's name. */
export interface Ratios {
  readonly [pattern: string]: number
}

/** Rows that the processor bounds and not its memory, whose speed is another matter. */
const GUARDED = [
  'clock_time_get',
  'random_get 8 B',
  'fd_seek',
  'fd_write 1 B',
  'fd_pread 1 B',
  'fd_filestat_get',
  'path_filestat_get, 4 deep',
  'path_filestat_get, missing',
  'path_open + fd_close',
  'create + unlink, 10^4 files',
  'readdir, per entry of 5,000',
  'poll_oneoff, 2 clocks',
]
/** The least of many short rounds, since the machine has other things to do while tests run. */
const HOW = { rounds: 15, statistic: 'least' } as const
const SHORTER = 8

const ratios: Record<string, number> = {}
for (const pattern of PATTERNS.filter(({ name }) => GUARDED.includes(name))) {
  const short = { ...pattern, operations: Math.ceil(pattern.operations / SHORTER) }
  const results = await measure(short, [emptyCall(short), vivarium('vivarium', 'digest')], HOW)
  const nsOf = (name: string): number => {
    const found = results.find(({ host }) => host === name)
    if (found?.ns === undefined) throw new Error(`${pattern.name}: ${name}: ${found?.notes.join('; ')}`)
    return found.ns
  }
  ratios[pattern.name] = Number((nsOf('vivarium') / nsOf(EMPTY_CALL)).toFixed(1))
}
const text = `${JSON.stringify(ratios, undefined, 2)}\n`
process.stdout.write(text)
if (process.argv.includes('--write')) writeFileSync(fileURLToPath(new URL('guard.json', import.meta.url)), text)
