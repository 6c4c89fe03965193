/** What of a guest was reached: by function and edge for every module, by line where it has DWARF's line tables. */

import { EdgeMap, hasEdge } from '../cpu/edge_map.ts'
import { customSections, functionNames } from './custom_sections.ts'
import { type LineRange, readLines } from './dwarf_lines.ts'

export interface FunctionCoverage {
  /** Its index in the module. */
  readonly index: number
  /** From the section `name`; else `function 12`. */
  readonly name: string
  readonly entered: boolean
  readonly edges: number
  readonly taken: number
  /** The edges that were not taken; `offset` counts bytes from the start of the module. None of a function that was not entered. */
  readonly missed: readonly { readonly edge: number; readonly kind: string; readonly offset: number }[]
}

/** Plain data, for JSON. */
export interface CoverageReport {
  readonly edges: number
  readonly taken: number
  readonly functions: readonly FunctionCoverage[]
}

/**
 * By function, in the order of the module. `bytes` is the guest as it is, `taken` a set of edges: of a run's `coverage`,
 * or of a campaign's.
 * @throws VivariumError `BAD_MODULE`.
 */
export function coverageReport(bytes: Uint8Array, taken: Uint32Array): CoverageReport {
  const { edges, functions } = new EdgeMap(bytes)
  const names = functionNames(bytes)
  const covered = functions.map(({ index, first, last }): FunctionCoverage => {
    const own = Array.from({ length: last - first }, (_, at) => first + at)
    const left = own.filter((edge) => !hasEdge(taken, edge))
    const entered = hasEdge(taken, first)
    const missed = left.map((edge) => {
      const { kind, offset } = edges[edge] as (typeof edges)[number]
      return { edge, kind, offset }
    })
    const name = names.get(index) ?? `function ${index}`
    return { index, name, entered, edges: own.length, taken: own.length - left.length, missed: entered ? missed : [] }
  })
  return { edges: edges.length, taken: covered.reduce((sum, each) => sum + each.taken, 0), functions: covered }
}

/** The report as lines of text: all functions, and of those that were entered each edge that was not taken. */
export function formatCoverage({ edges, taken, functions }: CoverageReport): string {
  const entered = functions.filter((each) => each.entered).length
  const lines = [`${taken} of ${edges} edges, ${entered} of ${functions.length} functions`]
  for (const { name, entered, edges, taken, missed } of functions) {
    lines.push(entered ? `${String(taken).padStart(6)}/${edges} ${name}` : `${'never'.padStart(6)} ${name}`)
    for (const { kind, offset } of missed)
      lines.push(`${' '.repeat(9)}not taken: ${kind}, at byte 0x${offset.toString(16)}`)
  }
  return `${lines.join('\n')}\n`
}

export interface LcovOptions {
  /** What a file of the line tables is called in the report; `undefined` leaves it out. Default: as it is called there. */
  readonly path?: (file: string) => string | undefined
}

/** What is known of one file of source. */
class SourceFile {
  /** Whether each line was executed. */
  readonly lines = new Map<number, boolean>()
  readonly functions: { readonly name: string; readonly line: number; readonly entered: boolean }[] = []
  readonly branches: { readonly line: number; readonly ways: readonly (boolean | undefined)[] }[] = []

  text(path: string): string {
    const lines = [...this.lines].sort(([a], [b]) => a - b)
    const functions = [...this.functions].sort((a, b) => a.line - b.line)
    const branches = [...this.branches].sort((a, b) => a.line - b.line)
    const ways = branches.flatMap((each) => each.ways)
    const count = (executed: boolean): number => (executed ? 1 : 0)
    return [
      'TN:',
      `SF:${path}`,
      ...functions.map(({ line, name }) => `FN:${line},${name}`),
      ...functions.map(({ name, entered }) => `FNDA:${count(entered)},${name}`),
      `FNF:${functions.length}`,
      `FNH:${functions.filter(({ entered }) => entered).length}`,
      ...branches.flatMap(({ line, ways }, block) =>
        ways.map((way, branch) => `BRDA:${line},${block},${branch},${way === undefined ? '-' : count(way)}`),
      ),
      `BRF:${ways.length}`,
      `BRH:${ways.filter((way) => way === true).length}`,
      ...lines.map(([line, executed]) => `DA:${line},${count(executed)}`),
      `LF:${lines.length}`,
      `LH:${lines.filter(([, executed]) => executed).length}`,
      'end_of_record',
      '',
    ].join('\n')
  }
}

/**
 * By line, as `lcov` and `genhtml` read it: lines, functions and branches, each 0 or 1. `undefined` for a module
 * without line tables: it has to be compiled with `-g`, and not stripped.
 * @throws VivariumError `BAD_MODULE`, DwarfError for line tables that are damaged.
 */
export function lcov(
  bytes: Uint8Array,
  taken: Uint32Array,
  { path = (file) => file }: LcovOptions = {},
): string | undefined {
  const custom = customSections(bytes)
  const line = custom.get('.debug_line')
  if (line === undefined) return undefined
  const ranges = readLines({
    line,
    lineStrings: custom.get('.debug_line_str'),
    strings: custom.get('.debug_str'),
  }).sort((a, b) => a.from - b.from)
  const map = new EdgeMap(bytes)
  const names = functionNames(bytes)
  const files = new Map<string, SourceFile>()
  const fileOf = ({ file }: LineRange): SourceFile => {
    const found = files.get(file) ?? new SourceFile()
    files.set(file, found)
    return found
  }
  map.functions.forEach(({ index, from, to, first }, which) => {
    const own = rangesIn(ranges, from - map.code, to - map.code)
    const [start] = own
    if (start === undefined) return
    const name = names.get(index) ?? `function ${index}`
    fileOf(start).functions.push({ name, line: start.line, entered: hasEdge(taken, first) })
    const spans = map.spans(which, taken)
    let span = 0
    for (const range of own) {
      while (span < spans.length && (spans[span]?.to ?? 0) - map.code <= range.from) span++
      let executed = false
      for (let at = span; at < spans.length && (spans[at]?.from ?? 0) - map.code < range.to; at++) {
        executed ||= spans[at]?.executed === true
      }
      const { lines } = fileOf(range)
      lines.set(range.line, executed || lines.get(range.line) === true)
    }
  })
  for (const { offset, edges } of map.branches) {
    const range = rangeAt(ranges, offset - map.code)
    if (range === undefined) continue
    const ways = edges.map((edge) => hasEdge(taken, edge))
    // Where control never was, no way was refused.
    const reached = ways.includes(true)
    fileOf(range).branches.push({ line: range.line, ways: ways.map((way) => (reached ? way : undefined)) })
  }
  return [...files]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, found]) => [path(file), found] as const)
    .map(([name, found]) => (name === undefined ? '' : found.text(name)))
    .join('')
}

/** The first of `ranges`, which are in order, that starts at `address` or after it. */
function firstFrom(ranges: readonly LineRange[], address: number): number {
  let [low, high] = [0, ranges.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ranges[middle] as LineRange).from < address) low = middle + 1
    else high = middle
  }
  return low
}

/** The one that has `address` in it. */
function rangeAt(ranges: readonly LineRange[], address: number): LineRange | undefined {
  const range = ranges[firstFrom(ranges, address + 1) - 1]
  return range !== undefined && address < range.to ? range : undefined
}

/** Those that start in a stretch of code. */
function rangesIn(ranges: readonly LineRange[], from: number, to: number): LineRange[] {
  const found: LineRange[] = []
  for (let at = firstFrom(ranges, from); at < ranges.length && (ranges[at] as LineRange).from < to; at++)
    found.push(ranges[at] as LineRange)
  return found
}
