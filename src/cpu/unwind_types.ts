/**
 * What the pass `unwind` has to know of types, which the other passes need not: the exact type of each value, since what
 * is on the stack at a call is put into locals.
 */

import { skipImmediate } from './immediates.ts'
import { ATOMIC, GC, Immediate, MISC, Misc, Op, PLAIN, SIMD, type Space } from './opcodes.ts'
import type { Reader } from './reader.ts'
import { readHeapType, readValueType } from './types.ts'

/** The types of numbers. */
export const I32 = 0x7f
export const I64 = 0x7e
export const F32 = 0x7d
export const F64 = 0x7c
export const V128 = 0x7b
/** Any type of references. */
export const REF = 0x70

/** Thrown where a module cannot have the pass, and caught where it starts; `message` says why. */
export class Cannot extends Error {}

export interface Signature {
  /** The types: one of those above for each value. */
  readonly params: Uint8Array
  readonly results: Uint8Array
  /** The results as they are encoded. */
  readonly encoded: Uint8Array
}

/** The shape of a module, as far as the types of operands depend on it. */
export interface Shape {
  readonly types: readonly Signature[]
  /** The type of each global. */
  readonly globals: readonly number[]
  readonly memories: readonly { readonly wide: boolean }[]
  readonly tables: readonly { readonly wide: boolean }[]
}

/** Reads a value type: a number type, or REF. */
export function readType(reader: Reader): number {
  const code = reader.bytes[reader.at] as number
  readValueType(reader)
  return isNumber(code) ? code : REF
}

export function isNumber(code: number): boolean {
  return code >= V128 && code <= I32
}

/** Reads the type section. @throws Cannot where it has anything but types of functions. */
export function readSignatures(reader: Reader): Signature[] {
  return Array.from({ length: reader.count() }, () => {
    if (reader.u8() !== 0x60) throw new Cannot('it has types of objects, or types that refer to each other')
    const params = readTypes(reader)
    const from = reader.at
    const results = readTypes(reader)
    const encoded = new Uint8Array(reader.bytes.subarray(from, reader.at))
    return { params, results, encoded: encoded.subarray(lebLength(encoded)) }
  })
}

function readTypes(reader: Reader): Uint8Array {
  return Uint8Array.from({ length: reader.count() }, () => readType(reader))
}

function lebLength(bytes: Uint8Array): number {
  let length = 1
  while ((bytes[length - 1] as number) >= 0x80) length++
  return length
}

const NOTHING = new Uint8Array(0)
const NO_VALUES: Signature = { params: NOTHING, results: NOTHING, encoded: NOTHING }

/** Reads a block type. */
export function readBlockType(reader: Reader, types: readonly Signature[]): Signature {
  const at = reader.at
  const first = reader.u8()
  if (first === 0x40) return NO_VALUES
  reader.at = at
  if (first > 0x40 && first < 0x80) return { ...NO_VALUES, results: Uint8Array.of(readType(reader)) }
  return types[reader.s33()] ?? reader.refuse('a block has no such type', at)
}

/** Goes over what follows the opcode `op`, whatever it is, and gives the code after a prefix, or `op`. */
export function skipInstruction(reader: Reader, op: number): number {
  const from = reader.at - 1
  const space = spaceOf(op)
  const code = space === PLAIN ? op : reader.u32()
  if (space.known[code] !== 1) reader.refuse('the instruction is not known', from)
  const kind = space.immediate[code] as number
  switch (kind) {
    case Immediate.BLOCK:
      skipBlockType(reader)
      break
    case Immediate.TABLE_OF_LABELS:
      for (let left = reader.count(); left >= 0; left--) reader.u32()
      break
    case Immediate.CATCHES:
      skipBlockType(reader)
      for (let left = reader.count(); left > 0; left--) {
        if (reader.u8() < 2) reader.u32()
        reader.u32()
      }
      break
    case Immediate.CAST_LABEL:
      reader.skip(1)
      reader.u32()
      readHeapType(reader)
      readHeapType(reader)
      break
    default:
      skipImmediate(reader, kind)
  }
  return code
}

function skipBlockType(reader: Reader): void {
  const first = reader.bytes[reader.at] as number
  if (first === 0x40) reader.u8()
  else if (first > 0x40 && first < 0x80) readValueType(reader)
  else reader.s33()
}

/** The space of opcodes that a first byte leads to. */
export function spaceOf(op: number): Space {
  return op === Op.MISC ? MISC : op === Op.SIMD ? SIMD : op === Op.ATOMIC ? ATOMIC : op === Op.GC ? GC : PLAIN
}

/** Whether an opcode opens a block. */
export function opens(op: number): boolean {
  return op === Op.BLOCK || op === Op.LOOP || op === Op.IF || op === Op.TRY || op === Op.TRY_TABLE
}

/** Whether control never goes on after an instruction. */
export function isLast(op: number): boolean {
  switch (op) {
    case Op.UNREACHABLE:
    case Op.BR:
    case Op.BR_TABLE:
    case Op.RETURN:
    case Op.RETURN_CALL:
    case Op.RETURN_CALL_INDIRECT:
    case Op.RETURN_CALL_REF:
    case Op.THROW:
    case Op.RETHROW:
    case Op.THROW_REF:
      return true
    default:
      return false
  }
}

/** By opcode: the types of what instructions without a prefix leave, where that depends on nothing else. */
const PLAIN_RESULTS = new Uint8Array(256)
/** By opcode: whether doing it once more gives the same, has no effect and never traps. */
const PURE = new Uint8Array(256)
for (const [from, to, type] of [
  [0x28, 0x28, I32],
  [0x29, 0x29, I64],
  [0x2a, 0x2a, F32],
  [0x2b, 0x2b, F64],
  [0x2c, 0x2f, I32],
  [0x30, 0x35, I64],
  [0x41, 0x41, I32],
  [0x42, 0x42, I64],
  [0x43, 0x43, F32],
  [0x44, 0x44, F64],
  [0x45, 0x78, I32], // comparisons, and i32
  [0x79, 0x8a, I64],
  [0x8b, 0x98, F32],
  [0x99, 0xa6, F64],
  [0xa7, 0xab, I32], // conversions
  [0xac, 0xb1, I64],
  [0xb2, 0xb6, F32],
  [0xb7, 0xbb, F64],
  [0xbc, 0xbc, I32], // reinterpretations
  [0xbd, 0xbd, I64],
  [0xbe, 0xbe, F32],
  [0xbf, 0xbf, F64],
  [0xc0, 0xc1, I32], // sign extensions
  [0xc2, 0xc4, I64],
  [0xd1, 0xd1, I32], // ref.is_null
  [0xd3, 0xd3, I32], // ref.eq
  [0x25, 0x25, REF], // table.get
  [0xd0, 0xd0, REF], // ref.null
  [0xd2, 0xd2, REF], // ref.func
  [0xd4, 0xd4, REF], // ref.as_non_null
] as const) {
  PLAIN_RESULTS.fill(type, from, to + 1)
}
// Local, constants, and integers but for division.
for (const [from, to] of [
  [Op.LOCAL_GET, Op.LOCAL_GET],
  [0x41, 0x5a],
  [0x67, 0x6c],
  [0x71, 0x7e],
  [0x83, 0x8a],
  [0xa7, 0xa7],
  [0xac, 0xad],
  [0xc0, 0xc4],
] as const) {
  PURE.fill(1, from, to + 1)
}

export function isPure(op: number): boolean {
  return PURE[op] === 1
}

/** Of the 7 atomic instructions of each kind, by width. */
const ATOMIC_RESULTS = [I32, I64, I32, I32, I64, I64, I64] as const
/** After 0xfd: what leaves no vector. */
const LANES = new Map<number, number>([
  [0x15, I32],
  [0x16, I32],
  [0x18, I32],
  [0x19, I32],
  [0x1b, I32],
  [0x1d, I64],
  [0x1f, F32],
  [0x21, F64],
  [0x53, I32],
  ...[0x63, 0x64, 0x83, 0x84, 0xa3, 0xa4, 0xc3, 0xc4].map((code) => [code, I32] as const),
])

/**
 * The type of what an instruction leaves. `code` is the one after a prefix, or `op`; `index` is its first immediate.
 * Preconditions: it leaves one value, and is none that `body.ts` calls special.
 */
export function resultType(shape: Shape, op: number, code: number, index: number): number | undefined {
  switch (op) {
    case Op.GLOBAL_GET:
      return shape.globals[index]
    case 0x3f:
    case Op.MEMORY_GROW:
      return sizeType(shape.memories, index)
    case Op.MISC:
      if (code < 8) return code < 4 ? I32 : I64
      return code === Misc.TABLE_GROW || code === 16 ? sizeType(shape.tables, index) : undefined
    case Op.SIMD:
      return LANES.get(code) ?? V128
    case Op.ATOMIC:
      return code === 0 ? I32 : ATOMIC_RESULTS[(code < 0x1e ? code - 0x10 : code - 0x1e) % ATOMIC_RESULTS.length]
    default: {
      const type = PLAIN_RESULTS[op] as number
      return type === 0 ? undefined : type
    }
  }
}

function sizeType(of: readonly { readonly wide: boolean }[], index: number): number {
  return of[index]?.wide === true ? I64 : I32
}
