/** Two machines that share two networks, of which one goes away: messages go on by the other. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces } from '../harness/process/namespaces.ts'
import { message, peerSeenBy, problemsOf, startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

const denied = whyNoNamespaces()

describe.skipIf(denied !== undefined)(
  `two networks at once${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let cable: Switch
    let wifi: Switch
    let alice: Station
    let bob: Station
    let room = ''

    const networks = async (from: Station, to: Station): Promise<Set<string>> =>
      new Set(((await peerSeenBy(from, to))?.addresses ?? []).map((at) => at.slice(0, '10.83.7'.length)))
    const seeEachOther = async (): Promise<boolean> =>
      (await peerSeenBy(alice, bob))?.reachable === true && (await peerSeenBy(bob, alice))?.reachable === true
    const talk = async (withinMs: number): Promise<number[]> =>
      await Promise.all([message(alice, bob, room, withinMs), message(bob, alice, room, withinMs)])

    /** They know each other by both networks, and have sent something by one of them. */
    async function ready(): Promise<void> {
      await until(
        'they know each other by both networks',
        async () =>
          (await seeEachOther()) &&
          (await networks(alice, bob)).size === 2 &&
          (await networks(bob, alice)).size === 2,
        20_000,
        100,
      )
      await talk(10_000)
    }

    beforeAll(async () => {
      cable = new Switch('10.83.7')
      wifi = new Switch('10.83.8')
      const machines = [await cable.addMachine(8008), await cable.addMachine(8008)] as const
      for (const machine of machines) wifi.connect(machine)
      ;[alice, bob] = await Promise.all([startStation(machines[0]), startStation(machines[1])])
      await until('they see each other', seeEachOther, 10_000)
      room = await alice.owner.createRoom({ preset: 'private_chat', invite: [bob.owner.userId] })
      await bob.owner.waitFor('the invite', () => bob.owner.room(room).membership === 'invite')
      await bob.owner.join(room)
    }, 60_000)

    afterAll(async () => {
      await Promise.all([alice, bob].map(async (station) => await station?.owner.close()))
      await Promise.all([alice, bob].map(async (station) => await station?.node.kill()))
      await cable?.remove()
      await wifi?.remove()
    }, 30_000)

    test.each(['eth0', 'eth1'])(
      '%s is turned off on one side: messages of both go by the other within seconds',
      async (name) => {
        await ready()
        cable.setInterface(alice.machine, name, 'down')
        await talk(10_000)
        expect(await problemsOf(alice)).toEqual([])
        cable.setInterface(alice.machine, name, 'up')
      },
      60_000,
    )

    test('the cable is pulled', async () => {
      await ready()
      cable.cut(alice.machine)
      await talk(10_000)
      cable.restore(alice.machine)
    }, 60_000)

    test.each(['cable', 'wifi'] as const)(
      'the %s network dies without a word: the lights are on, and nothing comes through',
      async (name) => {
        await ready()
        const network = name === 'cable' ? cable : wifi
        network.setThrough(false)
        await talk(10_000)
        await talk(10_000)
        expect(await seeEachOther()).toBe(true)
        network.setThrough(true)
      },
      60_000,
    )
  },
)
