/** fast-check with one seed for the whole suite, so that a run of the tests is a function of the source; `VIVARIUM_SEED` draws others. */

import fc from 'fast-check'
import { vi } from 'vitest'

/** The seed of every property. */
export const SEED = Number(process.env.VIVARIUM_SEED ?? 20_260_101)

// How long a property takes is the machine's business.
vi.setConfig({ testTimeout: 0 })
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED })

export { fc }
