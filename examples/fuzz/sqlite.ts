/**
 * SQLite's crash recovery. A program makes transactions and acknowledges each once it is committed; the power is cut at
 * every point of its run, with every fate of what was not synced; then the database is opened as it was left.
 *
 * - With "PRAGMA synchronous=EXTRA" it must be whole, by SQLite's own check, have each transaction in all of its tables
 *   or in none, and have all that were acknowledged.
 * - With FULL, the default, SQLite promises no more than that it is whole: the journal is removed to commit, and without
 *   a sync of its directory it can be there again, so that the last transaction is rolled back. The search finds that.
 * - With OFF nothing is synced, and what is left can be anything.
 *
 *     npx tsx examples/fuzz/sqlite.ts [--transactions N] [--errors]
 *
 * With `--errors` also each call is made to fail in each way that a disk may: once, and from then on. That takes minutes.
 */

import { parseArgs } from 'node:util'
import {
  formatFinding,
  type Oracle,
  type SweepOptions,
  type SweepReport,
  survives,
  sweep,
} from '../../src/fuzz/index.ts'
import { compile, Machine } from '../../src/index.ts'
import { sqlite } from './sqlite_guest.ts'

const { values } = parseArgs({
  options: { transactions: { type: 'string', default: '3' }, errors: { type: 'boolean', default: false } },
  // Under a test runner the arguments are not ours.
  args: process.argv[1]?.endsWith('sqlite.ts') === true ? process.argv.slice(2) : [],
})
const TRANSACTIONS = Number(values.transactions)

export const guest: Uint8Array = sqlite()

/** A machine with an empty database in it. */
function machineWithTables(): Machine {
  const machine = new Machine({ files: { '/var/db': null } })
  const run = machine.run(compile(guest), { args: ['sqlite', 'new'] })
  if (run.exitCode !== 0) throw new Error(run.stderr.text())
  return machine
}

/** How a database is looked at afterwards. */
const RECOVERY = { args: ['sqlite'] }

/** What was acknowledged is there also where a call failed, whatever the program made of that. */
const keepsItsWord: Oracle = {
  name: 'keepsItsWord',
  check: ({ stdout, machine }, bench) => {
    const recovery = bench.execute(RECOVERY, { from: machine.snapshot() })
    if (recovery.exitCode !== 0) return `the database cannot be opened: ${recovery.stderr.text()}`
    const found = recovery.stdout.text().split('\n')
    const lost = stdout
      .text()
      .split('\n')
      .find((line) => !found.includes(line))
    return lost === undefined ? undefined : `transaction ${lost} was acknowledged, and is lost`
  },
}

const base = machineWithTables()

type Synchronous = 'EXTRA' | 'FULL' | 'OFF'

/** Opened again, the database is whole, and has what was acknowledged. */
const keepsAll: Oracle = survives({ recovery: RECOVERY })
/** Opened again, the database is whole. */
const isWhole: Oracle = survives({ recovery: RECOVERY, acknowledged: () => [] })

/** Cuts the power all through a run with that setting; one finding is enough. */
function search(synchronous: Synchronous, oracle: Oracle, options: SweepOptions = {}): SweepReport {
  const report = sweep(guest, {
    base,
    world: { args: ['sqlite', String(TRANSACTIONS), synchronous] },
    errnos: [],
    shorts: false,
    oracle,
    maxFindings: 1,
    name: 'sqlite.wasm',
    ...options,
  })
  const { calls, points, runs, findings } = report
  console.log(`synchronous=${synchronous}, ${oracle === isWhole ? 'whole' : 'whole, and nothing lost'}:`)
  console.log(`${calls} calls, ${points} points where the power was cut, ${runs - 1} cases`)
  console.log(
    `${findings.length === 0 ? 'nothing was found' : findings.map((each) => formatFinding(each)).join('\n\n')}\n`,
  )
  return report
}

export const extra: SweepReport = search('EXTRA', keepsAll)
export const fullWhole: SweepReport = search('FULL', isWhole)
export const full: SweepReport = search('FULL', keepsAll)
export const off: SweepReport = search('OFF', isWhole)

// A call that is interrupted for ever is tried for ever, which is right: so limits are no findings.
if (values.errors) {
  search('EXTRA', keepsItsWord, {
    errnos: 'environment',
    shorts: true,
    cuts: false,
    allow: ['limit'],
    limits: { calls: 2000 },
    maxFindings: 20,
  })
}
