/** clock_res_get and clock_time_get, line by line. */

import { expect } from 'vitest'
import {
  CLOCK_MONOTONIC,
  CLOCK_PROCESS_CPUTIME_ID,
  CLOCK_REALTIME,
  CLOCK_THREAD_CPUTIME_ID,
} from '../../../../src/abi/types.ts'
import type { Hostcalls } from '../../../support/hostcalls.ts'
import { EPOCH, hex, line, onBadPointer, TICK } from './descriptors.ts'
import type { Case } from './types.ts'

const CLOCKS = [
  [CLOCK_REALTIME, 'realtime'],
  [CLOCK_MONOTONIC, 'monotonic'],
  [CLOCK_PROCESS_CPUTIME_ID, "process's CPU"],
  [CLOCK_THREAD_CPUTIME_ID, "thread's CPU"],
] as const

function time(h: Hostcalls, id: number, precision: bigint = 0n): bigint {
  const out = h.out(8)
  h.must('clock_time_get', id, precision, out)
  return h.u64(out)
}

const NO_CLOCKS = [4, 5, 256, 0x7fff_ffff, -1]

export const clockCases: readonly Case[] = [
  ...CLOCKS.flatMap(([id, name]) => [
    line('clock_res_get', 'ESUCCESS', `writes the tick as the resolution of the ${name} clock`, (h) => {
      const out = h.out(8)
      h.must('clock_res_get', id, out)
      expect(h.bytes(out, 8)).toEqual(hex('e8 03 00 00 00 00 00 00'))
    }),
    line(
      'clock_res_get',
      'ESUCCESS',
      `writes 1 as the resolution of a ${name} clock that is frozen`,
      (h) => {
        const out = h.out(8)
        h.must('clock_res_get', id, out)
        expect(h.bytes(out, 8)).toEqual(hex('01 00 00 00 00 00 00 00'))
      },
      { tick: 0 },
    ),
    line('clock_time_get', 'ESUCCESS', `moves the ${name} clock by one tick at every call`, (h) => {
      const first = time(h, id)
      h.must('sched_yield')
      expect(time(h, id) - first).toBe(2n * TICK)
    }),
    line(
      'clock_time_get',
      'ESUCCESS',
      `gives the same time of a frozen ${name} clock for ever`,
      (h) => {
        const first = time(h, id)
        for (let i = 0; i < 20; i++) h.must('sched_yield')
        expect(time(h, id)).toBe(first)
      },
      { tick: 0 },
    ),
    line('clock_time_get', 'ESUCCESS', `takes any precision of the ${name} clock and does without it`, (h) => {
      const first = time(h, id, 0n)
      expect(time(h, id, 1_000_000_000n) - first).toBe(TICK)
      expect(time(h, id, -1n) - first).toBe(2n * TICK)
      expect(time(h, id, 2n ** 63n) - first).toBe(3n * TICK)
    }),
    line('clock_time_get', 'ESUCCESS', `counts a call that failed on the ${name} clock`, (h) => {
      const first = time(h, id)
      expect(h.call('fd_close', 99)).toBe('EBADF')
      expect(time(h, id) - first).toBe(2n * TICK)
    }),
  ]),
  line('clock_time_get', 'ESUCCESS', 'writes nanoseconds since 1970 on the realtime clock', (h) => {
    const out = h.out(8)
    h.must('clock_time_get', CLOCK_REALTIME, 0n, out)
    // 1,000,000,000 and one tick.
    expect(h.bytes(out, 8)).toEqual(hex('e8 cd 9a 3b 00 00 00 00'))
  }),
  line('clock_time_get', 'ESUCCESS', 'writes nanoseconds since the machine began on the monotonic clock', (h) => {
    const out = h.out(8)
    h.must('clock_time_get', CLOCK_MONOTONIC, 0n, out)
    expect(h.bytes(out, 8)).toEqual(hex('e8 03 00 00 00 00 00 00'))
  }),
  line(
    'clock_time_get',
    'ESUCCESS',
    'uses all 64 bits',
    (h) => {
      const out = h.out(8)
      h.must('clock_time_get', CLOCK_REALTIME, 0n, out)
      expect(h.bytes(out, 8)).toEqual(hex('ef cd ab 89 67 45 23 f1'))
    },
    { epoch: 0xf123_4567_89ab_cdefn - TICK },
  ),
  line(
    'clock_time_get',
    'ESUCCESS',
    'stops at the last nanosecond that 64 bits can say, and never goes back',
    (h) => {
      expect(time(h, CLOCK_REALTIME)).toBe(2n ** 64n - 500n)
      for (let i = 0; i < 3; i++) expect(time(h, CLOCK_REALTIME)).toBe(2n ** 64n - 1n)
      expect(time(h, CLOCK_MONOTONIC)).toBe(5n * TICK)
    },
    { epoch: 2n ** 64n - 500n - TICK },
  ),
  line('clock_time_get', 'ESUCCESS', 'counts neither sleep nor an earlier run as CPU time', (h) => {
    h.machine.run(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]))
    const subscription = h.out(48)
    h.u8.fill(0, subscription, subscription + 48)
    h.view.setUint32(subscription + 16, CLOCK_MONOTONIC, true)
    h.view.setBigUint64(subscription + 24, 5_000_000_000n, true)
    h.must('poll_oneoff', subscription, h.out(32), 1, h.out(4))
    expect(time(h, CLOCK_MONOTONIC)).toBe(5_000_000_000n + 2n * TICK)
    expect(time(h, CLOCK_REALTIME)).toBe(EPOCH + 5_000_000_000n + 3n * TICK)
    expect(time(h, CLOCK_PROCESS_CPUTIME_ID)).toBe(4n * TICK)
  }),
  ...NO_CLOCKS.flatMap((id) => [
    line('clock_res_get', 'EINVAL', `the clock is ${id}`, (h) =>
      expect(h.call('clock_res_get', id, h.out(8))).toBe('EINVAL'),
    ),
    line('clock_time_get', 'EINVAL', `the clock is ${id}`, (h) =>
      expect(h.call('clock_time_get', id, 0n, h.out(8))).toBe('EINVAL'),
    ),
  ]),
  line('clock_res_get', 'ESUCCESS', 'writes the last eight bytes of memory', (h) => {
    h.must('clock_res_get', 0, h.end - 8)
    expect(h.u64(h.end - 8)).toBe(TICK)
  }),
  line('clock_time_get', 'ESUCCESS', 'writes to an address that is not aligned', (h) => {
    const out = h.out(16) + 3
    h.must('clock_time_get', CLOCK_MONOTONIC, 0n, out)
    expect(h.u64(out)).toBe(TICK)
  }),
  ...onBadPointer('clock_res_get', 'the pointer', 8, (h, ptr) => h.call('clock_res_get', 0, ptr)),
  ...onBadPointer('clock_time_get', 'the pointer', 8, (h, ptr) => h.call('clock_time_get', 0, 0n, ptr)),
]
