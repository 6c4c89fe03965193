import { describe, expect, it } from 'vitest'
import { byteString } from '../../vfs/bytes.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { createNodeFs } from '../../vfs/node_fs.ts'
import {
  type Entry,
  EXPORT_FILE_MAX,
  ExportError,
  exportTree,
  type Files,
  ImportError,
  importTree,
  visitTree,
} from '../../vfs/tree.ts'
import { fc } from '../support/property.ts'
import { at, Calls, makeFs, watch } from '../support/vfs.ts'

const LEVELS = 100_000

/** A chain of directories, each in the last, made without a path. */
function chain(levels: number): Filesystem {
  const fs = watch(new Filesystem())
  let dir = ROOT_INO
  for (let n = 0; n < levels; n++) dir = fs.mkdirAt(dir, byteString('d'), 'clamp', at(0)) as number
  return fs
}

describe('importTree()', () => {
  it('makes parents, all kinds, modes and times', () => {
    const fs = makeFs({
      '/a/b/c': 'text',
      '/bin/run': { data: Uint8Array.of(0, 255), executable: true, mtime: 5000 },
      '/l': { symlink: 'a/b' },
      '/h': { hardlink: '/a/b/c' },
      '/empty': null,
      '/dev/null': { device: 'null' },
    })
    const calls = new Calls(fs)
    expect(calls.nlink('h')).toBe(2)
    expect(fs.get(calls.ino('bin/run'))).toMatchObject({ mode: 0o755, mtimSec: 5, atimSec: 5 })
    expect(fs.get(calls.ino('a/b/c')).mode).toBe(0o644)
    expect(fs.get(calls.ino('dev/null')).body).toBe('null')
    expect(calls.readlink('l')).toBe('a/b')
  })

  it.each<[string, Files, string]>([
    ['a relative path', { 'a/b': '' }, 'not absolute'],
    ['dots', { '/a/../b': '' }, '".."'],
    ['the root as a file', { '/': 'x' }, 'root is a directory'],
    ['a file as a parent', { '/a': '', '/a/b': '' }, 'no directory'],
    ['a file twice', { '/a': '', '//a': '' }, 'there already'],
    ['two kinds at once', { '/a': { data: '', symlink: 'x' } }, 'exactly one'],
    ['a hard link to nothing', { '/a': { hardlink: '/b' } }, 'No such file'],
    ['a bad time', { '/a': { data: '', mtime: 'yesterday' } }, 'no moment'],
    ['a long name', { [`/${'n'.repeat(256)}`]: '' }, 'too long'],
    ['a NUL', { '/a\0': '' }, 'Invalid argument'],
  ])('refuses %s by name', (_, files, message) => {
    const fs = watch(new Filesystem())
    expect(() => importTree(fs, files, at(0))).toThrow(ImportError)
    expect(() => importTree(watch(new Filesystem()), files, at(0))).toThrow(message)
  })

  it('says when the quota is full', () => {
    const fs = watch(new Filesystem({ bytes: 4096 }))
    expect(() => importTree(fs, { '/a': 'x'.repeat(5000) }, at(0))).toThrow('quota is full')
  })

  it('never follows a link that is there', () => {
    const fs = makeFs({ '/d': null, '/l': { symlink: 'd' } })
    expect(() => importTree(fs, { '/l/f': 'x' }, at(0))).toThrow('no directory')
    expect(() => importTree(fs, { '/l': 'x' }, at(0))).toThrow(ImportError)
    expect(new Calls(fs).list('d')).toEqual([])
  })
})

describe('exportTree()', () => {
  it('refuses a file that no array can hold, and names it', () => {
    const fs = makeFs({ '/a/sparse': '' })
    const calls = new Calls(fs)
    fs.truncate(calls.ino('a/sparse'), EXPORT_FILE_MAX + 1, at(1))
    expect(() => exportTree(fs)).toThrow(ExportError)
    expect(() => exportTree(fs)).toThrow('"/a/sparse": has 2147483649 bytes')
  })

  const name = fc.constantFrom('a', 'b', 'é', '😀', ' ', '~', '-')
  const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join('/')}`)
  const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })
  const data = fc.uint8Array({ maxLength: 20 })
  const entry: fc.Arbitrary<Uint8Array | null | Entry> = fc.oneof(
    data,
    fc.constant(null),
    fc.record({ data, executable: fc.constant(true as const) }),
    fc.record({ data, mtime: time }),
    fc.record({ symlink: fc.constantFrom('a', '../b', '/é', 'nowhere/') }),
    fc.record({ hardlink: path }),
  )

  /** Adds the entries that can be: what `importTree` refuses is left out. */
  function grow(entries: readonly (readonly [string, Uint8Array | null | Entry])[]): Filesystem {
    let fs = new Filesystem()
    for (const [at_, value] of entries) {
      const next = fs.fork()
      try {
        importTree(next, { [at_]: value }, at(7))
        fs = next
      } catch (error) {
        if (!(error instanceof ImportError)) throw error
      }
    }
    return watch(fs)
  }

  it('gives what makes the same tree again, and the same object from it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(path, entry), { maxLength: 25, size: 'max' }),
        fc.boolean(),
        fc.boolean(),
        (entries, directories, times) => {
          const fs = grow(entries)
          const options = { directories, times }
          const files = exportTree(fs, ROOT_INO, options)
          const copy = watch(new Filesystem())
          importTree(copy, files, at(7))
          expect(exportTree(copy, ROOT_INO, options)).toEqual(files)
          expect(Object.keys(exportTree(copy, ROOT_INO, options))).toEqual(Object.keys(files))
          expect(exportTree(copy, ROOT_INO, { directories: true })).toEqual(
            exportTree(fs, ROOT_INO, { directories: true }),
          )
        },
      ),
    )
  })

  it('shows an inode under its first name, and as a hard link under others', () => {
    const fs = makeFs({ '/b': 'x', '/a/c': { hardlink: '/b' }, '/l': { symlink: 'b' }, '/m': { hardlink: '/l' } })
    expect(exportTree(fs)).toEqual({
      '/a/c': Uint8Array.of(120),
      '/b': { hardlink: '/a/c' },
      '/l': { symlink: 'b' },
      '/m': { hardlink: '/l' },
    })
    new Calls(fs).link('b', 'c')
    const copy = new Calls(makeFs(exportTree(fs)))
    expect([copy.nlink('b'), copy.nlink('m')]).toEqual([3, 2])
  })

  it('starts at any directory, and can have a path named __proto__', () => {
    const fs = makeFs({ '/d/__proto__': 'x', '/d/e/f': 'y', '/g': 'z' })
    const files = exportTree(fs, new Calls(fs).ino('d'))
    expect(Object.keys(files)).toEqual(['/__proto__', '/e/f'])
  })
})

describe('visitTree()', () => {
  it('visits a directory before what is in it, in byte order', () => {
    const fs = makeFs({ '/b/x': '', '/a': '', '/b.c': '', '/b/w': '' })
    const seen: string[] = []
    visitTree(fs, ROOT_INO, (path) => seen.push(path))
    expect(seen).toEqual(['/a', '/b', '/b/w', '/b/x', '/b.c'])
  })
})

describe(`a tree of ${LEVELS} levels`, () => {
  it('is imported from one path and exported', () => {
    const fs = watch(new Filesystem())
    const path = '/d'.repeat(LEVELS)
    importTree(fs, { [path]: null }, at(0))
    expect(fs.table.count).toBe(LEVELS + 1)
    const files = exportTree(fs)
    expect(Object.keys(files)).toEqual([path])
  })

  it('is listed, copied and removed through the facade', () => {
    const tree = chain(LEVELS)
    const fs = createNodeFs(tree, () => at(1))
    expect(fs.readdirSync('/', { recursive: true }).length).toBe(LEVELS)
    expect(fs.readdirSync('/', { recursive: true, withFileTypes: true }).length).toBe(LEVELS)
    fs.cpSync('/d', '/copy', { recursive: true })
    expect(tree.table.count).toBe(2 * LEVELS + 1)
    fs.rmSync('/d', { recursive: true })
    fs.rmSync('/copy', { recursive: true })
    expect(tree.table.count).toBe(1)
  })

  it('is renamed at both ends', () => {
    const fs = chain(LEVELS)
    const deep = fs.table.nextIno - 1
    expect(fs.renameAt(ROOT_INO, byteString('d'), deep, byteString('x'), 'clamp', at(1))?.name).toBe('EINVAL')
    expect(fs.renameAt(ROOT_INO, byteString('d'), ROOT_INO, byteString('e'), 'clamp', at(1))).toBeUndefined()
    expect(new Calls(fs).list('/')).toEqual(['e'])
  })
})
