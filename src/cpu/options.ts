/** What is to be made deterministic, each on its own switch, and what is added for the host. */

export interface CpuOptions {
  /** Makes the bits of NaNs that arithmetic made canonical wherever they can be seen. */
  readonly nan: boolean
  /** Replaces relaxed SIMD by ordinary instructions. */
  readonly relaxedSimd: boolean
  /**
   * Counts instructions, and traps when there is no more fuel. A straight line is paid for where it starts; what only
   * says where blocks start and end (`block`, `loop`, `else`, `try`, `catch`, `end`, …) costs nothing.
   */
  readonly fuel: boolean
  /** Bounds the depth of calls: bytes that all frames may have together; `undefined` leaves it to the engine. */
  readonly stack: number | undefined
  /** Bounds growth: pages of each memory, and elements of each table; `undefined` leaves it to the engine. */
  readonly memory: { readonly pages: number; readonly elements: number } | undefined
  /** Offers what puts an instance back to how it began, where that can be exact; `reset.ts` says where. */
  readonly reset: boolean
  /** Marks which edges were taken; `ways.ts` says what an edge is. Default false. */
  readonly coverage?: boolean
  /** Marks what is written to the memory, so that `reset` puts back only that; `dirty.ts` says how. Default false. */
  readonly dirty?: boolean
  /** Lets the host take a guest off the engine's stack at a call, and put it back; `unwind.ts` says how. Default false. */
  readonly unwind?: boolean
  /** Shows the host the operands of each comparison of integers. Default false. */
  readonly comparisons?: boolean
}

/** Bytes that the body of a function has at most, by what engines take. */
export const BODY_MAX = 7_654_321

/** Names of what a rewritten module exports for its host; a module that exports one of them itself is refused. */
export const FUEL = 'vivarium:fuel'
export const DEPTH = 'vivarium:depth'
export const HOST_MEMORY = 'vivarium:host-memory'
export const START = 'vivarium:start'
export const RESET = 'vivarium:reset'
export const MEMORY = 'vivarium:memory'
/** Gives the upper half of the marks of what was written. */
export const DIRTY = 'vivarium:dirty'
/** How many globals hold edges, what stores them at the start of the memory, and that memory. */
export const EDGE_WORDS = 'vivarium:edge-words'
export const EDGES = 'vivarium:edges'
export const EDGE_MEMORY = 'vivarium:edge-memory'
/** The table for the host's functions that see comparisons: of i32, and of i64. */
export const COMPARISONS = 'vivarium:comparisons'
/** Of the pass `unwind`: its state, the table for the frame stack's functions, and what saves and restores globals. */
export const UNWIND_STATE = 'vivarium:unwind-state'
export const UNWIND_FRAMES = 'vivarium:unwind-frames'
export const PUSH_GLOBALS = 'vivarium:push-globals'
export const POP_GLOBALS = 'vivarium:pop-globals'
export const RESERVED: readonly string[] = [
  FUEL,
  DEPTH,
  HOST_MEMORY,
  START,
  RESET,
  MEMORY,
  DIRTY,
  EDGE_WORDS,
  EDGES,
  EDGE_MEMORY,
  COMPARISONS,
  UNWIND_STATE,
  UNWIND_FRAMES,
  PUSH_GLOBALS,
  POP_GLOBALS,
]
