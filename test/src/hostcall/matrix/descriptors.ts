/** Every kind of descriptor that a guest can have, and lines that all calls with a descriptor share. */

import { expect } from 'vitest'
import { Descriptor } from '../../../../kernel/fd_table.ts'
import { OpenFile } from '../../../../kernel/open_file.ts'
import { Pipe } from '../../../../kernel/pipe.ts'
import { RIGHTS_PIPE } from '../../../../kernel/rights.ts'
import type { CallName } from '../../../../src/abi/signatures.ts'
import { FDFLAG_NONBLOCK, RIGHT_FD_READ, RIGHT_FD_WRITE } from '../../../../src/abi/types.ts'
import { type Hostcalls, type HostcallsOptions, READ, READ_WRITE } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'

/** Everything in the tree has this time, and the first call comes one tick after it; nanoseconds. */
export const EPOCH = 1_000_000_000n
export const TICK = 1000n

/** Descriptors that the guest starts with, besides 0 to 2. */
export const ROOT_FD = 3
export const LISTENER_FD = 4
/** The lowest free number. */
export const FREE_FD = 5
/** A number that is never open. */
export const CLOSED_FD = 99

/** The tree is `/file` (inode 2), `/directory` (3) with `inner` (4), and `/dev`; a peer has connected and sent `peer`. */
const BASE: HostcallsOptions = {
  epoch: EPOCH,
  tick: Number(TICK),
  image: 'empty',
  files: {
    '/file': 'content',
    '/directory/inner': 'inner',
    ...Object.fromEntries(
      (['null', 'zero', 'full', 'random', 'urandom', 'stdin', 'stdout', 'tty'] as const).map((device) => [
        `/dev/${device}`,
        { device },
      ]),
    ),
  },
  run: { stdin: 'stdin', listen: [[{ send: 'peer', keepOpen: true }]] },
}

/** What of the machine and the run a line has otherwise. */
export function optionsOf(more: HostcallsOptions = {}): HostcallsOptions {
  return { ...BASE, ...more, run: { ...BASE.run, ...more.run } }
}

/** A line told with these descriptors, changed by `more`. */
export function line(
  call: CallName,
  errno: string,
  when: string,
  test: (h: Hostcalls) => void,
  more: HostcallsOptions = {},
): Case {
  return { call, errno, when, options: optionsOf(more), test }
}

/** A kind of descriptor: how a sentence says it, and how to come by one. */
export interface Kind {
  readonly is: string
  readonly options?: HostcallsOptions
  readonly open: (h: Hostcalls) => number
}

const WRITE_ONLY = READ_WRITE & ~RIGHT_FD_READ
const opens = (is: string, path: string, rights: number, options: HostcallsOptions = {}): Kind => ({
  is,
  options,
  open: (h) => h.opened(path, { rights }),
})
const given = (is: string, fd: number, run: HostcallsOptions['run'] = {}): Kind => ({
  is,
  options: { run },
  open: () => fd,
})

/** A pipe, as a stage of a pipeline has one; its reading end first. */
export function pipeIn(h: Hostcalls): readonly [number, number] {
  const pipe = new Pipe(800)
  const [reader, writer] = [new OpenFile('pipe', 0, true, false, 800), new OpenFile('pipe', 0, false, true, 800)]
  reader.pipe = writer.pipe = pipe
  pipe.readers++
  pipe.writers++
  return [
    h.process.fds.add(new Descriptor(reader, RIGHTS_PIPE & ~RIGHT_FD_WRITE, 0)),
    h.process.fds.add(new Descriptor(writer, RIGHTS_PIPE & ~RIGHT_FD_READ, 0)),
  ]
}

/** A fifo that is open for both, with O_NONBLOCK, and empty. */
export function fifoIn(h: Hostcalls): number {
  h.mknod('fifo', 'fifo')
  return h.opened('fifo', { rights: READ_WRITE, fdflags: FDFLAG_NONBLOCK })
}

/** The connection of the host's peer. */
export function accepted(h: Hostcalls): number {
  const fd = h.out(4)
  h.must('sock_accept', LISTENER_FD, 0, fd)
  return h.u32(fd)
}

export function removedFile(h: Hostcalls): number {
  const fd = h.opened('file', { rights: READ_WRITE })
  const { ptr, len } = h.put('file')
  h.must('path_unlink_file', ROOT_FD, ptr, len)
  return fd
}

export function removedDirectory(h: Hostcalls): number {
  const { ptr, len } = h.put('gone')
  h.must('path_create_directory', ROOT_FD, ptr, len)
  const fd = h.opened('gone')
  h.must('path_remove_directory', ROOT_FD, ptr, len)
  return fd
}

export const KINDS = {
  file: opens('a file open for both', 'file', READ_WRITE),
  readOnly: opens('a file open for reading', 'file', READ),
  writeOnly: opens('a file open for writing', 'file', WRITE_ONLY),
  removedFile: { is: 'a removed file that is still open', open: removedFile },
  stdinFile: given('stdin that is a file of the machine', 0, { stdin: { file: '/file' } }),
  directory: opens('a directory', 'directory', READ),
  root: given('a preopen', ROOT_FD),
  removedDirectory: { is: 'a removed directory that is still open', open: removedDirectory },
  null: opens('/dev/null', 'dev/null', READ_WRITE),
  zero: opens('/dev/zero', 'dev/zero', READ_WRITE),
  full: opens('/dev/full', 'dev/full', READ_WRITE),
  random: opens('/dev/random', 'dev/random', READ_WRITE),
  urandom: opens('/dev/urandom', 'dev/urandom', READ_WRITE),
  stdin: given('stdin', 0),
  stdinChunks: given('stdin that is pulled', 0, { stdin: ['chu', Uint8Array.of(0x6e, 0x6b)] }),
  stdinTerminal: given('stdin that is a terminal', 0, { tty: { stdin: true } }),
  stdinByName: opens('/dev/stdin', 'dev/stdin', READ),
  tty: opens('/dev/tty', 'dev/tty', READ_WRITE, { run: { tty: true } }),
  stdout: given('captured stdout', 1),
  stderr: given('captured stderr', 2),
  stdoutTerminal: given('stdout that is a terminal', 1, { tty: { stdout: true } }),
  stdoutByName: opens('/dev/stdout', 'dev/stdout', READ_WRITE),
  fifo: { is: 'a fifo', open: fifoIn },
  pipeReader: { is: 'the reading end of a pipe', open: (h: Hostcalls) => pipeIn(h)[0] },
  pipeWriter: { is: 'the writing end of a pipe', open: (h: Hostcalls) => pipeIn(h)[1] },
  listener: given('a listening socket', LISTENER_FD),
  connected: { is: "a socket connected to the host's peer", open: accepted },
  pair: { is: 'a socket connected to another', open: (h: Hostcalls) => h.socketPair()[0] },
} as const satisfies Record<string, Kind>

export type KindName = keyof typeof KINDS

export const FILES = ['file', 'readOnly', 'writeOnly', 'removedFile', 'stdinFile'] as const
export const DIRECTORIES = ['directory', 'root', 'removedDirectory'] as const
export const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'] as const
export const INPUTS = ['stdin', 'stdinChunks', 'stdinTerminal', 'stdinByName', 'tty'] as const
export const OUTPUTS = ['stdout', 'stderr', 'stdoutTerminal', 'stdoutByName'] as const
export const PIPES = ['fifo', 'pipeReader', 'pipeWriter'] as const
export const SOCKETS = ['listener', 'connected', 'pair'] as const
/** All that has no position. */
export const STREAMS = [...INPUTS, ...OUTPUTS, ...PIPES, ...SOCKETS] as const

/** What a call answers on each kind: every kind is named once, under its answer. */
export type Answers = { readonly [answer: string]: readonly KindName[] }

/** A line for every kind of descriptor. */
export function onEveryKind(call: CallName, answers: Answers, make: (h: Hostcalls, fd: number) => string): Case[] {
  const named = Object.values(answers).flat()
  const missing = Object.keys(KINDS).filter((kind) => named.filter((name) => name === kind).length !== 1)
  if (missing.length > 0) throw new Error(`${call}: each kind has one answer, but not ${missing.join(', ')}`)
  return Object.entries(answers).flatMap(([answer, kinds]) =>
    kinds.map((name) => {
      const { is, options, open }: Kind = KINDS[name]
      const when =
        answer === 'ESUCCESS'
          ? `takes ${is}`
          : answer === 'ENDED'
            ? `nothing can ever come from ${is}`
            : `the descriptor is ${is}`
      return line(call, answer, when, (h) => expect(make(h, open(h))).toBe(answer), options)
    }),
  )
}

/** EBADF for each way in which a descriptor is not there. */
export function onNoDescriptor(call: CallName, make: (h: Hostcalls, fd: number) => string): Case[] {
  const bad = (when: string, open: (h: Hostcalls) => number): Case =>
    line(call, 'EBADF', when, (h) => expect(make(h, open(h))).toBe('EBADF'))
  return [
    bad('the descriptor is not open', () => CLOSED_FD),
    bad('the descriptor is the lowest that is not open', () => FREE_FD),
    bad('the descriptor is -1', () => -1),
    bad('the descriptor is the largest number there is', () => 0x7fff_ffff),
    bad('the descriptor was closed', (h) => {
      h.must('fd_close', 0)
      return 0
    }),
    bad('the descriptor was moved elsewhere', (h) => {
      const fd = h.opened('file')
      h.must('fd_renumber', fd, 0)
      return fd
    }),
  ]
}

/** EFAULT for each way in which the `size` bytes at a pointer are not in memory. */
export function onBadPointer(
  call: CallName,
  the: string,
  size: number,
  make: (h: Hostcalls, ptr: number) => string,
  more: HostcallsOptions = {},
): Case[] {
  const hows = ['ends one byte outside memory', 'is the end of memory', 'is 2^31', 'is -1']
  return hows.map((how, index) =>
    line(
      call,
      'EFAULT',
      `${the} ${how}`,
      (h) => expect(make(h, h.outside(size)[index] as number)).toBe('EFAULT'),
      more,
    ),
  )
}

/** ENOTCAPABLE where `right` was given up, and where the file was opened without it. */
export function onMissingRight(
  call: CallName,
  right: number,
  rightName: string,
  make: (h: Hostcalls, fd: number) => string,
  path: string = 'file',
  rights: number = READ_WRITE,
): Case[] {
  return [
    line(call, 'ENOTCAPABLE', `${rightName} was given up`, (h) => {
      const fd = h.opened(path, { rights })
      h.limit(fd, Number(h.fdstat(fd).base) & ~right)
      expect(make(h, fd)).toBe('ENOTCAPABLE')
    }),
  ]
}

/** The bytes that hexadecimal text says. */
export function hex(text: string): number[] {
  return text
    .trim()
    .split(/\s+/)
    .map((byte) => Number.parseInt(byte, 16))
}

/** The eight bytes of a number, lowest first. */
export function u64(value: number | bigint): number[] {
  return Array.from({ length: 8 }, (_, i) => Number((BigInt.asUintN(64, BigInt(value)) >> BigInt(8 * i)) & 0xffn))
}

export function u32(value: number): number[] {
  return u64(value >>> 0).slice(0, 4)
}
