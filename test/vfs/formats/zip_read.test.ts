import { describe, expect, it } from 'vitest'
import type { Filesystem } from '../../../vfs/filesystem.ts'
import { readZip } from '../../../vfs/formats/zip_read.ts'
import { writeZip } from '../../../vfs/formats/zip_write.ts'
import type { Files } from '../../../vfs/tree.ts'
import { Calls, makeFs, shown } from '../../support/vfs.ts'
import { refusalOf } from './format_error.ts'
import { bytesOf, concat } from './raw_tar.ts'

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50

/** Where the `n`-th record of a kind is. */
function recordAt(bytes: Uint8Array, signature: number, n = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let left = n
  for (let i = 0; i + 4 <= bytes.length; i++) {
    if (view.getUint32(i, true) === signature && left-- === 0) return i
  }
  throw new Error('there is no such record')
}

/** An archive with numbers set in records: kind, place in it, bytes, value. */
function changed(files: Files, ...changes: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const bytes = writeZip(makeFs(files))
  for (const [signature, place, size, value] of changes) {
    const at = recordAt(bytes, signature) + place
    for (let i = 0; i < size; i++) bytes[at + i] = Math.floor(value / 256 ** i) % 256
  }
  return bytes
}

function refused(bytes: Uint8Array, fs: Filesystem = makeFs({ '/there': 'x' })): string {
  return refusalOf(fs, () => readZip(fs, bytes)).message
}

/** The same with a name of the same length in place of another. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1').replaceAll(from, to)
  return bytesOf(text)
}

const FILES: Files = { '/name': 'stored' }
const BIG: Files = { '/big': 'text '.repeat(1000) }

describe('readZip()', () => {
  it('takes modes, links and directories of Unix', () => {
    const fs = makeFs({ '/d/x': { data: 'x', executable: true }, '/e': null, '/l': { symlink: '../out' } })
    fs.setMode(new Calls(fs).ino('/e'), 0o1700, { sec: 0, nsec: 0 })
    const copy = makeFs()
    expect(readZip(copy, writeZip(fs))).toEqual({ files: 1, directories: 2, links: 1, bytes: 1, leftOut: [] })
    const modes = ['/d', '/d/x', '/e', '/l'].map((path) => copy.get(new Calls(copy).ino(path)).mode.toString(8))
    expect(modes).toEqual(['755', '755', '1700', '777'])
  })

  it('takes archives of other systems: no modes, times in UTC', () => {
    // 2026-07-08 09:10:12: no extra field, by its number made another.
    const date = ((2026 - 1980) << 9) | (7 << 5) | 8
    const time = (9 << 11) | (10 << 5) | 6
    const bytes = changed(
      FILES,
      [CENTRAL, 5, 1, 0],
      [CENTRAL, 12, 2, time],
      [CENTRAL, 14, 2, date],
      [CENTRAL, 50, 2, 0x9999],
    )
    const copy = makeFs()
    readZip(copy, bytes)
    const { mode, mtimSec } = copy.get(new Calls(copy).ino('/name'))
    expect([mode, mtimSec]).toEqual([0o644, Date.UTC(2026, 6, 8, 9, 10, 12) / 1000])
  })

  it('takes a comment at the end, and a program before the archive', () => {
    const bytes = writeZip(makeFs(FILES))
    const at = bytes.length - 2
    bytes[at] = 7
    const copy = makeFs()
    readZip(copy, concat(bytesOf('#!/bin/unzip\n'), bytes, bytesOf('comment')))
    expect(shown(copy)).toEqual({ '/name': 'stored' })
  })

  it('leaves out what is no file, directory or link', () => {
    const fs = makeFs()
    expect(readZip(fs, changed(FILES, [CENTRAL, 40, 2, 0o010644])).leftOut).toEqual([
      { path: 'name', message: 'it is neither a file nor a directory nor a link' },
    ])
  })

  it('lets the last of two entries win, and refuses a file over a directory', () => {
    const copy = makeFs()
    readZip(copy, renamed(writeZip(makeFs({ '/aa1': 'first', '/bb1': 'second' })), 'bb1', 'aa1'))
    expect(shown(copy)).toEqual({ '/aa1': 'second' })
    expect(refused(writeZip(makeFs({ '/there/x': '' })))).toMatch(/"there": a file of this name is there/)
    expect(refused(writeZip(makeFs({ '/d': 'x' })), makeFs({ '/d': null }))).toMatch(
      /"d": a directory of this name is there/,
    )
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(0), /this is no zip archive/],
    ['something else', bytesOf('x'.repeat(1000)), /this is no zip archive, or it was cut off: it has no end record/],
    ['an absolute name', renamed(writeZip(makeFs(FILES)), 'name', '/etc'), /"\/etc" is absolute/],
    ['a name with ..', renamed(writeZip(makeFs(FILES)), 'name', '../x'), /"\.\.\/x" has "\.\." in it/],
    ['a name that is not UTF-8', renamed(writeZip(makeFs(FILES)), 'name', 'n\xffme'), /is not UTF-8/],
    ['a NUL in a name', renamed(writeZip(makeFs(FILES)), 'name', 'n\0me'), /has a NUL byte/],
    ['encryption', changed(FILES, [CENTRAL, 8, 2, 1]), /"name" is encrypted/],
    [
      'another method',
      changed(FILES, [CENTRAL, 10, 2, 12], [LOCAL, 8, 2, 12]),
      /compressed by method 12, and only deflate is known/,
    ],
    ['a wrong checksum', changed(FILES, [CENTRAL, 16, 4, 1]), /"name": its checksum is wrong/],
    ['a wrong size', changed(FILES, [CENTRAL, 24, 4, 5]), /its data is not of the 5 bytes that it says/],
    ['a size too large to be', changed(BIG, [CENTRAL, 24, 4, 2 ** 31]), /\d+ bytes cannot become 2147483648/],
    ['a size too small', changed(BIG, [CENTRAL, 24, 4, 4999]), /its data is not of the 4999 bytes that it says/],
    ['data beyond the end', changed(FILES, [CENTRAL, 20, 4, 9999]), /its data goes beyond the end of all data/],
    ['data elsewhere', changed(FILES, [CENTRAL, 42, 4, 1]), /its data is not where the archive says, at 1/],
    ['two methods', changed(FILES, [LOCAL, 8, 2, 8]), /before its data there is another method/],
    ['two names', changed(FILES, [LOCAL, 30, 1, 65]), /before its data there is another name, "Aame"/],
    ['damaged data', changed(BIG, [LOCAL, 44, 4, 0xffffffff]), /its data is damaged/],
    ['several parts', changed(FILES, [END, 4, 2, 1]), /a part of an archive in several/],
    ['entries where there are none', changed(FILES, [END, 16, 4, 99_999]), /where they cannot be/],
    ['more entries than there are', changed(FILES, [END, 8, 4, 0x20002]), /an entry is expected here/],
    ['fewer entries than there are', changed(FILES, [END, 8, 4, 0]), /there are 0 entries, and something after them/],
    ['a name longer than all', changed(FILES, [CENTRAL, 28, 2, 60_000]), /an entry is longer than the archive/],
    [
      'a 64-bit number that is missing',
      changed(FILES, [CENTRAL, 42, 4, 0xffffffff], [CENTRAL, 50, 2, 1]),
      /a 64-bit number is missing/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(refused(bytes)).toMatch(message)
  })

  it('refuses entries that share their data', () => {
    const bytes = writeZip(makeFs({ '/aa1': 'same', '/aa2': 'same' }))
    const second = recordAt(bytes, CENTRAL, 1)
    bytes.fill(0, second + 42, second + 46)
    expect(refused(renamed(bytes, 'aa2', 'aa1'))).toMatch(/have their data in the same place/)
  })

  it('is found wherever it was cut', () => {
    const bytes = writeZip(makeFs({ '/d/a': 'x'.repeat(500), '/l': { symlink: 'd' } }))
    for (let size = 0; size < bytes.length; size++) expect(refused(bytes.subarray(0, size))).toMatch(/cut off/)
  })

  it('says what the tree has no room for', () => {
    expect(refused(writeZip(makeFs(BIG)), makeFs({ '/x': 'x' }, { bytes: 8192 }))).toMatch(
      /"big": the tree has no room for it/,
    )
  })
})
