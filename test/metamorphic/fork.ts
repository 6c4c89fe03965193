/** What must hold of forks, for any programs. */

import { check } from '../../vfs/check.ts'
import type { Operation } from '../property/operations.ts'
import { stateOf } from '../support/tree_state.ts'
import { treeOf } from './facade.ts'

/**
 * After `before`, the tree forks twice; each of the three goes on its own way, by turns. What does not hold: each must
 * be what it would be had the others never been.
 */
export function forkFault(
  before: readonly Operation[],
  ways: readonly [readonly Operation[], readonly Operation[], readonly Operation[]],
): string | undefined {
  const trunk = treeOf(before)
  const all = [trunk, trunk.fork(), trunk.fork()]
  const longest = Math.max(...ways.map(({ length }) => length))
  const outcomes: unknown[][] = [[], [], []]
  for (let step = 0; step < longest; step++) {
    ways.forEach((way, index) => {
      outcomes[index]?.push(...(all[index]?.run(way.slice(step, step + 1)) ?? []))
    })
  }
  for (const [index, way] of ways.entries()) {
    const forked = all[index]
    const alone = treeOf(before)
    const expected = alone.run(way)
    const at = expected.findIndex((outcome, step) => outcome !== outcomes[index]?.[step])
    if (at >= 0) return `way ${index}, operation ${at}: ${outcomes[index]?.[at]} after a fork, ${expected[at]} without`
    const found = differenceOf(forked === undefined ? [] : stateOf(forked.tree), stateOf(alone.tree))
    if (found !== undefined) return `way ${index}: ${found}`
    const faults = forked === undefined ? [] : check(forked.tree)
    if (faults.length > 0) return `way ${index}: ${faults.join('; ')}`
    forked?.close()
  }
  return undefined
}

/** A snapshot taken after `before` and not touched must not change while `after` runs on what it was taken of. */
export function snapshotFault(before: readonly Operation[], after: readonly Operation[]): string | undefined {
  const facade = treeOf(before)
  const snapshot = facade.tree.fork()
  const then = stateOf(snapshot)
  facade.run(after)
  facade.close()
  return differenceOf(stateOf(snapshot), then) ?? check(snapshot)[0]
}

function differenceOf(found: readonly string[], expected: readonly string[]): string | undefined {
  const at = expected.findIndex((line, index) => line !== found[index])
  if (at >= 0) return `${found[at]} instead of ${expected[at]}`
  return found.length === expected.length ? undefined : `${found.length} lines of state instead of ${expected.length}`
}
