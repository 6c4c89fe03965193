/** fd_filestat_get, fd_filestat_set_size and fd_filestat_set_times, line by line. */

import { expect } from 'vitest'
import {
  FDFLAG_APPEND,
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_FILESTAT_SET_SIZE,
  RIGHT_FD_FILESTAT_SET_TIMES,
} from '../../../../src/abi/types.ts'
import { type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import {
  DEVICES,
  DIRECTORIES,
  EPOCH,
  FILES,
  hex,
  KINDS,
  type Kind,
  type KindName,
  line,
  onBadPointer,
  onEveryKind,
  onMissingRight,
  onNoDescriptor,
  ROOT_FD,
  removedDirectory,
  removedFile,
  STREAMS,
  TICK,
  u64,
} from './descriptors.ts'
import type { Case } from './types.ts'

const EVERY = Object.keys(KINDS) as KindName[]
const file = (h: Hostcalls): number => h.opened('file', { rights: READ_WRITE })
const filestat = (h: Hostcalls, fd: number): string => h.call('fd_filestat_get', fd, h.out(64))
const setSize = (h: Hostcalls, fd: number, size = 3n): string => h.call('fd_filestat_set_size', fd, size)
const setTimes = (h: Hostcalls, fd: number, atim = 5n, mtim = 6n, flags = FSTFLAG_ATIM | FSTFLAG_MTIM): string =>
  h.call('fd_filestat_set_times', fd, atim, mtim, flags)

function bytes(h: Hostcalls, fd: number): number[] {
  const buf = h.out(64)
  h.must('fd_filestat_get', fd, buf)
  return h.bytes(buf, 64)
}

/** What each kind is, on which device, with how many links and bytes. */
const STATS: readonly (readonly [readonly KindName[], number, bigint, bigint, bigint])[] = [
  [['file', 'readOnly', 'writeOnly', 'stdinFile'], 4, 1n, 1n, 7n],
  [['removedFile'], 4, 1n, 0n, 7n],
  [['directory'], 3, 1n, 2n, 0n],
  [['root'], 3, 1n, 4n, 0n],
  [['removedDirectory'], 3, 1n, 0n, 0n],
  [DEVICES, 2, 1n, 1n, 0n],
  [
    ['stdin', 'stdinChunks', 'stdinByName', 'stdout', 'stderr', 'stdoutByName', 'pipeReader', 'pipeWriter'],
    0,
    2n,
    1n,
    0n,
  ],
  [['stdinTerminal', 'tty', 'stdoutTerminal'], 2, 2n, 1n, 0n],
  [['fifo'], 0, 1n, 1n, 0n],
  [['listener', 'connected', 'pair'], 6, 2n, 1n, 0n],
]

const TIMES: readonly (readonly [string, number, 'given' | 'now' | 'as it was', 'given' | 'now' | 'as it was'])[] = [
  ['neither time', 0, 'as it was', 'as it was'],
  ['the access time', FSTFLAG_ATIM, 'given', 'as it was'],
  ['the modification time', FSTFLAG_MTIM, 'as it was', 'given'],
  ['both times', FSTFLAG_ATIM | FSTFLAG_MTIM, 'given', 'given'],
  ['the access time to now', FSTFLAG_ATIM_NOW, 'now', 'as it was'],
  ['the modification time to now', FSTFLAG_MTIM_NOW, 'as it was', 'now'],
  ['both times to now', FSTFLAG_ATIM_NOW | FSTFLAG_MTIM_NOW, 'now', 'now'],
  ['one time as given and one to now', FSTFLAG_ATIM | FSTFLAG_MTIM_NOW, 'given', 'now'],
  ['one time to now and one as given', FSTFLAG_ATIM_NOW | FSTFLAG_MTIM, 'now', 'given'],
]

export const fdFilestatCases: readonly Case[] = [
  ...onEveryKind('fd_filestat_get', { ESUCCESS: EVERY }, filestat),
  ...STATS.flatMap(([kinds, filetype, dev, nlink, size]) =>
    kinds.map((kind) => {
      const { is, options, open }: Kind = KINDS[kind]
      const test = (h: Hostcalls): void => {
        const stat = h.fstat(open(h))
        expect(stat).toMatchObject({ filetype, dev, nlink, size })
        expect(stat.ino).not.toBe(0n)
        if (dev === 2n) expect(stat).toMatchObject({ atim: 0n, mtim: 0n, ctim: 0n })
      }
      return line('fd_filestat_get', 'ESUCCESS', `tells what ${is} is`, test, options)
    }),
  ),
  line('fd_filestat_get', 'ESUCCESS', 'writes all 64 bytes of a file', (h) => {
    const fd = h.opened('file', { rights: READ_WRITE })
    expect(setTimes(h, fd, 0x0102_0304_0506_0708n, 0xf1f2_f3f4_f5f6_f7f8n)).toBe('ESUCCESS')
    expect(bytes(h, fd)).toEqual([
      ...hex('01 00 00 00 00 00 00 00  02 00 00 00 00 00 00 00'),
      ...hex('04 00 00 00 00 00 00 00  01 00 00 00 00 00 00 00'),
      ...hex('07 00 00 00 00 00 00 00  08 07 06 05 04 03 02 01'),
      ...hex('f8 f7 f6 f5 f4 f3 f2 f1'),
      ...u64(EPOCH + 2n * TICK),
    ])
  }),
  line('fd_filestat_get', 'ESUCCESS', 'writes sizes over 2^32', (h) => {
    const fd = file(h)
    expect(setSize(h, fd, 0x12_3456_789an)).toBe('ESUCCESS')
    expect(bytes(h, fd).slice(32, 40)).toEqual(hex('9a 78 56 34 12 00 00 00'))
  }),
  line(
    'fd_filestat_get',
    'ESUCCESS',
    'gives one number for one file, by whatever descriptor, and another for another',
    (h) => {
      const [one, two, other] = [file(h), file(h), h.opened('directory/inner')]
      expect(h.fstat(one).ino).toBe(h.fstat(two).ino)
      expect(h.fstat(one).ino).toBe(h.stat('file').ino)
      expect(h.fstat(one).ino).not.toBe(h.fstat(other).ino)
    },
  ),
  line('fd_filestat_get', 'ESUCCESS', 'gives different numbers for stdin, stdout, stderr and sockets', (h) => {
    const inos = [0, 1, 2, 4, KINDS.connected.open(h)].map((fd) => h.fstat(fd).ino)
    expect(new Set(inos).size).toBe(5)
  }),
  line('fd_filestat_get', 'ESUCCESS', 'counts the links that come and go', (h) => {
    const fd = file(h)
    const [from, to] = [h.put('file'), h.put('second')]
    h.must('path_link', ROOT_FD, 0, from.ptr, from.len, ROOT_FD, to.ptr, to.len)
    expect(h.fstat(fd).nlink).toBe(2n)
    h.must('path_unlink_file', ROOT_FD, from.ptr, from.len)
    expect(h.fstat(fd).nlink).toBe(1n)
    h.must('path_unlink_file', ROOT_FD, to.ptr, to.len)
    expect(h.fstat(fd).nlink).toBe(0n)
  }),
  line('fd_filestat_get', 'ESUCCESS', 'sees what another descriptor wrote, at once', (h) => {
    const [reader, writer] = [h.opened('file'), file(h)]
    expect(h.write(writer, 'contents!')).toBe(9)
    expect(h.fstat(reader)).toMatchObject({ size: 9n, mtim: EPOCH + 3n * TICK, atim: EPOCH })
  }),
  line('fd_filestat_get', 'ESUCCESS', 'writes the last bytes of memory', (h) => {
    h.must('fd_filestat_get', ROOT_FD, h.end - 64)
    expect(h.u64(h.end - 64)).toBe(1n)
  }),
  ...onBadPointer('fd_filestat_get', 'the pointer', 64, (h, ptr) => h.call('fd_filestat_get', ROOT_FD, ptr)),
  ...onMissingRight('fd_filestat_get', RIGHT_FD_FILESTAT_GET, 'FD_FILESTAT_GET', filestat),
  ...onNoDescriptor('fd_filestat_get', filestat),

  ...onEveryKind(
    'fd_filestat_set_size',
    {
      ESUCCESS: ['file', 'writeOnly', 'removedFile'],
      EBADF: [
        'readOnly',
        'stdinFile',
        'stdin',
        'stdinChunks',
        'stdinTerminal',
        'stdinByName',
        'tty',
        'pipeReader',
        'listener',
      ],
      EISDIR: DIRECTORIES,
      EINVAL: [
        ...DEVICES,
        ...(['stdout', 'stderr', 'stdoutTerminal', 'stdoutByName', 'fifo', 'pipeWriter', 'connected', 'pair'] as const),
      ],
    },
    (h, fd) => setSize(h, fd),
  ),
  line('fd_filestat_set_size', 'ESUCCESS', 'cuts a file and leaves the offset', (h) => {
    const fd = file(h)
    expect(h.read(fd, 5)).toBe('conte')
    expect(setSize(h, fd, 3n)).toBe('ESUCCESS')
    expect(h.fstat(fd)).toMatchObject({ size: 3n, mtim: EPOCH + 3n * TICK, ctim: EPOCH + 3n * TICK })
    expect(h.read(fd, 5)).toBe('')
    expect(h.machine.fs.readFileSync('/file', 'utf8')).toBe('con')
  }),
  line('fd_filestat_set_size', 'ESUCCESS', 'extends a file by zeros, also over what was cut off', (h) => {
    const fd = file(h)
    expect(setSize(h, fd, 3n)).toBe('ESUCCESS')
    expect(setSize(h, fd, 6n)).toBe('ESUCCESS')
    expect(h.read(fd, 9)).toBe('con\0\0\0')
  }),
  line('fd_filestat_set_size', 'ESUCCESS', 'cuts a file to nothing, after which APPEND writes at its start', (h) => {
    const fd = h.opened('file', { rights: READ_WRITE, fdflags: FDFLAG_APPEND })
    expect(setSize(h, fd, 0n)).toBe('ESUCCESS')
    expect(h.write(fd, 'Z')).toBe(1)
    expect(h.machine.fs.readFileSync('/file', 'utf8')).toBe('Z')
  }),
  line(
    'fd_filestat_set_size',
    'ESUCCESS',
    'extends to the largest size, which costs nothing',
    (h) => {
      const fd = file(h)
      expect(setSize(h, fd, 2n ** 53n - 1n)).toBe('ESUCCESS')
      expect(h.fstat(fd).size).toBe(2n ** 53n - 1n)
    },
    { quota: { bytes: 2 * 4096 } },
  ),
  line(
    'fd_filestat_set_size',
    'ESUCCESS',
    'gives back to the quota what it cuts',
    (h) => {
      const fd = h.opened('directory/inner', { rights: READ_WRITE })
      h.must('fd_seek', fd, 4096n, 0, h.out(8))
      expect(h.write(fd, 'x')).toBe('ENOSPC')
      expect(setSize(h, file(h), 0n)).toBe('ESUCCESS')
      expect(h.write(fd, 'x')).toBe(1)
    },
    { quota: { bytes: 2 * 4096 } },
  ),
  line('fd_filestat_set_size', 'EFBIG', 'the size is 2^53', (h) =>
    expect(setSize(h, file(h), 2n ** 53n)).toBe('EFBIG'),
  ),
  line('fd_filestat_set_size', 'EFBIG', 'the size is 2^63 - 1', (h) =>
    expect(setSize(h, file(h), 2n ** 63n - 1n)).toBe('EFBIG'),
  ),
  line('fd_filestat_set_size', 'EINVAL', 'the size is -1', (h) => expect(setSize(h, file(h), -1n)).toBe('EINVAL')),
  line('fd_filestat_set_size', 'EINVAL', 'the size is -2^63', (h) =>
    expect(setSize(h, file(h), -(2n ** 63n))).toBe('EINVAL'),
  ),
  ...onMissingRight('fd_filestat_set_size', RIGHT_FD_FILESTAT_SET_SIZE, 'FD_FILESTAT_SET_SIZE', (h, fd) =>
    setSize(h, fd),
  ),
  ...onNoDescriptor('fd_filestat_set_size', (h, fd) => setSize(h, fd)),

  ...onEveryKind(
    'fd_filestat_set_times',
    { ESUCCESS: [...FILES, ...DIRECTORIES, ...DEVICES], ENOTCAPABLE: STREAMS },
    (h, fd) => setTimes(h, fd),
  ),
  ...TIMES.map(([what, flags, atim, mtim]) =>
    line('fd_filestat_set_times', 'ESUCCESS', `sets ${what}, and the time of the change to now`, (h) => {
      const fd = file(h)
      expect(setTimes(h, fd, 5n, 6n, flags)).toBe('ESUCCESS')
      const now = EPOCH + 2n * TICK
      const times = { given: 0n, now, 'as it was': EPOCH }
      expect(h.fstat(fd)).toMatchObject({
        atim: atim === 'given' ? 5n : times[atim],
        mtim: mtim === 'given' ? 6n : times[mtim],
        ctim: now,
        size: 7n,
      })
    }),
  ),
  ...[0n, 1n, 999_999_999n, 1_000_000_000n, 2n ** 53n + 1n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n].map((time) =>
    line('fd_filestat_set_times', 'ESUCCESS', `keeps the time ${time} exactly`, (h) => {
      const fd = file(h)
      expect(setTimes(h, fd, time, time)).toBe('ESUCCESS')
      expect(h.fstat(fd)).toMatchObject({ atim: time, mtim: time })
    }),
  ),
  line('fd_filestat_set_times', 'ESUCCESS', 'is undone by the next write, as to the modification time', (h) => {
    const fd = file(h)
    expect(setTimes(h, fd)).toBe('ESUCCESS')
    expect(h.write(fd, 'x')).toBe(1)
    expect(h.fstat(fd)).toMatchObject({ atim: 5n, mtim: EPOCH + 3n * TICK })
  }),
  line('fd_filestat_set_times', 'ESUCCESS', 'sets the times of what is removed and still open', (h) => {
    for (const fd of [removedFile(h), removedDirectory(h)]) {
      expect(setTimes(h, fd)).toBe('ESUCCESS')
      expect(h.fstat(fd)).toMatchObject({ atim: 5n, mtim: 6n, nlink: 0n })
    }
  }),
  ...[
    ['the access time is to be given and now', FSTFLAG_ATIM | FSTFLAG_ATIM_NOW],
    ['the modification time is to be given and now', FSTFLAG_MTIM | FSTFLAG_MTIM_NOW],
    ['all flags are set', 15],
    ['a flag is 16', 16],
    ['a flag is 2^16, which a u16 would lose', 0x1_0000],
    ['the flags are -1', -1],
  ].map(([when, flags]) =>
    line('fd_filestat_set_times', 'EINVAL', when as string, (h) =>
      expect(setTimes(h, file(h), 5n, 6n, flags as number)).toBe('EINVAL'),
    ),
  ),
  ...onMissingRight('fd_filestat_set_times', RIGHT_FD_FILESTAT_SET_TIMES, 'FD_FILESTAT_SET_TIMES', (h, fd) =>
    setTimes(h, fd),
  ),
  ...onNoDescriptor('fd_filestat_set_times', (h, fd) => setTimes(h, fd)),
]
