/** Records are made of bytes that were kept at the time of each call, pages of them, once somebody asks for the trace. */

import { describe, expect, it } from 'vitest'
import { formatRecord, Machine, type MachineOptions, type Run, type RunOptions } from '../../../src/index.ts'
import { encodeUtf8 } from '../../../vfs/bytes.ts'
import { callerModule } from '../../support/caller.ts'
import { compileC } from '../../support/compile.ts'

/** Where the tests put paths, iovecs, and results. */
const [FIRST, SECOND, IOVS, OUT] = [0x1000, 0x3000, 0x5000, 0x6000]
const END = 65_536
const TICK_NS = 1000n

/** A guest of whose trace nobody asks but the test. */
class Traced {
  readonly run: Run

  constructor(options: MachineOptions & { readonly run?: RunOptions } = {}) {
    const { run, ...machine } = options
    this.run = new Machine(machine).run(callerModule(), { ...run, trace: 'records' })
  }

  get u8(): Uint8Array {
    return new Uint8Array((this.run.exports.memory as WebAssembly.Memory).buffer)
  }

  get lines(): string[] {
    return this.run.trace.map(formatRecord)
  }

  /** Puts text at `ptr` and gives back the pointer and its length, as calls take them. */
  put(text: string, ptr: number = FIRST): [ptr: number, length: number] {
    const bytes = encodeUtf8(text)
    this.u8.set(bytes, ptr)
    return [ptr, bytes.length]
  }

  /** Puts iovecs and gives back the pointer and how many, as calls take them. */
  iovs(...ranges: readonly (readonly [ptr: number, length: number])[]): [ptr: number, count: number] {
    new Uint32Array(this.u8.buffer, IOVS, 2 * ranges.length).set(ranges.flat())
    return [IOVS, ranges.length]
  }

  mkdir(path: string): void {
    this.run.call('path_create_directory', 3, ...this.put(path))
  }
}

describe('trace', () => {
  it('has every call of thousands, whether it is asked for once or in between', () => {
    const calls = 5000
    const [once, often] = [new Traced(), new Traced()]
    const seen: number[] = []
    for (let i = 0; i < calls; i++) {
      const path = `${i}-${'x'.repeat(i % 100)}`
      for (const traced of [once, often]) {
        traced.mkdir(path)
        traced.run.call('fd_seek', 0, BigInt(i), 0, OUT)
        traced.run.call('path_filestat_get', 3, i % 2, ...traced.put(path), OUT)
      }
      if (i % 777 === 0) seen.push(often.run.trace.length)
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, at) => 3 * (777 * at + 1)))
    const { trace } = once.run
    expect(trace).toHaveLength(3 * calls)
    expect(often.run.trace).toEqual(trace)
    for (let i = 0; i < calls; i++) {
      const path = `${i}-${'x'.repeat(i % 100)}`
      expect(trace[3 * i]?.args).toEqual({ fd: 3, path })
      expect(trace[3 * i + 1]?.args).toEqual({ fd: 0, offset: i, whence: 'SET' })
      expect(trace[3 * i + 2]?.results).toEqual({ buf: expect.objectContaining({ filetype: 3, nlink: 2, size: 0 }) })
      expect(trace[3 * i + 2]?.index).toBe(3 * i + 3)
    }
  })

  it('gives the same records again, and adds those of later calls', () => {
    const traced = new Traced()
    expect(traced.run.trace).toEqual([])
    traced.mkdir('a')
    const { trace } = traced.run
    const [first] = trace
    expect(trace).toHaveLength(1)
    expect(traced.run.trace).toBe(trace)
    traced.mkdir('b')
    expect(traced.run.trace[0]).toBe(first)
    expect(traced.lines).toEqual(['path_create_directory(3, path: "a") = 0', 'path_create_directory(3, path: "b") = 0'])
  })

  it('has the longest paths there are, two to a call and more than a page holds', () => {
    const traced = new Traced()
    const paths = Array.from({ length: 40 }, (_, i) => `${i}${'/name'.repeat(1000)}`.slice(0, 4095))
    for (const path of paths)
      traced.run.call('path_rename', 3, ...traced.put(path), 3, ...traced.put(`to ${path}`.slice(0, 4095), SECOND))
    for (const [at, path] of paths.entries()) {
      const { args, errno } = traced.run.trace[at] ?? {}
      expect(args).toEqual({ fd: 3, old_path: path, new_fd: 3, new_path: `to ${path}`.slice(0, 4095) })
      expect(errno).toBe('ENOENT')
    }
  })

  it('shows 4,096 bytes of what is too long for a path', () => {
    const traced = new Traced()
    traced.mkdir('p'.repeat(5000))
    traced.mkdir('p'.repeat(4096))
    for (const { args, errno } of traced.run.trace) {
      expect(args).toEqual({ fd: 3, path: 'p'.repeat(4096) })
      expect(errno).toBe('ENAMETOOLONG')
    }
  })

  it('shows what was in memory then, not what is there now', () => {
    const traced = new Traced({ files: { '/f': 'what it holds' } })
    const { run } = traced
    run.call('path_open', 3, 0, ...traced.put('f'), 0, 0b10n, 0n, 0, OUT)
    run.call('fd_read', 4, ...traced.iovs([SECOND, 4], [SECOND + 100, 40]), OUT)
    run.call('fd_write', 1, ...traced.iovs(traced.put('written')), OUT)
    traced.u8.fill(0xee)
    run.call('memory_grow', 1)
    expect(traced.lines.slice(1)).toEqual([
      'fd_read(4) = 0 {nread: 13, iovs: "what it holds"}',
      'fd_write(1, iovs: "written") = 0 {nwritten: 7}',
    ])
    expect(run.trace[0]?.args.path).toBe('f')
    expect(run.trace[0]?.results).toEqual({ opened_fd: 4 })
  })

  it('shows arguments as they were before the call, and results as they are after it, where they are in one place', () => {
    const traced = new Traced({ files: { '/link': { symlink: 'target' } } })
    const [ptr, length] = traced.put('link')
    traced.run.call('path_readlink', 3, ptr, length, ptr, 6, OUT)
    expect(traced.lines).toEqual(['path_readlink(3, path: "link", buf_len: 6) = 0 {bufused: 6, buf: "target"}'])
  })

  it('shows 64 bytes of data, from as many ranges as it takes', () => {
    const traced = new Traced()
    const [ptr] = traced.put('0123456789'.repeat(10))
    const write = (...ranges: readonly (readonly [ptr: number, length: number])[]): void => {
      traced.run.call('fd_write', 1, ...traced.iovs(...ranges), OUT)
    }
    const text = '0123456789'.repeat(7)
    write([ptr, 64])
    write([ptr, 65])
    write([ptr, 1], [0xffff_ffff, 0], [ptr + 1, 2], [ptr + 3, 5], [ptr + 8, 60])
    write()
    write([ptr, 63], [ptr + 3, 1])
    // What lies outside memory is not looked at where enough is shown before it.
    write([ptr, 63], [END - 1, 2])
    write([ptr, 65], [END - 1, 2])
    expect(traced.run.trace.map(({ args }) => args.iovs)).toEqual([
      text.slice(0, 64),
      `${text.slice(0, 64)}…`,
      `${text.slice(0, 64)}…`,
      '',
      text.slice(0, 64),
      '0x5000',
      `${text.slice(0, 64)}…`,
    ])
  })

  it('shows a pointer where a path or the ranges are not in memory, up to the last byte', () => {
    const traced = new Traced()
    traced.u8.set(encodeUtf8('abcde'), END - 5)
    for (let length = 0; length <= 6; length++) traced.run.call('path_create_directory', 3, END - 5, length)
    traced.run.call('fd_write', 1, END - 4, 1, OUT)
    traced.run.call('fd_write', 1, 0, 1025, OUT)
    expect(traced.run.trace.map(({ args }) => args.path ?? args.iovs)).toEqual([
      ...['', 'a', 'ab', 'abc', 'abcd', 'abcde', '0xfffb', '0xfffc', '0x0'],
    ])
  })

  it('has each argument and result of calls that differ in little, and of those that fail in between', () => {
    const traced = new Traced({ files: { '/f': '' } })
    const { run } = traced
    run.call('path_open', 3, 0, ...traced.put('f'), 0, 0b100100n, 0n, 0, OUT)
    for (const [fd, offset, whence] of [
      [4, 5n, 0],
      [4, 5n, 0],
      [9, 5n, 0],
      [4, 2n ** 32n, 1],
      [4, 2n ** 32n, 1],
      [4, -(2n ** 33n), 1],
      [4, -1n, 1],
    ] as const)
      run.call('fd_seek', fd, offset, whence, OUT)
    expect(traced.lines.slice(1)).toEqual([
      'fd_seek(4, offset: 5, whence: SET) = 0 {newoffset: 5}',
      'fd_seek(4, offset: 5, whence: SET) = 0 {newoffset: 5}',
      'fd_seek(9, offset: 5, whence: SET) = -1 EBADF',
      'fd_seek(4, offset: 4294967296, whence: CUR) = 0 {newoffset: 4294967301}',
      'fd_seek(4, offset: 4294967296, whence: CUR) = 0 {newoffset: 8589934597}',
      'fd_seek(4, offset: -8589934592, whence: CUR) = 0 {newoffset: 5}',
      'fd_seek(4, offset: -1, whence: CUR) = 0 {newoffset: 4}',
    ])
  })

  it('has the time of each call: a tick after the one before, after a sleep, after calls of others', () => {
    const epoch = 1_700_000_000_999_998_000n
    const machine = new Machine({ epoch })
    const [one, other] = [1, 2].map(() => machine.run(callerModule(), { trace: 'records' })) as [Run, Run]
    one.call('sched_yield')
    one.call('sched_yield')
    other.call('sched_yield')
    one.call('sched_yield')
    // A subscription to the monotonic clock, for a moment relative to now.
    const view = new DataView((one.exports.memory as WebAssembly.Memory).buffer)
    view.setUint32(FIRST + 16, 1, true)
    view.setBigUint64(FIRST + 24, 5_000_000_000n, true)
    one.call('poll_oneoff', FIRST, SECOND, 1, OUT)
    one.call('sched_yield')
    const at = (ticks: bigint): bigint => epoch + ticks * TICK_NS
    expect(one.trace.map(({ time }) => time)).toEqual([
      ...[1n, 2n, 4n].map(at),
      ...[5n, 6n].map((ticks) => at(ticks) + 5_000_000_000n),
    ])
    expect(other.trace.map(({ time }) => time)).toEqual([at(3n)])
  })

  it.each([
    [0n, 0, [0n, 0n, 0n]],
    [0n, 1000, [1000n, 2000n, 3000n]],
    [1_000_000_000n, 1_000_000_000, [2_000_000_000n, 3_000_000_000n, 4_000_000_000n]],
    [2n ** 64n - 1502n, 1000, [2n ** 64n - 502n, 2n ** 64n - 1n, 2n ** 64n - 1n]],
  ])('has the time from %d on, by ticks of %d', (epoch, tick, times) => {
    const { run } = new Traced({ epoch, tick })
    for (const _ of times) run.call('sched_yield')
    expect(run.trace.map(({ time }) => time)).toEqual(times)
  })

  it('has not the call that is being made yet, where a sink asks for it', () => {
    const seen: number[] = []
    const traced: Traced = new Traced({ run: { stdout: () => seen.push(traced.run.trace.length) } })
    for (const text of ['one', 'two']) traced.run.call('fd_write', 1, ...traced.iovs(traced.put(text)), OUT)
    expect(seen).toEqual([0, 1])
    expect(traced.lines).toEqual([
      'fd_write(1, iovs: "one") = 0 {nwritten: 3}',
      'fd_write(1, iovs: "two") = 0 {nwritten: 3}',
    ])
  })

  it('has what a call was given that was ended by another from within it, and not the other', () => {
    const traced: Traced = new Traced({
      run: {
        stdout: () => {
          const { path_open } = traced.run.exports as Record<string, (...args: unknown[]) => unknown>
          expect(() => path_open?.(7, 7, 7, 7, 7, 7n, 7n, 7, 7)).toThrow(WebAssembly.RuntimeError)
        },
      },
    })
    expect(() => traced.run.call('fd_write', 1, ...traced.iovs(traced.put('text')), OUT)).toThrow()
    expect(traced.lines).toEqual(['fd_write(1, iovs: "text") = ?'])
  })

  it('has not the call that a sink threw out of', () => {
    const traced = new Traced({
      run: {
        stdout: () => {
          throw new Error('of the host')
        },
      },
    })
    traced.mkdir('before')
    expect(() => traced.run.call('fd_write', 1, ...traced.iovs(traced.put('text')), OUT)).toThrow('of the host')
    expect(traced.lines).toEqual(['path_create_directory(3, path: "before") = 0'])
  })

  it('has the calls of each stage of a pipeline, though one runs within a call of another', () => {
    const writer = compileC(
      '#include <unistd.h>\nint main(void) { write(1, "one\\n", 4); write(1, "two\\n", 4); return 0; }',
    )
    const reader = compileC(
      '#include <unistd.h>\nint main(void) { char line[9]; while (read(0, line, 4) > 0); return 0; }',
    )
    const stages = [writer, reader].map((module) => ({ module, trace: 'records' as const }))
    const [wrote, read] = new Machine().pipeline(stages).map(({ trace }) => trace.map(formatRecord))
    expect(wrote?.filter((line) => line.startsWith('fd_write'))).toEqual([
      'fd_write(1, iovs: "one\\n") = 0 {nwritten: 4}',
      'fd_write(1, iovs: "two\\n") = 0 {nwritten: 4}',
    ])
    expect(read?.filter((line) => line.startsWith('fd_read'))).toEqual([
      'fd_read(0) = 0 {nread: 4, iovs: "one\\n"}',
      'fd_read(0) = 0 {nread: 4, iovs: "two\\n"}',
      'fd_read(0) = 0 {nread: 0, iovs: ""}',
    ])
  })
})
