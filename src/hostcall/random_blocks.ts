/**
 * Blocks of the seeded stream, made by a small wasm module: four words at a time by SIMD, which takes a fifth of what
 * JavaScript does. They are the same bytes, so where an engine cannot do it nothing changes but the time.
 */

import { BLOCK_WORDS, type Blocks, LAG, WEYL } from '../../kernel/random.ts'
import {
  encodeModule,
  exportEntry,
  functionType,
  I32,
  KIND_FUNCTION,
  KIND_MEMORY,
  leb,
  signedLeb,
  V128,
  type WasmBytes,
} from '../abi/wasm_bytes.ts'
import {
  BR_IF,
  END,
  I32_ADD,
  I32_CONST,
  I32_SUB,
  I32X4_ADD,
  I32X4_SHL,
  I32X4_SHR_U,
  I32X4_SPLAT,
  LOCAL_GET,
  LOCAL_SET,
  LOCAL_TEE,
  LOOP,
  NO_RESULT,
  V128_LOAD,
  V128_STORE,
  V128_XOR,
  vectorConstant,
} from '../abi/wasm_code.ts'

const LANES = 4
const VECTOR = 16
const STATE_BYTES = 4 * BLOCK_WORDS
/** Where the blocks are, after the state and the words of it that are read beyond its end. */
const OUT = 2 * STATE_BYTES
const MOST = 128
const PAGES = 2

/** What was made when it was first asked for: one, or none where the engine cannot. */
const made: (Blocks | undefined)[] = []

/** `undefined` where the engine cannot. */
export function randomBlocks(): Blocks | undefined {
  if (made.length === 0) made.push(newRandomBlocks())
  return made[0]
}

export function newRandomBlocks(): Blocks | undefined {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(buildBlocks()))
    const { buffer } = exports.memory as WebAssembly.Memory
    const make = exports.make as (count: number, weyl: number) => void
    const words = new Int32Array(buffer, 0, BLOCK_WORDS)
    const bytes = new Uint8Array(buffer, OUT)
    return {
      most: MOST,
      make(state, weyl, count) {
        words.set(state)
        make(count, weyl)
        state.set(words)
        return bytes.subarray(0, count * STATE_BYTES)
      },
    }
  } catch {
    return undefined
  }
}

/** `make(count, weyl)`: the next blocks from `OUT` on, of the state at 0. */
function buildBlocks(): Uint8Array {
  const [count, weyl, out, w, v, t] = [0, 1, 2, 3, 4, 5]
  const load = (at: number, into: number): WasmBytes => [I32_CONST, 0, ...V128_LOAD, 2, ...leb(at), LOCAL_SET, into]
  const store = (base: WasmBytes, at: number, value: WasmBytes): WasmBytes => {
    return [...base, ...value, ...V128_STORE, 2, ...leb(at)]
  }
  const get = (local: number): WasmBytes => [LOCAL_GET, local]
  const mixed = (local: number, shift: WasmBytes, by: number): WasmBytes => {
    return [...get(local), ...get(local), I32_CONST, by, ...shift, ...V128_XOR]
  }
  const mix = (local: number, shift: WasmBytes, by: number): WasmBytes => [
    ...mixed(local, shift, by),
    ...[LOCAL_SET, local],
  ]
  const step = (word: number): WasmBytes => [
    ...[...load(4 * (word + LAG), v), ...mix(v, I32X4_SHL, 13), ...mix(v, I32X4_SHR_U, 15)],
    ...[...load(4 * word, t), ...mix(t, I32X4_SHL, 17), ...mix(t, I32X4_SHR_U, 12)],
    ...[...get(v), ...get(t), ...V128_XOR, LOCAL_SET, v],
    ...store([I32_CONST, 0], 4 * word, get(v)),
    // The state is a ring: its first words are read again behind its end.
    ...(word < LAG + LANES - 1 ? store([I32_CONST, 0], STATE_BYTES + 4 * word, get(v)) : []),
    ...store(get(out), 4 * word, [...get(v), ...mixed(w, I32X4_SHR_U, 16), ...I32X4_ADD]),
    ...[...get(w), ...vector(LANES, LANES, LANES, LANES), ...I32X4_ADD, LOCAL_SET, w],
  ]
  const steps = Array.from({ length: BLOCK_WORDS / LANES }, (_, index) => step(LANES * index))
  return encodeModule({
    types: [functionType([I32, I32], [])],
    imports: [],
    functions: [leb(0)],
    memories: [[1, PAGES, PAGES]],
    exports: [exportEntry('make', KIND_FUNCTION, 0), exportEntry('memory', KIND_MEMORY, 0)],
    locals: [
      [1, I32],
      [3, V128],
    ],
    bodies: [
      [
        ...[...get(weyl), ...I32X4_SPLAT, ...vector(1, 2, 3, LANES), ...I32X4_ADD, LOCAL_SET, w],
        ...[I32_CONST, ...signedLeb(OUT), LOCAL_SET, out],
        ...[LOOP, NO_RESULT],
        ...steps.flat(),
        ...[...get(out), I32_CONST, ...signedLeb(VECTOR * (BLOCK_WORDS / LANES)), I32_ADD, LOCAL_SET, out],
        ...[...get(count), I32_CONST, 1, I32_SUB, LOCAL_TEE, count, BR_IF, 0],
        END,
      ],
    ],
  })
}

/** Pushes a vector of so many times the step of the Weyl sequence. */
function vector(...times: number[]): WasmBytes {
  return vectorConstant(times.map((n) => Math.imul(n, WEYL)))
}
