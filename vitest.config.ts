import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src-*/**/*.test.{ts,tsx}', 'build/**/*.test.ts', 'test/**/*.test.ts'],
    // Needs a real Synapse or matrix-nio: run by .ci/run with a configuration of its own.
    exclude: ['**/node_modules/**', 'test/interop/**', 'test/nio/**'],
    testTimeout: 20_000,
    pool: 'forks',
  },
})
