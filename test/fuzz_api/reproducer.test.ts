/** Failures on one line. */

import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { faultPlan, formatReproducer, parseReproducer, type Reproducer, world } from '../../src/fuzz/index.ts'
import { errorOf } from '../support/error_of.ts'
import { fc } from '../support/property.ts'

const FAILURE = { kind: 'trap', message: 'unreachable', site: 'trap: function 1 + 0x2' }
const MODULE = { path: 'a b.wasm', sha256: 'ab'.repeat(32) }

describe('formatReproducer() and parseReproducer()', () => {
  it('give any world back, with bytes, moments and the order of variables', () => {
    fc.assert(
      fc.property(world({ faults: faultPlan({ cuts: true }) }), (drawn) => {
        const line = formatReproducer({ module: MODULE, world: drawn, failure: FAILURE })
        expect(line).toMatch(/^viv1:[\w-]+$/)
        expect(parseReproducer(` ${line}\n`)).toEqual({ module: MODULE, world: drawn, failure: FAILURE })
      }),
    )
    const odd: Reproducer = {
      module: MODULE,
      world: {
        files: { '/a': { data: new Uint8Array([0, 255]), mtime: 2n ** 63n }, '/$bytes': 'x' },
        env: { $bytes: 'x', b: '1', a: '2' },
      },
      failure: FAILURE,
    }
    const back = parseReproducer(formatReproducer(odd))
    expect(back).toEqual(odd)
    expect(Object.keys(back.world.env ?? {})).toEqual(['$bytes', 'b', 'a'])
  })

  it('refuse what is damaged, foreign or newer', () => {
    const line = formatReproducer({ module: MODULE, world: { stdin: 'x' }, failure: FAILURE })
    const cut = line.slice(0, -4)
    const altered = line.slice(0, 20) + (line[20] === 'A' ? 'B' : 'A') + line.slice(21)
    for (const text of ['', 'viv1:', 'hello', cut, altered, `${line}!`, line.replace('viv1', 'viv2')]) {
      expect(errorOf(() => parseReproducer(text)).code).toBe('BAD_RECORDING')
    }
    expect(() => parseReproducer(line.replace('viv1', 'viv2'))).toThrow(/newer version/)
    expect(() => parseReproducer(altered)).toThrow(/copy it again/)
  })

  it('refuse what would come to more than any world', () => {
    const deflated = deflateRawSync(Buffer.alloc(2 ** 26 + 1, ' '))
    const sum = createHash('sha256').update(deflated).digest().subarray(0, 6)
    const line = `viv1:${Buffer.concat([sum, deflated]).toString('base64url')}`
    expect(() => parseReproducer(line)).toThrow(/it holds more than 67108864 bytes/)
  })
})
