/** path_filestat_set_times, line by line. */

import { expect } from 'vitest'
import {
  FSTFLAG_ATIM,
  FSTFLAG_ATIM_NOW,
  FSTFLAG_MTIM,
  FSTFLAG_MTIM_NOW,
  LOOKUP_SYMLINK_FOLLOW,
  RIGHT_PATH_FILESTAT_SET_TIMES,
} from '../../../../src/abi/types.ts'
import type { Bytes, Hostcalls } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import { ALL, DIR_FD, EPOCH, inWorld, PLAIN, ROOT_FD, removedDirectory } from './world.ts'

const CALL = 'path_filestat_set_times'
const FOLLOW = LOOKUP_SYMLINK_FOLLOW
const BOTH = FSTFLAG_ATIM | FSTFLAG_MTIM

function setTimes(
  h: Hostcalls,
  path: string | Bytes,
  fstFlags: number = BOTH,
  { flags = 0, fd = ROOT_FD, atim = 5n, mtim = 7n }: { flags?: number; fd?: number; atim?: bigint; mtim?: bigint } = {},
): string {
  const { ptr, len } = typeof path === 'string' ? h.put(path) : path
  return h.call(CALL, fd, flags, ptr, len, atim, mtim, fstFlags)
}

const fails = (errno: string, when: string, path: string, fstFlags: number = BOTH, flags: number = 0): Case =>
  inWorld(CALL, errno, when, (h) => expect(setTimes(h, path, fstFlags, { flags })).toBe(errno))

/** Sets times with `fstFlags`, given 5 and 7 ns; `now` stands for the time of the call. */
function sets(when: string, fstFlags: number, atim: bigint | 'now', mtim: bigint | 'now'): Case {
  return inWorld(CALL, 'ESUCCESS', when, (h) => {
    expect(setTimes(h, 'file', fstFlags)).toBe('ESUCCESS')
    const now = h.machine.time
    const meant = (time: bigint | 'now'): bigint => (time === 'now' ? now : time)
    expect(h.stat('file')).toMatchObject({ atim: meant(atim), mtim: meant(mtim), ctim: now })
  })
}

export const pathFilestatSetTimesCases: readonly Case[] = [
  sets('sets both times to what is given, and the time of the change to now', BOTH, 5n, 7n),
  sets('sets the access time alone', FSTFLAG_ATIM, 5n, EPOCH),
  sets('sets the modification time alone', FSTFLAG_MTIM, EPOCH, 7n),
  sets('sets the access time alone to now', FSTFLAG_ATIM_NOW, 'now', EPOCH),
  sets('sets the modification time alone to now', FSTFLAG_MTIM_NOW, EPOCH, 'now'),
  sets('sets both times to now', FSTFLAG_ATIM_NOW | FSTFLAG_MTIM_NOW, 'now', 'now'),
  sets('sets the access time to what is given and the other to now', FSTFLAG_ATIM | FSTFLAG_MTIM_NOW, 5n, 'now'),
  sets('sets the modification time to what is given and the other to now', FSTFLAG_ATIM_NOW | FSTFLAG_MTIM, 'now', 7n),
  sets('sets neither time without flags, but that of the change', 0, EPOCH, EPOCH),
  ...[0n, 1n, 999_999_999n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n].map((time) =>
    inWorld(CALL, 'ESUCCESS', `sets times to ${time} ns, and gives them back to the nanosecond`, (h) => {
      expect(setTimes(h, 'file', BOTH, { atim: time, mtim: 2n ** 64n - 1n - time })).toBe('ESUCCESS')
      expect(h.stat('file')).toMatchObject({ atim: time, mtim: 2n ** 64n - 1n - time })
    }),
  ),
  ...ALL.map(({ path, is }) =>
    inWorld(CALL, 'ESUCCESS', `sets the times of ${is} itself`, (h) => {
      expect(setTimes(h, path)).toBe('ESUCCESS')
      expect(h.stat(path)).toMatchObject({ atim: 5n, mtim: 7n, ctim: h.machine.time - 1000n })
    }),
  ),
  inWorld(CALL, 'ESUCCESS', 'sets the times of a link and not of what is behind it', (h) => {
    expect(setTimes(h, 'link')).toBe('ESUCCESS')
    expect([h.stat('link').mtim, h.stat('file').mtim]).toEqual([7n, EPOCH])
  }),
  inWorld(CALL, 'ESUCCESS', 'sets the times of what is behind a link, with SYMLINK_FOLLOW', (h) => {
    expect(setTimes(h, 'link', BOTH, { flags: FOLLOW })).toBe('ESUCCESS')
    expect([h.stat('link').mtim, h.stat('file').mtim]).toEqual([EPOCH, 7n])
  }),
  inWorld(CALL, 'ESUCCESS', 'sets the times of the directory behind a link that a slash comes after', (h) => {
    expect(setTimes(h, 'dirlink/')).toBe('ESUCCESS')
    expect([h.stat('dirlink').mtim, h.stat('dir').mtim]).toEqual([EPOCH, 7n])
  }),
  inWorld(CALL, 'ESUCCESS', 'sets the times of the directory itself for a dot', (h) => {
    expect(setTimes(h, '.', BOTH, { fd: DIR_FD })).toBe('ESUCCESS')
    expect(h.stat('dir')).toMatchObject({ atim: 5n, mtim: 7n })
  }),
  inWorld(CALL, 'ESUCCESS', 'sets the times of a file under all of its names', (h) => {
    h.machine.add({ '/twin': { hardlink: '/file' } })
    expect(setTimes(h, 'twin')).toBe('ESUCCESS')
    expect(h.stat('file')).toMatchObject({ atim: 5n, mtim: 7n })
  }),
  inWorld(CALL, 'ESUCCESS', 'sets the times of a removed directory for a dot', (h) => {
    const fd = removedDirectory(h)
    expect(setTimes(h, '.', BOTH, { fd })).toBe('ESUCCESS')
    expect(h.fstat(fd)).toMatchObject({ atim: 5n, mtim: 7n, nlink: 0n })
  }),
  ...walkCases({
    call: CALL,
    the: 'the path',
    right: RIGHT_PATH_FILESTAT_SET_TIMES,
    rightName: 'PATH_FILESTAT_SET_TIMES',
    creates: false,
    make: (h, fd, path) => setTimes(h, path, BOTH, { fd }),
  }),
  ...PLAIN.map(({ path, is }) => fails('ENOTDIR', `a slash comes after ${is}`, `${path}/`)),
  fails('ENOTDIR', 'a slash comes after a link to a file', 'link/'),
  fails('ENOENT', 'the path is a dangling link, with SYMLINK_FOLLOW', 'dangling', BOTH, FOLLOW),
  fails('ELOOP', 'the path is a link to itself, with SYMLINK_FOLLOW', 'loop', BOTH, FOLLOW),
  fails('EPERM', 'the path is a link that leaves the root, with SYMLINK_FOLLOW', 'escape', BOTH, FOLLOW),
  fails('EINVAL', 'the access time is to be both a value and now', 'file', FSTFLAG_ATIM | FSTFLAG_ATIM_NOW),
  fails('EINVAL', 'the modification time is to be both a value and now', 'file', FSTFLAG_MTIM | FSTFLAG_MTIM_NOW),
  fails('EINVAL', 'every time flag is given', 'file', 15),
  ...[16, 0x8000, -1].map((flags) => fails('EINVAL', `the time flags are ${flags}`, 'file', flags)),
  ...[2, 3, -1].map((flags) => fails('EINVAL', `the lookup flags are ${flags}`, 'file', BOTH, flags)),
  fails('EINVAL', 'a flag is unknown, though the path is not there', 'nowhere', 16),
]
