import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Switch, whyNoNamespaces, type Machine } from '../harness/process/namespaces.ts'
import { startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

/* Five real nodes on a switch that falls apart into two, and is one again. */

const denied = whyNoNamespaces()

describe.skipIf(denied !== undefined)(
  `two groups of nodes${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let lan: Switch
    let stations: Station[] = []
    let room = ''

    const state = async ({ owner }: Station): Promise<string> =>
      (await owner.roomState(room))
        .map((event) => `${event.type} ${event.event_id}`)
        .toSorted()
        .join('\n')

    const setState = async ({ owner }: Station, type: string, content: object): Promise<void> => {
      await owner.call('PUT', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/${type}/`, {
        body: content,
      })
    }

    const ban = async ({ owner }: Station, userId: string): Promise<void> => {
      await owner.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/ban`, {
        body: { user_id: userId },
      })
    }

    beforeAll(async () => {
      lan = new Switch()
      const machines: Machine[] = []
      for (let n = 0; n < 5; n++) machines.push(await lan.addMachine(8008))
      stations = await Promise.all(
        machines.map((machine) => startStation(machine, { readyWithinMs: 40_000 })),
      )
      const [first, ...others] = stations as [Station, ...Station[]]
      const users = Object.fromEntries(stations.map(({ owner }) => [owner.userId, 100]))
      room = await first.owner.createRoom({
        preset: 'public_chat',
        room_version: '10',
        power_level_content_override: { users },
      })
      for (const { owner } of others)
        await until(
          'the way to the room',
          async () => await owner.join(room, first.node.serverName).then(() => true),
        )
      await until(
        'all know all',
        async () => new Set(await Promise.all(stations.map(state))).size === 1,
        20_000,
        200,
      )
    }, 90_000)

    afterAll(async () => {
      await Promise.all(stations.map(async ({ owner }) => await owner.close()))
      await Promise.all(stations.map(async ({ node }) => await node.kill()))
      await lan?.remove()
    }, 30_000)

    test('both change topic, levels and bans, and agree within seconds of being one again, without a nudge', async () => {
      const [west, east] = [stations.slice(0, 2), stations.slice(2)]
      lan.split(east.map(({ machine }) => machine))
      for (const [name, side] of Object.entries({ west, east })) {
        const [one, two] = side as [Station, Station]
        await setState(one, 'm.room.topic', { topic: `of the ${name}` })
        await ban(two, `@ghost:${one.node.serverName}`)
        await setState(two, 'm.room.name', { name: `${name}ern room` })
        await one.owner.say(room, `from the ${name}`)
      }
      const apart = async (): Promise<boolean> => {
        const { peers } = await (west[0] as Station).owner.call<{
          peers: { server_name: string; reachable: boolean }[]
        }>('GET', '/_hearth/v1/peers')
        return peers.filter(({ reachable }) => reachable).length <= 1
      }
      await until('they know that they are apart', apart, 40_000, 200)
      expect(new Set(await Promise.all(stations.map(state))).size).toBeGreaterThan(1)
      lan.unite()
      await until(
        'all agree',
        async () => new Set(await Promise.all(stations.map(state))).size === 1,
        30_000,
        100,
      )
      for (const { owner } of stations)
        for (const name of ['west', 'east']) await owner.waitForText(room, `from the ${name}`, 15_000)
    }, 120_000)
  },
)
