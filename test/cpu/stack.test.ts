/**
 * Depth: recursion ends at a place that the program alone decides, and however a function is left, its frame's bytes
 * come back.
 */

import { afterAll, describe, expect, it } from 'vitest'
import { encodeModule, exportEntry, functionType, I32, importEntry, KIND_FUNCTION } from '../../src/abi/wasm_bytes.ts'
import { Op } from '../../src/cpu/opcodes.ts'
import { DEPTH, FUEL } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { STRICT } from '../../src/cpu/settings.ts'
import {
  closeEngine,
  noNewEngine,
  OFF,
  occurrences,
  pair,
  perform,
  performAnywhere,
  performInNewEngine,
  type Step,
  start,
} from './support.ts'

afterAll(closeEngine)

const STACK = 1 << 16
const REF_FUNC = 0xd2
const ENDED: Step = ['get', DEPTH]

/** Parts that the modules share: something to call, so that the caller is no leaf, and what shows the depth. */
const HEAD = `
  (import "host" "depth" (func $depth (result i32)))
  (import "host" "throw" (func $hostThrow))
  (memory (export "memory") 1)
  (global $out (mut i32) (i32.const 0))
  (func $callee (param i32) (result i32) (drop (call $depth)) (local.get 0))`

/** The instructions of a function that is called with 0 to 3, and what it returns for each. */
interface Exit {
  readonly name: string
  readonly code: string
  readonly results?: string
  readonly gives: readonly string[]
  readonly other?: string
}

const call = '(call $callee (local.get 0))'

const EXITS: readonly Exit[] = [
  { name: 'falling through', code: call, gives: ['0', '1', '2', '3'] },
  { name: 'return', code: `(return ${call}) (unreachable)`, gives: ['0', '1', '2', '3'] },
  {
    name: 'return from a nested block with more on the stack',
    code: `(i32.const 7) (block (loop (if (local.get 0) (then (i32.const 8) (return ${call})))) ) (drop) ${call}`,
    gives: ['0', '1', '2', '3'],
  },
  {
    name: "br to the function's label",
    code: `(block (if (local.get 0) (then (br 2 ${call})))) (i32.const 9)`,
    gives: ['9', '1', '2', '3'],
  },
  {
    name: "br_if to the function's label",
    code: `(drop (br_if 0 ${call} (local.get 0))) (i32.const 9)`,
    gives: ['9', '1', '2', '3'],
  },
  {
    name: "br_table with the function's label",
    code: `(block $a (result i32) (block $b (result i32) ${call} (local.get 0) (br_table $b $a 2)) (i32.add (i32.const 10)))
      (i32.add (i32.const 100))`,
    gives: ['110', '101', '2', '3'],
  },
  { name: 'no result', results: '', code: `(drop ${call})`, gives: ['undefined', 'undefined'] },
  { name: 'return without a result', results: '', code: `(drop ${call}) (return)`, gives: ['undefined', 'undefined'] },
  {
    name: 'several results',
    results: '(result i32 i64 f32)',
    code: `${call} (i64.const 2) (f32.const 3)`,
    gives: ['0,2n,3', '1,2n,3'],
  },
  {
    name: 'return with several results',
    results: '(result i32 i64 f32)',
    code: `(if (local.get 0) (then (return ${call} (i64.const 2) (f32.const 3)))) (i32.const 5) (i64.const 6) (f32.const 7)`,
    gives: ['5,6n,7', '1,2n,3'],
  },
  {
    name: "br to the function's label with several results",
    results: '(result i32 i64 f32)',
    code: `(block (br 1 ${call} (i64.const 2) (f32.const 3))) (unreachable)`,
    gives: ['0,2n,3', '1,2n,3'],
  },
  { name: 'a tail call', code: `(return_call $callee ${call})`, gives: ['0', '1', '2'] },
  {
    name: 'an indirect tail call',
    code: `(return_call_indirect (type $unary) ${call} (i32.const 0))`,
    other: '(type $unary (func (param i32) (result i32))) (table funcref (elem $callee))',
    gives: ['0', '1', '2'],
  },
  {
    name: 'a tail call of what is imported',
    code: `(global.set $out ${call}) (return_call $depth)`,
    gives: [String(STACK), String(STACK)],
  },
  {
    name: 'memory.grow',
    code: `(memory.grow ${call})`,
    gives: ['1', '1', '2'],
  },
]

/** Legacy exceptions: `$thrower` throws what it is given, from two frames further in. */
const LEGACY = `
  (tag $e (param i32)) (tag $f)
  (func $thrower (param i32) (result i32) (drop ${call}) (throw $e (local.get 0)))
  (func $deeper (param i32) (result i32) (i32.add (call $thrower (local.get 0)) (i32.const 1)))`

/** In a handler, the depth has to be what it was before. */
const check = '(if (i32.ne (call $depth) (local.get $before)) (then (unreachable)))'
const CATCHES: readonly Exit[] = [
  {
    name: 'catch',
    code: `(try (result i32) (do (call $deeper (local.get 0))) (catch $e ${check}))`,
    gives: ['0', '1', '2'],
  },
  {
    name: 'catch_all',
    code: `(try (result i32) (do (call $deeper (local.get 0))) (catch_all ${check} (i32.const 5)))`,
    gives: ['5', '5'],
  },
  {
    name: 'the second of two clauses',
    code: `(try (result i32) (do (call $deeper (local.get 0))) (catch $f (i32.const 6)) (catch $e ${check}))`,
    gives: ['0', '1'],
  },
  {
    name: 'catch_all of what the host throws',
    code: `(try (do (drop ${call}) (call $hostThrow)) (catch_all ${check})) (local.get 0)`,
    gives: ['0', '1'],
  },
  {
    name: 'rethrow to an outer handler',
    code: `(try (result i32)
      (do (try (result i32) (do (call $deeper (local.get 0))) (catch $e ${check} (drop) (rethrow 0))))
      (catch $e ${check}))`,
    gives: ['0', '1'],
  },
  {
    name: 'delegate',
    code: `(try (result i32)
      (do (try (result i32) (do (try (result i32) (do (call $deeper (local.get 0))) (delegate 1))) (catch_all (unreachable))))
      (catch $e ${check}))`,
    gives: ['0', '1'],
  },
  {
    name: 'delegate to the caller',
    code: `(try (result i32) (do (call $delegates (local.get 0))) (catch $e ${check}))`,
    other: `(func $delegates (param i32) (result i32)
      (try (result i32) (do (call $deeper (local.get 0))) (delegate 0)))`,
    gives: ['0', '1'],
  },
  {
    name: 'a handler that returns',
    code: `(try (do (drop (call $deeper (local.get 0)))) (catch $e ${check} (return))) (i32.const 9)`,
    gives: ['0', '1'],
  },
  {
    name: 'a handler that makes a tail call',
    code: `(try (do (drop (call $deeper (local.get 0)))) (catch $e ${check} (return_call $callee))) (i32.const 9)`,
    gives: ['0', '1'],
  },
  {
    name: 'a handler in a loop',
    code: `(loop $again
        (try (do (drop (call $deeper (local.get 0)))) (catch $e ${check} (drop)))
        (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 100000))))
      (local.get $i)`,
    gives: ['100000'],
  },
  {
    name: 'an exception that passes through frames of the handler',
    code: `(call $recurse (i32.const 20))`,
    other: `(func $recurse (param i32) (result i32) (local $before i32)
      (local.set $before (call $depth))
      (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 4))))
      (try (result i32) (do (call $recurse (i32.sub (local.get 0) (i32.const 1))))
        (catch $e ${check} (drop) (rethrow 0))
        (catch_all (unreachable))))`,
    gives: ['error: Exception'],
  },
]

/** As above with try_table: where the label is decides where the depth is set. */
const TABLES: readonly Exit[] = [
  {
    name: 'catch to a block',
    code: `(block $h (result i32) (try_table (catch $e $h) (drop (call $deeper (local.get 0)))) (i32.const 9)) ${check}`,
    gives: ['0', '1'],
  },
  {
    name: 'catch_all to a block',
    code: `(block $h (try_table (catch_all $h) (drop (call $deeper (local.get 0))))) ${check} (i32.const 5)`,
    gives: ['5', '5'],
  },
  {
    name: 'catch_all of what the host throws, to a block',
    code: `(block $h (try_table (catch_all $h) (call $hostThrow))) ${check} (i32.const 5)`,
    gives: ['5', '5'],
  },
  {
    name: "catch to the function's label",
    code: `(try_table (catch $e 0) (drop (call $deeper (local.get 0)))) (i32.const 9)`,
    gives: ['0', '1'],
  },
  {
    name: 'catch to if',
    code: `(if (result i32) (i32.const 1)
      (then (try_table (catch $e 1) (drop (call $deeper (local.get 0)))) (i32.const 9)) (else (i32.const 8))) ${check}`,
    gives: ['0', '1'],
  },
  {
    name: 'catch to a loop',
    code: `(loop $again
      ${check}
      (if (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))
        (then (try_table (catch_all $again) (drop (call $deeper (local.get 0)))))))
      (local.get $i)`,
    gives: ['1000'],
  },
  {
    name: 'catch to a loop that starts with memory.grow',
    code: `(i32.const 0)
      (loop $again (param i32)
        (memory.grow) (drop) ${check}
        (if (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 10))
          (then (try_table (catch $e $again) (drop (call $deeper (i32.const 0)))))))
      (memory.size)`,
    gives: ['1'],
  },
  {
    name: 'catch to a loop that starts with a tail call',
    code: `${call}
      (loop $again (param i32) (result i32)
        (return_call $callee) (try_table (catch $e $again) (unreachable)) (unreachable))`,
    gives: ['0', '1', '2'],
  },
  {
    name: 'catch to a loop that starts with return',
    code: `${call}
      (loop $again (param i32) (result i32) (return) (try_table (catch $e $again) (unreachable)) (unreachable))`,
    gives: ['0', '1', '2'],
  },
  {
    name: 'catch_ref and throw_ref',
    code: `(block $outer (result i32)
      (block $h (result i32 exnref) (try_table (catch_ref $e $h) (drop (call $deeper (local.get 0)))) (unreachable))
      ${check}
      (local.set $x) (drop)
      (try_table (catch $e $outer) (local.get $x) (throw_ref))
      (unreachable)) ${check}`,
    gives: ['0', '1'],
  },
  {
    name: 'catch_all_ref and throw_ref in another function',
    code: `(block $outer (result i32)
      (try_table (catch $e $outer) (drop (call $again (local.get 0))))
      (unreachable)) ${check}`,
    other: `(func $again (param i32) (result i32) (local $before i32)
      (local.set $before (call $depth))
      (block $h (result exnref) (try_table (catch_all_ref $h) (drop (call $deeper (local.get 0)))) (unreachable))
      ${check} (throw_ref))`,
    gives: ['0', '1'],
  },
]

function moduleOf({ code, results = '(result i32)', other = '' }: Exit, head: string, locals = ''): string {
  return `(module ${HEAD} ${head} ${other}
    (func $f (export "f") (param i32) ${results} (local $before i32) (local $i i32) ${locals}
      (local.set $before (call $depth)) ${code}))`
}

async function expectRestored(exit: Exit, head: string, locals = ''): Promise<void> {
  const { original, rewritten } = await pair(moduleOf(exit, head, locals), {
    stack: STACK,
    memory: { pages: 100, elements: 100 },
  })
  expect(original.length).toBeLessThan(rewritten.length)
  const steps = exit.gives.flatMap((_, given): Step[] => [['f', given], ENDED])
  const failed = exit.gives[0]?.startsWith('error')
  const expected = exit.gives.flatMap((gives) => [gives, String(STACK)])
  const found = await performAnywhere(rewritten, steps)
  // Where an exception leaves the module the depth is the host's to set.
  expect(failed ? found.slice(0, 1) : found).toEqual(failed ? expected.slice(0, 1) : expected)
}

describe('the depth', () => {
  it.each(EXITS)('is what it was after $name', async (exit) => {
    await expectRestored(exit, '')
  })

  it.each(CATCHES)('is that of the handler in it, and what it was after it: $name', async (exit) => {
    await expectRestored(exit, LEGACY)
  })

  it.each(TABLES)('is that of the handler in it, and what it was after it, with try_table: $name', async (exit) => {
    if (noNewEngine() !== undefined) return
    await expectRestored(exit, LEGACY, '(local $x exnref)')
  })

  it('is what it was after a call and a tail call by reference', async () => {
    if (noNewEngine() !== undefined) return
    const original = encodeModule({
      types: [functionType([I32], [I32]), functionType([], [I32])],
      imports: [importEntry('host', 'depth', [KIND_FUNCTION, 1])],
      functions: [[0], [0]],
      exports: [exportEntry('callee', KIND_FUNCTION, 1), exportEntry('f', KIND_FUNCTION, 2)],
      bodies: [
        [Op.CALL, 0, Op.DROP, Op.LOCAL_GET, 0],
        [Op.LOCAL_GET, 0, REF_FUNC, 1, Op.CALL_REF, 0, REF_FUNC, 1, Op.RETURN_CALL_REF, 0],
      ],
    })
    const rewritten = rewrite(original, { ...OFF, stack: STACK })
    expect(await performAnywhere(rewritten, [['f', 3], ENDED])).toEqual(['3', String(STACK)])
  })

  it.each([
    ['return_call', '(return_call $f (i32.sub (local.get 0) (i32.const 1)))'],
    [
      'return_call_indirect',
      '(return_call_indirect (type $unary) (i32.sub (local.get 0) (i32.const 1)) (i32.const 0))',
    ],
  ])('does not run out in a million of %s', async (_, code) => {
    const text = `(module ${HEAD}
      (type $unary (func (param i32) (result i32)))
      (table funcref (elem $f))
      (func $f (export "f") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0)) (then (call $callee (i32.const 42))) (else ${code}))))`
    const { rewritten } = await pair(text, { stack: 1024 })
    expect(perform(rewritten, [['f', 1e6], ENDED])).toEqual(['42', '1024'])
  })
})

/** Functions that count at 0 in the memory how often they were entered, and call themselves for ever. */
const RECURSIONS: readonly (readonly [string, string])[] = [
  ['plain', '(func $f (export "f") (call $enter) (call $f))'],
  ['mutual', '(func $f (export "f") (call $enter) (call $g)) (func $g (local i64 i64) (call $enter) (call $f))'],
  [
    'with parameters and results',
    `(func $f (export "f") (param f64 i32) (result i64)
      (call $enter) (i64.add (call $f (f64.const 1) (local.get 1)) (call $f (f64.const 1) (local.get 1))))`,
  ],
  [
    'indirect',
    '(type $t (func)) (table funcref (elem $f)) (func $f (export "f") (call $enter) (call_indirect (type $t) (i32.const 0)))',
  ],
  [
    'with many locals',
    `(func $f (export "f") (local ${'i64 '.repeat(100)})
      ${Array.from({ length: 100 }, (_, at) => `(local.set ${at} (i64.load (i32.const ${8 * at})))`).join(' ')}
      (call $enter) (call $f)
      ${Array.from({ length: 100 }, (_, at) => `(i64.store (i32.const ${8 * at}) (local.get ${at}))`).join(' ')})`,
  ],
  [
    'with handlers that catch everything',
    '(func $f (export "f") (call $enter) (try (do (call $f)) (catch_all)) (call $f))',
  ],
]
const ENTER = `(memory (export "memory") 1)
  (func $enter (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1))))`

/** Functions whose frames engines make as large as they can: each kind of value, live over a call or on the operand stack. */
const SHAPES: readonly (readonly [string, string])[] = [
  ['the least', '(func $f (export "f") (param i32) (call $f (local.get 0)))'],
  ['not at the end', '(func $f (export "f") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1)))'],
  [
    'indirect',
    `(type $t (func (param i32))) (table funcref (elem $f))
      (func $f (export "f") (param i32) (call_indirect (type $t) (local.get 0) (i32.const 0)) (call $enter))`,
  ],
  ...(['i32', 'i64', 'f32', 'f64', 'v128'] as const).flatMap((type): [string, string][] => {
    const load = `(${type}.load (i32.const 64))`
    const store = `(local.set $x) (${type}.store (i32.const 64) (local.get $x))`
    const many = (count: number, text: (at: number) => string) =>
      Array.from({ length: count }, (_, at) => text(at)).join(' ')
    const arguments_ = many(30, () => load)
    return [
      [
        `operands of ${type} over a call`,
        `(func $f (export "f") (param i32) (local $x ${type})
          ${many(40, () => load)} (call $f (local.get 0)) ${many(40, () => store)})`,
      ],
      [
        `locals of ${type} over a call`,
        `(func $f (export "f") (param i32) (local $x ${type}) (local ${`${type} `.repeat(40)})
          ${many(40, (at) => `(local.set ${at + 2} ${load})`)} (call $f (local.get 0))
          ${many(40, (at) => `(local.get ${at + 2}) ${store}`)})`,
      ],
      [
        `parameters of ${type}`,
        `(func (export "f") (param i32) (call $g ${arguments_}))
          (func $g (param ${`${type} `.repeat(30)}) (local $x ${type})
          (call $g ${many(30, (at) => `(local.get ${at})`)}) ${many(30, (at) => `(local.get ${at}) ${store}`)})`,
      ],
      [
        `results of ${type} that stay over a call`,
        `(func $many (result ${`${type} `.repeat(30)}) (call $enter) ${many(30, () => load)})
          (func $f (export "f") (param i32) (call $many) (call $f (local.get 0)) ${many(30, () => '(drop)')})`,
      ],
      ...[300, 990].map((count): [string, string] => [
        `${count} parameters and results of ${type}`,
        `(func (export "f") (param i32) ${many(count, () => load)} (call $g) ${many(count, () => '(drop)')})
          (func $g (param ${`${type} `.repeat(count)}) (result ${`${type} `.repeat(count)})
            (call $enter) ${many(count, (at) => `(local.get ${at})`)} (call $g)
            ${many(count, (at) => `(local.set ${at})`)} ${many(count, (at) => `(local.get ${at})`)})`,
      ]),
      [
        `results of ${type}`,
        `(func (export "f") (param i32) (local $x ${type}) (call $g) ${many(30, () => store)})
          (func $g (result ${`${type} `.repeat(30)}) (call $enter) (call $g))`,
      ],
    ]
  }),
]

interface Recursion {
  readonly memory: WebAssembly.Memory
  readonly f: (...args: unknown[]) => void
  readonly [DEPTH]: WebAssembly.Global
}

describe('recursion without end', () => {
  it.each(RECURSIONS)('ends in unreachable at the same place, warm or not (%s)', async (_, code) => {
    const { rewritten } = await pair(`(module ${ENTER} ${code})`, { stack: STACK })
    const exports = start<Recursion>(rewritten)
    const ends = new Set<string>()
    for (let round = 0; round < 300; round++) {
      const memory = new DataView(exports.memory.buffer)
      memory.setInt32(0, 0)
      exports[DEPTH].value = STACK
      let trap: unknown
      try {
        exports.f(0, 0)
      } catch (error) {
        trap = error
      }
      expect(trap).toBeInstanceOf(WebAssembly.RuntimeError)
      ends.add(`${(trap as Error).message} ${memory.getInt32(0, true)} ${exports[DEPTH].value}`)
      expect(exports[DEPTH].value).toBeLessThan(0)
    }
    expect([...ends]).toEqual([expect.stringMatching(/^unreachable \d{2,} -\d+$/)])
  })

  it('is as deep as the bytes of a frame say', async () => {
    const frame = async (code: string): Promise<number> => {
      const { rewritten } = await pair(`(module (import "host" "depth" (func $depth (result i32))) ${code})`, {
        stack: STACK,
      })
      return STACK - Number(perform(rewritten, [['f']])[0])
    }
    const least = await frame('(func (export "f") (result i32) (call $depth))')
    const more = await frame('(func (export "f") (result i32) (local i32 f64 externref) (call $depth))')
    expect(more - least).toBe(8 + 8 + 8)
    // Where there are vectors each operand may be one.
    const vectors = await frame('(func (export "f") (result i32) (local v128) (call $depth))')
    expect(vectors - least).toBe(16 + 8)
    const called = await frame(
      '(func $v (result v128) (v128.const i64x2 0 0)) (func (export "f") (result i32) (drop (call $v)) (call $depth))',
    )
    expect(called - least).toBe(8)
    const stacked = await frame(
      '(func (export "f") (result i32) (i32.const 1) (i32.const 2) (i32.const 3) (call $depth) (return))',
    )
    expect(stacked - least).toBe(3 * 8)
    const passed = await frame(
      `(func $g (param ${'i32 '.repeat(10)}) (result i32 i32) (i32.const 1) (i32.const 2))
        (func (export "f") (result i32) ${'(i32.const 1) '.repeat(10)} (call $g) (drop) (drop) (call $depth))`,
    )
    expect(passed - least).toBe((10 - 1 + (10 + 2 - 8)) * 8)
    const wrapped = await frame('(func $g (result i32) (call $depth)) (func (export "f") (result i32) (call $g))')
    expect(wrapped).toBe(2 * least)
  })

  it.each(SHAPES)('ends before the stack of the engine does, with the default (%s)', async (_, code) => {
    const { rewritten } = await pair(`(module ${ENTER} ${code})`, { stack: STRICT.stack || 0, nan: true, fuel: true })
    const steps: Step[] = Array.from({ length: 40 }, () => [
      ['set', DEPTH, STRICT.stack || 0] as const,
      ['set', FUEL, '1000000000n'] as const,
      ['f', 1] as const,
    ]).flat()
    expect(new Set(perform(rewritten, steps))).toEqual(new Set(['', 'trap']))
    if (noNewEngine() !== undefined) return
    expect(new Set(await performInNewEngine(rewritten, steps))).toEqual(new Set(['', 'trap']))
  })

  it('ends where the stack is shorter than one frame', async () => {
    const { rewritten } = await pair(`(module ${ENTER} (func (export "f") (call $enter)))`, { stack: 10 })
    expect(perform(rewritten, [['f']])).toEqual(['trap'])
  })
})

describe('functions that call nothing', () => {
  it('are left as they are', async () => {
    const text = '(module (func (export "f") (param i32) (result i32) (return (i32.add (local.get 0) (i32.const 1)))))'
    const { original, rewritten } = await pair(text, { stack: STACK })
    const body = original.subarray(original.lastIndexOf(0x0a))
    expect(occurrences(rewritten, [...body])).toBe(1)
    expect(perform(rewritten, [['f', 1], ENDED])).toEqual(['2', String(STACK)])
  })

  it('count where their frame is huge', async () => {
    const locals = 'i64 '.repeat(1000)
    const text = `(module (func (export "f") (result i64) (local ${locals}) (local.get 999)))`
    const enough = await pair(text, { stack: STACK })
    expect(perform(enough.rewritten, [['f'], ENDED])).toEqual(['0n', String(STACK)])
    const { rewritten } = await pair(text, { stack: 7000 })
    expect(perform(rewritten, [['f']])).toEqual(['trap'])
  })
})
