/** What the rewriter keeps of a module's types: how many values go in and out, and which of them are floating-point. */

import type { Reader } from './reader.ts'

/** Of a value type only this is told apart. */
export const Value = { OTHER: 0, F32: 1, F64: 2, V128: 3 } as const

export interface FunctionType {
  readonly params: Uint8Array
  /** How many results. */
  readonly results: number
  /** The encoded types of the results, one after the other. */
  readonly encoded: Uint8Array
  /** Whether a parameter or a result is a vector. */
  readonly vectors: boolean
}

/** A type of the module; a structure has a number of fields, all else none. */
export interface ModuleType {
  readonly function: FunctionType | undefined
  readonly fields: number
}

/** What engines take: without a bound a short module could ask for a very long time. */
const VALUES_MAX = 1_000
const FIELDS_MAX = 10_000

/** Reads one value type, and says what it is. */
export function readValueType(reader: Reader): number {
  const at = reader.at
  const code = reader.u8()
  switch (code) {
    case 0x7f:
    case 0x7e:
      return Value.OTHER
    case 0x7d:
      return Value.F32
    case 0x7c:
      return Value.F64
    case 0x7b:
      return Value.V128
    case 0x63:
    case 0x64:
      readHeapType(reader)
      return Value.OTHER
    default:
      if (!isAbstractHeap(code)) reader.refuse(`there is no value type 0x${code.toString(16)}`, at)
      return Value.OTHER
  }
}

export function readHeapType(reader: Reader): void {
  const at = reader.at
  const code = reader.s33()
  if (code < 0 && !isAbstractHeap(code + 0x80)) reader.refuse(`there is no heap type ${code}`, at)
}

/** `exn` to `func` and the bottom types, as one byte each. */
function isAbstractHeap(code: number): boolean {
  return code >= 0x69 && code <= 0x74
}

/** Reads the type section; the types in order of their indexes. */
export function readTypes(reader: Reader): ModuleType[] {
  const types: ModuleType[] = []
  for (let groups = reader.count(); groups > 0; groups--) {
    if (reader.bytes[reader.at] === 0x4e) {
      reader.u8()
      for (let left = reader.count(); left > 0; left--) types.push(readSubType(reader))
    } else types.push(readSubType(reader))
  }
  return types
}

function readSubType(reader: Reader): ModuleType {
  const at = reader.at
  let form = reader.u8()
  if (form === 0x50 || form === 0x4f) {
    for (let supers = reader.count(); supers > 0; supers--) reader.u32()
    form = reader.u8()
  }
  switch (form) {
    case 0x60:
      return { function: readFunctionType(reader), fields: 0 }
    case 0x5f: {
      const fields = atMost(reader, FIELDS_MAX, 'fields')
      for (let left = fields; left > 0; left--) readField(reader)
      return { function: undefined, fields }
    }
    case 0x5e:
      readField(reader)
      return { function: undefined, fields: 0 }
    default:
      return reader.refuse(`there is no kind of type 0x${form.toString(16)}`, at)
  }
}

function readFunctionType(reader: Reader): FunctionType {
  const params = Uint8Array.from({ length: atMost(reader, VALUES_MAX, 'parameters') }, () => readValueType(reader))
  const results = atMost(reader, VALUES_MAX, 'results')
  const from = reader.at
  let vectors = params.includes(Value.V128)
  for (let left = results; left > 0; left--) if (readValueType(reader) === Value.V128) vectors = true
  return { params, results, encoded: reader.bytes.slice(from, reader.at), vectors }
}

function readField(reader: Reader): void {
  const packed = reader.bytes[reader.at]
  if (packed === 0x78 || packed === 0x77) reader.u8()
  else readValueType(reader)
  reader.u8()
}

function atMost(reader: Reader, most: number, what: string): number {
  const at = reader.at
  const count = reader.count()
  if (count > most) reader.refuse(`a type has ${count} ${what}; engines take ${most}`, at)
  return count
}
