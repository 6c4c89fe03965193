/**
 * The crosscheck in small: the quick corpus on this Node under two sets of flags. The whole matrix takes minutes and
 * fetches other versions of Node, so it is a command: `npm run crosscheck`.
 */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Cell, nodeCells, runCell } from './cells.ts'
import { crosscheck, folderFor, isThere, runAll } from './command.ts'
import { isDifferent, marksOf, type Row } from './compare.ts'
import { writeCorpus, writeLeaks } from './corpus.ts'
import type { Outcome, Report } from './plan.ts'

const MAJOR = process.versions.node.split('.')[0] as string
/** The optimising compiler from the first call on, beside the one that starts with the other. */
const cells = nodeCells(MAJOR, ['none', '--no-liftoff']).filter(isThere)
const scratch = mkdtempSync(join(tmpdir(), 'vivarium-crosscheck-test-'))
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/** What two cells were shown by the guest of a row. */
function shown({ reports }: Row): string[] {
  return reports.map((report) => (report.kind === 'ran' ? report.outcome.shown : report.kind))
}

describe('the leaks of an engine', () => {
  let rows: readonly Row[] = []
  const row = (name: string): Row => rows.find((each) => each.name.startsWith(name)) as Row
  beforeAll(async () => {
    const folder = folderFor(scratch, 'leaks')
    rows = await runAll(cells, folder, await writeLeaks(folder), 1)
  })

  it('show how deep calls can go, which differs between two tiers', () => {
    const [baseline, optimised] = shown(row('engine: calls before the stack ends'))
    expect(Number(baseline)).toBeGreaterThan(1000)
    expect(optimised).not.toBe(baseline)
    expect(marksOf(row('engine: calls').reports)).toEqual(['=', 'memory+shown'])
  })

  // With other processors, and from V8 14 on, both tiers take the first operand's bits: the leak is between versions then.
  it.runIf(process.arch === 'x64' && Number(MAJOR) < 26)(
    'show the bits of a NaN, which differ between two tiers',
    () => {
      const [baseline, optimised] = shown(row('engine: bits of a NaN'))
      expect(baseline).toMatch(/^7fe00001 /)
      expect(optimised).toBe('ffc00002 ffc00002 4e20')
      expect(marksOf(row('engine: bits of a NaN').reports)).toEqual(['=', 'memory+shown'])
    },
  )

  it('are closed by cpu strict', () => {
    const strict = rows.filter(({ name }) => name.startsWith('strict'))
    expect(strict.map(({ name, reports }) => [name, ...marksOf(reports).filter(isDifferent)])).toEqual(
      strict.map(({ name }) => [name]),
    )
    expect(shown(row('strict: bits of a NaN'))[0]).toBe('7fc00000 7fc00000 4e20')
  })
})

describe('the quick corpus under cpu strict', () => {
  it('is the same in two tiers, in all that is left of each run', async () => {
    const folder = folderFor(scratch, 'corpus')
    const guests = await writeCorpus(folder, { only: '', quick: true, testsuite: undefined })
    const rows = await runAll(cells, folder, guests, 1)
    expect(guests.length).toBeGreaterThan(200)
    const marks = rows.map(({ name, reports }) => ({ name, marks: marksOf(reports) }))
    expect(marks.filter((each) => each.marks.some(isDifferent))).toEqual([])
    expect(marks.filter((each) => each.marks.includes('=')).length).toBeGreaterThan(200)
    const ends = rows.map(({ reports: [first] }) => (first?.kind === 'ran' ? first.outcome.end : ''))
    for (const end of ['exit 0', 'exit 300', 'trap', 'signal SIGALRM', 'limit stack', 'limit fuel', 'limit output']) {
      expect(ends).toContain(end)
    }
    const divides = rows.find(({ name }) => name === 'ends: divides')?.reports[0]
    expect(divides?.kind === 'ran' && divides.outcome.position).toMatch(/^\d+:0x[0-9a-f]+ \d+:0x/)
    // Seeds reach the guests: else that two cells agree on what is random would say nothing.
    const random = rows.filter(({ name }) => name.startsWith('system: randomness'))
    const digests = random.map(({ reports: [first] }) => (first?.kind === 'ran' ? first.outcome.stdout : ''))
    expect(new Set(digests).size).toBe(2)
  })
})

const OUTCOME: Outcome = {
  end: 'exit 0',
  position: '',
  calls: 3,
  trace: 'a',
  fuel: 'undefined',
  stdout: '0 bytes',
  stderr: '0 bytes',
  files: 'b',
  memory: 'c',
  shown: '',
  time: '5',
  state: 'd',
  goesOn: 'e',
}

function ran(changes: Partial<Outcome> = {}): Report {
  return { kind: 'ran', ms: 1, outcome: { ...OUTCOME, ...changes } }
}

describe('marksOf()', () => {
  it.each(Object.keys(OUTCOME))('names %s where that differs', (key) => {
    expect(marksOf([ran(), ran({ [key]: 'other' }), ran()])).toEqual(['=', key, '='])
  })

  it('compares with the first cell that knows the instructions', () => {
    const marks = marksOf([{ kind: 'invalid' }, ran(), ran({ memory: 'd', trace: 'x' }), { kind: 'failed', why: '' }])
    expect(marks).toEqual(['-', '=', 'trace+memory', 'failed'])
    expect(marks.map(isDifferent)).toEqual([false, false, true, true])
  })
})

describe('runCell()', () => {
  it('goes on after a task under which the process died', async () => {
    const starts: number[] = []
    const cell: Cell = {
      name: 'dies at the second',
      run: async (_, from, say) => {
        starts.push(from)
        for (let task = from; task < 4; task++) {
          if (task === 1) return 'SIGSEGV'
          say(ran())
        }
        return undefined
      },
    }
    const reports = await runCell(cell, '', 4)
    expect(reports.map(({ kind }) => kind)).toEqual(['ran', 'failed', 'ran', 'ran'])
    expect(starts).toEqual([0, 2])
  })
})

describe('the matrix', () => {
  it('lists a flag that the engine does not know as skipped, with what the engine says', () => {
    const [cell] = nodeCells(MAJOR, ['--no-such-flag'])
    expect(cell).toMatchObject({
      name: `Node ${process.versions.node} --no-such-flag`,
      skipped: expect.stringContaining('--no-such-flag'),
    })
  })

  it('refuses wrong arguments with status 2', async () => {
    const said: string[] = []
    expect(await crosscheck(['--jobs', '0'], (line) => void said.push(line))).toBe(2)
    expect(said.join('\n')).toContain('It has to be a number from 1 on.')
  })
})
