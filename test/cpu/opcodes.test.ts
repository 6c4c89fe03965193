/**
 * The table of instructions, held against an engine: each instruction is tried with every choice of operands, and those
 * that the engine takes are those that the table says.
 */

import { describe, expect, it } from 'vitest'
import { leb } from '../../src/abi/wasm_bytes.ts'
import { ATOMIC, Bits, Immediate, MISC, Op, PLAIN, SIMD, SPECIAL, type Space } from '../../src/cpu/opcodes.ts'
import { body, EXTERNREF, F32, F64, FUNCREF, I32, I64, moduleOf, V128 } from './support.ts'

const SPACES: readonly (readonly [string, Space, number | undefined])[] = [
  ['without a prefix', PLAIN, undefined],
  ['after 0xfc', MISC, Op.MISC],
  ['after 0xfd', SIMD, Op.SIMD],
  ['after 0xfe', ATOMIC, Op.ATOMIC],
]

/** An immediate of each kind that is valid in the module below; those of memory accesses are tried by alignment. */
function immediates(kind: number): number[][] {
  const alignments = [0, 1, 2, 3, 4]
  switch (kind) {
    case Immediate.NONE:
      return [[]]
    case Immediate.INDEX_INDEX:
      return [[0, 0]]
    case Immediate.MEMARG:
      return alignments.map((align) => [align, 0])
    case Immediate.MEMARG_LANE:
      return alignments.map((align) => [align, 0, 0])
    case Immediate.BYTES_4:
      return [new Array(4).fill(0)]
    case Immediate.BYTES_8:
      return [new Array(8).fill(0)]
    case Immediate.BYTES_16:
      return [new Array(16).fill(0)]
    case Immediate.HEAP_TYPE:
      return [[FUNCREF]]
    default:
      return [[0]]
  }
}

const TYPES = [I32, I64, F32, F64, V128, FUNCREF, EXTERNREF] as const

/** Whether the engine takes an instruction with these operands and this result. */
function isTaken(code: readonly number[], operands: readonly number[], result: number | undefined): boolean {
  const gets = operands.flatMap((type) => [Op.LOCAL_GET, TYPES.indexOf(type as (typeof TYPES)[number])])
  return WebAssembly.validate(
    moduleOf(
      [1, [[0x60, 0, result === undefined ? 0 : 1, ...(result === undefined ? [] : [result])]]],
      [3, [[0]]],
      [4, [[FUNCREF, 0, 1]]],
      [5, [[0, 1]]],
      [6, [[I32, 1, Op.I32_CONST, 0, Op.END]]],
      [9, [[0x03, 0, 1, 0]]],
      [12, Uint8Array.from([1])],
      [10, [body([...gets, ...code], ...TYPES.map((type) => [1, type] as const))]],
      [11, [[1, 1, 0]]],
    ),
  )
}

/** Every way to choose so many types. */
function choices(count: number, types: readonly number[]): number[][] {
  if (count === 0) return [[]]
  return choices(count - 1, types).flatMap((before) => types.map((type) => [...before, type]))
}

/** Types of the results of arithmetic, by the class of the instruction; and of the operands of what takes numbers. */
const MADE = new Map<number, number>([
  [Bits.F32, F32],
  [Bits.F64, F64],
  [Bits.F32X4, V128],
  [Bits.F64X2, V128],
])
const TAKEN = new Map<number, number>([
  [Bits.TAKES_F32, F32],
  [Bits.TAKES_F64, F64],
  [Bits.TAKES_F32X4, V128],
  [Bits.TAKES_F64X2, V128],
])

describe('the table of instructions', () => {
  it.each(SPACES)('has the operands and results that the engine asks for (%s)', (_, space, prefix) => {
    let checked = 0
    const types = space === ATOMIC ? [I32, I64] : TYPES
    for (let code = 0; code < space.known.length; code++) {
      const pops = space.pops[code] as number
      if (space.known[code] === 0 || pops === SPECIAL) continue
      const opcode = prefix === undefined ? [code] : [prefix, ...leb(code)]
      const name = opcode.map((byte) => byte.toString(16)).join(' ')
      const results = space.pushes[code] === 0 ? [undefined] : types
      const found = choices(pops, types).flatMap((operands) =>
        results
          .filter((result) =>
            immediates(space.immediate[code] as number).some((immediate) =>
              isTaken([...opcode, ...immediate], operands, result),
            ),
          )
          .map((result) => ({ operands, result })),
      )
      // Relaxed SIMD is not in Node 20, nor are references without nulls.
      if (found.length === 0 && ((prefix === Op.SIMD && code >= 0x100) || code === 0xd3 || code === 0xd4)) continue
      expect([name, found.length]).not.toEqual([name, 0])
      checked++
      for (const { operands, result } of found) {
        const bits = space.bits[code] as number
        const [made, taken] = [MADE.get(bits), TAKEN.get(bits)]
        if (made !== undefined) expect([name, result]).toEqual([name, made])
        if (taken !== undefined) expect([name, ...operands]).toEqual([name, ...operands.map(() => taken)])
        if (bits === Bits.MOVES || bits === Bits.COPIES_SIGN)
          expect([name, ...operands]).toEqual([name, ...operands.map(() => result)])
      }
    }
    expect(checked).toBeGreaterThan(15)
  })
})
