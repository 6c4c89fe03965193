/** A failure as it is told: the world, what was wrong, the last calls, and how to see it again. */

import { decodeLatin1, decodeUtf8, isUtf8 } from '../../vfs/bytes.ts'
import type { TraceRecord } from '../run.ts'
import { formatRecord } from '../trace_format.ts'
import { framesOf } from './judge.ts'
import type { Failure, Outcome } from './outcome.ts'
import { formatReproducer, LINE_MAX, type Reproducer } from './reproducer.ts'
import type { World, WorldFiles } from './world.ts'

/** One failure, of all that are taken for the same. As JSON takes it, but for the bytes in the world. */
export interface Finding {
  /** Which run, or which case of a sweep, found it; findings are in this order. */
  readonly index: number
  /** `trap`, `limit`, `deadlock`, `signal`, `property`, or the name of an oracle. */
  readonly kind: string
  readonly message: string
  /** What makes it the same as others: the place of a trap, or kind, message and last calls. */
  readonly key: string
  /** The simplest world in which it was seen. */
  readonly world: World
  /** Of a trap: the functions on the guest's stack, innermost first. */
  readonly stack: readonly string[]
  /** The last calls of the run, as strace writes them. */
  readonly calls: readonly string[]
  /** `viv1:…`, for `vivarium replay`. */
  readonly reproducer: string
}

/** Calls that are shown. */
const SHOWN = 20
/** Calls that tell one failure of a property from another. */
const TELLING = 3
/** Bytes of one file or of stdin that are shown. */
const BYTES_SHOWN = 256

/** What tells a failure from others. */
export function keyOf({ site, kind }: Failure, outcome: Outcome): string {
  if (['trap', 'limit', 'deadlock', 'signal'].includes(kind)) return site
  return `${site} after ${lastCalls(outcome.trace, TELLING)}`
}

/** The last calls by name, those that are the same once. */
function lastCalls(trace: readonly TraceRecord[], count: number): string {
  const names: string[] = []
  for (let at = trace.length - 1; at >= 0 && names.length < count; at--) {
    const { call } = trace[at] as TraceRecord
    if (names[0] !== call) names.unshift(call)
  }
  return names.join(', ')
}

/** Without those that came to the same world as one before, for whole campaigns: shards do not know what others found. */
export function distinct<Each extends Pick<Finding, 'reproducer'>>(findings: readonly Each[]): Each[] {
  const seen = new Set<string>()
  return findings.filter(({ reproducer }) => !seen.has(reproducer) && seen.add(reproducer))
}

/** `reproducer` without what is here. */
export function findingOf(
  index: number,
  key: string,
  failure: Failure,
  outcome: Outcome,
  reproducer: Omit<Reproducer, 'world' | 'failure'>,
): Finding {
  const { kind, message, site } = failure
  const { world, end, trace } = outcome
  const failing = failure.faults === undefined ? world : { ...world, faults: failure.faults }
  return {
    index,
    kind,
    message,
    key,
    world: failing,
    stack: end?.kind === 'trap' ? framesOf(end.stack).map(({ name, place }) => `${name ?? '?'} (${place})`) : [],
    calls: trace.slice(-SHOWN).map((record) => `${record.index} ${formatRecord(record)}`),
    reproducer: formatReproducer({ ...reproducer, world: failing, failure: { kind, message, site } }),
  }
}

/** Some lines of text for people. `file` is where the reproducer was written, if it is too long for a line. */
export function formatFinding(finding: Finding, file?: string): string {
  const { kind, message, world, stack, calls, reproducer } = finding
  const lines = [`${kind}: ${message}`, ...stack.map((frame) => `    at ${frame}`), 'world:', ...formatWorld(world)]
  if (calls.length > 0) lines.push(`last ${calls.length} calls:`, ...calls.map((call) => `    ${call}`))
  const isLong = reproducer.length > LINE_MAX
  const shown =
    file ??
    (isLong ? `FILE   (a file with the ${reproducer.length} characters of finding.reproducer)` : `'${reproducer}'`)
  lines.push('to see it again:', `    vivarium replay ${shown}`)
  return lines.join('\n')
}

/** A world for people, one part a line. */
export function formatWorld(world: World): string[] {
  const { files, args, env, stdin, faults } = world
  const lines: string[] = []
  if (args !== undefined) lines.push(`    arguments  ${args.map((arg) => JSON.stringify(arg)).join(' ')}`)
  for (const [name, value] of Object.entries(env ?? {})) lines.push(`    variable   ${name}=${JSON.stringify(value)}`)
  if (stdin !== undefined) lines.push(`    stdin      ${contentText(stdin)}`)
  if (files !== undefined) lines.push(...formatFiles(files))
  for (const part of ['seed', 'epoch', 'listing'] as const) {
    if (world[part] !== undefined) lines.push(`    ${part.padEnd(10)} ${JSON.stringify(world[part])}`)
  }
  if (faults !== undefined) lines.push(`    faults     ${faults}`)
  return lines.length === 0 ? ['    (nothing but the base)'] : lines
}

function formatFiles(files: WorldFiles): string[] {
  return Object.entries(files).map(([path, entry]) => `    file       ${JSON.stringify(path)}  ${entryText(entry)}`)
}

function entryText(entry: WorldFiles[string]): string {
  if (entry === null) return 'a directory'
  if (typeof entry === 'string' || entry instanceof Uint8Array) return contentText(entry)
  if (entry.data !== undefined) return `${entry.executable === true ? 'executable ' : ''}${contentText(entry.data)}`
  if (entry.symlink !== undefined) return `-> ${JSON.stringify(entry.symlink)}`
  if (entry.hardlink !== undefined) return `another name of ${JSON.stringify(entry.hardlink)}`
  return entry.device === undefined ? 'a directory' : `the device ${entry.device}`
}

/** As text where it is such, else in hexadecimal digits. */
function contentText(content: string | Uint8Array): string {
  const isText = typeof content === 'string' || isUtf8(decodeLatin1(content))
  if (isText) {
    const text = JSON.stringify(typeof content === 'string' ? content : decodeUtf8(content))
    return text.length <= BYTES_SHOWN ? text : `${text.slice(0, BYTES_SHOWN)}… (${content.length})`
  }
  const digits = Array.from(content.subarray(0, BYTES_SHOWN / 2), (byte) => byte.toString(16).padStart(2, '0')).join(
    ' ',
  )
  return `${content.length} bytes: ${digits}${content.length > BYTES_SHOWN / 2 ? ' …' : ''}`
}
