/** The pass `reset`: what it puts back, to the bit, and each of the modules for which it is not offered. */

import { describe, expect, it } from 'vitest'
import { leb } from '../../src/abi/wasm_bytes.ts'
import { Op } from '../../src/cpu/opcodes.ts'
import { DEPTH, FUEL, HOST_MEMORY, MEMORY, RESET, START } from '../../src/cpu/options.ts'
import { rewrite } from '../../src/cpu/rewrite.ts'
import { VivariumError } from '../../src/error.ts'
import {
  ALL,
  ascii,
  body,
  closeEngine,
  compile,
  EXTERNREF,
  FUNCREF,
  I32,
  inNewEngine,
  moduleOf,
  noNewEngine,
  OFF,
  pair,
  start,
  V128,
} from './support.ts'

const ONLY = { ...OFF, reset: true }

/** The names that the rewritten module exports besides its own. */
function added(bytes: Uint8Array, options: typeof ALL = ONLY): string[] {
  const rewritten = new WebAssembly.Module(rewrite(bytes, options))
  return WebAssembly.Module.exports(rewritten)
    .map(({ name }) => name)
    .filter((name) => name.startsWith('vivarium:'))
}

async function isOffered(text: string, options: typeof ALL = ONLY): Promise<boolean> {
  return added(await compile(text), options).includes(RESET)
}

interface Reset {
  readonly [RESET]: () => void
  readonly [MEMORY]: WebAssembly.Memory
}

describe('what is put back', () => {
  /** Integers with the bits of every kind of global, and a function that makes all of them others. */
  const globals = `(module
    (global $a (mut i32) (i32.const -5))
    (global $b (mut i64) (i64.const 0x7ff4000000000001))
    (global $c (mut f32) (f32.const nan:0x200001))
    (global $d (mut f64) (f64.const -nan:0x4000000000001))
    (global $e (mut v128) (v128.const i32x4 0x7fa00001 0xffc12345 0x00000001 0x80000000))
    (global $f (mut funcref) (ref.func $spoil))
    (global $g (mut externref) (ref.null extern))
    (global $h (mut i64) (i64.add (i64.const 40) (i64.mul (i64.const 7) (i64.const -6))))
    (global $fixed f64 (f64.const 0.5))
    (func $spoil (export "spoil") (param externref)
      (global.set $a (i32.const 1)) (global.set $b (i64.const 1)) (global.set $c (f32.const 1))
      (global.set $d (f64.const 1)) (global.set $e (v128.const i64x2 1 1)) (global.set $f (ref.null func))
      (global.set $g (local.get 0)) (global.set $h (i64.const 1)))
    (func (export "show") (result i32 i64 i32 i64 i64 i64 i32 i32 i64 f64)
      (global.get $a) (global.get $b)
      (i32.reinterpret_f32 (global.get $c)) (i64.reinterpret_f64 (global.get $d))
      (i64x2.extract_lane 0 (global.get $e)) (i64x2.extract_lane 1 (global.get $e))
      (ref.is_null (global.get $f)) (ref.is_null (global.get $g)) (global.get $h) (global.get $fixed)))`

  it.each([
    ['alone', ONLY],
    ['with all passes', ALL],
  ])('is every bit of every kind of global (%s)', async (_, options) => {
    const { rewritten } = await pair(globals, options)
    const exports = start<Reset & { spoil(value: unknown): void; show(): unknown[]; [FUEL]?: WebAssembly.Global }>(
      rewritten,
    )
    const fuel = exports[FUEL]
    const show = (): unknown[] => {
      if (fuel !== undefined) fuel.value = 1000n
      return exports.show()
    }
    const first = show()
    expect(first.slice(0, 4)).toEqual([-5, 0x7ff4_0000_0000_0001n, 0x7fa0_0001, -0xb_ffff_ffff_ffffn])
    for (let i = 0; i < 3; i++) {
      exports.spoil({})
      expect(show().slice(0, 9)).not.toEqual(first.slice(0, 9))
      exports[RESET]()
      expect(show()).toEqual(first)
    }
  })

  it('is what the other passes count with', async () => {
    const { rewritten } = await pair(
      '(module (memory 1) (func $deep (export "deep") (call $deep)) (func (export "f")))',
      ALL,
    )
    const exports = start<Reset & Record<string, WebAssembly.Global> & { deep(): void }>(rewritten)
    const counts = () => [FUEL, DEPTH, HOST_MEMORY].map((name) => (exports[name] as WebAssembly.Global).value)
    const first = counts()
    ;(exports[FUEL] as WebAssembly.Global).value = 1_000_000n
    ;(exports[HOST_MEMORY] as WebAssembly.Global).value = 1
    expect(() => exports.deep()).toThrow(WebAssembly.RuntimeError)
    expect((exports[DEPTH] as WebAssembly.Global).value).toBeLessThan(0)
    exports[RESET]()
    expect(counts()).toEqual(first)
  })

  it.each([
    ['memory', '(memory 3)'],
    ['memory with i64 addresses', '(memory i64 3)'],
  ])('is a %s, as zeros to the last byte, exported or not', async (_, memory) => {
    const { rewritten } = await pair(`(module ${memory})`, { reset: true })
    const exports = start<Reset>(rewritten)
    const bytes = new Uint8Array(exports[MEMORY].buffer)
    expect(bytes.length).toBe(3 * 65_536)
    for (const dirty of [[0], [15], [256], [255], [65_535, 65_536], [196_607], [...bytes.keys()]]) {
      for (const at of dirty) bytes[at] = 0xff
      exports[RESET]()
      expect(bytes.findIndex((byte) => byte !== 0)).toBe(-1)
    }
  })

  it('is a memory that has grown too, and one of no pages', async () => {
    const { rewritten } = await pair('(module (memory 0))', { reset: true })
    const exports = start<Reset>(rewritten)
    exports[RESET]()
    exports[MEMORY].grow(2)
    const bytes = new Uint8Array(exports[MEMORY].buffer).fill(1)
    exports[RESET]()
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  it('takes no fuel, and works where there is none', async () => {
    const { rewritten } = await pair('(module (global $g (mut i32) (i32.const 1)))', ALL)
    const exports = start<Reset & { [FUEL]: WebAssembly.Global }>(rewritten)
    exports[FUEL].value = -1n
    exports[RESET]()
    expect(exports[FUEL].value).toBe(0n)
  })

  const newer = noNewEngine()
  it.skipIf(newer !== undefined)('are objects that globals start with, as new ones', async () => {
    // (global (mut (ref $box)) (struct.new $box (i32.const 7))), and functions that change and read its field.
    const bytes = moduleOf(
      [
        1,
        [
          [0x5f, 1, I32, 1],
          [0x60, 0, 0],
          [0x60, 0, 1, I32],
        ],
      ],
      [3, [[1], [2]]],
      [6, [[0x64, 0, 1, Op.I32_CONST, 7, Op.GC, 0, 0, Op.END]]],
      [
        7,
        [
          [...ascii('spoil'), 0, 0],
          [...ascii('show'), 0, 1],
        ],
      ],
      [10, [body([Op.GLOBAL_GET, 0, Op.I32_CONST, 9, Op.GC, 5, 0, 0]), body([Op.GLOBAL_GET, 0, Op.GC, 2, 0, 0])]],
    )
    const shown = await inNewEngine<number[]>(`(() => {
      const e = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from([${rewrite(bytes, ALL).join()}]))).exports
      const show = () => { e['${FUEL}'].value = 1000n; return e.show() }
      const first = show()
      e.spoil()
      const spoiled = show()
      e['${RESET}']()
      return [first, spoiled, show()]
    })()`)
    expect(shown).toEqual([7, 9, 7])
    await closeEngine()
  })
})

describe('a module for which it is not offered', () => {
  const table = '(table 4 funcref) (elem $e func $f) (func $f)'
  it.each([
    ['table.set', `(module ${table} (func (table.set (i32.const 0) (ref.null func))))`],
    ['table.init', `(module ${table} (func (table.init $e (i32.const 0) (i32.const 0) (i32.const 1))))`],
    ['table.copy', `(module ${table} (func (table.copy (i32.const 0) (i32.const 0) (i32.const 1))))`],
    ['table.grow', `(module ${table} (func (drop (table.grow (ref.null func) (i32.const 1)))))`],
    ['table.fill', `(module ${table} (func (table.fill (i32.const 0) (ref.null func) (i32.const 1))))`],
    ['elem.drop', `(module ${table} (func (elem.drop $e)))`],
    ['data.drop', '(module (memory 1) (data $d "a") (func (data.drop $d)))'],
  ])('has the instruction %s', async (_, text) => {
    expect(await isOffered(text)).toBe(false)
    expect(await isOffered(text, ALL)).toBe(false)
  })

  it.each([
    ['memory', '(module (import "m" "n" (memory 1)))'],
    ['table', '(module (import "m" "n" (table 1 funcref)))'],
    ['global that can change', '(module (import "m" "n" (global (mut i32))))'],
  ])('imports a %s', async (_, text) => {
    expect(await isOffered(text)).toBe(false)
    expect(await isOffered(text, ALL)).toBe(false)
  })

  it.each([
    ['is shared', '(module (memory 1 1 shared))'],
    ['is one of two', '(module (memory 1) (memory 1))'],
    ['is of 4 GiB', '(module (memory 65536))'],
  ])('has a memory that %s', async (_, text) => {
    const bytes = await compile(text)
    expect(hasName(rewrite(bytes, ONLY), RESET)).toBe(false)
    expect(hasName(rewrite(bytes, ALL), RESET)).toBe(false)
  })

  // This engine does not take them, so the names are looked for in the bytes.
  const structure = [1, [[0x5f, 1, I32, 1]]] as const
  const made = [Op.I32_CONST, 7, Op.GC, 0, 0, Op.END]
  it.each([
    ['a global that cannot change', moduleOf(structure, [6, [[0x64, 0, 0, ...made]]])],
    ['a table', moduleOf(structure, [4, [[0x40, 0, 0x63, 0, 0, 1, ...made]]])],
    [
      'a segment of elements for a table',
      moduleOf(structure, [4, [[0x63, 0, 0, 1]]], [9, [[6, 0, Op.I32_CONST, 0, Op.END, 0x63, 0, 1, ...made]]]),
    ],
    ['a segment of elements for later', moduleOf(structure, [9, [[5, 0x63, 0, 1, ...made]]])],
  ])('has an object in %s', (_, bytes) => {
    expect(hasName(rewrite(bytes, ONLY), RESET)).toBe(false)
    const inGlobal = moduleOf(structure, [6, [[0x64, 0, 1, ...made]]])
    expect(hasName(rewrite(inGlobal, ONLY), RESET)).toBe(true)
  })

  it('has a start function that the engine runs', async () => {
    const text = '(module (func $s) (start $s))'
    expect(added(await compile(text))).toEqual([])
    expect(added(await compile(text), { ...ALL, fuel: false, stack: undefined })).toEqual([START, RESET])
  })

  it('has more globals than a function can set', () => {
    const global = [V128, 1, Op.SIMD, 0x0c, ...new Array(16).fill(1), Op.END]
    const many = (count: number): Uint8Array => {
      const entries = Buffer.alloc(count * global.length, Uint8Array.from(global))
      return moduleOf([6, Uint8Array.from(Buffer.concat([Uint8Array.from(leb(count)), entries]))])
    }
    const most = rewrite(many(310_000), ONLY)
    expect(hasName(most, RESET)).toBe(true)
    expect(WebAssembly.validate(most)).toBe(true)
    expect(hasName(rewrite(many(330_000), ONLY), RESET)).toBe(false)
  })
})

describe('a module for which it is offered', () => {
  it.each([
    ['has nothing', '(module)'],
    [
      'imports functions and a global that cannot change',
      '(module (import "m" "f" (func)) (import "m" "g" (global i32)))',
    ],
    [
      'calls through a table',
      '(module (table 1 funcref) (elem (i32.const 0) $f) (func $f (call_indirect (i32.const 0))))',
    ],
    [
      'reads and sizes a table',
      '(module (table 1 funcref) (func (drop (table.get (i32.const 0))) (drop (table.size))))',
    ],
    [
      'copies from segments',
      '(module (memory 1) (data $d "a") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))))',
    ],
    ['grows its memory', '(module (memory 1) (func (drop (memory.grow (i32.const 1)))))'],
    ['exports what it has', '(module (memory (export "m") 1) (global (export "g") (mut i32) (i32.const 0)))'],
    ['throws and catches', '(module (tag $t) (func (try (do (throw $t)) (catch_all))))'],
  ])('%s', async (_, text) => {
    for (const options of [ONLY, ALL]) {
      const bytes = await compile(text)
      expect(added(bytes, options)).toContain(RESET)
      expect(added(bytes, options).includes(MEMORY)).toBe(text.includes('(memory'))
    }
  })

  it('has no segment of elements that is misread', () => {
    const f = [Op.I32_CONST, 0, Op.END]
    const ref = [0xd2, 0, Op.END]
    const forms = [
      [0, ...f, 1, 0],
      [1, 0, 1, 0],
      [2, 0, ...f, 0, 1, 0],
      [3, 0, 1, 0],
      [4, ...f, 1, ...ref],
      [5, FUNCREF, 1, ...ref],
      [6, 0, ...f, FUNCREF, 1, ...ref],
      [7, FUNCREF, 1, ...ref],
    ]
    const bytes = moduleOf([1, [[0x60, 0, 0]]], [3, [[0]]], [4, [[FUNCREF, 0, 1]]], [9, forms], [10, [body([])]])
    expect(WebAssembly.validate(bytes)).toBe(true)
    expect(added(bytes)).toEqual([RESET])
    const wrong = moduleOf([4, [[EXTERNREF, 0, 1]]], [9, [[8, EXTERNREF, 0]]])
    expect(() => rewrite(wrong, ONLY)).toThrow(VivariumError)
    expect(WebAssembly.validate(wrong)).toBe(false)
  })
})

function hasName(bytes: Uint8Array, name: string): boolean {
  return Buffer.from(bytes).includes(name)
}
