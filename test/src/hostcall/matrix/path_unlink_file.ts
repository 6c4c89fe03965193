/** path_unlink_file, line by line. */

import { expect } from 'vitest'
import { RIGHT_PATH_UNLINK_FILE } from '../../../../src/abi/types.ts'
import { type Bytes, type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import {
  DIR_FD,
  DIRECTORIES,
  EPOCH,
  inWorld,
  LINKS,
  NO_DIRECTORIES,
  PLAIN,
  ROOT_FD,
  removedDirectory,
} from './world.ts'

const CALL = 'path_unlink_file'

function unlink(h: Hostcalls, path: string | Bytes, fd: number = ROOT_FD): string {
  const { ptr, len } = typeof path === 'string' ? h.put(path) : path
  return h.call(CALL, fd, ptr, len)
}

function isGone(h: Hostcalls, path: string): boolean {
  const { ptr, len } = h.put(path)
  return h.call('path_filestat_get', ROOT_FD, 0, ptr, len, h.out(64)) === 'ENOENT'
}

const fails = (errno: string, when: string, path: string): Case =>
  inWorld(CALL, errno, when, (h) => expect(unlink(h, path)).toBe(errno))

export const pathUnlinkFileCases: readonly Case[] = [
  ...NO_DIRECTORIES.map(({ path, is }) =>
    inWorld(CALL, 'ESUCCESS', `removes ${is}`, (h) => {
      expect(unlink(h, path)).toBe('ESUCCESS')
      expect(isGone(h, path)).toBe(true)
    }),
  ),
  inWorld(CALL, 'ESUCCESS', 'removes a link and not what is behind it', (h) => {
    expect([unlink(h, 'link'), unlink(h, 'dirlink')]).toEqual(['ESUCCESS', 'ESUCCESS'])
    expect([h.stat('file').nlink, h.stat('dir').nlink]).toEqual([1n, 3n])
  }),
  inWorld(CALL, 'ESUCCESS', 'changes the directory now, and none of its links', (h) => {
    expect(unlink(h, 'dir/inner')).toBe('ESUCCESS')
    const now = h.machine.time
    expect(h.stat('dir')).toMatchObject({ nlink: 3n, atim: EPOCH, mtim: now, ctim: now })
    expect(h.names(DIR_FD)).toEqual(['.', '..', 'abs', 'sub', 'up'])
  }),
  inWorld(CALL, 'ESUCCESS', 'leaves a file that has another name, with one link less and changed now', (h) => {
    h.machine.add({ '/twin': { hardlink: '/file' } })
    expect(unlink(h, 'file')).toBe('ESUCCESS')
    expect(h.stat('twin')).toMatchObject({ nlink: 1n, size: 7n, mtim: EPOCH, ctim: EPOCH + 1000n })
  }),
  inWorld(CALL, 'ESUCCESS', 'leaves a file that is open to be read and written, without links', (h) => {
    const fd = h.opened('file', { rights: READ_WRITE })
    expect(unlink(h, 'file')).toBe('ESUCCESS')
    expect(h.fstat(fd)).toMatchObject({ nlink: 0n, size: 7n })
    expect([h.read(fd, 99), h.write(fd, ' and more'), h.fstat(fd).size]).toEqual(['content', 9, 16n])
  }),
  inWorld(CALL, 'ESUCCESS', 'gives back the room of a file once nobody has it open', (h) => {
    const fd = h.opened('file')
    const { blocks } = h.tree
    expect(unlink(h, 'file')).toBe('ESUCCESS')
    expect(h.tree.blocks).toBe(blocks)
    h.must('fd_close', fd)
    expect(h.tree.blocks).toBe(blocks - 1)
  }),
  ...(
    [
      ['fifo', 0],
      ['device', 2],
    ] as const
  ).map(([path, filetype]) =>
    inWorld(CALL, 'ESUCCESS', `leaves a ${path} that is open to whoever has it`, (h) => {
      const fd = h.opened(path, { rights: READ_WRITE })
      expect(unlink(h, path)).toBe('ESUCCESS')
      expect(h.fstat(fd)).toMatchObject({ filetype, nlink: 0n })
    }),
  ),
  inWorld(CALL, 'ESUCCESS', 'starts at the descriptor that it is given', (h) => {
    expect(unlink(h, 'inner', DIR_FD)).toBe('ESUCCESS')
    expect(isGone(h, 'dir/inner')).toBe(true)
  }),
  inWorld(CALL, 'ESUCCESS', 'follows the links on the way', (h) => {
    expect(unlink(h, 'dirlink/up/dir/inner')).toBe('ESUCCESS')
    expect(isGone(h, 'dir/inner')).toBe(true)
  }),
  ...walkCases({
    call: CALL,
    the: 'the path',
    right: RIGHT_PATH_UNLINK_FILE,
    rightName: 'PATH_UNLINK_FILE',
    creates: false,
    make: (h, fd, path) => unlink(h, path, fd),
  }),
  ...DIRECTORIES.flatMap(({ path, is }) => [
    fails('EISDIR', `the path is ${is}`, path),
    fails('EISDIR', `a slash comes after ${is}`, `${path}/`),
  ]),
  fails('EISDIR', 'the path is a dot', '.'),
  fails('EISDIR', 'the path ends in a dot', 'dir/.'),
  fails('EISDIR', 'the path ends in two dots', 'dir/..'),
  inWorld(CALL, 'EISDIR', 'the path is a dot, in a removed directory', (h) => {
    expect(unlink(h, '.', removedDirectory(h))).toBe('EISDIR')
  }),
  ...[...PLAIN, ...LINKS].map(({ path, is }) => fails('ENOTDIR', `a slash comes after ${is}`, `${path}/`)),
  inWorld(CALL, 'ENOENT', 'the file was removed before', (h) => {
    expect([unlink(h, 'file'), unlink(h, 'file')]).toEqual(['ESUCCESS', 'ENOENT'])
  }),
]
