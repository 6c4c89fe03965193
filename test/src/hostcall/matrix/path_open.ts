/** path_open, line by line. */

import { expect } from 'vitest'
import {
  FDFLAG_APPEND,
  FDFLAG_DSYNC,
  FDFLAG_NONBLOCK,
  FDFLAG_RSYNC,
  FDFLAG_SYNC,
  FDFLAGS_ALL,
  LOOKUP_SYMLINK_FOLLOW,
  OFLAG_CREAT,
  OFLAG_DIRECTORY,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  RIGHT_FD_DATASYNC,
  RIGHT_FD_READ,
  RIGHT_FD_SYNC,
  RIGHT_FD_WRITE,
  RIGHT_PATH_CREATE_FILE,
  RIGHT_PATH_FILESTAT_SET_SIZE,
  RIGHT_PATH_OPEN,
  RIGHTS_ALL,
} from '../../../../src/abi/types.ts'
import { type Bytes, type Hostcalls, type OpenOptions, READ, READ_WRITE } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { chain, walkCases } from './walk.ts'
import {
  ALL,
  DANGLING,
  DEVICE,
  DIR_FD,
  DIRECTORIES,
  DIRECTORY_LINK,
  EPOCH,
  FIFO,
  FILE,
  FREE_FD,
  inWorld,
  LINK,
  LINKS,
  NO_ENTRIES,
  NO_INODES,
  PLAIN,
  ROOT_FD,
  removedDirectory,
  SOCKET,
  TICK,
} from './world.ts'

const CALL = 'path_open'
const FOLLOW = LOOKUP_SYMLINK_FOLLOW
const CREATE = OFLAG_CREAT
const EXCLUSIVE = OFLAG_CREAT | OFLAG_EXCL

/** Opens with every argument as it is given: the answer. */
function openAt(
  h: Hostcalls,
  path: Bytes,
  { fd = ROOT_FD, oflags = 0 }: OpenOptions,
  opened: number = h.out(4),
): string {
  return h.call(CALL, fd, FOLLOW, path.ptr, path.len, oflags, READ, RIGHTS_ALL, 0, opened)
}

const opens = (when: string, test: (h: Hostcalls) => void): Case => inWorld(CALL, 'ESUCCESS', when, test)

const fails = (errno: string, when: string, path: string, options: OpenOptions = {}): Case =>
  inWorld(CALL, errno, when, (h) => expect(h.open(path, options)).toBe(errno))

/** Opens `path` and compares what the descriptor says it is, and whether it may read and write. */
function opensAs(
  when: string,
  path: string,
  options: OpenOptions,
  filetype: number,
  rights: 'r' | 'w' | 'rw' | '',
): Case {
  return opens(when, (h) => {
    const stat = h.fdstat(h.opened(path, options))
    const may = `${(stat.base & BigInt(RIGHT_FD_READ)) !== 0n ? 'r' : ''}${(stat.base & BigInt(RIGHT_FD_WRITE)) !== 0n ? 'w' : ''}`
    expect([stat.filetype, may]).toEqual([filetype, rights])
  })
}

const success: readonly Case[] = [
  opens('writes the lowest free number, as four bytes', (h) => {
    const opened = h.out(4)
    expect(openAt(h, h.put('file'), {}, opened)).toBe('ESUCCESS')
    expect(h.bytes(opened, 4)).toEqual([FREE_FD, 0, 0, 0])
  }),
  opens('gives a number that was closed again, the lowest first', (h) => {
    expect([h.opened('file'), h.opened('file'), h.opened('file')]).toEqual([6, 7, 8])
    for (const fd of [7, 0, 6]) h.must('fd_close', fd)
    expect([h.opened('file'), h.opened('file'), h.opened('file'), h.opened('file')]).toEqual([0, 6, 7, 9])
  }),
  opens('writes the number to the last bytes of memory', (h) => {
    expect(openAt(h, h.put('file'), {}, h.end - 4)).toBe('ESUCCESS')
    expect(h.u32(h.end - 4)).toBe(FREE_FD)
  }),
  opens('writes the number over the path', (h) => {
    const path = h.put('file')
    expect(openAt(h, path, {}, path.ptr)).toBe('ESUCCESS')
    expect(h.u32(path.ptr)).toBe(FREE_FD)
  }),
  opensAs('opens a regular file to be read', 'file', {}, 4, 'r'),
  opensAs('opens a regular file to be written', 'file', { rights: RIGHT_FD_WRITE }, 4, 'w'),
  opensAs('opens a regular file for both', 'file', { rights: READ_WRITE }, 4, 'rw'),
  opensAs('opens a regular file for neither', 'file', { rights: 0 }, 4, ''),
  opensAs('opens a directory, which nobody reads as a file', 'dir', {}, 3, ''),
  opensAs('opens an empty directory', 'empty', {}, 3, ''),
  opensAs('opens a directory that a slash comes after', 'dir/', {}, 3, ''),
  opensAs('opens the directory itself for a dot', '.', {}, 3, ''),
  opensAs('opens the root of a preopen for a dot', '.', { fd: DIR_FD }, 3, ''),
  opensAs('opens the directory above for two dots', 'dir/sub/..', {}, 3, ''),
  opensAs('opens a device', 'device', { rights: READ_WRITE }, 2, 'rw'),
  opensAs(
    'opens a device, with TRUNC, which does nothing to it',
    'device',
    { rights: READ_WRITE, oflags: OFLAG_TRUNC },
    2,
    'rw',
  ),
  opensAs('opens a fifo for both, without waiting', 'fifo', { rights: READ_WRITE }, 0, 'rw'),
  opensAs('opens a fifo to be read, without waiting with NONBLOCK', 'fifo', { fdflags: FDFLAG_NONBLOCK }, 0, 'r'),
  opensAs('opens a fifo for neither, without waiting', 'fifo', { rights: 0 }, 0, ''),
  opensAs('opens the file behind a link', 'link', {}, 4, 'r'),
  opensAs('opens the directory behind a link', 'dirlink', {}, 3, ''),
  opensAs('opens the directory behind a link, with DIRECTORY', 'dirlink', { oflags: OFLAG_DIRECTORY }, 3, ''),
  opensAs(
    'opens the directory behind a link that a slash comes after, without SYMLINK_FOLLOW',
    'dirlink/',
    { dirflags: 0 },
    3,
    '',
  ),
  opensAs('follows the links on the way without SYMLINK_FOLLOW', 'dirlink/inner', { dirflags: 0 }, 4, 'r'),
  opensAs('follows an absolute link from a preopen that is the root of the tree', 'abs', {}, 4, 'r'),
  opensAs('opens a directory with DIRECTORY', 'dir', { oflags: OFLAG_DIRECTORY }, 3, ''),
  opensAs('opens what is there with CREAT', 'file', { oflags: CREATE }, 4, 'r'),
  opensAs('opens a fifo that is there with CREAT', 'fifo', { oflags: CREATE, rights: READ_WRITE }, 0, 'rw'),
  opensAs('opens a device that is there with CREAT', 'device', { oflags: CREATE }, 2, 'r'),
  opensAs('opens what is there with EXCL alone', 'file', { oflags: OFLAG_EXCL }, 4, 'r'),
  ...PLAIN.filter((thing) => thing !== SOCKET).map(({ path, is }) =>
    opens(`opens ${is} without SYMLINK_FOLLOW, too`, (h) => {
      h.opened(path, { dirflags: 0, rights: READ_WRITE })
    }),
  ),
  opens('goes over 40 links', (h) => {
    h.machine.add(chain(40))
    expect(h.names(h.opened('c40'))).toContain('inner')
  }),
  opens('reads from the start, and writes there, too', (h) => {
    const fd = h.opened('file', { rights: READ_WRITE })
    expect([h.write(fd, 'CON'), h.read(fd, 99)]).toEqual([3, 'tent'])
    expect(h.read(h.opened('file'), 99)).toBe('CONtent')
  }),
  opens('gives every open an offset of its own', (h) => {
    const [a, b] = [h.opened('file'), h.opened('file')]
    expect([h.read(a, 3), h.read(b, 4), h.read(a, 99)]).toEqual(['con', 'cont', 'tent'])
  }),
  opens('writes at the end with APPEND, though it starts at 0', (h) => {
    const fd = h.opened('file', { rights: READ_WRITE, fdflags: FDFLAG_APPEND })
    expect([h.read(fd, 3), h.write(fd, '!'), h.read(h.opened('file'), 99)]).toEqual(['con', 1, 'content!'])
  }),

  opens('makes an empty file with one link, all of whose times are now, with CREAT', (h) => {
    const fd = h.opened('new', { oflags: CREATE, rights: READ_WRITE })
    const now = EPOCH + TICK
    expect(h.fstat(fd)).toMatchObject({ filetype: 4, nlink: 1n, size: 0n, atim: now, mtim: now, ctim: now })
    expect(h.stat('new')).toEqual(h.fstat(fd))
  }),
  opens('changes the directory in which it makes a file now, and none of its links', (h) => {
    h.opened('dir/new', { oflags: CREATE })
    expect(h.stat('dir')).toMatchObject({ nlink: 3n, atim: EPOCH, mtim: EPOCH + TICK, ctim: EPOCH + TICK })
    expect(h.names(DIR_FD)).toEqual(['.', '..', 'abs', 'inner', 'new', 'sub', 'up'])
  }),
  opens('leaves the times and contents of a file that is there, with CREAT', (h) => {
    const before = h.stat('file')
    h.opened('file', { oflags: CREATE, rights: READ_WRITE })
    expect(h.stat('file')).toEqual(before)
  }),
  opens('makes a file with CREAT and EXCL', (h) => {
    h.opened('new', { oflags: EXCLUSIVE })
    expect(h.stat('new')).toMatchObject({ filetype: 4, size: 0n })
  }),
  opens('makes a file that it opens to be read only', (h) => {
    expect(h.read(h.opened('new', { oflags: CREATE }), 99)).toBe('')
  }),
  opens('makes the file that a dangling link names, with CREAT', (h) => {
    h.opened('dangling', { oflags: CREATE })
    expect([h.stat('nowhere').filetype, h.stat('dangling').filetype]).toEqual([4, 7])
  }),
  opens('makes a file behind a link to a directory', (h) => {
    h.opened('dirlink/new', { oflags: CREATE, dirflags: 0 })
    expect(h.stat('dir/new').filetype).toBe(4)
  }),
  opens('makes a file with a name of 255 bytes', (h) => {
    h.opened('n'.repeat(255), { oflags: CREATE })
    expect(h.stat('n'.repeat(255)).filetype).toBe(4)
  }),
  opens('makes a file with a name of any characters but the slash and the NUL', (h) => {
    h.opened('a b\t\\\n\u007f*?é💾', { oflags: CREATE })
    expect(h.stat('a b\t\\\n\u007f*?é💾').filetype).toBe(4)
  }),
  opens('takes names that look alike for different ones', (h) => {
    h.opened('\u00e9', { oflags: EXCLUSIVE })
    h.opened('e\u0301', { oflags: EXCLUSIVE })
    h.opened('E\u0301', { oflags: EXCLUSIVE })
  }),

  opens('cuts a file to nothing with TRUNC, now', (h) => {
    const fd = h.opened('file', { oflags: OFLAG_TRUNC, rights: READ_WRITE })
    const now = h.machine.time
    expect(h.fstat(fd)).toMatchObject({ size: 0n, atim: EPOCH, mtim: now, ctim: now })
  }),
  opens('cuts a file that it opens to be read only, with TRUNC', (h) => {
    h.opened('file', { oflags: OFLAG_TRUNC })
    expect(h.stat('file').size).toBe(0n)
  }),
  opens('cuts the file behind a link with TRUNC', (h) => {
    h.opened('link', { oflags: OFLAG_TRUNC })
    expect([h.stat('file').size, h.stat('link').size]).toEqual([0n, 4n])
  }),
  opens('cuts a file under all of its names, and for all who have it open, with TRUNC', (h) => {
    h.machine.add({ '/twin': { hardlink: '/file' } })
    const fd = h.opened('twin')
    h.opened('file', { oflags: OFLAG_TRUNC })
    expect([h.stat('twin').size, h.read(fd, 99)]).toEqual([0n, ''])
  }),
  opens('makes a file with CREAT and TRUNC', (h) => {
    h.opened('new', { oflags: CREATE | OFLAG_TRUNC })
    expect(h.stat('new').size).toBe(0n)
  }),

  opens('drops the rights that make no sense for a file, and passes on what it is told to', (h) => {
    const { base, inheriting } = h.fdstat(h.opened('file', { rights: RIGHTS_ALL, inheriting: RIGHT_FD_READ }))
    // Data, read, seek, flags, sync, tell, write, advise, allocate; stat, size, times; poll.
    expect([base, inheriting]).toEqual([0x8e001ffn, 2n])
  }),
  opens('drops the rights that make no sense for a directory', (h) => {
    expect(h.fdstat(h.opened('dir', { rights: READ })).base & BigInt(RIGHT_FD_READ)).toBe(0n)
  }),
  opens('gives no right that was not asked for', (h) => {
    expect(h.fdstat(h.opened('file', { rights: RIGHT_FD_READ, inheriting: 0 }))).toEqual({
      filetype: 4,
      flags: 0,
      base: 2n,
      inheriting: 0n,
    })
  }),
  opens('drops bits that are no rights', (h) => {
    const { ptr, len } = h.put('file')
    const opened = h.out(4)
    const bits = 2n ** 63n + 2n ** 40n + 2n ** 30n
    expect(h.call(CALL, ROOT_FD, 0, ptr, len, 0, bits + 2n, bits, 0, opened)).toBe('ESUCCESS')
    expect(h.fdstat(h.u32(opened))).toMatchObject({ base: 2n, inheriting: 0n })
  }),
  ...[FDFLAG_APPEND, FDFLAG_DSYNC, FDFLAG_NONBLOCK, FDFLAG_RSYNC, FDFLAG_SYNC, FDFLAGS_ALL, 0].map((fdflags) =>
    opens(`sets the descriptor flags ${fdflags}`, (h) => {
      expect(h.fdstat(h.opened('file', { fdflags })).flags).toBe(fdflags)
    }),
  ),
  opens('opens a removed directory again for a dot', (h) => {
    const fd = h.opened('.', { fd: removedDirectory(h) })
    expect([h.fstat(fd).nlink, h.names(fd)]).toEqual([0n, []])
  }),
  inWorld(
    CALL,
    'ESUCCESS',
    'opens the standard streams by their names in /dev, as what is open there',
    (h) => {
      const out = h.opened('dev/stdout', { rights: READ_WRITE })
      expect([h.write(out, 'hello'), h.run.stdout.text()]).toEqual([5, 'hello'])
      expect(h.read(h.opened('dev/stdin'), 99)).toBe('input')
      expect([h.write(h.opened('dev/tty', { rights: READ_WRITE }), 'oops'), h.run.stderr.text()]).toEqual([4, 'oops'])
    },
    { image: 'standard', run: { stdin: 'input', tty: { stderr: true } } },
  ),
  inWorld(
    CALL,
    'ESUCCESS',
    'opens a standard stream by its name with the rights asked for, of those that it has',
    (h) => {
      expect(h.rightsOf(h.opened('dev/stdout', { rights: RIGHT_FD_WRITE | RIGHT_FD_READ }))).toBe(RIGHT_FD_WRITE)
      expect(h.write(h.opened('dev/stdout', { rights: RIGHT_FD_SYNC }), 'x')).toBe('ENOTCAPABLE')
    },
    { image: 'standard' },
  ),
  inWorld(
    CALL,
    'ESUCCESS',
    'opens what is there though the tree has no room for one more inode',
    (h) => {
      h.opened('file', { oflags: CREATE, rights: READ_WRITE })
    },
    NO_INODES,
  ),
  inWorld(
    CALL,
    'ESUCCESS',
    'opens as many as there may be, and one more for each that is closed',
    (h) => {
      expect([h.opened('file'), h.open('file')]).toEqual([FREE_FD, 'EMFILE'])
      h.must('fd_close', FREE_FD)
      expect(h.opened('file')).toBe(FREE_FD)
    },
    { run: { limits: { descriptors: FREE_FD + 1 } } },
  ),
]

const errors: readonly Case[] = [
  ...walkCases({
    call: CALL,
    the: 'the path',
    right: RIGHT_PATH_OPEN,
    rightName: 'PATH_OPEN',
    creates: false,
    make: (h, fd, path) => openAt(h, path, { fd }),
  }),
  ...walkCases({
    call: CALL,
    the: 'the path of a file to be made',
    right: RIGHT_PATH_CREATE_FILE,
    rightName: 'PATH_CREATE_FILE',
    creates: true,
    make: (h, fd, path) => openAt(h, path, { fd, oflags: CREATE }),
  }),
  ...walkCases({
    call: CALL,
    the: 'the path of a file to be cut',
    right: RIGHT_PATH_FILESTAT_SET_SIZE,
    rightName: 'PATH_FILESTAT_SET_SIZE',
    creates: false,
    make: (h, fd, path) => openAt(h, path, { fd, oflags: OFLAG_TRUNC }),
  }),

  ...ALL.map(({ path, is }) => fails('EEXIST', `there is ${is}, with CREAT and EXCL`, path, { oflags: EXCLUSIVE })),
  fails('EEXIST', 'the path is a dot, with CREAT and EXCL', '.', { oflags: EXCLUSIVE }),
  fails('EEXIST', 'there is a dangling link, with CREAT and EXCL and without SYMLINK_FOLLOW', 'dangling', {
    oflags: EXCLUSIVE,
    dirflags: 0,
  }),

  ...[...DIRECTORIES, DIRECTORY_LINK, { path: '.', is: 'a dot' }].flatMap(({ path, is }) => [
    fails('EISDIR', `the path is ${is}, with CREAT`, path, { oflags: CREATE }),
    fails('EISDIR', `the path is ${is}, with TRUNC`, path, { oflags: OFLAG_TRUNC }),
    fails('EISDIR', `the path is ${is}, to be written`, path, { rights: RIGHT_FD_WRITE }),
    fails('EISDIR', `the path is ${is}, to be written with DIRECTORY`, path, {
      rights: RIGHT_FD_WRITE,
      oflags: OFLAG_DIRECTORY,
    }),
  ]),
  fails('EISDIR', 'a slash comes after the name of a file to be made', 'new/', { oflags: CREATE }),
  ...ALL.map(({ path, is }) =>
    fails('EISDIR', `a slash comes after ${is}, with CREAT`, `${path}/`, { oflags: CREATE }),
  ),
  fails('EISDIR', 'a slash comes after the name of a file to be made, with EXCL', 'new/', { oflags: EXCLUSIVE }),
  inWorld(CALL, 'EISDIR', 'a dangling link with a slash at the end of its text names the file to be made', (h) => {
    h.machine.add({ '/slash': { symlink: 'new/' } })
    expect(h.open('slash', { oflags: CREATE })).toBe('EISDIR')
  }),

  ...[...PLAIN, LINK].flatMap(({ path, is }) => [
    fails('ENOTDIR', `the path is ${is}, with DIRECTORY`, path, { oflags: OFLAG_DIRECTORY }),
    fails('ENOTDIR', `a slash comes after ${is}`, `${path}/`),
  ]),
  ...LINKS.map(({ path, is }) =>
    fails('ENOTDIR', `the path is ${is}, with DIRECTORY and without SYMLINK_FOLLOW`, path, {
      oflags: OFLAG_DIRECTORY,
      dirflags: 0,
    }),
  ),

  ...LINKS.flatMap(({ path, is }) => [
    fails('ELOOP', `the path is ${is}, without SYMLINK_FOLLOW`, path, { dirflags: 0 }),
    fails('ELOOP', `the path is ${is}, with CREAT and without SYMLINK_FOLLOW`, path, { oflags: CREATE, dirflags: 0 }),
  ]),
  fails('ELOOP', 'the path is a link to itself', 'loop'),
  fails('ELOOP', 'the path is a link to itself, with CREAT', 'loop', { oflags: CREATE }),

  fails('ENOENT', 'the path is a dangling link', DANGLING.path),
  fails('ENOENT', 'a slash comes after a dangling link', 'dangling/'),
  fails('ENOENT', 'nothing is there, with DIRECTORY', 'nowhere', { oflags: OFLAG_DIRECTORY }),
  fails('ENOENT', 'nothing is there, with TRUNC', 'nowhere', { oflags: OFLAG_TRUNC, rights: READ_WRITE }),
  fails('ENOENT', 'nothing is there, with EXCL alone', 'nowhere', { oflags: OFLAG_EXCL }),
  inWorld(CALL, 'ENOENT', 'the file to be made would be in what a dangling link names', (h) => {
    h.machine.add({ '/deep': { symlink: 'nowhere/new' } })
    expect(h.open('deep', { oflags: CREATE })).toBe('ENOENT')
  }),

  fails('EPERM', 'the path is a link that leaves the root', 'escape'),
  fails('EPERM', 'the file to be made is behind a link that leaves the root', 'escape', { oflags: CREATE }),
  fails('EPERM', 'the path is an absolute link, from a preopen that is not the root', 'abs', { fd: DIR_FD }),

  ...[2, 3, -1].map((dirflags) => fails('EINVAL', `the lookup flags are ${dirflags}`, 'file', { dirflags })),
  ...[16, 0x100, -1].map((oflags) => fails('EINVAL', `the open flags are ${oflags}`, 'file', { oflags })),
  ...[32, 0x8000, -1].map((fdflags) => fails('EINVAL', `the descriptor flags are ${fdflags}`, 'file', { fdflags })),
  fails('EINVAL', 'a directory is to be made, with CREAT and DIRECTORY', 'new', { oflags: CREATE | OFLAG_DIRECTORY }),
  fails('EINVAL', 'a directory is there, with CREAT and DIRECTORY', 'dir', { oflags: CREATE | OFLAG_DIRECTORY }),

  inWorld(CALL, 'ENOTCAPABLE', 'a right is asked for that the directory does not pass on', (h) => {
    h.limit(DIR_FD, h.rightsOf(DIR_FD), RIGHT_FD_READ)
    expect(h.open('inner', { fd: DIR_FD, rights: RIGHT_FD_READ | RIGHT_FD_WRITE, inheriting: 0 })).toBe('ENOTCAPABLE')
  }),
  inWorld(CALL, 'ENOTCAPABLE', 'a right is to be passed on that the directory does not pass on', (h) => {
    h.limit(DIR_FD, h.rightsOf(DIR_FD), RIGHT_FD_READ)
    expect(h.open('sub', { fd: DIR_FD, rights: 0, inheriting: RIGHT_FD_WRITE })).toBe('ENOTCAPABLE')
  }),
  inWorld(CALL, 'ENOTCAPABLE', 'a file is to be made with rights that the directory does not pass on', (h) => {
    h.limit(DIR_FD, h.rightsOf(DIR_FD), RIGHT_FD_READ)
    expect(h.open('new', { fd: DIR_FD, oflags: CREATE, rights: RIGHT_FD_WRITE, inheriting: 0 })).toBe('ENOTCAPABLE')
  }),
  ...(
    [
      ['SYNC', FDFLAG_SYNC, RIGHT_FD_SYNC],
      ['RSYNC', FDFLAG_RSYNC, RIGHT_FD_SYNC],
      ['DSYNC', FDFLAG_DSYNC, RIGHT_FD_SYNC | RIGHT_FD_DATASYNC],
    ] as const
  ).map(([name, fdflags, needed]) =>
    inWorld(CALL, 'ENOTCAPABLE', `${name} is asked for and the directory does not pass on the right to it`, (h) => {
      h.limit(DIR_FD, h.rightsOf(DIR_FD), RIGHTS_ALL & ~needed)
      expect(h.open('inner', { fd: DIR_FD, fdflags, rights: RIGHT_FD_READ, inheriting: 0 })).toBe('ENOTCAPABLE')
    }),
  ),

  fails('ENXIO', 'the path is a socket', 'socket'),
  fails('ENXIO', 'the path is a socket, for neither reading nor writing', 'socket', { rights: 0 }),
  fails('ENXIO', 'the path is a socket, with CREAT', 'socket', { oflags: CREATE, rights: READ_WRITE }),
  fails('ENXIO', 'the path is a fifo that nobody reads, to be written with NONBLOCK', 'fifo', {
    rights: RIGHT_FD_WRITE,
    fdflags: FDFLAG_NONBLOCK,
  }),
  inWorld(CALL, 'ENXIO', 'nobody reads the fifo any more, to be written with NONBLOCK', (h) => {
    const how = { rights: RIGHT_FD_WRITE, fdflags: FDFLAG_NONBLOCK }
    const reader = h.opened('fifo', { fdflags: FDFLAG_NONBLOCK })
    h.must('fd_close', h.opened('fifo', how))
    h.must('fd_close', reader)
    expect(h.open('fifo', how)).toBe('ENXIO')
  }),
  inWorld(
    CALL,
    'ENXIO',
    'the standard stream behind a name in /dev is closed',
    (h) => {
      h.must('fd_close', 0)
      expect(h.open('dev/stdin')).toBe('ENXIO')
    },
    { image: 'standard' },
  ),
  inWorld(
    CALL,
    'ENXIO',
    'the path is /dev/tty and no standard stream is a terminal',
    (h) => {
      expect(h.open('dev/tty')).toBe('ENXIO')
    },
    { image: 'standard' },
  ),

  inWorld(
    CALL,
    'EMFILE',
    'as many are open as may be, though the path is not there',
    (h) => {
      for (const path of ['file', 'nowhere']) expect(h.open(path)).toBe('EMFILE')
      expect(h.open('new', { oflags: CREATE })).toBe('EMFILE')
      expect(h.open('file', { oflags: OFLAG_TRUNC, rights: READ_WRITE })).toBe('EMFILE')
    },
    { run: { limits: { descriptors: FREE_FD } } },
  ),
  inWorld(
    CALL,
    'ENOSPC',
    'the tree has no room for one more inode',
    (h) => {
      for (const oflags of [CREATE, EXCLUSIVE]) expect(h.open('new', { oflags })).toBe('ENOSPC')
    },
    NO_INODES,
  ),
  inWorld(
    CALL,
    'EDQUOT',
    'the directory has no room for one more name',
    (h) => {
      for (const oflags of [CREATE, EXCLUSIVE]) expect(h.open('new', { oflags })).toBe('EDQUOT')
    },
    NO_ENTRIES,
  ),

  ...(
    [
      ['', 0, ALL],
      [', which makes no file', CREATE, [{ path: 'new', is: '' }]],
      [', which cuts no file', OFLAG_TRUNC, [FILE]],
    ] as const
  ).map(([what, oflags, things]) =>
    inWorld(CALL, 'EFAULT', `the number would be outside memory${what}`, (h) => {
      for (const { path } of things) {
        for (const opened of h.outside(4)) expect(openAt(h, h.put(path), { oflags }, opened)).toBe('EFAULT')
      }
    }),
  ),

  inWorld(CALL, 'ENDED', 'it waits for a writer of a fifo, and there is nobody else', (h) => {
    expect(h.open(FIFO.path)).toBe('ENDED')
    expect(h.run.end).toMatchObject({ kind: 'deadlock', waits: [{ pid: 1, call: 'path_open', fds: [] }] })
  }),
  inWorld(CALL, 'ENDED', 'it waits for a reader of a fifo, and there is nobody else', (h) => {
    expect(h.open(FIFO.path, { rights: RIGHT_FD_WRITE })).toBe('ENDED')
    expect(h.run.end).toMatchObject({ kind: 'deadlock' })
  }),
  opens('opens the second end of a fifo at once', (h) => {
    const reader = h.opened('fifo', { fdflags: FDFLAG_NONBLOCK })
    const writer = h.opened('fifo', { rights: RIGHT_FD_WRITE })
    expect([h.write(writer, 'hello'), h.read(reader, 99)]).toEqual([5, 'hello'])
  }),
  opens('opens a fifo for reading at once where one writes and nobody reads', (h) => {
    const gone = h.opened('fifo', { fdflags: FDFLAG_NONBLOCK })
    const writer = h.opened('fifo', { rights: RIGHT_FD_WRITE })
    h.must('fd_close', gone)
    const reader = h.opened('fifo')
    expect([h.write(writer, 'hello'), h.read(reader, 99)]).toEqual([5, 'hello'])
  }),
  opens('reads zeros from a device that gives them', (h) => {
    expect(h.read(h.opened(DEVICE.path), 3)).toBe('\0\0\0')
  }),
]

export const pathOpenCases: readonly Case[] = [...success, ...errors]
