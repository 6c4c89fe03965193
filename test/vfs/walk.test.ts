/** The path walk: cases 1 to 25 of the list of public bug reports, and the walls. */

import { describe, expect, it } from 'vitest'
import { decodeLatin1 } from '../../vfs/bytes.ts'
import { OPEN_CREATE, OPEN_DIRECTORY, OPEN_EXCLUSIVE, OPEN_NOFOLLOW } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { NAME_MAX, PATH_MAX } from '../../vfs/limits.ts'
import { Calls, makeFs, told } from '../support/vfs.ts'

describe('run() with trailing slashes', () => {
  it('returns ENOTDIR for a file and finds a directory', () => {
    const calls = new Calls(makeFs({ '/f': 'x', '/d': null }))
    expect(calls.open('f/')).toBe('ENOTDIR')
    expect(calls.open('f///')).toBe('ENOTDIR')
    expect(calls.open('d/')).toBe(calls.ino('d'))
    expect(calls.open('d///')).toBe(calls.ino('d'))
  })

  it('makes no file through a slash: EISDIR', () => {
    const calls = new Calls(makeFs({ '/f': 'x' }))
    expect(calls.open('new/', OPEN_CREATE)).toBe('EISDIR')
    expect(calls.open('new/', OPEN_CREATE | OPEN_EXCLUSIVE)).toBe('EISDIR')
    expect(calls.open('f/', OPEN_CREATE)).toBe('EISDIR')
    expect(calls.list('/')).toEqual(['f'])
  })

  it('makes no file through the slash of a link: EISDIR, also where the link loops', () => {
    const calls = new Calls(makeFs({ '/to': { symlink: 'new/' }, '/loop': { symlink: 'loop/' } }))
    expect(calls.open('to', OPEN_CREATE)).toBe('EISDIR')
    expect(calls.open('loop', OPEN_CREATE)).toBe('EISDIR')
    expect(calls.open('loop')).toBe('ELOOP')
    expect(calls.list('/')).toEqual(['loop', 'to'])
  })

  it('lets mkdir have one, and says EEXIST for what is there', () => {
    const calls = new Calls(makeFs({ '/g': 'x' }))
    expect(calls.mkdir('foo/')).toBe(calls.ino('foo'))
    expect(calls.mkdir('g/')).toBe('EEXIST')
  })

  it('follows a link before a slash even for nofollow', () => {
    const calls = new Calls(makeFs({ '/d': null, '/l': { symlink: 'd' } }))
    expect(calls.lookup('l/', 'nofollow')).toBe(calls.ino('d'))
    expect(calls.lookup('l', 'nofollow')).toBe(calls.ino('l'))
  })
})

describe('run() with names of any length', () => {
  it('finds each at the start, in the middle and at the end of a path', () => {
    const calls = new Calls(makeFs({}))
    for (const length of [1, 11, 12, 13, 14, 24, 25, NAME_MAX]) {
      const name = 'abcdefghijklmnopqrstuvwxyz'.repeat(10).slice(0, length)
      const path = `${name}/${name}/${name}`
      for (const each of [name, `${name}/${name}`, path]) expect(calls.mkdir(each)).toBe(calls.ino(each))
      expect(calls.list(`/${name}/${name}`)).toEqual([name])
      expect(calls.lookup(`./${name}//${name}/../${name}/${name}/`, 'follow')).toBe(calls.ino(path))
      expect(calls.lookup(`${path}x`, 'follow')).toBe(length === NAME_MAX ? 'ENAMETOOLONG' : 'ENOENT')
    }
  })
})

describe('run() with dots', () => {
  it('returns ENOTDIR for a dot after a file', () => {
    const calls = new Calls(makeFs({ '/a': 'x' }))
    expect(calls.open('a/.')).toBe('ENOTDIR')
    expect(calls.open('a/..')).toBe('ENOTDIR')
  })

  it('walks through a link whose text ends in dot-dot', () => {
    const calls = new Calls(makeFs({ '/target': 'foo\n', '/b/up': { symlink: '..' } }))
    expect(calls.open('b/up')).toBe(ROOT_INO)
    expect(calls.open('b/up/target')).toBe(calls.ino('target'))
  })

  it('takes a dot, and nothing between slashes, for the same place', () => {
    const calls = new Calls(makeFs({ '/a/b': 'x' }))
    for (const path of ['./a/./b', 'a//b', '././a/b', '/a/b', '//a/b', 'a/../a/b']) {
      expect(calls.open(path)).toBe(calls.ino('a/b'))
    }
  })

  it('never cleans a path as text: dot-dot after a link is the parent of what it names', () => {
    const calls = new Calls(makeFs({ '/x/y/z': 'deep', '/x/w': 'right', '/w': 'wrong', '/l': { symlink: 'x/y' } }))
    expect(calls.open('l/../w')).toBe(calls.ino('x/w'))
  })

  it('clamps dot-dot at the root of the tree', () => {
    const calls = new Calls(makeFs({ '/f': 'x' }))
    expect(calls.open('/../../f')).toBe(calls.ino('f'))
  })

  it('walks dot-dot from the new parent after a rename', () => {
    const calls = new Calls(makeFs({ '/a/d': null, '/b/f': 'x' }))
    calls.rename('a/d', 'b/d')
    expect(calls.open('b/d/../f')).toBe(calls.ino('b/f'))
  })
})

describe('run() with the wall "refuse"', () => {
  const files = {
    '/secret': 's',
    '/box/f': 'x',
    '/box/d/e': null,
    '/box/dot': { symlink: '.' },
    '/box/up': { symlink: '../secret' },
    '/box/back': { symlink: '../box/f' },
    '/box/abs': { symlink: '/box/f' },
  }

  function boxed(): Calls {
    const fs = makeFs(files)
    return new Calls(fs, new Calls(fs).ino('box'), 'refuse')
  }

  it('lets no link buy an extra level', () => {
    const calls = boxed()
    expect(calls.open('dot/../secret')).toBe('EPERM')
    expect(calls.open('dot/dot/dot/../secret')).toBe('EPERM')
    expect(calls.open('d/../../secret')).toBe('EPERM')
    expect(calls.open('dot/f')).toBe(calls.ino('f'))
  })

  it('refuses a link that leads out when it is followed, not the link itself', () => {
    const calls = boxed()
    expect(calls.lookup('up', 'follow')).toBe('EPERM')
    expect(calls.open('up', OPEN_CREATE)).toBe('EPERM')
    expect(calls.lookup('up', 'nofollow')).toBeTypeOf('number')
    expect(calls.readlink('up')).toBe('../secret')
    expect(calls.fs.get(calls.ino('up')).size).toBe(9)
    expect(calls.rename('up', 'm')).toBe('ok')
    expect(calls.unlink('m')).toBe('ok')
  })

  it('refuses as soon as the walk leaves, even if it would come back', () => {
    const calls = boxed()
    expect(calls.open('d/e/../../../box/f')).toBe('EPERM')
    expect(calls.open('back')).toBe('EPERM')
    expect(calls.open('..')).toBe('EPERM')
    expect(calls.open('d/.//e/../../d/../f')).toBe(calls.ino('f'))
  })

  it('refuses absolute paths and absolute links', () => {
    const calls = boxed()
    expect(calls.open('/f')).toBe('EPERM')
    expect(calls.mkdir('/n')).toBe('EPERM')
    expect(calls.open('abs')).toBe('EPERM')
  })

  it('follows an absolute link where the base is the root of the tree', () => {
    const fs = makeFs(files)
    const calls = new Calls(fs, ROOT_INO, 'refuse')
    expect(calls.open('box/abs')).toBe(calls.ino('box/f'))
    expect(calls.open('../box')).toBe('EPERM')
    expect(calls.open('/box')).toBe('EPERM')
  })
})

describe('run() with symbolic links', () => {
  it('returns ELOOP for loops, and finds the links themselves', () => {
    const calls = new Calls(makeFs({ '/self': { symlink: 'self' }, '/a': { symlink: 'b' }, '/b': { symlink: 'a' } }))
    for (const path of ['self', 'a', 'b', 'self/x', 'self/']) expect(calls.open(path)).toBe('ELOOP')
    expect(calls.lookup('self', 'nofollow')).toBe(calls.ino('self'))
    expect(calls.unlink('self')).toBe('ok')
  })

  it('follows 40 links and not 41', () => {
    const fs = makeFs({ '/l0': 'x' })
    const calls = new Calls(fs)
    for (let n = 1; n <= 41; n++) calls.symlink(`l${n - 1}`, `l${n}`)
    expect(calls.open('l40')).toBe(calls.ino('l0'))
    expect(calls.open('l41')).toBe('ELOOP')
  })

  it('counts links over the whole path', () => {
    const calls = new Calls(makeFs({ '/d/here': { symlink: '.' } }))
    expect(calls.open(`d/${'here/'.repeat(40)}`)).toBe(calls.ino('d'))
    expect(calls.open(`d/${'here/'.repeat(41)}`)).toBe('ELOOP')
  })

  it('takes relative texts from where the link is, absolute ones from the root', () => {
    const calls = new Calls(
      makeFs({
        '/a/f': 'x',
        '/a/rel': { symlink: 'f' },
        '/a/abs': { symlink: '/a/f' },
        '/l': { symlink: 'a/rel' },
        '/r': { symlink: '/' },
      }),
    )
    for (const path of ['a/rel', 'a/abs', 'l', 'r/a/f', 'r/r//a/rel']) expect(calls.open(path)).toBe(calls.ino('a/f'))
    expect(calls.open('r')).toBe(ROOT_INO)
    expect(calls.open('r/..')).toBe(ROOT_INO)
  })

  it('makes what a dangling link names, but not for exclusive or nofollow', () => {
    const calls = new Calls(makeFs({ '/d/dang': { symlink: 'nowhere' } }))
    expect(calls.open('d/dang')).toBe('ENOENT')
    expect(calls.open('d/dang', OPEN_CREATE | OPEN_EXCLUSIVE)).toBe('EEXIST')
    expect(calls.open('d/dang', OPEN_CREATE | OPEN_NOFOLLOW)).toBe('ELOOP')
    expect(calls.list('d')).toEqual(['dang'])
    expect(calls.open('d/dang', OPEN_CREATE)).toBe(calls.ino('d/nowhere'))
  })

  it('returns ELOOP or ENOTDIR for a last link that is not followed', () => {
    const calls = new Calls(makeFs({ '/f': 'x', '/d': null, '/l': { symlink: 'f' }, '/ld': { symlink: 'd' } }))
    expect(calls.open('l', OPEN_NOFOLLOW)).toBe('ELOOP')
    expect(calls.open('ld', OPEN_NOFOLLOW)).toBe('ELOOP')
    expect(calls.open('ld', OPEN_NOFOLLOW | OPEN_DIRECTORY)).toBe('ENOTDIR')
  })
})

describe('run() with what is no path', () => {
  it('returns ENOENT for an empty path', () => {
    const calls = new Calls(makeFs())
    expect(calls.open('')).toBe('ENOENT')
    expect(calls.symlink('', 'x')).toBe('ENOENT')
    expect(calls.symlink('whatever', '')).toBe('ENOENT')
    expect(calls.list('/')).toEqual([])
  })

  it('returns EINVAL for a NUL and makes nothing', () => {
    const calls = new Calls(makeFs())
    expect(calls.open('\x12n\0', OPEN_CREATE | OPEN_EXCLUSIVE)).toBe('EINVAL')
    expect(calls.mkdir('a\0b')).toBe('EINVAL')
    expect(calls.symlink('a\0b', 'l')).toBe('EINVAL')
    expect(calls.list('/')).toEqual([])
  })

  it('returns EILSEQ for ill-formed UTF-8 and makes nothing', () => {
    const fs = makeFs()
    for (const bad of [[0xff], [0xfe], [0x61, 0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
      const path = decodeLatin1(Uint8Array.from(bad))
      expect(told(fs.openAt(ROOT_INO, path, OPEN_CREATE, 'clamp', { sec: 0, nsec: 0 }))).toBe('EILSEQ')
    }
    expect(new Calls(fs).list('/')).toEqual([])
  })

  it('returns ENAMETOOLONG by bytes, for a name and for a path', () => {
    const calls = new Calls(makeFs())
    expect(calls.mkdir('é'.repeat(127))).toBeTypeOf('number')
    expect(calls.mkdir('é'.repeat(128))).toBe('ENAMETOOLONG')
    expect(calls.mkdir('n'.repeat(NAME_MAX))).toBeTypeOf('number')
    expect(calls.mkdir('n'.repeat(NAME_MAX + 1))).toBe('ENAMETOOLONG')
    expect(calls.open('n'.repeat(NAME_MAX + 1))).toBe('ENAMETOOLONG')
    expect(calls.open(`${'./'.repeat(PATH_MAX / 2)}.`)).toBe(ROOT_INO)
    expect(calls.open(`${'./'.repeat(PATH_MAX / 2)}./`)).toBe('ENAMETOOLONG')
  })

  it('returns ENOTDIR through a file and ENOENT through nothing', () => {
    const calls = new Calls(makeFs({ '/p': 'x' }))
    expect(calls.open('p/tmpx', OPEN_CREATE | OPEN_EXCLUSIVE)).toBe('ENOTDIR')
    expect(calls.open('p', OPEN_DIRECTORY)).toBe('ENOTDIR')
    expect(calls.lookup('p/x')).toBe('ENOTDIR')
    expect(calls.open('q/x', OPEN_CREATE)).toBe('ENOENT')
  })

  it('returns ENOTDIR from a base that is no directory', () => {
    const fs = makeFs({ '/f': 'x' })
    const file = new Calls(fs, new Calls(fs).ino('f'))
    expect(file.open('x')).toBe('ENOTDIR')
    expect(file.open('.')).toBe('ENOTDIR')
  })

  it('returns ENOENT for a missing name in every call', () => {
    const calls = new Calls(makeFs())
    expect(calls.open('m')).toBe('ENOENT')
    expect(calls.lookup('m', 'nofollow')).toBe('ENOENT')
    expect(calls.link('m', 'n')).toBe('ENOENT')
    expect(calls.readlink('m')).toBe('ENOENT')
    expect(calls.rmdir('m')).toBe('ENOENT')
    expect(calls.unlink('m')).toBe('ENOENT')
    expect(calls.rename('m', 'n')).toBe('ENOENT')
    expect(calls.rename('m', 'm')).toBe('ENOENT')
  })
})

describe('run() in a removed directory', () => {
  it('finds the directory itself and nothing else', () => {
    const fs = makeFs({ '/d': null })
    const ino = new Calls(fs).ino('d')
    fs.hold(ino)
    new Calls(fs).rmdir('d')
    const gone = new Calls(fs, ino)
    expect(gone.open('.')).toBe(ino)
    expect(gone.open('..')).toBe('ENOENT')
    expect(gone.open('x', OPEN_CREATE)).toBe('ENOENT')
    expect(gone.mkdir('x')).toBe('ENOENT')
    expect(gone.symlink('t', 'x')).toBe('ENOENT')
    fs.release(ino)
  })
})
