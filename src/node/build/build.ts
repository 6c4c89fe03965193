/** Does a build: its steps side by side as far as they can be, each from the store where it was done before. */

import { availableParallelism } from 'node:os'
import { encodeUtf8 } from '../../../vfs/bytes.ts'
import { BuildError } from '../../build/error.ts'
import { describeFailure } from '../../build/failure.ts'
import { type Job, type JobResult, keyOf, type Placed } from '../../build/job.ts'
import { type Lock, lockOf, type NamedOutput, outputsOf } from '../../build/lock.ts'
import { jobOf, type Plan, type PlannedStep } from '../../build/plan.ts'
import { provenanceOf, type Statement } from '../../build/provenance.ts'
import { nodeHashes } from '../hashes.ts'
import { HostError } from '../host_error.ts'
import { Pool } from './pool.ts'
import { type Store, sha256Of } from './store.ts'

export interface BuildOptions {
  /** Steps done at the same time, each in a thread of its own. Default: as many as the host has processors. */
  readonly jobs?: number
  /** Where results are kept. Default: nowhere. */
  readonly store?: Store | undefined
  /** Where rewritten modules are kept; `false` for nowhere. Default the user's cache. */
  readonly cacheDir?: string | false
  readonly onProgress?: (progress: BuildProgress) => void
}

export interface BuildProgress {
  readonly step: string
  readonly state: 'started' | 'done' | 'kept'
  /** Steps that are done, this one included, and all there are. */
  readonly done: number
  readonly total: number
  /** Of a step that is done: what it said (of one from the store, when it was done), and milliseconds. */
  readonly said?: string
  readonly time?: number
}

export interface BuiltStep {
  readonly job: Job
  readonly key: string
  readonly result: JobResult
  /** Whether it was in the store. */
  readonly kept: boolean
  /** Milliseconds. */
  readonly time: number
}

export interface Build {
  readonly plan: Plan
  /** In the order of the plan. */
  readonly steps: readonly BuiltStep[]
  readonly outputs: readonly NamedOutput[]
  readonly bytesOf: (sha256: string) => Uint8Array
  readonly lock: Lock
  readonly provenance: Statement
}

/**
 * Builds what `plan` says from the bytes of its inputs, which `bytes` gains what is made. The outcome does not depend on
 * how many steps are done at a time, also where steps fail: the error is that of the first in the order of the plan.
 * @throws BuildError `STEP_FAILED`, `MISSING_OUTPUT`, `MISSING_INPUT`; HostError for a module that cannot be run.
 */
export async function build(plan: Plan, bytes: Map<string, Uint8Array>, options: BuildOptions = {}): Promise<Build> {
  const { jobs = availableParallelism(), cacheDir } = options
  const pool = new Pool({ workers: jobs, ...(cacheDir === undefined ? {} : { cacheDir }) })
  try {
    const steps = await new Building(plan, bytes, pool, options).run(jobs)
    const written = steps.flatMap(({ result }) => result.outputs)
    const outputs = outputsOf(plan, written)
    return {
      plan,
      steps,
      outputs,
      bytesOf: (sha256) => bytes.get(sha256) as Uint8Array,
      lock: lockOf(plan, steps, outputs, nodeHashes),
      provenance: provenanceOf(plan, steps, outputs, nodeHashes),
    }
  } finally {
    await pool.end()
  }
}

class Building {
  readonly #plan: Plan
  readonly #bytes: Map<string, Uint8Array>
  readonly #pool: Pool
  readonly #options: BuildOptions
  readonly #built: (BuiltStep | undefined)[]
  /** The first step, in the order of the plan, that failed, and how. */
  #failure: { readonly index: number; readonly error: unknown } | undefined
  #done = 0

  constructor(plan: Plan, bytes: Map<string, Uint8Array>, pool: Pool, options: BuildOptions) {
    this.#plan = plan
    this.#bytes = bytes
    this.#pool = pool
    this.#options = options
    this.#built = plan.steps.map(() => undefined)
  }

  async run(jobs: number): Promise<BuiltStep[]> {
    const started = new Set<number>()
    const running = new Map<number, Promise<void>>()
    for (;;) {
      while (running.size < jobs) {
        const index = this.#plan.steps.findIndex((step, at) => !started.has(at) && this.#isReady(step, at))
        if (index < 0) break
        started.add(index)
        running.set(
          index,
          this.#step(index).then(
            () => void running.delete(index),
            (error: unknown) => {
              running.delete(index)
              if (this.#failure === undefined || index < this.#failure.index) this.#failure = { index, error }
            },
          ),
        )
      }
      if (running.size === 0) break
      await Promise.race(running.values())
    }
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#built as BuiltStep[]
  }

  /** What comes after a step that failed is not begun: whether it would fail too makes no difference. */
  #isReady({ after }: PlannedStep, index: number): boolean {
    if (this.#failure !== undefined && index > this.#failure.index) return false
    return after.every((before) => this.#built[before] !== undefined)
  }

  async #step(index: number): Promise<void> {
    const { step, after } = this.#plan.steps[index] as PlannedStep
    const { store, onProgress } = this.#options
    const total = this.#plan.steps.length
    const began = performance.now()
    const written = this.#writtenBefore(after)
    const job = jobOf(
      this.#plan,
      index,
      written,
      (sha256) => Buffer.from(this.#bytesOf(sha256)).toString(),
      (text) => this.#keep(encodeUtf8(text)),
    )
    const key = keyOf(job, nodeHashes)
    const found = await store?.result(key)
    if (found !== undefined) {
      for (const [sha256, content] of found.bytes) this.#bytes.set(sha256, content)
      const time = performance.now() - began
      this.#built[index] = { job, key, result: found.result, kept: true, time }
      const said = found.result.stdout + found.result.stderr
      onProgress?.({ step: step.name, state: 'kept', done: ++this.#done, total, time, said })
      return
    }
    onProgress?.({ step: step.name, state: 'started', done: this.#done, total })
    const result = await this.#run(job)
    await store?.keepResult(this.#plan.recipe, key, job, result, (sha256) => this.#bytes.get(sha256))
    const time = performance.now() - began
    this.#built[index] = { job, key, result, kept: false, time }
    const said = result.stdout + result.stderr
    onProgress?.({ step: step.name, state: 'done', done: ++this.#done, total, time, said })
  }

  async #run(job: Job): Promise<JobResult> {
    const place = { recipe: this.#plan.recipe, step: job.step }
    try {
      const answer = await this.#pool.run(job, (sha256) => this.#bytesOf(sha256))
      if ('result' in answer) {
        for (const [sha256, content] of answer.bytes) this.#bytes.set(sha256, content)
        return answer.result
      }
      throw describeFailure(job, answer.failure, this.#plan)
    } catch (error) {
      if (error instanceof BuildError || !(error instanceof Error)) throw error
      if (!(error instanceof HostError) && !['VivariumError', 'FormatError', 'ImportError'].includes(error.name))
        throw error
      throw new BuildError('STEP_FAILED', place, error.message, error)
    }
  }

  /** What the steps that it reads from wrote. */
  #writtenBefore(after: readonly number[]): Placed[] {
    return after.flatMap((index) => this.#built[index]?.result.outputs ?? [])
  }

  #bytesOf(sha256: string): Uint8Array {
    const bytes = this.#bytes.get(sha256)
    if (bytes === undefined) throw new Error(`the bytes of sha256:${sha256} are not there`)
    return bytes
  }

  #keep(bytes: Uint8Array): { readonly sha256: string; readonly size: number } {
    const sha256 = sha256Of(bytes)
    this.#bytes.set(sha256, bytes)
    return { sha256, size: bytes.length }
  }
}
