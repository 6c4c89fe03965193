/** POSIX's rules for pipes, through the calls that a process makes. */

import { describe, expect, it } from 'vitest'
import { Blocked } from '../../kernel/blocked.ts'
import { PIPE_CAPACITY } from '../../kernel/byte_queue.ts'
import { lseek, preadv, pwritev, readv, writev } from '../../kernel/file_calls.ts'
import type { IoVec } from '../../kernel/iovec.ts'
import { openat } from '../../kernel/path_calls.ts'
import { PIPE_BUF } from '../../kernel/pipe.ts'
import { RIGHT_FD_READ, RIGHT_FD_WRITE } from '../../kernel/rights.ts'
import { EAGAIN, EBADF, EPIPE, ESPIPE } from '../../vfs/errno.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { fc } from '../support/property.ts'
import { give, iovOf, name, newKernel, newProcess, textIn } from './world.ts'

/** A process that has a pipe's reading end on 0 and its writing end on 1. */
function world(limits: { pipe?: number } = {}) {
  const kernel = newKernel()
  const process = newProcess(kernel, limits)
  const { pipe, reader, writer } = kernel.pipe()
  give(process, reader)
  give(process, writer)
  return {
    ...{ kernel, process, pipe, reader, writer },
    read: (iov: IoVec) => readv(kernel, process, 0, iov),
    /** A first try; `again` is another of the same call. */
    write: (iov: IoVec) => {
      process.progress = 0
      return writev(kernel, process, 1, iov)
    },
    again: (iov: IoVec) => writev(kernel, process, 1, iov),
    drain: (length: number) => pipe.queue.take(new Uint8Array(length), 0, length),
  }
}

const awaiting = (fd: number, what: 'readable' | 'writable') => new Blocked([{ fd, for: what }], undefined)

describe('readv() of a pipe', () => {
  it('scatters what is there over the ranges, and leaves the rest', () => {
    const { write, read } = world()
    expect(write(iovOf('hel', '', 'lo!'))).toBe(6)
    const iov = iovOf(2, 0, 3)
    expect(read(iov)).toBe(5)
    expect(textIn(iov, 5)).toBe('hello')
    const rest = iovOf(10)
    expect(read(rest)).toBe(1)
    expect(textIn(rest, 1)).toBe('!')
  })

  it('waits for a writer while there is one, and is at the end when there is none', () => {
    const { kernel, process, read, writer } = world()
    expect(read(iovOf(4))).toEqual(awaiting(0, 'readable'))
    give(process, writer)
    kernel.close(process, 1)
    expect(read(iovOf(4))).toEqual(awaiting(0, 'readable'))
    kernel.close(process, 2)
    expect(read(iovOf(4))).toBe(0)
  })

  it('gives what was written before the last writer went', () => {
    const { kernel, process, write, read } = world()
    write(iovOf('bye'))
    kernel.close(process, 1)
    const iov = iovOf(8)
    expect(read(iov)).toBe(3)
    expect(textIn(iov, 3)).toBe('bye')
    expect(read(iov)).toBe(0)
  })

  it('gives EAGAIN with O_NONBLOCK, and 0 at the end all the same', () => {
    const { kernel, process, reader, read } = world()
    reader.nonblock = true
    expect(read(iovOf(4))).toBe(EAGAIN)
    kernel.close(process, 1)
    expect(read(iovOf(4))).toBe(0)
  })

  it('never waits for nothing', () => {
    expect(world().read(iovOf(0, 0))).toBe(0)
  })

  it('is a read of the end that reads only', () => {
    const { kernel, process } = world()
    const limited = newProcess(kernel)
    const { reader, writer } = kernel.pipe()
    give(limited, reader, 0)
    give(limited, writer, 0)
    expect(readv(kernel, limited, 1, iovOf(1))).toBe(EBADF)
    expect(writev(kernel, limited, 0, iovOf('x'))).toBe(EBADF)
    expect(readv(kernel, process, 9, iovOf(1))).toBe(EBADF)
  })
})

describe('writev() to a pipe', () => {
  it('gives EPIPE where nobody reads, but not to a write of nothing, as Linux', () => {
    const { kernel, process, write } = world()
    kernel.close(process, 0)
    expect(write(iovOf('x'))).toBe(EPIPE)
    expect(write(iovOf(''))).toBe(0)
  })

  it('puts up to PIPE_BUF bytes in whole or not at all', () => {
    const { pipe, write, again, writer, drain } = world()
    write(iovOf(PIPE_CAPACITY - 10))
    expect(write(iovOf(11))).toEqual(awaiting(1, 'writable'))
    expect(pipe.queue.size).toBe(PIPE_CAPACITY - 10)
    writer.nonblock = true
    expect(write(iovOf(11))).toBe(EAGAIN)
    expect(write(iovOf(PIPE_BUF))).toBe(EAGAIN)
    expect(pipe.queue.size).toBe(PIPE_CAPACITY - 10)
    expect(write(iovOf(10))).toBe(10)
    writer.nonblock = false
    drain(PIPE_BUF)
    expect(again(iovOf(0))).toBe(0)
    expect(write(iovOf(PIPE_BUF))).toBe(PIPE_BUF)
    expect(pipe.queue.room).toBe(0)
  })

  it('puts in a part of more than PIPE_BUF bytes with O_NONBLOCK', () => {
    const { write, writer, pipe } = world()
    writer.nonblock = true
    write(iovOf(PIPE_CAPACITY - 10))
    expect(write(iovOf(PIPE_BUF + 1))).toBe(10)
    expect(write(iovOf(PIPE_BUF + 1))).toBe(EAGAIN)
    expect(pipe.queue.room).toBe(0)
  })

  it('goes on where it was when it is tried again, and returns the count of all', () => {
    const { write, again, pipe, drain } = world()
    const big = Uint8Array.from({ length: PIPE_CAPACITY + 5000 }, (_, i) => i % 251)
    const iov = iovOf(big.subarray(0, 70_000), big.subarray(70_000))
    expect(write(iov)).toEqual(awaiting(1, 'writable'))
    expect(pipe.queue.size).toBe(PIPE_CAPACITY)
    expect(again(iov)).toEqual(awaiting(1, 'writable'))
    drain(1000)
    // The 5,000 bytes that are left are more than PIPE_BUF, so that a part of them goes in.
    expect(again(iov)).toEqual(awaiting(1, 'writable'))
    expect(pipe.queue.size).toBe(PIPE_CAPACITY)
    drain(4000)
    expect(again(iov)).toBe(big.length)
    const rest = new Uint8Array(PIPE_CAPACITY)
    expect(pipe.queue.take(rest, 0, rest.length)).toBe(PIPE_CAPACITY)
    expect(Buffer.compare(rest, big.subarray(5000))).toBe(0)
  })

  it('returns what it moved before the last reader went', () => {
    const { kernel, process, write, again } = world()
    const iov = iovOf(PIPE_CAPACITY + 5000)
    expect(write(iov)).toBeInstanceOf(Blocked)
    kernel.close(process, 0)
    expect(again(iov)).toBe(PIPE_CAPACITY)
    expect(write(iov)).toBe(EPIPE)
  })

  it('goes over the capacity of an unbounded pipe, up to the limit, which ends the process', () => {
    const { process, pipe, write } = world({ pipe: 200_000 })
    pipe.unbounded = true
    expect(write(iovOf(150_000))).toBe(150_000)
    expect(write(iovOf(50_000))).toBe(50_000)
    expect(process.end).toBe(undefined)
    write(iovOf(1))
    expect(process.end).toMatchObject({ kind: 'limit', limit: 'pipe', message: expect.stringContaining('limits.pipe') })
    expect(pipe.queue.size).toBe(200_000)
  })

  it('loses and reorders nothing between a writer and a reader of any sizes', () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.constantFrom(PIPE_BUF, PIPE_BUF + 1, 70_000)), { maxLength: 20 })
    fc.assert(
      fc.property(sizes, sizes, (writes, reads) => {
        const { write, again, read } = world()
        let sent = 0
        let seen = 0
        const readSome = (size: number): void => {
          const iov = iovOf(Math.floor(size / 3), size - Math.floor(size / 3))
          const count = read(iov)
          if (typeof count !== 'number') return
          let at = 0
          for (let i = 0; i < 2; i++) {
            for (let k = 0; k < (iov.lengths[i] as number) && at < count; k++, at++) {
              if (iov.buffer[(iov.starts[i] as number) + k] !== seen++ % 251) throw new Error(`byte ${seen} is wrong`)
            }
          }
        }
        for (const [index, size] of writes.entries()) {
          const iov = iovOf(Uint8Array.from({ length: size }, () => sent++ % 251))
          let done = write(iov)
          while (done instanceof Blocked) {
            readSome(Math.max(1, reads[index] ?? 5000))
            done = again(iov)
          }
          expect(done).toBe(size)
        }
        while (seen < sent) readSome(50_000)
        expect(read(iovOf(1))).toBeInstanceOf(Blocked)
      }),
      { numRuns: 40 },
    )
  })
})

describe('Kernel.pipe()', () => {
  it('has no position', () => {
    const { kernel, process } = world()
    expect(lseek(kernel, process, 0, 0, 'current')).toBe(ESPIPE)
    expect(preadv(kernel, process, 0, iovOf(1), 0)).toBe(ESPIPE)
    expect(pwritev(kernel, process, 1, iovOf('x'), 0)).toBe(ESPIPE)
  })

  it('counts its ends as descriptors come and go', () => {
    const { kernel, process, pipe, writer } = world()
    expect([pipe.readers, pipe.writers]).toEqual([1, 1])
    give(process, writer)
    kernel.close(process, 1)
    expect([pipe.readers, pipe.writers]).toEqual([1, 1])
    kernel.exit(process, { kind: 'exit', code: 0 })
    expect([pipe.readers, pipe.writers]).toEqual([0, 0])
  })
})

describe('a fifo', () => {
  /** A process that can open a fifo, without waiting, for what rights say. */
  function world() {
    const kernel = newKernel()
    kernel.fs.mknodAt(ROOT_INO, name('fifo'), 'fifo', undefined, 'clamp', kernel.clock.realtime)
    const process = newProcess(kernel)
    process.fds.add(kernel.preopen(ROOT_INO, name('/')))
    const status = { append: false, nonblock: true, dsync: false, rsync: false, sync: false }
    const open = (base: number) =>
      openat(kernel, process, 0, name('fifo'), { flags: 0, status, base, inheriting: 0 }) as number
    return { kernel, process, open }
  }

  it('is one pipe for all who have it open', () => {
    const { kernel, process, open } = world()
    const [reader, writer, other] = [open(RIGHT_FD_READ), open(RIGHT_FD_WRITE), open(RIGHT_FD_WRITE)]
    expect([writev(kernel, process, writer, iovOf('ab'))]).toEqual([2])
    process.progress = 0
    expect([writev(kernel, process, other, iovOf('c'))]).toEqual([1])
    const iov = iovOf(9)
    expect(textIn(iov, readv(kernel, process, reader, iov) as number)).toBe('abc')
    kernel.close(process, writer)
    expect(readv(kernel, process, reader, iovOf(1))).toBe(EAGAIN)
    kernel.close(process, other)
    expect(readv(kernel, process, reader, iovOf(1))).toBe(0)
  })

  it('keeps what was written while anybody has it open, and nothing once nobody has', () => {
    const { kernel, process, open } = world()
    const both = open(RIGHT_FD_READ | RIGHT_FD_WRITE)
    const reader = open(RIGHT_FD_READ)
    writev(kernel, process, both, iovOf('ab'))
    kernel.close(process, both)
    expect(readv(kernel, process, reader, iovOf(1))).toBe(1)
    kernel.close(process, reader)
    expect(readv(kernel, process, open(RIGHT_FD_READ | RIGHT_FD_WRITE), iovOf(1))).toBe(EAGAIN)
    expect(kernel.fifos.size).toBe(1)
    kernel.exit(process, { kind: 'exit', code: 0 })
    expect(kernel.fifos.size).toBe(0)
  })
})
