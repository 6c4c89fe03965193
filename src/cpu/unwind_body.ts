/**
 * Puts unwinding and rewinding into the body of one function.
 *
 * Its instructions stay in their order and its blocks stay blocks. Around what comes before each site of a level a block
 * is put, so that when rewinding a branch at the level's start leads past all of that; in between the operand stack is
 * empty, since what is on it was put into locals (**own locals**: one for each height and type). So:
 *
 *     place != 0 ? go to the site that it is in        at the start of each level
 *     … block … end                                    operands into their own locals just before the `end`
 *     operands, arguments, call                        from their own locals; what can be done again is
 *     place = 17; if (state) go to unwind; place = 0   after each call that may unwind
 *
 * `place` is 0 but on the way to and from a call. To rewind, the start of the function pops it and the locals, and to
 * unwind its end pushes them; both are one for all calls. Operands below a block stay in their own locals for as long as
 * it runs. The condition of an `if` is needed at its start only: when rewinding it follows from the place. Code that is
 * never reached is left out.
 */

import { leb, signedLeb } from '../abi/wasm_bytes.ts'
import { Op, SPECIAL } from './opcodes.ts'
import { BODY_MAX } from './options.ts'
import type { Reader } from './reader.ts'
import { type Helpers, saving } from './unwind_frames.ts'
import { BODY, type Callees, type Level, mayUnwind, NO_IF, type Sites, sitesOf } from './unwind_sites.ts'
import {
  Cannot,
  F32,
  F64,
  I32,
  I64,
  isLast,
  isNumber,
  isPure,
  opens,
  REF,
  readBlockType,
  readType,
  resultType,
  type Shape,
  type Signature,
  skipInstruction,
  spaceOf,
  V128,
} from './unwind_types.ts'
import { Writer } from './writer.ts'

/** What bodies refer to. */
export interface UnwindModule extends Shape, Callees {
  /** The type index of each function. */
  readonly functions: readonly number[]
  /** The global with the state: 0, or UNWINDING, or rewinding. */
  readonly state: number
  readonly helpers: Helpers
}

const NO_VALUE = 0x40
const I32_GT_U = 0x4b
const I32_LE_U = 0x4d
const I32_SUB = 0x6b
/** What engines take. */
const LOCALS_MAX = 50_000
const TABLE_MAX = 65_000
/** Values that a frame may have more: so many, and such a part of those that it has. With more, V8's stack could end first. */
const FREE = 12
const ROOM = 0.6
/** Not an operand that could be pushed again. */
const NOWHERE = -1
/** The block around the code, after which it unwinds. */
const UNWIND_LABEL = 1
const REF_NULL = 0xd0

interface Frame {
  readonly op: number
  readonly type: Signature
  /** The number of blocks around its label, in what is written. */
  readonly label: number
  readonly levels: readonly Level[]
  /** The height of the stack without its operands, and how many are below it in their own locals. */
  readonly base: number
  readonly below: number
  /** Own locals that are in use, by type. */
  readonly held: readonly number[]
  /** The own locals of its parameters. */
  readonly params: readonly number[]
  /** The level at hand, and the next of its sites. */
  level: Level
  site: number
}

export class UnwindWriter {
  readonly #module: UnwindModule
  readonly #reader: Reader
  readonly #code = new Writer()
  /** Up to where the input is in `code`, or left out. */
  #copied = 0
  /** Blocks that are open in what is written. */
  #depth = 0
  #frames: Frame[] = []
  /** Operands: the type, and where in `code` the instructions are that push it, if they can be done again. */
  #types = new Uint8Array(256)
  #from = new Int32Array(256)
  #to = new Int32Array(256)
  #height = 0
  #highest = 0
  #locals: number[] = []
  #read = new Uint8Array(0)
  #place = 0
  #places = 0
  /** Own locals: by type and number; and the types of all that were added, in order. */
  #own: number[][] = []
  #condition: number | undefined
  #added: number[] = []
  #sites: Sites = { levels: new Map(), places: 0 }

  constructor(module: UnwindModule, reader: Reader) {
    this.#module = module
    this.#reader = reader
  }

  /**
   * Writes the body that the reader is at, its size before it; it ends at `end`.
   * @throws Cannot where that cannot be.
   */
  write(type: Signature, end: number, out: Writer): void {
    const reader = this.#reader
    const from = reader.at
    this.#declare(type)
    const start = reader.at
    this.#sites = sitesOf(this.#module, reader, end)
    if (reader.at !== end) reader.refuse('a function goes on after its end')
    reader.at = this.#copied = start
    this.#code.reset()
    this.#height = this.#highest = 0
    this.#own = [[], [], [], [], []]
    this.#place = this.#locals.length
    this.#added = [I32]
    this.#places = 0
    this.#condition = undefined
    this.#depth = 1
    const levels = this.#sites.levels.get(BODY) ?? []
    const results = { ...type, params: new Uint8Array(0) }
    const held = [0, 0, 0, 0, 0]
    this.#frames.push({
      op: Op.BLOCK,
      type: results,
      label: 0,
      levels,
      base: 0,
      below: 0,
      held,
      params: NONE,
      level: NO_SITES,
      site: 0,
    })
    this.#startLevel(levels[0])
    while (this.#frames.length > 0) this.#instruction()
    this.#assemble(type, from, start, out)
  }

  #declare(type: Signature): void {
    const reader = this.#reader
    this.#locals = [...type.params]
    for (let groups = reader.count(); groups > 0; groups--) {
      const count = reader.u32()
      const local = readType(reader)
      if (this.#locals.length + count > LOCALS_MAX) throw new Cannot('it has too many locals')
      for (let left = count; left > 0; left--) this.#locals.push(local)
    }
    if (this.#locals.includes(REF)) throw new Cannot('it has a local for references')
    this.#read = new Uint8Array(this.#locals.length)
  }

  /** The whole body: what rewinds, the code, what unwinds. */
  #assemble(type: Signature, from: number, start: number, out: Writer): void {
    const { state, helpers } = this.#module
    const saved: number[][] = [[], [], [], [], []]
    this.#locals.forEach((of, local) => {
      if (this.#read[local] === 1) saved[I32 - of]?.push(local)
    })
    this.#added.forEach((of, index) => {
      const local = this.#place + index
      if (local !== this.#place && local !== this.#condition) saved[I32 - of]?.push(local)
    })
    this.#checkFrame()
    const { push, pop } = saving(Op.LOCAL_GET, Op.LOCAL_SET, saved, helpers)
    const place = leb(this.#place)
    const body = new Writer(this.#code.length + push.length + pop.length + 64)
    this.#declareAll(body, from, start)
    body.all([Op.GLOBAL_GET, ...leb(state), Op.IF, NO_VALUE, Op.CALL, ...leb(helpers.function(false, I32, 1))])
    body.all([Op.LOCAL_SET, ...place])
    body.all(pop)
    body.all([Op.END, Op.BLOCK, NO_VALUE])
    body.all(this.#code.view())
    body.all(push)
    body.all([Op.LOCAL_GET, ...place, Op.CALL, ...leb(helpers.function(true, I32, 1))])
    body.all(zeros(type))
    body.u8(Op.END)
    if (this.#locals.length + this.#added.length > LOCALS_MAX || body.length > BODY_MAX) {
      throw new Cannot('with what is added it would be larger than engines take')
    }
    out.u32(body.length)
    out.range(body.view(), 0, body.length)
  }

  /**
   * The pass `stack` has counted the frame as it was, and with some room. Own locals mostly take the place of operands,
   * but those of different types may be many more.
   */
  #checkFrame(): void {
    const weigh = (types: readonly number[]): number => types.reduce((sum, type) => sum + (type === V128 ? 2 : 1), 0)
    const own = weigh(this.#added)
    const operands = this.#highest * (own > this.#added.length ? 2 : 1)
    if (own > FREE + ROOM * weigh(this.#locals) + (1 + ROOM) * operands)
      throw new Cannot('its frames would be much larger')
  }

  #declareAll(body: Writer, from: number, start: number): void {
    const reader = this.#reader
    const end = reader.at
    reader.at = from
    const groups = reader.u32()
    const more: number[] = []
    let count = 0
    for (let at = 0; at < this.#added.length; count++) {
      const of = this.#added[at] as number
      let next = at
      while (this.#added[next] === of) next++
      more.push(...leb(next - at), of)
      at = next
    }
    body.u32(groups + count)
    body.range(reader.bytes, reader.at, start)
    body.all(more)
    reader.at = end
  }

  #instruction(): void {
    const reader = this.#reader
    const at = reader.at
    const op = reader.u8()
    if (opens(op)) {
      this.#open(op, at)
      return
    }
    switch (op) {
      case Op.ELSE:
        this.#else(at)
        return
      case Op.END:
        this.#end(at)
        return
      case Op.LOCAL_GET: {
        const local = this.#local()
        this.#read[local] = 1
        this.#push(this.#locals[local] as number, this.#position() - (reader.at - at))
        return
      }
      case Op.LOCAL_SET:
        this.#local()
        this.#pop(1)
        return
      case Op.LOCAL_TEE: {
        const type = this.#locals[this.#local()] as number
        this.#pop(1)
        this.#push(type)
        return
      }
      case Op.CALL:
      case Op.CALL_INDIRECT:
        this.#call(op, at)
        return
      case Op.DROP:
        this.#pop(1)
        return
      case Op.SELECT: {
        const type =
          (this.#height > 1 ? this.#types[this.#height - 2] : undefined) ??
          reader.refuse('a function takes what is not there', at)
        this.#pop(3)
        this.#push(type)
        return
      }
      case Op.SELECT_TYPED: {
        let type = REF
        for (let left = reader.count(); left > 0; left--) type = readType(reader)
        this.#pop(3)
        this.#push(type)
        return
      }
      case Op.BR_IF:
        this.#pop(1)
        this.#labelAt()
        return
      case Op.BR:
        this.#labelAt()
        this.#skipDead()
        return
      case Op.BR_TABLE:
        for (let left = reader.count(); left >= 0; left--) this.#labelAt()
        this.#skipDead()
        return
      case Op.GC:
      case Op.CALL_REF:
      case Op.BR_ON_NULL:
      case Op.BR_ON_NON_NULL:
        throw new Cannot('it uses references to functions or objects')
      default:
        if (isLast(op)) {
          skipInstruction(reader, op)
          this.#skipDead()
        } else this.#plain(op, at)
    }
  }

  /** An instruction whose effect is all in its table. */
  #plain(op: number, at: number): void {
    const reader = this.#reader
    const code = skipInstruction(reader, op)
    const space = spaceOf(op)
    const pops = space.pops[code] as number
    if (pops === SPECIAL) reader.refuse('an instruction is not where it can be', at)
    const from = isPure(op) ? this.#fromOf(pops, this.#position() - (reader.at - at)) : NOWHERE
    this.#pop(pops)
    if (space.pushes[code] !== 1) return
    this.#push(
      resultType(this.#module, op, code, this.#indexIn(at, op)) ?? reader.refuse('a value has no type', at),
      from,
    )
  }

  /** The first immediate of an instruction, where it may be an index that its result depends on. */
  #indexIn(at: number, op: number): number {
    const reader = this.#reader
    if (op !== Op.GLOBAL_GET && op !== 0x3f && op !== Op.MEMORY_GROW && op !== Op.MISC) return 0
    const after = reader.at
    reader.at = at + 1
    if (op === Op.MISC) reader.u32()
    const index = reader.at < after ? reader.u32() : 0
    reader.at = after
    return index
  }

  #local(): number {
    const local = this.#reader.u32()
    if (local >= this.#locals.length) this.#reader.refuse(`there is no local ${local}`)
    return local
  }

  // Operands.

  /** Where the next instruction will be in `code`. */
  #position(): number {
    return this.#code.length + this.#reader.at - this.#copied
  }

  #push(type: number, from: number = NOWHERE): void {
    const at = this.#height++
    if (at >= this.#highest) this.#highest = at + 1
    if (at === this.#types.length) this.#grow()
    this.#types[at] = type
    this.#from[at] = from
    this.#to[at] = this.#position()
  }

  #grow(): void {
    const room = 2 * this.#types.length
    const [types, from, to] = [new Uint8Array(room), new Int32Array(room), new Int32Array(room)]
    types.set(this.#types)
    from.set(this.#from)
    to.set(this.#to)
    this.#types = types
    this.#from = from
    this.#to = to
  }

  get #base(): number {
    return (this.#frames.at(-1) as Frame).base
  }

  #pop(count: number): void {
    this.#height -= count
    if (this.#height < this.#base) this.#reader.refuse('a function takes what is not there')
  }

  /**
   * Where the `count` topmost operands are pushed, if that can be done again and nothing else is there up to `position`.
   */
  #fromOf(count: number, position: number): number {
    const from = this.#again(count, position)
    return from === this.#height - count ? this.#startOf(from, position) : NOWHERE
  }

  /** The lowest of the `most` topmost operands from which on nothing is there but what pushes them, up to `position`. */
  #again(most: number, position: number): number {
    let lowest = this.#height
    const bottom = Math.max(this.#base, lowest - most)
    for (let to = position; lowest > bottom; lowest--) {
      if (this.#from[lowest - 1] === NOWHERE || this.#to[lowest - 1] !== to) break
      to = this.#from[lowest - 1] as number
    }
    return lowest
  }

  #startOf(operand: number, position: number): number {
    return operand < this.#height ? (this.#from[operand] as number) : position
  }

  /** The own locals of the operands from the frame's base up to `top`. */
  #ownLocals(top: number): readonly number[] {
    if (top === this.#base) return NONE
    const counts = [...(this.#frames.at(-1) as Frame).held]
    const locals: number[] = []
    for (let operand = this.#base; operand < top; operand++) {
      const type = this.#types[operand] as number
      if (!isNumber(type)) throw new Cannot('a reference is on the stack at a call that may unwind')
      const which = I32 - type
      const number = counts[which] as number
      counts[which] = number + 1
      locals.push(this.#ownLocal(which, number))
    }
    return locals
  }

  #ownLocal(which: number, number: number): number {
    const own = this.#own[which] as number[]
    own[number] ??= this.#place + this.#added.push(I32 - which) - 1
    return own[number] as number
  }

  /** How many own locals are in use with those of the operands up to `top`. */
  #heldWith(top: number): readonly number[] {
    const { held } = this.#frames.at(-1) as Frame
    if (top === this.#base) return held
    const counts = [...held]
    for (let operand = this.#base; operand < top; operand++) {
      const which = I32 - (this.#types[operand] as number)
      counts[which] = (counts[which] as number) + 1
    }
    return counts
  }

  // What is written.

  #emit(...code: readonly number[]): void {
    for (const byte of code) this.#code.u8(byte)
  }

  /** An instruction with one index, or label. */
  #emitIndex(op: number, index: number): void {
    this.#code.u8(op)
    this.#code.u32(index)
  }

  /** Copies the input up to `at`; what is at the reader is next, and nothing in between is copied. */
  #flush(at: number): void {
    this.#code.range(this.#reader.bytes, this.#copied, at)
    this.#copied = this.#reader.at
    if (this.#code.length > BODY_MAX) throw new Cannot('with what is added it would be larger than engines take')
  }

  #setAll(locals: readonly number[]): void {
    for (let index = locals.length - 1; index >= 0; index--) this.#emitIndex(Op.LOCAL_SET, locals[index] as number)
  }

  /** Pushes what is in the locals, again as operands from `operand` on. */
  #getAll(locals: readonly number[], operand: number): void {
    locals.forEach((local, index) => {
      this.#from[operand + index] = this.#code.length
      this.#emitIndex(Op.LOCAL_GET, local)
      this.#to[operand + index] = this.#code.length
    })
  }

  /** Reads a label, and writes where it is now. `inside`: how many blocks that stay as they are it is in. */
  #labelAt(inside: number = 0): void {
    const reader = this.#reader
    const at = reader.at
    const label = reader.u32()
    if (label < inside) return
    const frame =
      this.#frames[this.#frames.length - 1 - (label - inside)] ?? reader.refuse(`there is no label ${label}`, at)
    const now = inside + this.#depth - frame.label
    if (now === label) return
    this.#flush(at)
    this.#emit(...leb(now))
  }

  // Levels.

  /** Opens the blocks of a level, and goes to where the place is when rewinding. */
  #startLevel(level: Level = NO_SITES): void {
    const frame = this.#frames.at(-1) as Frame
    frame.level = level
    frame.site = 0
    const { last, isDirect } = level
    const blocks = last.length - (isDirect ? 1 : 0)
    // The operands that it starts with are in their locals already: rewinding puts the same in.
    if (blocks > 0) this.#setAll(frame.params)
    for (let left = blocks; left > 0; left--) this.#emit(Op.BLOCK, NO_VALUE)
    this.#depth += blocks
    if (blocks > 0) this.#choose(level)
    for (const type of frame.type.params) this.#push(type)
    if (blocks > 0) this.#getAll(frame.params, frame.base)
  }

  /** To the site with the place, which is 0 if it is not rewinding; the first one is right here if it is direct. */
  #choose({ last, thenEnd, isDirect, before }: Level): void {
    const sites = last.length
    const hasIf = thenEnd.some((end) => end !== NO_IF)
    if (!hasIf && sites === 1) {
      this.#emitIndex(Op.LOCAL_GET, this.#place)
      this.#emit(Op.BR_IF, 0)
      return
    }
    if (!hasIf && sites === 2 && isDirect) {
      this.#emitIs(I32_GT_U, last[0] as number)
      this.#emit(Op.BR_IF, 0)
      return
    }
    this.#emitIndex(Op.LOCAL_GET, this.#place)
    this.#emit(Op.IF, NO_VALUE)
    // Inside the `if`: one more.
    const first = isDirect ? 0 : 1
    const places = (last.at(-1) as number) - before
    if (!hasIf && places <= 2 * sites + 8 && places <= TABLE_MAX) {
      this.#emitIs(I32_SUB, before + 1)
      this.#emitIndex(Op.BR_TABLE, places - 1)
      let reached = before
      last.forEach((end, site) => {
        for (; reached < end; reached++) this.#code.u32(first + site)
      })
    } else {
      last.forEach((end, site) => {
        const ofIf = thenEnd[site] as number
        const isLastSite = site === sites - 1
        if (!isLastSite) {
          this.#emitIs(I32_LE_U, end)
          if (ofIf === NO_IF) this.#emitIndex(Op.BR_IF, first + site)
          else this.#emit(Op.IF, NO_VALUE)
        }
        if (ofIf !== NO_IF) {
          this.#emitIs(I32_LE_U, ofIf)
          this.#emitIndex(Op.LOCAL_SET, this.#conditionLocal)
        }
        if (isLastSite) this.#emitIndex(Op.BR, first + site)
        else if (ofIf !== NO_IF) {
          this.#emitIndex(Op.BR, first + site + 1)
          this.#emit(Op.END)
        }
      })
    }
    this.#emit(Op.END)
  }

  /** An instruction with the place and a number. */
  #emitIs(op: number, number: number): void {
    this.#emitIndex(Op.LOCAL_GET, this.#place)
    this.#emit(Op.I32_CONST, ...signedLeb(number), op)
  }

  /** Where a condition is just before its `if`. */
  get #conditionLocal(): number {
    this.#condition ??= this.#place + this.#added.push(I32) - 1
    return this.#condition
  }

  /** The next site of the level at hand: whether a block ends before it. */
  #nextSite(): boolean {
    const frame = this.#frames.at(-1) as Frame
    return frame.site++ > 0 || !frame.level.isDirect
  }

  #call(op: number, at: number): void {
    const reader = this.#reader
    const { types, functions, state } = this.#module
    const index = reader.u32()
    if (op === Op.CALL_INDIRECT) reader.u32()
    const type =
      types[op === Op.CALL ? (functions[index] ?? NOWHERE) : index] ??
      reader.refuse('a call of what is no function', at)
    const takes = type.params.length + (op === Op.CALL ? 0 : 1)
    if (mayUnwind(this.#module, reader, at, op)) {
      const bytes = reader.bytes
      if (this.#nextSite()) {
        const position = this.#position() - (reader.at - at)
        const lowest = this.#again(this.#height, position)
        const from = this.#startOf(lowest, position)
        const locals = this.#ownLocals(lowest)
        this.#flush(at)
        const again = this.#code.cut(from)
        this.#setAll(locals)
        this.#emit(Op.END)
        this.#depth--
        this.#getAll(locals, this.#base)
        this.#code.all(again)
      } else this.#flush(at)
      this.#code.range(bytes, at, reader.at)
      const place = leb(this.#place)
      this.#emit(Op.I32_CONST, ...signedLeb(++this.#places), Op.LOCAL_SET, ...place)
      this.#emit(Op.GLOBAL_GET, ...leb(state), Op.BR_IF, ...leb(this.#depth - UNWIND_LABEL))
      this.#emit(Op.I32_CONST, 0, Op.LOCAL_SET, ...place)
      this.#pop(takes)
    } else this.#pop(takes)
    for (const result of type.results) this.#push(result)
  }

  #open(op: number, at: number): void {
    const reader = this.#reader
    const type = this.#header(op, 0)
    const taken = type.params.length + (op === Op.IF ? 1 : 0)
    const levels = this.#sites.levels.get(at)
    if (levels === undefined) {
      this.#pop(taken)
      this.#copyBlock()
      for (const result of type.results) this.#push(result)
      return
    }
    const top = this.#height
    const below = top - taken - this.#base
    if (below < 0) reader.refuse('a block takes what is not there', at)
    const locals = this.#ownLocals(top - (op === Op.IF ? 1 : 0))
    const held = this.#heldWith(top - taken)
    const ends = this.#nextSite()
    this.#flush(at)
    if (ends) {
      if (op === Op.IF) this.#emitIndex(Op.LOCAL_SET, this.#conditionLocal)
      this.#setAll(locals)
      this.#emit(Op.END)
      this.#depth--
      for (let index = below; index < locals.length; index++) this.#emitIndex(Op.LOCAL_GET, locals[index] as number)
      if (op === Op.IF) this.#emitIndex(Op.LOCAL_GET, this.#conditionLocal)
    }
    this.#code.range(reader.bytes, at, reader.at)
    this.#height = top - taken
    const params = type.params.length === 0 ? NONE : locals.slice(below)
    const label = ++this.#depth
    this.#frames.push({ op, type, label, levels, base: top - taken, below, held, params, level: NO_SITES, site: 0 })
    this.#startLevel(levels[0])
  }

  #else(at: number, isDead: boolean = false): void {
    const frame = this.#frames.at(-1) as Frame
    if (frame.op !== Op.IF) this.#reader.refuse('an else is where no if is', at)
    this.#flush(at)
    this.#leave(frame, isDead)
    this.#emit(Op.ELSE)
    this.#startLevel(frame.levels[1])
  }

  #end(at: number, isDead: boolean = false): void {
    const frame = this.#frames.at(-1) as Frame
    this.#flush(at)
    this.#leave(frame, isDead)
    const isBody = this.#frames.length === 1
    if (isBody && !isDead) this.#emit(Op.RETURN)
    this.#emit(Op.END)
    this.#depth--
    this.#frames.pop()
    if (isBody) return
    for (const result of frame.type.results) this.#push(result)
    if (frame.below === 0) return
    const locals = this.#ownLocals(this.#height)
    this.#setAll(locals.slice(frame.below))
    this.#getAll(locals, this.#base)
  }

  /** Takes the results of a part of a block off. */
  #leave({ base, type }: Frame, isDead: boolean): void {
    if (!isDead && this.#height !== base + type.results.length)
      this.#reader.refuse('a block leaves what it does not say')
    this.#height = base
  }

  /** Leaves out what is never reached, up to the end of the block's part. */
  #skipDead(): void {
    const reader = this.#reader
    this.#flush(reader.at)
    for (let inside = 0; ; ) {
      const at = reader.at
      const op = reader.u8()
      if (inside === 0 && (op === Op.END || op === Op.ELSE)) {
        this.#copied = at
        if (op === Op.END) this.#end(at, true)
        else this.#else(at, true)
        return
      }
      skipInstruction(reader, op)
      if (opens(op)) inside++
      else if (op === Op.END || op === Op.DELEGATE) inside--
    }
  }

  /** The type of a block, and what else it starts with. */
  #header(op: number, inside: number): Signature {
    const reader = this.#reader
    const type = readBlockType(reader, this.#module.types)
    if (op === Op.TRY_TABLE) {
      for (let left = reader.count(); left > 0; left--) {
        if (reader.u8() < 2) reader.u32()
        this.#labelAt(inside)
      }
    }
    return type
  }

  /** Copies a block without sites, up to its end; only labels outside of it are others now. */
  #copyBlock(): void {
    const reader = this.#reader
    for (let inside = 1; inside > 0; ) {
      const op = reader.u8()
      if (opens(op)) {
        this.#header(op, inside++)
        continue
      }
      switch (op) {
        case Op.LOCAL_GET:
          this.#read[this.#local()] = 1
          break
        case Op.END:
          inside--
          break
        case Op.DELEGATE:
          this.#labelAt(--inside)
          break
        case Op.BR:
        case Op.BR_IF:
        case Op.RETHROW:
        case Op.BR_ON_NULL:
        case Op.BR_ON_NON_NULL:
          this.#labelAt(inside)
          break
        case Op.BR_TABLE:
          for (let left = reader.count(); left >= 0; left--) this.#labelAt(inside)
          break
        case Op.GC:
          throw new Cannot('it uses references to functions or objects')
        default:
          skipInstruction(reader, op)
      }
    }
  }
}

const NONE: readonly number[] = []
const NO_SITES: Level = { before: 0, last: [], thenEnd: [], isDirect: false }

/** What a function returns that unwinds: nobody looks at it. */
function zeros({ results, encoded }: Signature): number[] {
  const code: number[] = []
  let at = 0
  for (const type of results) {
    switch (type) {
      case I32:
        code.push(Op.I32_CONST, 0)
        break
      case I64:
        code.push(Op.I64_CONST, 0)
        break
      case F32:
        code.push(Op.F32_CONST, 0, 0, 0, 0)
        break
      case F64:
        code.push(Op.F64_CONST, 0, 0, 0, 0, 0, 0, 0, 0)
        break
      case V128:
        code.push(Op.SIMD, 0x0c, ...new Array<number>(16).fill(0))
        break
      default:
        if ((encoded[at] as number) < 0x65) throw new Cannot('it gives a reference of a type of its own')
        code.push(REF_NULL, encoded[at] as number)
    }
    at++
  }
  return code
}
