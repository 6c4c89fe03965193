/** What is wrong with a module, and where: the rewriter never guesses. */

import { VivariumError } from '../error.ts'

/** @throws VivariumError `BAD_MODULE` that names the place, such as `code section, function 12`, and the byte. */
export function refuse(problem: string, where: string, at: number): never {
  throw new VivariumError('BAD_MODULE', `${problem} (${where}, byte ${at} of the module)`)
}
