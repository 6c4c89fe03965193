/** Numbers, times, names and bytes as the page shows them. */

import { describe, expect, it } from 'vitest'
import { hexLines, hexParts, instantText, isText, secondsText, textParts, visible } from '../../../src/page/format.ts'
import { byteString } from '../../../vfs/bytes.ts'
import { fc } from '../../support/property.ts'

describe('instantText()', () => {
  it('is the date that Date has, and all nanoseconds', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (ns) => {
        const date = new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19).replace('T', ' ')
        expect(instantText(ns)).toBe(`${date}.${String(ns % 1_000_000_000n).padStart(9, '0')}`)
      }),
    )
    expect(instantText(951_782_400_000_000_001n)).toBe('2000-02-29 00:00:00.000000001')
    expect(secondsText(1_000_000_002n)).toBe('1.000000002 s')
  })
})

describe('visible()', () => {
  it('writes what does not show, and leaves the rest', () => {
    expect(visible('a b\n\t\x1b[31m\u202e\u200b\ufeff.é<b>')).toBe('a b\\n\\t\\u001b[31m\\u202e\\u200b\\ufeff.é<b>')
  })
})

describe('isText()', () => {
  it.each([
    ['hello\n', true],
    ['', true],
    [byteString('é → 😀'), true],
    [byteString('cut: 😀').slice(0, -1), true],
    ['\x1b[31mred', true],
    ['\x00asm', false],
    ['\xff\xfe', false],
    ['\xe9t\xe9', false],
  ])('of %j is %s', (bytes, is) => {
    expect(isText(bytes)).toBe(is)
  })
})

describe('textParts()', () => {
  it('divides at bytes, but no character', () => {
    expect(textParts('hello', 1, 3)).toEqual(['h', 'el', 'lo'])
    expect(textParts(byteString('aéb'), 2, 3)).toEqual(['a', 'é', 'b'])
    expect(textParts(byteString('aéb'), 1, 2)).toEqual(['a', 'é', 'b'])
    expect(textParts('abc', 0, 0)).toEqual(['', '', 'abc'])
  })
})

describe('hexParts()', () => {
  const bytes = 'The quick brown fox \xff'

  it('has lines of 16 bytes', () => {
    expect(hexLines(bytes)).toEqual([
      '00000000  54 68 65 20 71 75 69 63 6b 20 62 72 6f 77 6e 20  The quick brown ',
      '00000010  66 6f 78 20 ff                                   fox .',
    ])
  })

  it('takes whole lines', () => {
    const [first, second] = hexLines(bytes).map((line) => `${line}\n`)
    expect(hexParts(bytes, 17, 18)).toEqual([first, second, ''])
    expect(hexParts(bytes, 15, 16)).toEqual(['', first, second])
    expect(hexParts(bytes, 0, 0)).toEqual(['', '', `${first}${second}`])
  })
})
