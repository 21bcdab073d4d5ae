import { ensureInstalled, runNode } from './lib/bootstrap.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'

ensureInstalled()
await ensureBuilt()
process.exitCode = await runNode(['test/bench/bench.ts', ...process.argv.slice(2)])
