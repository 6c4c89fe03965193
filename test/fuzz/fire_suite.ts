/** Programs of random calls. */

import { type FireProgram, firePrograms } from './fire_programs.ts'
import { fire, transcript } from './random_fire.ts'
import { type Suite, suiteOf } from './suite.ts'

export const fireSuite: Suite = suiteOf<FireProgram>(
  firePrograms,
  (program) => {
    const { calls, fault } = fire(program)
    return { operations: calls, fault }
  },
  transcript,
)
