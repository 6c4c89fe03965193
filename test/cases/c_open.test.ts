/** Section C of the public bug reports: flags of path_open in every mixture, and rights. */

import { describe, expect, it } from 'vitest'
import {
  FDFLAG_APPEND,
  FDFLAG_NONBLOCK,
  FDFLAGS_ALL,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_WRITE,
  RIGHT_PATH_FILESTAT_SET_SIZE,
  RIGHTS_ALL,
} from '../../src/abi/types.ts'
import { Machine } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { READ, READ_WRITE } from '../support/hostcalls.ts'
import { wat } from '../support/wat.ts'
import { CGuest } from './c_guest.ts'
import { FOLLOW, Posix } from './posix.ts'

const GUEST = new CGuest('c_open.c')

const WRITE = READ_WRITE & ~RIGHT_FD_READ

describe('C. path_open flag combinations and rights', () => {
  it('34. CREAT|EXCL on an existing directory', () => {
    const guest = new Posix({ '/d/in': 'x', '/f': 'x', '/to-d': { symlink: 'd' } })
    expect(guest.mkdir('dir')).toBe('ok')
    for (const path of ['dir', 'd', '.', 'd/.', 'd/..']) {
      for (const rights of [RIGHT_FD_READ, READ, READ_WRITE, 0]) {
        expect(guest.open(path, { oflags: OFLAG_CREAT | OFLAG_EXCL, rights }), path).toBe('EEXIST')
        expect(guest.open(path, { oflags: OFLAG_CREAT, rights }), path).toBe('EISDIR')
        expect(guest.open(path, { oflags: OFLAG_CREAT | OFLAG_TRUNC, rights }), path).toBe('EISDIR')
        expect(guest.open(path, { oflags: OFLAG_TRUNC, rights }), path).toBe('EISDIR')
      }
      expect(guest.open(path, { rights: READ_WRITE }), path).toBe('EISDIR')
      expect(guest.open(path, { rights: RIGHT_FD_WRITE }), path).toBe('EISDIR')
      expect(guest.opens(path, { rights: READ }), path).toBe('ok')
    }
    expect(guest.open('f', { oflags: OFLAG_CREAT | OFLAG_EXCL, rights: READ_WRITE })).toBe('EEXIST')
    expect(guest.open('f', { oflags: OFLAG_CREAT | OFLAG_EXCL | OFLAG_TRUNC, rights: READ_WRITE })).toBe('EEXIST')
    expect(guest.open('to-d', { oflags: OFLAG_CREAT, rights: READ })).toBe('EISDIR')
    expect(guest.open('to-d', { oflags: OFLAG_CREAT | OFLAG_EXCL, rights: READ })).toBe('EEXIST')
    expect(guest.open('new', { oflags: OFLAG_CREAT | OFLAG_DIRECTORY, rights: READ })).toBe('EINVAL')
    expect(guest.open('dir', { oflags: OFLAG_CREAT | OFLAG_DIRECTORY, rights: READ })).toBe('EINVAL')
    expect(guest.cat('/f')).toBe('x')
    expect(guest.ls()).toEqual(['d', 'dir', 'f', 'to-d'])
  })

  it('35. EXCL without CREAT', () => {
    const guest = new Posix({ '/f': 'keep', '/d/in': 'x', '/to': { symlink: 'f' }, '/dang': { symlink: 'nowhere' } })
    for (const path of ['f', 'd', 'to', '.']) expect(guest.opens(path, { oflags: OFLAG_EXCL }), path).toBe('ok')
    expect(guest.opens('d', { oflags: OFLAG_EXCL | OFLAG_DIRECTORY })).toBe('ok')
    expect(guest.open('f', { oflags: OFLAG_EXCL | OFLAG_DIRECTORY })).toBe('ENOTDIR')
    expect(guest.open('missing', { oflags: OFLAG_EXCL })).toBe('ENOENT')
    expect(guest.open('dang', { oflags: OFLAG_EXCL })).toBe('ENOENT')
    expect(guest.cat('/f')).toBe('keep')
    expect(guest.opens('f', { oflags: OFLAG_EXCL | OFLAG_TRUNC, rights: READ_WRITE })).toBe('ok')
    expect(guest.cat('/f')).toBe('')
  })

  it('37. TRUNC, and TRUNC with APPEND', () => {
    const guest = new Posix({ '/f': 'content', '/to': { symlink: 'f' } })
    const first = guest.opened('f', { oflags: OFLAG_CREAT | OFLAG_TRUNC, rights: WRITE })
    expect(guest.fstat(first).size).toBe(0n)
    expect(guest.close(first)).toBe('ok')
    expect(guest.stat('f').size).toBe(0n)

    const options = { oflags: OFLAG_TRUNC, rights: WRITE, fdflags: FDFLAG_APPEND }
    const second = guest.opened('f', options)
    expect(guest.write(second, 'ab')).toBe(2)
    expect(guest.write(second, 'cd')).toBe(2)
    expect(guest.cat('/f')).toBe('abcd')

    // A second open that cuts is seen by the first, whose next write goes to the new end.
    const third = guest.opened('to', options)
    expect(guest.fstat(second).size).toBe(0n)
    expect(guest.write(second, 'ef')).toBe(2)
    expect(guest.write(third, 'g')).toBe(1)
    expect(guest.cat('/f')).toBe('efg')

    // A file just made has nothing to cut, and an open that fails cuts nothing.
    expect(guest.opens('new', { oflags: OFLAG_CREAT | OFLAG_EXCL | OFLAG_TRUNC, rights: WRITE })).toBe('ok')
    expect(guest.open('f', { oflags: OFLAG_TRUNC | OFLAG_DIRECTORY, rights: WRITE })).toBe('ENOTDIR')
    expect(guest.open('f', { oflags: OFLAG_TRUNC | OFLAG_CREAT | OFLAG_EXCL, rights: WRITE })).toBe('EEXIST')
    expect(guest.open('to', { oflags: OFLAG_TRUNC, rights: WRITE, dirflags: 0 })).toBe('ELOOP')
    expect(guest.open('f', { oflags: OFLAG_TRUNC, rights: WRITE, fdflags: FDFLAGS_ALL + 1 })).toBe('EINVAL')
    expect(guest.cat('/f')).toBe('efg')
  })

  it('37. TRUNC with no descriptor left cuts nothing and makes nothing', () => {
    const guest = new Posix({ '/f': 'content' }, { run: { limits: { descriptors: 5 } } })
    guest.opened('f')
    expect(guest.open('f', { oflags: OFLAG_TRUNC, rights: READ_WRITE })).toBe('EMFILE')
    expect(guest.open('new', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('EMFILE')
    expect(guest.cat('/f')).toBe('content')
    expect(guest.ls()).toEqual(['f'])
  })

  it('38. TRUNC without the right to write', () => {
    const guest = new Posix({ '/f': 'abc', '/d/f': 'abc' })
    const d = guest.opened('d', { oflags: OFLAG_DIRECTORY })
    const { base, inheriting } = guest.fdstat(3)
    const [all, below] = [Number(base), Number(inheriting)]
    const cut = (fd: number, rights: number): string => guest.opens('f', { fd, oflags: OFLAG_TRUNC, rights })

    // The right is the directory's own. One opened below it can have no more than it passes on.
    guest.limit(3, all, below & ~RIGHT_PATH_FILESTAT_SET_SIZE)
    const ask = { oflags: OFLAG_DIRECTORY, rights: all, inheriting: below & ~RIGHT_PATH_FILESTAT_SET_SIZE }
    expect(guest.open('d', ask)).toBe('ENOTCAPABLE')
    const weak = guest.opened('d', { ...ask, rights: all & ~RIGHT_PATH_FILESTAT_SET_SIZE })
    for (const rights of [RIGHT_FD_READ, RIGHT_FD_WRITE, 0]) expect(cut(weak, rights)).toBe('ENOTCAPABLE')
    expect(guest.opens('f', { fd: weak, rights: RIGHT_FD_READ, inheriting: 0 })).toBe('ok')
    expect(guest.cat('/d/f')).toBe('abc')

    guest.limit(3, all & ~RIGHT_PATH_FILESTAT_SET_SIZE, below & ~RIGHT_PATH_FILESTAT_SET_SIZE)
    for (const rights of [RIGHT_FD_READ, RIGHT_FD_WRITE, 0]) {
      for (const oflags of [OFLAG_TRUNC, OFLAG_TRUNC | OFLAG_CREAT]) {
        expect(guest.open('f', { oflags, rights, inheriting: 0 })).toBe('ENOTCAPABLE')
        expect(guest.open('missing', { oflags, rights, inheriting: 0 })).toBe('ENOTCAPABLE')
      }
    }
    expect(guest.cat('/f')).toBe('abc')
    expect(guest.ls()).toEqual(['d', 'f'])

    // A descriptor opened before keeps what it was given.
    expect(cut(d, RIGHT_FD_READ)).toBe('ok')
    expect(guest.cat('/d/f')).toBe('')
  })

  it('40. Final symlink without SYMLINK_FOLLOW', () => {
    const guest = new Posix({
      '/f': 'x',
      '/d/in': 'x',
      '/dang': { symlink: 'nowhere' },
      '/l': { symlink: 'f' },
      '/ld': { symlink: 'd' },
      '/lld': { symlink: 'ld' },
    })
    for (const path of ['dang', 'l', 'ld', 'lld']) {
      const open = (oflags: number, rights: number = READ): number | string => {
        return guest.open(path, { dirflags: 0, oflags, rights })
      }
      expect(open(0), path).toBe('ELOOP')
      expect(open(0, READ_WRITE), path).toBe('ELOOP')
      expect(open(OFLAG_TRUNC, READ_WRITE), path).toBe('ELOOP')
      expect(open(OFLAG_DIRECTORY), path).toBe('ENOTDIR')
      expect(open(OFLAG_CREAT, READ_WRITE), path).toBe('ELOOP')
      expect(open(OFLAG_CREAT | OFLAG_TRUNC, READ_WRITE), path).toBe('ELOOP')
      for (const dirflags of [0, FOLLOW]) {
        const oflags = OFLAG_CREAT | OFLAG_EXCL
        expect(guest.open(path, { dirflags, oflags, rights: READ_WRITE }), path).toBe('EEXIST')
      }
    }
    expect(guest.ls()).toEqual(['d', 'dang', 'f', 'l', 'ld', 'lld'])
    expect(guest.cat('/f')).toBe('x')

    // Only the last component is meant, and a slash after it makes it no longer the last.
    expect(guest.opens('ld/in', { dirflags: 0 })).toBe('ok')
    expect(guest.opens('ld/', { dirflags: 0 })).toBe('ok')
    expect(guest.opens('ld/.', { dirflags: 0, oflags: OFLAG_DIRECTORY })).toBe('ok')

    expect(guest.open('dang')).toBe('ENOENT')
    const made = guest.opened('dang', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    expect(guest.write(made, 'new')).toBe(3)
    expect(guest.cat('/nowhere')).toBe('new')
    expect(guest.readlink('dang')).toBe('nowhere')
    for (const path of ['l', 'ld', 'lld']) expect(guest.opens(path), path).toBe('ok')
    expect(guest.opens('lld', { oflags: OFLAG_DIRECTORY })).toBe('ok')
    expect(guest.open('l', { oflags: OFLAG_DIRECTORY })).toBe('ENOTDIR')
  })

  it('40. Final symlink: CREAT makes what a chain of links names, and only in a directory that is there', () => {
    const guest = new Posix({
      '/d': null,
      '/a': { symlink: 'd/b' },
      '/d/b': { symlink: '../c' },
      '/deep': { symlink: 'none/c' },
      '/abs': { symlink: '/d/abs' },
    })
    expect(guest.opens('a', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('ok')
    expect(guest.opens('abs', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('ok')
    expect(guest.open('deep', { oflags: OFLAG_CREAT, rights: READ_WRITE })).toBe('ENOENT')
    expect(guest.ls()).toEqual(['a', 'abs', 'c', 'd', 'deep'])
    expect(guest.ls('/d')).toEqual(['abs', 'b'])
  })

  it('41. fcntl(F_GETFL) shows the wrong access mode', () => {
    const told = (what: string, mode: string, append: string = ''): string[] => [
      `${what}: ${mode}${append}`,
      `  with append: ${mode} O_APPEND`,
      `  nonblock alone: ${mode} O_NONBLOCK`,
    ]
    expect(GUEST.lines(new Machine({ files: { '/f': 'x' } }), [])).toEqual([
      ...told('O_RDONLY', 'O_RDONLY'),
      ...told('O_WRONLY|O_CREAT', 'O_WRONLY'),
      ...told('O_WRONLY|O_TRUNC', 'O_WRONLY'),
      ...told('O_RDWR|O_CREAT|O_TRUNC', 'O_RDWR'),
      ...told('O_RDWR|O_CREAT|O_EXCL', 'O_RDWR'),
      ...told('O_WRONLY|O_APPEND', 'O_WRONLY', ' O_APPEND'),
      'stdin: O_RDONLY',
      'stdout: O_WRONLY',
    ])

    const guest = new Posix({ '/f': 'x' })
    for (const rights of [RIGHT_FD_READ, RIGHT_FD_WRITE, RIGHT_FD_READ | RIGHT_FD_WRITE]) {
      for (const oflags of [0, OFLAG_CREAT, OFLAG_TRUNC, OFLAG_EXCL, OFLAG_CREAT | OFLAG_TRUNC]) {
        for (const fdflags of [0, FDFLAG_APPEND, FDFLAG_APPEND | FDFLAG_NONBLOCK, FDFLAGS_ALL]) {
          const fd = guest.opened('f', { oflags, rights, inheriting: 0, fdflags })
          expect(guest.fdstat(fd)).toEqual({ filetype: 4, flags: fdflags, base: BigInt(rights), inheriting: 0n })
          expect(guest.close(fd)).toBe('ok')
        }
      }
    }
  })

  it('43. fd_fdstat_set_rights may only drop', async () => {
    const module = await wat(`(module
      (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $get (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_fdstat_set_rights" (func $set (param i32 i64 i64) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "_start")
        (if (call $set (i32.const 0) (i64.const 2) (i64.const 0)) (then (call $exit (i32.const 100))))
        (call $exit (call $set (i32.const 0) (i64.const 3) (i64.const 3)))))`)
    const machine = new Machine()
    expect(machine.run(module, { stdin: 'x' }).exitCode).toBe(76)
    expect(check(machine.tree)).toEqual([])

    const guest = new Posix({ '/f': 'x' })
    const set = (fd: number, base: number | bigint, inheriting: number | bigint): string => {
      return guest.call('fd_fdstat_set_rights', fd, base, inheriting)
    }
    const writer = guest.opened('f', { rights: WRITE, inheriting: 0 })
    const { base } = guest.fdstat(writer)
    expect(set(writer, RIGHT_FD_READ, 0)).toBe('ENOTCAPABLE')
    expect(set(writer, base | BigInt(RIGHT_FD_READ), 0)).toBe('ENOTCAPABLE')
    expect(set(writer, base, RIGHT_FD_READ)).toBe('ENOTCAPABLE')
    for (const unknown of [1n << 30n, 1n << 32n, 1n << 63n]) {
      expect(set(writer, base | unknown, 0)).toBe('ENOTCAPABLE')
      expect(set(writer, base, unknown)).toBe('ENOTCAPABLE')
    }
    expect(set(writer, base, 0)).toBe('ESUCCESS')
    expect(set(writer, RIGHT_FD_WRITE | RIGHT_FD_SEEK, 0)).toBe('ESUCCESS')
    expect(guest.fdstat(writer)).toMatchObject({ base: BigInt(RIGHT_FD_WRITE | RIGHT_FD_SEEK), inheriting: 0n })
    expect(set(writer, base, 0)).toBe('ENOTCAPABLE')
    expect(guest.write(writer, 'y')).toBe(1)
    expect(guest.ftruncate(writer, 0)).toBe('ENOTCAPABLE')
    expect(guest.read(writer, 1)).toBe('EBADF')
    expect(set(writer, 0, 0)).toBe('ESUCCESS')
    expect(guest.write(writer, 'z')).toBe('ENOTCAPABLE')
    expect(guest.cat('/f')).toBe('y')
    expect(set(99, 0, 0)).toBe('EBADF')

    // What a directory no longer passes on, nothing opened below it has.
    guest.limit(3, RIGHTS_ALL & Number(guest.fdstat(3).base), RIGHT_FD_READ | RIGHT_FD_FILESTAT_GET)
    expect(guest.open('f', { rights: RIGHT_FD_READ | RIGHT_FD_SEEK, inheriting: 0 })).toBe('ENOTCAPABLE')
    expect(guest.open('f', { rights: RIGHT_FD_FILESTAT_SET_SIZE, inheriting: 0 })).toBe('ENOTCAPABLE')
    const reader = guest.opened('f', { rights: RIGHT_FD_READ, inheriting: 0 })
    expect(guest.read(reader, 4)).toBe('y')
    expect(guest.seek(reader, 0, 'set')).toBe('ENOTCAPABLE')
    expect(guest.tell(reader)).toBe('ENOTCAPABLE')
    expect(guest.pread(reader, 1, 0)).toBe('ENOTCAPABLE')
  })

  it("44. Opening a file with APPEND moved another fd's offset", () => {
    const guest = new Posix()
    const f0 = guest.opened('f', { oflags: OFLAG_CREAT | OFLAG_EXCL, rights: READ_WRITE })
    expect(guest.write(f0, 'abc')).toBe(3)
    expect(guest.seek(f0, 1, 'set')).toBe(1)
    const appender = guest.opened('f', { rights: READ_WRITE, fdflags: FDFLAG_APPEND })
    expect(guest.tell(f0)).toBe(1)
    expect(guest.write(f0, 'X')).toBe(1)
    expect(guest.cat('/f')).toBe('aXc')
    expect(guest.tell(f0)).toBe(2)
    expect(guest.tell(appender)).toBe(0)

    // Nor does anything else that is done through one of them.
    expect(guest.write(appender, 'de')).toBe(2)
    expect([guest.tell(f0), guest.tell(appender)]).toEqual([2, 5])
    expect(guest.read(f0, 1)).toBe('c')
    guest.must('fd_fdstat_set_flags', f0, FDFLAG_APPEND)
    expect([guest.tell(f0), guest.tell(appender)]).toEqual([3, 5])
    expect(guest.fdstat(appender).flags).toBe(FDFLAG_APPEND)
    const third = guest.opened('f', { oflags: OFLAG_TRUNC, rights: READ_WRITE })
    expect([guest.tell(f0), guest.tell(appender), guest.tell(third)]).toEqual([3, 5, 0])
    expect(guest.write(appender, 'new')).toBe(3)
    expect([guest.tell(f0), guest.tell(appender), guest.tell(third)]).toEqual([3, 3, 0])
    expect(guest.fdstat(third).flags).toBe(0)
    expect(guest.write(third, 'N')).toBe(1)
    expect(guest.cat('/f')).toBe('New')
  })
})
