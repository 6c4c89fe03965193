/** The `vivarium` command as users start it: the built one, in a process and a folder of its own. */

import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scratch } from '../node/folder.ts'
import { CACHE, compileFile } from '../support/compile.ts'

export const COMMAND: string = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url))

export interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly cwd?: string
  /** Written to a pipe; without it stdin is `/dev/null`. */
  readonly input?: string
  readonly env?: { readonly [name: string]: string }
}

export function vivarium(args: readonly string[], { cwd, input, env = {} }: Started = {}): Ended {
  if (!existsSync(COMMAND)) throw new Error(`${COMMAND} is not there: run "npm run build" first, as "npm test" does`)
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [COMMAND, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, XDG_CACHE_HOME: CACHE, NO_COLOR: '1', ...env },
    ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
  })
  if (error !== undefined) throw error
  return { status, stdout, stderr }
}

/** The program that the tests run: `tool.c`, compiled. */
export function guest(): Uint8Array {
  return compileFile('cli/tool.c')
}

/** A new folder with the guest in it as `tool.wasm`. */
export function workplace(): string {
  const folder = scratch()
  writeFileSync(join(folder, 'tool.wasm'), guest())
  return folder
}

/** What is wrong with a command line: its one paragraph on stderr, after the checks that all such errors share. */
export function complaint(ended: Ended): string {
  const { status, stdout, stderr } = ended
  if (status !== 2 || stdout !== '' || !/^vivarium: [^\n]+\n$/.test(stderr)) {
    throw new Error(`no one-paragraph error with exit status 2, but ${JSON.stringify(ended)}`)
  }
  return stderr.slice('vivarium: '.length, -1)
}
