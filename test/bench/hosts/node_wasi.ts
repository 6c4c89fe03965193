/**
 * `node:wasi` on a folder of the host, in memory where there is one. In a child process, since in loops like these it
 * takes its process with it: V8's fast calls may not collect garbage, and Node 20's WASI allocates in them.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { guestFile } from '../guest.ts'
import type { Host, Session, Timed } from './host.ts'

const CHILD = fileURLToPath(new URL('node_wasi_child.ts', import.meta.url))

export const nodeWasi: Host = {
  name: 'node:wasi',
  open: () => openChild([]),
  fallback: { name: 'node:wasi without fast calls', open: () => openChild(['--no-turbo-fast-api-calls']) },
}

/** A new folder for a guest under `node:wasi`; whoever makes it removes it. */
export function scratchFolder(): string {
  return mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vivarium-bench-'))
}

async function openChild(flags: readonly string[]): Promise<Session> {
  guestFile('guest.c')
  const folder = scratchFolder()
  const child = fork(CHILD, [folder], {
    execArgv: ['--no-warnings', '--import', import.meta.resolve('tsx'), ...flags],
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
  })
  const close = (): void => {
    child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', close)
  try {
    await answer(child)
  } catch (error) {
    close()
    throw error
  }
  return {
    async time(loop, from, to, size) {
      const answered = answer(child)
      child.send([loop, from, to, size])
      return (await answered) as Timed
    },
    close() {
      process.off('exit', close)
      close()
    },
  }
}

/** The next message. @throws Error saying how the child ended, when it does. */
function answer(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const message = (value: unknown): void => {
      child.off('exit', exit)
      resolve(value)
    }
    const exit = (code: number | null, signal: string | null): void => {
      child.off('message', message)
      reject(new Error(`crashed: ${signal ?? `exit ${code}`}`))
    }
    child.once('message', message)
    child.once('exit', exit)
  })
}
