/** `poll`: moments, lengths of time, and what descriptors have ready. */

import { describe, expect, it } from 'vitest'
import { Blocked } from '../../kernel/blocked.ts'
import { PIPE_CAPACITY } from '../../kernel/byte_queue.ts'
import { readv, writev } from '../../kernel/file_calls.ts'
import { OpenFile } from '../../kernel/open_file.ts'
import { PIPE_BUF } from '../../kernel/pipe.ts'
import { poll, Subscription } from '../../kernel/poll.ts'
import { socketPair } from '../../kernel/socket.ts'
import { connect, listen } from '../../kernel/socket_calls.ts'
import { Input, Output } from '../../kernel/stream.ts'
import { encodeUtf8 } from '../../vfs/bytes.ts'
import { EAGAIN, EBADF, ENOTCAPABLE, ENOTSUP } from '../../vfs/errno.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { give, iovOf, newFile, newKernel, newProcess } from './world.ts'

type Clock = Subscription['clock']

function clock(id: Clock, sec: number, nsec = 0, absolute = false): Subscription {
  const subscription = new Subscription()
  Object.assign(subscription, { kind: 'clock', clock: id, absolute })
  subscription.time.set({ sec, nsec })
  return subscription
}

function on(kind: 'read' | 'write', fd: number): Subscription {
  return Object.assign(new Subscription(), { kind, fd })
}

function world() {
  const kernel = newKernel()
  const process = newProcess(kernel)
  return {
    kernel,
    process,
    poll: (...subscriptions: Subscription[]) => poll(kernel, process, subscriptions, subscriptions.length, false),
    again: (...subscriptions: Subscription[]) => poll(kernel, process, subscriptions, subscriptions.length, true),
  }
}

const result = ({ ready, error, bytes, hangup }: Subscription) => ({ ready, error, bytes, hangup })
const ready = (bytes = 0, hangup = false) => ({ ready: true, error: undefined, bytes, hangup })
const waits = { ready: false, error: undefined, bytes: 0, hangup: false }

describe('poll() of clocks', () => {
  it('waits for a length of time from the first try, not from each', () => {
    const { kernel, poll, again } = world()
    kernel.clock.jump({ sec: 10, nsec: 0 })
    const second = clock('monotonic', 1)
    expect(poll(second)).toEqual(new Blocked([], { sec: 11, nsec: 0 } as never))
    kernel.clock.jump({ sec: 0, nsec: 999_999_999 })
    expect(again(second)).toBeInstanceOf(Blocked)
    kernel.clock.jump({ sec: 0, nsec: 1 })
    expect(again(second)).toBe(1)
  })

  it('tells a moment of the realtime clock from one of the monotonic clock', () => {
    const { poll } = world()
    // Realtime starts at 100 s, monotonic at 0.
    expect(poll(clock('realtime', 107, 5, true))).toMatchObject({ deadline: { sec: 7, nsec: 5 } })
    expect(poll(clock('monotonic', 7, 5, true))).toMatchObject({ deadline: { sec: 7, nsec: 5 } })
    expect(poll(clock('realtime', 7, 5))).toMatchObject({ deadline: { sec: 7, nsec: 5 } })
  })

  it('does not wait for a length of 0, nor for a moment that is past or now', () => {
    for (const past of [clock('monotonic', 0), clock('realtime', 100, 0, true), clock('realtime', 3, 0, true)]) {
      expect(world().poll(past)).toBe(1)
      expect(result(past)).toEqual(ready())
    }
  })

  it('marks only the first deadline when it comes', () => {
    const { kernel, poll, again } = world()
    const [three, one] = [clock('monotonic', 3), clock('monotonic', 1)]
    const blocked = poll(three, one) as Blocked
    expect(blocked.deadline).toMatchObject({ sec: 1, nsec: 0 })
    kernel.clock.jump({ sec: 1, nsec: 0 })
    expect(again(three, one)).toBe(1)
    expect([result(three), result(one)]).toEqual([waits, ready()])
  })

  it('marks all that come at one moment', () => {
    const { kernel, poll, again } = world()
    const both = [clock('monotonic', 1), clock('realtime', 101, 0, true)] as const
    poll(...both)
    kernel.clock.jump({ sec: 1, nsec: 0 })
    expect(again(...both)).toBe(2)
  })

  it('gives ENOTSUP for CPU time, which does not pass while one waits', () => {
    const cpu = clock('cpu', 1)
    expect(world().poll(cpu, clock('monotonic', 1))).toBe(1)
    expect(result(cpu)).toEqual({ ...ready(), error: ENOTSUP })
  })

  it('can wait to the end of time', () => {
    const end = clock('monotonic', 18_446_744_073, 709_551_615)
    const { kernel, poll, again } = world()
    kernel.clock.step()
    const { deadline } = poll(end) as Blocked
    expect(deadline).toMatchObject({ sec: 18_446_744_073, nsec: 709_551_615 })
    kernel.clock.jump({ sec: 18_446_744_073, nsec: 709_551_615 })
    expect(again(end)).toBe(1)
  })
})

describe('poll() of descriptors', () => {
  it('looks only at the first `count` subscriptions', () => {
    const { kernel, process } = world()
    const subscriptions = [clock('monotonic', 1), clock('monotonic', 0)]
    expect(poll(kernel, process, subscriptions, 1, false)).toBeInstanceOf(Blocked)
    expect(poll(kernel, process, subscriptions, 2, false)).toBe(1)
  })

  it('says what is awaited, and until when', () => {
    const { kernel, process, poll } = world()
    const { reader, writer } = kernel.pipe()
    give(process, reader)
    give(process, writer)
    writev(kernel, process, 1, iovOf(PIPE_CAPACITY))
    readv(kernel, process, 0, iovOf(PIPE_CAPACITY))
    expect(poll(on('read', 0), clock('monotonic', 2), on('read', 0))).toEqual(
      new Blocked(
        [
          { fd: 0, for: 'readable' },
          { fd: 0, for: 'readable' },
        ],
        { sec: 2, nsec: 0 } as never,
      ),
    )
  })

  it('is ready at once for files, directories, devices and captured output', () => {
    const { kernel, process, poll } = world()
    const file = newFile(kernel, 'f', 'hello')
    file.offset = 2
    const output = new OpenFile('output', 0, false, true)
    output.output = new Output()
    give(process, file)
    give(process, kernel.describe('directory', ROOT_INO, false, false))
    give(process, output)
    const subscriptions = [on('read', 0), on('write', 0), on('read', 1), on('write', 2)] as const
    expect(poll(...subscriptions)).toBe(4)
    expect(subscriptions.map(result)).toEqual([ready(3), ready(), ready(), ready()])
    file.offset = 9
    poll(...subscriptions)
    expect(result(subscriptions[0])).toEqual(ready(0))
  })

  it('says how much input is there, and is ready at its end', () => {
    const { process, poll } = world()
    const file = new OpenFile('input', 0, true, false)
    file.input = new Input([encodeUtf8('abc'), encodeUtf8('de')])
    give(process, file)
    const stdin = on('read', 0)
    for (const [bytes, taken] of [
      [3, 1],
      [2, 2],
      [2, 2],
      [0, 0],
    ] as const) {
      expect(poll(stdin)).toBe(1)
      expect(result(stdin)).toEqual(ready(bytes))
      expect(file.input.read(new Uint8Array(3), 0, taken)).toBe(taken)
    }
  })

  it('is ready for a pipe that has bytes, has room, or has lost its other end', () => {
    const { kernel, process, poll } = world()
    const { reader, writer } = kernel.pipe()
    give(process, reader)
    give(process, writer)
    const [read, write] = [on('read', 0), on('write', 1)]
    expect(poll(read)).toBeInstanceOf(Blocked)
    poll(read, write)
    expect([result(read), result(write)]).toEqual([waits, ready(PIPE_CAPACITY)])
    writev(kernel, process, 1, iovOf('abc'))
    poll(read, write)
    expect([result(read), result(write)]).toEqual([ready(3), ready(PIPE_CAPACITY - 3)])
    kernel.close(process, 1)
    poll(read)
    expect(result(read)).toEqual(ready(3, true))
    readv(kernel, process, 0, iovOf(3))
    poll(read)
    expect(result(read)).toEqual(ready(0, true))
  })

  it('is ready to write to a pipe only when PIPE_BUF bytes fit, so that a small write does not fail after it', () => {
    const { kernel, process, poll } = world()
    const { reader, writer } = kernel.pipe()
    give(process, reader)
    give(process, writer)
    writer.nonblock = true
    const write = on('write', 1)
    writev(kernel, process, 1, iovOf(PIPE_CAPACITY - PIPE_BUF + 1))
    process.progress = 0
    expect(writev(kernel, process, 1, iovOf(PIPE_BUF))).toBe(EAGAIN)
    expect(poll(write)).toBeInstanceOf(Blocked)
    readv(kernel, process, 0, iovOf(1))
    expect(poll(write)).toBe(1)
    process.progress = 0
    expect(writev(kernel, process, 1, iovOf(PIPE_BUF))).toBe(PIPE_BUF)
    kernel.close(process, 0)
    expect(poll(write)).toBe(1)
    expect(write.hangup).toBe(true)
  })

  it('is ready for a socket that has bytes, has room, or has lost its other end', () => {
    const { kernel, process, poll } = world()
    for (const socket of socketPair(1)) {
      const file = new OpenFile('socket', 0, true, true)
      file.socket = socket
      give(process, file)
    }
    const [read, write] = [on('read', 0), on('write', 0)]
    expect(poll(read)).toBeInstanceOf(Blocked)
    poll(read, write)
    expect([result(read), result(write)]).toEqual([waits, ready(PIPE_CAPACITY)])
    writev(kernel, process, 1, iovOf('abc'))
    poll(read)
    expect(result(read)).toEqual(ready(3))
    kernel.close(process, 1)
    poll(read, write)
    expect([read.hangup, write.hangup]).toEqual([true, true])
  })

  it('is ready for a listener that has connections', () => {
    const { kernel, process, poll } = world()
    const { listener, descriptor } = listen(kernel)
    process.fds.add(descriptor)
    const [read, write] = [on('read', 0), on('write', 0)]
    expect(poll(read, write)).toBeInstanceOf(Blocked)
    connect(kernel, listener)
    connect(kernel, listener)
    expect(poll(read, write)).toBe(1)
    expect([result(read), result(write)]).toEqual([ready(2), { ...waits, bytes: 2 }])
  })

  it('carries EBADF and ENOTCAPABLE in the event, without waiting for the others', () => {
    const { kernel, process, poll } = world()
    give(process, newFile(kernel, 'f'), 0)
    const [bad, incapable, second] = [on('read', 9), on('write', 0), clock('monotonic', 1)]
    expect(poll(second, bad, incapable)).toBe(2)
    expect([second, bad, incapable].map(result)).toEqual([
      waits,
      { ...ready(), error: EBADF },
      { ...ready(), error: ENOTCAPABLE },
    ])
  })

  it('forgets what an earlier poll left in the subscriptions', () => {
    const { poll, kernel, process } = world()
    const subscription = on('read', 9)
    poll(subscription)
    give(process, newFile(kernel, 'f', 'x'))
    Object.assign(subscription, { fd: 0 })
    poll(subscription)
    expect(result(subscription)).toEqual(ready(1))
    const { reader, writer } = kernel.pipe()
    give(process, reader)
    give(process, writer)
    writev(kernel, process, 2, iovOf('abc'))
    kernel.close(process, 2)
    Object.assign(subscription, { fd: 1 })
    poll(subscription)
    expect(result(subscription)).toEqual(ready(3, true))
    Object.assign(subscription, { kind: 'clock' })
    poll(subscription)
    expect(result(subscription)).toEqual(ready())
  })
})
