import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeLatin1, textOf } from '../../../vfs/bytes.ts'
import { Filesystem } from '../../../vfs/filesystem.ts'
import { FormatError } from '../../../vfs/formats/error.ts'
import { type GitReadOptions, readGit } from '../../../vfs/formats/git_read.ts'
import { gitHistory, gitRepository } from '../../../vfs/formats/git_write.ts'
import { type GitId, GitIds } from '../../../vfs/git_ids.ts'
import { type HashName, hexOf, pureHashes } from '../../../vfs/hash.ts'
import { ROOT_INO } from '../../../vfs/inode_table.ts'
import type { Quota } from '../../../vfs/limits.ts'
import { Names } from '../../../vfs/names.ts'
import { exportTree } from '../../../vfs/tree.ts'
import { git, requireGit } from '../../support/git.ts'
import { fc } from '../../support/property.ts'
import { stateOf } from '../../support/tree_state.ts'
import { at, bytes, Calls, makeFs, shown, watch } from '../../support/vfs.ts'
import { refusalOf } from './format_error.ts'
import { filesIn, putFiles } from './git_folder.ts'
import { trees } from './random_tree.ts'

type Files = { [path: string]: Uint8Array }

const FORMATS: readonly HashName[] = ['sha256', 'sha1']
/** Broken repositories that are tried. */
const MUTATIONS = Number(process.env.VIVARIUM_MUTATIONS ?? 2000)

let folder = ''
let made = 0
beforeAll(() => {
  requireGit()
  folder = mkdtempSync(join(tmpdir(), 'vivarium-git-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function newFs(quota: Partial<Quota> = {}): Filesystem {
  return watch(new Filesystem(quota))
}

/** The id of the tree that a repository's `HEAD` becomes. */
function rootOf(files: Files, format: HashName, options: GitReadOptions = {}): string {
  const fs = newFs()
  const report = readGit(fs, files, options)
  const [ids, names, table] = [new GitIds(format), new Names(), fs.table.fork()]
  names.advance(undefined, table)
  ids.update(table, names, pureHashes)
  const id = hexOf(encodeLatin1(ids.of(ROOT_INO) as GitId))
  expect(report.tree).toBe(id)
  return id
}

/** A work tree with a history that gives git something to tell as differences; its folder. */
function workTree(format: HashName, { lines, steps } = { lines: 3000, steps: 30 }): string {
  const work = join(folder, `work${made++}`)
  mkdirSync(work)
  git(work, ['init', '-q', `--object-format=${format}`, '-b', 'main'])
  const text = Array.from({ length: lines }, (_, i) => `line ${i} ${(i * 7919) % 1000}\n`)
  mkdirSync(join(work, 'dir/é sub'), { recursive: true })
  symlinkSync('../dir', join(work, 'dir/link'))
  writeFileSync(join(work, 'dir/run'), '#!/bin/sh\n')
  chmodSync(join(work, 'dir/run'), 0o755)
  writeFileSync(join(work, 'empty'), '')
  for (let step = 0; step < steps; step++) {
    text[(step * 50) % lines] = `changed in ${step}\n`
    writeFileSync(join(work, 'dir/é sub/text'), text.join(''))
    writeFileSync(join(work, `dir/f${step}`), text.slice(step).join(''))
    writeFileSync(
      join(work, 'blob'),
      new Uint8Array(20 * lines).map((_, i) => (i * i * step) >>> 5),
    )
    git(work, ['add', '-A'])
    git(work, ['commit', '-q', '-m', `step ${step}`])
    if (step === Math.floor(steps / 3)) git(work, ['tag', 'old'])
    if (step === Math.floor(steps / 2)) git(work, ['tag', '-a', '-m', 'with a note', 'noted'])
  }
  git(work, ['tag', '-a', '-m', 'a tag of a tag', 'twice', 'noted'])
  return work
}

function treeIdOf(work: string, ref: string): string {
  return git(work, ['rev-parse', `${ref}^{tree}`])
    .toString()
    .trim()
}

describe('readGit()', () => {
  it.each(FORMATS)('reads what git has written, loose and packed in every way, all branches and tags: %s', (format) => {
    const work = workTree(format)
    const kinds = new Map<string, Files>()
    kinds.set('loose', filesIn(join(work, '.git')))
    git(work, ['pack-refs', '--all'])
    git(work, ['gc', '-q', '--aggressive', '--prune=now'])
    kinds.set('gc --aggressive', filesIn(join(work, '.git')))
    const chains = git(work, ['verify-pack', '-v', ...packs(work)]).toString()
    expect(chains).toMatch(/chain length = [5-9]/)
    git(work, ['-c', 'repack.useDeltaBaseOffset=false', 'repack', '-q', '-adf', '--depth=4000', '--window=50'])
    kinds.set('differences by id', filesIn(join(work, '.git')))
    git(work, ['repack', '-q', '-adF', '--depth=0'])
    kinds.set('no differences', filesIn(join(work, '.git')))
    const index = packs(work)[0] as string
    rmSync(index)
    git(work, ['index-pack', '--index-version=2,0x100', '-o', index, index.replace(/idx$/, 'pack')])
    kinds.set('long offsets', filesIn(join(work, '.git')))
    writeFileSync(join(work, 'later'), 'in no pack')
    git(work, ['add', '-A'])
    git(work, ['commit', '-q', '-m', 'later'])
    for (const [kind, files] of kinds) {
      for (const ref of ['HEAD', 'main', 'old', 'noted', 'twice', 'refs/tags/old', 'heads/main']) {
        // The branch has gone on since.
        const wanted = treeIdOf(work, ['HEAD', 'main', 'heads/main'].includes(ref) ? 'HEAD~1' : ref)
        expect(rootOf(files, format, { ref }), `${kind} ${ref}`).toBe(wanted)
      }
    }
    const both = filesIn(work)
    expect(rootOf(both, format)).toBe(treeIdOf(work, 'HEAD'))
    git(work, ['checkout', '-q', '--detach', 'old'])
    expect(rootOf(filesIn(join(work, '.git')), format)).toBe(treeIdOf(work, 'old'))
    const commit = git(work, ['rev-parse', 'HEAD']).toString().trim()
    for (const ref of [commit, treeIdOf(work, 'old')]) expect(rootOf(both, format, { ref })).toBe(treeIdOf(work, 'old'))
  })

  function packs(work: string): string[] {
    const at = join(work, '.git/objects/pack')
    return readdirSync(at)
      .filter((name) => name.endsWith('.idx'))
      .map((name) => join(at, name))
  }

  it.each(FORMATS)('reads back every tree that was written, with the same ids: %s', (format) => {
    const property = fc.property(trees({ fifos: false }), (fs) => {
      const files = gitRepository(fs, { format, gitNames: 'allow' })
      const copy = newFs()
      const report = readGit(copy, files, { gitNames: 'allow' })
      expect(contentsOf(copy)).toEqual(contentsOf(fs))
      expect(gitRepository(copy, { format, gitNames: 'allow' })).toEqual(files)
      expect(report.leftOut).toEqual([])
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('reads each commit of a history, by tag, and what git has unpacked of it', () => {
    const all = fc.sample(trees({ fifos: false }), { numRuns: 20, seed: 3 })
    const files = gitHistory(
      all.map((fs, i) => ({ fs, tag: `t${i}` })),
      { gitNames: 'allow' },
    )
    for (const [i, fs] of all.entries()) {
      const copy = newFs()
      readGit(copy, files, { ref: `t${i}`, gitNames: 'allow' })
      expect(contentsOf(copy)).toEqual(contentsOf(fs))
    }
    const pack = Object.keys(files).find((path) => path.endsWith('.pack')) as string
    const { [pack]: data, [pack.replace(/pack$/, 'idx')]: _, ...others } = files
    const loose = putFiles(join(folder, `loose${made++}`), others)
    mkdirSync(join(loose, 'objects'))
    git(loose, ['unpack-objects', '-q'], data)
    const copy = newFs()
    readGit(copy, filesIn(loose), { gitNames: 'allow' })
    expect(contentsOf(copy)).toEqual(contentsOf(all.at(-1) as Filesystem))
  })

  it('puts the tree where it is to be, with the time of the commit, and says what it was', () => {
    const files = gitRepository(makeFs({ '/d/f': 'new', '/x': { data: '', executable: true } }), {
      commit: { time: '2023-11-14T22:13:20Z' },
    })
    const fs = makeFs({ '/at/d/f': 'old', '/at/keep': 'k' })
    const report = readGit(fs, files, { at: '/at', now: 5000 })
    expect(shown(fs)).toEqual({
      '/at': null,
      '/at/d': null,
      '/at/d/f': 'new',
      '/at/keep': 'k',
      '/at/x': expect.anything(),
    })
    expect(report).toEqual({
      ...{ files: 2, directories: 1, links: 0, bytes: 3, leftOut: [] },
      tree: expect.stringMatching(/^[0-9a-f]{64}$/),
      commit: textOf(
        bytes(
          Buffer.from(files['refs/heads/main'] as Uint8Array)
            .toString()
            .trim(),
        ),
      ),
    })
    const { mtimSec, ctimSec } = fs.get(new Calls(fs).ino('/at/d/f'))
    expect([mtimSec, ctimSec]).toEqual([1_700_000_000, 5])
  })

  it('takes 100,000 levels', () => {
    const fs = newFs()
    let dir = ROOT_INO
    for (let level = 0; level < 100_000; level++) dir = fs.mkdirAt(dir, bytes('d'), 'clamp', at(0)) as number
    const copy = newFs()
    expect(readGit(copy, gitRepository(fs)).directories).toBe(100_000)
    expect(copy.lineage.gitIds(copy.table).of(ROOT_INO)).toBe(fs.lineage.gitIds(fs.table).of(ROOT_INO))
  })
})

function contentsOf(fs: Filesystem): unknown {
  return Object.entries(exportTree(fs, ROOT_INO, { directories: true })).map(([path, value]) => {
    if (value === null || typeof value === 'string') return [path, value]
    if (value instanceof Uint8Array) return [path, Buffer.from(value).toString('latin1')]
    // Several names of a file are several files.
    if (value.hardlink !== undefined) {
      const inode = fs.get(fs.lookup(ROOT_INO, bytes(path), 'nofollow', 'clamp') as number)
      if (inode.isSymlink()) return [path, { symlink: textOf(inode.body) }]
      const data = inode.isFile() ? Buffer.from(inode.body.toBytes()).toString('latin1') : ''
      return [path, (inode.mode & 0o100) !== 0 ? { data, executable: true } : data]
    }
    return [path, value.data === undefined ? value : { ...value, data: Buffer.from(value.data).toString('latin1') }]
  })
}

/** A repository of objects that git would not make, each a file of its own. */
class Forge {
  readonly files: Files = { HEAD: latin1('ref: refs/heads/main\n') }

  object(type: string, content: Uint8Array | string): string {
    const body = typeof content === 'string' ? latin1(content) : content
    const whole = Buffer.concat([latin1(`${type} ${body.length}\0`), body])
    const hash = pureHashes('sha1')
    hash.update(whole)
    const hex = hexOf(hash.digest())
    this.files[`objects/${hex.slice(0, 2)}/${hex.slice(2)}`] = new Uint8Array(deflateSync(whole))
    return hex
  }

  tree(...lines: readonly (readonly [mode: string, name: string, id: string])[]): string {
    return this.object(
      'tree',
      latin1(lines.map(([mode, name, id]) => `${mode} ${name}\0${Buffer.from(id, 'hex').toString('latin1')}`).join('')),
    )
  }

  /** Makes a tree the content of the only branch. */
  commit(tree: string): Files {
    const who = 'A <a@b> 0 +0000'
    const id = this.object('commit', `tree ${tree}\nauthor ${who}\ncommitter ${who}\n\nm\n`)
    this.files['refs/heads/main'] = latin1(`${id}\n`)
    return this.files
  }
}

function latin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

function messageOf(files: Files, options: GitReadOptions = {}, fs: Filesystem = makeFs({ '/there': 'x' })): string {
  return refusalOf(fs, () => readGit(fs, files, options)).message
}

describe('readGit() refuses', () => {
  const forge = new Forge()
  const blob = forge.object('blob', 'x')
  const good = forge.tree(['100644', 'a', blob])

  it('what is no repository, has no such branch, or no commits yet', () => {
    const files = forge.commit(good)
    expect(messageOf({})).toMatch(/no HEAD/)
    expect(messageOf({ '.git': latin1('gitdir: elsewhere') })).toMatch(/no HEAD/)
    expect(messageOf(files, { ref: 'nowhere' })).toBe('git: there is no branch, tag or commit "nowhere": it has main')
    expect(messageOf(files, { ref: 'config' })).toMatch(/there is no branch/)
    expect(messageOf({ HEAD: latin1('ref: refs/heads/main\n') })).toMatch(/the branch has no commits yet/)
    expect(messageOf({ ...files, HEAD: latin1('rubbish') })).toMatch(/does not hold the id/)
    const circle = { HEAD: latin1('ref: refs/heads/a'), 'refs/heads/a': latin1('ref: HEAD') }
    expect(messageOf(circle)).toMatch(/over 5 times/)
    expect(messageOf({ ...files, config: latin1('[extensions]\n\tobjectFormat = sha512\n') })).toMatch(/"sha512"/)
    expect(messageOf({ ...files, config: latin1('[extensions]\n\trefStorage = reftable\n') })).toMatch(/reftable/)
    expect(messageOf(files, { ref: blob })).toMatch(/is a single file/)
  })

  it('submodules, clearly', () => {
    expect(messageOf(new Forge().commit(forge.tree()))).toMatch(/is not there/)
    const sub = forge.tree(['160000', 'lib', '1'.repeat(40)])
    expect(messageOf(forge.commit(sub))).toBe(
      'git: "lib" is a submodule, whose files are in a repository of its own: read that one too, and this without it',
    )
  })

  it.each([
    ['', 'is none that a file can have'],
    ['.', 'is none that a file can have'],
    ['..', 'is none that a file can have'],
    ['a/b', 'has a slash in it'],
    ['n'.repeat(256), 'has over 255 bytes'],
    ['\xff', 'is not UTF-8'],
    ['.git', 'is one that git never checks out'],
    ['GIT~1', 'is one that git never checks out'],
  ])('a name that cannot be: %j', (name, problem) => {
    expect(messageOf(forge.commit(forge.tree(['100644', name, blob])))).toContain(problem)
  })

  it('trees with lines twice, out of order, of unknown modes, or cut off', () => {
    const cases: [string, string][] = [
      [forge.tree(['100644', 'a', blob], ['100644', 'a', blob]), 'there twice'],
      [forge.tree(['100644', 'a', blob], ['40000', 'a', good]), 'there twice'],
      [forge.tree(['100644', 'b', blob], ['100644', 'a', blob]), 'out of order'],
      [forge.tree(['40000', 'a', good], ['100644', 'a.b', blob]), 'out of order'],
      [forge.tree(['10644', 'a', blob]), 'is not known'],
      [forge.tree(['999999', 'a', blob]), 'without a mode'],
      [forge.object('tree', '100644 a'), 'cut off'],
      [forge.object('tree', '100644 a\0short'), 'cut off'],
      [forge.tree(['40000', 'a', blob]), 'is a blob, and a tree is needed'],
      [forge.tree(['100644', 'a', good]), 'is a tree, and a blob is needed'],
      [forge.tree(['120000', 'a', forge.object('blob', '')]), 'No such file'],
      [forge.tree(['120000', 'a', forge.object('blob', 'x\0y')]), 'Invalid argument'],
      [forge.tree(['120000', 'a', forge.object('blob', 'x'.repeat(5000))]), 'over 4095'],
    ]
    for (const [tree, problem] of cases) expect(messageOf(forge.commit(tree))).toContain(problem)
    expect(messageOf(forge.commit('0'.repeat(39)))).toMatch(/does not say of which tree it is/)
  })

  it('a tree that stands for endlessly many files, at the quota', () => {
    let tree = good
    for (let level = 0; level < 12; level++) {
      const below = tree
      tree = forge.tree(...Array.from({ length: 10 }, (_, i) => ['40000', `${i}`, below] as const))
    }
    const fs = newFs({ inodes: 5000 })
    expect(messageOf(forge.commit(tree), {}, fs)).toMatch(/over 4999 files and directories/)
  })

  it('what decompresses to more than it says, or to more than there is room for', () => {
    const zeros = new Uint8Array(50_000_000)
    const bomb = new Forge()
    const id = bomb.object('blob', zeros)
    const files = bomb.commit(bomb.tree(['100644', 'a', id]))
    const small = newFs({ bytes: 1_000_000, inodes: 100 })
    expect(messageOf(files, {}, small)).toMatch(/50000014 bytes is more than there is room for/)
    const path = `objects/${id.slice(0, 2)}/${id.slice(2)}`
    for (const size of ['5', '50000001', '9007199254740993']) {
      const whole = Buffer.concat([latin1(`blob ${size}\0`), zeros])
      expect(messageOf({ ...files, [path]: new Uint8Array(deflateSync(whole)) })).toMatch(/git: objects/)
    }
    const packed = gitRepository(makeFs({ '/f': zeros }))
    expect(messageOf(packed, {}, newFs({ bytes: 1_000_000, inodes: 100 }))).toMatch(/more than there is room for/)
  })

  it('differences that lead in a circle, out of the pack, or to far too much', () => {
    const size = 20
    const idOf = (text: string) => latin1(text.repeat(size))
    const delta = (content: number[], base: string | number): Uint8Array => {
      const head = typeof base === 'string' ? [0x70 | content.length, ...idOf(base)] : [0x60 | content.length, base]
      return Buffer.concat([Uint8Array.from(head), deflateSync(Uint8Array.from(content))])
    }
    /** A pack of two objects named `aa…` and `bb…`, and an index of it. */
    const packOf = (first: Uint8Array, second: Uint8Array): Files => {
      const pack = Buffer.concat([latin1('PACK\0\0\0\x02\0\0\0\x02'), first, second, new Uint8Array(size)])
      const index = Buffer.alloc(8 + 1024 + 2 * (size + 8) + 2 * size)
      index.writeUInt32BE(0xff744f63, 0)
      index.writeUInt32BE(2, 4)
      for (let i = 0; i < 256; i++) index.writeUInt32BE(i < 0x61 ? 0 : i < 0x62 ? 1 : 2, 8 + 4 * i)
      index.set(idOf('a'), 1032)
      index.set(idOf('b'), 1032 + size)
      index.writeUInt32BE(12, 1032 + 2 * size + 8)
      index.writeUInt32BE(12 + first.length, 1032 + 2 * size + 12)
      return {
        HEAD: latin1('61'.repeat(20)),
        'objects/pack/p.pack': new Uint8Array(pack),
        'objects/pack/p.idx': new Uint8Array(index),
      }
    }
    const plain = Buffer.concat([Uint8Array.of(0x33), deflateSync(latin1('abc'))])
    expect(messageOf(packOf(delta([3, 3], 'b'), delta([3, 3], 'a')))).toMatch(/in a circle/)
    expect(messageOf(packOf(delta([3, 3], 'a'), plain))).toMatch(/in a circle/)
    expect(messageOf(packOf(delta([3, 3], 'c'), plain))).toMatch(/is not in the pack/)
    expect(messageOf(packOf(delta([3, 3], 100), plain))).toMatch(/leads out of the pack/)
    expect(messageOf(packOf(delta([3, 3], 0), plain))).toMatch(/leads out of the pack/)
    const bad = /a difference does not fit/
    expect(messageOf(packOf(delta([4, 1, 1, 65], 'b'), plain))).toMatch(bad)
    expect(messageOf(packOf(delta([3, 1, 0], 'b'), plain))).toMatch(bad)
    expect(messageOf(packOf(delta([3, 5, 0x90, 4], 'b'), plain))).toMatch(bad)
    expect(messageOf(packOf(delta([3, 2, 1, 65], 'b'), plain))).toMatch(bad)
    expect(messageOf(packOf(delta([3, 1, 2, 65, 66], 'b'), plain))).toMatch(bad)
    expect(messageOf(packOf(delta([3, 1, 5, 65], 'b'), plain))).toMatch(bad)
    expect(messageOf(packOf(delta([3, 0x80], 'b'), plain))).toMatch(bad)
    const huge = [3, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f]
    expect(messageOf(packOf(delta(huge, 'b'), plain))).toMatch(/more than there is room for/)
    // These are sound, but for their ids: the second takes 64 KiB, which a count of 0 means.
    const long = Buffer.concat([Uint8Array.of(0xb0, 0x80, 0x20), deflateSync(new Uint8Array(0x10000))])
    const copy = delta([0x80, 0x80, 4, 0x80, 0x80, 4, 0x80], 'b')
    expect(messageOf(packOf(copy, long))).toMatch(/other bytes than its id says/)
    expect(messageOf(packOf(delta([3, 4, 0x90, 3, 1, 65], 'b'), plain))).toMatch(/other bytes than its id says/)
    const { 'objects/pack/p.idx': _, ...without } = packOf(plain, plain)
    expect(messageOf(without)).toMatch(/has no index: run "git index-pack" on it/)
  })

  it('objects that are not there, and says why that may be', () => {
    const files = { ...forge.commit(good) }
    delete files[`objects/${blob.slice(0, 2)}/${blob.slice(2)}`]
    expect(messageOf(files)).toBe(
      `git: "a": the object ${blob} is not there: the repository is damaged, or was cloned in part`,
    )
    expect(messageOf({ ...files, 'objects/info/alternates': latin1('/elsewhere') })).toMatch(
      /borrows objects from another repository/,
    )
  })

  it(`or loads each of ${MUTATIONS} repositories that were damaged at random`, () => {
    let seed = 1
    const draw = (bound: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((seed / 2 ** 32) * bound)
    }
    const work = workTree('sha1', { lines: 60, steps: 6 })
    const loose = filesIn(join(work, '.git'))
    git(work, ['gc', '-q', '--aggressive', '--prune=now'])
    const originals = [
      filesIn(join(work, '.git')),
      loose,
      gitRepository(makeFs({ '/d/f': 'text'.repeat(100), '/link': { symlink: 'd' }, '/g': '' })),
    ].map((files) =>
      Object.fromEntries(
        Object.entries(files).filter(([path]) => /^(HEAD|config|packed-refs|refs\/|objects\/)/.test(path)),
      ),
    )
    const outcomes = { loaded: 0, refused: 0 }
    for (let n = 0; n < MUTATIONS; n++) {
      const files = { ...(originals[n % originals.length] as Files) }
      for (let times = 1 + draw(3); times > 0; times--) damage(files, draw)
      const fs = new Filesystem({ bytes: 2 ** 26, inodes: 10_000 })
      const before = stateOf(fs)
      try {
        readGit(fs, files)
        outcomes.loaded++
      } catch (error) {
        if (!(error instanceof FormatError)) throw error
        expect(stateOf(fs)).toEqual(before)
        outcomes.refused++
      }
    }
    expect(Math.min(outcomes.loaded, outcomes.refused)).toBeGreaterThan(MUTATIONS / 50)
  })
})

/** Changes, cuts, doubles or takes away something of one file. */
function damage(files: Files, draw: (bound: number) => number): void {
  const paths = Object.keys(files)
  const path = paths[draw(paths.length)] as string
  const old = files[path] as Uint8Array
  const place = draw(old.length + 1)
  const changed = old.slice()
  switch (draw(8)) {
    case 0:
      delete files[path]
      return
    case 1:
      files[path] = old.slice(0, place)
      return
    case 2:
      files[path] = new Uint8Array([...old.subarray(0, place), ...old.subarray(draw(old.length + 1))])
      return
    case 3:
      files[path] = files[paths[draw(paths.length)] as string] as Uint8Array
      return
    case 4:
      // In the first bytes there are the numbers that all depends on.
      changed[draw(Math.min(64, old.length))] = draw(256)
      break
    case 5:
      changed.fill(draw(2) * 255, place, place + 1 + draw(8))
      break
    default:
      changed[place] = (changed[place] ?? 0) ^ (1 << draw(8))
  }
  files[path] = changed
}

describe('filesIn()', () => {
  it('is the judge of its own: it gives what was put', () => {
    const to = putFiles(join(folder, `self${made++}`), { 'a/b': latin1('x'), c: latin1('') })
    expect(filesIn(to)).toEqual({ 'a/b': latin1('x'), c: latin1('') })
    expect(readFileSync(join(to, 'a/b'), 'latin1')).toBe('x')
  })
})
