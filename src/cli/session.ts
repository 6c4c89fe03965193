/**
 * What the commands that run a guest have in common: from their arguments to a machine, a module and the options of a
 * run, with all that can be wrong said before anything that takes long.
 */
/// <reference path="../webassembly.d.ts" />

import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Machine, type RunOptions } from '../index.ts'
import {
  defaultCacheDir,
  HostError,
  type HostReport,
  importHost,
  type LoadedModule,
  loadModuleWithBytes,
  nodeHashes,
} from '../node/index.ts'
import type { DirArgument } from './arguments.ts'
import { about, withHost } from './host_files.ts'
import { loadingProgress } from './progress.ts'
import { readSource } from './sources.ts'
import { readStdin } from './standard_streams.ts'

/** The options of every command that runs a guest, parsed. */
export interface GuestArguments {
  readonly dir?: readonly DirArgument[]
  readonly env?: readonly (readonly [name: string, value: string])[]
  readonly argv0?: string
  readonly from?: string
  readonly seed?: string
  readonly epoch?: bigint
  readonly tick?: number
  readonly stdin?: string
  readonly cpu?: 'strict' | 'engine'
  readonly fuel?: number
  readonly faults?: string
  readonly cacheDir?: string
  readonly cache: boolean
  readonly maxCalls?: number
  readonly maxOutput?: number
  readonly tty?: true
}

/** A guest that is ready to be run. */
export interface Session {
  readonly machine: Machine
  readonly module: LoadedModule
  readonly options: RunOptions
  readonly dirs: readonly (HostReport & { readonly argument: string })[]
  /** The bytes of stdin, where they were given. */
  readonly stdin: Uint8Array | undefined
  /** Whether the guest looked at a stdin that was not given; known once it has run. */
  readonly missedInput: () => boolean
}

/** @throws HostError, VivariumError, FormatError for what the user gave. */
export async function prepareSession(path: string, args: readonly string[], options: GuestArguments): Promise<Session> {
  const { dir = [], env = [] } = options
  checkPlaces(dir)
  const stdin = options.stdin === undefined ? undefined : readInput(options.stdin)
  const machine = makeMachine(options)
  const module = await load(path, options)
  const dirs = dir.map(({ text, host, guest }) =>
    about(`--dir ${text}`, () => ({ argument: text, ...importHost(machine.tree, host, guest, machine.time) })),
  )
  let missed = false
  return {
    machine,
    module,
    dirs,
    stdin,
    missedInput: () => missed,
    options: {
      args: [options.argv0 ?? basename(path), ...args],
      env: Object.fromEntries(env),
      stdin: stdin ?? emptyInput(() => (missed = true)),
      ...(options.tty === true ? { tty: true } : {}),
      ...(dir.length === 0 ? {} : { preopens: dir.map(({ guest }) => ({ name: guest, path: guest })) }),
      limits: {
        ...(options.maxCalls === undefined ? {} : { calls: options.maxCalls }),
        ...(options.maxOutput === undefined ? {} : { output: options.maxOutput }),
      },
      ...(options.fuel === undefined ? {} : { fuel: options.fuel }),
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    },
  }
}

function makeMachine({ from, seed, epoch, tick, cpu = 'strict' }: GuestArguments): Machine {
  if (from === undefined) {
    return new Machine({
      cpu,
      hashes: nodeHashes,
      ...(seed === undefined ? {} : { seed }),
      ...(epoch === undefined ? {} : { epoch }),
      ...(tick === undefined ? {} : { tick }),
    })
  }
  const given = Object.entries({ seed, epoch, tick }).find(([, value]) => value !== undefined)
  if (given !== undefined) {
    const problem = `--${given[0]} cannot be given with --from: a snapshot has one of its own, which its runs go on with`
    throw new HostError('REFUSED', from, problem)
  }
  return about(`--from ${from}`, () => Machine.from(readSource(from).snapshot))
}

/** Two folders at one place would be one for the guest, whichever it opened. */
function checkPlaces(dirs: readonly DirArgument[]): void {
  const places = new Map<string, string>()
  for (const { text, guest } of dirs) {
    const other = places.get(guest)
    if (other !== undefined) {
      throw new HostError(
        'REFUSED',
        text,
        `--dir ${other} and --dir ${text} are both ${guest} in the machine: give one of them another place, as in --dir HOST::/other`,
      )
    }
    places.set(guest, text)
  }
}

/** The module, with progress on a terminal when it takes long. */
export async function load(
  path: string,
  { cpu = 'strict', fuel, cache, cacheDir }: Pick<GuestArguments, 'cpu' | 'fuel' | 'cache' | 'cacheDir'>,
): Promise<LoadedModule> {
  const progress = loadingProgress(basename(path), process.stderr)
  try {
    return await loadModuleWithBytes(path, {
      onProgress: (step) => progress.update(step),
      cpu,
      fuel: fuel !== undefined,
      ...(cache ? { cacheDir: cacheDir ?? defaultCacheDir(), cacheRequired: cacheDir !== undefined } : {}),
    })
  } finally {
    progress.stop()
  }
}

/** An empty stdin, which calls `onRead` when the guest looks at it. */
function* emptyInput(onRead: () => void): Generator<Uint8Array> {
  onRead()
  yield* []
}

function readInput(file: string): Uint8Array {
  return withHost(`--stdin ${file}`, file, 'read', () => (file === '-' ? readStdin() : readFileSync(file)))
}
