/**
 * The machine's state between and during runs: the tree, the clocks, the seed, and the processes. What it offers is
 * what the calls in the other files of this folder share: opening and closing of descriptions, and the end of processes.
 */

import type { ByteString } from '../vfs/bytes.ts'
import type { Filesystem } from '../vfs/filesystem.ts'
import type { Journal } from '../vfs/journal.ts'
import type { Clock } from './clock.ts'
import { Descriptor } from './fd_table.ts'
import { OpenFile } from './open_file.ts'
import { Pipe } from './pipe.ts'
import { type End, Process, type ProcessLimits } from './process.ts'
import { Random } from './random.ts'
import { RIGHTS_ALL, RIGHTS_DIRECTORY } from './rights.ts'
import { Status } from './status.ts'

const NOBODY: readonly Process[] = []

export class Kernel {
  /** Replaced only by `restore` of `checkpoint.ts`, and when the power goes. */
  fs: Filesystem
  readonly clock: Clock
  readonly seed: string
  /** The next process's number; each process has its own stream of randomness, named by it. */
  nextPid: number
  /** The next number for what has no inode in the tree (pipes, sockets, standard streams). */
  nextSerial: number
  #processes: readonly Process[] = NOBODY
  /** What the last stat told, to whoever asked at once: all forks fill the same one. */
  readonly status: Status
  #fifos: Map<number, Pipe> | undefined
  /** What is synced, as long as there are processes and the plan of one of them cuts the power. */
  journal: Journal | undefined

  constructor(
    fs: Filesystem,
    clock: Clock,
    seed: string,
    nextPid: number = 1,
    nextSerial: number = 1,
    status: Status = new Status(),
  ) {
    this.fs = fs
    this.clock = clock
    this.seed = seed
    this.nextPid = nextPid
    this.nextSerial = nextSerial
    this.status = status
  }

  /** A second kernel with the same tree, clocks, seed and numbers, in O(1). Processes are not taken along. */
  fork(): Kernel {
    return new Kernel(this.fs.fork(), this.clock.fork(), this.seed, this.nextPid, this.nextSerial, this.status)
  }

  /** The processes that have not ended, in the order of their beginnings. */
  get processes(): readonly Process[] {
    return this.#processes
  }

  /** The pipe inside each fifo of the tree that is open, by its inode number. */
  get fifos(): Map<number, Pipe> {
    this.#fifos ??= new Map()
    return this.#fifos
  }

  spawn(args: readonly ByteString[], env: readonly ByteString[], limits: ProcessLimits): Process {
    const pid = this.nextPid++
    const process = new Process(pid, args, env, limits, new Random(this.seed, pid))
    this.adopt(process)
    return process
  }

  /** Takes in a process that was made elsewhere, with all that it has open. */
  adopt(process: Process): void {
    this.#processes = this.#processes.length === 0 ? [process] : [...this.#processes, process]
  }

  /** `process` has taken `total` instructions by now; where `everywhere` is true they move the clocks on, a nanosecond each. */
  spend(process: Process, total: number, everywhere: boolean): void {
    const taken = total - process.instructions
    process.instructions = total
    if (everywhere && taken > 0) this.clock.jump({ sec: Math.floor(taken / 1e9), nsec: taken % 1e9 })
  }

  /** Ends a process, once: its descriptors are closed. A second end changes nothing. */
  exit(process: Process, end: End): void {
    if (process.end !== undefined) return
    this.forget(process, end)
    const { fds } = process
    for (let fd = 0; fd < fds.end; fd++) {
      const file = fds.at(fd)?.file
      if (file !== undefined) this.dropReference(file)
    }
    fds.empty()
    if (this.#processes.length === 0) this.journal = undefined
  }

  /** `process` has ended, and what it has open is the caller's to see to. */
  forget(process: Process, end: End): void {
    process.end = end
    const isLast = this.#processes.length === 1 && this.#processes[0] === process
    this.#processes = isLast ? NOBODY : this.#processes.filter((other) => other !== process)
  }

  /** Frees a number of `process` and what only it kept open. Preconditions: it is open. */
  close(process: Process, fd: number): void {
    this.dropReference(process.fds.remove(fd).file)
  }

  /** A new description of an inode, which it holds. */
  describe(
    kind: 'file' | 'directory' | 'device' | 'fifo',
    ino: number,
    readable: boolean,
    writable: boolean,
  ): OpenFile {
    this.fs.hold(ino)
    return new OpenFile(kind, ino, readable, writable)
  }

  /** One descriptor less refers to `file`; the last one ends it. */
  dropReference(file: OpenFile): void {
    file.references--
    if (file.references > 0) return
    if (file.pipe !== undefined) {
      if (file.readable) file.pipe.readers--
      if (file.writable) file.pipe.writers--
      if (file.pipe.readers + file.pipe.writers === 0) this.fifos.delete(file.ino)
    }
    if (file.ino !== 0) this.fs.release(file.ino)
    file.socket?.close()
    if (file.listener !== undefined) for (const pending of file.listener.pending.splice(0)) pending.close()
  }

  /** A preopened directory, as a descriptor to add. */
  preopen(ino: number, name: ByteString): Descriptor {
    const file = this.describe('directory', ino, false, false)
    file.top = true
    return new Descriptor(file, RIGHTS_DIRECTORY, RIGHTS_ALL, name)
  }

  /** A new pipe's two descriptions, its reading end first. */
  pipe(): { readonly pipe: Pipe; readonly reader: OpenFile; readonly writer: OpenFile } {
    const pipe = new Pipe(this.nextSerial++)
    const reader = new OpenFile('pipe', 0, true, false, pipe.ino)
    const writer = new OpenFile('pipe', 0, false, true, pipe.ino)
    reader.pipe = writer.pipe = pipe
    pipe.readers++
    pipe.writers++
    return { pipe, reader, writer }
  }
}
