/** What forks cost: to make, to write to at first, and what persistence takes from whoever never forks. */

import { Machine } from 'vivarium'
import { Directory } from '../../dist/vfs/directory.js'
import { Edition, PersistentArray } from '../../dist/vfs/persistent_array.js'
import { byteString } from '../../vfs/bytes.ts'
import { now } from './clock.ts'
import { entryPath, machineOf } from './machine_of.ts'
import { median, range } from './statistics.ts'
import { nanoseconds, ratio, textTable } from './text_table.ts'

export interface ForkCost {
  readonly name: string
  readonly ns: number
  readonly target?: number
}

/** A persistent structure beside a plain Map, in nanoseconds an operation. */
export interface Straight {
  readonly name: string
  readonly ns: number
  readonly map: number
}

export interface Forks {
  readonly costs: readonly ForkCost[]
  readonly straight: readonly Straight[]
}

const FORKS = 10_000
const ROUNDS = 7

export function measureForks(progress: (text: string) => void): Forks {
  const costs: ForkCost[] = []
  for (const inodes of [1_000, 10_000, 100_000, 1_000_000]) {
    progress(`forks of ${inodes.toLocaleString('en')} inodes`)
    const machine = machineOf(inodes, 'create')
    const size = `of ${inodes.toLocaleString('en')} inodes`
    const most = inodes === 1_000_000 ? { target: 1_000 } : {}
    costs.push({ name: `machine.fork() ${size}`, ns: each(FORKS, () => machine.fork()), ...most })
    costs.push({ name: `machine.tree.fork() ${size}`, ns: each(FORKS, () => machine.tree.fork()), ...most })
    const [first, second] = writes(machine, inodes)
    costs.push({ name: `first write after it ${size}`, ns: first })
    costs.push({ name: `second write after it ${size}`, ns: second })
  }
  progress('persistence against a Map')
  return { costs, straight: [...arrayAgainstMap(100_000), ...directoryAgainstMap(100_000)] }
}

export function formatForks({ costs, straight }: Forks): string {
  const forks = costs.map(({ name, ns, target }) => [
    name,
    nanoseconds(ns),
    target === undefined ? '-' : String(target),
  ])
  const maps = straight.map(({ name, ns, map }) => [name, nanoseconds(ns), nanoseconds(map), ratio(ns / map)])
  return [
    textTable(['forks', 'ns', 'target'], forks),
    textTable(['never forked, ns per operation', 'persistent', 'Map', 'ratio (target 1.5)'], maps),
  ].join('\n\n')
}

/** Nanoseconds of one call, the least of some rounds. */
function each(count: number, call: () => unknown): number {
  return Math.min(
    ...range(ROUNDS).map(() => {
      const start = now()
      for (let i = 0; i < count; i++) call()
      return (now() - start) / count
    }),
  )
}

/** Nanoseconds of the first and the second write to a file of a fork, the median of many forks. */
function writes(machine: Machine, inodes: number): [number, number] {
  const first: number[] = []
  const second: number[] = []
  for (let i = 0; i < 2_000; i++) {
    const fork = Machine.from(machine.snapshot())
    const { fs } = fork
    const paths = [entryPath((i * 7919) % inodes), entryPath((i * 7919 + 1) % inodes)] as const
    const start = now()
    fs.writeFileSync(paths[0], 'written')
    const middle = now()
    fs.writeFileSync(paths[1], 'written')
    first.push(middle - start)
    second.push(now() - middle)
  }
  return [median(first.slice(1_000)), median(second.slice(1_000))]
}

/** Both structures do the same work by turns, which has to come to the same; the least of each. */
function against(name: string, count: number, persistent: () => number, map: () => number): Straight {
  const times: [number[], number[]] = [[], []]
  for (let round = 0; round < 2 * ROUNDS; round++) {
    const start = now()
    const one = persistent()
    const middle = now()
    const other = map()
    const end = now()
    if (one !== other) throw new Error(`${name}: ${one} is not ${other}`)
    if (round < ROUNDS) continue
    times[0].push((middle - start) / count)
    times[1].push((end - middle) / count)
  }
  return { name, ns: Math.min(...times[0]), map: Math.min(...times[1]) }
}

/** The inode table's structure, keyed by numbers given out in order and read in any order. */
function arrayAgainstMap(count: number): Straight[] {
  const edition = new Edition()
  const values = range(count).map((at) => ({ at }))
  const order = values.map((_, i) => (Math.imul(i, 0x9e3779b1) >>> 0) % count)
  let array = new PersistentArray<{ at: number }>()
  let map = new Map<number, { at: number }>()
  const valueAt = (i: number): { at: number } => values[i] as { at: number }
  return [
    against(
      'inode table, add',
      count,
      () => {
        array = new PersistentArray()
        for (let i = 0; i < count; i++) array.set(edition, i, valueAt(i))
        return count
      },
      () => {
        map = new Map()
        for (let i = 0; i < count; i++) map.set(i, valueAt(i))
        return map.size
      },
    ),
    against(
      'inode table, look up',
      count,
      () => order.reduce((all, i) => all + (array.get(i)?.at ?? 0), 0),
      () => order.reduce((all, i) => all + (map.get(i)?.at ?? 0), 0),
    ),
    against(
      'inode table, change',
      count,
      () => {
        for (const i of order) array.set(edition, i, valueAt(count - 1 - i))
        return array.get(0)?.at ?? 0
      },
      () => {
        for (const i of order) map.set(i, valueAt(count - 1 - i))
        return map.get(0)?.at ?? 0
      },
    ),
  ]
}

/** A directory, which besides keeps its names in order. */
function directoryAgainstMap(count: number): Straight[] {
  const edition = new Edition()
  const names = range(count).map((i) => byteString(entryPath(i).slice(3)))
  let directory = new Directory(1)
  let map = new Map<string, number>()
  return [
    against(
      'directory, add',
      count,
      () => {
        directory = new Directory(1)
        names.forEach((name, i) => {
          directory.set(edition, name, i + 1)
        })
        return directory.size
      },
      () => {
        map = new Map()
        names.forEach((name, i) => {
          map.set(name, i + 1)
        })
        return map.size
      },
    ),
    against(
      'directory, look up',
      count,
      () => names.reduce((all, name) => all + directory.get(name), 0),
      () => names.reduce((all, name) => all + (map.get(name) ?? 0), 0),
    ),
  ]
}
