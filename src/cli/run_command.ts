/** `vivarium run`: host files in, one run, host files out. */
/// <reference path="../webassembly.d.ts" />

import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { formatRecord, Machine, type Run, type RunOptions, VivariumError } from '../index.ts'
import { errnoOf, reasonOf } from '../node/host_error.ts'
import { quote } from '../node/host_names.ts'
import {
  checkExport,
  defaultCacheDir,
  exportHost,
  HostError,
  type HostReport,
  importHost,
  loadModule,
} from '../node/index.ts'
import type { DirArgument, OutArgument } from './arguments.ts'
import { describeEnd, exitStatus, STATUS_ERROR } from './exit_status.ts'
import { type JsonReport, jsonReport, type OutReport } from './json_report.ts'
import { loadingProgress } from './progress.ts'
import { readStdin, say, stdinIsGiven, writeError, writeOut } from './standard_streams.ts'

/** The options of `vivarium run`, parsed. */
export interface RunArguments {
  readonly dir?: readonly DirArgument[]
  readonly env?: readonly (readonly [name: string, value: string])[]
  readonly argv0?: string
  readonly seed?: string
  readonly epoch?: bigint
  readonly tick?: number
  readonly stdin?: string
  /** A file, or empty for stderr. */
  readonly trace?: string
  readonly out?: readonly OutArgument[]
  readonly outAlways?: true
  readonly replace?: true
  readonly cpu: 'strict' | 'engine'
  readonly fuel?: number
  readonly cacheDir?: string
  readonly cache: boolean
  readonly maxCalls?: number
  readonly maxOutput?: number
  readonly tty?: true
  readonly json?: true
}

/** Most names that are listed of what was left out of one folder; the rest is counted. */
const MOST_LISTED = 10

/** Does what the arguments say and returns the exit status; what is wrong is said on stderr. */
export async function runCommand(path: string, args: readonly string[], options: RunArguments): Promise<number> {
  try {
    return await runModule(path, args, options)
  } catch (error) {
    // These two are about what the user gave; anything else is a fault of ours, whose stack is worth seeing.
    if (!(error instanceof HostError) && !(error instanceof VivariumError)) throw error
    say(error.code === 'MISSING_IMPORT' ? missingImport(path, error) : error.message)
    return STATUS_ERROR
  }
}

/** The library's advice is about an option that the command does not have, so only what comes before it is kept. */
function missingImport(path: string, error: VivariumError): string {
  const [problem] = error.message.split(';')
  return `${quote(path)} cannot be run: ${problem}: it was made for another host, so build it for wasm32-wasip1`
}

async function runModule(path: string, args: readonly string[], options: RunArguments): Promise<number> {
  // All that can be wrong is looked at before anything that takes long.
  const { dir = [], out = [] } = options
  checkPlaces(dir)
  for (const { text, host } of out) about(`--out ${text}`, () => checkExport(host))
  const stdin = options.stdin === undefined ? undefined : readInput(options.stdin)
  const module = await load(path, options)
  const machine = new Machine({
    cpu: options.cpu,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.epoch === undefined ? {} : { epoch: options.epoch }),
    ...(options.tick === undefined ? {} : { tick: options.tick }),
  })
  const dirs = dir.map(({ text, host, guest }) =>
    about(`--dir ${text}`, () => ({ argument: text, ...importHost(machine.tree, host, guest, machine.time) })),
  )
  const writeTrace = options.trace === undefined ? undefined : openTrace(options.trace)

  let missedInput = false
  const run = machine.run(module, {
    args: [options.argv0 ?? basename(path), ...args],
    stdin: stdin ?? emptyInput(() => (missedInput = true)),
    ...runOptions(options),
  })

  writeTrace?.(run)
  const outs = out.map((argument) => writeOne(machine, run, argument, options))
  if (options.json === true) writeOut(`${JSON.stringify(jsonReport(run, dirs, outs), undefined, 2)}\n`)
  else tell(run, missedInput, dirs, outs)
  return outs.some((out) => 'error' in out) ? STATUS_ERROR : exitStatus(run.end)
}

function runOptions(options: RunArguments): RunOptions {
  const { dir = [], env = [] } = options
  return {
    env: Object.fromEntries(env),
    ...(options.json === true ? {} : { stdout: writeOut, stderr: writeError }),
    ...(options.tty === true ? { tty: true } : {}),
    ...(dir.length === 0 ? {} : { preopens: dir.map(({ guest }) => ({ name: guest, path: guest })) }),
    limits: {
      ...(options.maxCalls === undefined ? {} : { calls: options.maxCalls }),
      ...(options.maxOutput === undefined ? {} : { output: options.maxOutput }),
    },
    ...(options.fuel === undefined ? {} : { fuel: options.fuel }),
    trace: options.trace !== undefined ? 'records' : options.json === true ? 'digest' : 'off',
  }
}

/** Two folders at one place would be one for the guest, whichever it opened. */
function checkPlaces(dirs: readonly DirArgument[]): void {
  const places = new Map<string, string>()
  for (const { text, guest } of dirs) {
    const other = places.get(guest)
    if (other !== undefined) {
      throw new HostError(
        'REFUSED',
        text,
        `--dir ${other} and --dir ${text} are both ${guest} in the machine: give one of them another place, as in --dir HOST::/other`,
      )
    }
    places.set(guest, text)
  }
}

/** The module, with progress on a terminal when it takes long. */
async function load(path: string, options: RunArguments): Promise<WebAssembly.Module> {
  const { cpu, fuel, cache, cacheDir } = options
  const progress = loadingProgress(basename(path), process.stderr)
  try {
    return await loadModule(path, {
      onProgress: (step) => progress.update(step),
      cpu,
      fuel: fuel !== undefined,
      ...(cache ? { cacheDir: cacheDir ?? defaultCacheDir(), cacheRequired: cacheDir !== undefined } : {}),
    })
  } finally {
    progress.stop()
  }
}

/** An empty stdin, which calls `onRead` when the guest looks at it. */
function* emptyInput(onRead: () => void): Generator<Uint8Array> {
  onRead()
  yield* []
}

function readInput(file: string): Uint8Array {
  return withHost(`--stdin ${file}`, file, 'read', () => (file === '-' ? readStdin() : readFileSync(file)))
}

/** Opens the place for the trace, so that a wrong one is said before the run; the result writes a run's records there. */
function openTrace(file: string): (run: Run) => void {
  if (file === '') {
    return (run) => {
      for (const record of run.trace) writeError(`${formatRecord(record)}\n`)
    }
  }
  const argument = `--trace=${file}`
  const fd = withHost(argument, file, 'written', () => openSync(file, 'w'))
  return (run) =>
    withHost(argument, file, 'written', () => {
      for (const record of run.trace) writeFileSync(fd, `${formatRecord(record)}\n`)
      closeSync(fd)
    })
}

function writeOne(machine: Machine, run: Run, { text, guest, host }: OutArgument, options: RunArguments): OutReport {
  const failed = run.end !== undefined && (run.end.kind !== 'exit' || run.end.code !== 0)
  if (failed && options.outAlways !== true) return { argument: text, skipped: 'the guest did not exit with 0' }
  try {
    // The guest's times are virtual: a make that compares them with its sources' would be misled.
    const how = { replace: options.replace === true, times: false }
    return { argument: text, ...exportHost(machine.tree, guest, host, how) }
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    return { argument: text, error: error.message }
  }
}

/** Tells on stderr what the guest's own output does not. */
function tell(run: Run, missedInput: boolean, dirs: JsonReport['dirs'], outs: readonly OutReport[]): void {
  const end = describeEnd(run.end)
  if (end !== undefined) say(end)
  if (missedInput && stdinIsGiven())
    say('the guest read its stdin, which is empty: --stdin - passes the stdin of this command on')
  for (const report of dirs) tellLeftOut(`--dir ${report.argument}`, report)
  for (const out of outs) {
    if ('error' in out) say(`--out ${out.argument}: ${out.error}`)
    else if ('skipped' in out)
      say(`--out ${out.argument}: nothing was written, since ${out.skipped}; --out-always writes all the same`)
    else tellLeftOut(`--out ${out.argument}`, out)
  }
}

function tellLeftOut(argument: string, { leftOut, leftover }: HostReport): void {
  for (const { path, message } of leftOut.slice(0, MOST_LISTED))
    say(`${argument}: ${quote(path)} was left out: ${message}`)
  if (leftOut.length > MOST_LISTED)
    say(`${argument}: ${leftOut.length - MOST_LISTED} more were left out; --json lists all`)
  if (leftover !== undefined)
    say(`${argument}: the old content could not be removed from ${quote(leftover)}: remove it by hand`)
}

/** Puts the argument before what is wrong with it. */
function about<T>(argument: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new HostError(error.code, error.path, `${argument}: ${error.message}`, error)
  }
}

/** A file call of the command's own, whose failure is the argument's. */
function withHost<T>(argument: string, file: string, verb: 'read' | 'written', action: () => T): T {
  try {
    return action()
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
    const code = verb === 'read' ? 'UNREADABLE' : 'WRITE_FAILED'
    throw new HostError(code, file, `${argument}: ${quote(file)} cannot be ${verb}: ${reasonOf(error)}`, error)
  }
}
