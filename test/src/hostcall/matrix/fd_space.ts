/** fd_advise, fd_allocate, fd_datasync and fd_sync, line by line. */

import { expect } from 'vitest'
import {
  ADVICE_DONTNEED,
  ADVICE_NOREUSE,
  ADVICE_NORMAL,
  ADVICE_RANDOM,
  ADVICE_SEQUENTIAL,
  ADVICE_WILLNEED,
  RIGHT_FD_ADVISE,
  RIGHT_FD_ALLOCATE,
  RIGHT_FD_DATASYNC,
  RIGHT_FD_SYNC,
} from '../../../../src/abi/types.ts'
import { type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import {
  DEVICES,
  DIRECTORIES,
  EPOCH,
  FILES,
  line,
  onEveryKind,
  onMissingRight,
  onNoDescriptor,
  STREAMS,
  TICK,
} from './descriptors.ts'
import type { Case } from './types.ts'

const ADVICES = [
  [ADVICE_NORMAL, 'NORMAL'],
  [ADVICE_SEQUENTIAL, 'SEQUENTIAL'],
  [ADVICE_RANDOM, 'RANDOM'],
  [ADVICE_WILLNEED, 'WILLNEED'],
  [ADVICE_DONTNEED, 'DONTNEED'],
  [ADVICE_NOREUSE, 'NOREUSE'],
] as const

const file = (h: Hostcalls): number => h.opened('file', { rights: READ_WRITE })
const advise = (h: Hostcalls, fd: number, offset = 0n, len = 0n, advice = 0): string =>
  h.call('fd_advise', fd, offset, len, advice)
const allocate = (h: Hostcalls, fd: number, offset = 0n, len = 1n): string => h.call('fd_allocate', fd, offset, len)

export const fdSpaceCases: readonly Case[] = [
  ...onEveryKind(
    'fd_advise',
    { ESUCCESS: FILES, ENOTCAPABLE: [...DIRECTORIES, ...DEVICES], ESPIPE: STREAMS },
    (h, fd) => advise(h, fd),
  ),
  ...ADVICES.map(([advice, name]) =>
    line('fd_advise', 'ESUCCESS', `takes the advice ${name} and changes nothing`, (h) => {
      const fd = file(h)
      const before = h.fstat(fd)
      expect(advise(h, fd, 1n, 2n, advice)).toBe('ESUCCESS')
      expect(h.fstat(fd)).toEqual(before)
    }),
  ),
  line('fd_advise', 'ESUCCESS', 'takes ranges beyond the end, and the largest that there is', (h) => {
    expect(advise(h, file(h), 1_000_000n, 1_000_000n)).toBe('ESUCCESS')
    expect(advise(h, file(h), 2n ** 63n - 1n, 2n ** 63n - 1n)).toBe('ESUCCESS')
  }),
  ...[6, 255, 256, -1].map((advice) =>
    line('fd_advise', 'EINVAL', `the advice is ${advice}`, (h) =>
      expect(advise(h, file(h), 0n, 0n, advice)).toBe('EINVAL'),
    ),
  ),
  line('fd_advise', 'EINVAL', 'the offset is negative', (h) => expect(advise(h, file(h), -1n)).toBe('EINVAL')),
  line('fd_advise', 'EINVAL', 'the offset is -2^63', (h) => expect(advise(h, file(h), -(2n ** 63n))).toBe('EINVAL')),
  line('fd_advise', 'EINVAL', 'the length is negative', (h) => expect(advise(h, file(h), 0n, -1n)).toBe('EINVAL')),
  ...onMissingRight('fd_advise', RIGHT_FD_ADVISE, 'FD_ADVISE', (h, fd) => advise(h, fd)),
  ...onNoDescriptor('fd_advise', (h, fd) => advise(h, fd)),

  ...onEveryKind(
    'fd_allocate',
    {
      ESUCCESS: ['file', 'writeOnly', 'removedFile'],
      EBADF: ['readOnly', 'stdinFile'],
      EISDIR: DIRECTORIES,
      ENODEV: DEVICES,
      ESPIPE: STREAMS,
    },
    (h, fd) => allocate(h, fd),
  ),
  line('fd_allocate', 'ESUCCESS', 'grows the file to the end of the range, with zeros', (h) => {
    const fd = file(h)
    expect(allocate(h, fd, 9n, 3n)).toBe('ESUCCESS')
    expect(h.fstat(fd).size).toBe(12n)
    expect(h.read(fd, 99)).toBe('content\0\0\0\0\0')
  }),
  line('fd_allocate', 'ESUCCESS', 'leaves what is in the file, its size, and the offset', (h) => {
    const fd = file(h)
    expect(h.read(fd, 3)).toBe('con')
    expect(allocate(h, fd, 0n, 7n)).toBe('ESUCCESS')
    expect(allocate(h, fd, 2n, 1n)).toBe('ESUCCESS')
    expect(h.fstat(fd).size).toBe(7n)
    expect(h.read(fd, 99)).toBe('tent')
  }),
  line('fd_allocate', 'ESUCCESS', 'says when the file changed', (h) => {
    const fd = file(h)
    expect(allocate(h, fd, 0n, 99n)).toBe('ESUCCESS')
    const now = EPOCH + 2n * TICK
    expect(h.fstat(fd)).toMatchObject({ atim: EPOCH, mtim: now, ctim: now })
  }),
  line(
    'fd_allocate',
    'ESUCCESS',
    'takes its place in the quota, so that later writes there do not fail',
    (h) => {
      const [fd, other] = [file(h), h.opened('directory/inner', { rights: READ_WRITE })]
      // Room for three blocks: one in each file, and this.
      expect(allocate(h, fd, 4096n, 1n)).toBe('ESUCCESS')
      h.must('fd_seek', other, 4096n, 0, h.out(8))
      expect(h.write(other, 'x')).toBe('ENOSPC')
      h.must('fd_seek', fd, 4096n, 0, h.out(8))
      expect(h.write(fd, 'x')).toBe(1)
    },
    { quota: { bytes: 3 * 4096 } },
  ),
  line(
    'fd_allocate',
    'ENOSPC',
    'the quota is too small, and nothing has changed',
    (h) => {
      expect(allocate(h, file(h), 0n, 8193n)).toBe('ENOSPC')
    },
    { quota: { bytes: 3 * 4096 } },
  ),
  line('fd_allocate', 'ENOSPC', 'the range is a petabyte', (h) => {
    expect(allocate(h, file(h), 0n, 2n ** 50n)).toBe('ENOSPC')
  }),
  line('fd_allocate', 'EFBIG', 'the range goes beyond the largest size', (h) => {
    expect(allocate(h, file(h), 2n ** 53n - 1n, 1n)).toBe('EFBIG')
  }),
  line('fd_allocate', 'EFBIG', 'the offset is over 2^53', (h) =>
    expect(allocate(h, file(h), 2n ** 53n, 3n)).toBe('EFBIG'),
  ),
  line('fd_allocate', 'EFBIG', 'offset and length are the largest that there are', (h) => {
    expect(allocate(h, file(h), 2n ** 63n - 1n, 2n ** 63n - 1n)).toBe('EFBIG')
  }),
  line('fd_allocate', 'EINVAL', 'the length is 0', (h) => expect(allocate(h, file(h), 1n, 0n)).toBe('EINVAL')),
  line('fd_allocate', 'EINVAL', 'the length is negative', (h) => expect(allocate(h, file(h), 1n, -1n)).toBe('EINVAL')),
  line('fd_allocate', 'EINVAL', 'the offset is negative', (h) => expect(allocate(h, file(h), -1n, 1n)).toBe('EINVAL')),
  line('fd_allocate', 'EINVAL', 'the offset is -2^63', (h) =>
    expect(allocate(h, file(h), -(2n ** 63n), 1n)).toBe('EINVAL'),
  ),
  ...onMissingRight('fd_allocate', RIGHT_FD_ALLOCATE, 'FD_ALLOCATE', (h, fd) => allocate(h, fd)),
  ...onNoDescriptor('fd_allocate', (h, fd) => allocate(h, fd)),

  ...(
    [
      ['fd_datasync', RIGHT_FD_DATASYNC, 'FD_DATASYNC'],
      ['fd_sync', RIGHT_FD_SYNC, 'FD_SYNC'],
    ] as const
  ).flatMap(([call, right, name]) => [
    ...onEveryKind(call, { ESUCCESS: [...FILES, ...DIRECTORIES, ...DEVICES], EINVAL: STREAMS }, (h, fd) =>
      h.call(call, fd),
    ),
    line(call, 'ESUCCESS', 'changes neither contents nor times', (h) => {
      const fd = file(h)
      expect(h.write(fd, 'CON')).toBe(3)
      const before = h.fstat(fd)
      h.must(call, fd)
      expect(h.fstat(fd)).toEqual(before)
    }),
    ...onMissingRight(call, right, name, (h, fd) => h.call(call, fd)),
    ...onNoDescriptor(call, (h, fd) => h.call(call, fd)),
  ]),
]
