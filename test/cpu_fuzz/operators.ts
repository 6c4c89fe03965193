/**
 * The instructions that the generator draws from: what each takes and leaves, and of which shape its result is where
 * arithmetic may leave a NaN. Written from the specification, apart from the table of the rewriter.
 */

import { type Bytes, F32, F64, I32, I64, type Type, u32, V128 } from './encoder.ts'

/** The shape of a result that arithmetic made. */
export type Arithmetic = 'f32' | 'f64' | 'f32x4' | 'f64x2'

export interface Operator {
  readonly code: Bytes
  readonly takes: readonly Type[]
  readonly gives: Type
  readonly arithmetic: Arithmetic | undefined
  /** Of relaxed SIMD: what it is where nothing is left to the CPU; operands are on the stack. */
  readonly relaxed: number | undefined
  /** May trap. */
  readonly traps: boolean
}

export const OPERATORS: Operator[] = []

function add(from: number, to: number, takes: readonly Type[], gives: Type, arithmetic?: Arithmetic): void {
  for (let code = from; code <= to; code++) {
    const divides = (code >= 0x6d && code <= 0x70) || (code >= 0x7f && code <= 0x82)
    const truncates = (code >= 0xa8 && code <= 0xab) || (code >= 0xae && code <= 0xb1)
    OPERATORS.push({ code: [code], takes, gives, arithmetic, relaxed: undefined, traps: divides || truncates })
  }
}

function prefixed(
  prefix: number,
  from: number,
  to: number,
  takes: readonly Type[],
  gives: Type,
  made?: Arithmetic,
): void {
  for (let code = from; code <= to; code++) {
    OPERATORS.push({
      code: [prefix, ...u32(code)],
      takes,
      gives,
      arithmetic: made,
      relaxed: prefix === 0xfd && code >= 0x100 ? code : undefined,
      traps: false,
    })
  }
}

add(0x45, 0x45, [I32], I32)
add(0x46, 0x4f, [I32, I32], I32)
add(0x50, 0x50, [I64], I32)
add(0x51, 0x5a, [I64, I64], I32)
add(0x5b, 0x60, [F32, F32], I32)
add(0x61, 0x66, [F64, F64], I32)
add(0x67, 0x69, [I32], I32)
add(0x6a, 0x78, [I32, I32], I32)
add(0x79, 0x7b, [I64], I64)
add(0x7c, 0x8a, [I64, I64], I64)
add(0x8b, 0x8c, [F32], F32)
add(0x8d, 0x91, [F32], F32, 'f32')
add(0x92, 0x97, [F32, F32], F32, 'f32')
add(0x98, 0x98, [F32, F32], F32)
add(0x99, 0x9a, [F64], F64)
add(0x9b, 0x9f, [F64], F64, 'f64')
add(0xa0, 0xa5, [F64, F64], F64, 'f64')
add(0xa6, 0xa6, [F64, F64], F64)
add(0xa7, 0xa7, [I64], I32)
add(0xa8, 0xa9, [F32], I32)
add(0xaa, 0xab, [F64], I32)
add(0xac, 0xad, [I32], I64)
add(0xae, 0xaf, [F32], I64)
add(0xb0, 0xb1, [F64], I64)
add(0xb2, 0xb3, [I32], F32)
add(0xb4, 0xb5, [I64], F32)
add(0xb6, 0xb6, [F64], F32, 'f32')
add(0xb7, 0xb8, [I32], F64)
add(0xb9, 0xba, [I64], F64)
add(0xbb, 0xbb, [F32], F64, 'f64')
add(0xbc, 0xbc, [F32], I32)
add(0xbd, 0xbd, [F64], I64)
add(0xbe, 0xbe, [I32], F32)
add(0xbf, 0xbf, [I64], F64)
add(0xc0, 0xc1, [I32], I32)
add(0xc2, 0xc4, [I64], I64)
prefixed(0xfc, 0, 1, [F32], I32)
prefixed(0xfc, 2, 3, [F64], I32)
prefixed(0xfc, 4, 5, [F32], I64)
prefixed(0xfc, 6, 7, [F64], I64)

const one = [V128]
const two = [V128, V128]
const three = [V128, V128, V128]
prefixed(0xfd, 0x0e, 0x0e, two, V128)
prefixed(0xfd, 0x0f, 0x11, [I32], V128)
prefixed(0xfd, 0x12, 0x12, [I64], V128)
prefixed(0xfd, 0x13, 0x13, [F32], V128)
prefixed(0xfd, 0x14, 0x14, [F64], V128)
prefixed(0xfd, 0x23, 0x4c, two, V128)
prefixed(0xfd, 0x4d, 0x4d, one, V128)
prefixed(0xfd, 0x4e, 0x51, two, V128)
prefixed(0xfd, 0x52, 0x52, three, V128)
prefixed(0xfd, 0x53, 0x53, one, I32)
prefixed(0xfd, 0x5e, 0x5e, one, V128, 'f32x4')
prefixed(0xfd, 0x5f, 0x5f, one, V128, 'f64x2')
prefixed(0xfd, 0x60, 0x62, one, V128)
prefixed(0xfd, 0x63, 0x64, one, I32)
prefixed(0xfd, 0x65, 0x66, two, V128)
prefixed(0xfd, 0x67, 0x6a, one, V128, 'f32x4')
prefixed(0xfd, 0x6b, 0x6d, [V128, I32], V128)
prefixed(0xfd, 0x6e, 0x73, two, V128)
prefixed(0xfd, 0x74, 0x75, one, V128, 'f64x2')
prefixed(0xfd, 0x76, 0x79, two, V128)
prefixed(0xfd, 0x7a, 0x7a, one, V128, 'f64x2')
prefixed(0xfd, 0x7b, 0x7b, two, V128)
prefixed(0xfd, 0x7c, 0x7f, one, V128)
prefixed(0xfd, 0x80, 0x81, one, V128)
prefixed(0xfd, 0x82, 0x82, two, V128)
prefixed(0xfd, 0x83, 0x84, one, I32)
prefixed(0xfd, 0x85, 0x86, two, V128)
prefixed(0xfd, 0x87, 0x8a, one, V128)
prefixed(0xfd, 0x8b, 0x8d, [V128, I32], V128)
prefixed(0xfd, 0x8e, 0x93, two, V128)
prefixed(0xfd, 0x94, 0x94, one, V128, 'f64x2')
prefixed(0xfd, 0x95, 0x99, two, V128)
prefixed(0xfd, 0x9b, 0x9f, two, V128)
prefixed(0xfd, 0xa0, 0xa1, one, V128)
prefixed(0xfd, 0xa3, 0xa4, one, I32)
prefixed(0xfd, 0xa7, 0xaa, one, V128)
prefixed(0xfd, 0xab, 0xad, [V128, I32], V128)
prefixed(0xfd, 0xae, 0xae, two, V128)
prefixed(0xfd, 0xb1, 0xb1, two, V128)
prefixed(0xfd, 0xb5, 0xba, two, V128)
prefixed(0xfd, 0xbc, 0xbf, two, V128)
prefixed(0xfd, 0xc0, 0xc1, one, V128)
prefixed(0xfd, 0xc3, 0xc4, one, I32)
prefixed(0xfd, 0xc7, 0xca, one, V128)
prefixed(0xfd, 0xcb, 0xcd, [V128, I32], V128)
prefixed(0xfd, 0xce, 0xce, two, V128)
prefixed(0xfd, 0xd1, 0xd1, two, V128)
prefixed(0xfd, 0xd5, 0xdf, two, V128)
// Twice each, what is about floats: f32x4, f64x2.
for (let again = 0; again < 2; again++) {
  prefixed(0xfd, 0xe0, 0xe1, one, V128)
  prefixed(0xfd, 0xe3, 0xe3, one, V128, 'f32x4')
  prefixed(0xfd, 0xe4, 0xe9, two, V128, 'f32x4')
  prefixed(0xfd, 0xea, 0xeb, two, V128)
  prefixed(0xfd, 0xec, 0xed, one, V128)
  prefixed(0xfd, 0xef, 0xef, one, V128, 'f64x2')
  prefixed(0xfd, 0xf0, 0xf5, two, V128, 'f64x2')
  prefixed(0xfd, 0xf6, 0xf7, two, V128)
  prefixed(0xfd, 0xf8, 0xfd, one, V128)
}
prefixed(0xfd, 0xfe, 0xff, one, V128)
prefixed(0xfd, 0x100, 0x100, two, V128)
prefixed(0xfd, 0x101, 0x104, one, V128)
prefixed(0xfd, 0x105, 0x106, three, V128, 'f32x4')
prefixed(0xfd, 0x107, 0x108, three, V128, 'f64x2')
prefixed(0xfd, 0x109, 0x10c, three, V128)
prefixed(0xfd, 0x10d, 0x10e, two, V128, 'f32x4')
prefixed(0xfd, 0x10f, 0x110, two, V128, 'f64x2')
prefixed(0xfd, 0x111, 0x112, two, V128)
prefixed(0xfd, 0x113, 0x113, three, V128)

/** Instructions with a lane after them. */
export const LANES: readonly {
  readonly code: number
  readonly takes: Type[]
  readonly gives: Type
  readonly lanes: number
}[] = [
  { code: 0x15, takes: one, gives: I32, lanes: 16 },
  { code: 0x16, takes: one, gives: I32, lanes: 16 },
  { code: 0x17, takes: [V128, I32], gives: V128, lanes: 16 },
  { code: 0x18, takes: one, gives: I32, lanes: 8 },
  { code: 0x19, takes: one, gives: I32, lanes: 8 },
  { code: 0x1a, takes: [V128, I32], gives: V128, lanes: 8 },
  { code: 0x1b, takes: one, gives: I32, lanes: 4 },
  { code: 0x1c, takes: [V128, I32], gives: V128, lanes: 4 },
  { code: 0x1d, takes: one, gives: I64, lanes: 2 },
  { code: 0x1e, takes: [V128, I64], gives: V128, lanes: 2 },
  { code: 0x1f, takes: one, gives: F32, lanes: 4 },
  { code: 0x20, takes: [V128, F32], gives: V128, lanes: 4 },
  { code: 0x21, takes: one, gives: F64, lanes: 2 },
  { code: 0x22, takes: [V128, F64], gives: V128, lanes: 2 },
]

/** Loads: opcode, type, and how far it may be aligned. */
export const LOADS: readonly { readonly code: Bytes; readonly gives: Type; readonly align: number }[] = [
  { code: [0x28], gives: I32, align: 2 },
  { code: [0x29], gives: I64, align: 3 },
  { code: [0x2a], gives: F32, align: 2 },
  { code: [0x2b], gives: F64, align: 3 },
  { code: [0x2c], gives: I32, align: 0 },
  { code: [0x2f], gives: I32, align: 1 },
  { code: [0x31], gives: I64, align: 0 },
  { code: [0x35], gives: I64, align: 2 },
  { code: [0xfd, 0], gives: V128, align: 4 },
  { code: [0xfd, 1], gives: V128, align: 3 },
  { code: [0xfd, 9], gives: V128, align: 2 },
  { code: [0xfd, 0x0a], gives: V128, align: 3 },
  { code: [0xfd, 0x5c], gives: V128, align: 2 },
  { code: [0xfd, 0x5d], gives: V128, align: 3 },
]

export const STORES: readonly { readonly code: Bytes; readonly takes: Type; readonly align: number }[] = [
  { code: [0x36], takes: I32, align: 2 },
  { code: [0x37], takes: I64, align: 3 },
  { code: [0x38], takes: F32, align: 2 },
  { code: [0x39], takes: F64, align: 3 },
  { code: [0x3a], takes: I32, align: 0 },
  { code: [0x3e], takes: I64, align: 2 },
  { code: [0xfd, 0x0b], takes: V128, align: 4 },
]
