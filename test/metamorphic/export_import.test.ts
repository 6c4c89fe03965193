/** A tree that goes out and comes back is the same tree. */

import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { check } from '../../vfs/check.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { type Entry, exportTree, type Files, importTree } from '../../vfs/tree.ts'
import { programs } from '../property/operations.ts'
import { fc } from '../support/property.ts'
import { Facade, treeOf } from './facade.ts'

/** With digests for bytes, which compare a thousand times faster. */
function shown(files: Files): string[] {
  return Object.entries(files).map(([path, value]) =>
    inspect([path, value], { depth: 3, breakLength: Infinity }).concat(digestOf(value)),
  )
}

function digestOf(value: Files[string]): string {
  const data = value instanceof Uint8Array ? value : (value as Entry | null)?.data
  return data === undefined ? '' : createHash('sha256').update(data).digest('hex')
}

describe('export and import', () => {
  it('together are the identity: kinds, bytes, modes, links between names, and times', () => {
    const property = fc.property(programs, (program) => {
      const { tree, world } = treeOf(program)
      const files = exportTree(tree, ROOT_INO, { times: true, directories: true })
      const copy = new Filesystem()
      importTree(copy, files, { sec: 3_000_000_000, nsec: 0 })
      expect(check(copy)).toEqual([])
      expect(shown(exportTree(copy, ROOT_INO, { times: true, directories: true }))).toEqual(shown(files))
      const copied = new Facade(copy).world.rest()
      expect(copied.lines).toEqual(world.rest().lines)
      expect(copied.changed).toEqual(world.rest().changed)
    })
    fc.assert(property, { numRuns: 100 })
  })
})
