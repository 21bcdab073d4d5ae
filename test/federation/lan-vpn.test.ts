/** A VPN that takes all traffic of a machine does not come between it and the people on its own network. */
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces } from '../harness/process/namespaces.ts'
import { message, peerSeenBy, problemsOf, startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

const denied = whyNoNamespaces()

describe.skipIf(denied !== undefined)(
  `a VPN on a LAN${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let lan: Switch
    let alice: Station
    let bob: Station
    let room = ''

    /** The interface by which a machine sends to the Internet, and the multicast of whoever names none. */
    const routes = ({ machine }: Station): string[] =>
      ['1.1.1.1', '224.0.0.251'].map((to) => {
        const said = execFileSync('ip', ['-n', machine.namespace, 'route', 'get', to], { encoding: 'utf8' })
        return /dev (\S+)/.exec(said)?.[1] ?? ''
      })

    /** The node sees the VPN, and leaves it alone. */
    const hasVpn = async ({ owner }: Station): Promise<boolean> => {
      const { interfaces } = await owner.call<{
        interfaces: { name: string; kind: string; used: boolean }[]
      }>('GET', '/_hearth/v1/interfaces')
      return interfaces.some(({ name, kind, used }) => name === 'wg0' && kind === 'virtual' && !used)
    }
    const hosts = async (from: Station, to: Station): Promise<string[]> =>
      ((await peerSeenBy(from, to))?.addresses ?? []).map((at) => at.slice(0, at.lastIndexOf(':')))
    const seeEachOther = async (): Promise<boolean> =>
      (await peerSeenBy(alice, bob))?.reachable === true && (await peerSeenBy(bob, alice))?.reachable === true
    const talk = async (withinMs = 15_000): Promise<number[]> =>
      await Promise.all([message(alice, bob, room, withinMs), message(bob, alice, room, withinMs)])

    beforeAll(async () => {
      lan = new Switch()
      const machines = [await lan.addMachine(8008), await lan.addMachine(8008)] as const
      lan.addTunnel(machines[0], 'wg0', '10.99.0.1')
      ;[alice, bob] = await Promise.all([startStation(machines[0]), startStation(machines[1])])
    }, 60_000)

    afterAll(async () => {
      await Promise.all([alice, bob].map(async (station) => await station?.owner.close()))
      await Promise.all([alice, bob].map(async (station) => await station?.node.kill()))
      await lan?.remove()
    }, 30_000)

    test('that is there from the start: they find each other, and messages go both ways', async () => {
      expect(routes(alice)).toEqual(['wg0', 'wg0'])
      await until('she sees her VPN', async () => await hasVpn(alice), 5_000)
      await until('they see each other', seeEachOther, 10_000)
      room = await alice.owner.createRoom({ preset: 'private_chat', invite: [bob.owner.userId] })
      await bob.owner.waitFor('the invite', () => bob.owner.room(room).membership === 'invite')
      await bob.owner.join(room)
      await talk()
      expect(await hosts(bob, alice)).toEqual([alice.machine.address])
      expect(await hosts(alice, bob)).toEqual([bob.machine.address])
      expect(await problemsOf(alice)).toEqual([])
    }, 40_000)

    test('that comes up while the node runs: nobody loses sight of anybody, and messages go on', async () => {
      lan.addTunnel(bob.machine, 'wg0', '10.99.0.2')
      await until('he sees his VPN', async () => await hasVpn(bob), 5_000)
      expect(routes(bob)).toEqual(['wg0', 'wg0'])
      await talk()
      expect(await seeEachOther()).toBe(true)
      expect(await hosts(alice, bob)).toEqual([bob.machine.address])
      expect(await problemsOf(bob)).toEqual([])
    }, 40_000)

    test('that goes, on both sides at once', async () => {
      for (const { machine } of [alice, bob]) lan.removeTunnel(machine, 'wg0')
      await until('they notice', async () => !(await hasVpn(alice)) && !(await hasVpn(bob)), 5_000)
      await talk()
      expect(await seeEachOther()).toBe(true)
      expect(await hosts(bob, alice)).toEqual([alice.machine.address])
    }, 40_000)
  },
)
