/**
 * Random modules that are valid by construction, heavy in what the rewriter has to get right: floats of all types in
 * locals, globals and memory, values at branches, several results, tail calls, exceptions, growing, dead code. All end
 * by themselves: function entries and loops count a budget down and trap when it is used up.
 *
 * One module can be written in several ways, which differ only in what this generator does itself and the rewriter
 * would have to do: `canonical` makes each result of arithmetic canonical at once, whoever sees it; `lowered` has
 * ordinary instructions in place of relaxed SIMD; `bounded` declares the bound of memory and table. A module with both
 * of the first leaves nothing to the engine, and is what the rewritten ones are held against, bit by bit.
 */

import { ALL, BodyWriter, IMPORTS, type ModuleAtHand, type Writing } from './body.ts'
import { Choices } from './choices.ts'
import { constantOf, FLOATS_32, FLOATS_64 } from './constants.ts'
import {
  type Body,
  encode,
  F32,
  F64,
  type GlobalEntry,
  I32,
  I64,
  type Parts,
  type Signature,
  s32,
  type Type,
  Types,
  V128,
} from './encoder.ts'
import { globalsBody, integersOf, integersOnly } from './integers.ts'

/** What can be called in a generated module, always with integers alone, so that no bits are lost on the way. */
export interface Entry {
  readonly name: string
  /** `i32` or `i64`, and whether what is made of it is a float. */
  readonly params: readonly { readonly wide: boolean; readonly float: boolean }[]
}

export interface Generated {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly entries: readonly Entry[]
  /** Whether it has instructions of relaxed SIMD. */
  readonly relaxed: boolean
}

/** Pages and elements at most. */
export const PAGES = 4
export const ELEMENTS = 14
/** The exported global that is counted down, and the function that gives all globals as integers. */
export const BUDGET = 'budget'
export const GLOBALS = 'globals'
/** Loops and calls that a generated module may make in one call from outside. */
export const BUDGET_OF_A_CALL = 1000

const NUMBERS: readonly Type[] = [F32, F64, V128, I32, I64]

/** The module that `choices` stand for. */
export function generate(choices: Uint8Array, writing: Writing): Generated {
  return new ModuleWriter(new Choices(choices), writing).write()
}

class ModuleWriter implements ModuleAtHand {
  readonly choices: Choices
  readonly writing: Writing
  readonly types: Types = new Types()
  readonly signatures: Signature[] = []
  readonly globals: GlobalEntry[] = []
  readonly tags: Signature[] = []
  readonly wild: boolean
  readonly relaxes: boolean
  readonly kinds: readonly Type[]
  relaxed = false

  constructor(choices: Choices, writing: Writing) {
    this.choices = choices
    this.writing = writing
    this.wild = choices.oneIn(4)
    this.relaxes = choices.oneIn(3)
    this.kinds = this.relaxes ? [V128, ...ALL, V128, V128, V128, V128] : ALL
  }

  write(): Generated {
    const { choices } = this
    const results = Array.from({ length: 1 + choices.below(3) }, () => this.#someTypes(4))
    const count = 1 + choices.below(5)
    for (let i = 0; i < count; i++) {
      this.signatures.push({ params: this.#someTypes(5), results: choices.of(results) })
    }
    this.globals.push({ type: I32, mutable: true, init: [0x41, ...s32(BUDGET_OF_A_CALL)] })
    for (let i = choices.below(10); i >= 0; i--) {
      const type = choices.of(this.kinds)
      this.globals.push({ type, mutable: !choices.oneIn(6), init: constantOf(choices, type) })
    }
    for (let i = choices.below(4); i > 0; i--) this.tags.push({ params: this.#someNumbers(3), results: [] })
    // Those choices that are of no function come first, so that taking some away from a body changes no other.
    const startsOften = choices.oneIn(3)
    const functions = this.signatures.map((signature, index) => {
      choices.share(count - index)
      return new BodyWriter(this, signature, index).write()
    })
    const exports = [
      { name: 'memory', kind: 2, index: 0 },
      { name: 'table', kind: 1, index: 0 },
      { name: BUDGET, kind: 3, index: 0 },
    ]
    const entries: Entry[] = []
    const more: Body[] = []
    const give = (name: string, body: Body): void => {
      exports.push({ name, kind: 0, index: IMPORTS.length + functions.length + more.length })
      more.push(body)
    }
    this.signatures.forEach((signature, index) => {
      const name = `f${index}`
      give(name, integersOnly(signature, IMPORTS.length + index))
      entries.push({ name, params: signature.params.flatMap(integersOf) })
    })
    give(GLOBALS, globalsBody(this.globals))
    const firstPlain = this.signatures.findIndex(({ params, results: given }) => params.length + given.length === 0)
    const starts = firstPlain >= 0 && startsOften
    const elements = Array.from({ length: 6 }, (_, index) => IMPORTS.length + (index % functions.length))
    const parts: Parts = {
      types: this.types,
      imports: IMPORTS,
      functions: [...functions, ...more],
      globals: this.globals,
      tags: this.tags,
      memory: { least: 1, most: this.writing.bounded ? PAGES : undefined },
      table: { least: 8, most: this.writing.bounded ? ELEMENTS : undefined },
      elements,
      data: [...FLOATS_32.flat(), ...FLOATS_64.flat(), ...[1, 2, 3, 4, 5, 6, 7, 8]],
      exports,
      start: starts ? IMPORTS.length + firstPlain : undefined,
    }
    return { bytes: encode(parts), entries, relaxed: this.relaxed }
  }

  #someTypes(most: number): Type[] {
    return Array.from({ length: this.choices.below(most + 1) }, () => this.choices.of(this.kinds))
  }

  #someNumbers(most: number): Type[] {
    return Array.from({ length: this.choices.below(most + 1) }, () => this.choices.of(NUMBERS))
  }
}
