/** What is different between two machines, snapshots or moments: as data, as text, and as JSON. */

import { type Change, diffTrees, type Field } from '../vfs/diff.ts'
import { formatPatch, formatStat } from '../vfs/diff_text.ts'
import type { Filesystem } from '../vfs/filesystem.ts'

/** Whatever has a tree: a machine, a snapshot, a moment of a run. */
export interface HasTree {
  readonly tree: Filesystem
}

export interface DiffOptions {
  /**
   * What besides content counts. Default: all of states of one machine, `['mode']` of machines that have nothing to do
   * with each other, whose times only say when each was made.
   */
  readonly fields?: readonly Field[]
}

export class Difference {
  readonly #a: Filesystem
  readonly #b: Filesystem
  /** In byte order of the paths. */
  readonly changes: readonly Change[]

  constructor(a: HasTree, b: HasTree, { fields }: DiffOptions = {}) {
    // What is asked later is asked of what they are now.
    this.#a = a.tree.fork('keep')
    this.#b = b.tree.fork('keep')
    this.changes = diffTrees(this.#a, this.#b, fields)
  }

  /** A line for each change, as of `git diff --stat`; empty where there is none. */
  stat(): string {
    return formatStat(this.#a, this.#b, this.changes)
  }

  /** A patch of the contents that `git apply` takes. */
  patch(): string {
    return formatPatch(this.#a, this.#b, this.changes)
  }

  /** The changes, times as text, since JSON has no integers of 64 bits. */
  toJSON(): unknown {
    return JSON.parse(
      JSON.stringify(this.changes, (_name, value) => (typeof value === 'bigint' ? String(value) : value)),
    )
  }
}

/** The differences from `a` to `b`. Between states of one machine the cost is that of what has changed. */
export function diff(a: HasTree, b: HasTree, options: DiffOptions = {}): Difference {
  return new Difference(a, b, options)
}
