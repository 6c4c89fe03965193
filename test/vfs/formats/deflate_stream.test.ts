import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { Deflate, Gzip, Zlib } from 'fflate/browser'
import { describe, expect, it } from 'vitest'
import { fromTheStart } from '../../../vfs/formats/deflate_stream.ts'
import { fc } from '../../support/property.ts'

/** Stretches of zeros, of a few values, of a curve, and of noise. */
const stretch = fc.record({
  kind: fc.constantFrom('zeros', 'few', 'curve', 'noise'),
  length: fc.integer({ min: 1, max: 5000 }),
  seed: fc.nat({ max: 1000 }),
})
const data = fc.array(stretch, { minLength: 1, maxLength: 60, size: 'max' }).map((stretches) => {
  const bytes = stretches.flatMap(({ kind, length, seed }) =>
    Array.from({ length }, (_, i) => {
      if (kind === 'zeros') return 0
      if (kind === 'curve') return (i * i) >>> 5
      const noise = Math.imul(i + seed * 7919, 2_654_435_761) >>> 13
      return kind === 'few' ? noise & 3 : noise
    }),
  )
  return Uint8Array.from(bytes)
})

const STREAMS = [
  [Deflate, inflateRawSync],
  [Gzip, gunzipSync],
  [Zlib, inflateSync],
] as const

describe('fromTheStart()', () => {
  it.each(STREAMS)('lets %o give what decompresses to what was pushed', (Stream, decompress) => {
    const property = fc.property(data, fc.constantFrom(1000, 65_536, 100_000), (bytes, size) => {
      const pieces: Uint8Array[] = []
      const stream = fromTheStart(new Stream({ level: 6 }, (piece) => void pieces.push(piece)))
      for (let at = 0; at < bytes.length; at += size) {
        stream.push(bytes.slice(at, at + size), at + size >= bytes.length)
      }
      expect(Buffer.compare(decompress(Buffer.concat(pieces)), bytes)).toBe(0)
    })
    fc.assert(property, { numRuns: 60 })
  })
})
