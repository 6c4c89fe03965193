import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type ByteString, byteString, encodeLatin1 } from '../../vfs/bytes.ts'
import { Filesystem, OPEN_CREATE } from '../../vfs/filesystem.ts'
import { GitIds } from '../../vfs/git_ids.ts'
import { type HashName, hexOf, pureHashes } from '../../vfs/hash.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { Names } from '../../vfs/names.ts'
import { git, requireGit } from '../support/git.ts'
import '../support/property.ts'
import { at, Calls, makeFs, watch } from '../support/vfs.ts'

/** Trees that are compared with git; all of them take some seconds. */
const TREES = Number(process.env.VIVARIUM_GIT_TREES ?? 10_000)

let folder = ''
beforeAll(() => {
  requireGit()
  folder = mkdtempSync(join(tmpdir(), 'vivarium-ids-'))
  for (const format of ['sha1', 'sha256']) git(folder, ['init', '-q', '--bare', `--object-format=${format}`, format])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Numbers from 0 up to (and without) a bound, always the same. */
function numbers(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

/** Contents: short ones, one as long as what is hashed at once, longer ones, and zeros. */
const CONTENTS = [0, 1, 2, 3, 63, 64, 4095, 4096, 4097, 32_768, 65_536, 65_537, 200_000].flatMap((size, n) => [
  new Uint8Array(size).map((_, i) => (i * 7 + n) % 251),
  new Uint8Array(size),
])
/** Names of which one begins another, with what is before and after a slash: as directories they sort in another order. */
const NEAR = ['a', 'a.b', 'a-', 'a0', 'a b', 'a\x01', 'ab', '-', '--', '-rf', 'a"b', "a'", 'a\nb', 'a\tb', 'a\\b']
const CHARS = [
  '\x01',
  '\x7f',
  '\n',
  '"',
  '*',
  '?',
  '.',
  '~',
  ' ',
  'é',
  '\u0301',
  '\u07ff',
  '\u0800',
  '\uffff',
  '\u{10000}',
  '\u{10ffff}',
  'Z',
]

function nameFrom(draw: (bound: number) => number): ByteString {
  if (draw(3) > 0) return byteString(NEAR[draw(NEAR.length)] as string)
  if (draw(40) === 0) return byteString('n'.repeat(255))
  const text = Array.from({ length: 1 + draw(4) }, () => CHARS[draw(CHARS.length)]).join('')
  return byteString(text === '.' || text === '..' ? '...' : text)
}

function randomTree(seed: number): Filesystem {
  const draw = numbers(seed)
  const fs = new Filesystem()
  const directories = [ROOT_INO]
  for (let left = draw(14); left > 0; left--) {
    const dir = directories[draw(directories.length)] as number
    const name = nameFrom(draw)
    switch (draw(6)) {
      case 0:
      case 1: {
        const made = fs.mkdirAt(dir, name, 'clamp', at(1), draw(2) === 0 ? 0o755 : 0o700)
        if (typeof made === 'number') directories.push(made)
        break
      }
      case 2:
        fs.symlinkAt(name, dir, nameFrom(draw), 'clamp', at(1))
        break
      case 3:
        if (draw(2) === 0) fs.mknodAt(dir, name, 'fifo', undefined, 'clamp', at(1))
        else fs.mknodAt(dir, name, 'device', 'null', 'clamp', at(1))
        break
      default: {
        const modes = [0o644, 0o755, 0o100, 0o4600, 0o611]
        const ino = fs.openAt(dir, name, OPEN_CREATE, 'clamp', at(1), modes[draw(modes.length)] as number)
        const content = CONTENTS[draw(4) > 0 ? draw(8) : draw(CONTENTS.length)] as Uint8Array
        if (typeof ino === 'number' && fs.get(ino).isFile()) fs.write(ino, 0, content, 0, content.length, at(1))
        if (draw(8) === 0) fs.linkAt(dir, name, 'nofollow', dir, nameFrom(draw), 'clamp', at(1))
      }
    }
  }
  return fs
}

/** What git says of blobs, asked once for all: by content, as Latin-1. */
function blobIds(format: HashName, contents: ReadonlySet<string>): Map<string, string> {
  const all = [...contents]
  const files = join(folder, `${format}-blobs`)
  mkdirSync(files)
  const paths = all.map((content, i) => {
    writeFileSync(join(files, `${i}`), Buffer.from(content, 'latin1'))
    return join(files, `${i}`)
  })
  const out = git(join(folder, format), ['hash-object', '--stdin-paths'], `${paths.join('\n')}\n`)
  const ids = out.toString().trim().split('\n')
  return new Map(all.map((content, i) => [content, ids[i] as string]))
}

interface Tree {
  readonly fs: Filesystem
  readonly ino: number
}

/** The ids that git gives to the trees, with all that is in them: level by level, the lowest first, over all at once. */
function judged(format: HashName, trees: readonly Filesystem[]): string[] {
  const levels: Tree[][] = []
  const contents = new Set<string>()
  const known = new Map<Filesystem, Map<number, string>>()
  for (const fs of trees) {
    known.set(fs, new Map())
    const order = [ROOT_INO]
    for (const dir of order) for (const { ino } of entriesOf(fs, dir)) if (fs.get(ino).isDirectory()) order.push(ino)
    const heights = new Map<number, number>()
    for (const dir of order.reverse()) {
      const below = entriesOf(fs, dir).map(({ ino }) => heights.get(ino) ?? -1)
      const height = 1 + Math.max(-1, ...below)
      heights.set(dir, height)
      levels[height] ??= []
      levels[height]?.push({ fs, ino: dir })
      for (const { ino } of entriesOf(fs, dir))
        if (fs.get(ino).kind === 'file' || fs.get(ino).kind === 'symlink') contents.add(contentOf(fs, ino))
    }
  }
  const blobs = blobIds(format, contents)
  for (const level of levels) {
    const input = level.map(({ fs, ino: dir }) => {
      const lines = entriesOf(fs, dir).map(({ name, ino }) => {
        const { kind, mode } = fs.get(ino)
        if (kind === 'directory') return `040000 tree ${known.get(fs)?.get(ino)}\t${name}\0`
        if (kind === 'symlink') return `120000 blob ${blobs.get(contentOf(fs, ino))}\t${name}\0`
        if (kind !== 'file') return ''
        return `${(mode & 0o100) !== 0 ? '100755' : '100644'} blob ${blobs.get(contentOf(fs, ino))}\t${name}\0`
      })
      return `${lines.join('')}\0`
    })
    const out = git(
      join(folder, format),
      ['mktree', '-z', '--batch', '--missing'],
      Buffer.from(input.join(''), 'latin1'),
    )
    const ids = out.toString().trim().split('\n')
    expect(ids).toHaveLength(level.length)
    for (const [i, { fs, ino }] of level.entries()) known.get(fs)?.set(ino, ids[i] as string)
  }
  return trees.map((fs) => known.get(fs)?.get(ROOT_INO) as string)
}

function entriesOf(fs: Filesystem, dir: number) {
  const inode = fs.get(dir)
  return inode.isDirectory() ? inode.body.entries() : []
}

function contentOf(fs: Filesystem, ino: number): string {
  const inode = fs.get(ino)
  return inode.isFile() ? Buffer.from(inode.body.toBytes()).toString('latin1') : String(inode.body)
}

function hex(id: ByteString | undefined): string {
  return id === undefined ? 'none' : hexOf(encodeLatin1(id))
}

/** The ids in a tree, worked out anew. */
function idsOf(fs: Filesystem, format: HashName = 'sha256'): GitIds {
  const ids = new GitIds(format)
  const names = new Names()
  const table = fs.table.fork()
  names.advance(undefined, table)
  ids.update(table, names, pureHashes)
  return ids
}

function rootOf(fs: Filesystem, format: HashName = 'sha256'): string {
  return hex(idsOf(fs, format).of(ROOT_INO))
}

/** As a tree's own lineage says. */
function root(fs: Filesystem): string {
  return hex(fs.lineage.gitIds(fs.table).of(ROOT_INO))
}

describe('GitIds', () => {
  it(`are those of git, in both object formats, for ${TREES} random trees`, () => {
    const trees = Array.from({ length: TREES }, (_, seed) => randomTree(seed))
    const kinds = new Map<string, number>()
    for (const fs of trees) fs.table.forEach(({ kind }) => void kinds.set(kind, (kinds.get(kind) ?? 0) + 1))
    for (const kind of ['file', 'directory', 'symlink', 'device', 'fifo'])
      expect(kinds.get(kind)).toBeGreaterThan(TREES / 10)
    expect(trees.map((fs) => rootOf(fs))).toEqual(judged('sha256', trees))
    const some = trees.slice(0, Math.ceil(TREES / 5))
    expect(some.map((fs) => rootOf(fs, 'sha1'))).toEqual(judged('sha1', some))
  })

  it('of nothing are those that all of git knows', () => {
    expect(rootOf(makeFs(), 'sha1')).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904')
    expect(rootOf(makeFs())).toBe('6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321')
    const ids = idsOf(makeFs({ '/f': '', '/d': null }), 'sha1')
    expect(hex(ids.of(2))).toBe('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391')
    expect(hex(ids.of(3))).toBe('4b825dc642cb6eb9a060e54bf8d69288fbee4904')
  })

  it('have no times, inode numbers, other permissions, holes or devices in them', () => {
    const a = makeFs({ '/d/x': 'text', '/d/y': { data: new Uint8Array(100_000), executable: true } })
    const b = makeFs({ '/null': { device: 'null' }, '/d': null, '/d/z': '', '/d/y': { data: '', executable: true } })
    const calls = new Calls(b)
    calls.now = 77
    calls.unlink('/d/z')
    calls.write('/d/x', 'text')
    b.truncate(calls.ino('/d/y'), 100_000, at(9))
    b.setMode(calls.ino('/d/x'), 0o600, at(9))
    b.setMode(calls.ino('/d/y'), 0o100, at(9))
    expect(rootOf(b)).toBe(rootOf(a))
    b.setMode(calls.ino('/d/x'), 0o500, at(9))
    expect(rootOf(b)).not.toBe(rootOf(a))
  })

  it('of what git does not know there are none', () => {
    const fs = makeFs({ '/null': { device: 'null' }, '/f': '' })
    expect([2, 3, 4].map((ino) => hex(fs.lineage.gitIds(fs.table).of(ino)).length)).toEqual([4, 64, 4])
  })

  it('follow every name of a file with many', () => {
    const fs = makeFs({ '/f': 'x', '/a/b/c': null, '/d': null })
    const calls = new Calls(fs)
    expect(calls.link('/f', '/a/b/c/f')).toBe('ok')
    expect(calls.link('/f', '/d/f')).toBe('ok')
    expect(root(fs)).toBe(rootOf(fs))
    calls.write('/d/f', 'other')
    expect(root(fs)).toBe(rootOf(fs))
    calls.unlink('/f')
    fs.setMode(calls.ino('/d/f'), 0o755, at(1))
    expect(root(fs)).toBe(rootOf(fs))
  })

  it('go with a directory that is renamed, and with one that is removed and held open', () => {
    const fs = makeFs({ '/a/b/c/f': 'x', '/e': null })
    const calls = new Calls(fs)
    expect(root(fs)).toBe(rootOf(fs))
    calls.rename('/a/b', '/e/b2')
    expect(root(fs)).toBe(rootOf(fs))
    const ino = calls.ino('/a')
    fs.hold(ino)
    calls.rmdir('/a')
    expect(root(fs)).toBe(rootOf(fs))
    const empty = hex(idsOf(makeFs()).of(ROOT_INO))
    expect([hex(fs.lineage.gitIds(fs.table).of(ino)), hex(idsOf(fs).of(ino))]).toEqual([empty, empty])
    fs.release(ino)
    expect(hex(fs.lineage.gitIds(fs.table).of(ino))).toBe('none')
  })

  it('are right where two forks give one number to different things', () => {
    const trunk = makeFs({ '/d/f': 'x' })
    const forks = ['file', 'directory', 'held', 'symlink', 'device', 'moved'].map((what) => {
      const fs = watch(trunk.fork())
      const calls = new Calls(fs)
      if (what === 'file') calls.write('/d/new', 'text')
      if (what === 'directory') calls.mkdir('/d/new')
      if (what === 'symlink') calls.symlink('f', '/new')
      if (what === 'device') fs.mknodAt(ROOT_INO, byteString('/d/new'), 'device', 'null', 'clamp', at(1))
      if (what === 'moved') calls.rename('/d', '/d2')
      if (what === 'held') {
        const ino = calls.mkdir('/d/new') as number
        fs.hold(ino)
        calls.rmdir('/d/new')
      }
      return fs
    })
    for (const a of forks) {
      for (const b of forks) {
        expect(root(a)).toBe(rootOf(a))
        expect(root(b)).toBe(rootOf(b))
        const [ids, anew] = [b.lineage.gitIds(b.table), idsOf(b)]
        for (let ino = 0; ino < 8; ino++) expect(hex(ids.of(ino))).toBe(hex(anew.of(ino)))
      }
    }
    forks[2]?.release(4)
  })

  it('of a tree of 100,000 levels, and of 100,000 files side by side, cost after a change what has changed', () => {
    const deep = new Filesystem()
    let dir = ROOT_INO
    for (let level = 0; level < 100_000; level++) dir = deep.mkdirAt(dir, byteString('d'), 'clamp', at(0)) as number
    const before = root(deep)
    deep.openAt(dir, byteString('f'), OPEN_CREATE, 'clamp', at(1))
    expect(root(deep)).not.toBe(before)
    expect(root(deep)).toBe(rootOf(deep))

    const wide = new Filesystem()
    for (let d = 0; d < 100; d++) {
      const ino = wide.mkdirAt(ROOT_INO, byteString(`d${d}`), 'clamp', at(0)) as number
      for (let f = 0; f < 1000; f++) wide.openAt(ino, byteString(`f${f}`), OPEN_CREATE, 'clamp', at(0))
    }
    expect(root(wide)).toBe(rootOf(wide))
    new Calls(wide).write('/d7/f500', 'changed')
    const hashes = vi.fn(pureHashes)
    const ids = wide.lineage.gitIds(wide.table, hashes)
    // The file, its directory and the root, and that of nothing.
    expect(hashes.mock.calls.length).toBeLessThanOrEqual(4)
    expect(hex(ids.of(ROOT_INO))).toBe(rootOf(wide))
  })
})
