/**
 * Random programs for the pass `unwind`: calls of imported functions are everywhere, and below them operands of all
 * types. Each body is a walk over the operand stack, so that blocks and calls find things below what they take. All
 * programs end: entries of functions and loops count a budget down, and trap when it is used up.
 */

import type { Choices } from '../cpu_fuzz/choices.ts'
import { constantOf } from '../cpu_fuzz/constants.ts'
import {
  type Body,
  encode,
  F32,
  F64,
  type GlobalEntry,
  I32,
  I64,
  type Import,
  type Signature,
  s32,
  type Type,
  Types,
  u32,
  V128,
} from '../cpu_fuzz/encoder.ts'
import { LOADS, OPERATORS, type Operator, STORES } from '../cpu_fuzz/operators.ts'

export const IMPORTS: readonly Import[] = [
  { name: 'nothing', signature: { params: [], results: [] } },
  { name: 'one', signature: { params: [I32], results: [I32] } },
  { name: 'wide', signature: { params: [I32, I64, I32], results: [I64] } },
  { name: 'floats', signature: { params: [F32, F64], results: [F64] } },
  { name: 'pair', signature: { params: [I64], results: [I32, I64] } },
  { name: 'tells', signature: { params: [I32, F32], results: [] } },
]
const BUDGET = 250
const KINDS: readonly Type[] = [I32, I64, F32, F64, V128, I32, I64, I32]
const CODE_MAX = 1500
const DEPTH_MAX = 7
const ELEMENTS = 12

interface Label {
  readonly types: readonly Type[]
  readonly loop: boolean
}

const ORDINARY = OPERATORS.filter(({ relaxed }) => relaxed === undefined)

/** The module that `choices` stand for; it exports `run`, which takes and gives an i32. */
export function programOf(choices: Choices): Uint8Array<ArrayBuffer> {
  const types = new Types()
  const some = (most: number): Type[] => Array.from({ length: choices.below(most + 1) }, () => choices.of(KINDS))
  const signatures: Signature[] = [{ params: [I32], results: [I32] }]
  for (let more = 1 + choices.below(5); more > 0; more--) signatures.push({ params: some(4), results: some(3) })
  // Tables lead to functions of the same type, so some have one.
  if (choices.oneIn(2)) signatures.push(choices.of(signatures), { params: [I32], results: [I32] })
  const globals: GlobalEntry[] = [{ type: I32, mutable: true, init: [0x41, ...s32(BUDGET)] }]
  for (let more = 1 + choices.below(6); more > 0; more--) {
    const type = choices.of(KINDS)
    globals.push({ type, mutable: !choices.oneIn(5), init: constantOf(choices, type) })
  }
  const elements = Array.from({ length: ELEMENTS }, () => choices.below(IMPORTS.length + signatures.length))
  const count = signatures.length
  const functions = signatures.map((_, index) => {
    choices.share(count - index)
    return new Walk(choices, types, signatures, globals, elements, index).write()
  })
  return encode({
    types,
    imports: IMPORTS,
    functions,
    globals,
    tags: [],
    memory: { least: 1, most: 3 },
    table: { least: ELEMENTS, most: ELEMENTS },
    elements,
    data: [1, 2, 3, 4],
    exports: [
      { name: 'memory', kind: 2, index: 0 },
      { name: 'run', kind: 0, index: IMPORTS.length },
    ],
    start: undefined,
  })
}

class Walk {
  readonly #choices: Choices
  readonly #types: Types
  readonly #signatures: readonly Signature[]
  readonly #globals: readonly GlobalEntry[]
  readonly #elements: readonly number[]
  readonly #index: number
  readonly #locals: Type[]
  readonly #counters = new Set<number>()
  readonly #code: number[] = []
  readonly #labels: Label[] = []
  /** Whether it counts; if not, it only calls later functions. */
  readonly #spends: boolean
  /** What is on the stack, and how much of it is of the blocks around. */
  #stack: Type[] = []
  #base = 0

  constructor(
    choices: Choices,
    types: Types,
    signatures: readonly Signature[],
    globals: readonly GlobalEntry[],
    elements: readonly number[],
    index: number,
  ) {
    this.#choices = choices
    this.#types = types
    this.#signatures = signatures
    this.#globals = globals
    this.#elements = elements
    this.#index = index
    this.#locals = [...this.#signature.params]
    this.#spends = !choices.oneIn(4)
  }

  get #signature(): Signature {
    return this.#signatures[this.#index] as Signature
  }

  write(): Body {
    const choices = this.#choices
    for (let more = choices.below(10); more > 0; more--) this.#locals.push(choices.of(KINDS))
    const { params, results } = this.#signature
    this.#labels.push({ types: results, loop: false })
    if (this.#spends) this.#spend()
    if (choices.oneIn(2)) this.#call(0)
    this.#steps(0)
    this.#settle(results)
    return { signature: this.#signature, locals: this.#locals.slice(params.length), code: this.#code }
  }

  #emit(...bytes: readonly number[]): undefined {
    for (const byte of bytes) this.#code.push(byte)
  }

  /** Counts the budget down; traps when it is used up. */
  #spend(): undefined {
    this.#emit(0x23, 0, 0x45, 0x04, 0x40, 0x00, 0x0b, 0x23, 0, 0x41, 1, 0x6b, 0x24, 0)
  }

  get #short(): boolean {
    return this.#choices.over || this.#code.length > CODE_MAX
  }

  #push(type: Type): undefined {
    const choices = this.#choices
    const having = this.#locals.flatMap((each, index) => (each === type ? [index] : []))
    const globals = this.#globals.flatMap((each, index) => (each.type === type && index > 0 ? [index] : []))
    const kind = choices.below(3)
    if (kind === 0 && having.length > 0) this.#emit(0x20, ...u32(choices.of(having)))
    else if (kind === 1 && globals.length > 0) this.#emit(0x23, ...u32(choices.of(globals)))
    else this.#emit(...constantOf(choices, type))
    this.#stack.push(type)
  }

  /** Makes the topmost operands what is wanted: some may be there already. */
  #want(types: readonly Type[]): undefined {
    const room = this.#stack.length - this.#base
    let kept = Math.min(room, types.length)
    for (; kept > 0; kept--) {
      if (types.slice(0, kept).every((type, i) => this.#stack[this.#stack.length - kept + i] === type)) break
    }
    if (this.#choices.oneIn(3)) kept = 0
    for (const type of types.slice(kept)) this.#push(type)
  }

  #take(types: readonly Type[]): undefined {
    this.#want(types)
    this.#stack.length -= types.length
  }

  /** Leaves just these on the stack of the block at hand. */
  #settle(types: readonly Type[]): undefined {
    while (this.#stack.length > this.#base) {
      const have = this.#stack.slice(this.#base)
      if (have.length <= types.length && have.every((type, i) => type === types[i])) break
      this.#leaveOff()
    }
    for (const type of types.slice(this.#stack.length - this.#base)) this.#push(type)
  }

  #leaveOff(): undefined {
    const type = this.#stack.pop() as Type
    const having = this.#locals.flatMap((each, index) => (each === type && !this.#counters.has(index) ? [index] : []))
    if (having.length === 0 || this.#choices.oneIn(3)) this.#emit(0x1a)
    else this.#emit(0x21, ...u32(this.#choices.of(having)))
  }

  #steps(depth: number): undefined {
    for (let left = 2 + this.#choices.below(9); left > 0 && !this.#short; left--) this.#step(depth)
  }

  #step(depth: number): undefined {
    const choices = this.#choices
    switch (choices.below(17)) {
      case 0:
      case 1:
        return this.#push(choices.of(KINDS))
      case 2:
      case 3:
        return this.#operator(choices.of(ORDINARY))
      case 4:
        if (this.#stack.length > this.#base) this.#leaveOff()
        return
      case 5: {
        const local = choices.below(this.#locals.length + 1)
        const type = this.#locals[local]
        if (type === undefined || this.#counters.has(local)) return
        this.#want([type])
        return this.#emit(0x22, ...u32(local))
      }
      case 6: {
        const global = choices.below(this.#globals.length)
        const entry = this.#globals[global] as GlobalEntry
        if (global === 0 || !entry.mutable) return
        this.#take([entry.type])
        return this.#emit(0x24, ...u32(global))
      }
      case 7: {
        const { code, gives, align } = choices.of(LOADS)
        this.#take([I32])
        this.#emit(0x41, ...s32(0xfff), 0x71, ...code, choices.below(align + 1), choices.below(100))
        this.#stack.push(gives)
        return
      }
      case 8: {
        const { code, takes, align } = choices.of(STORES)
        this.#take([I32])
        this.#emit(0x41, ...s32(0xfff), 0x71)
        this.#push(takes)
        this.#emit(...code, choices.below(align + 1), choices.below(100))
        this.#stack.pop()
        return
      }
      case 9:
      case 10:
        return this.#call(depth)
      case 11:
      case 12:
      case 13:
        return depth < DEPTH_MAX ? this.#block(depth) : this.#call(depth)
      case 14:
        return this.#branchIf()
      case 15: {
        if (!choices.oneIn(3)) return this.#call(depth)
        const type = choices.of(KINDS)
        this.#take([type, type, I32])
        this.#emit(0x1b)
        this.#stack.push(type)
        return
      }
      default:
        if (choices.oneIn(3)) this.#leave(depth)
        else this.#call(depth)
    }
  }

  #operator({ code, takes, gives, traps }: Operator): undefined {
    if (traps && !this.#choices.oneIn(6)) return
    this.#take(takes)
    this.#emit(...code)
    this.#stack.push(gives)
  }

  #call(depth: number): undefined {
    const choices = this.#choices
    if (choices.oneIn(12)) {
      this.#take([I32])
      this.#emit(0x41, 1, 0x71, 0x40, 0)
      this.#stack.push(I32)
      return
    }
    const own = choices.oneIn(2) && this.#index + 1 < this.#signatures.length
    const later = this.#index + 1 + choices.below(this.#signatures.length - this.#index - 1)
    let index = own ? IMPORTS.length + later : choices.below(IMPORTS.length)
    const indirect = this.#spends && choices.oneIn(4)
    const at = choices.below(this.#elements.length)
    if (indirect || (this.#spends && choices.oneIn(20) && depth > 0)) index = this.#elements[at] as number
    const { params, results } = signatureAt(index, this.#signatures)
    this.#want(params)
    if (indirect) {
      // Seldom a function of another type, or none.
      this.#emit(0x41, ...s32(choices.oneIn(40) ? choices.below(14) : at))
      this.#emit(0x11, ...u32(this.#types.index({ params, results })), 0)
    } else this.#emit(0x10, ...u32(index))
    this.#stack.length -= params.length
    this.#stack.push(...results)
  }

  #block(depth: number): undefined {
    const choices = this.#choices
    const kind = choices.below(4)
    const taken = choices.oneIn(2) ? choices.below(Math.min(3, this.#stack.length - this.#base) + 1) : 0
    const condition = kind === 2 || kind === 3
    if (condition) {
      this.#want([I32])
      if (this.#stack.length - this.#base - 1 < taken) return
      this.#stack.pop()
    }
    const params = this.#stack.slice(this.#stack.length - taken)
    const results = choices.oneIn(4) ? params : Array.from({ length: choices.below(3) }, () => choices.of(KINDS))
    const type = (): void => {
      if (params.length === 0 && results.length === 0) this.#emit(0x40)
      else if (params.length === 0 && results.length === 1) this.#emit(results[0] as Type)
      else this.#emit(...s32(this.#types.index({ params, results })))
    }
    const outer = this.#base
    const below = this.#stack.length - taken
    const inside = (loop: boolean, more: () => void = () => undefined): void => {
      this.#base = below
      this.#stack.length = below
      this.#stack.push(...params)
      this.#labels.push({ types: loop ? params : results, loop })
      if (loop) this.#spend()
      this.#steps(depth + 1)
      more()
      this.#settle(results)
      this.#labels.pop()
    }
    if (kind === 1) {
      const local = this.#locals.push(I32) - 1
      const counter = u32(local)
      this.#counters.add(local)
      this.#emit(0x41, 1 + choices.below(4), 0x21, ...counter, 0x03)
      type()
      inside(true, () => {
        this.#settle(params)
        this.#emit(0x20, ...counter, 0x41, 1, 0x6b, 0x22, ...counter, 0x0d, 0)
      })
    } else {
      this.#emit(condition ? 0x04 : 0x02)
      type()
      inside(false)
      if (condition && (params.join() !== results.join() || choices.oneIn(2))) {
        this.#emit(0x05)
        inside(false)
      }
    }
    this.#emit(0x0b)
    this.#base = outer
    this.#stack.length = below
    this.#stack.push(...results)
  }

  #labelsLike(types: readonly Type[]): number[] {
    return this.#labels.flatMap((each, index) =>
      each.types.join() === types.join() && !each.loop ? [this.#labels.length - 1 - index] : [],
    )
  }

  #branchIf(): undefined {
    const at = this.#choices.below(this.#labels.length)
    const { types } = this.#labels[this.#labels.length - 1 - at] as Label
    this.#want([...types, I32])
    this.#emit(0x0d, ...u32(at))
    this.#stack.pop()
  }

  /** Leaves the block, and has code that nothing reaches. */
  #leave(depth: number): undefined {
    const choices = this.#choices
    const at = choices.below(this.#labels.length)
    const { types, loop } = this.#labels[this.#labels.length - 1 - at] as Label
    switch (choices.below(4)) {
      case 0:
        this.#want(this.#signature.results)
        this.#emit(0x0f)
        break
      case 1:
        if (loop && !choices.oneIn(4)) return
        this.#want(types)
        this.#emit(0x0c, ...u32(at))
        break
      case 2: {
        const alike = this.#labelsLike(types)
        if (loop || alike.length === 0) return
        this.#want([...types, I32])
        const labels = Array.from({ length: choices.below(4) }, () => u32(choices.of(alike)))
        this.#emit(0x0e, ...u32(labels.length), ...labels.flat(), ...u32(choices.of(alike)))
        break
      }
      default:
        if (!choices.oneIn(4)) return
        this.#emit(0x00)
    }
    this.#stack.length = this.#base
    if (choices.oneIn(2)) this.#steps(depth + 1)
    if (choices.oneIn(3)) this.#emit(0x1a)
    this.#stack.length = this.#base
    // What follows is taken from nowhere, so no step after this one may be one that has to be reached.
    this.#emit(0x00)
  }
}

function signatureAt(index: number, signatures: readonly Signature[]): Signature {
  return index < IMPORTS.length
    ? (IMPORTS[index] as Import).signature
    : (signatures[index - IMPORTS.length] as Signature)
}
