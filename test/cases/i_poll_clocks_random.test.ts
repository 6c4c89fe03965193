/** Section I of the cases from public bug reports: poll_oneoff, clocks, random. */

import { describe, expect, it } from 'vitest'
import { EVENT_SIZE } from '../../src/abi/layout.ts'
import {
  CLOCK_MONOTONIC,
  CLOCK_REALTIME,
  EVENT_FD_READWRITE_HANGUP,
  EVENTTYPE_CLOCK,
  EVENTTYPE_FD_READ,
  EVENTTYPE_FD_WRITE,
  RIGHT_FD_READ,
  SUBCLOCK_ABSTIME,
} from '../../src/abi/types.ts'
import { Machine } from '../../src/index.ts'
import { CALLER_MAX_PAGES, callerModule } from '../support/caller.ts'
import { type Event, Hostcalls, READ_WRITE } from '../support/hostcalls.ts'
import { wat } from '../support/wat.ts'
import { CGuest } from './c_guest.ts'

const c = new CGuest('i_poll_clocks_random.c')
const SECOND = 1_000_000_000n
const SUBSCRIPTION_SIZE = 48

type Wanted =
  | { readonly clock: number; readonly time: bigint; readonly absolute?: boolean }
  | { readonly read: number }
  | { readonly write: number }

/** Waits for 1 s and for 3 s at once, as in the report; the time before it is at 512 and after it at 520. */
const twoClocks = await wat(`(module
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $now (param i32 i64 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "\\01")
  (data (i32.const 24) "\\00\\ca\\9a\\3b")
  (data (i32.const 48) "\\2a")
  (data (i32.const 64) "\\01")
  (data (i32.const 72) "\\00\\5e\\d0\\b2")
  (func (export "poll") (result i32)
    (drop (call $now (i32.const 1) (i64.const 0) (i32.const 512)))
    (drop (call $poll (i32.const 0) (i32.const 256) (i32.const 2) (i32.const 128)))
    (drop (call $now (i32.const 1) (i64.const 0) (i32.const 520)))
    (i32.load (i32.const 128))))`)

/** The subscriptions in memory, with 100, 101, … as userdata. */
function put(h: Hostcalls, wanted: readonly Wanted[]): number {
  const { ptr } = h.put(new Uint8Array(wanted.length * SUBSCRIPTION_SIZE))
  wanted.forEach((one, index) => {
    const at = ptr + index * SUBSCRIPTION_SIZE
    h.view.setBigUint64(at, BigInt(100 + index), true)
    if ('clock' in one) {
      h.view.setUint32(at + 16, one.clock, true)
      h.view.setBigUint64(at + 24, one.time, true)
      h.view.setUint16(at + 40, one.absolute === true ? SUBCLOCK_ABSTIME : 0, true)
    } else {
      h.view.setUint8(at + 8, 'read' in one ? EVENTTYPE_FD_READ : EVENTTYPE_FD_WRITE)
      h.view.setUint32(at + 16, 'read' in one ? one.read : one.write, true)
    }
  })
  return ptr
}

/** The events that came of them. */
function poll(h: Hostcalls, ...wanted: readonly Wanted[]): Event[] {
  const [out, nevents] = [h.out(wanted.length * EVENT_SIZE), h.out(4)]
  h.must('poll_oneoff', put(h, wanted), out, wanted.length, nevents)
  return h.events(out, h.u32(nevents))
}

function clockEvent(userdata: bigint): Event {
  return { userdata, errno: 'ESUCCESS', type: EVENTTYPE_CLOCK, nbytes: 0n, flags: 0 }
}

function readEvent(userdata: bigint, nbytes: bigint, flags = 0): Event {
  return { userdata, errno: 'ESUCCESS', type: EVENTTYPE_FD_READ, nbytes, flags }
}

function timeOf(h: Hostcalls, clock: number): bigint {
  const time = h.out(8)
  h.must('clock_time_get', clock, 0n, time)
  return h.u64(time)
}

describe('I. poll_oneoff, clocks, random', () => {
  it('118. Two clock subscriptions: both reported at the first deadline', () => {
    for (const tick of [0, 1000]) {
      const run = new Machine({ tick }).run(twoClocks)
      expect(run.call('poll')).toBe(1)
      const view = new DataView((run.exports.memory as WebAssembly.Memory).buffer)
      expect([view.getBigUint64(256, true), view.getUint8(266)]).toEqual([0n, EVENTTYPE_CLOCK])
      // Besides the second only the ticks of the two calls themselves have passed.
      expect(view.getBigUint64(520, true) - view.getBigUint64(512, true)).toBe(SECOND + 2n * BigInt(tick))
    }
    const h = new Hostcalls({ tick: 0 })
    const monotonic = (time: bigint): Wanted => ({ clock: CLOCK_MONOTONIC, time })
    expect(poll(h, monotonic(3n * SECOND), monotonic(SECOND))).toEqual([clockEvent(101n)])
    expect(timeOf(h, CLOCK_MONOTONIC)).toBe(SECOND)
    // Equal deadlines come together, in the order of the subscriptions, be they said on different clocks.
    const realtime = timeOf(h, CLOCK_REALTIME)
    expect(
      poll(
        h,
        monotonic(2n * SECOND),
        { clock: CLOCK_REALTIME, time: 2n * SECOND },
        { clock: CLOCK_MONOTONIC, time: 3n * SECOND, absolute: true },
        { clock: CLOCK_REALTIME, time: realtime + 2n * SECOND, absolute: true },
        monotonic(2n * SECOND + 1n),
      ),
    ).toEqual([100n, 101n, 102n, 103n].map(clockEvent))
    expect(timeOf(h, CLOCK_MONOTONIC)).toBe(3n * SECOND)
    // A descriptor that is ready comes first, and no time passes.
    expect(poll(h, monotonic(SECOND), { write: 1 }).map(({ userdata }) => userdata)).toEqual([101n])
    expect(timeOf(h, CLOCK_MONOTONIC)).toBe(3n * SECOND)
  })

  it('119. Timeout 0', () => {
    const h = new Hostcalls({ tick: 0 })
    poll(h, { clock: CLOCK_MONOTONIC, time: 10n * SECOND })
    for (const clock of [CLOCK_REALTIME, CLOCK_MONOTONIC]) {
      const before = timeOf(h, clock)
      const at = (time: bigint): Wanted => ({ clock, time, absolute: true })
      for (const wanted of [{ clock, time: 0n }, at(0n), at(1n), at(before - 1n), at(before)]) {
        expect(poll(h, wanted)).toEqual([clockEvent(100n)])
        expect(timeOf(h, clock)).toBe(before)
      }
      expect(poll(h, at(before + 1n))).toEqual([clockEvent(100n)])
      expect(timeOf(h, clock)).toBe(before + 1n)
    }
    // Beside something that would wait for ever, it does not wait either.
    h.mknod('pipe', 'fifo')
    const pipe = h.opened('pipe', { rights: READ_WRITE })
    expect(poll(h, { read: pipe }, { clock: CLOCK_MONOTONIC, time: 0n })).toEqual([clockEvent(101n)])
  })

  it('121. nsubscriptions = 0', () => {
    const h = new Hostcalls()
    const [out, nevents] = [h.out(EVENT_SIZE), h.out(4)]
    expect(h.call('poll_oneoff', put(h, [{ read: 0 }]), out, 0, nevents)).toBe('EINVAL')
    expect(h.call('poll_oneoff', 0, 0, 0, 0)).toBe('EINVAL')
    expect(h.call('poll_oneoff', put(h, [{ read: 0 }]), out, 1, nevents)).toBe('ESUCCESS')
  })

  it('122. fd readiness not modelled', () => {
    const h = new Hostcalls({ tick: 0, files: { '/f': '0123456789' }, run: { stdin: 'input' } })
    const file = h.opened('f', { rights: READ_WRITE })
    const directory = h.opened('tmp')
    const clock: Wanted = { clock: CLOCK_MONOTONIC, time: SECOND }
    h.read(file, 4)
    const events = poll(
      h,
      { read: 0 },
      { read: file },
      { write: file },
      { write: 1 },
      { write: 2 },
      { read: 99 },
      clock,
    )
    expect(events.map(({ userdata, errno, type }) => [userdata, errno, type])).toEqual([
      [100n, 'ESUCCESS', EVENTTYPE_FD_READ],
      [101n, 'ESUCCESS', EVENTTYPE_FD_READ],
      [102n, 'ESUCCESS', EVENTTYPE_FD_WRITE],
      [103n, 'ESUCCESS', EVENTTYPE_FD_WRITE],
      [104n, 'ESUCCESS', EVENTTYPE_FD_WRITE],
      [105n, 'EBADF', EVENTTYPE_FD_READ],
    ])
    expect(events.slice(0, 2).map(({ nbytes }) => nbytes)).toEqual([5n, 6n])
    // At the end there are no bytes, and it is ready all the same.
    h.read(0, 5)
    h.read(file, 100)
    expect(poll(h, { read: 0 }, { read: file }, clock)).toEqual([readEvent(100n, 0n), readEvent(101n, 0n)])
    expect(poll(h, { read: directory }, clock).map(({ userdata, errno }) => [userdata, errno])).toEqual([
      [100n, 'ESUCCESS'],
    ])
    expect(poll(h, { read: 99 }, { write: -1 }, clock).map(({ errno }) => errno)).toEqual(['EBADF', 'EBADF'])
    h.limit(file, RIGHT_FD_READ)
    expect(poll(h, { read: file }).map(({ errno }) => errno)).toEqual(['ENOTCAPABLE'])
    expect(timeOf(h, CLOCK_MONOTONIC)).toBe(0n)
  })

  it('122. fd readiness not modelled: pipes and sockets', () => {
    const h = new Hostcalls({ tick: 0 })
    const clock: Wanted = { clock: CLOCK_MONOTONIC, time: SECOND }
    h.mknod('pipe', 'fifo')
    const writer = h.opened('pipe', { rights: READ_WRITE })
    const reader = h.opened('pipe', { fdflags: 4 })
    expect(poll(h, { read: reader }, clock)).toEqual([clockEvent(101n)])
    h.write(writer, 'abc')
    expect(poll(h, { read: reader }, clock)).toEqual([readEvent(100n, 3n)])
    h.must('fd_close', writer)
    expect(poll(h, { read: reader }, clock)).toEqual([readEvent(100n, 3n, EVENT_FD_READWRITE_HANGUP)])
    expect(h.read(reader, 10)).toBe('abc')
    expect(poll(h, { read: reader }, clock)).toEqual([readEvent(100n, 0n, EVENT_FD_READWRITE_HANGUP)])
    // A pipe that is full cannot be written to.
    const full = h.opened('pipe', { rights: READ_WRITE, fdflags: 4 })
    while (h.write(full, new Uint8Array(4096)) === 4096);
    expect(poll(h, { write: full }, clock)).toEqual([clockEvent(101n)])
    h.read(reader, 4096)
    const [event] = poll(h, { write: full }, clock)
    expect(event).toMatchObject({ userdata: 100n, errno: 'ESUCCESS', type: EVENTTYPE_FD_WRITE, nbytes: 4096n })

    const [near, far] = h.socketPair()
    expect(poll(h, { read: near }, clock)).toEqual([clockEvent(101n)])
    expect(h.write(far, 'hello')).toBe(5)
    expect(poll(h, { read: near }, { read: far }, clock)).toEqual([readEvent(100n, 5n)])
    h.must('fd_close', far)
    h.read(near, 5)
    expect(poll(h, { read: near }, clock)).toEqual([readEvent(100n, 0n, EVENT_FD_READWRITE_HANGUP)])
  })

  it('122. fd readiness not modelled: through libc, alone and in a pipeline', () => {
    const [input, output, hangup] = [0x1, 0x2, 0x2000]
    const told = (asked: number, stdin: string): string =>
      c.run(new Machine(), ['ready', `${asked}`], { stdin }).stderr.text()
    expect(told(2, 'text')).toBe(`2: ${input} ${output}\nread 4; 1: ${input}\n`)
    expect(told(2, '')).toBe(`2: ${input} ${output}\nread 0; 1: ${input}\n`)
    expect(told(1, 'text')).toBe(`1: ${input} 0\nread 4; 1: ${input}\n`)
    const piped = (asked: number): string | undefined => {
      const stages = [['entropy'], ['ready', `${asked}`]].map((args) => ({ module: c.module, args: ['main', ...args] }))
      const runs = new Machine().pipeline(stages)
      expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0])
      return runs[1]?.stderr.text()
    }
    // What waits for its input has the writer run; what need not wait has not.
    expect(piped(1)).toBe(`1: ${input | hangup} 0\nread 33; 1: ${input | hangup}\n`)
    expect(piped(2)).toBe(`1: 0 ${output}\nread 33; 1: ${input | hangup}\n`)
  })

  it('124. poll_oneoff throws or spins', () => {
    const run = c.run(new Machine({ tick: 0 }), ['sleeps'])
    expect(run.stderr.text()).toBe('')
    expect(run.stdout.text().split('\n').slice(0, -1)).toEqual([
      'usleep(1500000): 0 1500000000 1500000000',
      'usleep(0): 0 0 0',
      'sleep(0): 0 0 0',
      'sleep(3): 0 3000000000 3000000000',
      'nanosleep(&none, NULL): 0 0 0',
      'nanosleep(&year, NULL): 0 31536000000000001 31536000000000001',
      'poll(NULL, 0, 250): 0 250000000 250000000',
      'select(0, NULL, NULL, NULL, &select_time): 0 2005000000 2005000000',
      'at the time',
      'clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &past, NULL): 0 0 0',
    ])
    // With the tick as it is, a sleep takes its time and one tick for each call.
    const first = c.lines(new Machine(), ['sleeps'])[0]
    expect(first).toBe('usleep(1500000): 0 1500002000 1500004000')
    // The longest sleep that can be asked for ends at the end of time.
    const h = new Hostcalls({ tick: 0 })
    expect(poll(h, { clock: CLOCK_MONOTONIC, time: 2n ** 64n - 1n })).toEqual([clockEvent(100n)])
    expect(timeOf(h, CLOCK_MONOTONIC)).toBe(2n ** 64n - 1n)
    expect(poll(h, { clock: CLOCK_REALTIME, time: SECOND })).toEqual([clockEvent(100n)])
  })

  it('125. A clock that stands still hangs spin-waiting guests', () => {
    const lines = c.lines(new Machine(), ['spin'])
    // 10 ms by 1 µs a call: two calls a round, or one.
    expect(lines).toEqual(['5000 9999 9999'])
    expect(c.lines(new Machine({ seed: 'other', epoch: '2030-01-01' }), ['spin'])).toEqual(lines)
    expect(c.lines(new Machine({ tick: 100_000 }), ['spin'])).toEqual(['50 99 99'])
    // With the clocks frozen such a loop never ends by itself; a bound on the calls ends it.
    const run = c.run(new Machine({ tick: 0 }), ['yield'], { limits: { calls: 10_000 } })
    expect(run.end).toMatchObject({ kind: 'limit', limit: 'calls' })
    expect(run.calls).toBe(10_000)
    expect(c.run(new Machine(), ['yield'], { limits: { calls: 10_000 } }).exitCode).toBe(0)
  })

  it('127. random_get of more than 65536 bytes', () => {
    const sizes = [1 << 20, 65_536, 65_537, 4096, 1000, 7, 4, 3, 1]
    const digests = sizes.map((size) => c.text(new Machine({ seed: 'dice' }), ['random', `${size}`]))
    expect(new Set(digests).size).toBe(1)
    expect(c.text(new Machine({ seed: 'other' }), ['random', '4096'])).not.toBe(digests[0])
    const machine = new Machine({ seed: 'dice' })
    // Each process has its own stream.
    const [first, second] = [c.text(machine, ['entropy']), c.text(machine, ['entropy'])]
    expect(first).toMatch(/^[0-9a-f]{32}\n$/)
    expect(second).not.toBe(first)

    const h = new Hostcalls({ seed: 1 })
    h.must('random_get', h.out(0), 0)
    h.must('random_get', h.end - 1, 1)
    h.must('random_get', h.end, 0)
    h.must('random_get', 0, h.end)
    expect(h.call('random_get', 1, h.end)).toBe('EFAULT')
    expect(h.call('random_get', h.end, 1)).toBe('EFAULT')
    expect(h.call('random_get', h.end - 1, 2)).toBe('EFAULT')
    expect(h.call('random_get', 0, -1)).toBe('EFAULT')
  })

  it('128. Shared memory: getRandomValues / TextDecoder / TextEncoder refuse it', () => {
    for (const kind of ['shared', 'imported shared'] as const) {
      const memory = new WebAssembly.Memory({ initial: 1, maximum: CALLER_MAX_PAGES, shared: true })
      const machine = new Machine({ files: { '/d/ä': 'text' } })
      const sunk: Uint8Array[] = []
      const run = machine.run(callerModule({ memory: kind }), {
        args: ['ü', 'b'],
        env: { A: 'é' },
        stdin: 'input',
        stdout: (bytes) => sunk.push(bytes),
        ...(kind === 'shared' ? {} : { imports: { env: { memory } } }),
        listen: [[{ send: 'hello' }]],
        trace: 'records',
      })
      const { buffer } = run.exports.memory as WebAssembly.Memory
      expect(buffer).toBeInstanceOf(SharedArrayBuffer)
      const u8 = new Uint8Array(buffer)
      const view = new DataView(buffer)
      const text = (ptr: number, len: number): string => Buffer.from(u8.slice(ptr, ptr + len)).toString()
      const write = (ptr: number, value: string): number => {
        const bytes = Buffer.from(value)
        u8.set(bytes, ptr)
        return bytes.length
      }
      const call = (name: string, ...args: (number | bigint)[]): void => {
        expect(run.call(name, ...args), name).toBe(0)
      }
      call('random_get', 0, 65_536)
      expect(u8.some((byte) => byte !== 0)).toBe(true)
      call('args_sizes_get', 0, 4)
      call('args_get', 0, 64)
      expect(text(64, 5)).toBe('ü\0b\0')
      call('environ_get', 0, 64)
      expect(text(64, 4)).toBe('A=é')
      call('fd_prestat_get', 3, 0)
      call('fd_prestat_dir_name', 3, 0, 1)
      expect(text(0, 1)).toBe('/')
      call('path_open', 3, 0, 0, write(0, 'd/ä'), 0, 2n, 0n, 0, 64)
      const file = view.getUint32(64, true)
      view.setUint32(128, 256, true)
      view.setUint32(132, 100, true)
      call('fd_read', file, 128, 1, 64)
      expect(text(256, view.getUint32(64, true))).toBe('text')
      call('fd_read', 0, 128, 1, 64)
      expect(text(256, view.getUint32(64, true))).toBe('input')
      view.setUint32(132, 5, true)
      call('fd_write', 1, 128, 1, 64)
      call('path_open', 3, 0, 0, write(0, 'd'), 2, 1n << 14n, 0n, 0, 64)
      call('fd_readdir', view.getUint32(64, true), 512, 1000, 2n, 64)
      expect(text(512 + 24, 2)).toBe('ä')
      call('path_symlink', 0, write(0, 'zïel'), 3, 16, write(16, 'd/lïnk'))
      call('path_readlink', 3, 16, write(16, 'd/lïnk'), 512, 100, 64)
      expect(text(512, view.getUint32(64, true))).toBe('zïel')
      call('path_filestat_get', 3, 0, 0, write(0, 'd/ä'), 512)
      call('clock_time_get', 0, 0n, 512)
      u8.fill(0, 512, 512 + SUBSCRIPTION_SIZE)
      call('poll_oneoff', 512, 1024, 1, 64)
      call('sock_accept', 4, 0, 64)
      view.setUint32(132, 100, true)
      call('sock_recv', view.getUint32(64, true), 128, 1, 0, 64, 68)
      expect(text(256, view.getUint32(64, true))).toBe('hello')
      // It may grow meanwhile.
      expect(run.call('memory_grow', 1)).toBe(1)
      call('random_get', 65_536, 65_536)
      // What the host gets does not change when the guest writes on.
      u8.fill(0)
      expect(run.stdout.text()).toBe('input')
      expect(sunk.map((bytes) => Buffer.from(bytes).toString())).toEqual(['input'])
      expect(sunk[0]?.buffer).toBeInstanceOf(ArrayBuffer)
      expect(run.trace.find(({ call }) => call === 'path_open')?.args.path).toBe('d/ä')
    }
  })
})
