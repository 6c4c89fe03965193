/** The facade: a whole machine, its runs, and its snapshots. */

import { Clock } from '../kernel/clock.ts'
import { Alone, Nested } from '../kernel/executor.ts'
import { Kernel } from '../kernel/kernel.ts'
import { byteString } from '../vfs/bytes.ts'
import { Filesystem } from '../vfs/filesystem.ts'
import type { DeviceName, Instant } from '../vfs/inode.ts'
import { ROOT_INO } from '../vfs/inode_table.ts'
import { createNodeFs, type NodeFs } from '../vfs/node_fs.ts'
import { type Files, importTree } from '../vfs/tree.ts'
import { checkMachineOptions } from './check_options.ts'
import { VivariumError } from './error.ts'
import { GuestRun, type Plumbing, prepare } from './guest_run.ts'
import type { MachineOptions, RunOptions } from './options.ts'
import type { Run } from './run.ts'
import { type Settings, Snapshot } from './snapshot.ts'

/** One stage of a pipeline: a module and the options of its run. */
export interface Stage extends RunOptions {
  readonly module: WebAssembly.Module | Uint8Array
}

const DEVICES: readonly DeviceName[] = ['null', 'zero', 'full', 'random', 'urandom', 'stdin', 'stdout', 'stderr', 'tty']

/**
 * A machine that exists only in memory. What it does is a function of its options, of the modules that it runs, and of
 * the order of the calls made here.
 */
export class Machine {
  readonly #kernel: Kernel
  readonly #settings: Settings
  #nodeFs: { readonly of: Filesystem; readonly fs: NodeFs } | undefined

  /**
   * `going` is for `Machine.from`, which has all of the machine already; `options` do not count then.
   * @throws VivariumError `BAD_OPTION`, ImportError for `files` that cannot be.
   */
  constructor(options: MachineOptions = {}, going?: { readonly kernel: Kernel; readonly settings: Settings }) {
    if (going !== undefined) {
      this.#kernel = going.kernel
      this.#settings = going.settings
      return
    }
    const { seed, epoch, tick, cpu, time, hashes } = checkMachineOptions(options)
    this.#settings = { cpu, time, hashes }
    const fs = new Filesystem(options.quota, epoch)
    this.#kernel = new Kernel(fs, new Clock(epoch, { sec: 0, nsec: 0 }, tick), seed)
    if (options.image !== 'empty') installImage(fs, epoch)
    if (options.files !== undefined) importTree(fs, options.files, epoch)
  }

  /** A machine that goes on from a snapshot, in O(1). The snapshot stays as it is. */
  static from(snapshot: Snapshot): Machine {
    return new Machine({}, { kernel: snapshot.fork(), settings: snapshot.settings })
  }

  /** The machine's files, as `node:fs` would show them; changes are seen by guests at once, and theirs here. */
  get fs(): NodeFs {
    const { fs, clock } = this.#kernel
    if (this.#nodeFs?.of !== fs) this.#nodeFs = { of: fs, fs: createNodeFs(fs, () => clock.realtime) }
    return this.#nodeFs.fs
  }

  /** The tree itself, for the functions of `vivarium/fs` and `vivarium/node`. */
  get tree(): Filesystem {
    return this.#kernel.fs
  }

  /** The realtime clock: nanoseconds since 1970. */
  get time(): bigint {
    const { sec, nsec } = this.#kernel.clock.realtime
    return BigInt(sec) * 1_000_000_000n + BigInt(nsec)
  }

  /** Adds files to the tree. @throws ImportError naming the path; then nothing was added. */
  add(files: Files): void {
    const trial = this.#kernel.fs.fork()
    importTree(trial, files, this.#kernel.clock.realtime)
    importTree(this.#kernel.fs, files, this.#kernel.clock.realtime)
  }

  /**
   * Runs a module: a command to its end, a reactor through `_initialize`, after which its exports can be called.
   * However the guest ends, that is data in the result.
   * @throws VivariumError for a module or options that cannot be run; then nothing has happened. What a sink, an
   * iterator of stdin, or a function of `imports` throws is thrown on.
   */
  run(module: WebAssembly.Module | Uint8Array, options: RunOptions = {}): Run {
    const run = new GuestRun(this.#kernel, prepare(this.#kernel, this.#settings, module, options))
    run.start(new Alone(this.#kernel))
    return run
  }

  /**
   * Runs commands side by side, the stdout of each the stdin of the next, through pipes. The outcome of each, in order.
   * A stage that asks for input has the stage before it run to its end, so what that one writes must fit `limits.pipe`.
   * @throws as `run`.
   */
  pipeline(stages: readonly Stage[]): Run[] {
    const kernel = this.#kernel
    const prepared = stages.map(({ module, ...options }, index) => {
      if (index > 0) refuse(index, options, 'stdin', 'before it')
      if (index < stages.length - 1) refuse(index, options, 'stdout', 'after it')
      const stage = prepare(kernel, this.#settings, module, options)
      if (stage.module.kind !== 'command') {
        throw new VivariumError(
          'BAD_OPTION',
          `stages[${index}].module: a pipeline runs commands, and it exports no _start`,
        )
      }
      return stage
    })
    const executor = new Nested(kernel)
    const pipes = stages.slice(1).map(() => kernel.pipe())
    const runs = prepared.map((stage, index) => {
      const before = pipes[index - 1]
      const after = pipes[index]
      const plumbing: Plumbing = {
        ...(before !== undefined ? { stdin: before.reader } : {}),
        ...(after !== undefined ? { stdout: after.writer } : {}),
      }
      return new GuestRun(kernel, stage, plumbing)
    })
    pipes.forEach(({ pipe }, index) => {
      executor.addWriter(pipe, () => runs[index]?.start(executor))
    })
    try {
      runs.at(-1)?.start(executor)
      for (const { pipe } of [...pipes].reverse()) executor.runWriter(pipe)
    } finally {
      // Only what a sink or an import threw leaves a stage that has not ended.
      for (const run of runs) run.close()
    }
    return runs
  }

  /** The machine as it is now, in O(1): the tree, the clocks, the randomness to come, the next numbers. */
  snapshot(): Snapshot {
    return new Snapshot(this.#kernel.fork(), this.#settings)
  }

  /** A second machine that is the same as this one now, in O(1). Neither sees what the other does from here on. */
  fork(): Machine {
    return Machine.from(this.snapshot())
  }
}

/** @throws VivariumError `BAD_OPTION` for a standard stream of a stage that is a pipe. */
function refuse(stage: number, options: RunOptions, name: 'stdin' | 'stdout', where: string): void {
  if (options[name] === undefined) return
  throw new VivariumError('BAD_OPTION', `stages[${stage}].${name}: it is the pipe to the stage ${where}; leave it out`)
}

function installImage(fs: Filesystem, now: Instant): void {
  fs.mkdirAt(ROOT_INO, byteString('tmp'), 'clamp', now, 0o1777)
  fs.mkdirAt(ROOT_INO, byteString('dev'), 'clamp', now)
  for (const device of DEVICES) fs.mknodAt(ROOT_INO, byteString(`dev/${device}`), 'device', device, 'clamp', now, 0o666)
}
