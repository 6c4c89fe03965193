/** Runs a guest in a world: a fork of the base, the files laid over it, one run. */

import { Clock } from '../../kernel/clock.ts'
import { Alone } from '../../kernel/executor.ts'
import { FaultError, type FaultRule, fateOf, parseFaults } from '../../kernel/fault.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { byteString } from '../../vfs/bytes.ts'
import { Errno } from '../../vfs/errno.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { Instant } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { instantOf } from '../../vfs/instant.ts'
import { Journal } from '../../vfs/journal.ts'
import { createNodeFs, type NodeFs } from '../../vfs/node_fs.ts'
import { importTree } from '../../vfs/tree.ts'
import { isCallName } from '../abi/signatures.ts'
import { bad, variables } from '../check_options.ts'
import { type CompileOptions, compile, compileStoppable, fuelOfShort, rewrittenFor } from '../compile.ts'
import { type Difference, diff } from '../diff.ts'
import { VivariumError } from '../error.ts'
import { GuestRun, type Plumbing, type Prepared, prepare } from '../guest_run.ts'
import type { FaultPlan } from '../hostcall/faulty.ts'
import { Machine } from '../machine.ts'
import type { RunOptions, TraceLevel } from '../options.ts'
import type { End, Output, Run, TraceRecord } from '../run.ts'
import { type Settings, Snapshot } from '../snapshot.ts'
import type { GuestOptions } from './options.ts'
import type { Outcome } from './outcome.ts'
import { Steps } from './steps.ts'
import type { World, WorldFiles } from './world.ts'

/** Bounds that no small program meets, and that end what runs away. */
const LIMITS = { calls: 100_000, output: 2 ** 24 }
const FUEL = 100_000_000
/** Bytes of a module that is small: to compile it twice takes no time to speak of. */
const SMALL = 100_000
const WORLD_PARTS: readonly string[] = ['files', 'args', 'env', 'stdin', 'seed', 'epoch', 'listing', 'faults']

/** What a run can be given besides its world. */
export interface ExecuteOptions {
  /** In place of the guest. */
  readonly module?: WebAssembly.Module | Uint8Array
  /** In place of the base. */
  readonly from?: Snapshot
  /** Default `'off'`. */
  readonly trace?: TraceLevel
  /** As of `Machine.run`; with it records are kept. */
  readonly timeline?: RunOptions['timeline']
  /** In place of the faults of the world: made when the kernel and the run are there. */
  readonly plan?: (kernel: Kernel, run: () => GuestRun) => FaultPlan
}

/**
 * Runs a guest in a world, and gives what came of it. For many runs, `fuzz` and `guestProperty` prepare the guest once.
 * @throws VivariumError for a guest, a base or a world that cannot be.
 */
export function execute(module: WebAssembly.Module | Uint8Array, world: World, options: GuestOptions = {}): Outcome {
  return new Engine(module, options).run(world)
}

/** A guest with the base that its runs start from. */
export class Engine {
  /** The bytes of the guest, where they were given. */
  readonly bytes: Uint8Array | undefined
  readonly compiled: WebAssembly.Module
  /** Whether it is compiled as `short`. */
  readonly isShort: boolean
  readonly #cpu: CompileOptions
  readonly base: Snapshot
  readonly #options: RunOptions
  /** What is checked of a run in the simplest world, by its module: checking it anew for each costs as much as the run. */
  readonly #simplest = new Map<WebAssembly.Module, Prepared>()
  /** The last plan of faults, as campaigns often have one for all runs. */
  #plan: { readonly text: string; readonly rules: readonly FaultRule[] } = { text: '', rules: [] }

  /** @throws VivariumError `BAD_MODULE`, `MISSING_IMPORT`, `BAD_OPTION`. */
  constructor(module: WebAssembly.Module | Uint8Array, options: GuestOptions = {}) {
    this.base = baseOf(options.base)
    const { cpu = 'strict' } = this.base.settings
    const { fuel, preopens, tty } = options
    if (fuel !== undefined && fuel !== Infinity && !(Number.isSafeInteger(fuel) && fuel > 0)) {
      bad('fuel', fuel, 'a whole number of instructions from 1 up, or Infinity')
    }
    const isBounded = fuel !== Infinity
    this.bytes = module instanceof Uint8Array ? module : undefined
    this.#cpu = { cpu, fuel: isBounded }
    // A small guest is thought to take little, so that where it does, the engine never sees another module of it.
    const isSmall = module instanceof Uint8Array && isBounded && module.length <= SMALL
    this.compiled = module instanceof Uint8Array ? compile(module, { ...this.#cpu, short: isSmall }) : module
    const most = fuel ?? (canCount(this.compiled) ? FUEL : undefined)
    this.#options = {
      limits: { ...LIMITS, ...options.limits },
      ...(most === undefined || most === Infinity ? {} : { fuel: most }),
      ...(preopens === undefined ? {} : { preopens }),
      ...(tty === undefined ? {} : { tty }),
    }
    // What is wrong with the guest or its options is said now, and not of the first world.
    const { kind } = this.#simplestOf(this.compiled).module
    if (kind !== 'command') {
      const problem = `the module is a ${kind}: it exports no _start, and worlds are for commands; call its exports in a property of your own`
      throw new VivariumError('BAD_MODULE', problem)
    }
    if (this.bytes !== undefined && isBounded) {
      const short = this.#takesLittle(this.bytes)
      if (short !== isSmall) this.compiled = compile(this.bytes, { ...this.#cpu, short })
    }
    this.isShort = rewrittenFor(this.compiled)?.dirty === true
  }

  /**
   * Whether the guest takes so few instructions that to put back an instance would take longer. It is asked once, of the
   * simplest world, since which module runs says how places in it are called.
   */
  #takesLittle(bytes: Uint8Array): boolean {
    const most = fuelOfShort(bytes)
    const { fuel = most } = this.#options
    const kernel = this.base.fork()
    const { options, ...prepared } = this.#simplestOf(this.compiled)
    const run = new GuestRun(kernel, { ...prepared, options: { ...options, fuel: Math.min(fuel, most + 1) } })
    run.start(new Alone(kernel))
    return (run.fuelUsed ?? most) <= most
  }

  /** @throws VivariumError for a world that cannot be. */
  run(world: World, options: ExecuteOptions = {}): Outcome {
    const base = options.from ?? this.base
    const kernel = kernelOf(base, world)
    const before = world.files === undefined ? undefined : kernel.fs.fork('keep')
    const last = options.plan === undefined && world.faults !== undefined ? lastCut(world.faults) : undefined
    if (last !== undefined) kernel.journal = last.begin(kernel.fs)
    const run = this.#start(kernel, base, world, options)
    const { end } = run
    // Frames are larger in a short one, so that it may come to the end of the engine's stack where the guest does not.
    if (this.isShort && end?.kind === 'limit' && end.limit === 'stack') {
      const { bytes } = this
      if (options.module === undefined && bytes !== undefined)
        return this.run(world, { ...options, module: compile(bytes, this.#cpu) })
    }
    return new Ran(this, world, options, kernel, base, before, run, last?.end(kernel, run))
  }

  /**
   * A run in a world without faults that goes from call to call, for others to start there; `undefined` where the guest
   * is not to be stopped at a call. To prepare it costs as much as to compile the guest.
   */
  steps(world: World): Steps | undefined {
    const cpu = rewrittenFor(this.compiled)
    if (this.bytes === undefined || cpu === undefined || world.faults !== undefined) return undefined
    // They are not put back by what they wrote, but made another's copy.
    const { dirty: _, ...rest } = cpu
    const module = compileStoppable(this.bytes, rest)
    if (module === undefined) return undefined
    const { base } = this
    const kernel = kernelOf(base, world)
    const before = world.files === undefined ? undefined : kernel.fs.fork('keep')
    const prepared = this.#prepare(kernel, base, world, { module })
    return new Steps(kernel, prepared, (run, own, plan) => {
      return new Ran(this, world, { plan: () => plan }, own, base, before, run, undefined)
    })
  }

  /** The machine as it is before a run in that world. */
  machine(world: World, from: Snapshot = this.base): Machine {
    return new Machine({}, { kernel: kernelOf(from, world), settings: from.settings })
  }

  #start(kernel: Kernel, base: Snapshot, world: World, options: ExecuteOptions): GuestRun {
    const { plan } = options
    let run: GuestRun | undefined
    const plumbing: Plumbing = {
      plan: plan?.(kernel, () => run as GuestRun),
      before: world.files === undefined && world.epoch === undefined ? base.checkpoint : undefined,
    }
    const prepared = this.#likeSimplest(world, options) ?? this.#prepare(kernel, base, world, options)
    run = new GuestRun(kernel, prepared, plumbing)
    run.start(new Alone(kernel))
    return run
  }

  /** What is known of a run already, with what its world says, where that needs no more than a look. */
  #likeSimplest(world: World, options: ExecuteOptions): Prepared | undefined {
    const { args, env, stdin, listing, faults, files } = world
    const { module = this.compiled, from, trace = 'off', plan, timeline } = options
    if (module instanceof Uint8Array || trace !== 'off' || timeline !== undefined) return undefined
    // Another tree may have other directories for the guest to start with; the root is there in each.
    if ((files !== undefined || from !== undefined) && this.#options.preopens !== undefined) return undefined
    if (!(args === undefined || (Array.isArray(args) && args.every(isPlain)))) return undefined
    if (!(env === undefined || Object.entries(env).every(([name, value]) => isName(name) && isPlain(value))))
      return undefined
    if (!(stdin === undefined || typeof stdin === 'string' || stdin instanceof Uint8Array)) return undefined
    if (!(listing === undefined || isPlain(listing))) return undefined
    const rules = faults === undefined || plan !== undefined ? undefined : this.#rulesOf(faults)
    const simplest = this.#simplestOf(module)
    const { module: guest, settings, directories, input } = simplest
    let { options: usual, checked } = simplest
    if (stdin !== undefined || listing !== undefined) {
      usual = { ...usual, ...(stdin === undefined ? {} : { stdin }), ...(listing === undefined ? {} : { listing }) }
    }
    if (args !== undefined || env !== undefined || rules !== undefined) {
      checked = {
        ...checked,
        args: args === undefined ? checked.args : args.map(byteString),
        env: env === undefined ? checked.env : variables(env),
        faults: rules,
      }
    }
    return { module: guest, settings, directories, input, checked, options: usual }
  }

  #rulesOf(text: string): readonly FaultRule[] {
    if (this.#plan.text !== text) this.#plan = { text, rules: parsePlan(text) }
    return this.#plan.rules
  }

  #simplestOf(module: WebAssembly.Module): Prepared {
    let simplest = this.#simplest.get(module)
    if (simplest === undefined) {
      const kernel = this.base.fork()
      simplest = this.#prepare(kernel, this.base, {}, { module })
      this.#simplest.set(module, simplest)
    }
    return simplest
  }

  #prepare(kernel: Kernel, base: Snapshot, world: World, options: ExecuteOptions): Prepared {
    const { args, env, stdin, listing, faults } = world
    const { trace = 'off', module, plan, timeline } = options
    // What another module was compiled for is its own affair.
    const { fuel, ...rest } = this.#options
    const target = module ?? this.compiled
    const counts = fuel !== undefined && (target instanceof Uint8Array || canCount(target))
    return prepare(kernel, settingsFor(target, base), target, {
      ...rest,
      trace,
      ...(counts ? { fuel } : {}),
      ...(args === undefined ? {} : { args }),
      ...(env === undefined ? {} : { env }),
      ...(stdin === undefined ? {} : { stdin }),
      ...(listing === undefined ? {} : { listing }),
      ...(timeline === undefined ? {} : { timeline }),
      ...(faults === undefined || plan !== undefined ? {} : { faults }),
    })
  }
}

function isPlain(text: unknown): boolean {
  return typeof text === 'string' && !text.includes('\0')
}

function isName(text: string): boolean {
  return text !== '' && !text.includes('=') && isPlain(text)
}

class Ran implements Outcome {
  readonly world: World
  readonly run: Run
  readonly end: End | undefined
  readonly #engine: Engine
  readonly #options: ExecuteOptions
  readonly #kernel: Kernel
  readonly #base: Snapshot
  /** The tree before the run; absent where it is that of the base. */
  readonly #tree: Filesystem | undefined
  #machine: Machine | undefined
  #trace: readonly TraceRecord[] | undefined

  constructor(
    engine: Engine,
    world: World,
    options: ExecuteOptions,
    kernel: Kernel,
    base: Snapshot,
    tree: Filesystem | undefined,
    run: Run,
    cut: End | undefined,
  ) {
    this.#engine = engine
    this.world = world
    this.#options = options
    this.#kernel = kernel
    this.#base = base
    this.#tree = tree
    this.run = run
    this.end = cut ?? run.end
  }

  get before(): Snapshot {
    return this.#engine.machine(this.world, this.#base).snapshot()
  }

  get machine(): Machine {
    this.#machine ??= new Machine({}, { kernel: this.#kernel, settings: this.#base.settings })
    return this.#machine
  }

  get fs(): NodeFs {
    return this.machine.fs
  }

  get exitCode(): number | undefined {
    return this.end?.kind === 'exit' ? this.end.code : undefined
  }

  get stdout(): Output {
    return this.run.stdout
  }

  get stderr(): Output {
    return this.run.stderr
  }

  get trace(): readonly TraceRecord[] {
    this.#trace ??=
      this.run.trace.length > 0
        ? this.run.trace
        : this.#engine.run(this.world, { ...this.#options, trace: 'records' }).run.trace
    return this.#trace
  }

  diff(): Difference {
    return diff({ tree: this.#tree ?? this.#base.tree }, this.machine)
  }
}

/** A machine that was not told how guests compute has them compute as the module was compiled for, or as is usual for bytes. */
function settingsFor(module: WebAssembly.Module | Uint8Array, { settings }: Snapshot): Settings {
  if (settings.cpu !== undefined) return settings
  const isStrict = module instanceof Uint8Array || rewrittenFor(module)?.nan === true
  return isStrict ? { ...settings, cpu: 'strict' } : settings
}

/** The power that goes after the last call of a run, which no call is left to be the time of: `*#N` for one more than it made. */
interface LastCut {
  /** Notes from now on what is synced. */
  begin(fs: Filesystem): Journal
  /** Cuts the power where the run has ended just before; how it ended then. */
  end(kernel: Kernel, run: Run): End | undefined
}

function lastCut(faults: string): LastCut | undefined {
  if (!faults.includes('=cut')) return undefined
  const rule = parsePlan(faults).find(({ call, effect }) => call === undefined && effect.kind === 'cut')
  if (rule?.effect.kind !== 'cut') return undefined
  const { nth, effect } = rule
  let journal: Journal | undefined
  return {
    begin: (fs) => {
      journal = new Journal(fs)
      return journal
    },
    end: (kernel, run) => {
      if (run.end?.kind !== 'exit' || run.calls !== nth - 1 || journal === undefined) return undefined
      const wrong = (problem: string): never => bad('world.faults', faults, problem)
      kernel.fs = journal.cut(fateOf(effect.fate, wrong))
      return { kind: 'limit', limit: 'power cut', message: `the power went after call ${run.calls}, by plan` }
    },
  }
}

/** @throws VivariumError `BAD_OPTION`. */
function parsePlan(faults: string): FaultRule[] {
  try {
    return parseFaults(faults, isCallName)
  } catch (error) {
    if (!(error instanceof FaultError)) throw error
    throw new VivariumError('BAD_OPTION', `world.faults: ${error.message}`)
  }
}

/** Whether a module counts the instructions that it takes. */
function canCount(module: WebAssembly.Module): boolean {
  return rewrittenFor(module)?.fuel === true
}

function baseOf(base: GuestOptions['base']): Snapshot {
  if (base instanceof Snapshot) return base
  return base instanceof Machine ? base.snapshot() : new Machine(base ?? {}).snapshot()
}

/** The kernel of a world: as of the base, with what the world says to be otherwise. */
function kernelOf(base: Snapshot, world: World): Kernel {
  for (const part in world) {
    if (!WORLD_PARTS.includes(part)) bad('world', part, `one of its parts: ${WORLD_PARTS.join(', ')}`)
  }
  let kernel = base.fork()
  const { seed, epoch, files } = world
  if (seed !== undefined || epoch !== undefined) {
    const { fs, clock, nextPid, nextSerial } = kernel
    kernel = new Kernel(
      fs,
      epoch === undefined ? clock : clockAt(clock, epoch),
      seed ?? kernel.seed,
      nextPid,
      nextSerial,
    )
  }
  if (files !== undefined) lay(kernel, files)
  return kernel
}

function clockAt({ monotonic, tick }: Clock, epoch: string): Clock {
  const instant = instantOf(epoch)
  if (typeof instant === 'string') throw new VivariumError('BAD_OPTION', `world.epoch: ${instant}`)
  return new Clock(instant, monotonic, tick)
}

/** Puts files into the tree, in place of what is there. @throws ImportError, as `machine.add`. */
function lay({ fs, clock }: Kernel, files: WorldFiles): void {
  const now = clock.realtime
  for (const path in files) {
    const entry = files[path]
    const isDirectory = entry === null || (typeof entry === 'object' && 'directory' in entry)
    for (let end = path.indexOf('/', 1); end > 0; end = path.indexOf('/', end + 1)) {
      clear(fs, path.slice(0, end), true, now)
    }
    clear(fs, path, isDirectory, now)
  }
  importTree(fs, files, now)
}

/** Takes away what is at a path, unless it is a directory and may stay one. */
function clear(fs: Filesystem, path: string, isDirectory: boolean, now: Instant): void {
  const ino = fs.lookup(ROOT_INO, byteString(path), 'nofollow', 'clamp')
  if (ino instanceof Errno || ino === ROOT_INO || (isDirectory && fs.get(ino).isDirectory())) return
  createNodeFs(fs, () => now).rmSync(path, { recursive: true })
}
