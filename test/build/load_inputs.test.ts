/** What is taken from the host: which files, by which digests, from folders, archives, packages and scripts. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Recipe } from '../../src/build/index.ts'
import { Machine, writeSnapshot } from '../../src/index.ts'
import { loadInputs } from '../../src/node/build/load_inputs.ts'
import { resolveFile } from '../../src/node/build/packages.ts'
import { sha256Of } from '../../src/node/build/store.ts'
import { writeTar, writeZip } from '../../vfs/formats/index.ts'
import { asOrdinaryUser, scratch } from '../node/folder.ts'
import { rejection, workshop } from './workshop.ts'

async function load(folder: string, sources: Recipe['sources']): Promise<Awaited<ReturnType<typeof loadInputs>>> {
  return loadInputs({ steps: [], outputs: [], ...(sources === undefined ? {} : { sources }) }, 'r.json', folder)
}

async function paths(folder: string, sources: Recipe['sources']): Promise<string[]> {
  return (await load(folder, sources)).loaded.sources.map(({ path }) => path)
}

describe('loadInputs()', () => {
  it('takes of a folder what its filters take, and looks into no other', async () => {
    const folder = workshop({ 'src/a.c': '', 'src/x/b.c': '', 'src/x/b.h': '', 'docs/d.md': '', '.git/HEAD': '' })
    mkdirSync(join(folder, 'node_modules'))
    mkdirSync(join(folder, 'node_modules/secret'), { mode: 0 })
    expect(await paths(folder, { '/w': { folder: '.', include: ['src/**/*.c'] } })).toEqual([
      '/w/src/a.c',
      '/w/src/x/b.c',
    ])
    const but = { folder: '.', exclude: ['node_modules/**', '**/*.h', 'toy.wasm'] }
    expect(await paths(folder, { '/w': but })).toEqual(['/w/docs/d.md', '/w/src/a.c', '/w/src/x/b.c'])
    expect(await paths(folder, { '/w/': 'src' })).toEqual(['/w/a.c', '/w/x/b.c', '/w/x/b.h'])
    if (process.getuid?.() === 0) return
    const error = await rejection(load(folder, { '/w': '.' }))
    expect(error.message).toContain('"node_modules/secret" in the folder "." cannot be taken: ')
  })

  it('says which file it cannot read', async () => {
    const folder = workshop({ 'src/a': '', 'src/b': '' })
    execFileSync('chmod', ['755', folder])
    execFileSync('chmod', ['000', join(folder, 'src/b')])
    const error = await asOrdinaryUser(() => rejection(load(folder, { '/w': { folder: 'src' } })))
    expect([error.code, error.message]).toEqual([
      'MISSING_INPUT',
      expect.stringMatching(/^r\.json: "b" in the folder "src" cannot be taken: .*; leave it out with "exclude"$/),
    ])
  })

  it('names a folder by what is taken of it alone, as git would', async () => {
    const folder = workshop({ 'src/a': 'a\n', 'src/out/b': '' })
    const taken = async (): Promise<string | undefined> =>
      (await load(folder, { '/w': { folder: 'src', include: ['a'] } })).loaded.origins[0]?.sha256
    const before = await taken()
    writeFileSync(join(folder, 'src/out/c'), 'written by a build')
    expect(await taken()).toBe(before)
    const { digest } = new Machine({ image: 'empty', files: { '/a': 'a\n' } }).snapshot()
    expect(`sha256:${before}`).toBe(digest)
  })

  it('keeps links, executable bits and empty folders, and makes files of their own of hard links', async () => {
    const folder = workshop({ 'src/run': '#!' })
    execFileSync('chmod', ['755', join(folder, 'src/run')])
    execFileSync('ln', [join(folder, 'src/run'), join(folder, 'src/too')])
    symlinkSync('run', join(folder, 'src/link'))
    mkdirSync(join(folder, 'src/empty'))
    const { loaded } = await load(folder, { '/w': 'src' })
    const file = { sha256: sha256Of(Buffer.from('#!')), size: 2, executable: true }
    expect(loaded.sources).toEqual([
      { path: '/w/empty', directory: true },
      { path: '/w/link', link: 'run' },
      { path: '/w/run', ...file },
      { path: '/w/too', ...file },
    ])
  })

  it('reads archives and snapshots, found by looking or by name', async () => {
    const folder = scratch()
    const machine = new Machine({ image: 'empty', files: { '/d/a': 'a', '/d/b': 'b' } })
    writeFileSync(join(folder, 'a.tar'), writeTar(machine.tree))
    writeFileSync(join(folder, 'a.zip'), writeZip(machine.tree))
    writeFileSync(join(folder, 'a.viv'), writeSnapshot(machine.snapshot()))
    for (const name of ['a.tar', 'a.zip', 'a.viv']) {
      expect(await paths(folder, { '/w': name })).toEqual(['/w/d/a', '/w/d/b'])
      expect(await paths(folder, { '/w': { archive: name, exclude: ['**/b'] } })).toEqual(['/w/d/a'])
      const { loaded } = await load(folder, { '/w': name })
      expect(loaded.origins).toEqual([{ from: name, as: '/w', sha256: sha256Of(readFileSync(join(folder, name))) }])
    }
    expect(await paths(folder, { '/file': { file: 'a.tar' } })).toEqual(['/file'])
    writeFileSync(join(folder, 'text'), 'no archive')
    expect(await paths(folder, { '/text': 'text' })).toEqual(['/text'])
    const error = await rejection(load(folder, { '/w': { archive: 'text' } }))
    expect(error.message).toBe(
      'r.json: "text" is no archive that can be read: a tar (also by gzip), a zip, a NAR or a snapshot file',
    )
    writeFileSync(join(folder, 'cut.tar'), writeTar(machine.tree).subarray(0, 700))
    expect((await rejection(load(folder, { '/w': 'cut.tar' }))).message).toMatch(
      /^r\.json: "cut\.tar" cannot be unpacked: /,
    )
  })

  it('refuses a path that comes from two sources', async () => {
    const folder = workshop({ 'x/a': '', 'y/a': '' })
    const error = await rejection(load(folder, { '/w': 'x', '/w/': { folder: 'y' } }))
    expect([error.code, error.message]).toEqual(['CLASH', 'r.json: sources: /w/a comes from two sources'])
  })

  it('reads the files that a package of YoWASP brings as a script', async () => {
    const folder = workshop({
      'package.json': '{ "type": "module" }',
      large: 'by url',
      'resources.js':
        "export const filesystem = { share: { 'a.v': 'text', deep: { b: new URL('./large', import.meta.url) } } }\n",
      'none.js': 'export const nothing = 1\n',
    })
    const { loaded, bytes } = await load(folder, { '/': { yowasp: 'resources.js' } })
    const found = loaded.sources.map((item) => [
      item.path,
      'sha256' in item ? `${Buffer.from(bytes.get(item.sha256) ?? [])}` : '',
    ])
    expect(found).toEqual([
      ['/share/a.v', 'text'],
      ['/share/deep/b', 'by url'],
    ])
    expect((await rejection(load(folder, { '/': { yowasp: 'none.js' } }))).message).toBe(
      'r.json: "none.js" exports no "filesystem"',
    )
  })
})

describe('resolveFile()', () => {
  it('finds packages as Node does, in the folder and those above it', () => {
    const folder = workshop({
      'node_modules/@scope/one/package.json': '{}',
      'sub/node_modules/two/package.json': '{}',
      'sub/deep/file': '',
    })
    const from = join(folder, 'sub/deep')
    expect(resolveFile('npm:@scope/one/a/b.wasm', from)).toBe(join(folder, 'node_modules/@scope/one/a/b.wasm'))
    expect(resolveFile('npm:two/x', from)).toBe(join(folder, 'sub/node_modules/two/x'))
    expect(resolveFile('../file', from)).toBe(join(folder, 'sub/file'))
    expect(() => resolveFile('npm:three/x', from)).toThrow('the npm package three is not there: install it with')
    expect(() => resolveFile('npm:two', from)).toThrow('"npm:two" names no file: write npm:PACKAGE/PATH')
  })
})
