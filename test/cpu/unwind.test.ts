/**
 * Taking a running guest apart at every call of an imported function and putting it together again elsewhere changes
 * nothing: every construct by hand, random programs, and C.
 */

import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type CpuOptions, RESERVED } from '../../src/cpu/options.ts'
import { Reader } from '../../src/cpu/reader.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { Section, scan } from '../../src/cpu/scan.ts'
import { unwindable } from '../../src/cpu/unwind.ts'
import { resultType } from '../../src/cpu/unwind_types.ts'
import { VivariumError } from '../../src/error.ts'
import { Choices, choicesOf } from '../cpu_fuzz/choices.ts'
import { LANES, LOADS, OPERATORS } from '../cpu_fuzz/operators.ts'
import { compileC } from '../support/compile.ts'
import { SEED } from '../support/property.ts'
import { PROPOSALS } from './samples.ts'
import { ALL, compile, HEADER, OFF, start } from './support.ts'
import { programOf } from './unwind_programs.ts'
import { answers, apart, Frames, faultOf, Host, onFrom, type Program, plain, textOf } from './unwind_support.ts'
import { wasi } from './unwind_wasi.ts'

/** `VIVARIUM_UNWIND_PROGRAMS=100000` tries more of them, `VIVARIUM_SEED` others. */
const COUNT = Number(process.env.VIVARIUM_UNWIND_PROGRAMS ?? 80)
const RESET_ONLY: CpuOptions = { ...OFF, nan: true, reset: true }

const IMPORTED = `
  (import "h" "nothing" (func $nothing))
  (import "h" "one" (func $one (param i32) (result i32)))
  (import "h" "wide" (func $wide (param i32 i64 i32) (result i64)))
  (import "h" "floats" (func $floats (param f32 f64) (result f64)))
  (import "h" "pair" (func $pair (param i64) (result i32 i64)))`

/** `run` takes an i32; the module has a memory and globals of all types. */
const withImports = (text: string): string => `(module ${IMPORTED}
  (memory (export "memory") 1 4)
  (global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 2))
  (global $f (mut f32) (f32.const nan:0x200001)) (global $d (mut f64) (f64.const nan:0x4000000000001))
  (global $v (mut v128) (v128.const i32x4 1 2 3 0x7fa00001)) (global $c i32 (i32.const 3))
  ${text})`

function made(bytes: Uint8Array, options: CpuOptions): { before: WebAssembly.Module; after: WebAssembly.Module } {
  const rewritten = rewrite(bytes, options)
  const unwinds = unwindable(rewritten)
  if (typeof unwinds === 'string') throw new Error(unwinds)
  return { before: new WebAssembly.Module(rewritten), after: new WebAssembly.Module(unwinds) }
}

async function reasonOf(text: string, options: CpuOptions = RESET_ONLY): Promise<string> {
  const unwinds = unwindable(rewrite(await compile(text), options))
  return typeof unwinds === 'string' ? unwinds : 'it can be'
}

/** Each calls imported functions where it matters. */
const CONSTRUCTS: readonly (readonly [string, string])[] = [
  [
    'operands of all types below a call',
    `(func (export "run") (param i32) (result i32) (local $v v128)
      (i32.mul (local.get 0) (i32.const 77)) (global.get $l) (global.get $f) (global.get $d) (global.get $v)
      (f32.demote_f64 (f64.const 1.5)) (i32.load (i32.const 4))
      (call $one (i32.add (local.get 0) (i32.const 3)))
      (call $one (call $one)) (i32.add) (global.set $i)
      (f32.const 2) (f32.add) (drop)
      (global.set $v) (global.set $d) (global.set $f) (i64.add (i64.const 1)) (global.set $l)
      (i32.add (global.get $i)))`,
  ],
  [
    'arguments that are done again, and one that is not',
    `(func (export "run") (param i32) (result i32)
      (call $wide (i32.rotl (local.get 0) (i32.const 5)) (i64.extend_i32_s (local.get 0)) (i32.load (i32.const 100)))
      (global.set $l)
      (call $one (i32.load8_u (i32.const 100))) (call $one (i32.load8_u (i32.const 101))) (i32.sub))`,
  ],
  [
    'operands below blocks, parameters and several results',
    `(func (export "run") (param i32) (result i32) (local i64)
      (i32.const 5) (i64.const 9) (i32.load (i32.const 0)) (local.get 0)
      (block (param i32 i32) (result i64 i32 i32)
        (i32.add) (call $one) (call $pair (i64.const 3)) (local.set 1) (local.get 1) (i32.const 1) (call $one (i32.const 2))
        (br_if 0 (local.get 0)) (drop) (drop) (drop) (drop) (drop)
        (local.get 1) (call $one (i32.const 8)) (call $one (i32.const 9)))
      (i32.add) (i32.wrap_i64 (call $wide (i32.const 1) (i64.const 2) (i32.const 3))) (i32.add)
      (i64.extend_i32_s) (i64.add) (i64.add) (i32.wrap_i64) (i32.add))`,
  ],
  [
    'an if with calls in either arm',
    `(func (export "run") (param i32) (result i32)
      (i32.const 40)
      (if (result i32) (i32.and (local.get 0) (i32.const 1))
        (then (local.set 0 (i32.const 0)) (call $one (i32.const 1)) (call $one))
        (else (local.set 0 (i32.const 1)) (call $one (i32.const 3))))
      (i32.add)
      (if (local.get 0) (then (call $nothing)))
      (if (i32.eqz (local.get 0)) (then (global.set $i (i32.const 5))) (else (call $nothing) (call $nothing)))
      (if (param i32) (result i32) (call $one (local.get 0)) (then (call $one)) (else (i32.add (call $one (i32.const 9)))))
      (if (param i32) (result i32) (local.get 0) (then (call $one)))
      (i32.add (local.get 0)))`,
  ],
  [
    'nested loops that take and hand on values',
    `(func (export "run") (param i32) (result i32) (local $i i32) (local $j i32)
      (i32.const 1) (i64.const 100)
      (loop $outer (param i32 i64) (result i32 i64 i32)
        (local.set $j (i32.const 0))
        (i64.extend_i32_s (call $one (i32.add (local.get $i) (i32.const 3)))) (i64.add)
        (loop $inner (param i64) (result i64)
          (i64.add (call $wide (local.get $i) (i64.const 7) (local.get $j)))
          (br_if $inner (i32.lt_s (local.tee $j (i32.add (local.get $j) (i32.const 1))) (local.get 0))))
        (br_if $outer (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 3)))
        (i64.add (i64.const 1)) (local.get $j) (call $nothing))
      (i64.extend_i32_s) (i64.add) (i32.wrap_i64) (i32.add))`,
  ],
  [
    'a table of branches out of calls',
    `(func (export "run") (param i32) (result i32)
      (block $a (result i32) (block $b (result i32) (block $c (result i32)
        (call $one (i32.const 6)) (call $one (local.get 0)) (i32.add)
        (br_table $a $b $c (call $one (local.get 0))))
        (call $one (i32.const 1)) (i32.add))
        (call $one) (br_if $a (local.get 0)) (call $one)))`,
  ],
  [
    'recursion',
    `(func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (call $one (local.get 0)))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
     (func (export "run") (param i32) (result i32) (call $fib (i32.add (local.get 0) (i32.const 3))))`,
  ],
  [
    'calls through a table, of imported functions too',
    `(type $t (func (param i32) (result i32))) (table funcref (elem $one $own $plain))
     (func $own (type $t) (i32.add (call $one (local.get 0)) (local.get 0)))
     (func $plain (type $t) (i32.mul (local.get 0) (i32.const 3)))
     (func (export "run") (param i32) (result i32)
      (i32.add (call_indirect (type $t) (i32.const 5) (i32.const 0)) (call_indirect (type $t) (local.get 0) (i32.rem_u (local.get 0) (i32.const 3))))
      (call_indirect (type $t) (i32.const 1)) (call_indirect (type $t) (i32.const 2)))`,
  ],
  [
    'locals of all types with bits that floats would lose',
    `(func $id (param f32 f64 v128) (result v128 f64 f32) (call $nothing) (local.get 2) (local.get 1) (local.get 0))
     (func (export "run") (param i32) (result i32) (local f32 f64 v128)
      (local.set 1 (global.get $f)) (local.set 2 (global.get $d)) (local.set 3 (global.get $v))
      (drop (call $floats (f32.const 1) (f64.const 2)))
      (call $id (local.get 1) (local.get 2) (local.get 3)) (local.set 1) (local.set 2) (local.set 3)
      (f32.store (i32.const 0) (local.get 1)) (f64.store (i32.const 8) (local.get 2)) (v128.store (i32.const 16) (local.get 3))
      (call $one (i32.xor (i32.reinterpret_f32 (local.get 1)) (i32x4.extract_lane 3 (local.get 3)))))`,
  ],
  [
    'code that nothing reaches',
    `(func $never (param i32) (result i32) (block (result i32) (call $one (local.get 0)) (br 0) (call $one) (drop) (i32.add) (call $one)))
     (func (export "run") (param i32) (result i32)
      (block (block (br_if 1 (call $one (local.get 0))) (br 0) (call $nothing) (loop (br 2) (call $nothing))) (call $nothing))
      (if (local.get 0) (then (return (call $never (i32.const 5))) (call $nothing) (if (then (call $nothing)) (else)))
        (else (br 1 (call $one (i32.const 2))) (drop (call $one))))
      (unreachable))`,
  ],
  [
    'a local that is only read in a block without calls',
    `(func (export "run") (param i32) (result i32) (local i32)
      (local.set 1 (i32.mul (local.get 0) (i32.const 3))) (call $nothing) (block (result i32) (local.get 1)))`,
  ],
  [
    'a trap after calls',
    `(func (export "run") (param i32) (result i32)
      (call $one (i32.const 3)) (i32.div_s (call $one (i32.const 4)) (i32.sub (local.get 0) (i32.const 2))) (i32.add))`,
  ],
  [
    'a memory that grows between calls',
    `(func (export "run") (param i32) (result i32)
      (call $one (memory.grow (i32.const 1))) (call $one (memory.grow (i32.const 1)))
      (i32.store (i32.const 130000) (i32.add)) (call $one (i32.load (i32.const 130000))) (i32.add (memory.size)))`,
  ],
  [
    'blocks without calls among those with them',
    `(func (export "run") (param i32) (result i32) (local i32)
      (block $out
        (loop $l (local.set 1 (i32.add (local.get 1) (i32.const 1))) (br_if $out (i32.gt_u (local.get 1) (i32.const 9)))
          (block (block (br_table 0 1 2 3 (local.get 1))) (br_if $l (i32.lt_u (local.get 1) (i32.const 4))))
          (call $nothing) (br_if $l (call $one (local.get 1)))
          (block (br 1)))
        (call $nothing))
      (call $one (local.get 1)))`,
  ],
  [
    'a function that is only a call, and blocks that only hold one',
    `(func $f (param i32) (result i32) (call $one (local.get 0)))
     (func (export "run") (param i32) (result i32)
      (block (result i32) (block (result i32) (loop (result i32) (call $f (local.get 0)))) (call $f)))`,
  ],
  [
    'many calls on one level',
    `(func (export "run") (param i32) (result i32)
      ${Array.from({ length: 40 }, (_, i) => `(local.set 0 (call $one (i32.add (local.get 0) (i32.const ${i}))))`).join(' ')}
      (block ${Array.from({ length: 20 }, (_, i) => `(block (br_if ${i % 2} (call $one (i32.const ${i}))) (call $nothing) (call $nothing))`).join(' ')})
      (local.get 0))`,
  ],
]

describe('a guest that is taken apart at every call', () => {
  it.each(CONSTRUCTS)('%s', async (_, text) => {
    const bytes = await compile(withImports(text))
    for (const options of [RESET_ONLY, ALL]) {
      const { before, after } = made(bytes, options)
      let calls = 0
      for (const arg of [0, 1, 2, 3, 7, -1]) {
        const program: Program = { module: before, name: 'run', args: [arg], answer: answers }
        expect(faultOf(program, after)).toBeUndefined()
        calls += plain(program).calls.length
      }
      expect(calls).toBeGreaterThan(5)
    }
  })

  it('has memories and tables with sizes of 64 bits', async () => {
    const bytes = await compile(`(module ${IMPORTED} (memory (export "memory") i64 1 3)
      (func (export "run") (param i32) (result i32)
        (memory.grow (i64.const 1)) (i64.load (i64.const 8)) (call $one (local.get 0)) (drop) (i64.add)
        (memory.size) (call $nothing) (i64.add) (i32.wrap_i64)))`)
    for (const options of [RESET_ONLY, ALL]) {
      const { before, after } = made(bytes, options)
      const program: Program = { module: before, name: 'run', args: [3], answer: answers }
      expect(plain(program).end).toBe('3')
      expect(faultOf(program, after)).toBeUndefined()
    }
  })

  it('is a start function that the host runs', async () => {
    const text = withImports(`(func $s (drop (call $one (call $one (i32.const 2))))) (start $s)`)
    const { before, after } = made(await compile(text), ALL)
    const program: Program = { module: before, name: 'vivarium:start', args: [], answer: answers }
    expect(plain(program).calls).toEqual(['one(2) = 7', 'one(7) = 4'])
    expect(faultOf(program, after)).toBeUndefined()
  })

  it('goes on as often as one likes from one call, with another result each time', async () => {
    const text = `(func (export "run") (param i32) (result i32) (local i32)
      (i32.store (i32.const 0) (i32.const 9)) (global.set $i (i32.const 4))
      (local.set 1 (call $one (i32.const 1)))
      (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (local.get 1)))
      (global.set $i (i32.add (global.get $i) (i32.const 1)))
      (i32.mul (call $one (i32.load (i32.const 0))) (global.get $i)))`
    const { after } = made(await compile(withImports(text)), ALL)
    const program: Program = { module: after, name: 'run', args: [0], answer: answers }
    const [snapshot] = apart(program).snapshots
    if (snapshot === undefined) throw new Error('there is none')
    for (const result of [5, -5, 0, 5]) {
      const answer: Program['answer'] = (name, args, call, memory) =>
        call === 0 ? result : answers(name, args, call, memory)
      const seen = onFrom({ ...program, answer }, snapshot, [])
      expect(seen.calls[1]).toBe(`one(${9 + result}) = ${((9 + result) * 31 + 7) % 11}`)
      expect(textOf(seen)).toBe(textOf(plain({ ...program, answer })))
    }
  })

  it('is random', () => {
    const counts = { made: 0, calls: 0 }
    for (let index = 0; index < COUNT; index++) {
      const bytes = programOf(new Choices(choicesOf(SEED, index, 100, 1500)))
      expect(WebAssembly.validate(bytes)).toBe(true)
      const { before, after } = made(bytes, index % 3 === 0 ? ALL : RESET_ONLY)
      const program: Program = { module: before, name: 'run', args: [index % 7], answer: answers }
      expect({ index, fault: faultOf(program, after) }).toEqual({ index, fault: undefined })
      const { calls } = plain(program)
      counts.calls += calls.length
      if (calls.length > 2) counts.made++
    }
    expect(counts.made).toBeGreaterThan(COUNT / 5)
    expect(counts.calls).toBeGreaterThan(10 * COUNT)
  })

  it.each([
    ['without optimization', ['-O0']],
    ['with vectors', ['-O2', '-msimd128']],
    ['as small as can be', ['-Os']],
  ])('is a C program %s', (_, cflags) => {
    const source = readFileSync(new URL('unwind_guest.c', import.meta.url), 'utf8')
    const { before, after } = made(compileC(source, { name: 'unwind_guest.c', cflags }), { ...ALL, stack: 1 << 19 })
    for (const short of [Infinity, 5]) {
      const program: Program = { module: before, name: '_start', args: [], answer: wasi(short) }
      expect(plain(program).calls.length).toBeGreaterThan(60)
      expect(faultOf(program, after)).toBeUndefined()
    }
  })
})

describe('what the pass leaves alone', () => {
  it('is a module that imports nothing, or has nothing', async () => {
    for (const text of ['(module)', '(module (func (export "run") (result i32) (i32.const 7)))']) {
      const unwinds = unwindable(rewrite(await compile(text), RESET_ONLY))
      if (typeof unwinds === 'string') throw new Error(unwinds)
      const { run } = start<{ run?: () => number }>(unwinds)
      expect(run?.()).toBe(text === '(module)' ? undefined : 7)
    }
  })

  it('is what compares for the host: that never unwinds', async () => {
    const text = '(module (func (export "run") (param i32) (result i32) (i32.eq (local.get 0) (i32.const 5))))'
    const rewritten = rewrite(await compile(text), { ...RESET_ONLY, comparisons: true })
    const unwinds = unwindable(rewritten)
    if (typeof unwinds === 'string') throw new Error(unwinds)
    expect(bodiesOf(unwinds)[0]).toBe(bodiesOf(rewritten)[0])
  })

  it('is a function that gets to no imported one', async () => {
    const inner = '(i32.mul (i32.xor (local.get 0) (i32.const 0x7b5a)) (i32.const 0x3c4d))'
    const text = `(func $pure (param i32) (result i32) ${inner})
      (func $over (param i32) (result i32) (call $pure (call $pure (local.get 0))))
      (func (export "run") (param i32) (result i32) (call $one (call $over (local.get 0))))`
    const rewritten = rewrite(await compile(withImports(text)), ALL)
    const unwinds = unwindable(rewritten)
    if (typeof unwinds === 'string') throw new Error(unwinds)
    // Both bodies are there as they were.
    const [before, after] = [bodiesOf(rewritten), bodiesOf(unwinds)]
    expect(before.slice(0, 3).map((body, index) => body === after[index])).toEqual([true, true, false])
  })

  it('is every export, and it adds those that are reserved', async () => {
    const { before, after } = made(await compile(withImports('(func (export "run") (call $nothing))')), ALL)
    const names = (module: WebAssembly.Module): string[] =>
      WebAssembly.Module.exports(module).map(({ name, kind }) => `${name} ${kind}`)
    expect(names(after).slice(0, names(before).length)).toEqual(names(before))
    const more = names(after).slice(names(before).length)
    expect(more.sort()).toEqual([
      'vivarium:pop-globals function',
      'vivarium:push-globals function',
      'vivarium:unwind-frames table',
      'vivarium:unwind-state global',
    ])
    expect(more.every((name) => RESERVED.includes(name.split(' ')[0] as string))).toBe(true)
  })
})

describe('a module that cannot have it', () => {
  const run = '(func (export "run") (call $nothing))'
  it.each<readonly [string, string, RegExp, CpuOptions]>([
    ['was not made to be put back', run, /cannot be put back/, { ...ALL, reset: false }],
    [
      'changes a table',
      `(table 1 funcref) (func (table.set (i32.const 0) (ref.null func))) ${run}`,
      /cannot be put back/,
      RESET_ONLY,
    ],
    [
      'imports a global that can change',
      `(import "h" "g" (global (mut i32))) ${run}`,
      /cannot be put back/,
      RESET_ONLY,
    ],
    [
      'has a global for references',
      `(global (mut externref) (ref.null extern)) ${run}`,
      /a global for references/,
      RESET_ONLY,
    ],
    [
      'has a local for references where it calls',
      '(func (local externref) (call $nothing))',
      /a local for references \(function 5\)/,
      RESET_ONLY,
    ],
    ['has a parameter for references', '(func (param funcref) (call $nothing))', /a local for references/, RESET_ONLY],
    [
      'has a reference on the stack at a call',
      '(table 1 funcref) (func (table.get (i32.const 0)) (call $nothing) (drop))',
      /a reference is on the stack at a call/,
      RESET_ONLY,
    ],
    ['calls in a try', '(func (try (do (call $nothing)) (catch_all)))', /in a `try`/, RESET_ONLY],
    ['calls in a handler', '(func (try (do) (catch_all (call $nothing))))', /in a `try`/, RESET_ONLY],
    ['calls in a block in a try', '(func (try (do (block (call $nothing))) (catch_all)))', /in a `try`/, RESET_ONLY],
    ['ends in such a call', '(func (return_call $nothing))', /a tail call that may unwind/, RESET_ONLY],
    [
      'ends in such a call through a table',
      '(table 1 funcref) (func (return_call_indirect (i32.const 0)))',
      /a tail call that may unwind/,
      RESET_ONLY,
    ],
  ])('%s', async (_, text, reason, options) => {
    const moduleText = /import/.test(text)
      ? `(module (import "h" "nothing" (func $nothing)) ${text})`
      : withImports(text)
    expect(await reasonOf(moduleText, options)).toMatch(reason)
  })

  it.each([
    ['throws', '(tag $t) (func $f (call $nothing) (throw $t)) (func (export "run") (call $f))'],
    ['has a try that calls nothing', '(tag $t) (func (export "run") (call $nothing) (try (do (throw $t)) (catch $t)))'],
    ['has references elsewhere', '(func (param externref) (result externref) (local.get 0))'],
    [
      'has a reference on the stack before a call',
      '(func (drop (ref.is_null (ref.func $nothing))) (call $nothing)) (elem declare func $nothing)',
    ],
    ['ends in a call of a function of its own', '(func $f) (func (export "run") (call $nothing) (return_call $f))'],
  ])('is none that %s', async (_, text) => {
    const bytes = unwindable(rewrite(await compile(withImports(text)), RESET_ONLY))
    expect(typeof bytes === 'string' ? bytes : WebAssembly.validate(bytes)).toBe(true)
  })

  it('has it already', async () => {
    const bytes = unwindable(rewrite(await compile(withImports(run)), RESET_ONLY))
    expect(unwindable(bytes as Uint8Array)).toMatch(/before/)
  })

  it('would have more locals, or a longer body, than engines take', async () => {
    const locals = (count: number): string => `(func (local ${'i32 '.repeat(count)}) (call $nothing))`
    expect(await reasonOf(withImports(locals(49_999)))).toBe('it can be')
    expect(await reasonOf(withImports(locals(50_000)))).toMatch(/larger than engines take/)
  })

  it('would have frames that are much larger than they were counted', async () => {
    const types = ['i32', 'i64', 'f32', 'f64']
    const text = (below: number): string =>
      `(func ${types
        .map((type) => `${`(${type}.load (i32.const 0)) `.repeat(below)} (call $nothing) ${'(drop) '.repeat(below)}`)
        .join('')})`
    expect(await reasonOf(withImports(text(4)))).toBe('it can be')
    expect(await reasonOf(withImports(text(50)))).toMatch(/its frames would be much larger/)
  })

  it('would become many times as large', async () => {
    // Each call puts all that is below it aside.
    const text = (below: number): string => `(func (result i32)
      ${'(i32.load (i32.const 0)) '.repeat(below)} ${'(call $nothing) '.repeat(below)} ${'(i32.add) '.repeat(below - 1)})`
    expect(await reasonOf(withImports(text(10)))).toBe('it can be')
    expect(await reasonOf(withImports(text(2000)))).toMatch(/larger|times as large/)
  })
})

/** Each function's body, as text. */
function bodiesOf(bytes: Uint8Array): string[] {
  const reader = new Reader(bytes, 'test')
  const place = scan(bytes).sections.find(({ id }) => id === Section.CODE)
  reader.at = place?.from ?? 0
  return Array.from({ length: reader.count() }, () => Buffer.from(reader.name()).toString('hex'))
}

describe('bytes that are wrong', () => {
  it('are refused as such, or give no worse ones', async () => {
    const texts = [
      ...CONSTRUCTS.map(([, text]) => withImports(text)),
      ...PROPOSALS.map(([, text]) => `(module ${text})`),
    ]
    const modules = (await Promise.all(texts.map((text) => compile(text)))).map((bytes) => rewrite(bytes, RESET_ONLY))
    let [valid, refused] = [0, 0]
    modules.forEach((bytes, which) => {
      for (let at = HEADER.length; at < bytes.length; at += 1 + (which % 3)) {
        const broken = bytes.slice()
        broken[at] = (broken[at] as number) ^ (1 << (at % 8))
        for (const wrong of [broken, bytes.slice(0, at)]) {
          try {
            const given = unwindable(wrong)
            if (typeof given === 'string' || !WebAssembly.validate(wrong)) continue
            valid++
            expect({ which, at, valid: WebAssembly.validate(given) }).toEqual({ which, at, valid: true })
          } catch (error) {
            if (!(error instanceof VivariumError)) throw error
            refused++
            expect({ which, at, valid: WebAssembly.validate(wrong) }).toEqual({ which, at, valid: false })
          }
        }
      }
    })
    expect(valid).toBeGreaterThan(300)
    expect(refused).toBeGreaterThan(300)
  })
})

describe('the types of results', () => {
  const shape = { types: [], globals: [], memories: [], tables: [] }
  const opcodeOf = (code: readonly number[]): readonly [number, number] => {
    const [op, first, second] = code as [number, number | undefined, number | undefined]
    if (first === undefined) return [op, op]
    return [op, second === undefined ? first : (first & 0x7f) | (second << 7)]
  }

  it('are those of the generator of random modules, which has them from the specification', () => {
    const wrong = [...OPERATORS, ...LOADS].filter(({ code, gives }) => {
      const [op, number] = opcodeOf(code)
      return resultType(shape, op, number, 0) !== gives
    })
    expect(wrong).toEqual([])
    const lanes = LANES.filter(({ code, gives }) => resultType(shape, 0xfd, code, 0) !== gives)
    expect(lanes).toEqual([])
  })

  it('of atomic instructions are those by width', () => {
    const [I32, I64] = [0x7f, 0x7e]
    const widths = [I32, I64, I32, I32, I64, I64, I64]
    for (const first of [0x10, 0x1e, 0x25, 0x2c, 0x33, 0x3a, 0x41, 0x48]) {
      expect(widths.map((_, index) => resultType(shape, 0xfe, first + index, 0))).toEqual(widths)
    }
    expect(resultType(shape, 0xfe, 0, 0)).toBe(I32)
  })
})

describe('the frame stack', () => {
  type Functions = Record<string, (...values: (number | bigint)[]) => unknown>

  it('gives back what was pushed, the last first', () => {
    const { functions } = new Frames()
    const { push_i32, push_i32s, push_i64, push_i64s, pop_i32, pop_i32s, pop_i64, pop_i64s } = functions as Functions
    push_i32?.(-1)
    push_i32s?.(1, 2, 3, 4)
    push_i64?.(-(2n ** 63n))
    push_i64s?.(5n, 6n, 7n, 8n)
    expect((functions.pointer as WebAssembly.Global).value).toBe(4 + 16 + 8 + 32)
    expect(pop_i64s?.()).toEqual([5n, 6n, 7n, 8n])
    expect(pop_i64?.()).toBe(-(2n ** 63n))
    expect(pop_i32s?.()).toEqual([1, 2, 3, 4])
    expect(pop_i32?.()).toBe(-1)
    for (const pop of [pop_i32, pop_i32s, pop_i64, pop_i64s]) expect(() => pop?.()).toThrow(WebAssembly.RuntimeError)
  })

  it('grows as it is needed, up to 64 MiB', () => {
    const { functions } = new Frames()
    const { push_i64s, pop_i64s, push_i32, memory } = functions as unknown as Functions & { memory: WebAssembly.Memory }
    const most = 2 ** 26
    for (let size = 0; size < most; size += 32) push_i64s?.(BigInt(size), 1n, 2n, 3n)
    expect(memory.buffer.byteLength).toBe(most)
    expect(() => push_i32?.(1)).toThrow(WebAssembly.RuntimeError)
    for (let size = most - 32; size >= 0; size -= 32) {
      const [first] = (pop_i64s?.() ?? []) as bigint[]
      if (first !== BigInt(size)) throw new Error(`at ${size} there is ${first}`)
    }
  })

  it('is left empty by every program that went on', async () => {
    const { after } = made(await compile(withImports('(func (export "run") (call $nothing) (call $nothing))')), ALL)
    const frames = new Frames()
    const host = new Host({ module: after, name: 'run', args: [], answer: answers }, frames)
    host.unwindAt = (call) => call === 1
    const snapshot = host.run()
    if (typeof snapshot === 'string') throw new Error('it did not unwind')
    expect(frames.size).toBe(0)
    expect(snapshot.frames.length).toBeGreaterThan(0)
    host.unwindAt = () => false
    host.resume(snapshot, ['nothing() = undefined'])
    expect(frames.size).toBe(0)
  })
})
