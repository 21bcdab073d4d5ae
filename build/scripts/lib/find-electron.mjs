import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, say } from './bootstrap.mjs'

const dir = join(root, 'node_modules', 'electron')

function binary() {
  try {
    const path = join(dir, 'dist', readFileSync(join(dir, 'path.txt'), 'utf8'))
    return existsSync(path) ? path : undefined
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** `{ path }`, or `{ why }`: a clause that says why the Electron window cannot be opened here. */
export function findElectron() {
  if (process.env.HEARTH_BROWSER) return { why: 'HEARTH_BROWSER is set' }
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return { why: 'there is no display' }
  const path = binary()
  if (path) return { path }
  say('downloading Electron (once) …')
  const result = spawnSync(process.execPath, [join(dir, 'install.js')], { stdio: 'ignore', timeout: 180_000 })
  const installed = binary()
  if (result.status === 0 && installed) return { path: installed }
  return { why: 'Electron could not be downloaded' }
}

/** For tests: the binary if it is here, without trying to fetch it. */
export const electronBinary = binary
