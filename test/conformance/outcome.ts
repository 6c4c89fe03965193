/** What a host says that a test did, and whether that is what its specification asks for. */

import type { Specification } from './specification.ts'

/** One test as a host has run it. */
export interface Outcome {
  /** The exit code, or undefined where the test ended in another way. */
  readonly exitCode: number | undefined
  /** How it ended where not by an exit code, in words; else empty. */
  readonly ended: string
  readonly stdout: string
  readonly stderr: string
  /** The last calls before the end, printed; empty where the host keeps none. */
  readonly trace: readonly string[]
}

/** All that differs between a specification and an outcome, one sentence each; empty where the test passed. */
export function differences(specification: Specification, outcome: Outcome): string[] {
  const found: string[] = []
  if (outcome.exitCode !== specification.exitCode) {
    const happened = outcome.exitCode === undefined ? outcome.ended : `exit code ${outcome.exitCode}`
    found.push(`expected exit code ${specification.exitCode}, got ${happened}`)
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const expected = specification[stream]
    if (expected === undefined || expected === outcome[stream]) continue
    found.push(`expected ${stream} ${JSON.stringify(expected)}, got ${JSON.stringify(outcome[stream])}`)
  }
  return found
}
