/** Which memory a call may have written, by its signature. */

import type { Process } from '../../kernel/process.ts'
import { IOVEC_SIZE } from '../../src/abi/layout.ts'
import type { Result, Signature } from '../../src/abi/signatures.ts'
import type { Place } from './fire_memory.ts'

/**
 * The places that a call which succeeded may have written: of a buffer, as much as the call says that it gave, if the
 * call says so where no other result is written over it; else all the room. `before` is the memory as the call found it.
 */
export function written(
  signature: Signature,
  args: readonly number[],
  before: Uint8Array,
  after: Uint8Array,
  process: Process,
): Place[] {
  const at = (name: string): number =>
    (args[signature.params.findIndex((param) => param.name === name)] as number) >>> 0
  const given = givenBy(signature, at, after)
  return signature.results.flatMap((result): Place[] => {
    const ptr = at(result.param)
    if ('size' in result) return [{ ptr, len: result.size }]
    if (result.kind === 'iovs') return rangesAt(before, ptr, at(result.count), given)
    if ('sizes' in result) {
      const strings = result.sizes === 'args_sizes_get' ? process.args : process.env
      if (result.kind === 'pointers') return [{ ptr, len: strings.length * result.unit }]
      return [{ ptr, len: strings.reduce((sum, string) => sum + string.length + 1, 0) }]
    }
    return [{ ptr, len: Math.min(at(result.count), given) * result.unit }]
  })
}

type Sized = Extract<Result, { size: number }>

/** How many bytes or events the call gave, by the one result that says so. */
function givenBy(signature: Signature, at: (name: string) => number, after: Uint8Array): number {
  const sized = signature.results.filter((result): result is Sized => 'size' in result)
  const count = sized.find(({ kind }) => kind === 'size')
  if (count === undefined || sized.length === signature.results.length) return Infinity
  const ptr = at(count.param)
  const isHidden = sized.some((other) => {
    const from = at(other.param)
    return other !== count && from < ptr + count.size && ptr < from + other.size
  })
  return isHidden ? Infinity : viewOf(after).getUint32(ptr, true)
}

/** The first `given` bytes of the ranges that `count` iovecs at `ptr` name. */
function rangesAt(memory: Uint8Array, ptr: number, count: number, given: number): Place[] {
  const view = viewOf(memory)
  const places: Place[] = []
  let left = given
  for (let i = 0; i < count && left > 0; i++) {
    const len = Math.min(left, view.getUint32(ptr + i * IOVEC_SIZE + 4, true))
    left -= len
    if (len > 0) places.push({ ptr: view.getUint32(ptr + i * IOVEC_SIZE, true), len })
  }
  return places
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
