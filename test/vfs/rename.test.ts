import { describe, expect, it } from 'vitest'
import { Calls, makeFs, shown } from '../support/vfs.ts'

describe('renameAt()', () => {
  it('does nothing for one inode under both names', () => {
    const fs = makeFs({ '/p': 'content', '/d/x': 'y' })
    const calls = new Calls(fs)
    calls.link('p', 'q')
    const before = shown(fs)
    expect(calls.rename('p', 'p')).toBe('ok')
    expect(calls.rename('p', './p')).toBe('ok')
    expect(calls.rename('d', 'd')).toBe('ok')
    expect(calls.rename('d', 'd/../d')).toBe('ok')
    expect(calls.rename('p', 'q')).toBe('ok')
    expect(shown(fs)).toEqual(before)
    expect(calls.nlink('p')).toBe(2)
  })

  it('returns EINVAL for a directory into itself and ENOTEMPTY onto its ancestor', () => {
    const fs = makeFs({ '/a/b/c': null })
    const calls = new Calls(fs)
    const before = shown(fs)
    expect(calls.rename('a', 'a/b/c')).toBe('EINVAL')
    expect(calls.rename('a/b/c', 'a')).toBe('ENOTEMPTY')
    expect(calls.rename('a', 'a/b/x')).toBe('EINVAL')
    expect(calls.rename('a', 'a/x')).toBe('EINVAL')
    expect(shown(fs)).toEqual(before)
  })

  it('returns ENOTEMPTY also for a file onto a directory that it is below, as Linux', () => {
    const fs = makeFs({ '/a/b/f': 'x', '/a/g': 'y' })
    const calls = new Calls(fs)
    const before = shown(fs)
    expect([calls.rename('a/b/f', 'a'), calls.rename('a/b/f', 'a/b')]).toEqual(['ENOTEMPTY', 'ENOTEMPTY'])
    expect(calls.rename('a/g', 'a/b')).toBe('EISDIR')
    expect(shown(fs)).toEqual(before)
  })

  it('replaces an empty directory by a directory', () => {
    const fs = makeFs({ '/d/f': 'x', '/e': null })
    const calls = new Calls(fs)
    const ino = calls.ino('d')
    expect(calls.rename('d', 'e')).toBe('ok')
    expect(calls.ino('e')).toBe(ino)
    expect(shown(fs)).toEqual({ '/e': null, '/e/f': 'x' })
    expect(calls.nlink('/')).toBe(3)
  })

  it('returns ENOTEMPTY when the target directory has entries', () => {
    const calls = new Calls(makeFs({ '/d': null, '/e/f': 'x' }))
    expect(calls.rename('d', 'e')).toBe('ENOTEMPTY')
  })

  it('returns ENOTDIR for a directory onto anything else, EISDIR for anything else onto a directory', () => {
    const calls = new Calls(makeFs({ '/d': null, '/f': 'x', '/l': { symlink: 'd' }, '/e': null }))
    expect(calls.rename('d', 'f')).toBe('ENOTDIR')
    expect(calls.rename('d', 'l')).toBe('ENOTDIR')
    expect(calls.rename('f', 'd')).toBe('EISDIR')
    expect(calls.rename('l', 'e')).toBe('EISDIR')
  })

  it('replaces a file and frees it, unless it has another name or is held', () => {
    const fs = makeFs({ '/a': 'new', '/b': 'old', '/c': 'more' })
    const calls = new Calls(fs)
    const [b, c] = [calls.ino('b'), calls.ino('c')]
    fs.hold(b)
    expect(calls.rename('a', 'b')).toBe('ok')
    expect(calls.rename('b', 'c')).toBe('ok')
    expect(fs.table.has(b)).toBe(true)
    expect(fs.table.has(c)).toBe(false)
    fs.release(b)
    expect(fs.table.has(b)).toBe(false)
    expect(shown(fs)).toEqual({ '/c': 'new' })
    expect(fs.blocks).toBe(1)
  })

  it('moves links themselves, never what they name', () => {
    const fs = makeFs({ '/f': 'x', '/l': { symlink: 'f' }, '/m': { symlink: 'nowhere' } })
    const calls = new Calls(fs)
    expect(calls.rename('l', 'm')).toBe('ok')
    expect(calls.rename('f', 'm')).toBe('ok')
    expect(shown(fs)).toEqual({ '/m': 'x' })
  })

  it('keeps what is below a moved directory, whose ".." moves along', () => {
    const fs = makeFs({ '/a/b/c': 'x', '/z': null })
    const calls = new Calls(fs)
    const ino = calls.ino('a/b/c')
    expect(calls.rename('a/b', 'a/e')).toBe('ok')
    expect(calls.ino('a/e/c')).toBe(ino)
    expect(calls.lookup('a/b/c')).toBe('ENOENT')
    expect(calls.rename('a/e', 'z/y')).toBe('ok')
    expect(calls.lookup('z/y/..')).toBe(calls.ino('z'))
    expect([calls.nlink('a'), calls.nlink('z')]).toEqual([2, 3])
    expect(shown(fs)).toEqual({ '/a': null, '/z': null, '/z/y': null, '/z/y/c': 'x' })
  })

  it('counts links right when a directory replaces one in another directory', () => {
    const calls = new Calls(makeFs({ '/a/d': null, '/b/d': null }))
    expect(calls.rename('a/d', 'b/d')).toBe('ok')
    expect([calls.nlink('a'), calls.nlink('b')]).toEqual([2, 3])
  })

  it('renames inside a subdirectory, from the root and from the directory', () => {
    const fs = makeFs({ '/source/hello/hello-1df.o.tmp': 'o' })
    const calls = new Calls(fs)
    expect(calls.rename('source/hello/hello-1df.o.tmp', 'source/hello/hello.o')).toBe('ok')
    const inside = new Calls(fs, calls.ino('source/hello'), 'refuse')
    expect(inside.rename('hello.o', 'again.o')).toBe('ok')
    expect(shown(fs)).toEqual({ '/source': null, '/source/hello': null, '/source/hello/again.o': 'o' })
  })

  it('returns ENOTDIR for a slash after what is no directory, and moves a directory onto one', () => {
    const calls = new Calls(makeFs({ '/f': 'x', '/g': 'y', '/d': null, '/l': { symlink: 'd' } }))
    expect(calls.rename('f', 'new/')).toBe('ENOTDIR')
    expect(calls.rename('f/', 'new')).toBe('ENOTDIR')
    expect(calls.rename('f', 'g/')).toBe('ENOTDIR')
    expect(calls.rename('l/', 'm')).toBe('ENOTDIR')
    expect(calls.rename('d/', 'newd/')).toBe('ok')
    expect(calls.list('/')).toEqual(['f', 'g', 'l', 'newd'])
  })

  it('returns EBUSY for ".", ".." and the root', () => {
    const calls = new Calls(makeFs({ '/a/b': null }))
    for (const path of ['a/.', 'a/b/..', '.', '/', '..']) {
      expect(calls.rename(path, 'x')).toBe('EBUSY')
      expect(calls.rename('a', path)).toBe('EBUSY')
    }
  })

  it('returns EDQUOT where the target directory is full, but moves within it and over an entry', () => {
    const calls = new Calls(makeFs({ '/d/1': '1', '/d/2': '2', '/e/x': 'x', '/e/y': 'y' }, { entries: 2 }))
    expect(calls.rename('e/x', 'd/3')).toBe('EDQUOT')
    expect(calls.rename('d/1', 'd/3')).toBe('ok')
    expect(calls.rename('e/x', 'd/3')).toBe('ok')
    expect([calls.list('d'), calls.list('e')]).toEqual([['2', '3'], ['y']])
  })

  it('returns ENOENT into a removed directory', () => {
    const fs = makeFs({ '/d': null, '/f': 'x' })
    const calls = new Calls(fs)
    const ino = calls.ino('d')
    fs.hold(ino)
    calls.rmdir('d')
    const [from, to] = [calls.fs.lookup(1, 'f' as never, 'follow', 'clamp'), ino]
    expect(typeof from).toBe('number')
    expect(fs.renameAt(1, 'f' as never, to, 'g' as never, 'clamp', { sec: 1, nsec: 0 })?.toString()).toBe('ENOENT')
    fs.release(ino)
  })

  it('sets ctim of the moved inode and both times of both directories', () => {
    const fs = makeFs({ '/a/f': 'x', '/b': null })
    const calls = new Calls(fs)
    calls.now = 50
    calls.rename('a/f', 'b/g')
    const times = (path: string) => [fs.get(calls.ino(path)).mtimSec, fs.get(calls.ino(path)).ctimSec]
    expect([times('a'), times('b'), times('b/g'), times('/')]).toEqual([
      [50, 50],
      [50, 50],
      [0, 50],
      [0, 0],
    ])
  })
})
