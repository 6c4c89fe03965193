/**
 * A thread that does jobs. It opens no file: modules come compiled, bytes by their digests, and the results go back the
 * same way.
 */
/// <reference path="../../webassembly.d.ts" />

import { parentPort, workerData } from 'node:worker_threads'
import { Executor, type Hostility } from '../../build/execute.ts'
import type { Job, JobFailure, JobResult } from '../../build/job.ts'
import { partingOf, type ReportedParting } from '../../build/parting.ts'
import { markRewritten } from '../../compile.ts'
import type { CpuOptions } from '../../cpu/options.ts'
import { cpuOptions } from '../../cpu/settings.ts'
import { nodeHashes } from '../hashes.ts'

/** What a worker is asked to do. */
export interface Order {
  readonly id: number
  readonly job: Job
  /** Where it has not been given this module before: what is known of a module is kept with the object. */
  readonly module?: WebAssembly.Module
  /** What it has not been given before, by digest. */
  readonly blobs: readonly (readonly [sha256: string, bytes: Uint8Array])[]
  readonly hostility?: Hostility
  /** Do this one too, and tell where the two part. */
  readonly against?: { readonly job: Job; readonly hostility: Hostility }
}

export type Answer = { readonly id: number } & (
  | {
      readonly result: JobResult
      readonly bytes: readonly (readonly [sha256: string, bytes: Uint8Array])[]
      /** With `against`; `null` where the two runs are the same. */
      readonly parting?: ReportedParting | null
    }
  | { readonly failure: JobFailure; readonly parting?: ReportedParting | null }
  | { readonly error: { readonly name: string; readonly message: string; readonly stack: string | undefined } }
)

/** Tells this file that it is run as a worker. */
export const WORKER = 'vivarium build worker'

const modules = new Map<string, WebAssembly.Module>()
const blobs = new Map<string, Uint8Array>()
const executor = new Executor((sha256) => {
  const bytes = blobs.get(sha256)
  if (bytes === undefined) throw new Error(`the worker was not given ${sha256}`)
  return bytes
}, nodeHashes)

function moduleOf(job: Job, compiled: WebAssembly.Module | undefined): WebAssembly.Module {
  const key = moduleKey(job)
  const module = modules.get(key) ?? compiled
  if (module === undefined) throw new Error(`the worker was not given the module ${key}`)
  if (!modules.has(key)) {
    markRewritten(module, cpuOptions('strict', job.limits.fuel !== undefined) as CpuOptions)
    modules.set(key, module)
  }
  return module
}

/** What a job runs: the module, counting fuel or not. */
export function moduleKey({ module, limits }: Job): string {
  return `${module.sha256} ${limits.fuel !== undefined}`
}

function answer({ id, job, module: compiled, blobs: given, hostility, against }: Order): Answer {
  for (const [sha256, bytes] of given) blobs.set(sha256, bytes)
  try {
    const module = moduleOf(job, compiled)
    const done = executor.execute(job, module, hostility)
    let parting: { readonly parting?: ReportedParting | null } = {}
    if (against !== undefined) {
      const other = executor.execute(against.job, module, against.hostility)
      parting = { parting: partingOf(done.run, other.run) ?? null }
    }
    if ('missing' in done) {
      const { run: _, ...failure } = done
      return { id, failure, ...parting }
    }
    return { id, result: done.result, bytes: [...done.bytes], ...parting }
  } catch (error) {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
    return { id, error: { name, message, stack } }
  }
}

if (workerData === WORKER) parentPort?.on('message', (order: Order) => parentPort?.postMessage(answer(order)))
