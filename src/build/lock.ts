/** The lock file: what a build was made of and what it made, by digests, and nothing that differs from run to run. */

import type { Hashes } from '../../vfs/hash.ts'
import { BuildError } from './error.ts'
import { type Blob, byPath, comparePaths, digestOfJson, type Job, type JobResult, type Placed } from './job.ts'
import { itemsAt, type Origin, type Plan } from './plan.ts'

export interface Lock {
  readonly format: 'vivarium lock'
  readonly version: 1
  /** The recipe's file name. */
  readonly recipe: string
  readonly engine: string
  /** Nanoseconds since 1970. */
  readonly epoch: string
  readonly seed: string
  /** In the order of the recipe. */
  readonly inputs: readonly Origin[]
  /** In the order of the plan. */
  readonly steps: readonly LockedStep[]
  /** By name. */
  readonly outputs: readonly LockedOutput[]
}

export interface LockedStep {
  readonly name: string
  /** The digest of all that it depends on. */
  readonly key: string
  readonly calls: number
  /** Of every call that it made, what it was given and what it gave. */
  readonly trace: string
  /** Paths with the SHA-256 of each; of a link the SHA-256 of its text. */
  readonly outputs: { readonly [path: string]: string }
}

export interface LockedOutput {
  readonly name: string
  readonly sha256: string
  readonly size: number
}

/** An output of a build: its name below the output folder, and what it is. */
export interface NamedOutput {
  readonly name: string
  readonly item: Placed
}

/**
 * What a build writes out, by name. `written` is all that its steps wrote.
 * @throws BuildError `MISSING_OUTPUT` for what was to be among what a step writes whole, and is not.
 */
export function outputsOf(
  { recipe, outputs, loaded }: Pick<Plan, 'recipe' | 'outputs'> & { readonly loaded: Pick<Plan['loaded'], 'sources'> },
  written: readonly Placed[],
): NamedOutput[] {
  const items = [...loaded.sources, ...written]
  const found: NamedOutput[] = []
  for (const [name, path] of Object.entries(outputs)) {
    const there = itemsAt(path, items)
    if (there.length === 0) {
      throw new BuildError('MISSING_OUTPUT', { recipe, file: path }, `outputs: no step has written ${path}`)
    }
    for (const { rest, item } of there) {
      found.push({ name: [name === '.' ? '' : name, rest].filter((part) => part !== '').join('/'), item })
    }
  }
  return found.sort((a, b) => comparePaths(a.name, b.name))
}

export function lockOf(
  plan: Plan,
  jobs: readonly { readonly job: Job; readonly key: string; readonly result: JobResult }[],
  outputs: readonly NamedOutput[],
  hashes: Hashes,
): Lock {
  const { recipe, settings, loaded } = plan
  return {
    format: 'vivarium lock',
    version: 1,
    recipe,
    engine: settings.engine,
    epoch: String(settings.epoch),
    seed: settings.seed,
    inputs: loaded.origins,
    steps: jobs.map(({ job, key, result }) => ({
      name: job.step,
      key,
      calls: result.calls,
      trace: result.traceDigest,
      outputs: Object.fromEntries([...result.outputs].sort(byPath).map((item) => [item.path, digestOf(item, hashes)])),
    })),
    outputs: outputs.map(({ name, item }) => ({ name, ...blobOfItem(item, hashes) })),
  }
}

/** What a file is; of a link its text stands for it. */
export function blobOfItem(item: Placed, hashes: Hashes): Blob {
  if ('sha256' in item) return { sha256: item.sha256, size: item.size }
  return { sha256: digestOf(item, hashes), size: 0 }
}

function digestOf(item: Placed, hashes: Hashes): string {
  if ('sha256' in item) return item.sha256
  return digestOfJson('link' in item ? { link: item.link } : { directory: true }, hashes)
}

/** @throws BuildError `BAD_DOCUMENT` for what is no lock file, or a damaged one. */
export function checkLock(value: unknown, file: string): Lock {
  const { format, version, inputs, steps, outputs } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Partial<Lock>
  const wrong = (problem: string): never => {
    throw new BuildError('BAD_DOCUMENT', { file }, `${JSON.stringify(file)} ${problem}`)
  }
  if (format !== 'vivarium lock') return wrong('is no lock file of a build')
  if (version !== 1) return wrong(`was made by a newer version (format ${version}; this reads 1): update vivarium`)
  if (!Array.isArray(inputs) || !Array.isArray(steps) || !Array.isArray(outputs))
    return wrong('is damaged: a list is missing')
  return value as Lock
}

/**
 * Holds what inputs are now against what they were.
 * @throws BuildError `OTHER_DIGEST` naming the first that is another, with both digests.
 */
export function demandInputs(lock: Lock, now: readonly Origin[], recipe: string): void {
  const known = new Map(lock.inputs.map((origin) => [`${origin.as}\0${origin.from}`, origin.sha256]))
  for (const { from, as, sha256 } of now) {
    const expected = known.get(`${as}\0${from}`)
    if (expected === sha256) continue
    const problem =
      expected === undefined
        ? `${as} (${from}) is not in the lock file: build without --locked to have it there`
        : `${as} (${from}) is another than the lock file says: expected sha256 ${expected}, found ${sha256}`
    throw new BuildError('OTHER_DIGEST', { recipe, file: from }, problem)
  }
}

/** What came out other than a lock file says, each as a sentence; outputs first, since steps only say why. */
export function differencesFrom(lock: Lock, now: Lock): string[] {
  const found: string[] = []
  const outputs = new Map(now.outputs.map((output) => [output.name, output]))
  for (const { name, sha256 } of lock.outputs) {
    const other = outputs.get(name)
    if (other === undefined) found.push(`output ${name}: it was there, and is not now`)
    else if (other.sha256 !== sha256) found.push(`output ${name}: sha256 was ${sha256}, now ${other.sha256}`)
    outputs.delete(name)
  }
  for (const name of outputs.keys()) found.push(`output ${name}: it was not there, and is now`)
  const steps = new Map(now.steps.map((step) => [step.name, step]))
  for (const { name, key, outputs: paths } of lock.steps) {
    const other = steps.get(name)
    if (other === undefined) continue
    const differing = Object.keys(paths).filter((path) => paths[path] !== other.outputs[path])
    if (differing.length === 0) continue
    const why = key === other.key ? 'its inputs are the same' : 'its inputs, or what runs it, are others'
    found.push(`step ${name}: ${differing.join(', ')} differ; ${why}`)
  }
  return found
}
