import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const running: ChildProcess[] = []
const dirs: string[] = []

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

interface Run {
  readonly child: ChildProcess
  readonly output: () => string
  readonly code: Promise<number | null>
}

/** Runs one of the commands of README.md as a person would, with no display. */
function script(name: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Run {
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...rest } = process.env
  const child = spawn(process.execPath, [join('build', 'scripts', `${name}.mjs`), ...args], {
    cwd: root,
    env: { ...rest, HEARTH_NO_OPEN: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  const code = new Promise<number | null>((resolve) => child.once('exit', resolve))
  return { child, output: () => output, code }
}

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'hearth-scripts-'))
  dirs.push(dir)
  return dir
}

const ports = ['--client-listen', '127.0.0.1:0', '--federation-listen', '127.0.0.1:0', '--no-mdns']
const patience = { timeout: 30_000, interval: 50 }

test(
  'npm start without a display says why, opens browser mode, and Ctrl+C ends it',
  { timeout: 60_000 },
  async () => {
    const start = script('start', ['--data-dir', newDir(), ...ports], { HEARTH_BROWSER: '' })
    await vi.waitFor(() => expect(start.output()).toContain('Hearth is running'), patience)
    const why = /opening browser mode, because (.+)\.\n/.exec(start.output())?.[1]
    expect(why).toBe(
      process.platform === 'linux' ? 'there is no display' : 'Electron could not be downloaded',
    )
    const url = /Open (http:\S+)/.exec(start.output())?.[1] ?? ''
    const page = await fetch(url)
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self' 'wasm-unsafe-eval'")
    expect(await page.text()).toContain('<title>Hearth')
    start.child.kill('SIGINT')
    expect(await start.code).toBe(0)
  },
)

test('npm run headless refuses what it does not understand, in a sentence', async () => {
  const unknown = script('headless', ['--colour', 'red'])
  expect(await unknown.code).toBe(1)
  expect(unknown.output()).toContain('--colour')
  expect(unknown.output()).not.toContain('    at ')
  const help = script('headless', ['--help'])
  expect(await help.code).toBe(0)
  expect(help.output()).toContain('--client-listen')
})

test(
  'npm run headless prints one ready line and stops on SIGTERM within 5 seconds',
  { timeout: 60_000 },
  async () => {
    const node = script('headless', ['--data-dir', newDir(), ...ports])
    await vi.waitFor(() => expect(node.output()).toContain('"event":"ready"'), patience)
    const line =
      node
        .output()
        .split('\n')
        .find((text) => text.includes('"ready"')) ?? ''
    expect(Object.keys(JSON.parse(line) as object)).toEqual([
      'event',
      'server_name',
      'client_url',
      'federation_url',
      'login_url',
      'pid',
    ])
    const asked = performance.now()
    node.child.kill('SIGTERM')
    expect(await node.code).toBe(0)
    expect(performance.now() - asked).toBeLessThan(5_000)
  },
)

test('npm run demo brings two people together', { timeout: 90_000 }, async () => {
  const demo = script('demo', [])
  await vi.waitFor(() => expect(demo.output()).toContain('Ctrl+C stops both'), {
    timeout: 60_000,
    interval: 50,
  })
  const urls = [...demo.output().matchAll(/(Alice|Bob) +(http:\S+)/g)].map((match) => match[2] ?? '')
  expect(urls).toHaveLength(2)
  const bob = new URL((urls[1] ?? '').replace('/#', ''))
  const session = (await (
    await fetch(`${bob.origin}/_matrix/client/v3/login`, {
      method: 'POST',
      body: JSON.stringify({ type: 'm.login.token', token: bob.searchParams.get('loginToken') }),
    })
  ).json()) as { access_token: string }
  const sync = async (): Promise<string> =>
    (
      await fetch(`${bob.origin}/_matrix/client/v3/sync?timeout=0`, {
        headers: { authorization: `Bearer ${session.access_token}` },
      })
    ).text()
  await vi.waitFor(async () => expect(await sync()).toContain('watch it cross'), patience)
  demo.child.kill('SIGTERM')
  expect(await demo.code).toBe(0)
})
