/** The targets of examples/fuzz: each planted fault is found within a bound, shrunk, and seen again; mended, there is none. */

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import type { Report, Target } from '../../examples/fuzz/target.ts'
import { type CheckOptions, type Finding, guestProperty, parseReproducer, type World } from '../../src/fuzz/index.ts'

interface Example {
  readonly guests: Target
  readonly options: CheckOptions
  readonly planted: Report
  readonly mended: Report
}

const FOLDER = fileURLToPath(new URL('../../examples/fuzz/', import.meta.url))
const TSX = fileURLToPath(new URL('../../node_modules/tsx/dist/cli.mjs', import.meta.url))

/** What an example exports, and what it printed when it was run here. */
async function example(load: () => Promise<Example>): Promise<Example & { readonly text: string }> {
  const lines: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((...values) => void lines.push(values.join(' ')))
  try {
    const { guests, options, planted, mended } = await load()
    return { guests, options, planted, mended, text: `${lines.join('\n')}\n` }
  } finally {
    log.mockRestore()
  }
}

const EXAMPLES = {
  parser: await example(() => import('../../examples/fuzz/parser.ts')),
  logger: await example(() => import('../../examples/fuzz/logger.ts')),
  save: await example(() => import('../../examples/fuzz/save.ts')),
  store: await example(() => import('../../examples/fuzz/store.ts')),
  sum: await example(() => import('../../examples/fuzz/sum.ts')),
  settings: await example(() => import('../../examples/fuzz/settings.ts')),
  limiter: await example(() => import('../../examples/fuzz/limiter.ts')),
}
type Name = keyof typeof EXAMPLES
const NAMES = Object.keys(EXAMPLES) as Name[]

const findingOf = (name: Name): Finding => EXAMPLES[name].planted.findings[0] as Finding
const worldOf = (name: Name): World => findingOf(name).world

/** What is wrong in one world, as a property of fast-check says it. */
function problemIn(module: Uint8Array, { base, property, oracle }: CheckOptions, world: World): string | undefined {
  const options = {
    ...(base === undefined ? {} : { base }),
    ...(property === undefined ? {} : { property }),
    ...(oracle === undefined ? {} : { oracle }),
  }
  const { failed, errorInstance } = fc.check(guestProperty(module, { ...options, world: fc.constant(world) }), {
    numRuns: 1,
  })
  return failed ? String((errorInstance as Error).message) : undefined
}

describe('examples/fuzz', () => {
  it('are all here and in the list', () => {
    const sources = readdirSync(FOLDER).filter((name) => name.endsWith('.c') && name !== 'sqlite.c')
    expect(sources.map((name) => name.replace('.c', '')).sort()).toEqual([...NAMES].sort())
    const list = readFileSync(`${FOLDER}README.md`, 'utf8')
    for (const name of [...NAMES, 'sqlite']) expect(list).toContain(`[${name}.ts](${name}.ts)`)
  })

  it.each(NAMES)('%s: the planted fault is found within 200 runs, and nothing where it is mended', (name) => {
    const { planted, mended } = EXAMPLES[name]
    expect(planted.findings.length).toBe(1)
    expect(planted.runs).toBeLessThanOrEqual(200)
    expect(mended.findings).toEqual([])
    expect(mended.runs).toBeGreaterThanOrEqual(planted.runs)
  })

  it.each(NAMES)('%s: its one line says all that is needed to see it again', (name) => {
    const { guests, options, text } = EXAMPLES[name]
    const { reproducer, message, kind, calls } = findingOf(name)
    expect(text).toContain(`vivarium replay '${reproducer}'`)
    const { module, world, failure } = parseReproducer(reproducer)
    expect(module.sha256).toBe(createHash('sha256').update(guests.planted).digest('hex'))
    expect(failure).toMatchObject({ kind, message })
    expect(problemIn(guests.planted, options, world)).toContain(message)
    expect(problemIn(guests.mended, options, world)).toBe(undefined)
    expect(calls.length).toBeGreaterThan(0)
  })

  it('print the same as a script', () => {
    const child = spawnSync(process.execPath, [TSX, `${FOLDER}parser.ts`], { encoding: 'utf8' })
    expect([child.status, child.stderr]).toEqual([0, ''])
    expect(child.stdout).toBe(EXAMPLES.parser.text)
  })
})

describe('what is left of a world', () => {
  it('parser: one name of eight letters', () => {
    expect(worldOf('parser')).toEqual({ stdin: '1 aaaaaaaa\n' })
  })

  it('logger: an empty line and a full disk', () => {
    const { stdin, faults, ...rest } = worldOf('logger')
    expect([stdin, rest]).toEqual(['\n', {}])
    expect(faults).toMatch(/^(fd_write#\d+\+?=(ENOSPC|short:\d+)|\*=space:0)$/)
  })

  it('save: the power goes once the name is on the disk and the text is not', () => {
    expect(worldOf('save').faults).toMatch(/^\*#\d+=cut:without:2$/)
    expect(findingOf('save').calls.at(-2)).toMatch(/path_rename\(.*\) = 0/)
  })

  it('store: one record that just goes over the end of a sector', () => {
    const { stdin, faults, ...rest } = worldOf('store')
    expect(stdin).toMatch(/^\d=v+\n$/)
    // Eight bytes before it and a line feed that is not stored.
    expect(String(stdin).length + 8 - 1).toBe(513)
    expect(faults).toMatch(/^\*#\d+=cut:torn:0:1$/)
    expect(rest).toEqual({})
  })

  it('sum: one number, of which some bytes come later', () => {
    const { stdin, faults, ...rest } = worldOf('sum')
    expect([stdin, rest]).toEqual([new Uint8Array(4), {}])
    expect(faults).toMatch(/^fd_read(#1)?=short:[123]$/)
  })

  it('settings: two files that differ', () => {
    const { files = {}, ...rest } = worldOf('settings')
    expect(Object.values(files).sort()).toEqual(['x=1\n', 'x=2\n'])
    expect(rest).toEqual({})
  })

  it('limiter: one request, and a day', () => {
    const { stdin, faults, ...rest } = worldOf('limiter')
    expect([stdin, rest]).toEqual(['?\n', {}])
    expect(faults).toMatch(/^clock_time_get(#\d+\+?)?=delay:86400000000000$/)
  })
})

describe('sqlite.ts', () => {
  it('finds nothing with EXTRA, a lost transaction with FULL, and a damaged database with OFF', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const { extra, fullWhole, full, off } = await import('../../examples/fuzz/sqlite.ts').finally(() =>
      log.mockRestore(),
    )
    expect([extra, fullWhole].map(({ findings }) => findings)).toEqual([[], []])
    for (const { points, cuts, runs } of [extra, fullWhole]) {
      expect(points).toBeGreaterThan(60)
      expect(cuts).toBeGreaterThan(250)
      expect(runs).toBe(cuts + 1)
    }
    expect(full.findings.map(({ kind, message }) => [kind, message])).toEqual([
      ['survives', '"1" was acknowledged, and is lost'],
    ])
    expect(full.findings[0]?.calls.at(-2)).toMatch(/fd_write\(1, iovs: "1\\n"\)/)
    expect(off.findings.map(({ kind }) => kind)).toEqual(['survives'])
    expect(off.findings[0]?.message).toMatch(/^the recovery ended with exit code 1/)
  })
})
