/** proc_exit, proc_raise, sched_yield and random_get, line by line. */

import { expect } from 'vitest'
import { Random } from '../../../../kernel/random.ts'
import { SIGNAL_NAMES } from '../../../../src/abi/types.ts'
import { ENDED, type Hostcalls } from '../../../support/hostcalls.ts'
import { line, onBadPointer } from './descriptors.ts'
import type { Case } from './types.ts'

const EXIT_CODES = [0, 1, 2, 125, 126, 127, 255, 256, 65_536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]

/** What the default action of a signal is, by its number less one, as POSIX's `signal.h` and Linux's signal(7) say. */
const ENDS = 'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 ALRM TERM XCPU XFSZ VTALRM PROF POLL PWR SYS'
const IGNORED = 'PIPE CHLD CONT URG WINCH'
const STOPS = 'STOP TSTP TTIN TTOU'

function numberOf(signal: string): number {
  const number = SIGNAL_NAMES.findIndex((name) => name === signal || name === `SIG${signal}`)
  if (number < 1) throw new Error(`there is no signal ${signal}`)
  return number
}

const ALL = [ENDS, IGNORED, STOPS].flatMap((names) => names.split(' ').map(numberOf))
if (new Set(ALL).size !== 30) throw new Error('each of the 30 signals has one default action')

/** The first bytes of the stream of the run that `line` makes: the first process of a machine with an empty seed. */
function stream(length: number, seed: string = ''): number[] {
  const bytes = new Uint8Array(length)
  new Random(`${seed}\x001`).fill(bytes, 0, length)
  return [...bytes]
}

function random(h: Hostcalls, length: number): number[] {
  const buf = h.out(length)
  h.must('random_get', buf, length)
  return h.bytes(buf, length)
}

export const procCases: readonly Case[] = [
  ...EXIT_CODES.map((code) =>
    line('proc_exit', ENDED, `it is asked to, with the code ${code}`, (h) => {
      expect(h.call('proc_exit', code)).toBe(ENDED)
      expect(h.run.end).toEqual({ kind: 'exit', code })
      expect(h.run.exitCode).toBe(code)
    }),
  ),
  line('proc_exit', ENDED, 'it is asked to, closes all descriptors, and no export can be called any more', (h) => {
    h.opened('file')
    expect(h.call('proc_exit', 7)).toBe(ENDED)
    expect(h.process.fds.numbers()).toEqual([])
    expect(() => h.run.call('sched_yield')).toThrow('the run has ended')
    expect(h.run.end).toEqual({ kind: 'exit', code: 7 })
  }),

  ...ENDS.split(' ').map((signal) =>
    line('proc_raise', ENDED, `the signal is SIG${signal}`, (h) => {
      const number = numberOf(signal)
      expect(h.call('proc_raise', number)).toBe(ENDED)
      expect(h.run.end).toEqual({ kind: 'signal', signal: number, name: SIGNAL_NAMES[number] })
      expect(h.run.exitCode).toBe(undefined)
    }),
  ),
  ...IGNORED.split(' ').map((signal) =>
    line('proc_raise', 'ESUCCESS', `does nothing for SIG${signal}`, (h) => {
      h.must('proc_raise', numberOf(signal))
      expect(h.run.end).toBe(undefined)
    }),
  ),
  ...STOPS.split(' ').map((signal) =>
    line('proc_raise', 'ENOTSUP', `the signal is SIG${signal}, and nobody could continue the process`, (h) => {
      expect(h.call('proc_raise', numberOf(signal))).toBe('ENOTSUP')
      expect(h.run.end).toBe(undefined)
    }),
  ),
  ...[0, 31, 32, 255, 256 + 6, -1].map((signal) =>
    line('proc_raise', 'EINVAL', `the signal is ${signal}`, (h) => {
      expect(h.call('proc_raise', signal)).toBe('EINVAL')
      expect(h.run.end).toBe(undefined)
    }),
  ),
  line('sched_yield', 'ESUCCESS', 'takes one tick and does nothing else', (h) => {
    const before = h.machine.time
    h.must('sched_yield')
    expect(h.machine.time - before).toBe(1000n)
  }),

  line('random_get', 'ESUCCESS', "gives the first bytes of the process's stream", (h) => {
    expect(random(h, 16)).toEqual(stream(16))
  }),
  line(
    'random_get',
    'ESUCCESS',
    'gives other bytes with another seed',
    (h) => {
      expect(random(h, 16)).toEqual(stream(16, 'other'))
      expect(stream(16, 'other')).not.toEqual(stream(16))
    },
    { seed: 'other' },
  ),
  line('random_get', 'ESUCCESS', 'gives the same bytes however the calls split them', (h) => {
    expect([1, 0, 2, 3, 5, 4, 1].flatMap((length) => random(h, length))).toEqual(stream(16))
  }),
  line('random_get', 'ESUCCESS', 'shares its stream with /dev/random and /dev/urandom', (h) => {
    const bytes = [...random(h, 3)]
    for (const path of ['dev/random', 'dev/urandom']) {
      const { ptr, len, regions } = h.iovs(3)
      h.must('fd_read', h.opened(path), ptr, len, h.out(4))
      bytes.push(...h.bytes(regions[0]?.ptr ?? 0, 3))
    }
    expect([...bytes, ...random(h, 3)]).toEqual(stream(12))
  }),
  line('random_get', 'ESUCCESS', 'gives more than 65,536 bytes at once', (h) => {
    expect(random(h, 70_000)).toEqual(stream(70_000))
  }),
  line('random_get', 'ESUCCESS', 'takes no bytes, even at the end of memory', (h) => {
    h.must('random_get', h.end, 0)
    expect(random(h, 4)).toEqual(stream(4))
  }),
  line('random_get', 'ESUCCESS', 'fills the last bytes of memory', (h) => {
    h.must('random_get', h.end - 5, 5)
    expect(h.bytes(h.end - 5, 5)).toEqual(stream(5))
  }),
  ...onBadPointer('random_get', 'the buffer', 16, (h, ptr) => h.call('random_get', ptr, 16)),
  line('random_get', 'EFAULT', 'the length is -1, and the stream stays where it is', (h) => {
    expect(h.call('random_get', h.out(4), -1)).toBe('EFAULT')
    expect(h.call('random_get', h.end + 1, 0)).toBe('EFAULT')
    expect(random(h, 8)).toEqual(stream(8))
  }),
]
