/** Builds again from nothing and compares; and does each step in other worlds, to tell what its outputs depend on. */

import { decodeUtf8, encodeUtf8 } from '../../../vfs/bytes.ts'
import { type BytePlace, bytePlace } from '../../build/byte_place.ts'
import type { Job, JobResult } from '../../build/job.ts'
import type { ReportedParting } from '../../build/parting.ts'
import { VARIATIONS, type VariationName, type Varied, varyAll } from '../../build/variations.ts'
import type { Build, BuiltStep } from './build.ts'
import { Pool, type PoolOptions } from './pool.ts'

/** A step whose outputs depend on something that they should not. */
export interface Dependence {
  /** `all` where it was found with all variations at once only. */
  readonly variation: VariationName | 'all'
  readonly says: string
  readonly step: string
  /** The output that differs, and where; absent where it was not there at all, or where the step failed. */
  readonly output?: string
  readonly bytes?: BytePlace
  /** How the step ended otherwise, where it did. */
  readonly problem?: string
  /** Where the two runs part. */
  readonly parting?: ReportedParting
}

export interface VaryProgress {
  readonly variation: string
  readonly step: string
  readonly done: number
  readonly total: number
}

export interface VaryReport {
  /** By variation: how many steps were done, and how many of them came out otherwise. */
  readonly variations: readonly {
    readonly name: string
    readonly says: string
    readonly steps: number
    readonly differing: number
  }[]
  readonly dependences: readonly Dependence[]
  /** Times that all was varied at once, and bytes that differed in all of them together. */
  readonly rounds: number
  readonly differingBytes: number
}

export interface VaryOptions extends PoolOptions {
  /** Times that each step is done with all varied at once, each time otherwise. Default 0. */
  readonly rounds?: number
  readonly onProgress?: (progress: VaryProgress) => void
}

/** Does each step of a build again under each variation, with the inputs that it had. */
export async function varyBuild({ plan, steps, bytesOf }: Build, options: VaryOptions): Promise<VaryReport> {
  // A command line names paths, as it has to: it is the same where it names what was moved.
  const printed = new Set(plan.steps.flatMap(({ step: { args } }) => ('printedIn' in args ? [args.printedIn] : [])))
  const { rounds = 0, onProgress } = options
  const pool = new Pool(options)
  const dependences: Dependence[] = []
  const counts = new Map(VARIATIONS.map(({ name }) => [name as string, 0]))
  const total = steps.length * (VARIATIONS.length + rounds)
  let done = 0
  let differingBytes = 0
  const look = async (step: BuiltStep, name: VariationName | 'all', says: string, varied: Varied): Promise<void> => {
    const found = await tryOne(pool, step, varied, bytesOf, printed)
    onProgress?.({ variation: name, step: step.job.step, done: ++done, total })
    if (found === undefined) return
    counts.set(name, (counts.get(name) ?? 0) + 1)
    if (name === 'all') differingBytes += found.bytes?.count ?? 0
    dependences.push({ variation: name, says, step: step.job.step, ...found })
  }
  try {
    const work: (() => Promise<void>)[] = []
    for (const { name, says, vary } of VARIATIONS) {
      for (const step of steps) work.push(() => look(step, name, says, vary(step.job, 0)))
    }
    for (let round = 1; round <= rounds; round++) {
      for (const step of steps)
        work.push(() => look(step, 'all', `all at once, round ${round}`, varyAll(step.job, round)))
    }
    await Promise.all(
      Array.from({ length: options.workers }, async () => {
        for (let next = work.shift(); next !== undefined; next = work.shift()) await next()
      }),
    )
  } finally {
    await pool.end()
  }
  const order = new Map(VARIATIONS.map(({ name }, index) => [name as string, index]))
  const place = new Map(steps.map(({ job }, index) => [job.step, index]))
  const rank = ({ variation, step }: Dependence): number => (order.get(variation) ?? 99) * 1e6 + (place.get(step) ?? 0)
  return {
    variations: VARIATIONS.map(({ name, says }) => ({
      name,
      says,
      steps: steps.length,
      differing: counts.get(name) ?? 0,
    })),
    dependences: dependences.sort((a, b) => rank(a) - rank(b)),
    rounds,
    differingBytes,
  }
}

async function tryOne(
  pool: Pool,
  { job, result }: BuiltStep,
  varied: Varied,
  bytesOf: (sha256: string) => Uint8Array,
  printed: ReadonlySet<string>,
): Promise<Omit<Dependence, 'variation' | 'says' | 'step'> | undefined> {
  if (isSameJob(job, varied)) return undefined
  const answer = await pool.run(varied.job, bytesOf, { hostility: varied.hostility })
  const found =
    'failure' in answer
      ? { problem: `it ended otherwise: ${JSON.stringify(answer.failure.end)}` }
      : differenceOf(result, answer.result, varied, new Map(answer.bytes), bytesOf, printed)
  if (found === undefined) return undefined
  // Both once more, to see where they part.
  const { hostility } = varied
  const again = await pool.run(job, bytesOf, { against: { job: varied.job, hostility } })
  return { ...found, ...(again.parting === undefined || again.parting === null ? {} : { parting: again.parting }) }
}

function isSameJob(job: Job, varied: Varied): boolean {
  return Object.keys(varied.hostility).length === 0 && JSON.stringify(job) === JSON.stringify(varied.job)
}

function differenceOf(
  a: JobResult,
  b: JobResult,
  { restore }: Varied,
  bytes: ReadonlyMap<string, Uint8Array>,
  bytesOf: (sha256: string) => Uint8Array,
  printed: ReadonlySet<string>,
): { readonly output: string; readonly bytes?: BytePlace; readonly problem?: string } | undefined {
  const others = new Map(b.outputs.map((item) => [restore(item.path), item]))
  for (const item of a.outputs) {
    const other = others.get(item.path)
    others.delete(item.path)
    if (other === undefined) return { output: item.path, problem: 'it is not there then' }
    if ('sha256' in item && 'sha256' in other) {
      if (item.sha256 === other.sha256) continue
      const now = bytes.get(other.sha256) as Uint8Array
      const compared = printed.has(item.path) ? encodeUtf8(restore(decodeUtf8(now))) : now
      const place = bytePlace(bytesOf(item.sha256), compared)
      if (place === undefined) continue
      return { output: item.path, bytes: place }
    }
    const [x, y] = [
      { ...item, path: '' },
      { ...other, path: '' },
    ]
    if (JSON.stringify(x) !== JSON.stringify(y)) return { output: item.path, problem: 'it is of another kind then' }
  }
  const [more] = others.keys()
  return more === undefined ? undefined : { output: more, problem: 'it is there only then' }
}
