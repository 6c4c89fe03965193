/** Differences as text, in the forms that git made familiar: a line for each file with what came and went, or a patch. */

import { decodeLatin1, decodeUtf8, isUtf8, textOf } from './bytes.ts'
import { type Change, type Side, sideOf } from './diff.ts'
import type { Filesystem } from './filesystem.ts'
import { modeOf } from './git_ids.ts'
import { diffLines, hunksOf, linesOf } from './line_diff.ts'
import { visitTree } from './tree.ts'

/** As git does, a file is text that has no NUL in so many bytes of its start. */
const LOOKED_AT = 8000
/** Larger files are not compared line by line. */
const TEXT_MAX = 4 * 1024 * 1024
/** Columns of plus and minus signs. */
const BAR_MAX = 40

/** What came and went in one file, in lines; or that it is no text. */
interface Count {
  readonly plus: number
  readonly minus: number
  readonly isText: boolean
}

/** A line for each change, as `git diff --stat` has one for each file, and a sum. Empty where there is none. */
export function formatStat(a: Filesystem, b: Filesystem, changes: readonly Change[]): string {
  const rows = changes.map((change) => ({ name: nameOf(change), change, count: countOf(a, b, change) }))
  const width = rows.reduce((most, { name }) => Math.max(most, name.length), 0)
  const most = rows.reduce((largest, { count }) => Math.max(largest, count.plus + count.minus), 1)
  const lines = rows.map(({ name, change, count }) => ` ${name.padEnd(width)} | ${effectOf(change, count, most)}`)
  const plus = rows.reduce((sum, { count }) => sum + count.plus, 0)
  const minus = rows.reduce((sum, { count }) => sum + count.minus, 0)
  const summary = [
    `${rows.length} ${rows.length === 1 ? 'change' : 'changes'}`,
    ...(plus > 0 ? [`${plus} ${plus === 1 ? 'insertion' : 'insertions'}(+)`] : []),
    ...(minus > 0 ? [`${minus} ${minus === 1 ? 'deletion' : 'deletions'}(-)`] : []),
  ]
  return rows.length === 0 ? '' : `${lines.join('\n')}\n ${summary.join(', ')}\n`
}

/**
 * A patch of the contents, as `git diff` has it, which `git apply` and `patch` take; of what is no text it says so, and
 * then `git apply` refuses it. It has no directories, as git knows them only by what is in them: each file in one that
 * was renamed is a rename.
 */
export function formatPatch(a: Filesystem, b: Filesystem, changes: readonly Change[]): string {
  const moves = new Moves(changes)
  const pieces = changes.flatMap((change) => piecesOf(b, change, moves))
  // git takes them one after the other: a path is empty before something comes to it.
  pieces.sort((x, y) =>
    x.key === y.key ? Number(y.after === undefined) - Number(x.after === undefined) : x.key < y.key ? -1 : 1,
  )
  return pieces.map((piece) => patchOf(a, b, piece)).join('')
}

/** What becomes of one file: it is at `from` on the first side and at `key` on the second, or on one of them only. */
interface Piece {
  readonly key: string
  readonly from: string
  readonly before: Side | undefined
  readonly after: Side | undefined
  /** Whether the content may be another. */
  readonly content: boolean
}

/** Where what is in renamed directories was before. */
class Moves {
  readonly #from = new Map<string, string>()
  readonly #known: ReadonlySet<string>
  /** Of the paths of renamed directories, the longest first. */
  readonly #lengths: number[]

  constructor(changes: readonly Change[]) {
    for (const { path, from, after } of changes) {
      if (from !== undefined && after?.kind === 'directory') this.#from.set(path, from)
    }
    this.#lengths = [...new Set([...this.#from.keys()].map(({ length }) => length))].sort((x, y) => y - x)
    this.#known = this.#from.size === 0 ? new Set() : new Set(changes.filter(isThere).map(({ path }) => path))
  }

  /** The renamed directory that is next above a path of the second side. */
  above(path: string): string | undefined {
    const length = this.#lengths.find((each) => path[each] === '/' && this.#from.has(path.slice(0, each)))
    return length === undefined ? undefined : path.slice(0, length)
  }

  /** Where what is at a path was, if it is where it was in its directory. */
  before(path: string): string {
    const above = this.above(path)
    return above === undefined ? path : `${this.#from.get(above)}${path.slice(above.length)}`
  }

  /** Whether a path of the second side has a change of its own. */
  isKnown(path: string): boolean {
    return this.#known.has(path)
  }
}

function isThere({ type }: Change): boolean {
  return type !== 'removed'
}

function piecesOf(b: Filesystem, change: Change, moves: Moves): Piece[] {
  const { type, path, before, after, content, replaced } = change
  if (type === 'removed') return [{ key: path, from: path, before, after, content }]
  if (type === 'added') return [{ key: path, from: path, before, after, content }]
  const was = moves.before(path)
  if (type === 'renamed' && isDirectory(after)) {
    const over = { key: was, from: was, before: replaced, after: undefined, content: true }
    return [...(replaced === undefined ? [] : [over]), ...piecesIn(b, change, moves)]
  }
  const from = change.from ?? was
  if (replaced !== undefined && !isDirectory(replaced)) {
    // To git the file at `path` is there on both sides.
    return [
      { key: from, from, before, after: undefined, content: true },
      ...apart({ key: path, from: was, before: replaced, after, content: true }),
    ]
  }
  return apart({ key: path, from, before, after, content })
}

/**
 * A file that becomes a link goes, and a link comes. So it is with a link that is renamed, as of a mere rename git does
 * not see that it was a link, and takes what comes in its place to be beyond it.
 */
function apart(piece: Piece): Piece[] {
  const { key, from, before, after } = piece
  if (before === undefined || after === undefined) return [piece]
  if (before.kind === after.kind && (before.kind !== 'symlink' || key === from)) return [piece]
  return [
    { key: from, from, before, after: undefined, content: true },
    { key, from: key, before: undefined, after, content: true },
  ]
}

/** The files in a renamed directory of which nothing else is to be said. */
function piecesIn(b: Filesystem, { path, after }: Change, moves: Moves): Piece[] {
  const pieces: Piece[] = []
  visitTree(b, (after as Side).ino, (below, inode) => {
    if (inode.isDirectory()) return
    const key = path + textOf(below)
    if (moves.isKnown(key) || moves.above(key) !== path) return
    const side = sideOf(inode)
    pieces.push(...apart({ key, from: moves.before(key), before: side, after: side, content: false }))
  })
  return pieces
}

function nameOf({ path, from }: Change): string {
  return from === undefined ? quoted(path) : `${quoted(from)} => ${quoted(path)}`
}

function effectOf(change: Change, { plus, minus, isText }: Count, most: number): string {
  const { type, before, after, fields } = change
  const notes = fields.map((field) => noteOf(field, before, after)).join(', ')
  const [was, is] = [before?.kind ?? 'none', after?.kind ?? 'none']
  if (type === 'metadata' || !change.content) return notes === '' ? 'moved' : notes
  if (before !== undefined && after !== undefined && was !== is) return `${was} -> ${is}`
  const kind = after?.kind ?? was
  if (kind !== 'file') return `${kind}${after?.target === undefined ? '' : ` -> ${after.target}`} ${type}`
  if (!isText) return `Bin ${before?.size ?? 0} -> ${after?.size ?? 0} bytes`
  const scale = Math.min(1, BAR_MAX / most)
  const [pluses, minuses] = [plus, minus].map((count) => (count === 0 ? 0 : Math.max(1, Math.round(count * scale))))
  return `${plus + minus} ${'+'.repeat(pluses as number)}${'-'.repeat(minuses as number)}`.trimEnd()
}

function noteOf(field: string, before: Side | undefined, after: Side | undefined): string {
  if (field === 'mode') return `mode ${octal(before)} -> ${octal(after)}`
  if (field === 'nlink') return `links ${before?.nlink} -> ${after?.nlink}`
  return field
}

function octal(side: Side | undefined): string {
  return (side?.mode ?? 0).toString(8).padStart(4, '0')
}

function countOf(a: Filesystem, b: Filesystem, change: Change): Count {
  const [was, is] = [textAt(a, change.before), textAt(b, change.after)]
  if (!change.content) return { plus: 0, minus: 0, isText: true }
  if (was === undefined || is === undefined) return { plus: 0, minus: 0, isText: false }
  const { gone, fresh } = diffLines(linesOf(was), linesOf(is))
  return { plus: sum(fresh), minus: sum(gone), isText: true }
}

function sum(flags: Uint8Array): number {
  return flags.reduce((all, flag) => all + flag, 0)
}

/** The text of a file or link; empty where nothing is there, `undefined` where it is no text. */
function textAt(fs: Filesystem, side: Side | undefined): string | undefined {
  if (side === undefined) return ''
  const inode = fs.get(side.ino)
  if (inode.isSymlink()) return textOf(inode.body)
  if (!inode.isFile()) return ''
  if (inode.body.size > TEXT_MAX) return undefined
  const bytes = inode.body.toBytes()
  if (bytes.subarray(0, LOOKED_AT).includes(0) || !isUtf8(decodeLatin1(bytes))) return undefined
  return decodeUtf8(bytes)
}

function patchOf(a: Filesystem, b: Filesystem, { key, from, before, after, content }: Piece): string {
  const [was, is] = [modeAt(a, before), modeAt(b, after)]
  // What git does not know, and directories, are no part of a patch.
  if ((was ?? is) === undefined || isDirectory(before) || isDirectory(after)) return ''
  const [old, now] = [`a${from}`, `b${key}`]
  const head = [`diff --git ${quoted(old)} ${quoted(now)}`]
  if (before === undefined) head.push(`new file mode ${is}`)
  else if (after === undefined) head.push(`deleted file mode ${was}`)
  else if (was !== is) head.push(`old mode ${was}`, `new mode ${is}`)
  if (from !== key) head.push(`rename from ${quoted(from.slice(1))}`, `rename to ${quoted(key.slice(1))}`)
  const [x, y] = content ? [textAt(a, before), textAt(b, after)] : ['', '']
  if (x === undefined || y === undefined) {
    const sides = [before === undefined ? '/dev/null' : quoted(old), after === undefined ? '/dev/null' : quoted(now)]
    head.push(`Binary files ${sides.join(' and ')} differ`)
  } else if (x !== y) {
    head.push(`--- ${before === undefined ? '/dev/null' : ended(old)}`)
    head.push(`+++ ${after === undefined ? '/dev/null' : ended(now)}`)
    return `${head.join('\n')}\n${hunksOf(diffLines(linesOf(x), linesOf(y)))}`
  }
  return head.length > 1 ? `${head.join('\n')}\n` : ''
}

/** A name with a blank in it ends with a tab, so that a time after it is none of it. */
function ended(name: string): string {
  return quoted(name) + (name.includes(' ') ? '\t' : '')
}

function isDirectory(side: Side | undefined): boolean {
  return side?.kind === 'directory'
}

function modeAt(fs: Filesystem, side: Side | undefined): string | undefined {
  return side === undefined ? undefined : modeOf(fs.get(side.ino))
}

/** A name as git quotes it where it has to. */
function quoted(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what git quotes
  const escaped = name.replace(/[\x00-\x1f\x7f"\\]/g, (char) =>
    char === '"' || char === '\\' ? `\\${char}` : `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
  )
  return escaped === name ? name : `"${escaped}"`
}
