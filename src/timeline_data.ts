/**
 * What the page of a run knows, as JSON: the tree and the descriptors at its first moment, what each call made other
 * than it was, and of the contents what the run had to do with. `src/page` goes through it in a browser.
 */

import { byteString, decodeLatin1, textOf } from '../vfs/bytes.ts'
import { type Change, diffTrees, sideOf } from '../vfs/diff.ts'
import { Directory } from '../vfs/directory.ts'
import { Errno } from '../vfs/errno.ts'
import type { Filesystem } from '../vfs/filesystem.ts'
import type { Inode, Kind } from '../vfs/inode.ts'
import { ROOT_INO } from '../vfs/inode_table.ts'
import { type CallName, signatures } from './abi/signatures.ts'
import { VivariumError } from './error.ts'
import type { End, Run, TraceRecord } from './run.ts'
import type { DescriptorState, Moment } from './timeline.ts'
import { FileVersions, type Version } from './timeline_contents.ts'
import { touchedPaths } from './timeline_paths.ts'

export interface PageData {
  readonly title: string
  /** Calls that the run made. */
  readonly calls: number
  /** The moments that are in the page, from the first to the last. */
  readonly first: number
  readonly last: number
  readonly end: End | null
  /** Of each file at most so many bytes, from its start, are in the page. */
  readonly maxFileBytes: number
  /** Bounds the page, and so what is in it. */
  readonly maxPageBytes: number
  /** Nanoseconds since the machine began, at the first moment. */
  readonly monotonic: bigint
  readonly realtime: bigint
  /** The first moment, as a step from nothing. */
  readonly start: Step
  /** The calls from `first + 1` to `last`, and what each of them did. */
  readonly records: readonly TraceRecord[]
  readonly steps: readonly Step[]
  /** In the order of the calls that made them. */
  readonly versions: readonly PageVersion[]
  /** Files whose contents would not have fitted, each with the call from which on they are not in the page. */
  readonly leftOut: readonly (readonly [ino: number, call: number])[]
}

/** What is other than it was before. Every part that is absent is empty. */
export interface Step {
  /** Present where the moment was not kept: then the tree is that of the moment before. */
  readonly isUnknown?: true
  /** Inodes that are new or other than they were. */
  readonly inodes?: readonly PageInode[]
  /** Numbers of those that are no more. */
  readonly gone?: readonly number[]
  /** Names that came, went (0) or lead to another inode. */
  readonly entries?: readonly PageEntry[]
  readonly descriptors?: readonly PageDescriptor[]
  readonly closed?: readonly number[]
  readonly changes?: readonly Change[]
  /** Inodes that the call had to do with. */
  readonly touched?: readonly number[]
}

export interface PageInode {
  readonly ino: number
  readonly kind: Kind
  readonly mode: number
  readonly nlink: number
  readonly size: number
  readonly mtime: bigint
  readonly target?: string
}

export type PageEntry = readonly [dir: number, name: string, ino: number]

/** Without its path, which is a matter of the tree. */
export type PageDescriptor = Omit<DescriptorState, 'path'>

/**
 * From a call on, `removed` bytes at the offset `at` of what is kept of a file are `bytes` instead. These are one
 * character each, 0 to 255; or base64, in a list of one, where that is shorter.
 */
export type PageVersion = readonly [
  ino: number,
  call: number,
  at: number,
  removed: number,
  bytes: string | readonly [string],
]

export interface TimelineDataOptions {
  readonly title: string
  readonly maxFileBytes: number
  /** Of the JSON. */
  readonly maxBytes: number
  /** As the page tells it. */
  readonly maxPageBytes: number
}

/**
 * The JSON of a `PageData`: ASCII without a `<`, so that no HTML ends it; bigints are `{"bigint":"1"}`.
 * @throws VivariumError `NO_MOMENT` without a timeline; `BAD_OPTION` where the tree alone is over the bound.
 */
export function timelineJson(run: Run, options: TimelineDataOptions): string {
  const { title, maxFileBytes, maxBytes, maxPageBytes } = options
  const first = firstMoment(run)
  const start = run.at(first)
  const files = new FileVersions(maxFileBytes, maxBytes)
  const calls: string[] = []
  const steps: string[] = []
  const startJson = jsonOf(stepBetween(undefined, start))
  let size = startJson.length + jsonOf({ title, end: run.end ?? null }).length + 512
  if (size > maxBytes) {
    throw new VivariumError(
      'BAD_OPTION',
      `the names of the tree alone are ${size} bytes: give maxPageBytes, which is ${maxPageBytes}, more than that`,
    )
  }
  let before = start
  for (const record of run.trace.slice(first)) {
    const after = momentAt(run, record.index)
    const step = after === undefined ? { isUnknown: true as const } : stepBetween(before, after, record)
    const [call, stepJson] = [jsonOf(record), jsonOf(step)]
    size += call.length + stepJson.length + 2
    if (size > maxBytes) break
    calls.push(call)
    steps.push(stepJson)
    if (after === undefined) continue
    for (const ino of step.touched ?? []) files.see(ino, record.index, before.tree, after.tree)
    before = after
  }
  const { versions, leftOut } = fitting(files, maxBytes - size)
  const last = first + calls.length
  const { monotonic, realtime } = start
  const head = jsonOf({ title, calls: run.calls, first, last, end: run.end ?? null, maxFileBytes, maxPageBytes })
  const tail = jsonOf({ monotonic, realtime, leftOut })
  return [
    `${head.slice(0, -1)},${tail.slice(1, -1)},\n"start":${startJson},\n"records":[${calls.join(',\n')}],`,
    `"steps":[${steps.join(',\n')}],\n"versions":[${versions.join(',\n')}]}`,
  ].join('\n')
}

/** The first moment that the run kept. @throws VivariumError `NO_MOMENT` where it kept none. */
function firstMoment(run: Run): number {
  for (let call = 0; call < run.calls; call++) if (momentAt(run, call) !== undefined) return call
  run.at(run.calls)
  return run.calls
}

function momentAt(run: Run, call: number): Moment | undefined {
  try {
    return run.at(call)
  } catch (error) {
    if (error instanceof VivariumError && error.code === 'NO_MOMENT') return undefined
    throw error
  }
}

function stepBetween(before: Moment | undefined, after: Moment, record?: TraceRecord): Step {
  const [was, is] = [before?.tree, after.tree]
  const inodes: PageInode[] = []
  const gone: number[] = []
  const entries: PageEntry[] = []
  const touched =
    record === undefined || before === undefined ? new Set<number>() : touchedInodes(record, before, after)
  is.table.difference(was?.table, (ino, old, now) => {
    if (was !== undefined) touched.add(ino)
    if (now === undefined) gone.push(ino)
    else inodes.push(inodeOf(now))
    const dir = directoryOf(now)
    dir.difference(directoryOf(old), (name, _old, found) => {
      entries.push([ino, textOf(name), found])
    })
  })
  const descriptors = after.descriptors.map(({ path: _path, ...state }) => state)
  const known = new Map(before?.descriptors.map(({ path: _path, ...state }) => [state.fd, jsonOf(state)]))
  const opened = descriptors.filter((state) => known.get(state.fd) !== jsonOf(state))
  for (const { fd } of descriptors) known.delete(fd)
  const changes = was === undefined || is.table.isSame(was.table) ? [] : diffTrees(was, is)
  return {
    ...(inodes.length > 0 ? { inodes } : {}),
    ...(gone.length > 0 ? { gone } : {}),
    ...(entries.length > 0 ? { entries } : {}),
    ...(opened.length > 0 ? { descriptors: opened } : {}),
    ...(known.size > 0 ? { closed: [...known.keys()] } : {}),
    ...(changes.length > 0 ? { changes } : {}),
    ...(touched.size > 0 ? { touched: [...touched] } : {}),
  }
}

/** What the paths of a call led to, and what its descriptors were open on, though it may have no name. */
function touchedInodes(record: TraceRecord, before: Moment, after: Moment): Set<number> {
  const inos = new Set<number>()
  const paths = touchedPaths(record, before, after)
  for (const { tree, descriptors } of [before, after]) {
    for (const path of paths) {
      const ino = lookUp(tree, path)
      if (ino !== 0) inos.add(ino)
    }
    const { params } = signatures[record.call as CallName]
    if (params.some(({ kind }) => kind === 'path')) continue
    for (const { name, kind } of params) {
      const ino = kind === 'fd' ? descriptors.find(({ fd }) => fd === record.args[name])?.ino : undefined
      if (ino !== undefined && ino !== 0) inos.add(ino)
    }
  }
  return inos
}

function lookUp(tree: Filesystem, path: string): number {
  const ino = tree.lookup(ROOT_INO, byteString(path), 'nofollow', 'clamp')
  return ino instanceof Errno ? 0 : ino
}

function inodeOf(inode: Readonly<Inode>): PageInode {
  const { ino, kind, mode, nlink, size, mtime, target } = sideOf(inode)
  return { ino, kind, mode, nlink, size, mtime, ...(target === undefined ? {} : { target }) }
}

const NONE = new Directory(0)

function directoryOf(inode: Readonly<Inode> | undefined): Directory {
  return inode?.isDirectory() === true ? inode.body : NONE
}

/** The versions that there is room for, as JSON, and the files of which something is missing. */
function fitting(files: FileVersions, room: number): { versions: string[]; leftOut: [ino: number, call: number][] } {
  const leftOut = new Map(files.leftOut)
  const versions: string[] = []
  let size = 0
  for (const version of files.versions) {
    const missing = leftOut.get(version.ino)
    if (missing !== undefined && missing <= version.call) continue
    const json = versionJson(version)
    if (size + json.length > room) leftOut.set(version.ino, version.call)
    else {
      versions.push(json)
      size += json.length + 2
    }
  }
  return { versions, leftOut: [...leftOut] }
}

function versionJson({ ino, call, at, removed, bytes }: Version): string {
  const text = jsonOf(decodeLatin1(bytes))
  const shorter = text.length > (bytes.length * 4) / 3 + 8 ? `["${base64(bytes)}"]` : text
  return `[${ino},${call},${at},${removed},${shorter}]`
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** As a browser's `atob` reads it. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i] as number, bytes[i + 1], bytes[i + 2]]
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0)
    const digits = [18, 12, 6, 0].map((shift) => DIGITS[(bits >> shift) & 63])
    text += digits.slice(0, b === undefined ? 2 : c === undefined ? 3 : 4).join('')
    if (c === undefined) text += b === undefined ? '==' : '='
  }
  return text
}

/** ASCII only, so that its length is its size. */
function jsonOf(value: unknown): string {
  const json = JSON.stringify(value, (_name, inner) => (typeof inner === 'bigint' ? { bigint: `${inner}` } : inner))
  return json.replace(/[<\x7f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
