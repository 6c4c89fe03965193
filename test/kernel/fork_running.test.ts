/** A machine in the middle of a run and its copy: each goes on as if the other were not there. */

import { describe, expect, it } from 'vitest'
import { lseek, readv, writev } from '../../kernel/file_calls.ts'
import { forkRunning, type Running } from '../../kernel/fork_running.ts'
import { OpenFile } from '../../kernel/open_file.ts'
import { getdents, openat, unlinkat } from '../../kernel/path_calls.ts'
import { RIGHTS_ALL } from '../../kernel/rights.ts'
import { listen } from '../../kernel/socket_calls.ts'
import { Input, Output } from '../../kernel/stream.ts'
import { encodeUtf8 } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { give, iovOf, name, newFile, newKernel, newProcess, textIn } from './world.ts'

const STATUS = { append: false, dsync: false, nonblock: true, rsync: false, sync: false }

function newRun(): Running {
  const kernel = newKernel()
  const process = newProcess(kernel)
  process.fds.add(kernel.preopen(ROOT_INO, name('/')))
  return { kernel, process, stdout: new Output(), stderr: new Output() }
}

function copyOf(run: Running): Running {
  const copy = forkRunning(run)
  if (copy === undefined) throw new Error('it cannot be forked')
  return copy
}

function read({ kernel, process }: Running, fd: number, length: number): unknown {
  const iov = iovOf(length)
  const done = readv(kernel, process, fd, iov)
  return typeof done === 'number' ? textIn(iov, done) : done
}

function write({ kernel, process }: Running, fd: number, text: string): unknown {
  process.progress = 0
  return writev(kernel, process, fd, iovOf(text))
}

describe('forkRunning()', () => {
  it('keeps offsets apart, but not those of one description', () => {
    const run = newRun()
    const file = newFile(run.kernel, 'a', 'abcdef')
    const [one, two] = [give(run.process, file), give(run.process, file)]
    expect(read(run, one, 2)).toBe('ab')
    const copy = copyOf(run)
    expect(read(copy, two, 2)).toBe('cd')
    expect(read(copy, one, 2)).toBe('ef')
    expect(read(run, two, 3)).toBe('cde')
    expect(write(run, one, 'XYZ')).toBe(3)
    expect(lseek(copy.kernel, copy.process, one, 0, 'end')).toBe(6)
  })

  it('keeps a removed file that is open, on both sides, until it is closed there', () => {
    const run = newRun()
    const fd = give(run.process, newFile(run.kernel, 'a', 'abc'))
    expect(unlinkat(run.kernel, run.process, 0, name('a'))).toBeUndefined()
    const copy = copyOf(run)
    const { count } = copy.kernel.fs.table
    run.kernel.exit(run.process, { kind: 'exit', code: 0 })
    expect(read(copy, fd, 9)).toBe('abc')
    copy.kernel.close(copy.process, fd)
    expect(copy.kernel.fs.table.count).toBe(count - 1)
    expect(check(run.kernel.fs)).toEqual([])
    expect(check(copy.kernel.fs)).toEqual([])
  })

  it('gives out the numbers, the time and the randomness that the other would', () => {
    const run = newRun()
    give(run.process, newFile(run.kernel, 'a'))
    const middle = give(run.process, newFile(run.kernel, 'b'))
    give(run.process, newFile(run.kernel, 'c'))
    run.kernel.close(run.process, middle)
    run.process.random.fill(new Uint8Array(700), 0, 700)
    run.process.calls = 7
    const copy = copyOf(run)
    const next = ({ kernel, process }: Running): unknown => {
      const bytes = new Uint8Array(2000)
      process.random.fill(bytes, 0, bytes.length)
      kernel.clock.step()
      const fds = ['d', 'e'].map((path) => give(process, newFile(kernel, path)))
      const { sec, nsec } = kernel.clock.realtime
      return { bytes, fds, sec, nsec, pid: process.pid, calls: process.calls, nextPid: kernel.nextPid }
    }
    expect(next(copy)).toEqual(next(run))
  })

  it('keeps what is in pipes and fifos, and who can read and write', () => {
    const run = newRun()
    run.kernel.fs.mknodAt(ROOT_INO, name('fifo'), 'fifo', undefined, 'clamp', run.kernel.clock.realtime)
    const open = ({ kernel, process }: Running): number =>
      openat(kernel, process, 0, name('fifo'), {
        flags: 0,
        status: STATUS,
        base: RIGHTS_ALL,
        inheriting: 0,
      }) as number
    const fifo = open(run)
    const { reader, writer } = run.kernel.pipe()
    const [input, output] = [give(run.process, reader), give(run.process, writer)]
    expect([write(run, fifo, 'in the fifo'), write(run, output, 'in the pipe')]).toEqual([11, 11])
    const copy = copyOf(run)
    expect([read(run, fifo, 99), read(run, input, 99)]).toEqual(['in the fifo', 'in the pipe'])
    expect([read(copy, open(copy), 6), read(copy, input, 99)]).toEqual(['in the', 'in the pipe'])
    copy.kernel.close(copy.process, output)
    expect(read(copy, input, 9)).toBe('')
    expect(write(run, output, 'x')).toBe(1)
    expect(copy.kernel.fifos.size).toBe(1)
  })

  it('goes on with input, output and a listing where they are', () => {
    const run = newRun()
    const input = new OpenFile('input', 0, true, false)
    input.input = new Input(encodeUtf8('input'))
    const output = new OpenFile('output', 0, false, true)
    output.output = run.stdout
    const [stdin, stdout] = [give(run.process, input), give(run.process, output)]
    for (const file of ['a', 'b', 'c']) newFile(run.kernel, file)
    const list = ({ kernel, process }: Running, cookie: number): { names: string[]; next: number } => {
      const names: string[] = []
      let next = cookie
      getdents(kernel, process, 0, cookie, (entry, _ino, _kind, after) => {
        names.push(entry)
        next = after
        return names.length < 3
      })
      return { names, next }
    }
    const { next } = list(run, 0)
    expect(read(run, stdin, 2)).toBe('in')
    expect(write(run, stdout, 'both ')).toBe(5)
    const copy = copyOf(run)
    expect([write(run, stdout, 'one'), write(copy, stdout, 'other')]).toEqual([3, 5])
    expect(new TextDecoder().decode(run.stdout.toBytes())).toBe('both one')
    expect(new TextDecoder().decode(copy.stdout.toBytes())).toBe('both other')
    expect(copy.process.outputSize).toBe(10)
    expect([read(run, stdin, 9), read(copy, stdin, 9), read(copy, stdin, 9)]).toEqual(['put', 'put', ''])
    expect(list(copy, next).names).toEqual(['b', 'c'])
    expect(list(run, next).names).toEqual(['b', 'c'])
  })

  it('is not for what there can be only one of', () => {
    const pulled = newRun()
    const input = new OpenFile('input', 0, true, false)
    input.input = new Input([encodeUtf8('in'), encodeUtf8('put')])
    give(pulled.process, input)
    expect(forkRunning(pulled)).toBeUndefined()
    const listening = newRun()
    listening.process.fds.add(listen(listening.kernel).descriptor)
    expect(forkRunning(listening)).toBeUndefined()
    const two = newRun()
    newProcess(two.kernel)
    expect(forkRunning(two)).toBeUndefined()
  })
})
