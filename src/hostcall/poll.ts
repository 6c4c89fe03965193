/** poll_oneoff: waiting for clocks and descriptors. */

import { Blocked } from '../../kernel/blocked.ts'
import { poll, type Subscription } from '../../kernel/poll.ts'
import { EVENT_SIZE, newSubscription, writeEvent } from '../abi/layout.ts'
import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
  EVENT_FD_READWRITE_HANGUP,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  SUBCLOCK_ABSTIME,
} from '../abi/types.ts'
import { instantNsec, instantSec } from '../abi/u64.ts'
import { FAULT, type Guest, INVAL } from './guest.ts'

/** More than there can be descriptors and clocks worth waiting for; it bounds what one call costs. */
const SUBSCRIPTIONS_MAX = 65_536

/** Filled anew for each call: calls of one thread do not overlap but in a pipeline, whose waits come after the reading. */
const raw = newSubscription()

/**
 * poll_oneoff(in: ptr, out: ptr, nsubscriptions: size, nevents: ptr) -> errno
 *
 * Waits until one or more of the subscriptions have happened; writes an event of 32 bytes for each that did, in the
 * order of the subscriptions, and how many (u32). When a clock is what happens first, virtual time jumps to it.
 *
 *     userdata 8 | errno 2 | type 1 | 5 zero | nbytes 8 | flags 2 | 6 zero
 *
 * An event can carry an error of its own: BADF (not open), NOTCAPABLE (no right to poll), NOTSUP (a CPU-time clock).
 * INVAL: no subscriptions, more than 65,536, or one with an unknown type, clock or flag. FAULT: a pointer is outside
 * memory. POSIX: poll, clock_nanosleep.
 */
export function pollOneoff(guest: Guest, input: number, output: number, count: number, nevents: number): number {
  const { memory, layout } = guest
  const total = count >>> 0
  if (total === 0 || total > SUBSCRIPTIONS_MAX) return INVAL
  if (!memory.covers(input >>> 0, total * layout.subscriptionSize)) return FAULT
  if (!memory.covers(output >>> 0, total * EVENT_SIZE) || !memory.covers(nevents >>> 0, 4)) return FAULT
  const subscriptions = guest.subscriptions(total)
  for (let i = 0; i < total; i++) {
    if (!read(guest, (input >>> 0) + i * layout.subscriptionSize, subscriptions[i] as Subscription)) return INVAL
  }
  // The events may be written over the subscriptions, so what they need is read before.
  guest.absorb(input >>> 0, total * layout.subscriptionSize)
  const userdata = guest.userdata(total)
  for (let i = 0; i < total; i++) {
    const at = (input >>> 0) + i * layout.subscriptionSize
    userdata[2 * i] = memory.readU32(at)
    userdata[2 * i + 1] = memory.readU32(at + 4)
  }

  let happened = poll(guest.kernel, guest.process, subscriptions, total, false)
  while (happened instanceof Blocked) {
    if (!guest.wait('poll_oneoff', happened)) return 0
    happened = poll(guest.kernel, guest.process, subscriptions, total, true)
  }
  let at = output >>> 0
  for (let i = 0; i < total; i++) {
    const { ready, error, kind, bytes, hangup } = subscriptions[i] as Subscription
    if (!ready) continue
    const type = kind === 'clock' ? EVENTTYPE_CLOCK : kind === 'read' ? EVENTTYPE_FD_READ : EVENTTYPE_FD_WRITE
    const flags = hangup ? EVENT_FD_READWRITE_HANGUP : 0
    writeEvent(
      memory.view,
      at,
      userdata[2 * i] as number,
      userdata[2 * i + 1] as number,
      error === undefined ? 0 : error.number,
      type,
      bytes,
      flags,
    )
    at += EVENT_SIZE
  }
  guest.absorb(output >>> 0, at - (output >>> 0))
  memory.writeU32(nevents >>> 0, happened)
  return 0
}

/** Reads one subscription; whether it is a valid one. */
function read(guest: Guest, at: number, into: Subscription): boolean {
  guest.layout.readSubscription(guest.memory.view, at, raw)
  if (raw.type === EVENTTYPE_FD_READ || raw.type === EVENTTYPE_FD_WRITE) {
    into.kind = raw.type === EVENTTYPE_FD_READ ? 'read' : 'write'
    into.fd = raw.fd
    return true
  }
  if (raw.type !== EVENTTYPE_CLOCK || raw.clockId > CLOCK_THREAD_CPUTIME_ID) return false
  if ((raw.flags & ~SUBCLOCK_ABSTIME) !== 0) return false
  into.kind = 'clock'
  into.clock = raw.clockId === CLOCK_REALTIME ? 'realtime' : raw.clockId === CLOCK_MONOTONIC ? 'monotonic' : 'cpu'
  into.absolute = (raw.flags & SUBCLOCK_ABSTIME) !== 0
  into.time.sec = instantSec(raw.timeoutLo, raw.timeoutHi)
  into.time.nsec = instantNsec(raw.timeoutLo, raw.timeoutHi)
  return true
}
