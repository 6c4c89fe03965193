/** poll_oneoff, line by line. */

import { expect } from 'vitest'
import { PIPE_CAPACITY } from '../../../../kernel/byte_queue.ts'
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
  EVENT_FD_READWRITE_HANGUP,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  RIGHT_FD_READ,
  SUBCLOCK_ABSTIME,
} from '../../../../src/abi/types.ts'
import { ENDED, type Event, type Hostcalls, type HostcallsOptions, READ_WRITE } from '../../../support/hostcalls.ts'
import {
  accepted,
  CLOSED_FD,
  EPOCH,
  fifoIn,
  hex,
  KINDS,
  type Kind,
  type KindName,
  LISTENER_FD,
  line as lineOf,
  pipeIn,
  TICK,
  u32,
  u64,
} from './descriptors.ts'
import type { Case } from './types.ts'

const CALL = 'poll_oneoff'
const SECOND = 1_000_000_000n
const line = (errno: string, when: string, test: (h: Hostcalls) => void, more?: HostcallsOptions): Case =>
  lineOf(CALL, errno, when, test, more)

/** The 48 bytes of a subscription. */
type Subscription = readonly number[]

function clock(id: number, timeout: bigint, flags = 0, userdata = 0n, precision = 0n): Subscription {
  const padding = [0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5, 0xa5]
  return [
    ...[...u64(userdata), EVENTTYPE_CLOCK, ...padding],
    ...[...u32(id), ...padding.slice(0, 4), ...u64(timeout), ...u64(precision)],
    ...[flags & 0xff, flags >> 8, ...padding.slice(0, 6)],
  ]
}

function on(type: number, fd: number, userdata = 0n): Subscription {
  return [...u64(userdata), type, ...new Array(7).fill(0xa5), ...u32(fd), ...new Array(28).fill(0xa5)]
}

const reads = (fd: number, userdata?: bigint): Subscription => on(EVENTTYPE_FD_READ, fd, userdata)
const writes = (fd: number, userdata?: bigint): Subscription => on(EVENTTYPE_FD_WRITE, fd, userdata)
const after = (timeout: bigint, userdata?: bigint): Subscription => clock(CLOCK_MONOTONIC, timeout, 0, userdata)

/** The events, and how far the monotonic clock went in the call besides its tick. */
function poll(h: Hostcalls, ...subscriptions: Subscription[]): { readonly events: Event[]; readonly slept: bigint } {
  const input = h.put(Uint8Array.from(subscriptions.flat())).ptr
  const [output, nevents] = [h.out(32 * subscriptions.length), h.out(4)]
  const before = h.machine.time
  h.must(CALL, input, output, subscriptions.length, nevents)
  return { events: h.events(output, h.u32(nevents)), slept: h.machine.time - before - TICK }
}

function answer(h: Hostcalls, ...subscriptions: Subscription[]): string {
  const input = h.put(Uint8Array.from(subscriptions.flat())).ptr
  return h.call(CALL, input, h.out(32 * subscriptions.length), subscriptions.length, h.out(4))
}

const event = (type: number, nbytes = 0n, more: Partial<Event> = {}): Event => ({
  userdata: 0n,
  errno: 'ESUCCESS',
  type,
  nbytes,
  flags: 0,
  ...more,
})
const rung = event(EVENTTYPE_CLOCK)
const readable = (nbytes = 0n, flags = 0): Event => event(EVENTTYPE_FD_READ, nbytes, { flags })
const writable = (nbytes = 0n, flags = 0): Event => event(EVENTTYPE_FD_WRITE, nbytes, { flags })

/** What each kind has to read, or `never` where only the clock that is polled with it comes. */
const READABLE: { readonly [kind in KindName]: bigint | 'never' } = {
  file: 7n,
  readOnly: 7n,
  writeOnly: 7n,
  removedFile: 7n,
  stdinFile: 7n,
  directory: 0n,
  root: 0n,
  removedDirectory: 0n,
  null: 0n,
  zero: 0n,
  full: 0n,
  random: 0n,
  urandom: 0n,
  stdin: 5n,
  stdinChunks: 3n,
  stdinTerminal: 5n,
  stdinByName: 5n,
  tty: 5n,
  stdout: 0n,
  stderr: 0n,
  stdoutTerminal: 0n,
  stdoutByName: 0n,
  fifo: 'never',
  pipeReader: 'never',
  pipeWriter: 0n,
  listener: 1n,
  connected: 4n,
  pair: 'never',
}

/** The same for writing. */
const WRITABLE: { readonly [kind in KindName]: bigint | 'never' } = {
  ...READABLE,
  ...{ file: 0n, readOnly: 0n, writeOnly: 0n, removedFile: 0n, stdinFile: 0n },
  ...{ stdin: 0n, stdinChunks: 0n, stdinTerminal: 0n, stdinByName: 0n, tty: 0n },
  ...{ fifo: BigInt(PIPE_CAPACITY), pipeReader: 0n, pipeWriter: BigInt(PIPE_CAPACITY) },
  ...{ listener: 'never', connected: BigInt(PIPE_CAPACITY), pair: BigInt(PIPE_CAPACITY) },
}

function readiness(table: typeof READABLE, type: number, what: string): Case[] {
  return (Object.keys(KINDS) as KindName[])
    .filter((kind) =>
      kind === 'pipeWriter' && type === EVENTTYPE_FD_READ
        ? false
        : !(kind === 'pipeReader' && type === EVENTTYPE_FD_WRITE),
    )
    .map((kind) => {
      const { is, options, open }: Kind = KINDS[kind]
      const nbytes = table[kind]
      const when = nbytes === 'never' ? `waits for ${is} to be ${what}` : `says that ${is} is ${what} at once`
      return line(
        'ESUCCESS',
        when,
        (h) => {
          const { events, slept } = poll(h, on(type, open(h)), after(SECOND))
          expect(events).toEqual(nbytes === 'never' ? [rung] : [event(type, nbytes)])
          expect(slept).toBe(nbytes === 'never' ? SECOND : 0n)
        },
        options,
      )
    })
}

const CLOCKS = [
  [CLOCK_REALTIME, 'realtime', EPOCH],
  [CLOCK_MONOTONIC, 'monotonic', 0n],
] as const

export const pollOneoffCases: readonly Case[] = [
  line('ESUCCESS', 'writes one event of 32 bytes and their number', (h) => {
    const input = h.put(Uint8Array.from(reads(0, 0x0123_4567_89ab_cdefn))).ptr
    const [output, nevents] = [h.out(32), h.out(4)]
    h.must(CALL, input, output, 1, nevents)
    expect(h.bytes(nevents, 4)).toEqual(hex('01 00 00 00'))
    expect(h.bytes(output, 32)).toEqual([
      ...hex('ef cd ab 89 67 45 23 01'),
      ...hex('00 00 01 00 00 00 00 00'),
      ...hex('05 00 00 00 00 00 00 00'),
      ...hex('00 00 00 00 00 00 00 00'),
    ])
  }),
  line('ESUCCESS', 'writes an error and a type into an event', (h) => {
    const input = h.put(Uint8Array.from(writes(CLOSED_FD, -1n))).ptr
    const output = h.out(32)
    h.must(CALL, input, output, 1, h.out(4))
    expect(h.bytes(output, 32)).toEqual([
      ...hex('ff ff ff ff ff ff ff ff'),
      ...hex('08 00 02 00 00 00 00 00'),
      ...hex('00 00 00 00 00 00 00 00'),
      ...hex('00 00 00 00 00 00 00 00'),
    ])
  }),
  ...CLOCKS.flatMap(([id, name, start]) => [
    line('ESUCCESS', `sleeps for a length of time on the ${name} clock, exactly`, (h) => {
      expect(poll(h, clock(id, 1_500_000_001n))).toEqual({ events: [rung], slept: 1_500_000_001n })
    }),
    line('ESUCCESS', `sleeps until a moment of the ${name} clock, exactly`, (h) => {
      const { events, slept } = poll(h, clock(id, start + 3n * SECOND, SUBCLOCK_ABSTIME))
      expect([events, slept]).toEqual([[rung], 3n * SECOND - TICK])
    }),
    line('ESUCCESS', `does not sleep for no time on the ${name} clock`, (h) => {
      expect(poll(h, clock(id, 0n))).toEqual({ events: [rung], slept: 0n })
    }),
    line('ESUCCESS', `does not sleep until a moment of the ${name} clock that is past, or now`, (h) => {
      for (const moment of [0n, start, start + TICK]) {
        expect(poll(h, clock(id, moment, SUBCLOCK_ABSTIME))).toEqual({ events: [rung], slept: 0n })
      }
    }),
    line('ESUCCESS', `sleeps for a year on the ${name} clock, in no time`, (h) => {
      const year = 31_536_000n * SECOND
      expect(poll(h, clock(id, year)).slept).toBe(year)
    }),
    line('ESUCCESS', `takes any precision on the ${name} clock, and wakes exactly`, (h) => {
      expect(poll(h, clock(id, SECOND, 0, 0n, 2n ** 64n - 1n)).slept).toBe(SECOND)
    }),
    line(
      'ESUCCESS',
      `sleeps on the ${name} clock although the clocks are frozen`,
      (h) => {
        expect(poll(h, clock(id, SECOND)).slept).toBe(SECOND - TICK)
      },
      { tick: 0 },
    ),
    line('ESUCCESS', `sleeps to the end of time on the ${name} clock`, (h) => {
      for (const flags of [0, SUBCLOCK_ABSTIME])
        expect(poll(h, clock(id, 2n ** 64n - 1n, flags)).events).toEqual([rung])
    }),
  ]),
  ...[CLOCK_PROCESS_CPUTIME_ID, CLOCK_THREAD_CPUTIME_ID].map((id) =>
    line('ESUCCESS', `says ENOTSUP in the event of the CPU-time clock ${id}, which stands while one waits`, (h) => {
      const { events, slept } = poll(h, clock(id, SECOND, 0, 7n), after(SECOND))
      expect([events, slept]).toEqual([[{ ...rung, userdata: 7n, errno: 'ENOTSUP' }], 0n])
    }),
  ),
  line('ESUCCESS', 'reports only the first of two deadlines, and sleeps until that', (h) => {
    expect(poll(h, after(3n * SECOND, 3n), after(SECOND, 1n))).toEqual({
      events: [{ ...rung, userdata: 1n }],
      slept: SECOND,
    })
  }),
  line('ESUCCESS', 'reports all deadlines that come at one moment, in the order of the subscriptions', (h) => {
    const moment = clock(CLOCK_REALTIME, EPOCH + TICK + SECOND, SUBCLOCK_ABSTIME, 9n)
    const { events } = poll(h, after(SECOND, 4n), after(2n * SECOND, 5n), moment, after(SECOND, 2n))
    expect(events.map(({ userdata }) => userdata)).toEqual([4n, 9n, 2n])
  }),
  line('ESUCCESS', 'reports a deadline that is past together with what is ready', (h) => {
    expect(poll(h, after(0n), reads(0)).events).toEqual([rung, readable(5n)])
  }),
  line('ESUCCESS', 'does not wait for a deadline when something is ready', (h) => {
    expect(poll(h, after(SECOND), writes(1))).toEqual({ events: [writable()], slept: 0n })
  }),
  ...readiness(READABLE, EVENTTYPE_FD_READ, 'readable'),
  ...readiness(WRITABLE, EVENTTYPE_FD_WRITE, 'writable'),
  line('ESUCCESS', 'says how much of a file is left from the offset', (h) => {
    const fd = h.opened('file', { rights: READ_WRITE })
    h.read(fd, 5)
    expect(poll(h, reads(fd)).events).toEqual([readable(2n)])
    h.must('fd_seek', fd, 99n, 0, h.out(8))
    expect(poll(h, reads(fd)).events).toEqual([readable(0n)])
  }),
  line('ESUCCESS', 'says that stdin at its end is readable', (h) => {
    h.read(0, 99)
    expect(poll(h, reads(0), after(SECOND))).toEqual({ events: [readable(0n)], slept: 0n })
  }),
  line(
    'ESUCCESS',
    'says how much of a chunk of stdin is there, which it may pull',
    (h) => {
      expect(poll(h, reads(0)).events).toEqual([readable(3n)])
      expect(h.read(0, 2)).toBe('ab')
      expect(poll(h, reads(0)).events).toEqual([readable(1n)])
      expect(h.read(0, 9)).toBe('c')
      expect(poll(h, reads(0)).events).toEqual([readable(2n)])
    },
    { run: { stdin: ['abc', 'de'] } },
  ),
  line('ESUCCESS', 'says that a pipe has bytes, and then that its other end is gone', (h) => {
    const [reader, writer] = pipeIn(h)
    expect(h.write(writer, 'abc')).toBe(3)
    expect(poll(h, reads(reader), writes(writer)).events).toEqual([readable(3n), writable(BigInt(PIPE_CAPACITY - 3))])
    h.must('fd_close', writer)
    expect(poll(h, reads(reader)).events).toEqual([readable(3n, EVENT_FD_READWRITE_HANGUP)])
    h.read(reader, 9)
    expect(poll(h, reads(reader), after(SECOND)).events).toEqual([readable(0n, EVENT_FD_READWRITE_HANGUP)])
  }),
  line('ESUCCESS', 'says that nobody reads a pipe', (h) => {
    const [reader, writer] = pipeIn(h)
    h.must('fd_close', reader)
    expect(poll(h, writes(writer)).events).toMatchObject([{ flags: EVENT_FD_READWRITE_HANGUP }])
  }),
  line(
    'ESUCCESS',
    'does not say that a full pipe is writable, nor one with less room than a whole small write',
    (h) => {
      const [, writer] = pipeIn(h)
      expect(h.write(writer, new Uint8Array(PIPE_CAPACITY - 4095))).toBe(PIPE_CAPACITY - 4095)
      expect(poll(h, writes(writer), after(SECOND)).events).toEqual([rung])
      expect(h.write(writer, new Uint8Array(4095))).toBe(4095)
      expect(poll(h, writes(writer), after(SECOND)).events).toEqual([rung])
    },
  ),
  line('ESUCCESS', 'says that a fifo has bytes', (h) => {
    const fd = fifoIn(h)
    expect(h.write(fd, 'ab')).toBe(2)
    expect(poll(h, reads(fd)).events).toEqual([readable(2n)])
  }),
  line(
    'ESUCCESS',
    'says that connections wait to be accepted, and then that there are none',
    (h) => {
      expect(poll(h, reads(LISTENER_FD)).events).toEqual([readable(2n)])
      accepted(h)
      accepted(h)
      expect(poll(h, reads(LISTENER_FD), after(SECOND)).events).toEqual([rung])
    },
    { run: { listen: [[{}, {}]] } },
  ),
  line(
    'ESUCCESS',
    'says that a peer has ended, after what it sent',
    (h) => {
      const fd = accepted(h)
      expect(poll(h, reads(fd)).events).toEqual([readable(4n, EVENT_FD_READWRITE_HANGUP)])
      expect([h.read(fd, 9), h.read(fd, 9)]).toEqual(['peer', ''])
      expect(poll(h, reads(fd)).events).toEqual([readable(0n, EVENT_FD_READWRITE_HANGUP)])
    },
    { run: { listen: [[{ send: 'peer' }]] } },
  ),
  line('ESUCCESS', 'says that a full socket is not writable, and that one whose other end is gone is', (h) => {
    const [a, b] = h.socketPair()
    expect(h.write(a, new Uint8Array(PIPE_CAPACITY))).toBe(PIPE_CAPACITY)
    expect(poll(h, writes(a), after(SECOND)).events).toEqual([rung])
    h.must('fd_close', b)
    expect(poll(h, writes(a)).events).toMatchObject([{ type: EVENTTYPE_FD_WRITE, flags: EVENT_FD_READWRITE_HANGUP }])
  }),
  line('ESUCCESS', 'says EBADF in the event of a descriptor that is not open, beside others', (h) => {
    const { events } = poll(h, reads(CLOSED_FD, 1n), writes(-1, 2n), reads(0, 3n), after(SECOND))
    expect(events).toEqual([
      { ...readable(), userdata: 1n, errno: 'EBADF' },
      { ...writable(), userdata: 2n, errno: 'EBADF' },
      { ...readable(5n), userdata: 3n },
    ])
  }),
  line('ESUCCESS', 'says ENOTCAPABLE in the event of a descriptor without POLL_FD_READWRITE', (h) => {
    const fd = h.opened('file')
    h.limit(fd, RIGHT_FD_READ)
    expect(poll(h, reads(fd)).events).toEqual([{ ...readable(), errno: 'ENOTCAPABLE' }])
  }),
  line('ESUCCESS', 'takes one descriptor as often as it is named', (h) => {
    expect(poll(h, reads(0, 1n), reads(0, 2n), reads(0, 1n)).events.map(({ userdata }) => userdata)).toEqual([
      1n,
      2n,
      1n,
    ])
  }),
  line('ESUCCESS', 'takes hundreds of subscriptions', (h) => {
    const { events } = poll(
      h,
      ...Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? after(SECOND) : writes(1, BigInt(i)))),
    )
    expect(events.map(({ userdata }) => userdata)).toEqual(Array.from({ length: 250 }, (_, i) => BigInt(2 * i + 1)))
  }),
  line('ESUCCESS', 'may write the events over the subscriptions', (h) => {
    const { ptr } = h.put(Uint8Array.from([after(0n, 1n), reads(0, 2n), writes(1, 3n)].flat()))
    const nevents = h.out(4)
    h.must(CALL, ptr, ptr, 3, nevents)
    expect(h.u32(nevents)).toBe(3)
    expect(h.events(ptr, 3).map(({ userdata, type }) => [userdata, type])).toEqual([
      [1n, 0],
      [2n, 1],
      [3n, 2],
    ])
  }),
  line('ESUCCESS', 'reads and writes the last bytes of memory', (h) => {
    h.u8.set(writes(1, 5n), h.end - 48)
    const output = h.out(32)
    h.must(CALL, h.end - 48, output, 1, h.out(4))
    expect(h.events(output, 1)).toEqual([{ ...writable(), userdata: 5n }])
    h.must(CALL, h.put(Uint8Array.from(writes(1, 6n))).ptr, h.end - 32, 1, h.out(4))
    expect(h.events(h.end - 32, 1)).toEqual([{ ...writable(), userdata: 6n }])
    h.must(CALL, h.put(Uint8Array.from(writes(1))).ptr, h.out(32), 1, h.end - 4)
    expect(h.u32(h.end - 4)).toBe(1)
  }),
  line(ENDED, 'it waits for nothing but what cannot come, as a deadlock that names all of it', (h) => {
    const [a, b] = h.socketPair()
    expect(answer(h, reads(a), reads(b), writes(LISTENER_FD))).toBe(ENDED)
    expect(h.run.end).toMatchObject({
      kind: 'deadlock',
      waits: [
        {
          call: CALL,
          fds: [
            { fd: a, for: 'readable' },
            { fd: b, for: 'readable' },
            { fd: LISTENER_FD, for: 'writable' },
          ],
        },
      ],
    })
  }),
  line('EINVAL', 'there are no subscriptions', (h) =>
    expect(h.call(CALL, h.out(48), h.out(32), 0, h.out(4))).toBe('EINVAL'),
  ),
  line('EINVAL', 'there are 65,537 subscriptions', (h) => expect(h.call(CALL, 0, 0, 65_537, h.out(4))).toBe('EINVAL')),
  line('EINVAL', 'there are -1 subscriptions', (h) => expect(h.call(CALL, 0, 0, -1, h.out(4))).toBe('EINVAL')),
  ...[3, 4, 255].map((type) =>
    line('EINVAL', `the type of a subscription is ${type}`, (h) =>
      expect(answer(h, writes(1), on(type, 0))).toBe('EINVAL'),
    ),
  ),
  ...[4, 256, -1].map((id) =>
    line('EINVAL', `the clock is ${id}`, (h) => expect(answer(h, writes(1), clock(id, SECOND))).toBe('EINVAL')),
  ),
  ...[2, 3, 0x100, 0x8001].map((flags) =>
    line('EINVAL', `the flags of a clock are ${flags}`, (h) => {
      expect(answer(h, writes(1), clock(CLOCK_MONOTONIC, SECOND, flags))).toBe('EINVAL')
    }),
  ),
  ...(['ends one byte outside memory', 'is the end of memory', 'is 2^31', 'is -1'] as const).flatMap((how, index) => [
    line('EFAULT', `the array of subscriptions ${how}`, (h) => {
      expect(h.call(CALL, h.outside(96)[index] as number, h.out(64), 2, h.out(4))).toBe('EFAULT')
    }),
    line('EFAULT', `the array of events ${how}`, (h) => {
      const input = h.put(Uint8Array.from([writes(1), reads(0)].flat())).ptr
      expect(h.call(CALL, input, h.outside(64)[index] as number, 2, h.out(4))).toBe('EFAULT')
    }),
    line('EFAULT', `the pointer for the number of events ${how}, and no time passes`, (h) => {
      const input = h.put(Uint8Array.from(after(SECOND))).ptr
      const before = h.machine.time
      expect(h.call(CALL, input, h.out(32), 1, h.outside(4)[index] as number)).toBe('EFAULT')
      expect(h.machine.time - before).toBe(TICK)
    }),
  ]),
]
