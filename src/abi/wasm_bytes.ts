/**
 * The binary format of WebAssembly, as far as small modules made by hand need it: sections in, bytes out.
 */

/** Bytes to be joined. */
export type WasmBytes = readonly number[]

/** The value types. */
export const I32 = 0x7f
export const I64 = 0x7e
export const F32 = 0x7d
export const F64 = 0x7c
export const V128 = 0x7b

const END = 0x0b

/** The kinds of imports and exports. */
export const KIND_FUNCTION = 0
export const KIND_TABLE = 1
export const KIND_MEMORY = 2
export const KIND_GLOBAL = 3

/** The sections of a module, by their numbers. */
export const SECTION_NAMES: readonly string[] = [
  'custom',
  'type',
  'import',
  'function',
  'table',
  'memory',
  'global',
  'export',
  'start',
  'element',
  'code',
  'data',
  'data count',
  'tag',
]

/** `value` as unsigned LEB128. Preconditions: 0 <= value < 2^31. */
export function leb(value: number): WasmBytes {
  const out: number[] = []
  let rest = value
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  out.push(rest)
  return out
}

/** `value` as signed LEB128. Preconditions: it is a safe integer. */
export function signedLeb(value: number): WasmBytes {
  const out: number[] = []
  let rest = value
  while (rest < -0x40 || rest > 0x3f) {
    out.push((((rest % 128) + 128) % 128) | 0x80)
    rest = Math.floor(rest / 128)
  }
  out.push(rest & 0x7f)
  return out
}

/** An ASCII name, with its length before it. */
export function name(text: string): WasmBytes {
  return [...leb(text.length), ...Array.from(text, (char) => char.charCodeAt(0))]
}

/** A function type. */
export function functionType(params: WasmBytes, results: WasmBytes): WasmBytes {
  return [0x60, ...leb(params.length), ...params, ...leb(results.length), ...results]
}

/** An import; `description` is the kind and what it needs, such as the index of a type. */
export function importEntry(from: string, field: string, description: WasmBytes): WasmBytes {
  return [...name(from), ...name(field), ...description]
}

/** An export of the `index`th item of a kind. */
export function exportEntry(field: string, kind: number, index: number): WasmBytes {
  return [...name(field), kind, ...leb(index)]
}

/** The parts of a module, entry by entry. */
export interface ModuleParts {
  readonly types: readonly WasmBytes[]
  readonly imports: readonly WasmBytes[]
  /** The type index of each function that the module defines. */
  readonly functions: readonly WasmBytes[]
  readonly memories?: readonly WasmBytes[]
  readonly globals?: readonly WasmBytes[]
  readonly exports: readonly WasmBytes[]
  /** The instructions of each function, without its `end`. */
  readonly bodies: readonly WasmBytes[]
  /** The locals of every function, in groups, each a count and a type. Default none. */
  readonly locals?: readonly WasmBytes[]
}

/** The bytes of a module. */
export function encodeModule(parts: ModuleParts): Uint8Array {
  const { locals = [] } = parts
  const bodies = parts.bodies.map((body) => {
    const code = [...leb(locals.length), ...locals.flat(), ...body, END]
    return [...leb(code.length), ...code]
  })
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, parts.types),
    ...section(2, parts.imports),
    ...section(3, parts.functions),
    ...section(5, parts.memories ?? []),
    ...section(6, parts.globals ?? []),
    ...section(7, parts.exports),
    ...section(10, bodies),
  ])
}

function section(id: number, entries: readonly WasmBytes[]): WasmBytes {
  if (entries.length === 0) return []
  const content = [...leb(entries.length), ...entries.flat()]
  return [id, ...leb(content.length), ...content]
}
