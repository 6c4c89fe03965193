/** The line that says how far a campaign is, on a terminal, and the time that it took. */

import type { Writable } from 'node:stream'
import type { Progress } from '../fuzz/index.ts'

/** Milliseconds between two times that the line is drawn. */
const EVERY = 250

export class FuzzProgress {
  readonly #stream: Writable & { readonly isTTY?: boolean }
  readonly #workers: (Progress | undefined)[]
  readonly #start = Date.now()
  #drawn = 0
  #end: number | undefined

  constructor(workers: number, stream: Writable & { readonly isTTY?: boolean }) {
    this.#stream = stream
    this.#workers = Array.from({ length: workers }, () => undefined)
  }

  update(worker: number, progress: Progress): void {
    this.#workers[worker] = progress
    if (this.#stream.isTTY !== true || Date.now() - this.#drawn < EVERY) return
    this.#drawn = Date.now()
    this.#stream.write(`\r\x1b[K${this.text}`)
  }

  /** Takes the line away. */
  stop(): void {
    this.#end ??= Date.now()
    if (this.#drawn > 0) this.#stream.write('\r\x1b[K')
  }

  get seconds(): number {
    return ((this.#end ?? Date.now()) - this.#start) / 1000
  }

  /** `12,345 runs, 4,115 a second, 210 edges, 31 worlds kept, 2 findings`. */
  get text(): string {
    const all = this.#workers.flatMap((each) => each ?? [])
    const sum = (name: 'runs' | 'findings' | 'corpus'): number =>
      all.reduce((total, each) => total + (each[name] ?? 0), 0)
    const edges = all.flatMap(({ edges }) => edges ?? [])
    const show = (number: number): string => Math.round(number).toLocaleString('en')
    // Each worker knows the same total.
    const total = all.find((each) => each.total !== undefined)?.total
    const parts = [`${show(sum('runs'))}${total === undefined ? '' : ` of ${show(total)}`} runs`]
    parts.push(`${show(sum('runs') / Math.max(0.001, this.seconds))} a second`)
    if (edges.length > 0) parts.push(`${show(Math.max(...edges))} edges`, `${show(sum('corpus'))} worlds kept`)
    // What two workers have found may be the same.
    parts.push(`${show(Math.max(0, ...all.map(({ findings }) => findings)))} findings`)
    return parts.join(', ')
  }
}
