/** From the arguments of `vivarium fuzz` to a guest and the options of a campaign: in the command, and in each worker. */

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import fc from 'fast-check'
import { errnoOf } from '../../vfs/errno.ts'
import { Engine } from '../fuzz/execute.ts'
import { checkPlan } from '../fuzz/fuzz.ts'
import { argv, corpus, type FuzzOptions, type SweepOptions, type World, world } from '../fuzz/index.ts'
import type { ReproducerBase } from '../fuzz/reproducer.ts'
import { FormatError, Machine, type Snapshot, VivariumError } from '../index.ts'
import { readCorpus } from '../node/corpus_folder.ts'
import { quote } from '../node/host_names.ts'
import { HostError, importHost, nodeHashes } from '../node/index.ts'
import { moduleProblem } from '../node/module_problem.ts'
import type { DirArgument } from './arguments.ts'
import { about, withHost } from './host_files.ts'
import { loadPropertyFile, type PropertyFile } from './property_file.ts'
import { readSource } from './sources.ts'

/** The part of the arguments that says where runs start. */
export interface BaseArguments {
  readonly dir?: readonly DirArgument[]
  readonly from?: string
  readonly epoch?: bigint
  readonly tick?: number
  readonly cpu?: 'strict' | 'engine'
}

/** The options of `vivarium fuzz`, parsed. */
export interface FuzzArguments extends BaseArguments {
  readonly property?: string
  /** `random`, `exhaustive`, or a plan. */
  readonly faults?: string
  /** Of exhaustive faults: `environment`, `all`, or names with commas between them. */
  readonly errnos?: string
  readonly guided?: true
  readonly minutes?: number
  readonly runs?: number
  readonly seed?: number
  readonly shard?: { readonly index: number; readonly of: number }
  readonly parallel?: number
  readonly corpus?: string
  readonly artifacts?: string
  /** Where what was reached is written, of a guided campaign. */
  readonly lcov?: string
  readonly maxFindings?: number
  readonly env?: readonly (readonly [name: string, value: string])[]
  readonly argv0?: string
  readonly stdin?: string
  readonly fuel?: number
  readonly maxCalls?: number
  readonly maxOutput?: number
  readonly tty?: true
  readonly json?: true
}

/** A campaign that is ready to be begun. */
export type FuzzSetup = { readonly bytes: Uint8Array; readonly engine: Engine } & (
  | { readonly kind: 'fuzz'; readonly options: FuzzOptions }
  | { readonly kind: 'sweep'; readonly options: SweepOptions }
)

/** Runs where neither their number nor a time is given. */
const DEFAULT_RUNS = 10_000
const EXAMPLE = 'as in: vivarium fuzz --dir samples::/ --property holds.js parser.wasm'

/** @throws HostError, VivariumError that show what is wrong with which argument. */
export async function prepareFuzz(path: string, args: readonly string[], given: FuzzArguments): Promise<FuzzSetup> {
  const { faults, maxFindings, seed, minutes, runs, guided, shard } = given
  if (faults !== undefined && faults !== 'random' && faults !== 'exhaustive') checkPlan(`--faults ${faults}`, faults)
  if (given.lcov !== undefined && guided !== true) {
    throw new HostError('REFUSED', given.lcov, '--lcov writes what a guided campaign has reached: give --guided too')
  }
  const property: PropertyFile = given.property === undefined ? {} : await loadPropertyFile(given.property)
  const bytes = readModule(path)
  const base = makeBase(given)
  const { world: worlds, maxShrinks, ...checks } = property
  const common = {
    ...guestOptions(given, base),
    ...checks,
    name: path,
    reproducer: {
      base: describeBase(given, base),
      ...(given.property === undefined ? {} : { property: given.property }),
    },
    ...(maxFindings === undefined ? {} : { maxFindings }),
    ...(shard === undefined ? {} : { shard }),
  }
  const engine = makeEngine(path, bytes, common)
  const samples = given.corpus === undefined ? [] : readCorpus(given.corpus)
  const parts = fixedParts(path, args, given)
  if (faults === 'exhaustive') {
    if (isArbitrary(worlds)) {
      const problem =
        'faults that are exhaustive are those of one run, so the world has to be one: export it as a plain object'
      throw new HostError(
        'REFUSED',
        given.property ?? path,
        `--faults exhaustive: ${problem}, as { args: ['main'], stdin: 'x' }`,
      )
    }
    if (guided === true)
      throw new HostError(
        'REFUSED',
        path,
        '--guided chooses worlds, and --faults exhaustive has one: leave one of them out',
      )
    const errnos = given.errnos === undefined ? {} : { errnos: errnosOf(given.errnos) }
    return { kind: 'sweep', bytes, engine, options: { ...common, ...errnos, world: { ...parts, ...worlds } } }
  }
  const inputs = samples.map(({ stdin = '' }) => stdin)
  return {
    kind: 'fuzz',
    bytes,
    engine,
    options: {
      ...common,
      world: worldsOf(path, parts, worlds, guided === true ? [] : inputs),
      runs: runs ?? (minutes === undefined ? DEFAULT_RUNS : Number.POSITIVE_INFINITY),
      ...(seed === undefined ? {} : { seed }),
      ...(faults === undefined ? {} : { faults }),
      ...(maxShrinks === undefined ? {} : { maxShrinks }),
      ...(guided === true ? { guided: { corpus: samples } } : {}),
    },
  }
}

function errnosOf(text: string): NonNullable<SweepOptions['errnos']> {
  if (text === 'environment' || text === 'all') return text
  const names = text.split(',').filter((name) => name !== '')
  const wrong = names.find((name) => errnoOf(name) === undefined)
  if (wrong === undefined) return names
  const problem = `--errnos ${text}: there is no errno ${wrong}; write environment, all, or names as ENOSPC,EIO`
  throw new VivariumError('BAD_OPTION', problem)
}

/** The machine that runs start from. @throws HostError. */
export function makeBase({ from, epoch, tick, cpu = 'strict', dir = [] }: BaseArguments): Snapshot {
  const machine = from === undefined ? newMachine({ epoch, tick, cpu }) : Machine.from(readBase(from))
  for (const { text, host, guest } of dir) {
    about(`--dir ${text}`, () => importHost(machine.tree, host, guest, machine.time))
  }
  return machine.snapshot()
}

/** What is wrong with a base is said with how one is made. */
function readBase(from: string): Snapshot {
  try {
    return about(`--from ${from}`, () => readSource(from).snapshot)
  } catch (error) {
    if (!(error instanceof HostError || error instanceof FormatError)) throw error
    const problem = `${error.message}; a base is made as by: vivarium snapshot create --dir . base.viv`
    throw new HostError('UNREADABLE', from, problem, error)
  }
}

function newMachine({
  epoch,
  tick,
  cpu,
}: {
  epoch: bigint | undefined
  tick: number | undefined
  cpu: 'strict' | 'engine'
}): Machine {
  return new Machine({
    cpu,
    hashes: nodeHashes,
    ...(epoch === undefined ? {} : { epoch }),
    ...(tick === undefined ? {} : { tick }),
  })
}

/** How the base was made, for a reproducer. */
function describeBase({ from, epoch, tick, cpu, dir = [] }: BaseArguments, base: Snapshot): ReproducerBase {
  return {
    digest: base.stateDigest,
    ...(from === undefined ? {} : { from }),
    ...(epoch === undefined ? {} : { epoch: String(epoch) }),
    ...(tick === undefined ? {} : { tick }),
    ...(cpu === undefined ? {} : { cpu }),
    ...(dir.length === 0 ? {} : { dirs: dir.map(({ host, guest }) => ({ host, guest })) }),
  }
}

function guestOptions(
  given: FuzzArguments,
  base: Snapshot,
): Pick<FuzzOptions, 'base' | 'fuel' | 'limits' | 'tty' | 'preopens'> {
  const { fuel, maxCalls, maxOutput, tty, dir = [] } = given
  const limits = {
    ...(maxCalls === undefined ? {} : { calls: maxCalls }),
    ...(maxOutput === undefined ? {} : { output: maxOutput }),
  }
  return {
    base,
    ...(fuel === undefined ? {} : { fuel }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
    ...(tty === undefined ? {} : { tty }),
    ...(dir.length === 0 ? {} : { preopens: dir.map(({ guest }) => ({ name: guest, path: guest })) }),
  }
}

/** What the arguments say of each world. */
function fixedParts(path: string, args: readonly string[], { argv0, env, stdin }: FuzzArguments): World {
  const program = argv0 ?? basename(path)
  return {
    ...(args.length === 0 && argv0 === undefined ? {} : { args: [program, ...args] }),
    ...(env === undefined ? {} : { env: Object.fromEntries(env) }),
    ...(stdin === undefined
      ? {}
      : { stdin: new Uint8Array(withHost(`--stdin ${stdin}`, stdin, 'read', () => readFileSync(stdin))) }),
  }
}

function worldsOf(
  path: string,
  fixed: World,
  given: PropertyFile['world'],
  inputs: readonly (string | Uint8Array)[],
): NonNullable<FuzzOptions['world']> {
  if (isArbitrary(given)) return given.map((each) => ({ ...each, ...fixed }))
  if (given !== undefined) return fc.constant({ ...given, ...fixed })
  const parts = Object.fromEntries(Object.entries(fixed).map(([name, value]) => [name, fc.constant(value)]))
  return world({
    ...(fixed.args === undefined ? { args: argv({ program: basename(path) }) } : {}),
    ...(inputs.length === 0 ? {} : { stdin: corpus(inputs) }),
    ...(parts as Parameters<typeof world>[0]),
  })
}

function isArbitrary(value: PropertyFile['world']): value is NonNullable<FuzzOptions['world']> {
  return typeof (value as { generate?: unknown } | undefined)?.generate === 'function'
}

/** The bytes of a guest. @throws HostError. */
export function readModule(path: string): Uint8Array {
  const bytes = new Uint8Array(withHost(`the guest ${path}`, path, 'read', () => readFileSync(path)))
  const problem = moduleProblem(bytes)
  if (problem === undefined) return bytes
  throw new HostError(
    'NOT_A_MODULE',
    path,
    `${quote(path)} cannot be run: ${problem}; give a program for wasm32-wasip1, ${EXAMPLE}`,
  )
}

function makeEngine(path: string, bytes: Uint8Array, options: FuzzOptions): Engine {
  try {
    const { base, preopens, tty, limits, fuel } = options
    return new Engine(bytes, {
      ...(base === undefined ? {} : { base }),
      ...(preopens === undefined ? {} : { preopens }),
      ...(tty === undefined ? {} : { tty }),
      ...(limits === undefined ? {} : { limits }),
      ...(fuel === undefined ? {} : { fuel }),
    })
  } catch (error) {
    if (!(error instanceof VivariumError) || error.code !== 'MISSING_IMPORT') throw error
    const [problem] = error.message.split(';')
    const message = `${quote(path)} cannot be fuzzed: ${problem}: it was made for another host, so build it for wasm32-wasip1, as by: clang --target=wasm32-wasip1 parser.c -o parser.wasm`
    throw new HostError('NOT_A_MODULE', path, message, error)
  }
}
