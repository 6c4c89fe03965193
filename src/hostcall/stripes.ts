/**
 * The stripes of the trace digest, computed by a small wasm module that imports the guest's own memory: with SIMD a
 * payload costs a third of what it costs in JavaScript. It gives the same digest, so where an engine cannot do it
 * (no SIMD, a memory of another type) nothing changes but the time.
 */

import { ROUND, STRIPE, STRIPE_LANES, type Stripes, type TraceHash } from '../../kernel/trace_hash.ts'
import {
  encodeModule,
  exportEntry,
  functionType,
  I32,
  importEntry,
  KIND_FUNCTION,
  KIND_MEMORY,
  leb,
  signedLeb,
  V128,
  type WasmBytes,
} from '../abi/wasm_bytes.ts'

const LOOP = 0x03
const END = 0x0b
const BR_IF = 0x0d
const CALL = 0x10
const LOCAL_GET = 0x20
const LOCAL_SET = 0x21
const LOCAL_TEE = 0x22
const I32_CONST = 0x41
const I32_ADD = 0x6a
const I32_SUB = 0x6b
const NO_RESULT = 0x40

const V128_LOAD = simd(0x00)
const V128_CONST = simd(0x0c)
const I32X4_EXTRACT_LANE = simd(0x1b)
const V128_OR = simd(0x50)
const I32X4_SHL = simd(0xab)
const I32X4_SHR_U = simd(0xad)
const I32X4_ADD = simd(0xae)
const I32X4_MUL = simd(0xb5)

const VECTORS = STRIPE / 16
/** The parameters and locals: where to read, how many stripes are left, the vectors, two factors, and one to rotate. */
const [START, COUNT, FIRST] = [0, 1, 2]
const INPUT_FACTOR = FIRST + VECTORS
const LANE_FACTOR = INPUT_FACTOR + 1
const ROTATED = LANE_FACTOR + 1

/** One module for all guests, made when the first needs it. */
const made: { module?: WebAssembly.Module } = {}

/** Absorbs stripes of `memory` into whatever hash `guest` then has; `undefined` where the engine cannot. */
export function stripesOf(
  memory: WebAssembly.Memory,
  guest: { readonly hash: TraceHash | undefined },
): Stripes | undefined {
  try {
    made.module ??= new WebAssembly.Module(build())
    const words = (a: number, b: number, c: number, d: number): void => guest.hash?.words(a, b, c, d)
    const { stripes } = new WebAssembly.Instance(made.module, { h: { memory, words } }).exports
    return stripes as Stripes
  } catch {
    return undefined
  }
}

function build(): Uint8Array {
  return encodeModule({
    types: [functionType([I32, I32, I32, I32], []), functionType([I32, I32], [])],
    imports: [importEntry('h', 'words', [KIND_FUNCTION, 0]), importEntry('h', 'memory', [KIND_MEMORY, 0, 0])],
    functions: [leb(1)],
    exports: [exportEntry('stripes', KIND_FUNCTION, 1)],
    locals: [[...leb(VECTORS + 3), V128]],
    bodies: [body()],
  })
}

function body(): WasmBytes {
  const vectors = Array.from({ length: VECTORS }, (_, vector) => vector)
  return [
    ...vectors.flatMap((vector) => [
      ...constant(STRIPE_LANES.slice(4 * vector, 4 * vector + 4)),
      LOCAL_SET,
      FIRST + vector,
    ]),
    ...[...constant(new Array(4).fill(ROUND.input)), LOCAL_SET, INPUT_FACTOR],
    ...[...constant(new Array(4).fill(ROUND.lane)), LOCAL_SET, LANE_FACTOR],
    ...[LOOP, NO_RESULT],
    ...vectors.flatMap((vector) => round(FIRST + vector, [LOCAL_GET, START, ...V128_LOAD, 0, ...leb(16 * vector)])),
    ...[LOCAL_GET, START, I32_CONST, ...signedLeb(STRIPE), I32_ADD, LOCAL_SET, START],
    ...[LOCAL_GET, COUNT, I32_CONST, 1, I32_SUB, LOCAL_TEE, COUNT, BR_IF, 0, END],
    ...vectors.slice(1).flatMap((vector) => round(FIRST, [LOCAL_GET, FIRST + vector])),
    ...[0, 1, 2, 3].flatMap((lane) => [LOCAL_GET, FIRST, ...I32X4_EXTRACT_LANE, lane]),
    ...[CALL, 0],
  ]
}

/** A round of the vector in local `vector`; `input` pushes what it absorbs. */
function round(vector: number, input: WasmBytes): WasmBytes {
  const { rotate } = ROUND
  return [
    ...[LOCAL_GET, vector, ...input, LOCAL_GET, INPUT_FACTOR, ...I32X4_MUL, ...I32X4_ADD, LOCAL_TEE, ROTATED],
    ...[I32_CONST, rotate, ...I32X4_SHL, LOCAL_GET, ROTATED, I32_CONST, 32 - rotate, ...I32X4_SHR_U, ...V128_OR],
    ...[LOCAL_GET, LANE_FACTOR, ...I32X4_MUL, LOCAL_SET, vector],
  ]
}

/** Pushes a vector of four words. */
function constant(words: readonly number[]): WasmBytes {
  return [...V128_CONST, ...words.flatMap((word) => [0, 8, 16, 24].map((bits) => (word >>> bits) & 0xff))]
}

function simd(code: number): WasmBytes {
  return [0xfd, ...leb(code)]
}
