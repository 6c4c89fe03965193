/** The one claim that every guest test makes: the same things done in two fresh machines are the same in every byte. */

import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { Machine, Run } from '../../src/index.ts'

/** What one story left behind: its runs in order, and the outputs that it picked. */
export interface Story<Runs extends readonly Run[], Outputs> {
  readonly runs: Runs
  readonly outputs: Outputs
}

/**
 * Plays `story` in two machines from `fresh`, expects equal traces and outputs, and returns the first telling.
 * Every digest must be there, so that two absent ones do not pass as equal.
 */
export function twice<const Runs extends readonly Run[], Outputs>(
  fresh: () => Machine,
  story: (machine: Machine) => Story<Runs, Outputs>,
): Story<Runs, Outputs> {
  const first = story(fresh())
  const second = story(fresh())
  for (const run of first.runs) expect(run.traceDigest).toMatch(/^[0-9a-f]{32,}$/)
  expect(second.runs.map(observed)).toEqual(first.runs.map(observed))
  // Not `toEqual`, which takes seconds over a megabyte of bytes and prints all of it when one differs.
  expect(isDeepStrictEqual(second.outputs, first.outputs), 'both machines made the same outputs').toBe(true)
  return first
}

/** All of a run that is data. Output is compared as Latin-1, which keeps every byte apart. */
function observed({ end, calls, traceDigest, stdout, stderr }: Run): unknown {
  return { end, calls, traceDigest, stdout: latin1(stdout.bytes), stderr: latin1(stderr.bytes) }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
