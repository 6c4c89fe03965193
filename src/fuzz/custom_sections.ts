/** The custom sections of a module: what tools leave in it for other tools. */

import { decodeUtf8 } from '../../vfs/bytes.ts'
import { Reader } from '../cpu/reader.ts'
import { Section, scan } from '../cpu/scan.ts'
import { VivariumError } from '../error.ts'

/** The content of each by its name, after that; of several of one name the first. */
export function customSections(bytes: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  for (const { id, from, to } of scan(bytes).sections) {
    if (id !== Section.CUSTOM) continue
    const reader = new Reader(bytes, 'custom section')
    reader.at = from
    reader.end = to
    const name = decodeUtf8(reader.name())
    if (!found.has(name)) found.set(name, bytes.subarray(reader.at, to))
  }
  return found
}

const FUNCTION_NAMES = 1

/** Names of functions by their indexes, from the section `name`; what is damaged in it is left out. */
export function functionNames(bytes: Uint8Array): Map<number, string> {
  const names = new Map<number, string>()
  const section = customSections(bytes).get('name')
  if (section === undefined) return names
  const reader = new Reader(section, 'name section')
  try {
    while (reader.at < section.length) {
      const kind = reader.u8()
      const end = reader.u32() + reader.at
      if (kind === FUNCTION_NAMES) {
        for (let left = reader.count(); left > 0; left--) {
          const index = reader.u32()
          names.set(index, decodeUtf8(reader.name()))
        }
      }
      reader.at = end
    }
  } catch (error) {
    if (!(error instanceof VivariumError)) throw error
  }
  return names
}
