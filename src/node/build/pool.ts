/** Workers that do jobs side by side, each with what it needs and no more. */

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { blobsOf, type Job } from '../../build/job.ts'
import { Modules, type ModulesOptions } from './modules.ts'
import { type Answer, moduleKey, type Order, WORKER } from './worker.ts'

/** Gives the bytes of a job's inputs. */
export type BytesOf = (sha256: string) => Uint8Array

interface Member {
  readonly worker: Worker
  /** What it has been given. */
  readonly has: Set<string>
  /** From when it is chosen for a job until that is done. */
  isTaken: boolean
  waiting: { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void } | undefined
}

export interface PoolOptions extends ModulesOptions {
  readonly workers: number
}

export class Pool {
  readonly #modules: Modules
  readonly #most: number
  readonly #members: Member[] = []
  readonly #queue: (() => void)[] = []
  readonly #shared = new Map<string, Uint8Array>()
  #count = 0

  constructor({ workers, ...options }: PoolOptions) {
    this.#most = workers
    this.#modules = new Modules(options)
  }

  /**
   * Does a job as soon as a worker is free; with `against` the other one too, to tell where the two part.
   * @throws HostError `NOT_A_MODULE`; Error with the name and message of what a worker threw.
   */
  async run(
    job: Job,
    bytesOf: BytesOf,
    how: Pick<Order, 'hostility' | 'against'> = {},
  ): Promise<Exclude<Answer, { readonly error: unknown }>> {
    const { sha256 } = job.module
    const module = await this.#modules.compiled(sha256, bytesOf(sha256), job.limits.fuel !== undefined)
    const member = await this.#free()
    const answer = new Promise<Answer>((resolve, reject) => {
      member.waiting = { resolve, reject }
    })
    const needed = [job, ...(how.against === undefined ? [] : [how.against.job])].flatMap((each) => blobsOf(each))
    const blobs = [...new Set(needed.map((blob) => blob.sha256))]
      .filter((digest) => !member.has.has(digest))
      .map((digest) => [digest, this.#share(digest, bytesOf)] as const)
    for (const [digest] of blobs) member.has.add(digest)
    const key = moduleKey(job)
    const order: Order = { id: this.#count++, job, blobs, ...(member.has.has(key) ? {} : { module }), ...how }
    member.has.add(key)
    member.worker.postMessage(order)
    const answered = await answer
    if (!('error' in answered)) return answered
    const { name, message, stack } = answered.error
    throw Object.assign(new Error(message), { name, stack })
  }

  /** Ends all workers, also those at work. */
  async end(): Promise<void> {
    await Promise.all(this.#members.map(({ worker }) => worker.terminate()))
  }

  /** Memory that threads share, so that an archive is not copied for each. */
  #share(sha256: string, bytesOf: BytesOf): Uint8Array {
    let shared = this.#shared.get(sha256)
    if (shared === undefined) {
      const bytes = bytesOf(sha256)
      shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
      shared.set(bytes)
      this.#shared.set(sha256, shared)
    }
    return shared
  }

  async #free(): Promise<Member> {
    for (;;) {
      const idle = this.#members.find(({ isTaken }) => !isTaken)
      const member = idle ?? (this.#members.length < this.#most ? this.#add() : undefined)
      if (member !== undefined) {
        member.isTaken = true
        return member
      }
      await new Promise<void>((resolve) => this.#queue.push(resolve))
    }
  }

  #add(): Member {
    const worker = startWorker()
    const member: Member = { worker, has: new Set(), isTaken: false, waiting: undefined }
    const settle = (action: (waiting: NonNullable<Member['waiting']>) => void): void => {
      const { waiting } = member
      member.waiting = undefined
      member.isTaken = false
      if (waiting !== undefined) action(waiting)
      this.#queue.shift()?.()
    }
    worker.on('message', (answer: Answer) => settle(({ resolve }) => resolve(answer)))
    worker.on('error', (error) => {
      this.#members.splice(this.#members.indexOf(member), 1)
      settle(({ reject }) => reject(error))
    })
    worker.on('exit', () => {
      const at = this.#members.indexOf(member)
      if (at >= 0) this.#members.splice(at, 1)
      settle(({ reject }) => reject(new Error('a worker of the build has ended')))
    })
    this.#members.push(member)
    return member
  }
}

/** Nothing of the environment can reach a step; neither that nor this process's loaders reach its thread. */
function startWorker(): Worker {
  const options = { workerData: WORKER, env: {}, execArgv: [] }
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url), options)
  // Run as source, as this project's own tests do: then a thread needs its own loader.
  const url = JSON.stringify(new URL('./worker.ts', import.meta.url).href)
  const tsx = pathToFileURL(
    createRequire(import.meta.url)
      .resolve('tsx/esm/api')
      .replace(/\.cjs$/, '.mjs'),
  ).href
  const script = `import(${JSON.stringify(tsx)}).then((tsx) => { tsx.register(); return import(${url}) })`
  return new Worker(script, { ...options, eval: true, execArgv: ['--no-warnings'] })
}
