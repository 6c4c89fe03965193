/**
 * Where a function may unwind. A **place** is a call that may, numbered from 1 in the order of the code. A **site** is
 * what of one straight line of code control has to get to again: a place, or a block with places in it. The straight
 * lines, which are the parts of blocks, are **levels**; each has its sites in order.
 */

import { Op } from './opcodes.ts'
import type { Reader } from './reader.ts'
import { Cannot, isLast, isPure, opens, readBlockType, type Signature, skipInstruction } from './unwind_types.ts'

export interface Level {
  /** The number of places before it. */
  readonly before: number
  /** Of each site: the number of its last place. */
  readonly last: number[]
  /** Of each site that is an `if`: the number of the last place in its first part; of others `NO_IF`. */
  readonly thenEnd: number[]
  /** Whether nothing that has an effect comes before its first site, and nothing would have to be put into locals. */
  isDirect: boolean
}

export interface Sites {
  /** The levels of each block with places: one, or the two of an `if`. By where its opcode is; -1 for the body. */
  readonly levels: ReadonlyMap<number, readonly Level[]>
  readonly places: number
}

export const BODY = -1
export const NO_IF = -1

/** What calls may unwind. */
export interface Callees {
  readonly types: readonly Signature[]
  /** By function: whether it may, as an imported one. */
  readonly mayUnwind: Uint8Array
  /** A table whose functions never unwind: the host's for comparisons. */
  readonly hostTable: number | undefined
}

interface Frame {
  readonly at: number
  readonly op: number
  readonly params: number
  readonly levels: Level[]
  /** Whether the level that is around it had no instruction before it, and no parameters. */
  readonly isFirst: boolean
  /** Of the level at hand: whether there was any instruction, and whether all were pure. */
  any: boolean
  pure: boolean
}

/** Walks the instructions up to `end`. @throws Cannot where a place is in what the pass cannot do. */
export function sitesOf(module: Callees, reader: Reader, end: number): Sites {
  const levels = new Map<number, readonly Level[]>()
  const level = (): Level => ({ before: places, last: [], thenEnd: [], isDirect: false })
  let places = 0
  let frame: Frame = { at: BODY, op: Op.BLOCK, params: 0, levels: [level()], isFirst: false, any: false, pure: true }
  const frames = [frame]
  /** How many blocks are open in code that is never reached, and one more. */
  let dead = 0
  while (frames.length > 0) {
    if (reader.at >= end) reader.refuse('a function ends too early')
    const at = reader.at
    const op = reader.u8()
    if (dead > 0 && !(dead === 1 && (op === Op.ELSE || op === Op.END || op === Op.CATCH || op === Op.CATCH_ALL))) {
      skipInstruction(reader, op)
      if (opens(op)) dead++
      else if (op === Op.END || op === Op.DELEGATE) dead--
      if (dead === 0) leave()
      continue
    }
    dead = 0
    if (opens(op)) {
      reader.at = at + 1
      const type = readBlockType(reader, module.types)
      reader.at = at + 1
      skipInstruction(reader, op)
      const isFirst = !frame.any && frame.params === 0 && type.params.length === 0 && op !== Op.IF
      frame.any = true
      frame.pure = false
      frame = { at, op, params: type.params.length, levels: [level()], isFirst, any: false, pure: true }
      frames.push(frame)
      continue
    }
    skipInstruction(reader, op)
    if (op === Op.ELSE || op === Op.CATCH || op === Op.CATCH_ALL) {
      frame.levels.push(level())
      frame.any = false
      frame.pure = true
    } else if (op === Op.END || op === Op.DELEGATE) leave()
    else {
      if (mayUnwindAt(module, reader, at, op)) {
        places++
        site(frame.pure && frame.params === 0, NO_IF)
      }
      frame.any = true
      if (!isPure(op)) frame.pure = false
      if (isLast(op)) dead = 1
    }
  }
  return { levels, places }

  function site(isDirect: boolean, then: number): void {
    const here = frame.levels.at(-1) as Level
    if (here.last.length === 0) here.isDirect = isDirect
    here.last.push(places)
    here.thenEnd.push(then)
  }

  function leave(): void {
    const left = frames.pop() as Frame
    const outer = frames.at(-1)
    if (left.levels.some(({ last }) => last.length > 0)) {
      if (left.op === Op.TRY || left.op === Op.TRY_TABLE) throw new Cannot('a call that may unwind is in a `try`')
      levels.set(left.at, left.levels)
      if (outer !== undefined) {
        frame = outer
        const [first] = left.levels
        site(left.isFirst, left.op === Op.IF && first !== undefined ? (first.last.at(-1) ?? first.before) : NO_IF)
      }
    }
    if (outer !== undefined) frame = outer
  }
}

/** Whether the instruction at `at` is a place; the reader is after it. */
function mayUnwindAt(module: Callees, reader: Reader, at: number, op: number): boolean {
  switch (op) {
    case Op.CALL:
    case Op.RETURN_CALL:
    case Op.CALL_INDIRECT:
    case Op.RETURN_CALL_INDIRECT: {
      if (!mayUnwind(module, reader, at, op)) return false
      if (op === Op.CALL || op === Op.CALL_INDIRECT) return true
      throw new Cannot('it has a tail call that may unwind')
    }
    case Op.CALL_REF:
    case Op.RETURN_CALL_REF:
      throw new Cannot('it calls references to functions')
    default:
      return false
  }
}

/** Whether the call at `at`, direct or through a table, may unwind; the reader is where it was. */
export function mayUnwind({ mayUnwind: may, hostTable }: Callees, reader: Reader, at: number, op: number): boolean {
  const after = reader.at
  reader.at = at + 1
  const index = reader.u32()
  const direct = op === Op.CALL || op === Op.RETURN_CALL
  const found = direct ? may[index] === 1 : reader.u32() !== hostTable
  reader.at = after
  return found
}
