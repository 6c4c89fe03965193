import { mkdtempSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { encodeLatin1 } from '../../../vfs/bytes.ts'
import { Filesystem, OPEN_CREATE } from '../../../vfs/filesystem.ts'
import { FormatError } from '../../../vfs/formats/error.ts'
import { packIndex } from '../../../vfs/formats/git_pack_index.ts'
import { type GitCommit, gitHistory, gitParts, gitRepository } from '../../../vfs/formats/git_write.ts'
import type { LeftOut } from '../../../vfs/formats/options.ts'
import { type GitId, GitIds } from '../../../vfs/git_ids.ts'
import { type HashName, hexOf, idOfHex, pureHashes } from '../../../vfs/hash.ts'
import { ROOT_INO } from '../../../vfs/inode_table.ts'
import { Names } from '../../../vfs/names.ts'
import { git, requireGit } from '../../support/git.ts'
import { fc } from '../../support/property.ts'
import { at, bytes, Calls, makeFs, watch } from '../../support/vfs.ts'
import { putFiles } from './git_folder.ts'
import { trees } from './random_tree.ts'

const FORMATS: readonly HashName[] = ['sha256', 'sha1']

let folder = ''
let made = 0
beforeAll(() => {
  requireGit()
  folder = mkdtempSync(join(tmpdir(), 'vivarium-git-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function onHost(files: { [path: string]: Uint8Array }): string {
  return putFiles(join(folder, `${made++}.git`), files)
}

function errorOf(call: () => unknown): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  throw new Error('there was no error')
}

/** What git says of a repository that is wrong in it: nothing, where nothing is. */
function faultsOf(repository: string): string {
  return git(repository, ['fsck', '--strict', '--full', '--no-progress', '--no-dangling']).toString()
}

function rootId(fs: Filesystem, format: HashName, ino = ROOT_INO): string {
  const [ids, names, table] = [new GitIds(format), new Names(), fs.table.fork()]
  names.advance(undefined, table)
  ids.update(table, names, pureHashes)
  return hexOf(encodeLatin1(ids.of(ino) as GitId))
}

function lines(repository: string, ...args: string[]): string[] {
  return git(repository, args)
    .toString()
    .split('\n')
    .filter((line) => line !== '')
}

const FILES = {
  '/bin/run': { data: '#!/bin/sh\n', executable: true },
  '/empty': null,
  '/é/a file\n': 'text\n',
  '/a': '',
  '/a.b': 'b',
  '/a0/x': 'x',
  '/link': { symlink: '../é' },
} as const

describe('gitRepository()', () => {
  it.each(FORMATS)('gives what git takes for a repository without a fault: %s', (format) => {
    const fs = makeFs(FILES)
    const repository = onHost(gitRepository(fs, { format }))
    expect(faultsOf(repository)).toBe('')
    expect(lines(repository, 'rev-parse', '--is-bare-repository', 'HEAD^{tree}')).toEqual(['true', rootId(fs, format)])
    expect(git(repository, ['ls-tree', '-r', '-t', '--name-only', '-z', 'HEAD']).toString().split('\0')).toEqual([
      ...['a', 'a.b', 'a0', 'a0/x', 'bin', 'bin/run', 'empty', 'link', 'é', 'é/a file\n', ''],
    ])
    expect(lines(repository, 'log', '--format=%an <%ae> %at %s', '--all')).toEqual([
      'Vivarium <vivarium@localhost> 0 A tree',
    ])
    expect(lines(repository, 'symbolic-ref', 'HEAD')).toEqual(['refs/heads/main'])
    expect(git(repository, ['archive', 'HEAD']).length).toBeGreaterThan(5000)
    const clone = join(folder, `clone${made++}`)
    git(folder, ['clone', '-q', '--no-local', repository, clone])
    expect(readFileSync(join(clone, 'é', 'a file\n'), 'utf8')).toBe('text\n')
    expect(readlinkSync(join(clone, 'link'))).toBe('../é')
    expect(lines(clone, 'status', '--porcelain')).toEqual([])
  })

  it.each(FORMATS)('gives a pack whose index is the one that git makes of it: %s', (format) => {
    const property = fc.property(trees(), (fs) => {
      const files = gitRepository(fs, { format, gitNames: 'allow' })
      const repository = onHost(files)
      const pack = Object.keys(files).find((path) => path.endsWith('.pack')) as string
      git(repository, ['index-pack', '--strict', '-o', 'by_git.idx', pack])
      expect(new Uint8Array(readFileSync(join(repository, 'by_git.idx')))).toEqual(files[pack.replace(/pack$/, 'idx')])
      expect(lines(repository, 'rev-parse', 'HEAD^{tree}')).toEqual([rootId(fs, format)])
    })
    fc.assert(property, { numRuns: 12 })
  })

  it('gives the same bytes for the same tree, and what the commit says', () => {
    const commit = { message: 'first\n\nwith a body', author: 'Ä B', email: 'ä@b', time: '2026-01-02T03:04:05Z' }
    const files = gitRepository(makeFs(FILES), { commit, branch: 'topic/one' })
    expect(gitRepository(makeFs(FILES), { commit, branch: 'topic/one' })).toEqual(files)
    const repository = onHost(files)
    expect(faultsOf(repository)).toBe('')
    expect(lines(repository, 'log', '--format=%an %ae %cn %ce %aI %cI%n%B')).toEqual([
      'Ä B ä@b Ä B ä@b 2026-01-02T03:04:05+00:00 2026-01-02T03:04:05+00:00',
      ...['first', 'with a body'],
    ])
    expect(lines(repository, 'branch', '--show-current')).toEqual(['topic/one'])
  })

  it('takes one directory of a tree, by its path or its number', () => {
    const fs = makeFs({ '/d/e/f': 'x', '/g': '' })
    const { ino } = fs.get(new Calls(fs).ino('/d/e'))
    for (const base of ['/d/e', ino]) {
      expect(lines(onHost(gitRepository(fs, { base })), 'rev-parse', 'HEAD^{tree}')).toEqual([
        rootId(fs, 'sha256', ino),
      ])
    }
    expect(errorOf(() => gitRepository(fs, { base: '/g' }))).toMatchObject({ name: 'FormatError', format: 'git' })
  })

  it('writes files that are compressed in pieces, and holes', () => {
    const fs = makeFs({ '/big': '' })
    const data = new Uint8Array(3_000_000).map((_, i) => (i * i) >>> 7)
    fs.write(2, 0, data, 0, data.length, at(0))
    fs.truncate(2, 20_000_000, at(0))
    const repository = onHost(gitRepository(fs))
    expect(faultsOf(repository)).toBe('')
    const content = git(repository, ['cat-file', 'blob', 'HEAD:big'])
    expect([content.length, Buffer.compare(content.subarray(0, data.length), data)]).toEqual([20_000_000, 0])
    expect(content.subarray(data.length).every((byte) => byte === 0)).toBe(true)
  })

  it('tells what git does not know, and leaves it out', () => {
    const fs = makeFs({ '/d/null': { device: 'null' }, '/f': '' })
    fs.mknodAt(ROOT_INO, bytes('pipe'), 'fifo', undefined, 'clamp', at(0))
    const leftOut: LeftOut[] = []
    const repository = onHost(gitRepository(fs, { onLeftOut: (what) => leftOut.push(what) }))
    expect(leftOut).toEqual([
      { path: 'd/null', message: 'it is a device, which git does not know' },
      { path: 'pipe', message: 'it is a fifo, which git does not know' },
    ])
    expect(lines(repository, 'ls-tree', '-r', '-t', '--name-only', 'HEAD')).toEqual(['d', 'f'])
  })

  it.each(['.git', '.GIT', '.Git', 'git~1', 'GIT~1', '.git. .', '.git:x', 'a\\.git', '.g\u200cit', '.git\\x'])(
    'refuses %j, of which git fsck complains, unless it is allowed',
    (name) => {
      const fs = makeFs({ [`/d/${name}`]: 'x' })
      const error = errorOf(() => gitRepository(fs))
      expect(error).toBeInstanceOf(FormatError)
      expect(error).toMatchObject({
        message: expect.stringMatching(/^git: "d\/.*: git checks out nothing of this name/),
      })
      const repository = onHost(gitRepository(fs, { gitNames: 'allow' }))
      expect(() => faultsOf(repository)).toThrow('hasDotgit')
    },
  )

  it('refuses a .gitmodules that is no file, and takes names that only look like those', () => {
    for (const entry of [{ symlink: 'x' }, null]) {
      const fs = makeFs({ '/.gitmodules': entry })
      expect(errorOf(() => gitRepository(fs))).toBeInstanceOf(FormatError)
      expect(() => faultsOf(onHost(gitRepository(fs, { gitNames: 'allow' })))).toThrow('gitmodules')
    }
    const names = ['.gitx', 'git', '.gi', 'git~2', 'x.git', '.git~1', '. git', '.gitignore', '.gitmodules', '\\git']
    const fs = makeFs(Object.fromEntries(names.map((name) => [`/${name}`, ''])))
    expect(faultsOf(onHost(gitRepository(fs)))).toBe('')
  })

  it('refuses what a commit or a ref cannot be', () => {
    const fs = makeFs()
    const messages = [
      { commit: { author: '' } },
      { commit: { author: 'a <b' } },
      { commit: { email: 'x\ny' } },
      { commit: { message: 'a\0b' } },
      { commit: { time: -1 } },
      { branch: 'a..b' },
      { branch: '' },
      { branch: '-x' },
      { branch: '../../evil' },
    ].map((options) => (errorOf(() => gitRepository(fs, options)) as Error).message)
    expect(messages.map((message) => message.split(':').slice(0, 2).join(':'))).toEqual([
      ...['git: author', 'git: author', 'git: email', 'git: message', 'git: time'],
      ...['git: branch', 'git: branch', 'git: branch', 'git: branch'],
    ])
  })
})

describe('gitHistory()', () => {
  it.each(FORMATS)(
    'is a timeline that git log and git diff walk through, with what is shared there once: %s',
    (format) => {
      const first = makeFs({ '/src/a.c': 'int a;\n', '/src/b.c': 'int b;\n', '/README': 'read me\n' })
      const second = watch(first.fork())
      new Calls(second).write('/src/a.c', 'int c;\n')
      const third = watch(second.fork())
      new Calls(third).rename('/src/b.c', '/b.c')
      const commits: GitCommit[] = [first, second, third].map((fs, i) => ({
        fs,
        message: `step ${i}`,
        time: 1000 * (i + 1),
        tag: `s${i}`,
      }))
      const repository = onHost(gitHistory(commits, { format }))
      expect(faultsOf(repository)).toBe('')
      expect(lines(repository, 'log', '--format=%s %T')).toEqual(
        [third, second, first].map((fs, i) => `step ${2 - i} ${rootId(fs, format)}`),
      )
      expect(lines(repository, 'diff', '--name-status', '-M', 's0', 's2')).toEqual(['R100\tsrc/b.c\tb.c', 'M\tsrc/a.c'])
      expect(git(repository, ['log', '-p', '--format=%s']).toString()).toContain('-int a;\n+int c;\n')
      // Three commits, three roots, three of src, four files.
      expect(lines(repository, 'count-objects', '-v')).toContain(`in-pack: ${3 + 3 + 3 + 4}`)
    },
  )

  it('has branches that fork and merge', () => {
    const fs = makeFs({ '/f': '0' })
    const states = [0, 1, 2, 3].map((n) => {
      const fork = watch(fs.fork())
      new Calls(fork).write('/f', `${n}`)
      return fork
    })
    const parents = [[], [0], [0], [1, 2]]
    const commits = states.map((state, i) => ({ fs: state, message: `${i}`, parents: parents[i] as number[] }))
    const repository = onHost(gitHistory(commits))
    expect(faultsOf(repository)).toBe('')
    expect(
      lines(repository, 'log', '--topo-order', '--format=%s %p').map((line) => line.trim().split(' ').length),
    ).toEqual([3, 2, 2, 1])
    expect(errorOf(() => gitHistory([{ fs, parents: [0] }]))).toMatchObject({
      message: 'git: parents: commit 0 cannot come after commit 0',
    })
    expect(errorOf(() => gitHistory([]))).toMatchObject({ message: 'git: a history has at least one commit' })
    expect(
      errorOf(() =>
        gitHistory([
          { fs, tag: 'x' },
          { fs, tag: 'x' },
        ]),
      ),
    ).toBeInstanceOf(FormatError)
  })

  it('of 100 random trees, that have nothing to do with each other, is without a fault', () => {
    const all = fc.sample(trees(), { numRuns: 100, seed: 7 })
    const seen: string[] = []
    const repository = onHost(
      gitHistory(
        all.map((fs) => ({ fs })),
        { onLeftOut: ({ path }) => seen.push(path) },
      ),
    )
    expect(faultsOf(repository)).toBe('')
    expect(lines(repository, 'log', '--reverse', '--format=%T')).toEqual(all.map((fs) => rootId(fs, 'sha256')))
    expect(seen.length).toBeGreaterThan(5)
  })
})

describe('gitParts()', () => {
  it('gives the same in pieces, of the trees as they were when it was called', () => {
    const fs = makeFs(FILES)
    const whole = gitRepository(fs)
    const parts = gitParts([{ fs }])
    new Calls(fs).write('/a', 'changed meanwhile')
    const files: { [path: string]: Uint8Array } = {}
    for (const { path, chunks } of parts) files[path] = new Uint8Array(Buffer.concat([...chunks]))
    expect(files).toEqual(whole)
  })

  it('says so when the index is asked for before the pack has been taken', () => {
    expect(errorOf(() => [...gitParts([{ fs: makeFs() }])])).toMatchObject({
      message: 'git: take the chunks of the pack before the next part',
    })
  })

  it('takes 100,000 levels, and hashes what two states share once', () => {
    const fs = watch(new Filesystem())
    let dir = ROOT_INO
    for (let level = 0; level < 100_000; level++) dir = fs.mkdirAt(dir, bytes('d'), 'clamp', at(0)) as number
    const later = watch(fs.fork())
    later.openAt(ROOT_INO, bytes('f'), OPEN_CREATE, 'clamp', at(0))
    const hashes = vi.fn(pureHashes)
    const parts = gitParts([{ fs }, { fs: later }], { hashes })
    let size = 0
    for (const { chunks } of parts) for (const chunk of chunks) size += chunk.length
    expect(size).toBeGreaterThan(100_000 * 32)
    // Each directory once, and a few for commits, the new root, the pack and its index.
    expect(hashes.mock.calls.length).toBeLessThan(100_020)
  })
})

describe('packIndex()', () => {
  it.each(FORMATS)('has places for offsets over 2^31, as git reads them: %s', (format) => {
    const size = format === 'sha1' ? 40 : 64
    const places = [12, 2 ** 31 - 1, 2 ** 31, 2 ** 32 + 5, 2 ** 45 + 7].map((offset, i) => ({
      id: idOfHex(`${i}${i}`.padEnd(size, `${i}`), format) as GitId,
      offset,
      crc: i * 0x10203040,
    }))
    const index = packIndex(format, pureHashes, places, new Uint8Array(size / 2))
    const shown = git(folder, ['show-index', `--object-format=${format}`], index)
      .toString()
      .trim()
      .split('\n')
    expect(shown).toEqual(
      places.map(
        ({ id, offset, crc }) => `${offset} ${hexOf(encodeLatin1(id))} (${crc.toString(16).padStart(8, '0')})`,
      ),
    )
  })
})
