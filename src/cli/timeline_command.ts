/** `vivarium timeline`: a run call by call, with what each changed; as text for a pager, as JSON, or as a page. */

import { basename } from 'node:path'
import {
  type Change,
  formatChange,
  formatRecord,
  type Moment,
  type Run,
  timelinePage,
  VivariumError,
} from '../index.ts'
import { checkExport, writeParts } from '../node/index.ts'
import { exitStatus } from './exit_status.ts'
import { about } from './host_files.ts'
import type { GuestArguments } from './session.ts'
import { writeOut } from './standard_streams.ts'
import { isoOf, visible } from './text.ts'
import { jsonOf, runToLookInto } from './trace_command.ts'

export interface TimelineArguments extends GuestArguments {
  readonly html?: string
  /** Only calls that had to do with this path. */
  readonly when?: string
  /** Only calls that changed the tree. */
  readonly changes?: true
  /** One moment, in full. */
  readonly at?: number
  readonly jsonl?: true
}

export async function timelineCommand(
  path: string,
  args: readonly string[],
  options: TimelineArguments,
): Promise<number> {
  const { html, at } = options
  if (html !== undefined) about(`--html ${html}`, () => checkExport(html))
  const run = await runToLookInto(path, args, options, { timeline: true })
  if (html !== undefined)
    await writeParts(html, [
      new TextEncoder().encode(timelinePage(run, { title: [basename(path), ...args].join(' ') })),
    ])
  else if (at !== undefined) writeOut(momentText(run.at(at)))
  else list(run, options)
  return exitStatus(run.end)
}

function list(run: Run, { when, changes, jsonl }: TimelineArguments): void {
  if (when !== undefined && !when.startsWith('/')) {
    throw new VivariumError('BAD_OPTION', `--when ${when}: the path is not absolute: start it with "/"`)
  }
  const calls = when === undefined ? run.trace.map(({ index }) => index) : run.when(when)
  for (const call of calls) {
    const moment = run.at(call)
    const found = moment.diff()
    if (changes === true && found.length === 0) continue
    if (jsonl === true) writeOut(`${jsonOf({ ...moment.record, changes: found })}\n`)
    else writeOut(lineOf(moment, found))
  }
}

function lineOf({ record, call }: Moment, changes: readonly Change[]): string {
  const line = record === undefined ? 'start' : visible(formatRecord(record))
  return [`${String(call).padStart(6)}  ${line}`, ...changesText(changes).map((line) => `        ${line}`), ''].join(
    '\n',
  )
}

/** A line for each change that is not of times alone. */
function changesText(changes: readonly Change[]): string[] {
  return changes.map(formatChange).flatMap((line) => (line === undefined ? [] : [visible(line)]))
}

/** All of a moment but the contents. */
export function momentText(moment: Moment): string {
  const { realtime, monotonic, descriptors } = moment
  const changes = moment.diff()
  return [
    lineOf(moment, []).trimEnd(),
    '',
    `realtime   ${isoOf(realtime)}`,
    `monotonic  ${monotonic} ns`,
    '',
    'descriptors',
    ...descriptors.map(({ fd, kind, ino, path, preopen, offset, readable, writable, flags }) => {
      const name = preopen === undefined ? '' : `, given as ${visible(preopen)}`
      const where = ino === 0 ? '' : ` inode ${ino} ${path === undefined ? '(no name)' : visible(path)}`
      const access = `${readable ? 'r' : '-'}${writable ? 'w' : '-'}`
      return `${String(fd).padStart(4)}  ${kind} ${access}${where}, offset ${offset}${flags.length > 0 ? `, ${flags.join('|')}` : ''}${name}`
    }),
    '',
    changes.length === 0 ? 'the call changed no file' : 'what the call changed',
    ...changesText(changes).map((line) => `  ${line}`),
    '',
  ].join('\n')
}
