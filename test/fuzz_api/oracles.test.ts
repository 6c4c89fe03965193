/** Each ready property, on a guest that has the fault and on one that has not. */

import { describe, expect, it } from 'vitest'
import { Checker } from '../../src/fuzz/checker.ts'
import {
  agreesWith,
  deterministic,
  fuzz,
  idempotent,
  independentOfListing,
  noLeftoverTemporaryFiles,
  noWritesOutside,
  type Oracle,
  parseReproducer,
  roundTrip,
  survives,
  type World,
} from '../../src/fuzz/index.ts'
import { fc } from '../support/property.ts'
import { doing, guest } from './guest.ts'

const OUT: World = { files: { '/out/doc': 'old' } }

/** What an oracle says of one world. */
function said(oracle: Oracle, world: World): string | undefined {
  const [finding] = fuzz(guest(), { world: fc.constant(world), runs: 1, oracle }).findings
  expect(finding === undefined || finding.kind === oracle.name).toBe(true)
  return finding?.message
}

describe('deterministic()', () => {
  it('holds, since a machine is', () => {
    expect(said(deterministic(), doing('address'))).toBeUndefined()
  })

  it('sees what differs between two runs', () => {
    const { check } = deterministic()
    const { bench } = new Checker(guest(), {}).judge
    let count = 0
    const flaky = { execute: (world: World) => bench.execute({ ...world, seed: String(count++) }, { trace: 'digest' }) }
    expect(check?.(bench.execute(doing('address')), flaky)).toMatch(/two runs in the same world differ/)
  })
})

describe('independentOfListing()', () => {
  it('sees output in the order of a listing', () => {
    const files = { '/a': '', '/b': '', '/c': '', '/d': '' }
    expect(said(independentOfListing(), doing('list', { files }))).toMatch(/in another order \(1\) stdout is/)
    expect(said(independentOfListing({ stdout: false }), doing('list', { files }))).toBeUndefined()
    expect(said(independentOfListing(), doing('cat', { stdin: 'x' }))).toBeUndefined()
  })
})

describe('agreesWith()', () => {
  it('compares with a function', () => {
    const upper = agreesWith(({ stdin }) => ({ stdout: String(stdin).toUpperCase(), exitCode: 0 }))
    expect(said(upper, doing('upper', { stdin: 'abc' }))).toBeUndefined()
    expect(said(upper, doing('upper', { stdin: 'xyz' }))).toBe('stdout is "XYz", and should be "XYZ"')
    expect(
      said(
        agreesWith(() => ({ exitCode: 1 })),
        doing('exit'),
      ),
    ).toBe('the exit code is 0, and should be 1')
  })

  it('compares with another module: output, end and files', () => {
    expect(said(agreesWith(guest()), doing('add', OUT))).toBeUndefined()
    const checker = new Checker(guest(), {})
    const { bench } = checker.judge
    const against = (word: string): Parameters<NonNullable<Oracle['check']>>[1] => ({
      execute: (world) => bench.execute({ ...world, args: ['guest', word] }),
    })
    const { check } = agreesWith(guest())
    expect(check?.(bench.execute(doing('set', OUT)), against('stray'))).toMatch(
      /the files differ: \/out\/value is missing instead of a file of 1 bytes/,
    )
    expect(check?.(bench.execute(doing('exit')), against('trap'))).toMatch(
      /it ended with a trap instead of exit code 0/,
    )
  })
})

describe('roundTrip()', () => {
  it('compares what comes back with what was given', () => {
    expect(said(roundTrip(guest(), { args: ['guest', 'cat'] }), doing('cat', { stdin: 'abc' }))).toBeUndefined()
    expect(said(roundTrip(guest(), { args: ['guest', 'cat'] }), doing('upper', { stdin: 'abc' }))).toBe(
      'there and back "abc" becomes "ABC"',
    )
    const lower = roundTrip((bytes) => Buffer.from(bytes).toString().toLowerCase())
    expect(said(lower, doing('upper', { stdin: 'abc' }))).toBeUndefined()
    expect(said(lower, doing('upper', { stdin: 'Abc' }))).toMatch(/there and back "Abc" becomes "abc"/)
  })
})

describe('idempotent()', () => {
  it('sees what a second time changes', () => {
    expect(said(idempotent(), doing('set', OUT))).toBeUndefined()
    expect(said(idempotent(), doing('add', { files: { '/out/value': '' } }))).toBe(
      'the second time changed something: /out/value is changed',
    )
  })
})

describe('noWritesOutside()', () => {
  it('sees files that are made elsewhere', () => {
    expect(said(noWritesOutside('/out'), doing('save', OUT))).toBeUndefined()
    expect(said(noWritesOutside('/out/'), doing('stray'))).toBe('outside /out/: /stray is added')
    expect(said(noWritesOutside('/ou'), doing('save', OUT))).toMatch(/outside \/ou: \/out\/doc is/)
  })
})

describe('noLeftoverTemporaryFiles()', () => {
  it('sees those that are left when something fails', () => {
    const oracle = noLeftoverTemporaryFiles()
    expect(said(oracle, doing('litter', OUT))).toBeUndefined()
    const failing = { ...OUT, faults: 'fd_sync=EIO' }
    expect(said(oracle, doing('litter', failing))).toBe('a temporary file is left: /out/doc.tmp')
    expect(said(oracle, doing('save', failing))).toBeUndefined()
    expect(
      said(
        noLeftoverTemporaryFiles((path) => path === '/stray'),
        doing('stray'),
      ),
    ).toMatch(/is left: \/stray/)
  })
})

describe('survives()', () => {
  const files = { '/log': '' }
  const oracle = survives({ recovery: { args: ['guest', 'show'] } })

  it('sees a promise that was not kept, in the simplest cut, which replays', () => {
    expect(said(oracle, doing('append', { files }))).toBeUndefined()
    const world = fc.constant(doing('promise', { files }))
    const [finding] = fuzz(guest(), { world, runs: 1, oracle }).findings
    expect(finding?.message).toBe('"one" was acknowledged, and is lost')
    expect(finding?.world.faults).toMatch(/^\*#\d+=cut:none$/)
    const { world: again } = parseReproducer(finding?.reproducer ?? '')
    expect(new Checker(guest(), { oracle }).check(again).failure?.message).toBe(finding?.message)
  })

  it('asks for what else a recovery must do', () => {
    const strict = survives({
      recovery: { args: ['guest', 'show'] },
      property: ({ stdout }) => /^(one\n(two\n)?)?$/.test(stdout.text()),
    })
    expect(said(strict, doing('append', { files }))).toBeUndefined()
    const other = survives({ recovery: { args: ['guest', 'exit', '3'] } })
    expect(said(other, doing('append', { files }))).toBe('the recovery ended with exit code 3')
    const trapped = survives({ recovery: { args: ['guest', 'trap'] } })
    expect(said(trapped, doing('append', { files }))).toBe('the recovery ended with a trap')
  })
})
