/** The small modules that readers and writers share. */

import { gunzipSync, gzipSync, crc32 as zlibCrc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { ByteString } from '../../../vfs/bytes.ts'
import { FileData } from '../../../vfs/file_data.ts'
import { cleanPath } from '../../../vfs/formats/archive_path.ts'
import { crc32 } from '../../../vfs/formats/crc32.ts'
import { extentsOf } from '../../../vfs/formats/extents.ts'
import { decompressed, gzipped } from '../../../vfs/formats/gzip.ts'
import { Output, PIECE_SIZE } from '../../../vfs/formats/output.ts'
import { PathCursor } from '../../../vfs/formats/path_cursor.ts'
import { instantIn } from '../../../vfs/formats/pax.ts'
import { numberIn, putOctal } from '../../../vfs/formats/tar_header.ts'
import { civilOf, isoOf, representable, secondOf } from '../../../vfs/formats/times.ts'
import { TreeWalk } from '../../../vfs/formats/tree_walk.ts'
import { Edition } from '../../../vfs/persistent_array.ts'
import { fc } from '../../support/property.ts'
import { makeFs } from '../../support/vfs.ts'
import { base256, bytesOf } from './raw_tar.ts'

describe('cleanPath()', () => {
  const clean = (path: string): string => cleanPath('tar', 'it', path as ByteString, 0)

  it('gives one spelling for each path', () => {
    for (const path of ['a/b', './a/b', 'a//b', 'a/./b/', './/a/b//', 'a/b/.']) expect(clean(path)).toBe('a/b')
    for (const path of ['.', './', './/.']) expect(clean(path)).toBe('')
    for (const path of ['...', '..a', 'a..', 'a/...b', '.a']) expect(clean(path)).toBe(path)
  })

  it('is linear in a path of a million components, or of one name', () => {
    expect(clean('d/'.repeat(1_000_000)).length).toBe(1_999_999)
    expect(() => clean('n'.repeat(10_000_000))).toThrow(/a name of over 255 bytes/)
    expect(clean(`${'n'.repeat(255)}/`.repeat(40_000)).length).toBe(256 * 40_000 - 1)
    expect(() => clean(`${'.../'.repeat(1_000_000)}..`)).toThrow(/has "\.\."/)
  })
})

describe('PathCursor', () => {
  it('asks only for what the path before did not have', () => {
    const asked: string[] = []
    const cursor = new PathCursor(1)
    const numbers = new Map([['', 1]])
    const walk = (path: string, length = path.length): number =>
      cursor.walk(path as ByteString, length, (dir, name, end) => {
        asked.push(name)
        const before = path.slice(0, Math.max(0, end - name.length - 1))
        expect(dir).toBe(numbers.get(before))
        const below = path.slice(0, end)
        numbers.set(below, numbers.get(below) ?? numbers.size + 1)
        return name === 'none' ? 0 : (numbers.get(below) as number)
      })
    const calls = (path: string, length?: number): string => {
      asked.length = 0
      expect(walk(path, length)).toBe(path.includes('none') ? 0 : numbers.get(path.slice(0, length)))
      return asked.join()
    }
    expect(calls('a/b/c')).toBe('a,b,c')
    expect(calls('a/b/c')).toBe('')
    expect(calls('a/b/cc')).toBe('cc')
    expect(calls('a/b')).toBe('')
    expect(calls('a/bb/c', 4)).toBe('bb')
    expect(calls('a')).toBe('')
    expect(calls('aa')).toBe('aa')
    expect(calls('aa/none/x')).toBe('none')
    expect(calls('aa/x')).toBe('x')
    expect(calls('')).toBe('')
    cursor.enter('new' as ByteString, 77)
    numbers.set('new', 77)
    expect(calls('new/x')).toBe('x')
    cursor.forget()
    expect(calls('new/x')).toBe('new,x')
  })
})

describe('extentsOf()', () => {
  it('gives the blocks that were written, so that a copy costs the same', () => {
    const property = fc.property(
      fc.array(fc.record({ offset: fc.nat({ max: 300_000 }), length: fc.integer({ min: 1, max: 50_000 }) }), {
        maxLength: 5,
      }),
      fc.nat({ max: 400_000 }),
      (writes, size) => {
        const edition = new Edition()
        const data = new FileData()
        for (const { offset, length } of writes) data.write(edition, offset, new Uint8Array(length).fill(1), 0, length)
        data.truncate(edition, size)
        const copy = new FileData()
        const bytes = data.toBytes()
        let last = -1
        for (const { offset, length } of extentsOf(data)) {
          expect(offset).toBeGreaterThan(last)
          expect(length).toBeGreaterThan(0)
          last = offset + length
          copy.write(edition, offset, bytes, offset, length)
        }
        copy.truncate(edition, size)
        expect(Buffer.compare(copy.toBytes(), bytes)).toBe(0)
        expect(copy.blocks).toBe(data.blocks)
        expect(extentsOf(copy)).toEqual(extentsOf(data))
      },
    )
    fc.assert(property, { numRuns: 300 })
  })
})

describe('crc32()', () => {
  it('is what zlib says, in parts too', () => {
    const bytes = bytesOf('The quick brown fox')
    const expected = zlibCrc32?.(bytes) ?? 0xb74574de
    expect(crc32(bytes)).toBe(expected)
    expect(crc32(bytes.subarray(5), crc32(bytes.subarray(0, 5)))).toBe(expected)
    expect(crc32(bytesOf('123456789'))).toBe(0xcbf43926)
  })
})

describe('gzipped() and decompressed()', () => {
  const bytes = bytesOf('text and more text '.repeat(20_000))

  it('agree with zlib, and do not depend on time', () => {
    const packed = Buffer.concat([...gzipped([bytes.subarray(0, 65_536), bytes.subarray(65_536)])])
    expect(Buffer.compare(gunzipSync(packed), bytes)).toBe(0)
    expect([...packed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3])
    expect(Buffer.compare(decompressed('tar', packed, 1 << 20), bytes)).toBe(0)
    expect(Buffer.compare(Buffer.concat([...gzipped([bytes])]), Buffer.concat([...gzipped([bytes])]))).toBe(0)
  })

  it('take members one after the other', () => {
    const two = Buffer.concat([gzipSync(bytes), gzipSync(bytesOf('x'))])
    expect(decompressed('tar', two, 1 << 20).length).toBe(bytes.length + 1)
    const spoiled = Buffer.from(two)
    const trailer = gzipSync(bytes).length - 8
    spoiled[trailer] = (spoiled[trailer] as number) ^ 1
    expect(() => decompressed('tar', spoiled, 1 << 20)).toThrow(/the gzip checksum is wrong/)
  })

  it('refuse what is damaged, cut off or too much', () => {
    const packed = gzipSync(bytes)
    for (let size = 2; size < packed.length; size += 1) {
      expect(() => decompressed('tar', packed.subarray(0, size), 1 << 20)).toThrow(/damaged|cut off/)
    }
    expect(() => decompressed('tar', packed, 1000)).toThrow(/it is over 1000 bytes when decompressed/)
    expect(() => decompressed('tar', Buffer.concat([packed, bytesOf('garbage')]), 1 << 20)).toThrow(
      /damaged or cut off/,
    )
  })
})

describe('Output', () => {
  it('cuts all into pieces of one size', () => {
    const out = new Output()
    const fs = makeFs({ '/f': 'x'.repeat(100_000) })
    const pieces: Uint8Array[] = []
    out.put(new Uint8Array(10).fill(1))
    expect(out.filled()).toEqual([])
    out.zeros(70_000)
    pieces.push(...out.filled(), ...out.file(fs, 2, 0, 100_000))
    out.pad(512)
    pieces.push(...out.filled(), ...out.end())
    expect([...out.filled(), ...out.end()]).toEqual([])
    expect(out.total).toBe(Math.ceil(170_010 / 512) * 512)
    expect(pieces.map(({ length }) => length)).toEqual([PIECE_SIZE, PIECE_SIZE, out.total - 2 * PIECE_SIZE])
    const all = Buffer.concat(pieces)
    expect([all[9], all[10], all[70_009], all[70_010], all[170_009], all[170_010]]).toEqual([1, 0, 0, 120, 120, 0])
  })
})

describe('numberIn()', () => {
  const read = (field: string): number | undefined => numberIn(bytesOf(field.padEnd(12, '\0')), 0, 12)

  it('reads octal digits and base 256', () => {
    expect([read('00000000017'), read('  17 '), read(''), read('77777777777')]).toEqual([15, 15, 0, 8 ** 11 - 1])
    for (const value of [0n, 1n, 2n ** 33n, 2n ** 53n - 1n, -1n, -1_000_000n]) {
      expect(read(base256(value, 12))).toBe(Number(value))
    }
  })

  it('is undefined for what is no number, or no exact one', () => {
    for (const field of ['8', '1x', '-1', base256(2n ** 53n, 12), base256(-(2n ** 60n), 12), '\0x'.slice(1)]) {
      expect(read(field)).toBeUndefined()
    }
  })

  it('reads back what putOctal wrote', () => {
    const block = new Uint8Array(12)
    for (const value of [0, 7, 8, 8 ** 11 - 1]) {
      putOctal(block, 0, 12, value)
      expect(numberIn(block, 0, 12)).toBe(value)
    }
  })
})

describe('instantIn()', () => {
  it('reads seconds with a fraction', () => {
    expect(instantIn('12')).toEqual({ sec: 12, nsec: 0 })
    expect(instantIn('12.5')).toEqual({ sec: 12, nsec: 500_000_000 })
    expect(instantIn('12.')).toEqual({ sec: 12, nsec: 0 })
    expect(instantIn('-1.5')).toEqual({ sec: -2, nsec: 500_000_000 })
    expect(instantIn('-3')).toEqual({ sec: -3, nsec: 0 })
    for (const text of ['', 'x', '1e5', '1.5.5', '.5', '+1', '9'.repeat(16)]) expect(instantIn(text)).toBeUndefined()
  })
})

describe('civil times', () => {
  it('are those of the calendar, both ways', () => {
    const property = fc.property(fc.integer({ min: 0, max: 18_446_744_073 }), (sec) => {
      const date = new Date(sec * 1000)
      const civil = civilOf(sec)
      expect(civil).toEqual({
        year: date.getUTCFullYear(),
        month: date.getUTCMonth() + 1,
        day: date.getUTCDate(),
        hour: date.getUTCHours(),
        minute: date.getUTCMinutes(),
        second: date.getUTCSeconds(),
      })
      expect(secondOf(civil)).toBe(sec)
      expect(isoOf({ sec, nsec: 0 })).toBe(date.toISOString().replace('.000', ''))
    })
    fc.assert(property, { numRuns: 2000 })
    expect(isoOf({ sec: 0, nsec: 1_000 })).toBe('1970-01-01T00:00:00.000001Z')
  })

  it('are kept within what a tree can have', () => {
    expect(representable({ sec: -1, nsec: 5 })).toEqual({ sec: 0, nsec: 0 })
    expect(representable({ sec: 2 ** 40, nsec: 5 })).toEqual({ sec: 18_446_744_072, nsec: 0 })
    expect(representable({ sec: 5, nsec: 5 })).toEqual({ sec: 5, nsec: 5 })
  })
})

describe('TreeWalk', () => {
  it('enters everything in order and leaves every directory', () => {
    const walk = new TreeWalk(makeFs({ '/b/y/z': '', '/b/x': '', '/a': null, '/c': '' }), 1)
    const steps: string[] = []
    for (let step = walk.next(); step !== undefined; step = walk.next()) steps.push(`${step} ${walk.shown}`)
    expect(steps).toEqual([
      'enter a',
      'leave a',
      'enter b',
      'enter b/x',
      'enter b/y',
      'enter b/y/z',
      'leave b/y',
      'leave b',
      'enter c',
    ])
  })
})
