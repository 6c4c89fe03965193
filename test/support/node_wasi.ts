/** The same guest under `node:wasi`, in a child process on a scratch folder: the second opinion of the guest tests. */

import { spawnSync } from 'node:child_process'

export interface NodeWasiRun {
  /** The child's exit status, which is the guest's exit code. */
  readonly exitCode: number
  readonly stdout: Uint8Array
  readonly stderr: string
}

export interface NodeWasiOptions {
  readonly args: readonly string[]
  readonly env?: { readonly [name: string]: string }
  readonly stdin?: string
  /** Host directories by the names that the guest sees. */
  readonly preopens: { readonly [name: string]: string }
}

const CHILD = `
import { readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'
const { path, args, env, preopens } = JSON.parse(process.argv[1])
const wasi = new WASI({ version: 'preview1', args, env, preopens, returnOnExit: true })
const module = new WebAssembly.Module(readFileSync(path))
process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()))
`

/**
 * Node 20 calls WASI through V8's fast calls, in which collecting garbage crashes; its WASI allocates there all the same,
 * so that large guests end by SIGSEGV or SIGABRT now and then.
 */
const FLAGS = ['--no-turbo-fast-api-calls', '--no-warnings', '--input-type=module']

/**
 * Runs the module of the file `path`.
 * @throws Error when the child ended by a signal, as it does when node itself crashes.
 */
export function runNodeWasi(path: string, options: NodeWasiOptions): NodeWasiRun {
  const { args, env = {}, stdin = '', preopens } = options
  const child = spawnSync(process.execPath, [...FLAGS, '-e', CHILD, JSON.stringify({ path, args, env, preopens })], {
    input: stdin,
    maxBuffer: 2 ** 30,
  })
  if (child.status === null) throw new Error(`node:wasi ended by ${child.signal ?? child.error}`)
  return {
    exitCode: child.status,
    stdout: child.stdout,
    stderr: child.stderr.toString(),
  }
}
