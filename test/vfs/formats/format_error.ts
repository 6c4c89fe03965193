/** For tests of what the formats refuse: the message, and that the tree is as it was. */

import { expect } from 'vitest'
import type { Filesystem } from '../../../vfs/filesystem.ts'
import { FormatError } from '../../../vfs/formats/error.ts'
import { stateOf } from '../../support/tree_state.ts'

/** The FormatError that `run` throws, after which `fs` must be what it was before; whatever else is thrown goes on. */
export function refusalOf(fs: Filesystem, run: () => unknown): FormatError {
  const before = stateOf(fs)
  try {
    run()
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    expect(stateOf(fs)).toEqual(before)
    return error
  }
  throw new Error('nothing was thrown')
}
