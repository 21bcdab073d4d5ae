import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Child } from './child.ts'
import { repositoryRoot, scratchFolder } from './scratch.ts'

export function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

/** Why network namespaces cannot be made here, in words; undefined where they can. */
export function whyNoNamespaces(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux'
  const probe = `hearth-probe-${randomBytes(3).toString('hex')}`
  try {
    ip('netns', 'add', probe)
    ip('netns', 'del', probe)
    const bridge = `hp${randomBytes(3).toString('hex')}`
    ip('link', 'add', bridge, 'type', 'bridge')
    ip('link', 'del', bridge)
    return undefined
  } catch (error) {
    return `this machine does not permit network namespaces (${String(error).split('\n').at(-1)})`
  }
}

/** One machine on the switch: a namespace with `lo` and `eth0`. */
export interface Machine {
  readonly namespace: string
  readonly address: string
  /** The switch's end of its cable. */
  readonly port: string
  readonly socketPath: string
}

/** A switch (Linux bridge) with machines (network namespaces) on it; names are unique per run. */
export class Switch {
  readonly machines: Machine[] = []
  private readonly id = randomBytes(3).toString('hex')
  private readonly folder = scratchFolder('relay')
  private readonly relays: Child[] = []

  private readonly subnet: string
  private readonly cables: string[] = []

  constructor(subnet = '10.83.7') {
    this.subnet = subnet
    ip('link', 'add', this.bridge, 'type', 'bridge')
    ip('link', 'set', this.bridge, 'up')
    process.once('exit', this.removeLinks)
  }

  /** Adds a machine, and a way for the test to reach `port` of its loopback: {@link Machine.socketPath}. */
  async addMachine(port: number): Promise<Machine> {
    const n = this.machines.length + 1
    const machine: Machine = {
      namespace: `hearth-${this.id}-${n}`,
      address: `${this.subnet}.${n}`,
      port: `hv${this.id}${n}`,
      socketPath: join(this.folder, `${n}.sock`),
    }
    this.machines.push(machine)
    const inside = (...args: string[]) => ip('-n', machine.namespace, ...args)
    ip('netns', 'add', machine.namespace)
    ip('link', 'add', machine.port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', machine.namespace)
    ip('link', 'set', machine.port, 'master', this.bridge, 'up')
    inside('address', 'add', `${machine.address}/24`, 'dev', 'eth0')
    inside('link', 'set', 'lo', 'up')
    inside('link', 'set', 'eth0', 'up')
    const relay = new Child({
      label: `relay ${machine.namespace}`,
      command: 'ip',
      args: [
        ...['netns', 'exec', machine.namespace, process.execPath, '--disable-warning=ExperimentalWarning'],
        ...[join(repositoryRoot, 'test', 'harness', 'process', 'relay.ts'), machine.socketPath, String(port)],
      ],
    })
    this.relays.push(relay)
    await relay.waitForOutput((text) => text.includes('listening') || undefined, 10_000)
    return machine
  }

  /** Gives a machine of another switch a second network: `eth1`, with the address that is returned. */
  connect(machine: Machine): string {
    return this.plug(machine.namespace, 'eth1')
  }

  /** A cable from here to a new interface of a namespace, which gets the address that is returned. */
  plug(namespace: string, name: string): string {
    const address = `${this.subnet}.${100 + this.cables.length}`
    const port = `hw${this.id}${this.cables.length}`
    const inside = (...args: string[]) => ip('-n', namespace, ...args)
    ip('link', 'add', port, 'type', 'veth', 'peer', 'name', name, 'netns', namespace)
    this.cables.push(port)
    ip('link', 'set', port, 'master', this.bridge, 'up')
    inside('address', 'add', `${address}/24`, 'dev', name)
    inside('link', 'set', name, 'up')
    return address
  }

  /** As guest and office networks do: nobody's multicast reaches anybody else. */
  blockMulticast(): void {
    for (const { port } of this.machines)
      ip('link', 'set', port, 'type', 'bridge_slave', 'mcast_flood', 'off')
  }

  /** The machine's own doing, such as turning its Wi-Fi off and on. */
  setInterface(machine: Machine, name: string, state: 'up' | 'down'): void {
    ip('-n', machine.namespace, 'link', 'set', name, state)
  }

  /** Leaves an interface with its link-local IPv6 address alone. */
  removeIpv4(machine: Machine, name: string): void {
    ip('-4', '-n', machine.namespace, 'address', 'flush', 'dev', name)
  }

  /** Another address in the same network, as a new lease gives it: connections from the old one are half open. */
  move(machine: Machine, address: string): void {
    ip('-n', machine.namespace, 'address', 'flush', 'dev', 'eth0', 'scope', 'global')
    ip('-n', machine.namespace, 'address', 'add', `${address}/24`, 'dev', 'eth0')
  }

  /** A tunnel to nobody, as a VPN makes one that takes all traffic, multicast too, but for that of the own network. */
  addTunnel(machine: Machine, name: string, address: string): void {
    const inside = (...args: string[]) => ip('-n', machine.namespace, ...args)
    inside('link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}-far`)
    inside('address', 'add', `${address}/32`, 'dev', name)
    // Without its other end it has no carrier, and no program would see it.
    for (const end of [name, `${name}-far`]) inside('link', 'set', end, 'up')
    for (const all of ['default', '0.0.0.0/1', '128.0.0.0/1', '224.0.0.0/4'])
      inside('route', 'add', all, 'dev', name)
  }

  removeTunnel(machine: Machine, name: string): void {
    ip('-n', machine.namespace, 'link', 'del', name)
  }

  /** Moves these machines to another switch, with no way between the two; {@link unite} moves them back. */
  split(machines: readonly Machine[]): void {
    ip('link', 'add', this.secondBridge, 'type', 'bridge')
    ip('link', 'set', this.secondBridge, 'up')
    for (const { port } of machines) ip('link', 'set', port, 'master', this.secondBridge)
  }

  unite(): void {
    for (const { port } of this.machines) ip('link', 'set', port, 'master', this.bridge)
    ip('link', 'del', this.secondBridge)
  }

  /** The lights stay on, and nothing comes through: no machine is told. */
  setThrough(through: boolean): void {
    ip('link', 'set', this.bridge, through ? 'up' : 'down')
  }

  cut(machine: Machine): void {
    ip('link', 'set', machine.port, 'down')
  }

  restore(machine: Machine): void {
    ip('link', 'set', machine.port, 'up')
  }

  async remove(): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.kill()))
    this.removeLinks()
    process.off('exit', this.removeLinks)
  }

  private get bridge(): string {
    return `hb${this.id}`
  }

  private get secondBridge(): string {
    return `hc${this.id}`
  }

  private readonly removeLinks = (): void => {
    for (const machine of this.machines) tolerate(() => ip('netns', 'del', machine.namespace))
    tolerate(() => ip('link', 'del', this.bridge))
  }
}

/** Removing goes on when one thing was not there any more; it says so. */
export function tolerate(action: () => void): void {
  try {
    action()
  } catch (error) {
    process.stderr.write(`${String(error)}\n`)
  }
}
