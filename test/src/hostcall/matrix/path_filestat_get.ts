/** path_filestat_get, line by line. */

import { expect } from 'vitest'
import { FILESTAT_SIZE } from '../../../../src/abi/layout.ts'
import { LOOKUP_SYMLINK_FOLLOW, OFLAG_CREAT, RIGHT_PATH_FILESTAT_GET } from '../../../../src/abi/types.ts'
import { type Bytes, type Hostcalls, READ_WRITE } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { chain, walkCases } from './walk.ts'
import { ALL, DIR_FD, DIRECTORIES, FIFO, inWorld, LINKS, PLAIN, ROOT_FD, removedDirectory } from './world.ts'

const CALL = 'path_filestat_get'

function stat(
  h: Hostcalls,
  path: string | Bytes,
  flags: number = 0,
  fd: number = ROOT_FD,
  buf: number = h.out(FILESTAT_SIZE),
): string {
  const { ptr, len } = typeof path === 'string' ? h.put(path) : path
  return h.call(CALL, fd, flags, ptr, len, buf)
}

/** Asks for one path, and compares type, links and size. */
function tells(
  when: string,
  path: string,
  flags: number,
  filetype: number,
  nlink: bigint,
  size: bigint,
  fd: number = ROOT_FD,
): Case {
  return inWorld(CALL, 'ESUCCESS', when, (h) => {
    const buf = h.out(FILESTAT_SIZE)
    expect(stat(h, path, flags, fd, buf)).toBe('ESUCCESS')
    expect(h.filestat(buf)).toMatchObject({ filetype, nlink, size })
  })
}

const fails = (errno: string, when: string, path: string, flags: number = 0): Case =>
  inWorld(CALL, errno, when, (h) => expect(stat(h, path, flags)).toBe(errno))

const FOLLOW = LOOKUP_SYMLINK_FOLLOW
// One second after 1970, which all times in the world are, as u64 nanoseconds.
const SECOND = [0x00, 0xca, 0x9a, 0x3b, 0, 0, 0, 0]

export const pathFilestatGetCases: readonly Case[] = [
  inWorld(CALL, 'ESUCCESS', 'writes the 64 bytes of the status, padding too', (h) => {
    const buf = h.out(FILESTAT_SIZE)
    expect(stat(h, 'file', 0, ROOT_FD, buf)).toBe('ESUCCESS')
    expect(h.bytes(buf, FILESTAT_SIZE)).toEqual([
      ...[1, 0, 0, 0, 0, 0, 0, 0], // dev: the tree
      ...[2, 0, 0, 0, 0, 0, 0, 0], // ino: the first after the root
      ...[4, 0, 0, 0, 0, 0, 0, 0], // filetype: a regular file
      ...[1, 0, 0, 0, 0, 0, 0, 0], // nlink
      ...[7, 0, 0, 0, 0, 0, 0, 0], // size: "content"
      ...SECOND, // atim
      ...SECOND, // mtim
      ...SECOND, // ctim
    ])
  }),
  inWorld(CALL, 'ESUCCESS', 'writes to the last bytes of memory', (h) => {
    expect(stat(h, 'file', 0, ROOT_FD, h.end - FILESTAT_SIZE)).toBe('ESUCCESS')
    expect(h.filestat(h.end - FILESTAT_SIZE).size).toBe(7n)
  }),
  inWorld(CALL, 'ESUCCESS', 'writes the status over the path that it was asked with', (h) => {
    const path = { ptr: h.out(FILESTAT_SIZE), len: 4 }
    h.u8.set([0x66, 0x69, 0x6c, 0x65], path.ptr)
    expect(stat(h, path, 0, ROOT_FD, path.ptr)).toBe('ESUCCESS')
    expect(h.filestat(path.ptr)).toMatchObject({ filetype: 4, size: 7n })
  }),
  tells('tells a directory, whose links are its own and one for each directory in it', 'dir', 0, 3, 3n, 0n),
  tells('tells an empty directory', 'empty', 0, 3, 2n, 0n),
  tells('tells a fifo, which has no type in WASI', 'fifo', 0, 0, 1n, 0n),
  tells('tells a socket', 'socket', 0, 6, 1n, 0n),
  tells('tells a device', 'device', 0, 2, 1n, 0n),
  tells('tells a link itself, with the length of its text', 'link', 0, 7, 1n, 4n),
  tells('tells a link to a directory itself', 'dirlink', 0, 7, 1n, 3n),
  tells('tells a dangling link itself', 'dangling', 0, 7, 1n, 7n),
  tells('tells a link to itself', 'loop', 0, 7, 1n, 4n),
  tells('tells an absolute link itself, from a preopen that is not the root', 'abs', 0, 7, 1n, 5n, DIR_FD),
  tells('tells a link that leaves the preopen itself', 'up', 0, 7, 1n, 2n, DIR_FD),
  tells('tells the file behind a link, with SYMLINK_FOLLOW', 'link', FOLLOW, 4, 1n, 7n),
  tells('tells the directory behind a link, with SYMLINK_FOLLOW', 'dirlink', FOLLOW, 3, 3n, 0n),
  tells(
    'tells the file behind an absolute link, with SYMLINK_FOLLOW from the root of the tree',
    'abs',
    FOLLOW,
    4,
    1n,
    7n,
  ),
  tells('follows the links on the way without SYMLINK_FOLLOW', 'dirlink/inner', 0, 4, 1n, 5n),
  tells('follows a last link that a slash comes after, without SYMLINK_FOLLOW', 'dirlink/', 0, 3, 3n, 0n),
  tells('follows a last link that a dot comes after, without SYMLINK_FOLLOW', 'dirlink/.', 0, 3, 3n, 0n),
  tells('tells the directory itself for a dot', '.', 0, 3, 4n, 0n),
  tells('tells the root of a preopen for a dot', '.', 0, 3, 3n, 0n, DIR_FD),
  tells('tells the directory above for two dots', 'dir/sub/..', 0, 3, 3n, 0n),
  tells('goes up from behind a link to the directory that is above there', 'dirlink/sub/../inner', 0, 4, 1n, 5n),
  tells('takes a slash after a directory', 'dir/', 0, 3, 3n, 0n),
  tells('goes over a link that leaves a directory but not the preopen', 'dir/up/file', 0, 4, 1n, 7n),
  inWorld(CALL, 'ESUCCESS', 'tells the same inode with two links under both of its names', (h) => {
    h.machine.add({ '/twin': { hardlink: '/file' } })
    expect(h.stat('twin')).toEqual(h.stat('file'))
    expect(h.stat('twin')).toMatchObject({ nlink: 2n, size: 7n })
  }),
  inWorld(CALL, 'ESUCCESS', 'tells every kind under a number of its own', (h) => {
    const inos = ALL.map(({ path }) => h.stat(path).ino)
    expect(new Set(inos).size).toBe(ALL.length)
  }),
  inWorld(CALL, 'ESUCCESS', 'tells a size over 2^32', (h) => {
    const fd = h.opened('big', { oflags: OFLAG_CREAT, rights: READ_WRITE })
    h.must('fd_filestat_set_size', fd, 2n ** 40n + 5n)
    expect(h.stat('big').size).toBe(2n ** 40n + 5n)
  }),
  inWorld(CALL, 'ESUCCESS', 'tells that a removed directory has no links, for a dot', (h) => {
    expect(h.stat('.', 0, removedDirectory(h))).toMatchObject({ filetype: 3, nlink: 0n })
  }),
  inWorld(CALL, 'ESUCCESS', 'goes over 40 links', (h) => {
    h.machine.add(chain(40))
    expect(h.stat('c40', FOLLOW)).toMatchObject({ filetype: 3 })
  }),
  ...walkCases({
    call: CALL,
    the: 'the path',
    right: RIGHT_PATH_FILESTAT_GET,
    rightName: 'PATH_FILESTAT_GET',
    creates: false,
    make: (h, fd, path) => stat(h, path, 0, fd),
  }),
  ...PLAIN.map(({ path, is }) => fails('ENOTDIR', `a slash comes after ${is}`, `${path}/`)),
  fails('ENOTDIR', 'a slash comes after a link to a file', 'link/'),
  fails('ENOENT', 'the path is a dangling link, with SYMLINK_FOLLOW', 'dangling', FOLLOW),
  fails('ENOENT', 'a slash comes after a dangling link', 'dangling/'),
  fails('ELOOP', 'the path is a link to itself, with SYMLINK_FOLLOW', 'loop', FOLLOW),
  fails('ELOOP', 'a slash comes after a link to itself', 'loop/'),
  fails('EPERM', 'the path is a link that leaves the root, with SYMLINK_FOLLOW', 'escape', FOLLOW),
  inWorld(
    CALL,
    'EPERM',
    'the path is an absolute link, with SYMLINK_FOLLOW from a preopen that is not the root',
    (h) => {
      expect(stat(h, 'abs', FOLLOW, DIR_FD)).toBe('EPERM')
    },
  ),
  inWorld(CALL, 'ELOOP', 'the last link is the 41st', (h) => {
    h.machine.add(chain(41))
    expect(stat(h, 'c41', FOLLOW)).toBe('ELOOP')
  }),
  ...[2, 3, 0x8000_0000, -1].map((flags) => fails('EINVAL', `the lookup flags are ${flags}`, 'file', flags)),
  inWorld(CALL, 'EFAULT', 'the result would be outside memory, for every kind of file', (h) => {
    for (const { path } of ALL) {
      for (const buf of h.outside(FILESTAT_SIZE)) expect(stat(h, path, 0, ROOT_FD, buf)).toBe('EFAULT')
    }
  }),
  inWorld(CALL, 'EFAULT', 'the result would be outside memory, though the path is not there', (h) => {
    expect(stat(h, 'nowhere', 0, ROOT_FD, h.end)).toBe('EFAULT')
  }),
  inWorld(CALL, 'ESUCCESS', 'tells all but links alike with SYMLINK_FOLLOW and without', (h) => {
    const linkPaths = LINKS.map(({ path }) => path)
    for (const { path } of ALL) if (!linkPaths.includes(path)) expect(h.stat(path, FOLLOW)).toEqual(h.stat(path))
    expect(DIRECTORIES.length + PLAIN.length).toBe(ALL.length - LINKS.length)
  }),
  inWorld(CALL, 'ESUCCESS', 'tells the fifo that is open, too', (h) => {
    const fd = h.opened(FIFO.path, { rights: READ_WRITE })
    expect(h.stat(FIFO.path)).toEqual(h.fstat(fd))
  }),
]
