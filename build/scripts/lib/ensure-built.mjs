import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, root, runNode, say } from './bootstrap.mjs'

const outputs = [
  'out/main/headless.js',
  'out/main/electron.js',
  'out/preload/index.cjs',
  'out/renderer/index.html',
]
const stamp = join(root, 'out', '.sources')

function* files(dir) {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    if (entry.isDirectory()) yield* files(path)
    else if (!/\.test\.tsx?$/.test(entry.name)) yield path
  }
}

/** A fingerprint of everything the build reads: names, sizes and times. */
function sources() {
  const hash = createHash('sha256')
  for (const dir of ['src-main', 'src-preload', 'src-renderer']) {
    for (const path of files(join(root, dir))) {
      const { size, mtimeMs } = statSync(path)
      hash.update(`${path}\0${size}\0${mtimeMs}\n`)
    }
  }
  for (const file of ['package-lock.json', 'electron.vite.config.ts'])
    hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** Builds main, preload and renderer with electron-vite, unless nothing has changed since the last build. */
export async function ensureBuilt({ force = false } = {}) {
  const now = sources()
  const fresh =
    outputs.every((file) => existsSync(join(root, file))) &&
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === now
  if (fresh && !force) return
  say('building …')
  // electron-vite asks the electron package for its version through this variable when no binary is there.
  const code = await runNode(
    ['node_modules/electron-vite/bin/electron-vite.js', 'build', '--logLevel', 'warn'],
    {
      stdio: ['ignore', 2, 2],
    },
  )
  if (code !== 0) fail('The build failed (the reason is above).')
  mkdirSync(join(root, 'out'), { recursive: true })
  writeFileSync(stamp, now)
}
