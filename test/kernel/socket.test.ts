/** Stream sockets: pairs, half closes, listeners with what waits in them, and the host's ends. */

import { describe, expect, it } from 'vitest'
import { Blocked } from '../../kernel/blocked.ts'
import { Descriptor } from '../../kernel/fd_table.ts'
import type { IoVec } from '../../kernel/iovec.ts'
import { OpenFile } from '../../kernel/open_file.ts'
import { RIGHTS_SOCKET } from '../../kernel/rights.ts'
import { type Socket, socketPair } from '../../kernel/socket.ts'
import { accept, connect, listen, recv, sendto, shutdown } from '../../kernel/socket_calls.ts'
import { decodeUtf8, encodeUtf8 } from '../../vfs/bytes.ts'
import {
  EAGAIN,
  EBADF,
  ECONNREFUSED,
  EINVAL,
  EMFILE,
  ENOTCAPABLE,
  ENOTCONN,
  ENOTSOCK,
  EPIPE,
  type Errno,
} from '../../vfs/errno.ts'
import { give, iovOf, newFile, newKernel, newProcess, textIn } from './world.ts'

/** A process that has both ends of a pair on 0 and 1. */
function pair() {
  const kernel = newKernel()
  const process = newProcess(kernel)
  const [a, b] = socketPair(7)
  for (const socket of [a, b]) {
    const file = new OpenFile('socket', 0, true, true, socket.ino)
    file.socket = socket
    process.fds.add(new Descriptor(file, RIGHTS_SOCKET, 0))
  }
  return {
    ...{ kernel, process, a, b },
    send: (fd: number, iov: IoVec) => {
      process.progress = 0
      return sendto(process, fd, iov)
    },
    recv: (fd: number, iov: IoVec, peek = false, all = false) => recv(process, fd, iov, peek, all),
    nonblock: (fd: number) => {
      ;(process.fds.at(fd) as Descriptor).file.nonblock = true
    },
  }
}

/** A process that has a listener on 0. */
function listening(limits: { descriptors?: number } = {}) {
  const kernel = newKernel()
  const process = newProcess(kernel, limits)
  const { listener, descriptor } = listen(kernel)
  process.fds.add(descriptor)
  return { kernel, process, listener, descriptor, connect: () => connect(kernel, listener) as Socket }
}

const readable = (fd: number) => new Blocked([{ fd, for: 'readable' }], undefined)

describe('socketPair()', () => {
  it('carries bytes both ways, scattered and gathered', () => {
    const { send, recv } = pair()
    expect(send(0, iovOf('to ', '', 'b'))).toBe(4)
    expect(send(1, iovOf('to a'))).toBe(4)
    const iov = iovOf(1, 9)
    expect(recv(1, iov)).toBe(4)
    expect(textIn(iov, 4)).toBe('to b')
    expect(recv(0, iov)).toBe(4)
    expect(textIn(iov, 4)).toBe('to a')
  })

  it('numbers its ends one after the other', () => {
    expect(socketPair(40).map((socket) => socket.ino)).toEqual([40, 41])
  })
})

describe('recv()', () => {
  it('waits for bytes, or gives EAGAIN with O_NONBLOCK', () => {
    const { recv, nonblock } = pair()
    expect(recv(0, iovOf(1))).toEqual(readable(0))
    nonblock(0)
    expect(recv(0, iovOf(1))).toBe(EAGAIN)
  })

  it('leaves the bytes there when it peeks, over several ranges', () => {
    const { send, recv } = pair()
    send(0, iovOf('abcdef'))
    for (const peek of [true, true, false]) {
      const iov = iovOf(2, 0, 3)
      expect(recv(1, iov, peek)).toBe(5)
      expect(textIn(iov, 5)).toBe('abcde')
    }
    const rest = iovOf(9)
    expect(recv(1, rest, true)).toBe(1)
    expect(textIn(rest, 1)).toBe('f')
  })

  it('waits until all is there when asked to, but not beyond the end', () => {
    const { send, recv, process } = pair()
    send(0, iovOf('abc'))
    expect(recv(1, iovOf(5), false, true)).toEqual(readable(1))
    send(0, iovOf('de'))
    expect(recv(1, iovOf(5), false, true)).toBe(5)
    send(0, iovOf('xy'))
    shutdown(process, 0, false, true)
    expect(recv(1, iovOf(5), false, true)).toBe(2)
    expect(recv(1, iovOf(5), false, true)).toBe(0)
  })

  it('does not wait for more than the queue can hold', () => {
    const { a, send, recv } = pair()
    expect(send(0, iovOf(a.outgoing.capacity))).toBe(a.outgoing.capacity)
    expect(recv(1, iovOf(a.outgoing.capacity + 1), false, true)).toBe(a.outgoing.capacity)
  })
})

describe('sendto()', () => {
  it('waits for room and goes on where it was; with O_NONBLOCK it sends a part, or gives EAGAIN', () => {
    const { a, b, process, send, nonblock } = pair()
    const iov = iovOf(a.outgoing.capacity + 10)
    expect(send(0, iov)).toEqual(new Blocked([{ fd: 0, for: 'writable' }], undefined))
    b.incoming.take(new Uint8Array(10), 0, 10)
    expect(sendto(process, 0, iov)).toBe(a.outgoing.capacity + 10)
    nonblock(0)
    expect(send(0, iovOf(5))).toBe(EAGAIN)
    b.incoming.take(new Uint8Array(3), 0, 3)
    expect(send(0, iovOf(5))).toBe(3)
  })

  it('gives EPIPE once the other end is closed, or takes no more, or this end sends no more', () => {
    const closed = pair()
    closed.kernel.close(closed.process, 1)
    expect(closed.send(0, iovOf('x'))).toBe(EPIPE)
    const deaf = pair()
    shutdown(deaf.process, 1, true, false)
    expect(deaf.send(0, iovOf('x'))).toBe(EPIPE)
    const mute = pair()
    shutdown(mute.process, 0, false, true)
    expect(mute.send(0, iovOf('x'))).toBe(EPIPE)
    expect(mute.send(1, iovOf('x'))).toBe(1)
  })

  it('returns what it sent before the other end went', () => {
    const { a, kernel, process, send } = pair()
    const iov = iovOf(a.outgoing.capacity + 10)
    send(0, iov)
    kernel.close(process, 1)
    expect(sendto(process, 0, iov)).toBe(a.outgoing.capacity)
  })

  it('gives the bytes to a host-side sink at once, and what it answers comes back', () => {
    const { a, send, recv } = pair()
    const seen: string[] = []
    a.sink = {
      receive(bytes) {
        seen.push(decodeUtf8(bytes))
        return bytes.length > 2 ? encodeUtf8('ok') : undefined
      },
    }
    expect(send(0, iovOf('he', 'llo'))).toBe(5)
    expect(send(0, iovOf('x'))).toBe(1)
    expect(send(0, iovOf(''))).toBe(0)
    expect(seen).toEqual(['hello', 'x'])
    const iov = iovOf(8)
    expect(recv(0, iov)).toBe(2)
    expect(textIn(iov, 2)).toBe('ok')
  })
})

describe('shutdown()', () => {
  it('of sending lets the other end read what is there and then its end', () => {
    const { process, send, recv } = pair()
    send(0, iovOf('last'))
    expect(shutdown(process, 0, false, true)).toBe(undefined)
    expect(recv(1, iovOf(9))).toBe(4)
    expect(recv(1, iovOf(9))).toBe(0)
    expect(send(1, iovOf('still'))).toBe(5)
    expect(recv(0, iovOf(9))).toBe(5)
  })

  it('of receiving gives the end at once, whatever was there', () => {
    const { process, send, recv } = pair()
    send(0, iovOf('unread'))
    expect(shutdown(process, 1, true, false)).toBe(undefined)
    expect(recv(1, iovOf(9))).toBe(0)
    expect(send(1, iovOf('x'))).toBe(1)
  })

  it('gives ENOTCONN once the other end is closed', () => {
    const { kernel, process } = pair()
    kernel.close(process, 1)
    expect(shutdown(process, 0, true, true)).toBe(ENOTCONN)
  })

  it('gives EINVAL for neither direction', () => {
    expect(shutdown(pair().process, 0, false, false)).toBe(EINVAL)
    expect(shutdown(listening().process, 0, false, false)).toBe(EINVAL)
  })
})

describe('close() of a socket', () => {
  it('lets the other end read what was sent, and then its end', () => {
    const { kernel, process, send, recv } = pair()
    send(0, iovOf('bye'))
    kernel.close(process, 0)
    expect(recv(1, iovOf(9))).toBe(3)
    expect(recv(1, iovOf(9))).toBe(0)
  })
})

describe('accept()', () => {
  it('takes the connections in the order in which they were made', () => {
    const { process, connect } = listening()
    const [one, two] = [connect(), connect()]
    one.outgoing.push(encodeUtf8('one'), 0, 3)
    two.outgoing.push(encodeUtf8('two'), 0, 3)
    for (const text of ['one', 'two']) {
      const fd = accept(process, 0, false) as number
      const iov = iovOf(3)
      expect(recv(process, fd, iov, false, false)).toBe(3)
      expect(textIn(iov, 3)).toBe(text)
    }
    expect(process.fds.numbers()).toEqual([0, 1, 2])
  })

  it('sets O_NONBLOCK on the new socket only when asked to', () => {
    const { process, connect } = listening()
    connect()
    connect()
    const flags = [true, false].map((nonblock) => process.fds.at(accept(process, 0, nonblock) as number)?.file.nonblock)
    expect(flags).toEqual([true, false])
  })

  it('waits while there is no connection, or gives EAGAIN with O_NONBLOCK', () => {
    const { process, descriptor } = listening()
    expect(accept(process, 0, false)).toEqual(readable(0))
    descriptor.file.nonblock = true
    expect(accept(process, 0, false)).toBe(EAGAIN)
  })

  it('gives EMFILE and keeps the connection when the table is full', () => {
    const { process, connect, listener } = listening({ descriptors: 1 })
    connect()
    expect(accept(process, 0, false)).toBe(EMFILE)
    expect(listener.pending.length).toBe(1)
  })

  it('gives EINVAL once the listener is shut, which refuses connections but keeps those that wait', () => {
    const { kernel, process, connect: dial, listener } = listening()
    dial()
    expect(shutdown(process, 0, true, true)).toBe(undefined)
    expect(connect(kernel, listener)).toBe(ECONNREFUSED)
    expect(accept(process, 0, false)).toBe(1)
    expect(accept(process, 0, false)).toBe(EINVAL)
    expect(shutdown(process, 0, true, true)).toBe(ENOTCONN)
  })

  it('never gets connections of a listener that was closed: their other ends see that', () => {
    const { kernel, process, connect, listener } = listening()
    const near = connect()
    kernel.close(process, 0)
    expect(listener.pending).toEqual([])
    expect([near.atEnd, near.canSend]).toEqual([true, false])
  })
})

describe('a call on what is no socket, or not the right kind of one', () => {
  type Call = (process: ReturnType<typeof newProcess>, fd: number) => number | Errno | Blocked | undefined
  const calls: { readonly [name: string]: Call } = {
    accept: (process, fd) => accept(process, fd, false),
    recv: (process, fd) => recv(process, fd, iovOf(1), false, false),
    sendto: (process, fd) => sendto(process, fd, iovOf('x')),
    shutdown: (process, fd) => shutdown(process, fd, true, true),
  }

  it.each(Object.keys(calls))('%s gives EBADF for no descriptor and ENOTSOCK for a file', (name) => {
    const kernel = newKernel()
    const process = newProcess(kernel)
    give(process, newFile(kernel, 'f'))
    const call = calls[name] as Call
    expect(call(process, 5)).toBe(EBADF)
    expect(call(process, 0)).toBe(ENOTSOCK)
  })

  it.each(Object.keys(calls))('%s gives ENOTCAPABLE where the right was given up', (name) => {
    const { process } = name === 'accept' ? listening() : pair()
    ;(process.fds.at(0) as Descriptor).base = 0
    expect((calls[name] as Call)(process, 0)).toBe(ENOTCAPABLE)
  })

  it('accept of a connected socket gives EINVAL, recv and send on a listener ENOTCONN', () => {
    expect(accept(pair().process, 0, false)).toBe(EINVAL)
    const { process } = listening()
    expect(recv(process, 0, iovOf(1), false, false)).toBe(ENOTCONN)
    expect(sendto(process, 0, iovOf('x'))).toBe(ENOTCONN)
  })
})
