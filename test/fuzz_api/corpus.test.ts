/** A corpus: files that are worlds, the fewest of them, and folders of the host. */

import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { corpusFile, corpusWorld, minimizeCorpus, type World } from '../../src/fuzz/index.ts'
import { HostError, readCorpus, writeCorpus } from '../../src/node/index.ts'
import { scratch as folder } from '../node/folder.ts'
import { compileFile } from '../support/compile.ts'

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const text = (content: string): Uint8Array => new Uint8Array(Buffer.from(content))

const WORLDS: readonly (readonly [name: string, world: World])[] = [
  ['nothing', {}],
  ['a stdin of bytes', { stdin: bytes(0, 0xff, 10) }],
  ['a stdin that looks like a world', { stdin: text('vivarium world 1\n{}') }],
  [
    'all parts',
    {
      files: { '/b': text('x'), '/a': 'text', '/d': null, '/e': { data: bytes(1), executable: true, mtime: 5n } },
      args: ['a', ''],
      env: { Z: '1', 2: 'b', A: '' },
      stdin: 'in',
      seed: 's',
      epoch: '2026-01-01T00:00:00Z',
      listing: 'l',
      faults: 'fd_read=EIO',
    },
  ],
]

describe('corpusFile()', () => {
  it.each(WORLDS)('comes back as the same world: %s', (_, world) => {
    const { name, bytes } = corpusFile(world)
    expect(name).toBe(createHash('sha256').update(bytes).digest('hex'))
    const back = corpusWorld(bytes)
    expect(back).toEqual(world)
    expect(Object.keys(back.env ?? {})).toEqual(Object.keys(world.env ?? {}))
    expect(corpusFile(back)).toEqual({ name, bytes })
  })

  it('is the very bytes of a world that is a stdin alone', () => {
    expect(corpusFile({ stdin: 'GET /' }).bytes).toEqual(text('GET /'))
    expect(corpusFile({ stdin: text('GET /') }).name).toBe(corpusFile({ stdin: 'GET /' }).name)
  })

  it('does not depend on the order in which the parts are given', () => {
    expect(corpusFile({ stdin: 'a', args: ['b'] })).toEqual(corpusFile({ args: ['b'], stdin: 'a' }))
  })
})

describe('corpusWorld()', () => {
  it.each([
    ['of another program', 'PK\u0003\u0004'],
    ['that is empty', ''],
    ['that only begins as a world', 'vivarium world 1\n{"stdin":'],
    ['whose parts are of the wrong kind', 'vivarium world 1\n{"args":"a"}'],
    ['that has a part which no world has', 'vivarium world 1\n{"cpu":"strict"}'],
    ['that is a list', 'vivarium world 1\n[]'],
  ])('takes a file %s as a stdin', (_, content) => {
    expect(corpusWorld(text(content))).toEqual({ stdin: text(content) })
  })

  it('takes foreign files as what it is told', () => {
    expect(corpusWorld(text('x'), (data) => ({ files: { '/in': data } }))).toEqual({ files: { '/in': text('x') } })
  })
})

describe('minimizeCorpus()', () => {
  const lines = compileFile('fuzz_api/lines.c', { cflags: ['-g', '-O0'] })
  const withArgs = (...args: string[]): World => ({ args: ['lines', ...args] })

  it('keeps the fewest worlds that take every edge, and of equal ones the smallest', () => {
    const worlds = [
      withArgs(),
      withArgs('a'),
      withArgs('z'),
      { ...withArgs('a', 'm'), stdin: 'longer' },
      withArgs('b', 'm'),
      withArgs('z', 'a'),
      withArgs('z', 'z', 'z'),
    ]
    const all = minimizeCorpus(lines, worlds)
    expect(all.edges).toBeGreaterThan(50)
    expect(all.worlds.length).toBeLessThan(worlds.length)
    expect(all.worlds).not.toContainEqual(worlds[3])
    // It is the same whatever the order, nothing more can be left out, and no edge was lost.
    expect(minimizeCorpus(lines, [...worlds].reverse())).toEqual(all)
    expect(minimizeCorpus(lines, all.worlds)).toEqual(all)
    for (const left of all.worlds) {
      const rest = all.worlds.filter((world) => world !== left)
      expect(minimizeCorpus(lines, rest).edges).toBeLessThan(all.edges)
    }
  })

  it('leaves out what cannot be run, and what is there twice', () => {
    const worlds = [{ epoch: 'no time' }, withArgs('a'), withArgs('a'), { files: { '/a': { symlink: '' } } }]
    expect(minimizeCorpus(lines, worlds).worlds).toEqual([withArgs('a')])
    expect(minimizeCorpus(lines, [])).toEqual({ worlds: [], edges: 0 })
  })
})

describe('readCorpus() and writeCorpus()', () => {
  const worlds: World[] = [{ stdin: text('a') }, { args: ['b'] }]

  it('keeps worlds as files, each once, and joins folders', () => {
    const [one, two] = [join(folder(), 'corpus'), folder()]
    expect(readCorpus(one)).toEqual([])
    expect(writeCorpus(one, [...worlds, { stdin: 'a' }])).toEqual({ written: 2, removed: 0 })
    expect(writeCorpus(one, worlds)).toEqual({ written: 0, removed: 0 })
    expect(readdirSync(one)).toEqual(worlds.map((world) => corpusFile(world).name).sort())
    expect(readCorpus(one)).toHaveLength(2)
    expect(readCorpus(one)).toEqual(expect.arrayContaining(worlds))
    writeCorpus(two, [{ stdin: text('c') }, worlds[0] as World])
    writeCorpus(two, readCorpus(one))
    expect(readCorpus(two)).toHaveLength(3)
  })

  it('passes over what is no file, and takes any file', () => {
    const path = folder()
    mkdirSync(join(path, 'sub'))
    writeFileSync(join(path, '.hidden'), 'h')
    writeFileSync(join(path, 'id:000000,src:0'), 'from elsewhere')
    symlinkSync('nowhere', join(path, 'link'))
    expect(readCorpus(path)).toEqual([{ stdin: text('from elsewhere') }])
    expect(readCorpus(path, { foreign: (data) => ({ files: { '/in': data } }) })).toEqual([
      { files: { '/in': text('from elsewhere') } },
    ])
  })

  it('removes with prune only what it wrote itself', () => {
    const path = folder()
    writeCorpus(path, worlds)
    writeFileSync(join(path, 'notes.txt'), 'mine')
    const altered = 'a'.repeat(64)
    writeFileSync(join(path, altered), 'not what the name says')
    expect(writeCorpus(path, [worlds[1] as World], { prune: true })).toEqual({ written: 0, removed: 1 })
    expect(readdirSync(path).sort()).toEqual([corpusFile(worlds[1] as World).name, altered, 'notes.txt'].sort())
    expect(readFileSync(join(path, 'notes.txt'), 'utf8')).toBe('mine')
  })

  it('says what is wrong with a folder', () => {
    const path = join(folder(), 'file')
    writeFileSync(path, '')
    const message = `${JSON.stringify(path)} is no folder: name one for the corpus`
    expect(() => readCorpus(path)).toThrow(HostError)
    expect(() => readCorpus(path)).toThrow(message)
    expect(() => writeCorpus(path, worlds)).toThrow(message)
    expect(() => writeCorpus(join(path, 'below'), worlds)).toThrow(HostError)
  })
})
