/** One thread of `vivarium fuzz`: does its shard of the campaign, and tells how far it has come. */

import type { MessagePort } from 'node:worker_threads'
import type { FuzzReport, Progress, SweepReport } from '../fuzz/index.ts'
import { fuzz, sweep } from '../fuzz/index.ts'
import { type FuzzArguments, prepareFuzz } from './fuzz_setup.ts'

export interface FuzzTask {
  readonly path: string
  readonly args: readonly string[]
  readonly options: FuzzArguments
  readonly shard: { readonly index: number; readonly of: number }
  /** Not 0 once all are to end. */
  readonly flag: SharedArrayBuffer
  /** Milliseconds since 1970 at which it ends; Infinity for never. */
  readonly deadline: number
  readonly port: MessagePort
}

/** Milliseconds between two reports of progress. */
const EVERY = 200

export default async function work(task: FuzzTask): Promise<FuzzReport | SweepReport> {
  const { path, args, options, shard, deadline, port } = task
  const setup = await prepareFuzz(path, args, options)
  const flag = new Int32Array(task.flag)
  let told = 0
  const more = {
    shard,
    stop: () => Atomics.load(flag, 0) !== 0 || (deadline !== Number.POSITIVE_INFINITY && Date.now() >= deadline),
    onProgress: (progress: Progress) => {
      if (Date.now() - told < EVERY) return
      told = Date.now()
      port.postMessage(progress)
    },
  }
  try {
    return setup.kind === 'sweep'
      ? sweep(setup.bytes, { ...setup.options, ...more })
      : fuzz(setup.bytes, { ...setup.options, ...more })
  } finally {
    port.close()
  }
}
