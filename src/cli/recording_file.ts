/** A recording as a file: the run by its digests, and where its inputs were found, so that it can be done again. */

import { readFileSync } from 'node:fs'
import { dirname, relative, resolve, sep } from 'node:path'
import { decodeLatin1 } from '../../vfs/bytes.ts'
import {
  checkRecording,
  Machine,
  type RecordedModule,
  type Recording,
  type Snapshot,
  snapshotParts,
  VivariumError,
} from '../index.ts'
import { quote } from '../node/host_names.ts'
import { HostError, importHost, nodeHashes, writeParts } from '../node/index.ts'
import { about, headOf, withHost } from './host_files.ts'
import { type GuestArguments, load, type Session } from './session.ts'
import { readSource } from './sources.ts'

/** Where the inputs of a run were, by paths from the folder of the recording. */
export interface RecordedInputs {
  readonly module: string
  readonly from: string | null
  readonly seed: string | null
  /** Nanoseconds since 1970. */
  readonly epoch: string | null
  readonly tick: number | null
  readonly cpu: 'strict' | 'engine'
  /** What each `--dir` held, by the digest of the folder as it was copied in. */
  readonly dirs: readonly { readonly host: string; readonly guest: string; readonly digest: string }[]
  /** A file; or, of what came through a pipe, the bytes in base64. */
  readonly stdin: { readonly file: string } | { readonly base64: string } | null
}

export interface RecordingFile extends Recording {
  readonly inputs: RecordedInputs
}

/** Writes a recording. `before` is the machine as it was with all folders copied in. */
export async function writeRecording(
  file: string,
  recording: Recording,
  modulePath: string,
  { stdin }: Session,
  options: GuestArguments & { readonly recordInputs?: true },
  before: Snapshot,
): Promise<void> {
  const here = dirname(resolve(file))
  const place = (path: string): string => relative(here, resolve(path)).split(sep).join('/') || '.'
  const cpu = options.cpu ?? 'strict'
  const saved = `${file}.viv`
  const found = {
    module: place(modulePath),
    from: options.from === undefined ? null : fromPlace(options.from, place),
    seed: options.seed ?? null,
    epoch: options.epoch === undefined ? null : String(options.epoch),
    tick: options.tick ?? null,
    cpu,
    dirs: (options.dir ?? []).map(({ host, guest }) => ({ host: place(host), guest, digest: before.digestOf(guest) })),
    stdin: stdinOf(options.stdin, stdin, place),
  }
  let inputs: RecordedInputs = found
  if (options.recordInputs === true) {
    // All that the machine was is in the file, and the bytes of stdin are here.
    await writeParts(saved, snapshotParts([{ name: 'before the run', snapshot: before }], { compress: true }))
    const own = stdin === undefined ? null : { base64: Buffer.from(stdin).toString('base64') }
    inputs = { ...found, from: place(saved), seed: null, epoch: null, tick: null, dirs: [], stdin: own }
  }
  const text = `${JSON.stringify({ ...recording, inputs }, undefined, 2)}\n`
  await writeParts(file, [new TextEncoder().encode(text)])
}

/** The name of a snapshot in its file stays. */
function fromPlace(from: string, place: (path: string) => string): string {
  const hash = from.lastIndexOf('#')
  return hash < 0 ? place(from) : place(from.slice(0, hash)) + from.slice(hash)
}

function stdinOf(
  option: string | undefined,
  bytes: Uint8Array | undefined,
  place: (path: string) => string,
): RecordedInputs['stdin'] {
  if (option === undefined || bytes === undefined) return null
  return option === '-' ? { base64: Buffer.from(bytes).toString('base64') } : { file: place(option) }
}

/** Bytes that tell JSON from a module. */
const HEAD_SIZE = 64

/** Whether a file is, by how it begins, a recording rather than a module. */
export function isRecordingFile(path: string): boolean {
  return /^\s*\{/.test(decodeLatin1(headOf(path, HEAD_SIZE)))
}

/** All that a run needs to be done again. */
export interface Recorded {
  readonly recording: RecordingFile
  readonly machine: Snapshot
  readonly module: RecordedModule
  readonly stdin: Uint8Array | undefined
}

/**
 * Reads a recording and finds its inputs again. `modulePath` says where the module is now.
 * @throws HostError, VivariumError naming the input that is missing or another.
 */
export async function readRecording(
  file: string,
  options: { readonly module?: string; readonly cache: boolean; readonly cacheDir?: string },
): Promise<Recorded> {
  const recording = parse(file)
  const { inputs, options: run } = recording
  const here = dirname(resolve(file))
  const module = await load(options.module ?? resolve(here, inputs.module), {
    cpu: inputs.cpu,
    cache: options.cache,
    ...(run.fuel === null ? {} : { fuel: run.fuel }),
    ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
  })
  const stdin =
    inputs.stdin === null
      ? undefined
      : 'file' in inputs.stdin
        ? readInput(resolve(here, inputs.stdin.file))
        : Buffer.from(inputs.stdin.base64, 'base64')
  return { recording, machine: machineOf(inputs, here), module, stdin }
}

function readInput(file: string): Uint8Array {
  return withHost('the recorded stdin', file, 'read', () => readFileSync(file))
}

function machineOf(inputs: RecordedInputs, here: string): Snapshot {
  const { from, seed, epoch, tick, cpu } = inputs
  const machine =
    from === null
      ? new Machine({
          cpu,
          hashes: nodeHashes,
          ...(seed === null ? {} : { seed }),
          ...(epoch === null ? {} : { epoch: BigInt(epoch) }),
          ...(tick === null ? {} : { tick }),
        })
      : about('the recorded --from', () => Machine.from(readSource(resolve(here, from)).snapshot))
  for (const { host, guest } of inputs.dirs) {
    about(`the recorded --dir ${host}`, () => importHost(machine.tree, resolve(here, host), guest, machine.time))
  }
  const snapshot = machine.snapshot()
  for (const { host, guest, digest } of inputs.dirs) {
    const found = snapshot.digestOf(guest)
    if (found === digest) continue
    const problem = `the folder ${quote(host)} is another than was recorded: expected ${digest}, found ${found}`
    throw new VivariumError('OTHER_INPUT', problem)
  }
  return snapshot
}

function parse(file: string): RecordingFile {
  const text = withHost(file, file, 'read', () => readFileSync(file, 'utf8'))
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new HostError('WRONG_KIND', file, `${quote(file)} is no recording of a run: it is no JSON`)
  }
  try {
    const recording = checkRecording(value)
    if (!hasInputs(recording)) throw new VivariumError('BAD_RECORDING', 'it does not say where its inputs were')
    return recording
  } catch (error) {
    if (!(error instanceof VivariumError)) throw error
    throw new HostError('WRONG_KIND', file, `${quote(file)}: ${error.message}`, error)
  }
}

function hasInputs(recording: Recording): recording is RecordingFile {
  const { inputs } = recording as Partial<RecordingFile>
  if (typeof inputs !== 'object' || inputs === null) return false
  const { module, dirs, cpu, from, seed, epoch, tick, stdin } = inputs
  const isTextOrNull = (value: unknown): boolean => value === null || typeof value === 'string'
  return (
    typeof module === 'string' &&
    (cpu === 'strict' || cpu === 'engine') &&
    [from, seed].every(isTextOrNull) &&
    (epoch === null || (typeof epoch === 'string' && /^\d+$/.test(epoch))) &&
    (tick === null || typeof tick === 'number') &&
    (stdin === null || (typeof stdin === 'object' && ('file' in stdin || 'base64' in stdin))) &&
    Array.isArray(dirs) &&
    dirs.every(({ host, guest, digest }) => [host, guest, digest].every((text) => typeof text === 'string'))
  )
}
