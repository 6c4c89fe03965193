/** fd_close, fd_renumber, fd_prestat_get and fd_prestat_dir_name, line by line. */

import { expect } from 'vitest'
import { type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import {
  accepted,
  CLOSED_FD,
  FREE_FD,
  hex,
  KINDS,
  type KindName,
  LISTENER_FD,
  line,
  onBadPointer,
  onEveryKind,
  onNoDescriptor,
  pipeIn,
  ROOT_FD,
  removedDirectory,
  removedFile,
} from './descriptors.ts'
import type { Case } from './types.ts'

const EVERY = Object.keys(KINDS) as KindName[]
const close = (h: Hostcalls, fd: number): string => h.call('fd_close', fd)
const renumber = (h: Hostcalls, from: number, to: number): string => h.call('fd_renumber', from, to)
const prestat = (h: Hostcalls, fd: number): string => h.call('fd_prestat_get', fd, h.out(8))
const dirName = (h: Hostcalls, fd: number, size = 64): string => h.call('fd_prestat_dir_name', fd, h.out(size), size)
const file = (h: Hostcalls): number => h.opened('file', { rights: READ_WRITE })

/** The name of a preopen, as a C library asks for it; or the errno's name. */
function preopenName(h: Hostcalls, fd: number): string {
  const buf = h.out(8)
  const answer = h.call('fd_prestat_get', fd, buf)
  if (answer !== 'ESUCCESS') return answer
  const len = h.u32(buf + 4)
  const ptr = h.out(len)
  h.must('fd_prestat_dir_name', fd, ptr, len)
  return h.text({ ptr, len })
}

const NAMES = ['/', '.', '', '/data/', '../', 'a'.repeat(5000), 'é', 'C:\\x']

export const fdTableCases: readonly Case[] = [
  ...onEveryKind('fd_close', { ESUCCESS: EVERY }, close),
  line('fd_close', 'ESUCCESS', 'frees the number, and the lowest that is free is given next', (h) => {
    const fds = [file(h), file(h), file(h)]
    expect(fds).toEqual([FREE_FD, FREE_FD + 1, FREE_FD + 2])
    for (const fd of [FREE_FD + 2, 0, FREE_FD]) expect(close(h, fd)).toBe('ESUCCESS')
    expect([file(h), file(h), file(h), file(h)]).toEqual([0, FREE_FD, FREE_FD + 2, FREE_FD + 3])
  }),
  line('fd_close', 'ESUCCESS', 'closes one descriptor and not others of the same file', (h) => {
    const [one, two] = [file(h), file(h)]
    expect(close(h, one)).toBe('ESUCCESS')
    expect(h.read(two, 9)).toBe('content')
  }),
  line('fd_close', 'ESUCCESS', 'closes the name of a stream and not the stream', (h) => {
    const fd = h.opened('dev/stdin')
    expect(close(h, fd)).toBe('ESUCCESS')
    expect(h.read(0, 9)).toBe('stdin')
  }),
  line('fd_close', 'ESUCCESS', 'ends what was removed and only open here', (h) => {
    const [fd, dir] = [removedFile(h), removedDirectory(h)]
    const before = h.tree.table.count
    expect([close(h, fd), close(h, dir)]).toEqual(['ESUCCESS', 'ESUCCESS'])
    expect(h.tree.table.count).toBe(before - 2)
  }),
  line('fd_close', 'ESUCCESS', 'keeps numbers small over a thousand opens', (h) => {
    for (let i = 0; i < 1000; i++) {
      const path = h.put('file')
      const opened = h.out(4)
      h.must('path_open', ROOT_FD, 0, path.ptr, path.len, 0, 0n, 0n, 0, opened)
      expect(h.u32(opened)).toBe(FREE_FD)
      h.must('fd_close', FREE_FD)
    }
  }),
  line('fd_close', 'ESUCCESS', 'closes a preopen, after which nothing below it can be named', (h) => {
    expect(close(h, ROOT_FD)).toBe('ESUCCESS')
    expect(h.open('file')).toBe('EBADF')
    expect(prestat(h, ROOT_FD)).toBe('EBADF')
  }),
  line('fd_close', 'EBADF', 'it is closed a second time', (h) => {
    const fd = file(h)
    expect([close(h, fd), close(h, fd)]).toEqual(['ESUCCESS', 'EBADF'])
  }),
  ...onNoDescriptor('fd_close', close),

  ...onEveryKind('fd_renumber', { ESUCCESS: EVERY }, (h, fd) => {
    const to = h.opened('directory/inner')
    const before = h.fstat(fd)
    const answer = renumber(h, fd, to)
    expect(h.fstat(to)).toEqual(before)
    expect(close(h, fd)).toBe('EBADF')
    return answer
  }),
  line('fd_renumber', 'ESUCCESS', 'moves a descriptor over another with its offset, flags and rights', (h) => {
    const [from, to] = [file(h), h.opened('directory/inner')]
    expect(h.read(from, 3)).toBe('con')
    h.must('fd_fdstat_set_flags', from, 1)
    const before = h.fdstat(from)
    expect(renumber(h, from, to)).toBe('ESUCCESS')
    expect(h.fdstat(to)).toEqual(before)
    expect(h.read(to, 99)).toBe('tent')
    expect(h.read(from, 1)).toBe('EBADF')
  }),
  line('fd_renumber', 'ESUCCESS', 'does nothing to a descriptor over itself', (h) => {
    const fd = file(h)
    expect(h.read(fd, 3)).toBe('con')
    expect(renumber(h, fd, fd)).toBe('ESUCCESS')
    expect(h.read(fd, 99)).toBe('tent')
    expect(file(h)).toBe(fd + 1)
  }),
  line('fd_renumber', 'ESUCCESS', 'does not end what is removed and open as what it moves over itself', (h) => {
    const fd = removedFile(h)
    const { count } = h.tree.table
    expect(renumber(h, fd, fd)).toBe('ESUCCESS')
    expect([h.fstat(fd).nlink, h.tree.table.count]).toEqual([0n, count])
  }),
  line('fd_renumber', 'ESUCCESS', 'puts a file in place of stdin, as freopen does', (h) => {
    expect(renumber(h, file(h), 0)).toBe('ESUCCESS')
    expect(h.read(0, 9)).toBe('content')
    expect(file(h)).toBe(FREE_FD)
  }),
  line('fd_renumber', 'ESUCCESS', 'puts a file in place of stdout', (h) => {
    expect(renumber(h, h.opened('file', { rights: READ_WRITE, oflags: 8 }), 1)).toBe('ESUCCESS')
    expect(h.write(1, 'to the file')).toBe(11)
    expect(h.machine.fs.readFileSync('/file', 'utf8')).toBe('to the file')
    expect(h.run.stdout.text()).toBe('')
  }),
  line('fd_renumber', 'ESUCCESS', 'closes what it moves over: its reader is at the end', (h) => {
    const [reader, writer] = pipeIn(h)
    expect(renumber(h, file(h), writer)).toBe('ESUCCESS')
    expect(h.read(reader, 9)).toBe('')
  }),
  line('fd_renumber', 'ESUCCESS', 'ends what was removed and only open there', (h) => {
    const gone = removedFile(h)
    const before = h.tree.table.count
    expect(renumber(h, h.opened('directory'), gone)).toBe('ESUCCESS')
    expect(h.tree.table.count).toBe(before - 1)
  }),
  line('fd_renumber', 'ESUCCESS', 'moves a preopen, whose name goes with it', (h) => {
    const to = h.opened('directory')
    expect(renumber(h, ROOT_FD, to)).toBe('ESUCCESS')
    expect([preopenName(h, to), preopenName(h, ROOT_FD)]).toEqual(['/', 'EBADF'])
    expect(h.open('file', { fd: to })).toBe(ROOT_FD)
  }),
  line('fd_renumber', 'ESUCCESS', 'moves over a preopen, which is one no more', (h) => {
    const from = h.opened('directory')
    const { ino } = h.fstat(from)
    expect(renumber(h, from, ROOT_FD)).toBe('ESUCCESS')
    expect(preopenName(h, ROOT_FD)).toBe('EBADF')
    expect(h.fstat(ROOT_FD).ino).toBe(ino)
    expect(h.open('inner')).toBe(from)
  }),
  ...onNoDescriptor('fd_renumber', (h, fd) => renumber(h, fd, 1)),
  line('fd_renumber', 'EBADF', 'what it would move over is not open', (h) => {
    for (const to of [FREE_FD, CLOSED_FD, -1, 0x7fff_ffff]) expect(renumber(h, ROOT_FD, to)).toBe('EBADF')
  }),
  line('fd_renumber', 'EBADF', 'neither is open', (h) => expect(renumber(h, CLOSED_FD, CLOSED_FD)).toBe('EBADF')),

  ...onEveryKind('fd_prestat_get', { ESUCCESS: ['root'], EBADF: EVERY.filter((kind) => kind !== 'root') }, prestat),
  line('fd_prestat_get', 'ESUCCESS', 'writes the bytes of the example', (h) => {
    const buf = h.out(8)
    h.must('fd_prestat_get', ROOT_FD, buf)
    expect(h.bytes(buf, 8)).toEqual(hex('00 00 00 00 01 00 00 00'))
  }),
  line(
    'fd_prestat_get',
    'ESUCCESS',
    'numbers the preopens from 3 on in the order in which they were given, and then there are no more',
    (h) => {
      const names = NAMES.map((_, index) => preopenName(h, ROOT_FD + index))
      expect(names).toEqual(NAMES)
      expect(prestat(h, ROOT_FD + NAMES.length)).toBe('EBADF')
    },
    { run: { preopens: NAMES.map((name) => ({ name, path: '/directory' })), listen: [] } },
  ),
  line('fd_prestat_get', 'ESUCCESS', 'writes the last bytes of memory', (h) => {
    h.must('fd_prestat_get', ROOT_FD, h.end - 8)
    expect(h.bytes(h.end - 8, 8)).toEqual(hex('00 00 00 00 01 00 00 00'))
  }),
  line('fd_prestat_get', 'EBADF', 'a preopen with two names has been opened again by path', (h) => {
    expect(prestat(h, h.opened('.'))).toBe('EBADF')
  }),
  line('fd_prestat_get', 'EBADF', 'the run has no preopens', (h) => expect(prestat(h, 3)).toBe('EBADF'), {
    run: { preopens: {}, listen: [] },
  }),
  ...onBadPointer('fd_prestat_get', 'the pointer', 8, (h, ptr) => h.call('fd_prestat_get', ROOT_FD, ptr)),
  ...onNoDescriptor('fd_prestat_get', prestat),

  ...onEveryKind(
    'fd_prestat_dir_name',
    { ESUCCESS: ['root'], EBADF: EVERY.filter((kind) => kind !== 'root') },
    (h, fd) => dirName(h, fd),
  ),
  line(
    'fd_prestat_dir_name',
    'ESUCCESS',
    'writes the name without a NUL, and leaves the rest of a longer buffer',
    (h) => {
      const path = h.out(16)
      const before = h.bytes(path, 16)
      h.must('fd_prestat_dir_name', ROOT_FD, path, 16)
      expect(h.bytes(path, 16)).toEqual([...hex('2f 64 61 74 61 2f'), ...before.slice(6)])
    },
    { run: { preopens: { '/data/': '/directory' } } },
  ),
  line(
    'fd_prestat_dir_name',
    'ESUCCESS',
    'writes UTF-8 into a buffer of just that size, at the end of memory',
    (h) => {
      h.must('fd_prestat_dir_name', ROOT_FD, h.end - 2, 2)
      expect(h.bytes(h.end - 2, 2)).toEqual(hex('c3 a9'))
    },
    { run: { preopens: { é: '/directory' } } },
  ),
  line(
    'fd_prestat_dir_name',
    'ESUCCESS',
    'writes an empty name into no buffer',
    (h) => {
      h.must('fd_prestat_dir_name', ROOT_FD, h.end, 0)
    },
    { run: { preopens: { '': '/directory' } } },
  ),
  ...[5, 1, 0].map((size) =>
    line(
      'fd_prestat_dir_name',
      'ENAMETOOLONG',
      `a name of 6 bytes is to go into ${size}`,
      (h) => {
        expect(dirName(h, ROOT_FD, size)).toBe('ENAMETOOLONG')
      },
      { run: { preopens: { '/data/': '/directory' } } },
    ),
  ),
  line('fd_prestat_dir_name', 'EBADF', 'it is a connected socket', (h) =>
    expect(dirName(h, accepted(h))).toBe('EBADF'),
  ),
  line('fd_prestat_dir_name', 'EBADF', 'it is a listening socket', (h) =>
    expect(dirName(h, LISTENER_FD)).toBe('EBADF'),
  ),
  ...onBadPointer('fd_prestat_dir_name', 'the buffer', 4, (h, ptr) => h.call('fd_prestat_dir_name', ROOT_FD, ptr, 4)),
  line('fd_prestat_dir_name', 'EFAULT', 'the length of the buffer is -1', (h) => {
    expect(h.call('fd_prestat_dir_name', ROOT_FD, h.out(4), -1)).toBe('EFAULT')
  }),
  ...onNoDescriptor('fd_prestat_dir_name', (h, fd) => dirName(h, fd)),
]
