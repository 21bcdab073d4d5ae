import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { ip, tolerate, type Switch } from './namespaces.ts'

/** A machine between switches that passes on what is for another of them, but for what it is told to drop. */
export class Router {
  private readonly namespace = `hearth-r-${randomBytes(3).toString('hex')}`
  private readonly switches: readonly Switch[]

  /** The machines of the switches have to be there; their default route leads here from now on. */
  constructor(switches: readonly Switch[]) {
    this.switches = switches
    ip('netns', 'add', this.namespace)
    process.once('exit', this.removeLinks)
    ip('-n', this.namespace, 'link', 'set', 'lo', 'up')
    for (const [n, network] of switches.entries()) {
      const address = network.plug(this.namespace, `eth${n}`)
      for (const machine of network.machines)
        ip('-n', machine.namespace, 'route', 'add', 'default', 'via', address)
    }
    const forward = 'echo 1 > /proc/sys/net/ipv4/ip_forward'
    execFileSync('ip', ['netns', 'exec', this.namespace, 'sh', '-c', forward], { stdio: 'pipe' })
  }

  /**
   * What comes from that switch for this TCP port is dropped, and nobody is told: as firewalls do it, and unlike
   * a refusal. Answers from that port pass, so whoever is behind it can still call.
   */
  dropCalls(from: Switch, port: number): void {
    this.rule('add', from, port)
  }

  passCalls(from: Switch, port: number): void {
    this.rule('del', from, port)
  }

  remove(): void {
    this.removeLinks()
    process.off('exit', this.removeLinks)
  }

  private rule(how: 'add' | 'del', from: Switch, port: number): void {
    const side = `eth${this.switches.indexOf(from)}`
    const calls = ['iif', side, 'ipproto', 'tcp', 'dport', String(port)]
    ip('-n', this.namespace, 'rule', how, ...calls, 'pref', '100', 'blackhole')
  }

  private readonly removeLinks = (): void => tolerate(() => ip('netns', 'del', this.namespace))
}
