/** Failures that are taken for the same, once: of each the first by index, so that it does not matter who found it when. */

import type { Checker } from './checker.ts'
import { distinct, type Finding } from './finding.ts'
import type { Failure } from './outcome.ts'
import type { World } from './world.ts'

interface Found {
  readonly index: number
  readonly key: string
  readonly world: World
  readonly failure: Failure
  /** Gives a simpler world in which it fails the same way. */
  readonly shrink: (world: World, failure: Failure) => World
}

export class Collector {
  readonly #checker: Checker
  readonly #found = new Map<string, Found>()

  constructor(checker: Checker) {
    this.#checker = checker
  }

  get size(): number {
    return this.#found.size
  }

  /** Takes a failure; those come in the order of their indexes, or at least each index is taken as it is. */
  add(index: number, world: World, failure: Failure, shrink: Found['shrink']): void {
    const { key } = this.#checker.tell(world, failure)
    const before = this.#found.get(key)
    if (before !== undefined && before.index <= index) return
    this.#found.set(key, { index, key, world, failure, shrink })
  }

  /** The first `most`, in the order of their indexes, each in its simplest world; of a shard some may come to the same. */
  findings(most: number, isShard: boolean): Finding[] {
    const first = [...this.#found.values()].sort((a, b) => a.index - b.index).slice(0, most)
    const found = first.map(({ index, key, world, failure, shrink }) => {
      const simplest = shrink(world, failure)
      const again = this.#checker.fails(simplest, failure) ?? failure
      return this.#checker.finding(index, key, simplest, again)
    })
    return isShard ? found : distinct(found)
  }
}
