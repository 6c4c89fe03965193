/** Forks share what they do not change, and nobody can tell. */

import { describe, expect, it } from 'vitest'
import { Machine } from '../../src/index.ts'
import { firePrograms } from '../fuzz/fire_programs.ts'
import { fireOnce } from '../fuzz/random_fire.ts'
import { programs } from '../property/operations.ts'
import { fc } from '../support/property.ts'
import { stateOf } from '../support/tree_state.ts'
import { forkFault, snapshotFault } from './fork.ts'

describe('a fork', () => {
  it('never shows what is written on another side, and goes on as if there had been no fork', () => {
    const property = fc.property(programs, programs, programs, programs, (before, a, b, c) => {
      expect(forkFault(before, [a, b, c])).toBeUndefined()
    })
    fc.assert(property, { numRuns: 40 })
  })

  it('stays what it was while the tree that it was taken of goes on', () => {
    const property = fc.property(programs, programs, (before, after) => {
      expect(snapshotFault(before, after)).toBeUndefined()
    })
    fc.assert(property, { numRuns: 100 })
  })

  it('of a machine runs the next guest as the machine itself would have', () => {
    const property = fc.property(firePrograms, firePrograms, (first, second) => {
      const machine = new Machine({ seed: 'fork' })
      fireOnce(machine, first)
      const fork = Machine.from(machine.snapshot())
      const there = fireOnce(fork, second)
      const here = fireOnce(machine, second)
      expect(there).toBe(here)
      expect(stateOf(fork.tree)).toEqual(stateOf(machine.tree))
      expect(fork.time).toBe(machine.time)
    })
    fc.assert(property, { numRuns: 12 })
  })
})
