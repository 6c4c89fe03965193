/** A fixed share of random fire; `npm run fuzz` fires for as long as it is told. */

import { describe, expect, it } from 'vitest'
import { SEED } from '../support/property.ts'
import { fireSuite } from './fire_suite.ts'

/** `VIVARIUM_PROGRAMS=5000`, about 200 calls each, fires more; `VIVARIUM_SEED` others. */
const PROGRAMS = Number(process.env.VIVARIUM_PROGRAMS ?? 60)

describe('random fire', () => {
  it('finds that every call returns an errno, writes only what it says, and leaves no trace where it fails', async () => {
    const { failures, operations } = await fireSuite().run(SEED, PROGRAMS)
    expect(failures.map(({ fault, text }) => `${fault}\n${text}`)).toEqual([])
    expect(operations).toBeGreaterThan(100 * PROGRAMS)
  })
})
