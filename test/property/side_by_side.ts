/** One program in both worlds, the facade and the host's own `node:fs`: where they differ first, if they do. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check } from '../../vfs/check.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { createNodeFs } from '../../vfs/node_fs.ts'
import { allowed } from './divergences.ts'
import type { Operation } from './operations.ts'
import { hostFs, type Rest, World } from './worlds.ts'

/** The virtual clock's first second, after every time that an operation sets, as the host's clock is. */
const FIRST_SECOND = 2_000_000_000

/** What the two worlds did. */
export interface Comparison {
  /** Operations that both ran. */
  readonly operations: number
  /** Where they first differ, or what is wrong with the virtual tree; `undefined` where nothing is. */
  readonly difference: string | undefined
}

/** A new folder of the host, in memory where it has such a place: there a program costs half as much as on a disk. */
export function makeFolder(): string {
  const shared = '/dev/shm'
  const isThere = statSync(shared, { throwIfNoEntry: false })?.isDirectory() === true
  return mkdtempSync(join(realpathSync(isThere ? shared : tmpdir()), 'vivarium-'))
}

/** Where the programs of one process work. */
export class Scratch {
  readonly #folder: string
  #programs = 0
  readonly #umask: number
  readonly #stackTraceLimit: number

  /**
   * Sets the umask to that of the facade, as mode bits are compared; and no stacks are taken of errors to compare.
   * `folder` is the caller's to make, and is removed with this.
   */
  constructor(folder: string = makeFolder()) {
    this.#umask = process.umask(0o022)
    this.#stackTraceLimit = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    this.#folder = folder
  }

  /** Runs a program in both worlds, each from an empty root. @throws what no file system may throw. */
  compare(program: readonly Operation[]): Comparison {
    const root = join(this.#folder, `${this.#programs++}`)
    mkdirSync(root)
    const tree = new Filesystem()
    let sec = FIRST_SECOND
    const facade = createNodeFs(tree, () => ({ sec, nsec: 0 }))
    const virtual = new World(facade, '')
    const host = new World(hostFs, root)
    let operations = 0
    const give = (difference: string | undefined): Comparison => ({ operations, difference })
    try {
      for (const [index, operation] of program.entries()) {
        if (allowed(operation, tree) !== undefined) continue
        // Once for each operation: in which order a copy of a tree makes its files is the host's business.
        sec++
        const here = virtual.run(operation)
        const there = host.run(operation)
        const where = `operation ${index}, ${JSON.stringify(operation)}`
        if (here !== there) return give(`${where}: ${here} here, ${there} with node:fs`)
        const faults = check(tree)
        if (faults.length > 0) return give(`${where}: ${faults.join('; ')}`)
        operations++
      }
      const difference = differenceOf(virtual.rest(), host.rest())
      if (difference !== undefined) return give(`at the end: ${difference}`)
      virtual.close()
      const faults = check(tree)
      return give(faults.length > 0 ? `after all was closed: ${faults.join('; ')}` : undefined)
    } finally {
      host.close()
      rmSync(root, { recursive: true, force: true })
    }
  }

  /** Removes the folder, and puts back what the constructor changed. */
  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true })
    process.umask(this.#umask)
    Error.stackTraceLimit = this.#stackTraceLimit
  }
}

function differenceOf(here: Rest, there: Rest): string | undefined {
  for (let i = 0; i < Math.max(here.lines.length, there.lines.length); i++) {
    if (here.lines[i] !== there.lines[i]) return `${here.lines[i]} here, ${there.lines[i]} with node:fs`
  }
  return orderDifference(here.changed, there.changed)
}

/**
 * Two inodes changed in another order than with node:fs. The host's clock is a coarse one, so what was changed later
 * may have the same time there, but never an earlier one.
 */
function orderDifference(here: Rest['changed'], there: Rest['changed']): string | undefined {
  const order = [...here].sort(([, a], [, b]) => a - b)
  let latest = -Infinity
  let latestName = ''
  for (let i = 0; i < order.length; ) {
    const time = order[i]?.[1]
    const group: string[] = []
    for (; i < order.length && order[i]?.[1] === time; i++) group.push(order[i]?.[0] as string)
    const earlier = group.find((name) => (there.get(name) as number) < latest)
    if (earlier !== undefined) return `${latestName} was changed before ${earlier} here, after it with node:fs`
    for (const name of group) {
      const changed = there.get(name) as number
      if (changed > latest) [latest, latestName] = [changed, name]
    }
  }
  return undefined
}
