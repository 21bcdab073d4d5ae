import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeCertificates } from '../harness/process/certificates.ts'
import { Switch, whyNoNamespaces, type Machine } from '../harness/process/namespaces.ts'
import { scratchFolder } from '../harness/process/scratch.ts'
import { startStation, type Station } from '../harness/process/station.ts'
import { until } from '../harness/process/wait.ts'

/* Servers that know each other by name alone, as over the internet: no discovery tells that a line is whole again. */

const denied = whyNoNamespaces()
const LONG_ENOUGH_MS = 45_000

describe.skipIf(denied !== undefined)(
  `servers with names of the web${denied === undefined ? '' : ` (skipped: ${denied})`}`,
  () => {
    let lan: Switch
    let stations: Station[] = []
    let room: string

    beforeAll(async () => {
      lan = new Switch()
      const machines: Machine[] = []
      for (let n = 0; n < 3; n++) machines.push(await lan.addMachine(8008))
      const { caFile, certFile, keyFile } = makeCertificates(
        scratchFolder('authority'),
        machines.map(({ address }) => address),
      )
      stations = await Promise.all(
        machines.map((machine) =>
          startStation(machine, {
            readyWithinMs: 40_000,
            serverName: `${machine.address}:8448`,
            args: [
              ...['--no-mdns', '--allow-private-addresses'],
              ...['--tls-ca', caFile, '--tls-cert', certFile, '--tls-key', keyFile],
            ],
          }),
        ),
      )
      const [first, ...others] = stations as [Station, ...Station[]]
      room = await first.owner.createRoom({ preset: 'public_chat' })
      for (const { owner } of others) await owner.join(room, first.node.serverName)
      for (const { owner } of stations)
        await until(
          'all in the room',
          async () =>
            (await owner.roomState(room)).filter(({ type }) => type === 'm.room.member').length ===
            stations.length,
        )
    }, 120_000)

    afterAll(async () => {
      await Promise.all(stations.map(async ({ owner }) => await owner.close()))
      await Promise.all(stations.map(async ({ node }) => await node.kill()))
      await lan?.remove()
    }, 30_000)

    test('what was written on both sides of a line that was dead comes over as soon as it is whole, without a nudge', async () => {
      const [west, ...east] = stations as [Station, ...Station[]]
      lan.split(east.map(({ machine }) => machine))
      await west.owner.say(room, 'from the west')
      await east[0]!.owner.say(room, 'from the east')
      await east[1]!.owner.waitForText(room, 'from the east', 15_000)
      // Sooner than the minute that a request may take.
      const given = async (): Promise<boolean> => {
        const { queues } = await west.owner.call<{ queues: { failures: number }[] }>(
          'GET',
          '/_hearth/v1/inspector/queues',
        )
        return queues.length === 2 && queues.every(({ failures }) => failures > 2)
      }
      await until('they are given up', given, 60_000, 200)
      const united = performance.now()
      lan.unite()
      for (const { owner } of stations)
        for (const side of ['west', 'east']) await owner.waitForText(room, `from the ${side}`, LONG_ENOUGH_MS)
      process.stdout.write(`all came over after ${((performance.now() - united) / 1000).toFixed(1)} s\n`)
      expect(await west.owner.roomState(room)).toHaveLength((await east[1]!.owner.roomState(room)).length)
    }, 120_000)
  },
)
