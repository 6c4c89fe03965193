/** Programs of the property suite on one virtual tree: what these tests have in common. */

import { Filesystem } from '../../vfs/filesystem.ts'
import { createNodeFs } from '../../vfs/node_fs.ts'
import type { Operation } from '../property/operations.ts'
import { type Outcome, World } from '../property/worlds.ts'

/** After every time that an operation sets. */
const FIRST_SECOND = 2_000_000_000

/** A tree, what is open in it, and its clock, which goes on by a second with each operation. */
export class Facade {
  readonly tree: Filesystem
  readonly world: World
  #sec: number

  constructor(tree: Filesystem = new Filesystem(), sec: number = FIRST_SECOND) {
    this.tree = tree
    this.#sec = sec
    this.world = new World(
      createNodeFs(tree, () => ({ sec: this.#sec, nsec: 0 })),
      '',
    )
  }

  /** Runs operations; what each gave. */
  run(operations: readonly Operation[]): Outcome[] {
    return operations.map((operation) => {
      this.#sec++
      return this.world.run(operation)
    })
  }

  /** A second tree that goes on from here, with nothing open. Preconditions: nothing is open in this one. */
  fork(): Facade {
    return new Facade(this.tree.fork(), this.#sec)
  }

  /** Closes all that is open. */
  close(): void {
    this.world.close()
  }
}

/** A program of `operations`, run on an empty tree, with nothing left open. */
export function treeOf(operations: readonly Operation[]): Facade {
  const facade = new Facade()
  facade.run(operations)
  facade.close()
  return facade
}
