import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No test has a time limit: a slow machine is not a fault.
    testTimeout: 0,
    hookTimeout: 0,
    pool: 'forks',
  },
})
