import { describe, expect, it } from 'vitest'
import { decodeLatin1 } from '../../../vfs/bytes.ts'
import type { Filesystem } from '../../../vfs/filesystem.ts'
import { readNar, writeNar } from '../../../vfs/formats/nar.ts'
import { Calls, makeFs, shown } from '../../support/vfs.ts'
import { refusalOf } from './format_error.ts'
import { bytesOf } from './raw_tar.ts'

/** The strings of a NAR, as they are in it; `raw` ones have bytes after them that are not zero. */
function narOf(...strings: readonly string[]): Uint8Array {
  return bytesOf(strings.map(stringOf).join(''))
}

function stringOf(text: string): string {
  let length = ''
  for (let i = 0, left = text.length; i < 8; i++, left = Math.floor(left / 256))
    length += String.fromCharCode(left % 256)
  return length + text.padEnd(Math.ceil(text.length / 8) * 8, '\0')
}

const FILE = ['(', 'type', 'regular', 'contents', 'x', ')']
const entry = (name: string, ...node: string[]): string[] => ['entry', '(', 'name', name, 'node', ...node, ')']
const tree = (...strings: string[]): Uint8Array => narOf('nix-archive-1', '(', 'type', 'directory', ...strings, ')')

function refused(bytes: Uint8Array, fs: Filesystem = makeFs({ '/there': 'x' })): string {
  return refusalOf(fs, () => readNar(fs, bytes)).message
}

describe('writeNar()', () => {
  it('writes these very strings', () => {
    const fs = makeFs({ '/b': { data: 'x', executable: true }, '/a': { symlink: 'b' }, '/c': null })
    const link = entry('a', '(', 'type', 'symlink', 'target', 'b', ')')
    const file = entry('b', '(', 'type', 'regular', 'executable', '', 'contents', 'x', ')')
    const directory = entry('c', '(', 'type', 'directory', ')')
    expect(decodeLatin1(writeNar(fs))).toBe(decodeLatin1(tree(...link, ...file, ...directory)))
    expect(decodeLatin1(writeNar(fs, { base: '/c' }))).toBe(decodeLatin1(tree()))
  })

  it('refuses a device as its root', () => {
    expect(() => writeNar(makeFs({ '/null': { device: 'null' } }), { base: '/null' })).toThrow(
      'a device cannot be in it',
    )
  })
})

describe('readNar()', () => {
  it('takes files, links and directories, with the times that it is told', () => {
    const fs = makeFs()
    const bytes = tree(...entry('a', ...FILE), ...entry('d', '(', 'type', 'directory', ...entry('e', ...FILE), ')'))
    expect(readNar(fs, bytes, { now: 5_000 })).toEqual({ files: 2, directories: 1, links: 0, bytes: 2, leftOut: [] })
    expect(shown(fs)).toEqual({ '/a': 'x', '/d': null, '/d/e': 'x' })
    expect(fs.get(new Calls(fs).ino('/d')).mtimSec).toBe(5)
    readNar(fs, bytes, { times: 7_000, now: 6_000 })
    expect(['/a', '/d', '/d/e'].map((path) => fs.get(new Calls(fs).ino(path)).mtimSec)).toEqual([7, 7, 7])
  })

  it('makes one file or link what is at a path', () => {
    const fs = makeFs({ '/d/old': 'old' })
    const file = narOf('nix-archive-1', ...FILE)
    readNar(fs, file, { at: '/new/f' })
    readNar(fs, file, { at: '/d/old/' })
    readNar(fs, file, { at: '/top' })
    expect(shown(fs)).toEqual({ '/d': null, '/d/old': 'x', '/new': null, '/new/f': 'x', '/top': 'x' })
    expect(refused(file, fs)).toBe('nar: the archive is one file: say what it becomes by the option "at", as a path')
    expect(refusalOf(fs, () => readNar(fs, file, { at: '/d' })).message).toMatch(/a directory of this name is there/)
    expect(refusalOf(fs, () => readNar(fs, file, { at: '/d/..' })).message).toMatch(/"\.\."/)
    expect(refusalOf(fs, () => readNar(fs, file, { at: 'x' })).message).toMatch(/not absolute/)
  })

  it.each<[string, Uint8Array, RegExp]>([
    ['no magic', bytesOf('x'.repeat(100)), /this is no NAR/],
    ['nothing', new Uint8Array(0), /this is no NAR/],
    [
      'names out of order',
      tree(...entry('b', ...FILE), ...entry('a', ...FILE)),
      /the name "a" is out of order: it comes after "b" \(at byte 320\)/,
    ],
    ['a name twice', tree(...entry('a', ...FILE), ...entry('a', ...FILE)), /out of order/],
    ['the name ..', tree(...entry('..', ...FILE)), /"\.\." is no name/],
    ['the name .', tree(...entry('.', ...FILE)), /"\." is no name/],
    ['an empty name', tree(...entry('', ...FILE)), /"" is no name/],
    ['a path for a name', tree(...entry('a/b', ...FILE)), /"a\/b" is no name/],
    ['a NUL in a name', tree(...entry('a\0', ...FILE)), /is no name/],
    ['a name over 255 bytes', tree(...entry('n'.repeat(256), ...FILE)), /a name of 256 bytes is too long/],
    ['a name that is not UTF-8', tree(...entry('\xff', ...FILE)), /is not UTF-8/],
    ['another type', narOf('nix-archive-1', '(', 'type', 'fifo', ')'), /a type is expected, not "fifo" \(at byte 56\)/],
    ['another word', tree('entrance'), /"entry" or "\)" is expected, not "entrance"/],
    ['no "("', narOf('nix-archive-1', 'type'), /"\(" is expected, not "type"/],
    [
      'no end of a file',
      narOf('nix-archive-1', '(', 'type', 'regular', 'contents', 'x', 'y'),
      /the end of a file is expected/,
    ],
    [
      'more executable than can be',
      narOf('nix-archive-1', '(', 'type', 'regular', 'executable', 'yes', ')'),
      /has something after it/,
    ],
    ['an empty link', tree(...entry('a', '(', 'type', 'symlink', 'target', '', ')')), /"a": No such file or directory/],
    [
      'more after the end',
      bytesOf(decodeLatin1(tree()) + stringOf('x')),
      /something comes after the end of the archive \(at byte 96\)/,
    ],
    [
      'a string longer than all',
      bytesOf(`${stringOf('nix-archive-1')}\xff\xff\xff\xff\xff\xff\xff\x7f`),
      /it was cut off/,
    ],
  ])('refuses %s', (_, bytes, message) => {
    expect(refused(bytes)).toMatch(message)
  })

  it('refuses what fills up a string with anything but zeros', () => {
    const bytes = tree(...entry('a', ...FILE))
    const place = bytes.indexOf('x'.charCodeAt(0), 200)
    bytes[bytes.lastIndexOf(120) + 1] = 1
    expect(place).toBeGreaterThan(0)
    expect(refused(bytes)).toMatch(/what fills up a string is not zero/)
  })

  it('is found wherever it was cut', () => {
    const bytes = writeNar(makeFs({ '/d/a': 'x'.repeat(50), '/l': { symlink: 'd' } }))
    for (let size = 0; size < bytes.length; size++)
      expect(refused(bytes.subarray(0, size))).toMatch(/cut off|this is no NAR/)
  })

  it('says what the tree has no room for', () => {
    const fs = makeFs({ '/there': 'x' }, { inodes: 3 })
    expect(refused(tree(...entry('a', ...FILE), ...entry('b', ...FILE)), fs)).toMatch(
      /"b": the tree has no room for it/,
    )
  })
})
