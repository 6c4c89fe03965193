/**
 * The pass `unwind`: a host can take a running guest's frames off the engine's stack at a call of an imported function,
 * and put them back, as often as it likes and in any instance of the module, so that each goes on from that call.
 *
 * The module exports its state (0 runs, 1 unwinds, 2 rewinds), a table for the functions of a frame stack
 * (`unwind_frames.ts`), and what puts its globals there and gets them back. To unwind, an imported function sets the
 * state to 1 and returns anything; then every function pushes its locals and where it was, and returns, up to the host.
 * To rewind, the host sets the state to 2 and calls the same export; then every function pops what it pushed and gets to
 * the call where it was, up to the imported function, which sets the state to 0 and returns what its call gives.
 *
 * Only functions that may get to an imported one are changed; `unwind_body.ts` says how. It comes after all other passes:
 * what they put in is the guest's code here, which is not run on the way out and back.
 */

import { exportEntry, functionType, I32, KIND_FUNCTION, KIND_GLOBAL, KIND_TABLE, leb } from '../abi/wasm_bytes.ts'
import { Op } from './opcodes.ts'
import { BODY_MAX, COMPARISONS, POP_GLOBALS, PUSH_GLOBALS, RESET, UNWIND_FRAMES, UNWIND_STATE } from './options.ts'
import { Reader } from './reader.ts'
import { ORDER, type Place, type Scan, Section, scan } from './scan.ts'
import { type UnwindModule, UnwindWriter } from './unwind_body.ts'
import { FRAME_FUNCTIONS, FRAME_TYPES, type Helpers, helperFunction, saving } from './unwind_frames.ts'
import { Cannot, isNumber, REF, readSignatures, readType, skipInstruction } from './unwind_types.ts'
import { Writer } from './writer.ts'

type Bytes = readonly number[] | Uint8Array

const HEADER_SIZE = 8
const FUNCREF = 0x70
/** How large a module may become: so many times its own size and some more. Short code could ask for very long code. */
const TIMES = 12
const MORE = 1 << 17

/**
 * The module with the pass, or why it cannot have it, in words that come after "since".
 * Preconditions: `bytes` are what `rewrite` gave.
 * @throws VivariumError `BAD_MODULE` where the bytes are no module.
 */
export function unwindable(bytes: Uint8Array): Uint8Array | string {
  try {
    return new Unwinder(bytes).run()
  } catch (error) {
    if (error instanceof Cannot) return error.message
    throw error
  }
}

/** A function's body: where its locals are declared, and where it ends. */
interface Body {
  readonly from: number
  readonly to: number
}

class Unwinder {
  readonly #bytes: Uint8Array
  readonly #module: Scan
  readonly #added = new Map<number, Bytes[]>()
  readonly #helperIndexes = new Map<string, number>()
  readonly #bodies = new Writer()
  #types = 0
  #functions = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#module = scan(bytes)
    this.#types = this.#module.types.length
    this.#functions = this.#module.functions.length
  }

  run(): Uint8Array {
    const { exports, tables, globals, importedFunctions } = this.#module
    if (!exports.includes(RESET)) throw new Cannot('its instances cannot be put back exactly')
    if (exports.includes(UNWIND_STATE)) throw new Cannot('it has been made so before')
    const signatures = this.#read(Section.TYPE, readSignatures) ?? []
    const globalTypes = this.#globals()
    const bodies = this.#read(Section.CODE, (reader) => this.#bodiesOf(reader)) ?? []
    this.#add(Section.TABLE, [FUNCREF, 1, ...leb(FRAME_FUNCTIONS.length), ...leb(FRAME_FUNCTIONS.length)])
    this.#add(Section.EXPORT, exportEntry(UNWIND_FRAMES, KIND_TABLE, tables.length))
    this.#add(Section.GLOBAL, [I32, 1, Op.I32_CONST, 0, Op.END])
    this.#add(Section.EXPORT, exportEntry(UNWIND_STATE, KIND_GLOBAL, globals))
    const types = this.#types
    for (const type of FRAME_TYPES) this.#addType(type)
    const helpers: Helpers = {
      types,
      table: tables.length,
      function: (pushes, type, count) => this.#helper(pushes, type, count, types),
    }
    this.#addGlobals(globalTypes, helpers)
    const hostTable = this.#read(Section.EXPORT, comparisonsOf)
    const module: UnwindModule = {
      types: signatures,
      globals: globalTypes,
      memories: this.#module.memories,
      tables,
      functions: this.#module.functions,
      mayUnwind: this.#reach(bodies, hostTable),
      hostTable,
      state: globals,
      helpers,
    }
    this.#write(module, bodies, importedFunctions)
    return this.#assemble()
  }

  #read<T>(id: number, read: (reader: Reader) => T): T | undefined {
    const place = this.#module.sections.find((section) => section.id === id)
    if (place === undefined) return undefined
    const reader = new Reader(this.#bytes, 'a section')
    reader.at = place.from
    reader.end = place.to
    return read(reader)
  }

  /** The type of each global. */
  #globals(): number[] {
    const imported = this.#read(Section.IMPORT, importedGlobals) ?? []
    // A number's type is the byte before the one that says whether it can change, and no other type ends so.
    const own = this.#module.ownGlobals.map(({ from }) => this.#bytes[from - 2] as number)
    return [...imported, ...own].map((type) => (isNumber(type) ? type : REF))
  }

  #bodiesOf(reader: Reader): Body[] {
    const { functions, importedFunctions } = this.#module
    const bodies = Array.from({ length: reader.count() }, () => {
      const size = reader.u32()
      const from = reader.at
      reader.skip(size)
      return { from, to: reader.at }
    })
    if (bodies.length !== functions.length - importedFunctions)
      reader.refuse('there are not as many bodies as functions')
    return bodies
  }

  /** Which functions may get to an imported one: those are 1. */
  #reach(bodies: readonly Body[], hostTable: number | undefined): Uint8Array {
    const { functions, importedFunctions } = this.#module
    const may = new Uint8Array(functions.length).fill(1, 0, importedFunctions)
    const found = Array.from({ length: importedFunctions }, (_, index) => index)
    const reach = (index: number): void => {
      if (may[index] === 1) return
      may[index] = 1
      found.push(index)
    }
    /** Calls, as lists by what is called: who calls, and the next in the list. */
    const first = new Int32Array(functions.length).fill(-1)
    const callers: number[] = []
    const next: number[] = []
    bodies.forEach(({ from, to }, index) => {
      const reader = this.#readerOf(from, to, importedFunctions + index)
      skipLocals(reader)
      while (reader.at < to) {
        const op = reader.u8()
        const at = reader.at
        skipInstruction(reader, op)
        switch (op) {
          case Op.CALL_REF:
          case Op.RETURN_CALL_REF:
            reach(importedFunctions + index)
            break
          case Op.CALL_INDIRECT:
          case Op.RETURN_CALL_INDIRECT:
            reader.at = at
            reader.u32()
            if (reader.u32() !== hostTable) reach(importedFunctions + index)
            break
          case Op.CALL:
          case Op.RETURN_CALL: {
            reader.at = at
            const called = reader.u32()
            if (called >= functions.length) reader.refuse('a call of what is no function', at)
            next.push(first[called] as number)
            first[called] = callers.push(importedFunctions + index) - 1
          }
        }
      }
    })
    for (let called = found.pop(); called !== undefined; called = found.pop()) {
      for (let call = first[called] as number; call >= 0; call = next[call] as number) reach(callers[call] as number)
    }
    return may
  }

  #readerOf(from: number, to: number, index: number): Reader {
    const reader = new Reader(this.#bytes, `code section, function ${index}`)
    reader.at = from
    reader.end = to
    return reader
  }

  /** The bodies, the changed ones and the others. */
  #write(module: UnwindModule, bodies: readonly Body[], importedFunctions: number): void {
    const most = TIMES * this.#bytes.length + MORE
    const reader: Reader = this.#readerOf(0, 0, 0)
    const writer = new UnwindWriter(module, reader)
    bodies.forEach(({ from, to }, each) => {
      const index = importedFunctions + each
      if (module.mayUnwind[index] === 0) {
        this.#bodies.u32(to - from)
        this.#bodies.range(this.#bytes, from, to)
        return
      }
      const type =
        module.types[module.functions[index] as number] ?? reader.refuse('the function has a type that is none', from)
      reader.at = from
      reader.end = to
      reader.where = `code section, function ${index}`
      try {
        writer.write(type, to, this.#bodies)
      } catch (error) {
        throw error instanceof Cannot ? new Cannot(`${error.message} (function ${index})`) : error
      }
      if (this.#bodies.length > most) throw new Cannot(`it would become more than ${TIMES} times as large`)
    })
  }

  #addGlobals(types: readonly number[], helpers: Helpers): void {
    const saved: number[][] = [[], [], [], [], []]
    for (const { index, mutable } of this.#module.ownGlobals) {
      if (!mutable) continue
      const type = types[index] as number
      if (type === REF) throw new Cannot('it has a global for references that can change')
      saved[I32 - type]?.push(index)
    }
    const { push, pop } = saving(Op.GLOBAL_GET, Op.GLOBAL_SET, saved, helpers)
    if (push.length > BODY_MAX - 2 || pop.length > BODY_MAX - 2) throw new Cannot('it has too many globals')
    const type = this.#addType(functionType([], []))
    for (const [name, code] of [
      [PUSH_GLOBALS, push],
      [POP_GLOBALS, pop],
    ] as const) {
      this.#add(Section.EXPORT, exportEntry(name, KIND_FUNCTION, this.#addFunction(type, [0, ...code, Op.END])))
    }
  }

  #helper(pushes: boolean, type: number, count: number, types: number): number {
    const key = `${pushes} ${type} ${count}`
    let index = this.#helperIndexes.get(key)
    if (index === undefined) {
      const helper = helperFunction(pushes, type, count, types, this.#module.tables.length)
      index = this.#addFunction(this.#addType(helper.type), helper.body)
      this.#helperIndexes.set(key, index)
    }
    return index
  }

  #addType(encoded: Bytes): number {
    this.#add(Section.TYPE, encoded)
    return this.#types++
  }

  #addFunction(type: number, body: Bytes): number {
    this.#add(Section.FUNCTION, leb(type))
    const entry = new Writer(body.length + 8)
    entry.u32(body.length)
    entry.all(body)
    this.#add(Section.CODE, entry.view())
    return this.#functions++
  }

  #add(id: number, entry: Bytes): void {
    const entries = this.#added.get(id)
    if (entries === undefined) this.#added.set(id, [entry])
    else entries.push(entry)
  }

  #assemble(): Uint8Array {
    const out = new Writer(this.#bytes.length + this.#bodies.length + 4096)
    out.range(this.#bytes, 0, HEADER_SIZE)
    let rank = 0
    const missing = (before: number): void => {
      for (; rank < before; rank++) this.#section(out, ORDER[rank] as number, undefined)
    }
    for (const place of this.#module.sections) {
      if (place.id !== Section.CUSTOM) {
        missing(ORDER.indexOf(place.id))
        rank++
      }
      this.#section(out, place.id, place)
    }
    missing(ORDER.length)
    return out.view().slice()
  }

  #section(out: Writer, id: number, place: Place | undefined): void {
    const added = this.#added.get(id) ?? []
    const section = new Writer(place === undefined ? 64 : place.to - place.from + 64)
    const reader = this.#readerOf(place?.from ?? 0, place?.to ?? 0, 0)
    if (id === Section.CUSTOM || added.length === 0) {
      if (place === undefined) return
      section.range(this.#bytes, place.from, place.to)
    } else {
      section.u32((place === undefined ? 0 : reader.u32()) + added.length)
      if (id === Section.CODE) section.range(this.#bodies.view(), 0, this.#bodies.length)
      else section.range(this.#bytes, reader.at, reader.end)
      for (const entry of added) section.all(entry)
    }
    out.u8(id)
    out.u32(section.length)
    out.range(section.view(), 0, section.length)
  }
}

function skipLocals(reader: Reader): void {
  for (let groups = reader.count(); groups > 0; groups--) {
    reader.u32()
    readType(reader)
  }
}

/** The types of the globals that are imported. */
function importedGlobals(reader: Reader): number[] {
  const types: number[] = []
  for (let left = reader.count(); left > 0; left--) {
    reader.name()
    reader.name()
    const kind = reader.u8()
    switch (kind) {
      case 0:
        reader.u32()
        break
      case 3:
        types.push(readType(reader))
        reader.u8()
        break
      case 4:
        reader.u8()
        reader.u32()
        break
      default:
        // A module with `vivarium:reset` has none.
        throw new Cannot('it imports a memory or a table')
    }
  }
  return types
}

/** The table of the host's functions that see comparisons, if there is one. */
function comparisonsOf(reader: Reader): number | undefined {
  for (let left = reader.count(); left > 0; left--) {
    const name = String.fromCharCode(...reader.name().subarray(0, COMPARISONS.length + 1))
    const kind = reader.u8()
    const index = reader.u32()
    if (kind === KIND_TABLE && name === COMPARISONS) return index
  }
  return undefined
}
