/**
 * Puts WebAssembly modules together as bytes. It knows the format and nothing of the rewriter, so that a mistake in one
 * is not made again in the other.
 */

export type Bytes = readonly number[]

/** Value types by their codes in the binary. */
export const I32 = 0x7f
export const I64 = 0x7e
export const F32 = 0x7d
export const F64 = 0x7c
export const V128 = 0x7b
export const FUNCREF = 0x70
export type Type = number

/** An unsigned LEB128. */
export function u32(value: number): number[] {
  const out: number[] = []
  let rest = value >>> 0
  for (; rest > 0x7f; rest >>>= 7) out.push((rest & 0x7f) | 0x80)
  out.push(rest)
  return out
}

/** A signed LEB128. */
export function s64(value: bigint): number[] {
  const out: number[] = []
  let rest = value
  for (; rest < -64n || rest > 63n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80)
  out.push(Number(rest & 0x7fn))
  return out
}

export function s32(value: number): number[] {
  return s64(BigInt(value | 0))
}

function vector(items: readonly Bytes[]): number[] {
  return [...u32(items.length), ...items.flat()]
}

function name(text: string): number[] {
  return [...u32(text.length), ...Array.from(text, (char) => char.charCodeAt(0))]
}

export interface Signature {
  readonly params: readonly Type[]
  readonly results: readonly Type[]
}

export interface Import {
  readonly name: string
  readonly signature: Signature
}

export interface Body {
  readonly signature: Signature
  /** Types of the locals after the parameters. */
  readonly locals: readonly Type[]
  /** Without the last `end`. */
  readonly code: Bytes
}

export interface GlobalEntry {
  readonly type: Type
  readonly mutable: boolean
  /** Without the `end`. */
  readonly init: Bytes
}

export interface Limits {
  readonly least: number
  readonly most: number | undefined
}

export interface Parts {
  readonly types: Types
  readonly imports: readonly Import[]
  readonly functions: readonly Body[]
  readonly globals: readonly GlobalEntry[]
  /** Parameters of each tag. */
  readonly tags: readonly Signature[]
  readonly memory: Limits
  readonly table: Limits
  /** What the table starts with: all functions, again and again. */
  readonly elements: readonly number[]
  readonly data: Bytes
  readonly exports: readonly { readonly name: string; readonly kind: number; readonly index: number }[]
  readonly start: number | undefined
}

/** The function types of a module, each once. */
export class Types {
  readonly #entries: number[][] = []
  readonly #indexes = new Map<string, number>()

  index({ params, results }: Signature): number {
    const entry = [0x60, ...u32(params.length), ...params, ...u32(results.length), ...results]
    const key = entry.join()
    let index = this.#indexes.get(key)
    if (index === undefined) {
      index = this.#entries.push(entry) - 1
      this.#indexes.set(key, index)
    }
    return index
  }

  bytes(): number[] {
    return vector(this.#entries)
  }
}

function limits({ least, most }: Limits): number[] {
  return most === undefined ? [0, ...u32(least)] : [1, ...u32(least), ...u32(most)]
}

function body({ locals, code }: Body): number[] {
  const groups: number[][] = []
  for (let at = 0; at < locals.length; ) {
    const type = locals[at] as Type
    let end = at
    while (locals[end] === type) end++
    groups.push([...u32(end - at), type])
    at = end
  }
  const content = [...vector(groups), ...code, 0x0b]
  return [...u32(content.length), ...content]
}

export function encode(parts: Parts): Uint8Array<ArrayBuffer> {
  const { types, imports, functions, globals, tags, exports, elements, data, start } = parts
  const bodies = functions.map(body)
  const signatures = functions.map(({ signature }) => u32(types.index(signature)))
  const imported = imports.map(({ name: text, signature }) => [
    ...name('h'),
    ...name(text),
    0,
    ...u32(types.index(signature)),
  ])
  const tagged = tags.map((signature) => [0, ...u32(types.index(signature))])
  const out: number[] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const section = (id: number, content: Bytes): void => {
    out.push(id, ...u32(content.length))
    for (const byte of content) out.push(byte)
  }
  section(1, types.bytes())
  section(2, vector(imported))
  section(3, vector(signatures))
  section(4, [1, FUNCREF, ...limits(parts.table)])
  section(5, [1, ...limits(parts.memory)])
  if (tags.length > 0) section(13, vector(tagged))
  section(6, vector(globals.map(({ type, mutable, init }) => [type, mutable ? 1 : 0, ...init, 0x0b])))
  section(7, vector(exports.map(({ name: text, kind, index }) => [...name(text), kind, ...u32(index)])))
  if (start !== undefined) section(8, u32(start))
  // The first fills the table, the second is there to be used by table.init.
  const functionIndexes = vector(elements.map((index) => u32(index)))
  section(9, [2, 0, 0x41, 0, 0x0b, ...functionIndexes, 1, 0, ...functionIndexes])
  section(12, [2])
  section(10, vector(bodies))
  section(11, [2, 0, 0x41, ...s32(64), 0x0b, ...u32(data.length), ...data, 1, ...u32(data.length), ...data])
  return Uint8Array.from(out)
}

/** The same module under another name: an engine that keeps compiled code does not know it again. */
export function renamed(bytes: Uint8Array, text: string): Uint8Array<ArrayBuffer> {
  const content = name(text)
  return Uint8Array.from([...bytes, 0, ...u32(content.length), ...content])
}
