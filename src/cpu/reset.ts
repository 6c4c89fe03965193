/**
 * The pass `reset`: a function that puts an instance back to how it was before its first instruction, so that a host
 * need not instantiate the module again. The engine keeps of an instance only what is in this list, and each item is
 * either put back or makes the module one that has no such function:
 *
 * - globals: those that can change are set by their constant expressions, which are ordinary instructions, so every bit
 *   is as it was, and an object that one makes is a new one. Among them are those that the other passes added. One that
 *   is imported is the host's.
 * - memory: it is filled with zeros and exported, so that the host puts back the bytes that were others at first; where
 *   it has grown the host has to give the instance up, since no memory shrinks. One that is imported or shared is not
 *   the instance's alone, and with more than one the host would have to know which is which. One of 4 GiB, whose end no
 *   i32 can say, is too large for anybody to put back.
 *   With the pass `dirty` only what may have been written is filled with zeros, and the host puts back its bytes only there.
 *   All that write are: the module's instructions, which mark it (`dirty.ts` says why no write is missed), those of a start
 *   function and of functions called by the host among them; the host's calls, which write only what they have asked
 *   `GuestMemory.covers` about, where it is marked, on whichever of the views of the memory; and `GuestEdges`, which puts
 *   back what it has written over. What sinks, sources and peers are given is never the memory but a copy, and a memory
 *   that a user has taken from a run ends the use of its instance. Segments write when the module is instantiated, which
 *   is before. The marks of both sides go where the memory is put back, and nothing is written between.
 * - tables: there must be no instruction that changes one, and none that is imported.
 * - segments: there must be no instruction that drops one.
 * - objects (structures, arrays): those that the program made are gone with the globals. Those that were made when the
 *   module was instantiated and are held by what is not set again (a global that cannot change, an element of a table
 *   or of a segment) may have been changed inside, so there must be none.
 * - functions, tags and types have no state.
 *
 * A start function must be one that the host runs, since else the instance has begun before the host sees it.
 * What the host holds of the instance (a memory, a table, a global, an object that it was given) it can change or look
 * at whenever it likes, so this is for instances of which it holds nothing else; `GuestRun` sees to that.
 */

import { I32, I64, leb, signedLeb, V128 } from '../abi/wasm_bytes.ts'
import { SLACK, type Tracked } from './dirty.ts'
import { Op } from './opcodes.ts'
import { BODY_MAX } from './options.ts'
import type { Scan } from './scan.ts'
import { Writer } from './writer.ts'

const V128_LOAD = [Op.SIMD, 0x00]
const V128_STORE = [Op.SIMD, 0x0b]
const V128_OR = [Op.SIMD, 0x50]
const V128_ANY_TRUE = [Op.SIMD, 0x53]
const MEMORY_SIZE = [0x3f, 0]
const [I64_EQZ, I64_CTZ, I64_SUB, I64_AND, I64_OR, I64_SHL] = [0x50, 0x7a, 0x7d, 0x83, 0x84, 0x86]
const [I32_EQZ, I32_WRAP_I64, I64_EXTEND_I32_U] = [0x45, 0xa7, 0xad]
const NO_VALUE = 0x40
const VECTOR = 16
/** Bytes that are looked at together, which pages are made of; with fewer or more of them it took longer. */
const STEP = 256
const PAGE_BITS = 16
const PAGES_MAX = 0xffff
/** Locals: where it is, where it ends, and a vector of zeros. */
const LOCALS = { at: 0, end: 1, zero: 2 }
/** Those where only what is marked is cleared: after both halves of the host's marks; the last has all marks. */
const [LOW, HIGH, MARKS] = [0, 1, 5]
const MARKED_LOCALS = { at: 2, end: 3, zero: 4 }

/** Bytes that setting a global takes besides its expression, at most. */
const SETTING = 6
/** Bytes for the rest of the body. */
const REST = 1000

/**
 * Whether all that an instance of the module keeps can be put back. `lasting`: whether its code has one of the
 * instructions above; `startsLater`: whether the host runs the start function; `added`: bytes that set the globals that were added.
 */
export function canReset(module: Scan, lasting: boolean, startsLater: boolean, added: number): boolean {
  const { memories, tables, importsMutable, elementsAllocate, ownGlobals, start } = module
  if (lasting || (start !== undefined && !startsLater)) return false
  if (memories.length > 1 || memories.some(({ least }) => least > PAGES_MAX)) return false
  if (importsMutable || memories.some(({ foreign }) => foreign) || tables.some(({ foreign }) => foreign)) return false
  if (elementsAllocate || ownGlobals.some(({ mutable, allocates }) => allocates && !mutable)) return false
  return ownGlobals.reduce((size, { from, to }) => size + to - from + SETTING, added + REST) <= BODY_MAX
}

/** A memory whose writes are marked, and the global with the marks. */
export interface Marked extends Tracked {
  readonly global: number
}

/**
 * The function's entry in the code section: it puts back the module's own globals, does `added`, and clears the memory.
 * With `marked` it takes the host's marks, lower half first, clears only what either of the two have marked, and returns the
 * lower half of all marks.
 */
export function resetEntry(
  bytes: Uint8Array,
  { ownGlobals, memories }: Scan,
  added: readonly number[],
  marked: Marked | undefined,
): Uint8Array {
  const [memory] = memories
  const wide = memory?.wide === true
  const body = new Writer()
  body.all([marked === undefined ? 2 : 3, 2, wide ? I64 : I32, 1, V128])
  if (marked !== undefined) {
    body.all([1, I64, ...[Op.GLOBAL_GET, ...leb(marked.global), Op.LOCAL_GET, LOW, I64_EXTEND_I32_U, I64_OR]])
    body.all([Op.LOCAL_GET, HIGH, I64_EXTEND_I32_U, Op.I64_CONST, 32, I64_SHL, I64_OR, Op.LOCAL_TEE, MARKS])
    body.all([I32_WRAP_I64, Op.LOCAL_SET, LOW])
  }
  for (const { index, mutable, from, to } of ownGlobals) {
    if (!mutable) continue
    body.range(bytes, from, to)
    body.all([Op.GLOBAL_SET, ...leb(index)])
  }
  body.all(added)
  if (marked !== undefined) body.all([...clearMarked(marked), Op.LOCAL_GET, LOW])
  else if (memory !== undefined) body.all(clear(wide))
  body.u8(Op.END)
  const entry = new Writer(body.length + SETTING)
  entry.u32(body.length)
  entry.range(body.view(), 0, body.length)
  return entry.view()
}

/**
 * Fills the memory with zeros, but writes only where it has others: to read takes half as long as to write, and what no
 * guest has touched stays memory that the host need not have.
 */
function clear(wide: boolean): number[] {
  const { constant, shl, eqz } = sized(wide)
  return [
    ...[Op.BLOCK, NO_VALUE, ...MEMORY_SIZE, ...constant(PAGE_BITS), shl, Op.LOCAL_TEE, LOCALS.end, eqz, Op.BR_IF, 0],
    ...clearLoop(wide, LOCALS),
    Op.END,
  ]
}

/** The same of each granule that is marked, with what a store may have written after it; marks after the end are none. */
function clearMarked({ shift, size, wide }: Marked): number[] {
  const { at, end } = MARKED_LOCALS
  const { constant, shl, add, sub, ltU, leU } = sized(wide)
  const most = constant(2 ** shift + SLACK)
  const rest = [...constant(size), Op.LOCAL_GET, at, sub]
  return [
    ...[Op.BLOCK, NO_VALUE, Op.LOOP, NO_VALUE, Op.LOCAL_GET, MARKS, I64_EQZ, Op.BR_IF, 1],
    ...[Op.LOCAL_GET, MARKS, I64_CTZ, ...(wide ? [] : [I32_WRAP_I64]), ...constant(shift), shl, Op.LOCAL_TEE, at],
    // Those after it are further from the start still.
    ...[...constant(size), ltU, I32_EQZ, Op.BR_IF, 1],
    // No sum that could be more than an i32 holds.
    ...[Op.LOCAL_GET, at, ...rest, ...most, ...rest, ...most, leU, Op.SELECT, add, Op.LOCAL_SET, end],
    ...clearLoop(wide, MARKED_LOCALS),
    ...[Op.LOCAL_GET, MARKS, Op.LOCAL_GET, MARKS, Op.I64_CONST, 1, I64_SUB, I64_AND, Op.LOCAL_SET, MARKS],
    ...[Op.BR, 0, Op.END, Op.END],
  ]
}

/** Clears from `at` up to `end`, which is after it by a multiple of `STEP`. */
function clearLoop(wide: boolean, { at, end, zero }: typeof LOCALS): number[] {
  const { constant, add, ne } = sized(wide)
  const vectors = Array.from({ length: STEP / VECTOR }, (_, index) => leb(index * VECTOR))
  return [
    ...[Op.LOOP, NO_VALUE],
    ...vectors.flatMap((offset, index) => [
      ...[Op.LOCAL_GET, at, ...V128_LOAD, 0, ...offset],
      ...(index > 0 ? V128_OR : []),
    ]),
    ...[...V128_ANY_TRUE, Op.IF, NO_VALUE],
    ...vectors.flatMap((offset) => [Op.LOCAL_GET, at, Op.LOCAL_GET, zero, ...V128_STORE, 0, ...offset]),
    Op.END,
    ...[Op.LOCAL_GET, at, ...constant(STEP), add, Op.LOCAL_TEE, at, Op.LOCAL_GET, end, ne, Op.BR_IF, 0],
    Op.END,
  ]
}

interface Sized {
  constant(value: number): number[]
  readonly shl: number
  readonly eqz: number
  readonly ne: number
  readonly add: number
  readonly sub: number
  readonly ltU: number
  readonly leU: number
}

/** Instructions for sizes and addresses, which are i64 in a wide memory. */
function sized(wide: boolean): Sized {
  return wide
    ? {
        constant: (value) => [Op.I64_CONST, ...signedLeb(value)],
        ...{ shl: I64_SHL, eqz: I64_EQZ, ne: 0x52, add: 0x7c, sub: I64_SUB, ltU: 0x54, leU: 0x58 },
      }
    : {
        constant: (value) => [Op.I32_CONST, ...signedLeb(value | 0)],
        ...{ shl: 0x74, eqz: I32_EQZ, ne: 0x47, add: 0x6a, sub: 0x6b, ltU: 0x49, leU: 0x4d },
      }
}
