import { describe, expect, it, vi } from 'vitest'
import { encodeLatin1 } from '../../vfs/bytes.ts'
import { FileData } from '../../vfs/file_data.ts'
import { Filesystem, OPEN_CREATE } from '../../vfs/filesystem.ts'
import { hexOf, pureHashes } from '../../vfs/hash.ts'
import { Inode } from '../../vfs/inode.ts'
import { InodeTable, ROOT_INO } from '../../vfs/inode_table.ts'
import { CHUNK_SIZE } from '../../vfs/limits.ts'
import { Lineage } from '../../vfs/lineage.ts'
import { chunkBytes, FAN, HEIGHT, numberOf } from '../../vfs/state_ids.ts'
import { programs } from '../property/operations.ts'
import { fc } from '../support/property.ts'
import { smallTreeOf } from '../support/timelines.ts'
import { stateOf } from '../support/tree_state.ts'
import { at, bytes, Calls, makeFs, watch } from '../support/vfs.ts'

function idOf(fs: Filesystem): string {
  return hexOf(encodeLatin1(fs.lineage.stateIds(fs.table).root))
}

/** By a lineage that has seen nothing else. */
function freshIdOf(table: InodeTable): string {
  return hexOf(encodeLatin1(new Lineage().stateIds(table).root))
}

/** A tree with something of everything in it. */
function everything(): Filesystem {
  const fs = makeFs({
    '/d/f': 'text',
    '/d/e': null,
    '/link': { symlink: 'd/f' },
    '/null': { device: 'null' },
    '/g': 'g',
  })
  fs.mknodAt(ROOT_INO, bytes('fifo'), 'fifo', undefined, 'clamp', at(1))
  fs.mknodAt(ROOT_INO, bytes('socket'), 'socket', undefined, 'clamp', at(1))
  return fs
}

const NOW = at(5)

/** Each changes one thing, of what is at the inode that it is given. */
const FIELDS: Record<string, (inode: Inode) => void> = {
  mode: (inode) => void inode.mode++,
  nlink: (inode) => void inode.nlink++,
  atimSec: (inode) => void inode.atimSec++,
  atimNsec: (inode) => void inode.atimNsec++,
  mtimSec: (inode) => void inode.mtimSec++,
  mtimNsec: (inode) => void inode.mtimNsec++,
  ctimSec: (inode) => void inode.ctimSec++,
  ctimNsec: (inode) => void inode.ctimNsec++,
  btimSec: (inode) => void inode.btimSec++,
  btimNsec: (inode) => void inode.btimNsec++,
}

/** Two ways to one state: a byte that is zero in a block that is charged anyway, or that is charged for it. */
const SAME: Record<string, string> = { 'zeros at the end': 'hole at the end', 'a block of zeros': 'a block more' }

describe('StateIds', () => {
  it('are equal for states that are equal, whatever led to them', () => {
    const property = fc.property(programs, programs, (program, detour) => {
      const tree = smallTreeOf(program)
      const there = idOf(tree)
      const again = smallTreeOf(program)
      expect(stateOf(again)).toEqual(stateOf(tree))
      expect(idOf(again)).toBe(there)
      // Work in a fork, and back.
      const fork = smallTreeOf([...program, ...detour])
      expect(idOf(fork) === there).toBe(stateOf(fork).slice(0, -1).join() === stateOf(tree).slice(0, -1).join())
      expect(idOf(tree)).toBe(there)
      // Put together from its inodes, the last first.
      const table = new InodeTable()
      const inodes: Inode[] = []
      tree.table.fork().forEach((inode) => void inodes.push(inode))
      for (const inode of inodes.reverse()) table.restore(copyOf(table, inode))
      expect(freshIdOf(table)).toBe(there)
    })
    fc.assert(property, { numRuns: 60 })
  })

  it('are others when any field of any inode is', () => {
    const fs = everything()
    const seen = new Map([[idOf(fs), 'as it was']])
    const inos: number[] = []
    fs.table.forEach(({ ino }) => void inos.push(ino))
    expect(inos).toHaveLength(9)
    for (const ino of inos) {
      for (const [field, change] of Object.entries(FIELDS)) {
        const fork = fs.fork()
        change(fork.table.own(ino))
        const id = idOf(fork)
        expect(seen.get(id), `${field} of ${ino}`).toBeUndefined()
        seen.set(id, `${field} of ${ino}`)
      }
    }
    expect(seen.get(idOf(fs))).toBe('as it was')
  })

  it('are others when contents, holes, blocks, names, targets, kinds, parents or numbers are', () => {
    const fs = everything()
    const seen = new Map([[idOf(fs), 'as it was']])
    const changes: Record<string, (fork: Filesystem, calls: Calls) => void> = {
      byte: (_, calls) => calls.write('/d/f', 'Text'),
      longer: (_, calls) => calls.write('/d/f', 'text '),
      'hole at the end': (fork, calls) => fork.truncate(calls.ino('/d/f'), 5, NOW),
      'zeros at the end': (_, calls) => calls.write('/d/f', 'text\0'),
      'a block more': (fork, calls) => fork.allocate(calls.ino('/d/f'), 4096, 1, NOW),
      'a block of zeros': (_, calls) => calls.write('/d/f', '\0', 4096),
      'a hole of as much': (fork, calls) => fork.truncate(calls.ino('/d/f'), 4097, NOW),
      'a chunk': (_, calls) => calls.write('/d/f', 'x', CHUNK_SIZE),
      'a chunk before a hole': (fork, calls) => {
        calls.write('/d/f', 'x', CHUNK_SIZE)
        fork.truncate(calls.ino('/d/f'), 3 * CHUNK_SIZE, NOW)
      },
      'the same chunk after the hole': (fork, calls) => {
        calls.write('/d/f', 'x', 2 * CHUNK_SIZE)
        fork.truncate(calls.ino('/d/f'), 3 * CHUNK_SIZE, NOW)
      },
      'the next chunk': (_, calls) => calls.write('/d/f', 'x', 2 * CHUNK_SIZE),
      name: (_, calls) => calls.rename('/d/f', '/d/g'),
      'two names swapped': (_, calls) => {
        calls.rename('/d/f', '/d/tmp')
        calls.rename('/g', '/d/f')
        calls.rename('/d/tmp', '/g')
      },
      parent: (_, calls) => calls.rename('/d/e', '/e'),
      'another number': (_, calls) => {
        calls.rmdir('/d/e')
        calls.mkdir('/d/e')
      },
    }
    for (const [what, change] of Object.entries(changes)) {
      const fork = watch(fs.fork())
      change(fork, new Calls(fork))
      // With all times and links as they were, so that only what is named can tell.
      fork.table.forEach(({ ino }) => {
        const inode = fork.table.own(ino)
        const old = fs.table.has(ino) ? fs.get(ino) : undefined
        for (const time of ['atim', 'mtim', 'ctim', 'btim'] as const) {
          inode[`${time}Sec`] = old?.[`${time}Sec`] ?? 0
          inode[`${time}Nsec`] = old?.[`${time}Nsec`] ?? 0
        }
      })
      const id = idOf(fork)
      expect(seen.get(id), what).toBe(SAME[what])
      seen.set(id, what)
    }
    for (const [kind, body] of [
      ['fifo', undefined],
      ['socket', undefined],
      ['symlink', bytes('x')],
      ['device', 'null'],
      ['device', 'zero'],
      ['file', new FileData()],
    ] as const) {
      const fork = fs.fork()
      fork.table.restore(new Inode(fork.table.edition, 50, kind, body, 0, NOW))
      const id = idOf(fork)
      expect(seen.get(id), kind).toBeUndefined()
      seen.set(id, kind)
    }
  })

  it('do not depend on how large the buffers of chunks are, or what they were', () => {
    const a = makeFs({ '/f': 'x'.repeat(70) })
    const b = makeFs({ '/f': 'x'.repeat(CHUNK_SIZE + 9) })
    const [x, y] = [new Calls(a), new Calls(b)]
    a.truncate(x.ino('/f'), 10, NOW)
    b.truncate(y.ino('/f'), 10, NOW)
    expect(idOf(a)).toBe(idOf(b))
    x.write('/f', 'abc', 4)
    y.write('/f', 'bc', 5)
    y.write('/f', 'a', 4)
    expect(idOf(a)).toBe(idOf(b))
  })

  it('grow over 64 and 4,096 inodes, shrink again, and go back to a fork from before', () => {
    const fs = watch(new Filesystem())
    const before = watch(fs.fork())
    const counts = [1, FAN - 2, FAN - 1, FAN, FAN + 1, FAN ** 2 - 1, FAN ** 2, FAN ** 2 + 1, FAN ** 2 + 2]
    const ids: string[] = []
    for (const count of counts) {
      while (fs.table.nextIno <= count) fs.openAt(ROOT_INO, bytes(`f${fs.table.nextIno}`), OPEN_CREATE, 'clamp', at(0))
      ids.push(idOf(fs))
      expect(ids.at(-1)).toBe(freshIdOf(fs.table))
      expect(idOf(before)).toBe(freshIdOf(before.table))
    }
    expect(new Set(ids).size).toBe(counts.length)
    for (const count of counts.slice(1).reverse()) {
      for (let ino = 2; ino <= fs.table.nextIno; ino++) {
        if (ino > count && fs.table.has(ino)) fs.unlinkAt(ROOT_INO, bytes(`f${ino}`), 'clamp', at(0))
      }
      expect(idOf(fs)).toBe(freshIdOf(fs.table))
    }
    // Times of the root are those of the first state: only the numbers that are left can tell.
    const alone = watch(new Filesystem())
    for (let n = 2; n <= FAN - 2; n++) alone.openAt(ROOT_INO, bytes(`f${n}`), OPEN_CREATE, 'clamp', at(0))
    expect(idOf(fs)).toBe(idOf(alone))
  })

  it('say what each is made of: a record or a node hashes to its id', () => {
    const fs = everything()
    const ids = fs.lineage.stateIds(fs.table)
    fs.table.fork().forEach((inode) => {
      const record = encodeLatin1(ids.record(inode, pureHashes))
      const hash = pureHashes('sha256')
      hash.update(record)
      expect(hexOf(hash.digest())).toBe(hexOf(encodeLatin1(ids.of(0, inode.ino) as never)))
    })
    for (let level = 1; level <= HEIGHT; level++) {
      const node = ids.node(level, 0)
      expect(node.length).toBe(33 * (level === 1 ? 9 : 1))
      const hash = pureHashes('sha256')
      hash.update(encodeLatin1(node))
      expect(hexOf(hash.digest())).toBe(hexOf(encodeLatin1(ids.of(level, 0) as never)))
    }
    expect(ids.of(HEIGHT, 0)).toBe(ids.root)
    expect([ids.node(1, 7), ids.of(1, 7), ids.of(0, 77)]).toEqual(['', undefined, undefined])
  })

  it('of 100,000 inodes cost after a change what has changed', () => {
    const fs = watch(new Filesystem())
    for (let d = 0; d < 100; d++) {
      const dir = fs.mkdirAt(ROOT_INO, bytes(`d${d}`), 'clamp', at(0)) as number
      for (let f = 0; f < 1000; f++) fs.openAt(dir, bytes(`f${f}`), OPEN_CREATE, 'clamp', at(0))
    }
    idOf(fs)
    new Calls(fs).write('/d7/f500', 'changed')
    const hashes = vi.fn(pureHashes)
    const { root } = fs.lineage.stateIds(fs.table, hashes)
    // The chunk, the record, and a node of each level.
    expect(hashes.mock.calls.length).toBe(2 + HEIGHT)
    expect(hexOf(encodeLatin1(root))).toBe(freshIdOf(fs.table))
  })
})

describe('numberOf()', () => {
  it('has seven bits a byte, the lowest first', () => {
    const shown = (value: number) => hexOf(encodeLatin1(numberOf(value) as never))
    expect([0, 1, 127, 128, 300].map(shown)).toEqual(['00', '01', '7f', '8001', 'ac02'])
    expect(shown(Number.MAX_SAFE_INTEGER)).toBe('ffffffffffffff0f')
  })
})

describe('chunkBytes()', () => {
  it('ends with the last byte that is not zero', () => {
    expect([...chunkBytes(new Uint8Array([1, 0, 2, 0, 0]))]).toEqual([1, 0, 2])
    expect(chunkBytes(new Uint8Array(64))).toHaveLength(0)
  })
})

/** The same inode for another table. */
function copyOf(table: InodeTable, inode: Inode): Inode {
  return inode.copy(table.edition)
}
