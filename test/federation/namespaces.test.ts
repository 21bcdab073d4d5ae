import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces } from '../harness/process/namespaces.ts'
import { peerSeenBy, startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

const denied = whyNoNamespaces()

describe.skipIf(denied !== undefined)(
  `two machines on one switch${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let lan: Switch
    let alice: Station
    let bob: Station

    async function bothSee(reachable: boolean): Promise<boolean> {
      const seen = await Promise.all([peerSeenBy(alice, bob), peerSeenBy(bob, alice)])
      return seen.every((peer) => (peer?.reachable ?? false) === reachable)
    }

    beforeAll(async () => {
      lan = new Switch()
      const machines = [await lan.addMachine(8008), await lan.addMachine(8008)] as const
      ;[alice, bob] = await Promise.all([startStation(machines[0]), startStation(machines[1])])
    }, 60_000)

    afterAll(async () => {
      await Promise.all([alice, bob].map(async (station) => await station?.owner.close()))
      await Promise.all([alice, bob].map(async (station) => await station?.node.stop()))
      await lan?.remove()
    }, 30_000)

    let room = ''

    test('they discover each other by multicast within seconds', async () => {
      await until('both see each other', async () => await bothSee(true), 10_000)
    })

    test('a message goes both ways', async () => {
      room = await alice.owner.createRoom({ preset: 'private_chat', invite: [bob.owner.userId] })
      await bob.owner.waitFor('the invite', () => bob.owner.room(room).membership === 'invite')
      await bob.owner.join(room)
      await alice.owner.waitFor(
        'the join',
        () => alice.owner.room(room).membershipOf(bob.owner.userId) === 'join',
      )
      await alice.owner.say(room, 'hello Bob')
      await bob.owner.waitForText(room, 'hello Bob')
      await bob.owner.say(room, 'hello Alice')
      await alice.owner.waitForText(room, 'hello Alice')
    })

    test('what is written on both sides of a cut cable is delivered soon after rediscovery, in order, once', async () => {
      lan.cut(alice.machine)
      const texts = (who: string) =>
        Array.from({ length: 15 }, (_, n) => `${who} while the cable is cut: ${n}`)
      const write = async (station: Station, who: string) => {
        for (const text of texts(who)) await station.owner.say(room, text)
      }
      await Promise.all([write(alice, 'alice'), write(bob, 'bob')])
      await until('both know that the other is gone', async () => await bothSee(false), 35_000, 100)
      lan.restore(alice.machine)
      await until(
        'one sees the other again',
        async () => {
          const seen = await Promise.all([peerSeenBy(alice, bob), peerSeenBy(bob, alice)])
          return seen.some((peer) => peer?.reachable === true)
        },
        15_000,
      )
      await Promise.all([
        bob.owner.waitForText(room, texts('alice').at(-1) ?? ''),
        alice.owner.waitForText(room, texts('bob').at(-1) ?? ''),
      ])
      expect(bob.owner.room(room).texts(alice.owner.userId).slice(-15)).toEqual(texts('alice'))
      expect(alice.owner.room(room).texts(bob.owner.userId).slice(-15)).toEqual(texts('bob'))
      for (const { owner } of [alice, bob]) expect(owner.room(room).repeated).toEqual([])
      const ids = async ({ owner }: Station) =>
        (await owner.history(room)).map((event) => event.event_id).toSorted()
      expect(await ids(alice)).toEqual(await ids(bob))
    }, 90_000)
  },
)
