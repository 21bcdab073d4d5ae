import { ensureInstalled, fail, run, say } from './lib/bootstrap.mjs'
import { ensureBuilt } from './lib/ensure-built.mjs'
import { findElectron } from './lib/find-electron.mjs'
import { startNode } from './lib/node-process.mjs'
import { openBrowser } from './lib/open-browser.mjs'

ensureInstalled()
await ensureBuilt()

const args = process.argv.slice(2)
const electron = findElectron()
if (electron.path) {
  say('opening the Hearth window')
  process.exitCode = await run(electron.path, ['.', ...args])
} else {
  say(`opening browser mode, because ${electron.why}.`)
  const node = startNode(args)
  const stop = () => node.child.kill('SIGTERM')
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  try {
    const { login_url } = await node.ready
    console.log(`\n  Hearth is running. Open ${login_url}\n  Ctrl+C stops it.\n`)
    openBrowser(login_url)
    process.exitCode = await node.ended
  } catch {
    // With `--help` there was nothing to start.
    if (node.child.exitCode !== 0) fail('Hearth could not start (the reason is above).')
  }
}
