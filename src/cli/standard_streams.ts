/**
 * The command's own stdin, stdout and stderr, read and written at once: what a guest wrote is out before the command
 * goes on, so nothing is lost when it ends, and a guest that never returns has its output shown as it comes.
 */

import { fstatSync, readSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { errnoOf } from '../node/host_error.ts'

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const PART_SIZE = 65_536
/** Milliseconds between tries where a pipe is full, or has nothing yet, and does not wait by itself. */
const PAUSE = 2

/** Descriptors whose reader has gone: what is written to them is dropped, and the run is the same as with a reader. */
const closed = new Set<number>()
const pause = new Int32Array(new SharedArrayBuffer(4))

export function writeOut(data: string | Uint8Array): void {
  write(STDOUT, data)
}

export function writeError(data: string | Uint8Array): void {
  write(STDERR, data)
}

/** One paragraph about the command itself, told from what the guest writes by its first word. */
export function say(message: string): void {
  writeError(`vivarium: ${sentence(message)}\n`)
}

/** Says what is wrong with the arguments of a command, and where to read on. */
export function complain(message: string, command: string = 'vivarium run'): void {
  say(`${sentence(message)} See "${command} --help".`)
}

/** On one line, with a full stop at its end where it has none. */
function sentence(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' ')
    .replace(/(?<![.!?]|[.!?]\))$/, '.')
}

function write(fd: number, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  for (let done = 0; done < bytes.length && !closed.has(fd); ) {
    try {
      done += writeSync(fd, bytes, done)
    } catch (error) {
      const errno = errnoOf(error)
      if (errno === 'EAGAIN') Atomics.wait(pause, 0, 0, PAUSE)
      else if (errno === 'EPIPE') closed.add(fd)
      else throw error
    }
  }
}

/** All of stdin, up to its end. */
export function readStdin(): Uint8Array {
  const parts: Uint8Array[] = []
  for (;;) {
    const part = new Uint8Array(PART_SIZE)
    try {
      const count = readSync(STDIN, part)
      if (count === 0) return Buffer.concat(parts)
      parts.push(part.subarray(0, count))
    } catch (error) {
      // Windows ends a pipe with EOF as an error.
      if (errnoOf(error) === 'EOF') return Buffer.concat(parts)
      if (errnoOf(error) !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, PAUSE)
    }
  }
}

/** Whether somebody may have meant stdin for the guest: it is a terminal, a pipe, a socket, or a file with content. */
export function stdinIsGiven(): boolean {
  try {
    const stats = fstatSync(STDIN)
    return isatty(STDIN) || stats.isFIFO() || stats.isSocket() || (stats.isFile() && stats.size > 0)
  } catch {
    return false
  }
}
