/**
 * What a machine and a run can be given: the types, the defaults, and one validation for both,
 * so that a wrong option is refused by name before anything has happened.
 */

import type { FaultRule } from '../kernel/fault.ts'
import type { Hashes } from '../vfs/hash.ts'
import type { Epoch } from '../vfs/instant.ts'
import type { Quota } from '../vfs/limits.ts'
import type { Files } from '../vfs/tree.ts'
import type { Cpu } from './cpu/settings.ts'
import type { TraceRecord } from './run.ts'

/** What moves the clocks of a machine. */
export type TimeBy = 'calls' | 'fuel' | 'fuel everywhere'

/** Options of a machine: all that stays between its runs. */
export interface MachineOptions {
  /** Seeds every random byte that a guest sees. Default `''`. */
  readonly seed?: string | number
  /** Where the realtime clock starts. Default `2000-01-01T00:00:00Z`. */
  readonly epoch?: Epoch
  /** Virtual nanoseconds that each call takes, 0 to 1,000,000,000. Default 1000; 0 freezes the clocks but for sleeps. */
  readonly tick?: number
  /** The tree to start from; absolute paths, parents are made. */
  readonly files?: Files
  /** `'standard'` makes `/tmp` and `/dev`; `'empty'` makes nothing. Default `'standard'`. */
  readonly image?: 'standard' | 'empty'
  /** What the tree may hold; over it guests get ENOSPC. */
  readonly quota?: Partial<Quota>
  /**
   * How guests compute: `'strict'` rewrites them so that the bits of NaNs, the depth of calls, growth and relaxed SIMD
   * are the same on every engine; `'engine'` runs them as they are. Strict needs a module's bytes, or what `compile`
   * made of them. Default: strict for bytes, and a module that is compiled already runs as it was compiled.
   */
  readonly cpu?: Cpu
  /**
   * What moves the clocks, besides sleeping: `'calls'`, a tick each; `'fuel'`, for CPU time also a nanosecond for each
   * instruction; `'fuel everywhere'`, for realtime and monotonic too. Default `'calls'`. Fuel needs what strict needs.
   */
  readonly time?: TimeBy
  /** What computes digests: default pure JavaScript; `nodeHashes` of `vivarium/node` is faster, with the same results. */
  readonly hashes?: Hashes
}

/** Where a run's stdin comes from: bytes, text, chunks pulled as the guest reads, or a file of the machine. */
export type Stdin = string | Uint8Array | Iterable<Uint8Array | string> | { readonly file: string }

/** Where a run's output goes besides the capture: called with each write, in order, during the run. The bytes are the sink's to keep. */
export type Sink = (bytes: Uint8Array) => void

/** A directory that the guest starts with: its name for the guest and the directory of the machine behind it. */
export interface Preopen {
  readonly name: string
  readonly path: string
}

/** A host-side peer of a listening socket: what it sends, and what it answers. */
export interface SocketPeer {
  /** Sent as soon as the connection is made. */
  readonly send?: string | Uint8Array
  /** Called with what the guest sends; what it returns is sent back. Must be a function of the bytes it has seen. */
  readonly respond?: (bytes: Uint8Array) => string | Uint8Array | undefined
  /** Whether the peer keeps its sending side open after `send`. Default false, or true with `respond`. */
  readonly keepOpen?: boolean
}

/** Bounds on one run; each ends it as `{ kind: 'limit', limit }` but `descriptors`, which the guest sees as EMFILE. */
export interface Limits {
  /** Calls to the kernel. Default Infinity. */
  readonly calls: number
  /** Bytes captured from stdout and stderr, and by peers of sockets, together. Default 64 MiB. */
  readonly output: number
  /** Open descriptors. Default 1,024. */
  readonly descriptors: number
  /** Bytes that a pipe may hold where its reader cannot run, since the engine cannot switch stacks. Default 64 MiB. */
  readonly pipe: number
}

/** How much of each call is kept: nothing, the running digest, or records that can be read. */
export type TraceLevel = 'off' | 'digest' | 'records'

/** What of a run's moments is kept; see `Run.at`. */
export interface TimelineOptions {
  /** Keeps the tree only as of calls of these names; default of all that change it. */
  readonly only?: readonly string[]
  /** Keeps so many states of the tree, the last ones; default all. */
  readonly last?: number
  /** Ends the run, as `limit: 'until'`, after the first call of which this is true. */
  readonly until?: (record: TraceRecord) => boolean
}

/** Options of one run. */
export interface RunOptions {
  /** `argv`, the program's name first. Default `['main']`. */
  readonly args?: readonly string[]
  /** The environment, in the order given. */
  readonly env?: { readonly [name: string]: string }
  /** Default: empty, at its end. */
  readonly stdin?: Stdin
  readonly stdout?: Sink
  readonly stderr?: Sink
  /** Which of the three standard streams is a terminal (`isatty` is 1). Default none. */
  readonly tty?: boolean | { readonly stdin?: boolean; readonly stdout?: boolean; readonly stderr?: boolean }
  /** Directories on descriptors 3 and up, in order. An object maps the guest's name to a path. Default `{ '/': '/' }`. */
  readonly preopens?: readonly Preopen[] | { readonly [name: string]: string }
  /** Listening sockets, on the descriptors after the preopens: the peers that connect to each, in order. */
  readonly listen?: readonly (readonly SocketPeer[])[]
  readonly limits?: Partial<Limits>
  /** Default `'digest'`. */
  readonly trace?: TraceLevel
  /** Keeps what the machine was after each call, for `run.at` and `run.when`; records come with it. Default false. */
  readonly timeline?: boolean | TimelineOptions
  /** Instructions that the run may take; then it ends as `limit: 'fuel'`. Default: no bound. Needs what `cpu: 'strict'` needs. */
  readonly fuel?: number
  /**
   * What goes wrong, by plan: as text, or as rules; see `kernel/fault.ts`. A call can be made to fail, to move fewer
   * bytes, to take time; space can run out; and the power can go, after which the machine has what a disk would have.
   */
  readonly faults?: string | readonly FaultRule[]
  /**
   * Lists directories in an order that this text is the seed of, instead of by name: for finding out whether a guest
   * depends on the order in which its host lists. Default: by name.
   */
  readonly listing?: string
  /** What the module imports besides WASI: `imports[module][name]`. */
  readonly imports?: { readonly [module: string]: { readonly [name: string]: WebAssembly.ImportValue } }
}
