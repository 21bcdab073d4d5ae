// Runs on whatever Node.js the machine has (20.19 or later), before anything is installed:
// only Node's own modules here.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')
const stamp = join(root, 'node_modules', '.hearth-installed')

/** Ends the program with a sentence that says what to do. */
export function fail(message) {
  console.error(`\n${message}`)
  process.exit(1)
}

export function say(message) {
  console.error(`hearth: ${message}`)
}

/** The pinned Node 24, whatever the machine's own Node is. */
export function pinnedNode() {
  const dir = join(root, 'node_modules', 'node', 'bin')
  return join(dir, process.platform === 'win32' ? 'node.exe' : 'node')
}

/** Installs the dependencies of the lock file and the pinned Node, if they are missing or outdated. */
export function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    fail(
      `Hearth needs Node.js 20.19 or later to set itself up; this is ${process.versions.node}. Install a newer one from nodejs.org.`,
    )
  }
  // A linked folder is another checkout's, which installs into it; from here that would be under its feet.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock && existsSync(pinnedNode())) return
  say('installing dependencies (once; about a minute) …')
  // Browsers and Electron are fetched later, each where it is needed, with a fallback of its own.
  const env = { ...process.env, ELECTRON_SKIP_BINARY_DOWNLOAD: '1', PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1' }
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (npm.error)
    fail(
      `npm could not be started (${npm.error.message}). It comes with Node.js; check that it is on the PATH.`,
    )
  if (npm.status !== 0) {
    fail(
      'Installing the dependencies failed (the reason is above). Check the connection to the npm registry, then run the same command again.',
    )
  }
  if (!existsSync(pinnedNode())) {
    // npm may be told not to run install scripts; the pinned Node then has to be set up by hand.
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: join(root, 'node_modules', 'node'),
      stdio: 'inherit',
    })
  }
  if (!existsSync(pinnedNode()))
    fail(
      'Node.js 24 could not be installed from the npm registry. Check the connection, then run the same command again.',
    )
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, lock)
  say('dependencies installed')
}

/** Runs the pinned Node with inherited output; resolves to its exit code. Signals are passed on. */
export function runNode(args, options = {}) {
  return run(pinnedNode(), args, options)
}

export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options })
    const pass = (signal) => child.kill(signal)
    process.on('SIGINT', pass)
    process.on('SIGTERM', pass)
    child.on('error', (error) => {
      console.error(error.message)
      resolve(1)
    })
    child.on('exit', (code, signal) => {
      process.off('SIGINT', pass)
      process.off('SIGTERM', pass)
      resolve(code ?? (signal === 'SIGINT' || signal === 'SIGTERM' ? 0 : 1))
    })
  })
}
