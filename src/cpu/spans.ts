/**
 * From the edges that were taken to the code that was executed: one walk over the steps of a function, in order, which
 * knows at each place whether control was there. A call that did not come back is taken for one that did.
 */

import { Op } from './opcodes.ts'
import { ENTRY, isComparison, LANDING, type Step } from './ways.ts'

/** Code that has no step in it but its last instruction; bytes from the start of the module. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly executed: boolean
}

/** A block, by whether control was where it begins, and whether a branch to its end was taken. */
interface Open {
  readonly loop: boolean
  joined: boolean
}

/** `end`: where the function ends; `isTaken`: whether an edge was. */
export function spansOf(steps: readonly Step[], end: number, isTaken: (edge: number) => boolean): Span[] {
  const spans: Span[] = []
  const open: Open[] = [{ loop: false, joined: false }]
  let here = false
  let from = steps[0]?.from ?? end
  const branch = (label: number): void => {
    const target = open.at(-1 - label)
    if (target !== undefined && !target.loop) target.joined = true
  }
  const taken = ({ edges, edge }: Step, way: number): boolean => way < edges && isTaken(edge + way)
  for (const step of steps) {
    const { op, to, labels } = step
    if (isComparison(op)) continue
    if (to > from) spans.push({ from, to, executed: here })
    from = to
    switch (op) {
      case ENTRY:
        here = taken(step, 0)
        break
      case LANDING:
        here ||= taken(step, 0)
        break
      case Op.BLOCK:
      case Op.LOOP:
      case Op.TRY:
        open.push({ loop: op === Op.LOOP, joined: false })
        break
      case Op.IF:
        open.push({ loop: false, joined: false })
        here = taken(step, 0)
        break
      case Op.ELSE:
      case Op.CATCH:
      case Op.CATCH_ALL:
        // The part before it goes on where the block ends.
        if (here) branch(0)
        here = taken(step, 0)
        break
      case Op.END:
        here = open.pop()?.joined === true || here || taken(step, 0)
        break
      case Op.BR:
        if (here) branch(labels[0] as number)
        here = false
        break
      case Op.BR_IF:
        if (taken(step, 0)) branch(labels[0] as number)
        here = taken(step, 1)
        break
      case Op.BR_ON_NULL:
      case Op.BR_ON_NON_NULL:
        // Whether it branched is not known; if it was there, it may have.
        if (here) branch(labels[0] as number)
        here = taken(step, 0)
        break
      case Op.BR_TABLE:
        labels.forEach((label, way) => {
          if (taken(step, way)) branch(label)
        })
        here = false
        break
      default:
        here = false
    }
  }
  if (end > from) spans.push({ from, to: end, executed: here })
  return spans
}
