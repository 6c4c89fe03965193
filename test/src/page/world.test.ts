/** The state that the page puts together is, at every call and by every way, what the run says. */

import { describe, expect, it } from 'vitest'
import type { Moment, Run } from '../../../src/index.ts'
import { AllContents } from '../../../src/page/contents.ts'
import { World } from '../../../src/page/world.ts'
import type { PageData } from '../../../src/timeline_data.ts'
import { timelinePage } from '../../../src/timeline_page.ts'
import { decodeLatin1, textOf } from '../../../vfs/bytes.ts'
import { sideOf } from '../../../vfs/diff.ts'
import { fc } from '../../support/property.ts'
import { dataOf, filesRun, longRun } from './runs.ts'

function pageOf(run: Run): { data: PageData; world: World; contents: AllContents } {
  const data = dataOf(timelinePage(run))
  return { data, world: new World(data.first, data.start, data.steps), contents: new AllContents(data.versions) }
}

/** All of a moment's tree, by inode. */
function treeOf({ tree }: Moment): unknown[] {
  const names = tree.lineage.names(tree.table)
  const inodes: unknown[] = []
  tree.table.forEach((inode) => {
    const entries = inode.isDirectory() ? inode.body.entries().map(({ name, ino }) => [textOf(name), ino]) : []
    inodes.push({ ...sideOf(inode), entries, paths: names.pathsOf(inode.ino).map(textOf) })
  })
  return inodes
}

function treeIn(world: World): unknown[] {
  return [...world.inodes.values()]
    .sort((a, b) => a.ino - b.ino)
    .map((inode) => ({
      ...inode,
      entries: [...world.entriesOf(inode.ino)].sort(([a], [b]) => (a < b ? -1 : 1)),
      paths: world.pathsOf(inode.ino),
    }))
}

function descriptorsIn(world: World): unknown[] {
  return world.openDescriptors().map((descriptor) => {
    const path = world.pathsOf(descriptor.ino)[0]
    return { ...descriptor, ...(path === undefined ? {} : { path }) }
  })
}

describe('World', () => {
  const run = filesRun()
  const { data, world, contents } = pageOf(run)

  it('is at every call what the run says, forward and back', () => {
    expect(run.exitCode).toBe(3)
    const there = Array.from({ length: run.calls + 1 }, (_, call) => call)
    for (const call of [...there, ...there.toReversed()]) {
      world.goTo(call)
      expect(treeIn(world), `call ${call}`).toEqual(treeOf(run.at(call)))
      expect(descriptorsIn(world), `call ${call}`).toEqual(run.at(call).descriptors)
    }
  })

  it('does not depend on the way', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: run.calls }), { minLength: 1, maxLength: 12 }), (calls) => {
        for (const call of calls) world.goTo(call)
        expect(treeIn(world)).toEqual(treeOf(run.at(calls.at(-1) as number)))
      }),
    )
  })

  it('has the inodes that are open without a name', () => {
    const orphans = Array.from({ length: run.calls + 1 }, (_, call) => {
      world.goTo(call)
      return world.orphans().map(({ kind, size }) => `${kind} ${size}`)
    })
    const [first, last] = [
      orphans.findIndex(({ length }) => length > 0),
      orphans.findLastIndex(({ length }) => length > 0),
    ]
    expect([run.trace[first - 1]?.call, orphans[first]]).toEqual(['path_unlink_file', ['file 12']])
    expect([run.trace[last]?.call, orphans[last]]).toEqual(['fd_close', ['directory 0']])
  })

  it('knows of an inode and a descriptor what it was before the call', () => {
    const call = run.trace.findIndex((record) => record.call === 'path_link') + 1
    world.goTo(call)
    const ino = run.at(call).diff()[0]?.after?.ino as number
    expect([world.before(ino)?.nlink, world.inodes.get(ino)?.nlink]).toEqual([1, 2])
    world.goTo(call - 1)
    expect(world.descriptorBefore(4)?.offset).toBe(6)
    expect(world.descriptors.get(4)?.offset).toBe(16)
  })

  it('has the contents of all that the run had to do with', () => {
    let compared = 0
    for (let call = 0; call <= run.calls; call++) {
      const { tree } = run.at(call)
      tree.table.forEach((inode) => {
        const held = contents.at(inode.ino, call)
        if (!inode.isFile() || held === undefined) return
        expect(held.bytes, `call ${call}, inode ${inode.ino}`).toBe(decodeLatin1(inode.body.toBytes()))
        compared++
      })
    }
    expect(compared).toBeGreaterThan(100)
    const touched = new Set(data.steps.flatMap((step) => step.touched ?? []))
    const files = [...touched].filter((ino) => data.versions.some(([file]) => file === ino))
    expect(files.length).toBe(3)
  })

  it('says which bytes a call wrote', () => {
    const call = run.trace.findIndex((record) => record.call === 'fd_pwrite') + 1
    const ino = run.at(call).diff()[0]?.after?.ino as number
    expect(contents.at(ino, call)).toEqual({ bytes: 'HELLO\ntwo lines\n', call, from: 0, to: 5 })
    expect(contents.at(ino, call + 1)).toMatchObject({ bytes: 'HELLO\ntwo li', call: call + 1, from: 12, to: 12 })
  })

  it('goes through a long run', () => {
    const long = longRun(10_000)
    const { world: longWorld } = pageOf(long)
    longWorld.goTo(long.calls)
    expect(treeIn(longWorld)).toEqual(treeOf(long.at(long.calls)))
    longWorld.goTo(0)
    expect(treeIn(longWorld)).toEqual(treeOf(long.at(0)))
  })
})
