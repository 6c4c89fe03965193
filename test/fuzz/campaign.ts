/** A campaign of fuzzing: batches given out to child processes until the time is up, counted, and told as it goes. */

import { type ChildProcess, fork } from 'node:child_process'
import { rmSync } from 'node:fs'
import { makeFolder } from '../property/side_by_side.ts'
import type { Batch, Failure, SuiteName } from './suite.ts'
import type { Order } from './worker.ts'

/** How each suite takes part: its share of the time, and the programs of one batch, which take a second or less. */
const SHARES: { readonly [name in SuiteName]: { readonly time: number; readonly programs: number } } = {
  'node-fs': { time: 5, programs: 100 },
  wasi: { time: 8, programs: 100 },
  fire: { time: 2, programs: 25 },
}
/** After so many milliseconds a batch hangs. */
const HANGS = 300_000
const WORKER = new URL('worker.ts', import.meta.url)

export interface CampaignOptions {
  readonly seed: number
  readonly workers: number
  readonly suites: readonly SuiteName[]
  /** Called with each failure as it is found. */
  readonly onFailure: (suite: SuiteName, failure: Failure) => void
}

/** What one suite has done so far. */
export interface Count {
  batches: number
  programs: number
  /** Operations of node-fs, calls of the others. */
  operations: number
  failures: number
  /** Time that its batches took, in milliseconds, in all processes together. */
  time: number
}

export class Campaign {
  readonly counts: ReadonlyMap<SuiteName, Count>
  readonly #options: CampaignOptions
  readonly #counts = new Map<SuiteName, Count>()
  readonly #folders: string[] = []
  #ending = false

  constructor(options: CampaignOptions) {
    this.#options = options
    for (const name of options.suites) {
      this.#counts.set(name, { batches: 0, programs: 0, operations: 0, failures: 0, time: 0 })
    }
    this.counts = this.#counts
  }

  get failures(): number {
    return [...this.#counts.values()].reduce((sum, { failures }) => sum + failures, 0)
  }

  /** Runs until `end` is called and the batches at hand are done. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.workers }, () => this.#keepBusy()))
    // What a process that ended badly has left.
    for (const folder of this.#folders) rmSync(folder, { recursive: true, force: true })
  }

  /** Gives out no more batches. */
  end(): void {
    this.#ending = true
  }

  /** One child process after the other: each runs batches until one of them ends it. */
  async #keepBusy(): Promise<void> {
    let worker: ChildProcess | undefined
    while (!this.#ending) {
      worker ??= fork(WORKER, [this.#makeFolder()])
      const order = this.#next()
      const started = performance.now()
      const answer = await ask(worker, order)
      const count = this.#counts.get(order.suite) as Count
      count.time += performance.now() - started
      if (typeof answer === 'string') {
        worker = undefined
        this.#fail(order.suite, { seed: order.seed, path: '', fault: answer, program: null, text: '' })
        continue
      }
      count.programs += answer.programs
      count.operations += answer.operations
      for (const failure of answer.failures) this.#fail(order.suite, failure)
    }
    worker?.disconnect()
  }

  #makeFolder(): string {
    const folder = makeFolder()
    this.#folders.push(folder)
    return folder
  }

  #fail(suite: SuiteName, failure: Failure): void {
    ;(this.#counts.get(suite) as Count).failures++
    this.#options.onFailure(suite, failure)
  }

  /** The next batch of the suite that is the furthest behind its share. Batch n of a suite always has the same seed. */
  #next(): Order {
    const behind = ([name, { time }]: [SuiteName, Count]): number => time / SHARES[name].time
    const first = [...this.#counts].reduce((least, entry) => (behind(entry) < behind(least) ? entry : least))
    const [suite, count] = first
    const seed = seedOf(this.#options.seed, count.batches++)
    return { suite, seed, programs: SHARES[suite].programs }
  }
}

/** A batch's seed: the campaign's own for the first, so that a batch can be run again by its seed. */
function seedOf(seed: number, batch: number): number {
  return (seed + Math.imul(batch, 0x9e37_79b1)) | 0
}

/** What the worker answers; or how it ended, where it did. */
function ask(worker: ChildProcess, order: Order): Promise<Batch | string> {
  return new Promise((resolve) => {
    const hangs = setTimeout(() => {
      worker.kill('SIGKILL')
    }, HANGS)
    const done = (answer: Batch | string): void => {
      clearTimeout(hangs)
      worker.removeAllListeners('message').removeAllListeners('exit')
      resolve(answer)
    }
    worker.once('message', (batch) => done(batch as Batch))
    worker.once('exit', (code, signal) => done(`the batch of seed ${order.seed} ended its process: ${signal ?? code}`))
    worker.send(order)
  })
}
