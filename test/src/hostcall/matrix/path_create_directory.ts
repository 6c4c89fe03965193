/** path_create_directory, line by line. */

import { expect } from 'vitest'
import { RIGHT_PATH_CREATE_DIRECTORY } from '../../../../src/abi/types.ts'
import type { Bytes, Hostcalls } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import { ALL, DIR_FD, EPOCH, inWorld, NO_ENTRIES, NO_INODES, ROOT_FD, removedDirectory, TICK } from './world.ts'

const CALL = 'path_create_directory'

function mkdir(h: Hostcalls, path: string | Bytes, fd: number = ROOT_FD): string {
  const { ptr, len } = typeof path === 'string' ? h.put(path) : path
  return h.call(CALL, fd, ptr, len)
}

/** Makes a directory under one path, and finds it under another. */
function makes(when: string, path: string, found: string = path, fd: number = ROOT_FD): Case {
  return inWorld(CALL, 'ESUCCESS', when, (h) => {
    expect(mkdir(h, path, fd)).toBe('ESUCCESS')
    expect(h.stat(found)).toMatchObject({ filetype: 3, nlink: 2n, size: 0n })
    expect(h.names(h.opened(found))).toEqual(['.', '..'])
  })
}

const fails = (errno: string, when: string, path: string): Case =>
  inWorld(CALL, errno, when, (h) => expect(mkdir(h, path)).toBe(errno))

export const pathCreateDirectoryCases: readonly Case[] = [
  inWorld(CALL, 'ESUCCESS', 'makes an empty directory with two links, all of whose times are now', (h) => {
    expect(mkdir(h, 'new')).toBe('ESUCCESS')
    const now = EPOCH + TICK
    expect(h.stat('new')).toMatchObject({ filetype: 3, nlink: 2n, size: 0n, atim: now, mtim: now, ctim: now })
    expect(h.names(h.opened('new'))).toEqual(['.', '..'])
  }),
  inWorld(CALL, 'ESUCCESS', 'gives the directory above one link more, and the time of the change', (h) => {
    const { nlink } = h.stat('dir')
    expect(mkdir(h, 'dir/new')).toBe('ESUCCESS')
    const now = h.machine.time
    expect(h.stat('dir')).toMatchObject({ nlink: nlink + 1n, atim: EPOCH, mtim: now, ctim: now })
    expect(h.names(DIR_FD)).toEqual(['.', '..', 'abs', 'inner', 'new', 'sub', 'up'])
  }),
  inWorld(CALL, 'ESUCCESS', 'makes a directory in one that it has made', (h) => {
    expect([mkdir(h, 'a'), mkdir(h, 'a/b'), mkdir(h, 'a/b/c')]).toEqual(['ESUCCESS', 'ESUCCESS', 'ESUCCESS'])
    expect([h.stat('a').nlink, h.stat('a/b').nlink, h.stat('a/b/c').nlink]).toEqual([3n, 3n, 2n])
  }),
  makes('takes a slash at the end', 'new/', 'new'),
  makes('takes many slashes everywhere', 'dir///new///', 'dir/new'),
  makes('takes dots and parents on the way', './dir/../dir/./new', 'dir/new'),
  makes('goes through a link to a directory', 'dirlink/new', 'dir/new'),
  makes('goes up through a link to a directory to where that is', 'dirlink/sub/../new', 'dir/new'),
  makes('starts at the descriptor that it is given', 'new', 'dir/new', DIR_FD),
  inWorld(CALL, 'ESUCCESS', 'follows an absolute link from a preopen that is the root of the tree', (h) => {
    h.machine.add({ '/rootlink': { symlink: '/dir' } })
    expect(mkdir(h, 'rootlink/new')).toBe('ESUCCESS')
    expect(h.stat('dir/new').filetype).toBe(3)
  }),
  makes('takes a name of 255 bytes', 'n'.repeat(255)),
  makes('takes a name of any characters but the slash and the NUL', 'a b\t\\\n\u007f*?é💾'),
  makes('takes names of dots that are neither dot nor parent', '...'),
  inWorld(CALL, 'ESUCCESS', 'takes a path of 4,095 bytes', (h) => {
    expect(mkdir(h, `${'./'.repeat(2046)}new`)).toBe('ESUCCESS')
    expect(h.stat('new').filetype).toBe(3)
  }),
  ...walkCases({
    call: CALL,
    the: 'the path',
    right: RIGHT_PATH_CREATE_DIRECTORY,
    rightName: 'PATH_CREATE_DIRECTORY',
    creates: true,
    make: (h, fd, path) => mkdir(h, path, fd),
  }),
  ...ALL.flatMap(({ path, is }) => [
    fails('EEXIST', `there is ${is}`, path),
    fails('EEXIST', `there is ${is}, and a slash comes after it`, `${path}/`),
  ]),
  fails('EEXIST', 'the path is a dot', '.'),
  fails('EEXIST', 'the path ends in a dot', 'dir/.'),
  fails('EEXIST', 'the path ends in two dots', 'dir/..'),
  fails('EEXIST', 'there is a file behind a link to a directory', 'dirlink/inner'),
  fails('ENOENT', 'the directory above is not there', 'nowhere/new/'),
  inWorld(CALL, 'ENOENT', 'the directory above is removed and still open', (h) => {
    expect(mkdir(h, 'new/', removedDirectory(h))).toBe('ENOENT')
  }),
  inWorld(CALL, 'EEXIST', 'the path is a dot, in a removed directory', (h) => {
    expect(mkdir(h, '.', removedDirectory(h))).toBe('EEXIST')
  }),
  inWorld(
    CALL,
    'ENOSPC',
    'the tree has no room for one more inode',
    (h) => expect(mkdir(h, 'new')).toBe('ENOSPC'),
    NO_INODES,
  ),
  inWorld(
    CALL,
    'EEXIST',
    'there is something, though the tree is full',
    (h) => expect(mkdir(h, 'file')).toBe('EEXIST'),
    NO_INODES,
  ),
  inWorld(
    CALL,
    'EDQUOT',
    'the directory has no room for one more name',
    (h) => expect(mkdir(h, 'new')).toBe('EDQUOT'),
    NO_ENTRIES,
  ),
  inWorld(
    CALL,
    'ESUCCESS',
    'makes a directory below one that has no room',
    (h) => expect(mkdir(h, 'dir/new')).toBe('ESUCCESS'),
    NO_ENTRIES,
  ),
]
