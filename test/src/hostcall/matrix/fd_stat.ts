/** fd_fdstat_get, fd_fdstat_set_flags and fd_fdstat_set_rights, line by line. */

import { expect } from 'vitest'
import {
  FDFLAG_APPEND,
  FDFLAG_NONBLOCK,
  FDFLAGS_ALL,
  RIGHT_FD_FDSTAT_SET_FLAGS,
  RIGHT_FD_FILESTAT_GET,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  RIGHT_PATH_OPEN,
  RIGHT_POLL_FD_READWRITE,
  RIGHTS_ALL,
} from '../../../../src/abi/types.ts'
import { type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import {
  accepted,
  DEVICES,
  DIRECTORIES,
  FILES,
  hex,
  INPUTS,
  KINDS,
  type Kind,
  type KindName,
  LISTENER_FD,
  line,
  OUTPUTS,
  onBadPointer,
  onEveryKind,
  onMissingRight,
  onNoDescriptor,
  PIPES,
  ROOT_FD,
  SOCKETS,
  STREAMS,
} from './descriptors.ts'
import type { Case } from './types.ts'

const EVERY = Object.keys(KINDS) as KindName[]
const file = (h: Hostcalls): number => h.opened('file', { rights: READ_WRITE })
const fdstat = (h: Hostcalls, fd: number): string => h.call('fd_fdstat_get', fd, h.out(24))
const setFlags = (h: Hostcalls, fd: number, flags = 0): string => h.call('fd_fdstat_set_flags', fd, flags)
const setRights = (h: Hostcalls, fd: number, base: number | bigint = 0, inheriting: number | bigint = 0): string =>
  h.call('fd_fdstat_set_rights', fd, base, inheriting)

/** The bytes of an fdstat of `fd`. */
function bytes(h: Hostcalls, fd: number): number[] {
  const stat = h.out(24)
  h.must('fd_fdstat_get', fd, stat)
  return h.bytes(stat, 24)
}

/** The type, the flags as they are from the start, and the rights, of a kind of descriptor. */
const STATS: readonly (readonly [readonly KindName[], string])[] = [
  [['file'], '04 00 00 00 00 00 00 00  ff 01 e0 08 00 00 00 00'],
  [['removedFile'], '04 00 00 00 00 00 00 00  ff 01 e0 08 00 00 00 00'],
  [['readOnly'], '04 00 00 00 00 00 00 00  bf 00 a0 08 00 00 00 00'],
  [['writeOnly'], '04 00 00 00 00 00 00 00  fd 01 e0 08 00 00 00 00'],
  [['stdinFile'], '04 00 00 00 00 00 00 00  bf 00 a0 08 00 00 00 00'],
  [DIRECTORIES, '03 00 00 00 00 00 00 00  19 fe bf 07 00 00 00 00'],
  [DEVICES, '02 00 00 00 00 00 00 00  7f 00 a0 08 00 00 00 00'],
  [['stdin', 'stdinChunks', 'stdinByName'], '00 00 00 00 00 00 00 00  1b 00 20 08 00 00 00 00'],
  [['stdinTerminal', 'tty'], '02 00 00 00 00 00 00 00  1b 00 20 08 00 00 00 00'],
  [['stdout', 'stderr', 'stdoutByName'], '00 00 00 00 00 00 00 00  59 00 20 08 00 00 00 00'],
  [['stdoutTerminal'], '02 00 00 00 00 00 00 00  59 00 20 08 00 00 00 00'],
  [['fifo'], '00 00 04 00 00 00 00 00  5b 00 20 08 00 00 00 00'],
  [['pipeReader'], '00 00 00 00 00 00 00 00  1b 00 20 08 00 00 00 00'],
  [['pipeWriter'], '00 00 00 00 00 00 00 00  59 00 20 08 00 00 00 00'],
  [['listener'], '06 00 00 00 00 00 00 00  08 00 20 38 00 00 00 00'],
  [['connected', 'pair'], '06 00 00 00 00 00 00 00  5b 00 20 18 00 00 00 00'],
]

export const fdStatCases: readonly Case[] = [
  ...onEveryKind('fd_fdstat_get', { ESUCCESS: EVERY }, fdstat),
  ...STATS.flatMap(([kinds, expected]) =>
    kinds.map((kind) => {
      const { is, options, open }: Kind = KINDS[kind]
      const test = (h: Hostcalls): void => expect(bytes(h, open(h)).slice(0, 16)).toEqual(hex(expected))
      return line('fd_fdstat_get', 'ESUCCESS', `writes the type, the flags and the rights of ${is}`, test, options)
    }),
  ),
  line('fd_fdstat_get', 'ESUCCESS', 'writes the bytes of the example: a file opened for reading with APPEND', (h) => {
    const rights = RIGHT_FD_READ | RIGHT_FD_SEEK | RIGHT_FD_TELL | RIGHT_FD_FILESTAT_GET | RIGHT_POLL_FD_READWRITE
    const fd = h.opened('file', { rights, inheriting: 0, fdflags: FDFLAG_APPEND })
    expect(bytes(h, fd)).toEqual(hex('04 00 01 00 00 00 00 00  26 00 20 08 00 00 00 00  00 00 00 00 00 00 00 00'))
  }),
  line('fd_fdstat_get', 'ESUCCESS', 'writes the rights that a preopen hands on: all', (h) => {
    expect(bytes(h, ROOT_FD).slice(16)).toEqual(hex('ff ff ff 3f 00 00 00 00'))
  }),
  line('fd_fdstat_get', 'ESUCCESS', 'writes the rights that were asked for to be handed on', (h) => {
    const fd = h.opened('directory', { inheriting: RIGHT_FD_READ })
    expect(bytes(h, fd).slice(16)).toEqual(hex('02 00 00 00 00 00 00 00'))
  }),
  line('fd_fdstat_get', 'ESUCCESS', 'lets a C library see no terminal in a device that can seek', (h) => {
    const { filetype, base } = h.fdstat(h.opened('dev/null', { rights: READ_WRITE }))
    expect(filetype).toBe(2)
    expect(Number(base) & (RIGHT_FD_SEEK | RIGHT_FD_TELL)).not.toBe(0)
  }),
  line('fd_fdstat_get', 'ESUCCESS', 'writes the last bytes of memory', (h) => {
    h.must('fd_fdstat_get', ROOT_FD, h.end - 24)
    expect(h.bytes(h.end - 24, 8)).toEqual(hex('03 00 00 00 00 00 00 00'))
  }),
  ...onBadPointer('fd_fdstat_get', 'the pointer', 24, (h, ptr) => h.call('fd_fdstat_get', ROOT_FD, ptr)),
  line('fd_fdstat_get', 'EFAULT', 'the pointer is outside memory and the descriptor is not open', (h) => {
    expect(h.call('fd_fdstat_get', 99, h.end)).toBe('EFAULT')
  }),
  ...onNoDescriptor('fd_fdstat_get', fdstat),

  ...onEveryKind('fd_fdstat_set_flags', { ESUCCESS: EVERY }, (h, fd) => setFlags(h, fd, FDFLAG_NONBLOCK)),
  line('fd_fdstat_set_flags', 'ESUCCESS', 'sets each set of flags as it is', (h) => {
    const fd = file(h)
    for (let flags = 0; flags <= FDFLAGS_ALL; flags++) {
      expect(setFlags(h, fd, flags)).toBe('ESUCCESS')
      expect(h.fdstat(fd)).toMatchObject({ filetype: 4, flags })
    }
  }),
  line('fd_fdstat_set_flags', 'ESUCCESS', 'leaves rights and offset', (h) => {
    const fd = file(h)
    const { base, inheriting } = h.fdstat(fd)
    expect(h.read(fd, 3)).toBe('con')
    expect(setFlags(h, fd, FDFLAGS_ALL)).toBe('ESUCCESS')
    expect(h.fdstat(fd)).toMatchObject({ base, inheriting })
    expect(h.read(fd, 3)).toBe('ten')
  }),
  line('fd_fdstat_set_flags', 'ESUCCESS', 'has writes go to the end with APPEND, and to the offset without', (h) => {
    const fd = file(h)
    expect(setFlags(h, fd, FDFLAG_APPEND)).toBe('ESUCCESS')
    expect(h.write(fd, '++')).toBe(2)
    expect(setFlags(h, fd, 0)).toBe('ESUCCESS')
    h.must('fd_seek', fd, 0n, 0, h.out(8))
    expect(h.write(fd, '--')).toBe(2)
    expect(h.machine.fs.readFileSync('/file', 'utf8')).toBe('--ntent++')
  }),
  line('fd_fdstat_set_flags', 'ESUCCESS', 'has reads give EAGAIN with NONBLOCK where they would wait', (h) => {
    const fd = accepted(h)
    expect(h.read(fd, 99)).toBe('peer')
    expect(setFlags(h, fd, FDFLAG_NONBLOCK)).toBe('ESUCCESS')
    expect(h.read(fd, 99)).toBe('EAGAIN')
  }),
  line(
    'fd_fdstat_set_flags',
    'ESUCCESS',
    'sets the flags of the description, which /dev/stdout shares with stdout',
    (h) => {
      expect(setFlags(h, h.opened('dev/stdout', { rights: READ_WRITE }), FDFLAG_NONBLOCK)).toBe('ESUCCESS')
      expect(h.fdstat(1).flags).toBe(FDFLAG_NONBLOCK)
    },
  ),
  line('fd_fdstat_set_flags', 'ESUCCESS', 'leaves another description of the same file alone', (h) => {
    const [one, two] = [file(h), file(h)]
    expect(setFlags(h, one, FDFLAG_APPEND)).toBe('ESUCCESS')
    expect(h.fdstat(two).flags).toBe(0)
  }),
  ...[FDFLAGS_ALL + 1, 0x40, 0x1_0000, -1].map((flags) =>
    line('fd_fdstat_set_flags', 'EINVAL', `the flags are ${flags}`, (h) =>
      expect(setFlags(h, file(h), flags)).toBe('EINVAL'),
    ),
  ),
  ...onMissingRight('fd_fdstat_set_flags', RIGHT_FD_FDSTAT_SET_FLAGS, 'FD_FDSTAT_SET_FLAGS', (h, fd) =>
    setFlags(h, fd, FDFLAG_APPEND),
  ),
  ...onNoDescriptor('fd_fdstat_set_flags', (h, fd) => setFlags(h, fd)),

  ...onEveryKind('fd_fdstat_set_rights', { ESUCCESS: EVERY }, (h, fd) => setRights(h, fd)),
  line('fd_fdstat_set_rights', 'ESUCCESS', 'keeps exactly the rights that are given', (h) => {
    expect(setRights(h, ROOT_FD, RIGHT_PATH_OPEN, RIGHT_FD_READ | RIGHT_FD_SEEK)).toBe('ESUCCESS')
    expect(h.fdstat(ROOT_FD)).toMatchObject({ base: BigInt(RIGHT_PATH_OPEN), inheriting: 6n })
  }),
  line('fd_fdstat_set_rights', 'ESUCCESS', 'takes all that there are already', (h) => {
    for (const fd of [0, 1, ROOT_FD, LISTENER_FD]) {
      const { base, inheriting } = h.fdstat(fd)
      expect(setRights(h, fd, base, inheriting)).toBe('ESUCCESS')
      expect(h.fdstat(fd)).toMatchObject({ base, inheriting })
    }
  }),
  line(
    'fd_fdstat_set_rights',
    'ESUCCESS',
    'takes them from this descriptor, not from others of the same description',
    (h) => {
      const fd = h.opened('dev/stdout', { rights: READ_WRITE })
      expect(setRights(h, fd)).toBe('ESUCCESS')
      expect(h.write(fd, 'x')).toBe('ENOTCAPABLE')
      expect(h.write(1, 'x')).toBe(1)
    },
  ),
  line('fd_fdstat_set_rights', 'ENOTCAPABLE', 'a right that was given up is asked back', (h) => {
    const fd = file(h)
    h.limit(fd, RIGHT_FD_READ)
    expect(setRights(h, fd, RIGHT_FD_READ | RIGHT_FD_WRITE)).toBe('ENOTCAPABLE')
    expect(h.fdstat(fd).base).toBe(BigInt(RIGHT_FD_READ))
  }),
  line('fd_fdstat_set_rights', 'ENOTCAPABLE', 'a right to hand on is asked for that is not there', (h) => {
    const fd = h.opened('directory', { inheriting: RIGHT_FD_READ })
    expect(setRights(h, fd, 0, RIGHT_FD_WRITE)).toBe('ENOTCAPABLE')
    expect(h.fdstat(fd).inheriting).toBe(BigInt(RIGHT_FD_READ))
  }),
  line('fd_fdstat_set_rights', 'ENOTCAPABLE', 'stdin is asked for a right that it never had', (h) => {
    expect(setRights(h, 0, RIGHT_FD_READ | 1)).toBe('ESUCCESS')
    expect(setRights(h, 0, RIGHT_FD_READ | RIGHT_FD_SEEK)).toBe('ENOTCAPABLE')
  }),
  ...[30n, 31n, 32n, 63n].flatMap((bit) => [
    line('fd_fdstat_set_rights', 'ENOTCAPABLE', `bit ${bit}, which is no right, is asked for`, (h) => {
      expect(setRights(h, ROOT_FD, 2n ** bit)).toBe('ENOTCAPABLE')
    }),
    line('fd_fdstat_set_rights', 'ENOTCAPABLE', `bit ${bit}, which is no right, is asked for to be handed on`, (h) => {
      expect(setRights(h, ROOT_FD, 0, 2n ** bit)).toBe('ENOTCAPABLE')
      expect(h.fdstat(ROOT_FD).inheriting).toBe(BigInt(RIGHTS_ALL))
    }),
  ]),
  ...onNoDescriptor('fd_fdstat_set_rights', (h, fd) => setRights(h, fd)),
]

const stated = STATS.flatMap(([kinds]) => kinds)
const unstated = [...FILES, ...DIRECTORIES, ...DEVICES, ...INPUTS, ...OUTPUTS, ...PIPES, ...SOCKETS, ...STREAMS].filter(
  (kind) => !stated.includes(kind),
)
if (unstated.length > 0) throw new Error(`nothing says what fd_fdstat_get writes for ${unstated.join(', ')}`)
