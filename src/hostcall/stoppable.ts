/** Calls before which a guest can be stopped. */

import type { Guest } from './guest.ts'

/** What a call sees of a guest's frames. */
export interface Frames {
  /** The number of the call before which the guest is to stop; infinite for none. */
  readonly stopAt: number
  /** Whether they are being put back, so that this is the call at which they were taken off. */
  readonly rewinds: boolean
  /** Takes them off the engine's stack, up to the host; whatever the call returns is not looked at. */
  unwind(): void
  /** They are put back: the call is made now. */
  arrived(): void
}

// biome-ignore lint/suspicious/noExplicitAny: calls differ in how many words they take, eleven at most
type Word = any
type Call = (...words: Word[]) => number

/** The same call, before which the guest stops where it is to. What it is given more than its words it does not look at. */
export function stoppable(guest: Guest, call: Call): Call {
  return (a: Word, b: Word, c: Word, d: Word, e: Word, f: Word, g: Word, h: Word, i: Word, j: Word, k: Word) => {
    const { frames, process } = guest
    if (frames !== undefined) {
      if (frames.rewinds) frames.arrived()
      else if (process.calls + 1 >= frames.stopAt && process.end === undefined) {
        frames.unwind()
        return 0
      }
    }
    return call(a, b, c, d, e, f, g, h, i, j, k)
  }
}
