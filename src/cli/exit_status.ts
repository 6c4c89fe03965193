/** The command's exit status for each way in which a run can end. */

import type { End } from '../run.ts'

/** Wrong arguments, a module or a folder that cannot be taken, or a write-out that failed. */
export const STATUS_ERROR = 2
export const STATUS_LIMIT = 124
export const STATUS_DEADLOCK = 125
/** What a shell shows for a process that was aborted. */
export const STATUS_TRAP = 134
/** A signal's number is added. */
export const STATUS_SIGNAL = 128

/** Hosts keep only the lowest eight bits of an exit code, so that 256 is shown as 0. `undefined` is a library, and 0. */
export function exitStatus(end: End | undefined): number {
  switch (end?.kind) {
    case undefined:
      return 0
    case 'exit':
      return end.code & 255
    case 'signal':
      return STATUS_SIGNAL + end.signal
    case 'trap':
      return STATUS_TRAP
    case 'limit':
      return STATUS_LIMIT
    case 'deadlock':
      return STATUS_DEADLOCK
  }
}

/** One line for every end that is no exit; it says what a user can do where there is something. */
export function describeEnd(end: End | undefined): string | undefined {
  switch (end?.kind) {
    case undefined:
      return 'the module is a library: it has no "_start" to run, so it was initialised and nothing more'
    case 'exit':
      return undefined
    case 'signal':
      return `the guest was ended by signal ${end.signal} (${end.name})`
    case 'trap':
      return `the guest trapped: ${end.message}`
    case 'limit':
      return `the guest was stopped at a limit: ${end.message}`
    case 'deadlock':
      return `the guest waits for what can never happen: ${end.message}`
  }
}
