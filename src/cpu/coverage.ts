/**
 * The passes `coverage` and `comparisons`: what is put where the steps of `ways.ts` are.
 *
 * **Coverage.** Each edge is a bit of an i32 global, 32 to a global, that is set where the edge is taken. Globals are
 * the one state that a guest cannot see and every engine has: the memory is the guest's, a second one not every engine
 * takes, and a call of the host for each edge costs ten times as much. The host reads all of them by one call of a
 * function that stores them at the start of the memory, whose bytes it puts back; a module that has no memory is given
 * one for it. The pass `reset` sets them to 0 again.
 *
 * **Comparisons.** Before each comparison of two integers a function of the host is called through a table that is the
 * host's to fill, with the number of the comparison and both operands. An import would shift the index of every function.
 */

import { I32, I64, leb, signedLeb, type WasmBytes } from '../abi/wasm_bytes.ts'
import { Op } from './opcodes.ts'
import { ENTRY, isComparison, isWideComparison, LANDING, NO_EDGE, type Step } from './ways.ts'

const NO_VALUE = 0x40
const I32_OR = 0x72
const I32_STORE = 0x36
const EDGES_PER_GLOBAL = 32

/** Something that is put into a body at `at`, in place of all up to `to`. */
export interface Insertion {
  readonly at: number
  readonly to: number
  readonly code: WasmBytes
}

/** What the code of the passes refers to. */
export interface Places {
  /** The global of edge 0. */
  readonly edges: number | undefined
  /** The table of the host's functions, and the types of its two: for i32 and for i64. */
  readonly comparisons: { readonly table: number; readonly types: readonly [number, number] } | undefined
}

/** Globals that so many edges take. */
export function globalsFor(edges: number): number {
  return Math.ceil(edges / EDGES_PER_GLOBAL)
}

/** Locals that a body needs for what is put into it, in groups, and how many they are. */
export function localsFor(steps: readonly Step[], places: Places): { groups: WasmBytes[]; count: number } {
  const compares = places.comparisons !== undefined && steps.some(({ op }) => isComparison(op))
  const saves = steps.some(({ op, carries }) => op === Op.BR_TABLE || (op === Op.BR_IF && carries))
  if (compares)
    return {
      groups: [
        [2, I32],
        [2, I64],
      ],
      count: 4,
    }
  return saves && places.edges !== undefined ? { groups: [[1, I32]], count: 1 } : { groups: [], count: 0 }
}

/** What is put into a body, in order. `local` is the first of the locals that `localsFor` asks for. */
export function insertions(steps: readonly Step[], places: Places, local: number): Insertion[] {
  const found: Insertion[] = []
  const { edges, comparisons } = places
  for (const step of steps) {
    if (isComparison(step.op)) {
      if (comparisons !== undefined) found.push(before(step, compared(step, comparisons, local)))
    } else if (edges !== undefined && step.edge !== NO_EDGE) found.push(marked(step, edges, local))
  }
  return found
}

function before({ from }: Step, code: WasmBytes): Insertion {
  return { at: from, to: from, code }
}

function after({ to }: Step, code: WasmBytes): Insertion {
  return { at: to, to, code }
}

function marked(step: Step, first: number, local: number): Insertion {
  const { op, from, to, edge, edges, labels, arms, carries } = step
  const mark = (which: number): WasmBytes => setBit(first, edge + which)
  const here = leb(local)
  const [get, set] = [[Op.LOCAL_GET, ...here] as const, [Op.LOCAL_SET, ...here] as const]
  switch (op) {
    case Op.END:
      return before(step, [Op.ELSE, ...mark(0)])
    case Op.BR_IF: {
      if (carries)
        return before(step, [Op.LOCAL_TEE, ...here, Op.IF, NO_VALUE, ...mark(0), Op.ELSE, ...mark(1), Op.END, ...get])
      const [label] = labels as [number]
      return { at: from, to, code: [Op.IF, NO_VALUE, ...mark(0), Op.BR, ...leb(label + 1), Op.END, ...mark(1)] }
    }
    case Op.BR_TABLE: {
      // A block for each label, left by a branch from the innermost: after its end its edge is set, and it goes on.
      const nest = new Array<WasmBytes>(edges).fill([Op.BLOCK, NO_VALUE]).flat()
      const choose = [...nest, ...get, Op.BR_TABLE, ...leb(arms.length - 1), ...arms.flatMap(leb)]
      const leave = labels.flatMap((label, way) => {
        const outside = edges - 1 - way
        return [Op.END, ...mark(way), Op.BR, ...leb((carries ? 0 : label) + outside)]
      })
      if (!carries) return { at: from, to, code: [...set, ...choose, ...leave] }
      return before(step, [...set, Op.BLOCK, NO_VALUE, ...choose, ...leave, Op.END, ...get])
    }
    default:
      return after(step, mark(0))
  }
}

function setBit(first: number, edge: number): WasmBytes {
  const global = leb(first + Math.floor(edge / EDGES_PER_GLOBAL))
  const bit = signedLeb((1 << (edge % EDGES_PER_GLOBAL)) | 0)
  return [Op.GLOBAL_GET, ...global, Op.I32_CONST, ...bit, I32_OR, Op.GLOBAL_SET, ...global]
}

function compared({ op, edge }: Step, { table, types }: NonNullable<Places['comparisons']>, local: number): WasmBytes {
  const wide = isWideComparison(op) ? 1 : 0
  const [left, right] = [leb(local + 2 * wide), leb(local + 2 * wide + 1)]
  const both = [Op.LOCAL_GET, ...left, Op.LOCAL_GET, ...right]
  return [
    ...[Op.LOCAL_SET, ...right, Op.LOCAL_SET, ...left, Op.I32_CONST, ...signedLeb(edge), ...both],
    ...[Op.I32_CONST, wide, Op.CALL_INDIRECT, ...leb(types[wide] as number), ...leb(table), ...both],
  ]
}

/** The body of the function that stores `globals` globals from `first` on at the start of the memory. */
export function storeBody(first: number, globals: number, wide: boolean): WasmBytes {
  const code: number[] = [0]
  for (let index = 0; index < globals; index++) {
    code.push(wide ? Op.I64_CONST : Op.I32_CONST, 0, Op.GLOBAL_GET)
    code.push(...leb(first + index), I32_STORE, 2, ...leb(4 * index))
  }
  code.push(Op.END)
  return code
}

/** What an edge is, in a word; `way` is which of its step's edges it is. */
export function edgeKind({ op, edges }: Step, way: number): string {
  switch (op) {
    case ENTRY:
      return 'entry'
    case LANDING:
    case Op.CATCH:
    case Op.CATCH_ALL:
      return 'catch'
    case Op.IF:
      return 'then'
    case Op.ELSE:
    case Op.END:
      return 'else'
    case Op.BR_IF:
      return way === 0 ? 'branch' : 'on'
    case Op.BR_TABLE:
      return `way ${way + 1} of ${edges}`
    default:
      return 'on'
  }
}
