import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces } from '../harness/process/namespaces.ts'
import { Router } from '../harness/process/router.ts'
import { message, peerSeenBy, problemsOf, startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

/* Two networks with a router between them that drops calls to one of them, as firewalls do: nobody answers, for ever. */

const denied = whyNoNamespaces()
const PORT = 8448

describe.skipIf(denied !== undefined)(
  `a firewall that drops calls without a word${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let office: Switch
    let home: Switch
    let router: Router
    /** Behind the firewall: can call, and cannot be called. */
    let alice: Station
    let bob: Station
    let room = ''

    beforeAll(async () => {
      office = new Switch('10.83.9')
      home = new Switch('10.83.10')
      const [inside, outside] = await Promise.all([office.addMachine(8008), home.addMachine(8008)])
      router = new Router([office, home])
      const args = ['--no-mdns']
      bob = await startStation(outside, { args })
      alice = await startStation(inside, {
        args: [...args, '--peer', `${bob.node.serverName}=${outside.address}:${PORT}`],
      })
      await bob.owner.call('POST', '/_hearth/v1/peers', {
        body: { server_name: alice.node.serverName, address: `${inside.address}:${PORT}` },
      })
      room = await alice.owner.createRoom({ preset: 'public_chat' })
      await until(
        'the way to the room',
        async () => await bob.owner.join(room, alice.node.serverName).then(() => true),
      )
      await message(alice, bob, room, 15_000)
      await message(bob, alice, room, 15_000)
    }, 60_000)

    afterAll(async () => {
      const stations = [alice, bob].filter(Boolean)
      await Promise.all(stations.map(async (station) => await station.owner.close()))
      await Promise.all(stations.map(async (station) => await station.node.kill()))
      router?.remove()
      await Promise.all([office?.remove(), home?.remove()])
    }, 30_000)

    test('it closes while both talk: within seconds what is written on either side goes on arriving', async () => {
      router.dropCalls(home, PORT)
      // Connections from before lead nowhere, and nothing says so.
      for (let n = 0; n < 5; n++) {
        expect(await message(bob, alice, room, 30_000)).toBeLessThan(25_000)
        expect(await message(alice, bob, room, 30_000)).toBeLessThan(25_000)
      }
      // Nobody waits for the way that is closed any more.
      expect(await message(bob, alice, room, 10_000)).toBeLessThan(3_000)
    }, 80_000)

    test('both are told why, each whose firewall it is', async () => {
      const firewall = (words: string) => [{ kind: 'firewall', words: expect.stringContaining(words) }]
      const soon = { timeout: 30_000 }
      await expect.poll(() => problemsOf(alice), soon).toMatchObject(firewall('Your firewall blocks'))
      await expect
        .poll(() => problemsOf(bob), soon)
        .toMatchObject(firewall('A firewall keeps this computer from reaching'))
      expect((await peerSeenBy(bob, alice))?.reachable).toBe(false)
    }, 70_000)

    test('both start anew behind it: messages of both sides arrive within a few seconds', async () => {
      await Promise.all([alice.node.stop(), bob.node.stop()])
      await Promise.all([alice.node.start(), bob.node.start()])
      expect(await message(bob, alice, room, 30_000)).toBeLessThan(20_000)
      expect(await message(alice, bob, room, 30_000)).toBeLessThan(20_000)
    }, 80_000)

    test('it opens: nobody speaks of it any more, and messages go the straight way', async () => {
      router.passCalls(home, PORT)
      const soon = { timeout: 30_000 }
      await expect.poll(async () => (await peerSeenBy(bob, alice))?.reachable, soon).toBe(true)
      await message(bob, alice, room, 15_000)
      await expect.poll(() => problemsOf(alice), soon).toEqual([])
      await expect.poll(() => problemsOf(bob), soon).toEqual([])
    }, 70_000)
  },
)
