import { describe, expect, it } from 'vitest'
import {
  type ByteString,
  byteString,
  decodeLatin1,
  decodeUtf8,
  encodeLatin1,
  encodeUtf8,
  isUtf8,
  textOf,
} from '../../vfs/bytes.ts'
import { fc } from '../support/property.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

/** Text with every kind of character, lone surrogates included. */
const text = fc.string({ unit: 'binary', maxLength: 40 })
const units = fc.array(fc.nat({ max: 0xffff }), { maxLength: 20 }).map((codes) => String.fromCharCode(...codes))
/** Bytes that are nearly UTF-8: pieces of it with bytes changed, cut and put in. */
const nearly = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }).map((part) => [...encoder.encode(part)]),
      fc.array(
        fc.constantFrom(
          0x80,
          0xbf,
          0xc0,
          0xc1,
          0xc2,
          0xdf,
          0xe0,
          0xed,
          0xef,
          0xf0,
          0xf4,
          0xf5,
          0xff,
          0x9f,
          0xa0,
          0x90,
          0x8f,
          0x41,
        ),
        {
          maxLength: 4,
        },
      ),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Uint8Array.from(parts.flat()))

describe('encodeUtf8()', () => {
  it('gives what TextEncoder gives', () => {
    fc.assert(
      fc.property(fc.oneof(text, units), (value) => {
        expect(encodeUtf8(value)).toEqual(encoder.encode(value))
      }),
    )
  })

  it('turns lone surrogates into U+FFFD', () => {
    expect([...encodeUtf8('a\ud800b')]).toEqual([0x61, 0xef, 0xbf, 0xbd, 0x62])
  })
})

describe('decodeUtf8()', () => {
  it('gives what TextDecoder gives, ill-formed input included', () => {
    const input = fc.oneof(fc.uint8Array({ maxLength: 24 }), nearly)
    fc.assert(
      fc.property(input, (value) => {
        expect(decodeUtf8(value)).toBe(decoder.decode(value))
      }),
      { numRuns: 2000 },
    )
  })

  it('decodes every first byte followed by every second byte as TextDecoder does', () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) {
        const value = Uint8Array.of(a, b, 0x80, 0x80)
        if (decodeUtf8(value) !== decoder.decode(value)) expect(`${a} ${b}`).toBe('decoded alike')
      }
    }
  })

  it('keeps a byte order mark', () => {
    expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
  })

  it('decodes text that is longer than what one call can spread', () => {
    const long = 'é€😀'.repeat(70_000)
    expect(decodeUtf8(encodeUtf8(long))).toBe(long)
  })
})

describe('isUtf8()', () => {
  it('agrees with a strict TextDecoder', () => {
    const input = fc.oneof(fc.uint8Array({ maxLength: 12 }), nearly)
    const isWellFormed = (value: Uint8Array) => {
      try {
        strict.decode(value)
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(input, (value) => {
        expect(isUtf8(decodeLatin1(value))).toBe(isWellFormed(value))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('byteString()', () => {
  it('holds one character for each byte of the text', () => {
    fc.assert(
      fc.property(fc.oneof(text, units), (value) => {
        expect(encodeLatin1(byteString(value))).toEqual(encoder.encode(value))
      }),
    )
  })

  it('orders as the bytes do', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        const order = Buffer.compare(Buffer.from(encoder.encode(a)), Buffer.from(encoder.encode(b)))
        const [x, y] = [byteString(a), byteString(b)]
        expect(x < y ? -1 : x > y ? 1 : 0).toBe(order)
      }),
    )
  })
})

describe('textOf()', () => {
  it('undoes byteString()', () => {
    fc.assert(
      fc.property(
        text.filter((value) => !/\p{Surrogate}/u.test(value)),
        (value) => {
          expect(textOf(byteString(value))).toBe(value)
        },
      ),
    )
  })
})

describe('decodeLatin1()', () => {
  it('undoes encodeLatin1(), also for more bytes than one call can spread', () => {
    const all = Uint8Array.from({ length: 100_003 }, (_, i) => (i * 7) & 255)
    const string: ByteString = decodeLatin1(all)
    expect(string.length).toBe(all.length)
    expect(encodeLatin1(string)).toEqual(all)
  })
})
