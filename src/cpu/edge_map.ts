/** What the edges of a module are, by number, and which of its code a set of edges stands for; in its original places. */

import { edgeKind } from './coverage.ts'
import { Op } from './opcodes.ts'
import { Reader } from './reader.ts'
import { Section, scan } from './scan.ts'
import { type Span, spansOf } from './spans.ts'
import { NO_EDGE, type Step, WayWalker } from './ways.ts'

export interface Edge {
  /** The index of its function in the module, imported ones first. */
  readonly function: number
  /** Where the instruction is that can go this way: bytes from the start of the module. */
  readonly offset: number
  /** `entry`, `then`, `else`, `branch`, `on` (it did not branch), `way 2 of 5` (of a br_table), or `catch`. */
  readonly kind: string
}

/** An instruction that goes one of several ways, each of which is an edge. */
export interface Branch {
  readonly function: number
  readonly offset: number
  readonly edges: readonly number[]
}

export interface FunctionEdges {
  readonly index: number
  /** Where its body is, from its size up to its end: bytes from the start of the module. */
  readonly from: number
  readonly to: number
  /** Its edges are those from the first up to the last, that not included. Its entry is the first. */
  readonly first: number
  readonly last: number
}

/** Edges that were taken: edge i is bit i % 32 of word i / 32. */
export function hasEdge(edges: Uint32Array, edge: number): boolean {
  return (((edges[edge >>> 5] ?? 0) >>> (edge & 31)) & 1) === 1
}

export class EdgeMap {
  readonly edges: Edge[] = []
  readonly functions: FunctionEdges[] = []
  /** In the order of the edges that they end with. */
  readonly branches: Branch[] = []
  /** The opcode and the place of each comparison. */
  readonly comparisons: { readonly function: number; readonly offset: number; readonly op: number }[] = []
  /** Where the content of the code section starts, which debugging information counts from. */
  readonly code: number
  readonly #steps: (readonly Step[])[] = []

  /** @throws VivariumError `BAD_MODULE` for what the rewriter would refuse as well. Preconditions: the module is valid. */
  constructor(bytes: Uint8Array) {
    const module = scan(bytes)
    const place = module.sections.find(({ id }) => id === Section.CODE)
    this.code = place?.from ?? bytes.length
    if (place === undefined) return
    const reader: Reader = new Reader(bytes, 'code section')
    reader.at = place.from
    reader.end = place.to
    const walker = new WayWalker(module, reader)
    for (let index = module.importedFunctions, left = reader.count(); left > 0; left--, index++) {
      const from = reader.at
      const end = reader.u32() + reader.at
      const type = module.types[module.functions[index] as number]?.function
      if (type === undefined) reader.refuse('the function has a type that is no type of a function', from)
      const first = walker.edges
      const steps = walker.walk(type, end)
      reader.at = end
      this.#steps.push(steps)
      this.functions.push({ index, from, to: end, first, last: walker.edges })
      this.#add(index, steps)
      this.#addBranches(index, steps)
    }
  }

  /** The two arms of an `if` are edges of two steps; of all else that branches the edges are one step's. */
  #addBranches(index: number, steps: readonly Step[]): void {
    const open: (Step | undefined)[] = [undefined]
    for (const step of steps) {
      const { op, from, edge, edges } = step
      const condition = open.at(-1)
      switch (op) {
        case Op.BLOCK:
        case Op.LOOP:
        case Op.TRY:
        case Op.IF:
          open.push(op === Op.IF ? step : undefined)
          break
        case Op.ELSE:
        case Op.END:
          if (op === Op.END) open.pop()
          if (condition === undefined || edge === NO_EDGE) break
          this.branches.push({ function: index, offset: condition.from, edges: [condition.edge, edge] })
          break
        case Op.BR_IF:
        case Op.BR_TABLE:
          if (edge === NO_EDGE) break
          this.branches.push({
            function: index,
            offset: from,
            edges: Array.from({ length: edges }, (_, way) => edge + way),
          })
      }
    }
  }

  #add(index: number, steps: readonly Step[]): void {
    for (const step of steps) {
      const { op, from, edge, edges } = step
      if (edge === NO_EDGE) continue
      if (edges === 0) this.comparisons.push({ function: index, offset: from, op })
      for (let way = 0; way < edges; way++) {
        this.edges.push({ function: index, offset: from, kind: edgeKind(step, way) })
      }
    }
  }

  /** What of the `which`th of `functions` was executed. */
  spans(which: number, taken: Uint32Array): Span[] {
    const { to } = this.functions[which] as FunctionEdges
    return spansOf(this.#steps[which] as readonly Step[], to, (edge) => hasEdge(taken, edge))
  }
}
