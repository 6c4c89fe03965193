/** `vivarium run`: host files in, one run, host files out. */

import { closeSync, openSync, writeFileSync } from 'node:fs'
import { formatRecord, type Machine, type Run, record, snapshotParts } from '../index.ts'
import { quote } from '../node/host_names.ts'
import { checkExport, exportHost, HostError, type HostReport, writeParts } from '../node/index.ts'
import type { OutArgument } from './arguments.ts'
import { describeEnd, exitStatus, STATUS_ERROR } from './exit_status.ts'
import { about, withHost } from './host_files.ts'
import { type JsonReport, jsonReport, type OutReport } from './json_report.ts'
import { writeRecording } from './recording_file.ts'
import { type GuestArguments, prepareSession, type Session } from './session.ts'
import { say, stdinIsGiven, writeError, writeOut } from './standard_streams.ts'

/** The options of `vivarium run`, parsed. */
export interface RunArguments extends GuestArguments {
  /** A file, or empty for stderr. */
  readonly trace?: string
  readonly out?: readonly OutArgument[]
  readonly outAlways?: true
  readonly replace?: true
  readonly snapshot?: string
  readonly compress?: true
  readonly record?: string
  readonly recordInputs?: true
  readonly json?: true
}

/** Most names that are listed of what was left out of one folder; the rest is counted. */
const MOST_LISTED = 10

/** Does what the arguments say and returns the exit status. @throws HostError, VivariumError for what the user gave. */
export async function runCommand(path: string, args: readonly string[], options: RunArguments): Promise<number> {
  // All that can be wrong is looked at before anything that takes long.
  const { out = [] } = options
  for (const { text, host } of out) about(`--out ${text}`, () => checkExport(host))
  if (options.recordInputs === true && options.record === undefined) {
    throw new HostError('REFUSED', path, '--record-inputs saves the inputs of a recording: say where by --record FILE')
  }
  for (const name of ['snapshot', 'record'] as const) {
    const file = options[name]
    if (file !== undefined) about(`--${name} ${file}`, () => checkExport(file))
  }
  const session = await prepareSession(path, args, options)
  const { machine } = session
  const writeTrace = options.trace === undefined ? undefined : openTrace(options.trace)
  const run = await runSession(path, session, options)
  writeTrace?.(run)
  const outs = out.map((argument) => writeOne(machine, run, argument, options))
  if (options.snapshot !== undefined) await saveMachine(machine, options.snapshot, options.compress === true)
  if (options.json === true) writeOut(`${JSON.stringify(jsonReport(run, session.dirs, outs), undefined, 2)}\n`)
  else tell(run, session, outs)
  return outs.some((out) => 'error' in out) ? STATUS_ERROR : exitStatus(run.end)
}

async function runSession(path: string, session: Session, options: RunArguments): Promise<Run> {
  const { machine, module } = session
  const how = {
    ...session.options,
    ...(options.json === true ? {} : { stdout: writeOut, stderr: writeError }),
    trace: options.trace !== undefined ? 'records' : options.json === true ? 'digest' : 'off',
  } as const
  if (options.record === undefined) return machine.run(module.compiled, how)
  const before = machine.snapshot()
  const { run, recording } = record(machine, module, { ...how, stdin: session.stdin ?? '' })
  await writeRecording(options.record, recording, path, session, options, before)
  return run
}

async function saveMachine(machine: Machine, file: string, compress: boolean): Promise<void> {
  await writeParts(file, snapshotParts([{ name: 'snapshot', snapshot: machine.snapshot() }], { compress }))
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
function tell(run: Run, { dirs, missedInput }: Session, outs: readonly OutReport[]): void {
  tellEnd(run, missedInput())
  tellDirs(dirs)
  for (const out of outs) {
    if ('error' in out) say(`--out ${out.argument}: ${out.error}`)
    else if ('skipped' in out)
      say(`--out ${out.argument}: nothing was written, since ${out.skipped}; --out-always writes all the same`)
    else tellLeftOut(`--out ${out.argument}`, out)
  }
}

/** How the run ended, where that is no exit, and what may have been meant otherwise. */
export function tellEnd(run: Run, missedInput: boolean): void {
  const end = describeEnd(run.end)
  if (end !== undefined) say(end)
  if (missedInput && stdinIsGiven())
    say('the guest read its stdin, which is empty: --stdin - passes the stdin of this command on')
}

/** What was left out of the folders that were copied in. */
export function tellDirs(dirs: JsonReport['dirs']): void {
  for (const report of dirs) tellLeftOut(`--dir ${report.argument}`, report)
}

export function tellLeftOut(argument: string, { leftOut, leftover }: Pick<HostReport, 'leftOut' | 'leftover'>): void {
  for (const { path, message } of leftOut.slice(0, MOST_LISTED))
    say(`${argument}: ${quote(path)} was left out: ${message}`)
  if (leftOut.length > MOST_LISTED)
    say(`${argument}: ${leftOut.length - MOST_LISTED} more were left out; --json lists all`)
  if (leftover !== undefined)
    say(`${argument}: the old content could not be removed from ${quote(leftover)}: remove it by hand`)
}
