import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { keyNameLabel } from '../../core/ids.ts'

const fixture = fileURLToPath(new URL('netns-node.fixture.ts', import.meta.url))
const suffix = randomBytes(3).toString('hex')
const ip = (...args: string[]): string =>
  execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const label = (): string => keyNameLabel(new Uint8Array(randomBytes(32)))

/** Network namespaces need Linux and the right to make them; says why where they cannot be had. */
function whyNot(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
  const probe = `hearth-p-${suffix}`
  try {
    ip('netns', 'add', probe)
    ip('-n', probe, 'link', 'add', 'name', 'br0', 'type', 'bridge')
    return undefined
  } catch (error) {
    return `network namespaces cannot be made here: ${error instanceof Error ? error.message.split('\n').join(' ') : ''}`
  } finally {
    try {
      ip('netns', 'del', probe)
    } catch {
      // It was never made.
    }
  }
}

const reason = whyNot()
if (reason !== undefined) console.warn(`skipped: discovery across namespaces (${reason})`)

/** A switch in a namespace of its own, with two machines on it. */
const lan = `hearth-s-${suffix}`
const machines = [`hearth-1-${suffix}`, `hearth-2-${suffix}`] as const
const children: ChildProcess[] = []

describe.skipIf(reason !== undefined)('two machines on one switch', () => {
  beforeAll(() => {
    ip('netns', 'add', lan)
    ip('-n', lan, 'link', 'add', 'name', 'br0', 'type', 'bridge')
    ip('-n', lan, 'link', 'set', 'br0', 'up')
    machines.forEach((machine, index) => {
      ip('netns', 'add', machine)
      ip('-n', machine, 'link', 'set', 'lo', 'up')
      ip(
        '-n',
        lan,
        'link',
        'add',
        'name',
        `port${index}`,
        'type',
        'veth',
        'peer',
        'name',
        'eth0',
        'netns',
        machine,
      )
      ip('-n', lan, 'link', 'set', `port${index}`, 'master', 'br0', 'up')
      ip('-n', machine, 'address', 'add', `10.77.0.${index + 1}/24`, 'dev', 'eth0')
      ip('-n', machine, 'link', 'set', 'eth0', 'up')
      // As on a machine with a default route, which multicast follows where nothing else is said.
      ip('-n', machine, 'route', 'add', 'default', 'via', '10.77.0.254')
    })
  }, 20_000)

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  afterAll(() => {
    for (const name of [...machines, lan]) ip('netns', 'del', name)
  })

  test('find each other within 2 seconds; a clean quit is heard within 5', async () => {
    const [a, b] = [label(), label()]
    const first = await startNode(machines[0], a)
    const second = await startNode(machines[1], b)
    await vi.waitFor(
      () => {
        expect(first.heard).toContainEqual({
          kind: 'peer',
          id: b,
          addresses: [{ host: '10.77.0.2', port: 8448 }],
        })
        expect(second.heard).toContainEqual({
          kind: 'peer',
          id: a,
          addresses: [{ host: '10.77.0.1', port: 8448 }],
        })
      },
      { timeout: 2_000, interval: 20 },
    )
    second.child.kill('SIGTERM')
    await vi.waitFor(() => expect(first.heard).toContainEqual({ kind: 'gone', serverName: `${b}.local` }), {
      timeout: 5_000,
      interval: 20,
    })
    await vi.waitFor(() => expect(second.child.exitCode).toBe(0), { timeout: 5_000, interval: 20 })
  }, 30_000)

  test('find each other when the cable is plugged in only later', async () => {
    const [machine] = machines
    ip('-n', machine, 'address', 'del', '10.77.0.1/24', 'dev', 'eth0')
    const [a, b] = [label(), label()]
    const first = await startNode(machine, a)
    const second = await startNode(machines[1], b)
    ip('-n', machine, 'address', 'add', '10.77.0.1/24', 'dev', 'eth0')
    // Interfaces are compared every 5 seconds.
    await vi.waitFor(
      () => {
        expect(first.heard).toContainEqual(expect.objectContaining({ kind: 'peer', id: b }))
        expect(second.heard).toContainEqual(expect.objectContaining({ kind: 'peer', id: a }))
      },
      { timeout: 8_000, interval: 20 },
    )
  }, 30_000)

  test('a point-to-point tunnel is used where both chose it: its netmask does not tell the other end', async () => {
    const [one, two] = machines
    ip('-n', one, 'link', 'add', 'tun0', 'type', 'veth', 'peer', 'name', 'tun0', 'netns', two)
    machines.forEach((machine, index) => {
      const [own, other] = [`10.99.0.${index + 1}`, `10.99.0.${2 - index}`]
      ip('-n', machine, 'address', 'add', own, 'peer', other, 'dev', 'tun0')
      ip('-n', machine, 'link', 'set', 'tun0', 'up')
    })
    // Linux takes up to a second to notice that both ends are up, and nobody lists the interface before.
    await vi.waitFor(() => {
      for (const machine of machines) expect(ip('-n', machine, 'link', 'show', 'tun0')).toContain('state UP')
    }, 5_000)
    const [a, b] = [label(), label()]
    // One of them uses the other network too, and hears the same there.
    const first = await startNode(one, a, ['tun0'])
    const second = await startNode(two, b, ['eth0', 'tun0'])
    const from = (id: string, host: string): object => ({
      kind: 'peer',
      id,
      addresses: [{ host, port: 8448 }],
    })
    await vi.waitFor(
      () => {
        expect(first.heard).toContainEqual(from(b, '10.99.0.2'))
        expect(second.heard).toContainEqual(from(a, '10.99.0.1'))
      },
      { timeout: 2_000, interval: 20 },
    )
    expect(first.heard).not.toContainEqual(from(b, '10.77.0.2'))
    expect(second.heard).not.toContainEqual(from(a, '10.77.0.1'))
  }, 30_000)
})

async function startNode(
  machine: string,
  id: string,
  interfaces: readonly string[] = [],
): Promise<{ child: ChildProcess; heard: unknown[] }> {
  const child = spawn('ip', ['netns', 'exec', machine, process.execPath, fixture, id, ...interfaces], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const heard: unknown[] = []
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    heard.push(...lines.map((line): unknown => JSON.parse(line)))
  })
  await vi.waitFor(() => expect(heard).toContainEqual({ kind: 'started' }), { timeout: 10_000, interval: 20 })
  return { child, heard }
}
