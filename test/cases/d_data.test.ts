/** Section D of the public bug reports: offsets, sizes, reading and writing, and the memory that it goes through. */

import { describe, expect, it } from 'vitest'
import { type CallName, callNames, signatures } from '../../src/abi/signatures.ts'
import {
  FDFLAG_APPEND,
  FDFLAG_NONBLOCK,
  OFLAG_CREAT,
  OFLAG_EXCL,
  OFLAG_TRUNC,
  RIGHT_FD_READ,
  RIGHT_FD_SEEK,
} from '../../src/abi/types.ts'
import { Machine } from '../../src/index.ts'
import { byteString } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { EBADF, EFBIG, EINVAL, ENOSPC, ESPIPE, errnoName } from '../../vfs/errno.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { READ, READ_WRITE } from '../support/hostcalls.ts'
import { wat } from '../support/wat.ts'
import { CGuest } from './c_guest.ts'
import { Posix } from './posix.ts'

const GUEST = new CGuest('d_data.c')

const LARGEST = Number.MAX_SAFE_INTEGER
const APPEND = { oflags: OFLAG_CREAT, rights: READ_WRITE, fdflags: FDFLAG_APPEND }
const CREATE = { oflags: OFLAG_CREAT, rights: READ_WRITE }

/** What the C guest printed for one of its cases, and its machine. */
function libc(name: string, files: Record<string, string> = {}) {
  const machine = new Machine({ image: 'empty', files })
  return { lines: GUEST.lines(machine, [name]), machine }
}

describe('D. seek, size, read, write', () => {
  it('46. Seek past EOF, read, write there', () => {
    const guest = new Posix({ '/f': '0123456789012345678901234567!' })
    const fd = guest.opened('f', { rights: READ_WRITE })
    expect(guest.seek(fd, 460, 'end')).toBe(489)
    expect(guest.fstat(fd).size).toBe(29n)
    expect(guest.read(fd, 4)).toBe('')
    expect(guest.tell(fd)).toBe(489)
    expect(guest.write(fd, 'Z')).toBe(1)
    expect(guest.fstat(fd).size).toBe(490n)
    expect(guest.stat('f').size).toBe(490n)
    expect(guest.seek(fd, 29, 'set')).toBe(29)
    expect(guest.read(fd, 1000)).toBe(`${'\0'.repeat(460)}Z`)
    expect(guest.pread(fd, 3, 27)).toBe('7!\0')

    // A hole that a larger size made is as empty, also where there was something before.
    expect(guest.ftruncate(fd, 28)).toBe('ok')
    expect(guest.ftruncate(fd, 40_000)).toBe('ok')
    expect(guest.pread(fd, 50_000, 27)).toBe(`7${'\0'.repeat(39_972)}`)
  })

  it('46. Seek: what is no offset leaves the old one', () => {
    const guest = new Posix({ '/f': '0123456789' })
    const fd = guest.opened('f', { rights: READ_WRITE })
    expect(guest.seek(fd, 3, 'set')).toBe(3)
    for (const [delta, whence, answer] of [
      [-1, 'set', 'EINVAL'],
      [-4, 'current', 'EINVAL'],
      [-11, 'end', 'EINVAL'],
      [-(2n ** 63n), 'set', 'EINVAL'],
      [-(2n ** 63n), 'current', 'EINVAL'],
      [-(2n ** 63n), 'end', 'EINVAL'],
      [2n ** 63n - 1n, 'set', 'EOVERFLOW'],
      [2n ** 63n - 1n, 'current', 'EOVERFLOW'],
      [2n ** 53n, 'set', 'EOVERFLOW'],
      [2n ** 53n - 10n, 'end', 'EOVERFLOW'],
    ] as const) {
      expect(guest.seek(fd, delta, whence), `${delta} from ${whence}`).toBe(answer)
    }
    for (const whence of [3, 255, -1]) expect(guest.call('fd_seek', fd, 0n, whence, guest.out(8))).toBe('EINVAL')
    expect(guest.tell(fd)).toBe(3)
    expect(guest.seek(fd, 0, 'current')).toBe(3)
    expect(guest.seek(fd, -10, 'end')).toBe(0)
    expect(guest.seek(fd, 0, 'end')).toBe(10)
    expect(guest.seek(fd, LARGEST, 'set')).toBe(LARGEST)
    expect(guest.read(fd, 4)).toBe('')
    expect(guest.write(fd, 'x')).toBe('EFBIG')
    expect(guest.seek(99, 0, 'set')).toBe('EBADF')
  })

  it('47. SEEK_END and stat above 2 GiB', () => {
    const { lines, machine } = libc('end')
    expect(lines).toEqual(['write: 1', 'fstat: 2500000001', 'SEEK_END: 2500000001', 'stat: 2500000001'])
    expect(machine.fs.statSync('/f').size).toBe(2_500_000_001)

    const guest = new Posix()
    const fd = guest.opened('f', CREATE)
    for (const at of [2 ** 31 - 2, 2 ** 31, 2 ** 32 - 2, 2 ** 32, 2 ** 40 + 5, LARGEST - 1]) {
      expect(guest.seek(fd, at, 'set')).toBe(at)
      expect(guest.write(fd, 'a')).toBe(1)
      expect(guest.tell(fd)).toBe(at + 1)
      expect(guest.fstat(fd).size).toBe(BigInt(at + 1))
      expect(guest.seek(fd, 0, 'end')).toBe(at + 1)
      expect(guest.pread(fd, 4, at - 1)).toBe('\0a')
      expect(guest.pread(fd, 4, at + 1)).toBe('')
    }
    for (const at of [2 ** 31 - 2, 2 ** 31, 2 ** 32, 2 ** 40 + 5])
      expect(guest.pread(fd, 3, at - 1), `${at}`).toMatch(/^\0a/)
  })

  it('49. A seek then one byte at 2^31-1 killed the host', () => {
    const { lines } = libc('fputs')
    expect(lines).toEqual(['fseek: 0', 'fputs: 0', 'ftello: 2147483648', 'fclose: 0', 'size: 2147483648'])

    // Beyond the largest size there is an errno, and up to it a short count.
    const guest = new Posix()
    const fd = guest.opened('f', CREATE)
    expect(guest.pwrite(fd, 'abcd', LARGEST - 2)).toBe(2)
    expect(guest.fstat(fd).size).toBe(BigInt(LARGEST))
    expect(guest.pwrite(fd, 'a', LARGEST)).toBe('EFBIG')
    expect(guest.pwrite(fd, 'a', 2n ** 53n)).toBe('EFBIG')
    expect(guest.pwrite(fd, 'a', 2n ** 63n - 1n)).toBe('EFBIG')
    expect(guest.pwrite(fd, 'a', -1n)).toBe('EINVAL')
    expect(guest.pread(fd, 8, LARGEST - 3)).toBe('\0ab')
    expect(guest.pread(fd, 8, 2n ** 63n - 1n)).toBe('')
    const appender = guest.opened('f', APPEND)
    expect(guest.write(appender, 'a')).toBe('EFBIG')
    expect(guest.ftruncate(fd, 2n ** 53n)).toBe('EFBIG')
    expect(guest.ftruncate(fd, 2n ** 63n - 1n)).toBe('EFBIG')
    expect(guest.ftruncate(fd, -1n)).toBe('EINVAL')
    expect(guest.fstat(fd).size).toBe(BigInt(LARGEST))
    expect(guest.ftruncate(fd, LARGEST - 1)).toBe('ok')
    expect(guest.write(appender, 'xyz')).toBe(1)
    expect(guest.pread(fd, 8, LARGEST - 3)).toBe('\0ax')
    expect(guest.ftruncate(fd, 0)).toBe('ok')
  })

  it('50. posix_fallocate past 2^53 threw RangeError', () => {
    const { lines } = libc('fallocate')
    expect(lines.slice(0, 5)).toEqual([
      `2^53 3: ${EFBIG.number}`,
      `2^53-2 2: ${EFBIG.number}`,
      `2^63-1 1: ${EFBIG.number}`,
      `2^63-1 2^63-1: ${EFBIG.number}`,
      `0 2^40: ${ENOSPC.number}`,
    ])
    // The instance lives on, and nothing has changed before the call that could be done.
    expect(lines.slice(9)).toEqual(['size: 0', '0 243: 0', 'size: 243', `closed: ${EBADF.number}`])

    const guest = new Posix({ '/f': 'abc' }, { quota: { bytes: 40_960 } })
    const fd = guest.opened('f', { rights: READ_WRITE })
    expect(guest.fallocate(fd, 0, 40_961)).toBe('ENOSPC')
    expect(guest.fallocate(fd, LARGEST - 36_864, 36_865)).toBe('EFBIG')
    expect(guest.fallocate(fd, 2n ** 62n, 2n ** 62n)).toBe('EFBIG')
    expect(guest.fstat(fd).size).toBe(3n)
    expect(guest.fallocate(fd, 0, 40_960)).toBe('ok')
    expect(guest.fallocate(fd, 0, 2)).toBe('ok')
    expect(guest.fstat(fd).size).toBe(40_960n)
    expect(guest.pread(fd, 5, 0)).toBe('abc\0\0')
    expect(guest.pwrite(fd, 'x', 40_960)).toBe('ENOSPC')
    expect(guest.pwrite(fd, 'x', 40_959)).toBe(1)
  })

  it('52. fallocate on a read-only fd extended the file', () => {
    const { lines, machine } = libc('fallocate-readonly', { '/f': 'abc' })
    expect(lines.filter((line) => line.startsWith('size'))).toEqual(['size: 3', 'size: 3'])
    expect(lines).toContain(`0 243: ${EBADF.number}`)
    expect(machine.fs.readFileSync('/f', 'utf8')).toBe('abc')

    const guest = new Posix({ '/f': 'abc', '/d': null })
    const reader = guest.opened('f', { rights: READ })
    expect(guest.fallocate(reader, 0, 243)).toBe('EBADF')
    expect(guest.ftruncate(reader, 243)).toBe('EBADF')
    expect(guest.write(reader, 'x')).toBe('EBADF')
    expect(guest.pwrite(reader, 'x', 0)).toBe('EBADF')
    // Nor with a right that came without the one to write, or that was given up.
    const writer = guest.opened('f', { rights: READ_WRITE })
    guest.limit(writer, RIGHT_FD_READ)
    expect(guest.fallocate(writer, 0, 243)).toBe('ENOTCAPABLE')
    expect(guest.fallocate(99, 0, 243)).toBe('EBADF')
    expect(guest.fallocate(-1, 0, 243)).toBe('EBADF')
    expect(guest.fallocate(guest.opened('d'), 0, 243)).toBe('EISDIR')
    expect(guest.fallocate(1, 0, 243)).toBe('ESPIPE')
    expect(guest.fstat(reader).size).toBe(3n)
  })

  it('53. fallocate with length 0', () => {
    const { lines } = libc('fallocate')
    const invalid = ['1 0', '0 0', '-1 1', '0 -1']
    expect(lines.slice(5, 9)).toEqual(invalid.map((what) => `${what}: ${EINVAL.number}`))
    const guest = new Posix({ '/f': 'abc' })
    const fd = guest.opened('f', { rights: READ_WRITE })
    for (const offset of [0, 1, 3, 100, LARGEST]) expect(guest.fallocate(fd, offset, 0), `${offset}`).toBe('EINVAL')
    expect(guest.fallocate(fd, -1n, 1)).toBe('EINVAL')
    expect(guest.fallocate(fd, 0, -1n)).toBe('EINVAL')
    expect(guest.fstat(fd).size).toBe(3n)
  })

  it('55. O_APPEND write after ftruncate(0) panicked the memory FS', () => {
    const guest = new Posix()
    const appender = guest.opened('a', APPEND)
    expect(guest.write(appender, 'content')).toBe(7)
    expect(guest.ftruncate(appender, 0)).toBe('ok')
    expect(guest.tell(appender)).toBe(7)
    expect(guest.write(appender, 'Z')).toBe(1)
    expect(guest.cat('/a')).toBe('Z')
    expect(guest.tell(appender)).toBe(1)
    expect(guest.ftruncate(appender, 4)).toBe('ok')
    expect(guest.write(appender, 'Y')).toBe(1)
    expect(guest.cat('/a')).toBe('Z\0\0\0Y')

    // Without APPEND the offset is still where it was, behind a hole.
    const plain = guest.opened('b', CREATE)
    expect(guest.write(plain, 'content')).toBe(7)
    expect(guest.ftruncate(plain, 0)).toBe('ok')
    expect(guest.tell(plain)).toBe(7)
    expect(guest.read(plain, 4)).toBe('')
    expect(guest.write(plain, 'Z')).toBe(1)
    expect(guest.cat('/b')).toBe('\0\0\0\0\0\0\0Z')
    expect(guest.ftruncate(plain, 3)).toBe('ok')
    expect(guest.seek(plain, 0, 'end')).toBe(3)
  })

  it('56. Append fd with a stale EOF after another open truncated', () => {
    const guest = new Posix()
    const appender = guest.opened('f', APPEND)
    const half = '0123456789abcdef'
    expect(guest.write(appender, half + half)).toBe(32)
    expect(guest.opens('f', { oflags: OFLAG_TRUNC, rights: READ_WRITE })).toBe('ok')
    expect(guest.write(appender, half + half)).toBe(32)
    expect(guest.stat('f').size).toBe(32n)
    expect(guest.cat('/f')).toBe(half + half)
    // The end is asked for with each write, whoever moved it.
    const other = guest.opened('f', { rights: READ_WRITE })
    expect(guest.pwrite(other, 'x', 39)).toBe(1)
    expect(guest.write(appender, 'y')).toBe(1)
    expect(guest.ftruncate(other, 2)).toBe('ok')
    expect(guest.write(appender, 'z')).toBe(1)
    guest.machine.fs.appendFileSync('/f', '!')
    expect(guest.write(appender, '?')).toBe(1)
    expect(guest.cat('/f')).toBe('01z!?')
  })

  it('58. Offset after writing with APPEND', () => {
    expect(libc('append').lines.slice(0, 3)).toEqual(['before: 0', 'write: 4', 'after: 4'])
    const guest = new Posix({ '/f': 'old' })
    const fd = guest.opened('f', APPEND)
    expect(guest.tell(fd)).toBe(0)
    expect(guest.write(fd, 'four')).toBe(4)
    expect(guest.tell(fd)).toBe(7)
    // Set later it does the same, and pwrite moves nothing, though with APPEND it ends up at the end.
    const late = guest.opened('f', { rights: READ_WRITE })
    guest.must('fd_fdstat_set_flags', late, FDFLAG_APPEND)
    expect(guest.tell(late)).toBe(0)
    expect(guest.pwrite(late, '!', 1)).toBe(1)
    expect(guest.tell(late)).toBe(0)
    expect(guest.write(late, '?')).toBe(1)
    expect(guest.tell(late)).toBe(9)
    guest.must('fd_fdstat_set_flags', late, 0)
    expect(guest.seek(late, 0, 'set')).toBe(0)
    expect(guest.write(late, 'O')).toBe(1)
    expect(guest.cat('/f')).toBe('Oldfour!?')
  })

  it('59. Append, rewind, append again', () => {
    const guest = new Posix()
    const a = guest.opened('a', APPEND)
    expect(guest.write(a, 'a')).toBe(1)
    expect(guest.seek(a, 0, 'set')).toBe(0)
    expect(guest.write(a, 'b')).toBe(1)
    expect(guest.tell(a)).toBe(2)
    expect(guest.cat('/a')).toBe('ab')

    const b = guest.opened('b', APPEND)
    expect(guest.write(b, 'abcd')).toBe(4)
    expect(guest.seek(b, 0, 'set')).toBe(0)
    expect(guest.read(b, 2)).toBe('ab')
    expect(guest.write(b, 'EF')).toBe(2)
    expect(guest.tell(b)).toBe(6)
    expect(guest.read(b, 4)).toBe('')
    expect(guest.seek(b, 100, 'set')).toBe(100)
    expect(guest.write(b, 'GH')).toBe(2)
    expect(guest.tell(b)).toBe(8)
    expect(guest.cat('/b')).toBe('abcdEFGH')
    expect(libc('append').lines.slice(3)).toEqual(['ab', 'ftell: 6', 'abcdEF'])
  })

  it('61. fd_write ignores the offset set by fd_seek', () => {
    const { lines } = libc('seek-write')
    expect(lines).toEqual(['1234abc89123456789end', 'xyz123456'])
    const guest = new Posix()
    const fd = guest.opened('f', CREATE)
    expect(guest.write(fd, '123456789123456789')).toBe(18)
    expect(guest.seek(fd, -14, 'current')).toBe(4)
    expect(guest.write(fd, 'abc')).toBe(3)
    expect(guest.read(fd, 2)).toBe('89')
    expect(guest.write(fd, '|')).toBe(1)
    expect(guest.seek(fd, 0, 'end')).toBe(18)
    expect(guest.write(fd, 'end')).toBe(3)
    expect(guest.cat('/f')).toBe('1234abc89|23456789end')
  })

  it('62. A zero-length iovec stops the read', () => {
    const guest = new Posix({ '/f': '0123456789' }, { run: { stdin: '0123456789' } })
    guest.mknod('fifo', 'fifo')
    const fifo = guest.opened('fifo', { rights: READ_WRITE })
    expect(guest.write(fifo, '0123456789')).toBe(10)
    const file = guest.opened('f')
    const empty = [
      { ptr: guest.out(0), len: 0 },
      { ptr: 0, len: 0 },
      { ptr: guest.end, len: 0 },
      { ptr: guest.end + 1, len: 0 },
      { ptr: 0xffff_ffff, len: 0 },
    ]
    const nread = guest.out(4)
    for (const nothing of empty) {
      for (const parts of [
        [nothing, 1],
        [1, nothing],
        [nothing, nothing, 1],
        [1, nothing, 1],
        [nothing, 1, 1],
      ]) {
        const { ptr, len, regions } = guest.iovs(...parts)
        guest.must('fd_pread', file, ptr, len, 5n, nread)
        const filled = regions.filter((_, index) => parts[index] === 1).map((region) => guest.text(region))
        expect(guest.u32(nread)).toBe(filled.length)
        expect(filled).toEqual(['5', '6'].slice(0, filled.length))
      }
    }
    for (const fd of [file, 0, fifo]) {
      const first = guest.iovs(0, 4)
      guest.must('fd_read', fd, first.ptr, first.len, nread)
      expect([guest.u32(nread), guest.text(first.regions[1] ?? { ptr: 0, len: 0 })]).toEqual([4, '0123'])
      const last = guest.iovs(2, { ptr: 0xffff_ffff, len: 0 }, 1, { ptr: guest.end, len: 0 })
      guest.must('fd_read', fd, last.ptr, last.len, nread)
      expect(guest.u32(nread)).toBe(3)
      expect([0, 2].map((index) => guest.text(last.regions[index] ?? { ptr: 0, len: 0 }))).toEqual(['45', '6'])
      // Nothing to fill, or no range at all, takes nothing.
      const none = guest.iovs({ ptr: 0, len: 0 }, { ptr: 0, len: 0 })
      guest.must('fd_read', fd, none.ptr, none.len, nread)
      expect(guest.u32(nread)).toBe(0)
      guest.must('fd_read', fd, none.ptr, 0, nread)
      expect(guest.u32(nread)).toBe(0)
      expect(guest.read(fd, 8)).toBe('789')
    }
    const writer = guest.opened('w', CREATE)
    const { ptr, len } = guest.iovs({ ptr: 0xffff_ffff, len: 0 }, 'ab', { ptr: 0, len: 0 }, 'cd')
    guest.must('fd_write', writer, ptr, len, nread)
    guest.must('fd_write', 1, ptr, len, nread)
    expect(guest.u32(nread)).toBe(4)
    expect([guest.cat('/w'), guest.run.stdout.text()]).toEqual(['abcd', 'abcd'])
  })

  it('64. A zero-byte write after seeking past EOF grew the file', () => {
    const guest = new Posix({ '/f': '01234' })
    guest.mknod('null', 'device', 'null')
    guest.mknod('full', 'device', 'full')
    const fd = guest.opened('f', { rights: READ_WRITE })
    const before = guest.fstat(fd)
    expect(guest.seek(fd, 100, 'set')).toBe(100)
    const nwritten = guest.out(4)
    const none = guest.iovs({ ptr: 0, len: 0 }, { ptr: guest.end, len: 0 })
    for (const count of [0, 1, 2]) {
      guest.must('fd_write', fd, none.ptr, count, nwritten)
      expect(guest.u32(nwritten)).toBe(0)
      for (const offset of [0n, 200n, BigInt(LARGEST), 2n ** 63n - 1n]) {
        guest.must('fd_pwrite', fd, none.ptr, count, offset, nwritten)
        expect(guest.u32(nwritten)).toBe(0)
      }
    }
    expect(guest.tell(fd)).toBe(100)
    expect(guest.fstat(fd)).toEqual(before)
    // An appending descriptor stays where it is, too, for as long as it writes nothing.
    const appender = guest.opened('f', APPEND)
    expect(guest.seek(appender, 2, 'set')).toBe(2)
    guest.must('fd_write', appender, none.ptr, 2, nwritten)
    expect(guest.tell(appender)).toBe(2)
    expect(guest.read(appender, 2)).toBe('23')
    expect(guest.fstat(fd)).toEqual(before)
    for (const name of ['null', 'full']) {
      guest.must('fd_write', guest.opened(name, { rights: READ_WRITE }), none.ptr, 2, nwritten)
      expect(guest.u32(nwritten)).toBe(0)
    }
    for (const stream of [1, 2]) guest.must('fd_write', stream, none.ptr, 2, nwritten)
    expect([guest.run.stdout.text(), guest.run.stderr.text()]).toEqual(['', ''])
  })

  it('65. Only the first iovec of stdout is written', async () => {
    const module = await wat(`(module
      (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (data (i32.const 0) "\\10\\00\\00\\00\\02\\00\\00\\00\\12\\00\\00\\00\\02\\00\\00\\00ABCD")
      (func (export "_start")
        (if (call $write (i32.const 1) (i32.const 0) (i32.const 2) (i32.const 24)) (then (call $exit (i32.const 100))))
        (call $exit (i32.load (i32.const 24)))))`)
    const machine = new Machine()
    const run = machine.run(module)
    expect([run.exitCode, run.stdout.text()]).toEqual([4, 'ABCD'])
    expect(check(machine.tree)).toEqual([])

    const guest = new Posix()
    guest.mknod('fifo', 'fifo')
    const file = guest.opened('f', CREATE)
    const fifo = guest.opened('fifo', { rights: READ_WRITE })
    const letters = Array.from({ length: 1024 }, (_, index) => String.fromCharCode(97 + (index % 26)))
    const { ptr, len } = guest.iovs(...letters)
    const nwritten = guest.out(4)
    for (const fd of [1, 2, file, fifo]) {
      guest.must('fd_write', fd, ptr, len, nwritten)
      expect(guest.u32(nwritten)).toBe(1024)
    }
    const all = letters.join('')
    expect([guest.run.stdout.text(), guest.run.stderr.text(), guest.cat('/f')]).toEqual([all, all, all])
    expect(guest.read(fifo, 2000)).toBe(all)
    expect(guest.call('fd_write', 1, ptr, 1025, nwritten)).toBe('EINVAL')
    expect(guest.run.stdout.text()).toBe(all)
  })

  it('67. Buffer ending at the last byte of memory', () => {
    const guest = new Posix({ '/f': 'xyz', '/d': null, '/l': { symlink: 'f' } }, { run: { stdin: 'in' } })
    const { end } = guest
    const nread = guest.out(4)
    const file = guest.opened('f', { rights: READ_WRITE })
    guest.u8[end - 1] = 0x41
    const lastByte = guest.iovs({ ptr: end - 1, len: 1 })
    guest.must('fd_write', 1, lastByte.ptr, 1, nread)
    expect(guest.run.stdout.text()).toBe('A')
    for (const [fd, byte] of [
      [file, 'x'],
      [0, 'i'],
    ] as const) {
      guest.must('fd_read', fd, lastByte.ptr, 1, nread)
      expect(guest.text({ ptr: end - 1, len: 1 })).toBe(byte)
    }
    guest.must('fd_pread', file, lastByte.ptr, 1, 2n, nread)
    expect(guest.text({ ptr: end - 1, len: 1 })).toBe('z')
    guest.must('random_get', end - 1, 1)

    // Paths, and results of every size, that end there.
    guest.u8[end - 1] = 0x66
    guest.must('path_filestat_get', 3, 0, end - 1, 1, guest.out(64))
    guest.must('path_open', 3, 0, end - 1, 1, 0, READ, 0, 0, nread)
    guest.must('path_filestat_get', 3, 0, guest.put('f').ptr, 1, end - 64)
    expect(guest.filestat(end - 64).size).toBe(3n)
    guest.must('path_open', 3, 0, guest.put('f').ptr, 1, 0, READ, 0, 0, end - 4)
    expect(guest.u32(end - 4)).toBe(6)
    guest.must('fd_filestat_get', file, end - 64)
    guest.must('fd_fdstat_get', file, end - 24)
    guest.must('fd_prestat_get', 3, end - 8)
    guest.must('fd_prestat_dir_name', 3, end - 1, 1)
    guest.must('fd_tell', file, end - 8)
    guest.must('fd_seek', file, 0n, 0, end - 8)
    guest.must('clock_time_get', 0, 1n, end - 8)
    guest.must('args_sizes_get', end - 8, end - 4)
    guest.must('fd_readdir', 3, end - 40, 40, 0n, nread)
    guest.must('path_readlink', 3, guest.put('l').ptr, 1, end - 1, 1, nread)
    const iovs = guest.iovs(2)
    guest.must('fd_read', file, iovs.ptr, 1, end - 4)
    expect(guest.u32(end - 4)).toBe(2)
    guest.view.setUint32(end - 8, guest.out(1), true)
    guest.view.setUint32(end - 4, 1, true)
    guest.must('fd_read', file, end - 8, 1, nread)
    // No bytes are nowhere, so also right after the last.
    guest.must('fd_read', file, end, 0, nread)
    guest.must('random_get', end, 0)
  })

  it('68. Pointers outside memory', () => {
    const guest = new Posix({ '/f': 'abcdef' }, { run: { stdin: 'input' } })
    const { end } = guest
    const fd = guest.opened('f', { rights: READ_WRITE })
    expect(guest.seek(fd, 1, 'set')).toBe(1)
    const count = guest.out(4)
    // `call` sees to it that memory, tree, offsets and descriptors are as before. (a) the array
    for (const ptr of guest.outside(8)) {
      for (const name of ['fd_read', 'fd_write'] as const) {
        for (const at of [fd, 0, 1]) expect(guest.call(name, at, ptr, 1, count)).toBe('EFAULT')
      }
      expect(guest.call('fd_pread', fd, ptr, 1, 0n, count)).toBe('EFAULT')
      expect(guest.call('fd_pwrite', fd, ptr, 1, 0n, count)).toBe('EFAULT')
    }
    // A good first element does not make up for the second.
    guest.view.setUint32(end - 8, guest.put('no').ptr, true)
    guest.view.setUint32(end - 4, 2, true)
    expect(guest.call('fd_write', fd, end - 8, 2, count)).toBe('EFAULT')
    // (b) the second region, also where pointer and length wrap around
    for (const region of [
      { ptr: 0xffff_fff0, len: 0x20 },
      { ptr: end - 1, len: 2 },
      { ptr: end, len: 1 },
      { ptr: 0, len: end + 1 },
      { ptr: 8, len: 0xffff_ffff },
    ]) {
      for (const iovs of [guest.iovs('GOOD', region), guest.iovs(region, 'GOOD')]) {
        for (const at of [fd, 0, 1]) {
          expect(guest.call('fd_write', at, iovs.ptr, 2, count)).toBe('EFAULT')
          expect(guest.call('fd_read', at, iovs.ptr, 2, count)).toBe('EFAULT')
        }
        expect(guest.call('fd_pwrite', fd, iovs.ptr, 2, 0n, count)).toBe('EFAULT')
        expect(guest.call('fd_pread', fd, iovs.ptr, 2, 0n, count)).toBe('EFAULT')
      }
    }
    // (c) where the count would go
    const good = guest.iovs('GOOD')
    for (const ptr of guest.outside(4)) {
      for (const at of [fd, 0, 1]) {
        expect(guest.call('fd_write', at, good.ptr, 1, ptr)).toBe('EFAULT')
        expect(guest.call('fd_read', at, good.ptr, 1, ptr)).toBe('EFAULT')
      }
    }
    // (d) where the descriptor would go
    const made = guest.put('made')
    const file = guest.put('f')
    for (const ptr of guest.outside(4)) {
      for (const { ptr: path, len } of [made, file]) {
        for (const oflags of [OFLAG_CREAT, OFLAG_CREAT | OFLAG_EXCL, OFLAG_CREAT | OFLAG_TRUNC, OFLAG_TRUNC]) {
          expect(guest.call('path_open', 3, 0, path, len, oflags, READ_WRITE, 0, 0, ptr)).toBe('EFAULT')
        }
      }
    }
    expect([guest.ls(), guest.cat('/f'), guest.run.stdout.text()]).toEqual([['f'], 'abcdef', ''])
    expect(guest.read(fd, 8)).toBe('bcdef')
    expect(guest.read(0, 8)).toBe('input')
    expect(guest.opened('f')).toBe(5)
  })

  it('68. Pointers outside memory: EFAULT for each pointer of every call, and no randomness is used up', () => {
    const guest = new Posix({ '/f': 'abcdef' }, { run: { args: ['main', 'x'], env: { A: 'b' } } })
    let calls = 0
    for (const name of callNames) {
      const { params } = signatures[name]
      const pointers = params.filter(({ kind }) => POINTERS.includes(kind))
      for (const bad of pointers) {
        for (const outside of [guest.end, 0xffff_ffff]) {
          const args = params.map((param) => {
            if (param === bad) return outside
            if (POINTERS.includes(param.kind)) return guest.iovs(guest.put('f')).ptr
            return param.kind === 'fd' ? 3 : param.kind === 'size' ? 1 : 0
          })
          expect(guest.call(name, ...args), `${name}: ${bad.name}`).toBe('EFAULT')
          calls++
        }
      }
    }
    expect(calls).toBeGreaterThan(80)
    const bytes = (of: Posix): number[] => {
      const ptr = of.out(16)
      of.must('random_get', ptr, 16)
      return of.bytes(ptr, 16)
    }
    expect(bytes(guest)).toEqual(bytes(new Posix()))
  })

  it('70. fd_pread missing, and errno -1', () => {
    const { lines } = libc('pread', { '/f': '0123456789' })
    expect(lines).toEqual(['pread: 3', '567', 'offset: 0', 'past the end: 0', `negative: -${EINVAL.number}`])

    const guest = new Posix({ '/f': '0123456789' }, { run: { stdin: 'abcdef' } })
    guest.mknod('fifo', 'fifo')
    const fd = guest.opened('f', { rights: READ_WRITE })
    expect(guest.seek(fd, 2, 'set')).toBe(2)
    expect(guest.pread(fd, 3, 5)).toBe('567')
    expect(guest.pread(fd, 8, 8)).toBe('89')
    expect(guest.pread(fd, 3, 10)).toBe('')
    expect(guest.pread(fd, 3, 1000)).toBe('')
    expect(guest.pwrite(fd, 'AB', 12)).toBe(2)
    expect(guest.tell(fd)).toBe(2)
    expect(guest.read(fd, 20)).toBe('23456789\0\0AB')
    for (const stream of [0, 1, 2, guest.opened('fifo', { rights: READ_WRITE })]) {
      expect(guest.pread(stream, 3, 0), `${stream}`).toBe('ESPIPE')
      expect(guest.pwrite(stream, 'x', 0), `${stream}`).toBe('ESPIPE')
    }
    expect(guest.pread(3, 3, 0)).toBe('EISDIR')
    expect(guest.pread(99, 3, 0)).toBe('EBADF')
    expect(guest.pread(guest.opened('f', { rights: RIGHT_FD_READ, inheriting: 0 }), 3, 0)).toBe('ENOTCAPABLE')
    expect(guest.pread(guest.opened('f', { rights: RIGHT_FD_READ | RIGHT_FD_SEEK, inheriting: 0 }), 3, 0)).toBe('012')
    expect(guest.pread(guest.opened('f', { rights: READ_WRITE & ~RIGHT_FD_READ }), 3, 0)).toBe('EBADF')
    expect(guest.read(0, 8)).toBe('abcdef')
  })

  it('70. Every call answers with an errno that exists, whatever it is given', () => {
    for (const word of [0, 1, 3, -1, 0x7fff_ffff, 65_536]) {
      for (const name of callNames) {
        if (name === 'proc_exit' || name === 'proc_raise') continue
        const guest = new Posix({ '/f': 'x' })
        const args = signatures[name].params.map(({ type }) => (type === 'i64' ? BigInt(word) : word))
        const number = guest.run.call(name satisfies CallName, ...args)
        expect(errnoName(number as number), `${name}(${word}, …) gave ${number}`).toBeDefined()
      }
    }
  })

  it('71. Seek on a pipe or stdin stream says success', () => {
    const machine = new Machine({ image: 'empty', files: { '/f': 'from a file' } })
    const { tree } = machine
    tree.mknodAt(ROOT_INO, byteString('fifo'), 'fifo', undefined, 'clamp', { sec: 0, nsec: 0 })
    const espipe = -ESPIPE.number
    expect(GUEST.lines(machine, ['fifo'])).toEqual(['fseek', 'ftell', 'lseek'].map((call) => `${call}: ${espipe}`))
    const seeks = ['lseek', 'lseek', 'lseek', 'ftell', 'pread'].map((call) => `${call}: ${espipe}`)
    for (const stdin of ['bytes', '', ['by', 'tes']]) {
      const size = stdin === '' ? 0 : stdin === 'bytes' ? 5 : 2
      expect(GUEST.lines(machine, ['stdin'], { stdin })).toEqual([...seeks, `read: ${size}`])
      expect(GUEST.lines(machine, ['stdin'], { stdin, tty: true })).toEqual([...seeks, `read: ${size}`])
    }
    const runs = machine.pipeline([
      { module: GUEST.module, args: ['guest', 'print', 'pipe'] },
      { module: GUEST.module, args: ['guest', 'stdin'] },
    ])
    expect(runs[1]?.stdout.text().split('\n').slice(0, -1)).toEqual([...seeks, 'read: 4'])
    // A file as stdin is a file.
    const file = GUEST.lines(machine, ['stdin'], { stdin: { file: '/f' } })
    expect(file).toEqual(['lseek: 0', 'lseek: 0', 'lseek: 11', 'ftell: 11', 'pread: 3', 'read: 0'])

    const guest = new Posix({}, { run: { stdin: 'abc' } })
    guest.mknod('fifo', 'fifo')
    const [socket] = guest.socketPair()
    const fifo = guest.opened('fifo', { rights: READ_WRITE, fdflags: FDFLAG_NONBLOCK })
    for (const fd of [0, 1, 2, fifo, socket]) {
      for (const whence of ['set', 'current', 'end'] as const) {
        for (const delta of [0, 1, -1]) expect(guest.seek(fd, delta, whence), `${fd}`).toBe('ESPIPE')
      }
      expect(guest.tell(fd), `${fd}`).toBe('ESPIPE')
    }
    expect(guest.seek(3, 0, 'set')).toBe('EISDIR')
    expect(guest.read(0, 8)).toBe('abc')
  })
})

const POINTERS: readonly string[] = [
  'path',
  'ciovs',
  'subscriptions',
  'iovs',
  'buffer',
  'events',
  'pointers',
  'pointer',
]
