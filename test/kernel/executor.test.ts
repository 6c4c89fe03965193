/** Who runs while a call waits: nobody, or the writer of the pipe. */

import { describe, expect, it } from 'vitest'
import { Blocked } from '../../kernel/blocked.ts'
import { PIPE_CAPACITY } from '../../kernel/byte_queue.ts'
import { Alone, type Executor, Nested } from '../../kernel/executor.ts'
import { readv, writev } from '../../kernel/file_calls.ts'
import type { IoVec } from '../../kernel/iovec.ts'
import type { Kernel } from '../../kernel/kernel.ts'
import type { Process } from '../../kernel/process.ts'
import { give, iovOf, newKernel, newProcess, textIn } from './world.ts'

/** A call as a guest makes it: tried again until it no longer blocks, or the process has ended. */
function complete(executor: Executor, process: Process, name: string, call: () => unknown): unknown {
  process.progress = 0
  for (;;) {
    const result = call()
    if (!(result instanceof Blocked)) return result
    executor.wait(process, name, result)
    if (process.end !== undefined) return 'ended'
  }
}

describe('Alone', () => {
  it('jumps to the deadline, on both clocks', () => {
    const kernel = newKernel()
    kernel.clock.jump({ sec: 5, nsec: 0 })
    const process = newProcess(kernel)
    new Alone(kernel).wait(process, 'poll_oneoff', new Blocked([], { sec: 31_536_000, nsec: 1 }))
    expect(process.end).toBe(undefined)
    expect(kernel.clock.monotonic).toMatchObject({ sec: 31_536_000, nsec: 1 })
    expect(kernel.clock.realtime).toMatchObject({ sec: 31_536_100, nsec: 1 })
  })

  it('does not go back to a deadline that is past', () => {
    const kernel = newKernel()
    kernel.clock.jump({ sec: 5, nsec: 0 })
    new Alone(kernel).wait(newProcess(kernel), 'poll_oneoff', new Blocked([], { sec: 4, nsec: 9 }))
    expect(kernel.clock.monotonic).toMatchObject({ sec: 5, nsec: 0 })
  })

  it('prefers a deadline to a deadlock when a descriptor is awaited too', () => {
    const kernel = newKernel()
    const process = newProcess(kernel)
    new Alone(kernel).wait(process, 'poll_oneoff', new Blocked([{ fd: 0, for: 'readable' }], { sec: 1, nsec: 0 }))
    expect(process.end).toBe(undefined)
  })

  it.each([
    [[{ fd: 0, for: 'readable' as const }], 'process 1 waits in fd_read for descriptor 0 to become readable'],
    [
      [
        { fd: 0, for: 'readable' as const },
        { fd: 7, for: 'writable' as const },
      ],
      'process 1 waits in fd_read for descriptor 0 to become readable or descriptor 7 to become writable',
    ],
    [[], 'process 1 waits in fd_read for the other end to be opened'],
  ])('ends a process that waits for what nobody can do, and says for what', (awaited, text) => {
    const kernel = newKernel()
    const process = newProcess(kernel)
    give(process, kernel.pipe().reader)
    new Alone(kernel).wait(process, 'fd_read', new Blocked(awaited, undefined))
    expect(process.end).toEqual({
      kind: 'deadlock',
      waits: [{ pid: 1, call: 'fd_read', fds: awaited }],
      message: `deadlock: ${text}, and nothing can happen any more`,
    })
    expect(process.fds.size).toBe(0)
  })
})

/** A stage of a pipeline: what it does with its reader on 0 and its writer on 1. */
type Stage = (self: { read: (iov: IoVec) => unknown; write: (iov: IoVec) => unknown; process: Process }) => void

/** Runs `stages` as a machine runs a pipeline: the last one first, and then those nobody asked for. */
function pipeline(stages: readonly Stage[], limits: { pipe?: number } = {}): { kernel: Kernel; processes: Process[] } {
  const kernel = newKernel()
  const executor = new Nested(kernel)
  const processes = stages.map(() => newProcess(kernel, limits))
  const pipes = stages.slice(1).map(() => kernel.pipe())
  const runs = stages.map((stage, index) => {
    const process = processes[index] as Process
    const [before, after] = [pipes[index - 1], pipes[index]]
    const input = before === undefined ? -1 : give(process, before.reader)
    const output = after === undefined ? -1 : give(process, after.writer)
    return () => {
      stage({
        process,
        read: (iov) => complete(executor, process, 'fd_read', () => readv(kernel, process, input, iov)),
        write: (iov) => complete(executor, process, 'fd_write', () => writev(kernel, process, output, iov)),
      })
      kernel.exit(process, { kind: 'exit', code: 0 })
    }
  })
  pipes.forEach(({ pipe }, index) => {
    executor.addWriter(pipe, runs[index] as () => void)
  })
  runs.at(-1)?.()
  for (const { pipe } of [...pipes].reverse()) executor.runWriter(pipe)
  return { kernel, processes }
}

describe('Nested', () => {
  it('runs each writer when its reader asks, once, and hands on what it wrote', () => {
    const log: string[] = []
    const echo: (label: string) => Stage = (label) => (self) => {
      log.push(`${label} starts`)
      const iov = iovOf(100)
      const count = self.read(iov) as number
      self.write(iovOf(`${textIn(iov, count)}${label}`))
      log.push(`${label} ends`)
    }
    const { processes } = pipeline([
      ({ write }) => {
        log.push('first')
        write(iovOf('a'))
        write(iovOf('b'))
      },
      echo('2'),
      echo('3'),
      ({ read }) => {
        log.push('last starts')
        const iov = iovOf(100)
        log.push(textIn(iov, read(iov) as number), `then ${read(iov)}`)
      },
    ])
    expect(log).toEqual(['last starts', '3 starts', '2 starts', 'first', '2 ends', '3 ends', 'ab23', 'then 0'])
    expect(processes.map(({ end }) => end)).toEqual(new Array(4).fill({ kind: 'exit', code: 0 }))
  })

  it('lets a writer go over the capacity, since its reader waits for it', () => {
    const size = 3 * PIPE_CAPACITY + 17
    let seen = 0
    pipeline([
      ({ write }) => expect(write(iovOf(size))).toBe(size),
      ({ read }) => {
        for (let count = 1; count > 0; seen += count) count = read(iovOf(50_000)) as number
      },
    ])
    expect(seen).toBe(size)
  })

  it('ends a writer that goes over its limit, and its reader sees what it wrote', () => {
    let seen = 0
    const { processes } = pipeline(
      [
        ({ write }) => {
          for (let i = 0; i < 100; i++) if (write(iovOf(10_000)) === 'ended') return
        },
        ({ read }) => {
          for (let count = 1; count > 0; seen += count) count = read(iovOf(65_536)) as number
        },
      ],
      { pipe: 200_000 },
    )
    expect(processes[0]?.end).toMatchObject({ kind: 'limit', limit: 'pipe' })
    expect(processes[1]?.end).toEqual({ kind: 'exit', code: 0 })
    expect(seen).toBe(200_000)
  })

  it('runs a writer whose reader never asked after it, and the writer sees that nobody reads', () => {
    const results: unknown[] = []
    pipeline([({ write }) => results.push(String(write(iovOf('x')))), () => results.push('reader ends')])
    expect(results).toEqual(['reader ends', 'EPIPE'])
  })

  it('names every process that waits in a deadlock', () => {
    const kernel = newKernel()
    const executor = new Nested(kernel)
    const [reader, writer] = [newProcess(kernel), newProcess(kernel)]
    const [first, second] = [kernel.pipe(), kernel.pipe()]
    give(reader, first.reader)
    give(writer, second.reader)
    give(writer, first.writer)
    give(writer, second.writer)
    executor.addWriter(first.pipe, () => {
      complete(executor, writer, 'fd_read', () => readv(kernel, writer, 0, iovOf(1)))
    })
    expect(complete(executor, reader, 'poll_oneoff', () => readv(kernel, reader, 0, iovOf(1)))).toBe(0)
    expect(reader.end).toBe(undefined)
    expect(writer.end).toMatchObject({
      kind: 'deadlock',
      waits: [
        { pid: 1, call: 'poll_oneoff', fds: [{ fd: 0, for: 'readable' }] },
        { pid: 2, call: 'fd_read', fds: [{ fd: 0, for: 'readable' }] },
      ],
      message:
        'deadlock: process 1 waits in poll_oneoff for descriptor 0 to become readable; process 2 waits in fd_read for ' +
        'descriptor 0 to become readable, and nothing can happen any more',
    })
  })

  it('names no process whose wait is over', () => {
    const kernel = newKernel()
    const executor = new Nested(kernel)
    const reader = newProcess(kernel)
    give(reader, kernel.pipe().reader)
    executor.wait(reader, 'poll_oneoff', new Blocked([], { sec: 1, nsec: 0 }))
    executor.wait(reader, 'fd_read', new Blocked([{ fd: 0, for: 'readable' }], undefined))
    expect(reader.end).toMatchObject({ waits: [{ pid: 1, call: 'fd_read' }] })
  })

  it('sleeps where nothing that is awaited can be made to happen', () => {
    const kernel = newKernel()
    const process = newProcess(kernel)
    give(process, kernel.pipe().reader)
    new Nested(kernel).wait(process, 'poll_oneoff', new Blocked([{ fd: 0, for: 'readable' }], { sec: 2, nsec: 0 }))
    expect(kernel.clock.monotonic).toMatchObject({ sec: 2, nsec: 0 })
    expect(process.end).toBe(undefined)
  })
})
