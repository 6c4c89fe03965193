/** The crosscheck: the same guests in every cell of a matrix of engines, compared in everything that is left of a run. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { textTable } from '../bench/text_table.ts'
import { bundle } from './bundle.ts'
import { type Cell, CHILD, chromiumCells, nodeCells, PAGE_WORKER, runCell, type Skipped } from './cells.ts'
import { isDifferent, marksOf, type Row } from './compare.ts'
import { writeCorpus, writeLeaks } from './corpus.ts'
import { LEAKS } from './leaks.ts'
import { type PlannedGuest, type Report, tasksOf } from './plan.ts'

const DESCRIPTION =
  'Runs a corpus of guests under cpu strict on a matrix of engines and compares how each run ended, its trace, ' +
  'output, files and memory. Before it, under cpu engine, what the engines leak.'

const HELP = `
The exit status is 1 where a strict run differs between two cells, or fails.
Node versions other than the one that runs come from the npm package node.
A flag that an engine does not know is listed as skipped.`

export interface Options {
  readonly node: readonly string[]
  readonly flags: readonly string[]
  readonly only: string
  readonly testsuite?: string
  readonly jobs: number
  readonly quick?: true
  readonly fuels: number
  readonly chromium: boolean
}

/** All that is written goes through it. */
export type Say = (line: string) => void

/** Runs the command line and returns the exit status. */
export async function crosscheck(args: readonly string[], say: Say): Promise<number> {
  let status = 0
  const list = (text: string): string[] => text.split(',').filter((item) => item !== '')
  const count = (text: string): number => {
    if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It has to be a number from 1 on.')
    return Number(text)
  }
  const program = new Command('crosscheck')
    .description(DESCRIPTION)
    .addHelpText('after', HELP)
    .option('--node <versions>', 'major versions of Node, the first to compare with', list, ['20', '22', '24', '26'])
    .option('--flags <sets>', 'sets of V8 flags, "none" for no flag, "+" between two of a set', list, [
      'none',
      '--liftoff-only',
      '--no-liftoff',
      '--no-enable-fma3',
    ])
    .option('--only <text>', 'only guests with this in their name', '')
    .option('--testsuite <dir>', 'also the compiled tests of a wasi-testsuite checkout')
    .option('--jobs <n>', 'cells at the same time', count, 1)
    .option('--fuels <n>', 'also so many random amounts of fuel for each guest that is stopped by it', count, 0)
    .option('--quick', 'without the real programs')
    .option('--no-chromium', 'without Chromium')
    .exitOverride()
    .configureOutput({ writeOut: (text) => say(text.trimEnd()), writeErr: (text) => say(text.trimEnd()) })
    .action(async (options: Options) => {
      status = (await compare(options, say)) ? 0 : 1
    })
  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return error.exitCode === 0 ? 0 : 2
  }
  return status
}

/** A lower cap of the engine on memories: what a host has that can give less. */
const LOW = '--wasm-max-mem-pages=1000'

async function compare(options: Options, say: Say): Promise<boolean> {
  const { node, flags, jobs } = options
  const found = [...node.flatMap((major) => nodeCells(major, flags)), ...(options.chromium ? chromiumCells(flags) : [])]
  const low = node.flatMap((major) => nodeCells(major, [LOW]))
  const cells = found.filter(isThere)
  for (const cell of [...found, ...low]) if (!isThere(cell)) say(`skipped: ${cell.name}: ${cell.skipped}`)
  const folder = mkdtempSync(join(tmpdir(), 'vivarium-crosscheck-'))
  try {
    const leaks = folderFor(folder, 'leaks')
    const leakGuests = await writeLeaks(leaks)
    // The first cell twice: some leaks differ from run to run.
    const leakCells = [...cells.slice(0, 1), ...cells, ...low.filter(isThere)]
    const strictHolds = sayLeaks(await runAll(leakCells, leaks, leakGuests, jobs), leakCells, say)
    const corpus = folderFor(folder, 'corpus')
    const guests = await writeCorpus(corpus, {
      only: options.only,
      quick: options.quick === true,
      testsuite: options.testsuite,
      fuels: options.fuels,
    })
    const same = sayCorpus(await runAll(cells, corpus, guests, jobs, say), cells, guests, say)
    return strictHolds && same
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export function isThere(cell: Cell | Skipped): cell is Cell {
  return 'run' in cell
}

/** A new folder with the scripts of the cells in it. */
export function folderFor(parent: string, name: string): string {
  const folder = mkdtempSync(join(parent, `${name}-`))
  writeFileSync(join(folder, CHILD), bundle('child'))
  writeFileSync(join(folder, PAGE_WORKER), bundle('page_worker'))
  return folder
}

/** Every guest in every cell, `jobs` cells at a time; a row for each task. */
export async function runAll(
  cells: readonly Cell[],
  folder: string,
  guests: readonly PlannedGuest[],
  jobs: number,
  say?: Say,
): Promise<Row[]> {
  const tasks = tasksOf(guests)
  const reports: Report[][] = cells.map(() => [])
  const pending = cells.map((_, index) => index)
  const work = async (): Promise<void> => {
    for (let index = pending.shift(); index !== undefined; index = pending.shift()) {
      const start = performance.now()
      reports[index] = await runCell(cells[index] as Cell, folder, tasks.length)
      say?.(`${cells[index]?.name}: ${tasks.length} runs in ${((performance.now() - start) / 1000).toFixed(1)} s`)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return tasks.map(({ guest, seed }, task) => ({
    name: guest.seeds.length > 1 ? `${guest.name}, seed ${seed}` : guest.name,
    reports: reports.map((column) => column[task] as Report),
  }))
}

/** Says what leaks, a line for each cell, and returns whether nothing does under strict. */
export function sayLeaks(rows: readonly Row[], cells: readonly Cell[], say: Say): boolean {
  const columns = rows.map(({ name, reports }) => {
    const shown = reports.map(shownIn)
    const mayLack = LEAKS.some((leak) => leak.mayLack && name === `strict: ${leak.name}`)
    const told = shown.filter((text) => text !== '-' && !(mayLack && text.endsWith(LACKS)))
    return { name, shown, verdict: new Set(told).size < 2 ? 'equal' : 'DIFFERS' }
  })
  say('\nLeaks: what the guest sees, "-" where the engine does not know the instruction')
  columns.forEach(({ name }, index) => {
    say(`  [${index + 1}] ${name}`)
  })
  say(
    textTable(
      ['', ...columns.map((_, index) => `[${index + 1}]`)],
      [
        ...cells.map(({ name }, at) => [name, ...columns.map(({ shown }) => shown[at] ?? '')]),
        ['', ...columns.map(({ verdict }) => verdict)],
      ],
    ),
  )
  for (const { name, verdict } of columns) {
    if (name.startsWith('engine') && verdict === 'equal') say(`note: ${name}: does not show in these cells`)
  }
  return columns.every(({ name, verdict }) => name.startsWith('engine') || verdict === 'equal')
}

/** Stands behind what a guest saw that could not be given the memory that it may have. */
const LACKS = ', then host memory'

function shownIn(report: Report): string {
  if (report.kind === 'invalid') return '-'
  if (report.kind === 'failed') return report.why
  return `${report.outcome.shown}${report.outcome.end === 'limit host memory' ? LACKS : ''}`
}

/** Says all rows, a summary and what differs; returns whether nothing does. */
function sayCorpus(rows: readonly Row[], cells: readonly Cell[], guests: readonly PlannedGuest[], say: Say): boolean {
  const marks = rows.map(({ reports }) => marksOf(reports))
  say(
    '\nUnder cpu strict, compared with the first cell: "=" the same, "-" the engine does not know the module\'s instructions',
  )
  // With many cells their names would not fit over the columns.
  cells.forEach(({ name }, index) => {
    say(`  [${index + 1}] ${name}`)
  })
  say(
    textTable(
      ['guest', ...cells.map((_, index) => `[${index + 1}]`)],
      rows.map(({ name }, row) => [name, ...(marks[row] ?? [])]),
    ),
  )
  const all = marks.flat()
  const invalid = all.filter((mark) => mark === '-').length
  const different = all.filter(isDifferent).length
  say(
    `\n${guests.length} guests, ${rows.length} runs in each of ${cells.length} cells: ` +
      `${all.length - invalid - different} the same, ${different} different, ${invalid} not known to the engine`,
  )
  rows.forEach(({ name, reports }, row) => {
    const reference = reports.find(({ kind }) => kind !== 'invalid')
    reports.forEach((report, at) => {
      const mark = marks[row]?.[at] ?? ''
      if (!isDifferent(mark)) return
      say(`${name} in ${cells[at]?.name}: ${mark}`)
      if (report.kind === 'failed') say(`  ${report.why}`)
      if (report.kind !== 'ran' || reference?.kind !== 'ran') return
      for (const key of mark.split('+') as (keyof typeof report.outcome)[]) {
        say(`  ${key}: ${report.outcome[key]}, and in the first: ${reference.outcome[key]}`)
      }
    })
  })
  return different === 0
}
