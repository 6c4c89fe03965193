/** fd_readdir, line by line. */

import { expect } from 'vitest'
import { RIGHT_FD_READDIR } from '../../../../src/abi/types.ts'
import { type Hostcalls, READ } from '../../../support/hostcalls.ts'
import {
  DEVICES,
  DIRECTORIES,
  FILES,
  hex,
  line,
  onBadPointer,
  onEveryKind,
  onMissingRight,
  onNoDescriptor,
  ROOT_FD,
  removedDirectory,
  STREAMS,
  u64,
} from './descriptors.ts'
import type { Case } from './types.ts'

const CALL = 'fd_readdir'

/** One call: the entries that are whole, and how many bytes were used. */
function readdir(h: Hostcalls, fd: number, size: number, cookie: bigint) {
  const [buf, bufused] = [h.out(size), h.out(4)]
  h.must(CALL, fd, buf, size, cookie, bufused)
  const used = h.u32(bufused)
  return { buf, used, entries: h.dirents({ ptr: buf, len: used }) }
}

const call = (h: Hostcalls, fd: number, cookie = 0n): string => h.call(CALL, fd, h.out(256), 256, cookie, h.out(4))
const names = (h: Hostcalls, fd: number, size: number, cookie = 0n): string[] =>
  readdir(h, fd, size, cookie).entries.map(({ name }) => name)

/** All names, as a C library lists them: whole entries only, each next call from the last whole one. */
function scan(h: Hostcalls, fd: number, size: number, each: (name: string) => void = () => {}): string[] {
  const all: string[] = []
  let cookie = 0n
  const [buf, bufused] = [h.out(size), h.out(4)]
  for (;;) {
    h.must(CALL, fd, buf, size, cookie, bufused)
    const used = h.u32(bufused)
    const entries = h.dirents({ ptr: buf, len: used })
    for (const { name, next } of entries) {
      all.push(name)
      cookie = next
      if (name !== '.' && name !== '..') each(name)
    }
    if (used < size) return all
    if (entries.length === 0) throw new Error('the buffer is too small for one entry')
  }
}

const many = (count: number, length: number): { readonly [path: string]: string } =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`/many/${`${i}`.padStart(length, 'n')}`, '']))

function unlink(h: Hostcalls, path: string): void {
  const { ptr, len } = h.put(path)
  h.must('path_unlink_file', ROOT_FD, ptr, len)
}

export const fdReaddirCases: readonly Case[] = [
  ...onEveryKind(CALL, { ESUCCESS: DIRECTORIES, ENOTDIR: [...FILES, ...DEVICES, ...STREAMS] }, (h, fd) => call(h, fd)),
  line(
    CALL,
    'ESUCCESS',
    'writes the bytes of the example, from cookie 2 on',
    (h) => {
      const { buf, used } = readdir(h, h.opened('d'), 64, 2n)
      expect(used).toBe(25)
      expect(h.bytes(buf, used)).toEqual([
        ...hex('03 00 00 00 00 00 00 00'),
        ...hex('03 00 00 00 00 00 00 00'),
        ...hex('01 00 00 00'),
        ...hex('04 00 00 00'),
        ...hex('61'),
      ])
    },
    { files: { '/d/a': '' } },
  ),
  line(CALL, 'ESUCCESS', 'writes the number of bytes as a u32', (h) => {
    const [buf, bufused] = [h.out(64), h.out(4)]
    h.must(CALL, h.opened('directory'), buf, 64, 1n, bufused)
    expect(h.bytes(bufused, 4)).toEqual(hex('37 00 00 00'))
  }),
  line(
    CALL,
    'ESUCCESS',
    'lists a dot, two dots, and the names in byte order',
    (h) => {
      expect(names(h, h.opened('d'), 512)).toEqual(['.', '..', 'A', 'B', 'Z', '_', 'a', 'a b', 'ab', 'b', 'é', '💾'])
    },
    {
      files: Object.fromEntries(
        ['b', 'ab', '💾', 'a', 'Z', 'é', 'B', '_', 'a b', 'A'].map((name) => [`/d/${name}`, '']),
      ),
    },
  ),
  line(
    CALL,
    'ESUCCESS',
    'gives the inode and the type of each',
    (h) => {
      h.mknod('fifo', 'fifo')
      h.mknod('socket', 'socket')
      const { entries } = readdir(h, ROOT_FD, 1024, 0n)
      const types = { '.': 3, '..': 3, device: 2, dir: 3, fifo: 0, file: 4, link: 7, socket: 6 }
      expect(Object.fromEntries(entries.map(({ name, type }) => [name, type]))).toEqual(types)
      for (const { name, ino } of entries.slice(2)) expect(ino).toBe(h.stat(name).ino)
    },
    { files: { '/file': '', '/dir': null, '/link': { symlink: '..' }, '/device': { device: 'null' } } },
  ),
  line(CALL, 'ESUCCESS', 'gives the inodes of the directory and of the one above it as those of the dots', (h) => {
    const { entries } = readdir(h, h.opened('directory'), 256, 0n)
    expect(entries.slice(0, 2)).toEqual([
      { next: 1n, ino: h.stat('directory').ino, type: 3, name: '.' },
      { next: 2n, ino: h.fstat(ROOT_FD).ino, type: 3, name: '..' },
    ])
  }),
  line(
    CALL,
    'ESUCCESS',
    'does not tell of what is above a preopen',
    (h) => {
      const [dot, dots] = readdir(h, ROOT_FD, 256, 0n).entries
      expect(dot?.ino).toBe(h.fstat(ROOT_FD).ino)
      expect(dots?.ino).toBe(dot?.ino)
    },
    { run: { preopens: { '/': '/directory' } } },
  ),
  line(
    CALL,
    'ESUCCESS',
    'lists the dots of an empty directory, and nothing of a removed one',
    (h) => {
      expect(names(h, h.opened('empty'), 256)).toEqual(['.', '..'])
      expect(readdir(h, removedDirectory(h), 256, 0n).used).toBe(0)
    },
    { files: { '/empty': null } },
  ),
  line(CALL, 'ESUCCESS', 'writes nothing into a buffer of no bytes, and reads on from there', (h) => {
    expect(readdir(h, ROOT_FD, 0, 0n).used).toBe(0)
    h.must(CALL, ROOT_FD, h.end, 0, 0n, h.out(4))
  }),
  ...[1, 8, 10, 23, 24, 25, 26, 48, 49, 50, 51, 70, 100].map((size) =>
    line(CALL, 'ESUCCESS', `fills a buffer of ${size} bytes to the brim, with a part of the last entry`, (h) => {
      const fd = h.opened('directory')
      const whole = readdir(h, fd, 103, 0n)
      expect(whole.used).toBe(24 + 1 + 24 + 2 + 24 + 5)
      const part = readdir(h, fd, size, 0n)
      expect(part.used).toBe(Math.min(size, 80))
      expect(h.bytes(part.buf, part.used)).toEqual(h.bytes(whole.buf, part.used))
    }),
  ),
  line(CALL, 'ESUCCESS', 'writes less than the buffer only at the end, and nothing beyond it', (h) => {
    const fd = h.opened('directory')
    const { entries } = readdir(h, fd, 256, 0n)
    expect(readdir(h, fd, 256, entries.at(-1)?.next ?? 0n).used).toBe(0)
    expect(readdir(h, fd, 80, 0n).used).toBe(80)
  }),
  line(
    CALL,
    'ESUCCESS',
    'goes on from any cookie that it gave, again and again',
    (h) => {
      const { entries } = readdir(h, h.opened('many'), 4096, 0n)
      const fd = h.opened('many')
      expect(readdir(h, fd, 4096, 0n).entries).toEqual(entries)
      for (let i = entries.length - 1; i >= 0; i--) {
        expect(readdir(h, fd, 4096, entries[i]?.next ?? 0n).entries).toEqual(entries.slice(i + 1))
      }
    },
    { files: many(20, 5) },
  ),
  ...[128, 512, 4096].map((size) =>
    line(
      CALL,
      'ESUCCESS',
      `gives each of 60 long names once, over buffers of ${size} bytes`,
      (h) => {
        const expected = Object.keys(many(60, 76)).map((path) => path.slice(6))
        expect(scan(h, h.opened('many'), size)).toEqual(['.', '..', ...expected.sort()])
      },
      { files: many(60, 76) },
    ),
  ),
  line(
    CALL,
    'ESUCCESS',
    'gives names of 255 bytes',
    (h) => {
      expect(scan(h, h.opened('many'), 300)).toEqual([
        '.',
        '..',
        ...Object.keys(many(3, 255)).map((path) => path.slice(6)),
      ])
    },
    { files: many(3, 255) },
  ),
  line(
    CALL,
    'ESUCCESS',
    'gives all names when each is removed as soon as it is listed',
    (h) => {
      const seen: string[] = []
      scan(h, h.opened('many'), 256, (name) => {
        seen.push(name)
        unlink(h, `many/${name}`)
      })
      expect(seen.length).toBe(200)
      const { ptr, len } = h.put('many')
      h.must('path_remove_directory', ROOT_FD, ptr, len)
    },
    { files: many(200, 8) },
  ),
  line(
    CALL,
    'ESUCCESS',
    'goes on after a name that is gone, and shows what was made after it',
    (h) => {
      const fd = h.opened('many')
      const second = readdir(h, fd, 4096, 0n).entries[3]
      expect(second?.name).toBe('n1')
      unlink(h, 'many/n1')
      h.machine.fs.writeFileSync('/many/n0a', '')
      h.machine.fs.writeFileSync('/many/n1a', '')
      expect(names(h, fd, 4096, second?.next)).toEqual(['n1a', 'n2'])
      expect(names(h, fd, 4096)).toEqual(['.', '..', 'n0', 'n0a', 'n1a', 'n2'])
    },
    { files: many(3, 2) },
  ),
  line(
    CALL,
    'ESUCCESS',
    'numbers entries for each open directory on its own, the same on every run',
    (h) => {
      const next = (fd: number): bigint[] => readdir(h, fd, 4096, 0n).entries.map((entry) => entry.next)
      expect(next(h.opened('many'))).toEqual([1n, 2n, 3n, 4n, 5n])
      expect(next(h.opened('many'))).toEqual([1n, 2n, 3n, 4n, 5n])
    },
    { files: many(3, 2) },
  ),
  line(CALL, 'ESUCCESS', 'fills the last bytes of memory', (h) => {
    const bufused = h.out(4)
    h.must(CALL, ROOT_FD, h.end - 30, 30, 0n, bufused)
    expect(h.u32(bufused)).toBe(30)
    expect(h.bytes(h.end - 30, 8)).toEqual(u64(1))
    h.must(CALL, ROOT_FD, h.out(16), 16, 0n, h.end - 4)
    expect(h.u32(h.end - 4)).toBe(16)
  }),
  ...[4n, 99n, 2n ** 32n, 2n ** 53n, 2n ** 63n, -1n].map((cookie) =>
    line(CALL, 'EINVAL', `the cookie ${cookie} was never given out`, (h) => {
      const fd = h.opened('directory')
      expect(names(h, fd, 256)).toEqual(['.', '..', 'inner'])
      expect(call(h, fd, cookie)).toBe('EINVAL')
    }),
  ),
  line(CALL, 'EINVAL', 'the cookie was given out by another descriptor', (h) => {
    expect(names(h, h.opened('directory'), 256)).toEqual(['.', '..', 'inner'])
    expect(call(h, h.opened('directory'), 3n)).toBe('EINVAL')
  }),
  ...onBadPointer(CALL, 'the buffer', 64, (h, ptr) => h.call(CALL, ROOT_FD, ptr, 64, 0n, h.out(4))),
  ...onBadPointer(CALL, 'the pointer for the count', 4, (h, ptr) => h.call(CALL, ROOT_FD, h.out(64), 64, 0n, ptr)),
  line(CALL, 'EFAULT', 'the length of the buffer is -1', (h) => {
    expect(h.call(CALL, ROOT_FD, h.out(64), -1, 0n, h.out(4))).toBe('EFAULT')
  }),
  ...onMissingRight(CALL, RIGHT_FD_READDIR, 'FD_READDIR', (h, fd) => call(h, fd), 'directory', READ),
  ...onNoDescriptor(CALL, (h, fd) => call(h, fd)),
]
