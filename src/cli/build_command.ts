/** `vivarium build`, `verify` and `rebuild`: what they say, and the exit status. */

import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { basename, dirname, extname, join, relative, resolve } from 'node:path'
import { BuildError } from '../build/error.ts'
import { checkLock, demandInputs, differencesFrom, type Lock } from '../build/lock.ts'
import { checkStatement } from '../build/provenance.ts'
import {
  type Build,
  type BuildProgress,
  build,
  checkOutFolder,
  type Dependence,
  PROVENANCE,
  type Prepared,
  prepareBuild,
  rebuild,
  Store,
  varyBuild,
  writeDocument,
  writeOutputs,
} from '../node/build/index.ts'
import { errnoOf, reasonOf } from '../node/host_error.ts'
import { quote } from '../node/host_names.ts'
import { STATUS_ERROR } from './exit_status.ts'
import { type OtherEngine, otherEngines, runElsewhere } from './other_engines.ts'
import { textProgress } from './progress.ts'
import { say, writeError, writeOut } from './standard_streams.ts'
import { visible } from './text.ts'

/** Options of all commands that do steps. */
export interface StepsArguments {
  readonly jobs?: number
  readonly cache: boolean
  readonly cacheDir?: string
  readonly store?: string
  readonly json?: true
}

export interface BuildArguments extends StepsArguments {
  readonly out?: string
  readonly replace?: true
  readonly locked?: true
  /** A file for the lock, in place of all that is written. */
  readonly lockOnly?: string
}

/** A step that failed, or outputs that are others. */
const STATUS_FAILED = 1
/** Differences that are told of each kind. */
const MOST_TOLD = 10
const FAILURES: ReadonlySet<string> = new Set(['STEP_FAILED', 'MISSING_OUTPUT', 'OTHER_OUTPUT'])

export async function buildCommand(recipe: string | undefined, options: BuildArguments): Promise<number> {
  return told(async () => {
    const prepared = await prepare(recipe)
    const { file } = prepared
    const out = options.out ?? join(file.folder, 'out')
    if (options.lockOnly === undefined) checkOutFolder(out, options.replace === true)
    const lockFile = lockFileOf(file.path)
    const locked = options.locked === true ? readLock(lockFile) : undefined
    if (locked !== undefined) demandInputs(locked, prepared.plan.loaded.origins, file.name)
    const store = storeOf(options)
    const made = await buildShown(prepared, store, options)
    if (locked !== undefined) demandOutputs(locked, made.lock, file.name)
    if (options.lockOnly !== undefined) {
      await writeDocument(options.lockOnly, made.lock)
      return 0
    }
    writeOutputs(out, made.outputs, made.provenance, made.bytesOf)
    await writeDocument(lockFile, made.lock)
    if (store?.problem !== undefined)
      say(`the store ${quote(store.folder)} cannot be written: ${store.problem}: the next build does all again`)
    tellBuild(made, { out, lockFile, json: options.json === true })
    return 0
  })
}

export interface VerifyArguments extends StepsArguments {
  readonly vary?: true
  readonly rounds?: number
  readonly node?: readonly string[]
}

export async function verifyCommand(given: string | undefined, options: VerifyArguments): Promise<number> {
  return told(async () => {
    const { recipe, lock } = recipeAndLock(given)
    const engines = options.vary === true ? otherEngines(options.node ?? []) : []
    const prepared = await prepare(recipe, lock)
    const expected = lock ?? lockBeside(prepared.file.path)
    // From nothing: no result is taken from the store, and none is put there.
    const made = await buildShown(prepared, undefined, options)
    const second = expected ?? (await buildShown(prepared, undefined, options)).lock
    const differences = differencesFrom(second, made.lock)
    const against = expected === undefined ? 'a second build' : 'the lock file'
    if (options.vary !== true) {
      if (options.json === true) writeOut(`${JSON.stringify({ against, differences }, undefined, 2)}\n`)
      else
        tellDifferences(
          differences,
          `${made.outputs.length} outputs of ${made.steps.length} steps are the same as ${against} has them`,
        )
      return differences.length === 0 ? 0 : STATUS_FAILED
    }
    return varyShown(prepared, made, differences, engines, options)
  })
}

export interface RebuildArguments extends StepsArguments {
  readonly inputs?: string
  readonly out?: string
  readonly replace?: true
}

export async function rebuildCommand(file: string, options: RebuildArguments): Promise<number> {
  return told(async () => {
    const statement = checkStatement(readJson(file), file)
    if (options.out !== undefined) checkOutFolder(options.out, options.replace === true)
    const progress = stepProgress(options.json === true)
    const store = new Store(options.store)
    try {
      const made = await rebuild(statement, {
        ...poolOptions(options),
        store,
        inputs: options.inputs,
        onProgress: (step, done, total) => progress({ step, state: 'done', done, total }),
      })
      if (options.out !== undefined) writeOutputs(options.out, made.outputs, made.provenance, made.bytesOf)
      if (options.json === true) writeOut(`${JSON.stringify({ differences: made.differences }, undefined, 2)}\n`)
      else tellDifferences(made.differences, `${made.outputs.length} outputs are the same as the statement has them`)
      return made.differences.length === 0 ? 0 : STATUS_FAILED
    } finally {
      progress(undefined)
    }
  })
}

/** What a build throws, told: the first line as any problem, and below it what the step said, as it said it. */
async function told(action: () => Promise<number>): Promise<number> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof BuildError)) throw error
    const [first = '', ...rest] = error.message.split('\n')
    say(first)
    for (const line of rest) writeError(`  ${line}\n`)
    return FAILURES.has(error.code) ? STATUS_FAILED : STATUS_ERROR
  }
}

function prepare(recipe: string | undefined, lock?: Lock): Promise<Prepared> {
  const sourceDateEpoch = process.env.SOURCE_DATE_EPOCH
  return prepareBuild(recipe, { sourceDateEpoch, ...(lock === undefined ? {} : { epoch: BigInt(lock.epoch) }) })
}

async function buildShown(prepared: Prepared, store: Store | undefined, options: StepsArguments): Promise<Build> {
  const progress = stepProgress(options.json === true)
  const { workers: jobs, cacheDir } = poolOptions(options)
  try {
    return await build(prepared.plan, prepared.bytes, {
      jobs,
      store,
      ...(cacheDir === undefined ? {} : { cacheDir }),
      onProgress: progress,
    })
  } finally {
    progress(undefined)
  }
}

function poolOptions({ jobs, cacheDir }: StepsArguments): { workers: number; cacheDir?: string } {
  return { workers: jobs ?? availableParallelism(), ...(cacheDir === undefined ? {} : { cacheDir }) }
}

function storeOf({ cache, store }: StepsArguments): Store | undefined {
  return cache ? new Store(store) : undefined
}

/** A line for each step that is done, and on a terminal what is being done; `undefined` ends it. */
function stepProgress(quiet: boolean): (progress: BuildProgress | undefined) => void {
  const spinner = quiet ? undefined : textProgress('Loading', process.stderr)
  const running = new Set<string>()
  return (progress) => {
    if (progress === undefined) {
      spinner?.stop()
      return
    }
    const { step, state, done, total, time, said } = progress
    if (state === 'started') running.add(step)
    else running.delete(step)
    if (state !== 'started' && !quiet) {
      const how = state === 'kept' ? ' (from the store)' : time === undefined ? '' : ` (${(time / 1000).toFixed(1)} s)`
      writeError(`[${String(done).padStart(String(total).length)}/${total}] ${step}${how}\n`)
      if (said !== undefined && said !== '') writeError(said.endsWith('\n') ? said : `${said}\n`)
    }
    spinner?.update(`${done} of ${total} steps: ${[...running].join(', ')}`)
  }
}

function tellBuild(made: Build, { out, lockFile, json }: { out: string; lockFile: string; json: boolean }): void {
  const { outputs, steps, lock } = made
  if (json) {
    const document = {
      out,
      lock: lockFile,
      provenance: join(out, PROVENANCE),
      outputs: lock.outputs,
      steps: steps.map(({ job, key, kept, time, result }) => ({
        name: job.step,
        key,
        kept,
        milliseconds: Math.round(time),
        said: result.stdout + result.stderr,
      })),
    }
    writeOut(`${JSON.stringify(document, undefined, 2)}\n`)
    return
  }
  for (const { name, sha256, size } of lock.outputs) writeOut(`${sha256}  ${join(shown(out), name)}  ${size} bytes\n`)
  const kept = steps.filter((step) => step.kept).length
  say(
    `${steps.length} steps, ${kept} of them from the store; ${outputs.length} outputs in ${shown(out)}, lock file ${shown(lockFile)}`,
  )
}

function shown(path: string): string {
  const short = relative('.', path)
  return short === '' ? '.' : short.startsWith('..') ? path : short
}

function tellDifferences(differences: readonly string[], same: string): void {
  if (differences.length === 0) writeOut(`${same}\n`)
  else tellFirst(differences, '')
}

/** The first of some sentences; of a large build there may be one for each step. */
function tellFirst(sentences: readonly string[], indent: string): void {
  for (const sentence of sentences.slice(0, MOST_TOLD)) writeOut(`${indent}${sentence}\n`)
  const rest = sentences.length - MOST_TOLD
  if (rest > 0) writeOut(`${indent}and ${rest} more, which --json lists\n`)
}

async function varyShown(
  prepared: Prepared,
  made: Build,
  differences: readonly string[],
  engines: readonly OtherEngine[],
  options: VerifyArguments,
): Promise<number> {
  const json = options.json === true
  const spinner = json ? undefined : textProgress('Varying', process.stderr)
  const pool = poolOptions(options)
  const report = await varyBuild(made, {
    ...pool,
    rounds: options.rounds ?? 1,
    onProgress: ({ variation, step, done, total }) => spinner?.update(`${done} of ${total}: ${variation}, ${step}`),
  })
  spinner?.stop()
  const alone = pool.workers === 1 ? 2 : 1
  const other = await buildShown(prepared, undefined, { ...options, jobs: alone, json: true })
  const wholes = [
    { name: `${alone} instead of ${pool.workers} workers`, differences: differencesFrom(made.lock, other.lock) },
  ]
  for (const engine of engines) {
    if (!json) say(`building under ${engine.name}`)
    const lock = await runElsewhere(engine, prepared.file.path, made.lock.epoch, options)
    wholes.push({
      name: engine.name,
      differences: typeof lock === 'string' ? [lock] : differencesFrom(made.lock, lock),
    })
  }
  const failed =
    differences.length > 0 || report.dependences.length > 0 || wholes.some((each) => each.differences.length > 0)
  if (json) {
    writeOut(`${JSON.stringify({ differences, ...report, wholes }, undefined, 2)}\n`)
    return failed ? STATUS_FAILED : 0
  }
  tellFirst(differences, '')
  for (const { name, says, steps, differing } of report.variations) {
    writeOut(
      `${differing === 0 ? 'same     ' : 'DIFFERENT'}  ${name}: ${says} (${steps} steps${differing === 0 ? '' : `, ${differing} differ`})\n`,
    )
  }
  for (const { name, differences: found } of wholes) {
    writeOut(`${found.length === 0 ? 'same     ' : 'DIFFERENT'}  ${name}\n`)
    tellFirst(found, ' '.repeat(11))
  }
  writeOut(
    `${report.differingBytes === 0 ? 'same     ' : 'DIFFERENT'}  all at once, ${report.rounds} rounds: ${report.differingBytes} bytes differ\n`,
  )
  for (const dependence of report.dependences.slice(0, MOST_TOLD)) tellDependence(dependence)
  const rest = report.dependences.length - MOST_TOLD
  if (rest > 0) writeOut(`\nand ${rest} more, which --json lists\n`)
  return failed ? STATUS_FAILED : 0
}

function tellDependence({ variation, says, step, output, bytes, problem, parting }: Dependence): void {
  writeOut(`\nstep ${JSON.stringify(step)} depends on ${variation === 'all' ? says : variation}`)
  writeOut(output === undefined ? '\n' : `, as ${output} shows\n`)
  if (problem !== undefined) writeOut(`  ${problem}\n`)
  if (bytes !== undefined) {
    const where =
      bytes.section === undefined
        ? ''
        : `, section ${bytes.section}${bytes.symbol === undefined ? '' : `, ${bytes.symbol}`}`
    writeOut(`  ${bytes.count} bytes differ, from byte ${bytes.offset} on${where}: ${bytes.a} / ${bytes.b}\n`)
  }
  if (parting === undefined) return
  const { first, otherwise, suspects } = parting
  writeOut(`  it came in by call ${first.call}, ${first.name}\n`)
  tellPair(first)
  if (suspects.length > 1) writeOut(`  calls that gave something else: ${suspects.join(', ')}\n`)
  if (otherwise === undefined || otherwise.call === first.call) return
  writeOut(`  it shows first in call ${otherwise.call}, ${otherwise.name}\n`)
  tellPair(otherwise)
}

function tellPair({ a, b }: { readonly a?: string; readonly b?: string }): void {
  if (a !== undefined && a === b) writeOut(`    ${visible(a)}\n    (the two differ in what a line does not show)\n`)
  else writeOut(`    - ${visible(a ?? '(the run had ended)')}\n    + ${visible(b ?? '(the run had ended)')}\n`)
}

/** `vivarium.build.lock.json` beside `vivarium.build.ts`. */
export function lockFileOf(recipe: string): string {
  return join(dirname(recipe), `${basename(recipe, extname(recipe))}.lock.json`)
}

function lockBeside(recipe: string): Lock | undefined {
  const file = lockFileOf(recipe)
  return existsSync(file) ? readLock(file) : undefined
}

function readLock(file: string): Lock {
  if (!existsSync(file)) {
    throw new BuildError(
      'MISSING_INPUT',
      { file },
      `there is no lock file ${quote(shown(file))}: build once without --locked`,
    )
  }
  return checkLock(readJson(file), shown(file))
}

/** What is given is a recipe, or a lock file, which says its recipe. */
function recipeAndLock(given: string | undefined): { readonly recipe: string | undefined; readonly lock?: Lock } {
  if (given === undefined || !given.endsWith('.lock.json')) return { recipe: given }
  const lock = readLock(resolve(given))
  return { recipe: join(dirname(given), lock.recipe), lock }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    const why = errnoOf(error) === undefined ? `is no JSON: ${reasonOf(error)}` : `cannot be read: ${reasonOf(error)}`
    throw new BuildError('BAD_DOCUMENT', { file }, `${quote(file)} ${why}`, error)
  }
}

function demandOutputs(lock: Lock, now: Lock, recipe: string): void {
  const [first] = differencesFrom(lock, now)
  if (first !== undefined) throw new BuildError('OTHER_OUTPUT', { recipe }, `${first}; the lock file is as it was`)
}
