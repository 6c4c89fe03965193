/** path_readlink, line by line. */

import { expect } from 'vitest'
import { RIGHT_PATH_READLINK } from '../../../../src/abi/types.ts'
import type { Bytes, Hostcalls } from '../../../support/hostcalls.ts'
import type { Case } from './types.ts'
import { walkCases } from './walk.ts'
import { DIR_FD, DIRECTORIES, inWorld, PLAIN, ROOT_FD, removedDirectory } from './world.ts'

const CALL = 'path_readlink'

/** Reads into a buffer of `size` bytes: the text, or the errno. */
function readlink(h: Hostcalls, path: string | Bytes, fd: number = ROOT_FD, size: number = 64): string {
  const { ptr, len } = typeof path === 'string' ? h.put(path) : path
  const buf = h.out(size)
  const used = h.out(4)
  const answer = h.call(CALL, fd, ptr, len, buf, size, used)
  return answer === 'ESUCCESS' ? h.text({ ptr: buf, len: h.u32(used) }) : answer
}

const reads = (when: string, path: string, text: string, fd: number = ROOT_FD, size: number = 64): Case =>
  inWorld(CALL, 'ESUCCESS', when, (h) => expect(readlink(h, path, fd, size)).toBe(text))

const fails = (errno: string, when: string, path: string): Case =>
  inWorld(CALL, errno, when, (h) => expect(readlink(h, path)).toBe(errno))

export const pathReadlinkCases: readonly Case[] = [
  inWorld(CALL, 'ESUCCESS', 'writes the text without a NUL, its length, and nothing after it', (h) => {
    const { ptr, len } = h.put('link')
    const [buf, used] = [h.out(8), h.out(4)]
    const rest = h.bytes(buf + 4, 4)
    expect(h.call(CALL, ROOT_FD, ptr, len, buf, 8, used)).toBe('ESUCCESS')
    expect(h.bytes(buf, 8)).toEqual([0x66, 0x69, 0x6c, 0x65, ...rest])
    expect(h.bytes(used, 4)).toEqual([4, 0, 0, 0])
  }),
  reads('fills a buffer that is just large enough', 'link', 'file', ROOT_FD, 4),
  reads('writes the start of the text into a buffer that is too small', 'link', 'fil', ROOT_FD, 3),
  reads('writes nothing into a buffer without bytes', 'link', '', ROOT_FD, 0),
  inWorld(CALL, 'ESUCCESS', 'cuts the text between bytes, not between characters', (h) => {
    h.machine.add({ '/wide': { symlink: '€' } })
    const { ptr, len } = h.put('wide')
    const [buf, used] = [h.out(2), h.out(4)]
    expect(h.call(CALL, ROOT_FD, ptr, len, buf, 2, used)).toBe('ESUCCESS')
    expect([h.bytes(buf, 2), h.u32(used)]).toEqual([[0xe2, 0x82], 2])
  }),
  inWorld(CALL, 'ESUCCESS', 'writes to the last bytes of memory', (h) => {
    const { ptr, len } = h.put('link')
    expect(h.call(CALL, ROOT_FD, ptr, len, h.end - 8, 4, h.end - 4)).toBe('ESUCCESS')
    expect(h.bytes(h.end - 8, 8)).toEqual([0x66, 0x69, 0x6c, 0x65, 4, 0, 0, 0])
  }),
  inWorld(CALL, 'ESUCCESS', 'takes a buffer without bytes at the very end of memory', (h) => {
    const { ptr, len } = h.put('link')
    const used = h.out(4)
    expect(h.call(CALL, ROOT_FD, ptr, len, h.end, 0, used)).toBe('ESUCCESS')
    expect(h.u32(used)).toBe(0)
  }),
  reads('reads a link to a directory', 'dirlink', 'dir'),
  reads('reads a dangling link', 'dangling', 'nowhere'),
  reads('reads a link to itself', 'loop', 'loop'),
  reads('reads an absolute link', 'abs', '/file'),
  reads('reads an absolute link from a preopen that is not the root', 'abs', '/file', DIR_FD),
  reads('reads a link that leaves the preopen', 'up', '..', DIR_FD),
  reads('reads a link that leaves the root of the tree', 'escape', '../file'),
  reads('follows the links on the way', 'dirlink/up', '..'),
  inWorld(CALL, 'ESUCCESS', 'reads a text of 4,095 bytes', (h) => {
    const text = `${'./'.repeat(2047)}f`
    h.machine.add({ '/long': { symlink: text } })
    expect(readlink(h, 'long', ROOT_FD, 5000)).toBe(text)
  }),
  ...walkCases({
    call: CALL,
    the: 'the path',
    right: RIGHT_PATH_READLINK,
    rightName: 'PATH_READLINK',
    creates: false,
    make: (h, fd, path) => readlink(h, path, fd),
  }),
  ...[...PLAIN, ...DIRECTORIES].map(({ path, is }) => fails('EINVAL', `the path is ${is}`, path)),
  fails('EINVAL', 'the path is a dot', '.'),
  fails('EINVAL', 'the path ends in two dots', 'dir/..'),
  fails('EINVAL', 'a slash comes after a link to a directory', 'dirlink/'),
  inWorld(CALL, 'EINVAL', 'the path is a dot, in a removed directory', (h) => {
    expect(readlink(h, '.', removedDirectory(h))).toBe('EINVAL')
  }),
  fails('ENOTDIR', 'a slash comes after a link to a file', 'link/'),
  fails('ENOTDIR', 'a slash comes after a regular file', 'file/'),
  fails('ENOENT', 'a slash comes after a dangling link', 'dangling/'),
  fails('ELOOP', 'a slash comes after a link to itself', 'loop/'),
  inWorld(CALL, 'EFAULT', 'the buffer is outside memory', (h) => {
    const { ptr, len } = h.put('link')
    const used = h.out(4)
    for (const buf of h.outside(4)) expect(h.call(CALL, ROOT_FD, ptr, len, buf, 4, used)).toBe('EFAULT')
  }),
  inWorld(CALL, 'EFAULT', 'the buffer ends outside memory, though the text would fit', (h) => {
    const { ptr, len } = h.put('link')
    expect(h.call(CALL, ROOT_FD, ptr, len, h.end - 8, 9, h.out(4))).toBe('EFAULT')
    expect(h.call(CALL, ROOT_FD, ptr, len, h.out(8), -1, h.out(4))).toBe('EFAULT')
  }),
  inWorld(CALL, 'EFAULT', 'the count would be outside memory', (h) => {
    const { ptr, len } = h.put('link')
    const buf = h.out(8)
    for (const used of h.outside(4)) expect(h.call(CALL, ROOT_FD, ptr, len, buf, 8, used)).toBe('EFAULT')
  }),
]
