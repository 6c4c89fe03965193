/** A NaN that a function of the host returns has the bits that the JavaScript engine chose: it becomes canonical. */

import { expect, it } from 'vitest'
import { compile, Machine } from '../../src/index.ts'
import { wat } from '../support/wat.ts'

it('makes NaNs of imported functions canonical where they are seen, and leaves other numbers as they are', async () => {
  const bytes = await wat(`(module
    (import "env" "f32" (func $f32 (param i32) (result f32)))
    (import "env" "f64" (func $f64 (param i32) (result f64)))
    (func (export "bits32") (param i32) (result i32) (i32.reinterpret_f32 (call $f32 (local.get 0))))
    (func (export "bits64") (param i32) (result i64) (i64.reinterpret_f64 (call $f64 (local.get 0)))))`)
  // The square root of -1 is a NaN whose sign bit is set on x86, and 0 / 0 may be another.
  const numbers = [Math.sqrt(-1), 0 / 0, Number.NaN, -Number.NaN, 1.5, -0, Number.POSITIVE_INFINITY]
  const env = { f32: (at: number) => numbers[at] as number, f64: (at: number) => numbers[at] as number }
  const run = new Machine().run(compile(bytes), { imports: { env } })
  const bits32 = numbers.map((_, at) => (run.call('bits32', at) as number) >>> 0)
  const bits64 = numbers.map((_, at) => BigInt.asUintN(64, run.call('bits64', at) as bigint))
  expect(bits32).toEqual([...new Array(4).fill(0x7fc00000), 0x3fc00000, 0x80000000, 0x7f800000])
  const others = [0x3ff8000000000000n, 0x8000000000000000n, 0x7ff0000000000000n]
  expect(bits64).toEqual([...new Array(4).fill(0x7ff8000000000000n), ...others])
})
