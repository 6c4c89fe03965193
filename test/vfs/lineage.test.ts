import { describe, expect, it } from 'vitest'
import type { ByteString } from '../../vfs/bytes.ts'
import { encodeLatin1 } from '../../vfs/bytes.ts'
import { diffTrees } from '../../vfs/diff.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { hexOf } from '../../vfs/hash.ts'
import { FAN, HEIGHT } from '../../vfs/state_ids.ts'
import { fc } from '../support/property.ts'
import { follow, fresh, timelines } from '../support/timelines.ts'

function hex(id: ByteString | undefined): string {
  return id === undefined ? 'none' : hexOf(encodeLatin1(id))
}

/** All that a lineage says of a state, by the numbers of all inodes that there are or could be. */
function toldOf(fs: Filesystem, inos: number): string[] {
  const { lineage, table } = fs
  const lines: string[] = []
  const names = lineage.names(table)
  for (let ino = 0; ino < inos; ino++) {
    const list: string[] = []
    for (let at = names.of(ino); at !== undefined; at = at.next) list.push(`${at.dir}/${at.name}`)
    lines.push(`${ino} ${list.sort().join(' ')} ${names.pathOf(ino)} ${names.pathsOf(ino).join(' ')}`)
  }
  const git = lineage.gitIds(table)
  for (let ino = 0; ino < inos; ino++) lines.push(`${ino} git ${hex(git.of(ino))}`)
  const state = lineage.stateIds(table)
  for (let level = 0; level <= HEIGHT; level++) {
    for (let index = 0; index <= Math.floor(inos / FAN ** level); index++) {
      lines.push(`${level}.${index} ${hex(state.of(level, index))}`)
    }
  }
  return lines
}

describe('Lineage', () => {
  it('says of each state, after those of all forks, what one says that knows no other state', () => {
    const property = fc.property(timelines, (steps) => {
      follow(steps, 3, ({ tree }, all) => {
        const inos = Math.max(...all.map((side) => side.tree.table.nextIno)) + 1
        const [alone] = fresh(tree) as [Filesystem]
        expect(toldOf(tree, inos)).toEqual(toldOf(alone, inos))
      })
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('says the same differences as one that knows no other state', () => {
    const property = fc.property(timelines, (steps) => {
      follow(steps, 6, ({ tree }, all) => {
        for (const { tree: other } of all) {
          const [a, b] = fresh(other, tree) as [Filesystem, Filesystem]
          expect(diffTrees(other, tree)).toEqual(diffTrees(a, b))
        }
      })
    })
    fc.assert(property, { numRuns: 40 })
  })

  it('leaves what it said as it was when it is asked of another state', () => {
    const property = fc.property(timelines, (steps) => {
      const kept: { readonly names: ReturnType<typeof namesOf>; readonly before: string[] }[] = []
      follow(steps, 12, ({ tree }) => {
        const names = namesOf(tree)
        kept.push({ names, before: listOf(names) })
      })
      for (const { names, before } of kept) expect(listOf(names)).toEqual(before)
    })
    fc.assert(property, { numRuns: 40 })
  })
})

function namesOf(tree: Filesystem) {
  return tree.lineage.names(tree.table)
}

function listOf(names: ReturnType<typeof namesOf>): string[] {
  return Array.from({ length: 60 }, (_, ino) => names.pathsOf(ino).join(' '))
}
