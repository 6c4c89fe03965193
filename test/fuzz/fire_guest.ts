/** A machine and the guests in it that random fire goes through: what they have open, and one call at a time. */

import type { Process } from '../../kernel/process.ts'
import type { CallName } from '../../src/abi/signatures.ts'
import { signatures } from '../../src/abi/signatures.ts'
import { GuestRun } from '../../src/guest_run.ts'
import { Machine, type Run, type RunOptions, type Snapshot, type TraceLevel } from '../../src/index.ts'
import { byteString } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import type { Kind } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { CALLER_MAX_PAGES, CALLER_PAGES, callerModule } from '../support/caller.ts'
import { imageOf, PATH_PLACES, RESULTS } from './fire_memory.ts'
import type { FireProgram, Shot, WasiModule } from './fire_programs.ts'

/** What a call gave: an errno's number, or that the guest ended in it. */
export type Answer = number | 'ended'

/** Small, so that fire reaches them. */
const QUOTA = { bytes: 256 * 1024, inodes: 64, entries: 24 }
const LIMITS = { descriptors: 28, output: 100_000, pipe: 65_536 }

const snapshots = new Map<number, Snapshot>()
const modules = new Map<string, WebAssembly.Module>()

/** Every kind of inode, and links to and into them. */
function snapshotOf(tick: FireProgram['tick']): Snapshot {
  const known = snapshots.get(tick)
  if (known !== undefined) return known
  const machine = new Machine({
    seed: 'fire',
    tick,
    quota: QUOTA,
    files: {
      '/f': 'some text '.repeat(500),
      '/g': '',
      '/h': { hardlink: '/f' },
      '/d/x': 'x',
      '/d/e/y': 'yy',
      '/l': { symlink: 'f' },
      '/dl': { symlink: 'd' },
      '/dangling': { symlink: 'nothing' },
      '/loop': { symlink: 'loop' },
      '/up': { symlink: '../..' },
      '/absolute': { symlink: '/d/x' },
    },
  })
  for (const kind of ['fifo', 'socket'] as const) {
    const made = machine.tree.mknodAt(ROOT_INO, byteString(kind), kind, undefined, 'clamp', { sec: 0, nsec: 0 })
    if (made instanceof Errno) throw made
  }
  const snapshot = machine.snapshot()
  snapshots.set(tick, snapshot)
  return snapshot
}

function moduleOf({ module, memory }: FireProgram): WebAssembly.Module {
  const key = `${module} ${memory}`
  const compiled = modules.get(key) ?? new WebAssembly.Module(callerModule({ module, memory }))
  modules.set(key, compiled)
  return compiled
}

const STDIN: { readonly [stdin in FireProgram['stdin']]: RunOptions } = {
  text: { stdin: ['some ', 'input\n', 'in parts'] },
  empty: { stdin: '' },
  file: { stdin: { file: '/f' } },
  terminal: { stdin: 'a line\n', tty: true },
}

type Calls = { readonly [name: string]: (...args: readonly (number | bigint)[]) => number }

/** One machine under fire, and the guest that lives now. */
export class FireGuest {
  readonly machine: Machine
  /** Trace digests of the guests that have ended. */
  readonly digests: (string | undefined)[] = []
  readonly #program: FireProgram
  readonly #trace: TraceLevel
  #run: Run
  #memory: WebAssembly.Memory
  #u8: Uint8Array

  /** Without a machine of its own it gets one that has every kind of inode. */
  constructor(program: FireProgram, trace: TraceLevel, machine?: Machine) {
    this.#program = program
    this.#trace = trace
    this.machine = machine ?? Machine.from(snapshotOf(program.tick))
    const { run, memory } = this.#spawn()
    this.#run = run
    this.#memory = memory
    this.#u8 = bytesOf(memory, program)
  }

  get run(): Run {
    return this.#run
  }

  /** The memory; another object once it has grown. */
  get u8(): Uint8Array {
    return this.#u8
  }

  get process(): Process {
    if (!(this.#run instanceof GuestRun)) throw new TypeError('a run is not what it was')
    return this.#run.process
  }

  /** What is to be open before the fire begins. */
  get opening(): readonly Shot[] {
    return OPENINGS[this.#program.module]
  }

  /** Puts in another guest, where the last has ended. */
  respawn(): void {
    this.digests.push(this.#run.traceDigest)
    const { run, memory } = this.#spawn()
    this.#run = run
    this.#memory = memory
    this.#u8 = bytesOf(memory, this.#program)
  }

  /** What the guest does before a call. */
  prepare({ grow, poke }: Shot): void {
    if (grow !== undefined) {
      this.#calls.memory_grow?.(grow)
      if (this.#memory.buffer !== this.#u8.buffer) this.#u8 = new Uint8Array(this.#memory.buffer)
    }
    if (poke !== undefined) this.#u8.set(Buffer.from(poke[1], 'hex'), poke[0])
  }

  /** Makes the call. @throws what a call must not throw. */
  call({ call, args }: Shot): Answer {
    const { params } = signatures[call]
    const words = args.map((arg, index) => (params[index]?.type === 'i64' ? BigInt(arg) : Number(arg)))
    try {
      return this.#calls[call]?.(...words) as number
    } catch (error) {
      const { failure } = this.process
      if (failure !== undefined) throw failure.error
      if (this.#run.end === undefined || !(error instanceof WebAssembly.RuntimeError)) throw error
      return 'ended'
    }
  }

  get #calls(): Calls {
    return this.#run.exports as unknown as Calls
  }

  /** Whether the guests before have left what the next is to be given. */
  #is(name: string, kind: Kind): boolean {
    const { tree } = this.machine
    const ino = tree.lookup(ROOT_INO, byteString(name), 'follow', 'clamp')
    return !(ino instanceof Errno) && tree.get(ino).kind === kind
  }

  #spawn(): { readonly run: Run; readonly memory: WebAssembly.Memory } {
    const { memory } = this.#program
    const imported = memory.startsWith('imported')
      ? new WebAssembly.Memory({ initial: CALLER_PAGES, maximum: CALLER_MAX_PAGES, shared: memory.includes('shared') })
      : undefined
    const run = this.machine.run(moduleOf(this.#program), {
      ...(this.#is('f', 'file') ? STDIN[this.#program.stdin] : STDIN.text),
      args: ['main', 'two', ''],
      env: { A: '1', LONGER: 'é' },
      preopens: { '/': '/', d: this.#is('d', 'directory') ? '/d' : '/' },
      listen: [[{ send: 'hello' }, { respond: (bytes) => bytes, keepOpen: true }, { keepOpen: true }]],
      limits: LIMITS,
      trace: this.#trace,
      ...(imported === undefined ? {} : { imports: { env: { memory: imported } } }),
    })
    return { run, memory: imported ?? (run.exports.memory as WebAssembly.Memory) }
  }
}

/** The bytes of a new guest's memory, with what is to be in them. */
function bytesOf(memory: WebAssembly.Memory, { noise }: FireProgram): Uint8Array {
  const u8 = new Uint8Array(memory.buffer)
  u8.set(imageOf(noise))
  return u8
}

const [CREATE, DIRECTORY, TRUNCATE] = [1, 2, 8]
const [APPEND, NONBLOCK] = [1, 4]
const ALL = String(2 ** 30 - 1)
/** Without what makes an open one for writing: fd_write, fd_allocate, fd_filestat_set_size. */
const READ = String((2 ** 30 - 1) & ~(1 << 6) & ~(1 << 8) & ~(1 << 22))
/** Without what makes an open one for reading. */
const WRITE = String((2 ** 30 - 1) & ~(1 << 1) & ~(1 << 14))

const OPENED: readonly (readonly [path: string, oflags: number, rights: string, fdflags: number])[] = [
  ['f', 0, ALL, 0],
  ['f', 0, READ, 0],
  ['g', 0, WRITE, APPEND],
  ['new', CREATE | TRUNCATE, ALL, 0],
  ['d', DIRECTORY, READ, 0],
  ['.', 0, READ, 0],
  ['fifo', 0, ALL, NONBLOCK],
  ['fifo', 0, READ, 0],
  ...['null', 'zero', 'full', 'urandom', 'stdin', 'stdout', 'tty'].map(
    (name) => [`dev/${name}`, 0, ALL, 0] as const satisfies readonly [string, number, string, number],
  ),
]

const text = new TextDecoder()
const OPENINGS: { readonly [module in WasiModule]: readonly Shot[] } = {
  wasi_snapshot_preview1: openingOf(['sock_accept', 'sock_accept']),
  wasi_unstable: openingOf([]),
}

function openingOf(accepts: readonly CallName[]): Shot[] {
  const image = imageOf(0)
  const placeOf = (path: string) => {
    const place = PATH_PLACES.find(({ ptr, len }) => text.decode(image.subarray(ptr, ptr + len)) === path)
    if (place === undefined) throw new Error(`${path} is not in the memory`)
    return place
  }
  const result = RESULTS[0] as number
  return [
    ...accepts.map((call): Shot => ({ call, args: [5, 0, result] })),
    ...OPENED.map(([path, oflags, rights, fdflags]): Shot => {
      const { ptr, len } = placeOf(path)
      return { call: 'path_open', args: [3, 1, ptr, len, oflags, rights, ALL, fdflags, result] }
    }),
    // A file that is open and has no name any more.
    { call: 'path_unlink_file', args: [3, placeOf('new').ptr, placeOf('new').len] },
  ]
}
