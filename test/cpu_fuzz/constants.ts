/** Constants that floats go wrong with: NaNs with all kinds of bits, infinities, zeros of both signs. */

import type { Choices } from './choices.ts'
import { type Bytes, F32, F64, FUNCREF, I32, I64, s32, s64, type Type, V128 } from './encoder.ts'
import type { Arithmetic } from './operators.ts'

const NAN_32 = [0, 0, 0xc0, 0x7f]
const NAN_64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
/** The constant, the comparison, and which instruction takes one of two. */
export const CANONICAL: { readonly [made in Arithmetic]: { type: Type; nan: Bytes; equal: Bytes; choose: Bytes } } = {
  f32: { type: F32, nan: [0x43, ...NAN_32], equal: [0x5b], choose: [0x1b] },
  f64: { type: F64, nan: [0x44, ...NAN_64], equal: [0x61], choose: [0x1b] },
  f32x4: {
    type: V128,
    nan: [0xfd, 0x0c, ...NAN_32, ...NAN_32, ...NAN_32, ...NAN_32],
    equal: [0xfd, 0x41],
    choose: [0xfd, 0x52],
  },
  f64x2: { type: V128, nan: [0xfd, 0x0c, ...NAN_64, ...NAN_64], equal: [0xfd, 0x47], choose: [0xfd, 0x52] },
}
export const FLOATS_32: readonly Bytes[] = [
  [0, 0, 0x80, 0x3f],
  [0, 0, 0, 0],
  [0, 0, 0, 0x80],
  [0, 0, 0x80, 0x7f],
  [0, 0, 0x80, 0xff],
  NAN_32,
  [1, 2, 0xc3, 0xff],
  [5, 0, 0xa0, 0x7f],
  [0xff, 0xff, 0x7f, 0x7f],
  [1, 0, 0, 0],
  [0, 0, 0, 0x4f],
  [0, 0, 0x80, 0x7f],
  [3, 0, 0xc0, 0x7f],
  [0, 0, 0x80, 0xff],
]
export const FLOATS_64: readonly Bytes[] = [
  [0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
  [0, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0, 0x80],
  [0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
  [0, 0, 0, 0, 0, 0, 0xf0, 0xff],
  NAN_64,
  [1, 2, 3, 4, 5, 6, 0xf9, 0xff],
  [5, 0, 0, 0, 0, 0, 0xf4, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xef, 0x7f],
  [1, 0, 0, 0, 0, 0, 0, 0],
  [0, 0, 0, 0, 0, 0, 0xe0, 0x43],
  [0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
  [3, 0, 0, 0, 0, 0, 0xf8, 0x7f],
  [0, 0, 0, 0, 0, 0, 0xf0, 0xff],
]
const WHOLE: readonly bigint[] = [0n, 1n, -1n, 7n, 64n, 0x7fffffffn, -0x80000000n, 0x7fc00001n, 0x7ff4000000000001n]

/** An instruction that leaves a constant of the type; null for a reference. */
export function constantOf(choices: Choices, type: Type): Bytes {
  switch (type) {
    case I32:
      return [0x41, ...s32(Number(BigInt.asIntN(32, choices.of(WHOLE))))]
    case I64:
      return [0x42, ...s64(choices.of(WHOLE))]
    case F32:
      return [0x43, ...choices.of(FLOATS_32)]
    case F64:
      return [0x44, ...choices.of(FLOATS_64)]
    case V128:
      return choices.oneIn(2)
        ? [0xfd, 0x0c, ...choices.of(FLOATS_64), ...choices.of(FLOATS_64)]
        : [0xfd, 0x0c, ...[0, 1, 2, 3].flatMap(() => choices.of(FLOATS_32))]
    default:
      return [0xd0, FUNCREF]
  }
}
