/** The document that `--json` prints: a run's outcome, for programs. */

import type { HostReport } from '../node/index.ts'
import type { Output, Run } from '../run.ts'

/** What the guest wrote: as text where it is UTF-8, else in base64, so that no byte is lost. */
export type JsonOutput = { readonly text: string } | { readonly base64: string }

export interface JsonReport {
  /** As `Run.end`: `kind` is `exit`, `signal`, `trap`, `limit` or `deadlock`; `null` for a library. */
  readonly end: Run['end'] | null
  readonly exitCode: number | null
  readonly stdout: JsonOutput
  readonly stderr: JsonOutput
  readonly traceDigest: string | null
  readonly calls: number
  /** With `--fuel`, else null. */
  readonly fuelUsed: number | null
  /** What `--dir` copied and left out, in the order given. */
  readonly dirs: readonly (HostReport & { readonly argument: string })[]
  /** What `--out` wrote and left out, or why it did not. */
  readonly outs: readonly OutReport[]
}

export type OutReport = { readonly argument: string } & (
  | HostReport
  | { readonly error: string }
  | { readonly skipped: string }
)

export function jsonReport(run: Run, dirs: JsonReport['dirs'], outs: JsonReport['outs']): JsonReport {
  return {
    end: run.end ?? null,
    exitCode: run.exitCode ?? null,
    stdout: jsonOutput(run.stdout),
    stderr: jsonOutput(run.stderr),
    traceDigest: run.traceDigest ?? null,
    calls: run.calls,
    fuelUsed: run.fuelUsed ?? null,
    dirs,
    outs,
  }
}

function jsonOutput(output: Output): JsonOutput {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(output.bytes) }
  } catch {
    return { base64: Buffer.from(output.bytes).toString('base64') }
  }
}
