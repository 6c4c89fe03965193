/** The edges that all runs of a campaign have taken together. */

import type { Outcome } from './outcome.ts'

export class EdgeSet {
  #words = new Uint32Array(0)
  #count = 0
  /** Of a set that was looked at and had nothing new: most runs give the very same array again. */
  #known: Uint32Array | undefined

  /** How many edges are in it. */
  get count(): number {
    return this.#count
  }

  /** A copy: edge i is bit i % 32 of word i / 32. */
  get words(): Uint32Array {
    return this.#words.slice()
  }

  /** How many of `edges` are not in it yet. */
  missing(edges: Uint32Array): number {
    if (edges === this.#known) return 0
    let missing = 0
    for (let at = 0; at < edges.length; at++) {
      const more = (edges[at] as number) & ~(this.#words[at] ?? 0)
      if (more !== 0) missing += bitsOf(more)
    }
    if (missing === 0) this.#known = edges
    return missing
  }

  /** Adds edges, and says how many of them were new. */
  add(edges: Uint32Array): number {
    const added = this.missing(edges)
    if (added === 0) return 0
    if (this.#words.length < edges.length) {
      const words = new Uint32Array(edges.length)
      words.set(this.#words)
      this.#words = words
    }
    for (let at = 0; at < edges.length; at++) this.#words[at] = (this.#words[at] as number) | (edges[at] as number)
    this.#count += added
    return added
  }
}

/** The edges of a run of a module that marks them. */
export function edgesOf({ run }: Outcome): Uint32Array {
  return run.coverage ?? new Uint32Array(0)
}

/** Whether all edges of `some` are among `others`. */
export function isWithin(some: Uint32Array, others: Uint32Array): boolean {
  return some === others || some.every((word, at) => (word & ~(others[at] ?? 0)) === 0)
}

function bitsOf(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}
