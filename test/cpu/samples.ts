/** Small modules of every proposal, with what they do: what the tests rewrite, run, and break. */

import { signedLeb } from '../../src/abi/wasm_bytes.ts'
import { Op } from '../../src/cpu/opcodes.ts'
import { ascii, body, EXTERNREF, F32, F64, FUNCREF, I32, I64, moduleOf, type Step } from './support.ts'

/** Modules of one proposal each: what they do before is what they do after. */
export const PROPOSALS: readonly (readonly [string, string, readonly Step[]])[] = [
  [
    'mutable globals and multi-value',
    `(global (export "g") (mut i64) (i64.const 5))
      (func $two (param i32) (result i32 i64) (local.get 0) (global.get 0))
      (func (export "f") (param i32) (result i64 i32)
        (call $two (local.get 0)) (block (param i32 i64) (result i64 i32) (global.set 0) (i64.const 1) (global.get 0) (drop) (local.get 0) (br 0) ))
      (func (export "loop") (result i32) (local i32 i32)
        (i32.const 0) (i32.const 10)
        (loop (param i32 i32) (result i32)
          (local.set 1) (i32.add (local.get 1)) (local.get 1) (i32.sub (i32.const 1))
          (local.tee 1) (br_if 0 (local.get 1)) (drop)))`,
    [['f', 3], ['get', 'g'], ['loop']],
  ],
  [
    'sign extension and saturating conversions',
    `(func (export "a") (param i32) (result i32 i32) (i32.extend8_s (local.get 0)) (i32.extend16_s (local.get 0)))
      (func (export "b") (param i64) (result i64 i64 i64)
        (i64.extend8_s (local.get 0)) (i64.extend16_s (local.get 0)) (i64.extend32_s (local.get 0)))
      (func (export "c") (param f64) (result i32 i32 i64 i64)
        (i32.trunc_sat_f64_s (local.get 0)) (i32.trunc_sat_f64_u (local.get 0))
        (i64.trunc_sat_f64_s (local.get 0)) (i64.trunc_sat_f64_u (local.get 0)))
      (func (export "d") (param f32) (result i32 i32 i64 i64)
        (i32.trunc_sat_f32_s (local.get 0)) (i32.trunc_sat_f32_u (local.get 0))
        (i64.trunc_sat_f32_s (local.get 0)) (i64.trunc_sat_f32_u (local.get 0)))`,
    [
      ['a', 0x18080],
      ['b', '2155905152n'],
      ['c', -1e30],
      ['c', 3e9],
      ['d', 1e30],
      ['d', -2.5],
    ],
  ],
  [
    'bulk memory',
    `(memory (export "m") 1) (data "abcdef") (data (i32.const 8) "xyz")
      (func (export "f") (result i64)
        (memory.init 0 (i32.const 0) (i32.const 1) (i32.const 4)) (data.drop 0)
        (memory.copy (i32.const 2) (i32.const 8) (i32.const 2)) (memory.fill (i32.const 6) (i32.const 7) (i32.const 2))
        (i64.load (i32.const 0)))
      (func (export "dropped") (memory.init 0 (i32.const 0) (i32.const 0) (i32.const 1)))`,
    [['f'], ['dropped']],
  ],
  [
    'tables and references',
    `(type $t (func (result i32)))
      (table $a 4 funcref) (table $b (export "b") 2 externref)
      (elem $e func $one $two) (elem (table $a) (i32.const 2) func $two) (elem declare func $three)
      (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2)) (func $three (result i32) (i32.const 3))
      (func (export "f") (param i32) (result i32)
        (table.init $a $e (i32.const 0) (i32.const 0) (i32.const 2)) (elem.drop $e)
        (table.copy $a $a (i32.const 1) (i32.const 2) (i32.const 1))
        (table.set $a (i32.const 3) (ref.func $three))
        (call_indirect $a (type $t) (local.get 0)))
      (func (export "grow") (param i32) (result i32 i32)
        (table.grow $a (ref.func $one) (local.get 0)) (table.size $a))
      (func (export "nulls") (param externref) (result i32 i32)
        (table.fill $b (i32.const 0) (local.get 0) (i32.const 2))
        (ref.is_null (table.get $b (i32.const 1))) (ref.is_null (ref.null func)))
      (func (export "choice") (param i32) (result externref)
        (select (result externref) (table.get $b (i32.const 0)) (ref.null extern) (local.get 0)))`,
    [
      ['f', 0],
      ['grow', 3],
      ['nulls', 1],
      ['choice', 1],
      ['choice', 0],
    ],
  ],
  [
    'tail calls',
    `(type $t (func (param i64 i64) (result i64))) (table funcref (elem $sum $by))
      (func $sum (export "f") (param i64 i64) (result i64)
        (if (i64.eqz (local.get 0)) (then (return (local.get 1))))
        (return_call_indirect (type $t) (local.get 0) (i64.add (local.get 0) (local.get 1)) (i32.const 1)))
      (func $by (param i64 i64) (result i64) (return_call $sum (i64.sub (local.get 0) (i64.const 1)) (local.get 1)))`,
    [['f', '100000n', '0n']],
  ],
  [
    'extended constants',
    `(import "host" "depth" (func))
      (global (export "a") i32 (i32.sub (i32.mul (i32.const 6) (i32.const 7)) (i32.add (i32.const 1) (i32.const 1))))
      (global (export "b") i64 (i64.add (i64.const 1) (i64.const 0x7fffffffffffffff)))
      (memory (export "m") 1) (data (i32.add (i32.const 8) (i32.const 8)) "q")
      (func (export "f") (result i32) (i32.load8_u (i32.const 16)))`,
    [['get', 'a'], ['get', 'b'], ['f']],
  ],
  [
    'atomics',
    `(memory 1 1 shared)
      (func (export "f") (param i32) (result i32 i32 i64 i32)
        (i32.atomic.rmw.add (i32.const 8) (local.get 0))
        (i32.atomic.rmw8.cmpxchg_u (i32.const 8) (local.get 0) (i32.const 77))
        (i64.atomic.rmw32.xchg_u (i32.const 8) (i64.const 5))
        (atomic.fence)
        (i64.atomic.store16 (i32.const 16) (i64.const 9))
        (memory.atomic.notify (i32.const 0) (i32.const 1)))
      (func (export "load") (result i64) (i64.atomic.load (i32.const 8)))`,
    [['f', 3], ['load'], ['f', 77], ['load']],
  ],
  [
    'legacy exceptions',
    `(tag $e (export "e") (param i32 f64)) (tag $n)
      (func $throws (param i32)
        (if (local.get 0) (then (throw $e (local.get 0) (f64.const 2.5)))) (throw $n))
      (func (export "f") (param i32) (result i32 f64)
        (try (result i32 f64) (do (call $throws (local.get 0)) (unreachable))
          (catch $e) (catch $n (i32.const -1) (f64.const 0)) (catch_all (unreachable))))
      (func (export "g") (result i32)
        (try (result i32)
          (do (try (do (try (do (throw $n)) (delegate 0))) (catch $n (rethrow 0))) (i32.const 1))
          (catch_all (i32.const 2))))
      (func (export "trap") (try (do (unreachable)) (catch_all)))`,
    [['f', 4], ['f', 0], ['g'], ['trap']],
  ],
  [
    'exceptions with references',
    `(tag $e (param i32))
      (func $throws (param i32) (throw $e (local.get 0)))
      (func (export "f") (param i32) (result i32) (local $x exnref)
        (block $h (result i32 exnref)
          (try_table (catch_ref $e $h) (call $throws (local.get 0))) (unreachable))
        (local.set $x) (drop)
        (block $g (result i32) (try_table (result i32) (catch $e $g) (local.get $x) (throw_ref))))`,
    [['f', 4]],
  ],
  [
    'vectors',
    `(memory 1)
      (func (export "f") (param i64) (result i64 i64) (local v128 v128)
        (local.set 1 (i64x2.splat (local.get 0)))
        (v128.store8_lane 3 (i32.const 5) (local.get 1))
        (local.set 2 (v128.load32_lane 1 (i32.const 4) (local.get 1)))
        (local.set 2 (i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31 (local.get 1) (local.get 2)))
        (local.set 2 (i16x8.add_sat_s (local.get 2) (v128.load8x8_s (i32.const 0))))
        (i64x2.extract_lane 0 (local.get 2)) (i64x2.extract_lane 1 (i32x4.dot_i16x8_s (local.get 2) (local.get 1))))`,
    [['f', '81985529216486895n']],
  ],
  [
    'memory64',
    `(memory i64 1) (data (i64.const 3) "abc")
      (func (export "f") (param i64) (result i32 i64)
        (memory.fill (local.get 0) (i32.const 7) (i64.const 4)) (memory.copy (i64.const 20) (i64.const 3) (i64.const 3))
        (i32.load offset=2 (i64.const 19)) (memory.size))
      (func (export "out") (result i32) (i32.load offset=0x100000000 (i64.const 0)))`,
    [['f', '21n'], ['out']],
  ],
  [
    'several memories',
    `(memory 1) (memory $b 1) (data $c "abcd") (data $d "wxyz")
      (func (export "f") (result i32 i32 i32)
        (memory.init $b $c (i32.const 0) (i32.const 0) (i32.const 4))
        (memory.copy 0 $b (i32.const 4) (i32.const 0) (i32.const 4))
        (memory.init $b $d (i32.const 4) (i32.const 0) (i32.const 4)) (memory.fill $b (i32.const 1) (i32.const 0x20) (i32.const 1))
        (i32.store $b offset=300 (i32.const 0) (memory.size $b))
        (i32.load (i32.const 4)) (i32.load $b (i32.const 4)) (i32.load $b offset=300 align=1 (i32.const 0)))`,
    [['f']],
  ],
]

/** Codes of garbage collection, after 0xfb, and of references. */
const STRUCT_NEW = [Op.GC, 0]
const STRUCT_NEW_DEFAULT = [Op.GC, 1]
const STRUCT_GET = [Op.GC, 2]
const STRUCT_GET_S = [Op.GC, 3]
const STRUCT_GET_U = [Op.GC, 4]
const STRUCT_SET = [Op.GC, 5]
const ARRAY_NEW = [Op.GC, 6]
const ARRAY_NEW_DEFAULT = [Op.GC, 7]
const ARRAY_NEW_FIXED = [Op.GC, 8]
const ARRAY_NEW_DATA = [Op.GC, 9]
const ARRAY_NEW_ELEM = [Op.GC, 10]
const ARRAY_GET = [Op.GC, 11]
const ARRAY_GET_U = [Op.GC, 13]
const ARRAY_SET = [Op.GC, 14]
const ARRAY_LEN = [Op.GC, 15]
const ARRAY_FILL = [Op.GC, 16]
const ARRAY_COPY = [Op.GC, 17]
const ARRAY_INIT_DATA = [Op.GC, 18]
const ARRAY_INIT_ELEM = [Op.GC, 19]
const REF_TEST = [Op.GC, 20]
const REF_TEST_NULL = [Op.GC, 21]
const REF_CAST = [Op.GC, 22]
const REF_CAST_NULL = [Op.GC, 23]
const BR_ON_CAST = [Op.GC, 24]
const BR_ON_CAST_FAIL = [Op.GC, 25]
const ANY_CONVERT_EXTERN = [Op.GC, 26]
const EXTERN_CONVERT_ANY = [Op.GC, 27]
const REF_I31 = [Op.GC, 28]
const I31_GET_S = [Op.GC, 29]
const I31_GET_U = [Op.GC, 30]
const REF_IS_NULL = 0xd1
const REF_FUNC = 0xd2
const REF_EQ = 0xd3
const REF_AS_NON_NULL = 0xd4
const [NULLABLE, NON_NULL] = [0x63, 0x64]
const I31REF = 0x6c
const [I32_ADD, F32_ADD, F32_SUB, F32_MUL] = [0x6a, 0x92, 0x93, 0x94]
const [I32_WRAP, PROMOTE, REINTERPRET] = [0xa7, 0xbb, 0xbc]
/** The high half of an f64, as it is: a conversion would be arithmetic. */
const HIGH_HALF = [0xbd, Op.I64_CONST, 32, 0x88, I32_WRAP]
/** What the text of a canonical NaN is, of an f32 and of the high half of an f64. */
export const NAN_32 = '2143289344'
export const NAN_64_HIGH = '2146959360'

/** Types: a structure, one below it, arrays of f64, of bytes and of functions, and types of functions. */
const [BASE, DERIVED, FLOATS, BYTES, FUNCTIONS, UNARY, OF_FLOATS, OF_EXTERN] = [0, 1, 2, 3, 4, 5, 6, 7] as const
const get = (local: number) => [Op.LOCAL_GET, local]
const tee = (local: number) => [Op.LOCAL_TEE, local]
const i32 = (value: number) => [Op.I32_CONST, ...signedLeb(value)]
const f32zero = [Op.F32_CONST, 0, 0, 0, 0]
const sum = [...get(0), ...get(1), F32_ADD]
const nullable = (type: number) => [1, NULLABLE, type]
/** One of DERIVED where the first parameter is not 0, else one of BASE. */
const made = [
  ...[...get(0), Op.IF, NON_NULL, BASE, ...f32zero, ...i32(1), Op.I64_CONST, 5, ...STRUCT_NEW, DERIVED],
  ...[Op.ELSE, ...f32zero, ...i32(2), ...STRUCT_NEW, BASE, Op.END],
]
const increment = 0

/** Name, type, instructions and locals of each function, and what it gives for arguments. */
export const COLLECTED: readonly {
  readonly name: string
  readonly type: number
  readonly code: readonly number[]
  readonly locals?: readonly number[]
  readonly gives: readonly (readonly [readonly number[], string])[]
}[] = [
  { name: 'increment', type: UNARY, code: [...get(0), ...i32(1), I32_ADD], gives: [[[5], '6']] },
  {
    name: 'a sum in a structure',
    type: OF_FLOATS,
    code: [...sum, ...i32(200), ...STRUCT_NEW, BASE, ...tee(2), ...STRUCT_GET, BASE, 0, REINTERPRET],
    locals: nullable(BASE),
    gives: [
      [[1, 2], '1077936128'],
      [[Infinity, -Infinity], NAN_32],
    ],
  },
  {
    name: 'a product in struct.set',
    type: OF_FLOATS,
    code: [
      ...[...STRUCT_NEW_DEFAULT, BASE, ...tee(2), ...get(0), ...get(1), F32_MUL, ...STRUCT_SET, BASE, 0],
      ...[...get(2), ...STRUCT_GET, BASE, 0, REINTERPRET],
    ],
    locals: nullable(BASE),
    gives: [[[0, Infinity], NAN_32]],
  },
  {
    name: 'packed fields',
    type: UNARY,
    code: [
      ...[...f32zero, ...get(0), ...STRUCT_NEW, BASE, ...tee(1), ...STRUCT_GET_S, BASE, 1],
      ...[...get(1), ...STRUCT_GET_U, BASE, 1, I32_ADD],
    ],
    locals: nullable(BASE),
    gives: [
      [[200], String(200 - 56)],
      [[5], '10'],
    ],
  },
  {
    name: 'a sum in array.new',
    type: OF_FLOATS,
    code: [
      ...[...sum, PROMOTE, ...i32(3), ...ARRAY_NEW, FLOATS, ...tee(2), ...i32(1), ...ARRAY_GET, FLOATS],
      ...HIGH_HALF,
    ],
    locals: nullable(FLOATS),
    gives: [[[Infinity, -Infinity], NAN_64_HIGH]],
  },
  {
    name: 'a difference in array.new_fixed',
    type: OF_FLOATS,
    code: [
      ...[...get(0), PROMOTE, ...get(0), ...get(1), F32_SUB, PROMOTE, ...ARRAY_NEW_FIXED, FLOATS, 2],
      ...[...i32(1), ...ARRAY_GET, FLOATS, ...HIGH_HALF],
    ],
    gives: [[[Infinity, Infinity], NAN_64_HIGH]],
  },
  {
    name: 'fill, set and copy of arrays',
    type: OF_FLOATS,
    code: [
      ...[
        ...i32(4),
        ...ARRAY_NEW_DEFAULT,
        FLOATS,
        ...tee(2),
        ...i32(0),
        ...sum,
        PROMOTE,
        ...i32(4),
        ...ARRAY_FILL,
        FLOATS,
      ],
      ...[...get(2), ...i32(3), ...get(2), ...i32(2), ...ARRAY_GET, FLOATS, ...ARRAY_SET, FLOATS],
      ...[...get(2), ...i32(1), ...get(2), ...i32(3), ...i32(1), ...ARRAY_COPY, FLOATS, FLOATS],
      ...[...get(2), ...get(2), ...ARRAY_LEN, ...i32(-3), I32_ADD, ...ARRAY_GET, FLOATS, ...HIGH_HALF],
    ],
    locals: nullable(FLOATS),
    gives: [
      [[Infinity, -Infinity], NAN_64_HIGH],
      [[1, 2], '1074266112'],
    ],
  },
  {
    name: 'arrays from data',
    type: UNARY,
    code: [
      ...[...i32(1), ...i32(3), ...ARRAY_NEW_DATA, BYTES, 0, ...tee(1), ...i32(0), ...i32(0), ...i32(2)],
      ...[...ARRAY_INIT_DATA, BYTES, 0, ...get(1), ...get(0), ...ARRAY_GET_U, BYTES],
    ],
    locals: nullable(BYTES),
    gives: [
      [[0], '97'],
      [[1], '98'],
      [[2], '100'],
      [[3], 'trap'],
    ],
  },
  {
    name: 'arrays from elements',
    type: UNARY,
    code: [
      ...[...i32(0), ...i32(1), ...ARRAY_NEW_ELEM, FUNCTIONS, 0, ...tee(1), ...i32(0), ...i32(0), ...i32(1)],
      ...[...ARRAY_INIT_ELEM, FUNCTIONS, 0, ...get(1), ...i32(0), ...ARRAY_GET, FUNCTIONS, REF_IS_NULL],
    ],
    locals: nullable(FUNCTIONS),
    gives: [[[0], '0']],
  },
  {
    name: 'ref.test and br_on_cast',
    type: UNARY,
    code: [
      ...[...made, ...tee(1), ...REF_TEST, DERIVED, ...get(1), ...REF_TEST_NULL, DERIVED, I32_ADD],
      ...[Op.BLOCK, NON_NULL, DERIVED, ...get(1), ...BR_ON_CAST, 1, 0, BASE, DERIVED, Op.DROP, ...i32(100), Op.RETURN],
      ...[Op.END, ...STRUCT_GET, DERIVED, 2, I32_WRAP, I32_ADD],
    ],
    locals: nullable(BASE),
    gives: [
      [[1], '7'],
      [[0], '100'],
    ],
  },
  {
    name: 'br_on_cast_fail',
    type: UNARY,
    code: [
      ...[Op.BLOCK, NULLABLE, BASE, ...made, ...tee(1), Op.DROP, ...get(1), ...BR_ON_CAST_FAIL, 1, 0, BASE, DERIVED],
      ...[...STRUCT_GET, DERIVED, 2, I32_WRAP, Op.RETURN, Op.END, Op.DROP, ...i32(7)],
    ],
    locals: nullable(BASE),
    gives: [
      [[1], '5'],
      [[0], '7'],
    ],
  },
  {
    name: 'ref.cast',
    type: UNARY,
    code: [...made, ...REF_CAST_NULL, DERIVED, ...REF_CAST, DERIVED, ...STRUCT_GET, DERIVED, 2, I32_WRAP],
    gives: [
      [[1], '5'],
      [[0], 'trap'],
    ],
  },
  {
    name: 'small integers',
    type: UNARY,
    code: [
      ...[...get(0), ...REF_I31, ...tee(1), ...I31_GET_S, ...get(1), ...I31_GET_U, I32_ADD],
      ...[...get(1), ...get(0), ...REF_I31, REF_EQ, I32_ADD],
    ],
    locals: [1, I31REF],
    gives: [
      [[4], '9'],
      [[-1], String(2 ** 31 - 1)],
    ],
  },
  {
    name: 'conversions of references',
    type: OF_EXTERN,
    code: [...get(0), ...ANY_CONVERT_EXTERN, ...EXTERN_CONVERT_ANY, REF_IS_NULL],
    gives: [[[3], '0']],
  },
  {
    name: 'calls and branches of typed references',
    type: UNARY,
    code: [
      ...[Op.BLOCK, 0x40, REF_FUNC, increment, Op.BR_ON_NULL, 0, Op.DROP, Op.END],
      ...[Op.BLOCK, NON_NULL, UNARY, REF_FUNC, increment, Op.BR_ON_NON_NULL, 0, Op.UNREACHABLE, Op.END],
      ...[
        Op.LOCAL_SET,
        1,
        ...get(0),
        ...get(1),
        REF_AS_NON_NULL,
        Op.CALL_REF,
        UNARY,
        ...get(1),
        Op.RETURN_CALL_REF,
        UNARY,
      ],
    ],
    locals: nullable(UNARY),
    gives: [[[5], '7']],
  },
  {
    name: 'a local without a default, set in a block',
    type: UNARY,
    code: [Op.BLOCK, I32, REF_FUNC, increment, Op.LOCAL_SET, 1, ...get(0), ...get(1), Op.CALL_REF, UNARY, Op.END],
    locals: [1, NON_NULL, UNARY],
    gives: [[[5], '6']],
  },
  {
    name: 'growth of a table of references without null',
    type: UNARY,
    code: [REF_FUNC, increment, ...get(0), Op.MISC, 15, 0],
    gives: [
      [[2], '1'],
      [[0], '3'],
      [[2000], '-1'],
    ],
  },
  {
    name: 'a call through that table',
    type: UNARY,
    code: [...get(0), ...i32(2), Op.CALL_INDIRECT, UNARY, 0],
    gives: [[[5], '6']],
  },
]

/** The module of these functions, each exported by its name. */
export const COLLECTED_MODULE: Uint8Array = moduleOf(
  [
    1,
    [
      [...[0x4e, 2, 0x50, 0, 0x5f, 2, F32, 1, 0x78, 1], ...[0x50, 1, BASE, 0x5f, 3, F32, 1, 0x78, 1, I64, 0]],
      [0x5e, F64, 1],
      [0x5e, 0x78, 1],
      [0x5e, FUNCREF, 1],
      [0x60, 1, I32, 1, I32],
      [0x60, 2, F32, F32, 1, I32],
      [0x60, 1, EXTERNREF, 1, I32],
    ],
  ],
  [3, COLLECTED.map(({ type }) => [type])],
  [4, [[0x40, 0, NON_NULL, UNARY, 0, 1, REF_FUNC, increment, Op.END]]],
  [
    6,
    [
      [NON_NULL, BASE, 0, ...f32zero, ...i32(3), ...STRUCT_NEW, BASE, Op.END],
      [NULLABLE, I31REF, 0, ...i32(3), ...REF_I31, Op.END],
      [NON_NULL, FLOATS, 0, ...i32(3), ...ARRAY_NEW_DEFAULT, FLOATS, Op.END],
    ],
  ],
  [7, COLLECTED.map(({ name }, index) => [...ascii(name), 0, index])],
  [9, [[1, 0, 1, increment]]],
  [12, Uint8Array.from([1])],
  [10, COLLECTED.map(({ code, locals }) => body(code, ...(locals === undefined ? [] : [locals])))],
  [11, [[1, ...ascii('abcd')]]],
)
