/** The lines that all calls with a path share: what is wrong with the descriptor, the path's bytes, or the way. */

import { expect } from 'vitest'
import type { CallName } from '../../../../src/abi/signatures.ts'
import { RIGHTS_ALL } from '../../../../src/abi/types.ts'
import { encodeUtf8 } from '../../../../vfs/bytes.ts'
import { type Bytes, type Hostcalls, READ } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import {
  CLOSED_FD,
  DEVICE,
  DIR_FD,
  FIFO,
  FILE,
  inWorld,
  LINK,
  LISTENER_FD,
  ROOT_FD,
  removedDirectory,
  SOCKET,
} from './world.ts'

/** One path of a call. */
export interface Slot {
  readonly call: CallName
  /** As a sentence says it: `the path`, `the old path`. */
  readonly the: string
  /** The right that the directory needs, and its name. */
  readonly right: number
  readonly rightName: string
  /** Makes the call with this path, from this descriptor, and all else such that it could succeed. */
  readonly make: (h: Hostcalls, fd: number, path: Bytes) => string
  /** Whether the call is about a name that is not there, so that a missing one is no error. */
  readonly creates: boolean
}

const ILL_FORMED: readonly (readonly [string, readonly number[]])[] = [
  ['a continuation byte with nothing before it', [0x80]],
  ['an overlong NUL', [0xc0, 0x80]],
  ['an overlong slash', [0xe0, 0x80, 0xaf]],
  ['a surrogate', [0xed, 0xa0, 0x80]],
  ['a character over U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a character that ends too soon', [0x61, 0xe2, 0x82]],
  ['a byte that is never in UTF-8', [0xff]],
]

/** Every line of the walk for one path of one call. */
export function walkCases(slot: Slot): readonly Case[] {
  const { call, the } = slot
  const line = (
    errno: string,
    when: string,
    test: (h: Hostcalls) => string,
    files?: Record<string, { symlink: string }>,
  ): Case =>
    inWorld(call, errno, when, (h) => {
      if (files !== undefined) h.machine.add(files)
      expect(test(h)).toBe(errno)
    })
  const at = (errno: string, when: string, path: string | Uint8Array, fd: number = ROOT_FD): Case =>
    line(errno, when, (h) => slot.make(h, fd, h.put(path)))
  return [
    at('EBADF', `the descriptor of ${the} is not open`, 'x', CLOSED_FD),
    at('EBADF', `the descriptor of ${the} is -1`, 'x', -1),
    at('EBADF', `the descriptor of ${the} is the largest number there is`, 'x', 0x7fff_ffff),
    line('EBADF', `the descriptor of ${the} was closed`, (h) => {
      h.must('fd_close', DIR_FD)
      return slot.make(h, DIR_FD, h.put('x'))
    }),

    ...[FILE, DEVICE].map(({ path, is }) =>
      line('ENOTDIR', `the descriptor of ${the} is that of ${is}`, (h) => slot.make(h, h.opened(path), h.put('x'))),
    ),
    line('ENOTDIR', `the descriptor of ${the} is that of ${FIFO.is}`, (h) =>
      slot.make(h, h.opened(FIFO.path, { rights: RIGHTS_ALL }), h.put('x')),
    ),
    at('ENOTDIR', `the descriptor of ${the} is stdin`, 'x', 0),
    at('ENOTDIR', `the descriptor of ${the} is stdout`, 'x', 1),
    at('ENOTDIR', `the descriptor of ${the} is a listening socket`, 'x', LISTENER_FD),
    ...[FILE, LINK, FIFO, SOCKET, DEVICE].flatMap(({ path, is }) => [
      at('ENOTDIR', `a component of ${the} is ${is}`, `${path}/x`),
      at('ENOTDIR', `${the} goes up from ${is}`, `${path}/../file`),
      at('ENOTDIR', `${the} has a dot after ${is}`, `${path}/.`),
    ]),

    at('ENOENT', `${the} is empty`, ''),
    line('ENOENT', `${the} is empty, at the very end of memory`, (h) => slot.make(h, ROOT_FD, { ptr: h.end, len: 0 })),
    at('ENOENT', `a component of ${the} is not there`, 'nowhere/x'),
    at('ENOENT', `${the} goes up from what is not there`, 'nowhere/../file'),
    at('ENOENT', `a component of ${the} is a dangling link`, 'dangling/x'),
    line('ENOENT', `${the} is a name in a removed directory`, (h) => slot.make(h, removedDirectory(h), h.put('x'))),
    ...(slot.creates
      ? []
      : [
          at('ENOENT', `${the} is not there`, 'nowhere'),
          at('ENOENT', `${the} is not there and has a slash at the end`, 'nowhere/'),
          at('ENOENT', `${the} differs from what is there by case`, 'FILE'),
          at('ENOENT', `${the} is not there, in a directory behind a link`, 'dirlink/nowhere'),
        ]),

    at('ELOOP', `a component of ${the} is a link to itself`, 'loop/x'),
    line('ELOOP', `${the} goes over two links that name each other`, (h) => slot.make(h, ROOT_FD, h.put('ping/x')), {
      '/ping': { symlink: 'pong' },
      '/pong': { symlink: 'ping' },
    }),
    line('ELOOP', `${the} goes over 41 links`, (h) => slot.make(h, ROOT_FD, h.put('c41/x')), chain(41)),
    line(
      'ENOENT',
      `${the} goes over 40 links, which are not too many, to where nothing is`,
      (h) => slot.make(h, ROOT_FD, h.put('c40/nowhere/x')),
      chain(40),
    ),

    at('ENAMETOOLONG', `the last name of ${the} has 256 bytes`, 'n'.repeat(256)),
    at('ENAMETOOLONG', `a component of ${the} has 256 bytes`, `${'n'.repeat(256)}/x`),
    at('ENAMETOOLONG', `the last name of ${the} has 128 characters of two bytes`, 'é'.repeat(128)),
    at('ENAMETOOLONG', `${the} has 4,096 bytes`, `${'dir/../'.repeat(585)}f`),
    at('ENAMETOOLONG', `${the} has 4,096 bytes, all of them slashes but one`, `f${'/'.repeat(4095)}`),
    line('ENAMETOOLONG', `${the} is as long as the memory`, (h) => slot.make(h, ROOT_FD, { ptr: 0, len: h.end })),
    at('ENAMETOOLONG', `${the} has 4,096 bytes and the descriptor is not open`, `${'dir/../'.repeat(585)}f`, CLOSED_FD),

    at('EINVAL', `${the} ends in a NUL`, 'x\0'),
    at('EINVAL', `${the} has a NUL in it`, 'a\0b/x'),
    at('EINVAL', `${the} is nothing but a NUL`, '\0'),

    ...ILL_FORMED.map(([what, bytes]) => at('EILSEQ', `${the} has ${what}`, Uint8Array.of(0x78, ...bytes))),
    at('EILSEQ', `a component of ${the} is not UTF-8`, Uint8Array.of(0xff, ...encodeUtf8('/x'))),

    at('EPERM', `${the} is absolute`, '/file'),
    at('EPERM', `${the} is the root`, '/'),
    at('EPERM', `${the} is made of slashes`, '///'),
    at('EPERM', `${the} goes up from the root of the tree`, '../file'),
    at('EPERM', `${the} is the parent of the root of the tree`, '..'),
    at('EPERM', `${the} goes up from the root of a preopen`, '../file', DIR_FD),
    at('EPERM', `${the} is the parent of the root of a preopen`, '..', DIR_FD),
    at('EPERM', `${the} goes down and then up twice`, 'sub/../../file', DIR_FD),
    at('EPERM', `${the} goes over a link that leaves the root of a preopen`, 'up/file', DIR_FD),
    at('EPERM', `${the} goes over a link with an absolute text, from a preopen that is not the root`, 'abs/x', DIR_FD),
    at('EPERM', `${the} goes over a link that leaves the root of the tree`, 'escape/x'),
    line('EPERM', `${the} goes up from a directory that was opened`, (h) =>
      slot.make(h, h.opened('dir/sub'), h.put('../inner')),
    ),
    line('EPERM', `${the} goes up from a removed directory`, (h) =>
      slot.make(h, removedDirectory(h), h.put('../file')),
    ),

    line('ENOTCAPABLE', `the directory of ${the} has given up ${slot.rightName}`, (h) => {
      h.limit(DIR_FD, h.rightsOf(DIR_FD) & ~slot.right, RIGHTS_ALL)
      return slot.make(h, DIR_FD, h.put('x'))
    }),
    line('ENOTCAPABLE', `the directory of ${the} was opened without ${slot.rightName}`, (h) =>
      slot.make(h, h.opened('dir', { rights: READ & ~slot.right }), h.put('x')),
    ),

    line('EFAULT', `${the} is outside memory`, (h) => slot.make(h, ROOT_FD, { ptr: h.end, len: 1 })),
    line('EFAULT', `${the} ends outside memory`, (h) => slot.make(h, ROOT_FD, { ptr: h.end - 3, len: 4 })),
    line('EFAULT', `${the} is empty and outside memory`, (h) => slot.make(h, ROOT_FD, { ptr: h.end + 1, len: 0 })),
    line('EFAULT', `${the} would wrap around to the start of memory`, (h) =>
      slot.make(h, ROOT_FD, { ptr: 0xffff_fff0, len: 0x20 }),
    ),
    line('EFAULT', `the length of ${the} is -1`, (h) => slot.make(h, ROOT_FD, { ptr: h.put('file').ptr, len: -1 })),
    line('EFAULT', `${the} is outside memory and the descriptor is not open`, (h) =>
      slot.make(h, CLOSED_FD, { ptr: h.end, len: 1 }),
    ),
  ]
}

/** Links `c1` to `dir`, `c2` to `c1`, and so on: to go over `cN` is to go over N links. */
export function chain(length: number): Record<string, { symlink: string }> {
  return Object.fromEntries(
    Array.from({ length }, (_, index) => [`/c${index + 1}`, { symlink: index === 0 ? 'dir' : `c${index}` }]),
  )
}
