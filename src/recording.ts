/**
 * Recordings: since a run is a function of its inputs, it is recorded by naming them, and what came of it. To replay is
 * to do it again, which proves that it was the same; and as it is done again, it can be looked into.
 */

import { formatFaults } from '../kernel/fault.ts'
import { contentBytes } from '../vfs/bytes.ts'
import { type Hashes, hashOf, hexOf } from '../vfs/hash.ts'
import { DEFAULT_LIMITS } from './check_options.ts'
import { VivariumError } from './error.ts'
import { Machine } from './machine.ts'
import type { Limits, Preopen, RunOptions, Stdin, TimelineOptions } from './options.ts'
import type { End, Run } from './run.ts'
import type { Snapshot } from './snapshot.ts'

/** Bytes by what they are: a SHA-256 in hexadecimal digits, and how many. */
export interface BytesId {
  readonly sha256: string
  readonly size: number
}

/** A run by its inputs and its outcome, as JSON takes it. It holds none of the bytes. */
export interface Recording {
  readonly format: 'vivarium recording'
  /** Version 1 had the trace digest of another function. */
  readonly version: 2
  readonly module: BytesId
  /** `stateDigest` of the machine before the run: all that it was. */
  readonly machine: string
  readonly options: RecordedOptions
  readonly result: RecordedResult
}

/** The options of a run that it depends on. */
export interface RecordedOptions {
  readonly args: readonly string[]
  /** Names and values, in order. */
  readonly env: readonly (readonly [name: string, value: string])[]
  readonly stdin: BytesId | { readonly file: string }
  readonly tty: RunOptions['tty']
  readonly preopens: readonly Preopen[]
  /** Those that are not the default; where there is no bound, `null`. */
  readonly limits: { readonly [name in keyof Limits]?: number | null }
  readonly fuel: number | null
  /** The plan of what goes wrong, as text. */
  readonly faults: string | null
  /** As in the options of a run. */
  readonly listing?: string
}

export interface RecordedResult {
  /** As `Run.end`, without what an engine says in its own words. */
  readonly end: { readonly [name: string]: unknown } | null
  readonly calls: number
  readonly traceDigest: string
  readonly stdout: BytesId
  readonly stderr: BytesId
  readonly fuelUsed: number | null
  /** `stateDigest` of the machine after it. */
  readonly machine: string
}

/** A module for a recording: its bytes, which name it, and what was compiled of them, where that is there already. */
export interface RecordedModule {
  readonly bytes: Uint8Array
  readonly compiled?: WebAssembly.Module
}

/** What a recording was made of, to be given again. */
export interface ReplayInputs {
  readonly machine: Snapshot
  readonly module: Uint8Array | RecordedModule
  /** Where the run was given bytes or text. */
  readonly stdin?: string | Uint8Array
}

export interface Replay {
  readonly run: Run
  /** What came out other than recorded, each as a sentence; none where the run was the same. */
  readonly differences: readonly string[]
}

/**
 * Runs a module as `machine.run` does, and records it.
 * @throws VivariumError `NOT_RECORDABLE` where the outcome depends on what is no data: `imports`, an iterator of stdin,
 * peers of sockets; and as `run`.
 */
export function record(
  machine: Machine,
  module: Uint8Array | RecordedModule,
  options: RunOptions = {},
): { readonly run: Run; readonly recording: Recording } {
  const { bytes, compiled } = moduleOf(module)
  const before = machine.snapshot()
  const { hashes } = before.settings
  const recorded = recordedOptions(options, hashes)
  const state = before.stateDigest
  const run = machine.run(compiled ?? bytes, options.trace === 'off' ? { ...options, trace: 'digest' } : options)
  return {
    run,
    recording: {
      format: 'vivarium recording',
      version: 2,
      module: idOf(bytes, hashes),
      machine: state,
      options: recorded,
      result: resultOf(run, machine.snapshot(), hashes),
    },
  }
}

/**
 * Does it again, from inputs that are checked to be those that were recorded. With `timeline` the run can be looked
 * into, and stopped, after which it is no proof any more: then `differences` says how it was left.
 * @throws VivariumError `OTHER_INPUT` naming the input that is another, with both digests.
 */
export function replay(
  recording: Recording,
  { machine, module, stdin = '' }: ReplayInputs,
  options: { readonly timeline?: boolean | TimelineOptions } = {},
): Replay {
  const { hashes } = machine.settings
  const { bytes, compiled } = moduleOf(module)
  demand('the module', recording.module, idOf(bytes, hashes))
  if (machine.stateDigest !== recording.machine) {
    const problem = `the machine is another than was recorded: expected ${recording.machine}, found ${machine.stateDigest}`
    throw new VivariumError('OTHER_INPUT', problem)
  }
  const { stdin: recorded, env, limits, fuel, faults, tty, ...rest } = recording.options
  if ('sha256' in recorded) demand('stdin', recorded, idOf(contentBytes(stdin), hashes))
  const again = Machine.from(machine)
  const run = again.run(compiled ?? bytes, {
    ...rest,
    env: Object.fromEntries(env),
    stdin: 'sha256' in recorded ? stdin : recorded,
    limits: Object.fromEntries(Object.entries(limits).map(([name, value]) => [name, value ?? Infinity])),
    ...(tty === undefined ? {} : { tty }),
    ...(fuel === null ? {} : { fuel }),
    ...(faults === null ? {} : { faults }),
    ...(options.timeline === undefined ? {} : { timeline: options.timeline }),
  })
  return { run, differences: differencesOf(recording.result, resultOf(run, again.snapshot(), hashes)) }
}

/** @throws VivariumError `BAD_RECORDING` for what is none, or was made by another version. */
export function checkRecording(value: unknown): Recording {
  const { format, version } = (typeof value === 'object' && value !== null ? value : {}) as Partial<Recording>
  if (format !== 'vivarium recording') throw new VivariumError('BAD_RECORDING', 'this is no recording of a run')
  if (version !== 2) {
    const problem =
      (version as number | undefined) === 1
        ? 'the recording was made by an older version, whose trace digests are others: record the run again'
        : `the recording was made by a newer version (format ${version}; this reads 2): update vivarium`
    throw new VivariumError('BAD_RECORDING', problem)
  }
  const fault = faultOf(value as Recording)
  if (fault !== undefined) throw new VivariumError('BAD_RECORDING', `the recording is damaged: ${fault}`)
  return value as Recording
}

/** What of a recording is not there, or of the wrong kind; the options themselves are checked when it is run. */
function faultOf({ module, machine, options, result }: Recording): string | undefined {
  if (!isId(module)) return 'it does not say which module was run'
  if (typeof machine !== 'string') return 'it does not say what the machine was'
  if (typeof options !== 'object' || options === null) return 'it has no options'
  const { args, env, stdin, preopens, limits } = options
  if (!Array.isArray(args) || !Array.isArray(env) || !Array.isArray(preopens)) return 'an option is no list'
  if (!env.every((pair) => Array.isArray(pair) && pair.length === 2)) return 'the environment is no list of pairs'
  if (!isId(stdin) && typeof (stdin as { file?: unknown } | null)?.file !== 'string')
    return 'it does not say what stdin was'
  if (typeof limits !== 'object' || limits === null) return 'it has no limits'
  if (typeof result !== 'object' || result === null) return 'it has no result'
  if (typeof result.traceDigest !== 'string' || typeof result.machine !== 'string') return 'it has no digest'
  return isId(result.stdout) && isId(result.stderr) ? undefined : 'it does not say what was written'
}

function isId(value: unknown): value is BytesId {
  return typeof value === 'object' && value !== null && typeof (value as Partial<BytesId>).sha256 === 'string'
}

function moduleOf(module: Uint8Array | RecordedModule): RecordedModule {
  return module instanceof Uint8Array ? { bytes: module } : module
}

function recordedOptions(options: RunOptions, hashes: Hashes): RecordedOptions {
  if (options.imports !== undefined || (options.listen?.length ?? 0) > 0) {
    const problem = 'a run with imports or peers of sockets cannot be recorded: what those do is no data'
    throw new VivariumError('NOT_RECORDABLE', problem)
  }
  const { args = ['main'], env = {}, stdin = '', tty, preopens = { '/': '/' }, limits = {}, fuel, faults } = options
  return {
    args,
    env: Object.entries(env),
    stdin: stdinOf(stdin, hashes),
    tty,
    preopens: Array.isArray(preopens) ? preopens : Object.entries(preopens).map(([name, path]) => ({ name, path })),
    limits: Object.fromEntries(
      Object.entries(limits)
        .filter(([name, value]) => value !== DEFAULT_LIMITS[name as keyof Limits])
        .map(([name, value]) => [name, value === Infinity ? null : value]),
    ),
    fuel: fuel ?? null,
    faults: faults === undefined ? null : typeof faults === 'string' ? faults : formatFaults(faults),
    ...(options.listing === undefined ? {} : { listing: options.listing }),
  }
}

function stdinOf(stdin: Stdin, hashes: Hashes): RecordedOptions['stdin'] {
  if (typeof stdin === 'string' || stdin instanceof Uint8Array) return idOf(contentBytes(stdin), hashes)
  if ('file' in stdin) return { file: stdin.file }
  throw new VivariumError('NOT_RECORDABLE', 'a run whose stdin is an iterator cannot be recorded: give the bytes')
}

function resultOf(run: Run, after: Snapshot, hashes: Hashes): RecordedResult {
  return {
    end: endOf(run.end),
    calls: run.calls,
    traceDigest: run.traceDigest ?? '',
    stdout: idOf(run.stdout.bytes, hashes),
    stderr: idOf(run.stderr.bytes, hashes),
    fuelUsed: run.fuelUsed ?? null,
    machine: after.stateDigest,
  }
}

function endOf(end: End | undefined): RecordedResult['end'] {
  if (end === undefined) return null
  return Object.fromEntries(Object.entries(end).filter(([name]) => name !== 'message' && name !== 'stack'))
}

function differencesOf(recorded: RecordedResult, found: RecordedResult): string[] {
  const names = Object.keys(found) as (keyof RecordedResult)[]
  return names
    .map((name) => [name, JSON.stringify(recorded[name]), JSON.stringify(found[name])] as const)
    .filter(([, expected, now]) => expected !== now)
    .map(([name, expected, now]) => `${name}: recorded ${expected}, now ${now}`)
}

function demand(what: string, expected: BytesId, found: BytesId): void {
  if (expected.sha256 === found.sha256) return
  const problem = `${what} is another than was recorded: expected sha256:${expected.sha256} (${expected.size} bytes), found sha256:${found.sha256} (${found.size} bytes)`
  throw new VivariumError('OTHER_INPUT', problem)
}

function idOf(bytes: Uint8Array, hashes: Hashes): BytesId {
  return { sha256: hexOf(hashOf(hashes, 'sha256', bytes)), size: bytes.length }
}
