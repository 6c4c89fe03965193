/** Section G of the cases from public bug reports: metadata and times. */

import { describe, expect, it } from 'vitest'
import { clang } from '../../examples/toolchain.ts'
import {
  FILETYPE_CHARACTER_DEVICE,
  FILETYPE_REGULAR_FILE,
  FILETYPE_UNKNOWN,
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
} from '../../src/abi/types.ts'
import { Machine, type RunOptions } from '../../src/index.ts'
import { check } from '../../vfs/check.ts'
import { Hostcalls } from '../support/hostcalls.ts'
import { CGuest } from './c_guest.ts'
import { FOLLOW, Posix } from './posix.ts'

const c = new CGuest('g_metadata.c')
const { module: llvm, files: sysroot } = clang()

/** `fd_filestat_set_times`, or with a path `path_filestat_set_times`. */
function setTimes(h: Hostcalls, target: number | string, atim: bigint, mtim: bigint, flags: number): string {
  if (typeof target === 'number') return h.call('fd_filestat_set_times', target, atim, mtim, flags)
  const { ptr, len } = h.put(target)
  return h.call('path_filestat_set_times', 3, FOLLOW, ptr, len, atim, mtim, flags)
}

describe('G. Metadata and times', () => {
  it('101. All inodes zero: clang thinks every file is the same', () => {
    const machine = new Machine()
    const lines = c.lines(machine, ['inodes'])
    const numbers = new Map<string, Set<string>>()
    for (const line of lines) {
      const [label, number] = line.split(' ') as [string, string]
      numbers.set(label, (numbers.get(label) ?? new Set()).add(number))
      expect(number).toMatch(/^[1-9]\d*:[1-9]\d*$/)
    }
    // One number for A by every name and descriptor, and nobody else has it while it is open.
    expect([...numbers].map(([label, found]) => [label, found.size])).toEqual([
      ['A', 1],
      ['B', 1],
      ['other', 100],
    ])
    expect(new Set([...numbers.values()].flatMap((found) => [...found])).size).toBe(102)
    expect(c.lines(new Machine(), ['inodes'])).toEqual(lines)
  })

  it('101. All inodes zero: headers are told apart by number, and the same header is known again', () => {
    const once = '#pragma once\n'
    const machine = new Machine({
      files: {
        ...sysroot,
        '/src/x.c': '#include "a.h"\n#include "b.h"\n#include "c.h"\n#include "d.h"\nint x = A + B;\n',
        '/src/a.h': `${once}enum { A };\n`,
        '/src/b.h': `${once}enum { B };\n`,
        // Other names of a.h: included again, they would define A again.
        '/src/c.h': { hardlink: '/src/a.h' },
        '/src/d.h': { symlink: 'a.h' },
      },
    })
    const run = machine.run(llvm, { args: ['clang', '-fsyntax-only', '/src/x.c'] })
    expect({ code: run.exitCode, stderr: run.stderr.text() }).toEqual({ code: 0, stderr: '' })
    expect(check(machine.tree)).toEqual([])
  })

  it('103. Both ATIM and ATIM_NOW', () => {
    const h = new Posix({ '/f': { data: 'f', mtime: '2001-01-01' } })
    const fd = h.opened('f')
    const before = h.fstat(fd)
    const [atim, mtim] = [FSTFLAG_ATIM | FSTFLAG_ATIM_NOW, FSTFLAG_MTIM | FSTFLAG_MTIM_NOW]
    const wrong = [atim, mtim, atim | mtim, atim | FSTFLAG_MTIM, mtim | FSTFLAG_ATIM_NOW, 16, 16 | FSTFLAG_ATIM, 0x8000]
    for (const target of [fd, 'f']) {
      for (const flags of wrong) expect(setTimes(h, target, 5n, 5n, flags), `${flags}`).toBe('EINVAL')
      expect(h.fstat(fd)).toEqual(before)
    }
    // Every other pair of flags is right.
    for (const a of [0, FSTFLAG_ATIM, FSTFLAG_ATIM_NOW]) {
      for (const m of [0, FSTFLAG_MTIM, FSTFLAG_MTIM_NOW]) {
        for (const target of [fd, 'f']) {
          setTimes(h, target, 1n, 1n, FSTFLAG_ATIM | FSTFLAG_MTIM)
          expect(setTimes(h, target, 5n, 6n, a | m)).toBe('ESUCCESS')
          const now = h.machine.time
          const { atim, mtim } = h.fstat(fd)
          expect(atim).toBe(a === 0 ? 1n : a === FSTFLAG_ATIM ? 5n : now)
          expect(mtim).toBe(m === 0 ? 1n : m === FSTFLAG_MTIM ? 6n : now)
        }
      }
    }
  })

  it('104. "NOW" taken from the wrong clock, or zero', () => {
    // The monotonic clock is far from the realtime one here, whatever the epoch.
    for (const epoch of ['2000-01-01', '2026-07-01T12:34:56.789Z'] as const) {
      expect(c.lines(new Machine({ epoch }), ['now'])).toEqual([
        'utimensat(AT_FDCWD, "t", both, 0): now',
        'utimensat(AT_FDCWD, "t", NULL, 0): now',
        'futimens(fd, both): now',
        'futimens(fd, NULL): now',
        '1000000002 3000000004',
        'futimens(fd, second): now',
        '1000000002',
        '1 3000000004',
      ])
    }
    // With the clocks frozen it is the very time that the guest reads.
    const h = new Hostcalls({ tick: 0, epoch: 1_234_567_890_123_456_789n, files: { '/f': '' } })
    expect(setTimes(h, 'f', 0n, 0n, FSTFLAG_ATIM_NOW | FSTFLAG_MTIM_NOW)).toBe('ESUCCESS')
    const time = h.out(8)
    h.must('clock_time_get', 0, 0n, time)
    const { atim, mtim, ctim } = h.stat('f')
    expect([atim, mtim, ctim]).toEqual(Array(3).fill(h.u64(time)))
    expect(mtim).toBe(1_234_567_890_123_456_789n)
  })

  it('106. Setting a timestamp to 0, or to an odd value', () => {
    const h = new Posix({ '/f': '', '/d': null, '/s': { symlink: 'f' } })
    const both = FSTFLAG_ATIM | FSTFLAG_MTIM
    const values = [
      0n,
      1n,
      999_999_999n,
      1_000_000_000n,
      2n ** 31n * 1_000_000_000n,
      2n ** 53n + 1n,
      2n ** 63n - 1n,
      2n ** 63n,
      2n ** 64n - 1n,
    ]
    for (const path of ['f', 'd']) {
      const fd = h.opened(path)
      for (const target of [fd, path]) {
        for (const [index, value] of values.entries()) {
          const other = values.at(-1 - index) as bigint
          expect(setTimes(h, target, value, other, both)).toBe('ESUCCESS')
          expect(h.stat(path)).toMatchObject({ atim: value, mtim: other })
          expect(h.fstat(fd)).toMatchObject({ atim: value, mtim: other })
          // The host's view takes them too.
          expect(h.machine.fs.statSync(`/${path}`, { bigint: true }).mtimeNs).toBe(other)
          expect(h.machine.fs.statSync(`/${path}`).atimeMs).toBeCloseTo(Number(value) / 1e6, -3)
        }
      }
    }
    // Without FOLLOW it is the link that has the time.
    const { ptr, len } = h.put('s')
    h.must('path_filestat_set_times', 3, 0, ptr, len, 7n, 8n, both)
    expect(h.stat('s')).toMatchObject({ atim: 7n, mtim: 8n })
    expect(h.stat('f').mtim).not.toBe(8n)
  })

  it('107. mtime/ctime not updated', () => {
    const data = ' mtime ctime'
    const lines = c.lines(new Machine({ tick: 1 }), ['changes'])
    expect(lines).toEqual([
      'nothing:',
      `write:${data}`,
      `pwrite:${data}`,
      'write of nothing:',
      'read:',
      `ftruncate:${data}`,
      `fallocate:${data}`,
      'open:',
      `open to truncate:${data}`,
      'link: ctime',
      'unlink: ctime',
      'rename: ctime',
      'utimes: atime mtime ctime',
      `write:${data}`,
      `create:${data}`,
      'open:',
      'write in it:',
      `mkdir:${data}`,
      'mkdir below:',
      `symlink:${data}`,
      `link:${data}`,
      `rename in it:${data}`,
      `rename out of it:${data}`,
      `rename into it:${data}`,
      `unlink:${data}`,
      `rmdir:${data}`,
      'readdir:',
      'failures:',
    ])
    // Sleeping guests see the time that has passed in the times of their files.
    const h = new Posix({ '/f': '' }, { tick: 0 })
    const before = h.stat('f').mtim
    const subscription = h.put(new Uint8Array(48))
    h.view.setUint32(subscription.ptr + 16, 1, true)
    h.view.setBigUint64(subscription.ptr + 24, 5_000_000_000n, true)
    h.must('poll_oneoff', subscription.ptr, h.out(32), 1, h.out(4))
    h.write(h.opened('f', { rights: RIGHT_FD_WRITE }), 'x')
    expect(h.stat('f')).toMatchObject({ mtim: before + 5_000_000_000n, ctim: before + 5_000_000_000n, atim: before })
  })

  it('109. isatty true for captured output', () => {
    const files = { '/f': 'file' }
    const told = (tty: RunOptions['tty'], options: RunOptions = {}): string =>
      c.text(new Machine({ files }), ['terminals', '/f', '/dev/null', '/dev/zero', '/dev/tty', '/dev/stdout'], {
        ...(tty === undefined ? {} : { tty }),
        ...options,
      })
    expect(told(undefined)).toBe('000 0 0 0 No such device or address 0\n')
    expect(told(false, { stdin: 'text' })).toBe('000 0 0 0 No such device or address 0\n')
    expect(told(undefined, { stdin: { file: '/f' }, stdout: () => undefined })).toMatch(/^000 /)
    expect(told(true)).toBe('111 0 0 0 1 1\n')
    expect(told({ stdout: true })).toBe('010 0 0 0 1 1\n')
    expect(told({ stdin: true, stderr: true })).toBe('101 0 0 0 1 0\n')
    // In a pipeline only the outer ends can be terminals.
    const machine = new Machine({ files })
    const stage = { module: c.module, args: ['g_metadata.c', 'terminals'], tty: true }
    const texts = machine.pipeline([stage, { ...stage, args: ['g_metadata.c', 'terminals'] }])
    expect(texts.at(-1)?.stdout.text()).toBe('011\n')

    const place = RIGHT_FD_SEEK | RIGHT_FD_TELL
    for (const [tty, filetype] of [
      [false, FILETYPE_UNKNOWN],
      [true, FILETYPE_CHARACTER_DEVICE],
    ] as const) {
      const h = new Hostcalls({ files, run: { tty } })
      for (const fd of [0, 1, 2]) {
        const { base, ...status } = h.fdstat(fd)
        expect(status).toMatchObject({ filetype, flags: 0 })
        expect(Number(base) & place).toBe(0)
        expect(Number(base) & (RIGHT_FD_READ | RIGHT_FD_WRITE)).toBe(fd === 0 ? RIGHT_FD_READ : RIGHT_FD_WRITE)
      }
      const none = h.fdstat(h.opened('dev/null'))
      expect(none.filetype).toBe(FILETYPE_CHARACTER_DEVICE)
      expect(Number(none.base) & place).toBe(place)
    }
    const h = new Hostcalls({ files, run: { stdin: { file: '/f' }, tty: true } })
    expect(h.fdstat(0)).toMatchObject({ filetype: FILETYPE_REGULAR_FILE })
  })

  it('110. /dev/null and friends', () => {
    const names = ['full', 'null', 'random', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero']
    const machine = new Machine()
    expect(machine.fs.readdirSync('/')).toEqual(['dev', 'tmp'])
    expect(machine.fs.readdirSync('/dev')).toEqual(names)
    expect(machine.fs.statSync('/tmp').isDirectory()).toBe(true)
    expect(c.lines(machine, ['devices'], { stdin: 'input' })).toEqual(['out', 'No such file or directory'])
    expect(machine.fs.readdirSync('/dev')).toEqual(names.filter((name) => name !== 'null'))
    expect(new Machine({ image: 'empty' }).fs.readdirSync('/')).toEqual([])
    // Nothing that is written to a device is charged to the quota.
    const h = new Hostcalls({ quota: { bytes: 0 } })
    expect(h.write(h.opened('dev/null', { rights: RIGHT_FD_WRITE }), new Uint8Array(10_000))).toBe(10_000)
    expect(h.write(h.opened('dev/full', { rights: RIGHT_FD_WRITE }), 'x')).toBe('ENOSPC')
  })

  it('112. realpath and partial hosts', () => {
    const machine = new Machine({
      files: {
        '/a/x': '',
        '/b/real': 'text',
        '/b/link': { symlink: 'real' },
        '/b/up': { symlink: '../a/./x' },
        '/b/far': { symlink: '/a' },
        '/b/dang': { symlink: 'nowhere' },
        '/b/loop': { symlink: 'loop' },
      },
    })
    const answers = {
      '/a/../b/./link': '/b/real',
      '/b/up': '/a/x',
      '/b/far': '/a',
      '/b/far/x': '/a/x',
      '/b/far/../b/link': '/b/real',
      'b//real': '/b/real',
      '/': '/',
      '.': '/',
      '/../..': '/',
      '/b/dang': 'No such file or directory',
      '/b/loop': 'Symbolic link loop',
      '/b/real/': 'Not a directory',
      '/b/real/.': 'Not a directory',
      '/no/..': 'No such file or directory',
    }
    expect(c.lines(machine, ['realpath', ...Object.keys(answers)])).toEqual(
      Object.entries(answers).map(([path, answer]) => `${path}: ${answer}`),
    )
    for (const path of ['/a/../b/./link', '/b/up', '/b/far/x']) {
      expect(machine.fs.realpathSync(path)).toBe(answers[path as keyof typeof answers])
    }
  })
})
