/** path_link, line by line. */

import { expect } from 'vitest'
import { LOOKUP_SYMLINK_FOLLOW, RIGHT_PATH_LINK_SOURCE, RIGHT_PATH_LINK_TARGET } from '../../../../src/abi/types.ts'
import { byteString } from '../../../../vfs/bytes.ts'
import { ROOT_INO } from '../../../../vfs/inode_table.ts'
import { LINK_MAX } from '../../../../vfs/limits.ts'
import type { Bytes, Hostcalls } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import {
  ALL,
  DIR_FD,
  DIRECTORIES,
  EPOCH,
  inWorld,
  LINKS,
  NO_DIRECTORIES,
  NO_ENTRIES,
  NO_INODES,
  PLAIN,
  ROOT_FD,
  removedDirectory,
} from './world.ts'

const CALL = 'path_link'
const FOLLOW = LOOKUP_SYMLINK_FOLLOW

interface How {
  readonly flags?: number
  readonly oldFd?: number
  readonly newFd?: number
}

function link(
  h: Hostcalls,
  from: string | Bytes,
  to: string | Bytes,
  { flags = 0, oldFd = ROOT_FD, newFd = ROOT_FD }: How = {},
): string {
  const [a, b] = [from, to].map((path) => (typeof path === 'string' ? h.put(path) : path)) as [Bytes, Bytes]
  return h.call(CALL, oldFd, flags, a.ptr, a.len, newFd, b.ptr, b.len)
}

const fails = (errno: string, when: string, from: string, to: string, flags: number = 0): Case =>
  inWorld(CALL, errno, when, (h) => expect(link(h, from, to, { flags })).toBe(errno))

export const pathLinkCases: readonly Case[] = [
  ...NO_DIRECTORIES.map(({ path, is }) =>
    inWorld(CALL, 'ESUCCESS', `gives ${is} a second name, under which it is the same inode with two links`, (h) => {
      const before = h.stat(path)
      expect(link(h, path, 'new')).toBe('ESUCCESS')
      expect(h.stat('new')).toEqual({ ...before, nlink: 2n, ctim: EPOCH + 2000n })
      expect(h.stat(path)).toEqual(h.stat('new'))
    }),
  ),
  inWorld(CALL, 'ESUCCESS', 'changes the directory of the new name now, and none of its links', (h) => {
    expect(link(h, 'file', 'dir/new')).toBe('ESUCCESS')
    const now = h.machine.time
    expect(h.stat('dir')).toMatchObject({ nlink: 3n, atim: EPOCH, mtim: now, ctim: now })
    expect(h.names(DIR_FD)).toEqual(['.', '..', 'abs', 'inner', 'new', 'sub', 'up'])
  }),
  inWorld(CALL, 'ESUCCESS', 'gives what is behind a link a second name, with SYMLINK_FOLLOW', (h) => {
    expect(link(h, 'link', 'new', { flags: FOLLOW })).toBe('ESUCCESS')
    expect([h.stat('new').filetype, h.stat('file').nlink, h.stat('link').nlink]).toEqual([4, 2n, 1n])
  }),
  ...PLAIN.map(({ path, is }) =>
    inWorld(CALL, 'ESUCCESS', `gives ${is} a second name with SYMLINK_FOLLOW, too`, (h) => {
      expect(link(h, path, 'new', { flags: FOLLOW })).toBe('ESUCCESS')
      expect(h.stat('new').nlink).toBe(2n)
    }),
  ),
  inWorld(CALL, 'ESUCCESS', 'makes a name through which the contents are the same ones', (h) => {
    expect(link(h, 'file', 'new')).toBe('ESUCCESS')
    const fd = h.opened('file', { rights: 0x3fff_ffff })
    expect([h.write(fd, 'CON'), h.read(h.opened('new'), 99)]).toEqual([3, 'CONtent'])
  }),
  inWorld(CALL, 'ESUCCESS', 'takes both paths from descriptors of their own', (h) => {
    expect(link(h, 'inner', 'new', { oldFd: DIR_FD })).toBe('ESUCCESS')
    expect(link(h, 'new', 'newer', { newFd: DIR_FD })).toBe('ESUCCESS')
    expect([h.stat('new').ino, h.stat('dir/newer').ino, h.stat('dir/inner').nlink]).toEqual([
      h.stat('dir/inner').ino,
      h.stat('dir/inner').ino,
      3n,
    ])
  }),
  inWorld(CALL, 'ESUCCESS', 'follows the links on the way in both paths', (h) => {
    expect(link(h, 'dirlink/inner', 'dirlink/sub/../new')).toBe('ESUCCESS')
    expect(h.stat('dir/new').nlink).toBe(2n)
  }),
  inWorld(CALL, 'ESUCCESS', 'makes a name that can go before the first one', (h) => {
    expect(link(h, 'file', 'new')).toBe('ESUCCESS')
    const { ptr, len } = h.put('file')
    h.must('path_unlink_file', ROOT_FD, ptr, len)
    expect(h.read(h.opened('new'), 99)).toBe('content')
  }),
  inWorld(
    CALL,
    'ESUCCESS',
    'needs no inode, so a tree without room for one is no hindrance',
    (h) => {
      expect(link(h, 'file', 'new')).toBe('ESUCCESS')
    },
    NO_INODES,
  ),
  ...walkCases({
    call: CALL,
    the: 'the old path',
    right: RIGHT_PATH_LINK_SOURCE,
    rightName: 'PATH_LINK_SOURCE',
    creates: false,
    make: (h, oldFd, path) => link(h, path, 'new', { oldFd }),
  }),
  ...walkCases({
    call: CALL,
    the: 'the new path',
    right: RIGHT_PATH_LINK_TARGET,
    rightName: 'PATH_LINK_TARGET',
    creates: true,
    make: (h, newFd, path) => link(h, 'file', path, { newFd }),
  }),
  ...ALL.map(({ path, is }) => fails('EEXIST', `the new name is that of ${is}`, 'dir/inner', path)),
  fails('EEXIST', 'the new name is the old one', 'file', 'file'),
  fails('EEXIST', 'the new path is a dot', 'file', '.'),
  fails('EEXIST', 'the new path ends in two dots', 'file', 'dir/..'),
  fails('EEXIST', 'the new path is a file and a slash', 'dir/inner', 'file/'),
  fails('EEXIST', 'the new name is there, though the old one is a directory', 'dir', 'file'),
  fails('ENOENT', 'a slash comes after the new name', 'file', 'new/'),
  fails('ENOENT', 'the old path is a dangling link, with SYMLINK_FOLLOW', 'dangling', 'new', FOLLOW),
  inWorld(CALL, 'ENOENT', 'the directory of the new name is removed and still open', (h) => {
    expect(link(h, 'file', 'new', { newFd: removedDirectory(h) })).toBe('ENOENT')
  }),
  inWorld(CALL, 'ENOENT', 'the old file is open but its name is gone', (h) => {
    h.opened('file')
    const { ptr, len } = h.put('file')
    h.must('path_unlink_file', ROOT_FD, ptr, len)
    expect(link(h, 'file', 'new')).toBe('ENOENT')
  }),
  ...PLAIN.map(({ path, is }) => fails('ENOTDIR', `a slash comes after ${is}`, `${path}/`, 'new')),
  fails('ENOTDIR', 'a slash comes after a link to a file', 'link/', 'new'),
  fails('ELOOP', 'the old path is a link to itself, with SYMLINK_FOLLOW', 'loop', 'new', FOLLOW),
  fails('ELOOP', 'a slash comes after a link to itself', 'loop/', 'new'),
  ...DIRECTORIES.map(({ path, is }) => fails('EPERM', `the old path is ${is}`, path, 'new')),
  fails('EPERM', 'the old path is a dot', '.', 'new'),
  fails('EPERM', 'the old path is a link to a directory, with SYMLINK_FOLLOW', 'dirlink', 'new', FOLLOW),
  fails('EPERM', 'the old path is a link to a directory and a slash', 'dirlink/', 'new'),
  fails('EPERM', 'the old path is a link that leaves the root, with SYMLINK_FOLLOW', 'escape', 'new', FOLLOW),
  ...[2, 3, -1].map((flags) => fails('EINVAL', `the lookup flags are ${flags}`, 'file', 'new', flags)),
  inWorld(CALL, 'EMLINK', 'the file has 65,000 names', (h) => {
    const now = { sec: 1, nsec: 0 }
    const file = byteString('file')
    for (let i = 1; i < LINK_MAX; i++)
      h.tree.linkAt(ROOT_INO, file, 'nofollow', ROOT_INO, byteString(`dir/${i}`), 'clamp', now)
    expect(h.stat('file').nlink).toBe(65_000n)
    expect(link(h, 'file', 'new')).toBe('EMLINK')
  }),
  inWorld(
    CALL,
    'EDQUOT',
    'the directory has no room for one more name',
    (h) => expect(link(h, 'file', 'new')).toBe('EDQUOT'),
    NO_ENTRIES,
  ),
  inWorld(
    CALL,
    'ESUCCESS',
    'gives a name in a directory with room, though the file is in one without',
    (h) => {
      expect(link(h, 'file', 'dir/new')).toBe('ESUCCESS')
    },
    NO_ENTRIES,
  ),
  ...LINKS.map(({ path, is }) =>
    inWorld(CALL, 'ESUCCESS', `makes a second name of ${is} with the same text`, (h) => {
      expect(link(h, path, 'new')).toBe('ESUCCESS')
      expect(h.machine.fs.readlinkSync('/new')).toBe(h.machine.fs.readlinkSync(`/${path}`))
    }),
  ),
]
