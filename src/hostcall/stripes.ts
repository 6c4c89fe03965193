/**
 * The stripes of the trace digest, computed by small wasm modules: with SIMD they cost a tenth of what they cost in
 * JavaScript. One works on the buffer of the digest, one on the guest's own memory, so that long pieces need not be
 * copied. They give the same digest, so where an engine cannot do it (no SIMD, a memory of another type) nothing
 * changes but the time.
 */

import {
  BUFFER_WORDS,
  FACTOR,
  FIRST_STATE,
  LAST_STRIPES,
  type PieceStripes,
  STATE_WORDS,
  STRIPE_WORDS,
  type Stripes,
  TraceBuffer,
} from '../../kernel/trace_hash.ts'
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
import {
  BLOCK,
  BR,
  BR_IF,
  CALL,
  END,
  I8X16_SWIZZLE,
  I32_ADD,
  I32_CONST,
  I32_EQZ,
  I32_SUB,
  I32X4_ADD,
  I32X4_EXTRACT_LANE,
  I32X4_MUL,
  LOCAL_GET,
  LOCAL_SET,
  LOOP,
  NO_RESULT,
  V128_CONST,
  V128_LOAD,
  V128_STORE,
  V128_XOR,
  vectorConstant,
} from '../abi/wasm_code.ts'

const STRIPE = 4 * STRIPE_WORDS
/** The vectors of a state, by their numbers. */
const VECTORS = Array.from({ length: STATE_WORDS / 4 }, (_, vector) => vector)
/** Where each byte of a turned vector comes from. */
const TURN = Array.from({ length: 16 }, (_, byte) => (byte + 3) % 16)

/** Made when first needed: the buffer of all digests of this thread, and the module for the memories of guests. */
const made: { buffer?: TraceBuffer; module?: WebAssembly.Module } = {}

/** The buffer that the digests of all runs share. */
export function traceBuffer(): TraceBuffer {
  made.buffer ??= newTraceBuffer()
  return made.buffer
}

/** A buffer whose stripes wasm computes, once that pays, where the engine can. */
export function newTraceBuffer(): TraceBuffer {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    const words = new Int32Array(memory.buffer, 0, BUFFER_WORDS)
    return new TraceBuffer(words, () => fasterOn(memory))
  } catch {
    return new TraceBuffer()
  }
}

/** Hashes stripes of `memory` and puts what they come to into `buffer`; `undefined` where the engine cannot. */
export function stripesOf(memory: WebAssembly.Memory, buffer: TraceBuffer): PieceStripes | undefined {
  try {
    made.module ??= new WebAssembly.Module(buildPiece())
    const words = (a: number, b: number, c: number, d: number): void => buffer.put(a, b, c, d)
    const { stripes } = new WebAssembly.Instance(made.module, { h: { memory, words } }).exports
    return stripes as PieceStripes
  } catch {
    return undefined
  }
}

function fasterOn(memory: WebAssembly.Memory): Stripes | undefined {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(buildBuffer()), { h: { memory } })
    return exports as unknown as Stripes
  } catch {
    return undefined
  }
}

/** `hash` and `sum` as `Stripes` has them, on the imported memory. */
function buildBuffer(): Uint8Array {
  const [from, to] = [0, 1]
  const code = new StripeCode(2, 3)
  const hash = [...VECTORS.flatMap((k) => [...load(from, 16 * k), LOCAL_SET, code.vector(k)]), ...code.loop()]
  const store = (k: number): WasmBytes => [LOCAL_GET, to, LOCAL_GET, code.vector(k), ...V128_STORE, 0, ...leb(16 * k)]
  return encodeModule({
    types: [functionType([I32, I32, I32, I32], [])],
    imports: [importEntry('h', 'memory', [KIND_MEMORY, 0, 0])],
    functions: [leb(0), leb(0)],
    exports: [exportEntry('hash', KIND_FUNCTION, 0), exportEntry('sum', KIND_FUNCTION, 1)],
    locals: [code.locals],
    bodies: [
      [...hash, ...VECTORS.flatMap(store)],
      [...hash, ...code.sum(), ...store(0)],
    ],
  })
}

/** `stripes` as the type `PieceStripes` says, on the imported memory; it calls the imported `words`. */
function buildPiece(): Uint8Array {
  const code = new StripeCode(0, 1)
  return encodeModule({
    types: [functionType([I32, I32, I32, I32], []), functionType([I32, I32], [])],
    imports: [importEntry('h', 'words', [KIND_FUNCTION, 0]), importEntry('h', 'memory', [KIND_MEMORY, 0, 0])],
    functions: [leb(1)],
    exports: [exportEntry('stripes', KIND_FUNCTION, 1)],
    locals: [code.locals],
    bodies: [
      [
        ...VECTORS.flatMap((k) => [...vectorConstant(FIRST_STATE.slice(4 * k, 4 * k + 4)), LOCAL_SET, code.vector(k)]),
        ...code.loop(),
        ...code.sum(),
        ...[0, 1, 2, 3].flatMap((lane) => [LOCAL_GET, code.vector(0), ...I32X4_EXTRACT_LANE, lane]),
        ...[CALL, 0],
      ],
    ],
  })
}

/** The code that both have, in a function whose parameters `start` and `count` are the last. */
class StripeCode {
  readonly #start: number
  readonly #count: number
  readonly #factor: number
  readonly #turn: number
  readonly locals: WasmBytes

  constructor(start: number, count: number) {
    this.#start = start
    this.#count = count
    this.#factor = this.vector(VECTORS.length)
    this.#turn = this.#factor + 1
    this.locals = [...leb(VECTORS.length + 2), V128]
  }

  /** The local of vector `k` of the state. */
  vector(k: number): number {
    return this.#count + 1 + k
  }

  /** Takes in all stripes. Each data vector is loaded where it is needed, which takes less time than to keep it. */
  loop(): WasmBytes {
    const [start, count] = [this.#start, this.#count]
    return [
      ...[...vectorConstant([FACTOR, FACTOR, FACTOR, FACTOR]), LOCAL_SET, this.#factor],
      ...[...V128_CONST, ...TURN, LOCAL_SET, this.#turn],
      ...[BLOCK, NO_RESULT, LOOP, NO_RESULT, LOCAL_GET, count, I32_EQZ, BR_IF, 1],
      ...VECTORS.flatMap((k) => {
        const next = k + 1 < VECTORS.length ? 32 * (k + 1) + 16 : 0
        return this.#step(k, load(start, 32 * k), load(start, 32 * k + 16), load(start, next))
      }),
      ...[LOCAL_GET, start, I32_CONST, ...signedLeb(STRIPE), I32_ADD, LOCAL_SET, start],
      ...[LOCAL_GET, count, I32_CONST, 1, I32_SUB, LOCAL_SET, count, BR, 0, END, END],
    ]
  }

  /** Takes in the stripes of zeros at the end, and makes one vector, the first, of all. */
  sum(): WasmBytes {
    const zero = vectorConstant([0, 0, 0, 0])
    const code: number[] = []
    for (let i = 0; i < LAST_STRIPES; i++) code.push(...VECTORS.flatMap((k) => this.#step(k, zero, zero, zero)))
    for (let half = VECTORS.length / 2; half >= 1; half /= 2) {
      for (let k = 0; k < half; k++) {
        code.push(...[LOCAL_GET, this.vector(k), ...this.#turned(), LOCAL_GET, this.#factor, ...I32X4_MUL])
        code.push(...[LOCAL_GET, this.vector(k + half), ...I32X4_ADD, LOCAL_SET, this.vector(k)])
      }
    }
    return code
  }

  /** One vector of the state takes in two of a stripe, and the next one of the state with another of the stripe. */
  #step(k: number, v: WasmBytes, w: WasmBytes, next: WasmBytes): WasmBytes {
    return [
      ...[LOCAL_GET, this.vector(k), ...v, ...V128_XOR, ...this.#turned()],
      ...[...w, ...I32X4_ADD, LOCAL_GET, this.#factor, ...I32X4_MUL],
      ...[LOCAL_GET, this.vector((k + 1) % VECTORS.length), ...next, ...V128_XOR],
      ...[...I32X4_ADD, LOCAL_SET, this.vector(k)],
    ]
  }

  #turned(): WasmBytes {
    return [LOCAL_GET, this.#turn, ...I8X16_SWIZZLE]
  }
}

/** Pushes the vector `offset` bytes after the address in a local. */
function load(address: number, offset: number): WasmBytes {
  return [LOCAL_GET, address, ...V128_LOAD, 0, ...leb(offset)]
}
