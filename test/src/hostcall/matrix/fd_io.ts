/** fd_read and fd_write, line by line. */

import { expect } from 'vitest'
import { PIPE_CAPACITY } from '../../../../kernel/byte_queue.ts'
import { Random } from '../../../../kernel/random.ts'
import { FDFLAG_APPEND, FDFLAG_NONBLOCK, RIGHT_FD_READ, RIGHT_FD_WRITE, RIGHTS_ALL } from '../../../../src/abi/types.ts'
import { type Bytes, ENDED, type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import {
  accepted,
  DEVICES,
  DIRECTORIES,
  EPOCH,
  fifoIn,
  hex,
  INPUTS,
  line,
  OUTPUTS,
  onBadPointer,
  onEveryKind,
  onMissingRight,
  onNoDescriptor,
  pipeIn,
  removedFile,
  TICK,
  u32,
} from './descriptors.ts'
import type { Case } from './types.ts'

const IOV_MAX = 1024
const file = (h: Hostcalls, fdflags = 0): number => h.opened('file', { rights: READ_WRITE, fdflags })
const content = (h: Hostcalls, path = '/file'): string => h.machine.fs.readFileSync(path, 'utf8')

/** Reads into these ranges: the answer, the count, and the text of each range up to the count. */
function readv(
  h: Hostcalls,
  fd: number,
  ...ranges: (number | Bytes)[]
): { answer: string; nread: number; texts: string[] } {
  const { ptr, len, regions } = h.iovs(...ranges)
  const out = h.out(4)
  const answer = h.call('fd_read', fd, ptr, len, out)
  const nread = answer === 'ESUCCESS' ? h.u32(out) : 0
  let left = nread
  const texts = regions.map((region) => {
    const part = Math.min(left, region.len)
    left -= part
    return h.text({ ptr: region.ptr, len: part })
  })
  return { answer, nread, texts }
}

/** Writes these ranges: the count, or the errno's name. */
function writev(h: Hostcalls, fd: number, ...ranges: (string | Uint8Array | Bytes)[]): number | string {
  const { ptr, len } = h.iovs(...ranges)
  const out = h.out(4)
  const answer = h.call('fd_write', fd, ptr, len, out)
  return answer === 'ESUCCESS' ? h.u32(out) : answer
}

const read = (h: Hostcalls, fd: number): string => readv(h, fd, 4).answer
const write = (h: Hostcalls, fd: number): string => {
  const count = writev(h, fd, 'data')
  return typeof count === 'string' ? count : 'ESUCCESS'
}

/** What is wrong with the ranges, for both calls. `target` is a file of 7 bytes. */
function rangeCases(call: 'fd_read' | 'fd_write'): Case[] {
  const make = (h: Hostcalls, iovs: number, count: number, out = h.out(4)): string =>
    h.call(call, file(h), iovs, count, out)
  return [
    ...onBadPointer(call, 'the array of one range', 8, (h, ptr) => make(h, ptr, 1)),
    ...onBadPointer(call, 'the array of three ranges', 24, (h, ptr) => make(h, ptr, 3)),
    ...onBadPointer(call, 'the only range', 4, (h, ptr) => make(h, h.iovs({ ptr, len: 4 }).ptr, 1)),
    ...onBadPointer(call, 'the last of three ranges', 4, (h, ptr) =>
      make(h, h.iovs('good', 'fine', { ptr, len: 4 }).ptr, 3),
    ),
    ...onBadPointer(call, 'the pointer for the count', 4, (h, ptr) => make(h, h.iovs('good').ptr, 1, ptr)),
    line(call, 'EFAULT', 'a range would wrap around to the start of memory', (h) => {
      expect(make(h, h.iovs('good', { ptr: 0xffff_fff0, len: 0x20 }).ptr, 2)).toBe('EFAULT')
    }),
    line(call, 'EFAULT', 'a range has the length -1', (h) => {
      expect(make(h, h.iovs({ ptr: 1024, len: -1 }).ptr, 1)).toBe('EFAULT')
    }),
    line(call, 'EFAULT', 'the descriptor is not open either', (h) =>
      expect(h.call(call, 99, h.end, 1, h.out(4))).toBe('EFAULT'),
    ),
    line(call, 'EINVAL', 'there are 1,025 ranges', (h) => {
      expect(make(h, h.iovs(...new Array(IOV_MAX + 1).fill({ ptr: 1024, len: 0 })).ptr, IOV_MAX + 1)).toBe('EINVAL')
    }),
    line(call, 'EINVAL', 'there are -1 ranges', (h) => expect(make(h, h.iovs('good').ptr, -1)).toBe('EINVAL')),
  ]
}

export const fdIoCases: readonly Case[] = [
  ...onEveryKind(
    'fd_read',
    {
      ESUCCESS: ['file', 'readOnly', 'removedFile', 'stdinFile', ...DEVICES, ...INPUTS, 'connected'],
      EBADF: ['writeOnly', ...OUTPUTS, 'pipeWriter'],
      EISDIR: DIRECTORIES,
      EAGAIN: ['fifo'],
      ENOTCONN: ['listener'],
      ENDED: ['pipeReader', 'pair'],
    },
    read,
  ),
  line('fd_read', 'ESUCCESS', 'writes the bytes and their number', (h) => {
    const buf = h.out(4)
    const { ptr, len } = h.iovs({ ptr: buf, len: 4 })
    expect(h.bytes(ptr, 8)).toEqual([...u32(buf), ...hex('04 00 00 00')])
    const nread = h.out(4)
    h.must('fd_read', file(h), ptr, len, nread)
    expect(h.bytes(buf, 4)).toEqual(hex('63 6f 6e 74'))
    expect(h.bytes(nread, 4)).toEqual(hex('04 00 00 00'))
  }),
  line('fd_read', 'ESUCCESS', 'fills the ranges in order, and moves the offset by what it read', (h) => {
    const fd = file(h)
    expect(readv(h, fd, 2, 1, 2)).toEqual({ answer: 'ESUCCESS', nread: 5, texts: ['co', 'n', 'te'] })
    expect(readv(h, fd, 1, 5)).toEqual({ answer: 'ESUCCESS', nread: 2, texts: ['n', 't'] })
    expect(readv(h, fd, 5)).toEqual({ answer: 'ESUCCESS', nread: 0, texts: [''] })
    expect(readv(h, fd, 5).nread).toBe(0)
  }),
  line('fd_read', 'ESUCCESS', 'passes over ranges of no bytes, wherever they point', (h) => {
    const nowhere = { ptr: 0xffff_fff0, len: 0 }
    expect(readv(h, file(h), 0, 4)).toMatchObject({ nread: 4, texts: ['', 'cont'] })
    expect(readv(h, file(h), 2, 0, 2, 0)).toMatchObject({ nread: 4, texts: ['co', '', 'nt', ''] })
    expect(readv(h, file(h), nowhere, 4, nowhere)).toMatchObject({ nread: 4, texts: ['', 'cont', ''] })
  }),
  line('fd_read', 'ESUCCESS', 'reads nothing into no ranges', (h) => {
    expect(readv(h, file(h))).toEqual({ answer: 'ESUCCESS', nread: 0, texts: [] })
    expect(readv(h, 0, 0, 0).nread).toBe(0)
  }),
  line('fd_read', 'ESUCCESS', 'takes 1,024 ranges', (h) => {
    const { ptr, len } = h.iovs(...new Array(IOV_MAX).fill({ ptr: 2048, len: 1 }))
    const nread = h.out(4)
    h.must('fd_read', file(h), ptr, len, nread)
    expect(h.u32(nread)).toBe(7)
  }),
  line('fd_read', 'ESUCCESS', 'fills one range twice if it is told to', (h) => {
    const same = { ptr: h.out(3), len: 3 }
    expect(readv(h, file(h), same, same).nread).toBe(6)
    expect(h.text(same)).toBe('ten')
  }),
  line('fd_read', 'ESUCCESS', 'fills the last bytes of memory, and has the count in the array of ranges', (h) => {
    const { ptr, len } = h.iovs({ ptr: h.end - 4, len: 4 })
    h.must('fd_read', file(h), ptr, len, ptr + 4)
    expect(h.text({ ptr: h.end - 4, len: 4 })).toBe('cont')
    expect(h.u32(ptr + 4)).toBe(4)
    h.must('fd_read', file(h), ptr, len, h.end - 4)
    expect(h.u32(h.end - 4)).toBe(4)
  }),
  line('fd_read', 'ESUCCESS', 'changes no time: the access time is not kept', (h) => {
    const fd = file(h)
    const before = h.fstat(fd)
    read(h, fd)
    expect(h.fstat(fd)).toEqual(before)
  }),
  line('fd_read', 'ESUCCESS', 'reads 0 bytes beyond the end, and what is there once it is', (h) => {
    const fd = file(h)
    h.must('fd_seek', fd, 9n, 0, h.out(8))
    expect(h.read(fd, 9)).toBe('')
    const writer = file(h, FDFLAG_APPEND)
    expect(writev(h, writer, '89ab')).toBe(4)
    expect(h.read(fd, 9)).toBe('ab')
  }),
  line('fd_read', 'ESUCCESS', 'reads zeros in a hole', (h) => {
    const fd = file(h)
    h.must('fd_seek', fd, 100_000n, 0, h.out(8))
    expect(writev(h, fd, 'end')).toBe(3)
    h.must('fd_seek', fd, 5n, 0, h.out(8))
    expect(h.read(fd, 6)).toBe('nt\0\0\0\0')
    h.must('fd_seek', fd, 99_998n, 0, h.out(8))
    expect(h.read(fd, 99)).toBe('\0\0end')
  }),
  line('fd_read', 'ESUCCESS', 'reads what was removed and is still open', (h) =>
    expect(h.read(removedFile(h), 99)).toBe('content'),
  ),
  line('fd_read', 'ESUCCESS', 'has an offset for each open, not for each file', (h) => {
    const [one, two] = [file(h), file(h)]
    expect([h.read(one, 3), h.read(two, 4), h.read(one, 2)]).toEqual(['con', 'cont', 'te'])
  }),
  line('fd_read', 'ESUCCESS', 'reads nothing from /dev/null and zeros from /dev/zero and /dev/full', (h) => {
    expect(h.read(h.opened('dev/null'), 4)).toBe('')
    expect(readv(h, h.opened('dev/zero'), 2, 0, 2).texts).toEqual(['\0\0', '', '\0\0'])
    expect(h.read(h.opened('dev/full'), 4)).toBe('\0\0\0\0')
  }),
  line(
    'fd_read',
    'ESUCCESS',
    "reads the process's stream of random bytes from /dev/random, over ranges of any size",
    (h) => {
      const { ptr, len, regions } = h.iovs(3, 0, 1, 7)
      h.must('fd_read', h.opened('dev/random'), ptr, len, h.out(4))
      const expected = new Uint8Array(11)
      new Random('\x001').fill(expected, 0, 11)
      expect(regions.flatMap((region) => h.bytes(region.ptr, region.len))).toEqual([...expected])
    },
  ),
  line('fd_read', 'ESUCCESS', 'reads stdin to its end, and 0 bytes from then on', (h) => {
    expect([h.read(0, 2), h.read(0, 99), h.read(0, 99), h.read(0, 99)]).toEqual(['st', 'din', '', ''])
  }),
  line('fd_read', 'ESUCCESS', 'reads 0 bytes from stdin that nobody gave', (h) => expect(h.read(0, 9)).toBe(''), {
    run: { stdin: '' },
  }),
  line(
    'fd_read',
    'ESUCCESS',
    'gives stdin that is pulled chunk by chunk, where a short count is no end',
    (h) => {
      expect([h.read(0, 2), h.read(0, 99), h.read(0, 99), h.read(0, 99)]).toEqual(['ab', 'c', 'de', ''])
    },
    { run: { stdin: ['abc', '', new Uint8Array(0), 'de'] } },
  ),
  line(
    'fd_read',
    'ESUCCESS',
    'fills further ranges from the next chunk where a chunk ends with a range',
    (h) => expect(readv(h, 0, 3, 2, 9)).toMatchObject({ nread: 6, texts: ['abc', 'de', 'f'] }),
    { run: { stdin: ['abc', 'de', 'f', 'gh'] } },
  ),
  line('fd_read', 'ESUCCESS', 'reads stdin and /dev/stdin as one', (h) => {
    const fd = h.opened('dev/stdin')
    expect([h.read(0, 2), h.read(fd, 1), h.read(0, 9)]).toEqual(['st', 'd', 'in'])
  }),
  line(
    'fd_read',
    'ESUCCESS',
    'reads stdin that is a file of the machine, as it is when it is read',
    (h) => {
      expect(h.read(0, 3)).toBe('con')
      expect(writev(h, file(h), 'CONTENTS')).toBe(8)
      expect(h.read(0, 99)).toBe('TENTS')
    },
    { run: { stdin: { file: '/file' } } },
  ),
  line('fd_read', 'ESUCCESS', 'reads a fifo, and is at the end once nobody has it open for writing', (h) => {
    const fd = fifoIn(h)
    expect(writev(h, fd, 'fifo')).toBe(4)
    const reader = h.opened('fifo', { fdflags: FDFLAG_NONBLOCK })
    expect(h.read(reader, 9)).toBe('fifo')
    expect(h.read(reader, 9)).toBe('EAGAIN')
    h.must('fd_close', fd)
    expect(h.read(reader, 9)).toBe('')
  }),
  line('fd_read', 'ESUCCESS', 'reads a pipe up to what there is, and 0 bytes once its other end is closed', (h) => {
    const [reader, writer] = pipeIn(h)
    expect(writev(h, writer, 'ab', 'cde')).toBe(5)
    expect(readv(h, reader, 1, 9)).toMatchObject({ nread: 5, texts: ['a', 'bcde'] })
    h.must('fd_close', writer)
    expect(h.read(reader, 9)).toBe('')
  }),
  line(
    'fd_read',
    'ESUCCESS',
    "reads what the host's peer sent, and then its end",
    (h) => {
      const fd = accepted(h)
      expect([h.read(fd, 2), h.read(fd, 9), h.read(fd, 9)]).toEqual(['pe', 'er', ''])
    },
    { run: { listen: [[{ send: 'peer' }]] } },
  ),
  line('fd_read', 'EAGAIN', 'a socket with NONBLOCK has nothing yet', (h) => {
    const [a, b] = h.socketPair()
    h.must('fd_fdstat_set_flags', a, FDFLAG_NONBLOCK)
    expect(read(h, a)).toBe('EAGAIN')
    expect(writev(h, b, 'x')).toBe(1)
    expect(h.read(a, 4)).toBe('x')
  }),
  line('fd_read', 'EAGAIN', 'a pipe with NONBLOCK has nothing yet', (h) => {
    const [reader] = pipeIn(h)
    h.must('fd_fdstat_set_flags', reader, FDFLAG_NONBLOCK)
    expect(read(h, reader)).toBe('EAGAIN')
  }),
  line(
    'fd_read',
    ENDED,
    'nothing can come from a socket, as a deadlock that names the call and the descriptor',
    (h) => {
      const [fd] = h.socketPair()
      expect(read(h, fd)).toBe(ENDED)
      expect(h.run.end).toMatchObject({
        kind: 'deadlock',
        waits: [{ pid: h.run.pid, call: 'fd_read', fds: [{ fd, for: 'readable' }] }],
      })
    },
  ),
  ...rangeCases('fd_read'),
  ...onMissingRight('fd_read', RIGHT_FD_READ, 'FD_READ', read),
  ...onNoDescriptor('fd_read', read),

  ...onEveryKind(
    'fd_write',
    {
      ESUCCESS: [
        ...(['file', 'writeOnly', 'removedFile', 'null', 'zero', 'random', 'urandom'] as const),
        ...OUTPUTS,
        ...(['fifo', 'pipeWriter', 'connected', 'pair'] as const),
      ],
      EBADF: ['readOnly', 'stdinFile', ...DIRECTORIES, ...INPUTS, 'pipeReader'],
      ENOSPC: ['full'],
      ENOTCONN: ['listener'],
    },
    write,
  ),
  line('fd_write', 'ESUCCESS', 'writes the ranges in order, and their number', (h) => {
    const { ptr, len } = h.iovs('AB', '', 'CD')
    const nwritten = h.out(4)
    h.must('fd_write', 1, ptr, len, nwritten)
    expect(h.bytes(nwritten, 4)).toEqual(hex('04 00 00 00'))
    expect(h.run.stdout.text()).toBe('ABCD')
  }),
  line('fd_write', 'ESUCCESS', 'writes over what is there, at the offset, which moves', (h) => {
    const fd = file(h)
    expect([writev(h, fd, 'CO', 'N'), writev(h, fd, 'T')]).toEqual([3, 1])
    expect(h.read(fd, 9)).toBe('ent')
    expect(writev(h, fd, 's!')).toBe(2)
    expect(content(h)).toBe('CONTents!')
  }),
  line('fd_write', 'ESUCCESS', 'leaves a hole of zeros where it starts beyond the end', (h) => {
    const fd = file(h)
    h.must('fd_seek', fd, 9n, 0, h.out(8))
    expect(writev(h, fd, 'x')).toBe(1)
    expect(content(h)).toBe('content\0\0x')
  }),
  line('fd_write', 'ESUCCESS', 'writes nothing, and grows nothing, where there are no bytes', (h) => {
    const fd = file(h)
    const before = h.fstat(fd)
    h.must('fd_seek', fd, 100n, 0, h.out(8))
    expect([writev(h, fd), writev(h, fd, '', ''), writev(h, fd, { ptr: 0xffff_fff0, len: 0 })]).toEqual([0, 0, 0])
    expect(h.fstat(fd)).toEqual(before)
  }),
  line('fd_write', 'ESUCCESS', 'writes at the end with APPEND, wherever the offset is, and leaves it there', (h) => {
    const fd = file(h, FDFLAG_APPEND)
    expect(h.read(fd, 2)).toBe('co')
    expect(writev(h, fd, '+', '+')).toBe(2)
    expect(h.read(fd, 9)).toBe('')
    const offset = h.out(8)
    h.must('fd_tell', fd, offset)
    expect(h.u64(offset)).toBe(9n)
    expect(writev(h, file(h, FDFLAG_APPEND), '-')).toBe(1)
    expect(writev(h, fd, '+')).toBe(1)
    expect(content(h)).toBe('content++-+')
  }),
  line('fd_write', 'ESUCCESS', 'moves no offset by writing nothing, with APPEND neither', (h) => {
    const fd = file(h, FDFLAG_APPEND)
    expect([writev(h, fd), writev(h, fd, '', '')]).toEqual([0, 0])
    expect(h.read(fd, 9)).toBe('content')
  }),
  line('fd_write', 'ESUCCESS', 'says when the file changed', (h) => {
    const fd = file(h)
    expect(writev(h, fd, 'x')).toBe(1)
    const now = EPOCH + 2n * TICK
    expect(h.fstat(fd)).toMatchObject({ atim: EPOCH, mtim: now, ctim: now })
  }),
  line('fd_write', 'ESUCCESS', 'writes one byte at 2^31 - 1 and one at 2^40', (h) => {
    const fd = file(h)
    for (const at of [2n ** 31n - 1n, 2n ** 40n]) {
      h.must('fd_seek', fd, at, 0, h.out(8))
      expect(writev(h, fd, 'a')).toBe(1)
      expect(h.fstat(fd).size).toBe(at + 1n)
    }
  }),
  line('fd_write', 'ESUCCESS', 'writes to what was removed and is still open, of which nothing stays', (h) => {
    const fd = removedFile(h)
    expect(writev(h, fd, 'x'.repeat(5000))).toBe(5000)
    expect(h.fstat(fd)).toMatchObject({ size: 5000n, nlink: 0n })
    const { blocks } = h.tree
    h.must('fd_close', fd)
    expect(h.tree.blocks).toBe(blocks - 2)
  }),
  line('fd_write', 'ESUCCESS', 'writes the last bytes of memory', (h) => {
    const { ptr, len } = h.iovs({ ptr: h.end - 1, len: 1 })
    h.must('fd_write', 1, ptr, len, h.end - 4)
    expect(h.run.stdout.bytes.length).toBe(1)
    expect(h.u32(h.end - 4)).toBe(1)
  }),
  line('fd_write', 'ESUCCESS', 'keeps stdout and stderr apart, byte for byte', (h) => {
    const every = Uint8Array.from({ length: 256 }, (_, i) => i)
    expect([writev(h, 1, every), writev(h, 2, 'err'), writev(h, 1, 'out')]).toEqual([256, 3, 3])
    expect([...h.run.stdout.bytes]).toEqual([...every, ...hex('6f 75 74')])
    expect(h.run.stderr.text()).toBe('err')
  }),
  line('fd_write', 'ESUCCESS', 'writes to /dev/stdout what stdout shows, and nothing anywhere to /dev/null', (h) => {
    expect(writev(h, h.opened('dev/stdout', { rights: READ_WRITE }), 'by name')).toBe(7)
    expect(writev(h, h.opened('dev/null', { rights: READ_WRITE }), 'x'.repeat(999))).toBe(999)
    expect(h.run.stdout.text()).toBe('by name')
    expect(h.stat('dev/null').size).toBe(0n)
  }),
  line('fd_write', 'ESUCCESS', 'writes no bytes even to /dev/full', (h) => {
    expect(writev(h, h.opened('dev/full', { rights: READ_WRITE }), '')).toBe(0)
  }),
  line(
    'fd_write',
    'ESUCCESS',
    'writes what the quota has room for',
    (h) => {
      const fd = file(h)
      expect(writev(h, fd, 'a'.repeat(4000), 'b'.repeat(200))).toBe(4096)
      expect(h.fstat(fd).size).toBe(4096n)
      expect(writev(h, fd, 'c')).toBe('ENOSPC')
    },
    { quota: { bytes: 2 * 4096 } },
  ),
  line(
    'fd_write',
    'ESUCCESS',
    'writes the ranges that the quota has room for, when it is full just where one ends',
    (h) => {
      expect(writev(h, file(h), 'a'.repeat(4096), 'b')).toBe(4096)
    },
    { quota: { bytes: 2 * 4096 } },
  ),
  line('fd_write', 'ESUCCESS', 'writes up to the largest size', (h) => {
    const fd = file(h)
    h.must('fd_seek', fd, 2n ** 53n - 3n, 0, h.out(8))
    expect(writev(h, fd, 'x', 'yz')).toBe(2)
    expect(h.fstat(fd).size).toBe(2n ** 53n - 1n)
  }),
  line('fd_write', 'ESUCCESS', 'writes a part to a full pipe with NONBLOCK, if it is more than PIPE_BUF', (h) => {
    const [, writer] = pipeIn(h)
    h.must('fd_fdstat_set_flags', writer, FDFLAG_NONBLOCK)
    expect(writev(h, writer, new Uint8Array(PIPE_CAPACITY - 10))).toBe(PIPE_CAPACITY - 10)
    expect(writev(h, writer, new Uint8Array(4097))).toBe(10)
    expect(writev(h, writer, 'x')).toBe('EAGAIN')
  }),
  line(
    'fd_write',
    'ESUCCESS',
    "writes to the host's peer, and reads its answer",
    (h) => {
      const fd = accepted(h)
      expect([writev(h, fd, 'ab', 'c'), writev(h, fd, 'd')]).toEqual([3, 1])
      expect(h.read(fd, 99)).toBe('<abc><d>')
      expect(h.run.received[0]?.map((output) => output.text())).toEqual(['abcd'])
    },
    { run: { listen: [[{ respond: (bytes) => `<${String.fromCharCode(...bytes)}>` }]] } },
  ),
  line(
    'fd_write',
    'ENOSPC',
    'the quota is full',
    (h) => {
      const fd = h.opened('directory/inner', { rights: READ_WRITE })
      h.must('fd_seek', fd, 4096n, 0, h.out(8))
      expect(write(h, fd)).toBe('ENOSPC')
    },
    { quota: { bytes: 2 * 4096 } },
  ),
  line('fd_write', 'EFBIG', 'the offset is the largest size', (h) => {
    const fd = file(h)
    h.must('fd_seek', fd, 2n ** 53n - 1n, 0, h.out(8))
    expect(write(h, fd)).toBe('EFBIG')
  }),
  line('fd_write', 'EPIPE', 'nobody reads the pipe any more', (h) => {
    const [reader, writer] = pipeIn(h)
    h.must('fd_close', reader)
    expect(write(h, writer)).toBe('EPIPE')
  }),
  line('fd_write', 'EPIPE', 'the other end of the socket is closed', (h) => {
    const [a, b] = h.socketPair()
    h.must('fd_close', b)
    expect(write(h, a)).toBe('EPIPE')
  }),
  line('fd_write', 'EAGAIN', 'a small write has no room in a pipe with NONBLOCK', (h) => {
    const [, writer] = pipeIn(h)
    h.must('fd_fdstat_set_flags', writer, FDFLAG_NONBLOCK)
    expect(writev(h, writer, new Uint8Array(PIPE_CAPACITY - 3))).toBe(PIPE_CAPACITY - 3)
    expect(write(h, writer)).toBe('EAGAIN')
  }),
  line('fd_write', 'EAGAIN', 'a socket with NONBLOCK has no room', (h) => {
    const [a] = h.socketPair()
    h.must('fd_fdstat_set_flags', a, FDFLAG_NONBLOCK)
    expect(writev(h, a, new Uint8Array(PIPE_CAPACITY + 3))).toBe(PIPE_CAPACITY)
    expect(write(h, a)).toBe('EAGAIN')
  }),
  line('fd_write', ENDED, 'a pipe is full and nobody else can read it, as a deadlock', (h) => {
    const [, fd] = pipeIn(h)
    expect(writev(h, fd, new Uint8Array(PIPE_CAPACITY + 1))).toBe(ENDED)
    expect(h.run.end).toMatchObject({ kind: 'deadlock', waits: [{ call: 'fd_write', fds: [{ fd, for: 'writable' }] }] })
  }),
  line(
    'fd_write',
    ENDED,
    'it goes over the limit of output, as a limit, and what fits is kept',
    (h) => {
      expect(writev(h, 1, '12345678')).toBe(8)
      expect(writev(h, 2, '9abc')).toBe(ENDED)
      expect(h.run.end).toMatchObject({ kind: 'limit', limit: 'output' })
      expect([h.run.stdout.text(), h.run.stderr.text()]).toEqual(['12345678', '9a'])
    },
    { run: { limits: { output: 10 } } },
  ),
  ...rangeCases('fd_write'),
  ...onMissingRight('fd_write', RIGHT_FD_WRITE, 'FD_WRITE', write),
  line('fd_write', 'EBADF', 'the directory was opened with every right but those to write', (h) => {
    expect(write(h, h.opened('directory', { rights: RIGHTS_ALL & ~RIGHT_FD_WRITE }))).toBe('EBADF')
  }),
  ...onNoDescriptor('fd_write', write),
]
