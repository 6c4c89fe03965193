/** Calls at which a guest can be stopped, in a module that can be taken off the engine's stack. */

import type { GuestFrames } from '../guest_frames.ts'
import type { Guest } from './guest.ts'

/** Where a guest stops. */
export interface Stops {
  readonly frames: GuestFrames
  /** The number of the call before which it is to stop; infinite for none. */
  at: number
}

// biome-ignore lint/suspicious/noExplicitAny: calls differ in how many words they take, eleven at most
type Word = any
type Call = (...words: Word[]) => number

/** The same call, before which the guest stops where it is to. What it is given more than its words it does not look at. */
export function stoppable(guest: Guest, call: Call): Call {
  return (a: Word, b: Word, c: Word, d: Word, e: Word, f: Word, g: Word, h: Word, i: Word, j: Word, k: Word) => {
    const { stops } = guest
    if (stops !== undefined) {
      if (stops.frames.rewinds) stops.frames.arrived()
      else if (guest.process.calls + 1 >= stops.at && guest.process.end === undefined) {
        stops.frames.unwind()
        return 0
      }
    }
    return call(a, b, c, d, e, f, g, h, i, j, k)
  }
}
