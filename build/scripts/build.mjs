import { ensureInstalled } from './lib/bootstrap.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'

ensureInstalled()
await ensureBuilt({ force: true })
