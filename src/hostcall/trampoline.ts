/**
 * A small wasm module that stands between a guest and our handlers, for what JavaScript cannot do well:
 * - a call with i64 parameters becomes one with two i32 for each, since an i64 that reaches JavaScript is a new BigInt;
 * - every call has its type, so that a guest which imports it with another one does not link, where a JavaScript
 *   function would be given what it cannot use (engines see through the re-export, so it costs nothing);
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
} from '../abi/wasm_bytes.ts'
import { CALL, I32_WRAP_I64, I64_CONST, I64_SHR_U, LOCAL_GET, UNREACHABLE } from '../abi/wasm_code.ts'

/** Whether the call's words differ from its parameters: it has an i64 parameter. */
export function isSplit(signature: Signature): boolean {
  return signature.params.some((param) => param.type === 'i64')
}

/**
 * The bytes of the trampoline for the calls `names`.
 *
 * For each it imports `h.<name>`, which takes each i64 as two i32, low word then high word, in its place and returns
 * what the call returns, and exports `<name>` with the call's own type. As all i32 from wasm, the words are signed in
 * JavaScript. It also exports `trap`, which takes nothing and never returns. The module has no state, so compile it once.
 *
 * wasi_unstable has the same wasm types, so one trampoline serves both. Throws a TypeError on a name that is no call.
 */
export function buildTrampoline(names: readonly string[]): Uint8Array {
  const calls = Array.from(new Set(names), signatureOf)
  const split = calls.filter(isSplit)
  const trap = calls.length + split.length
  // The types of the imports, then those of the functions, of which the last is that of trap.
  const types = [
    ...calls.map((call) => functionType(call.params.flatMap(splitType), resultsOf(call))),
    ...split.map((call) => functionType(call.params.map(wasmType), resultsOf(call))),
    functionType([], []),
  ]
  return encodeModule({
    types,
    imports: calls.map(({ name }, index) => importEntry('h', name, [KIND_FUNCTION, ...leb(index)])),
    functions: [...split, 'trap'].map((_, index) => leb(calls.length + index)),
    exports: [
      ...calls.map((call, index) => {
        return exportEntry(call.name, KIND_FUNCTION, isSplit(call) ? calls.length + split.indexOf(call) : index)
      }),
      exportEntry('trap', KIND_FUNCTION, trap),
    ],
    bodies: [
      ...split.map((call) => [...call.params.flatMap(pushSplit), CALL, ...leb(calls.indexOf(call))]),
      [UNREACHABLE],
    ],
  })
}

function signatureOf(name: string): Signature {
  if (!isCallName(name))
    throw new TypeError(`"${name}" is not a WASI call; see src/abi/signatures.ts for those there are`)
  return signatures[name]
}

function resultsOf({ returns }: Signature): WasmBytes {
  return returns === 'errno' ? [I32] : []
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
