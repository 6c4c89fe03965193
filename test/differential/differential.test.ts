/** Random programs of preview1 calls in Vivarium and in node:wasi: every errno and every result, call by call. */

import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { SEED } from '../support/property.ts'
import { compare, noCounts, runDifferential } from './differential.ts'
import { DIVERGENCES } from './divergences.ts'
import { EXAMPLES } from './examples.ts'
import { PREAMBLE, type Program } from './programs.ts'
import { type Outcome, runNode, runVivarium } from './worlds.ts'

/** `VIVARIUM_PROGRAMS=20000` runs more of them; `VIVARIUM_SEED` others. */
const PROGRAMS = Number(process.env.VIVARIUM_PROGRAMS ?? 200)

describe.runIf(process.platform === 'linux')('node:wasi side by side', () => {
  it('agrees on every call, but for what is listed', async () => {
    const { counts, findings } = await runDifferential({ programs: PROGRAMS, seed: SEED })
    expect(findings.map(({ label, text }) => `${label}\n${text}`).join('\n\n')).toBe('')
    expect(counts.programs).toBe(PROGRAMS)
    // Programs that part at once, or crash, would prove nothing.
    expect(counts.skipped).toBeLessThan(counts.calls / 4)
    expect(counts.crashed).toBeLessThan(PROGRAMS / 20)
  })

  // node:wasi is uvwasi, and another version may have other faults; another file system lists in another order.
  it.runIf(process.versions.uvwasi === '0.0.23' && existsSync('/dev/shm'))(
    'differs as each line of the list says',
    async () => {
      expect(Object.keys(EXAMPLES).sort()).toEqual(DIVERGENCES.map(({ id }) => id).sort())
      const ids = Object.keys(EXAMPLES)
      const full = ids.map((id) => [...PREAMBLE, ...(EXAMPLES[id] as Program)])
      const theirs = await runNode(full)
      const seen = ids.filter((id, index) => {
        const program = full[index] as Program
        const counts = noCounts()
        expect(compare(program, runVivarium(program), theirs[index] as Outcome, counts), id).toBeUndefined()
        return counts.accepted.has(id)
      })
      expect(seen).toEqual(ids)
    },
  )
})

describe('compare()', () => {
  const program: Program = [
    ...PREAMBLE,
    { call: 'path_create_directory', fd: 3, path: 'a' },
    { call: 'path_filestat_get', fd: 3, flags: 0, path: 'a' },
    { call: 'path_filestat_get', fd: 3, flags: 0, path: 'a' },
  ]
  const ours = runVivarium(program)
  const last = program.length - 1

  function changed(errno: string, values: { readonly [name: string]: string }) {
    const results = ours.results.map((result, index) =>
      index === last ? { errno, values: { ...result.values, ...values } } : result,
    )
    return compare(program, ours, { ...ours, results }, noCounts())
  }

  it('finds nothing where there is nothing', () => {
    expect(compare(program, ours, ours, noCounts())).toBeUndefined()
  })

  it('finds an errno, a result, an inode that changed, and a tree', () => {
    expect(changed('ENOENT', {})).toBe('path_filestat_get ESUCCESS/ENOENT errno')
    expect(changed('ESUCCESS', { nlink: '3' })).toBe('path_filestat_get ESUCCESS/ESUCCESS nlink')
    expect(changed('ESUCCESS', { ino: '1' })).toBe('path_filestat_get ESUCCESS/ESUCCESS ino')
    expect(changed('ESUCCESS', { mtim: '0' })).toBe('path_filestat_get ESUCCESS/ESUCCESS mtim')
    expect(changed('ESUCCESS', { size: '99', atim: '99' })).toBeUndefined()
    expect(compare(program, ours, { ...ours, tree: [] }, noCounts())).toBe('the tree that is left')
  })
})
