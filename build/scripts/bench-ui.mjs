import { ensureInstalled, fail, runNode } from './lib/bootstrap.mjs'
import { ensureBrowser } from './lib/ensure-browser.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'

ensureInstalled()
const browser = await ensureBrowser()
if (!browser)
  fail('No Chromium to measure in: install Chromium or Google Chrome, or set HEARTH_CHROMIUM to its path.')
await ensureBuilt()
process.exitCode = await runNode(['test/bench/ui/bench-ui.ts', ...process.argv.slice(2)], {
  env: { ...process.env, HEARTH_CHROMIUM: browser },
})
