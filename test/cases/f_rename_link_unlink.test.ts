/** Section F of the cases from public bug reports: rename, link, unlink, rmdir. */

import { describe, expect, it } from 'vitest'
import { FILETYPE_SYMBOLIC_LINK, OFLAG_CREAT } from '../../src/abi/types.ts'
import { exportTree, type Files, Machine } from '../../src/index.ts'
import { READ_WRITE } from '../support/hostcalls.ts'
import { CGuest } from './c_guest.ts'
import { FOLLOW, Posix } from './posix.ts'

const c = new CGuest('f_rename_link_unlink.c')

/** All that the machine holds, to see that nothing has changed. */
function dump(h: Posix): unknown {
  return exportTree(h.tree, undefined, { directories: true, times: true })
}

describe('F. rename, link, unlink, rmdir', () => {
  it('83. rename onto itself', () => {
    const machine = new Machine()
    expect(c.lines(machine, ['self'])).toEqual([
      'p p: ok',
      'p ./p: ok',
      './p /p: ok',
      'd d: ok',
      'd d/: ok',
      'd/ ./d: ok',
      'p: content',
    ])
    const files: Files = {
      '/p': 'content',
      '/q': { hardlink: '/p' },
      '/d/x': 'x',
      '/l': { symlink: 'd' },
      '/s': { symlink: 'p' },
    }
    const h = new Posix(files)
    const before = dump(h)
    const same = [
      ['p', 'p'],
      ['p', './p'],
      ['d/../p', 'l/../p'],
      ['d', 'd'],
      ['d', 'd//'],
      ['d/x', 'l/x'],
      ['s', 's'],
      ['l', './l'],
      // Two names of one file: both stay.
      ['p', 'q'],
    ]
    for (const [from, to] of same) expect(h.rename(from as string, to as string), `${from} ${to}`).toBe('ok')
    expect(dump(h)).toEqual(before)
    // Not even a rename to itself makes these right.
    expect(h.rename('p/', 'p')).toBe('ENOTDIR')
    expect(h.rename('p', 'p/')).toBe('ENOTDIR')
    expect(h.rename('no', 'no')).toBe('ENOENT')
    expect(h.rename('.', '.')).toBe('EBUSY')
    expect(h.rename('d/.', 'd/.')).toBe('EBUSY')
    expect(dump(h)).toEqual(before)
  })

  it('85. Directory into its own subtree', () => {
    const h = new Posix({ '/a/b/c': null, '/a/b/f': 'f', '/l': { symlink: 'a/b' } })
    const before = dump(h)
    const moves = [
      ['a', 'a/b/c', 'EINVAL'],
      ['a/b/c', 'a', 'ENOTEMPTY'],
      ['a', 'a/b/x', 'EINVAL'],
      ['a', 'a/x', 'EINVAL'],
      ['a', 'l/x', 'EINVAL'],
      ['a/', './a/b/c/x/', 'EINVAL'],
      ['a/b', 'a', 'ENOTEMPTY'],
      ['l/c', 'a/b', 'ENOTEMPTY'],
      // A file never gets over what holds it, and the names beside are no ancestors.
      ['a/b/f', 'a', 'ENOTEMPTY'],
      ['a', 'a/b/f', 'EINVAL'],
      ['a', 'a/no/x', 'ENOENT'],
    ]
    for (const [from, to, answer] of moves) {
      expect(h.rename(from as string, to as string), `${from} ${to}`).toBe(answer)
      expect(dump(h)).toEqual(before)
    }
    expect(h.rename('a/b', 'ab')).toBe('ok')
    expect(h.rename('a', 'ab/a')).toBe('ok')
    expect(h.ls('/ab')).toEqual(['a', 'c', 'f'])
    expect(h.stat('ab').nlink).toBe(4n)
  })

  it('86. Directory over something', () => {
    const files: Files = {
      '/dir/x': 'x',
      '/empty': null,
      '/full/y': 'y',
      '/file': 'file',
      '/toEmpty': { symlink: 'empty' },
      '/dang': { symlink: 'nowhere' },
    }
    const answers: { readonly [move: string]: string } = {
      'dir empty': 'ok',
      'dir empty/': 'ok',
      'dir/ new/': 'ok',
      'dir full': 'ENOTEMPTY',
      'dir file': 'ENOTDIR',
      'file dir': 'EISDIR',
      'file empty': 'EISDIR',
      'dir toEmpty': 'ENOTDIR',
      'dir dang': 'ENOTDIR',
      'toEmpty empty': 'EISDIR',
      'file toEmpty': 'ok',
      'toEmpty file': 'ok',
      'file dang': 'ok',
      'file new': 'ok',
      'file new/': 'ENOTDIR',
      'missing empty': 'ENOENT',
      'dir missing/new': 'ENOENT',
      'dir file/new': 'ENOTDIR',
    }
    for (const [move, answer] of Object.entries(answers)) {
      const h = new Posix(files)
      const [from, to] = move.split(' ') as [string, string]
      const moved = h.stat(from === 'missing' ? 'dir' : from).ino
      const before = dump(h)
      expect(h.rename(from, to), move).toBe(answer)
      if (answer !== 'ok') expect(dump(h)).toEqual(before)
      else {
        expect(h.stat(to.replace('/', '')).ino).toBe(moved)
        expect(h.statFails(from)).toBe('ENOENT')
        // What was replaced is gone, and not the link's target.
        if (to !== 'empty' && to !== 'empty/' && from !== 'empty') expect(h.ls('/empty')).toEqual([])
      }
    }
  })

  it('88. Files below a renamed directory keep their old path', () => {
    const h = new Posix({ '/a/b/c': 'content' })
    const file = h.opened('a/b/c', { rights: READ_WRITE })
    const directory = h.opened('a/b')
    expect(h.rename('a/b', 'a/e')).toBe('ok')
    expect(h.cat('/a/e/c')).toBe('content')
    expect(h.read(file, 100)).toBe('content')
    expect(h.write(file, '!')).toBe(1)
    expect(h.statFails('a/b/c')).toBe('ENOENT')
    expect(h.stat('c', 0, directory).ino).toBe(h.fstat(file).ino)
    expect(exportTree(h.tree, undefined, { directories: true })).toEqual({
      '/a': null,
      '/a/e': null,
      '/a/e/c': new TextEncoder().encode('content!'),
    })
    expect(h.rename('a/e', 'f')).toBe('ok')
    expect(h.rename('f/c', 'g')).toBe('ok')
    expect(h.rename('g', 'made', 3, directory)).toBe('ok')
    expect(h.ls('/f')).toEqual(['made'])
    expect(h.pread(file, 100, 0)).toBe('content!')
  })

  it("89. rename inside a subdirectory (clang's temp file)", () => {
    const machine = new Machine({ files: { '/source/hello': null } })
    expect(c.lines(machine, ['temporary'], { env: { PWD: '/' } })).toEqual([
      'rename: ok',
      'source/hello/hello.o: object',
      'source/hello/hello-1df6f5ea.o.tmp: No such file or directory',
    ])
    expect(machine.fs.readdirSync('/source/hello')).toEqual(['hello.o'])

    const h = new Posix({ '/source/hello/x.tmp': '1', '/other': null })
    const hello = h.opened('source/hello')
    const source = h.opened('source')
    const other = h.opened('other')
    expect(h.rename('x.tmp', 'x.o', hello, hello)).toBe('ok')
    expect(h.rename('hello/x.o', 'y.o', source, hello)).toBe('ok')
    expect(h.rename('y.o', 'z.o', hello, other)).toBe('ok')
    expect(h.rename('z.o', 'source/hello/w.o', other, 3)).toBe('ok')
    expect(h.cat('/source/hello/w.o')).toBe('1')
    // Neither side leaves its directory.
    expect(h.rename('w.o', '../w.o', hello, hello)).toBe('EPERM')
    expect(h.rename('../hello/w.o', 'w.o', hello, other)).toBe('EPERM')
    expect(h.ls('/source/hello')).toEqual(['w.o'])
  })

  it('91. Writing more than a buffer to an unlinked file', () => {
    const sizes = [0, 1, 1023, 1024, 1025, 4096, 4097, 100_000]
    const machine = new Machine({ quota: { bytes: 100 * 4096 } })
    // A removed file gives its place back when it is closed, so that a small quota is enough for many.
    for (let i = 0; i < 20; i++) {
      expect(c.lines(machine, ['unlinked', ...sizes.map(String)])).toEqual(
        sizes.map((size) => `${size}: size ${size}, 0 names`),
      )
    }
    expect(machine.tree.blocks).toBe(0)
  })

  it('92. Path still visible after unlink', () => {
    const h = new Posix({ '/f': 'old', '/d': null })
    const fd = h.opened('f', { rights: READ_WRITE })
    const { ino } = h.fstat(fd)
    expect(h.unlink('f')).toBe('ok')
    expect(h.statFails('f')).toBe('ENOENT')
    expect(h.open('f')).toBe('ENOENT')
    expect(h.ls('/')).toEqual(['d'])
    expect(h.fstat(fd)).toMatchObject({ ino, nlink: 0n, size: 3n })
    const again = h.opened('f', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    expect(h.fstat(again).ino).not.toBe(ino)
    h.write(again, 'new')
    expect(h.read(fd, 100)).toBe('old')
    expect(h.cat('/f')).toBe('new')
    // The same by a rename over it, and for a directory, in which nothing can be made any more.
    expect(h.rename('f', 'd/f')).toBe('ok')
    h.machine.fs.writeFileSync('/g', 'over')
    expect(h.rename('g', 'd/f')).toBe('ok')
    expect(h.pread(again, 100, 0)).toBe('new')
    expect(h.fstat(again).nlink).toBe(0n)
    const directory = h.opened('d')
    h.unlink('d/f')
    expect(h.rmdir('d')).toBe('ok')
    expect(h.fstat(directory)).toMatchObject({ nlink: 0n })
    expect(h.open('x', { fd: directory, oflags: OFLAG_CREAT })).toBe('ENOENT')
    expect(h.mkdir('x', directory)).toBe('ENOENT')
    expect(h.names(directory)).toEqual([])
  })

  it('94. Hard links by std libraries', () => {
    const machine = new Machine()
    expect(c.lines(machine, ['link'])).toEqual([
      'link a b: ok',
      'link b d/c: ok',
      '/a: 3 names',
      '/d/c: 3 names',
      '/a: second',
      'link a b: File exists',
      'link d e: Operation not permitted',
      '/a: No such file or directory',
      '/b: second',
      '/b: 2 names',
      'one file',
    ])
    const h = new Posix({ '/a': '', '/d': null })
    const fd = h.opened('a', { rights: READ_WRITE })
    expect(h.link('a', 'd/b', 0)).toBe('ok')
    h.write(fd, 'through the descriptor')
    expect(h.cat('/d/b')).toBe('through the descriptor')
    const { dev, ino } = h.fstat(fd)
    for (const status of [h.stat('a'), h.stat('d/b'), h.fstat(fd)]) {
      expect(status).toMatchObject({ dev, ino, nlink: 2n, size: 22n })
    }
    expect(h.unlink('a')).toBe('ok')
    expect(h.fstat(fd).nlink).toBe(1n)
    expect(h.unlink('d/b')).toBe('ok')
    expect(h.fstat(fd).nlink).toBe(0n)
  })

  it('95. path_link with SYMLINK_FOLLOW', () => {
    const h = new Posix({
      '/f': 'f',
      '/d': null,
      '/s': { symlink: 'f' },
      '/sd': { symlink: 'd' },
      '/dang': { symlink: 'nowhere' },
      '/loop': { symlink: 'loop' },
    })
    expect(h.link('dang', 'h', 0)).toBe('ok')
    expect(h.stat('h')).toMatchObject({ filetype: FILETYPE_SYMBOLIC_LINK, nlink: 2n, ino: h.stat('dang').ino })
    expect(h.readlink('h')).toBe('nowhere')
    expect(h.link('dang', 'h2', FOLLOW)).toBe('ENOENT')
    expect(h.link('loop', 'h2', FOLLOW)).toBe('ELOOP')
    expect(h.link('loop', 'h2', 0)).toBe('ok')
    // FOLLOW on what is no link changes nothing, and on a link it takes what the link names.
    expect(h.link('f', 'h3', FOLLOW)).toBe('ok')
    expect(h.link('s', 'h4', FOLLOW)).toBe('ok')
    expect(h.link('s', 'h5', 0)).toBe('ok')
    expect(h.stat('h4').ino).toBe(h.stat('f').ino)
    expect(h.stat('f').nlink).toBe(3n)
    expect(h.stat('h5')).toMatchObject({ filetype: FILETYPE_SYMBOLIC_LINK, ino: h.stat('s').ino })
    expect(h.link('sd', 'h6', FOLLOW)).toBe('EPERM')
    expect(h.link('sd', 'h6', 0)).toBe('ok')
    expect(h.link('f', 'h7', 2)).toBe('EINVAL')
    expect(h.statFails('h2')).toBe('ok')
    expect(h.statFails('h7')).toBe('ENOENT')
  })

  it('97. unlink on a directory', () => {
    const machine = new Machine()
    expect(c.lines(machine, ['remove'])).toEqual([
      'unlink d: Is a directory',
      'unlink sd/: Not a directory',
      'unlink f/: Not a directory',
      'rmdir f: Not a directory',
      'rmdir sd: Not a directory',
      'remove sd: ok',
      'remove d: ok',
      'remove f: ok',
      'remove full: Directory not empty',
      'remove missing: No such file or directory',
    ])
    const h = new Posix({ '/d': null, '/f': '', '/sd': { symlink: 'd' }, '/sf': { symlink: 'f' } })
    const answers = { d: 'EISDIR', 'd/': 'EISDIR', 'd//': 'EISDIR', 'd/.': 'EISDIR', '.': 'EISDIR', './d/..': 'EISDIR' }
    for (const [path, answer] of Object.entries(answers)) expect(h.unlink(path), path).toBe(answer)
    for (const path of ['sd/', 'f/', 'f///', 'sf/', 'f/x', 'sf/x']) expect(h.unlink(path), path).toBe('ENOTDIR')
    for (const path of ['no', 'no/', 'no/x', 'd/no']) expect(h.unlink(path), path).toBe('ENOENT')
    expect(h.ls('/')).toEqual(['d', 'f', 'sd', 'sf'])
    expect(h.unlink('sd')).toBe('ok')
    expect(h.unlink('sf')).toBe('ok')
    expect(h.ls('/')).toEqual(['d', 'f'])
  })

  it('98. rmdir on a symlink to a directory, on a file, with slash, on "."', () => {
    const h = new Posix({ '/d': null, '/e/full/x': '', '/f': '', '/dot': { symlink: '.' }, '/sd': { symlink: 'd' } })
    const answers = {
      dot: 'ENOTDIR',
      'dot/': 'ENOTDIR',
      sd: 'ENOTDIR',
      'sd/': 'ENOTDIR',
      f: 'ENOTDIR',
      'f/': 'ENOTDIR',
      e: 'ENOTEMPTY',
      'e/full/': 'ENOTEMPTY',
      'e/full/..': 'ENOTEMPTY',
      '.': 'EINVAL',
      './': 'EINVAL',
      'd/.': 'EINVAL',
      'dot/.': 'EINVAL',
      no: 'ENOENT',
      'f/d': 'ENOTDIR',
    }
    for (const [path, answer] of Object.entries(answers)) expect(h.rmdir(path), path).toBe(answer)
    expect(h.ls('/')).toEqual(['d', 'dot', 'e', 'f', 'sd'])
    expect(h.rmdir('dot/d/')).toBe('ok')
    expect(h.mkdir('d')).toBe('ok')
    expect(h.rmdir('d///')).toBe('ok')
    expect(h.ls('/')).toEqual(['dot', 'e', 'f', 'sd'])
  })

  it('100. readlink of a link in a subdirectory', () => {
    const h = new Posix({ '/test/test.txt': 'text' })
    const texts = [
      './test.txt',
      'test.txt/',
      '../test//test.txt',
      '.',
      '..',
      '../../..',
      'nö/é\u{1f600}',
      'x'.repeat(4095),
    ]
    texts.forEach((text, index) => {
      const path = `./test/link${index}`
      expect(h.symlink(text, path)).toBe('ok')
      expect(h.stat(path)).toMatchObject({ filetype: FILETYPE_SYMBOLIC_LINK, size: BigInt(Buffer.byteLength(text)) })
      expect(h.readlink(path)).toBe(text)
      expect(h.machine.fs.readlinkSync(`/test/link${index}`)).toBe(text)
    })
    expect(h.cat('/test/link0')).toBe('text')
    // A short buffer gets the first bytes, be it in the middle of a character, and no NUL after them.
    const bytes = [...Buffer.from('nö/é\u{1f600}')]
    const { ptr, len } = h.put('test/link6')
    const [buf, used] = [h.out(16), h.out(4)]
    for (const room of [0, 1, 2, 5, 8, bytes.length, 16]) {
      h.u8.fill(0xee, buf, buf + 16)
      h.must('path_readlink', 3, ptr, len, buf, room, used)
      expect(h.u32(used)).toBe(Math.min(room, bytes.length))
      expect(h.bytes(buf, 16)).toEqual([...bytes.slice(0, room), ...Array(16).fill(0xee)].slice(0, 16))
    }
    expect(h.readlink('test/test.txt')).toBe('EINVAL')
    expect(h.readlink('test')).toBe('EINVAL')
    expect(h.readlink('test/link0/')).toBe('ENOTDIR')
    expect(h.symlink('/absolute', 'test/abs')).toBe('EPERM')
    expect(h.symlink('', 'test/none')).toBe('ENOENT')
  })
})
