/** sock_accept, sock_recv, sock_send and sock_shutdown, line by line. */

import { expect } from 'vitest'
import { PIPE_CAPACITY } from '../../../../kernel/byte_queue.ts'
import {
  FDFLAG_APPEND,
  FDFLAG_NONBLOCK,
  FDFLAG_SYNC,
  RIFLAG_RECV_PEEK,
  RIFLAG_RECV_WAITALL,
  RIGHT_FD_READ,
  RIGHT_FD_WRITE,
  RIGHT_SOCK_ACCEPT,
  RIGHT_SOCK_SHUTDOWN,
  SDFLAG_RD,
  SDFLAG_WR,
} from '../../../../src/abi/types.ts'
import { ENDED, type Hostcalls } from '../../../support/hostcalls.ts'
import {
  accepted,
  DEVICES,
  DIRECTORIES,
  FILES,
  FREE_FD,
  hex,
  INPUTS,
  LISTENER_FD,
  line,
  OUTPUTS,
  onBadPointer,
  onEveryKind,
  onNoDescriptor,
  PIPES,
} from './descriptors.ts'
import type { Case } from './types.ts'

const BOTH = SDFLAG_RD | SDFLAG_WR
const NO_SOCKETS = [...FILES, ...DIRECTORIES, ...DEVICES, ...INPUTS, ...OUTPUTS, ...PIPES] as const

const accept = (h: Hostcalls, fd: number, flags = 0): string => h.call('sock_accept', fd, flags, h.out(4))
const shutdown = (h: Hostcalls, fd: number, how = BOTH): string => h.call('sock_shutdown', fd, how)

/** Receives: the text of each range, or the errno's name. */
function recv(h: Hostcalls, fd: number, flags: number, ...sizes: number[]): string[] | string {
  const { ptr, len, regions } = h.iovs(...sizes)
  const [nread, roFlags] = [h.out(4), h.out(2)]
  const answer = h.call('sock_recv', fd, ptr, len, flags, nread, roFlags)
  if (answer !== 'ESUCCESS') return answer
  expect(h.u16(roFlags)).toBe(0)
  let left = h.u32(nread)
  return regions.map((region) => {
    const part = Math.min(left, region.len)
    left -= part
    return h.text({ ptr: region.ptr, len: part })
  })
}

function send(h: Hostcalls, fd: number, ...parts: (string | Uint8Array)[]): number | string {
  const { ptr, len } = h.iovs(...parts)
  const out = h.out(4)
  const answer = h.call('sock_send', fd, ptr, len, 0, out)
  return answer === 'ESUCCESS' ? h.u32(out) : answer
}

const receives = (h: Hostcalls, fd: number, flags = 0): string => {
  const texts = recv(h, fd, flags, 4)
  return typeof texts === 'string' ? texts : 'ESUCCESS'
}
const sends = (h: Hostcalls, fd: number): string => {
  const count = send(h, fd, 'data')
  return typeof count === 'string' ? count : 'ESUCCESS'
}
const nonblock = (h: Hostcalls, fd: number): void => h.must('fd_fdstat_set_flags', fd, FDFLAG_NONBLOCK)
const rights = (h: Hostcalls, fd: number): number => Number(h.fdstat(fd).base)

/** What is wrong with the ranges, for both calls. */
function rangeCases(call: 'sock_recv' | 'sock_send'): Case[] {
  const make = (h: Hostcalls, ptr: number, count: number, out = h.out(4)): string => {
    const fd = accepted(h)
    return call === 'sock_recv' ? h.call(call, fd, ptr, count, 0, out, h.out(2)) : h.call(call, fd, ptr, count, 0, out)
  }
  return [
    ...onBadPointer(call, 'the array of ranges', 16, (h, ptr) => make(h, ptr, 2)),
    ...onBadPointer(call, 'the second range', 4, (h, ptr) => make(h, h.iovs('good', { ptr, len: 4 }).ptr, 2)),
    ...onBadPointer(call, 'the pointer for the count', 4, (h, ptr) => make(h, h.iovs('good').ptr, 1, ptr)),
    line(call, 'EINVAL', 'there are 1,025 ranges', (h) => {
      expect(make(h, h.iovs(...new Array(1025).fill({ ptr: 1024, len: 0 })).ptr, 1025)).toBe('EINVAL')
    }),
  ]
}

export const sockCases: readonly Case[] = [
  ...onEveryKind(
    'sock_accept',
    { ESUCCESS: ['listener'], EINVAL: ['connected', 'pair'], ENOTSOCK: NO_SOCKETS },
    (h, fd) => accept(h, fd),
  ),
  line('sock_accept', 'ESUCCESS', 'writes the lowest free descriptor, of a socket with the rights of one', (h) => {
    const out = h.out(4)
    h.must('sock_accept', LISTENER_FD, 0, out)
    expect(h.bytes(out, 4)).toEqual(hex('05 00 00 00'))
    expect(h.fdstat(FREE_FD)).toEqual({ filetype: 6, flags: 0, base: 0x1820_005bn, inheriting: 0n })
  }),
  line('sock_accept', 'ESUCCESS', 'sets NONBLOCK on the new descriptor, and not on the listening one', (h) => {
    expect(accept(h, LISTENER_FD, FDFLAG_NONBLOCK)).toBe('ESUCCESS')
    expect([h.fdstat(FREE_FD).flags, h.fdstat(LISTENER_FD).flags]).toEqual([FDFLAG_NONBLOCK, 0])
  }),
  line(
    'sock_accept',
    'ESUCCESS',
    'takes the connections in the order in which they were made',
    (h) => {
      const texts = [1, 2, 3].map(() => h.read(accepted(h), 9))
      expect(texts).toEqual(['one', 'two', 'three'])
    },
    { run: { listen: [[{ send: 'one' }, { send: 'two' }, { send: 'three' }]] } },
  ),
  line(
    'sock_accept',
    'ESUCCESS',
    'keeps the connections of two listening sockets apart',
    (h) => {
      const fd = h.out(4)
      h.must('sock_accept', LISTENER_FD + 1, 0, fd)
      expect(h.read(h.u32(fd), 9)).toBe('second')
      h.must('sock_accept', LISTENER_FD, 0, fd)
      expect(h.read(h.u32(fd), 9)).toBe('first')
    },
    { run: { listen: [[{ send: 'first' }], [{ send: 'second' }]] } },
  ),
  line('sock_accept', 'ESUCCESS', 'writes the last bytes of memory', (h) => {
    h.must('sock_accept', LISTENER_FD, 0, h.end - 4)
    expect(h.u32(h.end - 4)).toBe(FREE_FD)
  }),
  line('sock_accept', 'EAGAIN', 'the listening socket has NONBLOCK and no connection waits', (h) => {
    nonblock(h, LISTENER_FD)
    expect(accept(h, LISTENER_FD)).toBe('ESUCCESS')
    expect(accept(h, LISTENER_FD)).toBe('EAGAIN')
  }),
  line(
    'sock_accept',
    ENDED,
    'no connection can ever come, as a deadlock',
    (h) => {
      expect(accept(h, LISTENER_FD)).toBe(ENDED)
      expect(h.run.end).toMatchObject({
        kind: 'deadlock',
        waits: [{ call: 'sock_accept', fds: [{ fd: LISTENER_FD, for: 'readable' }] }],
      })
    },
    { run: { listen: [[]] } },
  ),
  line(
    'sock_accept',
    'EMFILE',
    'the table is full, and the connection waits on',
    (h) => {
      expect(accept(h, LISTENER_FD)).toBe('EMFILE')
      h.must('fd_close', 0)
      expect(h.read(accepted(h), 9)).toBe('peer')
    },
    { run: { limits: { descriptors: 5 } } },
  ),
  ...[FDFLAG_APPEND, FDFLAG_SYNC, FDFLAG_NONBLOCK | FDFLAG_APPEND, 0x20, -1].map((flags) =>
    line('sock_accept', 'EINVAL', `the flags are ${flags}`, (h) =>
      expect(accept(h, LISTENER_FD, flags)).toBe('EINVAL'),
    ),
  ),
  line('sock_accept', 'EINVAL', 'the listening socket is shut and nothing waits in it', (h) => {
    expect(shutdown(h, LISTENER_FD)).toBe('ESUCCESS')
    expect(accept(h, LISTENER_FD)).toBe('ESUCCESS')
    expect(accept(h, LISTENER_FD)).toBe('EINVAL')
  }),
  line('sock_accept', 'ENOTCAPABLE', 'SOCK_ACCEPT was given up', (h) => {
    h.limit(LISTENER_FD, rights(h, LISTENER_FD) & ~RIGHT_SOCK_ACCEPT, 0)
    expect(accept(h, LISTENER_FD)).toBe('ENOTCAPABLE')
  }),
  ...onBadPointer('sock_accept', 'the pointer', 4, (h, ptr) => h.call('sock_accept', LISTENER_FD, 0, ptr)),
  ...onNoDescriptor('sock_accept', (h, fd) => accept(h, fd)),

  ...onEveryKind(
    'sock_recv',
    { ESUCCESS: ['connected'], ENDED: ['pair'], ENOTCONN: ['listener'], ENOTSOCK: NO_SOCKETS },
    (h, fd) => receives(h, fd),
  ),
  line('sock_recv', 'ESUCCESS', 'writes the bytes, their number, and no flags', (h) => {
    const { ptr, len, regions } = h.iovs(1, 0, 9)
    const [nread, roFlags] = [h.out(4), h.out(2)]
    h.must('sock_recv', accepted(h), ptr, len, 0, nread, roFlags)
    expect(regions.map((region) => h.text(region).slice(0, 3))).toEqual(['p', '', 'eer'])
    expect(h.bytes(nread, 4)).toEqual(hex('04 00 00 00'))
    expect(h.bytes(roFlags, 2)).toEqual(hex('00 00'))
  }),
  line(
    'sock_recv',
    'ESUCCESS',
    'gives what is there, and 0 bytes at the end for ever',
    (h) => {
      const fd = accepted(h)
      expect([recv(h, fd, 0, 3), recv(h, fd, 0, 3), recv(h, fd, 0, 3), recv(h, fd, 0, 3)]).toEqual([
        ['pee'],
        ['r'],
        [''],
        [''],
      ])
    },
    { run: { listen: [[{ send: 'peer' }]] } },
  ),
  line('sock_recv', 'ESUCCESS', 'leaves the bytes there with RECV_PEEK, over several ranges', (h) => {
    const fd = accepted(h)
    expect(recv(h, fd, RIFLAG_RECV_PEEK, 1, 2)).toEqual(['p', 'ee'])
    expect(recv(h, fd, RIFLAG_RECV_PEEK, 9)).toEqual(['peer'])
    expect(recv(h, fd, 0, 9)).toEqual(['peer'])
  }),
  line('sock_recv', 'ESUCCESS', 'gives all that fits with RECV_WAITALL, and less only at the end', (h) => {
    const [a, b] = h.socketPair()
    expect([send(h, b, 'abcd'), recv(h, a, RIFLAG_RECV_WAITALL, 1, 3)]).toEqual([4, ['a', 'bcd']])
    expect(send(h, b, 'ef')).toBe(2)
    expect(shutdown(h, b, SDFLAG_WR)).toBe('ESUCCESS')
    expect(recv(h, a, RIFLAG_RECV_WAITALL, 4)).toEqual(['ef'])
  }),
  line('sock_recv', 'ESUCCESS', 'does not wait with RECV_WAITALL and NONBLOCK', (h) => {
    const [a, b] = h.socketPair()
    nonblock(h, a)
    expect(send(h, b, 'ab')).toBe(2)
    expect(recv(h, a, RIFLAG_RECV_WAITALL, 4)).toEqual(['ab'])
  }),
  line('sock_recv', 'ESUCCESS', 'gives 0 bytes once receiving is shut, although bytes were there', (h) => {
    const fd = accepted(h)
    expect(shutdown(h, fd, SDFLAG_RD)).toBe('ESUCCESS')
    expect(recv(h, fd, 0, 9)).toEqual([''])
  }),
  line('sock_recv', 'ESUCCESS', 'gives what the other end sent before it was closed', (h) => {
    const [a, b] = h.socketPair()
    expect(send(h, b, 'bye')).toBe(3)
    h.must('fd_close', b)
    expect([recv(h, a, 0, 9), recv(h, a, 0, 9)]).toEqual([['bye'], ['']])
  }),
  line('sock_recv', 'ESUCCESS', 'never waits for no bytes', (h) => {
    const [a] = h.socketPair()
    expect([recv(h, a, 0), recv(h, a, 0, 0), recv(h, a, RIFLAG_RECV_WAITALL, 0)]).toEqual([[], [''], ['']])
  }),
  line('sock_recv', ENDED, 'RECV_WAITALL asks for more than can ever come, as a deadlock', (h) => {
    expect(recv(h, accepted(h), RIFLAG_RECV_WAITALL, 5)).toBe(ENDED)
    expect(h.run.end).toMatchObject({ kind: 'deadlock', waits: [{ call: 'sock_recv' }] })
  }),
  line('sock_recv', 'EAGAIN', 'the socket has NONBLOCK and nothing is there', (h) => {
    const [a] = h.socketPair()
    nonblock(h, a)
    for (const flags of [0, RIFLAG_RECV_PEEK, RIFLAG_RECV_WAITALL]) expect(receives(h, a, flags)).toBe('EAGAIN')
  }),
  ...[4, 0x100, -1].map((flags) =>
    line('sock_recv', 'EINVAL', `the flags are ${flags}`, (h) =>
      expect(receives(h, accepted(h), flags)).toBe('EINVAL'),
    ),
  ),
  line('sock_recv', 'ENOTCAPABLE', 'FD_READ was given up', (h) => {
    const fd = accepted(h)
    h.limit(fd, rights(h, fd) & ~RIGHT_FD_READ)
    expect(receives(h, fd)).toBe('ENOTCAPABLE')
  }),
  ...rangeCases('sock_recv'),
  ...onBadPointer('sock_recv', 'the pointer for the flags', 2, (h, ptr) => {
    const { ptr: data, len } = h.iovs(4)
    return h.call('sock_recv', accepted(h), data, len, 0, h.out(4), ptr)
  }),
  ...onNoDescriptor('sock_recv', (h, fd) => receives(h, fd)),

  ...onEveryKind('sock_send', { ESUCCESS: ['connected', 'pair'], ENOTCONN: ['listener'], ENOTSOCK: NO_SOCKETS }, sends),
  line('sock_send', 'ESUCCESS', 'sends the ranges in order, and writes their number', (h) => {
    const { ptr, len } = h.iovs('ab', '', 'c')
    const nwritten = h.out(4)
    h.must('sock_send', accepted(h), ptr, len, 0, nwritten)
    expect(h.bytes(nwritten, 4)).toEqual(hex('03 00 00 00'))
    expect(h.run.received[0]?.[0]?.text()).toBe('abc')
  }),
  line(
    'sock_send',
    'ESUCCESS',
    'has the peer answer each of what it sends',
    (h) => {
      const fd = accepted(h)
      expect([send(h, fd, 'a', 'b'), send(h, fd, 'skip'), send(h, fd, 'c')]).toEqual([2, 4, 1])
      expect(recv(h, fd, 0, 99)).toEqual(['AB.C.'])
    },
    {
      run: {
        listen: [
          [
            {
              respond: (bytes) => (bytes.length === 4 ? undefined : `${String.fromCharCode(...bytes).toUpperCase()}.`),
            },
          ],
        ],
      },
    },
  ),
  line(
    'sock_send',
    'ESUCCESS',
    'sends nothing to a peer where there are no bytes',
    (h) => {
      const fd = accepted(h)
      expect([send(h, fd), send(h, fd, '')]).toEqual([0, 0])
      nonblock(h, fd)
      expect(receives(h, fd)).toBe('EAGAIN')
    },
    { run: { listen: [[{ respond: () => 'answered' }]] } },
  ),
  line('sock_send', 'ESUCCESS', 'sends a part where NONBLOCK leaves no room for all', (h) => {
    const [a, b] = h.socketPair()
    nonblock(h, a)
    expect(send(h, a, new Uint8Array(PIPE_CAPACITY + 1))).toBe(PIPE_CAPACITY)
    recv(h, b, 0, 10)
    expect(send(h, a, 'x'.repeat(20))).toBe(10)
  }),
  line('sock_send', 'ESUCCESS', 'goes on sending after the other end has shut its own sending', (h) => {
    const [a, b] = h.socketPair()
    expect(shutdown(h, b, SDFLAG_WR)).toBe('ESUCCESS')
    expect([send(h, a, 'x'), recv(h, b, 0, 9)]).toEqual([1, ['x']])
  }),
  line('sock_send', ENDED, 'there is no room and nobody else can make any, as a deadlock', (h) => {
    const [a] = h.socketPair()
    expect(send(h, a, new Uint8Array(PIPE_CAPACITY + 1))).toBe(ENDED)
    expect(h.run.end).toMatchObject({
      kind: 'deadlock',
      waits: [{ call: 'sock_send', fds: [{ fd: a, for: 'writable' }] }],
    })
  }),
  line(
    'sock_send',
    ENDED,
    'its peer has received all that limits.output allows, as a limit',
    (h) => {
      expect(send(h, accepted(h), '12345')).toBe(ENDED)
      expect(h.run.end).toMatchObject({ kind: 'limit', limit: 'output' })
      expect(h.run.received[0]?.[0]?.text()).toBe('1234')
    },
    { run: { limits: { output: 4 } } },
  ),
  line('sock_send', 'EPIPE', 'the other end is closed', (h) => {
    const [a, b] = h.socketPair()
    h.must('fd_close', b)
    expect(sends(h, a)).toBe('EPIPE')
  }),
  line('sock_send', 'EPIPE', 'the other end receives no more', (h) => {
    const [a, b] = h.socketPair()
    expect(shutdown(h, b, SDFLAG_RD)).toBe('ESUCCESS')
    expect(sends(h, a)).toBe('EPIPE')
  }),
  line('sock_send', 'EPIPE', 'this end sends no more, to whomever', (h) => {
    for (const fd of [h.socketPair()[0], accepted(h)]) {
      expect(shutdown(h, fd, SDFLAG_WR)).toBe('ESUCCESS')
      expect(sends(h, fd)).toBe('EPIPE')
    }
  }),
  line('sock_send', 'EAGAIN', 'the socket has NONBLOCK and no room', (h) => {
    const [a] = h.socketPair()
    nonblock(h, a)
    expect(send(h, a, new Uint8Array(PIPE_CAPACITY))).toBe(PIPE_CAPACITY)
    expect(sends(h, a)).toBe('EAGAIN')
  }),
  ...[1, 0x100, -1].map((flags) =>
    line('sock_send', 'EINVAL', `the flags are ${flags}`, (h) => {
      const { ptr, len } = h.iovs('data')
      expect(h.call('sock_send', accepted(h), ptr, len, flags, h.out(4))).toBe('EINVAL')
    }),
  ),
  line('sock_send', 'ENOTCAPABLE', 'FD_WRITE was given up', (h) => {
    const fd = accepted(h)
    h.limit(fd, rights(h, fd) & ~RIGHT_FD_WRITE)
    expect(sends(h, fd)).toBe('ENOTCAPABLE')
  }),
  ...rangeCases('sock_send'),
  ...onNoDescriptor('sock_send', sends),

  ...onEveryKind('sock_shutdown', { ESUCCESS: ['listener', 'connected', 'pair'], ENOTSOCK: NO_SOCKETS }, (h, fd) =>
    shutdown(h, fd),
  ),
  ...(
    [
      [SDFLAG_RD, 'receiving', 'ESUCCESS', ''],
      [SDFLAG_WR, 'sending', 'EPIPE', 'peer'],
      [BOTH, 'both', 'EPIPE', ''],
    ] as const
  ).map(([how, what, sending, received]) =>
    line('sock_shutdown', 'ESUCCESS', `ends ${what}`, (h) => {
      const fd = accepted(h)
      expect(shutdown(h, fd, how)).toBe('ESUCCESS')
      expect(recv(h, fd, 0, 9)).toEqual([received])
      expect(sends(h, fd)).toBe(sending)
    }),
  ),
  line('sock_shutdown', 'ESUCCESS', 'may end one direction and then the other, and what is ended again', (h) => {
    const [a, b] = h.socketPair()
    for (const how of [SDFLAG_WR, SDFLAG_RD, SDFLAG_WR, BOTH]) expect(shutdown(h, a, how)).toBe('ESUCCESS')
    expect(recv(h, b, 0, 9)).toEqual([''])
    expect(sends(h, b)).toBe('EPIPE')
  }),
  line('sock_shutdown', 'ESUCCESS', 'shuts a listening socket, which keeps the connections that wait', (h) => {
    expect(shutdown(h, LISTENER_FD)).toBe('ESUCCESS')
    expect(h.read(accepted(h), 9)).toBe('peer')
  }),
  line('sock_shutdown', 'ENOTCONN', 'the other end is closed', (h) => {
    const [a, b] = h.socketPair()
    h.must('fd_close', b)
    expect(shutdown(h, a)).toBe('ENOTCONN')
  }),
  line('sock_shutdown', 'ENOTCONN', 'the listening socket is shut already', (h) => {
    expect([shutdown(h, LISTENER_FD), shutdown(h, LISTENER_FD)]).toEqual(['ESUCCESS', 'ENOTCONN'])
  }),
  ...[0, 4, 7, 0x100, -1].map((how) =>
    line('sock_shutdown', 'EINVAL', `the directions are ${how}`, (h) =>
      expect(shutdown(h, accepted(h), how)).toBe('EINVAL'),
    ),
  ),
  line('sock_shutdown', 'ENOTCAPABLE', 'SOCK_SHUTDOWN was given up', (h) => {
    const fd = accepted(h)
    h.limit(fd, rights(h, fd) & ~RIGHT_SOCK_SHUTDOWN)
    expect(shutdown(h, fd)).toBe('ENOTCAPABLE')
  }),
  ...onNoDescriptor('sock_shutdown', (h, fd) => shutdown(h, fd)),
]
