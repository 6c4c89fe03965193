/** The checker must see every kind of damage: each test plants one and expects the very sentence. */

import { describe, expect, it } from 'vitest'
import { byteString } from '../../vfs/bytes.ts'
import { check } from '../../vfs/check.ts'
import { Directory } from '../../vfs/directory.ts'
import { FileData } from '../../vfs/file_data.ts'
import { Filesystem } from '../../vfs/filesystem.ts'
import { type DirectoryInode, type FileInode, Inode } from '../../vfs/inode.ts'
import { InodeTable, ROOT_INO } from '../../vfs/inode_table.ts'
import { importTree } from '../../vfs/tree.ts'
import { at } from '../support/vfs.ts'

const FILES = { '/d/e': null, '/f': 'x'.repeat(5000), '/g': 'g' }
/** Numbers as the import gives them out. */
const [D, E, F, G] = [2, 3, 4, 5]

/** A sound tree, damaged. */
function damaged(damage: (table: InodeTable, fs: Filesystem) => void): Filesystem {
  const fs = new Filesystem({ bytes: 2 ** 20, inodes: 6, entries: 3 })
  importTree(fs, FILES, at(0))
  expect(check(fs)).toEqual([])
  damage(fs.table, fs)
  return fs
}

function directory(table: InodeTable, ino: number): DirectoryInode {
  return table.own(ino) as DirectoryInode
}

function file(table: InodeTable, ino: number): FileInode {
  return table.own(ino) as FileInode
}

/** Has a directory say that it has so many entries. */
function setSize(body: Directory, size: number): void {
  Object.defineProperty(body, 'size', { value: size })
}

/** Puts another inode in the place of one. */
function replace(table: InodeTable, ino: number, kind: Inode['kind'], body: Inode['body'], nlink: number): void {
  const inode = new Inode(table.edition, ino, kind, body, 0, at(0))
  inode.nlink = nlink
  table.delete(ino)
  table.restore(inode)
}

describe('check()', () => {
  it.each<[string, (table: InodeTable, fs: Filesystem) => void]>([
    ['there is no root', (table) => table.delete(ROOT_INO)],
    ['the root is no directory', (table) => replace(table, ROOT_INO, 'file', new FileData(), 1)],
    ['the root: ".." is 2', (table) => void Object.assign(directory(table, ROOT_INO).body, { parent: D })],
    [`directory ${D}: "." is no name`, (table) => directory(table, D).body.set(table.edition, byteString('.'), G)],
    [`directory ${D}: "a/b" is no name`, (table) => directory(table, D).body.set(table.edition, byteString('a/b'), G)],
    [
      `directory ${D}: "${'n'.repeat(256)}" is no name`,
      (table) => directory(table, D).body.set(table.edition, byteString('n'.repeat(256)), G),
    ],
    [
      `directory ${D}: x names inode 99, which is not there`,
      (table) => directory(table, D).body.set(table.edition, byteString('x'), 99),
    ],
    [
      `directory ${E}: ".." is 1, not ${D}`,
      (table) => void Object.assign(directory(table, E).body, { parent: ROOT_INO }),
    ],
    [`directory ${E} has two names`, (table) => directory(table, D).body.set(table.edition, byteString('x'), E)],
    [`directory ${D}: 2 entries counted, 1 found`, (table) => setSize(directory(table, D).body, 2)],
    [`directory ${D}: wrong count of directories in it`, (table) => void directory(table, D).body.subdirectories++],
    [`directory ${D}: link count 4`, (table) => void Object.assign(directory(table, D), { nlink: 4 })],
    [
      `directory ${D}: 4 entries, over the quota of 3`,
      (table) => {
        for (const name of ['x', 'y', 'z']) directory(table, D).body.set(table.edition, byteString(name), G)
      },
    ],
    [`inode ${G} was never given out`, (table) => void Object.assign(table, { nextIno: G })],
    [`inode ${F} is removed and not held, but still there`, (table) => void Object.assign(table.own(F), { nlink: 0 })],
    [`inode ${F} is removed but has a name`, (table) => void Object.assign(table.own(F), { nlink: 0 })],
    [`inode ${F} has no name`, (table) => directory(table, ROOT_INO).body.delete(table.edition, byteString('f'))],
    [`inode ${F}: link count 7, 1 names`, (table) => void Object.assign(table.own(F), { nlink: 7 })],
    ['6 inodes counted, 5 found', (table) => void table.count++],
    ['4 blocks counted, 3 found', (_, fs) => void fs.blocks++],
    [`file ${F}: 3 blocks counted, 2 found`, (table) => void file(table, F).body.blocks++],
    [`file ${F}: size -1`, (table) => void Object.assign(file(table, F).body, { size: -1 })],
    [`file ${F}: chunk 0 has data after the end`, (table) => void Object.assign(file(table, F).body, { size: 10 })],
    [
      '7 inodes, over the quota of 6',
      (table) => {
        for (let n = 0; n < 2; n++) Object.assign(table.add('fifo', undefined, 0, at(0)), { nlink: 1 })
      },
    ],
    [
      '257 blocks, over the quota of 1048576 bytes',
      (table) => file(table, G).body.write(table.edition, 0, new Uint8Array(255 * 4096).fill(1), 0, 255 * 4096),
    ],
  ])('says: %s', (sentence, damage) => {
    expect(check(damaged(damage))).toContain(sentence)
  })

  it('says that names are out of order, and are listed but not found', () => {
    const fs = damaged((table) => {
      const body = new Directory(ROOT_INO)
      const names = [...'abcdefgh'].map((name) => byteString(name))
      body.visit = (_, visit) => names.toReversed().every((name) => visit(name, G))
      setSize(body, names.length)
      replace(table, D, 'directory', body, 2)
    })
    expect(check(fs)).toContain(`directory ${D}: g is out of order`)
    expect(check(fs)).toContain(`directory ${D}: g is listed but not found`)
  })

  it.each<[string, Uint8Array, number]>([
    [`file ${G}: chunk 0 costs 0 blocks`, new Uint8Array(1), 0],
    [`file ${G}: hole in chunk 0 has data`, new Uint8Array(5000).fill(1), 1],
    [`file ${G}: chunk 0 has 32769 bytes`, new Uint8Array(32_769), 8],
  ])('says: %s', (sentence, bytes, blocks) => {
    const fs = damaged((table) => {
      replace(table, G, 'file', FileData.of(table.edition, 40_000, [{ index: 0, blocks, bytes }]), 1)
    })
    expect(check(fs)).toContain(sentence)
  })

  it('is content with a removed inode that is held, and with one edge of every quota', () => {
    const fs = damaged((_, tree) => {
      tree.hold(G)
      tree.unlinkAt(ROOT_INO, byteString('g'), 'clamp', at(1))
      tree.hold(E)
      tree.rmdirAt(D, byteString('e'), 'clamp', at(1))
    })
    expect(check(fs)).toEqual([])
    expect(fs.table.count).toBe(5)
  })
})

describe('InodeTable', () => {
  it('restores an inode under its number and goes on after the largest', () => {
    const table = new InodeTable()
    table.restore(new Inode(table.edition, 41, 'fifo', undefined, 0, at(0)))
    expect(table.add('fifo', undefined, 0, at(0)).ino).toBe(42)
    expect([table.count, table.has(41), table.has(40)]).toEqual([2, true, false])
    expect(() => table.get(40)).toThrow('no inode 40')
  })
})
