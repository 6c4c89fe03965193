/** Worlds and their parts: each that is drawn can be run, and each shrinks to the simplest. */

import { describe, expect, it } from 'vitest'
import { parseFaults } from '../../kernel/fault.ts'
import { isCallName } from '../../src/abi/signatures.ts'
import {
  argv,
  corpus,
  env,
  epoch,
  faultPlan,
  fileTree,
  mutate,
  path,
  seed,
  stdin,
  type World,
  world,
} from '../../src/fuzz/index.ts'
import { Machine } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { fc } from '../support/property.ts'

/** What an arbitrary shrinks to where all that is `bad` fails. */
function simplest<T>(arbitrary: fc.Arbitrary<T>, bad: (value: T) => boolean): T {
  const { counterexample } = fc.check(
    fc.property(arbitrary, (value) => !bad(value)),
    { numRuns: 5000 },
  )
  if (counterexample === null) throw new Error('nothing was bad')
  return counterexample[0]
}

describe('fileTree()', () => {
  it('draws trees that a machine takes, within their constraints', () => {
    fc.assert(
      fc.property(fileTree({ root: '/work', maxEntries: 8, maxDepth: 2 }), (files) => {
        const machine = new Machine({ image: 'empty', files })
        check(machine.tree)
        for (const name of Object.keys(files)) expect(name).toMatch(/^\/work\/[^/]+(\/[^/]+)?$/)
        expect(Object.keys(files).length).toBeLessThanOrEqual(8)
      }),
    )
  })

  it('draws files, directories, links of all kinds, and only what is asked for', () => {
    const kinds = (trees: readonly object[]): string[] => [
      ...new Set(
        trees.flatMap((files) =>
          Object.values(files).map((entry) => {
            if (entry === null) return 'directory'
            return typeof entry === 'string' || entry instanceof Uint8Array ? 'file' : Object.keys(entry).sort().join()
          }),
        ),
      ),
    ]
    expect(kinds(fc.sample(fileTree(), 500)).sort()).toEqual([
      'data,executable',
      'directory',
      'file',
      'hardlink',
      'symlink',
    ])
    const plain = fileTree({ symlinks: false, hardlinks: false, directories: false, executables: false })
    expect(kinds(fc.sample(plain, 500))).toEqual(['file'])
  })

  it('shrinks to one file with a short name', () => {
    expect(simplest(fileTree(), (files) => Object.keys(files).length > 0)).toEqual({ '/a': '' })
    const isLink = (entry: unknown): boolean => typeof entry === 'object' && entry !== null && 'symlink' in entry
    expect(simplest(fileTree(), (files) => Object.values(files).some(isLink))).toEqual({ '/a': { symlink: '/' } })
  })
})

describe('path()', () => {
  const files = { '/a/b': 'x', '/c': null }

  it('draws what is in the tree, its parents, and what is missing beside', () => {
    const drawn = new Set(fc.sample(path(files), 500))
    for (const each of ['/a/b', '/a', '/c', '/a/missing']) expect(drawn).toContain(each)
    expect(new Set(fc.sample(path(files, { missing: false }), 500))).toEqual(new Set(['/a/b', '/a', '/c']))
  })

  it('draws relative and roundabout ones where it may, which name the same', () => {
    const machine = new Machine({ image: 'empty', files })
    fc.assert(
      fc.property(path(files, { missing: false, odd: true, relative: true }), (each) => {
        expect(machine.fs.existsSync(each.startsWith('/') ? each : `/${each}`)).toBe(!/b\/(\.\.|$)/.test(each))
      }),
    )
  })
})

describe('argv(), env(), stdin(), seed() and epoch()', () => {
  it('draw what a machine takes', () => {
    const machine = new Machine()
    fc.assert(
      fc.property(argv({ words: ['-n'] }), env(), stdin(), seed(), epoch(), (args, variables, input, text, moment) => {
        expect(args[0]).toBe('main')
        expect(args.length).toBeLessThanOrEqual(5)
        for (const [name, value] of Object.entries(variables)) expect(`${name}=${value}`).toMatch(/^[^=\0]+=[^\0]*$/)
        expect(input.length).toBeLessThanOrEqual(256)
        new Machine({ seed: text, epoch: moment })
        expect(new Date(moment).toISOString().replace('.000', '')).toBe(moment)
        expect(machine.time).toBeGreaterThan(0n)
      }),
    )
  })

  it('shrink to nothing, to the seed 0 and to the year 2000', () => {
    expect(simplest(argv({ program: 'sort' }), () => true)).toEqual(['sort'])
    expect(simplest(env(), () => true)).toEqual({})
    expect(simplest(stdin(), () => true)).toBe('')
    expect(simplest(seed(), () => true)).toBe('0')
    expect(simplest(epoch(), (text) => text > '2001')).toMatch(/^200[01]-/)
  })

  it('keep to their bounds, and say when there are none', () => {
    const bounds = { min: '2020-01-01T00:00:00Z', max: '2020-12-31T23:59:59Z' }
    for (const text of fc.sample(epoch(bounds), 200)) expect(text.slice(0, 4)).toBe('2020')
    expect(() => epoch({ min: '2021-01-01T00:00:00Z', max: '2020-01-01T00:00:00Z' })).toThrow(/min is after max/)
    expect(() => epoch({ min: 'yesterday' })).toThrow(/is no moment/)
  })
})

describe('faultPlan()', () => {
  it('draws plans that are read back, of the kinds that are asked for', () => {
    fc.assert(fc.property(faultPlan({ cuts: true, paths: ['/log/*'] }), (plan) => void parseFaults(plan, isCallName)))
    const only = fc.sample(
      faultPlan({ calls: ['fd_write'], errnos: ['ENOSPC'], shorts: false, space: false, delays: false }),
      300,
    )
    for (const plan of only) expect(plan).toMatch(/^(fd_write(#\d+\+?)?=ENOSPC(; )?)*$/)
    expect(only.some((plan) => plan !== '')).toBe(true)
    expect(() => fc.sample(faultPlan({ errnos: ['ENOTHING'] }), 50)).toThrow(/there is no errno ENOTHING/)
  })

  it('shrinks to one fault of the first call, once', () => {
    expect(simplest(faultPlan(), (plan) => plan.includes('fd_write') && plan.includes('ENOSPC'))).toBe(
      'fd_write#1=ENOSPC',
    )
  })
})

describe('world()', () => {
  it('draws worlds with the parts that were asked for, and others now and then', () => {
    const worlds = fc.sample(world({ args: argv(), seed: false }), 200)
    for (const each of worlds) {
      expect(each.args).toBeDefined()
      expect(each.seed).toBeUndefined()
      expect(each.faults).toBeUndefined()
    }
    for (const part of ['files', 'stdin', 'env', 'epoch'] as const) {
      expect(worlds.some((each) => each[part] !== undefined)).toBe(true)
      expect(worlds.some((each) => each[part] === undefined)).toBe(true)
    }
  })

  it('shrinks to the parts that matter', () => {
    expect(simplest(world(), () => true)).toEqual({})
    const bad = ({ stdin: input = '', args = [] }: World): boolean => input.length > 1 && args.length > 1
    const shrunk = simplest(world(), bad)
    expect(Object.keys(shrunk).sort()).toEqual(['args', 'stdin'])
    expect([shrunk.args?.length, shrunk.stdin?.length]).toEqual([2, 2])
  })
})

describe('mutate() and corpus()', () => {
  it('draws the sample and what a few changes make of it', () => {
    const drawn = fc
      .sample(mutate('abcdef', { maxEdits: 2 }), 500)
      .map((bytes) => Buffer.from(bytes).toString('latin1'))
    expect(drawn).toContain('abcdef')
    expect(new Set(drawn).size).toBeGreaterThan(200)
  })

  it('shrinks to the first sample, unchanged, and to few changes', () => {
    const samples = { first: 'abc', second: 'xyz' }
    expect(simplest(corpus(samples), () => true)).toEqual(new Uint8Array(Buffer.from('abc')))
    const word = mutate('abc', { dictionary: ['MAGIC'] })
    const shrunk = simplest(word, (bytes) => Buffer.from(bytes).toString('latin1').includes('MAGIC'))
    expect(Buffer.from(shrunk).toString('latin1')).toMatch(/^(a?b?c?)MAGIC(a?b?c?)$/)
  })

  it('keeps to the length that was given, and wants a sample', () => {
    fc.assert(fc.property(mutate('abcdef', { maxLength: 8, maxEdits: 8 }), (bytes) => bytes.length <= 8))
    expect(() => corpus([])).toThrow(/at least one sample/)
  })
})
