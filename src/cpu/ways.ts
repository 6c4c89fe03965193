/**
 * Walks the instructions of one function and finds where control can go more than one way: the places whose ways
 * coverage counts, and the comparisons whose operands it can show. It knows no values but how many a label takes.
 *
 * **Edges.** A way that control can take and need not is an edge, and each has a number, in the order of the places:
 *
 * - a function is entered;
 * - `if`: its arm is taken, or the other one, which need not be written out;
 * - `br_if`: it branches, or goes on; of `br_on_null` and the like only that they go on;
 * - `br_table`: each of the labels that it names, once, in the order in which they are first named;
 * - an exception is caught: by a `catch` or `catch_all`, or at the label of a clause (one of a loop has no edge).
 *
 * All else follows from these: a loop is entered if what stands before it was, and gone round if a branch to it was
 * taken. So no bit is set twice on one way, and `spans.ts` gets from the edges what of the code was executed.
 * What can never be reached, by the rule that validation goes by, has no edges.
 */

import { skipImmediate } from './immediates.ts'
import { ATOMIC, GC, Gc, Immediate, MISC, Op, PLAIN, SIMD, type Space } from './opcodes.ts'
import type { Reader } from './reader.ts'
import { type FunctionType, type ModuleType, readHeapType, readValueType } from './types.ts'

/** Steps that no opcode stands for: a function is entered; a caught exception arrives at a label. */
export const ENTRY = -1
export const LANDING = -2
/** A step that has no edge. */
export const NO_EDGE = -1

/** An instruction that has to do with where control goes, or a comparison. */
export interface Step {
  /** The opcode, or `ENTRY`, or `LANDING`. */
  readonly op: number
  /** Where the instruction is: offsets of the original module. */
  readonly from: number
  readonly to: number
  /** Its first edge, or `NO_EDGE`; of a comparison its number among those. */
  readonly edge: number
  /** How many edges it has. */
  readonly edges: number
  /** The labels that it may branch to, each once. */
  readonly labels: readonly number[]
  /** Of `br_table`: for each value, the last for all others, the index in `labels`. */
  readonly arms: readonly number[]
  /** Whether a label takes values from the stack. */
  readonly carries: boolean
}

/** What bodies refer to. */
export interface Signatures {
  readonly types: readonly ModuleType[]
}

interface Frame {
  readonly op: number
  readonly dead: boolean
  readonly params: number
  readonly results: number
  /** Whether a clause of a `try_table` branches to its label. */
  caught: boolean
}

const NONE: readonly number[] = []
const NO_VALUE = 0x40
const I32_COMPARISONS = [0x46, 0x4f] as const
const I64_COMPARISONS = [0x51, 0x5a] as const

/** Whether an opcode compares two integers, and whether those are i64. */
export function isComparison(op: number): boolean {
  return (op >= I32_COMPARISONS[0] && op <= I32_COMPARISONS[1]) || isWideComparison(op)
}

export function isWideComparison(op: number): boolean {
  return op >= I64_COMPARISONS[0] && op <= I64_COMPARISONS[1]
}

export class WayWalker {
  /** Edges and comparisons of all functions so far. */
  edges = 0
  comparisons = 0

  readonly #module: Signatures
  readonly #reader: Reader
  #steps: Step[] = []
  readonly #frames: Frame[] = []
  #dead = false

  constructor(module: Signatures, reader: Reader) {
    this.#module = module
    this.#reader = reader
  }

  /** Walks the body that the reader is at, from its locals up to `end`. Preconditions: it is valid. */
  walk(type: FunctionType, end: number): readonly Step[] {
    const reader = this.#reader
    this.#steps = []
    this.#frames.length = 0
    this.#dead = false
    for (let groups = reader.count(); groups > 0; groups--) {
      reader.u32()
      readValueType(reader)
    }
    this.#frames.push({ op: Op.BLOCK, dead: false, params: 0, results: type.results, caught: false })
    this.#step(ENTRY, reader.at, 1)
    while (reader.at < end && this.#frames.length > 0) this.#instruction()
    return this.#steps
  }

  #instruction(): void {
    const reader = this.#reader
    const from = reader.at
    const op = reader.u8()
    switch (op) {
      case Op.BLOCK:
      case Op.LOOP:
      case Op.TRY:
        this.#open(op)
        this.#step(op, from, 0)
        return
      case Op.IF:
        this.#open(op)
        this.#step(op, from, 1)
        return
      case Op.TRY_TABLE:
        this.#tryTable(from)
        return
      case Op.ELSE:
        this.#again(op)
        this.#step(op, from, 1)
        return
      case Op.CATCH:
      case Op.CATCH_ALL:
        if (op === Op.CATCH) reader.u32()
        this.#again(op)
        this.#step(op, from, 1)
        return
      case Op.DELEGATE:
        reader.u32()
        this.#close(from)
        return
      case Op.END:
        this.#close(from)
        return
      case Op.BR:
        this.#branch(op, from, 0, [reader.u32()])
        this.#dead = true
        return
      case Op.BR_IF:
        this.#branch(op, from, 2, [reader.u32()])
        return
      case Op.BR_ON_NULL:
      case Op.BR_ON_NON_NULL:
        this.#branch(op, from, 1, [reader.u32()])
        return
      case Op.BR_TABLE: {
        const named = Array.from({ length: reader.count() + 1 }, () => reader.u32())
        const labels = [...new Set(named)]
        const index = new Map(labels.map((label, at) => [label, at]))
        const arms = named.map((label) => index.get(label) as number)
        this.#branch(op, from, labels.length, labels, arms)
        this.#dead = true
        return
      }
      case Op.UNREACHABLE:
      case Op.RETURN:
      case Op.THROW:
      case Op.RETHROW:
      case Op.THROW_REF:
      case Op.RETURN_CALL:
      case Op.RETURN_CALL_INDIRECT:
      case Op.RETURN_CALL_REF:
        skipImmediate(reader, PLAIN.immediate[op] as number)
        this.#step(op, from, 0)
        this.#dead = true
        return
      case Op.GC:
        this.#gc(from)
        return
      case Op.MISC:
      case Op.SIMD:
      case Op.ATOMIC: {
        const space: Space = op === Op.MISC ? MISC : op === Op.SIMD ? SIMD : ATOMIC
        skipImmediate(reader, space.immediate[reader.u32()] as number)
        return
      }
      default:
        skipImmediate(reader, PLAIN.immediate[op] as number)
        if (isComparison(op) && !this.#dead) this.#add(op, from, this.comparisons++, 0)
    }
  }

  #gc(from: number): void {
    const reader = this.#reader
    const code = reader.u32()
    if (GC.immediate[code] !== Immediate.CAST_LABEL) {
      skipImmediate(reader, GC.immediate[code] as number)
      return
    }
    reader.u8()
    const label = reader.u32()
    readHeapType(reader)
    readHeapType(reader)
    // To where control goes it is as the others that look at a reference.
    this.#branch(code === Gc.BR_ON_CAST ? Op.BR_ON_NULL : Op.BR_ON_NON_NULL, from, 1, [label])
  }

  #open(op: number): void {
    const reader = this.#reader
    const first = reader.bytes[reader.at] as number
    let [params, results] = [0, 0]
    if (first === NO_VALUE) reader.u8()
    else if (first > NO_VALUE && first < 0x80) {
      readValueType(reader)
      results = 1
    } else {
      const type = this.#module.types[reader.s33()]?.function
      ;[params, results] = [type?.params.length ?? 0, type?.results ?? 0]
    }
    this.#frames.push({ op, dead: this.#dead, params, results, caught: false })
  }

  #tryTable(from: number): void {
    const reader = this.#reader
    this.#open(Op.BLOCK)
    for (let left = reader.count(); left > 0; left--) {
      if (reader.u8() < 2) reader.u32()
      // Labels of the clauses count from outside the block.
      const frame = this.#frames.at(-2 - reader.u32())
      if (frame !== undefined) frame.caught = true
    }
    this.#step(Op.BLOCK, from, 0)
  }

  /** Another part of the innermost block begins. */
  #again(op: number): void {
    const frame = this.#frames.pop() as Frame
    this.#dead = frame.dead
    this.#frames.push({ ...frame, op })
  }

  /** The end of a block; an `if` that has no `else` has an edge for it here. */
  #close(from: number): void {
    const { op, dead, caught } = this.#frames.pop() as Frame
    const skips = op === Op.IF && !dead
    this.#dead = dead
    this.#step(Op.END, from, skips ? 1 : 0)
    if (caught && op !== Op.LOOP && this.#frames.length > 0) this.#step(LANDING, this.#reader.at, 1)
  }

  #branch(op: number, from: number, edges: number, labels: readonly number[], arms: readonly number[] = NONE): void {
    const carries = labels.some((label) => {
      const frame = this.#frames.at(-1 - label)
      return frame !== undefined && (frame.op === Op.LOOP ? frame.params : frame.results) > 0
    })
    this.#step(op, from, edges, labels, arms, carries)
  }

  #step(
    op: number,
    from: number,
    edges: number,
    labels: readonly number[] = NONE,
    arms: readonly number[] = NONE,
    carries: boolean = false,
  ): void {
    const counted = this.#dead ? 0 : edges
    this.#add(op, from, counted > 0 ? this.edges : NO_EDGE, counted, labels, arms, carries)
    this.edges += counted
  }

  #add(
    op: number,
    from: number,
    edge: number,
    edges: number,
    labels: readonly number[] = NONE,
    arms: readonly number[] = NONE,
    carries: boolean = false,
  ): void {
    this.#steps.push({ op, from, to: this.#reader.at, edge, edges, labels, arms, carries })
  }
}
