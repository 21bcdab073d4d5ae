// Hot reload: in Electron where it can run, else browser mode with Vite in front of the node.
import { ensureInstalled, pinnedNode, root, runNode, say } from './lib/bootstrap.mjs'
import { findElectron } from './lib/find-electron.mjs'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { openBrowser } from './lib/open-browser.mjs'

ensureInstalled()
const electron = findElectron()
if (electron.path) {
  process.exitCode = await runNode(['node_modules/electron-vite/bin/electron-vite.js', 'dev', '--watch'])
} else {
  say(`developing in browser mode, because ${electron.why}.`)
  const dataDir = join(root, '.cache', 'dev')
  const node = spawn(
    pinnedNode(),
    [
      '--watch',
      '--watch-preserve-output',
      'src-main/headless.ts',
      '--data-dir',
      dataDir,
      '--client-listen',
      '127.0.0.1:18008',
      '--federation-listen',
      '[::]:18448',
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const { createServer } = await import('vite')
  const target = 'http://127.0.0.1:18008'
  const vite = await createServer({
    configFile: join(root, 'src-renderer', 'vite.config.ts'),
    root: join(root, 'src-renderer'),
    server: { host: '127.0.0.1', port: 5173, proxy: { '/_matrix': target, '/_hearth': target } },
  })
  await vite.listen()
  let opened = false
  createInterface({ input: node.stdout }).on('line', (line) => {
    let message
    try {
      message = JSON.parse(line)
    } catch {
      return console.error(line)
    }
    if (message.event !== 'ready') return
    const url = message.login_url.replace(target, 'http://127.0.0.1:5173')
    console.log(`\n  ${url}\n`)
    if (!opened) openBrowser(url)
    opened = true
  })
  node.on('exit', (code) => {
    void vite.close()
    process.exitCode = code ?? 0
  })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => node.kill(signal))
}
