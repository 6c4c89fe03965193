/** `vivarium replay`: a recorded run once more, to prove that it is the same, or to stop in the middle and look. */

import { existsSync, readFileSync, statSync } from 'node:fs'
import {
  formatRecord,
  type Replay,
  type Run,
  replay,
  snapshotParts,
  type TimelineOptions,
  type TraceRecord,
} from '../index.ts'
import { checkExport, HostError, writeParts } from '../node/index.ts'
import type { BreakArgument } from './arguments.ts'
import { about } from './host_files.ts'
import { readRecording } from './recording_file.ts'
import { say, writeError, writeOut } from './standard_streams.ts'
import { momentText } from './timeline_command.ts'
import { jsonOf } from './trace_command.ts'

export interface ReplayArguments {
  readonly module?: string
  /** Of a failure of `vivarium fuzz`: where the property and the machine are now. */
  readonly property?: string
  readonly from?: string
  /** Stops after this call. */
  readonly to?: number
  /** Stops after the first call that matches: a call's name, an errno after a colon, or both. */
  readonly break?: BreakArgument
  readonly snapshot?: string
  readonly trace?: true
  readonly json?: true
  readonly cache: boolean
  readonly cacheDir?: string
}

/** 0 where the run was the same, or stopped where it was to; 1 where it was not. */
export async function replayCommand(file: string, options: ReplayArguments): Promise<number> {
  const { snapshot } = options
  if (snapshot !== undefined) about(`--snapshot ${snapshot}`, () => checkExport(snapshot))
  const stops = options.to !== undefined || options.break !== undefined
  if (snapshot !== undefined && !stops) {
    const problem = '--snapshot saves the state at a call: say which by --to N or --break CALL:ERRNO'
    throw new HostError('REFUSED', snapshot, problem)
  }
  const timeline: TimelineOptions = { last: 2, until: (record) => isStop(record, options) }
  const line = worldLine(file)
  if (line !== undefined) {
    const { replayWorld, runWorld } = await import('./replay_world.ts')
    return stops ? tellStop(await runWorld(line, options, timeline), options) : replayWorld(line, options)
  }
  const { recording, machine, module, stdin } = await readRecording(file, options)
  const again = replay(
    recording,
    { machine, module, ...(stdin === undefined ? {} : { stdin }) },
    stops || options.trace === true ? { timeline } : {},
  )
  if (options.trace === true) for (const record of again.run.trace) writeError(`${formatRecord(record)}\n`)
  return stops ? await tellStop(again.run, options) : tellProof(again, options)
}

/** The text of a failure of `vivarium fuzz`, as it is given or in the file. */
function worldLine(text: string): string | undefined {
  const isLine = (line: string): boolean => /^viv\d+:/.test(line)
  if (isLine(text)) return text
  // What cannot be read is said where recordings are read.
  if (!existsSync(text) || !statSync(text).isFile()) return undefined
  const content = readFileSync(text, 'latin1')
  return isLine(content) ? content : undefined
}

function isStop({ index, call, errno }: TraceRecord, options: ReplayArguments): boolean {
  if (options.to === index) return true
  const wanted = options.break
  if (wanted === undefined) return false
  return (wanted.call === undefined || wanted.call === call) && (wanted.errno === undefined || wanted.errno === errno)
}

async function tellStop(run: Run, options: ReplayArguments): Promise<number> {
  const stopped = run.end?.kind === 'limit' && run.end.limit === 'until'
  // The last call ends the run by itself.
  if (!stopped && !run.trace.slice(-1).some((record) => isStop(record, options))) {
    const wanted = options.break === undefined ? `call ${options.to}` : `call that is ${options.break.text}`
    say(`the run ended before any ${wanted}: it made ${run.calls} calls`)
    return 1
  }
  const moment = run.at(run.calls)
  if (options.json === true) {
    const { call, record, descriptors, realtime, monotonic, cwd } = moment
    const state = { call, record, descriptors, realtime, monotonic, cwd, changes: moment.diff() }
    writeOut(`${jsonOf({ ...state, stateDigest: moment.snapshot().stateDigest })}\n`)
  } else writeOut(momentText(moment))
  if (options.snapshot !== undefined) {
    await writeParts(options.snapshot, snapshotParts([{ name: `call ${run.calls}`, snapshot: moment.snapshot() }]))
  }
  return 0
}

function tellProof({ run, differences }: Replay, options: ReplayArguments): number {
  if (options.json === true) writeOut(`${jsonOf({ same: differences.length === 0, differences, calls: run.calls })}\n`)
  else if (differences.length === 0) {
    writeOut(`the same: ${run.calls} calls, trace digest ${run.traceDigest}, the same output and the same state\n`)
  } else for (const difference of differences) say(`the run is not as it was recorded: ${difference}`)
  return differences.length === 0 ? 0 : 1
}
