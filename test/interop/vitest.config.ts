import { defineConfig } from 'vitest/config'

/** Against real servers of others: slow, and run by `.ci/run` and `npm run interop`, not by `npm test`. */
export default defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts', 'test/nio/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 300_000,
    pool: 'forks',
    fileParallelism: false,
    // Features wait for servers most of the time.
    maxConcurrency: 6,
  },
})
