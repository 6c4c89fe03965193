/** What the benchmark asks of a host: to hold the guest, and to time its loops. */

import { now } from '../clock.ts'
import type { Loop } from '../guest.ts'

/** A host of the benchmark, by the name that its column has. */
export interface Host {
  readonly name: string
  /** The descriptor of the guest's directory, where it is not 3. */
  readonly preopen?: number
  /** A fresh guest in a fresh, empty world. */
  open(): Session | Promise<Session>
  /** What to measure in its place once it has crashed, if anything. */
  readonly fallback?: Host
}

/** One guest in its host. A session that has thrown is of no further use. */
export interface Session {
  /** Runs a loop of guest.c over operations `from` up to `to`. @throws Error when the host does. */
  time(loop: string, from: number, to: number, size: number): Timed | Promise<Timed>
  close(): void | Promise<void>
}

export interface Timed {
  /** Nanoseconds of the benchmark's clock. */
  readonly ns: number
  /** 0, an errno, or 255 for a wrong answer. */
  readonly errno: number
}

/** What every host gives the guest besides WASI: the empty call. */
export const bench: { readonly empty: () => number } = { empty: () => 0 }

/** What one call takes. */
export function timed(exports: WebAssembly.Exports, loop: string, from: number, to: number, size: number): Timed {
  const run = exports[loop] as Loop
  const start = now()
  const errno = run(from, to, size)
  return { ns: now() - start, errno }
}

/** A session of a host in this process. */
export function sessionOf(exports: WebAssembly.Exports, close: () => void = () => {}): Session {
  return { time: (loop, from, to, size) => timed(exports, loop, from, to, size), close }
}
