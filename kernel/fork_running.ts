/**
 * A second machine in the middle of a run: the tree, the clocks and one process with all that it has open, so that what
 * either does from here on is nothing to the other. The guest's own state, which is the engine's, is not in it.
 */

import { Kernel } from './kernel.ts'
import { OpenFile } from './open_file.ts'
import type { Pipe } from './pipe.ts'
import { Process } from './process.ts'
import type { Output } from './stream.ts'

/** A machine with the one process that runs on it. */
export interface Running {
  readonly kernel: Kernel
  readonly process: Process
  /** Where its output goes, whether or not it still has them open. */
  readonly stdout: Output
  readonly stderr: Output
}

/**
 * In O(what is open). `undefined` where there is something of which there cannot be two: another process, a connection,
 * input that the host has still to give, or a record of what is synced.
 * Preconditions: no call is running.
 */
export function forkRunning({ kernel, process, stdout, stderr }: Running): Running | undefined {
  if (kernel.processes.length !== 1 || kernel.journal !== undefined) return undefined
  const copies = new Copies()
  const { fds } = process
  for (let fd = 0; fd < fds.end; fd++) {
    const file = fds.at(fd)?.file
    if (file !== undefined && !copies.add(file)) return undefined
  }
  const { clock, seed, nextPid, nextSerial } = kernel
  const fork = new Kernel(kernel.fs.fork('keep'), clock.fork(), seed, nextPid, nextSerial)
  if (copies.pipes !== undefined) {
    for (const [ino, pipe] of kernel.fifos) {
      const copy = copies.pipes.get(pipe)
      if (copy !== undefined) fork.fifos.set(ino, copy)
    }
  }
  const { pid, args, env, limits, random } = process
  const open = fds.clone((file) => copies.of(file))
  const copy = new Process(pid, args, env, limits, random.clone(), open)
  copy.listing = process.listing
  copy.calls = process.calls
  copy.instructions = process.instructions
  copy.outputSize = process.outputSize
  fork.adopt(copy)
  return { kernel: fork, process: copy, stdout: copies.output(stdout), stderr: copies.output(stderr) }
}

/** What was copied, by what it is a copy of. */
class Copies {
  readonly #files = new Map<OpenFile, OpenFile>()
  readonly #outputs: Output[] = []
  readonly #outputCopies: Output[] = []
  /** Made where there is a pipe. */
  pipes: Map<Pipe, Pipe> | undefined

  of(file: OpenFile): OpenFile {
    return this.#files.get(file) as OpenFile
  }

  output(output: Output): Output {
    const at = this.#outputs.indexOf(output)
    if (at >= 0) return this.#outputCopies[at] as Output
    const copy = output.clone()
    this.#outputs.push(output)
    this.#outputCopies.push(copy)
    return copy
  }

  /** Copies a description, once; whether it can be. */
  add(file: OpenFile): boolean {
    if (this.#files.has(file)) return true
    if (file.socket !== undefined || file.listener !== undefined) return false
    const input = file.input?.clone()
    if (file.input !== undefined && input === undefined) return false
    const copy = new OpenFile(file.kind, file.ino, file.readable, file.writable, file.serial)
    copy.offset = file.offset
    copy.append = file.append
    copy.nonblock = file.nonblock
    copy.dsync = file.dsync
    copy.rsync = file.rsync
    copy.sync = file.sync
    copy.terminal = file.terminal
    copy.top = file.top
    copy.device = file.device
    copy.input = input
    if (file.output !== undefined) copy.output = this.output(file.output)
    if (file.cursor !== undefined) copy.cursor = file.cursor.clone()
    if (file.pipe !== undefined) copy.pipe = this.#pipe(file.pipe)
    this.#files.set(file, copy)
    return true
  }

  #pipe(pipe: Pipe): Pipe {
    this.pipes ??= new Map()
    let copy = this.pipes.get(pipe)
    if (copy === undefined) {
      copy = pipe.clone()
      this.pipes.set(pipe, copy)
    }
    return copy
  }
}
