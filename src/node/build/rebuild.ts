/** Builds once more what a statement is about, from the statement and the bytes that it names alone. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BuildError } from '../../build/error.ts'
import { type Blob, blobsOf, type Job, type JobResult, keyOf } from '../../build/job.ts'
import { blobOfItem, type NamedOutput, outputsOf } from '../../build/lock.ts'
import { provenanceOf, type Statement } from '../../build/provenance.ts'
import { nodeHashes } from '../hashes.ts'
import { Pool, type PoolOptions } from './pool.ts'
import { engine } from './prepare.ts'
import { type Store, sha256Of } from './store.ts'

export interface RebuildOptions extends PoolOptions {
  readonly store?: Store | undefined
  /** A folder with the inputs, under whatever names: they are found by their digests. */
  readonly inputs?: string | undefined
  readonly onProgress?: (step: string, done: number, total: number) => void
}

export interface Rebuilt {
  readonly outputs: readonly NamedOutput[]
  readonly bytesOf: (sha256: string) => Uint8Array
  /** The statement about this build: the same one, where all is well. */
  readonly provenance: Statement
  /** What came out other than the statement says, each as a sentence. */
  readonly differences: readonly string[]
}

/** @throws BuildError `MISSING_INPUT` for bytes that are nowhere, `STEP_FAILED` for a step that does not end well. */
export async function rebuild(statement: Statement, options: RebuildOptions): Promise<Rebuilt> {
  const { externalParameters } = statement.predicate.buildDefinition
  const { recipe, steps: jobs, outputs: wanted } = externalParameters
  const bytes = new Map<string, Uint8Array>()
  await gather(jobs, statement, bytes, options)
  const pool = new Pool(options)
  const steps: { readonly job: Job; readonly key: string; readonly result: JobResult }[] = []
  const bytesOf = (sha256: string): Uint8Array => bytes.get(sha256) as Uint8Array
  try {
    for (const job of jobs) {
      const place = { recipe, step: job.step }
      const lost = [job.module, ...blobsOf(job)].find(({ sha256 }) => !bytes.has(sha256))
      if (lost !== undefined) {
        const path = job.files.find((item) => 'sha256' in item && item.sha256 === lost.sha256)?.path ?? 'its module'
        const problem = `${path} (sha256 ${lost.sha256}) is not what the steps before it wrote`
        throw new BuildError('OTHER_OUTPUT', { ...place, file: path }, problem)
      }
      const answer = await pool.run(job, bytesOf)
      if ('failure' in answer) {
        throw new BuildError(
          'STEP_FAILED',
          place,
          `it ended with ${JSON.stringify(answer.failure.end)}\n${answer.failure.stderr}`,
        )
      }
      for (const [sha256, content] of answer.bytes) bytes.set(sha256, content)
      steps.push({ job, key: keyOf(job, nodeHashes), result: answer.result })
      options.onProgress?.(job.step, steps.length, jobs.length)
    }
  } finally {
    await pool.end()
  }
  const written = steps.flatMap(({ result }) => result.outputs)
  const sources = jobs.flatMap(({ files }) => files)
  const loaded = { sources: sourcesBut(sources, written) }
  const outputs = outputsOf({ recipe, outputs: wanted, loaded }, written)
  const settings = { engine: engine(), epoch: 0n, seed: '' }
  const provenance = provenanceOf({ recipe, outputs: wanted, settings }, steps, outputs, nodeHashes)
  return { outputs, bytesOf, provenance, differences: differencesOf(statement, outputs) }
}

/** Files that were sources, each once. */
function sourcesBut<T extends { readonly path: string }>(files: readonly T[], written: readonly T[]): T[] {
  const made = new Set(written.map(({ path }) => path))
  return [...new Map(files.filter(({ path }) => !made.has(path)).map((item) => [item.path, item])).values()]
}

async function gather(
  jobs: readonly Job[],
  statement: Statement,
  bytes: Map<string, Uint8Array>,
  { store, inputs }: RebuildOptions,
): Promise<void> {
  const folder = inputs === undefined ? undefined : digestsIn(inputs)
  const { recipe } = statement.predicate.buildDefinition.externalParameters
  const made = madeOf(statement)
  for (const job of jobs) {
    for (const { sha256, size } of inputsOf(job, made)) {
      if (bytes.has(sha256)) continue
      const path = folder?.get(sha256)
      const content = path === undefined ? await store?.bytes(sha256) : new Uint8Array(readFileSync(path))
      if (content === undefined) {
        const name = nameOf(job, sha256)
        const where = inputs === undefined ? 'in the store' : `in the store nor in ${JSON.stringify(inputs)}`
        const problem = `${name} is not ${where}: it has ${size} bytes and sha256 ${sha256}; name a folder that has it by --inputs`
        throw new BuildError('MISSING_INPUT', { recipe, step: job.step, file: name }, problem)
      }
      if (sha256Of(content) === sha256) bytes.set(sha256, content)
    }
  }
}

/** What the steps wrote, by paths. */
function madeOf(statement: Statement): ReadonlyMap<string, string> {
  const { byproducts } = statement.predicate.runDetails
  return new Map(
    byproducts.flatMap(({ annotations }) =>
      Object.entries((annotations?.outputs ?? {}) as { readonly [path: string]: string }),
    ),
  )
}

/** What a job is made of and no step wrote: that is made anew. */
function inputsOf({ module, trees, files }: Job, made: ReadonlyMap<string, string>): Blob[] {
  const isMade = new Set(made.values()).has(module.sha256)
  const sources = files.filter((item) => !('sha256' in item) || made.get(item.path) !== item.sha256)
  return [...(isMade ? [] : [module]), ...blobsOf({ trees, files: sources })]
}

function nameOf(job: Job, sha256: string): string {
  if (job.module.sha256 === sha256) return 'its module'
  const tree = job.trees.find((each) => 'archive' in each && each.archive.sha256 === sha256)
  if (tree !== undefined) return `the archive at ${tree.at}`
  const items = [...job.files, ...job.trees.flatMap((each) => ('files' in each ? each.files : []))]
  return items.find((item) => 'sha256' in item && item.sha256 === sha256)?.path ?? 'an input'
}

/** All files below a folder by their digests. */
function digestsIn(folder: string): Map<string, string> {
  const found = new Map<string, string>()
  const pending = [folder]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const entry of readdirSync(next, { withFileTypes: true })) {
      const path = join(next, entry.name)
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile()) found.set(sha256Of(readFileSync(path)), path)
    }
  }
  return found
}

function differencesOf({ subject }: Statement, outputs: readonly NamedOutput[]): string[] {
  const now = new Map(outputs.map(({ name, item }) => [name, blobOfItem(item, nodeHashes).sha256]))
  const found: string[] = []
  for (const { name = '', digest } of subject) {
    const sha256 = now.get(name)
    now.delete(name)
    if (sha256 === undefined) found.push(`output ${name}: the statement has it, and it did not come out`)
    else if (sha256 !== digest.sha256) found.push(`output ${name}: sha256 was ${digest.sha256}, now ${sha256}`)
  }
  for (const name of now.keys()) found.push(`output ${name}: it came out, and the statement does not have it`)
  return found
}
