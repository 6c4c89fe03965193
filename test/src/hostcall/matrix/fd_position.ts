/** fd_pread, fd_pwrite, fd_seek and fd_tell, line by line. */

import { expect } from 'vitest'
import {
  FDFLAG_APPEND,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
  RIGHT_FD_TELL,
  RIGHT_FD_WRITE,
  WHENCE_CUR,
  WHENCE_END,
  WHENCE_SET,
} from '../../../../src/abi/types.ts'
import { type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import {
  DEVICES,
  DIRECTORIES,
  EPOCH,
  FILES,
  hex,
  line,
  onBadPointer,
  onEveryKind,
  onMissingRight,
  onNoDescriptor,
  STREAMS,
  TICK,
  u64,
} from './descriptors.ts'
import type { Case } from './types.ts'

const LARGEST = 2n ** 53n - 1n
const file = (h: Hostcalls, fdflags = 0): number => h.opened('file', { rights: READ_WRITE, fdflags })
const content = (h: Hostcalls): string => h.machine.fs.readFileSync('/file', 'utf8')

/** Reads into these ranges at `offset`: the texts, or the errno's name. */
function preadv(h: Hostcalls, fd: number, offset: bigint, ...ranges: number[]): string[] | string {
  const { ptr, len, regions } = h.iovs(...ranges)
  const out = h.out(4)
  const answer = h.call('fd_pread', fd, ptr, len, offset, out)
  if (answer !== 'ESUCCESS') return answer
  let left = h.u32(out)
  return regions.map((region) => {
    const part = Math.min(left, region.len)
    left -= part
    return h.text({ ptr: region.ptr, len: part })
  })
}

function pwritev(h: Hostcalls, fd: number, offset: bigint, ...ranges: string[]): number | string {
  const { ptr, len } = h.iovs(...ranges)
  const out = h.out(4)
  const answer = h.call('fd_pwrite', fd, ptr, len, offset, out)
  return answer === 'ESUCCESS' ? h.u32(out) : answer
}

const pread = (h: Hostcalls, fd: number, offset = 1n): string => {
  const texts = preadv(h, fd, offset, 3)
  return typeof texts === 'string' ? texts : 'ESUCCESS'
}
const pwrite = (h: Hostcalls, fd: number, offset = 1n): string => {
  const count = pwritev(h, fd, offset, 'abc')
  return typeof count === 'string' ? count : 'ESUCCESS'
}

/** Moves: the new offset, or the errno's name. */
function seek(h: Hostcalls, fd: number, delta: bigint, whence: number): bigint | string {
  const out = h.out(8)
  const answer = h.call('fd_seek', fd, delta, whence, out)
  return answer === 'ESUCCESS' ? h.u64(out) : answer
}

function tell(h: Hostcalls, fd: number): bigint | string {
  const out = h.out(8)
  const answer = h.call('fd_tell', fd, out)
  return answer === 'ESUCCESS' ? h.u64(out) : answer
}

const seeks = (h: Hostcalls, fd: number, delta = 0n, whence = WHENCE_SET): string =>
  h.call('fd_seek', fd, delta, whence, h.out(8))
const tells = (h: Hostcalls, fd: number): string => h.call('fd_tell', fd, h.out(8))

/** What is wrong with ranges and offset, for both calls. */
function rangeCases(call: 'fd_pread' | 'fd_pwrite'): Case[] {
  const make = (h: Hostcalls, iovs: number, count: number, out = h.out(4), offset = 1n): string =>
    h.call(call, file(h), iovs, count, offset, out)
  return [
    ...onBadPointer(call, 'the array of ranges', 16, (h, ptr) => make(h, ptr, 2)),
    ...onBadPointer(call, 'the second range', 4, (h, ptr) => make(h, h.iovs('good', { ptr, len: 4 }).ptr, 2)),
    ...onBadPointer(call, 'the pointer for the count', 4, (h, ptr) => make(h, h.iovs('good').ptr, 1, ptr)),
    line(call, 'EINVAL', 'there are 1,025 ranges', (h) => {
      expect(make(h, h.iovs(...new Array(1025).fill({ ptr: 1024, len: 0 })).ptr, 1025)).toBe('EINVAL')
    }),
    ...[-1n, -(2n ** 53n), -(2n ** 63n)].map((offset) =>
      line(call, 'EINVAL', `the offset is ${offset}`, (h) => {
        expect(make(h, h.iovs('good').ptr, 1, h.out(4), offset)).toBe('EINVAL')
      }),
    ),
  ]
}

export const fdPositionCases: readonly Case[] = [
  ...onEveryKind(
    'fd_pread',
    {
      ESUCCESS: ['file', 'readOnly', 'removedFile', 'stdinFile', ...DEVICES],
      EBADF: ['writeOnly'],
      EISDIR: DIRECTORIES,
      ESPIPE: STREAMS,
    },
    (h, fd) => pread(h, fd),
  ),
  line(
    'fd_pread',
    'ESUCCESS',
    'reads at the offset that it is given, into the ranges in order, and its own stays',
    (h) => {
      const fd = file(h)
      expect(h.read(fd, 2)).toBe('co')
      const { ptr, len, regions } = h.iovs(1, 0, 2)
      const nread = h.out(4)
      h.must('fd_pread', fd, ptr, len, 3n, nread)
      expect(h.bytes(nread, 4)).toEqual(hex('03 00 00 00'))
      expect(regions.map((region) => h.text(region))).toEqual(['t', '', 'en'])
      expect(h.read(fd, 2)).toBe('nt')
    },
  ),
  line('fd_pread', 'ESUCCESS', 'reads a part at the end, and nothing beyond it, however far', (h) => {
    const fd = file(h)
    expect(preadv(h, fd, 5n, 1, 9)).toEqual(['n', 't'])
    for (const offset of [7n, 8n, 2n ** 32n, LARGEST, LARGEST + 1n, 2n ** 63n - 1n])
      expect(preadv(h, fd, offset, 4)).toEqual([''])
  }),
  line('fd_pread', 'ESUCCESS', 'reads devices at any offset as at none', (h) => {
    expect(preadv(h, h.opened('dev/zero'), 99n, 2)).toEqual(['\0\0'])
    expect(preadv(h, h.opened('dev/null'), 0n, 2)).toEqual([''])
  }),
  ...rangeCases('fd_pread'),
  ...onMissingRight('fd_pread', RIGHT_FD_READ, 'FD_READ', (h, fd) => pread(h, fd)),
  ...onMissingRight('fd_pread', RIGHT_FD_SEEK, 'FD_SEEK', (h, fd) => pread(h, fd)),
  ...onNoDescriptor('fd_pread', (h, fd) => pread(h, fd)),

  ...onEveryKind(
    'fd_pwrite',
    {
      ESUCCESS: ['file', 'writeOnly', 'removedFile', 'null', 'zero', 'random', 'urandom'],
      EBADF: ['readOnly', 'stdinFile', ...DIRECTORIES],
      ENOSPC: ['full'],
      ESPIPE: STREAMS,
    },
    (h, fd) => pwrite(h, fd),
  ),
  line('fd_pwrite', 'ESUCCESS', 'writes at the offset that it is given, and its own stays', (h) => {
    const fd = file(h)
    expect(h.read(fd, 2)).toBe('co')
    const { ptr, len } = h.iovs('T', '', 'EN')
    const nwritten = h.out(4)
    h.must('fd_pwrite', fd, ptr, len, 3n, nwritten)
    expect(h.bytes(nwritten, 4)).toEqual(hex('03 00 00 00'))
    expect(h.read(fd, 9)).toBe('nTENt')
    expect(h.fstat(fd)).toMatchObject({ mtim: EPOCH + 3n * TICK, size: 7n })
  }),
  line('fd_pwrite', 'ESUCCESS', 'grows the file, with a hole where it starts beyond the end', (h) => {
    const fd = file(h)
    expect(pwritev(h, fd, 9n, 'x')).toBe(1)
    expect(content(h)).toBe('content\0\0x')
    expect(pwritev(h, fd, 2n ** 40n, 'x')).toBe(1)
    expect(h.fstat(fd).size).toBe(2n ** 40n + 1n)
  }),
  line('fd_pwrite', 'ESUCCESS', 'writes at the end with APPEND, as on Linux, and the offset stays', (h) => {
    const fd = file(h, FDFLAG_APPEND)
    expect(h.read(fd, 3)).toBe('con')
    expect(pwritev(h, fd, 0n, '++')).toBe(2)
    expect(content(h)).toBe('content++')
    expect(tell(h, fd)).toBe(3n)
  }),
  line('fd_pwrite', 'ESUCCESS', 'writes no bytes anywhere, and grows nothing', (h) => {
    const fd = file(h)
    const before = h.fstat(fd)
    expect([pwritev(h, fd, 100n, ''), pwritev(h, fd, 0n), pwritev(h, fd, 2n ** 63n - 1n, '')]).toEqual([0, 0, 0])
    expect(h.fstat(fd)).toEqual(before)
  }),
  line(
    'fd_pwrite',
    'ESUCCESS',
    'writes what the quota has room for',
    (h) => {
      expect(pwritev(h, file(h), 4090n, 'a'.repeat(10))).toBe(6)
    },
    { quota: { bytes: 2 * 4096 } },
  ),
  line(
    'fd_pwrite',
    'ENOSPC',
    'the quota is full',
    (h) => {
      expect(pwrite(h, file(h), 4096n)).toBe('ENOSPC')
    },
    { quota: { bytes: 2 * 4096 } },
  ),
  ...[LARGEST, LARGEST + 1n, 2n ** 63n - 1n].map((offset) =>
    line('fd_pwrite', 'EFBIG', `the offset is ${offset}`, (h) => expect(pwrite(h, file(h), offset)).toBe('EFBIG')),
  ),
  ...rangeCases('fd_pwrite'),
  ...onMissingRight('fd_pwrite', RIGHT_FD_WRITE, 'FD_WRITE', (h, fd) => pwrite(h, fd)),
  ...onMissingRight('fd_pwrite', RIGHT_FD_SEEK, 'FD_SEEK', (h, fd) => pwrite(h, fd)),
  ...onNoDescriptor('fd_pwrite', (h, fd) => pwrite(h, fd)),

  ...onEveryKind('fd_seek', { ESUCCESS: [...FILES, ...DEVICES], EISDIR: DIRECTORIES, ESPIPE: STREAMS }, (h, fd) =>
    seeks(h, fd),
  ),
  line('fd_seek', 'ESUCCESS', 'moves from the start, from where it is, and from the end', (h) => {
    const fd = file(h)
    expect(seek(h, fd, 5n, WHENCE_SET)).toBe(5n)
    expect(seek(h, fd, -2n, WHENCE_CUR)).toBe(3n)
    expect(h.read(fd, 2)).toBe('te')
    expect(seek(h, fd, 0n, WHENCE_CUR)).toBe(5n)
    expect(seek(h, fd, -1n, WHENCE_END)).toBe(6n)
    expect(h.read(fd, 9)).toBe('t')
    expect(seek(h, fd, 0n, WHENCE_SET)).toBe(0n)
  }),
  line('fd_seek', 'ESUCCESS', 'moves beyond the end, which grows nothing', (h) => {
    const fd = file(h)
    expect(seek(h, fd, 460n, WHENCE_END)).toBe(467n)
    expect(h.fstat(fd).size).toBe(7n)
    expect(h.read(fd, 4)).toBe('')
  }),
  line('fd_seek', 'ESUCCESS', 'writes the new offset as eight bytes', (h) => {
    const out = h.out(8)
    h.must('fd_seek', file(h), 0x12_3456_789a_bcden, WHENCE_SET, out)
    expect(h.bytes(out, 8)).toEqual(hex('de bc 9a 78 56 34 12 00'))
  }),
  line('fd_seek', 'ESUCCESS', 'moves to the largest offset that there is, and back', (h) => {
    const fd = file(h)
    expect(seek(h, fd, LARGEST, WHENCE_SET)).toBe(LARGEST)
    expect(seek(h, fd, -LARGEST, WHENCE_CUR)).toBe(0n)
  }),
  line('fd_seek', 'ESUCCESS', 'stays at 0 in a device', (h) => {
    expect(seek(h, h.opened('dev/zero'), 99n, WHENCE_SET)).toBe(0n)
    expect(seek(h, h.opened('dev/zero'), -99n, WHENCE_END)).toBe(0n)
  }),
  line('fd_seek', 'ESUCCESS', 'sees the end that another descriptor made', (h) => {
    const fd = file(h)
    expect(h.write(file(h, FDFLAG_APPEND), '+++')).toBe(3)
    expect(seek(h, fd, 0n, WHENCE_END)).toBe(10n)
  }),
  line('fd_seek', 'ESUCCESS', 'says where it is with no right but FD_TELL', (h) => {
    const fd = file(h)
    h.limit(fd, RIGHT_FD_TELL)
    expect(seek(h, fd, 0n, WHENCE_CUR)).toBe(0n)
    expect(seek(h, fd, 1n, WHENCE_CUR)).toBe('ENOTCAPABLE')
    expect(seek(h, fd, 0n, WHENCE_SET)).toBe('ENOTCAPABLE')
  }),
  line('fd_seek', 'ESUCCESS', 'moves, and says where it is, with no right but FD_SEEK, which implies FD_TELL', (h) => {
    const fd = file(h)
    h.limit(fd, RIGHT_FD_SEEK)
    expect(seek(h, fd, 3n, WHENCE_SET)).toBe(3n)
    expect(seek(h, fd, 0n, WHENCE_CUR)).toBe(3n)
  }),
  line('fd_seek', 'ESUCCESS', 'writes to the last bytes of memory', (h) => {
    h.must('fd_seek', file(h), 7n, WHENCE_SET, h.end - 8)
    expect(h.bytes(h.end - 8, 8)).toEqual(u64(7))
  }),
  ...(
    [
      ['from the start', -1n, WHENCE_SET],
      ['from where it is', -1n, WHENCE_CUR],
      ['from the end', -8n, WHENCE_END],
      ['by -2^63 from the start', -(2n ** 63n), WHENCE_SET],
      ['by -2^63 from the end', -(2n ** 63n), WHENCE_END],
    ] as const
  ).map(([how, delta, whence]) =>
    line('fd_seek', 'EINVAL', `it would be negative, ${how}`, (h) =>
      expect(seeks(h, file(h), delta, whence)).toBe('EINVAL'),
    ),
  ),
  ...[3, 255, 256, -1].map((whence) =>
    line('fd_seek', 'EINVAL', `the whence is ${whence}`, (h) => expect(seeks(h, file(h), 0n, whence)).toBe('EINVAL')),
  ),
  ...(
    [
      ['from the start', LARGEST + 1n, WHENCE_SET],
      ['from the end', LARGEST - 6n, WHENCE_END],
      ['by 2^63 - 1 from where it is', 2n ** 63n - 1n, WHENCE_CUR],
      ['by 2^63 - 1 from the end', 2n ** 63n - 1n, WHENCE_END],
    ] as const
  ).map(([how, delta, whence]) =>
    line('fd_seek', 'EOVERFLOW', `it would be over 2^53 - 1, ${how}`, (h) =>
      expect(seeks(h, file(h), delta, whence)).toBe('EOVERFLOW'),
    ),
  ),
  ...onMissingRight('fd_seek', RIGHT_FD_SEEK, 'FD_SEEK', (h, fd) => seeks(h, fd)),
  ...onMissingRight('fd_seek', RIGHT_FD_SEEK | RIGHT_FD_TELL, 'FD_SEEK and FD_TELL', (h, fd) =>
    seeks(h, fd, 0n, WHENCE_CUR),
  ),
  ...onBadPointer('fd_seek', 'the pointer', 8, (h, ptr) => h.call('fd_seek', file(h), 3n, WHENCE_SET, ptr)),
  ...onNoDescriptor('fd_seek', (h, fd) => seeks(h, fd)),

  ...onEveryKind('fd_tell', { ESUCCESS: [...FILES, ...DEVICES], EISDIR: DIRECTORIES, ESPIPE: STREAMS }, tells),
  line('fd_tell', 'ESUCCESS', 'writes the offset that reads, writes and seeks left', (h) => {
    const fd = file(h)
    expect(tell(h, fd)).toBe(0n)
    h.read(fd, 3)
    expect(tell(h, fd)).toBe(3n)
    h.write(fd, 'xx')
    expect(tell(h, fd)).toBe(5n)
    seek(h, fd, 0x1_0000_0002n, WHENCE_SET)
    const out = h.out(8)
    h.must('fd_tell', fd, out)
    expect(h.bytes(out, 8)).toEqual(hex('02 00 00 00 01 00 00 00'))
  }),
  line('fd_tell', 'ESUCCESS', 'needs FD_TELL or FD_SEEK, which implies it', (h) => {
    for (const right of [RIGHT_FD_TELL, RIGHT_FD_SEEK]) {
      const fd = file(h)
      h.limit(fd, right)
      expect(tell(h, fd)).toBe(0n)
    }
  }),
  ...onMissingRight('fd_tell', RIGHT_FD_SEEK | RIGHT_FD_TELL, 'FD_SEEK and FD_TELL', tells),
  ...onBadPointer('fd_tell', 'the pointer', 8, (h, ptr) => h.call('fd_tell', file(h), ptr)),
  ...onNoDescriptor('fd_tell', tells),
]
