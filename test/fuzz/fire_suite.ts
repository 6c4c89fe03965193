/** Programs of random calls. */

import { type FireProgram, firePrograms } from './fire_programs.ts'
import { fire, transcript } from './random_fire.ts'
import { type Suite, suiteOf } from './suite.ts'

/** The suite. Shortening a program takes many times as long as finding it, so who does not read it may do without. */
export function fireSuite(options?: { readonly shortens: boolean }): Suite {
  const run = (program: FireProgram) => {
    const { calls, fault } = fire(program)
    return { operations: calls, fault }
  }
  return suiteOf<FireProgram>(firePrograms, run, transcript, options)
}
