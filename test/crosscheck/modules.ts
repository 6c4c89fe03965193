/**
 * Guests in WebAssembly text, for what C does not reach. Each is a command that leaves what it found in its memory,
 * which is compared; results of vectors and NaNs go there by plain stores, at 1,024 and on.
 */

import type { WatFeatures } from '../support/wat.ts'

export interface TextGuest {
  readonly name: string
  readonly text: string
  /** Proposals that wabt has to be told of. */
  readonly features?: WatFeatures
  /** One run for each number, with so much fuel; without it one without a bound. */
  readonly fuel?: readonly number[]
}

/** A module with a page of memory, what `parts` says after the imports, and a `_start` of these instructions. */
function command(start: string, parts = '', imports = ''): string {
  return `(module ${imports} (memory (export "memory") 1) ${parts} (func $start (export "_start")
    (local $i i32) (local $j i32) (local $n i64) (local $f f32) (local $d f64) (local $v v128) ${start}))`
}

/** The import of one call, under a name of the text. */
function wasi(call: string, name: string, params: string): string {
  return `(import "wasi_snapshot_preview1" "${call}" (func ${name} (param ${params}) (result i32)))`
}

/** Counts `$i` from 0 up to `count` around `body`. */
function times(count: number, body: string, label = '$times'): string {
  return `(local.set $i (i32.const 0))
    (loop ${label} ${body}
      (br_if ${label} (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${count}))))`
}

const ODD_32 = ['7fc00001', '7f800001', 'ffc00000', 'ffffffff', 'ff812345', '7f800000', 'ff800000', '3f800000']
const ODD_64 = ['7ff8000000000001', '7ff0000000000001', 'fff8000000000000', 'ffffffffffffffff', 'fff0123456789abc']
const PLAIN_64 = ['7ff0000000000000', 'fff0000000000000', '3ff8000000000000', '8000000000000000', '0010000000000000']

/** Numbers given in hexadecimal as text of a data segment, lowest byte first. */
function little(words: readonly string[]): string {
  return words
    .map((word) =>
      (word.match(/../g) ?? [])
        .reverse()
        .map((byte) => `\\${byte}`)
        .join(''),
    )
    .join('')
}

/** 0 to 31: eight odd f32. 32 to 111: ten odd f64. 112 to 159: the same again, so that vectors can be read anywhere. */
const ODD = `(data (i32.const 0) "${little(ODD_32)}${little([...ODD_64, ...PLAIN_64])}${little(ODD_32)}${little(ODD_64.slice(0, 2))}")`

const lane = (at: number) => `(v128.load (i32.const ${at}))`
const store = (at: number, vector: string) => `(v128.store (i32.const ${at}) ${vector})`

/** Every instruction in `names` on two vectors from the odd numbers, at several places. */
function vectors(names: readonly string[], operands: 1 | 2 | 3): string {
  const places = [0, 4, 16, 32, 40, 64, 80, 112]
  let at = 1024
  const stores: string[] = []
  for (const name of names) {
    for (const place of places) {
      const taken = [lane(place), lane(144 - place), lane(place / 2)].slice(0, operands)
      stores.push(store(at, `(${name} ${taken.join(' ')})`))
      at += 16
    }
  }
  return command(stores.join('\n'), ODD)
}

const ARITHMETIC = ['add', 'sub', 'mul', 'div', 'min', 'max']
const ROOTS = ['sqrt', 'ceil', 'floor', 'trunc', 'nearest']
const MOVES = ['abs', 'neg']
const of = (type: string, names: readonly string[]) => names.map((name) => `${type}.${name}`)

/** Recursion without an end, `count` locals in each frame. */
function recursion(type: 'i32' | 'i64' | 'f64' | 'v128', count: number): string {
  const zero = type === 'v128' ? '(v128.const i64x2 1 2)' : `(${type}.const 1)`
  const add = type === 'v128' ? 'i64x2.add' : `${type}.add`
  const locals = Array.from({ length: count }, (_, index) => `$l${index}`)
  const sets = locals.map(
    (local, at) => `(local.set ${local} (${add} (local.get $p) (local.get ${locals[at - 1] ?? '$p'})))`,
  )
  const sum = locals.reduce((text, local) => `(${add} ${text} (local.get ${local}))`, '(call $down (local.get $p))')
  return command(
    `(drop (call $down ${zero}))`,
    `(global $depth (mut i32) (i32.const 0))
     (func $down (param $p ${type}) (result ${type}) ${locals.map((local) => `(local ${local} ${type})`).join(' ')}
       (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
       (i32.store (i32.const 0) (global.get $depth))
       ${sets.join(' ')} ${sum})`,
  )
}

const SIMD: WatFeatures = { simd: true }
const RELAXED: WatFeatures = { simd: true, relaxed_simd: true }
const TAIL: WatFeatures = { tail_call: true }
const EXCEPTIONS: WatFeatures = { exceptions: true }
const BULK: WatFeatures = { bulk_memory: true, reference_types: true }

const VECTOR_GUESTS: readonly TextGuest[] = [
  { name: 'f32x4 arithmetic', text: vectors(of('f32x4', ARITHMETIC), 2), features: SIMD },
  { name: 'f64x2 arithmetic', text: vectors(of('f64x2', ARITHMETIC), 2), features: SIMD },
  { name: 'f32x4 roots and rounding', text: vectors(of('f32x4', [...ROOTS, ...MOVES]), 1), features: SIMD },
  { name: 'f64x2 roots and rounding', text: vectors(of('f64x2', [...ROOTS, ...MOVES]), 1), features: SIMD },
  {
    name: 'pseudo-minimum and comparisons of lanes',
    text: vectors(
      ['f32x4', 'f64x2'].flatMap((type) => of(type, ['pmin', 'pmax', 'eq', 'ne', 'lt', 'ge'])),
      2,
    ),
    features: SIMD,
  },
  {
    name: 'conversions of lanes',
    text: vectors(
      [
        ...['i32x4.trunc_sat_f32x4_s', 'i32x4.trunc_sat_f32x4_u', 'i32x4.trunc_sat_f64x2_s_zero'],
        ...['i32x4.trunc_sat_f64x2_u_zero', 'f32x4.convert_i32x4_s', 'f32x4.convert_i32x4_u'],
        ...['f64x2.convert_low_i32x4_s', 'f64x2.convert_low_i32x4_u', 'f32x4.demote_f64x2_zero'],
        'f64x2.promote_low_f32x4',
      ],
      1,
    ),
    features: SIMD,
  },
  {
    name: 'whole lanes',
    text: vectors(
      [
        ...['i8x16.swizzle', 'i16x8.q15mulr_sat_s', 'i8x16.narrow_i16x8_s', 'i16x8.narrow_i32x4_u'],
        ...['i32x4.dot_i16x8_s', 'i16x8.extmul_low_i8x16_s', 'i64x2.mul', 'i8x16.avgr_u', 'i16x8.sub_sat_s'],
        'v128.andnot',
      ],
      2,
    ),
    features: SIMD,
  },
  {
    name: 'arithmetic of one width seen in lanes of the other',
    text: command(
      `${store(1024, `(f32x4.add (f64x2.add ${lane(32)} ${lane(40)}) ${lane(0)})`)}
       ${store(1040, `(f64x2.mul (f32x4.mul ${lane(0)} ${lane(16)}) ${lane(64)})`)}
       ${store(1056, `(i32x4.add (f32x4.sub ${lane(0)} ${lane(4)}) ${lane(16)})`)}
       (f32.store (i32.const 1072) (f32x4.extract_lane 2 (f32x4.div ${lane(0)} ${lane(8)})))
       (i32.store (i32.const 1076) (i32x4.extract_lane 1 (f64x2.add ${lane(32)} ${lane(48)})))
       (i32.store (i32.const 1080) (i8x16.bitmask (f32x4.add ${lane(0)} ${lane(112)})))
       ${store(1088, `(f32x4.replace_lane 1 ${lane(0)} (f32.add (f32.load (i32.const 0)) (f32.load (i32.const 4))))`)}
       ${store(1104, `(f64x2.splat (f64.sub (f64.load (i32.const 32)) (f64.load (i32.const 48))))`)}
       ${store(1120, `(i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31 (f32x4.add ${lane(0)} ${lane(4)}) (f64x2.sub ${lane(32)} ${lane(40)}))`)}
       ${store(1136, `(v128.bitselect (f32x4.mul ${lane(0)} ${lane(4)}) (f64x2.mul ${lane(32)} ${lane(40)}) ${lane(80)})`)}`,
      ODD,
    ),
    features: SIMD,
  },
  {
    name: 'NaN lanes over many rounds',
    text: command(
      `(local.set $v ${lane(0)})
       ${times(20000, `(local.set $v (call $round (local.get $v) ${lane(16)}))`)}
       ${store(1024, '(local.get $v)')}`,
      `${ODD} (func $round (param v128 v128) (result v128)
        (v128.store (i32.const 1040) (f32x4.add (local.get 1) (local.get 0)))
        (v128.store (i32.const 1056) (f64x2.mul (local.get 1) (local.get 0)))
        (f32x4.sub (f32x4.mul (local.get 0) (local.get 1)) (v128.load (i32.const 1056))))`,
    ),
    features: SIMD,
  },
  {
    name: 'relaxed multiplication and addition',
    text: vectors(
      ['f32x4', 'f64x2'].flatMap((type) => of(type, ['relaxed_madd', 'relaxed_nmadd'])),
      3,
    ),
    features: RELAXED,
  },
  {
    name: 'relaxed minimum, swizzle and dot product',
    text: vectors(
      [
        ...of('f32x4', ['relaxed_min', 'relaxed_max']),
        ...of('f64x2', ['relaxed_min', 'relaxed_max']),
        ...['i8x16.relaxed_swizzle', 'i16x8.relaxed_q15mulr_s', 'i16x8.relaxed_dot_i8x16_i7x16_s'],
      ],
      2,
    ),
    features: RELAXED,
  },
  {
    name: 'relaxed truncation',
    text: vectors(
      [
        ...['i32x4.relaxed_trunc_f32x4_s', 'i32x4.relaxed_trunc_f32x4_u', 'i32x4.relaxed_trunc_f64x2_s_zero'],
        'i32x4.relaxed_trunc_f64x2_u_zero',
      ],
      1,
    ),
    features: RELAXED,
  },
  {
    name: 'relaxed choice of lanes',
    text: vectors(
      [
        ...['i8x16', 'i16x8', 'i32x4', 'i64x2'].map((type) => `${type}.relaxed_laneselect`),
        'i32x4.relaxed_dot_i8x16_i7x16_add_s',
      ],
      3,
    ),
    features: RELAXED,
  },
]

const FLOAT_GUESTS: readonly TextGuest[] = [
  {
    name: 'NaNs through calls, globals, blocks and select',
    text: command(
      `(local.set $f (f32.add (f32.load (i32.const 4)) (f32.load (i32.const 8))))
       (f32.store (i32.const 1024) (local.get $f))
       (global.set $g (f32.mul (f32.load (i32.const 12)) (f32.const 1)))
       (f32.store (i32.const 1028) (global.get $g))
       (f32.store (i32.const 1032) (call $pass (f32.sub (f32.load (i32.const 0)) (f32.load (i32.const 16)))))
       (f32.store (i32.const 1036) (select (f32.sqrt (f32.const -4)) (f32.const 1) (i32.const 1)))
       (f32.store (i32.const 1040) (block $b (result f32) (br_if $b (f32.div (f32.const 0) (f32.const 0)) (i32.const 1))))
       (f32.store (i32.const 1044) (if (result f32) (i32.const 1) (then (f32.min (f32.load (i32.const 4)) (f32.const 2))) (else (f32.const 0))))
       (f32.store (i32.const 1048) (f32.neg (f32.add (f32.load (i32.const 0)) (f32.const 1))))
       (f32.store (i32.const 1052) (f32.copysign (f32.mul (f32.load (i32.const 16)) (f32.const 2)) (f32.const -1)))
       (f32.store (i32.const 1056) (f32.copysign (f32.const 1) (f32.mul (f32.load (i32.const 16)) (f32.const 2))))
       (f64.store (i32.const 1064) (f64.promote_f32 (f32.load (i32.const 4))))
       (f32.store (i32.const 1072) (f32.demote_f64 (f64.load (i32.const 64))))
       (i64.store (i32.const 1080) (i64.reinterpret_f64 (f64.nearest (f64.load (i32.const 40)))))
       (f32.store (i32.const 1088) (f32.load (i32.const 4)))
       (f32.store (i32.const 1092) (f32.abs (f32.load (i32.const 8))))`,
      `${ODD} (global $g (mut f32) (f32.const 0)) (func $pass (param f32) (result f32) (local.get 0))`,
    ),
  },
  {
    name: 'the tier takes over while NaNs are made',
    text: command(
      times(200000, '(f32.store (i32.const 1024) (call $sum (f32.load (i32.const 4)) (f32.load (i32.const 8))))'),
      `${ODD} (func $sum (param f32 f32) (result f32)
        (i32.store (i32.const 1028) (i32.add (i32.load (i32.const 1028)) (i32.and (i32.const 255) (i32.reinterpret_f32 (f32.add (local.get 1) (local.get 0))))))
        (f32.mul (f32.add (local.get 0) (local.get 1)) (f32.sub (local.get 1) (local.get 0))))`,
    ),
  },
  {
    name: 'truncations that saturate',
    text: command(
      [...Array(10).keys()]
        .map(
          (at) => `
        (i32.store (i32.const ${1024 + at * 32}) (i32.trunc_sat_f64_s (f64.load (i32.const ${32 + at * 8}))))
        (i64.store (i32.const ${1032 + at * 32}) (i64.trunc_sat_f64_u (f64.load (i32.const ${32 + at * 8}))))
        (i64.store (i32.const ${1040 + at * 32}) (i64.trunc_sat_f32_s (f32.load (i32.const ${at * 3}))))
        (i32.store (i32.const ${1048 + at * 32}) (i32.trunc_sat_f32_u (f32.load (i32.const ${at * 3}))))`,
        )
        .join('\n'),
      ODD,
    ),
    features: { sat_float_to_int: true },
  },
  {
    name: 'NaNs as parameters of loops and several results',
    text: command(
      `(f64.load (i32.const 40)) (f64.load (i32.const 48))
       (loop $l (param f64 f64) (result f64 f64)
         (call $swap) (local.set $d) (f64.store (i32.const 1024) (local.get $d))
         (f64.mul (f64.const 2)) (f64.add (local.get $d) (f64.load (i32.const 56)))
         (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 9))))
       (local.set $d) (f64.store (i32.const 1032) (local.get $d))
       (local.set $d) (f64.store (i32.const 1040) (local.get $d))`,
      `${ODD} (func $swap (param f64 f64) (result f64 f64) (f64.sub (local.get 1) (local.get 0)) (f64.add (local.get 0) (local.get 1)))`,
    ),
    features: { multi_value: true },
  },
]

const CALL_GUESTS: readonly TextGuest[] = [
  {
    name: 'a million tail calls',
    text: command(
      '(i64.store (i32.const 1024) (call $f (i64.const 1000000) (i64.const 7)))',
      `(func $f (param i64 i64) (result i64)
        (if (i64.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call $f (i64.sub (local.get 0) (i64.const 1)) (i64.add (i64.mul (local.get 1) (i64.const 31)) (local.get 0))))`,
    ),
    features: TAIL,
  },
  {
    name: 'tail calls in turns, with NaNs',
    text: command(
      '(f64.store (i32.const 1024) (call $a (i32.const 100000) (f64.load (i32.const 40))))',
      `${ODD} (type $t (func (param i32 f64) (result f64))) (table funcref (elem $a $b))
       (func $a (type $t) (if (i32.eqz (local.get 0)) (then (return (local.get 1)))) (return_call $b (i32.sub (local.get 0) (i32.const 1)) (f64.add (local.get 1) (f64.load (i32.const 48)))))
       (func $b (type $t) (if (i32.eqz (local.get 0)) (then (return (local.get 1))))
         (return_call_indirect (type $t) (i32.sub (local.get 0) (i32.const 1)) (f64.mul (local.get 1) (f64.const -1)) (i32.and (local.get 0) (i32.const 1))))`,
    ),
    features: TAIL,
  },
  {
    name: 'tail calls below a deep recursion',
    text: command(
      '(drop (call $down (i32.const 1)))',
      `(func $down (param i32) (result i32) (i32.store (i32.const 1024) (local.get 0)) (i32.add (call $spin (local.get 0) (i32.const 50)) (i32.const 1)))
       (func $spin (param i32 i32) (result i32) (if (local.get 1) (then (return_call $spin (local.get 0) (i32.sub (local.get 1) (i32.const 1))))) (return_call $down (i32.add (local.get 0) (i32.const 1))))`,
    ),
    features: TAIL,
  },
  {
    name: 'blocks and functions of several values',
    text: command(
      `(i32.const 1024) (call $three (i32.const 5)) (i32.add) (i32.mul) (i32.store)
       (i32.const 1028) (i32.const 1) (i32.const 2) (block (param i32 i32) (result i32) (i32.shl))
       (if (param i32 i32) (i32.const 1) (then (i32.store)) (else (drop) (drop)))`,
      '(func $three (param i32) (result i32 i32 i32) (local.get 0) (i32.const 7) (i32.mul (local.get 0) (local.get 0)))',
    ),
    features: { multi_value: true },
  },
  { name: 'recursion with an i32', text: recursion('i32', 0) },
  { name: 'recursion with 40 i64', text: recursion('i64', 40) },
  { name: 'recursion with 12 f64', text: recursion('f64', 12) },
  { name: 'recursion with 100 v128', text: recursion('v128', 100), features: SIMD },
  {
    name: 'recursion through a table',
    text: command(
      '(call_indirect (type $t) (i32.const 1) (i32.const 0))',
      `(type $t (func (param i32))) (table funcref (elem $down $down))
       (func $down (type $t) (i32.store (i32.const 1024) (local.get 0)) (call_indirect (type $t) (i32.add (local.get 0) (i32.const 1)) (i32.and (local.get 0) (i32.const 1))) (i32.store (i32.const 1028) (local.get 0)))`,
    ),
  },
  {
    name: 'recursion in the start function',
    text: command(
      '(i32.store (i32.const 1028) (i32.const 1))',
      '(start $down) (func $down (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1))) (call $down) (i32.store (i32.const 1032) (i32.const 3)))',
    ),
  },
  {
    name: 'a start function, and then the rest',
    text: command(
      '(i32.store (i32.const 1028) (i32.load (i32.const 1024)))',
      '(start $first) (func $first (i32.store (i32.const 1024) (i32.const 42)))',
    ),
  },
  {
    name: 'a start function that traps',
    text: command('', '(start $first) (func $first (i32.store (i32.const 1024) (i32.const 42)) (unreachable))'),
  },
  ...(
    [
      ['a call through null', '(call_indirect (type $t) (i32.const 1) (i32.const 2))'],
      ['a call through a wrong type', '(call_indirect (type $t) (i32.const 1) (i32.const 1))'],
      ['a call past the table', '(call_indirect (type $t) (i32.const 1) (i32.const 3))'],
    ] as const
  ).map(([name, call]) => ({
    name,
    text: command(
      `(i32.store (i32.const 1024) (i32.const 9)) ${call} (i32.store (i32.const 1024) (i32.const 10))`,
      '(type $t (func (param i32))) (table 3 funcref) (elem (i32.const 0) $f $g) (func $f (param i32)) (func $g (param i64))',
    ),
  })),
]

const EXCEPTION_GUESTS: readonly TextGuest[] = [
  {
    name: 'exceptions (legacy) through many frames, again and again',
    text: command(
      times(
        300,
        `(try (do (call $down (i32.const 200)))
          (catch $e (local.set $j) (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (local.get $j))))
          (catch_all (i32.store (i32.const 1028) (i32.const 1))))`,
      ),
      `(tag $e (param i32)) (func $down (param i32) (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 3))))
        (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.store (i32.const 1032) (i32.const 5)))`,
    ),
    features: EXCEPTIONS,
  },
  {
    name: 'exceptions (legacy) rethrown and delegated, with NaNs',
    text: command(
      `(try (do (try (do (throw $e (f64.add (f64.load (i32.const 40)) (f64.load (i32.const 48)))))
          (catch $e (local.set $d) (f64.store (i32.const 1024) (local.get $d)) (rethrow 0))))
         (catch $e (local.set $d) (f64.store (i32.const 1032) (local.get $d))))
       (try $outer (do (try (do (throw $e (f64.load (i32.const 40)))) (delegate $outer)))
         (catch $e (local.set $d) (f64.store (i32.const 1040) (local.get $d))))`,
      `${ODD} (tag $e (param f64))`,
    ),
    features: EXCEPTIONS,
  },
  {
    name: 'exceptions (legacy): as deep as can be, caught and gone deep again',
    text: command(
      `${times(5, '(try (do (call $down (i32.const 2000))) (catch_all (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))))')}
       (call $down (i32.const 1000000))`,
      `(tag $e) (func $down (param i32) (i32.store (i32.const 1032) (local.get 0)) (if (i32.eqz (local.get 0)) (then (throw $e)))
        (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.store (i32.const 1028) (local.get 0)))`,
    ),
    features: EXCEPTIONS,
  },
  {
    name: 'exceptions (legacy): catch_all meets the end of the stack',
    text: command(
      '(call $down (i32.const 1))',
      `(func $down (param i32) (i32.store (i32.const 1024) (local.get 0))
        (try (do (call $down (i32.add (local.get 0) (i32.const 1)))) (catch_all (i32.store (i32.const 1028) (i32.add (i32.load (i32.const 1028)) (i32.const 1)))))
        (i32.store (i32.const 1032) (i32.const 1)))`,
    ),
    features: EXCEPTIONS,
  },
  {
    name: 'an exception that nobody catches',
    text: command('(i32.store (i32.const 1024) (i32.const 1)) (throw $e (i32.const 4))', '(tag $e (param i32))'),
    features: EXCEPTIONS,
  },
  {
    name: 'exceptions (new) through many frames',
    text: command(
      times(
        300,
        `(local.set $j (block $h (result i32) (try_table (catch $e $h) (call $down (i32.const 200))) (i32.const 0)))
         (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (local.get $j)))`,
      ),
      `(tag $e (param i32)) (func $down (param i32) (if (i32.eqz (local.get 0)) (then (throw $e (i32.const 3))))
        (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.store (i32.const 1032) (i32.const 5)))`,
    ),
    features: EXCEPTIONS,
  },
  {
    name: 'exceptions (new): as deep as can be, caught and gone deep again',
    text: command(
      `${times(5, '(block $h (try_table (catch_all $h) (call $down (i32.const 2000)))) (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))')}
       (call $down (i32.const 1000000))`,
      `(tag $e) (func $down (param i32) (i32.store (i32.const 1032) (local.get 0)) (if (i32.eqz (local.get 0)) (then (throw $e)))
        (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.store (i32.const 1028) (local.get 0)))`,
    ),
    features: EXCEPTIONS,
  },
]

const MEMORY_GUESTS: readonly TextGuest[] = [
  {
    name: 'memory filled, copied and initialised',
    text: command(
      `(memory.fill (i32.const 1024) (i32.const 0xab) (i32.const 5000)) (memory.copy (i32.const 3000) (i32.const 2999) (i32.const 900))
       (memory.init $d (i32.const 2000) (i32.const 1) (i32.const 3)) (data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 0))`,
      '(data $d "passive")',
    ),
    features: BULK,
  },
  {
    name: 'a fill that goes past the end',
    text: command(
      '(i32.store (i32.const 0) (i32.const 1)) (memory.fill (i32.const 65000) (i32.const 7) (i32.const 1000))',
    ),
    features: BULK,
  },
  {
    name: 'a segment that was dropped',
    text: command('(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1))', '(data $d "gone")'),
    features: BULK,
  },
  {
    name: 'stores at the edge of memory',
    text: command(
      '(i64.store (i32.const 65528) (i64.const -1)) (i32.store offset=65532 (i32.const 0) (i32.const 3)) (i64.store (i32.const 65529) (i64.const 1))',
    ),
  },
  {
    name: 'tables that grow, are filled and copied',
    text: command(
      `(i32.store (i32.const 1024) (table.grow $t (ref.func $f) (i32.const 10))) (table.fill $t (i32.const 2) (ref.func $g) (i32.const 3))
       (table.copy $t $t (i32.const 6) (i32.const 2) (i32.const 4)) (table.set $t (i32.const 0) (ref.null func))
       ${[1, 2, 5, 6, 9].map((at) => `(i32.store (i32.const ${1028 + at * 4}) (call_indirect $t (type $r) (i32.const ${at})))`).join(' ')}
       (i32.store (i32.const 1028) (ref.is_null (table.get $t (i32.const 0)))) (drop (call_indirect $t (type $r) (i32.const 0)))`,
      `(type $r (func (result i32))) (table $t 2 funcref) (elem (i32.const 1) $g) (elem declare func $f)
       (func $f (result i32) (i32.const 11)) (func $g (result i32) (i32.const 22))`,
    ),
    features: BULK,
  },
  {
    name: 'tables that grow until they may not',
    text: command(
      `(loop $l (br_if $l (i32.ne (table.grow $t (ref.null extern) (i32.const 999983)) (i32.const -1)))) (i32.store (i32.const 1024) (table.size $t))
       (i32.store (i32.const 1028) (table.grow $u (ref.null func) (i32.const 90))) (i32.store (i32.const 1032) (table.grow $u (ref.null func) (i32.const 11))) (i32.store (i32.const 1036) (table.size $u))`,
      '(table $t 1 externref) (table $u 0 100 funcref)',
    ),
    features: BULK,
  },
  {
    name: 'memory that grows to what it declares',
    text: `(module (memory (export "memory") 1 20) (func (export "_start") (local $i i32)
      (loop $l (i32.store (i32.add (i32.const 1024) (i32.mul (local.get $i) (i32.const 4))) (memory.grow (local.get $i)))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 30)))) (i32.store (i32.const 0) (memory.size))))`,
  },
  {
    name: 'memory with sizes of 64 bits',
    text: `(module (memory (export "memory") i64 1 5) (func (export "_start")
      (i64.store (i64.const 1024) (memory.grow (i64.const 2))) (i64.store (i64.const 1032) (memory.grow (i64.const 3))) (i64.store (i64.const 1040) (memory.size)) (i64.store (i64.const 0x100000000) (i64.const 1))))`,
    features: { memory64: true },
  },
  {
    name: 'atomic instructions on memory that is not shared',
    text: command(
      `${times(1000, '(drop (i32.atomic.rmw.add (i32.const 1024) (local.get $i))) (drop (i64.atomic.rmw.xchg (i32.const 1032) (i64.extend_i32_u (local.get $i))))')}
       (i32.store (i32.const 1040) (i32.atomic.rmw.cmpxchg (i32.const 1024) (i32.const 499500) (i32.const 1))) (drop (i32.atomic.load (i32.const 1025)))`,
    ),
    features: { threads: true },
  },
  {
    name: 'whole numbers at their edges',
    text: command(
      `(i64.store (i32.const 1024) (i64.rem_s (i64.const 0x8000000000000000) (i64.const -1))) (i32.store (i32.const 1032) (i32.rotl (i32.const 0x80000001) (i32.const 33)))
       (i64.store (i32.const 1040) (i64.shr_s (i64.const 0x8000000000000000) (i64.const 127))) (i32.store (i32.const 1048) (i32.extend8_s (i32.const 0x180)))
       (i64.store (i32.const 1056) (i64.extend32_s (i64.const 0x80000000))) (i32.store (i32.const 1064) (i32.clz (i32.const 0)))
       (i64.store (i32.const 1072) (i64.div_s (i64.const 0x8000000000000000) (i64.const -1)))`,
    ),
    features: { sign_extension: true },
  },
  {
    name: 'br_table, loops and blocks without values',
    text: command(
      times(
        5000,
        `(block $c (block $b (block $a (br_table $a $b $c (i32.rem_u (local.get $i) (i32.const 4)))) (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1))) (br $c))
           (i32.store (i32.const 1028) (i32.add (i32.load (i32.const 1028)) (local.get $i))))`,
      ),
    ),
  },
]

const HOST_GUESTS: readonly TextGuest[] = [
  {
    name: 'a signal that ends the process',
    text: command(
      '(i32.store (i32.const 1024) (call $raise (i32.const 14))) (i32.store (i32.const 1028) (i32.const 1))',
      '',
      wasi('proc_raise', '$raise', 'i32'),
    ),
  },
  {
    name: 'a poll for a time that has come',
    text: command(
      '(drop (call $poll (i32.const 0) (i32.const 64) (i32.const 0) (i32.const 128)))',
      '',
      wasi('poll_oneoff', '$poll', 'i32 i32 i32 i32'),
    ),
  },
]

const FUEL = [0, 1, 2, 3, 10, 100, 101, 102, 1000, 12345, 100000]
const FUEL_GUESTS: readonly TextGuest[] = [
  {
    name: 'fuel in a loop',
    text: command(
      `${times(3000, '(i32.store (i32.const 1024) (local.get $i)) (i64.store (i32.const 1032) (local.tee $n (i64.add (i64.mul (local.get $n) (i64.const 3)) (i64.const 1))))')}`,
    ),
    fuel: FUEL,
  },
  {
    name: 'fuel in recursion',
    text: command(
      '(i32.store (i32.const 1028) (call $fib (i32.const 17)))',
      '(func $fib (param i32) (result i32) (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1))) (if (i32.lt_u (local.get 0) (i32.const 2)) (then (return (local.get 0)))) (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))',
    ),
    fuel: FUEL,
  },
  {
    name: 'fuel in a start function, branches and calls to the host',
    text: command(
      times(
        50,
        '(if (i32.and (local.get $i) (i32.const 1)) (then (drop (call $now (i32.const 0) (i64.const 0) (i32.const 1032)))) (else (i32.store (i32.const 1040) (i32.add (i32.load (i32.const 1040)) (local.get $i)))))',
      ),
      '(start $first) (func $first (i32.store (i32.const 1024) (i32.const 1)) (i32.store (i32.const 1028) (i32.const 2)))',
      wasi('clock_time_get', '$now', 'i32 i64 i32'),
    ),
    fuel: [0, 3, 5, 7, 8, 20, 50, 99, 500, 100000],
  },
  {
    name: 'fuel and exceptions (legacy)',
    text: command(
      times(
        100,
        '(try (do (call $down (i32.const 7))) (catch_all (i32.store (i32.const 1024) (i32.add (i32.load (i32.const 1024)) (i32.const 1)))))',
      ),
      '(tag $e) (func $down (param i32) (i32.store (i32.const 1028) (local.get 0)) (if (i32.eqz (local.get 0)) (then (throw $e))) (call $down (i32.sub (local.get 0) (i32.const 1))))',
    ),
    features: EXCEPTIONS,
    fuel: [10, 100, 1000, 5000, 100000],
  },
]

export const TEXT_GUESTS: readonly TextGuest[] = [
  ...VECTOR_GUESTS,
  ...FLOAT_GUESTS,
  ...CALL_GUESTS,
  ...EXCEPTION_GUESTS,
  ...MEMORY_GUESTS,
  ...HOST_GUESTS,
  ...FUEL_GUESTS,
]
