/** `vivarium trace`: the calls of a run, as text or as JSON; and `vivarium trace diff`: where two recorded runs part. */

import { formatRecord, type Run, replay, traceDiff } from '../index.ts'
import { exitStatus } from './exit_status.ts'
import { isRecordingFile, readRecording } from './recording_file.ts'
import { tellDirs, tellEnd } from './run_command.ts'
import { type GuestArguments, prepareSession } from './session.ts'
import { say, writeOut } from './standard_streams.ts'
import { visible } from './text.ts'

export interface TraceArguments extends GuestArguments {
  readonly jsonl?: true
  /** Names of calls. */
  readonly only?: readonly string[]
}

/** A run to look into: of a recording, or of a module with the options of `vivarium run`. */
export async function runToLookInto(
  path: string,
  args: readonly string[],
  options: GuestArguments,
  how: { readonly timeline?: boolean; readonly trace?: 'records' },
): Promise<Run> {
  if (isRecordingFile(path)) {
    const { recording, machine, module, stdin } = await readRecording(path, options)
    const { run, differences } = replay(
      recording,
      { machine, module, ...(stdin === undefined ? {} : { stdin }) },
      { timeline: true },
    )
    for (const difference of differences) say(`the run is not as it was recorded: ${difference}`)
    return run
  }
  const session = await prepareSession(path, args, options)
  const run = session.machine.run(session.module.compiled, { ...session.options, ...how })
  tellEnd(run, session.missedInput())
  tellDirs(session.dirs)
  return run
}

export async function traceCommand(path: string, args: readonly string[], options: TraceArguments): Promise<number> {
  const run = await runToLookInto(path, args, options, { trace: 'records' })
  const only = options.only === undefined ? undefined : new Set(options.only)
  for (const record of run.trace) {
    if (only?.has(record.call) === false) continue
    writeOut(`${options.jsonl === true ? jsonOf(record) : formatRecord(record)}\n`)
  }
  return exitStatus(run.end)
}

/** One line of JSON; what is beyond 2^53 is text, since JSON has no integers of 64 bits. */
export function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => (typeof inner === 'bigint' ? String(inner) : inner))
}

export interface TraceDiffArguments {
  readonly cache: boolean
  readonly cacheDir?: string
  readonly json?: true
}

/** 0 where the runs are the same, 1 where they part. */
export async function traceDiffCommand(a: string, b: string, options: TraceDiffArguments): Promise<number> {
  const [left, right] = [await timelineOf(a, options), await timelineOf(b, options)]
  const parting = traceDiff(left, right)
  if (options.json === true) {
    writeOut(`${jsonOf(parting === undefined ? null : { ...parting, before: parting.before.map(formatRecord) })}\n`)
    return parting === undefined ? 0 : 1
  }
  if (parting === undefined) {
    writeOut(`the two runs are the same: ${left.calls} calls\n`)
    return 0
  }
  const { call, ends, stateBefore, stateAfter } = parting
  for (const record of parting.before)
    writeOut(`   ${String(record.index).padStart(6)}  ${visible(formatRecord(record))}\n`)
  for (const [sign, record, end] of [
    ['-', parting.a, ends[0]],
    ['+', parting.b, ends[1]],
  ] as const) {
    const text = record === undefined ? `(the run had ended: ${JSON.stringify(end)})` : visible(formatRecord(record))
    writeOut(` ${sign} ${String(call).padStart(6)}  ${text}\n`)
  }
  if (parting.a !== undefined && parting.b !== undefined && formatRecord(parting.a) === formatRecord(parting.b)) {
    writeOut('   the two differ in what a line does not show: bytes further on, times, or devices\n')
  }
  const [before, after] = [stateBefore.stat(), stateAfter.stat()]
  tellState('before that call', before)
  if (after !== before) tellState('after it', after)
  return 1
}

function tellState(when: string, stat: string): void {
  writeOut(stat === '' ? `\nthe files were the same ${when}\n` : `\nthe files differed ${when}:\n${stat}`)
}

async function timelineOf(file: string, options: TraceDiffArguments): Promise<Run> {
  const { recording, machine, module, stdin } = await readRecording(file, options)
  return replay(recording, { machine, module, ...(stdin === undefined ? {} : { stdin }) }, { timeline: true }).run
}
