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
    /** One of each version. */
    const rooms = new Map<string, string>()

    const stateOf = async ({ owner }: Station, room: string): Promise<string> =>
      (await owner.roomState(room))
        .map((event) => `${event.type} ${event.event_id}`)
        .toSorted()
        .join('\n')

    /** How many states of the room there are. */
    const opinions = async (room: string): Promise<number> =>
      new Set(await Promise.all(stations.map((station) => stateOf(station, room)))).size

    const agree = async (): Promise<boolean> => {
      for (const room of rooms.values()) if ((await opinions(room)) !== 1) return false
      return true
    }

    const ban = async ({ owner }: Station, room: string, userId: string): Promise<void> => {
      await owner.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/ban`, {
        body: { user_id: userId },
      })
    }

    /** The creator of a room of version 12 is above all levels, and named in none. */
    const owners = (version: string): Record<string, number> =>
      Object.fromEntries(stations.slice(version === '12' ? 1 : 0).map(({ owner }) => [owner.userId, 100]))

    beforeAll(async () => {
      lan = new Switch()
      const machines: Machine[] = []
      for (let n = 0; n < 5; n++) machines.push(await lan.addMachine(8008))
      stations = await Promise.all(
        machines.map((machine) => startStation(machine, { readyWithinMs: 40_000 })),
      )
      const [first, ...others] = stations as [Station, ...Station[]]
      for (const version of ['6', '7', '8', '9', '10', '11', '12']) {
        const room = await first.owner.createRoom({
          ...{ preset: 'public_chat', room_version: version },
          power_level_content_override: { users: owners(version) },
        })
        rooms.set(version, room)
        for (const { owner } of others)
          await until(
            'the way to the room',
            async () => await owner.join(room, first.node.serverName).then(() => true),
          )
      }
      await until('all know all', agree, 20_000, 200)
    }, 120_000)

    afterAll(async () => {
      await Promise.all(stations.map(async ({ owner }) => await owner.close()))
      await Promise.all(stations.map(async ({ node }) => await node.kill()))
      await lan?.remove()
    }, 30_000)

    test('both change topic, levels and bans in rooms of every version, and agree within seconds of being one again, without a nudge', async () => {
      const [west, east] = [stations.slice(0, 2), stations.slice(2)]
      lan.split(east.map(({ machine }) => machine))
      for (const [name, side] of Object.entries({ west, east })) {
        const [one, two] = side as [Station, Station]
        const level = name === 'west' ? 60 : 70
        const ghost = `@ghost:${one.node.serverName}`
        for (const [version, room] of rooms) {
          await one.owner.setState(room, 'm.room.topic', { topic: `of the ${name}` })
          const levels = await one.owner.call<object>(
            'GET',
            `/_matrix/client/v3/rooms/${encodeURIComponent(room)}/state/m.room.power_levels/`,
          )
          const users = { ...owners(version), [ghost]: level }
          await one.owner.setState(room, 'm.room.power_levels', { ...levels, users, ban: level })
          await ban(two, room, ghost)
          await two.owner.setState(room, 'm.room.name', { name: `${name}ern room` })
          await one.owner.say(room, `from the ${name}`)
        }
      }
      const apart = async (): Promise<boolean> => {
        const { peers } = await (west[0] as Station).owner.call<{
          peers: { server_name: string; reachable: boolean }[]
        }>('GET', '/_hearth/v1/peers')
        return peers.filter(({ reachable }) => reachable).length <= 1
      }
      await until('they know that they are apart', apart, 40_000, 200)
      for (const room of rooms.values()) expect(await opinions(room)).toBeGreaterThan(1)
      const united = performance.now()
      lan.unite()
      await until('all agree', agree, 30_000, 100)
      process.stdout.write(`all agreed after ${((performance.now() - united) / 1000).toFixed(1)} s\n`)
      for (const { owner } of stations)
        for (const room of rooms.values())
          for (const name of ['west', 'east']) await owner.waitForText(room, `from the ${name}`, 15_000)
    }, 120_000)
  },
)
