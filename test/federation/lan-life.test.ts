import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces } from '../harness/process/namespaces.ts'
import { message, peerSeenBy, startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

/* What happens to laptops on a LAN: a new address, a sleep, a VPN, a cable that is out for a moment. */

const denied = whyNoNamespaces()

describe.skipIf(denied !== undefined)(
  `life on a LAN${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let lan: Switch
    let alice: Station
    let bob: Station
    let room = ''

    beforeAll(async () => {
      lan = new Switch()
      const machines = [await lan.addMachine(8008), await lan.addMachine(8008)] as const
      lan.addTunnel(machines[0], 'wg0', '10.99.0.1')
      ;[alice, bob] = await Promise.all([startStation(machines[0]), startStation(machines[1])])
      await until('they see each other', async () => (await peerSeenBy(bob, alice))?.reachable === true)
      room = await alice.owner.createRoom({ preset: 'private_chat', invite: [bob.owner.userId] })
      await bob.owner.waitFor('the invite', () => bob.owner.room(room).membership === 'invite')
      await bob.owner.join(room)
      await message(alice, bob, room, 15_000)
      await message(bob, alice, room, 15_000)
    }, 60_000)

    afterAll(async () => {
      await Promise.all([alice, bob].map(async (station) => await station?.owner.close()))
      await Promise.all([alice, bob].map(async (station) => await station?.node.kill()))
      await lan?.remove()
    }, 30_000)

    test('the address of a VPN is told to nobody', async () => {
      const { addresses = [] } = (await peerSeenBy(bob, alice)) ?? {}
      expect(addresses.length).toBeGreaterThan(0)
      expect(addresses.filter((address) => address.startsWith('10.99.'))).toEqual([])
    })

    test('a new address: messages of both sides arrive within a few seconds, though old connections are half open', async () => {
      lan.move(alice.machine, '10.83.7.101')
      await Promise.all([message(alice, bob, room, 15_000), message(bob, alice, room, 15_000)])
    }, 40_000)

    test('a sleep, and another address at waking: what was written meanwhile is there within 3 s of being seen again', async () => {
      process.kill(alice.node.pid, 'SIGSTOP')
      const texts = Array.from({ length: 5 }, (_, n) => `while she sleeps ${n}`)
      for (const text of texts) await bob.owner.say(room, text)
      await until(
        'bob knows that she is gone',
        async () => (await peerSeenBy(bob, alice))?.reachable === false,
        35_000,
        100,
      )
      lan.move(alice.machine, '10.83.7.102')
      process.kill(alice.node.pid, 'SIGCONT')
      await alice.owner.waitForText(room, texts.at(-1) ?? '', 15_000)
      await message(alice, bob, room, 15_000)
    }, 80_000)

    test('a cable that is plugged in again: what waits goes out at once', async () => {
      lan.cut(alice.machine)
      await alice.owner.say(room, 'with the cable out')
      await until(
        'alice knows that bob is gone',
        async () => (await peerSeenBy(alice, bob))?.reachable === false,
        35_000,
        100,
      )
      lan.restore(alice.machine)
      await bob.owner.waitForText(room, 'with the cable out', 15_000)
    }, 60_000)
  },
)
