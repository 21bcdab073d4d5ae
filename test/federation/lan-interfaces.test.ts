/** Which of a machine's networks a node uses, chosen while it runs: with real interfaces and real multicast. */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces, type Machine } from '../harness/process/namespaces.ts'
import { peerSeenBy, problemsOf, startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

const denied = whyNoNamespaces()

interface Row {
  readonly name: string
  readonly kind: string
  readonly automatic: boolean
  readonly used: boolean
}

describe.skipIf(denied !== undefined)(
  `the choice of the network${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let home: Switch
    /** To Alice it is a VPN by the name of its interface; to the others an ordinary network. */
    let office: Switch
    let alice: Station
    let bob: Station
    let carol: Station
    let vpnAddress = ''
    const started: Station[] = []

    async function start(machine: Machine, args: readonly string[] = []): Promise<Station> {
      const station = await startStation(machine, { args })
      started.push(station)
      return station
    }

    const interfaces = async ({ owner }: Station): Promise<Record<string, Omit<Row, 'name'>>> => {
      const { interfaces: rows } = await owner.call<{ interfaces: Row[] }>('GET', '/_hearth/v1/interfaces')
      return Object.fromEntries(
        rows.map(({ name, kind, automatic, used }) => [name, { kind, automatic, used }]),
      )
    }
    const choose = async ({ owner }: Station, names: readonly string[] | null): Promise<unknown> =>
      await owner.call('PATCH', '/_hearth/v1/settings', { body: { interface: names } })
    const announced = async ({ owner }: Station): Promise<unknown> =>
      (await owner.call<{ addresses: unknown }>('GET', '/_hearth/v1/settings')).addresses
    const sees = async (from: Station, to: Station): Promise<boolean> =>
      (await peerSeenBy(from, to))?.reachable === true
    /** Multicast groups that a process of the machine has joined on an interface: where its node listens. */
    const listensOn = ({ machine }: Station, name: string): boolean =>
      execFileSync('ip', ['-n', machine.namespace, 'maddress', 'show', 'dev', name], {
        encoding: 'utf8',
      }).includes('224.0.0.251')

    beforeAll(async () => {
      home = new Switch('10.83.7')
      office = new Switch('10.83.9')
      const machines = await Promise.all([
        home.addMachine(8008),
        home.addMachine(8008),
        office.addMachine(8008),
      ])
      vpnAddress = office.plug(machines[0].namespace, 'wg0')
      ;[alice, bob, carol] = await Promise.all([start(machines[0]), start(machines[1]), start(machines[2])])
      await until(
        'those at home see each other',
        async () => (await sees(alice, bob)) && (await sees(bob, alice)),
      )
    }, 60_000)

    afterAll(async () => {
      await Promise.all(started.map(async ({ owner }) => await owner.close()))
      await Promise.all(started.map(async ({ node }) => await node.kill()))
      await home?.remove()
      await office?.remove()
    }, 30_000)

    test('a VPN is left alone by default: nothing is said, heard or told of it', async () => {
      expect(await interfaces(alice)).toEqual({
        lo: { kind: 'loopback', automatic: false, used: false },
        eth0: { kind: 'network', automatic: true, used: true },
        wg0: { kind: 'virtual', automatic: false, used: false },
      })
      expect(await announced(alice)).toEqual([`${alice.machine.address}:8448`])
      expect(listensOn(alice, 'eth0')).toBe(true)
      expect(listensOn(alice, 'wg0')).toBe(false)
      // By now all have announced themselves more than once, and asked.
      expect(await peerSeenBy(carol, alice)).toBeUndefined()
      expect(await peerSeenBy(alice, carol)).toBeUndefined()
    })

    test('chosen, it is used at once, and the other network no more', async () => {
      expect(await choose(alice, ['wg0'])).toMatchObject({ interface: ['wg0'], restart_needed: [] })
      await until(
        'they see each other',
        async () => (await sees(alice, carol)) && (await sees(carol, alice)),
        5_000,
      )
      expect((await peerSeenBy(carol, alice))?.addresses).toEqual([`${vpnAddress}:8448`])
      expect(await announced(alice)).toEqual([`${vpnAddress}:8448`])
      expect(await interfaces(alice)).toMatchObject({ eth0: { used: false }, wg0: { used: true } })
      expect(listensOn(alice, 'wg0')).toBe(true)
      expect(listensOn(alice, 'eth0')).toBe(false)

      // Who comes only now hears nothing of her at home, and she nothing of them.
      const dave = await start(await home.addMachine(8008))
      await until('the others see each other', async () => (await sees(dave, bob)) && (await sees(bob, dave)))
      expect(await peerSeenBy(dave, alice)).toBeUndefined()
      expect(await peerSeenBy(alice, dave)).toBeUndefined()
    }, 30_000)

    test('a chosen network that goes is said to be gone, is replaced by none, and used again when it is back', async () => {
      office.setInterface(alice.machine, 'wg0', 'down')
      const missing = async (): Promise<boolean> =>
        (await problemsOf(alice)).some(({ words }) => words.includes('is not there: wg0'))
      await until('it is said', missing, 10_000, 100)
      expect(await announced(alice)).toEqual([])
      expect(listensOn(alice, 'eth0')).toBe(false)
      await until('she knows that she is alone', async () => !(await sees(alice, carol)), 20_000, 100)
      office.setInterface(alice.machine, 'wg0', 'up')
      await until(
        'they see each other',
        async () => (await sees(alice, carol)) && (await sees(carol, alice)),
        10_000,
      )
      expect(await problemsOf(alice)).toEqual([])
    }, 60_000)

    test('several may be chosen; a restart keeps them; the command line goes over them until they are edited', async () => {
      await choose(alice, ['eth0', 'wg0'])
      await until('both are used', async () => listensOn(alice, 'eth0') && listensOn(alice, 'wg0'), 5_000)
      await alice.node.restart()
      expect(await announced(alice)).toEqual([`${alice.machine.address}:8448`, `${vpnAddress}:8448`])
      await until('all are seen', async () => (await sees(alice, bob)) && (await sees(alice, carol)), 10_000)

      const erin = await start(await home.addMachine(8008), ['--interface', 'lo', '--interface', 'wg7'])
      expect(await interfaces(erin)).toMatchObject({
        eth0: { automatic: true, used: false },
        lo: { used: true },
      })
      await until('the loopback is used', async () => listensOn(erin, 'lo'), 5_000)
      expect(listensOn(erin, 'eth0')).toBe(false)
      await choose(erin, ['eth0'])
      await until(
        'they see each other',
        async () => (await sees(erin, alice)) && (await sees(alice, erin)),
        5_000,
      )
    }, 60_000)

    test('back to the automatic choice: the VPN is left, and who comes there later hears nothing', async () => {
      expect(await choose(alice, null)).toMatchObject({ interface: [] })
      await until('it is left', async () => !listensOn(alice, 'wg0'), 5_000)
      expect(await announced(alice)).toEqual([`${alice.machine.address}:8448`])
      const frank = await start(await office.addMachine(8008))
      await until(
        'the others see each other',
        async () => (await sees(frank, carol)) && (await sees(carol, frank)),
      )
      expect(await peerSeenBy(frank, alice)).toBeUndefined()
      await expect(choose(alice, ['  '])).rejects.toMatchObject({ status: 400 })
    }, 30_000)
  },
)
