/** Where two files differ first, in words that say what is there: in a module the section, and the function or symbol. */

import { decodeUtf8 } from '../../vfs/bytes.ts'
import { SECTION_NAMES } from '../abi/wasm_bytes.ts'
import { Reader } from '../cpu/reader.ts'
import { VivariumError } from '../error.ts'

export interface BytePlace {
  /** The first byte that differs; where one file goes on, the length of the other. */
  readonly offset: number
  /** From there on, a few bytes of each as hexadecimal digits. */
  readonly a: string
  readonly b: string
  /** Bytes that differ, with those that only one file has. */
  readonly count: number
  /** In a WebAssembly module: such as `code`, `data`, `custom "name"`. */
  readonly section?: string
  /** In such a section: the function, or the data, by its name or else its number. */
  readonly symbol?: string
}

const SHOWN = 8
const CUSTOM = 0
const IMPORT = 2
const EXPORT = 7
const CODE = 10
const DATA = 11

/** `undefined` where the two are the same. */
export function bytePlace(a: Uint8Array, b: Uint8Array): BytePlace | undefined {
  const shared = Math.min(a.length, b.length)
  let offset = 0
  while (offset < shared && a[offset] === b[offset]) offset++
  if (offset === shared && a.length === b.length) return undefined
  let count = Math.max(a.length, b.length) - shared
  for (let at = offset; at < shared; at++) if (a[at] !== b[at]) count++
  const where = placeIn(offset < a.length ? a : b, offset)
  return { offset, a: shown(a, offset), b: shown(b, offset), count, ...where }
}

function shown(bytes: Uint8Array, from: number): string {
  return [...bytes.subarray(from, from + SHOWN)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
}

/** A module's section with its content. */
interface Section {
  readonly id: number
  readonly name: string
  readonly start: number
  readonly from: number
  readonly end: number
}

function placeIn(bytes: Uint8Array, offset: number): Pick<BytePlace, 'section' | 'symbol'> {
  if (bytes[0] !== 0 || bytes[1] !== 0x61 || bytes[2] !== 0x73 || bytes[3] !== 0x6d) return {}
  try {
    const sections = sectionsOf(bytes)
    const section = sections.find(({ start, end }) => offset >= start && offset < end)
    if (section === undefined) return {}
    const { id, name } = section
    const text = id === CUSTOM ? `custom ${JSON.stringify(name)}` : (SECTION_NAMES[id] ?? String(id))
    const symbol = symbolAt(bytes, sections, section, offset)
    return { section: text, ...(symbol === undefined ? {} : { symbol }) }
  } catch (error) {
    // A file that only begins as a module has no more to say.
    if (error instanceof VivariumError) return {}
    throw error
  }
}

function sectionsOf(bytes: Uint8Array): Section[] {
  const sections: Section[] = []
  const reader = new Reader(bytes, 'the module')
  reader.at = 8
  while (reader.at < bytes.length) {
    const start = reader.at
    const id = reader.u8()
    const size = reader.u32()
    const end = reader.at + size
    const name = id === CUSTOM ? nameAt(reader) : ''
    sections.push({ id, name, start, from: reader.at, end })
    reader.at = end
  }
  return sections
}

function nameAt(reader: Reader): string {
  const size = reader.u32()
  const from = reader.at
  reader.skip(size)
  return decodeUtf8(reader.bytes.subarray(from, from + size))
}

function at(bytes: Uint8Array, { from, end }: Section): Reader {
  const reader = new Reader(bytes, 'the module')
  reader.at = from
  reader.end = end
  return reader
}

function symbolAt(
  bytes: Uint8Array,
  sections: readonly Section[],
  section: Section,
  offset: number,
): string | undefined {
  if (section.id !== CODE && section.id !== DATA) return undefined
  const reader = at(bytes, section)
  const count = reader.u32()
  for (let index = 0; index < count; index++) {
    const from = reader.at
    if (section.id === DATA) skipSegmentHead(reader)
    const size = reader.u32()
    reader.skip(size)
    if (offset < from || offset >= reader.at) continue
    const names = section.id === CODE ? functionNames(bytes, sections) : dataNames(bytes, sections)
    const number = section.id === CODE ? index + importedFunctions(bytes, sections) : index
    const name = names.get(number)
    if (name !== undefined) return name
    return section.id === CODE ? `function ${number}` : `data ${number}`
  }
  return undefined
}

/** Flags, for an active segment the expression of its place. */
function skipSegmentHead(reader: Reader): void {
  const flags = reader.u32()
  if (flags === 1) return
  if (flags === 2) reader.u32()
  reader.u8()
  reader.skipLeb(64)
  reader.u8()
}

function importedFunctions(bytes: Uint8Array, sections: readonly Section[]): number {
  const section = sections.find(({ id }) => id === IMPORT)
  if (section === undefined) return 0
  const reader = at(bytes, section)
  let functions = 0
  for (let left = reader.u32(); left > 0; left--) {
    nameAt(reader)
    nameAt(reader)
    const kind = reader.u8()
    if (kind === 0) {
      reader.u32()
      functions++
    } else if (kind === 3) reader.skip(2)
    else if (kind === 4) {
      reader.u8()
      reader.u32()
    } else {
      if (kind === 1) reader.u8()
      const flags = reader.u8()
      reader.skipLeb(64)
      if ((flags & 1) !== 0) reader.skipLeb(64)
    }
  }
  return functions
}

function functionNames(bytes: Uint8Array, sections: readonly Section[]): Map<number, string> {
  const names = new Map<number, string>()
  const exported = sections.find(({ id }) => id === EXPORT)
  if (exported !== undefined) {
    const reader = at(bytes, exported)
    for (let left = reader.u32(); left > 0; left--) {
      const name = nameAt(reader)
      const kind = reader.u8()
      const index = reader.u32()
      if (kind === 0) names.set(index, name)
    }
  }
  for (const [index, name] of linkedNames(bytes, sections)) names.set(index, name)
  for (const [index, name] of namesOf(bytes, sections, 1)) names.set(index, name)
  return names
}

/** A subsection of the `name` section that is a list of numbers with their names. */
function namesOf(bytes: Uint8Array, sections: readonly Section[], wanted: number): Map<number, string> {
  const names = new Map<number, string>()
  const section = sections.find(({ id, name }) => id === CUSTOM && name === 'name')
  if (section === undefined) return names
  const reader = at(bytes, section)
  while (reader.at < section.end) {
    const kind = reader.u8()
    const size = reader.u32()
    const end = reader.at + size
    if (kind === wanted) for (let left = reader.u32(); left > 0; left--) names.set(reader.u32(), nameAt(reader))
    reader.at = end
  }
  return names
}

const SYMBOL_TABLE = 8
const SEGMENT_INFO = 5
const UNDEFINED = 0x10
const EXPLICIT_NAME = 0x40

/** Calls `visit` at each subsection of the `linking` section of an object file. */
function visitLinking(
  bytes: Uint8Array,
  sections: readonly Section[],
  visit: (kind: number, reader: Reader) => void,
): void {
  const section = sections.find(({ id, name }) => id === CUSTOM && name === 'linking')
  if (section === undefined) return
  const reader = at(bytes, section)
  reader.u32()
  while (reader.at < section.end) {
    const kind = reader.u8()
    const size = reader.u32()
    const end = reader.at + size
    visit(kind, reader)
    reader.at = end
  }
}

/** The functions of an object file by its symbols. */
function linkedNames(bytes: Uint8Array, sections: readonly Section[]): Map<number, string> {
  const names = new Map<number, string>()
  visitLinking(bytes, sections, (subsection, reader) => {
    if (subsection !== SYMBOL_TABLE) return
    for (let left = reader.u32(); left > 0; left--) {
      const kind = reader.u8()
      const flags = reader.u32()
      const isUndefined = (flags & UNDEFINED) !== 0
      if (kind === 1) {
        nameAt(reader)
        if (!isUndefined) {
          reader.u32()
          reader.u32()
          reader.u32()
        }
      } else if (kind === 3) reader.u32()
      else {
        const index = reader.u32()
        const name = !isUndefined || (flags & EXPLICIT_NAME) !== 0 ? nameAt(reader) : undefined
        if (kind === 0 && name !== undefined) names.set(index, name)
      }
    }
  })
  return names
}

function dataNames(bytes: Uint8Array, sections: readonly Section[]): Map<number, string> {
  const names = new Map<number, string>()
  visitLinking(bytes, sections, (kind, reader) => {
    if (kind !== SEGMENT_INFO) return
    const count = reader.u32()
    for (let index = 0; index < count; index++) {
      names.set(index, nameAt(reader))
      reader.u32()
      reader.u32()
    }
  })
  for (const [index, name] of namesOf(bytes, sections, 9)) names.set(index, name)
  return names
}
