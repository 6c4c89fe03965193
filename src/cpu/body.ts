/**
 * Walks the instructions of one function, once, and finds what has to change in it.
 *
 * **NaNs.** Where arithmetic leaves a NaN the specification lets the engine choose its bits, and engines do choose
 * differently, even from one tier to the next. The rule here: a result of floating-point arithmetic is made canonical
 * (0x7fc00000, 0x7ff8000000000000; each lane of a vector) unless nothing can see its bits. The argument:
 *
 * 1. The only instructions whose result depends on the engine's choice are those of arithmetic (class `F32`, `F64`,
 *    `F32X4`, `F64X2` in `opcodes.ts`). All others give bits that are a function of the bits they take.
 * 2. Arithmetic and comparisons depend on whether an operand is a NaN, never on which one (their own result, if it is a
 *    NaN, is again a choice, and point 1 covers it). So bits that flow only into these need not be made canonical.
 *    A number that a function of the host returns is such a choice as well: JavaScript has one NaN.
 * 3. Everything else may show bits: stores, calls, globals, reinterpretation, integer lanes. A value flows to such a
 *    place from the stack directly, by moves (`abs`, `neg`, the first operand of `copysign`) and through locals. Values
 *    are followed through these; where control joins (labels, ends of blocks, `select`) they count as seen.
 *
 * What arithmetic did not make is never touched: a NaN that is loaded, a constant or a parameter keeps its bits through
 * every move, since guests that box values in NaNs live on that. The flow through locals does not follow the order of
 * instructions: a local that is seen anywhere is seen everywhere, which is safe and linear.
 */

import { MarkFinder, storedValues, type Tracked } from './dirty.ts'
import { skipImmediate } from './immediates.ts'
import { ATOMIC, Atomic, Bits, GC, Gc, MISC, Misc, Op, PLAIN, SIMD, Simd, SPECIAL, type Space } from './opcodes.ts'
import type { CpuOptions } from './options.ts'
import type { Reader } from './reader.ts'
import { vectorTemporaries } from './relaxed.ts'
import { type FunctionType, type ModuleType, readHeapType, readValueType, Value } from './types.ts'

/** What bodies refer to. */
export interface ModuleInfo {
  readonly types: readonly ModuleType[]
  /** The type index of each function, imported ones first. */
  readonly functions: readonly number[]
  /** The type index of each tag. */
  readonly tags: readonly number[]
  readonly importedFunctions: number
}

/** What an edit puts at its place. */
export const Edit = {
  /** Makes the value on the stack canonical, if the node in `detail` is seen. */
  CANONICAL: 0,
  /** Takes `detail` off the fuel. */
  FUEL: 1,
  /** As FUEL, and stops where there is none left. */
  FUEL_CHECKED: 2,
  /** `return` becomes a branch to the label in `detail`. */
  RETURN: 3,
  /** Gives the frame's bytes back before a tail call. */
  TAIL: 4,
  /** A handler begins: the depth is that of this frame again. */
  CAUGHT: 5,
  /** memory.grow of the memory in `detail`. */
  MEMORY_GROW: 6,
  /** table.grow of the table in `detail`. */
  TABLE_GROW: 7,
  /** The relaxed instruction in `detail`. */
  RELAXED: 8,
  /** Marks what the instruction after it writes; `detail` is the mark's index. */
  MARK: 9,
} as const

/** Bits of what is known of a node: seen as anything but numbers in 32-bit lanes, or in 64-bit lanes. */
const SEEN_32 = 1
const SEEN_64 = 2
const SEEN = SEEN_32 | SEEN_64

/** Which of these bits count for a result, by its class: arithmetic of lanes of the same width shows nothing. */
function seenBits(bits: number): number {
  return bits === Bits.F32X4 ? SEEN_32 : bits === Bits.F64X2 ? SEEN_64 : SEEN
}

/** Kinds of control frames. */
const BLOCK = 0
const LOOP = 1
const TRY = 2

/** Bytes that a frame takes besides its values, on the engine that takes most. */
const FRAME = 96
/** Parameters and results of a call that need no more room than that. */
const IN_REGISTERS = 8
const NOWHERE = -1
const LASTING: readonly number[] = [
  Misc.DATA_DROP,
  Misc.TABLE_INIT,
  Misc.ELEM_DROP,
  Misc.TABLE_COPY,
  Misc.TABLE_GROW,
  Misc.TABLE_FILL,
]

const WRITING: readonly number[] = [Misc.MEMORY_INIT, Misc.MEMORY_COPY, Misc.MEMORY_FILL]

export class BodyWalker {
  /** What was found, in the order of the places: where an edit starts and ends, what it is, and its number. */
  readonly editFrom: number[] = []
  readonly editTo: number[] = []
  readonly editKind: number[] = []
  readonly editDetail: number[] = []
  /** Vectors that the edits need to put aside at the same time. */
  vectors = 0
  /** Whether the edits are not in the order of their places. */
  unsorted = false
  /** Locals with the parameters. */
  locals = 0
  /** Where the declarations of the locals start and where the instructions do. */
  start = 0
  /** Bytes of a frame at most. */
  frame = 0
  /** Whether it calls anything. */
  calls = false
  /** Whether any body so far changes what only a new instance has as it was: a table, or what there is of segments. */
  lasting = false

  readonly #module: ModuleInfo
  readonly #reader: Reader
  readonly #options: CpuOptions

  /** Types of the locals. */
  #types = new Uint8Array(64)
  /** What is known of each node: local i is node i + 1, and after the locals come the results of arithmetic. */
  #seen = new Uint8Array(256)
  #nodes = 0
  /** Flows into each local: lists of nodes. */
  #firstFlow = new Int32Array(64)
  readonly #flowFrom: number[] = []
  readonly #flowNext: number[] = []

  /** The node of each operand, or 0, or under zero what `marks` knows it by. */
  #stack = new Int32Array(256)
  #height = 0
  #highest = 0

  readonly #frameKind: number[] = []
  readonly #frameBase: number[] = []
  readonly #frameParams: number[] = []
  readonly #frameResults: number[] = []
  readonly #frameDead: boolean[] = []
  /** Where the body of the block starts, and whether a caught exception may continue at its label. */
  readonly #frameStart: number[] = []
  readonly #frameCaught: boolean[] = []
  #dead = false
  #base = 0

  /** Whether an operand may be a vector. */
  #hasVectors = false
  /** The most values that a call passes through memory, which engines keep room for besides that of the operands. */
  #passed = 0

  /** The marks that the stores need, where those are marked. */
  readonly marks: MarkFinder | undefined
  readonly #tracked: Tracked | undefined

  /** The edit that counts the block at hand, and how many instructions it has. */
  #fuelEdit = NOWHERE
  #fuel = 0

  /** `tracked`: the memory whose writes are to be marked. */
  constructor(module: ModuleInfo, reader: Reader, options: CpuOptions, tracked?: Tracked) {
    this.#module = module
    this.#reader = reader
    this.#options = options
    this.#tracked = tracked
    this.marks = tracked === undefined ? undefined : new MarkFinder(tracked)
  }

  /** Walks the body that the reader is at, up to `end`. */
  walk(type: FunctionType, end: number): void {
    const reader = this.#reader
    this.editFrom.length = this.editTo.length = this.editKind.length = this.editDetail.length = 0
    this.vectors = 0
    this.calls = this.unsorted = false
    this.#flowFrom.length = this.#flowNext.length = 0
    this.#frameKind.length = this.#frameBase.length = this.#frameParams.length = this.#frameResults.length = 0
    this.#frameDead.length = this.#frameStart.length = this.#frameCaught.length = 0
    this.#height = this.#highest = this.#base = 0
    this.#dead = false
    this.#fuelEdit = NOWHERE
    this.#passed = 0
    this.marks?.begin()
    const bytes = this.#declare(type)
    this.start = reader.at
    this.#enter(BLOCK, 0, type.results)
    if (this.#options.fuel) this.#block(reader.at, Edit.FUEL_CHECKED)
    while (this.#frameKind.length > 0) {
      if (reader.at >= end) reader.refuse('a function ends too early')
      this.#instruction()
    }
    if (reader.at !== end) reader.refuse('a function goes on after its end')
    this.#endBlock()
    this.frame = FRAME + bytes + (this.#hasVectors ? 16 : 8) * (this.#highest + this.#passed)
    if (this.#options.nan) this.#spread()
  }

  /** The edits that are to be made, in the order of their places: not those of NaNs that nobody sees. */
  order(): number[] {
    const { editFrom, editKind, editDetail } = this
    const order: number[] = []
    for (let edit = 0; edit < editFrom.length; edit++) {
      if (editKind[edit] === Edit.CANONICAL) {
        const detail = editDetail[edit] as number
        if (((this.#seen[detail >>> 3] as number) & seenBits(detail & 7)) === 0) continue
      }
      if (editKind[edit] === Edit.FUEL && editDetail[edit] === 0) continue
      order.push(edit)
    }
    if (this.unsorted) {
      // A handler's edit is the first at its place: what else is there is of the instructions that it comes before.
      const later = (edit: number): number => (editKind[edit] === Edit.CAUGHT ? 0 : 1)
      order.sort((a, b) => (editFrom[a] as number) - (editFrom[b] as number) || later(a) - later(b) || a - b)
    }
    return order
  }

  #declare(type: FunctionType): number {
    const reader = this.#reader
    let count = type.params.length
    let bytes = 0
    this.#room(count)
    this.#types.set(type.params)
    for (const param of type.params) bytes += param === Value.V128 ? 16 : 8
    for (let groups = reader.count(); groups > 0; groups--) {
      const at = reader.at
      const more = reader.u32()
      if (count + more > 50_000) reader.refuse(`a function has ${count + more} locals; engines take 50,000`, at)
      const value = readValueType(reader)
      this.#room(count + more)
      this.#types.fill(value, count, count + more)
      count += more
      bytes += more * (value === Value.V128 ? 16 : 8)
    }
    this.locals = count
    this.#hasVectors = type.vectors || this.#types.subarray(0, count).includes(Value.V128)
    this.#nodes = count + 1
    if (this.#seen.length <= this.#nodes) this.#seen = new Uint8Array(2 * this.#nodes)
    this.#seen.fill(0, 0, this.#nodes)
    this.#firstFlow.fill(NOWHERE, 0, count)
    return bytes
  }

  #room(locals: number): void {
    if (this.#types.length >= locals) return
    const types = new Uint8Array(2 * locals)
    types.set(this.#types)
    this.#types = types
    this.#firstFlow = new Int32Array(2 * locals)
  }

  #instruction(): void {
    const reader = this.#reader
    const from = reader.at
    const op = reader.u8()
    this.#fuel++
    switch (op) {
      case Op.LOCAL_GET: {
        const local = this.#local()
        this.#push(this.#types[local] === Value.OTHER ? (this.marks?.local(local) ?? 0) : local + 1)
        return
      }
      case Op.LOCAL_SET:
      case Op.LOCAL_TEE: {
        const local = this.#local()
        const node = this.#pop()
        if (node > 0) this.#flow(node, local)
        this.marks?.set(local)
        if (op === Op.LOCAL_TEE) this.#push(node > 0 ? node : (this.marks?.local(local) ?? 0))
        return
      }
      case Op.I32_CONST: {
        const at = reader.at
        reader.skipLeb(32)
        this.#push(this.#constant(at, false))
        return
      }
      case Op.I64_CONST: {
        const at = reader.at
        reader.skipLeb(64)
        this.#push(this.#constant(at, true))
        return
      }
      case Op.GC:
        this.#gc(from)
        return
      case Op.MISC:
        this.#misc(from)
        return
      case Op.SIMD:
        this.#simd(from)
        return
      case Op.ATOMIC: {
        const code = this.#prefixed(ATOMIC, op, from)
        if (code === Atomic.WAIT_32 || code === Atomic.WAIT_64)
          reader.refuse('memory.atomic.wait waits for another thread, and threads are not supported', from)
        this.#store(op, code, from)
        this.#plain(ATOMIC, code)
        return
      }
      case Op.TABLE_SET:
        this.lasting = true
    }
    if (PLAIN.known[op] === 0) reader.refuse(`the instruction 0x${op.toString(16)} is not known`, from)
    if (PLAIN.pops[op] === SPECIAL) this.#special(op, from)
    else {
      if (op === Op.MEMORY_GROW && this.#options.memory !== undefined) {
        this.#edit(from, NOWHERE, Edit.MEMORY_GROW, 0)
        this.#plain(PLAIN, op)
        this.#finish(this.#indexIn(from + 1))
        return
      }
      this.#store(0, op, from)
      this.#plain(PLAIN, op)
    }
  }

  /** What a constant is known by as an address, if that is asked for: its number is at `at`. */
  #constant(at: number, wide: boolean): number {
    if (this.#tracked?.wide !== wide || this.marks === undefined) return 0
    const reader = this.#reader
    const end = reader.at
    reader.at = at
    const value = reader.s64()
    reader.at = end
    return this.marks.constant(wide ? (value < 0 ? Infinity : value) : value >>> 0)
  }

  /** Marks what an instruction writes, if it is a store; the reader is after its code. */
  #store(prefix: number, code: number, from: number): void {
    if (this.marks === undefined || this.#dead) return
    const values = storedValues(prefix, code)
    if (values === undefined) return
    const reader = this.#reader
    const at = reader.at
    reader.u32()
    const offset = reader.u64()
    reader.at = at
    const operand = this.#height - 1 - values.length
    const mark = this.marks.store(operand < this.#base ? 0 : (this.#stack[operand] as number), offset, values)
    if (mark !== undefined) this.#edit(from, from, Edit.MARK, mark)
  }

  /** The code after a prefix, which has to be a known one. */
  #prefixed(space: Space, prefix: number, from: number): number {
    const code = this.#reader.u32()
    if (space.known[code] !== 1) {
      this.#reader.refuse(`the instruction 0x${prefix.toString(16)} 0x${code.toString(16)} is not known`, from)
    }
    return code
  }

  #gc(from: number): void {
    const reader = this.#reader
    const code = this.#prefixed(GC, Op.GC, from)
    switch (code) {
      case Gc.STRUCT_NEW: {
        const type = this.#module.types[reader.u32()]
        this.#see(type?.fields ?? 0)
        this.#push(0)
        return
      }
      case Gc.ARRAY_NEW_FIXED: {
        reader.u32()
        this.#see(reader.u32())
        this.#push(0)
        return
      }
      case Gc.BR_ON_CAST:
      case Gc.BR_ON_CAST_FAIL: {
        reader.u8()
        const label = reader.u32()
        readHeapType(reader)
        readHeapType(reader)
        this.#branch(label)
        this.#startBlock()
        return
      }
      default:
        this.#plain(GC, code)
    }
  }

  #misc(from: number): void {
    const code = this.#prefixed(MISC, Op.MISC, from)
    if (LASTING.includes(code)) this.lasting = true
    const grows = code === Misc.TABLE_GROW && this.#options.memory !== undefined
    if (grows) this.#edit(from, NOWHERE, Edit.TABLE_GROW, 0)
    if (this.marks !== undefined && !this.#dead && WRITING.includes(code)) {
      this.#edit(from, from, Edit.MARK, this.marks.range(code))
    }
    const at = this.#reader.at
    this.#plain(MISC, code)
    if (grows) this.#finish(this.#indexIn(at))
  }

  #simd(from: number): void {
    const code = this.#prefixed(SIMD, Op.SIMD, from)
    this.#hasVectors = true
    if (code >= Simd.RELAXED && this.#options.relaxedSimd) {
      this.#edit(from, this.#reader.at, Edit.RELAXED, code)
      this.vectors = Math.max(this.vectors, vectorTemporaries(code))
    }
    // Their operands are lanes of the other width.
    if (code === 0x5e || code === 0x5f) this.#seeTop(1)
    this.#store(Op.SIMD, code, from)
    this.#plain(SIMD, code)
  }

  /** An instruction whose effect is all in its table. */
  #plain(space: Space, code: number): void {
    skipImmediate(this.#reader, space.immediate[code] as number)
    const pops = space.pops[code] as number
    const bits = space.bits[code] as number
    switch (bits) {
      case Bits.SEES:
        this.#see(pops)
        if (space.pushes[code] === 1) this.#push(0)
        return
      case Bits.MOVES:
        this.#push(this.#pop())
        return
      case Bits.COPIES_SIGN:
        this.#see(1)
        this.#push(this.#pop())
        return
      case Bits.TAKES_F32:
      case Bits.TAKES_F64:
        for (let i = 0; i < pops; i++) this.#pop()
        this.#push(0)
        return
      case Bits.TAKES_F32X4:
        this.#take(pops, SEEN_64)
        this.#push(0)
        return
      case Bits.TAKES_F64X2:
        this.#take(pops, SEEN_32)
        this.#push(0)
        return
      default:
        this.#take(pops, bits === Bits.F32X4 ? SEEN_64 : bits === Bits.F64X2 ? SEEN_32 : 0)
        this.#make(bits)
    }
  }

  /** The result of arithmetic: a node, and an edit for where its bits are seen. */
  #make(bits: number): void {
    if (!this.#options.nan) {
      this.#push(0)
      return
    }
    const node = this.#nodes++
    if (node >= this.#seen.length) {
      const seen = new Uint8Array(2 * this.#seen.length)
      seen.set(this.#seen)
      this.#seen = seen
    }
    this.#seen[node] = 0
    this.#edit(this.#reader.at, this.#reader.at, Edit.CANONICAL, node * 8 + bits)
    this.#push(node)
  }

  #special(op: number, from: number): void {
    const reader = this.#reader
    switch (op) {
      case Op.UNREACHABLE:
        this.#die()
        return
      case Op.BLOCK:
        this.#fuel--
        this.#open(BLOCK)
        return
      case Op.LOOP:
        this.#fuel--
        this.#open(LOOP)
        if (this.#options.fuel) {
          this.#endBlock()
          this.#block(reader.at, Edit.FUEL_CHECKED)
        }
        return
      case Op.IF:
        this.#see(1)
        this.#open(BLOCK)
        this.#startBlock()
        return
      case Op.ELSE: {
        this.#fuel--
        const frame = this.#frameKind.length - 1
        this.#seeTop(this.#frameResults[frame] as number)
        this.#again(this.#frameParams[frame] as number)
        this.#startBlock()
        return
      }
      case Op.TRY:
        this.#fuel--
        this.#open(TRY)
        return
      case Op.CATCH: {
        this.#fuel--
        const type = this.#module.types[this.#module.tags[reader.u32()] ?? NOWHERE]?.function
        if (type?.vectors === true) this.#hasVectors = true
        this.#caught(type?.params.length ?? 0)
        return
      }
      case Op.CATCH_ALL:
        this.#fuel--
        this.#caught(0)
        return
      case Op.DELEGATE:
        this.#fuel--
        reader.u32()
        this.#close()
        return
      case Op.TRY_TABLE:
        this.#fuel--
        this.#tryTable()
        return
      case Op.END:
        this.#fuel--
        this.#close()
        return
      case Op.THROW: {
        const type = this.#module.types[this.#module.tags[reader.u32()] ?? NOWHERE]?.function
        this.#see(type?.params.length ?? 0)
        this.#die()
        return
      }
      case Op.RETHROW:
        reader.u32()
        this.#die()
        return
      case Op.THROW_REF:
        this.#see(1)
        this.#die()
        return
      case Op.BR:
        this.#branch(reader.u32())
        this.#die()
        return
      case Op.BR_IF:
        this.#see(1)
        this.#branch(reader.u32())
        this.#startBlock()
        return
      case Op.BR_TABLE:
        this.#see(1)
        for (let left = reader.count(); left >= 0; left--) this.#branch(reader.u32())
        this.#die()
        return
      case Op.BR_ON_NULL:
        this.#pop()
        this.#branch(reader.u32())
        this.#push(0)
        this.#startBlock()
        return
      case Op.BR_ON_NON_NULL:
        this.#branch(reader.u32())
        this.#pop()
        this.#startBlock()
        return
      case Op.RETURN:
        this.#seeTop(this.#frameResults[0] as number)
        if (this.#options.stack !== undefined) {
          this.#edit(from, reader.at, Edit.RETURN, this.#frameKind.length - 1)
        }
        this.#die()
        return
      case Op.CALL: {
        const index = reader.u32()
        this.#call(this.#module.functions[index])
        if (index < this.#module.importedFunctions) this.#given(this.#module.functions[index] as number)
        return
      }
      case Op.CALL_INDIRECT: {
        const type = reader.u32()
        reader.u32()
        this.#see(1)
        this.#call(type)
        return
      }
      case Op.CALL_REF:
        this.#see(1)
        this.#call(reader.u32())
        return
      case Op.RETURN_CALL:
        this.#tail(from, reader.u32(), true)
        return
      case Op.RETURN_CALL_INDIRECT: {
        const type = reader.u32()
        reader.u32()
        this.#see(1)
        this.#tail(from, type, false)
        return
      }
      case Op.RETURN_CALL_REF:
        this.#see(1)
        this.#tail(from, reader.u32(), false)
        return
      case Op.DROP:
        this.#pop()
        return
      case Op.SELECT_TYPED:
        for (let left = reader.count(); left > 0; left--) readValueType(reader)
        this.#see(3)
        this.#push(0)
        return
      default:
        // select
        this.#see(3)
        this.#push(0)
    }
  }

  #call(index: number | undefined): void {
    this.calls = true
    const type = this.#functionType(index)
    this.#passed = Math.max(this.#passed, type.params.length + type.results - IN_REGISTERS)
    this.#see(type.params.length)
    for (let i = 0; i < type.results; i++) this.#push(0)
  }

  /** A number that the host gave: JavaScript has one NaN, and which bits it becomes is the engine's choice too. */
  #given(type: number): void {
    const { encoded, results } = this.#functionType(type)
    const bits = encoded[0] === ENCODED_F32 ? Bits.F32 : encoded[0] === ENCODED_F64 ? Bits.F64 : undefined
    if (results !== 1 || bits === undefined) return
    this.#pop()
    this.#make(bits)
  }

  #tail(from: number, index: number, direct: boolean): void {
    this.calls = true
    const type = this.#functionType(direct ? this.#module.functions[index] : index)
    this.#see(type.params.length)
    if (this.#options.stack !== undefined) this.#edit(from, from, Edit.TAIL, 0)
    this.#die()
  }

  #functionType(index: number | undefined): FunctionType {
    const type = index === undefined ? undefined : this.#module.types[index]?.function
    if (type?.vectors === true) this.#hasVectors = true
    return type ?? this.#reader.refuse('a call of what is no function')
  }

  /** Block type: how many values go in and out. */
  #open(kind: number): void {
    const [params, results] = this.#blockType()
    this.#seeTop(params)
    this.#enter(kind, params, results)
  }

  #blockType(): readonly [number, number] {
    const reader = this.#reader
    const at = reader.at
    const first = reader.bytes[at] as number
    if (first === 0x40) {
      reader.u8()
      return NOTHING
    }
    if (first > 0x40 && first < 0x80) {
      if (readValueType(reader) === Value.V128) this.#hasVectors = true
      return ONE_RESULT
    }
    const index = reader.s33()
    const type = this.#module.types[index]?.function
    if (type === undefined) return reader.refuse('a block has no such type', at)
    if (type.vectors) this.#hasVectors = true
    return [type.params.length, type.results]
  }

  #tryTable(): void {
    const reader = this.#reader
    const [params, results] = this.#blockType()
    this.#seeTop(params)
    // Labels of the clauses count from outside the block.
    for (let left = reader.count(); left > 0; left--) {
      const at = reader.at
      const kind = reader.u8()
      if (kind > 3) reader.refuse(`there is no catch clause ${kind}`, at)
      if (kind < 2) reader.u32()
      const label = reader.u32()
      const frame = this.#frameKind.length - 1 - label
      if (frame < 0) reader.refuse(`there is no label ${label}`, at)
      this.#frameCaught[frame] = true
    }
    this.#enter(BLOCK, params, results)
  }

  #enter(kind: number, params: number, results: number): void {
    this.#frameDead.push(this.#dead)
    this.#frameStart.push(this.#reader.at)
    this.#frameCaught.push(false)
    this.#frameKind.push(kind)
    this.#base = Math.max(this.#base, this.#height - params)
    this.#frameBase.push(this.#base)
    this.#frameParams.push(params)
    this.#frameResults.push(results)
    this.marks?.open(kind === LOOP)
    // The next time round they are others.
    if (kind === LOOP)
      for (let i = this.#base; i < this.#height; i++) this.#stack[i] = Math.max(0, this.#stack[i] as number)
  }

  /** The end of a block: what it leaves may come from elsewhere too, so it counts as seen. */
  #close(): void {
    const results = this.#frameResults.pop() as number
    this.#seeTop(results)
    this.#height = this.#frameBase.pop() as number
    const kind = this.#frameKind.pop() as number
    const start = this.#frameStart.pop() as number
    this.#frameParams.pop()
    this.marks?.close()
    if (this.#frameCaught.pop() && this.#options.stack !== undefined && this.#frameKind.length > 0) {
      const at = kind === LOOP ? start : this.#reader.at
      this.#edit(at, at, Edit.CAUGHT, 0)
      if (kind === LOOP) this.unsorted = true
    }
    this.#dead = this.#frameDead.pop() as boolean
    this.#base = this.#frameBase.at(-1) ?? 0
    for (let i = 0; i < results; i++) this.#push(0)
    if (this.#frameKind.length > 0) this.#startBlock()
  }

  /** The other arm of the innermost block begins, with so many values. */
  #again(values: number): void {
    this.marks?.again()
    this.#height = this.#base
    this.#dead = this.#frameDead.at(-1) as boolean
    for (let i = 0; i < values; i++) this.#push(0)
  }

  #caught(values: number): void {
    this.#seeTop(this.#frameResults.at(-1) as number)
    this.#again(values)
    if (this.#options.stack !== undefined) this.#edit(this.#reader.at, this.#reader.at, Edit.CAUGHT, 0)
    this.#startBlock()
  }

  #branch(label: number): void {
    const frame = this.#frameKind.length - 1 - label
    if (frame < 0) this.#reader.refuse(`there is no label ${label}`)
    this.#seeTop((this.#frameKind[frame] === LOOP ? this.#frameParams[frame] : this.#frameResults[frame]) as number)
  }

  /** What follows is never reached. */
  #die(): void {
    this.#height = this.#base
    this.#dead = true
    this.#startBlock()
  }

  #startBlock(): void {
    if (!this.#options.fuel) return
    this.#endBlock()
    this.#block(this.#reader.at, Edit.FUEL)
  }

  #block(at: number, kind: number): void {
    this.#fuelEdit = this.editFrom.length
    this.#fuel = 0
    this.#edit(at, at, kind, 0)
  }

  #endBlock(): void {
    if (this.#fuelEdit !== NOWHERE) this.editDetail[this.#fuelEdit] = this.#fuel
    this.#fuelEdit = NOWHERE
  }

  #edit(from: number, to: number, kind: number, detail: number): void {
    this.editFrom.push(from)
    this.editTo.push(to)
    this.editKind.push(kind)
    this.editDetail.push(detail)
  }

  /** The last edit takes the place of all up to here. */
  #finish(detail: number): void {
    this.editTo[this.editTo.length - 1] = this.#reader.at
    this.editDetail[this.editDetail.length - 1] = detail
  }

  /** The index that starts at a place which was read before. */
  #indexIn(at: number): number {
    const reader = this.#reader
    const here = reader.at
    reader.at = at
    const index = reader.u32()
    reader.at = here
    return index
  }

  #local(): number {
    const local = this.#reader.u32()
    if (local >= this.locals) this.#reader.refuse(`there is no local ${local}`)
    return local
  }

  #push(node: number): void {
    if (this.#height === this.#stack.length) {
      if (this.#height > 1_000_000) this.#reader.refuse('a function has over a million operands at the same time')
      const stack = new Int32Array(2 * this.#stack.length)
      stack.set(this.#stack)
      this.#stack = stack
    }
    this.#stack[this.#height++] = node
    if (this.#height > this.#highest) this.#highest = this.#height
  }

  /** The node of the last operand. Where nothing is reached there may be none: an invalid module is the engine's to refuse. */
  #pop(): number {
    if (this.#height > this.#base) return this.#stack[--this.#height] as number
    if (!this.#dead) this.#reader.refuse('an instruction takes an operand that is not there')
    return 0
  }

  /** Takes operands whose bits may be seen. */
  #see(count: number): void {
    for (let i = 0; i < count && (this.#height > this.#base || !this.#dead); i++) this.#mark(this.#pop(), SEEN)
  }

  /** Takes operands as numbers; those whose lanes are of another width are seen as bits. */
  #take(count: number, bits: number): void {
    for (let i = 0; i < count; i++) this.#mark(this.#pop(), bits)
  }

  /** The bits of the last operands may be seen; they stay. */
  #seeTop(count: number): void {
    const lowest = Math.max(this.#base, this.#height - count)
    for (let i = this.#height - 1; i >= lowest; i--) this.#mark(this.#stack[i] as number, SEEN)
  }

  #mark(node: number, bits: number): void {
    if (node > 0) this.#seen[node] = (this.#seen[node] as number) | bits
  }

  /** What `node` stands for may be in `local` from now on. */
  #flow(node: number, local: number): void {
    this.#flowNext.push(this.#firstFlow[local] as number)
    this.#firstFlow[local] = this.#flowFrom.push(node) - 1
  }

  /** What flows into a local is seen as the local is. */
  #spread(): void {
    const work: number[] = []
    for (let local = 0; local < this.locals; local++) if (this.#seen[local + 1] !== 0) work.push(local)
    for (let local = work.pop(); local !== undefined; local = work.pop()) {
      const bits = this.#seen[local + 1] as number
      for (let flow = this.#firstFlow[local] as number; flow !== NOWHERE; flow = this.#flowNext[flow] as number) {
        const node = this.#flowFrom[flow] as number
        const before = this.#seen[node] as number
        if ((before | bits) === before) continue
        this.#seen[node] = before | bits
        if (node <= this.locals) work.push(node - 1)
      }
    }
  }
}

const ENCODED_F32 = 0x7d
const ENCODED_F64 = 0x7c
const NOTHING: readonly [number, number] = [0, 0]
const ONE_RESULT: readonly [number, number] = [0, 1]
