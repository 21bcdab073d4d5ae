import { ensureInstalled, runNode } from './lib/bootstrap.mjs'

ensureInstalled()
const { ensureBuilt } = await import('./lib/ensure-built.mjs')
await ensureBuilt()
process.exitCode = await runNode(['out/main/headless.js', ...process.argv.slice(2)])
