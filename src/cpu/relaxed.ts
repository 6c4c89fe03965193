/**
 * Relaxed SIMD as it is where nothing is left to the CPU: each instruction as ordinary ones, one of the results that
 * its proposal allows. Products and sums are rounded each (never fused), what is out of range saturates or is 0, a NaN
 * makes a NaN.
 */

import { leb, type WasmBytes } from '../abi/wasm_bytes.ts'
import { Op } from './opcodes.ts'

const [GET, SET] = [Op.LOCAL_GET, Op.LOCAL_SET]
const I8X16_SHUFFLE = 0x0d
const I16X8_EXTMUL_LOW_S = 0x9c
const I16X8_EXTMUL_HIGH_S = 0x9d
const I16X8_ADD = 0x8e
const I32X4_EXTADD_PAIRWISE_S = 0x7e
const I32X4_ADD = 0xae
/** The even, and the odd, 16-bit lanes of two vectors. */
const EVEN = [0, 1, 4, 5, 8, 9, 12, 13, 16, 17, 20, 21, 24, 25, 28, 29]
const ODD = EVEN.map((lane) => lane + 2)

/** Those that are one ordinary instruction. */
const SAME: { readonly [code: number]: number } = {
  256: 0x0e, // swizzle
  257: 0xf8, // trunc_sat
  258: 0xf9,
  259: 0xfc,
  260: 0xfd,
  265: 0x52, // bitselect
  266: 0x52,
  267: 0x52,
  268: 0x52,
  269: 0xe8, // min and max
  270: 0xe9,
  271: 0xf4,
  272: 0xf5,
  273: 0x82, // q15mulr_sat
}

/** Multiplication, negation where there is one, and addition. */
const PRODUCTS: { readonly [code: number]: readonly number[] } = {
  261: [0xe6, 0xe4],
  262: [0xe6, 0xe1, 0xe4],
  263: [0xf2, 0xf0],
  264: [0xf2, 0xed, 0xf0],
}
const DOT = 0x112

/** Vectors that have to be put aside for the relaxed instruction `code`. */
export function vectorTemporaries(code: number): number {
  return SAME[code] !== undefined ? 0 : PRODUCTS[code] !== undefined ? 1 : code === DOT ? 2 : 3
}

/** The instructions in place of `code`; `temporary` is the first of the locals for vectors put aside. */
export function relaxedLowering(code: number, temporary: number): readonly number[] {
  const same = SAME[code]
  if (same !== undefined) return simd(same)
  const [a, b, c] = [temporary, temporary + 1, temporary + 2].map(leb) as [WasmBytes, WasmBytes, WasmBytes]
  const product = PRODUCTS[code]
  if (product !== undefined) {
    const last = product[product.length - 1] as number
    return [SET, ...a, ...product.slice(0, -1).flatMap(simd), GET, ...a, ...simd(last)]
  }
  const both = [GET, ...a, GET, ...b]
  const dot = [
    ...[SET, ...b, SET, ...a],
    ...[...both, ...simd(I16X8_EXTMUL_LOW_S), ...both, ...simd(I16X8_EXTMUL_HIGH_S), SET, ...b, SET, ...a],
    ...[...both, ...simd(I8X16_SHUFFLE), ...EVEN, ...both, ...simd(I8X16_SHUFFLE), ...ODD, ...simd(I16X8_ADD)],
  ]
  if (code === DOT) return dot
  return [SET, ...c, ...dot, ...simd(I32X4_EXTADD_PAIRWISE_S), GET, ...c, ...simd(I32X4_ADD)]
}

function simd(code: number): WasmBytes {
  return [Op.SIMD, ...leb(code)]
}
