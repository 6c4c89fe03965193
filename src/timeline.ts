/**
 * A run as a series of moments: what the machine was after each call. A call that changed the tree leaves a fork of it,
 * which is O(1) and shares what did not change; all else is made when somebody asks for the moment.
 */

import { Clock } from '../kernel/clock.ts'
import type { Descriptor } from '../kernel/fd_table.ts'
import { Kernel } from '../kernel/kernel.ts'
import type { OpenKind } from '../kernel/open_file.ts'
import type { Process } from '../kernel/process.ts'
import type { CallDigest, CallHashes } from '../kernel/trace_hash.ts'
import { textOf } from '../vfs/bytes.ts'
import { type Change, diffTrees } from '../vfs/diff.ts'
import type { Filesystem } from '../vfs/filesystem.ts'
import { nanoseconds } from '../vfs/instant.ts'
import { createNodeFs, type NodeFs } from '../vfs/node_fs.ts'
import { Edition, PersistentArray } from '../vfs/persistent_array.ts'
import { type CallName, type Signature, wordOf } from './abi/signatures.ts'
import { VivariumError } from './error.ts'
import type { Guest } from './hostcall/guest.ts'
import type { CallRecorder, Recorder } from './hostcall/imports.ts'
import type { TimelineOptions } from './options.ts'
import type { TraceRecord } from './run.ts'
import { type Settings, Snapshot } from './snapshot.ts'
import { touchedPaths } from './timeline_paths.ts'
import type { TraceRecorder } from './trace_recorder.ts'

/** A descriptor as it was at a moment. */
export interface DescriptorState {
  readonly fd: number
  readonly kind: OpenKind
  /** 0 for what has no inode in the tree. */
  readonly ino: number
  /** The path of the inode then, by the first of its names; absent where it has none, or is no inode. */
  readonly path?: string
  /** The name under which the guest was given it, for a preopen. */
  readonly preopen?: string
  /** Bytes. */
  readonly offset: number
  readonly readable: boolean
  readonly writable: boolean
  /** As FDFLAG_ names them: APPEND, DSYNC, NONBLOCK, RSYNC, SYNC. */
  readonly flags: readonly string[]
}

/** The machine as it was when a call had been made. */
export interface Moment {
  /** How many calls had been made; 0 is before the first. */
  readonly call: number
  /** The call that led here; absent at 0. */
  readonly record?: TraceRecord
  /** The tree, with what was open and had no name any more: a fork, so nothing that is done to it changes the moment. */
  readonly tree: Filesystem
  /** The same, as `node:fs` would show it. */
  readonly fs: NodeFs
  /** In the order of their numbers. */
  readonly descriptors: readonly DescriptorState[]
  /** The clocks, in nanoseconds: since 1970, and since the machine began. */
  readonly realtime: bigint
  readonly monotonic: bigint
  /** Where the guest's relative paths start. Preview 1 has no call that changes it: a libc that has `chdir` keeps its own. */
  readonly cwd: '/'
  /** What the call changed in the tree. */
  diff(): Change[]
  /** A machine that goes on from here, without the guest: what it had open is closed. */
  snapshot(): Snapshot
}

/** What is kept of the moments from one call on. */
interface Kept {
  readonly call: number
  /** `undefined` where the tree changed but was not to be kept. */
  readonly fs: Filesystem | undefined
}

/** A descriptor as it is kept: its flags as bits. */
interface KeptDescriptor extends Omit<DescriptorState, 'path' | 'flags'> {
  readonly bits: number
}

interface KeptDescriptors {
  readonly call: number
  readonly nextSerial: number
  readonly descriptors: PersistentArray<KeptDescriptor>
}

const FLAGS = ['APPEND', 'DSYNC', 'NONBLOCK', 'RSYNC', 'SYNC']

const NS_PER_SEC = 1_000_000_000n

export class Timeline {
  readonly #kernel: Kernel
  readonly #process: Process
  readonly #settings: Settings
  readonly #hash: CallHashes
  readonly #recorder: TraceRecorder
  readonly #only: ReadonlySet<string> | undefined
  readonly #last: number
  readonly #until: ((record: TraceRecord) => boolean) | undefined
  readonly #realtime: bigint
  readonly #monotonic: bigint
  readonly #kept: Kept[] = []
  readonly #keptDescriptors: KeptDescriptors[] = []
  readonly #descriptors: PersistentArray<KeptDescriptor> = new PersistentArray()
  #edition = new Edition()
  /** The tree as of the last call. */
  #now: Filesystem
  readonly #paths = new Map<number, readonly string[]>()

  /** At the moment 0: the process has its descriptors, and has made no call. */
  constructor(
    kernel: Kernel,
    process: Process,
    settings: Settings,
    hash: CallHashes,
    recorder: TraceRecorder,
    { only, last = Number.POSITIVE_INFINITY, until }: TimelineOptions,
  ) {
    this.#kernel = kernel
    this.#process = process
    this.#settings = settings
    this.#hash = hash
    this.#recorder = recorder
    this.#only = only === undefined ? undefined : new Set(only)
    this.#last = last
    this.#until = until
    this.#realtime = nanoseconds(kernel.clock.realtime)
    this.#monotonic = nanoseconds(kernel.clock.monotonic)
    this.#now = kernel.fs.fork('keep')
    this.#kept.push({ call: 0, fs: this.#now })
    for (const fd of process.fds.numbers()) this.#note(fd)
    this.#keepDescriptors(0)
  }

  /** The recorder for the calls that go through `guest`. */
  of(guest: Guest): Recorder {
    const inner = this.#recorder.of(guest)
    return { of: (signature) => new TimelineCall(this, guest, signature, inner.of(signature)) }
  }

  /** How many calls have been made. */
  get calls(): number {
    return this.#recorder.records.length
  }

  /** The digest of each call: of its arguments, its results and all bytes that it moved. */
  get digests(): readonly CallDigest[] {
    return this.#hash.calls
  }

  /** A call has been made that had to do with these descriptors. For `TimelineCall`. */
  made(call: CallName, fds: readonly number[]): void {
    const count = this.#process.calls
    let moved = false
    for (const fd of fds) moved = this.#note(fd) || moved
    if (moved || this.#kernel.nextSerial !== this.#keptDescriptors.at(-1)?.nextSerial) this.#keepDescriptors(count)
    const { fs } = this.#kernel
    if (!fs.table.isSame(this.#now.table)) {
      this.#now = fs.fork('keep')
      this.#kept.push({ call: count, fs: this.#only?.has(call) === false ? undefined : this.#now })
      if (this.#kept.length > 2 * this.#last) this.#kept.splice(0, this.#kept.length - this.#last)
    }
    if (this.#until === undefined || this.#process.end !== undefined) return
    const record = this.#recorder.records.at(-1)
    if (record === undefined || !this.#until(record)) return
    const message = `stopped after call ${record.index}, as timeline.until asked for`
    this.#kernel.exit(this.#process, { kind: 'limit', limit: 'until', message })
  }

  /** @throws VivariumError `NO_MOMENT` for a call that was not made, or whose moment was not kept. */
  at(call: number): Moment {
    const { calls } = this
    if (!Number.isInteger(call) || call < 0 || call > calls) {
      throw new VivariumError(
        'NO_MOMENT',
        `there is no moment ${call}: the run made ${calls} calls, so give 0 to ${calls}`,
      )
    }
    const fs = this.#treeAt(call)
    const { descriptors, nextSerial } = this.#keptDescriptors[lastUpTo(this.#keptDescriptors, call)] as KeptDescriptors
    const record = call === 0 ? undefined : this.#recorder.records[call - 1]
    const realtime = record?.time ?? this.#realtime
    const monotonic = this.#monotonic + (realtime - this.#realtime)
    const clock = new Clock(instant(realtime), instant(monotonic), this.#kernel.clock.tick)
    return {
      call,
      ...(record === undefined ? {} : { record }),
      get tree() {
        return fs.fork('keep')
      },
      get fs() {
        return createNodeFs(fs.fork(), () => clock.realtime)
      },
      get descriptors() {
        return described(descriptors, fs)
      },
      realtime,
      monotonic,
      cwd: '/',
      diff: () => (call === 0 ? [] : diffTrees(this.#treeAt(call - 1), fs)),
      snapshot: () => {
        const { seed, nextPid } = this.#kernel
        return new Snapshot(new Kernel(fs.fork(), clock.fork(), seed, nextPid, nextSerial), this.#settings)
      },
    }
  }

  /** The numbers of the calls that had to do with what is at `path`, before them or after. */
  when(path: string): number[] {
    const found: number[] = []
    const records = this.#recorder.records
    for (let call = this.first; call < records.length; call++) {
      if (this.#touched(call + 1).includes(path)) found.push(call + 1)
    }
    return found
  }

  /** The first moment that is kept. */
  get first(): number {
    const from = Math.max(0, this.#kept.length - this.#last)
    return this.#kept.slice(from).find(({ fs }) => fs !== undefined)?.call ?? this.calls
  }

  #touched(call: number): readonly string[] {
    let paths = this.#paths.get(call)
    if (paths === undefined) {
      paths = touchedPaths(this.#recorder.records[call - 1] as TraceRecord, this.at(call - 1), this.at(call))
      this.#paths.set(call, paths)
    }
    return paths
  }

  #treeAt(call: number): Filesystem {
    const index = lastUpTo(this.#kept, call)
    const fs = this.#kept[index]?.fs
    if (fs !== undefined && this.#kept.length - index <= this.#last) return fs
    throw new VivariumError(
      'NO_MOMENT',
      `the moment ${call} was not kept: the option timeline bounds what is (the first kept is ${this.first})`,
    )
  }

  #keepDescriptors(call: number): void {
    const descriptors = this.#descriptors.clone()
    this.#edition = new Edition()
    this.#keptDescriptors.push({ call, nextSerial: this.#kernel.nextSerial, descriptors })
  }

  /** Notes how a descriptor is; whether it is other than it was. */
  #note(fd: number): boolean {
    const before = this.#descriptors.get(fd)
    const descriptor = this.#process.fds.at(fd)
    if (descriptor === undefined) {
      if (before !== undefined) this.#descriptors.delete(this.#edition, fd)
      return before !== undefined
    }
    if (before !== undefined && isAs(before, descriptor)) return false
    this.#descriptors.set(this.#edition, fd, stateOf(fd, descriptor))
    return true
  }
}

/** Records one call, and then tells the timeline of it. */
class TimelineCall implements CallRecorder {
  readonly #timeline: Timeline
  readonly #guest: Guest
  readonly #name: CallName
  readonly #inner: CallRecorder
  /** Which words of the call are descriptors, and which point to one that it gave. */
  readonly #fds: readonly number[]
  readonly #given: readonly number[]

  constructor(timeline: Timeline, guest: Guest, signature: Signature, inner: CallRecorder) {
    this.#timeline = timeline
    this.#guest = guest
    this.#name = signature.name
    this.#inner = inner
    const { params, results } = signature
    this.#fds = params.filter(({ kind }) => kind === 'fd').map(({ name }) => wordOf(signature, name))
    this.#given = results.filter(({ kind }) => kind === 'fd').map(({ param }) => wordOf(signature, param))
  }

  before(): void {
    this.#inner.before()
  }

  after(errno: number): void {
    this.#inner.after(errno)
    const { words, memory } = this.#guest
    const fds = this.#fds.map((word) => (words[word] as number) >>> 0)
    if (errno === 0)
      for (const word of this.#given) fds.push(memory.view.getUint32((words[word] as number) >>> 0, true))
    this.#timeline.made(this.#name, fds)
  }
}

function isAs(state: KeptDescriptor, { file }: Descriptor): boolean {
  const { ino, kind, offset, bits } = state
  return ino === file.ino && kind === file.kind && offset === file.offset && bits === bitsOf(file)
}

function stateOf(fd: number, { file, preopen }: Descriptor): KeptDescriptor {
  const { kind, ino, offset, readable, writable } = file
  const name = preopen === undefined ? {} : { preopen: textOf(preopen) }
  return { fd, kind, ino, offset, readable, writable, bits: bitsOf(file), ...name }
}

/** The lowest for the first of `FLAGS`. */
function bitsOf({ append, dsync, nonblock, rsync, sync }: Descriptor['file']): number {
  return +append | (+dsync << 1) | (+nonblock << 2) | (+rsync << 3) | (+sync << 4)
}

function described(kept: PersistentArray<KeptDescriptor>, fs: Filesystem): DescriptorState[] {
  const names = fs.lineage.names(fs.table)
  const states: DescriptorState[] = []
  kept.forEach(({ bits, ...state }) => {
    const path = state.ino === 0 ? undefined : names.pathOf(state.ino)
    const flags = FLAGS.filter((_, bit) => (bits & (1 << bit)) !== 0)
    states.push({ ...state, flags, ...(path === undefined ? {} : { path: textOf(path) }) })
  })
  return states
}

function instant(ns: bigint): { readonly sec: number; readonly nsec: number } {
  return { sec: Number(ns / NS_PER_SEC), nsec: Number(ns % NS_PER_SEC) }
}

/** The index of the last that is of `call` or of one before it; -1 where there is none. */
function lastUpTo(kept: readonly { readonly call: number }[], call: number): number {
  let low = 0
  let high = kept.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((kept[middle]?.call as number) <= call) low = middle + 1
    else high = middle
  }
  return low - 1
}
