// npm run interop: what needs a real Synapse or matrix-nio, which are installed into .cache at the first run.
// `--write-table` writes the table of README.md anew; everything else goes to vitest.
import { ensureInstalled, runNode } from './lib/bootstrap.mjs'
import { ensureBrowser } from './lib/ensure-browser.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'

ensureInstalled()
await ensureBuilt()
const browser = await ensureBrowser()
const args = process.argv.slice(2)
const rest = args.filter((arg) => arg !== '--write-table')
const env = {
  ...process.env,
  ...(browser ? { HEARTH_CHROMIUM: browser } : {}),
  ...(rest.length < args.length ? { HEARTH_WRITE_TABLE: '1' } : {}),
}
process.exitCode = await runNode(
  ['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/interop/vitest.config.ts', ...rest],
  { env },
)
