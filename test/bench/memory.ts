/** Bytes that things take while they live: heap and buffers, counted after a collection. */

import { bytesAlive, machineOf } from './machine_of.ts'
import { snapshots } from './snapshots.ts'
import { textTable } from './text_table.ts'

export interface Footprint {
  readonly name: string
  readonly count: number
  /** Bytes of each. */
  readonly bytes: number
  /** What it is to be at most. */
  readonly target?: number
}

export function measureMemory(progress: (text: string) => void): Footprint[] {
  progress('memory')
  return [
    footprint('empty file', 1_000_000, (n) => machineOf(n, 'create'), 400),
    footprint('empty directory', 1_000_000, (n) => machineOf(n, 'make_directory')),
    footprint('snapshot of 10,000 inodes, one change each', 100_000, (n) => snapshots(n).kept, 2 ** 30 / 100_000),
  ]
}

export function formatMemory(footprints: readonly Footprint[]): string {
  const rows = footprints.map(({ name, count, bytes, target }) => [
    name,
    count.toLocaleString('en'),
    Math.round(bytes).toLocaleString('en'),
    `${((bytes * count) / 2 ** 20).toFixed(0)} MiB`,
    target === undefined ? '-' : Math.round(target).toLocaleString('en'),
  ])
  return textTable(['bytes of each', 'count', 'bytes', 'together', 'target'], rows)
}

/** The second of two counts: the first has loaded and compiled whatever is needed. */
function footprint(name: string, count: number, make: (n: number) => unknown, target?: number): Footprint {
  make(1_000)
  const before = bytesAlive()
  const alive = [make(count)]
  const bytes = (bytesAlive() - before) / count
  alive.pop()
  return { name, count, bytes, ...(target === undefined ? {} : { target }) }
}
