/** Section A of the public bug reports: where a path leads, and where it must not. */

import { describe, expect, it } from 'vitest'
import {
  FDFLAG_APPEND,
  FDFLAG_NONBLOCK,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
} from '../../src/abi/types.ts'
import { Machine } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { READ_WRITE } from '../support/hostcalls.ts'
import { CGuest } from './c_guest.ts'
import { FOLLOW, Posix } from './posix.ts'

const GUEST = new CGuest('a_path_resolution.c')

/** A box for the guest's `/`, with something beside it that must stay out of reach. */
const BOX = {
  '/secret': 'outside',
  '/box/f': 'inside',
  '/box/d/nested/file': 'deep',
}

/** A guest whose preopen `/` is `/box`. */
function boxed(files: Record<string, string | { readonly symlink: string }> = {}): Posix {
  return new Posix({ ...BOX, ...files }, { run: { preopens: { '/': '/box' } } })
}

/** What the C guest printed for one of its cases. */
function libc(name: string, files: Record<string, string | null> = {}): readonly string[] {
  return GUEST.lines(new Machine({ image: 'empty', files }), [name])
}

describe('A. path resolution', () => {
  it('1. Opening an existing regular file through a trailing slash', () => {
    const guest = new Posix({ '/f': 'x', '/d/g': 'x', '/to-f': { symlink: 'f' }, '/to-d': { symlink: 'd/' } })
    for (const path of ['f/', 'f///', 'd/g/', 'to-f/', 'd/../f/']) {
      expect(guest.open(path), path).toBe('ENOTDIR')
      expect(guest.open(path, { dirflags: 0 }), path).toBe('ENOTDIR')
      expect(guest.open(path, { rights: READ_WRITE }), path).toBe('ENOTDIR')
      expect(guest.open(path, { oflags: OFLAG_TRUNC }), path).toBe('ENOTDIR')
      expect(guest.statFails(path), path).toBe('ENOTDIR')
      expect(guest.unlink(path), path).toBe('ENOTDIR')
      expect(guest.rename(path, 'new'), path).toBe('ENOTDIR')
    }
    // No descriptor was used up: the next is still the lowest.
    for (const path of ['d/', 'd///', './d/', 'to-d', 'to-d/']) expect(guest.open(path)).toBeTypeOf('number')
    expect(guest.process.fds.numbers()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(guest.cat('/f')).toBe('x')
  })

  it('2. Creating through a trailing slash drops the slash and makes a file', () => {
    const guest = new Posix({ '/to': { symlink: 'new/' }, '/f': 'x' })
    for (const path of ['newf/', 'newf//', './newf/', 'to', 'f/']) {
      for (const oflags of [OFLAG_CREAT, OFLAG_CREAT | OFLAG_TRUNC]) {
        for (const rights of [READ_WRITE, 0]) expect(guest.open(path, { oflags, rights }), path).toBe('EISDIR')
      }
    }
    expect(guest.open('newf/', { oflags: OFLAG_CREAT | OFLAG_EXCL, rights: READ_WRITE })).toBe('EISDIR')
    expect(guest.symlink('f', 'newl/')).toBe('ENOENT')
    expect(guest.link('f', 'newl/')).toBe('ENOENT')
    expect(guest.ls()).toEqual(['f', 'to'])
    expect(guest.cat('/f')).toBe('x')
  })

  it('4. rename(file, "missing/")', () => {
    const guest = new Posix({ '/f5': 'five', '/dir/in': 'x' })
    for (const path of ['newk/', 'newk///', './newk/']) expect(guest.rename('f5', path)).toBe('ENOTDIR')
    expect(guest.rename('f5/', 'newk')).toBe('ENOTDIR')
    expect(guest.rename('missing', 'newk/')).toBe('ENOENT')
    expect(guest.ls()).toEqual(['dir', 'f5'])
    expect(guest.cat('/f5')).toBe('five')
    expect(guest.rename('dir', 'newd/')).toBe('ok')
    expect(guest.rename('newd//', 'last//')).toBe('ok')
    expect(guest.ls()).toEqual(['f5', 'last'])
    expect(guest.cat('/last/in')).toBe('x')
  })

  it('5. mkdir with trailing slash', () => {
    const guest = new Posix({ '/g': 'x', '/to-g': { symlink: 'g' }, '/dang': { symlink: 'nowhere' } })
    expect(guest.mkdir('foo/')).toBe('ok')
    expect(guest.mkdir('foo/bar///')).toBe('ok')
    expect(guest.mkdir('./baz/')).toBe('ok')
    for (const path of ['foo', 'foo/bar', 'baz']) expect(guest.stat(path).filetype, path).toBe(3)
    for (const path of ['g/', 'g', 'foo/', 'foo', 'to-g', 'to-g/', 'dang', 'dang/', '.', './', 'foo/.', 'foo/..']) {
      expect(guest.mkdir(path), path).toBe('EEXIST')
    }
    expect(guest.mkdir('g/x/')).toBe('ENOTDIR')
    expect(guest.rmdir('foo/bar/')).toBe('ok')
    expect(libc('mkdir', { '/g': 'x' })).toEqual(['mkdir foo/: 0', 'mkdir g/: EEXIST', 'mkdir foo: EEXIST'])
  })

  it('7. open("file/.") must fail', () => {
    const guest = new Posix({ '/a': 'x', '/d/a': 'x', '/to': { symlink: 'a' } })
    for (const path of ['a/.', 'a/./', 'a/..', 'a/../d', 'a/./.', 'd/a/.', 'to/.', 'to/../a']) {
      expect(guest.open(path), path).toBe('ENOTDIR')
      expect(guest.open(path, { oflags: OFLAG_CREAT, rights: READ_WRITE }), path).toBe('ENOTDIR')
      expect(guest.statFails(path, FOLLOW), path).toBe('ENOTDIR')
    }
    for (const path of ['missing/.', 'missing/..']) expect(guest.open(path), path).toBe('ENOENT')
    expect(guest.opens('d/.')).toBe('ok')
    expect(libc('dot', { '/a': 'x' })).toEqual(['open a/.: ENOTDIR', 'open a/..: ENOTDIR', 'realpath a/.: ENOTDIR'])
  })

  it('8. Symlink whose target ends in ".."', () => {
    const guest = new Posix({ '/target': 'foo\n', '/b/c': null })
    for (const [text, path] of [
      ['..', 'b/up'],
      ['../', 'b/up-slash'],
      ['c/..', 'b/here'],
      ['c/../..', 'b/round'],
      ['up/b/..', 'b/through'],
    ] as const) {
      expect(guest.symlink(text, path)).toBe('ok')
    }
    for (const path of ['b/up', 'b/up-slash', 'b/round', 'b/through']) {
      expect(guest.opens(path, { oflags: OFLAG_DIRECTORY }), path).toBe('ok')
      expect(guest.read(guest.opened(`${path}/target`), 8), path).toBe('foo\n')
      expect(guest.stat(path, FOLLOW).ino, path).toBe(guest.stat('.').ino)
    }
    expect(guest.stat('b/here', FOLLOW).ino).toBe(guest.stat('b').ino)
    expect(guest.open('b/here/target')).toBe('ENOENT')
    // Seen from a descriptor of `b`, the same link leads out.
    const b = guest.opened('b')
    expect(guest.open('up', { fd: b })).toBe('EPERM')
    expect(guest.open('up/target', { fd: b })).toBe('EPERM')
    expect(guest.opens('here', { fd: b })).toBe('ok')
  })

  it('10. `link -> .` buys an extra level for ".."', () => {
    const guest = boxed()
    expect(guest.symlink('.', 'link')).toBe('ok')
    expect(guest.symlink('d/..', 'round')).toBe('ok')
    expect(guest.symlink('link/link', 'twice')).toBe('ok')
    const ways = ['link', 'link/link/link', './link/.', 'round', 'twice', 'd/..', 'd/nested/../..', 'link/d/../round']
    for (const way of ways) {
      const out = `${way}/../secret`
      expect(guest.open(out), out).toBe('EPERM')
      expect(guest.open(out, { oflags: OFLAG_CREAT, rights: READ_WRITE }), out).toBe('EPERM')
      expect(guest.statFails(out), out).toBe('EPERM')
      expect(guest.unlink(out), out).toBe('EPERM')
      expect(guest.rename(out, 'mine'), out).toBe('EPERM')
      expect(guest.rename('f', `${way}/../f`), out).toBe('EPERM')
      expect(guest.link(out, 'mine'), out).toBe('EPERM')
      expect(guest.mkdir(`${way}/../made`), out).toBe('EPERM')
      expect(guest.symlink('x', `${way}/../made`), out).toBe('EPERM')
      expect(guest.opens(`${way}/f`), out).toBe('ok')
    }
    // The descriptor is the wall, so one opened deeper has a wall of its own.
    const d = guest.opened('d')
    expect(guest.open('../f', { fd: d })).toBe('EPERM')
    expect(guest.open('nested/../../f', { fd: d })).toBe('EPERM')
    expect(guest.ls('/')).toEqual(['box', 'secret'])
    expect(guest.cat('/secret')).toBe('outside')
  })

  it('11. Following stat / set_times must not walk out through the last component', () => {
    const guest = boxed({
      '/box/l': { symlink: '../secret' },
      '/box/l2': { symlink: 'l' },
      '/box/abs': { symlink: '/secret' },
      '/box/root': { symlink: '/' },
      '/box/dots': { symlink: 'd/../..' },
    })
    const before = guest.machine.fs.statSync('/secret', { bigint: true })
    for (const path of ['l', 'l2', 'abs', 'root', 'dots']) {
      expect(guest.statFails(path, FOLLOW), path).toBe('EPERM')
      expect(guest.utimes(path, FOLLOW), path).toBe('EPERM')
      expect(guest.link(path, 'new', FOLLOW), path).toBe('EPERM')
      expect(guest.open(path), path).toBe('EPERM')
      expect(guest.open(path, { oflags: OFLAG_CREAT, rights: READ_WRITE }), path).toBe('EPERM')
      expect(guest.open(path, { oflags: OFLAG_TRUNC, rights: READ_WRITE }), path).toBe('EPERM')
      expect(guest.open(`${path}/x`), path).toBe('EPERM')
      expect(guest.statFails(`${path}/`), path).toBe('EPERM')
    }
    expect(guest.stat('l')).toMatchObject({ filetype: 7, size: 9n, nlink: 1n })
    expect(guest.readlink('l')).toBe('../secret')
    expect(guest.utimes('l')).toBe('ok')
    expect(guest.rename('l', 'm')).toBe('ok')
    expect(guest.link('m', 'n')).toBe('ok')
    expect(guest.stat('n')).toMatchObject({ filetype: 7, nlink: 2n })
    expect(guest.unlink('n')).toBe('ok')
    expect(guest.unlink('m')).toBe('ok')
    expect(guest.machine.fs.statSync('/secret', { bigint: true })).toEqual(before)
  })

  it('13. Absolute path at the raw ABI', () => {
    const guest = new Posix({ '/x': 'x', '/d': null, '/l': { symlink: 'x' } })
    for (const path of ['/x', '//x', '/', '/d/../x', '/missing', '/missing/y']) {
      expect(guest.open(path), path).toBe('EPERM')
      expect(guest.open(path, { oflags: OFLAG_CREAT, rights: READ_WRITE }), path).toBe('EPERM')
      expect(guest.statFails(path, FOLLOW), path).toBe('EPERM')
      expect(guest.utimes(path), path).toBe('EPERM')
      expect(guest.mkdir(path), path).toBe('EPERM')
      expect(guest.rename(path, 'y'), path).toBe('EPERM')
      expect(guest.rename('x', path), path).toBe('EPERM')
      expect(guest.link(path, 'y'), path).toBe('EPERM')
      expect(guest.link('x', path), path).toBe('EPERM')
      expect(guest.symlink('x', path), path).toBe('EPERM')
      expect(guest.readlink(path), path).toBe('EPERM')
      expect(guest.unlink(path), path).toBe('EPERM')
      expect(guest.rmdir(path), path).toBe('EPERM')
    }
    expect(guest.symlink('/x', 'abs')).toBe('EPERM')
    expect(guest.ls()).toEqual(['d', 'l', 'x'])
    // What libc makes of the same names.
    expect(libc('absolute', { '/x': 'x' })).toEqual(['open /x: 0', 'mkdir /made: 0', 'rename /x /made/y: 0'])
  })

  it('14. Too many ".." but ending inside', () => {
    const guest = boxed({
      '/box/dir/nested/file': 'here',
      '/box/dir/l': { symlink: '../dir/nested/file' },
      '/box/l': { symlink: '../box/f' },
      '/box/dir/ll': { symlink: '../../box/f' },
    })
    for (const path of [
      'dir/nested/../../../dir/nested/file',
      '../box/f',
      'dir/../../box/f',
      '..',
      '../',
      'dir/../..',
    ]) {
      expect(guest.open(path), path).toBe('EPERM')
      expect(guest.statFails(path), path).toBe('EPERM')
    }
    for (const path of ['l', 'dir/ll']) expect(guest.open(path), path).toBe('EPERM')
    for (const path of ['dir/.//nested/../../dir/nested/../nested///./file', 'dir/l', 'dir/../dir/nested/file']) {
      expect(guest.read(guest.opened(path), 8), path).toBe('here')
    }
    // The root of the tree is a wall as well, where there is nothing above it to reach.
    const atRoot = new Posix({ '/x': 'x', '/up': { symlink: '../x' } })
    for (const path of ['../x', '..', 'up', '../../x']) expect(atRoot.open(path), path).toBe('EPERM')
    // A path that is wrong before it leaves says so.
    expect(guest.open('missing/../../f')).toBe('ENOENT')
    expect(guest.open('f/../../f')).toBe('ENOTDIR')
  })

  it('16. Symlink loop', () => {
    const guest = new Posix()
    expect(guest.symlink('self', 'self')).toBe('ok')
    expect(guest.symlink('b', 'a')).toBe('ok')
    expect(guest.symlink('a', 'b')).toBe('ok')
    expect(guest.symlink('grow/x', 'grow')).toBe('ok')
    expect(guest.symlink('./self/.', 'dots')).toBe('ok')
    for (const path of ['self', 'a', 'b', 'self/x', 'a/x', 'grow', 'grow/y', 'self/', 'dots', 'self/../self']) {
      expect(guest.open(path), path).toBe('ELOOP')
      expect(guest.statFails(path, FOLLOW), path).toBe('ELOOP')
      expect(guest.utimes(path, FOLLOW), path).toBe('ELOOP')
    }
    for (const path of ['self', 'a', 'grow']) {
      expect(guest.open(path, { oflags: OFLAG_CREAT, rights: READ_WRITE }), path).toBe('ELOOP')
      expect(guest.open(path, { oflags: OFLAG_DIRECTORY }), path).toBe('ELOOP')
      expect(guest.link(path, 'new', FOLLOW), path).toBe('ELOOP')
    }
    for (const path of ['self/x', 'a/x']) {
      expect(guest.mkdir(path), path).toBe('ELOOP')
      expect(guest.unlink(path), path).toBe('ELOOP')
      expect(guest.rename(path, 'new'), path).toBe('ELOOP')
      expect(guest.statFails(path), path).toBe('ELOOP')
    }
    expect(guest.stat('self')).toMatchObject({ filetype: 7, size: 4n })
    for (const path of ['self', 'a', 'b', 'grow', 'dots']) expect(guest.unlink(path), path).toBe('ok')
    expect(guest.ls()).toEqual([])
  })

  it('16. Symlink loop: a chain of links ends after 40', () => {
    const files: Record<string, string | { symlink: string }> = { '/l0': 'end' }
    for (let n = 1; n <= 41; n++) files[`/l${n}`] = { symlink: `l${n - 1}` }
    const guest = new Posix(files)
    expect(guest.read(guest.opened('l40'), 8)).toBe('end')
    expect(guest.open('l41')).toBe('ELOOP')
  })

  it('17. symlink with an empty string', () => {
    const guest = new Posix({ '/d/f': 'x' })
    expect(guest.symlink('', 'x')).toBe('ENOENT')
    expect(guest.symlink('whatever', '')).toBe('ENOENT')
    expect(guest.symlink('', '')).toBe('ENOENT')
    // An empty path is nobody's name, in every call.
    expect(guest.open('')).toBe('ENOENT')
    expect(guest.open('', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('ENOENT')
    expect(guest.open('', { oflags: OFLAG_DIRECTORY })).toBe('ENOENT')
    expect(guest.statFails('')).toBe('ENOENT')
    expect(guest.statFails('', FOLLOW)).toBe('ENOENT')
    expect(guest.utimes('')).toBe('ENOENT')
    expect(guest.mkdir('')).toBe('ENOENT')
    expect(guest.rmdir('')).toBe('ENOENT')
    expect(guest.unlink('')).toBe('ENOENT')
    expect(guest.readlink('')).toBe('ENOENT')
    expect(guest.rename('', 'x')).toBe('ENOENT')
    expect(guest.rename('d', '')).toBe('ENOENT')
    expect(guest.link('', 'x')).toBe('ENOENT')
    expect(guest.link('d/f', '')).toBe('ENOENT')
    expect(guest.ls()).toEqual(['d'])
  })

  it('19. Embedded NUL in a path', () => {
    const guest = new Posix({ '/f': 'x', '/a': 'x' })
    const fdflags = FDFLAG_APPEND | FDFLAG_NONBLOCK
    const oflags = OFLAG_CREAT | OFLAG_EXCL | OFLAG_TRUNC
    for (const bad of [[0x12, 0x6e, 0], [0], [0, 0x66], [0x61, 0, 0x62], [0x61, 0x2f, 0], [0x66, 0]]) {
      const path = Uint8Array.from(bad)
      expect(guest.open(path, { oflags, rights: READ_WRITE, fdflags }), `${bad}`).toBe('EINVAL')
      expect(guest.open(path), `${bad}`).toBe('EINVAL')
      expect(guest.statFails(path), `${bad}`).toBe('EINVAL')
      expect(guest.utimes(path), `${bad}`).toBe('EINVAL')
      expect(guest.mkdir(path), `${bad}`).toBe('EINVAL')
      expect(guest.symlink('f', path), `${bad}`).toBe('EINVAL')
      expect(guest.symlink(path, 'l'), `${bad}`).toBe('EINVAL')
      expect(guest.readlink(path), `${bad}`).toBe('EINVAL')
      expect(guest.link('f', path), `${bad}`).toBe('EINVAL')
      expect(guest.link(path, 'l'), `${bad}`).toBe('EINVAL')
      expect(guest.rename('f', path), `${bad}`).toBe('EINVAL')
      expect(guest.rename(path, 'l'), `${bad}`).toBe('EINVAL')
      expect(guest.unlink(path), `${bad}`).toBe('EINVAL')
      expect(guest.rmdir(path), `${bad}`).toBe('EINVAL')
    }
    expect(guest.ls()).toEqual(['a', 'f'])
  })

  it('20. Path bytes that are not UTF-8', () => {
    const guest = new Posix()
    const bad = [
      [0xff],
      [0xfe],
      [0x61, 0xc3],
      [0xc3, 0x28],
      [0x80],
      // An overlong slash, an overlong NUL, a surrogate, and what is beyond the last code point.
      [0xc0, 0xaf],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0x64, 0x2f, 0xff],
    ]
    for (const bytes of bad) {
      const path = Uint8Array.from(bytes)
      expect(guest.open(path, { oflags: OFLAG_CREAT, rights: READ_WRITE }), `${bytes}`).toBe('EILSEQ')
      expect(guest.open(path), `${bytes}`).toBe('EILSEQ')
      expect(guest.mkdir(path), `${bytes}`).toBe('EILSEQ')
      expect(guest.symlink('x', path), `${bytes}`).toBe('EILSEQ')
      expect(guest.symlink(path, 'l'), `${bytes}`).toBe('EILSEQ')
      expect(guest.statFails(path), `${bytes}`).toBe('EILSEQ')
      expect(guest.rename(path, 'x'), `${bytes}`).toBe('EILSEQ')
    }
    expect(guest.names(3)).toEqual(['.', '..'])
    // What is UTF-8 comes back byte for byte: U+FFFD itself, composed and decomposed letters, the last code point.
    const good = ['\u{fffd}', '\u{e9}', 'e\u{301}', '\u{10ffff}', '\u{feff}x', '\u{1f600}']
    for (const name of good) expect(guest.opens(name, { oflags: OFLAG_CREAT | OFLAG_EXCL }), name).toBe('ok')
    expect(guest.names(3).slice(2).sort()).toEqual([...good].sort())
  })

  it('22. A path component that is a regular file', () => {
    const guest = new Posix({ '/p': 'x', '/d/p': 'x', '/to': { symlink: 'p' } })
    for (const path of ['p/tmpx', 'p/a/b', 'd/p/x', 'to/x', 'p/x/', 'd/../p/x']) {
      for (const oflags of [0, OFLAG_CREAT, OFLAG_CREAT | OFLAG_EXCL, OFLAG_DIRECTORY, OFLAG_TRUNC]) {
        expect(guest.open(path, { oflags, rights: READ_WRITE }), path).toBe('ENOTDIR')
      }
      expect(guest.statFails(path), path).toBe('ENOTDIR')
      expect(guest.utimes(path), path).toBe('ENOTDIR')
      expect(guest.mkdir(path), path).toBe('ENOTDIR')
      expect(guest.rmdir(path), path).toBe('ENOTDIR')
      expect(guest.unlink(path), path).toBe('ENOTDIR')
      expect(guest.readlink(path), path).toBe('ENOTDIR')
      expect(guest.symlink('x', path), path).toBe('ENOTDIR')
      expect(guest.link('p', path), path).toBe('ENOTDIR')
      expect(guest.link(path, 'y'), path).toBe('ENOTDIR')
      expect(guest.rename('p', path), path).toBe('ENOTDIR')
      expect(guest.rename(path, 'y'), path).toBe('ENOTDIR')
    }
    expect(guest.rmdir('p')).toBe('ENOTDIR')
    expect(guest.open('p', { oflags: OFLAG_DIRECTORY })).toBe('ENOTDIR')
    // A file's descriptor is no place to start from, either.
    expect(guest.open('x', { fd: guest.opened('p') })).toBe('ENOTDIR')
    expect(libc('component', { '/p': 'x' })).toEqual([
      'open p/tmpx: ENOTDIR',
      'opendir /p: ENOTDIR',
      'stat /p/x: ENOTDIR',
      'mkdir /p/x: ENOTDIR',
    ])
  })

  it('23. ENOENT turned into EINVAL', () => {
    const guest = new Posix({ '/f': 'x', '/d': null })
    for (const path of ['m', 'd/m', './m', 'm/x', 'd/m/x/y']) {
      expect(guest.open(path), path).toBe('ENOENT')
      expect(guest.open(path, { oflags: OFLAG_TRUNC, rights: READ_WRITE }), path).toBe('ENOENT')
      expect(guest.open(path, { oflags: OFLAG_DIRECTORY }), path).toBe('ENOENT')
      expect(guest.open(path, { oflags: OFLAG_EXCL }), path).toBe('ENOENT')
      for (const flags of [0, FOLLOW]) {
        expect(guest.statFails(path, flags), path).toBe('ENOENT')
        expect(guest.utimes(path, flags), path).toBe('ENOENT')
        expect(guest.link(path, 'other', flags), path).toBe('ENOENT')
      }
      expect(guest.readlink(path), path).toBe('ENOENT')
      expect(guest.rmdir(path), path).toBe('ENOENT')
      expect(guest.unlink(path), path).toBe('ENOENT')
      expect(guest.rename(path, 'other'), path).toBe('ENOENT')
      expect(guest.rename(path, 'f'), path).toBe('ENOENT')
      expect(guest.rename(path, path), path).toBe('ENOENT')
    }
    expect(guest.rename('m', './m')).toBe('ENOENT')
    expect(guest.rename('m', 'd')).toBe('ENOENT')
    expect(guest.open('m/x', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('ENOENT')
    expect(guest.mkdir('m/x')).toBe('ENOENT')
    expect(guest.ls()).toEqual(['d', 'f'])
    const calls = ['open', 'stat', 'lstat', 'utimensat', 'link', 'readlink', 'rmdir', 'unlink', 'opendir']
    expect(libc('missing')).toEqual([...calls, 'rename m n', 'rename m m', 'truncate'].map((call) => `${call}: ENOENT`))
  })

  it('25. "." components', () => {
    const guest = new Posix({ '/a/b': 'x', '/l': { symlink: './a/./b' } })
    const { ino } = guest.stat('a/b')
    for (const path of ['./a/./b', 'a//b', '././a/b', './/./a/././/b', 'a/../a/b', './l']) {
      expect(guest.stat(path, FOLLOW).ino, path).toBe(ino)
      expect(guest.fstat(guest.opened(path)).ino, path).toBe(ino)
    }
    for (const path of ['.', './', './.', 'a/..', 'a/../.'])
      expect(guest.stat(path).ino, path).toBe(guest.stat('a/..').ino)
    expect(guest.opens('./new', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('ok')
    expect(guest.ls()).toEqual(['a', 'l', 'new'])
    expect(libc('dots', { '/a/b': 'x' })).toEqual(['./a/./b: same', 'a//b: same', '././a/b: same', '/./a/b: same'])
  })

  it('25. "." components: files that the host gives a relative or dotted name are refused by name', () => {
    for (const path of ['./c', 'c', '', '/./c', '/a/../c']) {
      const made = (): Machine => new Machine({ files: { [path]: 'x' } })
      expect(made, path).toThrow(`files: ${JSON.stringify(path)}`)
    }
    const machine = new Machine({ image: 'empty', files: { '//a//c': 'x' } })
    machine.fs.writeFileSync('./a/./d', 'x')
    expect(machine.fs.readdirSync('/a')).toEqual(['c', 'd'])
    expect(check(machine.tree)).toEqual([])
  })
})
