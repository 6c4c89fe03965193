/** What is left of a tree when the power goes: each rule of the crash model, and what must hold of any program. */

import { describe, expect, it } from 'vitest'
import { check } from '../../vfs/check.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import type { Inode } from '../../vfs/inode.ts'
import { ROOT_INO } from '../../vfs/inode_table.ts'
import { type Fate, Journal, type Operation, SECTOR_SIZE } from '../../vfs/journal.ts'
import type { Files } from '../../vfs/tree.ts'
import { Facade } from '../metamorphic/facade.ts'
import { type Operation as FsOperation, programs } from '../property/operations.ts'
import { fc } from '../support/property.ts'
import { at, Calls, makeFs, shown, watch } from '../support/vfs.ts'

const none: Fate = () => false
const all: Fate = () => true
const first =
  (count: number): Fate =>
  (_, index) =>
    index < count
const without =
  (...lost: number[]): Fate =>
  (_, index) =>
    !lost.includes(index)
/** Of one operation, by its place, so many sectors, and all others. */
const torn =
  (place: number, sectors: number): Fate =>
  (_, index) =>
    index === place ? sectors : true

/** A tree that is journaled from its beginning, and the calls of a run. */
class Disk {
  readonly fs: Filesystem
  readonly calls: Calls
  readonly journal: Journal
  #call = 0

  constructor(files: Files = {}) {
    this.fs = makeFs(files)
    this.calls = new Calls(this.fs)
    this.journal = new Journal(this.fs)
  }

  /** One call of the run. */
  do(call: (calls: Calls) => unknown): this {
    const result = call(this.calls)
    if (typeof result === 'string' && result !== 'ok') throw new Error(result)
    this.journal.note(this.fs, ++this.#call)
    return this
  }

  write(path: string, text: string, offset = 0): this {
    return this.do((calls) => calls.write(path, text, offset))
  }

  truncate(path: string, size: number): this {
    const ino = this.calls.ino(path)
    return this.do(() => this.fs.truncate(ino, size, at(1)) ?? 'ok')
  }

  sync(path: string): this {
    this.journal.sync(path === '/' ? ROOT_INO : this.calls.ino(path))
    return this
  }

  left(fate: Fate): { [path: string]: unknown } {
    return shown(watch(this.journal.cut(fate)))
  }

  get pending(): string[] {
    return this.journal.pending.map(({ kind, call }) => `${kind} ${call}`)
  }
}

/** A file that is made is a name, and then what is written to it, by two calls. */
function create(disk: Disk, path: string, text: string): Disk {
  return disk.do((calls) => calls.write(path, '')).write(path, text)
}

describe('Journal, changes of names', () => {
  const disk = new Disk({ '/a': 'a' })
    .do((calls) => calls.mkdir('/d'))
    .do((calls) => calls.link('/a', '/d/b'))
    .do((calls) => calls.symlink('a', '/s'))
    .do((calls) => calls.rename('/a', '/c'))
    .do((calls) => calls.unlink('/d/b'))
    .do((calls) => calls.rmdir('/d'))

  const states = [
    { '/a': 'a' },
    { '/a': 'a', '/d': null },
    { '/a': 'a', '/d': null, '/d/b': 'a' },
    { '/a': 'a', '/d': null, '/d/b': 'a', '/s': 'a' },
    { '/c': 'a', '/d': null, '/d/b': 'a', '/s': 'a' },
    { '/c': 'a', '/d': null, '/s': 'a' },
    { '/c': 'a', '/s': 'a' },
  ]
  /** Links are told as `link`, hard links by the path of the first name. */
  const plain = (files: { [path: string]: unknown }) => Object.keys(files).sort()

  it('reach the disk in order: what is left is a prefix of them', () => {
    expect(disk.pending).toEqual(['names 1', 'names 2', 'names 3', 'names 4', 'names 5', 'names 6'])
    for (const [count, state] of states.entries()) expect(plain(disk.left(first(count)))).toEqual(plain(state))
  })

  it('take all later ones with them when they are lost', () => {
    for (let lost = 0; lost < 6; lost++) {
      expect(plain(disk.left(without(lost)))).toEqual(plain(states[lost] ?? {}))
    }
  })

  it('count links and parents of what is left', () => {
    const left = new Calls(watch(disk.journal.cut(first(2))))
    expect([left.nlink('/a'), left.nlink('/d'), left.lookup('/')]).toEqual([2, 2, ROOT_INO])
    const renamed = new Disk()
      .do((calls) => calls.mkdir('/p'))
      .do((calls) => calls.mkdir('/q'))
      .do((calls) => calls.mkdir('/p/d'))
      .do((calls) => calls.mkdir('/p/d/e'))
      .do((calls) => calls.rename('/p/d', '/q/r'))
    expect(plain(renamed.left(first(4)))).toEqual(['/p', '/p/d', '/p/d/e', '/q'])
    expect(plain(renamed.left(all))).toEqual(['/p', '/q', '/q/r', '/q/r/e'])
    const moved = new Calls(watch(renamed.journal.cut(all)))
    expect([moved.nlink('/p'), moved.nlink('/q'), moved.ino('/q/r/..')]).toEqual([2, 3, moved.ino('/q')])
  })

  it('bring back what was removed with all that was in it', () => {
    const removed = new Disk({ '/d/e/f': 'text', '/d/g': 'more' })
      .do((calls) => calls.unlink('/d/e/f'))
      .do((calls) => calls.rmdir('/d/e'))
      .do((calls) => calls.unlink('/d/g'))
      .do((calls) => calls.rmdir('/d'))
    expect(removed.left(none)).toEqual({ '/d': null, '/d/e': null, '/d/e/f': 'text', '/d/g': 'more' })
    expect(removed.left(first(2))).toEqual({ '/d': null, '/d/g': 'more' })
    expect(removed.left(all)).toEqual({})
  })

  it('never give a number again that the run gave out', () => {
    const made = create(new Disk(), '/a', 'a')
    const ino = made.calls.ino('/a')
    const left = new Calls(watch(made.journal.cut(none)))
    left.write('/b', 'b')
    expect(left.ino('/b')).toBeGreaterThan(ino)
  })
})

describe('Journal, syncs', () => {
  it('of a file save its content and not its name', () => {
    const disk = create(new Disk(), '/new', 'text').sync('/new')
    expect(disk.pending).toEqual(['names 1'])
    expect(disk.left(none)).toEqual({})
    expect(disk.left(all)).toEqual({ '/new': 'text' })
  })

  it('of a directory save the names in it and not their contents', () => {
    const disk = create(new Disk(), '/new', 'text').sync('/')
    expect(disk.pending).toEqual(['data 2'])
    expect(disk.left(none)).toEqual({ '/new': '' })
  })

  it('of both save both', () => {
    const disk = create(new Disk(), '/new', 'text').sync('/new').sync('/')
    expect(disk.pending).toEqual([])
    expect(disk.left(none)).toEqual({ '/new': 'text' })
  })

  it('of a directory save all changes of names before the last of its own, and none after', () => {
    const disk = new Disk({ '/p/x': '', '/q/y': '' })
      .do((calls) => calls.unlink('/q/y'))
      .do((calls) => calls.unlink('/p/x'))
      .do((calls) => calls.mkdir('/q/z'))
      .sync('/p')
    expect(disk.pending).toEqual(['names 3'])
    expect(disk.left(none)).toEqual({ '/p': null, '/q': null })
  })

  it('of a directory that did not change save nothing', () => {
    const disk = new Disk({ '/p': null, '/q': null }).do((calls) => calls.mkdir('/q/z')).sync('/p')
    expect(disk.pending).toEqual(['names 1'])
  })

  it('of either directory save a rename between two', () => {
    for (const synced of ['/p', '/q']) {
      const disk = new Disk({ '/p/x': 'x', '/q': null }).do((calls) => calls.rename('/p/x', '/q/x')).sync(synced)
      expect(disk.left(none)).toEqual({ '/p': null, '/q': null, '/q/x': 'x' })
    }
  })

  it('of a file save what was written before, under whatever name, and not what comes after', () => {
    const disk = new Disk({ '/a': 'old' })
      .write('/a', 'new')
      .do((calls) => calls.link('/a', '/b'))
      .sync('/b')
      .write('/a', 'not')
    expect(disk.left(none)).toEqual({ '/a': 'new' })
    expect(disk.pending).toEqual(['names 2', 'data 3'])
  })

  it('of one file save nothing of another', () => {
    const disk = new Disk({ '/a': 'a', '/b': 'b' }).write('/a', 'A').write('/b', 'B').sync('/a')
    expect(disk.left(none)).toEqual({ '/a': 'A', '/b': 'b' })
  })
})

describe('Journal, renaming over a file', () => {
  const replace = (...syncs: string[]) => {
    const disk = create(new Disk({ '/f': 'old' }), '/t', 'new')
    if (syncs.includes('file')) disk.sync('/t')
    disk.do((calls) => calls.rename('/t', '/f'))
    if (syncs.includes('directory')) disk.sync('/')
    return disk
  }
  /** What can be found in the file, over all fates. */
  const found = (disk: Disk) => {
    const count = disk.pending.length
    const fates = Array.from(
      { length: 2 ** count },
      (_, bits): Fate =>
        (_, index) =>
          ((bits >> index) & 1) === 1,
    )
    return [...new Set(fates.map((fate) => disk.left(fate)['/f']))].sort()
  }

  it('leaves old, new or empty where nothing was synced', () => {
    expect(found(replace())).toEqual(['', 'new', 'old'])
  })

  it('leaves old or new where the file was synced before', () => {
    expect(found(replace('file'))).toEqual(['new', 'old'])
  })

  it('leaves empty or new where only the directory was synced after', () => {
    expect(found(replace('directory'))).toEqual(['', 'new'])
  })

  it('leaves the new one where both were synced', () => {
    expect(found(replace('file', 'directory'))).toEqual(['new'])
  })
})

describe('Journal, writes', () => {
  const sector = (letter: string) => letter.repeat(SECTOR_SIZE)

  it('reach the disk in any order: each can be lost alone', () => {
    const disk = new Disk({ '/f': `${sector('a')}${sector('b')}` })
      .write('/f', sector('A'))
      .write('/f', sector('B'), SECTOR_SIZE)
    expect(disk.left(without(0))).toEqual({ '/f': `${sector('a')}${sector('B')}` })
    expect(disk.left(without(1))).toEqual({ '/f': `${sector('A')}${sector('b')}` })
    expect(disk.left(none)).toEqual({ '/f': `${sector('a')}${sector('b')}` })
    expect(disk.left(all)).toEqual({ '/f': `${sector('A')}${sector('B')}` })
  })

  it('leave zeros where one before the end was lost', () => {
    const disk = new Disk({ '/f': '' }).write('/f', sector('a')).write('/f', 'end', SECTOR_SIZE)
    expect(disk.left(without(0))).toEqual({ '/f': `${sector('\0')}end` })
  })

  it('are lost and kept apart from names', () => {
    const disk = create(new Disk({ '/a': 'a' }), '/b', 'b').write('/a', 'A')
    expect(disk.left(({ kind }) => kind === 'names')).toEqual({ '/a': 'a', '/b': '' })
    expect(disk.left(({ kind }) => kind === 'data')).toEqual({ '/a': 'A' })
  })

  it('carry with them what was written to the same sector before: a sector is whole', () => {
    const disk = new Disk({ '/f': '' }).write('/f', 'first').write('/f', 'second', 5)
    expect(disk.left(without(0))).toEqual({ '/f': 'firstsecond' })
    expect(disk.left(without(1))).toEqual({ '/f': 'first' })
    const changed = new Disk({ '/f': 'count=1 sum=1' }).write('/f', 'count=2 sum=2').write('/f', 'count=2 sum=3')
    expect(changed.left(without(0))).toEqual({ '/f': 'count=2 sum=3' })
  })

  it('can be torn after any sector', () => {
    const old = 'x'.repeat(1500)
    const disk = new Disk({ '/f': old }).write('/f', `${sector('A')}${sector('B')}${'C'.repeat(400)}`, 0)
    expect(disk.left(torn(0, 0))).toEqual({ '/f': old })
    expect(disk.left(torn(0, 1))).toEqual({ '/f': `${sector('A')}${old.slice(512)}` })
    expect(disk.left(torn(0, 2))).toEqual({ '/f': `${sector('A')}${sector('B')}${old.slice(1024)}` })
    expect(disk.left(torn(0, 3))).toEqual(disk.left(all))
    expect(disk.left(torn(0, 9))).toEqual(disk.left(all))
  })

  it('are torn at sectors of the file, wherever they begin', () => {
    const disk = new Disk({ '/f': 'x'.repeat(1024) }).write('/f', 'y'.repeat(600), 400)
    expect(disk.left(torn(0, 1))).toEqual({ '/f': `${'x'.repeat(400)}${'y'.repeat(112)}${'x'.repeat(512)}` })
  })

  it('that are torn make the file no larger than they would have made it', () => {
    const disk = new Disk({ '/f': '' }).write('/f', 'y'.repeat(700))
    expect(disk.left(torn(0, 1))).toEqual({ '/f': sector('y') })
    expect(disk.left(torn(0, 2))).toEqual({ '/f': 'y'.repeat(700) })
    const short = new Disk({ '/f': '' }).write('/f', 'abc')
    expect(short.left(torn(0, 1))).toEqual({ '/f': 'abc' })
  })

  it('include cuts and growth', () => {
    const disk = new Disk({ '/f': 'x'.repeat(1000) }).truncate('/f', 0).write('/f', 'new').truncate('/f', 5)
    expect(disk.pending).toEqual(['data 1', 'data 2', 'data 3'])
    expect(disk.left(none)).toEqual({ '/f': 'x'.repeat(1000) })
    expect(disk.left(first(1))).toEqual({ '/f': '' })
    expect(disk.left(first(2))).toEqual({ '/f': 'new' })
    expect(disk.left(all)).toEqual({ '/f': 'new\0\0' })
    // The cut is lost, so the old file is found with the first sector as it was after the write, up to the new end.
    expect(disk.left(without(0))).toEqual({ '/f': 'new\0\0' })
    expect(disk.left(torn(0, 5))).toEqual({ '/f': 'new\0\0' })
    const grown = new Disk({ '/f': 'ab' }).truncate('/f', 1).truncate('/f', 3)
    expect(grown.left(all)).toEqual({ '/f': 'a\0\0' })
  })

  it('to a file that was removed while it was open are found where the removal is lost', () => {
    const disk = new Disk({ '/f': 'old' })
    const ino = disk.calls.ino('/f')
    disk.fs.hold(ino)
    disk.do((calls) => calls.unlink('/f'))
    const bytes = new Uint8Array([110, 101, 119])
    disk.do(() => disk.fs.write(ino, 0, bytes, 0, 3, at(1)))
    expect(disk.left(all)).toEqual({})
    expect(disk.left(none)).toEqual({ '/f': 'old' })
    expect(disk.left(({ kind }) => kind === 'data')).toEqual({ '/f': 'new' })
    disk.fs.release(ino)
    disk.journal.note(disk.fs, 9)
    expect(disk.left(({ kind }) => kind === 'data')).toEqual({ '/f': 'new' })
  })

  it('are one operation for each call that changed something, and none for others', () => {
    const disk = new Disk({ '/f': 'same' })
      .write('/f', 'same')
      .do((calls) => calls.lookup('/f'))
      .write('/f', 'other')
    expect(disk.pending).toEqual(['data 3'])
  })
})

/** A program with syncs in it: of what a path leads to, if anything. */
type Step = FsOperation | { readonly call: 'sync'; readonly path: string }

const syncs: fc.Arbitrary<Step> = fc
  .constantFrom('/', '/a', '/b', '/é', '/a/a', '/a/b', '/b/a', '/b/b', '/a/é')
  .map((path) => ({ call: 'sync', path }))
const steps: fc.Arbitrary<Step[]> = fc
  .tuple(programs, fc.array(fc.tuple(fc.nat({ max: 70 }), syncs), { maxLength: 12 }))
  .map(([program, places]) => {
    const all: Step[] = [...program]
    for (const [place, sync] of places) all.splice(Math.min(place, all.length), 0, sync)
    return all
  })

/** What a program did, noted here in the plainest way: all names and all contents after each step. */
class History {
  readonly facade: Facade = new Facade()
  readonly journal: Journal = new Journal(this.facade.tree)
  /** All names after each step, as text; the first is before all. */
  readonly names: string[] = [namesOf(this.facade.tree)]
  /** The names after this step are on the disk for sure. */
  committed = 0
  /** Of each file what it held since it was synced last, or from the beginning; the first is on the disk for sure. */
  readonly contents: Map<number, Uint8Array[]> = new Map()
  readonly #seen = new Map<number, Inode>()
  readonly #changed = new Map<number, number>()
  readonly #entries = new Map<number, string>()

  constructor(program: readonly Step[]) {
    const { tree } = this.facade
    for (const [index, step] of program.entries()) {
      if (step.call !== 'sync') this.facade.run([step])
      this.journal.note(tree, index + 1)
      this.#note(tree)
      if (step.call === 'sync') this.#sync(step.path)
    }
    this.facade.close()
  }

  #note(tree: Filesystem): void {
    const now = this.names.length
    this.names.push(namesOf(tree))
    tree.table.forEach((inode) => {
      if (this.#seen.get(inode.ino) === inode) return
      this.#seen.set(inode.ino, inode)
      if (inode.isFile()) {
        const contents = this.contents.get(inode.ino) ?? [new Uint8Array()]
        contents.push(inode.body.toBytes())
        this.contents.set(inode.ino, contents)
      } else if (inode.isDirectory()) {
        const entries = JSON.stringify(inode.body.entries())
        if (entries !== (this.#entries.get(inode.ino) ?? '[]')) this.#changed.set(inode.ino, now)
        this.#entries.set(inode.ino, entries)
      }
    })
  }

  #sync(path: string): void {
    const ino = new Calls(this.facade.tree).lookup(path)
    if (typeof ino !== 'number') return
    this.journal.sync(ino)
    this.committed = Math.max(this.committed, this.#changed.get(ino) ?? 0)
    const contents = this.contents.get(ino)
    if (contents !== undefined) contents.splice(0, contents.length - 1)
  }
}

/** Every name that there is, with the number of its directory and its own. */
function namesOf(tree: Filesystem): string {
  const lines: string[] = []
  tree.table.forEach((inode) => {
    if (!inode.isDirectory()) return
    for (const { name, ino } of inode.body.entries()) lines.push(`${inode.ino} ${name} ${ino}`)
  })
  return lines.join('\n')
}

function filesOf(tree: Filesystem): Map<number, Uint8Array> {
  const files = new Map<number, Uint8Array>()
  tree.table.forEach((inode) => {
    if (inode.isFile()) files.set(inode.ino, inode.body.toBytes())
  })
  return files
}

/** Whether a sector, but for the zeros at its end, is the beginning of one of those. */
function isOneOf(sector: Uint8Array, values: readonly Uint8Array[]): boolean {
  let size = sector.length
  while (size > 0 && sector[size - 1] === 0) size--
  return size === 0 || values.some((value) => Buffer.compare(sector.subarray(0, size), value.subarray(0, size)) === 0)
}

/** What does not hold of what is left, whatever the fate. */
function faultOf(history: History, left: Filesystem): string | undefined {
  const faults = check(left)
  if (faults.length > 0) return faults.join('; ')
  if (history.names.indexOf(namesOf(left), history.committed) < 0) {
    return 'the names are none of those from the last sync on'
  }
  for (const [ino, bytes] of filesOf(left)) {
    const contents = history.contents.get(ino) ?? []
    if (!contents.some(({ length }) => length === bytes.length)) {
      // A torn write can end at a sector.
      const isTorn = bytes.length % SECTOR_SIZE === 0 && contents.some(({ length }) => length > bytes.length)
      if (!isTorn) return `file ${ino} has ${bytes.length} bytes, which it never had since it was synced`
    }
    for (let at = 0; at < bytes.length; at += SECTOR_SIZE) {
      const values = contents.map((content) => content.subarray(at, at + SECTOR_SIZE))
      if (!isOneOf(bytes.subarray(at, at + SECTOR_SIZE), values)) return `file ${ino} has at ${at} what was never there`
    }
  }
  return undefined
}

const fates: fc.Arbitrary<readonly (boolean | number)[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: fc.boolean() }, { weight: 1, arbitrary: fc.nat({ max: 4 }) }),
  { minLength: 1, maxLength: 60, size: 'max' },
)

describe('Journal, of any program', () => {
  it('leaves, by any fate, a sound tree of names that were, from the last sync on, and of sectors that were written', () => {
    fc.assert(
      fc.property(steps, fates, (program, chosen) => {
        const history = new History(program)
        const fate: Fate = ({ kind }, index) => {
          const each = chosen[index % chosen.length] as boolean | number
          return kind === 'data' ? each : each !== false
        }
        expect(faultOf(history, history.journal.cut(fate))).toBe(undefined)
      }),
      { numRuns: 400 },
    )
  })

  it('leaves with nothing lost what is there, and with all lost what was synced', () => {
    fc.assert(
      fc.property(steps, (program) => {
        const history = new History(program)
        const { tree } = history.facade
        const kept = history.journal.cut(all)
        expect(check(kept)).toEqual([])
        expect(namesOf(kept)).toBe(namesOf(tree))
        expect(filesOf(kept)).toEqual(filesOf(tree))
        const lost = history.journal.cut(none)
        expect(check(lost)).toEqual([])
        expect(namesOf(lost)).toBe(history.names[history.committed])
        for (const [ino, bytes] of filesOf(lost)) expect(bytes).toEqual(history.contents.get(ino)?.[0])
      }),
      { numRuns: 200 },
    )
  })

  it('leaves with the first N what was there at a moment of each, later with more', () => {
    fc.assert(
      fc.property(steps, (program) => {
        const history = new History(program)
        const { length } = history.journal.pending
        let step = history.committed
        const moments = new Map<number, number>()
        for (let count = 0; count <= length; count++) {
          const left = history.journal.cut(first(count))
          expect(check(left)).toEqual([])
          step = history.names.indexOf(namesOf(left), step)
          expect(step).toBeGreaterThanOrEqual(0)
          for (const [ino, bytes] of filesOf(left)) {
            const contents = history.contents.get(ino) ?? []
            const from = moments.get(ino) ?? 0
            const moment = contents.findIndex((each, index) => index >= from && Buffer.compare(each, bytes) === 0)
            expect(moment).toBeGreaterThanOrEqual(from)
            moments.set(ino, moment)
          }
        }
        expect(namesOf(history.journal.cut(first(length)))).toBe(namesOf(history.facade.tree))
      }),
      { numRuns: 100 },
    )
  })

  it('can be cut at any moment and goes on as if it had not been', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const one = new History([...before, ...after])
        const pending: Operation['kind'][] = one.journal.pending.map(({ kind }) => kind)
        const cut = namesOf(one.journal.cut(none))
        expect(namesOf(one.journal.cut(none))).toBe(cut)
        expect(one.journal.pending.map(({ kind }) => kind)).toEqual(pending)
        expect(namesOf(one.journal.cut(all))).toBe(namesOf(one.facade.tree))
      }),
      { numRuns: 30 },
    )
  })
})
