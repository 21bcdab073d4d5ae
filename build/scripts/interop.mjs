// npm run interop: what needs a real Synapse or matrix-nio, which are installed into .cache at the first run.
// `--write-table` writes the table of README.md anew; everything else goes to vitest.
import { ensureInstalled, runNode } from './lib/bootstrap.mjs'

ensureInstalled()
const args = process.argv.slice(2)
const rest = args.filter((arg) => arg !== '--write-table')
const env = { ...process.env, ...(rest.length < args.length ? { HEARTH_WRITE_TABLE: '1' } : {}) }
process.exitCode = await runNode(
  ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/interop/vitest.config.ts', ...rest],
  { env },
)
