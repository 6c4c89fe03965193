/**
 * The instructions that the rewriter knows: what follows the opcode in the binary, how many operands it takes and
 * leaves, and what it does with the bits of floating-point operands. From the core specification (3.0), appendix
 * "Index of Instructions", and the legacy exception handling and threads proposals.
 *
 * An instruction that is not here is refused: what a proposal adds might show bits that nobody has looked at.
 */

/** What follows an opcode. */
export const Immediate = {
  NONE: 0,
  /** A block type. */
  BLOCK: 1,
  /** A label. */
  LABEL: 2,
  /** A vector of labels and one more. */
  TABLE_OF_LABELS: 3,
  /** One index. */
  INDEX: 4,
  /** Two indexes. */
  INDEX_INDEX: 5,
  /** Alignment, maybe a memory, and an offset. */
  MEMARG: 6,
  MEMARG_LANE: 7,
  LANE: 8,
  I32: 9,
  I64: 10,
  BYTES_4: 11,
  BYTES_8: 12,
  BYTES_16: 13,
  /** A vector of value types. */
  TYPES: 14,
  HEAP_TYPE: 15,
  /** A block type and a vector of catch clauses. */
  CATCHES: 16,
  /** Flags, a label and two heap types. */
  CAST_LABEL: 17,
  /** A byte of flags. */
  FLAGS: 18,
} as const

/** What an instruction does with floating-point bits. */
export const Bits = {
  /** What it takes may be seen as bits; what it leaves is no NaN that arithmetic made. */
  SEES: 0,
  /** Arithmetic: takes numbers, and may leave a NaN whose bits the engine chooses. By the type of the result. */
  F32: 1,
  F64: 2,
  F32X4: 3,
  F64X2: 4,
  /** Takes numbers, whatever the bits of a NaN, and leaves something else. By the type of the operands. */
  TAKES_F32: 5,
  TAKES_F64: 6,
  TAKES_F32X4: 7,
  TAKES_F64X2: 8,
  /** Leaves the bits of its one operand, or those with another sign. */
  MOVES: 9,
  /** Leaves the bits of the first operand with the sign of the second, whose bits are seen. */
  COPIES_SIGN: 10,
} as const

/** Instructions whose effect on the stack depends on more than the opcode are handled where the body is walked. */
export const SPECIAL = 255

/** One space of opcodes: those without a prefix, or those after one. */
export class Space {
  readonly known: Uint8Array
  readonly immediate: Uint8Array
  readonly pops: Uint8Array
  readonly pushes: Uint8Array
  readonly bits: Uint8Array

  constructor(size: number) {
    this.known = new Uint8Array(size)
    this.immediate = new Uint8Array(size)
    this.pops = new Uint8Array(size)
    this.pushes = new Uint8Array(size)
    this.bits = new Uint8Array(size)
  }

  /** Instructions `from` up to and with `to`, which are alike. */
  add(from: number, to: number, immediate: number, pops: number, pushes: number, bits: number = Bits.SEES): this {
    for (let code = from; code <= to; code++) {
      this.known[code] = 1
      this.immediate[code] = immediate
      this.pops[code] = pops
      this.pushes[code] = pushes
      this.bits[code] = bits
    }
    return this
  }
}

/** One-byte opcodes with a name in the code that walks bodies. */
export const Op = {
  UNREACHABLE: 0x00,
  NOP: 0x01,
  BLOCK: 0x02,
  LOOP: 0x03,
  IF: 0x04,
  ELSE: 0x05,
  TRY: 0x06,
  CATCH: 0x07,
  THROW: 0x08,
  RETHROW: 0x09,
  THROW_REF: 0x0a,
  END: 0x0b,
  BR: 0x0c,
  BR_IF: 0x0d,
  BR_TABLE: 0x0e,
  RETURN: 0x0f,
  CALL: 0x10,
  CALL_INDIRECT: 0x11,
  RETURN_CALL: 0x12,
  RETURN_CALL_INDIRECT: 0x13,
  CALL_REF: 0x14,
  RETURN_CALL_REF: 0x15,
  DELEGATE: 0x18,
  CATCH_ALL: 0x19,
  DROP: 0x1a,
  SELECT: 0x1b,
  SELECT_TYPED: 0x1c,
  TRY_TABLE: 0x1f,
  LOCAL_GET: 0x20,
  LOCAL_SET: 0x21,
  LOCAL_TEE: 0x22,
  GLOBAL_GET: 0x23,
  GLOBAL_SET: 0x24,
  TABLE_SET: 0x26,
  MEMORY_GROW: 0x40,
  I32_CONST: 0x41,
  I64_CONST: 0x42,
  F32_CONST: 0x43,
  F64_CONST: 0x44,
  BR_ON_NULL: 0xd5,
  BR_ON_NON_NULL: 0xd6,
  GC: 0xfb,
  MISC: 0xfc,
  SIMD: 0xfd,
  ATOMIC: 0xfe,
} as const

const { NONE, BLOCK, LABEL, TABLE_OF_LABELS, INDEX, INDEX_INDEX, MEMARG, MEMARG_LANE, LANE } = Immediate
const { SEES, F32, F64, F32X4, F64X2, TAKES_F32, TAKES_F64, TAKES_F32X4, TAKES_F64X2, MOVES, COPIES_SIGN } = Bits

export const PLAIN: Space = new Space(256)
  .add(Op.UNREACHABLE, Op.UNREACHABLE, NONE, SPECIAL, 0)
  .add(Op.NOP, Op.NOP, NONE, 0, 0)
  .add(Op.BLOCK, Op.IF, BLOCK, SPECIAL, 0)
  .add(Op.ELSE, Op.ELSE, NONE, SPECIAL, 0)
  .add(Op.TRY, Op.TRY, BLOCK, SPECIAL, 0)
  .add(Op.CATCH, Op.THROW, INDEX, SPECIAL, 0)
  .add(Op.RETHROW, Op.RETHROW, LABEL, SPECIAL, 0)
  .add(Op.THROW_REF, Op.END, NONE, SPECIAL, 0)
  .add(Op.BR, Op.BR_IF, LABEL, SPECIAL, 0)
  .add(Op.BR_TABLE, Op.BR_TABLE, TABLE_OF_LABELS, SPECIAL, 0)
  .add(Op.RETURN, Op.RETURN, NONE, SPECIAL, 0)
  .add(Op.CALL, Op.CALL, INDEX, SPECIAL, 0)
  .add(Op.CALL_INDIRECT, Op.CALL_INDIRECT, INDEX_INDEX, SPECIAL, 0)
  .add(Op.RETURN_CALL, Op.RETURN_CALL, INDEX, SPECIAL, 0)
  .add(Op.RETURN_CALL_INDIRECT, Op.RETURN_CALL_INDIRECT, INDEX_INDEX, SPECIAL, 0)
  .add(Op.CALL_REF, Op.RETURN_CALL_REF, INDEX, SPECIAL, 0)
  .add(Op.DELEGATE, Op.DELEGATE, LABEL, SPECIAL, 0)
  .add(Op.CATCH_ALL, Op.CATCH_ALL, NONE, SPECIAL, 0)
  .add(Op.DROP, Op.SELECT, NONE, SPECIAL, 0)
  .add(Op.SELECT_TYPED, Op.SELECT_TYPED, Immediate.TYPES, SPECIAL, 0)
  .add(Op.TRY_TABLE, Op.TRY_TABLE, Immediate.CATCHES, SPECIAL, 0)
  .add(Op.LOCAL_GET, Op.LOCAL_TEE, INDEX, SPECIAL, 0)
  .add(Op.GLOBAL_GET, Op.GLOBAL_GET, INDEX, 0, 1)
  .add(Op.GLOBAL_SET, Op.GLOBAL_SET, INDEX, 1, 0)
  .add(0x25, 0x25, INDEX, 1, 1) // table.get
  .add(Op.TABLE_SET, Op.TABLE_SET, INDEX, 2, 0)
  .add(0x28, 0x35, MEMARG, 1, 1) // loads
  .add(0x36, 0x3e, MEMARG, 2, 0) // stores
  .add(0x3f, 0x3f, INDEX, 0, 1) // memory.size
  .add(Op.MEMORY_GROW, Op.MEMORY_GROW, INDEX, 1, 1)
  .add(Op.I32_CONST, Op.I32_CONST, Immediate.I32, 0, 1)
  .add(Op.I64_CONST, Op.I64_CONST, Immediate.I64, 0, 1)
  .add(Op.F32_CONST, Op.F32_CONST, Immediate.BYTES_4, 0, 1)
  .add(Op.F64_CONST, Op.F64_CONST, Immediate.BYTES_8, 0, 1)
  .add(0x45, 0x45, NONE, 1, 1) // i32.eqz
  .add(0x46, 0x4f, NONE, 2, 1) // comparisons of i32
  .add(0x50, 0x50, NONE, 1, 1) // i64.eqz
  .add(0x51, 0x5a, NONE, 2, 1) // comparisons of i64
  .add(0x5b, 0x60, NONE, 2, 1, TAKES_F32) // comparisons of f32
  .add(0x61, 0x66, NONE, 2, 1, TAKES_F64) // comparisons of f64
  .add(0x67, 0x69, NONE, 1, 1) // i32.clz, ctz, popcnt
  .add(0x6a, 0x78, NONE, 2, 1) // arithmetic of i32
  .add(0x79, 0x7b, NONE, 1, 1) // i64.clz, ctz, popcnt
  .add(0x7c, 0x8a, NONE, 2, 1) // arithmetic of i64
  .add(0x8b, 0x8c, NONE, 1, 1, MOVES) // f32.abs, neg
  .add(0x8d, 0x91, NONE, 1, 1, F32) // f32.ceil, floor, trunc, nearest, sqrt
  .add(0x92, 0x97, NONE, 2, 1, F32) // f32.add, sub, mul, div, min, max
  .add(0x98, 0x98, NONE, 2, 1, COPIES_SIGN)
  .add(0x99, 0x9a, NONE, 1, 1, MOVES) // f64.abs, neg
  .add(0x9b, 0x9f, NONE, 1, 1, F64)
  .add(0xa0, 0xa5, NONE, 2, 1, F64)
  .add(0xa6, 0xa6, NONE, 2, 1, COPIES_SIGN)
  .add(0xa7, 0xa7, NONE, 1, 1) // i32.wrap_i64
  .add(0xa8, 0xa9, NONE, 1, 1, TAKES_F32) // i32.trunc_f32
  .add(0xaa, 0xab, NONE, 1, 1, TAKES_F64) // i32.trunc_f64
  .add(0xac, 0xad, NONE, 1, 1) // i64.extend_i32
  .add(0xae, 0xaf, NONE, 1, 1, TAKES_F32) // i64.trunc_f32
  .add(0xb0, 0xb1, NONE, 1, 1, TAKES_F64) // i64.trunc_f64
  .add(0xb2, 0xb5, NONE, 1, 1) // f32.convert
  .add(0xb6, 0xb6, NONE, 1, 1, F32) // f32.demote_f64
  .add(0xb7, 0xba, NONE, 1, 1) // f64.convert
  .add(0xbb, 0xbb, NONE, 1, 1, F64) // f64.promote_f32
  .add(0xbc, 0xbf, NONE, 1, 1) // reinterpret
  .add(0xc0, 0xc4, NONE, 1, 1) // sign extension
  .add(0xd0, 0xd0, Immediate.HEAP_TYPE, 0, 1) // ref.null
  .add(0xd1, 0xd1, NONE, 1, 1) // ref.is_null
  .add(0xd2, 0xd2, INDEX, 0, 1) // ref.func
  .add(0xd3, 0xd3, NONE, 2, 1) // ref.eq
  .add(0xd4, 0xd4, NONE, 1, 1) // ref.as_non_null
  .add(Op.BR_ON_NULL, Op.BR_ON_NON_NULL, LABEL, SPECIAL, 0)

/** After 0xfc. */
export const Misc = {
  MEMORY_INIT: 8,
  DATA_DROP: 9,
  MEMORY_COPY: 10,
  MEMORY_FILL: 11,
  TABLE_INIT: 12,
  ELEM_DROP: 13,
  TABLE_COPY: 14,
  TABLE_GROW: 15,
  TABLE_FILL: 17,
} as const
export const MISC: Space = new Space(32)
  .add(0, 1, NONE, 1, 1, TAKES_F32) // i32.trunc_sat_f32
  .add(2, 3, NONE, 1, 1, TAKES_F64)
  .add(4, 5, NONE, 1, 1, TAKES_F32) // i64.trunc_sat_f32
  .add(6, 7, NONE, 1, 1, TAKES_F64)
  .add(Misc.MEMORY_INIT, Misc.MEMORY_INIT, INDEX_INDEX, 3, 0)
  .add(Misc.DATA_DROP, Misc.DATA_DROP, INDEX, 0, 0)
  .add(Misc.MEMORY_COPY, Misc.MEMORY_COPY, INDEX_INDEX, 3, 0)
  .add(Misc.MEMORY_FILL, Misc.MEMORY_FILL, INDEX, 3, 0)
  .add(Misc.TABLE_INIT, Misc.TABLE_INIT, INDEX_INDEX, 3, 0)
  .add(Misc.ELEM_DROP, Misc.ELEM_DROP, INDEX, 0, 0)
  .add(Misc.TABLE_COPY, Misc.TABLE_COPY, INDEX_INDEX, 3, 0)
  .add(Misc.TABLE_GROW, Misc.TABLE_GROW, INDEX, 2, 1)
  .add(16, 16, INDEX, 0, 1) // table.size
  .add(Misc.TABLE_FILL, Misc.TABLE_FILL, INDEX, 3, 0)

/** After 0xfb. */
export const Gc = { STRUCT_NEW: 0, ARRAY_NEW_FIXED: 8, BR_ON_CAST: 24, BR_ON_CAST_FAIL: 25 } as const
export const GC: Space = new Space(32)
  .add(Gc.STRUCT_NEW, Gc.STRUCT_NEW, INDEX, SPECIAL, 0)
  .add(1, 1, INDEX, 0, 1) // struct.new_default
  .add(2, 4, INDEX_INDEX, 1, 1) // struct.get
  .add(5, 5, INDEX_INDEX, 2, 0) // struct.set
  .add(6, 6, INDEX, 2, 1) // array.new
  .add(7, 7, INDEX, 1, 1) // array.new_default
  .add(Gc.ARRAY_NEW_FIXED, Gc.ARRAY_NEW_FIXED, INDEX_INDEX, SPECIAL, 0)
  .add(9, 10, INDEX_INDEX, 2, 1) // array.new_data, array.new_elem
  .add(11, 13, INDEX, 2, 1) // array.get
  .add(14, 14, INDEX, 3, 0) // array.set
  .add(15, 15, NONE, 1, 1) // array.len
  .add(16, 16, INDEX, 4, 0) // array.fill
  .add(17, 17, INDEX_INDEX, 5, 0) // array.copy
  .add(18, 19, INDEX_INDEX, 4, 0) // array.init_data, array.init_elem
  .add(20, 23, Immediate.HEAP_TYPE, 1, 1) // ref.test, ref.cast
  .add(Gc.BR_ON_CAST, Gc.BR_ON_CAST_FAIL, Immediate.CAST_LABEL, SPECIAL, 0)
  .add(26, 30, NONE, 1, 1) // any.convert_extern, extern.convert_any, ref.i31, i31.get

/** After 0xfe. Waiting is refused by name: with one thread nothing would ever wake it. */
export const Atomic = { WAIT_32: 1, WAIT_64: 2 } as const
export const ATOMIC: Space = new Space(128)
  .add(0, 0, MEMARG, 2, 1) // memory.atomic.notify
  .add(Atomic.WAIT_32, Atomic.WAIT_64, MEMARG, 3, 1)
  .add(3, 3, Immediate.FLAGS, 0, 0) // atomic.fence
  .add(0x10, 0x16, MEMARG, 1, 1) // loads
  .add(0x17, 0x1d, MEMARG, 2, 0) // stores
  .add(0x1e, 0x47, MEMARG, 2, 1) // read-modify-write
  .add(0x48, 0x4e, MEMARG, 3, 1) // compare and exchange

/** After 0xfd: those with a name in the code, and the first of the relaxed ones. */
export const Simd = {
  RELAXED: 0x100,
  SWIZZLE: 0x0e,
} as const
export const SIMD: Space = new Space(0x120)
  .add(0x00, 0x0a, MEMARG, 1, 1) // loads
  .add(0x0b, 0x0b, MEMARG, 2, 0) // v128.store
  .add(0x0c, 0x0c, Immediate.BYTES_16, 0, 1) // v128.const
  .add(0x0d, 0x0d, Immediate.BYTES_16, 2, 1) // i8x16.shuffle
  .add(0x0e, 0x0e, NONE, 2, 1) // i8x16.swizzle
  .add(0x0f, 0x14, NONE, 1, 1) // splat
  .add(0x15, 0x16, LANE, 1, 1) // extract and replace lanes
  .add(0x17, 0x17, LANE, 2, 1)
  .add(0x18, 0x19, LANE, 1, 1)
  .add(0x1a, 0x1a, LANE, 2, 1)
  .add(0x1b, 0x1b, LANE, 1, 1)
  .add(0x1c, 0x1c, LANE, 2, 1)
  .add(0x1d, 0x1d, LANE, 1, 1)
  .add(0x1e, 0x1e, LANE, 2, 1)
  .add(0x1f, 0x1f, LANE, 1, 1)
  .add(0x20, 0x20, LANE, 2, 1)
  .add(0x21, 0x21, LANE, 1, 1)
  .add(0x22, 0x22, LANE, 2, 1)
  .add(0x23, 0x40, NONE, 2, 1) // comparisons of integers
  .add(0x41, 0x46, NONE, 2, 1, TAKES_F32X4)
  .add(0x47, 0x4c, NONE, 2, 1, TAKES_F64X2)
  .add(0x4d, 0x4d, NONE, 1, 1) // v128.not
  .add(0x4e, 0x51, NONE, 2, 1) // v128.and, andnot, or, xor
  .add(0x52, 0x52, NONE, 3, 1) // v128.bitselect
  .add(0x53, 0x53, NONE, 1, 1) // v128.any_true
  .add(0x54, 0x57, MEMARG_LANE, 2, 1) // load a lane
  .add(0x58, 0x5b, MEMARG_LANE, 2, 0) // store a lane
  .add(0x5c, 0x5d, MEMARG, 1, 1) // load and zero the rest
  .add(0x5e, 0x5e, NONE, 1, 1, F32X4) // f32x4.demote_f64x2_zero
  .add(0x5f, 0x5f, NONE, 1, 1, F64X2) // f64x2.promote_low_f32x4
  .add(0x60, 0x64, NONE, 1, 1) // i8x16
  .add(0x65, 0x66, NONE, 2, 1)
  .add(0x67, 0x6a, NONE, 1, 1, F32X4) // f32x4.ceil, floor, trunc, nearest
  .add(0x6b, 0x73, NONE, 2, 1)
  .add(0x74, 0x75, NONE, 1, 1, F64X2) // f64x2.ceil, floor
  .add(0x76, 0x79, NONE, 2, 1)
  .add(0x7a, 0x7a, NONE, 1, 1, F64X2) // f64x2.trunc
  .add(0x7b, 0x7b, NONE, 2, 1)
  .add(0x7c, 0x81, NONE, 1, 1) // extadd_pairwise; i16x8.abs, neg
  .add(0x82, 0x82, NONE, 2, 1)
  .add(0x83, 0x84, NONE, 1, 1)
  .add(0x85, 0x86, NONE, 2, 1)
  .add(0x87, 0x8a, NONE, 1, 1)
  .add(0x8b, 0x93, NONE, 2, 1)
  .add(0x94, 0x94, NONE, 1, 1, F64X2) // f64x2.nearest
  .add(0x95, 0x99, NONE, 2, 1)
  .add(0x9b, 0x9f, NONE, 2, 1)
  .add(0xa0, 0xa1, NONE, 1, 1) // i32x4
  .add(0xa3, 0xa4, NONE, 1, 1)
  .add(0xa7, 0xaa, NONE, 1, 1)
  .add(0xab, 0xae, NONE, 2, 1)
  .add(0xb1, 0xb1, NONE, 2, 1)
  .add(0xb5, 0xba, NONE, 2, 1)
  .add(0xbc, 0xbf, NONE, 2, 1)
  .add(0xc0, 0xc1, NONE, 1, 1) // i64x2
  .add(0xc3, 0xc4, NONE, 1, 1)
  .add(0xc7, 0xca, NONE, 1, 1)
  .add(0xcb, 0xce, NONE, 2, 1)
  .add(0xd1, 0xd1, NONE, 2, 1)
  .add(0xd5, 0xdf, NONE, 2, 1)
  .add(0xe0, 0xe1, NONE, 1, 1, MOVES) // f32x4.abs, neg
  .add(0xe3, 0xe3, NONE, 1, 1, F32X4) // f32x4.sqrt
  .add(0xe4, 0xe9, NONE, 2, 1, F32X4) // f32x4.add, sub, mul, div, min, max
  .add(0xea, 0xeb, NONE, 2, 1, SEES) // f32x4.pmin, pmax give one of the two as it is
  .add(0xec, 0xed, NONE, 1, 1, MOVES) // f64x2.abs, neg
  .add(0xef, 0xef, NONE, 1, 1, F64X2)
  .add(0xf0, 0xf5, NONE, 2, 1, F64X2)
  .add(0xf6, 0xf7, NONE, 2, 1, SEES)
  .add(0xf8, 0xf9, NONE, 1, 1, TAKES_F32X4) // i32x4.trunc_sat_f32x4
  .add(0xfa, 0xfb, NONE, 1, 1) // f32x4.convert_i32x4
  .add(0xfc, 0xfd, NONE, 1, 1, TAKES_F64X2) // i32x4.trunc_sat_f64x2_zero
  .add(0xfe, 0xff, NONE, 1, 1) // f64x2.convert_low_i32x4
  .add(0x100, 0x100, NONE, 2, 1) // i8x16.relaxed_swizzle
  .add(0x101, 0x102, NONE, 1, 1, TAKES_F32X4) // i32x4.relaxed_trunc_f32x4
  .add(0x103, 0x104, NONE, 1, 1, TAKES_F64X2) // i32x4.relaxed_trunc_f64x2_zero
  .add(0x105, 0x106, NONE, 3, 1, F32X4) // f32x4.relaxed_madd, nmadd
  .add(0x107, 0x108, NONE, 3, 1, F64X2) // f64x2.relaxed_madd, nmadd
  .add(0x109, 0x10c, NONE, 3, 1) // relaxed_laneselect
  .add(0x10d, 0x10e, NONE, 2, 1, F32X4) // f32x4.relaxed_min, max
  .add(0x10f, 0x110, NONE, 2, 1, F64X2) // f64x2.relaxed_min, max
  .add(0x111, 0x111, NONE, 2, 1) // i16x8.relaxed_q15mulr_s
  .add(0x112, 0x112, NONE, 2, 1) // i16x8.relaxed_dot_i8x16_i7x16_s
  .add(0x113, 0x113, NONE, 3, 1) // i32x4.relaxed_dot_i8x16_i7x16_add_s
