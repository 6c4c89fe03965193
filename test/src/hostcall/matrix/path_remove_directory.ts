/** path_remove_directory, line by line. */

import { expect } from 'vitest'
import { RIGHT_PATH_REMOVE_DIRECTORY } from '../../../../src/abi/types.ts'
import type { Bytes, Hostcalls } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import { DIR_FD, EPOCH, inWorld, NO_DIRECTORIES, ROOT_FD, removedDirectory } from './world.ts'

const CALL = 'path_remove_directory'

function rmdir(h: Hostcalls, path: string | Bytes, fd: number = ROOT_FD): string {
  const { ptr, len } = typeof path === 'string' ? h.put(path) : path
  return h.call(CALL, fd, ptr, len)
}

const removes = (when: string, path: string, gone: string, fd: number = ROOT_FD): Case =>
  inWorld(CALL, 'ESUCCESS', when, (h) => {
    h.stat(gone)
    expect(rmdir(h, path, fd)).toBe('ESUCCESS')
    const { ptr, len } = h.put(gone)
    expect(h.call('path_filestat_get', ROOT_FD, 0, ptr, len, h.out(64))).toBe('ENOENT')
  })

const fails = (errno: string, when: string, path: string): Case =>
  inWorld(CALL, errno, when, (h) => expect(rmdir(h, path)).toBe(errno))

export const pathRemoveDirectoryCases: readonly Case[] = [
  removes('removes an empty directory', 'empty', 'empty'),
  removes('takes a slash after it', 'empty/', 'empty'),
  removes('takes many slashes after it', 'empty///', 'empty'),
  removes('goes through a link to the directory above', 'dirlink/sub', 'dir/sub'),
  removes('goes up on the way', 'dir/../empty', 'empty'),
  removes('starts at the descriptor that it is given', 'sub', 'dir/sub', DIR_FD),
  inWorld(CALL, 'ESUCCESS', 'takes a link from the directory above, which has changed now', (h) => {
    expect(rmdir(h, 'dir/sub')).toBe('ESUCCESS')
    const now = h.machine.time
    expect(h.stat('dir')).toMatchObject({ nlink: 2n, atim: EPOCH, mtim: now, ctim: now })
    expect(h.names(DIR_FD)).toEqual(['.', '..', 'abs', 'inner', 'up'])
  }),
  inWorld(CALL, 'ESUCCESS', 'leaves a directory that is open, without links and without entries', (h) => {
    const fd = h.opened('empty')
    const { ino } = h.fstat(fd)
    expect(rmdir(h, 'empty')).toBe('ESUCCESS')
    expect(h.fstat(fd)).toMatchObject({ ino, filetype: 3, nlink: 0n, ctim: EPOCH + 3000n })
    expect(h.names(fd)).toEqual([])
  }),
  inWorld(CALL, 'ESUCCESS', 'removes the root of a preopen by its name in another', (h) => {
    for (const path of ['dir/inner', 'dir/up', 'dir/abs']) {
      const { ptr, len } = h.put(path)
      h.must('path_unlink_file', ROOT_FD, ptr, len)
    }
    expect([rmdir(h, 'sub', DIR_FD), rmdir(h, 'dir')]).toEqual(['ESUCCESS', 'ESUCCESS'])
    expect(h.fstat(DIR_FD).nlink).toBe(0n)
  }),
  inWorld(CALL, 'ESUCCESS', 'leaves a name that can be used again, for another inode', (h) => {
    const { ino } = h.stat('empty')
    expect(rmdir(h, 'empty')).toBe('ESUCCESS')
    const { ptr, len } = h.put('empty')
    h.must('path_create_directory', ROOT_FD, ptr, len)
    expect(h.stat('empty').ino).not.toBe(ino)
  }),
  ...walkCases({
    call: CALL,
    the: 'the path',
    right: RIGHT_PATH_REMOVE_DIRECTORY,
    rightName: 'PATH_REMOVE_DIRECTORY',
    creates: false,
    make: (h, fd, path) => rmdir(h, path, fd),
  }),
  ...NO_DIRECTORIES.flatMap(({ path, is }) => [
    fails('ENOTDIR', `the path is ${is}`, path),
    fails('ENOTDIR', `a slash comes after ${is}`, `${path}/`),
  ]),
  fails('ENOTEMPTY', 'the directory has entries', 'dir'),
  fails('ENOTEMPTY', 'the directory has entries and a slash comes after it', 'dir/'),
  fails('ENOTEMPTY', 'the path ends in two dots', 'empty/..'),
  inWorld(CALL, 'ENOTEMPTY', 'the only entry of the directory is a dangling link', (h) => {
    h.machine.add({ '/empty/link': { symlink: 'nowhere' } })
    expect(rmdir(h, 'empty')).toBe('ENOTEMPTY')
  }),
  fails('EINVAL', 'the path is a dot', '.'),
  fails('EINVAL', 'the path ends in a dot', 'empty/.'),
  fails('EINVAL', 'the path ends in a dot and a slash', 'empty/./'),
  inWorld(CALL, 'EINVAL', 'the path is a dot, in a removed directory', (h) => {
    expect(rmdir(h, '.', removedDirectory(h))).toBe('EINVAL')
  }),
  inWorld(CALL, 'ENOENT', 'the directory was removed before', (h) => {
    expect([rmdir(h, 'empty'), rmdir(h, 'empty')]).toEqual(['ESUCCESS', 'ENOENT'])
  }),
]
