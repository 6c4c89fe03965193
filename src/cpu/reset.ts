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
import { Op } from './opcodes.ts'
import { BODY_MAX } from './options.ts'
import type { Scan } from './scan.ts'
import { Writer } from './writer.ts'

const V128_LOAD = [Op.SIMD, 0x00]
const V128_STORE = [Op.SIMD, 0x0b]
const V128_OR = [Op.SIMD, 0x50]
const V128_ANY_TRUE = [Op.SIMD, 0x53]
const MEMORY_SIZE = [0x3f, 0]
const NO_VALUE = 0x40
const VECTOR = 16
/** Bytes that are looked at together, which pages are made of; with fewer or more of them it took longer. */
const STEP = 256
const PAGE_BITS = 16
const PAGES_MAX = 0xffff
/** Locals: where it is, where the memory ends, and a vector of zeros. */
const [AT, END, ZERO] = [0, 1, 2]

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

/** The function's entry in the code section: it puts back the module's own globals, does `added`, and clears the memory. */
export function resetEntry(bytes: Uint8Array, { ownGlobals, memories }: Scan, added: readonly number[]): Uint8Array {
  const [memory] = memories
  const wide = memory?.wide === true
  const body = new Writer()
  body.all([2, 2, wide ? I64 : I32, 1, V128])
  for (const { index, mutable, from, to } of ownGlobals) {
    if (!mutable) continue
    body.range(bytes, from, to)
    body.all([Op.GLOBAL_SET, ...leb(index)])
  }
  body.all(added)
  if (memory !== undefined) body.all(clear(wide))
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
  const constant = (value: number): number[] => [wide ? Op.I64_CONST : Op.I32_CONST, ...signedLeb(value)]
  const [shl, eqz, add, ltU] = wide ? [0x86, 0x50, 0x7c, 0x54] : [0x74, 0x45, 0x6a, 0x49]
  const vectors = Array.from({ length: STEP / VECTOR }, (_, index) => leb(index * VECTOR))
  return [
    ...[Op.BLOCK, NO_VALUE, ...MEMORY_SIZE, ...constant(PAGE_BITS), shl, Op.LOCAL_TEE, END, eqz, Op.BR_IF, 0],
    ...[Op.LOOP, NO_VALUE],
    ...vectors.flatMap((offset, index) => [
      ...[Op.LOCAL_GET, AT, ...V128_LOAD, 0, ...offset],
      ...(index > 0 ? V128_OR : []),
    ]),
    ...[...V128_ANY_TRUE, Op.IF, NO_VALUE],
    ...vectors.flatMap((offset) => [Op.LOCAL_GET, AT, Op.LOCAL_GET, ZERO, ...V128_STORE, 0, ...offset]),
    Op.END,
    ...[Op.LOCAL_GET, AT, ...constant(STEP), add, Op.LOCAL_TEE, AT, Op.LOCAL_GET, END, ltU, Op.BR_IF, 0],
    ...[Op.END, Op.END],
  ]
}
