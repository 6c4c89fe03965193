/** One run from its options to its end: the process with its descriptors, the instance, and what is left of both. */

import { type Checkpoint, checkpoint, restore } from '../kernel/checkpoint.ts'
import { Clock } from '../kernel/clock.ts'
import { Alone, type Executor } from '../kernel/executor.ts'
import { type FaultRule, Faults, fateOf } from '../kernel/fault.ts'
import { Descriptor } from '../kernel/fd_table.ts'
import { capturable, captured } from '../kernel/file_calls.ts'
import { forkRunning, type Running } from '../kernel/fork_running.ts'
import { Kernel } from '../kernel/kernel.ts'
import { OpenFile } from '../kernel/open_file.ts'
import type { End, Process } from '../kernel/process.ts'
import { RIGHT_FD_READ, RIGHTS_FILE, RIGHTS_PIPE, RIGHTS_TERMINAL, RIGHTS_WRITING } from '../kernel/rights.ts'
import type { Socket } from '../kernel/socket.ts'
import { connect, listen } from '../kernel/socket_calls.ts'
import { Input, Output as OutputStream } from '../kernel/stream.ts'
import { CallHashes, TraceHash } from '../kernel/trace_hash.ts'
import { KernelBug } from '../vfs/bug.ts'
import { byteString, decodeUtf8, encodeUtf8 } from '../vfs/bytes.ts'
import { Errno } from '../vfs/errno.ts'
import { Filesystem } from '../vfs/filesystem.ts'
import { ROOT_INO } from '../vfs/inode_table.ts'
import { Journal } from '../vfs/journal.ts'
import { bad, type CheckedPreopen, type CheckedRunOptions, checkRunOptions, DEFAULT_LIMITS } from './check_options.ts'
import { type Cpu, cpuOptions } from './cpu/settings.ts'
import { VivariumError } from './error.ts'
import type { Comparison } from './guest_comparisons.ts'
import type { GuestCpu } from './guest_cpu.ts'
import { GuestInstance } from './guest_instance.ts'
import { type Binding, type GuestModule, type Idle, inspect } from './guest_module.ts'
import type { FaultPlan } from './hostcall/faulty.ts'
import { Guest } from './hostcall/guest.ts'
import { bindCalls } from './hostcall/imports.ts'
import { traceBuffer } from './hostcall/stripes.ts'
import type { RunOptions, SocketPeer, Stdin, TimeBy } from './options.ts'
import type { Output, Run, TraceRecord } from './run.ts'
import type { Settings } from './snapshot.ts'
import { type Moment, Timeline } from './timeline.ts'
import { TraceRecorder } from './trace_recorder.ts'

/** What takes the place of a standard stream in a pipeline, or of the plan of faults where calls are watched. */
export interface Plumbing {
  readonly stdin?: OpenFile
  readonly stdout?: OpenFile
  readonly plan?: FaultPlan | undefined
  /** The machine as it is before guest code runs, where somebody has it. */
  readonly before?: Checkpoint | undefined
  /** A run to go on with, from where it is stopped. */
  readonly from?: Stopped
}

/** A run that is stopped before a call: what there is of it, for others to go on with. */
interface Stopped extends Running {
  readonly instance: GuestInstance
  /** What runs that went on from there have left. */
  readonly idle: Idle[]
  readonly before: Checkpoint
}

/** A run whose options and module are known to be right, so that nothing but the guest can make it fail. */
export interface Prepared {
  readonly module: GuestModule
  readonly settings: Settings
  readonly options: RunOptions
  readonly checked: CheckedRunOptions
  /** The inodes behind the preopens, and behind stdin where it is a file. */
  readonly directories: readonly number[]
  readonly input: number | undefined
}

/**
 * Checks all that a run is given; changes nothing.
 * @throws VivariumError for wrong options, a module that cannot run, or files that are not there.
 */
export function prepare(
  kernel: Kernel,
  settings: Settings,
  module: WebAssembly.Module | Uint8Array,
  options: RunOptions,
): Prepared {
  const checked = checkRunOptions(options)
  const { cpu, time } = settings
  const { stdin } = options
  return {
    module: inspect(
      module,
      options.imports,
      cpuOptions(cpu ?? usual(module), options.fuel !== undefined || time !== 'calls'),
    ),
    settings,
    options,
    checked,
    directories: checked.preopens.map(({ path }) => directoryAt(kernel.fs, path)),
    input: typeof stdin === 'object' && 'file' in stdin ? fileAt(kernel.fs, stdin.file) : undefined,
  }
}

/** What is kept for the next runs of a module: so many can be in use at the same time, in a pipeline. */
const IDLE_MAX = 4

const NO_BYTES = new Uint8Array(0)
const NONE: readonly OutputStream[][] = []

/** Whose calls those of an idle binding would be, if anything could make one: a process that has ended. */
const NOBODY = nobody()

function nobody(): { readonly kernel: Kernel; readonly process: Process; readonly executor: Executor } {
  const start = { sec: 0, nsec: 0 }
  const kernel = new Kernel(new Filesystem(), new Clock(start, start, 0), '')
  const process = kernel.spawn([], [], DEFAULT_LIMITS)
  kernel.exit(process, { kind: 'exit', code: 0 })
  return { kernel, process, executor: new Alone(kernel) }
}

/** Bytes are made deterministic; what is compiled already is run as it was compiled. */
function usual(module: WebAssembly.Module | Uint8Array): Cpu {
  return module instanceof Uint8Array ? 'strict' : 'engine'
}

const STACK =
  "the guest used up the engine's stack; how deep it can go depends on the engine, so the machine is as it was before"

export class GuestRun implements Run {
  readonly process: Process
  readonly #kernel: Kernel
  readonly #prepared: Prepared
  readonly #stdout: OutputStream
  readonly #stderr: OutputStream
  #received: readonly OutputStream[][] = NONE
  readonly #hash: TraceHash | undefined
  readonly #recorder: TraceRecorder | undefined
  readonly #timeline: Timeline | undefined
  readonly #plan: FaultPlan | undefined
  /** The machine as it was before guest code ran. */
  #before: Checkpoint | undefined
  /** The run that this one goes on with. */
  readonly #from: Stopped | undefined
  /** The instance, while the guest is stopped. */
  #stopped: GuestInstance | undefined
  /** What runs that went on from where this one was stopped have left. */
  readonly #others: Idle[] = []
  /** Whether its calls can go wrong by plan, or must be noted since those of another process can. */
  #canFail = false
  /** Whether it can stop before a call, or begins where another did. */
  #canStop = false
  /** The machine's next number before this run took any. */
  readonly #firstSerial: number
  #bindings: readonly Binding[] = []
  #exports: WebAssembly.Exports = {}
  #cpu: GuestCpu | undefined
  /** What this run has left to the next one, as long as none has taken it. */
  #left: Idle | undefined
  #fuelUsed: number | undefined
  #coverage: Uint32Array | undefined
  #comparisons: readonly Comparison[] | undefined
  /** How often the host is inside guest code: more than once where a function of `imports` calls back. */
  #entered = 0

  /** Sets everything up; nothing has run yet. */
  constructor(kernel: Kernel, prepared: Prepared, plumbing: Plumbing = {}) {
    const { settings, options, checked, directories, input } = prepared
    this.#kernel = kernel
    this.#firstSerial = kernel.nextSerial
    this.#prepared = prepared
    const { from } = plumbing
    this.#from = from
    this.#before = from?.before ?? plumbing.before
    const { args, env, limits, trace, preopens, timeline, faults } = checked
    this.#plan = plumbing.plan ?? (faults === undefined ? undefined : this.#planOf(faults))
    if (from !== undefined) {
      this.#stdout = from.stdout
      this.#stderr = from.stderr
      this.process = from.process
      return
    }
    this.#stdout = new OutputStream(options.stdout)
    this.#stderr = new OutputStream(options.stderr)
    this.process = kernel.spawn(args, env, limits)
    this.process.listing = options.listing
    const callHashes = timeline === undefined ? undefined : new CallHashes(traceBuffer())
    this.#hash = callHashes ?? (trace === 'off' ? undefined : new TraceHash(traceBuffer()))
    this.#recorder =
      trace === 'records' || timeline !== undefined ? new TraceRecorder(this.process.pid, kernel.clock.tick) : undefined
    this.#openStandard(plumbing.stdin ?? stdinOf(kernel, options.stdin ?? '', input), plumbing.stdout)
    for (let index = 0; index < preopens.length; index++) {
      const { name } = preopens[index] as CheckedPreopen
      this.process.fds.add(kernel.preopen(directories[index] as number, name))
    }
    if (options.listen !== undefined) for (const peers of options.listen) this.#listen(peers)
    if (timeline !== undefined && callHashes !== undefined && this.#recorder !== undefined) {
      this.#timeline = new Timeline(kernel, this.process, settings, callHashes, this.#recorder, timeline)
    }
  }

  /**
   * Instantiates and runs the module: a command to its end, a reactor through its initialisation. A command whose module
   * can be stopped stops before the call with the number `stopAt`.
   * @throws VivariumError `BAD_MODULE` where it does not link; then the process has not begun.
   */
  start(executor: Executor, stopAt?: number): void {
    // Where the clocks start says, with the calls, where they are at each of them.
    if (this.#hash !== undefined) {
      const { realtime, monotonic, tick } = this.#kernel.clock
      this.#hash.words(realtime.sec, realtime.nsec, monotonic.sec, monotonic.nsec)
      this.#hash.words(tick, this.process.pid, 0, 0)
    }
    const { kind } = this.#module
    this.#canFail = this.#plan !== undefined || this.#kernel.journal !== undefined
    this.#canStop = stopAt !== undefined || this.#from !== undefined
    const idle = this.#isClosed ? this.#idle.pop() : undefined
    this.#bindings = idle === undefined ? this.#bind(executor) : this.#take(idle, executor)
    const from = this.#from?.instance
    let instance = idle?.instance
    if (from !== undefined && instance?.canBecome(from) === false) instance = undefined
    if (stopAt !== undefined) this.#before ??= checkpoint(this.#kernel)
    this.#guard(() => {
      const isNew = instance === undefined
      instance ??= this.#instantiate()
      const { cpu, exports } = instance
      this.#cpu = cpu
      this.#exports = exports
      if (from === undefined) {
        if (!isNew) instance.reset()
        cpu?.begin(this.#options.fuel)
      } else instance.become(from)
      if (cpu !== undefined && this.#time !== 'calls') this.#meterBy(cpu)
      const frames = this.#isClosed ? cpu?.frames : undefined
      if (frames !== undefined) {
        frames.stopAt = stopAt ?? Number.POSITIVE_INFINITY
        for (const { guest } of this.#bindings) guest.frames = frames
        if (from !== undefined) frames.rewind()
      }
      if (kind === 'command') this.#main(instance)
      else if (kind === 'reactor') callExport(exports, '_initialize', [])
    }, this.#before)
    this.#leave(instance)
  }

  /** Whether the guest is stopped before a call. */
  get isStopped(): boolean {
    return this.#stopped !== undefined
  }

  /** Goes on to before the call with the number `stopAt`. Preconditions: it is stopped. */
  goOn(stopAt: number): void {
    const instance = this.#stopped
    const frames = instance?.cpu?.frames
    if (instance === undefined || frames === undefined) throw new KernelBug('the run is not stopped')
    frames.stopAt = stopAt
    this.#stopped = undefined
    this.#guard(() => {
      frames.rewind()
      this.#main(instance)
    }, this.#before)
    this.#leave(instance)
  }

  /**
   * Another run from where this one is stopped, in a machine of its own, with faults of its own, to its end; `undefined`
   * where there cannot be two of what is open. Preconditions: this one is stopped.
   */
  fork(plan: FaultPlan): { readonly kernel: Kernel; readonly run: GuestRun } | undefined {
    const instance = this.#stopped
    const before = this.#before
    if (instance === undefined || before === undefined) throw new KernelBug('the run is not stopped')
    const running = forkRunning({
      kernel: this.#kernel,
      process: this.process,
      stdout: this.#stdout,
      stderr: this.#stderr,
    })
    if (running === undefined) return undefined
    const from: Stopped = { ...running, instance, idle: this.#others, before }
    const run = new GuestRun(running.kernel, this.#prepared, { plan, from })
    run.start(new Alone(running.kernel))
    return { kernel: running.kernel, run }
  }

  /** Runs a command to its end, or until it stops. */
  #main(instance: GuestInstance): void {
    callExport(instance.exports, '_start', [])
    const frames = instance.cpu?.frames
    if (frames?.unwinds !== true) this.#kernel.exit(this.process, { kind: 'exit', code: 0 })
    else if (this.process.end === undefined) {
      frames.stopped()
      this.#stopped = instance
    }
  }

  #leave(instance: GuestInstance | undefined): void {
    if (this.process.end !== undefined) this.#hash?.seal()
    if (this.#isClosed && this.process.failure === undefined && this.#stopped === undefined) this.#retire(instance)
  }

  #meterBy(cpu: GuestCpu): void {
    for (const { guest } of this.#bindings) {
      guest.meter = () => cpu.fuelUsed ?? 0
      guest.metersAll = this.#time === 'fuel everywhere'
    }
  }

  get #module(): GuestModule {
    return this.#prepared.module
  }

  get #options(): RunOptions {
    return this.#prepared.options
  }

  get #time(): TimeBy {
    return this.#prepared.settings.time
  }

  /** Whether nothing but this run can reach the instance: it is a command, and the host gave it nothing of its own. */
  get #isClosed(): boolean {
    return this.#module.kind === 'command' && this.#options.imports === undefined && this.#recorder === undefined
  }

  /** What the instance imports from WASI, as a run that has ended has left it. */
  #take(idle: Idle, executor: Executor): readonly Binding[] {
    idle.isTaken = true
    for (const { guest } of idle.bindings) {
      guest.become(this.#kernel, this.process, executor, this.#hash)
      guest.plan = this.#plan
      if (idle.instance === undefined) guest.attach(undefined)
    }
    return idle.bindings
  }

  /** What the instance imports from WASI, made for this run. */
  #bind(executor: Executor): readonly Binding[] {
    return this.#module.wasi.map(({ wasi: { name, layout, signatureOf }, names }) => {
      const guest = new Guest(this.#kernel, this.process, layout, executor, this.#hash)
      guest.plan = this.#plan
      const recorder = (this.#timeline ?? this.#recorder)?.of(guest)
      const canStop = this.#canStop
      return { name, guest, functions: bindCalls(guest, names, signatureOf, recorder, this.#canFail, canStop) }
    })
  }

  /**
   * Leaves the bindings to the next run of the module, and the instance where it can be put back: making them costs many
   * times what a small guest does. For this run the instance is never entered again.
   */
  #retire(instance: GuestInstance | undefined): void {
    this.#fuelUsed = this.#cpu?.fuelUsed
    this.#coverage = this.#cpu?.edges?.read()
    this.#comparisons = this.#cpu?.comparisons?.seen
    this.#cpu = undefined
    const { kernel, process, executor } = NOBODY
    const bindings = this.#bindings
    this.#bindings = []
    for (const { guest } of bindings) guest.become(kernel, process, executor, undefined)
    const idle = this.#idle
    const isUsable = this.#from !== undefined ? instance !== undefined : instance?.canReset === true
    if (idle.length < IDLE_MAX && isUsable) {
      this.#left = { bindings, instance, isTaken: false }
      this.#exports = {}
      idle.push(this.#left)
    } else {
      this.#exports = memoriesOf(this.#exports)
      if (idle.length < IDLE_MAX) idle.push({ bindings, instance: undefined, isTaken: false })
    }
  }

  /** Takes back of what was left, for the host, the memories: then the instance is none for another run. */
  #keepMemories(left: Idle): void {
    this.#left = undefined
    const { bindings, instance, isTaken } = left
    if (isTaken || instance === undefined) return
    const idle = this.#idle
    this.#exports = memoriesOf(instance.exports)
    idle.splice(idle.indexOf(left), 1, { bindings, instance: undefined, isTaken: false })
  }

  /** What runs that could have faults, or could not, as this one, have left. */
  get #idle(): Idle[] {
    if (this.#canStop) return this.#from?.idle ?? this.#others
    return this.#canFail ? this.#module.idleFaulty : this.#module.idle
  }

  #planOf(rules: readonly FaultRule[]): FaultPlan {
    const kernel = this.#kernel
    const faults = new Faults(rules)
    if (faults.cuts) kernel.journal ??= new Journal(kernel.fs)
    const cut = (fate: string): void => {
      const left = kernel.journal?.cut(fateOf(fate, (problem) => bug(problem)))
      const message = `the power went at call ${this.calls}, by plan`
      for (const process of kernel.processes.slice())
        kernel.exit(process, { kind: 'limit', limit: 'power cut', message })
      if (left !== undefined) kernel.fs = left
    }
    return { faults, cut }
  }

  get pid(): number {
    return this.process.pid
  }

  get end(): End | undefined {
    return this.process.end
  }

  get exitCode(): number | undefined {
    return this.end?.kind === 'exit' ? this.end.code : undefined
  }

  get stdout(): Output {
    return outputOf(this.#stdout)
  }

  get stderr(): Output {
    return outputOf(this.#stderr)
  }

  get traceDigest(): string | undefined {
    return this.#hash?.digest()
  }

  get trace(): readonly TraceRecord[] {
    return this.#recorder?.records ?? []
  }

  get calls(): number {
    return this.process.calls
  }

  get fuelUsed(): number | undefined {
    return this.#cpu?.fuelUsed ?? this.#fuelUsed
  }

  get coverage(): Uint32Array | undefined {
    return this.#coverage ?? this.#cpu?.edges?.read()
  }

  get comparisons(): readonly Comparison[] | undefined {
    return this.#comparisons ?? this.#cpu?.comparisons?.seen
  }

  get faults(): readonly { readonly rule: number; readonly call: number }[] {
    return this.#plan?.faults.fired ?? []
  }

  get received(): readonly (readonly Output[])[] {
    return this.#received.map((peers) => peers.map(outputOf))
  }

  get exports(): WebAssembly.Exports {
    if (this.#left !== undefined) this.#keepMemories(this.#left)
    return this.#exports
  }

  call(name: string, ...args: readonly (number | bigint)[]): unknown {
    if (this.end !== undefined) {
      throw new VivariumError('ENDED', `${name} cannot be called: the run has ended (${this.end.kind})`)
    }
    if (this.process.inCall) {
      throw new VivariumError('BUSY', `${name} cannot be called from within a call of the same guest, as from a sink`)
    }
    if (typeof this.#exports[name] !== 'function') {
      const names = Object.keys(this.#exports).filter((other) => typeof this.#exports[other] === 'function')
      throw new VivariumError(
        'NO_SUCH_EXPORT',
        `the module exports no function ${name}; it exports ${names.join(', ')}`,
      )
    }
    let result: unknown
    this.#guard(() => {
      result = callExport(this.#exports, name, args)
    })
    if (this.process.end !== undefined) {
      throw new VivariumError('ENDED', `the run ended in ${name}: ${describe(this.process.end)}`)
    }
    return result
  }

  at(call: number): Moment {
    return this.#moments.at(call)
  }

  when(path: string): readonly number[] {
    return this.#moments.when(path)
  }

  get callDigests(): readonly string[] | undefined {
    return this.#timeline?.digests
  }

  get #moments(): Timeline {
    if (this.#timeline !== undefined) return this.#timeline
    throw new VivariumError('NO_MOMENT', 'the run kept no moments: give it the option timeline: true')
  }

  close(): void {
    this.#kernel.exit(this.process, { kind: 'exit', code: 0 })
  }

  /**
   * Runs guest code and turns what it throws into the end of the process, or, where it is not the guest's, throws it.
   * What a call threw counts even where something on the way out caught it. How far a guest gets before the engine's
   * stack ends depends on the engine, and a call that it ended may be half done: so then the machine goes back.
   */
  #guard(run: () => void, before: Checkpoint = checkpoint(this.#kernel)): void {
    const { nextSerial } = this.#kernel
    if (this.#entered++ === 0) this.#cpu?.enter()
    let thrown: { readonly error: unknown } | undefined
    try {
      run()
    } catch (error) {
      thrown = { error }
    } finally {
      this.#entered--
    }
    const used = this.#time === 'calls' ? undefined : this.#cpu?.fuelUsed
    if (used !== undefined) this.#kernel.spend(this.process, used, this.#time === 'fuel everywhere')
    const { failure } = this.process
    const cause = failure ?? thrown
    if (cause === undefined) return
    const { error } = cause
    if (isStackOverflow(error)) {
      this.#kernel.nextSerial = nextSerial
      restore(this.#kernel, before, this.process, { kind: 'limit', limit: 'stack', message: STACK })
      return
    }
    const limit = failure === undefined && this.process.end === undefined ? this.#limitBehind(error) : undefined
    if (limit !== undefined) this.#kernel.exit(this.process, limit)
    // Not for a guest that has ended: writing the stack out costs more than a short run.
    if (this.process.end === undefined) {
      this.#kernel.exit(this.process, { kind: 'trap', message: messageOf(error), stack: stackOf(error) })
    }
    if (failure !== undefined || (limit === undefined && !isGuestFault(error))) throw error
  }

  /** The limit of a rewritten guest that made it trap; or that it could not be given the memory that it starts with. */
  #limitBehind(error: unknown): End | undefined {
    if (isGuestFault(error)) return this.#cpu?.limit
    if (this.#module.cpu?.memory === undefined || this.#cpu !== undefined || !(error instanceof RangeError))
      return undefined
    const message = `the host could not give the memory that the guest starts with: ${error.message}`
    return { kind: 'limit', limit: 'host memory', message }
  }

  #instantiate(): GuestInstance {
    const { module } = this.#module
    const imports: Record<string, { readonly [name: string]: WebAssembly.ImportValue }> = {}
    for (const [from, values] of Object.entries(this.#options.imports ?? {})) imports[from] = { ...values }
    for (const { name, functions } of this.#bindings) {
      imports[name] = imports[name] === undefined ? functions : { ...functions, ...imports[name] }
    }
    if (!this.#isClosed) this.#attach(importedMemory(module, imports))
    const { exports } = this.#link(module, imports)
    const instance = new GuestInstance(this.#module, exports, this.#isClosed)
    const { memory } = instance.exports
    if (memory instanceof WebAssembly.Memory) this.#attach(memory)
    return instance
  }

  #link(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    try {
      return new WebAssembly.Instance(module, imports)
    } catch (error) {
      if (!(error instanceof WebAssembly.LinkError) || this.calls > 0) throw error
      this.#unspawn(error)
      throw new VivariumError('BAD_MODULE', `the module imports something as what it is not: ${error.message}`)
    }
  }

  /** A process that never began leaves no number behind, where none was given out since. */
  #unspawn(error: Error): void {
    const kernel = this.#kernel
    kernel.exit(this.process, { kind: 'trap', message: error.message, stack: '' })
    if (kernel.nextPid !== this.pid + 1) return
    kernel.nextPid = this.pid
    kernel.nextSerial = this.#firstSerial
  }

  #attach(memory: WebAssembly.Memory | undefined): void {
    if (memory !== undefined) for (const { guest } of this.#bindings) guest.attach(memory)
  }

  #openStandard(stdin: OpenFile, stdout: OpenFile | undefined): void {
    const { tty } = this.#prepared.checked
    const kernel = this.#kernel
    if (stdin.kind === 'input') stdin.terminal = tty.stdin
    const out = stdout ?? outputFile(kernel, this.#stdout, tty.stdout)
    this.process.fds.add(new Descriptor(stdin, rightsOf(stdin) & ~RIGHTS_WRITING, 0))
    this.process.fds.add(new Descriptor(out, rightsOf(out) & ~RIGHT_FD_READ, 0))
    const error = outputFile(kernel, this.#stderr, tty.stderr)
    this.process.fds.add(new Descriptor(error, rightsOf(error) & ~RIGHT_FD_READ, 0))
  }

  #listen(peers: readonly SocketPeer[]): void {
    const { listener, descriptor } = listen(this.#kernel)
    this.process.fds.add(descriptor)
    const outputs = peers.map((peer) => {
      const received = new OutputStream()
      const near = connect(this.#kernel, listener)
      if (near instanceof Errno) throw new KernelBug('a new listener refused a connection')
      this.#attachPeer(near, peer, received)
      return received
    })
    this.#received = [...this.#received, outputs]
  }

  /** The host's end of a connection: sends what `peer` says at once, keeps what comes, and answers it. */
  #attachPeer(near: Socket, peer: SocketPeer, received: OutputStream): void {
    const far = near.peer
    if (far === undefined) throw new KernelBug('a new connection has no other end')
    const { send, respond } = peer
    if (send !== undefined) {
      const bytes = bytesOf(send, 'send')
      near.outgoing.push(bytes, 0, bytes.length)
    }
    if (!(peer.keepOpen ?? respond !== undefined)) near.sendShut = true
    far.sink = {
      receive: (bytes) => {
        const count = capturable(this.process, bytes.length)
        received.write(bytes, 0, count)
        captured(this.#kernel, this.process, count, bytes.length)
        const answer = count === bytes.length ? respond?.(bytes) : undefined
        return answer === undefined ? undefined : bytesOf(answer, 'respond, what it returned')
      },
    }
  }
}

function fileAt(fs: Filesystem, path: string): number {
  const ino = fs.lookup(ROOT_INO, byteString(path), 'follow', 'clamp')
  if (ino instanceof Errno) throw new VivariumError('NO_SUCH_FILE', `stdin: ${path}: ${ino.message}`)
  const { kind } = fs.get(ino)
  if (kind !== 'file') throw new VivariumError('NO_SUCH_FILE', `stdin: ${path} is a ${kind}, not a file`)
  return ino
}

/** `input` is the inode where stdin is a file. */
function stdinOf(kernel: Kernel, stdin: Stdin, input: number | undefined): OpenFile {
  if (input !== undefined) return kernel.describe('file', input, true, false)
  const file = new OpenFile('input', 0, true, false, kernel.nextSerial++)
  const isWhole = typeof stdin === 'string' || stdin instanceof Uint8Array
  file.input = new Input(isWhole ? bytesOf(stdin, 'stdin') : mapBytes(stdin as Iterable<string>))
  return file
}

function* mapBytes(chunks: Iterable<Uint8Array | string>): Generator<Uint8Array> {
  for (const chunk of chunks) yield bytesOf(chunk, 'stdin, a part of it')
}

function rightsOf({ kind, terminal }: OpenFile): number {
  return kind === 'file' ? RIGHTS_FILE : terminal ? RIGHTS_TERMINAL : RIGHTS_PIPE
}

function outputFile(kernel: Kernel, stream: OutputStream, terminal: boolean): OpenFile {
  const file = new OpenFile('output', 0, false, true, kernel.nextSerial++)
  file.output = stream
  file.terminal = terminal
  return file
}

function directoryAt(fs: Filesystem, path: string): number {
  const ino = fs.lookup(ROOT_INO, byteString(path), 'follow', 'clamp')
  if (ino instanceof Errno) throw new VivariumError('NO_SUCH_FILE', `preopens: ${path}: ${ino.message}`)
  if (!fs.get(ino).isDirectory()) throw new VivariumError('NO_SUCH_FILE', `preopens: ${path} is not a directory`)
  return ino
}

/** The first memory that the module imports, if it imports one. */
function importedMemory(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Memory | undefined {
  const found = WebAssembly.Module.imports(module).find(({ kind }) => kind === 'memory')
  const memory = found === undefined ? undefined : imports[found.module]?.[found.name]
  return memory instanceof WebAssembly.Memory ? memory : undefined
}

function callExport(exports: WebAssembly.Exports, name: string, args: readonly (number | bigint)[]): unknown {
  return (exports[name] as (...args: readonly (number | bigint)[]) => unknown)(...args)
}

/** The memories among the exports, which cannot call anything. */
function memoriesOf(exports: WebAssembly.Exports): WebAssembly.Exports {
  return Object.fromEntries(Object.entries(exports).filter(([, value]) => value instanceof WebAssembly.Memory))
}

function outputOf(stream: OutputStream): Output {
  return {
    get bytes() {
      return stream.toBytes()
    },
    text: () => decodeUtf8(stream.toBytes()),
  }
}

/** @throws VivariumError `BAD_OPTION` for what the types do not allow: it comes from an iterator or a function. */
function bytesOf(value: string | Uint8Array, name: string): Uint8Array {
  if (value === '') return NO_BYTES
  if (typeof value === 'string') return encodeUtf8(value)
  return value instanceof Uint8Array ? value : bad(name, value, 'text or a Uint8Array')
}

/** The engine's own error for too deep a stack: V8 and JavaScriptCore throw a RangeError, SpiderMonkey an InternalError. */
function isStackOverflow(error: unknown): boolean {
  if (!(error instanceof Error) || (error.name !== 'RangeError' && error.name !== 'InternalError')) return false
  return /call stack|recursion/i.test(error.message)
}

/** A trap, or an exception that the guest threw and did not catch; everything else is the host's. */
function isGuestFault(error: unknown): boolean {
  if (error instanceof WebAssembly.RuntimeError) return true
  return WebAssembly.Exception !== undefined && error instanceof WebAssembly.Exception
}

function messageOf(error: unknown): string {
  if (WebAssembly.Exception !== undefined && error instanceof WebAssembly.Exception)
    return 'uncaught exception of the guest'
  return error instanceof Error ? error.message : String(error)
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? '') : ''
}

function describe(end: End): string {
  switch (end.kind) {
    case 'exit':
      return `exit with code ${end.code}`
    case 'signal':
      return `signal ${end.name}`
    default:
      return end.message
  }
}

function bug(problem: string): never {
  throw new KernelBug(problem)
}
