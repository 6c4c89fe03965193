/** path_symlink, line by line. */

import { expect } from 'vitest'
import { RIGHT_PATH_SYMLINK } from '../../../../src/abi/types.ts'
import type { Bytes, Hostcalls } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import {
  ALL,
  CLOSED_FD,
  DIR_FD,
  EPOCH,
  inWorld,
  NO_ENTRIES,
  NO_INODES,
  ROOT_FD,
  removedDirectory,
  TICK,
} from './world.ts'

const CALL = 'path_symlink'

function symlink(h: Hostcalls, text: string | Uint8Array | Bytes, path: string | Bytes, fd: number = ROOT_FD): string {
  const old = typeof text === 'string' || text instanceof Uint8Array ? h.put(text) : text
  const { ptr, len } = typeof path === 'string' ? h.put(path) : path
  return h.call(CALL, old.ptr, old.len, fd, ptr, len)
}

/** Makes a link and reads its text back. */
const makes = (when: string, text: string): Case =>
  inWorld(CALL, 'ESUCCESS', when, (h) => {
    expect(symlink(h, text, 'new')).toBe('ESUCCESS')
    expect(h.machine.fs.readlinkSync('/new')).toBe(text)
  })

const fails = (errno: string, when: string, text: string | Uint8Array, path: string): Case =>
  inWorld(CALL, errno, when, (h) => expect(symlink(h, text, path)).toBe(errno))

export const pathSymlinkCases: readonly Case[] = [
  inWorld(
    CALL,
    'ESUCCESS',
    'makes a link with one name, whose size is the length of its text and whose times are now',
    (h) => {
      expect(symlink(h, 'file', 'new')).toBe('ESUCCESS')
      const now = EPOCH + TICK
      expect(h.stat('new')).toMatchObject({ filetype: 7, nlink: 1n, size: 4n, atim: now, mtim: now, ctim: now })
      expect(h.read(h.opened('new'), 99)).toBe('content')
    },
  ),
  inWorld(CALL, 'ESUCCESS', 'changes the directory now, and none of its links', (h) => {
    expect(symlink(h, 'x', 'dir/new')).toBe('ESUCCESS')
    const now = h.machine.time
    expect(h.stat('dir')).toMatchObject({ nlink: 3n, atim: EPOCH, mtim: now, ctim: now })
    expect(h.names(DIR_FD)).toEqual(['.', '..', 'abs', 'inner', 'new', 'sub', 'up'])
  }),
  makes('keeps a text that names nothing', 'nowhere'),
  makes('keeps a text that names a directory', 'dir'),
  makes('keeps a text that names the link itself', 'new'),
  makes('keeps a text that goes up, though it leaves the preopen', '../../file'),
  makes('keeps the slashes and dots of a text', './dir//../dir/./sub//'),
  makes('keeps a text that is a dot', '.'),
  makes('keeps a text with spaces, line ends and characters of many bytes', ' a\nb\\é💾'),
  makes('keeps a text of 4,095 bytes without a slash', 'n'.repeat(4095)),
  inWorld(
    CALL,
    'ESUCCESS',
    'starts at the descriptor that it is given, with a text that is seen from the link',
    (h) => {
      expect(symlink(h, 'inner', 'new', DIR_FD)).toBe('ESUCCESS')
      expect(h.read(h.opened('dir/new'), 99)).toBe('inner')
    },
  ),
  inWorld(CALL, 'ESUCCESS', 'follows the links on the way to the new name', (h) => {
    expect(symlink(h, 'inner', 'dirlink/new')).toBe('ESUCCESS')
    expect(h.stat('dir/new').filetype).toBe(7)
  }),
  ...walkCases({
    call: CALL,
    the: 'the new path',
    right: RIGHT_PATH_SYMLINK,
    rightName: 'PATH_SYMLINK',
    creates: true,
    make: (h, fd, path) => symlink(h, 'text', path, fd),
  }),
  fails('EPERM', 'the text is absolute', '/file', 'new'),
  fails('EPERM', 'the text is the root', '/', 'new'),
  fails('ENOENT', 'the text is empty', '', 'new'),
  fails('ENAMETOOLONG', 'the text has 4,096 bytes', 'n'.repeat(4096), 'new'),
  fails('EINVAL', 'the text has a NUL', 'a\0b', 'new'),
  fails('EILSEQ', 'the text is not UTF-8', Uint8Array.of(0x61, 0xff), 'new'),
  fails('EILSEQ', 'the text has a surrogate', Uint8Array.of(0xed, 0xbf, 0xbf), 'new'),
  inWorld(CALL, 'EFAULT', 'the text is outside memory', (h) => {
    for (const ptr of h.outside(4)) expect(symlink(h, { ptr, len: 4 }, 'new')).toBe('EFAULT')
    expect(symlink(h, { ptr: h.put('text').ptr, len: -1 }, 'new')).toBe('EFAULT')
  }),
  inWorld(CALL, 'EFAULT', 'the text is outside memory and the descriptor is not open', (h) => {
    expect(symlink(h, { ptr: h.end, len: 4 }, 'new', CLOSED_FD)).toBe('EFAULT')
  }),
  ...ALL.map(({ path, is }) => fails('EEXIST', `the new name is that of ${is}`, 'text', path)),
  fails('EEXIST', 'the new path is a dot', 'text', '.'),
  fails('EEXIST', 'the new path ends in two dots', 'text', 'dir/..'),
  fails('EEXIST', 'the new path is a directory and a slash', 'text', 'dir/'),
  fails('EEXIST', 'the new path is a dangling link and a slash', 'text', 'dangling/'),
  fails('ENOENT', 'a slash comes after the new name', 'text', 'new/'),
  inWorld(CALL, 'ENOENT', 'the directory is removed and still open', (h) => {
    expect(symlink(h, 'text', 'new', removedDirectory(h))).toBe('ENOENT')
  }),
  inWorld(
    CALL,
    'ENOSPC',
    'the tree has no room for one more inode',
    (h) => expect(symlink(h, 'text', 'new')).toBe('ENOSPC'),
    NO_INODES,
  ),
  inWorld(
    CALL,
    'EDQUOT',
    'the directory has no room for one more name',
    (h) => expect(symlink(h, 'text', 'new')).toBe('EDQUOT'),
    NO_ENTRIES,
  ),
]
