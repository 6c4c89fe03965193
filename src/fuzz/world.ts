/** A world: all that a run of a guest depends on besides the guest and the machine that it starts from, as plain data. */

import type { Entry } from '../../vfs/tree.ts'

/** A path maps to text, bytes, `null` for a directory, or an entry that says more, as in the option `files` of a machine. */
export type WorldFiles = { readonly [path: string]: string | Uint8Array | null | Entry }

/**
 * What is not there is as the base has it, or as `Machine.run` has it by default. So the simplest world is `{}`, and a
 * world that was shrunk prints only what matters.
 */
export interface World {
  /** Files that are laid over those of the base: absolute paths, parents are made, what was there is replaced. */
  readonly files?: WorldFiles
  /** `argv`, the program's name first. */
  readonly args?: readonly string[]
  readonly env?: { readonly [name: string]: string }
  readonly stdin?: string | Uint8Array
  /** Seeds the randomness that the guest sees. */
  readonly seed?: string
  /** Where the realtime clock is at the start: ISO 8601 text in UTC, as `2026-01-01T00:00:00Z`. */
  readonly epoch?: string
  /** Lists directories in an order that this is the seed of, instead of by name. */
  readonly listing?: string
  /** What goes wrong, as a plan on one line: see `kernel/fault.ts`. */
  readonly faults?: string
}
