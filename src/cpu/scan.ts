/** The first look at a module: where its sections are, and what the code can refer to. Code and data are gone over. */

import { VivariumError } from '../error.ts'
import { skipImmediate } from './immediates.ts'
import { GC, Gc, MISC, Op, PLAIN, SIMD, SPECIAL, type Space } from './opcodes.ts'
import { Reader } from './reader.ts'
import { type ModuleType, readTypes, readValueType } from './types.ts'

export const Section = {
  CUSTOM: 0,
  TYPE: 1,
  IMPORT: 2,
  FUNCTION: 3,
  TABLE: 4,
  MEMORY: 5,
  GLOBAL: 6,
  EXPORT: 7,
  START: 8,
  ELEMENT: 9,
  CODE: 10,
  DATA: 11,
  DATA_COUNT: 12,
  TAG: 13,
} as const

/** The sections in the order in which they come. */
export const ORDER: readonly number[] = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]
const NAMES = 'custom type import function table memory global export start element code data data-count tag'.split(' ')

/** Where the content of a section is. */
export interface Place {
  readonly id: number
  readonly from: number
  readonly to: number
}

/** A memory or a table, which can grow. */
export interface Growable {
  /** Whether its sizes are i64. */
  readonly wide: boolean
  /** What it starts with at least, and the most that it declares: pages or elements. */
  readonly least: number
  readonly most: number
  /** The encoded type of a table's elements. */
  readonly element: Uint8Array
  /** Whether other instances or the host may have it too: it is imported, or a memory that is shared. */
  readonly foreign: boolean
}

/** A global that the module defines, and where its constant expression is, the end of that not included. */
export interface OwnGlobal {
  readonly index: number
  readonly mutable: boolean
  readonly from: number
  readonly to: number
  readonly allocates: boolean
}

export interface Scan {
  readonly sections: Place[]
  types: readonly ModuleType[]
  /** Type indexes, imported ones first. */
  readonly functions: number[]
  readonly tags: number[]
  readonly memories: Growable[]
  readonly tables: Growable[]
  /** How many there are, with the imported ones. */
  globals: number
  readonly ownGlobals: OwnGlobal[]
  /** Whether the host can change a global. */
  importsMutable: boolean
  /** Whether an element of a table or of a segment is an object that is made when the module is instantiated. */
  elementsAllocate: boolean
  importedFunctions: number
  /** Where the function types of the imports end: bodies are of the functions from here on. */
  readonly exports: string[]
  start: number | undefined
}

const NO_BYTES = new Uint8Array(0)
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

/** @throws VivariumError `BAD_MODULE` where the bytes are no module that can be rewritten. */
export function scan(bytes: Uint8Array): Scan {
  const reader = new Reader(bytes, 'header')
  checkHeader(bytes)
  reader.skip(HEADER.length)
  const found: Scan = {
    sections: [],
    types: [],
    functions: [],
    tags: [],
    memories: [],
    tables: [],
    globals: 0,
    ownGlobals: [],
    importsMutable: false,
    elementsAllocate: false,
    importedFunctions: 0,
    exports: [],
    start: undefined,
  }
  let written = 0
  while (reader.at < bytes.length) {
    reader.end = bytes.length
    reader.where = 'sections'
    const at = reader.at
    const id = reader.u8()
    const size = reader.u32()
    if (size > reader.end - reader.at) reader.refuse(`the ${NAMES[id] ?? 'next'} section is longer than the module`, at)
    const place = { id, from: reader.at, to: reader.at + size }
    found.sections.push(place)
    if (id !== Section.CUSTOM) {
      const rank = ORDER.indexOf(id)
      if (rank < 0) reader.refuse(`there is no section ${id}`, at)
      if (rank < written) reader.refuse(`the ${NAMES[id]} section comes twice or too late`, at)
      written = rank + 1
      reader.where = `${NAMES[id]} section`
      reader.end = place.to
      if (look(reader, id, found) && reader.at !== place.to) reader.refuse('the section goes on after its end')
    }
    reader.at = place.to
  }
  return found
}

function checkHeader(bytes: Uint8Array): void {
  if (HEADER.every((byte, at) => bytes[at] === byte)) return
  const magic = HEADER.slice(0, 4).every((byte, at) => bytes[at] === byte)
  throw new VivariumError(
    'BAD_MODULE',
    !magic
      ? 'the bytes are no WebAssembly module: they do not start as one'
      : bytes[6] === 1
        ? 'the bytes are a WebAssembly component; a core module is needed (wasm-tools component unbundle gives those in it)'
        : 'the bytes are a WebAssembly module of a version that is not known',
  )
}

/** Reads what is needed of a section; whether that was all of it. */
function look(reader: Reader, id: number, found: Scan): boolean {
  switch (id) {
    case Section.TYPE:
      found.types = readTypes(reader)
      return true
    case Section.IMPORT:
      for (let left = reader.count(); left > 0; left--) readImport(reader, found)
      found.importedFunctions = found.functions.length
      return true
    case Section.FUNCTION:
      for (let left = reader.count(); left > 0; left--) found.functions.push(reader.u32())
      return true
    case Section.TABLE:
      for (let left = reader.count(); left > 0; left--) readTable(reader, found, false)
      return true
    case Section.MEMORY:
      for (let left = reader.count(); left > 0; left--) found.memories.push(readLimits(reader, NO_BYTES, false))
      return true
    case Section.TAG:
      for (let left = reader.count(); left > 0; left--) readTag(reader, found)
      return true
    case Section.GLOBAL:
      for (let left = reader.count(); left > 0; left--) readGlobal(reader, found)
      return true
    case Section.EXPORT:
      for (let left = reader.count(); left > 0; left--) {
        found.exports.push(textOf(reader.name()))
        reader.u8()
        reader.u32()
      }
      return true
    case Section.START:
      found.start = reader.u32()
      return true
    case Section.ELEMENT:
      for (let left = reader.count(); left > 0; left--) readElements(reader, found)
      return true
    default:
      return false
  }
}

function readImport(reader: Reader, found: Scan): void {
  reader.name()
  reader.name()
  const at = reader.at
  const kind = reader.u8()
  switch (kind) {
    case 0:
      found.functions.push(reader.u32())
      return
    case 1:
      readTable(reader, found, true)
      return
    case 2:
      found.memories.push(readLimits(reader, NO_BYTES, true))
      return
    case 3:
      readValueType(reader)
      if (reader.u8() !== 0) found.importsMutable = true
      found.globals++
      return
    case 4:
      readTag(reader, found)
      return
    default:
      reader.refuse(`there is no kind of import ${kind}`, at)
  }
}

function readTag(reader: Reader, found: Scan): void {
  reader.u8()
  found.tags.push(reader.u32())
}

function readGlobal(reader: Reader, found: Scan): void {
  readValueType(reader)
  const mutable = reader.u8() !== 0
  const from = reader.at
  const allocates = skipExpression(reader)
  found.ownGlobals.push({ index: found.globals++, mutable, from, to: reader.at - 1, allocates })
}

/** A segment of elements, in any of its eight forms. */
function readElements(reader: Reader, found: Scan): void {
  const at = reader.at
  const form = reader.u32()
  if (form > 7) reader.refuse(`there is no segment of elements of kind ${form}`, at)
  const [active, indexed, expressions] = [(form & 1) === 0, (form & 2) !== 0, (form & 4) !== 0]
  if (active) {
    if (indexed) reader.u32()
    skipExpression(reader)
  }
  if (!active || indexed) {
    if (expressions) readValueType(reader)
    else reader.u8()
  }
  for (let left = reader.count(); left > 0; left--) {
    if (!expressions) reader.u32()
    else if (skipExpression(reader)) found.elementsAllocate = true
  }
}

function readTable(reader: Reader, found: Scan, imported: boolean): void {
  const initialized = !imported && reader.bytes[reader.at] === 0x40
  if (initialized) {
    reader.u8()
    reader.u8()
  }
  const from = reader.at
  readValueType(reader)
  found.tables.push(readLimits(reader, reader.bytes.slice(from, reader.at), imported))
  if (initialized && skipExpression(reader)) found.elementsAllocate = true
}

function readLimits(reader: Reader, element: Uint8Array, imported: boolean): Growable {
  const at = reader.at
  const flags = reader.u8()
  if (flags > 7) reader.refuse(`limits of kind ${flags} are not known`, at)
  const wide = (flags & 4) !== 0
  const foreign = imported || (flags & 2) !== 0
  const least = readSize(reader)
  return { wide, least, most: (flags & 1) !== 0 ? readSize(reader) : Infinity, element, foreign }
}

/** A size of up to 64 bits, as a number: what is over 2^53 is rounded, and far beyond all that can be. */
function readSize(reader: Reader): number {
  let value = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = reader.u8()
    value += (byte & 0x7f) * scale
    if (byte < 0x80) return value
    if (scale > 2 ** 60) reader.refuse('a size has more than 64 bits')
  }
}

/** Goes over a constant expression, and says whether it makes an object. */
function skipExpression(reader: Reader): boolean {
  for (let allocates = false; ; ) {
    const at = reader.at
    const op = reader.u8()
    if (op === Op.END) return allocates
    const space: Space | undefined = op === Op.GC ? GC : op === Op.MISC ? MISC : op === Op.SIMD ? SIMD : undefined
    const code = space === undefined ? op : reader.u32()
    const { known, immediate, pops } = space ?? PLAIN
    const isConstant = known[code] === 1 && (space !== undefined || pops[code] !== SPECIAL || op === Op.GLOBAL_GET)
    if (!isConstant) reader.refuse(`the instruction 0x${op.toString(16)} cannot be in a constant expression`, at)
    skipImmediate(reader, immediate[code] as number)
    if (op === Op.GC && code <= Gc.ARRAY_NEW_FIXED) allocates = true
  }
}

/** A name as text; exports are compared with names that are ASCII. */
function textOf(bytes: Uint8Array): string {
  return bytes.length > 64 ? '' : String.fromCharCode(...bytes)
}
