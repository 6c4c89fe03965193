/** Programs of preview1 calls in the machine and in `node:wasi`, which draw and shorten themselves. */

import { runDifferential, runProgram } from '../differential/differential.ts'
import type { Program } from '../differential/programs.ts'
import type { Suite } from './suite.ts'

export const wasiSuite: Suite = {
  async run(seed, programs) {
    const { counts, findings } = await runDifferential({ programs, seed })
    return {
      programs: counts.programs,
      operations: counts.calls,
      failures: findings.map(({ label, program, text }) => ({ seed, path: '', fault: label, program, text })),
    }
  },
  async replay(program) {
    const { text, differs } = await runProgram(program as Program)
    return differs ? text : undefined
  },
}
