import { describe, expect, it, vi } from 'vitest'
import { byteString } from '../../vfs/bytes.ts'
import { Directory } from '../../vfs/directory.ts'
import { Filesystem, OPEN_CREATE } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { LINK_MAX } from '../../vfs/limits.ts'
import { Names } from '../../vfs/names.ts'
import { at, bytes, Calls, makeFs, watch } from '../support/vfs.ts'

function namesIn(fs: Filesystem): Names {
  const names = new Names()
  names.advance(undefined, fs.table.fork())
  return names
}

describe('pathOf()', () => {
  it('is the absolute path, and of several names the first in byte order', () => {
    const fs = makeFs({ '/z': 'x', '/d/e/é': '' })
    const calls = new Calls(fs)
    calls.link('/z', '/d/a')
    calls.link('/z', '/d/e/b')
    const names = namesIn(fs)
    expect(names.pathOf(ROOT_INO)).toBe('/')
    expect(names.pathOf(calls.ino('/d/e'))).toBe('/d/e')
    expect(names.pathOf(calls.ino('/d/e/é'))).toBe(bytes('/d/e/é'))
    expect(names.pathOf(calls.ino('/z'))).toBe('/d/a')
    expect(names.pathsOf(calls.ino('/z'))).toEqual(['/d/a', '/d/e/b', '/z'])
  })

  it('is undefined for what has no name: a number never given out, and what is removed and held open', () => {
    const fs = makeFs({ '/f': 'x', '/d': null })
    const calls = new Calls(fs)
    const [file, dir] = [calls.ino('/f'), calls.ino('/d')]
    fs.hold(file)
    fs.hold(dir)
    calls.unlink('/f')
    calls.rmdir('/d')
    const names = namesIn(fs)
    expect([file, dir, 99].map((ino) => names.pathOf(ino))).toEqual([undefined, undefined, undefined])
    expect([file, dir, 99].map((ino) => names.pathsOf(ino))).toEqual([[], [], []])
    expect(names.pathIn(dir, bytes('x'))).toBeUndefined()
    fs.release(file)
    fs.release(dir)
  })

  it('is found 100,000 levels down, and after a directory at the top was renamed', () => {
    const fs = watch(new Filesystem())
    let dir = ROOT_INO
    for (let level = 0; level < 100_000; level++) dir = fs.mkdirAt(dir, bytes('d'), 'clamp', at(0)) as number
    const names = fs.lineage.names(fs.table)
    expect(names.pathOf(dir)).toBe('/d'.repeat(100_000))
    new Calls(fs).rename('/d', '/e')
    expect(fs.lineage.names(fs.table).pathOf(dir)).toBe(`/e${'/d'.repeat(99_999)}`)
    expect(names.pathOf(dir)).toBe('/d'.repeat(100_000))
  })
})

describe('parents()', () => {
  it('are the directories of all names, one for each', () => {
    const fs = makeFs({ '/d/a': '' })
    const calls = new Calls(fs)
    calls.link('/d/a', '/d/b')
    calls.link('/d/a', '/c')
    expect([...namesIn(fs).parents(calls.ino('/c'))].sort()).toEqual([ROOT_INO, calls.ino('/d'), calls.ino('/d')])
    expect([...namesIn(fs).parents(ROOT_INO)]).toEqual([])
  })
})

describe('advance()', () => {
  it('looks at no directory that has not changed', () => {
    const fs = watch(new Filesystem())
    for (let d = 0; d < 100; d++) {
      const dir = fs.mkdirAt(ROOT_INO, bytes(`d${d}`), 'clamp', at(0)) as number
      for (let f = 0; f < 100; f++) fs.openAt(dir, bytes(`f${f}`), OPEN_CREATE, 'clamp', at(0))
    }
    fs.lineage.names(fs.table)
    const calls = new Calls(fs)
    calls.rename('/d5/f5', '/d6/new')
    const difference = vi.spyOn(Directory.prototype, 'difference')
    const names = fs.lineage.names(fs.table)
    expect(difference.mock.calls.length).toBeLessThanOrEqual(4)
    difference.mockRestore()
    expect(names.pathOf(calls.ino('/d6/new'))).toBe('/d6/new')
  })

  it('forgets all names of an inode that had as many as there can be, and keeps those that are left', () => {
    const fs = watch(new Filesystem())
    const ino = fs.openAt(ROOT_INO, bytes('f'), OPEN_CREATE, 'clamp', at(0)) as number
    const last = LINK_MAX - 1
    for (let n = 0; n < last; n++) fs.linkAt(ROOT_INO, bytes('f'), 'nofollow', ROOT_INO, bytes(`n${n}`), 'clamp', at(0))
    expect(fs.lineage.names(fs.table).pathsOf(ino)).toHaveLength(LINK_MAX)
    for (let n = 0; n < last; n++) if (n !== 777) fs.unlinkAt(ROOT_INO, byteString(`n${n}`), 'clamp', at(0))
    expect(fs.lineage.names(fs.table).pathsOf(ino)).toEqual(['/f', '/n777'])
  })

  it('goes from one fork to another, where one number is two things', () => {
    const trunk = makeFs({ '/d/f': '' })
    const [a, b] = [watch(trunk.fork()), watch(trunk.fork())]
    new Calls(a).mkdir('/new')
    new Calls(a).open('/new/x', OPEN_CREATE)
    new Calls(b).open('/d/other', OPEN_CREATE)
    new Calls(b).rename('/d', '/e')
    for (let turn = 0; turn < 3; turn++) {
      expect([2, 3, 4, 5].map((ino) => a.lineage.names(a.table).pathOf(ino))).toEqual(['/d', '/d/f', '/new', '/new/x'])
      expect([2, 3, 4, 5].map((ino) => b.lineage.names(b.table).pathOf(ino))).toEqual([
        '/e',
        '/e/f',
        '/e/other',
        undefined,
      ])
    }
  })
})
