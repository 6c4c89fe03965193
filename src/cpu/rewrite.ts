/**
 * Rewrites a module so that what it computes is a function of the module alone: bytes in, bytes out, one section after
 * the other. What is added comes after what is there (types, functions, globals, locals), so no index changes, and what
 * stays is copied in ranges. A module that uses something which is not known here is refused.
 */

import {
  exportEntry,
  F32,
  F64,
  I32,
  I64,
  KIND_FUNCTION,
  KIND_GLOBAL,
  KIND_MEMORY,
  KIND_TABLE,
  leb,
  signedLeb,
  V128,
} from '../abi/wasm_bytes.ts'
import { VivariumError } from '../error.ts'
import { BodyWalker, Edit } from './body.ts'
import { globalsFor, insertions, localsFor, type Places, storeBody } from './coverage.ts'
import { type Aside, asideFor, highEntry, type Mark, markCode, rangeEntry, type Tracked, trackedOf } from './dirty.ts'
import { Bits, Op } from './opcodes.ts'
import {
  BODY_MAX,
  COMPARISONS,
  type CpuOptions,
  DEPTH,
  DIRTY,
  EDGE_MEMORY,
  EDGE_WORDS,
  EDGES,
  FUEL,
  HOST_MEMORY,
  MEMORY,
  RESERVED,
  RESET,
  START,
} from './options.ts'
import { Reader } from './reader.ts'
import { relaxedLowering } from './relaxed.ts'
import { canReset, resetEntry } from './reset.ts'
import { type Growable, ORDER, type Place, type Scan, Section, scan } from './scan.ts'
import type { FunctionType } from './types.ts'
import { type Step, WayWalker } from './ways.ts'
import { Writer } from './writer.ts'

/** Changes with what rewriting gives, so that nothing is taken from a cache of another version. */
export const REWRITER_VERSION = 6

type Bytes = readonly number[] | Uint8Array

const HEADER_SIZE = 8
const NO_VALUE = 0x40
/** A frame that is larger counts even where nothing is called from it; the engine needs as much more than the limit. */
const LEAF_MAX = 2048
/** Pages that a memory can have at most, where its sizes are i32. */
const PAGES_MAX = 65_536
/** Words of 32 bits. */
const WORDS_PER_PAGE = 16_384
const FUNCREF = 0x70
/** What engines take at most: elements of a table, and locals of a function. */
const ELEMENTS_MAX = 10_000_000
const LOCALS_MAX = 50_000

const I32_EQZ = 0x45
const I32_EQ = 0x46
const I32_LT_S = 0x48
const I32_GT_U = 0x4b
const I64_EQZ = 0x50
const I64_EQ = 0x51
const I64_LT_S = 0x53
const I64_GT_U = 0x56
const F32_EQ = 0x5b
const F64_EQ = 0x61
const I32_ADD = 0x6a
const I32_SUB = 0x6b
const I32_OR = 0x72
const I64_ADD = 0x7c
const I64_SUB = 0x7d
const MEMORY_SIZE = 0x3f
const TABLE_GROW = [Op.MISC, 15]
const TABLE_SIZE = [Op.MISC, 16]
const F32X4_EQ = [Op.SIMD, 0x41]
const F64X2_EQ = [Op.SIMD, 0x47]
const BITSELECT = [Op.SIMD, 0x52]

/**
 * The module with what `options` ask for in it. It may be invalid where the module was, which compiling it then says.
 * @throws VivariumError `BAD_MODULE` for bytes that are no module, or one that uses what is not known or not supported.
 */
export function rewrite(bytes: Uint8Array, options: CpuOptions): Uint8Array {
  return new Rewriter(bytes, options).run()
}

class Rewriter {
  readonly #bytes: Uint8Array
  readonly #options: CpuOptions
  readonly #module: Scan
  readonly #out: Writer
  readonly #section = new Writer()
  /** The bodies, which are written first: what they have in them decides on what is added to other sections. */
  readonly #bodies = new Writer()
  readonly #body = new Writer()
  /** Where to find each type that is added, by its encoding. */
  readonly #typeIndexes = new Map<string, number>()
  /** What is added to the other sections, entry by entry. */
  readonly #added = new Map<number, Bytes[]>()
  /** Sets the globals that were added to what they are at first. */
  readonly #resetAdded: number[] = []
  #fuel = 0
  #depth = 0
  #hostMemory = 0
  /** The functions that grow memories, and those that grow tables. */
  #growMemory = 0
  #growTable = 0
  /** Functions that were added, and the globals with those. */
  #functions = 0
  #globals = 0
  /** The memory whose writes are marked, the global with the marks, and the function that marks a range. */
  readonly #tracked: Tracked | undefined
  #dirty = 0
  #markRange: number | undefined
  /** What the code of coverage and comparisons refers to. */
  #places: Places = { edges: undefined, comparisons: undefined }

  constructor(bytes: Uint8Array, options: CpuOptions) {
    this.#bytes = bytes
    this.#options = options
    this.#module = scan(bytes)
    this.#tracked = trackedOf(this.#module.memories, options)
    this.#out = new Writer(bytes.length + (bytes.length >> 3) + 4096)
  }

  run(): Uint8Array {
    const { sections } = this.#module
    this.#plan()
    const lasting = this.#code(sections.find(({ id }) => id === Section.CODE))
    const added = this.#resetAdded.length
    if (this.#options.reset && canReset(this.#module, lasting, this.#startsLater, added)) this.#addReset()
    // What nobody will put back need not be marked, but only the bodies say that.
    else if (this.#tracked !== undefined) return rewrite(this.#bytes, { ...this.#options, dirty: false })
    this.#out.range(this.#bytes, 0, HEADER_SIZE)
    let rank = 0
    for (const place of sections) {
      if (place.id !== Section.CUSTOM) {
        const own = ORDER.indexOf(place.id)
        for (; rank < own; rank++) this.#write(ORDER[rank] as number, undefined)
        rank = own + 1
      }
      this.#write(place.id, place)
    }
    for (; rank < ORDER.length; rank++) this.#write(ORDER[rank] as number, undefined)
    return this.#out.view().slice()
  }

  /** Decides on all that is added but the code that is put into bodies. */
  #plan(): void {
    const { types, functions, memories, tables, exports, start } = this.#module
    const { fuel, stack, memory } = this.#options
    const taken = exports.find((name) => RESERVED.includes(name))
    if (taken !== undefined) {
      throw new VivariumError('BAD_MODULE', `the module exports ${taken}, a name that is reserved for the machine`)
    }
    this.#globals = this.#module.globals
    const addGlobal = (name: string, type: number, init: Bytes): number => {
      this.#add(Section.GLOBAL, [type, 1, ...init, Op.END])
      this.#add(Section.EXPORT, exportEntry(name, KIND_GLOBAL, this.#globals))
      this.#resetAdded.push(...init, Op.GLOBAL_SET, ...leb(this.#globals))
      return this.#globals++
    }
    if (fuel) this.#fuel = addGlobal(FUEL, I64, [Op.I64_CONST, 0])
    if (stack !== undefined) this.#depth = addGlobal(DEPTH, I32, [Op.I32_CONST, ...signedLeb(stack)])
    if (this.#tracked !== undefined) {
      this.#add(Section.GLOBAL, [I64, 1, Op.I64_CONST, 0, Op.END])
      this.#dirty = this.#globals++
      this.#resetAdded.push(Op.I64_CONST, 0, Op.GLOBAL_SET, ...leb(this.#dirty))
    }
    // The host runs the start function: it has to have set the fuel before, and to read the counters after a trap.
    if (this.#startsLater && start !== undefined) this.#add(Section.EXPORT, exportEntry(START, KIND_FUNCTION, start))
    if (memory !== undefined && memories.length + tables.length > 0) {
      this.#hostMemory = addGlobal(HOST_MEMORY, I32, [Op.I32_CONST, 0])
      this.#growMemory = functions.length
      this.#growTable = functions.length + memories.length
      memories.forEach((each, index) => {
        const size = each.wide ? I64 : I32
        this.#addFunction(this.#typeOf([size], [size]), this.#growMemoryBody(each, index, memory.pages))
      })
      tables.forEach((each, index) => {
        const size = each.wide ? I64 : I32
        const type = this.#typeOf([...each.element, size], [size], 2)
        this.#addFunction(type, this.#growTableBody(each, index, memory.elements))
      })
    }
    this.#places = {
      edges: this.#options.coverage === true ? this.#globals : undefined,
      comparisons: this.#options.comparisons === true ? this.#addComparisons() : undefined,
    }
    // A body that is wrapped is a block with its results.
    if (stack !== undefined)
      for (const type of types) if ((type.function?.results ?? 0) > 1) this.#blockTypeOf(type.function)
  }

  get #startsLater(): boolean {
    const { fuel, stack, memory, coverage, comparisons } = this.#options
    return fuel || stack !== undefined || memory !== undefined || coverage === true || comparisons === true
  }

  #addReset(): void {
    const tracked = this.#tracked
    const marks = tracked === undefined ? undefined : { ...tracked, global: this.#dirty }
    const entry = resetEntry(this.#bytes, this.#module, this.#resetAdded, marks)
    const type = marks === undefined ? this.#typeOf([], []) : this.#typeOf([I32, I32], [I32])
    this.#add(Section.EXPORT, exportEntry(RESET, KIND_FUNCTION, this.#addFunction(type, entry)))
    if (marks !== undefined) {
      const high = this.#addFunction(this.#typeOf([], [I32]), highEntry(marks.global))
      this.#add(Section.EXPORT, exportEntry(DIRTY, KIND_FUNCTION, high))
    }
    if (this.#module.memories.length > 0) this.#add(Section.EXPORT, exportEntry(MEMORY, KIND_MEMORY, 0))
  }

  /** A table that the host fills, so that the code can call it. */
  #addComparisons(): NonNullable<Places['comparisons']> {
    const table = this.#module.tables.length
    this.#add(Section.TABLE, [FUNCREF, 1, 2, 2])
    this.#add(Section.EXPORT, exportEntry(COMPARISONS, KIND_TABLE, table))
    return { table, types: [this.#typeOf([I32, I32, I32], []), this.#typeOf([I32, I64, I64], [])] }
  }

  /**
   * The globals for `edges` edges, and what stores them for the host.
   * @throws VivariumError `BAD_MODULE` where the memory may be too small for that.
   */
  #addEdges(edges: number): void {
    const count = globalsFor(edges)
    const first = this.#globals
    this.#globals += count
    for (let index = 0; index < count; index++) {
      this.#add(Section.GLOBAL, [I32, 1, Op.I32_CONST, 0, Op.END])
      this.#resetAdded.push(Op.I32_CONST, 0, Op.GLOBAL_SET, ...leb(first + index))
    }
    this.#add(Section.GLOBAL, [I32, 0, Op.I32_CONST, ...signedLeb(count), Op.END])
    this.#add(Section.EXPORT, exportEntry(EDGE_WORDS, KIND_GLOBAL, this.#globals++))
    const [memory] = this.#module.memories
    const pages = Math.ceil(count / WORDS_PER_PAGE)
    if (memory === undefined) this.#add(Section.MEMORY, [0, ...leb(pages)])
    else if (memory.least < pages) {
      const problem = `to tell its ${edges} edges the module needs a memory that starts with at least ${pages} pages, or none`
      throw new VivariumError('BAD_MODULE', `${problem}; its memory starts with ${memory.least}`)
    }
    this.#add(Section.EXPORT, exportEntry(EDGE_MEMORY, KIND_MEMORY, 0))
    const body = storeBody(first, count, memory?.wide === true)
    const store = this.#addFunction(this.#typeOf([], []), [...leb(body.length), ...body])
    this.#add(Section.EXPORT, exportEntry(EDGES, KIND_FUNCTION, store))
  }

  /** Adds a function, whose entry in the code section is given, and returns its index. */
  #addFunction(type: number, entry: Bytes): number {
    this.#add(Section.FUNCTION, leb(type))
    this.#add(Section.CODE, entry)
    return this.#module.functions.length + this.#functions++
  }

  #add(id: number, entry: Bytes): void {
    const entries = this.#added.get(id)
    if (entries === undefined) this.#added.set(id, [entry])
    else entries.push(entry)
  }

  /** The index of a function type, which is added; `params` and `results` are encoded types, `count` of them params. */
  #typeOf(
    params: Bytes,
    results: Bytes,
    paramCount: number = params.length,
    resultCount: number = results.length,
  ): number {
    const encoded = [0x60, ...leb(paramCount), ...params, ...leb(resultCount), ...results]
    const key = encoded.join()
    let index = this.#typeIndexes.get(key)
    if (index === undefined) {
      index = this.#module.types.length + this.#typeIndexes.size
      this.#typeIndexes.set(key, index)
      this.#add(Section.TYPE, encoded)
    }
    return index
  }

  /** The block type with the results of a function. */
  #blockTypeOf(type: FunctionType | undefined): Bytes {
    if (type === undefined || type.results === 0) return [NO_VALUE]
    if (type.results === 1) return type.encoded
    return signedLeb(this.#typeOf([], type.encoded, 0, type.results))
  }

  #write(id: number, place: Place | undefined): void {
    const added = this.#added.get(id)
    if (place === undefined) {
      if (added === undefined) return
      this.#section.reset()
      this.#section.u32(added.length)
    } else if (id === Section.START && this.#startsLater) {
      return
    } else if (id === Section.CODE) {
      const bodies = this.#bodies.view()
      this.#section.reset()
      this.#section.u32(this.#module.functions.length - this.#module.importedFunctions + (added?.length ?? 0))
      this.#section.range(bodies, 0, bodies.length)
    } else if (added === undefined) {
      this.#header(id, place.to - place.from)
      this.#out.range(this.#bytes, place.from, place.to)
      return
    } else {
      const reader = new Reader(this.#bytes, '')
      reader.at = place.from
      const count = reader.u32()
      this.#section.reset()
      this.#section.u32(count + added.length)
      this.#section.range(this.#bytes, reader.at, place.to)
    }
    for (const entry of added ?? []) this.#section.all(entry)
    this.#header(id, this.#section.length)
    const content = this.#section.view()
    this.#out.range(content, 0, content.length)
  }

  #header(id: number, size: number): void {
    this.#out.u8(id)
    this.#out.u32(size)
  }

  /** Writes the bodies; whether one does what only a new instance undoes. */
  #code(place: Place | undefined): boolean {
    if (place === undefined) return false
    const { types, functions, importedFunctions } = this.#module
    const reader: Reader = new Reader(this.#bytes, 'code section')
    reader.at = place.from
    reader.end = place.to
    const walker = new BodyWalker(this.#module, reader, this.#options, this.#tracked)
    const { coverage, comparisons } = this.#options
    const ways = coverage === true || comparisons === true ? new WayWalker(this.#module, reader) : undefined
    const count = reader.count()
    if (count !== functions.length - importedFunctions) reader.refuse('there are not as many bodies as functions')
    for (let index = importedFunctions; index < functions.length; index++) {
      reader.where = `code section, function ${index}`
      const at = reader.at
      const size = reader.u32()
      const end = reader.at + size
      if (end > place.to) reader.refuse('a function is longer than the section', at)
      const type = types[functions[index] as number]?.function
      if (type === undefined) reader.refuse('the function has a type that is no type of a function', at)
      const from = reader.at
      reader.end = end
      walker.walk(type, end)
      if (ways !== undefined) reader.at = from
      const steps = ways?.walk(type, end) ?? []
      reader.end = place.to
      const locals = this.#function(walker, steps, type, from, end, at)
      if (locals > LOCALS_MAX || this.#body.length > BODY_MAX) {
        const size = `${locals} locals and ${this.#body.length} bytes`
        reader.refuse(`with what is added a function has ${size}; engines take ${LOCALS_MAX} and ${BODY_MAX}`, at)
      }
    }
    if (reader.at !== place.to) reader.refuse('the section goes on after its end')
    if (ways !== undefined && coverage === true) this.#addEdges(ways.edges)
    return walker.lasting
  }

  /**
   * A body with its size before it; `from` is where its locals are declared, `at` where its size was.
   * @returns how many locals it has then.
   */
  #function(
    walker: BodyWalker,
    steps: readonly Step[],
    type: FunctionType,
    from: number,
    end: number,
    at: number,
  ): number {
    const bytes = this.#bytes
    const wrapped = this.#options.stack !== undefined && (walker.calls || walker.frame > LEAF_MAX)
    if (!wrapped && walker.editFrom.length === 0 && steps.length === 0) {
      this.#bodies.range(bytes, at, end)
      return walker.locals
    }
    const order = walker.order()
    const temporaries = new Temporaries(walker, wrapped, order, this.#tracked)
    const more = localsFor(steps, this.#places)
    const inserted = insertions(steps, this.#places, temporaries.locals)
    const body = this.#body
    body.reset()
    const declared = new Reader(bytes, '')
    declared.at = from
    const groups = declared.u32()
    body.u32(groups + temporaries.groups.length + more.groups.length)
    body.range(bytes, declared.at, walker.start)
    for (const group of temporaries.groups) body.all(group)
    for (const group of more.groups) body.all(group)
    const depth = leb(this.#depth)
    const frame = signedLeb(walker.frame)
    const saved = leb(temporaries.depth)
    if (wrapped) {
      body.all([
        Op.GLOBAL_GET,
        ...depth,
        Op.I32_CONST,
        ...frame,
        I32_SUB,
        Op.LOCAL_TEE,
        ...saved,
        Op.GLOBAL_SET,
        ...depth,
      ])
      body.all([Op.LOCAL_GET, ...saved, Op.I32_CONST, 0, I32_LT_S, Op.IF, NO_VALUE, Op.UNREACHABLE, Op.END])
      body.all([Op.BLOCK, ...this.#blockTypeOf(type)])
    }
    const release = [Op.LOCAL_GET, ...saved, Op.I32_CONST, ...frame, I32_ADD, Op.GLOBAL_SET, ...depth]
    let copied = walker.start
    let next = 0
    /** What is inserted before `place`; and at it, where the edit there takes the place of an instruction. */
    const insert = (place: number, replaces: boolean): void => {
      for (let each = inserted[next]; each !== undefined; each = inserted[++next]) {
        if (each.at > place || (each.at === place && !replaces)) return
        body.range(bytes, copied, each.at)
        body.all(each.code)
        copied = each.to
      }
    }
    for (const edit of order) {
      const detail = walker.editDetail[edit] as number
      const editFrom = walker.editFrom[edit] as number
      insert(editFrom, (walker.editTo[edit] as number) > editFrom)
      body.range(bytes, copied, editFrom)
      copied = editFrom
      switch (walker.editKind[edit]) {
        case Edit.CANONICAL:
          this.#canonical(detail & 7, temporaries)
          break
        case Edit.FUEL:
        case Edit.FUEL_CHECKED:
          this.#count(detail, walker.editKind[edit] === Edit.FUEL_CHECKED)
          break
        case Edit.RETURN:
          if (wrapped) body.all([Op.BR, ...leb(detail)])
          break
        case Edit.TAIL:
          if (wrapped) body.all(release)
          break
        case Edit.CAUGHT:
          if (wrapped) body.all([Op.LOCAL_GET, ...saved, Op.GLOBAL_SET, ...depth])
          break
        case Edit.MEMORY_GROW:
          body.all([Op.CALL, ...leb(this.#growMemory + detail)])
          break
        case Edit.TABLE_GROW:
          body.all([Op.CALL, ...leb(this.#growTable + detail)])
          break
        case Edit.MARK:
          this.#mark(walker.marks?.marks[detail], temporaries.aside)
          break
        default:
          body.all(relaxedLowering(detail, temporaries.vector))
      }
      if (walker.editKind[edit] !== Edit.RETURN || wrapped) copied = walker.editTo[edit] as number
    }
    insert(end, true)
    body.range(bytes, copied, end)
    if (wrapped) body.all([...release, Op.END])
    const content = body.view()
    this.#bodies.u32(content.length)
    this.#bodies.range(content, 0, content.length)
    return temporaries.locals + more.count
  }

  #mark(mark: Mark | undefined, aside: Aside): void {
    const tracked = this.#tracked
    if (mark === undefined || tracked === undefined) return
    const marking = { global: this.#dirty, range: () => this.#rangeFunction(tracked) }
    this.#body.all(markCode(mark, tracked, marking, aside))
  }

  /** The function that marks a range, which is added when it is first needed. */
  #rangeFunction(tracked: Tracked): number {
    const size = tracked.wide ? I64 : I32
    this.#markRange ??= this.#addFunction(this.#typeOf([size, size], []), rangeEntry(tracked, this.#dirty))
    return this.#markRange
  }

  /** Makes the value on the stack canonical where it is a NaN: those are not equal to themselves. */
  #canonical(bits: number, { f32, f64, vector }: Temporaries): void {
    const body = this.#body
    switch (bits) {
      case Bits.F32: {
        const get = [Op.LOCAL_GET, ...leb(f32)]
        body.all([Op.LOCAL_TEE, ...leb(f32), Op.F32_CONST, 0, 0, 0xc0, 0x7f, ...get, ...get, F32_EQ, Op.SELECT])
        return
      }
      case Bits.F64: {
        const get = [Op.LOCAL_GET, ...leb(f64)]
        body.all([Op.LOCAL_TEE, ...leb(f64), Op.F64_CONST, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f])
        body.all([...get, ...get, F64_EQ, Op.SELECT])
        return
      }
      default: {
        const get = [Op.LOCAL_GET, ...leb(vector)]
        const lane = bits === Bits.F32X4 ? [0, 0, 0xc0, 0x7f] : [0, 0, 0, 0, 0, 0, 0xf8, 0x7f]
        const nan = bits === Bits.F32X4 ? [...lane, ...lane, ...lane, ...lane] : [...lane, ...lane]
        body.all([Op.LOCAL_TEE, ...leb(vector), Op.SIMD, 0x0c, ...nan, ...get, ...get])
        body.all([...(bits === Bits.F32X4 ? F32X4_EQ : F64X2_EQ), ...BITSELECT])
      }
    }
  }

  #count(instructions: number, checked: boolean): void {
    const fuel = leb(this.#fuel)
    if (instructions > 0) {
      this.#body.all([
        Op.GLOBAL_GET,
        ...fuel,
        Op.I64_CONST,
        ...signedLeb(instructions),
        I64_SUB,
        Op.GLOBAL_SET,
        ...fuel,
      ])
    }
    if (checked) {
      this.#body.all([Op.GLOBAL_GET, ...fuel, Op.I64_CONST, 0, I64_LT_S, Op.IF, NO_VALUE, Op.UNREACHABLE, Op.END])
    }
  }

  /** memory.grow with a bound: more than that fails as it always may, and where the host has none the run ends. */
  #growMemoryBody({ wide, least, most }: Growable, index: number, pages: number): Bytes {
    const bound = Math.min(most, Math.max(pages, least), wide ? 2 ** 48 : PAGES_MAX)
    const size = [MEMORY_SIZE, ...leb(index)]
    return this.#growBody(wide, bound, [], [Op.MEMORY_GROW, ...leb(index)], size, 0)
  }

  #growTableBody({ wide, least, most }: Growable, index: number, elements: number): Bytes {
    const bound = Math.min(most, Math.max(elements, least), ELEMENTS_MAX)
    return this.#growBody(
      wide,
      bound,
      [Op.LOCAL_GET, 0],
      [...TABLE_GROW, ...leb(index)],
      [...TABLE_SIZE, ...leb(index)],
      1,
    )
  }

  /** `delta` is the parameter that says by how much; `before` pushes what the instruction takes before it. */
  #growBody(wide: boolean, bound: number, before: Bytes, grow: Bytes, size: Bytes, delta: number): Bytes {
    const result = delta + 1
    const constant = (value: number): Bytes => [
      wide ? Op.I64_CONST : Op.I32_CONST,
      ...signedLeb(wide ? value : value | 0),
    ]
    const [gt, eqz, eq, add] = wide ? [I64_GT_U, I64_EQZ, I64_EQ, I64_ADD] : [I32_GT_U, I32_EQZ, I32_EQ, I32_ADD]
    const by = [Op.LOCAL_GET, delta]
    const code = [
      ...[1, 1, wide ? I64 : I32],
      // By nothing it always works.
      ...[...by, eqz, Op.IF, NO_VALUE, ...size, Op.RETURN, Op.END],
      ...[...by, ...constant(bound), gt, ...size, ...by, add, ...constant(bound), gt, I32_OR],
      ...[Op.IF, NO_VALUE, ...constant(-1), Op.RETURN, Op.END],
      ...[...before, ...by, ...grow, Op.LOCAL_TEE, result, ...constant(-1), eq, Op.IF, NO_VALUE],
      ...[Op.I32_CONST, 1, Op.GLOBAL_SET, ...leb(this.#hostMemory), Op.UNREACHABLE, Op.END],
      ...[Op.LOCAL_GET, result, Op.END],
    ]
    return [...leb(code.length), ...code]
  }
}

/** The locals that are added to a function, after its own. */
class Temporaries {
  readonly groups: Bytes[] = []
  readonly f32: number
  readonly f64: number
  /** The first of those for vectors. */
  readonly vector: number
  readonly depth: number
  /** What marks put aside. */
  readonly aside: Aside
  /** All locals of the function. */
  readonly locals: number

  constructor(walker: BodyWalker, wrapped: boolean, order: readonly number[], tracked: Tracked | undefined) {
    let next = walker.locals
    const add = (count: number, type: number): number => {
      if (count > 0) this.groups.push([count, type])
      next += count
      return next - count
    }
    const has = new Set<number>()
    for (const edit of order) {
      if (walker.editKind[edit] === Edit.CANONICAL) has.add((walker.editDetail[edit] as number) & 7)
    }
    this.f32 = add(has.has(Bits.F32) ? 1 : 0, F32)
    this.f64 = add(has.has(Bits.F64) ? 1 : 0, F64)
    const lanes = has.has(Bits.F32X4) || has.has(Bits.F64X2)
    this.vector = add(Math.max(walker.vectors, lanes ? 1 : 0), V128)
    this.depth = add(wrapped ? 1 : 0, I32)
    const [address, ...values] = tracked === undefined ? [] : asideFor(walker.marks?.marks ?? [], tracked)
    this.aside = {
      address: address === undefined ? next : add(1, address.type),
      values: new Map(values.map(({ type, count }) => [type, add(count, type)])),
    }
    this.locals = next
  }
}
