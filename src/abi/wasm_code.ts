/** The instructions that the small modules made by hand are of. */

import { leb, type WasmBytes } from './wasm_bytes.ts'

export const UNREACHABLE = 0x00
export const BLOCK = 0x02
export const LOOP = 0x03
export const END = 0x0b
export const BR = 0x0c
export const BR_IF = 0x0d
export const CALL = 0x10
export const LOCAL_GET = 0x20
export const LOCAL_SET = 0x21
export const LOCAL_TEE = 0x22
export const I32_CONST = 0x41
export const I64_CONST = 0x42
export const I32_EQZ = 0x45
export const I32_ADD = 0x6a
export const I32_SUB = 0x6b
export const I64_SHR_U = 0x88
export const I32_WRAP_I64 = 0xa7
/** The type of a block that has none. */
export const NO_RESULT = 0x40

export const V128_LOAD: WasmBytes = simd(0x00)
export const V128_STORE: WasmBytes = simd(0x0b)
export const V128_CONST: WasmBytes = simd(0x0c)
export const I8X16_SWIZZLE: WasmBytes = simd(0x0e)
export const I32X4_SPLAT: WasmBytes = simd(0x11)
export const I32X4_EXTRACT_LANE: WasmBytes = simd(0x1b)
export const V128_XOR: WasmBytes = simd(0x51)
export const I32X4_SHL: WasmBytes = simd(0xab)
export const I32X4_SHR_U: WasmBytes = simd(0xad)
export const I32X4_ADD: WasmBytes = simd(0xae)
export const I32X4_MUL: WasmBytes = simd(0xb5)

/** Pushes a vector of four words. */
export function vectorConstant(words: readonly number[]): WasmBytes {
  return [...V128_CONST, ...words.flatMap((word) => [0, 8, 16, 24].map((bits) => (word >>> bits) & 0xff))]
}

function simd(code: number): WasmBytes {
  return [0xfd, ...leb(code)]
}
