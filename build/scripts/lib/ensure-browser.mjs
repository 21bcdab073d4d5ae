import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pinnedNode, root, say } from './bootstrap.mjs'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge']

/** A Chromium of the system, or undefined. */
export function systemBrowser() {
  const dirs = (process.env.PATH ?? '').split(process.platform === 'win32' ? ';' : ':')
  const paths = [
    process.env.HEARTH_CHROMIUM,
    ...dirs.flatMap((dir) => names.map((name) => join(dir, name))),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ]
  return paths.find((path) => path && existsSync(path))
}

async function playwrightBrowser() {
  const { chromium } = await import(join(root, 'node_modules', 'playwright', 'index.mjs'))
  const path = chromium.executablePath()
  return existsSync(path) ? path : undefined
}

/**
 * Path of a Chromium for the browser tests: the system's, Playwright's own, or one that either can
 * be asked to install. Undefined when none can be had.
 */
export async function ensureBrowser() {
  const here = systemBrowser() ?? (await playwrightBrowser())
  if (here) return here
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say('installing Chromium from the system packages (once) …')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { env, stdio: ['ignore', 2, 2] })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      env,
      stdio: ['ignore', 'ignore', 2],
    })
    const installed = systemBrowser()
    if (installed) return installed
  }
  say('downloading a browser for the tests (once) …')
  spawnSync(pinnedNode(), ['node_modules/playwright/cli.js', 'install', 'chromium'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    timeout: 300_000,
  })
  return playwrightBrowser()
}
