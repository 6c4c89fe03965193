/** What states cost: to be named, compared, saved and loaded, beside memfs's snapshots; and to be kept call by call. */

import { readFileSync } from 'node:fs'
import { fromBinarySnapshotSync, toBinarySnapshotSync } from '@jsonjoy.com/fs-snapshot'
import { createFsFromVolume, Volume } from 'memfs'
import { diff, Machine, type Run, readSnapshot, writeSnapshot } from 'vivarium'
import { tarChunks } from 'vivarium/formats'
import { nodeHashes } from 'vivarium/node'
import { clang, compileArgs } from '../../examples/toolchain.ts'
import { now } from './clock.ts'
import { bytesAlive } from './machine_of.ts'
import { range } from './statistics.ts'
import { textTable } from './text_table.ts'

export interface StateCosts {
  /** Milliseconds, by what was done and for how many files. */
  readonly rows: readonly {
    readonly name: string
    readonly files: number
    readonly ms: number
    readonly memfs?: number
  }[]
  readonly timeline: Timeline
}

/** The clang compile of the demo, plain and with `timeline: true`. */
export interface Timeline {
  readonly calls: number
  readonly plainMs: number
  readonly timelineMs: number
  /** The mean and the largest of `run.at(n)` with its descriptors and its diff. */
  readonly atMs: number
  readonly atMostMs: number
  /** Bytes alive for each state of the tree that was kept. */
  readonly bytesEach: number
  readonly kept: number
}

const FILES_IN_DIRECTORY = 1000
const ROUNDS = 5

export function measureStates(progress: (text: string) => void): StateCosts {
  const rows = [10_000, 1_000_000].flatMap((files) => {
    progress(`states of ${files.toLocaleString('en')} files`)
    return rowsOf(files)
  })
  progress('a timeline of clang')
  return { rows, timeline: measureTimeline() }
}

export function formatStates({ rows, timeline }: StateCosts): string {
  const table = rows.map(({ name, files, ms, memfs }) => [
    name,
    files.toLocaleString('en'),
    milliseconds(ms),
    memfs === undefined ? '-' : milliseconds(memfs),
  ])
  const { calls, plainMs, timelineMs, atMs, atMostMs, bytesEach, kept } = timeline
  return [
    textTable(['states', 'files', 'ms', 'memfs'], table),
    textTable(
      ['timeline of clang compiling the demo', 'value', 'target'],
      [
        ['calls', calls.toLocaleString('en'), '-'],
        ['plain run', `${milliseconds(plainMs)} ms`, '-'],
        ['with timeline', `${milliseconds(timelineMs)} ms`, '-'],
        ['ratio', (timelineMs / plainMs).toFixed(2), '2'],
        ['at(n) with descriptors and diff, mean', `${milliseconds(atMs)} ms`, '10 ms'],
        ['at(n) with descriptors and diff, most', `${milliseconds(atMostMs)} ms`, '10 ms'],
        ['states of the tree kept', kept.toLocaleString('en'), '-'],
        ['bytes of each', Math.round(bytesEach).toLocaleString('en'), '-'],
      ],
    ),
  ].join('\n\n')
}

function rowsOf(files: number): StateCosts['rows'] {
  const machine = new Machine({ image: 'empty', hashes: nodeHashes, quota: { inodes: 2 * files, entries: 2 * files } })
  const fs = machine.fs
  for (let d = 0; d * FILES_IN_DIRECTORY < files; d++) {
    fs.mkdirSync(`/d${d}`)
    for (let i = 0; i < FILES_IN_DIRECTORY; i++) fs.writeFileSync(`/d${d}/f${i}`, `content ${d} ${i}`)
  }
  const row = (name: string, ms: number, memfs?: number): StateCosts['rows'][number] => ({
    name,
    files,
    ms,
    ...(memfs === undefined ? {} : { memfs }),
  })
  const first = machine.snapshot()
  const rows = [
    row(
      'digest, the first',
      timed(() => first.digest),
    ),
    row(
      'state digest, the first',
      timed(() => first.stateDigest),
    ),
  ]
  const changes = range(ROUNDS).map((round) => {
    const before = machine.snapshot()
    machine.fs.writeFileSync(`/d${round}/f${round}`, 'changed')
    const after = machine.snapshot()
    return [
      timed(() => diff(before, after)),
      timed(() => after.digest),
      timed(() => after.stateDigest),
      timed(() => machine.fork()),
    ]
  })
  const names = ['diff after one change', 'digest after one change', 'state digest after one change', 'fork']
  for (const [index, name] of names.entries())
    rows.push(row(name, Math.min(...changes.map((round) => round[index] as number))))
  const peer = files <= 10_000 ? memfsSnapshot(files) : undefined
  let file: Uint8Array = new Uint8Array()
  rows.push(
    row(
      'save as a snapshot file',
      timed(() => (file = writeSnapshot(machine.snapshot()))),
      peer?.out,
    ),
  )
  rows.push(
    row(
      'load it',
      timed(() => readSnapshot(file, { hashes: nodeHashes })),
      peer?.in,
    ),
  )
  rows.push(
    row(
      'write as tar',
      timed(() => lengthOf(tarChunks(machine.tree))),
    ),
  )
  return rows
}

/** memfs's own snapshot of such files; it has no times, hard links or modes in it. */
function memfsSnapshot(files: number): { readonly out: number; readonly in: number } {
  const make = (): ReturnType<typeof createFsFromVolume> => createFsFromVolume(new Volume())
  const fs = make()
  for (let d = 0; d * FILES_IN_DIRECTORY < files; d++) {
    fs.mkdirSync(`/d${d}`)
    for (let i = 0; i < FILES_IN_DIRECTORY; i++) fs.writeFileSync(`/d${d}/f${i}`, `content ${d} ${i}`)
  }
  // biome-ignore lint/suspicious/noExplicitAny: its types are of another version of memfs
  const of = (each: unknown): any => ({ fs: each, path: '/' })
  let bytes: Uint8Array = new Uint8Array()
  const out = timed(() => (bytes = toBinarySnapshotSync(of(fs))))
  return { out, in: timed(() => fromBinarySnapshotSync(bytes as never, of(make()))) }
}

function measureTimeline(): Timeline {
  const { module, files } = clang()
  const source = readFileSync(new URL('../../examples/demo.c', import.meta.url))
  const args = compileArgs('/src/demo.c', '/src/demo.o')
  const base = new Machine({ files: { ...files, '/src/demo.c': source } }).snapshot()
  const run = (timeline: boolean): Run => Machine.from(base).run(module, { args, timeline })
  // The first run has the engine compile the module's functions.
  run(false)
  const plain: number[] = []
  const watched: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    plain.push(timed(() => run(false)))
    watched.push(timed(() => run(true)))
  }
  const before = bytesAlive()
  const kept = run(true)
  const alive = bytesAlive() - before
  // The least of some rounds for each call, since what else the machine does is not what is asked.
  const at = range(kept.calls + 1).map((call) =>
    Math.min(
      ...range(ROUNDS).map(() =>
        timed(() => {
          const moment = kept.at(call)
          return [moment.descriptors, moment.diff()]
        }),
      ),
    ),
  )
  const changed = range(kept.calls).filter((call) => kept.at(call + 1).diff().length > 0).length
  return {
    calls: kept.calls,
    plainMs: Math.min(...plain),
    timelineMs: Math.min(...watched),
    atMs: at.reduce((sum, ms) => sum + ms, 0) / at.length,
    atMostMs: Math.max(...at),
    kept: changed,
    bytesEach: alive / changed,
  }
}

function lengthOf(parts: Iterable<Uint8Array>): number {
  let size = 0
  for (const part of parts) size += part.length
  return size
}

function timed(action: () => unknown): number {
  const start = now()
  action()
  return (now() - start) / 1e6
}

function milliseconds(ms: number): string {
  return ms < 0.01 ? ms.toFixed(4) : ms < 10 ? ms.toFixed(2) : Math.round(ms).toLocaleString('en')
}
