/** The facade and the real `node:fs` run the same programs side by side and must agree on everything. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fc, SEED } from '../support/property.ts'
import { programs } from './operations.ts'
import { Scratch } from './side_by_side.ts'

/** `npm run fuzz` runs far more of them; `VIVARIUM_PROGRAMS=20000` as many as it says, `VIVARIUM_SEED` others. */
const PROGRAMS = Number(process.env.VIVARIUM_PROGRAMS ?? 400)

describe.runIf(process.platform === 'linux')('node:fs side by side', () => {
  let scratch: Scratch
  beforeAll(() => {
    scratch = new Scratch()
  })
  afterAll(() => scratch.remove())

  it('agrees on results, error codes and the tree that is left', () => {
    const property = fc.property(programs, (program) => {
      expect(scratch.compare(program).difference).toBeUndefined()
    })
    fc.assert(property, { numRuns: PROGRAMS, seed: SEED })
  })
})
