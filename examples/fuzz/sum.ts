/**
 * A program that takes a short read for the end of its input. From a file it always gets what it asks for, so no test
 * of it fails; from a pipe it does not. The rule `fd_read=short:N` makes a file as slow as a pipe.
 */

import fc from 'fast-check'
import { agreesWith, type FuzzOptions, type FuzzReport, faultPlan, fuzz, world } from '../../src/fuzz/index.ts'
import { target, tell } from './target.ts'

export const guests = target('sum')

const numbers = fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 8 }).map((all) => {
  const view = new DataView(new ArrayBuffer(4 * all.length))
  for (const [index, number] of all.entries()) view.setUint32(4 * index, number, true)
  return new Uint8Array(view.buffer)
})

function sum(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let total = 0n
  for (let at = 0; at < bytes.length; at += 4) total += BigInt(view.getUint32(at, true))
  return total
}

export const options: FuzzOptions = {
  world: world({
    stdin: numbers,
    faults: faultPlan({ calls: ['fd_read'], errnos: [], space: false, delays: false }),
    files: false,
    args: false,
    env: false,
    seed: false,
    epoch: false,
  }),
  oracle: agreesWith(({ stdin }) => ({ stdout: `${sum(stdin as Uint8Array)}\n`, exitCode: 0 })),
  seed: 1,
  runs: 500,
  maxFindings: 1,
  name: 'sum.wasm',
}

export const planted: FuzzReport = fuzz(guests.planted, options)
export const mended: FuzzReport = fuzz(guests.mended, options)

tell('Fewer bytes than asked for', planted, mended)
