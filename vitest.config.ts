/** How the suite runs. No test has a time limit that a slow machine could miss: only a hang ends one. */

import { defineConfig } from 'vitest/config'

/** Ten minutes, in milliseconds: far more than the slowest test takes. */
const HANGS = 600_000

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process for each file: guests take memory that only the end of a process is sure to give back.
    pool: 'forks',
    maxWorkers: '100%',
    testTimeout: HANGS,
    hookTimeout: HANGS,
    teardownTimeout: HANGS,
  },
})
