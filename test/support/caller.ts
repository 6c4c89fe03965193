/** A guest that only forwards: a test calls its exports, and so makes hostcalls through real wasm. */

import { callNames, isCallName, signatures } from '../../src/abi/signatures.ts'
import {
  encodeModule,
  exportEntry,
  functionType,
  I32,
  I64,
  importEntry,
  KIND_FUNCTION,
  KIND_MEMORY,
  leb,
} from '../../src/abi/wasm_bytes.ts'
import { unstableCallNames } from '../../src/unstable/signatures.ts'

/** What the guest imports. */
export interface CallerOptions {
  /** Default `wasi_snapshot_preview1`. */
  readonly module?: 'wasi_snapshot_preview1' | 'wasi_unstable'
  /** The calls that it forwards. Default: all that `module` has, so not sock_accept in `wasi_unstable`. */
  readonly names?: readonly string[]
  /** Where the memory, 1 page of at most 16, comes from; an imported one is `env.memory`. Default `own`. */
  readonly memory?: 'own' | 'imported' | 'shared' | 'imported shared'
}

/** The first and the greatest size of the memory, in pages of 64 KiB. */
export const CALLER_PAGES = 1
export const CALLER_MAX_PAGES = 16

const LOCAL_GET = 0x20
const CALL = 0x10
const MEMORY_GROW = [0x40, 0x00]
const made = new Map<string, Uint8Array>()

/**
 * The bytes of a module that exports `memory`, one function for each call, of the call's name and type, and
 * `memory_grow`, which takes a number of pages and returns the old number or -1. It has neither `_start` nor
 * `_initialize`. The bytes of the same options are made once: do not write to them.
 */
export function callerModule(options: CallerOptions = {}): Uint8Array {
  const { module = 'wasi_snapshot_preview1', memory = 'own' } = options
  const names = options.names ?? (module === 'wasi_unstable' ? unstableCallNames : callNames)
  const key = [module, memory, ...names].join()
  const bytes = made.get(key) ?? build(module, names, memory)
  made.set(key, bytes)
  return bytes
}

function build(module: string, names: readonly string[], memory: string): Uint8Array {
  const calls = names.map((name) => {
    if (!isCallName(name)) throw new TypeError(`"${name}" is not a WASI call`)
    return signatures[name]
  })
  const limits = [memory.includes('shared') ? 3 : 1, ...leb(CALLER_PAGES), ...leb(CALLER_MAX_PAGES)]
  const isImported = memory.includes('imported')
  return encodeModule({
    types: [
      ...calls.map(({ params, returns }) =>
        functionType(
          params.map(({ type }) => (type === 'i64' ? I64 : I32)),
          returns === 'errno' ? [I32] : [],
        ),
      ),
      functionType([I32], [I32]),
    ],
    imports: [
      ...calls.map(({ name }, index) => importEntry(module, name, [KIND_FUNCTION, ...leb(index)])),
      ...(isImported ? [importEntry('env', 'memory', [KIND_MEMORY, ...limits])] : []),
    ],
    functions: [...calls, undefined].map((_, index) => leb(index)),
    memories: isImported ? [] : [limits],
    exports: [
      exportEntry('memory', KIND_MEMORY, 0),
      ...calls.map(({ name }, index) => exportEntry(name, KIND_FUNCTION, calls.length + index)),
      exportEntry('memory_grow', KIND_FUNCTION, 2 * calls.length),
    ],
    bodies: [
      ...calls.map(({ params }, index) => [
        ...params.flatMap((_, local) => [LOCAL_GET, ...leb(local)]),
        CALL,
        ...leb(index),
      ]),
      [LOCAL_GET, 0, ...MEMORY_GROW],
    ],
  })
}
