/**
 * Functions that take and give floats and vectors as integers: on their way through JavaScript a NaN may lose its bits,
 * and a vector cannot go at all.
 */

import {
  type Body,
  type Bytes,
  F32,
  F64,
  FUNCREF,
  type GlobalEntry,
  I32,
  I64,
  type Signature,
  type Type,
  u32,
  V128,
} from './encoder.ts'

/** The integers whose bits stand for a value of the type. */
export function integersOf(type: Type): { wide: boolean; float: boolean }[] {
  switch (type) {
    case I32:
      return [{ wide: false, float: false }]
    case I64:
      return [{ wide: true, float: false }]
    case F32:
      return [{ wide: false, float: true }]
    case F64:
      return [{ wide: true, float: true }]
    case V128:
      return [
        { wide: true, float: true },
        { wide: true, float: true },
      ]
    default:
      return []
  }
}

function integerTypesOf(types: readonly Type[]): Type[] {
  return types.flatMap(integersOf).map(({ wide }) => (wide ? I64 : I32))
}

/** Leaves what the local holds, as integers. */
function asIntegers(type: Type, get: Bytes): Bytes {
  switch (type) {
    case F32:
      return [...get, 0xbc]
    case F64:
      return [...get, 0xbd]
    case V128:
      return [...get, 0xfd, 0x1d, 0, ...get, 0xfd, 0x1d, 1]
    case FUNCREF:
      return []
    default:
      return get
  }
}

/** A function that takes and gives integers, and calls another with what their bits stand for. */
export function integersOnly({ params, results }: Signature, index: number): Body {
  const taken = integerTypesOf(params)
  const given = integerTypesOf(results)
  const code: number[] = []
  let next = 0
  for (const type of params) {
    switch (type) {
      case FUNCREF:
        code.push(0xd0, FUNCREF)
        break
      case V128:
        code.push(0x20, ...u32(next), 0xfd, 0x12, 0x20, ...u32(next + 1), 0xfd, 0x1e, 1)
        next += 2
        break
      default:
        code.push(0x20, ...u32(next++))
        if (type === F32) code.push(0xbe)
        if (type === F64) code.push(0xbf)
    }
  }
  code.push(0x10, ...u32(index))
  for (let i = results.length - 1; i >= 0; i--) code.push(0x21, ...u32(taken.length + i))
  results.forEach((type, i) => {
    code.push(...asIntegers(type, [0x20, ...u32(taken.length + i)]))
  })
  return { signature: { params: taken, results: given }, locals: results, code }
}

/** Gives all globals but the budget. */
export function globalsBody(globals: readonly GlobalEntry[]): Body {
  const code = globals.slice(1).flatMap(({ type }, i) => asIntegers(type, [0x23, ...u32(i + 1)]))
  const results = integerTypesOf(globals.slice(1).map(({ type }) => type))
  return { signature: { params: [], results }, locals: [], code }
}
