/** The order of a listing is a function of the names in it. */

import { describe, expect, it } from 'vitest'
import { byteString } from '../../vfs/bytes.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { createNodeFs } from '../../vfs/node_fs.ts'
import { exportTree, importTree } from '../../vfs/tree.ts'
import { programs } from '../property/operations.ts'
import { fc } from '../support/property.ts'
import { Facade, treeOf } from './facade.ts'

const NOW = { sec: 1, nsec: 0 }
const name = fc.string({
  minLength: 1,
  maxLength: 4,
  unit: fc.constantFrom('a', 'B', '-', '.', '~', 'é', '\u{1f600}', '\uffff'),
})
const names = fc.uniqueArray(
  name.filter((text) => text !== '.' && text !== '..'),
  { minLength: 1, maxLength: 40 },
)

describe('the order of a listing', () => {
  it('is that of the bytes, in whatever order the names came, and whatever came and went between', () => {
    const history = names.chain((all) =>
      fc.tuple(
        fc.constant(all),
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(fc.tuple(fc.constantFrom(...all), fc.constantFrom(...all), fc.boolean()), { maxLength: 60 }),
      ),
    )
    const property = fc.property(history, ([all, order, detours]) => {
      const fs = createNodeFs(new Filesystem(), () => NOW)
      fs.mkdirSync('/dir')
      for (const [from, to, isRemoved] of detours) {
        fs.writeFileSync(`/dir/${from}`, '')
        fs.renameSync(`/dir/${from}`, `/dir/${to}`)
        if (isRemoved) fs.unlinkSync(`/dir/${to}`)
      }
      for (const each of order) fs.writeFileSync(`/dir/${each}`, '')
      const inBytes = [...all].sort((a, b) => (byteString(a) < byteString(b) ? -1 : 1))
      expect(fs.readdirSync('/dir')).toEqual(inBytes)
    })
    fc.assert(property, { numRuns: 150 })
  })

  it('is the same in a tree that was made at once', () => {
    const property = fc.property(programs, (program) => {
      const { tree } = treeOf(program)
      const copy = new Filesystem()
      importTree(copy, exportTree(tree), NOW)
      const [made, grown] = [copy, tree].map((each) => {
        const { fs } = new Facade(each).world
        return fs.readdirSync('/', { recursive: true })
      })
      expect(grown).toEqual(made)
    })
    fc.assert(property, { numRuns: 100 })
  })
})
