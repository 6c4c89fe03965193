/** Section E of the cases from public bug reports: fd_readdir. */

import { describe, expect, it } from 'vitest'
import { DIRENT_SIZE } from '../../src/abi/layout.ts'
import { FILETYPE_DIRECTORY, FILETYPE_SYMBOLIC_LINK } from '../../src/abi/types.ts'
import { type Files, Machine } from '../../src/index.ts'
import { type Bytes, type Dirent, Hostcalls } from '../support/hostcalls.ts'
import { fc } from '../support/property.ts'
import { CGuest } from './c_guest.ts'

const c = new CGuest('e_readdir.c')
const DOTS = ['.', '..']

/** Empty files `prefix000`, `prefix001`, … in `/d`. */
function filesOf(count: number, prefix = 'f'): Files {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`/d/${prefix}${String(index).padStart(3, '0')}`, '']),
  )
}

/** One call of fd_readdir; how many bytes it used. */
function readdir(h: Hostcalls, fd: number, { ptr, len }: Bytes, cookie: bigint, bufused: number): number {
  h.must('fd_readdir', fd, ptr, len, cookie, bufused)
  return h.u32(bufused)
}

/**
 * Lists as the C and Rust libraries do: call after call with the cookie of the last entry that was whole, and a larger
 * buffer where not even one is. `between` runs before each further call.
 */
function scan(h: Hostcalls, fd: number, size: number, between: () => void = () => undefined): Dirent[] {
  const room = h.out(8192)
  const bufused = h.out(4)
  const all: Dirent[] = []
  let len = size
  for (let calls = 0; calls < 2000; calls++) {
    const used = readdir(h, fd, { ptr: room, len }, all.at(-1)?.next ?? 0n, bufused)
    const whole = h.dirents({ ptr: room, len: used })
    all.push(...whole)
    if (used < len) return all
    if (whole.length === 0) len = Math.min(8192, 2 * len)
    between()
  }
  throw new Error('the listing never ends')
}

describe('E. fd_readdir', () => {
  it('73. Cookie ignored: endless loop', () => {
    const names = ['a', 'bb', 'ccc', 'dddd', 'e'.repeat(90)]
    const h = new Hostcalls({ files: Object.fromEntries(names.map((name) => [`/d/${name}`, ''])) })
    const fd = h.opened('d')
    for (const size of [1, 23, 24, 25, 26, 27, 50, 51, 52, 63, 64, 127, 128, 129, 256, 4096]) {
      expect(
        scan(h, fd, size).map(({ name }) => name),
        `buffer of ${size}`,
      ).toEqual([...DOTS, ...names])
    }
    expect(new Set(scan(h, fd, 4096).map(({ next }) => next)).size).toBe(names.length + 2)
  })

  it('74. A record that does not fit', () => {
    const h = new Hostcalls({ files: filesOf(60, 'n'.repeat(73)) })
    const fd = h.opened('d')
    const room = h.out(8192)
    const bufused = h.out(4)
    const used = readdir(h, fd, { ptr: room, len: 8192 }, 0n, bufused)
    expect(used).toBe(25 + 26 + 60 * 100)
    const stream = h.bytes(room, used)
    const entries = h.dirents({ ptr: room, len: used })
    expect(entries).toHaveLength(62)
    // From every entry on, a buffer of any size holds the same bytes to its brim: cut headers and cut names alike.
    let from = 0
    for (const [index, cookie] of [0n, ...entries.map(({ next }) => next)].entries()) {
      const sizes = index < 4 ? [0, 1, 8, 10, 16, 20, 23, 24, 25, 30, 75, 99, 100, 101, 124, 4096] : [10, 60, 130, 4096]
      for (const len of sizes) {
        h.u8.fill(0xee, room, room + 8192)
        expect(readdir(h, fd, { ptr: room, len }, cookie, bufused)).toBe(Math.min(len, stream.length - from))
        expect(h.bytes(room, Math.min(len, stream.length - from))).toEqual(stream.slice(from, from + len))
      }
      from += DIRENT_SIZE + (entries[index]?.name.length ?? 0)
    }
    expect(scan(h, fd, 10).map(({ name }) => name)).toEqual(entries.map(({ name }) => name))
    // A full buffer at the very end is followed by an empty one.
    expect(readdir(h, fd, { ptr: room, len: stream.length }, 0n, bufused)).toBe(stream.length)
    expect(readdir(h, fd, { ptr: room, len: 100 }, entries.at(-1)?.next ?? 0n, bufused)).toBe(0)
  })

  it('76. Cookie 0 rewinds and sees new files', () => {
    const machine = new Machine({ files: filesOf(98) })
    expect(c.lines(machine, ['rewind', '/d'])).toEqual([
      '100 entries, 0 of them new',
      '101 entries, 1 of them new',
      '100 entries, 0 of them new',
    ])
    expect(c.lines(machine, ['seek', '/dev'])).toEqual(['11 places'])

    const h = new Hostcalls({ files: filesOf(3) })
    const fd = h.opened('d')
    const before = scan(h, fd, 64)
    h.machine.fs.writeFileSync('/d/f0005', '')
    h.machine.fs.writeFileSync('/d/zzz', '')
    expect(scan(h, fd, 64).map(({ name }) => name)).toEqual([...DOTS, 'f000', 'f0005', 'f001', 'f002', 'zzz'])
    // Old cookies still stand for the same place.
    const room = { ptr: h.out(256), len: 256 }
    const used = readdir(h, fd, room, before[2]?.next as bigint, h.out(4))
    expect(h.dirents({ ptr: room.ptr, len: used }).map(({ name }) => name)).toEqual(['f0005', 'f001', 'f002', 'zzz'])
  })

  it('77. Unlinking while iterating loses entries', () => {
    const machine = new Machine({ files: filesOf(500) })
    expect(c.text(machine, ['unlink', '/d'])).toBe('removed 500, rmdir 0\n')
    machine.add(filesOf(500))
    // 500 are renamed below the place of the listing or above it; none is missed and none is renamed twice.
    expect(c.text(machine, ['rename', '/d'])).toBe('renamed 500\n')
    expect(machine.fs.readdirSync('/d')).toHaveLength(500)
    machine.add({ '/d/sub/deep/x': '', '/d/sub/y': '', '/d/sub/up': { symlink: '..' }, '/d/empty': null })
    expect(c.text(machine, ['remove', '/d'])).toBe('removed 507\n')
    expect(machine.fs.existsSync('/d')).toBe(false)
  })

  it('77. Unlinking while iterating loses entries: nothing that stays is lost or told twice', () => {
    const letters = fc.constantFrom(...'abcdefghij')
    fc.assert(
      fc.property(
        fc.uniqueArray(letters),
        fc.array(fc.record({ name: letters, makes: fc.boolean() }), { maxLength: 30 }),
        fc.integer({ min: 25, max: 90 }),
        (start, changes, size) => {
          const h = new Hostcalls({
            files: { '/d': null, ...Object.fromEntries(start.map((name) => [`/d/${name}`, ''])) },
          })
          const here = new Set(start)
          const stays = new Set(start)
          const ever = new Set(start)
          const seen = scan(h, h.opened('d'), size, () => {
            const change = changes.pop()
            if (change === undefined) return
            if (change.makes) {
              h.machine.fs.writeFileSync(`/d/${change.name}`, '')
              here.add(change.name)
              ever.add(change.name)
            } else if (here.delete(change.name)) {
              h.machine.fs.unlinkSync(`/d/${change.name}`)
              stays.delete(change.name)
            }
          }).map(({ name }) => name)
          expect(new Set(seen).size).toBe(seen.length)
          expect(seen.slice(0, 2)).toEqual(DOTS)
          for (const name of stays) expect(seen).toContain(name)
          for (const name of seen.slice(2)) expect(ever).toContain(name)
        },
      ),
    )
  })

  it('79. "." and ".." and their inodes', () => {
    const h = new Hostcalls({
      files: { '/top/sub/x': '' },
      run: { preopens: { '/': '/', '/inner': '/top' } },
    })
    const inoOf = (fd: number): bigint => h.fstat(fd).ino
    const dots = (fd: number): bigint[] => {
      const [dot, up] = scan(h, fd, 4096)
      expect([dot?.name, up?.name, dot?.type, up?.type]).toEqual(['.', '..', FILETYPE_DIRECTORY, FILETYPE_DIRECTORY])
      return [dot?.ino ?? 0n, up?.ino ?? 0n]
    }
    const sub = h.opened('top/sub')
    const top = h.opened('top')
    expect(dots(sub)).toEqual([inoOf(sub), inoOf(top)])
    expect(dots(top)).toEqual([inoOf(top), inoOf(3)])
    expect(inoOf(3)).not.toBe(0n)
    // At the top of what the guest was given, `..` is `.` again: by the preopen and by whatever is opened as the same.
    expect(dots(3)).toEqual([inoOf(3), inoOf(3)])
    expect(inoOf(4)).toBe(inoOf(top))
    expect(dots(4)).toEqual([inoOf(4), inoOf(4)])
    const again = h.opened('.', { fd: 4 })
    const andAgain = h.opened('sub/..', { fd: again })
    for (const fd of [again, andAgain]) expect(dots(fd)).toEqual([inoOf(4), inoOf(4)])
    expect(dots(h.opened('sub', { fd: again }))).toEqual([inoOf(sub), inoOf(4)])
    // After a move, `..` is the new parent.
    h.machine.fs.renameSync('/top/sub', '/tmp/moved')
    expect(dots(sub)).toEqual([inoOf(sub), h.stat('tmp').ino])

    expect(c.lines(h.machine, ['list', '/'])).toEqual([
      '. dir same',
      '.. dir -',
      'dev dir same',
      'tmp dir same',
      'top dir same',
    ])
  })

  it('80. Symlink entries', () => {
    const machine = new Machine({
      files: {
        '/tmp/test/a': 'a',
        '/tmp/test/b': null,
        '/tmp/test/c': { symlink: '/tmp/test/b' },
        '/tmp/test/dang': { symlink: 'nowhere' },
        '/tmp/test/parent': { symlink: '..' },
        '/tmp/test/self': { symlink: 'self' },
      },
    })
    const entries = ['a file', 'b dir', 'c link', 'dang link', 'parent link', 'self link']
    expect(c.lines(machine, ['list', '/tmp/test'])).toEqual([
      '. dir same',
      '.. dir -',
      ...entries.map((entry) => `${entry} same`),
    ])
    const h = new Hostcalls({ files: { '/d/up': { symlink: '..' }, '/d/x': '' } })
    const listed = scan(h, h.opened('d'), 25)
    expect(listed.map(({ name, type }) => [name, type])).toContainEqual(['up', FILETYPE_SYMBOLIC_LINK])
    expect(listed).toHaveLength(4)
    // Listing through the link lists what it names.
    expect(scan(h, h.opened('d/up'), 4096).map(({ name }) => name)).toEqual([...DOTS, 'd', 'dev', 'tmp'])
  })

  it('82. Listing order is an input to the guest', () => {
    // The last two are in the other order when compared as UTF-16.
    const sorted = ['-', '.hidden', 'A', 'B', 'a', 'a-', 'a.b', 'a0', 'aa', 'b', 'ä', '\u{ff5e}', '\u{10000}']
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted, { minLength: sorted.length }), fc.nat(sorted.length), (names, extra) => {
        const machine = new Machine({ files: { '/d': null } })
        names.forEach((name, index) => {
          machine.fs.writeFileSync(`/d/${name}~`, '')
          if (index === extra) machine.fs.writeFileSync('/d/gone', '')
          machine.fs.renameSync(`/d/${name}~`, `/d/${name}`)
        })
        machine.fs.rmSync('/d/gone', { force: true })
        const listed = c.lines(machine, ['list', '/d']).map((line) => line.split(' ')[0])
        expect(listed).toEqual([...DOTS, ...sorted])
        expect(machine.fs.readdirSync('/d')).toEqual(sorted)
      }),
      { numRuns: 25 },
    )
  })
})
