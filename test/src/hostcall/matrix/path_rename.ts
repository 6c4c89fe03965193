/** path_rename, line by line. */

import { expect } from 'vitest'
import { RIGHT_PATH_RENAME_SOURCE, RIGHT_PATH_RENAME_TARGET } from '../../../../src/abi/types.ts'
import { type Bytes, type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import {
  ALL,
  DIR_FD,
  DIRECTORIES,
  EPOCH,
  inWorld,
  NO_DIRECTORIES,
  NO_ENTRIES,
  NO_INODES,
  ROOT_FD,
  removedDirectory,
} from './world.ts'

const CALL = 'path_rename'

function rename(
  h: Hostcalls,
  from: string | Bytes,
  to: string | Bytes,
  oldFd: number = ROOT_FD,
  newFd: number = ROOT_FD,
): string {
  const [a, b] = [from, to].map((path) => (typeof path === 'string' ? h.put(path) : path)) as [Bytes, Bytes]
  return h.call(CALL, oldFd, a.ptr, a.len, newFd, b.ptr, b.len)
}

function isGone(h: Hostcalls, path: string): boolean {
  const { ptr, len } = h.put(path)
  return h.call('path_filestat_get', ROOT_FD, 0, ptr, len, h.out(64)) === 'ENOENT'
}

/** Moves one name to another, where the same inode has to be afterwards, as it was but for the time of the change. */
function moves(when: string, from: string, to: string, old: string = from, found: string = to): Case {
  return inWorld(CALL, 'ESUCCESS', when, (h) => {
    const before = h.stat(old)
    expect(rename(h, from, to)).toBe('ESUCCESS')
    expect(h.stat(found)).toEqual({ ...before, ctim: EPOCH + 2000n })
    expect(isGone(h, old)).toBe(true)
  })
}

/** Renames without any effect. */
function keeps(when: string, from: string, to: string): Case {
  return inWorld(CALL, 'ESUCCESS', when, (h) => {
    h.machine.add({ '/twin': { hardlink: '/file' } })
    const before = [...ALL.map(({ path }) => h.stat(path)), h.stat('twin'), h.stat('.')]
    expect(rename(h, from, to)).toBe('ESUCCESS')
    expect([...ALL.map(({ path }) => h.stat(path)), h.stat('twin'), h.stat('.')]).toEqual(before)
  })
}

const fails = (errno: string, when: string, from: string, to: string): Case =>
  inWorld(CALL, errno, when, (h) => expect(rename(h, from, to)).toBe(errno))

export const pathRenameCases: readonly Case[] = [
  ...ALL.map(({ path, is }) => moves(`moves ${is} to a new name`, path, 'new')),
  ...NO_DIRECTORIES.map(({ path, is }) => moves(`moves ${is} to another directory`, path, 'empty/new')),
  ...NO_DIRECTORIES.flatMap((from) =>
    NO_DIRECTORIES.filter((to) => to !== from).map((to) => moves(`moves ${from.is} over ${to.is}`, from.path, to.path)),
  ),
  ...DIRECTORIES.filter(({ path }) => path !== 'empty').map(({ path, is }) =>
    moves(`moves ${is} over an empty directory`, path, 'empty'),
  ),
  moves('moves an empty directory over an empty one in another directory', 'empty', 'dir/sub'),
  moves('takes a slash after a directory and after its new name', 'dir/', 'new/', 'dir', 'new'),
  moves('takes a slash after a directory and after the empty one that it replaces', 'dir/', 'empty/', 'dir', 'empty'),
  moves('follows the links on the way in both paths', 'dirlink/inner', 'dirlink/sub/new', 'dir/inner', 'dir/sub/new'),
  moves('moves what is below a directory to above it', 'dir/inner', 'new'),
  moves('goes over a directory that is about to move', 'dir', 'dir/../new', 'dir', 'new'),
  inWorld(CALL, 'ESUCCESS', 'takes both paths from descriptors of their own', (h) => {
    expect(rename(h, 'inner', 'new', DIR_FD)).toBe('ESUCCESS')
    expect(rename(h, 'file', 'newer', ROOT_FD, DIR_FD)).toBe('ESUCCESS')
    expect([h.read(h.opened('new'), 99), h.read(h.opened('dir/newer'), 99)]).toEqual(['inner', 'content'])
  }),
  inWorld(CALL, 'ESUCCESS', 'gives a directory that moves its new parent, and the links of both parents to it', (h) => {
    expect(rename(h, 'dir/sub', 'empty/sub')).toBe('ESUCCESS')
    expect([h.stat('dir').nlink, h.stat('empty').nlink, h.stat('empty/sub').nlink]).toEqual([2n, 3n, 2n])
    expect(h.stat('empty/sub/..')).toEqual(h.stat('empty'))
  }),
  inWorld(CALL, 'ESUCCESS', 'takes the links to an empty directory that is replaced from its parent', (h) => {
    expect(rename(h, 'empty', 'dir/sub')).toBe('ESUCCESS')
    expect([h.stat('.').nlink, h.stat('dir').nlink, h.stat('dir/sub').nlink]).toEqual([3n, 3n, 2n])
  }),
  inWorld(CALL, 'ESUCCESS', 'changes both directories now', (h) => {
    expect(rename(h, 'dir/inner', 'empty/new')).toBe('ESUCCESS')
    const now = h.machine.time
    for (const path of ['dir', 'empty']) expect(h.stat(path)).toMatchObject({ atim: EPOCH, mtim: now, ctim: now })
    expect(h.names(DIR_FD)).toEqual(['.', '..', 'abs', 'sub', 'up'])
  }),
  inWorld(CALL, 'ESUCCESS', 'leaves a file that it replaces to whoever has it open', (h) => {
    const fd = h.opened('file', { rights: READ_WRITE })
    expect(rename(h, 'dir/inner', 'file')).toBe('ESUCCESS')
    expect(h.fstat(fd)).toMatchObject({ nlink: 0n, size: 7n })
    expect([h.read(fd, 99), h.read(h.opened('file'), 99)]).toEqual(['content', 'inner'])
  }),
  inWorld(CALL, 'ESUCCESS', 'leaves another name of a file that it replaces, with one link less', (h) => {
    h.machine.add({ '/twin': { hardlink: '/file' } })
    expect(rename(h, 'dir/inner', 'file')).toBe('ESUCCESS')
    expect([h.stat('twin').nlink, h.read(h.opened('twin'), 99)]).toEqual([1n, 'content'])
  }),
  inWorld(
    CALL,
    'ESUCCESS',
    'leaves an empty directory that it replaces to whoever has it open, without entries',
    (h) => {
      const fd = h.opened('empty')
      expect(rename(h, 'dir', 'empty')).toBe('ESUCCESS')
      expect([h.fstat(fd).nlink, h.names(fd)]).toEqual([0n, []])
    },
  ),
  inWorld(CALL, 'ESUCCESS', 'moves a file that is open, whose descriptor does not notice', (h) => {
    const fd = h.opened('file')
    expect([h.read(fd, 3), rename(h, 'file', 'new'), h.read(fd, 99)]).toEqual(['con', 'ESUCCESS', 'tent'])
  }),
  inWorld(CALL, 'ESUCCESS', 'moves the root of a preopen, which stays open where it is now', (h) => {
    expect(rename(h, 'dir', 'empty/new')).toBe('ESUCCESS')
    expect([h.names(DIR_FD), h.stat('.', 0, DIR_FD)]).toEqual([h.names(h.opened('empty/new')), h.stat('empty/new')])
    expect(rename(h, '../new', 'x', DIR_FD)).toBe('EPERM')
  }),
  keeps('does nothing when a file is to be where it is', 'file', 'file'),
  keeps('does nothing when a file is to be where it is, on another way', 'file', 'dir/../file'),
  keeps('does nothing when both names are of the same file', 'file', 'twin'),
  keeps('does nothing when a directory is to be where it is', 'dir', 'dir/'),
  keeps('does nothing when a link is to be where it is', 'dangling', 'dangling'),
  inWorld(
    CALL,
    'ESUCCESS',
    'needs no inode, so a tree without room for one is no hindrance',
    (h) => {
      expect(rename(h, 'file', 'dir/new')).toBe('ESUCCESS')
    },
    NO_INODES,
  ),
  inWorld(
    CALL,
    'ESUCCESS',
    'moves within a directory that has no room',
    (h) => {
      expect(rename(h, 'file', 'new')).toBe('ESUCCESS')
    },
    NO_ENTRIES,
  ),
  inWorld(
    CALL,
    'ESUCCESS',
    'moves over a name in a directory that has no room',
    (h) => {
      h.machine.add({ '/dir/x': 'x' })
      expect(rename(h, 'dir/x', 'file')).toBe('ESUCCESS')
    },
    NO_ENTRIES,
  ),
  ...walkCases({
    call: CALL,
    the: 'the old path',
    right: RIGHT_PATH_RENAME_SOURCE,
    rightName: 'PATH_RENAME_SOURCE',
    creates: false,
    make: (h, oldFd, path) => rename(h, path, 'new', oldFd),
  }),
  ...walkCases({
    call: CALL,
    the: 'the new path',
    right: RIGHT_PATH_RENAME_TARGET,
    rightName: 'PATH_RENAME_TARGET',
    creates: true,
    make: (h, newFd, path) => rename(h, 'file', path, ROOT_FD, newFd),
  }),
  fails('EBUSY', 'the old path is a dot', '.', 'new'),
  fails('EBUSY', 'the old path ends in a dot', 'empty/.', 'new'),
  fails('EBUSY', 'the old path ends in two dots', 'empty/..', 'new'),
  fails('EBUSY', 'the new path is a dot', 'empty', '.'),
  fails('EBUSY', 'the new path ends in a dot', 'dir', 'empty/.'),
  fails('EBUSY', 'the new path ends in two dots', 'file', 'dir/..'),
  fails('EBUSY', 'the new path ends in a dot, though the old one is not there', 'nowhere', 'empty/.'),
  inWorld(CALL, 'EBUSY', 'the old path is a dot, in a removed directory', (h) => {
    expect(rename(h, '.', 'new', removedDirectory(h))).toBe('EBUSY')
  }),
  ...NO_DIRECTORIES.flatMap((from) =>
    DIRECTORIES.map((to) => fails('EISDIR', `${from.is} is to replace ${to.is}`, from.path, to.path)),
  ),
  ...DIRECTORIES.flatMap((from) =>
    NO_DIRECTORIES.map((to) => fails('ENOTDIR', `${from.is} is to replace ${to.is}`, from.path, to.path)),
  ),
  ...NO_DIRECTORIES.flatMap(({ path, is }) => [
    fails('ENOTDIR', `a slash comes after ${is} that is to move`, `${path}/`, 'new'),
    fails('ENOTDIR', `a slash comes after the new name of ${is}`, path, 'new/'),
  ]),
  fails('ENOTDIR', 'a file is to replace a directory that a slash comes after', 'file', 'empty/'),
  fails('ENOTDIR', 'a directory is to replace a link to a directory that a slash comes after', 'empty', 'dirlink/'),
  fails('ENOTEMPTY', 'an empty directory is to replace one with entries', 'empty', 'dir'),
  fails('ENOTEMPTY', 'a directory is to replace the one that it is in', 'dir/sub', 'dir'),
  fails('ENOTEMPTY', 'a file is to replace the directory that it is in', 'dir/inner', 'dir'),
  inWorld(CALL, 'ENOTEMPTY', 'a directory is to replace one far above it', (h) => {
    h.machine.add({ '/dir/sub/a/b/c': null })
    expect(rename(h, 'dir/sub/a/b/c', 'dir')).toBe('ENOTEMPTY')
  }),
  fails('EINVAL', 'a directory is to move into itself', 'dir', 'dir/new'),
  fails('EINVAL', 'a directory is to move below itself', 'dir', 'dir/sub/new'),
  fails('EINVAL', 'a directory is to move into itself through a link', 'dir', 'dirlink/new'),
  fails('EINVAL', 'a directory is to replace one in itself', 'dir', 'dir/sub'),
  fails('EINVAL', 'a directory is to replace a file in itself', 'dir', 'dir/inner'),
  inWorld(CALL, 'EINVAL', 'a directory is to move into itself, which is another preopen', (h) => {
    expect(rename(h, 'dir', 'new', ROOT_FD, DIR_FD)).toBe('EINVAL')
  }),
  fails('ENOENT', 'the old name is not there and the new one is', 'nowhere', 'file'),
  fails('ENOENT', 'both names are the same, and not there', 'nowhere', 'nowhere'),
  inWorld(CALL, 'ENOENT', 'the directory of the new name is removed and still open', (h) => {
    expect(rename(h, 'file', 'new', ROOT_FD, removedDirectory(h))).toBe('ENOENT')
  }),
  inWorld(CALL, 'ENOENT', 'a directory is to move into a removed one', (h) => {
    expect(rename(h, 'dir', 'new', ROOT_FD, removedDirectory(h))).toBe('ENOENT')
  }),
  inWorld(
    CALL,
    'EDQUOT',
    'the directory of the new name has no room for one more',
    (h) => {
      h.machine.add({ '/dir/x': 'x' })
      expect(rename(h, 'dir/x', 'new')).toBe('EDQUOT')
    },
    NO_ENTRIES,
  ),
]
