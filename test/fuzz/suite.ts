/** What a suite of fuzzing is: programs drawn from a seed, run in batches, and any one of them again. */

import type { Arbitrary } from 'fast-check'
import fc from 'fast-check'

export type SuiteName = 'node-fs' | 'wasi' | 'fire'

/** A program in which something did not hold, the shortest that was found. */
export interface Failure {
  /** What draws it again, before it was made shorter: fast-check's seed and path. */
  readonly seed: number
  readonly path: string
  /** What did not hold. */
  readonly fault: string
  /** JSON: what the corpus keeps. */
  readonly program: unknown
  /** For people: the program as it can be run or read. */
  readonly text: string
}

/** What one batch did. */
export interface Batch {
  readonly programs: number
  /** Operations or calls that were made and compared, those of shrinking not among them. */
  readonly operations: number
  readonly failures: readonly Failure[]
}

export interface Suite {
  /** Draws and runs `programs` programs, up to the first failure, which is then made as short as can be. */
  run(seed: number, programs: number): Promise<Batch>
  /** Runs one program of the corpus; what does not hold, or `undefined`. */
  replay(program: unknown): Promise<string | undefined>
}

/** What running one program gave. */
export interface Ran {
  readonly operations: number
  readonly fault: string | undefined
}

/** A suite of programs that fast-check draws, and shortens if it is to. */
export function suiteOf<T>(
  programs: Arbitrary<T>,
  runProgram: (program: T) => Ran,
  textOf: (program: T) => string,
  options: { readonly shortens: boolean } = { shortens: true },
): Suite {
  return {
    async run(seed, count) {
      let made = 0
      let operations = 0
      let failed = false
      const property = fc.property(programs, (program) => {
        const ran = runOrFail(runProgram, program)
        if (!failed) {
          made++
          operations += ran.operations
        }
        failed ||= ran.fault !== undefined
        if (ran.fault !== undefined) throw new Error(ran.fault)
      })
      const details = fc.check(property, { seed, numRuns: count, endOnFailure: !options.shortens })
      if (!details.failed) return { programs: made, operations, failures: [] }
      const [program] = details.counterexample as [T]
      const failure: Failure = {
        seed: details.seed,
        path: details.counterexamplePath ?? '',
        fault: details.errorInstance instanceof Error ? details.errorInstance.message : String(details.errorInstance),
        program,
        text: textOf(program),
      }
      return { programs: made, operations, failures: [failure] }
    },
    async replay(program) {
      return runOrFail(runProgram, program as T).fault
    },
  }
}

/** What throws is a fault, too. */
function runOrFail<T>(runProgram: (program: T) => Ran, program: T): Ran {
  try {
    return runProgram(program)
  } catch (error) {
    return { operations: 0, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
