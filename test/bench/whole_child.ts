/**
 * The child process of `whole.ts`: does one job on one host and answers with its time, so that no host's compiled code,
 * garbage or crash is another's. The module is compiled before time counts; instantiating it counts.
 */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { WASI } from 'node:wasi'
import {
  ConsoleStdout,
  OpenFile,
  PreopenDirectory,
  File as ShimFile,
  WASI as ShimWasi,
} from '@bjorn3/browser_wasi_shim'
import { compile, Machine, type TraceLevel } from 'vivarium'
import { importHost } from 'vivarium/node'
import { now } from './clock.ts'

export type WholeHost = 'vivarium' | 'trace off' | 'strict' | 'node:wasi' | 'browser_wasi_shim'

export interface Job {
  readonly host: WholeHost
  readonly wasm: string
  readonly args: readonly string[]
  readonly env: { readonly [name: string]: string }
  /** The host's folder that the guest sees as `/`. */
  readonly folder: string
  /** A file that the guest has made, for its digest. */
  readonly output?: string
  /** With this, the guest is started so often, each time in the folder as it was where the host can do that. */
  readonly starts?: number
  /** Seconds after which there are no more starts. */
  readonly bound: number
}

export interface Done {
  readonly ms: number
  /** How often it was started. */
  readonly starts: number
  /** Milliseconds that copying the folder into the machine took, before. */
  readonly load: number
  readonly digest?: string
}

const job: Job = JSON.parse(process.argv[2] as string)
const bytes = new Uint8Array(readFileSync(job.wasm))
const isOurs = job.host !== 'node:wasi' && job.host !== 'browser_wasi_shim'
/** What is started often `compile` prepares for that. */
const module =
  isOurs && job.starts !== undefined
    ? compile(bytes, { cpu: job.host === 'strict' ? 'strict' : 'engine', short: true })
    : new WebAssembly.Module(bytes)
process.send?.(perform(job))

function perform(job: Job): Done {
  switch (job.host) {
    case 'vivarium':
      return performInMachine(job, 'digest')
    case 'trace off':
      return performInMachine(job, 'off')
    case 'strict':
      return performInMachine(job, 'digest')
    case 'node:wasi':
      return performOnNode(job)
    case 'browser_wasi_shim':
      return performInShim(job)
  }
}

function performInMachine({ args, env, folder, output, ...job }: Job, trace: TraceLevel): Done {
  const start = now()
  const machine = new Machine()
  importHost(machine.tree, folder, '/', machine.time)
  const load = (now() - start) / 1e6
  if (job.starts === undefined) {
    const [ms] = timeStarts(1, job.bound, () => expectZero(machine.run(module, { args, env, trace }).exitCode))
    return done(ms, 1, load, output === undefined ? undefined : machine.fs.readFileSync(output))
  }
  const world = machine.snapshot()
  const run = (): void => expectZero(Machine.from(world).run(module, { args, env, trace }).exitCode)
  return done(...timeStarts(job.starts, job.bound, run), load)
}

function performOnNode({ args, env, folder, output, starts = 1, bound }: Job): Done {
  const run = (): void => {
    const wasi = new WASI({ version: 'preview1', args: [...args], env, preopens: { '/': folder }, returnOnExit: true })
    expectZero(wasi.start(new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports)))
  }
  const times = timeStarts(starts, bound, run)
  return done(...times, 0, output === undefined ? undefined : readFileSync(join(folder, output)))
}

/** In a folder that holds nothing but `input`. */
function performInShim({ args, env, folder, starts = 1, bound }: Job): Done {
  const input = readFileSync(join(folder, 'input'))
  const output = ConsoleStdout.lineBuffered(() => {})
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const run = (): void => {
    const root = new PreopenDirectory('/', new Map([['input', new ShimFile(input)]]))
    const fds = [new OpenFile(new ShimFile([])), output, output, root]
    const wasi = new ShimWasi([...args], variables, fds, { debug: false })
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport })
    expectZero(wasi.start(instance as Parameters<ShimWasi['start']>[0]))
  }
  return done(...timeStarts(starts, bound, run), 0)
}

function timeStarts(most: number, bound: number, run: () => void): [ms: number, starts: number] {
  const start = now()
  let starts = 0
  let ms = 0
  while (starts < most && ms < bound * 1000) {
    run()
    starts++
    ms = (now() - start) / 1e6
  }
  return [ms, starts]
}

function done(ms: number, starts: number, load: number, output?: Uint8Array): Done {
  const digest = output === undefined ? {} : { digest: createHash('sha256').update(output).digest('hex') }
  return { ms, starts, load, ...digest }
}

function expectZero(code: number | undefined): void {
  if (code !== 0) throw new Error(`the guest ended with ${code}`)
}
