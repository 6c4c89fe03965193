/** A list of changes, applied to the listing of one tree, gives that of the other. */

import { describe, expect, it } from 'vitest'
import { type Change, diffTrees, type Field } from '../../vfs/diff.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { programs } from '../property/operations.ts'
import { applied, listingOf, sorted } from '../support/diff_model.ts'
import { fc } from '../support/property.ts'
import { follow, smallTreeOf, timelines } from '../support/timelines.ts'

const ALL: readonly Field[] = ['mode', 'nlink', 'atime', 'mtime', 'ctime', 'btime']

function expectMeaning(a: Filesystem, b: Filesystem, changes: readonly Change[], fields: readonly Field[]): void {
  const [x, y] = [listingOf(a, fields), listingOf(b, fields)]
  expect(sorted(applied(x, y, changes))).toEqual(sorted(y))
  // Nothing is said twice, and nothing that is no change.
  const keys = changes.map(({ type, path }) => `${type === 'removed' ? 'removed' : 'there'} ${path}`)
  expect(new Set(keys).size).toBe(keys.length)
  for (const change of changes) {
    if (change.type === 'metadata') expect([change.content, change.fields.length > 0]).toEqual([false, true])
  }
}

describe('the differences of two trees', () => {
  it('say how to come from one to the other, whichever two states of one tree they are', () => {
    const property = fc.property(timelines, fc.subarray([...ALL]), (steps, fields) => {
      const states: Filesystem[] = []
      follow(steps, 8, ({ tree }, all) => {
        for (const { tree: other } of all) {
          expectMeaning(other, tree, diffTrees(other, tree), ALL)
          expectMeaning(tree, other, diffTrees(tree, other, fields), fields)
        }
        states.push(tree.fork())
      })
      const [first, last] = [states[0], states.at(-1)]
      if (first === undefined || last === undefined) return
      expectMeaning(first, last, diffTrees(first, last), ALL)
      expectMeaning(last, first, diffTrees(last, first), ALL)
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('say so of trees that have nothing to do with each other', () => {
    const property = fc.property(programs, programs, fc.subarray([...ALL]), (p, q, fields) => {
      const [a, b] = [smallTreeOf(p), smallTreeOf(q)]
      expectMeaning(a, b, diffTrees(a, b), ['mode'])
      expectMeaning(a, b, diffTrees(a, b, fields), fields)
    })
    fc.assert(property, { numRuns: 200 })
  })

  it('are none of a tree and itself', () => {
    const property = fc.property(programs, programs, (program, other) => {
      const tree = smallTreeOf(program)
      expect(diffTrees(tree, tree)).toEqual([])
      expect(diffTrees(tree, tree.fork())).toEqual([])
      expect(diffTrees(tree, smallTreeOf(program), ALL)).toEqual([])
      const twice = smallTreeOf([...program, ...other])
      expect(diffTrees(twice, smallTreeOf([...program, ...other]))).toEqual([])
    })
    fc.assert(property, { numRuns: 60 })
  })
})
