/** What a snapshot is called: digests that are equal for equal states and for no others. */

import { describe, expect, it } from 'vitest'
import { Machine, type MachineOptions, type Snapshot } from '../../src/index.ts'
import { nodeHashes } from '../../src/node/index.ts'
import { compileC } from '../support/compile.ts'
import { errorOf } from '../support/error_of.ts'

const FILES = {
  '/a/one': 'one\n',
  '/a/run': { data: '#!', executable: true },
  '/a/link': { symlink: 'one' },
  '/two': { hardlink: '/a/one' },
  '/empty': null,
} as const

function snapshotOf(options: MachineOptions = {}, change: (machine: Machine) => void = () => undefined): Snapshot {
  const machine = new Machine({ image: 'empty', files: FILES, ...options })
  change(machine)
  return machine.snapshot()
}

describe('digest', () => {
  // `git mktree` in a repository made by `git init --object-format=sha256` gives these.
  it('is the id that git gives to the tree in its SHA-256 object format', () => {
    expect(new Machine({ image: 'empty' }).snapshot().digest).toBe(
      'sha256:6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
    )
    expect(snapshotOf().digestOf('/empty')).toBe(
      'sha256:6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321',
    )
  })

  it('is that of the contents: times, inode numbers, devices and settings make no difference', () => {
    const { digest } = snapshotOf()
    expect(snapshotOf({ epoch: 0n, seed: 7, tick: 5, cpu: 'engine', hashes: nodeHashes }).digest).toBe(digest)
    expect(snapshotOf({}, ({ fs }) => fs.utimesSync('/a/one', 5, 5)).digest).toBe(digest)
    expect(
      snapshotOf({}, ({ fs }) => {
        fs.writeFileSync('/gone', '')
        fs.rmSync('/gone')
        fs.renameSync('/empty', '/full')
        fs.mkdirSync('/empty')
        fs.rmdirSync('/full')
      }).digest,
    ).toBe(digest)
    // The two names of an inode are two files for git.
    const { '/two': _, ...rest } = FILES
    expect(new Machine({ image: 'empty', files: { ...rest, '/two': 'one\n' } }).snapshot().digest).toBe(digest)
  })

  it.each<[string, (machine: Machine) => void]>([
    ['a byte', ({ fs }) => fs.writeFileSync('/a/one', 'onf\n')],
    ['a name', ({ fs }) => fs.renameSync('/a/one', '/a/uno')],
    ['an executable bit', ({ fs }) => fs.chmodSync('/a/run', 0o644)],
    ['a link', ({ fs }) => fs.rmSync('/a/link')],
    ['an empty directory', ({ fs }) => fs.mkdirSync('/a/more')],
  ])('is another for %s', (_, change) => {
    expect(snapshotOf({}, change).digest).not.toBe(snapshotOf().digest)
  })

  it('stays what it was when the machine goes on, and is found again when it goes back', () => {
    const machine = new Machine({ files: FILES })
    const first = machine.snapshot()
    const before = first.digest
    machine.fs.writeFileSync('/a/one', 'other')
    const second = machine.snapshot()
    expect(second.digest).not.toBe(before)
    expect(first.digest).toBe(before)
    machine.fs.writeFileSync('/a/one', 'one\n')
    expect(machine.snapshot().digest).toBe(before)
    expect(second.digest).not.toBe(before)
  })

  it('is also that of a part; what has none is told why', () => {
    const snapshot = new Machine({ files: FILES }).snapshot()
    expect(snapshot.digestOf('/a')).toBe(snapshotOf().digestOf('/a'))
    expect(snapshot.digestOf('/a/one')).toBe(snapshot.digestOf('/two'))
    expect(errorOf(() => snapshot.digestOf('/none'))).toMatchObject({
      code: 'NO_SUCH_FILE',
      message: '"/none" has no digest: No such file or directory',
    })
    expect(errorOf(() => snapshot.digestOf('/dev/null'))).toMatchObject({
      message: '"/dev/null" has no digest: git has no object for a device',
    })
  })
})

describe('stateDigest', () => {
  it('is equal for equal states, whatever hashes computed it and whoever asked before', () => {
    const { stateDigest } = snapshotOf()
    expect(stateDigest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(snapshotOf().stateDigest).toBe(stateDigest)
    expect(snapshotOf({ hashes: nodeHashes }).stateDigest).toBe(stateDigest)
    const machine = new Machine({ image: 'empty', files: FILES })
    const fork = machine.fork()
    fork.fs.writeFileSync('/a/one', 'x')
    expect(fork.snapshot().stateDigest).not.toBe(stateDigest)
    expect(machine.snapshot().stateDigest).toBe(stateDigest)
  })

  it('says the same of settings that mean the same', () => {
    const { stateDigest } = snapshotOf({ cpu: 'strict' })
    expect(snapshotOf({ cpu: {} }).stateDigest).toBe(stateDigest)
    expect(snapshotOf({ cpu: { nan: true, stack: 524_288 } }).stateDigest).toBe(stateDigest)
    expect(snapshotOf({ cpu: { nan: false } }).stateDigest).not.toBe(stateDigest)
  })

  it.each<[string, MachineOptions, ((machine: Machine) => void)?]>([
    ['the seed', { seed: 'x' }],
    ['the clock', { epoch: 5n }],
    ['the tick', { tick: 5 }],
    ['how guests compute', { cpu: 'engine' }],
    ['what moves the clocks', { time: 'fuel' }],
    ['the quota', { quota: { inodes: 99 } }],
    ['no quota', { quota: { inodes: Infinity } }],
    ['a time', {}, ({ fs }) => fs.utimesSync('/a/one', 5, 5)],
    ['a mode', {}, ({ fs }) => fs.chmodSync('/a/one', 0o600)],
    ['an inode number', {}, ({ fs }) => fs.renameSync('/a/one', '/a/run')],
    [
      'the next inode number',
      {},
      ({ fs }) => {
        fs.writeFileSync('/a/x', '')
        fs.rmSync('/a/x')
        fs.utimesSync('/a', 946684800, 946684800)
      },
    ],
    ['the next process number', {}, (machine) => void machine.run(NOTHING)],
  ])('is another for %s', (_, options, change) => {
    expect(snapshotOf(options, change).stateDigest).not.toBe(snapshotOf().stateDigest)
  })

  it('knows two names of one inode from two inodes, and zeros from a hole', () => {
    const linked = new Machine({ image: 'empty', files: { '/a': 'x', '/b': { hardlink: '/a' } } })
    const apart = new Machine({ image: 'empty', files: { '/a': 'x', '/b': 'x' } })
    expect(linked.snapshot().digest).toBe(apart.snapshot().digest)
    expect(linked.snapshot().stateDigest).not.toBe(apart.snapshot().stateDigest)
    const zeros = new Machine({ image: 'empty', files: { '/a': new Uint8Array(100_000) } })
    const hole = new Machine({ image: 'empty', files: { '/a': '' } })
    hole.fs.truncateSync('/a', 100_000)
    expect(zeros.snapshot().digest).toBe(hole.snapshot().digest)
    expect(zeros.snapshot().stateDigest).not.toBe(hole.snapshot().stateDigest)
  })

  it('is that of the moment, for a guest that changes nothing but the clocks too', () => {
    const machine = new Machine({ files: FILES })
    const before = machine.snapshot().stateDigest
    machine.run(compileC('#include <time.h>\nint main(void) { return time(0) < 0; }'))
    expect(machine.snapshot().stateDigest).not.toBe(before)
  })
})

describe('fs and tree of a snapshot', () => {
  it('show what it holds, and whatever is done to them changes nothing', () => {
    const snapshot = snapshotOf()
    const { stateDigest } = snapshot
    snapshot.fs.writeFileSync('/a/one', 'gone')
    snapshot.tree.setMode(1, 0, { sec: 0, nsec: 0 })
    expect(snapshot.fs.readFileSync('/a/one', 'utf8')).toBe('one\n')
    expect(snapshot.stateDigest).toBe(stateDigest)
  })
})

/** An empty module that is a command. */
const NOTHING = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 10, 1, 6, 95, 115, 116, 97, 114, 116, 0, 0, 10, 4, 1,
  2, 0, 11,
])
