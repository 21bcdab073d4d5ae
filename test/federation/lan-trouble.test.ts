import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces } from '../harness/process/namespaces.ts'
import { peerSeenBy, problemsOf, startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

/* A network that hides its computers from each other, a second network, and an interface that goes and comes. */

const denied = whyNoNamespaces()

describe.skipIf(denied !== undefined)(
  `trouble on a LAN${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    /** Its multicast is blocked. */
    let guests: Switch
    let home: Switch
    let alice: Station
    let bob: Station
    let carol: Station
    const stations = (): Station[] => [alice, bob, carol].filter(Boolean)

    async function share(from: Station, to: Station): Promise<string> {
      const room = await from.owner.createRoom({ preset: 'private_chat', invite: [to.owner.userId] })
      await to.owner.waitFor('the invite', () => to.owner.room(room).membership === 'invite')
      await to.owner.join(room)
      await from.owner.say(room, 'welcome')
      await to.owner.waitForText(room, 'welcome')
      await to.owner.say(room, 'thanks')
      await from.owner.waitForText(room, 'thanks')
      return room
    }

    const hosts = async (station: Station, other: Station): Promise<Set<string>> => {
      const { addresses = [] } = (await peerSeenBy(station, other)) ?? {}
      return new Set(addresses.map((address) => address.slice(0, address.lastIndexOf(':'))))
    }

    beforeAll(async () => {
      guests = new Switch('10.83.7')
      home = new Switch('10.83.8')
      const machines = await Promise.all([
        guests.addMachine(8008),
        guests.addMachine(8008),
        home.addMachine(8008),
      ])
      guests.blockMulticast()
      ;[alice, bob, carol] = await Promise.all([
        startStation(machines[0]),
        startStation(machines[1]),
        startStation(machines[2]),
      ])
    }, 60_000)

    afterAll(async () => {
      await Promise.all(stations().map(async ({ owner }) => await owner.close()))
      await Promise.all(stations().map(async ({ node }) => await node.kill()))
      await guests?.remove()
      await home?.remove()
    }, 30_000)

    test('where multicast is blocked, people are added by address; and the node says why they do not appear', async () => {
      expect(await peerSeenBy(alice, bob)).toBeUndefined()
      await alice.owner.call('POST', '/_hearth/v1/peers', {
        body: { server_name: bob.node.serverName, address: `${bob.machine.address}:8448` },
      })
      await share(alice, bob)
      for (const station of [alice, bob]) {
        await until(
          'it is said',
          async () => (await problemsOf(station)).some(({ kind }) => kind === 'discovery_blocked'),
          15_000,
          100,
        )
        const [problem, ...others] = await problemsOf(station)
        expect(problem?.words).toContain('This network blocks discovery')
        expect(others).toEqual([])
      }
      expect(await problemsOf(carol)).toEqual([])
    }, 60_000)

    test('a second network: people of both are there, each at an address of their own network', async () => {
      const second = home.connect(alice.machine)
      await until(
        'they see each other',
        async () =>
          (await peerSeenBy(alice, carol))?.reachable === true &&
          (await peerSeenBy(carol, alice))?.reachable === true,
        10_000,
      )
      expect(await hosts(alice, carol)).toEqual(new Set([carol.machine.address]))
      expect(await hosts(carol, alice)).toEqual(new Set([second]))
      expect(await hosts(alice, bob)).toEqual(new Set([bob.machine.address]))
      expect(await hosts(bob, alice)).toEqual(new Set([alice.machine.address]))
      expect((await peerSeenBy(alice, bob))?.reachable).toBe(true)
      // By now it could tell, if its own multicast did not come back or nobody were heard.
      expect(await problemsOf(carol)).toEqual([])
    }, 20_000)

    test('an interface that goes: it is said, the other network is as before; it comes back, and so does what waited', async () => {
      const room = await share(alice, carol)
      home.setInterface(carol.machine, 'eth0', 'down')
      await carol.owner.say(room, 'from the dark')
      await alice.owner.say(room, 'are you there?')
      await until(
        'it is said',
        async () => (await problemsOf(carol)).some(({ kind }) => kind === 'no_network'),
        10_000,
        100,
      )
      await until(
        'carol knows that she is alone',
        async () => (await peerSeenBy(carol, alice))?.reachable === false,
        15_000,
        100,
      )
      expect((await peerSeenBy(alice, bob))?.reachable).toBe(true)
      home.setInterface(carol.machine, 'eth0', 'up')
      await Promise.all([
        alice.owner.waitForText(room, 'from the dark', 15_000),
        carol.owner.waitForText(room, 'are you there?', 15_000),
      ])
      await until('nothing is wrong', async () => (await problemsOf(carol)).length === 0, 10_000, 100)
    }, 50_000)

    test('a link without IPv4: they find and reach each other by its own IPv6 addresses', async () => {
      const room = await share(carol, alice)
      for (const name of ['eth0', 'eth1']) home.removeIpv4(alice.machine, name)
      home.removeIpv4(carol.machine, 'eth0')
      await carol.owner.say(room, 'by IPv6')
      await alice.owner.waitForText(room, 'by IPv6', 30_000)
      await alice.owner.say(room, 'so I see')
      await carol.owner.waitForText(room, 'so I see', 15_000)
      expect([...(await hosts(carol, alice))].some((host) => /^\[fe80::.*%eth0\]$/.test(host))).toBe(true)
      expect(await problemsOf(carol)).toEqual([])
    }, 60_000)
  },
)
