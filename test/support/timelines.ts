/** Random histories of one tree that forks again and again, with all states that it went through. */

import { Filesystem } from '../../vfs/filesystem.ts'
import { Lineage } from '../../vfs/lineage.ts'
import { Facade } from '../metamorphic/facade.ts'
import { type Operation, programs } from '../property/operations.ts'
import { fc } from './property.ts'

/** `side` picks one of the sides that there are; its clock goes on from `clock` in a fork that has another. */
export type Step =
  | { readonly do: 'run'; readonly side: number; readonly operations: readonly Operation[] }
  | { readonly do: 'fork'; readonly side: number; readonly clock: 'same' | 'other' }

const run: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('run' as const),
  side: fc.nat({ max: 9 }),
  operations: programs.map((program) => program.slice(-12)),
})
const split: fc.Arbitrary<Step> = fc.record({
  do: fc.constant('fork' as const),
  side: fc.nat({ max: 9 }),
  clock: fc.constantFrom('same' as const, 'other' as const),
})

/** Begins with work on the trunk, so that the forks have something in common. */
export const timelines: fc.Arbitrary<Step[]> = fc
  .tuple(
    programs,
    fc.array(fc.oneof({ weight: 3, arbitrary: run }, { weight: 2, arbitrary: split }), { maxLength: 16, size: 'max' }),
  )
  .map(([operations, steps]) => [{ do: 'run', side: 0, operations }, { do: 'fork', side: 0, clock: 'other' }, ...steps])

/** A copy of a directory into itself, by way of a link, goes on up to the quota. */
const SMALL = { inodes: 100 }

/** A tree that a program made, and that stays small. */
export function smallTreeOf(operations: readonly Operation[]): Filesystem {
  const facade = new Facade(new Filesystem(SMALL))
  facade.run(operations)
  facade.close()
  return facade.tree
}

/** Goes through a timeline; `look` sees the side that changed after each step of at most `grain` operations. */
export function follow(
  steps: readonly Step[],
  grain: number,
  look: (side: Facade, all: readonly Facade[]) => void,
): void {
  const sides = [new Facade(new Filesystem(SMALL))]
  let clocks = 2_000_000_000
  for (const step of steps) {
    const side = sides[step.side % sides.length] as Facade
    if (step.do === 'fork') {
      clocks += 100_000
      const fork = step.clock === 'same' ? side.fork() : new Facade(side.tree.fork(), clocks)
      sides.push(fork)
      look(fork, sides)
      continue
    }
    for (let at = 0; at < step.operations.length; at += grain) {
      side.run(step.operations.slice(at, at + grain))
      look(side, sides)
    }
  }
  for (const side of sides) side.close()
}

/** The same states as trees of one new lineage, which has never been asked anything. */
export function fresh(...trees: readonly Filesystem[]): Filesystem[] {
  const lineage = new Lineage()
  return trees.map((tree) => new Filesystem(tree.quota, undefined, tree.table.fork(), lineage))
}
