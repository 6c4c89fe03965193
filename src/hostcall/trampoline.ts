/**
 * A small wasm module that stands between a guest and our handlers, for what JavaScript cannot do well:
 * - a call with i64 parameters becomes one with two i32 for each, since an i64 that reaches JavaScript is a new BigInt;
 * - `trap` ends a guest for good, since a guest's catch_all catches what JavaScript throws but not a trap.
 */

import { isCallName, type Param, type Signature, signatures } from '../abi/signatures.ts'
import {
  encodeModule,
  exportEntry,
  functionType,
  I32,
  I64,
  importEntry,
  KIND_FUNCTION,
  leb,
  type WasmBytes,
} from './wasm_bytes.ts'

const UNREACHABLE = 0x00
const CALL = 0x10
const LOCAL_GET = 0x20
const I64_CONST = 0x42
const I64_SHR_U = 0x88
const I32_WRAP_I64 = 0xa7

/** Whether the call goes through the trampoline: it has an i64 parameter. */
export function isSplit(signature: Signature): boolean {
  return signature.params.some((param) => param.type === 'i64')
}

/**
 * The bytes of the trampoline for the calls `names`.
 *
 * For each that has i64 parameters it imports `h.<name>`, which takes each i64 as two i32, low word then high word, in
 * its place and returns what the call returns, and exports `<name>` with the call's own type. As all i32 from wasm,
 * the words are signed in JavaScript. The other calls are left out: give the guest their handlers as they are.
 * It also exports `trap`, which takes nothing and never returns. The module has no state, so compile it once.
 *
 * wasi_unstable has the same wasm types, so one trampoline serves both. Throws a TypeError on a name that is no call.
 */
export function buildTrampoline(names: readonly string[]): Uint8Array {
  const calls = Array.from(new Set(names), signatureOf).filter(isSplit)
  const results = [I32]
  // Types 2i and 2i+1 are the import's and the export's of call i; the last is that of trap.
  const types = calls.flatMap(({ params }) => [
    functionType(params.flatMap(splitType), results),
    functionType(params.map(wasmType), results),
  ])
  const trap = calls.length
  return encodeModule({
    types: [...types, functionType([], [])],
    imports: calls.map(({ name }, index) => importEntry('h', name, [KIND_FUNCTION, ...leb(2 * index)])),
    functions: [...calls.map((_, index) => leb(2 * index + 1)), leb(2 * trap)],
    exports: [
      ...calls.map(({ name }, index) => exportEntry(name, KIND_FUNCTION, calls.length + index)),
      exportEntry('trap', KIND_FUNCTION, calls.length + trap),
    ],
    bodies: [...calls.map(({ params }, index) => [...params.flatMap(pushSplit), CALL, ...leb(index)]), [UNREACHABLE]],
  })
}

function signatureOf(name: string): Signature {
  if (!isCallName(name))
    throw new TypeError(`"${name}" is not a WASI call; see src/abi/signatures.ts for those there are`)
  return signatures[name]
}

function wasmType({ type }: Param): number {
  return type === 'i64' ? I64 : I32
}

function splitType({ type }: Param): WasmBytes {
  return type === 'i64' ? [I32, I32] : [I32]
}

/** Pushes parameter `index`: as it is, or its low word and then its high word. */
function pushSplit({ type }: Param, index: number): WasmBytes {
  const get = [LOCAL_GET, ...leb(index)]
  if (type === 'i32') return get
  return [...get, I32_WRAP_I64, ...get, I64_CONST, 32, I64_SHR_U, I32_WRAP_I64]
}
