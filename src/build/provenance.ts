/**
 * What a build was made of, as others read it: an in-toto Statement (v1) with SLSA provenance (v1). That nothing else
 * went in is shown by the trace: a step can read by calls alone, every call was recorded, and each file that one opened
 * is among the dependencies, by digest. The statement has all that it takes to build again.
 */

import { type Hashes, pureHashes } from '../../vfs/hash.ts'
import { BuildError } from './error.ts'
import { type Blob, comparePaths, type Job, type JobResult, type Placed } from './job.ts'
import { blobOfItem, type NamedOutput } from './lock.ts'
import type { Plan } from './plan.ts'

export const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
export const PREDICATE_TYPE = 'https://slsa.dev/provenance/v1'
/** Says what the parameters mean. */
export const BUILD_TYPE = 'urn:vivarium:build:v1'
export const BUILDER = 'urn:vivarium'

/** Something by its digest. */
export interface ResourceDescriptor {
  readonly name?: string
  readonly uri?: string
  readonly digest: { readonly [algorithm: string]: string }
  readonly annotations?: { readonly [name: string]: unknown }
}

export interface Statement {
  readonly _type: typeof STATEMENT_TYPE
  readonly subject: readonly ResourceDescriptor[]
  readonly predicateType: typeof PREDICATE_TYPE
  readonly predicate: {
    readonly buildDefinition: {
      readonly buildType: typeof BUILD_TYPE
      /** What the recipe says, resolved: all that is needed to do it again. */
      readonly externalParameters: BuildParameters
      readonly internalParameters: { readonly hermetic: HermeticityClaim }
      readonly resolvedDependencies: readonly ResourceDescriptor[]
    }
    readonly runDetails: {
      readonly builder: { readonly id: typeof BUILDER; readonly version: { readonly vivarium: string } }
      readonly metadata: { readonly invocationId: string }
      readonly byproducts: readonly ResourceDescriptor[]
    }
  }
}

export interface BuildParameters {
  readonly recipe: string
  /** In an order in which they can be done. */
  readonly steps: readonly Job[]
  /** By the name below the output folder, the path of the machine. */
  readonly outputs: { readonly [name: string]: string }
}

/** What the trace shows of all steps together. */
export interface HermeticityClaim {
  /** Calls to the kernel that were recorded; there is no other way in or out. */
  readonly calls: number
  /** Files that were opened, each of which is among the dependencies. */
  readonly filesRead: number
  /** Files that were opened and are not among the dependencies. */
  readonly undeclared: 0
}

export interface ProvenStep {
  readonly job: Job
  readonly key: string
  readonly result: JobResult
}

/** @throws BuildError `OTHER_DIGEST` for a file that a step opened and that no input and no step accounts for. */
export function provenanceOf(
  plan: Pick<Plan, 'recipe' | 'outputs' | 'settings'>,
  steps: readonly ProvenStep[],
  outputs: readonly NamedOutput[],
  hashes: Hashes = pureHashes,
): Statement {
  const made = new Map<string, string>()
  const dependencies = new Map<string, { readonly descriptor: ResourceDescriptor; readonly names: Set<string> }>()
  const depend = ({ sha256 }: Blob, name: string): void => {
    const known = dependencies.get(sha256)
    if (known !== undefined) known.names.add(name)
    else dependencies.set(sha256, { descriptor: { digest: { sha256 } }, names: new Set([name]) })
  }
  let calls = 0
  let filesRead = 0
  for (const { job, result } of steps) {
    if (made.get(job.module.sha256) === undefined) depend(job.module, `module of ${job.step}`)
    for (const tree of job.trees) if ('archive' in tree) depend(tree.archive, tree.at)
    calls += result.calls
    filesRead += result.reads.length
    checkDeclared(plan.recipe, job, result)
    for (const { path, ...blob } of result.reads) if (!made.has(blob.sha256)) depend(blob, path)
    for (const item of result.outputs) if ('sha256' in item) made.set(item.sha256, job.step)
  }
  const [, version = plan.settings.engine] = /^vivarium (.*)$/.exec(plan.settings.engine) ?? []
  return {
    _type: STATEMENT_TYPE,
    subject: outputs.map(({ name, item }) => ({ name, digest: { sha256: blobOfItem(item, hashes).sha256 } })),
    predicateType: PREDICATE_TYPE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { recipe: plan.recipe, steps: steps.map(({ job }) => job), outputs: plan.outputs },
        internalParameters: { hermetic: { calls, filesRead, undeclared: 0 } },
        resolvedDependencies: [...dependencies.values()]
          .map(({ descriptor, names }) => named(descriptor, [...names].sort(comparePaths)))
          .sort((a, b) => comparePaths(a.name ?? '', b.name ?? '')),
      },
      runDetails: {
        builder: { id: BUILDER, version: { vivarium: version } },
        // The same build has the same name wherever and whenever it is done, and so no times.
        metadata: { invocationId: `urn:vivarium:${steps.at(-1)?.key ?? 'nothing'}` },
        byproducts: steps.map(({ job, key, result }) => ({
          name: `trace of ${job.step}`,
          digest: { vivariumTrace: result.traceDigest },
          annotations: {
            job: key,
            calls: result.calls,
            reads: result.reads.map(({ path }) => path),
            outputs: Object.fromEntries(result.outputs.map((item) => [item.path, blobOfItem(item, hashes).sha256])),
          },
        })),
      },
    },
  }
}

function named(descriptor: ResourceDescriptor, [first = '', ...others]: readonly string[]): ResourceDescriptor {
  return { name: first, ...descriptor, ...(others.length === 0 ? {} : { annotations: { alsoAs: others } }) }
}

/** What a step opened was in its tool's trees, or among its files with that very content. */
function checkDeclared(recipe: string, job: Job, { reads }: JobResult): void {
  const files = new Map<string, Placed>()
  for (const tree of job.trees) if ('files' in tree) for (const item of tree.files) files.set(item.path, item)
  for (const item of job.files) files.set(item.path, item)
  const archives = job.trees.flatMap((tree) => ('archive' in tree ? [tree.at] : []))
  for (const { path, sha256 } of reads) {
    const item = files.get(path)
    const isDeclared =
      item === undefined
        ? archives.some((at) => at === '/' || path.startsWith(`${at}/`))
        : 'sha256' in item && item.sha256 === sha256
    if (isDeclared) continue
    const problem = `it read ${path}, which is not among its inputs with sha256 ${sha256}`
    throw new BuildError('OTHER_DIGEST', { recipe, step: job.step, file: path }, problem)
  }
}

/** @throws BuildError `BAD_DOCUMENT` for what is no such statement, or a damaged one. */
export function checkStatement(value: unknown, file: string): Statement {
  const wrong = (problem: string): never => {
    throw new BuildError('BAD_DOCUMENT', { file }, `${JSON.stringify(file)} ${problem}`)
  }
  const { _type, predicateType, predicate, subject } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Partial<Statement>
  if (_type !== STATEMENT_TYPE) return wrong('is no in-toto statement (v1)')
  if (predicateType !== PREDICATE_TYPE) return wrong(`is a statement about ${predicateType}, not SLSA provenance (v1)`)
  const definition = predicate?.buildDefinition
  if (definition?.buildType !== BUILD_TYPE)
    return wrong(`is of a build of type ${definition?.buildType}, which is none of vivarium's`)
  const { steps, outputs } = definition.externalParameters ?? {}
  if (!Array.isArray(subject) || !Array.isArray(steps) || typeof outputs !== 'object') return wrong('is damaged')
  for (const job of steps as readonly Partial<Job>[]) {
    const { module, trees, files, args, env, outputs: paths } = job
    const isWhole =
      typeof module?.sha256 === 'string' && [trees, files, args, env, paths].every((each) => Array.isArray(each))
    if (!isWhole) return wrong(`is damaged: it does not say all of step ${JSON.stringify(job.step ?? '')}`)
  }
  return value as Statement
}
