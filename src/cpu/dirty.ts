/**
 * The pass `dirty`: code that marks which parts of the memory it writes, so that only those have to be put back.
 *
 * The memory that a module starts with is cut into at most 64 granules, and a global has a bit for each. Before an
 * instruction writes, the granule in which it does so is marked: bit `address >> shift`. What is not exact about that
 * is so on purpose:
 *
 * - Up to `SLACK` bytes after a granule that is marked count as written too. So one mark will do for all that a
 *   store writes, which is up to 16 bytes, and for all offsets below `REACH`: most offsets need not be added, and of stores
 *   through one local only the first has to mark, as long as every way to the others goes through it and the local
 *   has not been set in between. A larger offset is marked from its last multiple of `REACH` on.
 * - An address outside the memory marks some bit or other, and its instruction traps.
 * - In a memory that has grown marks mean nothing (counts of shifts are modulo 64); none is put back that has grown.
 *   So what can only be written in one that has grown is not marked.
 *
 * A mark may stand any time before its write, since marks only ever go when no code of the module runs.
 */

import { F32, F64, I32, I64, leb, signedLeb, V128, type WasmBytes } from '../abi/wasm_bytes.ts'
import { Misc, Op } from './opcodes.ts'
import type { CpuOptions } from './options.ts'
import type { Growable } from './scan.ts'

/** Bytes of a granule at least; fewer would not be put back faster. */
export const GRANULE_MIN = 1024
const GRANULES = 64
/** Bytes after a marked granule that are put back with it. */
export const SLACK = 1024
/** The most bytes that a store writes. */
const WIDEST = 16
export const REACH: number = SLACK - WIDEST
const PAGE = 65_536
/** Pages of a memory of 4 GiB, whose end no i32 can say. */
const PAGES_MAX = 65_536

const [I32_ADD, I32_SHR_U, I64_ADD, I64_SHR_U] = [0x6a, 0x76, 0x7c, 0x88]
const [I64_AND, I64_OR, I64_SUB, I64_SHL] = [0x83, 0x84, 0x7d, 0x86]
const [I32_WRAP_I64, I64_EXTEND_I32_U] = [0xa7, 0xad]

/** A granule of a memory that starts with `bytes` is 2 to the power of this. */
export function granuleShift(bytes: number): number {
  let shift = Math.log2(GRANULE_MIN)
  while (2 ** shift * GRANULES < bytes) shift++
  return shift
}

/** A memory whose writes are marked. */
export interface Tracked {
  readonly shift: number
  /** Bytes that it starts with. */
  readonly size: number
  /** Whether its addresses are i64. */
  readonly wide: boolean
}

/** The memory of a module whose writes are to be marked, if that is asked for and there is just one with anything in it. */
export function trackedOf(memories: readonly Growable[], { dirty, reset }: CpuOptions): Tracked | undefined {
  const [memory] = memories
  if (dirty !== true || !reset || memory === undefined || memories.length > 1 || memory.foreign) return undefined
  if (memory.least === 0 || memory.least >= PAGES_MAX) return undefined
  const size = memory.least * PAGE
  return { shift: granuleShift(size), size, wide: memory.wide }
}

/** What is known of an operand as an address; or that it is where a range starts whose length is the last operand. */
const CONSTANT = -2
const ANY = -1
const RANGE = -3

/** A mark before an instruction that writes. */
export interface Mark {
  /** The local whose value is the address on the stack, or one of the above. */
  readonly base: number
  /** What is marked: the value of the base and so many bytes; of a constant, its granule. */
  readonly plus: number
  /** The types of the operands after the address. */
  readonly values: WasmBytes
}

/** Where a mark was made, and of what. */
interface Made {
  readonly version: number
  readonly plus: number
  readonly depth: number
  readonly arm: number
  readonly loop: number
}

/**
 * Finds the marks that the stores of one function need. It knows of operands that they are constants, or what a local
 * holds since it was last set; of marks, at which places each was made already. Such a place is an *arm*: a block from
 * its start, or its last `else` or `catch`, to where it ends. A mark holds for a store if the arm is still open, so that
 * every way to the store goes through the mark, if the local was not set in the code between them, and if both
 * are in the same loop: else the local may be set in code after the store that comes before it the next time round.
 */
export class MarkFinder {
  /** Of the function at hand. */
  readonly marks: Mark[] = []
  readonly #tracked: Tracked
  /** Operands that are known: the local, or `CONSTANT`, and how often that had been set, or the value. */
  readonly #bases: number[] = []
  readonly #details: number[] = []
  readonly #versions = new Map<number, number>()
  readonly #made = new Map<number, Made>()
  /** The arms that are open, and the innermost loop of each. */
  readonly #arms: number[] = []
  readonly #loops: number[] = []
  #lastArm = 0

  constructor(tracked: Tracked) {
    this.#tracked = tracked
  }

  /** Another function begins. */
  begin(): void {
    this.marks.length = this.#bases.length = this.#details.length = this.#arms.length = this.#loops.length = 0
    this.#versions.clear()
    this.#made.clear()
  }

  /** A block begins. */
  open(isLoop: boolean): void {
    const arm = ++this.#lastArm
    this.#loops.push(isLoop ? arm : (this.#loops.at(-1) ?? 0))
    this.#arms.push(arm)
  }

  /** Another part of the innermost block begins. */
  again(): void {
    this.#arms[this.#arms.length - 1] = ++this.#lastArm
  }

  close(): void {
    this.#arms.pop()
    this.#loops.pop()
  }

  /** A number, under zero, for an operand that is what the local holds now; it stays known until it goes from the stack. */
  local(local: number): number {
    this.#details.push(this.#versions.get(local) ?? 0)
    return -this.#bases.push(local)
  }

  constant(value: number): number {
    this.#details.push(value)
    return -this.#bases.push(CONSTANT)
  }

  set(local: number): void {
    this.#versions.set(local, (this.#versions.get(local) ?? 0) + 1)
  }

  /** The index of the mark before a store, or `undefined` where it needs none; `operand` is what its address is known by. */
  store(operand: number, offset: number, values: WasmBytes): number | undefined {
    const { shift, size } = this.#tracked
    if (offset >= size) return undefined
    const base = operand < 0 ? (this.#bases[-operand - 1] as number) : ANY
    const detail = operand < 0 ? (this.#details[-operand - 1] as number) : 0
    if (base === CONSTANT) {
      const address = detail + offset
      if (address >= size) return undefined
      const granule = Math.floor(address / 2 ** shift)
      return this.#isMade(-1 - granule, 0, granule) ? undefined : this.#mark(CONSTANT, granule, values)
    }
    const plus = offset - (offset % REACH)
    const version = base < 0 ? Number.NaN : (this.#versions.get(base) ?? 0)
    if (base < 0 || detail !== version) return this.#mark(ANY, plus, values)
    return this.#isMade(base, version, plus) ? undefined : this.#mark(base, plus, values)
  }

  /** The same of an instruction that writes a range: memory.init, copy or fill, by its code. */
  range(code: number): number {
    const size = this.#tracked.wide ? I64 : I32
    const values = code === Misc.MEMORY_INIT ? [I32, I32] : [code === Misc.MEMORY_COPY ? size : I32, size]
    return this.#mark(RANGE, 0, values)
  }

  #mark(base: number, plus: number, values: WasmBytes): number {
    return this.marks.push({ base, plus, values }) - 1
  }

  /** Whether such a mark was made; from here on it is. */
  #isMade(key: number, version: number, plus: number): boolean {
    const depth = this.#arms.length - 1
    const [arm, loop] = [this.#arms[depth] as number, this.#loops[depth] as number]
    const made = this.#made.get(key)
    if (made?.version === version && made.plus === plus && made.loop === loop && this.#arms[made.depth] === made.arm) {
      return true
    }
    this.#made.set(key, { version, plus, depth, arm, loop })
    return false
  }
}

/** Which locals hold what is put aside for a mark: an address, and the operands after it by their types. */
export interface Aside {
  readonly address: number
  /** The first local for each type. */
  readonly values: ReadonlyMap<number, number>
}

/** The types of the locals that marks need to put something aside, each as often as needed; the address first. */
export function asideFor(marks: readonly Mark[], { wide }: Tracked): { type: number; count: number }[] {
  const counts = new Map<number, number>()
  for (const { base, values } of marks) {
    if (base !== ANY && base !== RANGE) continue
    for (const type of values)
      counts.set(type, Math.max(counts.get(type) ?? 0, values.filter((v) => v === type).length))
  }
  if (counts.size === 0) return []
  return [{ type: wide ? I64 : I32, count: 1 }, ...[...counts].map(([type, count]) => ({ type, count }))]
}

/** What the code of marks refers to: the global with them, and the function that marks a range. */
export interface Marking {
  readonly global: number
  range(): number
}

/** The code of a mark; the operands of the instruction are on the stack, and then again. */
export function markCode({ base, plus, values }: Mark, tracked: Tracked, marking: Marking, aside: Aside): WasmBytes {
  const { global } = marking
  if (base === CONSTANT) return setBits(global, [Op.I64_CONST, 1, Op.I64_CONST, ...signedLeb(plus), I64_SHL])
  if (base >= 0) return setBits(global, bitAt(base, plus, tracked))
  const kept = values.map((type, index) => {
    const before = values.slice(0, index).filter((each) => each === type).length
    return leb((aside.values.get(type) as number) + before)
  })
  const markRange = (): WasmBytes => {
    const widened = tracked.wide && values.at(-1) === I32 ? [I64_EXTEND_I32_U] : []
    const both = [Op.LOCAL_GET, ...leb(aside.address), Op.LOCAL_GET, ...(kept.at(-1) as WasmBytes), ...widened]
    return [...both, Op.CALL, ...leb(marking.range())]
  }
  return [
    ...[...kept].reverse().flatMap((local) => [Op.LOCAL_SET, ...local]),
    ...[Op.LOCAL_TEE, ...leb(aside.address)],
    ...(base === ANY ? setBits(global, bitAt(aside.address, plus, tracked)) : markRange()),
    ...kept.flatMap((local) => [Op.LOCAL_GET, ...local]),
  ]
}

function setBits(global: number, bits: WasmBytes): WasmBytes {
  return [Op.GLOBAL_GET, ...leb(global), ...bits, I64_OR, Op.GLOBAL_SET, ...leb(global)]
}

function bitAt(local: number, plus: number, { shift, wide }: Tracked): WasmBytes {
  const [constant, add, shr] = wide ? [Op.I64_CONST, I64_ADD, I64_SHR_U] : [Op.I32_CONST, I32_ADD, I32_SHR_U]
  return [
    ...[Op.I64_CONST, 1, Op.LOCAL_GET, ...leb(local)],
    ...(plus === 0 ? [] : [constant, ...signedLeb(wide ? plus : plus | 0), add]),
    ...[constant, ...signedLeb(shift), shr, ...(wide ? [] : [I64_EXTEND_I32_U]), I64_SHL],
  ]
}

/** The entry of the function that marks a range, whose parameters are where it starts and how long it is. */
export function rangeEntry({ shift, wide }: Tracked, global: number): WasmBytes {
  const [constant, shr, add] = wide ? [Op.I64_CONST, I64_SHR_U, I64_ADD] : [Op.I32_CONST, I32_SHR_U, I32_ADD]
  const [from, length] = [0, 1]
  const granule = [constant, ...signedLeb(shift), shr, ...(wide ? [] : [I64_EXTEND_I32_U])]
  const minusOne = 0x7f
  // From the granule of the first byte to that of the last. Of no bytes this may be any granules.
  const first = [Op.I64_CONST, minusOne, Op.LOCAL_GET, from, ...granule, I64_SHL]
  const end = [Op.LOCAL_GET, from, Op.LOCAL_GET, length, add, constant, minusOne, add, ...granule]
  const last = [Op.I64_CONST, minusOne, Op.I64_CONST, ...signedLeb(GRANULES - 1), ...end, I64_SUB, I64_SHR_U]
  const body = [0, ...setBits(global, [...first, ...last, I64_AND]), Op.END]
  return [...leb(body.length), ...body]
}

/** The entry of the function that gives the host the upper 32 marks. */
export function highEntry(global: number): WasmBytes {
  const shifted = [Op.I64_CONST, 32, I64_SHR_U, I32_WRAP_I64]
  const body = [0, Op.GLOBAL_GET, ...leb(global), ...shifted, Op.END]
  return [...leb(body.length), ...body]
}

/** The types of what a store takes after the address, by the space of its opcode; `undefined` for all that write nothing. */
export function storedValues(prefix: number, code: number): WasmBytes | undefined {
  switch (prefix) {
    case Op.SIMD:
      return code === 0x0b || (code >= 0x58 && code <= 0x5b) ? [V128] : undefined
    case Op.ATOMIC: {
      if (code < 0x17 || code > 0x4e) return undefined
      // Each comes as: i32, i64, two parts of an i32, three parts of an i64.
      const type = [0, 2, 3].includes((code - 0x17) % 7) ? I32 : I64
      return code >= 0x48 ? [type, type] : [type]
    }
    default:
      return PLAIN_STORES[code - 0x36]
  }
}

const PLAIN_STORES: readonly WasmBytes[] = [[I32], [I64], [F32], [F64], [I32], [I32], [I64], [I64], [I64]]
