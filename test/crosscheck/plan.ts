/** What is run in every cell alike: guests as data, so that a child process or a browser can be told of them as JSON. */

import type { Cpu, Entry, Files, Limits, Preopen } from 'vivarium'

/** One guest, and how it is run. */
export interface PlannedGuest {
  readonly name: string
  /** The module's file in the plan's folder. */
  readonly wasm: string
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string }
  readonly stdin: string
  /** The file in the plan's folder that holds the tree to start from, as `PackedFiles`. */
  readonly files?: string
  readonly image?: 'empty'
  readonly preopens?: readonly Preopen[]
  /** One run for each. */
  readonly seeds: readonly string[]
  readonly fuel?: number
  readonly cpu: Cpu
  readonly limits: Partial<Limits>
  /** Words at the start of its memory that tell a leak, to be shown. */
  readonly shows?: number
}

/** One run to be done. */
export interface Task {
  readonly guest: PlannedGuest
  readonly seed: string
}

/** What is compared of a run, each as text that differs where the run differs. */
export interface Outcome {
  /** How it ended: kind, and code, signal or limit. A trap's message is the engine's own, so it is left out. */
  readonly end: string
  /** Where it trapped: each frame as function index and offset in the module, innermost first. */
  readonly position: string
  readonly calls: number
  readonly trace: string
  readonly fuel: string
  readonly stdout: string
  readonly stderr: string
  /** The tree afterwards, with times. */
  readonly files: string
  /** Size and content of each exported memory. */
  readonly memory: string
  /** What the guest has to tell, in words of its memory. */
  readonly shown: string
  /** The machine's clock. */
  readonly time: string
  /** The state digest, the digest of the contents, and that of the snapshot file. */
  readonly state: string
  /** What the same run gives once more, to the machine that was loaded from that file as to the one at home. */
  readonly goesOn: string
}

/** What a cell says of one task. */
export type Report =
  | { readonly kind: 'ran'; readonly outcome: Outcome; readonly ms: number }
  /** The engine does not know something that the module uses. */
  | { readonly kind: 'invalid' }
  /** The machine threw, which it must not; or the process died under it. */
  | { readonly kind: 'failed'; readonly why: string }

/** A tree as JSON. */
export type PackedFiles = readonly (readonly [
  path: string,
  entry: string | null | Entry | { readonly base64: string },
])[]

/** The runs of a plan, in their order: those of one module follow each other, so that it is compiled once. */
export function tasksOf(guests: readonly PlannedGuest[]): Task[] {
  return guests.flatMap((guest) => guest.seeds.map((seed) => ({ guest, seed })))
}

export function pack(files: Files): PackedFiles {
  return Object.entries(files).map(([path, entry]) => [
    path,
    entry instanceof Uint8Array ? { base64: Buffer.from(entry).toString('base64') } : entry,
  ])
}

export function unpack(packed: PackedFiles): Files {
  const files: { [path: string]: string | Uint8Array | null | Entry } = {}
  for (const [path, entry] of packed) {
    files[path] = typeof entry === 'object' && entry !== null && 'base64' in entry ? bytesOf(entry.base64) : entry
  }
  return files
}

/** Also where there is no Buffer. */
function bytesOf(base64: string): Uint8Array {
  const text = atob(base64)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}
