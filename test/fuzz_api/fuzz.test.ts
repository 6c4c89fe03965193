/** Campaigns: what counts as a failure, how it is shrunk and told, and that a seed says all. */

import { describe, expect, it } from 'vitest'
import {
  argv,
  assertFuzz,
  execute,
  type FuzzOptions,
  formatFinding,
  fuzz,
  guestProperty,
  mergeReports,
  parseReproducer,
  reportFile,
  stdin,
  world,
} from '../../src/fuzz/index.ts'
import { compile, Machine } from '../../src/index.ts'
import { errorOf } from '../support/error_of.ts'
import { fc } from '../support/property.ts'
import { doing, guest } from './guest.ts'

/** Worlds that are one. */
function only(word: string, ...more: readonly string[]): FuzzOptions {
  return { world: fc.constant(doing(word, {}, ...more)), runs: 1 }
}

const BANG: FuzzOptions = {
  world: world({ args: fc.constant(['guest', 'bang']), stdin: stdin() }),
  runs: 2000,
  seed: 1,
}

describe('execute()', () => {
  it('runs a guest in a world that is laid over the base', () => {
    const base = new Machine({ files: { '/log': 'old', '/other': '1' } })
    const outcome = execute(guest(), doing('show', { files: { '/log': 'new' } }), { base })
    expect([outcome.exitCode, outcome.stdout.text(), outcome.fs.readFileSync('/other', 'utf8')]).toEqual([
      0,
      'new',
      '1',
    ])
    expect(base.fs.readFileSync('/log', 'utf8')).toBe('old')
    expect(outcome.diff().changes).toEqual([])
    expect(outcome.before.fs.readFileSync('/log', 'utf8')).toBe('new')
    expect(outcome.trace.at(-1)?.call).toBe('fd_write')
  })

  it('puts files in place of files and directories of the base, below files too', () => {
    const base = { files: { '/a/b/c': 'x', '/f': 'x' } }
    const { fs } = execute(guest(), doing('exit', { files: { '/a/b': 'file', '/f/g': 'below' } }), { base })
    expect([fs.readFileSync('/a/b', 'utf8'), fs.readFileSync('/f/g', 'utf8')]).toEqual(['file', 'below'])
  })

  it('takes the seed, the moment, and faults of the world', () => {
    const said = (seed: string): string => execute(guest(), doing('address', { seed })).stdout.text()
    expect(said('1')).toBe(said('1'))
    expect(new Set(['1', '2', '3', '4'].map(said)).size).toBeGreaterThan(1)
    const { machine } = execute(guest(), doing('exit', { epoch: '2030-01-01T00:00:00Z' }))
    expect(String(machine.time)).toMatch(/^1893456000/)
    expect(execute(guest(), doing('set', { faults: 'path_open=EIO' })).exitCode).toBe(1)
  })

  it('refuses a world that cannot be', () => {
    expect(errorOf(() => execute(guest(), { argv: [] } as never)).code).toBe('BAD_OPTION')
    expect(errorOf(() => execute(guest(), { args: ['a\0'] })).code).toBe('BAD_OPTION')
    expect(errorOf(() => execute(guest(), { epoch: 'now' })).code).toBe('BAD_OPTION')
    expect(errorOf(() => execute(guest(), { faults: 'fd_write' })).code).toBe('BAD_OPTION')
    expect(() => execute(guest(), { files: { a: '' } })).toThrow(/not absolute/)
  })
})

describe('fuzz()', () => {
  it('finds nothing where nothing is wrong', () => {
    const { findings, runs, seed } = fuzz(guest(), { ...only('exit'), runs: 100 })
    expect([findings, runs, seed]).toEqual([[], 100, 0])
  })

  it.each([
    ['trap', 'trap', {}],
    ['calls', 'limit', { limits: { calls: 1000 } }],
    ['loop', 'limit', { fuel: 100_000 }],
  ] as const)('finds that a guest that does %s ends by a %s, unless it may', (word, kind, options) => {
    const [finding] = fuzz(guest(), { ...only(word), ...options }).findings
    expect(finding?.kind).toBe(kind)
    expect(fuzz(guest(), { ...only(word), ...options, allow: [kind] }).findings).toEqual([])
  })

  it('finds what a property says by false, by a sentence, or by throwing', () => {
    const kinds = [() => false, () => 'it is wrong', () => expect(1).toBe(2)].map(
      (property) => fuzz(guest(), { ...only('exit'), property }).findings[0]?.message,
    )
    expect(kinds[0]).toBe('the property does not hold')
    expect(kinds[1]).toBe('it is wrong')
    expect(kinds[2]).toMatch(/^expected 1 to be 2/)
    expect(fuzz(guest(), { ...only('exit'), property: ({ exitCode }) => exitCode === 0 }).findings).toEqual([])
  })

  it('shrinks to the simplest world, tells the stack, the calls and a command, and the line replays', () => {
    const { findings } = fuzz(guest(), BANG)
    expect(findings.length).toBe(1)
    const [finding] = findings
    if (finding === undefined) return
    expect(finding.world).toEqual({ args: ['guest', 'bang'], stdin: '!' })
    expect(finding.stack[0]).toMatch(/abort \(function \d+ \+ 0x/)
    expect(finding.calls.at(-1)).toMatch(/^\d+ fd_read\(0\)/)
    const text = formatFinding(finding)
    expect(text).toMatch(/stdin {6}"!"/)
    expect(text).toContain(`vivarium replay '${finding.reproducer}'`)
    const { world: again, failure } = parseReproducer(finding.reproducer)
    expect(execute(guest(), again).end?.kind).toBe(failure.kind)
  })

  it('does the same for the same seed, and other worlds for another', () => {
    const drawn = (seed: number): string[] => {
      const seen: string[] = []
      const property = ({ world: each }: { world: object }): void => void seen.push(JSON.stringify(each))
      fuzz(guest(), { runs: 20, seed, world: world({ args: fc.constant(['guest', 'exit']) }), property })
      return seen
    }
    expect(drawn(1)).toEqual(drawn(1))
    expect(drawn(1)).not.toEqual(drawn(2))
  })

  it('has faults in each run, of a plan or by chance', () => {
    const failing = { world: fc.constant(doing('set', { files: { '/out/x': '' } })) }
    const property = ({ exitCode }: { exitCode: number | undefined }): boolean => exitCode === 0
    const [planned] = fuzz(guest(), { ...failing, runs: 1, faults: 'path_open=EIO', property }).findings
    expect(planned?.world.faults).toBe('path_open=EIO')
    const { findings } = fuzz(guest(), { ...failing, runs: 300, faults: { calls: ['path_open'] }, property })
    expect(findings.map(({ world: each }) => each.faults)).toEqual(['path_open#1=EIO'])
  })

  it('ends when it is told to, and after so many findings', () => {
    let asked = 0
    const { runs } = fuzz(guest(), { ...only('exit'), runs: Number.POSITIVE_INFINITY, stop: () => ++asked > 10 })
    expect(runs).toBe(10)
    const args = argv({ program: 'guest', arg: fc.constantFrom('exit', '1', '2', '3', '4') })
    const property = ({ exitCode }: { exitCode: number | undefined }): string | undefined =>
      exitCode === 0 || exitCode === 64 ? undefined : `exit code ${'i'.repeat(exitCode ?? 0)}`
    const all = { world: world({ args, files: false, stdin: false }), runs: 3000, property, maxShrinks: 50 }
    expect(fuzz(guest(), { ...all, maxFindings: 2 }).findings.length).toBe(2)
    expect(fuzz(guest(), { ...all, maxFindings: 9 }).findings.length).toBe(4)
  })

  it('finds in shards what it finds in one process', () => {
    const args = argv({ program: 'guest', arg: fc.constantFrom('exit', 'trap', '1', '2', '3') })
    const property = ({ exitCode }: { exitCode: number | undefined }): string | undefined =>
      exitCode === 0 || exitCode === 64 ? undefined : `exit code ${'i'.repeat(exitCode ?? 0)}`
    const options: FuzzOptions = { world: world({ args }), runs: 1000, property, maxShrinks: 100, maxFindings: 3 }
    const about = { module: { sha256: '' }, maxFindings: 3 }
    const whole = reportFile(fuzz(guest(), options), about)
    const shards = [2, 0, 1].map((index) =>
      reportFile(fuzz(guest(), { ...options, shard: { index, of: 3 } }), { ...about, shard: `${index + 1}/3` }),
    )
    expect(whole.findings.length).toBe(3)
    expect(mergeReports(shards).findings).toEqual(whole.findings)
  })

  it('takes a module that compile made', () => {
    expect(fuzz(compile(guest()), only('trap')).findings[0]?.kind).toBe('trap')
    expect(fuzz(compile(guest(), { fuel: true }), { ...only('loop'), fuel: 100_000 }).findings[0]?.kind).toBe('limit')
  })

  it.each<[string, FuzzOptions, RegExp]>([
    ['an unknown option', { run: 5 } as FuzzOptions, /there is no option "run"/],
    ['a property that is none', { property: 'x' } as never, /property: .*a function of an outcome, as \(\{ exitCode/],
    ['an oracle that is none', { oracle: () => '' } as never, /oracle: .*as deterministic\(\)/],
    ['worlds that are none', { world: {} } as never, /world: .*as world\(\{ args/],
    ['a plan that is none', { faults: 'fd_wriet#3=ENOSPC' }, /there is no call fd_wriet; write one as in/],
    ['runs that are none', { runs: -1 }, /runs: -1/],
    ['a shard that is none', { shard: { index: 3, of: 3 } }, /shard/],
    ['runs without end', { runs: Number.POSITIVE_INFINITY }, /stop has to be given/],
    ['a base that is none', { base: { files: { a: '' } } }, /not absolute/],
  ])('refuses %s', (_what, options, message) => {
    expect(() => fuzz(guest(), options)).toThrow(message)
  })

  it('refuses a guest that cannot run', () => {
    expect(errorOf(() => fuzz(new Uint8Array(4))).code).toBe('BAD_MODULE')
    // (module (import "env" "f" (func)) (func (export "_start")))
    const needs = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 9, 1, 3, 101, 110, 118, 1, 102, 0, 0]
    const rest = [3, 2, 1, 0, 7, 10, 1, 6, 95, 115, 116, 97, 114, 116, 0, 1, 10, 4, 1, 2, 0, 11]
    expect(errorOf(() => fuzz(new Uint8Array([...needs, ...rest]))).code).toBe('MISSING_IMPORT')
    const library = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])
    expect(() => fuzz(library)).toThrow(/exports no _start/)
  })
})

describe('guestProperty() and assertFuzz()', () => {
  it('fail with the finding as their message', () => {
    const property = guestProperty(guest(), { world: BANG.world as never })
    const { counterexample, errorInstance } = fc.check(property, { numRuns: 2000 })
    expect(counterexample).toEqual([{ args: ['guest', 'bang'], stdin: '!' }])
    expect((errorInstance as Error).message).toMatch(/^trap: unreachable\n[\s\S]*vivarium replay 'viv1:/)
    expect(() => assertFuzz(guest(), BANG)).toThrow(/after \d+ runs:\ntrap: unreachable/)
    assertFuzz(guest(), only('exit'))
  })
})
