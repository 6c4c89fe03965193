/**
 * Wide and deep trees and huge files, in time and memory that grow with what there is to carry.
 * `VIVARIUM_LARGE=1` makes them ten times as wide and five times as deep.
 */

import { describe, expect, it } from 'vitest'
import { type ByteString, byteString } from '../../../vfs/bytes.ts'
import { check } from '../../../vfs/check.ts'
import { Filesystem, OPEN_CREATE } from '../../../vfs/filesystem.ts'
import { narChunks, readNar, writeNar } from '../../../vfs/formats/nar.ts'
import { readOciLayout } from '../../../vfs/formats/oci_read.ts'
import { writeOciLayout } from '../../../vfs/formats/oci_write.ts'
import { readTar } from '../../../vfs/formats/tar_read.ts'
import { tarChunks, writeTar } from '../../../vfs/formats/tar_write.ts'
import { readZip } from '../../../vfs/formats/zip_read.ts'
import { writeZip } from '../../../vfs/formats/zip_write.ts'
import { ROOT_INO } from '../../../vfs/inode_table.ts'
import { at } from '../../support/vfs.ts'
import { archiveOf } from './raw_tar.ts'

const LARGE = process.env.VIVARIUM_LARGE === '1'
const WIDE = LARGE ? 1_000_000 : 100_000
const DEEP = LARGE ? 100_000 : 20_000
const QUOTA = { inodes: 2 ** 21, entries: 2 ** 21 }

/** A directory of many files, of which a tenth have content. */
function wide(): Filesystem {
  const fs = new Filesystem(QUOTA)
  const dir = fs.mkdirAt(ROOT_INO, byteString('d'), 'clamp', at(0)) as number
  const content = new Uint8Array([104, 105])
  for (let i = 0; i < WIDE; i++) {
    const ino = fs.openAt(dir, byteString(`file${i}`), OPEN_CREATE, 'clamp', at(0)) as number
    if (i % 10 === 0) fs.write(ino, 0, content, 0, 2, at(0))
  }
  return fs
}

/** Directories in one another with a file in the last. */
function deep(depth: number, name = 'd'): Filesystem {
  const fs = new Filesystem(QUOTA)
  let dir = ROOT_INO
  for (let i = 0; i < depth; i++) dir = fs.mkdirAt(dir, byteString(name), 'clamp', at(0)) as number
  fs.openAt(dir, byteString('f'), OPEN_CREATE, 'clamp', at(0))
  return fs
}

/** How deep a tree of one directory in each is, and its inodes. */
function depthOf(fs: Filesystem): number {
  let depth = 0
  for (let inode = fs.get(ROOT_INO); inode.isDirectory(); depth++) {
    const name = inode.body.next('')
    if (name === undefined) break
    inode = fs.get(inode.body.get(name))
  }
  return depth
}

function timed<T>(what: string, run: () => T): T {
  const start = performance.now()
  const result = run()
  if (LARGE) console.log(`${what}: ${((performance.now() - start) / 1000).toFixed(2)} s`)
  return result
}

describe(`a directory of ${WIDE} files`, () => {
  const fs = wide()

  it('goes through tar', () => {
    const bytes = timed('wide: writeTar', () => writeTar(fs))
    const copy = new Filesystem(QUOTA)
    expect(timed('wide: readTar', () => readTar(copy, bytes))).toMatchObject({ files: WIDE, directories: 1 })
    expect(check(copy)).toEqual([])
  })

  it('goes through NAR', () => {
    const bytes = timed('wide: writeNar', () => writeNar(fs))
    const copy = new Filesystem(QUOTA)
    expect(timed('wide: readNar', () => readNar(copy, bytes))).toMatchObject({ files: WIDE, directories: 1 })
  })

  it('goes through zip', () => {
    const bytes = timed('wide: writeZip', () => writeZip(fs))
    const copy = new Filesystem(QUOTA)
    expect(timed('wide: readZip', () => readZip(copy, bytes))).toMatchObject({ files: WIDE, directories: 1 })
  })

  it('goes through an image', () => {
    const files = timed('wide: writeOciLayout', () => writeOciLayout(fs))
    const copy = new Filesystem(QUOTA)
    expect(timed('wide: readOciLayout', () => readOciLayout(copy, files))).toMatchObject({
      files: WIDE,
      directories: 1,
    })
  })
})

describe(`${DEEP} directories in one another`, () => {
  it('go through NAR', () => {
    const bytes = timed('deep: writeNar', () => writeNar(deep(DEEP)))
    const copy = new Filesystem(QUOTA)
    expect(timed('deep: readNar', () => readNar(copy, bytes))).toMatchObject({ files: 1, directories: DEEP })
    expect(depthOf(copy)).toBe(DEEP + 1)
    expect(check(copy)).toEqual([])
  })

  it('come out of a tar archive that lists only the last', () => {
    const path = `${'d/'.repeat(DEEP)}f`
    const link = `${'d/'.repeat(DEEP)}g`
    const bytes = archiveOf([
      { path, content: 'x' },
      { path: link, type: '1', link: path },
    ])
    const copy = new Filesystem(QUOTA)
    expect(timed('deep: readTar of one path', () => readTar(copy, bytes))).toMatchObject({
      files: 2,
      directories: DEEP,
    })
    expect(depthOf(copy)).toBe(DEEP + 1)
  })

  it('go through tar, whose size is all paths together', () => {
    // A path for each level: with 20,000 levels the archive has 400 MB, so one as deep is not for every run.
    const depth = LARGE ? 20_000 : 5_000
    const bytes = timed(`${depth} deep: writeTar`, () => writeTar(deep(depth)))
    const copy = new Filesystem(QUOTA)
    expect(timed(`${depth} deep: readTar`, () => readTar(copy, bytes))).toMatchObject({ files: 1, directories: depth })
    expect(depthOf(copy)).toBe(depth + 1)
  })

  it.runIf(LARGE)('come out of tarChunks without being in memory at once', () => {
    let size = 0
    timed('deep: tarChunks', () => {
      for (const piece of tarChunks(deep(DEEP))) size += piece.length
    })
    expect(size).toBeGreaterThan(DEEP * DEEP)
  })

  it('go through zip as far as its paths do', () => {
    const bytes = timed('5000 deep: writeZip', () => writeZip(deep(5000)))
    const copy = new Filesystem(QUOTA)
    expect(timed('5000 deep: readZip', () => readZip(copy, bytes))).toMatchObject({ files: 1, directories: 5000 })
    const long = 'n'.repeat(255)
    expect(() => writeZip(deep(300, long))).toThrow(/longer than the 65535 bytes that zip has for a path/)
  })
})

describe('a file of 4 GiB with little in it', () => {
  const fs = new Filesystem()
  const ino = fs.openAt(ROOT_INO, 'big' as ByteString, OPEN_CREATE, 'clamp', at(0)) as number
  fs.write(ino, 3 * 2 ** 30, new Uint8Array([1, 2, 3]), 0, 3, at(0))
  fs.truncate(ino, 2 ** 32, at(0))

  it('is small in tar, and has its holes when it comes back', () => {
    const bytes = writeTar(fs)
    expect(bytes.length).toBe(7 * 512 + 4096 - 512)
    const copy = new Filesystem()
    readTar(copy, bytes)
    const inode = copy.get(2)
    expect([inode.size, inode.isFile() && inode.body.blocks]).toEqual([2 ** 32, 1])
    expect(writeTar(copy)).toEqual(bytes)
  })

  it.runIf(LARGE)('comes out of narChunks in pieces', () => {
    let size = 0
    timed('4 GiB sparse: narChunks', () => {
      for (const piece of narChunks(fs)) size += piece.length
    })
    expect(size).toBeGreaterThan(2 ** 32)
  })
})
