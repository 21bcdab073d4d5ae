// npm test: every test but those that need a Synapse. `npm test -- <vitest arguments>` runs a part.
import { ensureInstalled, fail, runNode } from './lib/bootstrap.mjs'
import { ensureBrowser } from './lib/ensure-browser.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'

ensureInstalled()
const args = process.argv.slice(2)
const browser = await ensureBrowser()
if (!browser) {
  fail(
    'No Chromium for the browser tests: install Chromium or Google Chrome (on Debian: apt-get install chromium), or set HEARTH_CHROMIUM to its path.',
  )
}
await ensureBuilt()
process.exitCode = await runNode(['node_modules/vitest/vitest.mjs', 'run', ...args], {
  env: { ...process.env, HEARTH_CHROMIUM: browser },
})
