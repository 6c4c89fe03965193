/**
 * Which lines of source the code of a module was made from: the line tables of DWARF (versions 2 to 5, section 6.2 of
 * the standard), as clang leaves them in the custom section `.debug_line`. A table is a program for a small machine,
 * whose rows say from which byte on which line it is; addresses count from the start of the code section's content.
 */

import { decodeUtf8 } from '../../vfs/bytes.ts'

/** Code of one line; addresses as DWARF has them. */
export interface LineRange {
  readonly from: number
  readonly to: number
  readonly file: string
  readonly line: number
}

/** The sections that tables refer to. */
export interface LineSections {
  readonly line: Uint8Array
  readonly lineStrings?: Uint8Array | undefined
  readonly strings?: Uint8Array | undefined
}

/** A table that ends too early, or has what is not known. */
export class DwarfError extends Error {
  override readonly name = 'DwarfError'
}

/** Standard opcodes, by the numbers of the standard. */
const Lns = {
  COPY: 1,
  ADVANCE_PC: 2,
  ADVANCE_LINE: 3,
  SET_FILE: 4,
  CONST_ADD_PC: 8,
  FIXED_ADVANCE_PC: 9,
} as const
const Lne = { END_SEQUENCE: 1, SET_ADDRESS: 2, DEFINE_FILE: 3 } as const
/** What a directory or file is described by. */
const Content = { PATH: 1, DIRECTORY: 2 } as const
const Form = {
  DATA2: 0x05,
  DATA4: 0x06,
  DATA8: 0x07,
  STRING: 0x08,
  BLOCK: 0x09,
  DATA1: 0x0b,
  STRP: 0x0e,
  UDATA: 0x0f,
  DATA16: 0x1e,
  LINE_STRP: 0x1f,
} as const
/** A length of this says that a 64-bit one follows. */
const WIDE = 0xffff_ffff

/** All lines of all tables, in the order of those. @throws DwarfError naming the byte of `.debug_line`. */
export function readLines(sections: LineSections): LineRange[] {
  const ranges: LineRange[] = []
  for (let at = 0; at < sections.line.length; ) {
    const table = new Table(sections, at)
    table.run(ranges)
    at = table.end
  }
  return ranges
}

/** Reads numbers, least byte first. */
class Cursor {
  readonly bytes: Uint8Array
  at: number
  end: number

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes
    this.at = at
    this.end = bytes.length
  }

  unsigned(size: number): number {
    if (size > this.end - this.at) throw new DwarfError(`a line table ends too early (byte ${this.at} of .debug_line)`)
    let value = 0
    for (let index = size - 1; index >= 0; index--) value = value * 256 + (this.bytes[this.at + index] as number)
    this.at += size
    return value
  }

  uleb(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.unsigned(1)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }

  sleb(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.unsigned(1)
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return (byte & 0x40) !== 0 ? value - 128 * scale : value
    }
  }

  /** Up to a zero byte, which is gone over. */
  string(): string {
    const end = this.bytes.indexOf(0, this.at)
    if (end < 0 || end >= this.end) throw new DwarfError(`a name has no end (byte ${this.at} of .debug_line)`)
    const text = decodeUtf8(this.bytes.subarray(this.at, end))
    this.at = end + 1
    return text
  }
}

/** One table: of one unit of compilation. */
class Table {
  readonly end: number
  readonly #sections: LineSections
  readonly #cursor: Cursor
  readonly #wide: boolean
  readonly #version: number
  readonly #leastLength: number
  readonly #lineBase: number
  readonly #lineRange: number
  /** How many operands the standard opcodes have. */
  readonly #operands: number[]
  readonly #directories: string[] = []
  /** By number; the first is number 1 up to version 4. */
  readonly #files: string[] = []

  constructor(sections: LineSections, at: number) {
    this.#sections = sections
    const cursor = new Cursor(sections.line, at)
    this.#cursor = cursor
    const length = cursor.unsigned(4)
    this.#wide = length === WIDE
    const size = this.#wide ? cursor.unsigned(8) : length
    if (size > cursor.end - cursor.at) throw new DwarfError(`a line table is longer than its section (byte ${at})`)
    this.end = cursor.at + size
    cursor.end = this.end
    this.#version = cursor.unsigned(2)
    if (this.#version < 2 || this.#version > 5) {
      throw new DwarfError(`line tables of DWARF ${this.#version} are not known (byte ${at} of .debug_line)`)
    }
    if (this.#version >= 5) cursor.at += 2
    const headerSize = cursor.unsigned(this.#wide ? 8 : 4)
    const program = cursor.at + headerSize
    this.#leastLength = cursor.unsigned(1)
    // Operations of one instruction: more than one only for machines with long ones.
    if (this.#version >= 4) cursor.at++
    cursor.at++
    this.#lineBase = (cursor.unsigned(1) << 24) >> 24
    this.#lineRange = cursor.unsigned(1)
    if (this.#lineRange === 0) throw new DwarfError(`a line table has no range of lines (byte ${at} of .debug_line)`)
    const count = cursor.unsigned(1)
    this.#operands = Array.from({ length: Math.max(0, count - 1) }, () => cursor.unsigned(1))
    if (this.#version >= 5) this.#readEntries()
    else this.#readNames()
    cursor.at = program
  }

  /** Up to version 4: names one after the other, the last an empty one. */
  #readNames(): void {
    const cursor = this.#cursor
    // Number 0 is the folder in which the compiler ran, which the table does not name.
    this.#directories.push('')
    for (let name = cursor.string(); name !== ''; name = cursor.string()) this.#directories.push(name)
    this.#files.push('')
    for (let name = cursor.string(); name !== ''; name = cursor.string()) this.#addFile(name)
  }

  #addFile(name: string): void {
    const cursor = this.#cursor
    this.#files.push(joined(this.#directories[cursor.uleb()] ?? '', name))
    cursor.uleb()
    cursor.uleb()
  }

  /** From version 5 on: descriptions of what follows, and then that. */
  #readEntries(): void {
    const directories = this.#entries()
    for (const { path } of directories) this.#directories.push(joined(directories[0]?.path ?? '', path))
    for (const { path, directory } of this.#entries())
      this.#files.push(joined(this.#directories[directory] ?? '', path))
  }

  #entries(): { path: string; directory: number }[] {
    const cursor = this.#cursor
    const format = Array.from({ length: cursor.unsigned(1) }, () => [cursor.uleb(), cursor.uleb()] as const)
    const count = cursor.uleb()
    const entries: { path: string; directory: number }[] = []
    while (entries.length < count) {
      if (format.length === 0 || cursor.at >= cursor.end) throw new DwarfError('a list of files ends too early')
      let [path, directory] = ['', 0]
      for (const [content, form] of format) {
        const value = this.#form(form)
        if (content === Content.PATH) path = String(value)
        else if (content === Content.DIRECTORY) directory = Number(value)
      }
      entries.push({ path, directory })
    }
    return entries
  }

  #form(form: number): string | number {
    const cursor = this.#cursor
    switch (form) {
      case Form.STRING:
        return cursor.string()
      case Form.LINE_STRP:
      case Form.STRP: {
        const from = cursor.unsigned(this.#wide ? 8 : 4)
        const { lineStrings, strings } = this.#sections
        const section = form === Form.STRP ? strings : lineStrings
        if (section === undefined || from >= section.length) return ''
        return new Cursor(section, from).string()
      }
      case Form.UDATA:
        return cursor.uleb()
      case Form.DATA1:
        return cursor.unsigned(1)
      case Form.DATA2:
        return cursor.unsigned(2)
      case Form.DATA4:
        return cursor.unsigned(4)
      case Form.DATA8:
        return cursor.unsigned(8)
      case Form.DATA16:
        cursor.unsigned(16)
        return 0
      case Form.BLOCK:
        cursor.at += cursor.uleb()
        return 0
      default:
        throw new DwarfError(`a list of files has a form 0x${form.toString(16)}, which is not known`)
    }
  }

  /** Runs the program, and adds what its rows say. */
  run(ranges: LineRange[]): void {
    const cursor = this.#cursor
    const firstSpecial = this.#operands.length + 1
    let [address, file, line] = [0, 1, 1]
    let row: { readonly address: number; readonly file: number; readonly line: number } | undefined
    const advance = (operations: number): void => {
      address += operations * this.#leastLength
    }
    const emit = (): void => {
      if (row !== undefined && address > row.address && row.line > 0) {
        ranges.push({ from: row.address, to: address, file: this.#files[row.file] ?? '', line: row.line })
      }
      row = { address, file, line }
    }
    while (cursor.at < cursor.end) {
      const opcode = cursor.unsigned(1)
      if (opcode >= firstSpecial) {
        const adjusted = opcode - firstSpecial
        advance(Math.floor(adjusted / this.#lineRange))
        line += this.#lineBase + (adjusted % this.#lineRange)
        emit()
        continue
      }
      switch (opcode) {
        case 0: {
          const next = cursor.uleb() + cursor.at
          const extended = next > cursor.at ? cursor.unsigned(1) : 0
          if (extended === Lne.END_SEQUENCE) {
            emit()
            ;[address, file, line] = [0, 1, 1]
            row = undefined
          } else if (extended === Lne.SET_ADDRESS) address = cursor.unsigned(next - cursor.at)
          else if (extended === Lne.DEFINE_FILE) this.#addFile(cursor.string())
          cursor.at = next
          break
        }
        case Lns.COPY:
          emit()
          break
        case Lns.ADVANCE_PC:
          advance(cursor.uleb())
          break
        case Lns.ADVANCE_LINE:
          line += cursor.sleb()
          break
        case Lns.SET_FILE:
          file = cursor.uleb()
          break
        case Lns.CONST_ADD_PC:
          advance(Math.floor((255 - firstSpecial) / this.#lineRange))
          break
        case Lns.FIXED_ADVANCE_PC:
          address += cursor.unsigned(2)
          break
        default:
          // Flags of the row, which do not matter here, and what is not known: operands are all uleb.
          for (let left = this.#operands[opcode - 1] as number; left > 0; left--) cursor.uleb()
      }
    }
  }
}

function joined(directory: string, name: string): string {
  if (directory === '' || name.startsWith('/')) return name
  return name === '' || name === directory ? directory : `${directory.replace(/\/$/, '')}/${name}`
}
