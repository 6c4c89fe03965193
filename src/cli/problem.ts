/** What is said about an error that is about what the user gave. */

import { FormatError, VivariumError } from '../index.ts'
import { quote } from '../node/host_names.ts'
import { HostError } from '../node/index.ts'

/** The problem in the user's words, or `undefined` for a fault of ours. `path` is the command's first argument. */
export function describeProblem(error: unknown, path: unknown): string | undefined {
  if (!(error instanceof HostError) && !(error instanceof VivariumError) && !(error instanceof FormatError))
    return undefined
  if (error instanceof VivariumError && error.code === 'MISSING_IMPORT') {
    // The library's advice is about an option that the command does not have, so only what comes before it is kept.
    const [problem] = error.message.split(';')
    return `${quote(String(path))} cannot be run: ${problem}: it was made for another host, so build it for wasm32-wasip1`
  }
  return error.message
}
