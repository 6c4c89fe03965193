/** What all formats promise alike: a tree that goes out and comes back is the same tree, and then gives the same bytes. */

import { describe, expect, it } from 'vitest'
import { byteString } from '../../../vfs/bytes.ts'
import { check } from '../../../vfs/check.ts'
import { Filesystem } from '../../../vfs/filesystem.ts'
import {
  type LeftOut,
  narChunks,
  type OciLayout,
  type ReadOptions,
  type ReadReport,
  readNar,
  readOciLayout,
  readTar,
  readZip,
  tarChunks,
  type WriteOptions,
  writeNar,
  writeOciLayout,
  writeTar,
  writeZip,
  zipChunks,
} from '../../../vfs/formats/index.ts'
import { FILE_SIZE_MAX } from '../../../vfs/limits.ts'
import { fc } from '../../support/property.ts'
import { Calls, makeFs, shown } from '../../support/vfs.ts'
import { refusalOf } from './format_error.ts'
import { type Compared, treeState } from './judge.ts'
import { type TreeOptions, trees } from './random_tree.ts'

/** One format, of which only bytes are seen: an image's files are one after the other. */
interface Way {
  readonly name: string
  readonly carried: Compared
  readonly trees: TreeOptions
  readonly write: (fs: Filesystem, options?: WriteOptions) => Uint8Array | OciLayout
  readonly read: (fs: Filesystem, archive: never, options?: ReadOptions) => ReadReport
  readonly chunks?: (fs: Filesystem, options?: WriteOptions) => Generator<Uint8Array, void>
  readonly leftOut: readonly string[]
}

const WAYS: readonly Way[] = [
  {
    name: 'tar',
    carried: { times: 1n },
    trees: {},
    write: writeTar,
    read: readTar,
    chunks: tarChunks,
    leftOut: ['dev/stdin', 'socket'],
  },
  {
    name: 'nar',
    carried: { times: 0n, hardlinks: false, modes: 0o100 },
    trees: { fifos: false },
    write: writeNar,
    read: readNar,
    chunks: narChunks,
    leftOut: ['dev/null', 'dev/stdin', 'fifo', 'socket'],
  },
  {
    name: 'zip',
    carried: { times: 0n, hardlinks: false },
    trees: { fifos: false },
    write: writeZip,
    read: readZip,
    chunks: zipChunks,
    leftOut: ['dev/null', 'dev/stdin', 'fifo', 'socket'],
  },
  {
    name: 'oci',
    carried: { times: 1n },
    trees: {},
    write: writeOciLayout,
    read: readOciLayout as Way['read'],
    leftOut: ['dev/stdin', 'socket'],
  },
]

function joined(pieces: Iterable<Uint8Array>): Uint8Array {
  return Buffer.concat([...pieces])
}

/** What vitest's own comparison does, a thousand times faster. */
function isSame(a: Uint8Array | OciLayout, b: Uint8Array | OciLayout): boolean {
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  if (b instanceof Uint8Array || Object.keys(a).join() !== Object.keys(b).join()) return false
  return Object.keys(a).every((path) => Buffer.compare(a[path] as Uint8Array, b[path] as Uint8Array) === 0)
}

for (const { name, carried, trees: kind, write, read, chunks, leftOut } of WAYS) {
  describe(name, () => {
    it('gives the same tree, and of it the same bytes', () => {
      const property = fc.property(trees(kind), (fs) => {
        const archive = write(fs, { times: 'keep' })
        const copy = new Filesystem()
        const report = read(copy, archive as never)
        expect(report.leftOut).toEqual([])
        expect(check(copy)).toEqual([])
        expect(treeState(copy, carried)).toEqual(treeState(fs, carried))
        expect(isSame(write(copy, { times: 'keep' }), archive)).toBe(true)
        if (chunks !== undefined)
          expect(Buffer.compare(joined(chunks(fs, { times: 'keep' })), archive as Uint8Array)).toBe(0)
        const again = new Filesystem()
        read(again, write(fs) as never)
        expect(isSame(write(again), write(fs))).toBe(true)
      })
      fc.assert(property, { numRuns: 150 })
    })

    it('gives the same bytes whatever the history of the tree', () => {
      const fs = makeFs({ '/d/a': 'a', '/d/b': 'b', '/c': { data: 'x', executable: true } })
      const other = new Calls(makeFs({ '/c': { data: 'x', executable: true }, '/gone': 'y' }))
      other.now = 1_000_000
      other.unlink('/gone')
      other.mkdir('/d')
      other.write('/d/b', 'b')
      other.write('/d/a', 'a')
      expect(write(other.fs)).toEqual(write(fs))
    })

    it('is of a part of the tree where it is asked to be, and is added below a place', () => {
      const fs = makeFs({ '/a/b/f': 'x', '/a/b/e': null, '/other': 'o' })
      const byPath = write(fs, { base: '/a/b/' })
      expect(write(fs, { base: new Calls(fs).ino('/a/b') })).toEqual(byPath)
      const copy = makeFs({ '/there': 't' })
      read(copy, byPath as never, { at: '/x/y' })
      expect(shown(copy)).toEqual({ '/there': 't', '/x': null, '/x/y': null, '/x/y/e': null, '/x/y/f': 'x' })
    })

    it.each([
      ['/missing/x', /base: "\/missing\/x" is not there/],
      ['relative', /base: "relative" is not absolute/],
      ['/d/../d', /has "\." or "\.\." in it/],
      ['/link/x', /is not there/],
      [77, /base: there is no inode 77/],
    ])('refuses the base %j', (base, message) => {
      const fs = makeFs({ '/d/x': '', '/link': { symlink: 'd' } })
      expect(refusalOf(fs, () => write(fs, { base })).message).toMatch(message)
    })

    it('says what it leaves out', () => {
      const fs = makeFs({ '/dev/null': { device: 'null' }, '/dev/stdin': { device: 'stdin' }, '/f': 'x' })
      for (const kind of ['fifo', 'socket'] as const) {
        fs.mknodAt(1, byteString(kind), kind, undefined, 'clamp', { sec: 0, nsec: 0 })
      }
      const told: LeftOut[] = []
      const archive = write(fs, { onLeftOut: (one) => told.push(one) })
      expect(told.map(({ path }) => path)).toEqual(leftOut)
      expect(told.every(({ message }) => /^it is (a|the) .* can hold$/.test(message))).toBe(true)
      const copy = makeFs()
      read(copy, archive as never)
      for (const path of leftOut) expect(new Calls(copy).lookup(path)).toBe('ENOENT')
    })

    it.runIf(chunks !== undefined)('is of the tree as it was when it was asked for', () => {
      if (chunks === undefined) throw new Error('there are no chunks')
      const fs = makeFs({ '/a': 'x'.repeat(200_000), '/b': 'x' })
      const expected = joined(chunks(fs))
      const pieces = chunks(fs)
      const calls = new Calls(fs)
      calls.unlink('/b')
      const first = pieces.next().value as Uint8Array
      calls.write('/a', 'changed')
      calls.write('/c', 'new')
      expect(Buffer.compare(joined([first, ...pieces]), expected)).toBe(0)
    })

    it('gives back bytes that nobody else changes', () => {
      const fs = makeFs({ '/a': 'x'.repeat(200_000) })
      const archive = write(fs)
      const before = JSON.stringify(shown(fs))
      for (const bytes of archive instanceof Uint8Array ? [archive] : Object.values(archive)) bytes.fill(9)
      expect(JSON.stringify(shown(fs))).toBe(before)
      const copy = makeFs()
      const source = write(fs)
      read(copy, source as never)
      for (const bytes of source instanceof Uint8Array ? [source] : Object.values(source)) bytes.fill(9)
      expect(JSON.stringify(shown(copy))).toBe(before)
    })

    it.runIf(name !== 'zip')('carries a file of the largest size, or says that no array can hold it', () => {
      const fs = makeFs({ '/f': 'x' })
      fs.truncate(new Calls(fs).ino('/f'), FILE_SIZE_MAX, { sec: 0, nsec: 0 })
      if (name === 'nar') {
        expect(() => write(fs)).toThrow(/over 2147483648 bytes: use narChunks/)
        return
      }
      const copy = makeFs()
      expect(read(copy, write(fs) as never).bytes).toBe(FILE_SIZE_MAX)
    })
  })
}
