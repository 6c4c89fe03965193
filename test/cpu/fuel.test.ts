/** Fuel: what is taken is what a count by hand gives, and without any more the run ends at the same state everywhere. */

import { afterAll, describe, expect, it } from 'vitest'
import { FUEL, START } from '../../src/cpu/options.ts'
import { SEED } from '../support/property.ts'
import { closeEngine, noNewEngine, occurrences, pair, perform, performAnywhere, type Step, start } from './support.ts'

afterAll(closeEngine)

const FULL = 1_000_000

/** A function f of one i32, called with each key of `takes`: what is taken, by hand. */
interface Count {
  readonly name: string
  readonly code: string
  readonly other?: string
  readonly results?: string
  readonly takes: { readonly [argument: number]: number }
}

const COUNTS: readonly Count[] = [
  { name: 'nothing at all', code: '', results: '', takes: { 0: 0 } },
  { name: 'a straight line', code: '(i32.add (local.get 0) (i32.const 1))', takes: { 0: 3 } },
  { name: 'nop and drop', code: 'nop nop (drop (i32.const 1)) (i32.const 2)', takes: { 0: 5 } },
  {
    name: 'blocks, which cost nothing',
    code: '(block (block (block nop))) (block (result i32) (loop (result i32) (i32.const 5)))',
    takes: { 0: 2 },
  },
  {
    // local.get, if, and one or three.
    name: 'if and else',
    code: '(if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.add (i32.const 2) (i32.const 3))))',
    takes: { 0: 5, 1: 3 },
  },
  {
    name: 'if without else',
    code: '(if (local.get 0) (then nop nop nop)) (i32.const 1)',
    takes: { 0: 3, 1: 6 },
  },
  {
    // Each round is local.get, const, sub, tee, br_if; then one const.
    name: 'a loop',
    code: '(loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) (i32.const 9)',
    takes: { 1: 6, 2: 11, 100: 501 },
  },
  {
    // Outer: set 2, then inner rounds of 5, then get, const, sub, tee, br_if 5.
    name: 'a loop in a loop',
    code: `(loop
      (local.set $i (i32.const 3))
      (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
      (i32.const 9)`,
    takes: { 1: 23, 10: 221 },
  },
  {
    // local.get, br_table; then what each target skips.
    name: 'br_table',
    code: `(block (block (block (br_table 0 1 2 (local.get 0))) nop nop) nop) (i32.const 1)`,
    takes: { 0: 2 + 2 + 1 + 1, 1: 2 + 1 + 1, 2: 2 + 1, 77: 2 + 1 },
  },
  {
    name: 'br over what is never reached',
    code: '(block (br 0) nop nop nop) (i32.const 1)',
    takes: { 0: 2 },
  },
  { name: 'return', code: '(if (local.get 0) (then (return (i32.const 1)))) nop (i32.const 1)', takes: { 0: 4, 1: 4 } },
  {
    name: 'br_if, taken or not',
    code: '(block (br_if 0 (local.get 0)) nop nop) (i32.const 1)',
    takes: { 0: 5, 1: 3 },
  },
  {
    name: 'select, which runs both',
    code: '(select (i32.const 1) (i32.add (i32.const 2) (i32.const 3)) (local.get 0))',
    takes: { 0: 6, 1: 6 },
  },
  {
    name: 'calls',
    code: '(call $g (call $g (local.get 0)))',
    other: '(func $g (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))',
    takes: { 0: 3 + 2 * 3 },
  },
  {
    name: 'recursion',
    // get, if; then get, const, sub, call; else const.
    code: '(if (result i32) (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1)))',
    takes: { 0: 3, 1: 6 + 3, 10: 63 },
  },
  {
    name: 'tail calls',
    code: '(if (local.get 0) (then (return_call $f (i32.sub (local.get 0) (i32.const 1))))) (i32.const 1)',
    takes: { 0: 3, 10: 63 },
  },
  {
    name: 'an indirect call',
    code: '(call_indirect (type $t) (local.get 0) (i32.const 0))',
    other: '(type $t (func (param i32) (result i32))) (table funcref (elem $g)) (func $g (type $t) (i32.const 4))',
    takes: { 0: 3 + 1 },
  },
  { name: 'a call of the host', code: '(call $host) (i32.const 1)', takes: { 0: 2 } },
  {
    name: 'memory.grow, as one',
    code: '(memory.grow (i32.const 1))',
    takes: { 0: 2 },
  },
  {
    name: 'relaxed and ordinary SIMD, each as one',
    code: `(i32x4.extract_lane 0 (f32x4.relaxed_madd (v128.const i64x2 0 0) (v128.const i64x2 0 0)
      (f32x4.add (v128.const i64x2 0 0) (v128.const i64x2 0 0))))`,
    takes: { 0: 7 },
  },
]

const THROWER = `(tag $e (param i32))
  (func $thrower (param i32) (result i32) (if (local.get 0) (then (throw $e (local.get 0)))) (i32.const 0))`

const EXCEPTIONS: readonly Count[] = [
  {
    // The line of the call is paid for where it starts: get, call, and the two nops after it. $thrower: get, if, then
    // get, throw or const. The handler: drop, const.
    name: 'catch',
    code: '(try (result i32) (do (call $thrower (local.get 0)) nop nop) (catch $e (drop) (i32.const 7)))',
    takes: { 0: 4 + 3, 1: 4 + 4 + 2 },
  },
  {
    name: 'catch_all',
    code: '(try (do (drop (call $thrower (local.get 0)))) (catch_all nop nop)) (i32.const 1)',
    takes: { 0: 3 + 3 + 1, 1: 3 + 4 + 2 + 1 },
  },
  {
    name: 'delegate and rethrow',
    code: `(try (result i32)
      (do (try (result i32)
        (do (try (result i32) (do (call $thrower (local.get 0))) (delegate 0)))
        (catch $e (drop) (rethrow 0))))
      (catch $e))`,
    takes: { 0: 2 + 3, 1: 2 + 4 + 2 },
  },
]

const TABLES: readonly Count[] = [
  {
    name: 'try_table',
    code: `(block $h (result i32)
      (try_table (catch $e $h) (drop (call $thrower (local.get 0)))) (i32.const 9)) (drop) (i32.const 1)`,
    takes: { 0: 3 + 3 + 1 + 2, 1: 3 + 4 + 2 },
  },
  {
    // The loop: get, get, if; then const, set; get, call, drop. After it: const.
    name: 'a handler that goes back to a loop',
    code: `(loop $again
      (if (i32.eqz (local.get $i))
        (then (local.set $i (i32.const 1)) (try_table (catch_all $again) (drop (call $thrower (local.get 0)))))))
      (i32.const 1)`,
    takes: { 0: 3 + 2 + 3 + 3 + 1, 1: 3 + 2 + 3 + 4 + 3 + 1 },
  },
]

async function expectCount({ code, other = '', results = '(result i32)', takes }: Count, head = ''): Promise<void> {
  const text = `(module (import "host" "depth" (func $unused (result i32))) (func $host)
    (memory 1) ${head} ${other}
    (func $f (export "f") (param i32) ${results} (local $i i32) ${code}))`
  // With all else switched on: what is added costs nothing.
  for (const options of [{}, { nan: true, stack: 100_000, memory: { pages: 10, elements: 10 } }]) {
    const { rewritten } = await pair(text, { ...options, fuel: true, relaxedSimd: true })
    for (const [argument, taken] of Object.entries(takes)) {
      const steps: Step[] = [
        ['set', FUEL, `${FULL}n`],
        ['f', Number(argument)],
        ['get', FUEL],
      ]
      const [, result, left] = await performAnywhere(rewritten, steps)
      expect(result).not.toMatch(/trap|error/)
      expect([argument, FULL - Number(left?.slice(0, -1))]).toEqual([argument, taken])
    }
  }
}

describe('the fuel that is taken', () => {
  it.each([...COUNTS])('is what a count by hand gives for $name', async (count) => {
    await expectCount(count)
  })

  it.each(EXCEPTIONS)('is what a count by hand gives for $name', async (count) => {
    await expectCount(count, THROWER)
  })

  it.each(TABLES)('is what a count by hand gives for $name', async (count) => {
    if (noNewEngine() !== undefined) return
    await expectCount(count, THROWER)
  })
})

/** Loops, calls, tables of labels and an exception over 256 bytes of memory, so that each place shows in them. */
const PROGRAM = `(module
  (tag $e (param i32))
  (memory (export "memory") 1)
  (func $mix (param $at i32) (param $by i32) (result i32)
    (local $cell i32)
    (local.set $cell (i32.and (i32.mul (local.get $at) (i32.const 37)) (i32.const 255)))
    (i32.store8 (local.get $cell) (i32.add (i32.load8_u (local.get $cell)) (local.get $by)))
    (block $c (block $b (block $a
      (br_table $a $b $c (i32.and (local.get $by) (i32.const 3))))
      (return (i32.load8_u (local.get $cell))))
      (i32.store8 offset=256 (local.get $cell) (local.get $at)))
    (if (i32.eqz (i32.rem_u (local.get $at) (i32.const 7))) (then (throw $e (local.get $by))))
    (i32.mul (local.get $at) (local.get $by)))
  (func $down (param $n i32) (result i32)
    (if (result i32) (local.get $n)
      (then (i32.add (call $down (i32.sub (local.get $n) (i32.const 1))) (call $mix (local.get $n) (local.get $n))))
      (else (i32.const 1))))
  (func (export "run") (local $i i32) (local $j i32)
    (loop $outer
      (local.set $j (i32.const 5))
      (loop $inner
        (try (do (drop (call $mix (local.get $i) (local.get $j)))
                 (drop (call $down (local.get $j))))
          (catch $e (local.set $j) (i32.store offset=512 (i32.const 0) (local.get $j))))
        (br_if $inner (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
      (i32.store offset=1024 (i32.const 0) (local.get $i))
      (br_if $outer (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 60))))))`
interface Program {
  readonly memory: WebAssembly.Memory
  readonly run: () => void
  readonly [FUEL]: WebAssembly.Global
}

/** Runs it with so much fuel, and says all that can be seen. */
function endOf(exports: Program, fuel: number): string {
  const memory = Buffer.from(exports.memory.buffer)
  memory.fill(0)
  exports[FUEL].value = BigInt(fuel)
  let end = 'done'
  try {
    exports.run()
  } catch (error) {
    end = error instanceof WebAssembly.RuntimeError ? error.message : String(error)
  }
  const left = exports[FUEL].value as bigint
  if (end !== 'done') expect(left).toBeLessThan(0n)
  return `${end} ${left} ${memory.subarray(0, 2048).toString('hex')}`
}

/** The same module with other bytes, so that the engine has nothing of it that is warm. */
function cold(bytes: Uint8Array, index: number): Uint8Array {
  return Uint8Array.from([...bytes, 0, 4, 1, 0x78, index & 0xff, index >> 8])
}

describe('a run without enough fuel', () => {
  it('ends in unreachable at the same state in a new engine and in a warm one', async () => {
    const { rewritten } = await pair(PROGRAM, { fuel: true })
    const warm = start<Program>(rewritten)
    for (let round = 0; round < 300; round++) endOf(warm, FULL)
    const all = FULL - Number(endOf(warm, FULL).split(' ')[1])
    expect(all).toBeGreaterThan(5_000)
    let random = SEED >>> 0
    const ends = new Set<string>()
    for (let index = 0; index < 300; index++) {
      random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
      const fuel = Math.floor((random / 2 ** 32) * all)
      const end = endOf(start<Program>(cold(rewritten, index)), fuel)
      expect(end).toMatch(/^unreachable -/)
      expect(endOf(warm, fuel)).toBe(end)
      expect(endOf(warm, fuel)).toBe(end)
      ends.add(end)
    }
    expect(ends.size).toBeGreaterThan(100)
    expect(endOf(warm, all)).toMatch(/^done 0 /)
  })

  it('ends it where it goes round for ever, in any way', async () => {
    const forever = [
      '(func (export "f") (loop (br 0)))',
      '(func (export "f") (loop (br_if 0 (i32.const 1))))',
      '(func (export "f") (loop (br_table 0 0 0 (i32.const 1))))',
      '(func $f (export "f") (return_call $f))',
      '(func $f (export "f") (return_call_indirect (type $t) (i32.const 0))) (table funcref (elem $f))',
      '(func $f (export "f") (return_call $g)) (func $g (return_call $f))',
      '(tag $e) (func (export "f") (loop (try (do (throw $e)) (catch_all (br 1)))))',
      '(func (export "f") (loop (loop (br 1))))',
    ]
    for (const code of forever) {
      const { rewritten } = await pair(`(module (type $t (func)) ${code})`, { fuel: true, stack: 100_000 })
      const steps: Step[] = [['set', FUEL, '10000n'], ['f'], ['get', FUEL]]
      expect([code, ...perform(rewritten, steps)]).toEqual([code, '', 'trap', expect.stringMatching(/^-\d+n$/)])
    }
  })

  it('ends at once where there is none', async () => {
    const { rewritten } = await pair(
      '(module (global (export "g") (mut i32) (i32.const 0)) (func (export "f") (global.set 0 (i32.const 1))))',
      { fuel: true },
    )
    expect(perform(rewritten, [['f'], ['get', FUEL], ['get', 'g']])).toEqual(['trap', '-2n', '0'])
  })
})

describe('a start function', () => {
  const text =
    '(module (global (export "g") (mut i32) (i32.const 0)) (func $s (global.set 0 (i32.const 1))) (start $s))'

  it('waits for the host where there is fuel, which exports it', async () => {
    const { original, rewritten } = await pair(text, { fuel: true })
    expect(perform(original, [['get', 'g']])).toEqual(['1'])
    const steps: Step[] = [['get', 'g'], ['set', FUEL, '5n'], [START], ['get', 'g'], ['get', FUEL]]
    expect(perform(rewritten, steps)).toEqual(['0', '', 'undefined', '1', '3n'])
  })

  it.each([{ stack: 1000 }, { memory: { pages: 1, elements: 1 } }])(
    'waits too where there is a limit: %o',
    async (limit) => {
      const { rewritten } = await pair(text, limit)
      expect(perform(rewritten, [['get', 'g'], [START], ['get', 'g']])).toEqual(['0', 'undefined', '1'])
    },
  )

  it('runs at instantiation where there is nothing to count', async () => {
    const { rewritten } = await pair(text, { nan: true, relaxedSimd: true })
    expect(perform(rewritten, [['get', 'g']])).toEqual(['1'])
    expect(occurrences(rewritten, Array.from(Buffer.from(START)))).toBe(0)
  })

  it('is nothing to wait for in a module that has none', async () => {
    const { rewritten } = await pair('(module (func))', { fuel: true })
    expect(Object.keys(start<object>(rewritten))).toEqual([FUEL])
  })
})
