/** Programs of file operations on the facade and on the host's `node:fs`. */

import { type Operation, programs } from '../property/operations.ts'
import { scriptOf } from '../property/script.ts'
import type { Scratch } from '../property/side_by_side.ts'
import { type Suite, suiteOf } from './suite.ts'

/** The suite, which works in `scratch`. */
export function nodeFsSuite(scratch: Scratch): Suite {
  const run = (program: readonly Operation[]) => {
    const { operations, difference } = scratch.compare(program)
    return { operations, fault: difference }
  }
  return suiteOf<readonly Operation[]>(programs, run, scriptOf)
}
