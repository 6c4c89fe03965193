/**
 * Who runs while a call waits. The kernel says that a call is blocked; an executor makes something happen that may end
 * the wait, or finds that nothing can, and ends the process. What guests observe does not depend on the choice, only
 * what can run at all.
 */

import type { Blocked } from './blocked.ts'
import { timeUntil } from './clock.ts'
import type { Kernel } from './kernel.ts'
import type { Pipe } from './pipe.ts'
import type { Process, Wait } from './process.ts'

export interface Executor {
  /** Waits for `blocked`: afterwards the call is tried again, unless `process` has ended. */
  wait(process: Process, call: string, blocked: Blocked): void
}

/** One guest alone: time jumps to the next deadline; with none it is a deadlock. */
export class Alone implements Executor {
  readonly #kernel: Kernel

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  wait(process: Process, call: string, blocked: Blocked): void {
    if (!sleep(this.#kernel, blocked))
      deadlock(this.#kernel, process, [{ pid: process.pid, call, fds: blocked.awaited }])
  }
}

/**
 * A pipeline on an engine that cannot switch stacks: a reader that blocks has its writer run to its end first, within
 * the reader's own call; so that writer's output may go over the pipe's capacity, up to the limit of its process.
 */
export class Nested implements Executor {
  readonly #kernel: Kernel
  /** How to run the process that writes into a pipe; taken out when it is started. */
  readonly #writers = new Map<Pipe, () => void>()
  readonly #waiting: Wait[] = []

  constructor(kernel: Kernel) {
    this.#kernel = kernel
  }

  /** Says how to run, from start to end, the process that writes into `pipe`. */
  addWriter(pipe: Pipe, run: () => void): void {
    this.#writers.set(pipe, run)
  }

  /** Runs a writer that no reader has asked for; does nothing where it has run. */
  runWriter(pipe: Pipe): void {
    const run = this.#writers.get(pipe)
    this.#writers.delete(pipe)
    run?.()
  }

  wait(process: Process, call: string, blocked: Blocked): void {
    this.#waiting.push({ pid: process.pid, call, fds: blocked.awaited })
    if (!this.#unblock(process, blocked) && !sleep(this.#kernel, blocked)) {
      deadlock(this.#kernel, process, [...this.#waiting])
    }
    this.#waiting.pop()
  }

  #unblock(process: Process, blocked: Blocked): boolean {
    for (const awaited of blocked.awaited) {
      const pipe = process.fds.at(awaited.fd)?.file.pipe
      if (pipe === undefined) continue
      if (awaited.for === 'writable' && !pipe.unbounded) {
        pipe.unbounded = true
        return true
      }
      if (awaited.for === 'readable' && this.#writers.has(pipe)) {
        this.runWriter(pipe)
        return true
      }
    }
    return false
  }
}

function sleep(kernel: Kernel, blocked: Blocked): boolean {
  if (blocked.deadline === undefined) return false
  kernel.clock.jump(timeUntil(kernel.clock.monotonic, blocked.deadline))
  return true
}

function deadlock(kernel: Kernel, process: Process, waits: readonly Wait[]): void {
  const lines = waits.map(({ pid, call, fds }) => {
    const what = fds.map((awaited) => `descriptor ${awaited.fd} to become ${awaited.for}`).join(' or ')
    return `process ${pid} waits in ${call} for ${what === '' ? 'the other end to be opened' : what}`
  })
  kernel.exit(process, {
    kind: 'deadlock',
    waits,
    message: `deadlock: ${lines.join('; ')}, and nothing can happen any more`,
  })
}
