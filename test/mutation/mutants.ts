/** The list of faults that the suite has to notice, each of which breaks one rule, and how one is put into a file. */

import { cpuMutants } from './cpu_mutants.ts'
import { hostcallMutants } from './hostcall_mutants.ts'
import { kernelMutants } from './kernel_mutants.ts'
import { unwindMutants } from './unwind_mutants.ts'
import { vfsMutants } from './vfs_mutants.ts'

/** One deliberate fault. */
export interface Mutant {
  /** The file that it is in, from the top of the tree. */
  readonly file: string
  /** The text that it replaces, which is in the file exactly once. */
  readonly find: string
  readonly put: string
  /** The rule that it breaks, as a sentence. */
  readonly rule: string
  /** The test files that are expected to catch it: few and quick ones. */
  readonly tests: readonly string[]
  /** A pattern of the names of the tests in them, where running all would take long. */
  readonly named?: string
}

export const mutants: readonly Mutant[] = [
  ...vfsMutants,
  ...kernelMutants,
  ...hostcallMutants,
  ...cpuMutants,
  ...unwindMutants,
]

/** `source` with the fault in it, or why it cannot be put there: then the list is stale. */
export function faulty(
  source: string,
  { find, put }: Mutant,
): { readonly source: string } | { readonly stale: string } {
  const parts = source.split(find)
  if (parts.length !== 2) return { stale: `the text is there ${parts.length - 1} times, not once` }
  if (find === put) return { stale: 'the replacement is the text itself' }
  return { source: parts.join(put) }
}

/** How many lines come before the text in `source`, and one. */
export function lineOf(source: string, { find }: Mutant): number {
  return source.slice(0, source.indexOf(find)).split('\n').length
}
