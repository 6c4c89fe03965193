/**
 * The machine as it was before guest code ran, for when the engine's stack ended inside a call, which may have left
 * anything half done. Nothing is trusted then: what the processes that live on have open says how often each inode is
 * held and how many ends each pipe has.
 */

import { Filesystem } from '../vfs/filesystem.ts'
import type { Clock } from './clock.ts'
import type { Kernel } from './kernel.ts'
import type { OpenFile } from './open_file.ts'
import type { Pipe } from './pipe.ts'
import type { End, Process } from './process.ts'

/** Nothing changes it. A kernel that nobody runs on is one, too. */
export interface Checkpoint {
  readonly fs: Pick<Filesystem, 'table' | 'blocks'>
  readonly clock: Clock
}

/** In O(1), whatever is open. */
export function checkpoint({ fs, clock }: Kernel): Checkpoint {
  return { fs: { table: fs.table.fork(), blocks: fs.blocks }, clock: clock.fork() }
}

/**
 * Ends `process`, the only one that has run since `before`, and goes back to that. Process numbers are not given out
 * again. Cost: the tree, once.
 */
export function restore(kernel: Kernel, before: Checkpoint, process: Process, end: End): void {
  kernel.forget(process, end)
  for (const { socket, listener } of openFiles(process)) {
    socket?.close()
    for (const pending of listener?.pending.splice(0) ?? []) pending.close()
  }
  const fs = new Filesystem(kernel.fs.quota, before.clock.realtime, before.fs.table.fork(), kernel.fs.lineage)
  fs.blocks = before.fs.blocks
  const files = kernel.processes.flatMap((living) => [...openFiles(living)])
  for (const { ino } of files) if (ino !== 0) fs.hold(ino)
  freeUnheld(fs)
  countEnds(kernel, files)
  kernel.fs = fs
  kernel.clock.set(before.clock)
}

function openFiles({ fds }: Process): Set<OpenFile> {
  return new Set(fds.numbers().flatMap((fd) => fds.at(fd)?.file ?? []))
}

/** Frees the inodes that have no name and that only the process which is gone had open. */
function freeUnheld(fs: Filesystem): void {
  const unheld: number[] = []
  fs.table.forEach(({ ino, nlink }) => {
    if (nlink === 0 && !fs.isHeld(ino)) unheld.push(ino)
  })
  for (const ino of unheld) {
    fs.hold(ino)
    fs.release(ino)
  }
}

function countEnds(kernel: Kernel, files: readonly OpenFile[]): void {
  const living = new Set<Pipe>()
  for (const { pipe } of files) {
    if (pipe === undefined) continue
    living.add(pipe)
    pipe.readers = pipe.writers = 0
  }
  for (const { pipe, readable, writable } of files) {
    if (pipe === undefined) continue
    if (readable) pipe.readers++
    if (writable) pipe.writers++
  }
  for (const [ino, pipe] of kernel.fifos) if (!living.has(pipe)) kernel.fifos.delete(ino)
}
