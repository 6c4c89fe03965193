/** `poll`: waiting for several descriptors and moments at once. */

import { EBADF, ENOTCAPABLE, ENOTSUP, type Errno } from '../vfs/errno.ts'
import type { FileInode } from '../vfs/inode.ts'
import { type Awaited, Blocked } from './blocked.ts'
import { compareTime, Time, timeUntil } from './clock.ts'
import type { Kernel } from './kernel.ts'
import { PIPE_BUF } from './pipe.ts'
import type { Process } from './process.ts'
import { RIGHT_POLL_FD_READWRITE } from './rights.ts'

/** One thing to wait for, and, after the call, what became of it. */
export class Subscription {
  kind: 'clock' | 'read' | 'write' = 'clock'
  fd = 0
  clock: 'realtime' | 'monotonic' | 'cpu' = 'monotonic'
  /** Whether `time` is a moment of that clock, or a length from now. */
  absolute = false
  readonly time: Time = new Time()
  /** When the monotonic clock will have got there; `poll` sets it. */
  readonly deadline: Time = new Time()

  /** Whether it happened, with what error, how many bytes can be moved, and whether the other end is gone. */
  ready = false
  error: Errno | undefined
  bytes = 0
  hangup = false
}

/**
 * Marks which of the first `count` subscriptions happened; how many. Where none did it is `Blocked`, and the call is
 * made again with `again` true, so that a length of time counts from the first try.
 */
export function poll(
  kernel: Kernel,
  process: Process,
  subscriptions: readonly Subscription[],
  count: number,
  again: boolean,
): number | Blocked {
  let happened = 0
  for (let i = 0; i < count; i++) {
    const subscription = subscriptions[i] as Subscription
    subscription.ready = false
    subscription.error = undefined
    subscription.bytes = 0
    subscription.hangup = false
    if (subscription.kind === 'clock') checkClock(kernel, subscription, again)
    else checkDescriptor(kernel, process, subscription)
    if (subscription.ready) happened++
  }
  return happened > 0 ? happened : blocked(subscriptions, count)
}

function checkClock(kernel: Kernel, subscription: Subscription, again: boolean): void {
  const { clock } = kernel
  if (subscription.clock === 'cpu') {
    // A process that waits uses no CPU time, so such a moment would never come.
    subscription.ready = true
    subscription.error = ENOTSUP
    return
  }
  if (!again) {
    const now = subscription.clock === 'realtime' ? clock.realtime : clock.monotonic
    subscription.deadline.set(clock.monotonic)
    subscription.deadline.addTime(subscription.absolute ? timeUntil(now, subscription.time) : subscription.time)
  }
  subscription.ready = compareTime(clock.monotonic, subscription.deadline) >= 0
}

function checkDescriptor(kernel: Kernel, process: Process, subscription: Subscription): void {
  const descriptor = process.fds.at(subscription.fd)
  subscription.ready = true
  if (descriptor === undefined) {
    subscription.error = EBADF
    return
  }
  const { file } = descriptor
  if ((descriptor.base & RIGHT_POLL_FD_READWRITE) === 0 && file.kind !== 'directory') {
    subscription.error = ENOTCAPABLE
    return
  }
  const reads = subscription.kind === 'read'
  switch (file.kind) {
    case 'file': {
      const { size } = (kernel.fs.get(file.ino) as FileInode).body
      subscription.bytes = reads ? Math.max(0, size - file.offset) : 0
      return
    }
    case 'input':
      subscription.bytes = reads ? (file.input?.available() ?? 0) : 0
      return
    case 'pipe':
    case 'fifo': {
      const { pipe } = file
      if (pipe === undefined) return
      subscription.hangup = reads ? pipe.writers === 0 : pipe.readers === 0
      subscription.bytes = reads ? pipe.queue.size : pipe.queue.room
      // A write of up to PIPE_BUF bytes goes in whole or not at all: with less room than that it might not go in.
      subscription.ready =
        subscription.hangup || subscription.bytes >= (reads ? 1 : PIPE_BUF) || (!reads && pipe.unbounded)
      return
    }
    case 'socket': {
      const { socket } = file
      if (socket === undefined) return
      subscription.hangup = reads ? socket.atEnd : !socket.canSend
      subscription.bytes = reads ? socket.incoming.size : socket.outgoing.room
      subscription.ready = subscription.hangup || subscription.bytes > 0
      return
    }
    case 'listener':
      subscription.bytes = file.listener?.pending.length ?? 0
      subscription.ready = reads && subscription.bytes > 0
      return
    default:
      // Directories, devices and captured output never wait.
      return
  }
}

function blocked(subscriptions: readonly Subscription[], count: number): Blocked {
  const awaited: Awaited[] = []
  let deadline: Time | undefined
  for (let i = 0; i < count; i++) {
    const subscription = subscriptions[i] as Subscription
    if (subscription.kind !== 'clock') {
      awaited.push({ fd: subscription.fd, for: subscription.kind === 'read' ? 'readable' : 'writable' })
    } else if (deadline === undefined || compareTime(subscription.deadline, deadline) < 0) {
      deadline = new Time(subscription.deadline.sec, subscription.deadline.nsec)
    }
  }
  return new Blocked(awaited, deadline)
}
