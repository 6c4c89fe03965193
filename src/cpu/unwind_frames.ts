/**
 * The stack that frames are put on while a guest unwinds: a module of its own, so that the guest's memory stays as it
 * is, and what a guest has to have to call its functions. They keep integers; those of floats are kept as their bits.
 */

import {
  encodeModule,
  exportEntry,
  functionType,
  I32,
  I64,
  KIND_FUNCTION,
  KIND_GLOBAL,
  KIND_MEMORY,
  leb,
  signedLeb,
  type WasmBytes,
} from '../abi/wasm_bytes.ts'
import { Op } from './opcodes.ts'
import { F32, F64, V128 } from './unwind_types.ts'
import { Writer } from './writer.ts'

/** How many values one call pushes or pops at most. */
export const GROUP = 4
/** Pages that the stack has at most: 64 MiB. */
const PAGES = 1024
const NO_VALUE = 0x40
const PAGE_BITS = 16
/** Of the frame stack's own module. */
const POINTER = [0]
const GROW = 0

/** The names of its functions, in the order in which they are in the guest's table. */
export const FRAME_FUNCTIONS = [
  'push_i32',
  'push_i32s',
  'push_i64',
  'push_i64s',
  'pop_i32',
  'pop_i32s',
  'pop_i64',
  'pop_i64s',
] as const
export type FrameFunction = (typeof FRAME_FUNCTIONS)[number]

const I32_LOAD = [0x28, 2]
const I64_LOAD = [0x29, 3]
const I32_STORE = [0x36, 2]
const I64_STORE = [0x37, 3]
const MEMORY_SIZE = [0x3f, 0]
const MEMORY_GROW = [0x40, 0]
const I32_EQ = 0x46
const I32_LT_U = 0x49
const I32_GT_U = 0x4b
const I32_ADD = 0x6a
const I32_SUB = 0x6b
const I32_SHL = 0x74
const I32_REINTERPRET = 0xbc
const I64_REINTERPRET = 0xbd
const F32_REINTERPRET = 0xbe
const F64_REINTERPRET = 0xbf
const I64X2_SPLAT = [Op.SIMD, 0x12]
const I64X2_EXTRACT = [Op.SIMD, 0x1d]
const I64X2_REPLACE = [Op.SIMD, 0x1e]

/** What each of them takes, or gives: a type, so many times. */
function valuesOf(name: FrameFunction): WasmBytes {
  return new Array(name.endsWith('s') ? GROUP : 1).fill(name.includes('i64') ? I64 : I32)
}

/** Their types, in the same order. */
export const FRAME_TYPES: readonly WasmBytes[] = FRAME_FUNCTIONS.map((name) =>
  name.startsWith('push') ? functionType(valuesOf(name), []) : functionType([], valuesOf(name)),
)

/**
 * The module of a frame stack. It exports its functions, `memory`, and `pointer`: the bytes before it are the frames.
 * Pushing traps when there would be more than 64 MiB, popping when there is nothing.
 */
export function frameStack(): Uint8Array {
  return encodeModule({
    types: [functionType([], []), ...FRAME_TYPES],
    imports: [],
    functions: [leb(0), ...FRAME_TYPES.map((_, index) => leb(index + 1))],
    memories: [[1, 1, ...leb(PAGES)]],
    globals: [[I32, 1, Op.I32_CONST, 0, Op.END]],
    exports: [
      ...FRAME_FUNCTIONS.map((name, index) => exportEntry(name, KIND_FUNCTION, index + 1)),
      exportEntry('memory', KIND_MEMORY, 0),
      exportEntry('pointer', KIND_GLOBAL, 0),
    ],
    bodies: [growBody(), ...FRAME_FUNCTIONS.map((name) => (name.startsWith('push') ? pushBody(name) : popBody(name)))],
  })
}

/** Twice as many pages, or one more where that is too many. */
function growBody(): WasmBytes {
  const failed = [Op.I32_CONST, ...signedLeb(-1), I32_EQ, Op.IF, NO_VALUE]
  return [
    ...[...MEMORY_SIZE, ...MEMORY_GROW, ...failed],
    ...[Op.I32_CONST, 1, ...MEMORY_GROW, ...failed, Op.UNREACHABLE, Op.END, Op.END],
  ]
}

function sizeOf(type: number | undefined): number {
  return type === I64 ? 8 : 4
}

function pushBody(name: FrameFunction): WasmBytes {
  const values = valuesOf(name)
  const size = sizeOf(values[0])
  const after = [Op.GLOBAL_GET, ...POINTER, Op.I32_CONST, size * values.length, I32_ADD]
  return [
    ...[...after, ...MEMORY_SIZE, Op.I32_CONST, PAGE_BITS, I32_SHL, I32_GT_U, Op.IF, NO_VALUE, Op.CALL, GROW, Op.END],
    ...values.flatMap((_, index) => [
      ...[Op.GLOBAL_GET, ...POINTER, Op.LOCAL_GET, index],
      ...[...(size === 8 ? I64_STORE : I32_STORE), index * size],
    ]),
    ...[...after, Op.GLOBAL_SET, ...POINTER],
  ]
}

/** Values come back in the order in which they were pushed. */
function popBody(name: FrameFunction): WasmBytes {
  const values = valuesOf(name)
  const size = sizeOf(values[0])
  const all = size * values.length
  return [
    ...[Op.GLOBAL_GET, ...POINTER, Op.I32_CONST, all, I32_LT_U, Op.IF, NO_VALUE, Op.UNREACHABLE, Op.END],
    ...[Op.GLOBAL_GET, ...POINTER, Op.I32_CONST, all, I32_SUB, Op.GLOBAL_SET, ...POINTER],
    ...values.flatMap((_, index) => [
      ...[Op.GLOBAL_GET, ...POINTER, ...(size === 8 ? I64_LOAD : I32_LOAD), index * size],
    ]),
  ]
}

/** What a guest's module has for the frame stack, where types, the table and functions were added to it. */
export interface Helpers {
  /** The index of the first of `FRAME_TYPES`. */
  readonly types: number
  readonly table: number
  /** The function that pushes, or pops, `count` values of `type`. */
  function(pushes: boolean, type: number, count: number): number
}

/** The type of such a function, its locals and its body. */
export interface HelperFunction {
  readonly type: WasmBytes
  readonly body: WasmBytes
}

/** How many of `left` values of `type` are pushed together. */
function groupOf(type: number, left: number): number {
  return (type === I32 || type === I64) && left >= GROUP ? GROUP : 1
}

export function helperFunction(
  pushes: boolean,
  type: number,
  count: number,
  types: number,
  table: number,
): HelperFunction {
  const values = new Array<number>(count).fill(type)
  const call = (name: FrameFunction): WasmBytes => {
    const index = FRAME_FUNCTIONS.indexOf(name)
    return [Op.I32_CONST, index, Op.CALL_INDIRECT, ...leb(types + index), ...leb(table)]
  }
  const s = count > 1 ? 's' : ''
  return {
    type: pushes ? functionType(values, []) : functionType([], values),
    body: pushes ? pushing(type, count, call, s) : popping(type, call, s),
  }
}

type Call = (name: FrameFunction) => WasmBytes

function pushing(type: number, count: number, call: Call, s: '' | 's'): WasmBytes {
  const get = [Op.LOCAL_GET, 0]
  switch (type) {
    case F32:
      return [0, ...get, I32_REINTERPRET, ...call('push_i32'), Op.END]
    case F64:
      return [0, ...get, I64_REINTERPRET, ...call('push_i64'), Op.END]
    case V128:
      return [0, ...[0, 1].flatMap((lane) => [...get, ...I64X2_EXTRACT, lane, ...call('push_i64')]), Op.END]
    default: {
      const gets = Array.from({ length: count }, (_, index) => [Op.LOCAL_GET, index]).flat()
      return [0, ...gets, ...call(type === I64 ? `push_i64${s}` : `push_i32${s}`), Op.END]
    }
  }
}

function popping(type: number, call: Call, s: '' | 's'): WasmBytes {
  switch (type) {
    case F32:
      return [0, ...call('pop_i32'), F32_REINTERPRET, Op.END]
    case F64:
      return [0, ...call('pop_i64'), F64_REINTERPRET, Op.END]
    case V128: {
      const high = [1, 1, I64, ...call('pop_i64'), Op.LOCAL_SET, 0]
      return [...high, ...call('pop_i64'), ...I64X2_SPLAT, Op.LOCAL_GET, 0, ...I64X2_REPLACE, 1, Op.END]
    }
    default:
      return [0, ...call(type === I64 ? `pop_i64${s}` : `pop_i32${s}`), Op.END]
  }
}

/**
 * Code that pushes values, and code that pops them in the reverse order. `get` and `set` are the instructions that do so
 * with an index; `indexes` are those of all values, by type, from i32 to v128.
 */
export function saving(
  get: number,
  set: number,
  indexes: readonly (readonly number[])[],
  helpers: Helpers,
): { readonly push: Uint8Array; readonly pop: Uint8Array } {
  const push = new Writer(64)
  const pop = new Writer(64)
  indexes.forEach((alike, which) => {
    const type = I32 - which
    for (let at = 0; at < alike.length; ) {
      const count = groupOf(type, alike.length - at)
      for (let each = at; each < at + count; each++) {
        push.u8(get)
        push.u32(alike[each] as number)
      }
      push.u8(Op.CALL)
      push.u32(helpers.function(true, type, count))
      at += count
    }
  })
  for (let which = indexes.length - 1; which >= 0; which--) {
    const type = I32 - which
    const alike = indexes[which] as readonly number[]
    const singly = groupOf(type, GROUP) === 1 ? alike.length : alike.length % GROUP
    for (let end = alike.length; end > 0; ) {
      const count = alike.length - end < singly ? 1 : GROUP
      pop.u8(Op.CALL)
      pop.u32(helpers.function(false, type, count))
      for (let left = count; left > 0; left--) {
        pop.u8(set)
        pop.u32(alike[--end] as number)
      }
    }
  }
  return { push: push.view(), pop: pop.view() }
}
