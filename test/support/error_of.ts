/** What a call says is wrong: for tests of the library's own errors. */

import { VivariumError } from '../../src/index.ts'

/** The VivariumError that `run` throws; whatever else it throws goes on. */
export function errorOf(run: () => unknown): VivariumError {
  try {
    run()
  } catch (error) {
    if (error instanceof VivariumError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
