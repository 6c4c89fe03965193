/** Tables as text: the first column to the left, the others to the right, and notes numbered below. */

/** Rows of cells under a head; all have as many cells. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const text = lines.map((line) =>
    line.map((cell, at) => (at === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  '),
  )
  return [text[0], widths.map((width) => '-'.repeat(width)).join('  '), ...text.slice(1)].join('\n')
}

/** Notes that are given the same number when they say the same. */
export class Footnotes {
  readonly #notes: string[] = []

  /** ` [1]`, or nothing where there is nothing to say. */
  mark(notes: readonly string[]): string {
    if (notes.length === 0) return ''
    const note = notes.join('; ')
    if (!this.#notes.includes(note)) this.#notes.push(note)
    return ` [${this.#notes.indexOf(note) + 1}]`
  }

  toString(): string {
    return this.#notes.map((note, index) => `[${index + 1}] ${note}`).join('\n')
  }
}

/** Nanoseconds with three digits that count: `7.1`, `314`, `2,060,000`. */
export function nanoseconds(ns: number): string {
  if (ns < 100) return ns.toFixed(1)
  const digits = 10 ** Math.max(0, Math.floor(Math.log10(ns)) - 2)
  return (Math.round(ns / digits) * digits).toLocaleString('en')
}

export function ratio(value: number): string {
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value).toLocaleString('en')
}
