/**
 * Which lines went and which came between two texts: a shortest way from one to the other (E. Myers, "An O(ND)
 * Difference Algorithm and Its Variations", 1986), and the hunks of a patch that say it.
 */

/** Lines that may come and go before the texts count as having nothing in common: the search costs their square. */
const EDITS_MAX = 4000
/** Lines shown before and after what changed. */
const CONTEXT = 3

export interface LineDiff {
  /** Each with its end of line, which the last may not have. */
  readonly before: readonly string[]
  readonly after: readonly string[]
  /** For each line of `before` 1 if it is gone, for each of `after` 1 if it is new. */
  readonly gone: Uint8Array
  readonly fresh: Uint8Array
}

/** A line ends with `\n` and with nothing else. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n')
  const last = lines.pop() as string
  const ended = lines.map((line) => `${line}\n`)
  if (last !== '') ended.push(last)
  return ended
}

export function diffLines(before: readonly string[], after: readonly string[]): LineDiff {
  const gone = new Uint8Array(before.length).fill(1)
  const fresh = new Uint8Array(after.length).fill(1)
  const keep = (i: number, k: number): void => {
    gone[i] = 0
    fresh[k] = 0
  }
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) keep(start, start++)
  let [end, endAfter] = [before.length, after.length]
  while (end > start && endAfter > start && before[end - 1] === after[endAfter - 1]) keep(--end, --endAfter)
  // A line that the other text has not is no part of what they share.
  const [numbers, others] = [new Map<string, number>(), new Map<string, number>()]
  for (let i = start; i < end; i++) numbers.set(before[i] as string, i)
  for (let k = start; k < endAfter; k++) others.set(after[k] as string, k)
  const [xs, ys]: [number[], number[]] = [[], []]
  for (let i = start; i < end; i++) if (others.has(before[i] as string)) xs.push(i)
  for (let k = start; k < endAfter; k++) if (numbers.has(after[k] as string)) ys.push(k)
  const numberOf = (line: string): number => numbers.get(line) as number
  const x = Int32Array.from(xs, (i) => numberOf(before[i] as string))
  const y = Int32Array.from(ys, (k) => numberOf(after[k] as string))
  for (const [i, k] of shared(x, y)) keep(xs[i] as number, ys[k] as number)
  return { before, after, gone, fresh }
}

/** The pairs of places of a longest common subsequence; none where there are over `EDITS_MAX` edits. */
function shared(x: Int32Array, y: Int32Array): [number, number][] {
  // On diagonal d (place in x less place in y) `furthest[d + edits]` is how far `edits` edits go in x.
  const steps: Int32Array[] = []
  let furthest = new Int32Array(1)
  for (let edits = 0; edits <= EDITS_MAX; edits++) {
    const last = furthest
    furthest = new Int32Array(2 * edits + 1)
    for (let at = 0; at <= 2 * edits; at += 2) {
      const diagonal = at - edits
      let i = edits === 0 ? 0 : startOn(last, at, edits)
      while (i < x.length && i - diagonal < y.length && x[i] === y[i - diagonal]) i++
      furthest[at] = i
      if (i >= x.length && i - diagonal >= y.length) return wayBack(x, y, steps, edits, diagonal)
    }
    steps.push(furthest)
  }
  return []
}

/** Where a diagonal is entered with one edit more: by a removal from the one below, or an insertion from the one above. */
function startOn(last: Int32Array, at: number, edits: number): number {
  const removes = at >= 2 ? (last[at - 2] as number) + 1 : -1
  const inserts = at <= 2 * edits - 2 ? (last[at] as number) : -1
  return Math.max(removes, inserts)
}

function wayBack(
  x: Int32Array,
  y: Int32Array,
  steps: readonly Int32Array[],
  edits: number,
  end: number,
): [number, number][] {
  const pairs: [number, number][] = []
  let [i, k, diagonal] = [x.length, y.length, end]
  for (let left = edits; left >= 0; left--) {
    const last = steps[left - 1]
    const start = last === undefined ? 0 : startOn(last, diagonal + left, left)
    while (i > start) pairs.push([--i, --k])
    if (last === undefined) break
    const isRemoval = diagonal + left >= 2 && (last[diagonal + left - 2] as number) + 1 === start
    if (isRemoval) {
      i--
      diagonal--
    } else {
      k--
      diagonal++
    }
  }
  return pairs
}

/** The hunks of a patch; empty where nothing changed. */
export function hunksOf({ before, after, gone, fresh }: LineDiff): string {
  const out: string[] = []
  let [i, k] = [0, 0]
  const isChange = (): boolean => gone[i] === 1 || fresh[k] === 1
  while (i < before.length || k < after.length) {
    if (!isChange()) {
      i++
      k++
      continue
    }
    const context = Math.min(CONTEXT, i)
    const [from, fromAfter] = [i - context, k - context]
    const lines: string[] = []
    for (const line of before.slice(from, i)) lines.push(marked(' ', line))
    // Up to a stretch of unchanged lines that is too long to show.
    for (let quiet = 0; quiet <= 2 * CONTEXT && (i < before.length || k < after.length); ) {
      quiet = isChange() ? 0 : quiet + 1
      while (gone[i] === 1) lines.push(marked('-', before[i++] as string))
      while (fresh[k] === 1) lines.push(marked('+', after[k++] as string))
      if (quiet === 0) continue
      lines.push(marked(' ', before[i++] as string))
      k++
    }
    // What is shown after the last change is as much as before the first.
    let over = 0
    while (lines.at(-1 - over)?.startsWith(' ') === true) over++
    over = Math.max(0, over - CONTEXT)
    i -= over
    k -= over
    out.push(`@@ -${rangeOf(from, i - from)} +${rangeOf(fromAfter, k - fromAfter)} @@\n`)
    out.push(...lines.slice(0, lines.length - over))
  }
  return out.join('')
}

/** First line, counted from 1, and how many; of none the line before. */
function rangeOf(from: number, count: number): string {
  return `${count === 0 ? from : from + 1},${count}`
}

function marked(sign: string, line: string): string {
  return `${sign}${line}${line.endsWith('\n') ? '' : '\n\\ No newline at end of file\n'}`
}
