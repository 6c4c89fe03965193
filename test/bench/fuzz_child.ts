/** The child process of `fuzz.ts`: starts one small guest over and over in one way for some seconds, and says how often. */

import { readFileSync } from 'node:fs'
import { WASI } from 'node:wasi'
import {
  ConsoleStdout,
  OpenFile,
  PreopenDirectory,
  File as ShimFile,
  WASI as ShimWasi,
} from '@bjorn3/browser_wasi_shim'
import fc from 'fast-check'
import { compile } from 'vivarium'
import { type FuzzOptions, fuzz } from 'vivarium/fuzz'
import { now } from './clock.ts'

export type FuzzWay =
  | 'plain'
  | 'one fault'
  | 'random faults'
  | 'drawn worlds'
  | 'coverage'
  | 'guided'
  | 'node:wasi'
  | 'browser_wasi_shim'

export interface FuzzJob {
  readonly way: FuzzWay
  readonly wasm: string
  /** The host's folder that `node:wasi` gives as `/`, with a file `input`. */
  readonly folder: string
  /** That are measured, after as many to warm up. */
  readonly seconds: number
}

export interface FuzzDone {
  readonly runs: number
  /** Nanoseconds. */
  readonly ns: number
}

/** Runs between two looks at the clock. */
const BATCH = 2000

const job: FuzzJob = JSON.parse(process.argv[2] as string)
const bytes = new Uint8Array(readFileSync(job.wasm))
const input = readFileSync(`${job.folder}/input`)
const run = runnerOf(job.way)
measure()
process.send?.(measure())

function measure(): FuzzDone {
  const start = now()
  let runs = 0
  while (now() - start < job.seconds * 1e9) {
    run(BATCH)
    runs += BATCH
  }
  return { runs, ns: now() - start }
}

function runnerOf(way: FuzzWay): (count: number) => void {
  if (way === 'node:wasi') return nodeWasi()
  if (way === 'browser_wasi_shim') return shim()
  const base = { files: { '/input': new Uint8Array(input) } }
  const options: FuzzOptions = way === 'drawn worlds' || way === 'guided' ? { base } : { base, world: fc.constant({}) }
  // The base is made and the guest prepared for each batch, as they are for each campaign.
  return (count) => void fuzz(guest(way), { ...options, ...more(way), runs: count })
}

function more(way: FuzzWay): FuzzOptions {
  switch (way) {
    case 'one fault':
      return { faults: 'fd_write#1=ENOSPC' }
    case 'random faults':
      return { faults: 'random' }
    case 'coverage':
      return { property: ({ run }) => run.coverage !== undefined }
    case 'guided':
      return { guided: { comparisons: false } }
    default:
      return {}
  }
}

function guest(way: FuzzWay): Uint8Array | WebAssembly.Module {
  return way === 'coverage' ? compile(bytes, { fuel: true, coverage: true, short: true }) : bytes
}

function nodeWasi(): (count: number) => void {
  const module = new WebAssembly.Module(bytes)
  return times(() => {
    const wasi = new WASI({ version: 'preview1', args: ['start'], preopens: { '/': job.folder }, returnOnExit: true })
    return wasi.start(new WebAssembly.Instance(module, wasi.getImportObject() as WebAssembly.Imports))
  })
}

function shim(): (count: number) => void {
  const module = new WebAssembly.Module(bytes)
  const output = ConsoleStdout.lineBuffered(() => {})
  return times(() => {
    const root = new PreopenDirectory('/', new Map([['input', new ShimFile(input)]]))
    const wasi = new ShimWasi(['start'], [], [new OpenFile(new ShimFile([])), output, output, root], { debug: false })
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: wasi.wasiImport })
    return wasi.start(instance as Parameters<ShimWasi['start']>[0])
  })
}

function times(start: () => number): (count: number) => void {
  return (count) => {
    for (let done = 0; done < count; done++) {
      const code = start()
      if (code !== 0) throw new Error(`the guest ended with ${code}`)
    }
  }
}
