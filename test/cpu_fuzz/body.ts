/** The bodies of generated modules: values, statements, blocks, ways to leave, and what is dead after these. */

import type { Choices } from './choices.ts'
import { CANONICAL, constantOf } from './constants.ts'
import {
  type Body,
  type Bytes,
  F32,
  F64,
  FUNCREF,
  type GlobalEntry,
  I32,
  I64,
  type Import,
  type Signature,
  s32,
  type Type,
  type Types,
  u32,
  V128,
} from './encoder.ts'
import { type Arithmetic, LANES, LOADS, OPERATORS, type Operator, STORES } from './operators.ts'

/** How a module is written; see `generator.ts`. */
export interface Writing {
  readonly canonical: boolean
  readonly lowered: boolean
  /** Whether the memory and the table say how large they may become. */
  readonly bounded: boolean
}

/** What a body has to know of its module. */
export interface ModuleAtHand {
  readonly choices: Choices
  readonly writing: Writing
  readonly types: Types
  readonly signatures: readonly Signature[]
  readonly globals: readonly GlobalEntry[]
  readonly tags: readonly Signature[]
  /** How often what may trap or throw is drawn, by module. */
  readonly wild: boolean
  /** Whether relaxed SIMD is drawn, and then often: most modules have none, so that the other passes are tried alone. */
  readonly relaxes: boolean
  /** The types that are drawn. */
  readonly kinds: readonly Type[]
  /** Set where an instruction of relaxed SIMD is written. */
  relaxed: boolean
}

/** One of each for what is made canonical, three for relaxed SIMD, and what tells the host which call this is. */
const TEMPORARIES: readonly Type[] = [F32, F64, V128, V128, V128, V128, I32]
/** Types that are drawn, some more often. */
export const ALL: readonly Type[] = [F32, F64, V128, I32, I64, F32, F64, FUNCREF]
/** Code of a body may get this long before only the simplest is added. */
const CODE_MAX = 3000
const DEPTH_MAX = 14
/** What a generated module imports. */
export const IMPORTS: readonly Import[] = [
  { name: 'i32', signature: { params: [I32], results: [] } },
  { name: 'i64', signature: { params: [I64], results: [] } },
  { name: 'throw', signature: { params: [], results: [] } },
  { name: 'enter', signature: { params: [], results: [I32] } },
  { name: 'probe', signature: { params: [I32], results: [] } },
]
const ENTER = 3
const PROBE = 4

/** Labels: what a branch to them takes. A `try` in its handler can be thrown again. */
interface Label {
  readonly types: readonly Type[]
  readonly loop: boolean
  rethrow: boolean
}

/** Writes one function. */
export class BodyWriter {
  readonly #module: ModuleAtHand
  readonly #choices: Choices
  readonly #signature: Signature
  readonly #index: number
  readonly #locals: Type[]
  readonly #code: number[] = []
  /** The innermost is the last. */
  readonly #labels: Label[] = []
  /** The first of the locals for what this generator puts aside: they are there however the module is written. */
  readonly #temporaries: number
  /** Locals that count loops. */
  readonly #counters = new Set<number>()
  /** How long the code would be without what depends on how the module is written. */
  #length = 0

  constructor(module: ModuleAtHand, signature: Signature, index: number) {
    this.#module = module
    this.#choices = module.choices
    this.#signature = signature
    this.#index = index
    this.#locals = [...signature.params]
    this.#temporaries = this.#locals.length
    this.#locals.push(...TEMPORARIES)
  }

  write(): Body {
    const choices = this.#choices
    for (let i = choices.below(12); i > 0; i--) this.#locals.push(choices.of(this.#module.kinds))
    if (choices.oneIn(24)) {
      const type = choices.of(this.#module.kinds)
      for (let i = choices.below(2000); i > 0; i--) this.#locals.push(type)
    }
    this.#labels.push({ types: this.#signature.results, loop: false, rethrow: false })
    this.#spend()
    this.#emit(0x10, ENTER, 0x21, ...u32(this.#temporaries + 6))
    // Infinities and NaNs to start with: of zeros alone few NaNs would be made.
    this.#locals.slice(0, 24).forEach((type, local) => {
      if (this.#isOwn(local) || type === FUNCREF || !choices.oneIn(2)) return
      this.#emit(...constantOf(choices, type), 0x21, ...u32(local))
    })
    if (this.#index + 1 < this.#module.signatures.length && !choices.oneIn(4)) this.#guardedCall()
    for (let i = choices.below(8); i > 0; i--) this.#statement(0)
    for (const type of this.#signature.results) this.#made(type, 1)
    if (choices.oneIn(2)) this.#leave()
    return { signature: this.#signature, locals: this.#locals.slice(this.#signature.params.length), code: this.#code }
  }

  /** Calls another function, whatever way it ends but a trap, so that what calls leave behind is seen. */
  #guardedCall(): undefined {
    this.#emit(0x06, 0x40)
    this.#labels.push({ types: [], loop: false, rethrow: false })
    this.#call(8)
    this.#turn(this.#lastResults, [], 8)
    this.#labels.pop()
    this.#emit(0x19)
    this.#probe()
    this.#emit(0x0b)
    this.#probe()
  }

  #emit(...bytes: readonly number[]): undefined {
    for (const byte of bytes) this.#code.push(byte)
    this.#length += bytes.length
  }

  /** Counts the budget down; traps when it is used up. */
  #spend(): undefined {
    this.#emit(0x23, 0, 0x45, 0x04, 0x40, 0x00, 0x0b, 0x23, 0, 0x41, 1, 0x6b, 0x24, 0)
  }

  get #short(): boolean {
    return this.#choices.over || this.#length > CODE_MAX
  }

  #localOf(type: Type): number | undefined {
    const having = this.#locals.flatMap((each, index) =>
      each === type && index < 400 && !this.#isOwn(index) ? [index] : [],
    )
    return having.length === 0 ? undefined : this.#choices.of(having)
  }

  #isOwn(index: number): boolean {
    return this.#counters.has(index) || (index >= this.#temporaries && index < this.#temporaries + TEMPORARIES.length)
  }

  #all(types: readonly Type[], depth: number): undefined {
    for (const type of types) this.#value(type, depth + 1)
  }

  /** A value that will be seen: if a float, often one that arithmetic made, and of what makes NaNs. */
  #made(type: Type, depth: number): undefined {
    this.#value(type, depth)
    const having = MAKES.get(type)
    if (having === undefined || this.#choices.oneIn(3)) return
    this.#emit(...constantOf(this.#choices, type))
    this.#apply(this.#choices.of(having))
  }

  /** Code that leaves one value of `type`. */
  #value(type: Type, depth: number): undefined {
    const choices = this.#choices
    if (this.#short || depth > DEPTH_MAX || choices.below(DEPTH_MAX) < depth - 2) return this.#leaf(type)
    switch (choices.below(24)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.#leaf(type)
      case 4:
        return this.#block([type], depth)
      case 5: {
        this.#value(type, depth + 1)
        const local = this.#localOf(type)
        if (local !== undefined) this.#emit(0x22, ...u32(local))
        return
      }
      case 6:
        this.#value(type, depth + 1)
        this.#value(type, depth + 1)
        this.#value(I32, depth + 1)
        if (type === FUNCREF || choices.oneIn(3)) this.#emit(0x1c, 1, type)
        else this.#emit(0x1b)
        return
      case 7:
        this.#call(depth)
        return this.#turn(this.#lastResults, [type], depth)
      case 8:
        return this.#branchIf(type, depth)
      case 9:
        this.#statement(depth + 1)
        return this.#value(type, depth + 1)
      case 10:
        if (!choices.oneIn(5)) return this.#operator(type, depth)
        this.#dead()
        // What follows takes what is not there.
        if (choices.oneIn(2)) this.#emit(...(DEAD_RESULT[type] ?? []))
        return
      case 11:
        return this.#load(type, depth)
      case 12:
        return this.#sizes(type, depth)
      case 13:
        return this.#lane(type, depth)
      default:
        return this.#operator(type, depth)
    }
  }

  #leaf(type: Type): undefined {
    const choices = this.#choices
    const kind = choices.below(4)
    if (kind === 0 || kind === 1) {
      const local = this.#localOf(type)
      if (local !== undefined) return this.#emit(0x20, ...u32(local))
    }
    if (kind === 2) {
      const having = this.#module.globals.flatMap((each, index) => (each.type === type && index > 0 ? [index] : []))
      if (having.length > 0) return this.#emit(0x23, ...u32(choices.of(having)))
    }
    if (type === FUNCREF && choices.oneIn(2)) {
      return this.#emit(0xd2, ...u32(IMPORTS.length + choices.below(Math.min(6, this.#module.signatures.length))))
    }
    this.#emit(...constantOf(choices, type))
  }

  #operator(type: Type, depth: number): undefined {
    const choices = this.#choices
    const having = BY_RESULT.get(type)
    if (having === undefined) return this.#leaf(type)
    const operator =
      type === V128 && this.#module.relaxes && choices.oneIn(3) ? choices.of(RELAXED) : choices.of(having)
    if (operator.traps && !this.#module.wild && !choices.oneIn(8)) return this.#leaf(type)
    for (const taken of operator.takes) this.#value(taken, depth + 1)
    this.#apply(operator)
  }

  #apply({ code, relaxed, arithmetic }: Operator): undefined {
    if (relaxed !== undefined) this.#module.relaxed = true
    const length = this.#length
    if (relaxed !== undefined && this.#module.writing.lowered) this.#lowered(relaxed)
    else this.#emit(...code)
    this.#canonical(arithmetic)
    this.#length = length + code.length
  }

  #canonical(arithmetic: Arithmetic | undefined): undefined {
    if (arithmetic === undefined || !this.#module.writing.canonical) return
    const { type, nan, equal, choose } = CANONICAL[arithmetic]
    const local = u32(this.#temporaries + TEMPORARIES.indexOf(type))
    this.#emit(0x22, ...local, ...nan, 0x20, ...local, 0x20, ...local, ...equal, ...choose)
  }

  #lowered(code: number): undefined {
    const simd = (...codes: readonly number[]): undefined => {
      for (const each of codes) this.#emit(0xfd, ...u32(each))
    }
    const same: { readonly [relaxed: number]: number } = {
      256: 0x0e,
      257: 0xf8,
      258: 0xf9,
      259: 0xfc,
      260: 0xfd,
      265: 0x52,
      266: 0x52,
      267: 0x52,
      268: 0x52,
      269: 0xe8,
      270: 0xe9,
      271: 0xf4,
      272: 0xf5,
      273: 0x82,
    }
    const one = same[code]
    if (one !== undefined) return simd(one)
    const [a, b, c] = [3, 4, 5].map((at) => u32(this.#temporaries + at)) as [number[], number[], number[]]
    switch (code) {
      case 0x105:
      case 0x106:
      case 0x107:
      case 0x108: {
        const single = code < 0x107
        this.#emit(0x21, ...c)
        simd(single ? 0xe6 : 0xf2)
        if (code === 0x106 || code === 0x108) simd(single ? 0xe1 : 0xed)
        this.#emit(0x20, ...c)
        return simd(single ? 0xe4 : 0xf0)
      }
      default: {
        if (code === 0x113) this.#emit(0x21, ...c)
        this.#emit(0x21, ...b, 0x21, ...a)
        // The odd bytes, then the even ones, each made 16 bits wide.
        for (const each of [a, b]) {
          this.#emit(0x20, ...each, 0x41, 8)
          simd(0x8c)
        }
        simd(0x95)
        for (const each of [a, b]) {
          this.#emit(0x20, ...each, 0x41, 8)
          simd(0x8b)
          this.#emit(0x41, 8)
          simd(0x8c)
        }
        simd(0x95, 0x8e)
        if (code === 0x113) {
          simd(0x7e)
          this.#emit(0x20, ...c)
          simd(0xae)
        }
      }
    }
  }

  #lane(type: Type, depth: number): undefined {
    const having = LANES.filter(({ gives }) => gives === type)
    if (having.length === 0) return this.#operator(type, depth)
    if (type === V128 && this.#choices.oneIn(4)) {
      this.#value(V128, depth + 1)
      this.#value(V128, depth + 1)
      return this.#emit(0xfd, 0x0d, ...this.#choices.bytes(16).map((lane) => lane & 31))
    }
    const { code, takes, lanes } = this.#choices.of(having)
    for (const taken of takes) this.#value(taken, depth + 1)
    this.#emit(0xfd, code, this.#choices.below(lanes))
  }

  /** An address, nearly always one that is there. */
  #address(depth: number): Bytes {
    this.#value(I32, depth + 1)
    if (!this.#choices.oneIn(this.#module.wild ? 8 : 64))
      this.#emit(0x41, ...s32(this.#choices.of([0xff, 0x3f8, 0xfff8])), 0x71)
    return u32(this.#choices.of([0, 8, 1, 64, this.#module.wild ? 0xffff_fff0 : 16]))
  }

  #load(type: Type, depth: number): undefined {
    const having = LOADS.filter(({ gives }) => gives === type)
    if (having.length === 0) {
      // table.get
      this.#value(I32, depth + 1)
      return this.#emit(0x41, 7, 0x71, 0x25, 0)
    }
    const { code, align } = this.#choices.of(having)
    const offset = this.#address(depth)
    this.#emit(...code, this.#choices.below(align + 1), ...offset)
  }

  #sizes(type: Type, depth: number): undefined {
    if (type !== I32) return this.#operator(type, depth)
    switch (this.#choices.below(5)) {
      case 0:
        return this.#emit(0x3f, 0)
      case 1:
      case 2:
        this.#delta(depth)
        return this.#emit(0x40, 0)
      case 3:
        return this.#emit(0xfc, 16, 0)
      default:
        this.#value(FUNCREF, depth + 1)
        this.#delta(depth)
        return this.#emit(0xfc, 15, 0)
    }
  }

  /** By how much something grows: often by little. */
  #delta(depth: number): undefined {
    this.#value(I32, depth + 1)
    if (!this.#choices.oneIn(6)) this.#emit(0x41, 3, 0x71)
  }

  #lastResults: readonly Type[] = []

  /** A call; `#lastResults` are what it left. */
  #call(depth: number): undefined {
    const choices = this.#choices
    const { signatures } = this.#module
    const last = this.#index + 1 >= signatures.length
    if (choices.oneIn(7) || (last && !choices.oneIn(8))) {
      const import_ = choices.below(this.#module.wild ? 3 : 2)
      this.#all(IMPORTS[import_]?.signature.params ?? [], depth)
      this.#emit(0x10, import_)
      this.#lastResults = []
      return
    }
    // Mostly to later functions, so that not all is recursion.
    const later = !last && !choices.oneIn(10)
    const index = later
      ? this.#index + 1 + choices.below(signatures.length - this.#index - 1)
      : choices.below(signatures.length)
    const signature = signatures[index] as Signature
    this.#all(signature.params, depth)
    if (choices.oneIn(4)) {
      this.#tableIndex(index, depth)
      this.#emit(0x11, ...u32(this.#module.types.index(signature)), 0)
    } else this.#emit(0x10, ...u32(IMPORTS.length + index))
    this.#lastResults = signature.results
  }

  #tableIndex(index: number, depth: number): undefined {
    if (this.#choices.oneIn(5)) {
      this.#value(I32, depth + 1)
      this.#emit(0x41, 7, 0x71)
    } else this.#emit(0x41, index)
  }

  #tailCall(depth: number): boolean {
    const { signatures, types } = this.#module
    const same = signatures.flatMap((each, index) =>
      each.results.join() === this.#signature.results.join() ? [index] : [],
    )
    const later = same.filter((index) => index > this.#index)
    if (later.length === 0 && !this.#choices.oneIn(6)) {
      this.#all(this.#signature.results, depth)
      this.#emit(0x0f)
      return true
    }
    const index = this.#choices.of(later.length > 0 && !this.#choices.oneIn(6) ? later : same)
    const signature = signatures[index] as Signature
    this.#all(signature.params, depth)
    if (this.#choices.oneIn(3)) {
      this.#tableIndex(index, depth)
      this.#emit(0x13, ...u32(types.index(signature)), 0)
    } else this.#emit(0x12, ...u32(IMPORTS.length + index))
    return true
  }

  /** Makes `want` of the operands `have`, which are the topmost. */
  #turn(have: readonly Type[], want: readonly Type[], depth: number): undefined {
    let kept = 0
    while (kept < have.length && have[kept] === want[kept]) kept++
    if (kept > 0 && this.#choices.oneIn(4)) kept = this.#choices.below(kept)
    for (let i = have.length - 1; i >= kept; i--) {
      const type = have[i] as Type
      const local = this.#choices.oneIn(3) ? undefined : this.#localOf(type)
      if (local === undefined) this.#emit(0x1a)
      else this.#emit(0x21, ...u32(local))
    }
    if (this.#choices.oneIn(4)) this.#statement(depth + 1)
    this.#all(want.slice(kept), depth)
  }

  #blockType(params: readonly Type[], results: readonly Type[]): undefined {
    if (params.length === 0 && results.length === 0) this.#emit(0x40)
    else if (params.length === 0 && results.length === 1) this.#emit(results[0] as Type)
    else this.#emit(...s32(this.#module.types.index({ params, results })))
  }

  #someTypes(most: number): Type[] {
    return Array.from({ length: this.#choices.below(most + 1) }, () => this.#choices.of(this.#module.kinds))
  }

  /** A block of any kind that leaves `results`. */
  #block(results: readonly Type[], depth: number): undefined {
    const choices = this.#choices
    if (choices.oneIn(12)) return this.#nest(results, depth)
    const params = choices.oneIn(3) ? this.#someTypes(3) : []
    const inside = (have: readonly Type[], loop: boolean): undefined => {
      this.#labels.push({ types: loop ? params : results, loop, rethrow: false })
      if (loop) this.#spend()
      for (let i = choices.below(4); i > 0; i--) this.#statement(depth + 1)
      this.#turn(have, results, depth)
      this.#labels.pop()
    }
    switch (choices.below(5)) {
      case 0:
        this.#all(params, depth)
        this.#emit(0x02)
        this.#blockType(params, results)
        inside(params, false)
        break
      case 1:
        return this.#loop(params, results, depth)
      case 2:
        this.#all(params, depth)
        this.#value(I32, depth + 1)
        this.#emit(0x04)
        this.#blockType(params, results)
        inside(params, false)
        if (params.join() !== results.join() || !choices.oneIn(3)) {
          this.#emit(0x05)
          inside(params, false)
        }
        break
      default:
        this.#all(params, depth)
        return this.#try(params, results, depth)
    }
    this.#emit(0x0b)
  }

  /** A loop that goes on while a counter of its own says so. */
  #loop(params: readonly Type[], results: readonly Type[], depth: number): undefined {
    const choices = this.#choices
    const local = this.#locals.push(I32) - 1
    this.#counters.add(local)
    const counter = u32(local)
    this.#emit(0x41, 1 + choices.below(9), 0x21, ...counter)
    this.#all(params, depth)
    this.#emit(0x03)
    this.#blockType(params, results)
    this.#labels.push({ types: params, loop: true, rethrow: false })
    this.#spend()
    for (let i = choices.below(5); i > 0; i--) this.#statement(depth + 1)
    this.#turn(params, params, depth)
    this.#emit(0x20, ...counter, 0x41, 1, 0x6b, 0x22, ...counter, 0x0d, 0)
    this.#turn(params, results, depth)
    this.#labels.pop()
    this.#emit(0x0b)
  }

  #try(params: readonly Type[], results: readonly Type[], depth: number): undefined {
    const choices = this.#choices
    const { tags } = this.#module
    this.#emit(0x06)
    this.#blockType(params, results)
    const label: Label = { types: results, loop: false, rethrow: false }
    this.#labels.push(label)
    for (let i = choices.below(4); i > 0; i--) this.#statement(depth + 1)
    if (choices.oneIn(3)) this.#throw(depth, 3)
    else if (choices.oneIn(2)) {
      this.#call(depth)
      this.#turn(this.#lastResults, [], depth)
    }
    this.#turn(params, results, depth)
    if (choices.oneIn(5)) {
      this.#labels.pop()
      return this.#emit(0x18, ...u32(choices.below(this.#labels.length)))
    }
    label.rethrow = true
    if (tags.length > 0) {
      for (let i = choices.below(3); i > 0; i--) {
        const tag = choices.below(tags.length)
        this.#emit(0x07, tag)
        this.#probe()
        this.#turn(tags[tag]?.params ?? [], results, depth)
      }
    }
    if (choices.oneIn(2)) {
      this.#emit(0x19)
      this.#probe()
      for (let i = choices.below(3); i > 0; i--) this.#statement(depth + 1)
      this.#all(results, depth)
    }
    this.#labels.pop()
    this.#emit(0x0b)
  }

  /** Throws if a random condition says so. */
  #throw(depth: number, often: number): undefined {
    const { tags } = this.#module
    this.#value(I32, depth + 1)
    if (!this.#choices.oneIn(often)) this.#emit(0x45)
    this.#emit(0x04, 0x40)
    this.#labels.push({ types: [], loop: false, rethrow: false })
    if (tags.length > 0) {
      const tag = this.#choices.below(tags.length)
      this.#all(tags[tag]?.params ?? [], depth)
      this.#emit(0x08, tag)
    } else this.#emit(0x10, 2)
    this.#labels.pop()
    this.#emit(0x0b)
  }

  /** Many blocks, one in another. */
  #nest(results: readonly Type[], depth: number): undefined {
    const count = 2 + this.#choices.below(40)
    for (let i = 0; i < count; i++) {
      this.#emit(i % 5 === 4 ? 0x06 : 0x02)
      this.#blockType([], results)
      this.#labels.push({ types: results, loop: false, rethrow: false })
    }
    this.#statement(depth + 1)
    this.#all(results, depth)
    if (this.#choices.oneIn(2)) {
      this.#value(I32, depth + 1)
      const labels = Array.from({ length: 5 }, () => u32(this.#choices.below(count)))
      this.#emit(0x0e, 4, ...labels.flat())
    }
    for (let i = count - 1; i >= 0; i--) {
      this.#labels.pop()
      if (i % 5 === 4 && this.#choices.oneIn(2)) this.#emit(0x18, ...u32(this.#choices.below(this.#labels.length)))
      else this.#emit(0x0b)
    }
  }

  /** br_if that hands values on, and one of them is left. */
  #branchIf(type: Type, depth: number): undefined {
    const at = this.#choices.below(this.#labels.length)
    const label = this.#labels[this.#labels.length - 1 - at] as Label
    if (label.loop && !this.#choices.oneIn(4)) return this.#operator(type, depth)
    this.#all(label.types, depth)
    this.#value(I32, depth + 1)
    this.#emit(0x0d, ...u32(at))
    this.#turn(label.types, [type], depth)
  }

  /** A label; seldom that of a loop, which would mostly go on until the budget is used up. */
  #target(): number {
    const at = this.#choices.below(this.#labels.length)
    const { loop } = this.#labels[this.#labels.length - 1 - at] as Label
    return loop && !this.#choices.oneIn(6) ? this.#labels.length - 1 : at
  }

  /** Leaves the block, or the function; what follows is dead. */
  #leave(): undefined {
    const choices = this.#choices
    switch (choices.below(7)) {
      case 0:
        this.#all(this.#signature.results, 6)
        return this.#emit(0x0f)
      case 5: {
        const { tags } = this.#module
        if (tags.length === 0) return this.#emit(0x00)
        const tag = choices.below(tags.length)
        this.#all(tags[tag]?.params ?? [], 6)
        return this.#emit(0x08, tag)
      }
      case 1: {
        const at = this.#target()
        const label = this.#labels[this.#labels.length - 1 - at] as Label
        this.#all(label.types, 6)
        return this.#emit(0x0c, ...u32(at))
      }
      case 2: {
        const first = this.#target()
        const types = (this.#labels[this.#labels.length - 1 - first] as Label).types
        const same = this.#labels.flatMap((each, index) =>
          each.types.join() === types.join() ? [this.#labels.length - 1 - index] : [],
        )
        this.#all(types, 6)
        this.#value(I32, 6)
        const labels = Array.from({ length: choices.below(4) }, () => u32(choices.of(same)))
        return this.#emit(0x0e, ...u32(labels.length), ...labels.flat(), ...u32(choices.of(same)))
      }
      case 3: {
        const inside = this.#labels.flatMap((each, index) => (each.rethrow ? [this.#labels.length - 1 - index] : []))
        if (inside.length > 0) return this.#emit(0x09, ...u32(choices.of(inside)))
        this.#tailCall(6)
        return
      }
      case 4:
        this.#tailCall(6)
        return
      default:
        if (choices.oneIn(4)) return this.#emit(0x00)
        this.#all(this.#signature.results, 6)
        return this.#emit(0x0f)
    }
  }

  /** Leaves, and then has code that nothing reaches, with operands out of nowhere. */
  #dead(): undefined {
    const choices = this.#choices
    this.#leave()
    for (let i = choices.below(4); i > 0; i--) {
      switch (choices.below(8)) {
        case 0:
          this.#apply(choices.of(ORDINARY))
          this.#emit(0x1a)
          break
        case 1: {
          const local = this.#localOf(choices.of(this.#module.kinds))
          if (local !== undefined) this.#emit(0x21, ...u32(local))
          break
        }
        case 2:
          this.#emit(0x1a)
          break
        case 3:
          this.#emit(0x1b, 0x1a)
          break
        case 4:
          this.#leave()
          break
        case 5: {
          const { code } = choices.of(STORES)
          this.#emit(...code, 0, 0)
          break
        }
        case 6:
          this.#value(choices.of(this.#module.kinds), 10)
          this.#emit(0x1a)
          break
        default:
          this.#block([], 10)
      }
    }
  }

  /** Code that leaves nothing. */
  #statement(depth: number): undefined {
    const choices = this.#choices
    if (this.#short || depth > DEPTH_MAX) return
    switch (choices.below(19)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const type = choices.of(this.#module.kinds)
        this.#value(type, depth + 1)
        const local = this.#localOf(type)
        return local === undefined ? this.#emit(0x1a) : this.#emit(0x21, ...u32(local))
      }
      case 4:
      case 5: {
        const having = this.#module.globals.flatMap(({ mutable }, index) => (mutable && index > 0 ? [index] : []))
        if (having.length === 0) return
        const index = choices.of(having)
        this.#made((this.#module.globals[index] as GlobalEntry).type, depth + 1)
        return this.#emit(0x24, ...u32(index))
      }
      case 6:
      case 7:
      case 8: {
        const { code, takes, align } = choices.of(STORES)
        const offset = this.#address(depth)
        this.#made(takes, depth + 1)
        return this.#emit(...code, choices.below(align + 1), ...offset)
      }
      case 9:
        this.#call(depth)
        this.#turn(this.#lastResults, [], depth)
        return this.#probe()
      case 10:
      case 11:
        return this.#block([], depth)
      case 12: {
        const types = this.#someTypes(3)
        this.#block(types, depth)
        return this.#turn(types, [], depth)
      }
      case 13:
        return this.#conditional(depth)
      case 14:
        return this.#bulk(depth)
      case 15:
        if (!choices.oneIn(4)) return this.#throw(depth, 4)
        return this.#conditional(depth)
      case 16:
        this.#value(choices.of(this.#module.kinds), depth + 1)
        return this.#emit(0x1a)
      case 17:
        return this.#probe()
      default:
        return this.#emit(0x01)
    }
  }

  /** Lets the host see that the depth of calls is what it was where this call began. */
  #probe(): undefined {
    this.#emit(0x20, ...u32(this.#temporaries + 6), 0x10, PROBE)
  }

  /** Something that leaves, under a condition. */
  #conditional(depth: number): undefined {
    this.#value(I32, depth + 1)
    this.#emit(0x04, 0x40)
    this.#labels.push({ types: [], loop: false, rethrow: false })
    this.#dead()
    this.#labels.pop()
    this.#emit(0x0b)
  }

  #bulk(depth: number): undefined {
    const choices = this.#choices
    const three = (...masks: readonly number[]): undefined => {
      for (const mask of masks) {
        this.#value(I32, depth + 1)
        this.#emit(0x41, ...s32(mask), 0x71)
      }
    }
    switch (choices.below(8)) {
      case 0:
        three(0x7ff, 0x1f, 0x1f)
        return this.#emit(0xfc, 8, 1, 0)
      case 1:
        three(0x7ff, 0x7ff, 0x7f)
        return this.#emit(0xfc, 10, 0, 0)
      case 2:
        three(0x7ff, 0xff, 0x7f)
        return this.#emit(0xfc, 11, 0)
      case 3:
        three(3, 3, 3)
        return this.#emit(0xfc, 12, 1, 0)
      case 4:
        three(3, 3, 3)
        return this.#emit(0xfc, 14, 0, 0)
      case 5:
        three(7)
        this.#value(FUNCREF, depth + 1)
        return this.#emit(0x26, 0)
      case 6:
        three(3)
        this.#value(FUNCREF, depth + 1)
        three(3)
        return this.#emit(0xfc, 17, 0)
      default:
        return choices.oneIn(4) ? this.#emit(0xfc, 9, 1) : this.#emit(0xfc, 13, 1)
    }
  }
}

/** An instruction that leaves a value of the type, for where its operands come out of nowhere. */
const DEAD_RESULT: { readonly [type: Type]: Bytes } = {
  [I32]: [0x45],
  [I64]: [0x7c],
  [F32]: [0x8b],
  [F64]: [0xa6],
  [V128]: [0xfd, 0x4d],
  [FUNCREF]: [0x25, 0],
}

const ORDINARY = OPERATORS.filter(({ relaxed }) => relaxed === undefined)
const RELAXED = OPERATORS.filter(({ relaxed }) => relaxed !== undefined)
const BY_RESULT = new Map<Type, Operator[]>()
for (const operator of ORDINARY) {
  const list = BY_RESULT.get(operator.gives)
  if (list === undefined) BY_RESULT.set(operator.gives, [operator])
  else list.push(operator)
}
// Integers come of comparisons and conversions in one of two cases, and vectors of floats.
BY_RESULT.set(
  F32,
  twice(BY_RESULT.get(F32), ({ arithmetic }) => arithmetic !== undefined),
)
BY_RESULT.set(
  F64,
  twice(BY_RESULT.get(F64), ({ arithmetic }) => arithmetic !== undefined),
)
BY_RESULT.set(
  V128,
  twice(BY_RESULT.get(V128), ({ arithmetic }) => arithmetic !== undefined, 3),
)

/** Arithmetic of two operands of the type that it leaves. */
const MAKES = new Map<Type, Operator[]>(
  [F32, F64, V128].map((type) => [
    type,
    ORDINARY.filter(
      ({ arithmetic, takes, gives }) =>
        arithmetic !== undefined && gives === type && takes.join() === `${type},${type}`,
    ),
  ]),
)

function twice(list: readonly Operator[] = [], which: (each: Operator) => boolean, times: number = 1): Operator[] {
  const more = list.filter(which)
  return [...list, ...Array.from({ length: times }, () => more).flat()]
}
