/** Snapshots as files: nothing is lost, what is shared is stored once, and nothing that is wrong gets in. */

import { describe, expect, it } from 'vitest'
import { Clock } from '../../kernel/clock.ts'
import { Kernel } from '../../kernel/kernel.ts'
import {
  diff,
  FormatError,
  Machine,
  type NamedSnapshot,
  readSnapshot,
  readSnapshots,
  writeSnapshot,
  writeSnapshots,
} from '../../src/index.ts'
import { nodeHashes } from '../../src/node/index.ts'
import { Snapshot } from '../../src/snapshot.ts'
import { check } from '../../vfs/check.ts'
import type { Filesystem } from '../../vfs/filesystem.ts'
import { pureHashes } from '../../vfs/hash.ts'
import { treeOf } from '../metamorphic/facade.ts'
import { programs } from '../property/operations.ts'
import { compileC } from '../support/compile.ts'
import { errorOf } from '../support/error_of.ts'
import { fc, SEED } from '../support/property.ts'
import { stateOf } from '../support/tree_state.ts'

/** Mutations of files; `VIVARIUM_MUTATIONS=100000` for a long run. */
const MUTATIONS = Number(process.env.VIVARIUM_MUTATIONS ?? 2000)
/** `VIVARIUM_LARGE=1` for the largest trees. */
const LARGE = process.env.VIVARIUM_LARGE === '1'

const HASH_SIZE = 32

function snapshotOf(tree: Filesystem): Snapshot {
  const start = { sec: 5, nsec: 6 }
  const settings = { cpu: undefined, time: 'calls', hashes: nodeHashes } as const
  return new Snapshot(new Kernel(tree.fork(), new Clock(start, start, 7), 'seed', 3, 4), settings)
}

function names(snapshots: readonly NamedSnapshot[]): string[] {
  return snapshots.map(({ name }) => name)
}

describe('writeSnapshots(), readSnapshots()', () => {
  it('give back every state, and the same bytes again, for random trees', () => {
    fc.assert(
      fc.property(fc.array(programs, { minLength: 1, maxLength: 4 }), fc.boolean(), (parts, compress) => {
        const facade = treeOf([])
        const snapshots = parts.map((operations, index) => {
          facade.run(operations)
          facade.close()
          return { name: `at ${index}`, snapshot: snapshotOf(facade.tree) }
        })
        const bytes = writeSnapshots(snapshots, { compress })
        const back = readSnapshots(bytes)
        expect(names(back)).toEqual(names(snapshots))
        back.forEach(({ snapshot }, index) => {
          const before = snapshots[index]?.snapshot as Snapshot
          expect(stateOf(snapshot.tree)).toEqual(stateOf(before.tree))
          expect(check(snapshot.tree)).toEqual([])
          expect(snapshot.stateDigest).toBe(before.stateDigest)
          expect(snapshot.digest).toBe(before.digest)
        })
        expect(Buffer.compare(writeSnapshots(back, { compress }), bytes)).toBe(0)
      }),
      { numRuns: 60 },
    )
  })

  it('keep all that a machine is: it goes on elsewhere as it would have here', () => {
    const program = compileC(`
      #include <stdio.h>
      #include <time.h>
      #include <unistd.h>
      int main(void) {
        unsigned char bytes[4];
        getentropy(bytes, 4);
        FILE *log = fopen("/log", "a");
        fprintf(log, "%lld %02x%02x\\n", (long long)time(0), bytes[0], bytes[1]);
        return fclose(log);
      }`)
    const home = new Machine({ seed: 'x', epoch: '2026-01-01T00:00:00Z', tick: 12_345, files: { '/a/b': 'c' } })
    home.run(program)
    const away = Machine.from(readSnapshot(writeSnapshot(home.snapshot(), { compress: true })))
    for (let i = 0; i < 3; i++) {
      const [here, there] = [home.run(program), away.run(program)]
      expect(there.traceDigest).toBe(here.traceDigest)
      expect(away.snapshot().stateDigest).toBe(home.snapshot().stateDigest)
    }
    expect(away.fs.readFileSync('/log', 'utf8')).toBe(home.fs.readFileSync('/log', 'utf8'))
    expect(away.time).toBe(home.time)
  })

  it('keep the settings, also those without a bound', () => {
    const machine = new Machine({
      cpu: { stack: 9999, memoryPages: false },
      time: 'fuel everywhere',
      quota: { bytes: Infinity, inodes: 77, entries: 55 },
    })
    const back = readSnapshot(writeSnapshot(machine.snapshot()))
    expect(back.stateDigest).toBe(machine.snapshot().stateDigest)
    expect(back.tree.quota).toEqual({ bytes: Infinity, inodes: 77, entries: 55 })
    expect(back.settings).toMatchObject({ cpu: { stack: 9999, memoryPages: false }, time: 'fuel everywhere' })
  })

  it('are the same bytes wherever they are written', () => {
    const of = (hashes: typeof pureHashes): Uint8Array =>
      writeSnapshot(new Machine({ hashes, files: { '/a': 'b' } }).snapshot(), { compress: true })
    expect(Buffer.compare(of(pureHashes), of(nodeHashes))).toBe(0)
  })

  it('store what snapshots have in common once, and share it when they are read', () => {
    const machine = new Machine({
      hashes: nodeHashes,
      files: { '/big': new Uint8Array(2_000_000).map((_, i) => i >> 7) },
    })
    for (let i = 0; i < 500; i++) machine.fs.writeFileSync(`/file${i}`, `${i}`)
    const first = machine.snapshot()
    const snapshots = [{ name: '0', snapshot: first }]
    for (let i = 1; i <= 100; i++) {
      machine.fs.writeFileSync('/file7', `now ${i}`)
      snapshots.push({ name: String(i), snapshot: machine.snapshot() })
    }
    const alone = writeSnapshot(first).length
    const bytes = writeSnapshots(snapshots)
    // A change costs its record and the nodes above it.
    expect((bytes.length - alone) / 100).toBeLessThan(2000)
    const back = readSnapshots(bytes, { hashes: nodeHashes })
    const [a, b] = [back[0]?.snapshot as Snapshot, back[100]?.snapshot as Snapshot]
    expect(a.tree.lineage).toBe(b.tree.lineage)
    expect(diff(a, b).changes.map(({ path, type }) => `${type} ${path}`)).toEqual(['changed /file7'])
    expect(b.fs.readFileSync('/file7', 'utf8')).toBe('now 100')
    // What is done to one is not seen in another.
    const on = Machine.from(a)
    on.fs.writeFileSync('/big', 'x')
    expect(b.fs.statSync('/big').size).toBe(2_000_000)
    expect(b.stateDigest).toBe(snapshots[100]?.snapshot.stateDigest)
  })

  it('cost no more for a file with a hole of 4 GiB than for its data', () => {
    const machine = new Machine({ image: 'empty' })
    machine.fs.writeFileSync('/sparse', 'begin')
    machine.fs.truncateSync('/sparse', 2 ** 32)
    const fd = machine.fs.openSync('/sparse', 'r+')
    machine.fs.writeSync(fd, 'end', 2 ** 32 - 3)
    machine.fs.closeSync(fd)
    const bytes = writeSnapshot(machine.snapshot())
    expect(bytes.length).toBeLessThan(40_000)
    const back = readSnapshot(bytes)
    expect(back.fs.statSync('/sparse').size).toBe(2 ** 32)
    expect(back.stateDigest).toBe(machine.snapshot().stateDigest)
  })

  it('take a tree however deep and however wide', () => {
    const machine = new Machine({
      image: 'empty',
      hashes: nodeHashes,
      quota: { inodes: 4_000_000, entries: 4_000_000 },
    })
    const { tree } = machine
    let dir = 1
    for (let level = 0; level < (LARGE ? 100_000 : 20_000); level++) {
      dir = tree.mkdirAt(dir, 'd' as Parameters<Filesystem['mkdirAt']>[1], 'clamp', { sec: 0, nsec: 0 }) as number
    }
    for (let i = 0; i < (LARGE ? 1_000_000 : 30_000); i++) {
      tree.mkdirAt(1, `w${i}` as Parameters<Filesystem['mkdirAt']>[1], 'clamp', { sec: 0, nsec: 0 })
    }
    const before = machine.snapshot()
    const back = readSnapshot(writeSnapshot(before), { hashes: nodeHashes })
    expect(back.stateDigest).toBe(before.stateDigest)
    expect(back.digest).toBe(before.digest)
  })

  it('refuse no snapshots at all, and two of one name', () => {
    const snapshot = new Machine().snapshot()
    expect(errorOf(() => writeSnapshots([])).code).toBe('BAD_OPTION')
    const twice = [
      { name: 'a', snapshot },
      { name: 'a', snapshot },
    ]
    expect(errorOf(() => writeSnapshots(twice)).code).toBe('BAD_OPTION')
  })
})

/** The message of the FormatError that reading `bytes` throws; `undefined` where it does not. */
function problemOf(bytes: Uint8Array): string | undefined {
  try {
    readSnapshots(bytes, { hashes: nodeHashes })
    return undefined
  } catch (error) {
    if (error instanceof FormatError) return error.message
    throw error
  }
}

/** The same bytes with a checksum that is right, as somebody would make them who means harm. */
function sealed(bytes: Uint8Array): Uint8Array {
  const sum = nodeHashes('sha256')
  sum.update(bytes.subarray(0, bytes.length - HASH_SIZE))
  const copy = bytes.slice()
  copy.set(sum.digest(), bytes.length - HASH_SIZE)
  return copy
}

describe('readSnapshots()', () => {
  const machine = new Machine({
    seed: 'hostile',
    files: {
      '/a/b/c': 'text',
      '/l': { symlink: 'a' },
      '/h': { hardlink: '/a/b/c' },
      '/e': null,
      '/z': 'y'.repeat(70_000),
    },
  })
  const first = machine.snapshot()
  machine.fs.renameSync('/a/b', '/b')
  const snapshots = [
    { name: 'first', snapshot: first },
    { name: 'second', snapshot: machine.snapshot() },
  ]
  const files = [false, true].map((compress) => writeSnapshots(snapshots, { compress }))

  it('says of what is no snapshot file, of one cut short, of an altered one, and of a newer one, that it is that', () => {
    const [bytes] = files as [Uint8Array]
    expect(problemOf(new Uint8Array(0))).toBe('snapshot: this is no snapshot file: it does not begin as one')
    expect(problemOf(Buffer.from('hello, this is a text of some length that is no snapshot'))).toMatch(
      /no snapshot file/,
    )
    expect(problemOf(bytes.subarray(0, 20))).toBe('snapshot: the file is cut short')
    expect(problemOf(bytes.subarray(0, bytes.length - 1))).toMatch(/damaged: it was cut short or altered/)
    const altered = bytes.slice()
    altered[100] = (altered[100] as number) ^ 1
    expect(problemOf(altered)).toMatch(/damaged: it was cut short or altered/)
    const newer = bytes.slice()
    newer[8] = 2
    expect(problemOf(newer)).toBe(
      'snapshot: the file was made by a newer version (format 2; this reads 1): update vivarium',
    )
  })

  it('refuses every file that was altered or cut anywhere', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...files),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (file, at, by, cut) => {
          const bytes = cut ? file.slice(0, at % file.length) : file.slice()
          if (!cut) bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ by
          expect(problemOf(bytes)).toBeDefined()
        },
      ),
      { numRuns: MUTATIONS, seed: SEED },
    )
  })

  it('lets in nothing but sound machines where the checksum was made right as well', () => {
    const edit = fc.record({ at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) })
    let loaded = 0
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.array(edit, { minLength: 1, maxLength: 3 }), (file, edits) => {
        const bytes = file.slice()
        for (const { at, by } of edits) {
          const place = 12 + (at % (bytes.length - 12 - HASH_SIZE))
          bytes[place] = (bytes[place] as number) ^ by
        }
        const forged = sealed(bytes)
        if (problemOf(forged) !== undefined) return
        loaded++
        for (const { snapshot } of readSnapshots(forged)) {
          expect(check(snapshot.tree)).toEqual([])
          expect(snapshot.stateDigest).toMatch(/^sha256:/)
          Machine.from(snapshot).fs.writeFileSync('/new', 'x')
        }
      }),
      { numRuns: MUTATIONS, seed: SEED },
    )
    // A change of an object gives it another name, so that what refers to it finds it no more; few changes are in text.
    expect(loaded).toBeLessThan(MUTATIONS / 2)
  })
})
