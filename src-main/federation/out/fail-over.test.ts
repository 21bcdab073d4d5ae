import { expect, test } from 'vitest'
import { FakeClock } from '../../../test/harness/clock.ts'
import type { ServerName } from '../../core/types.ts'
import { createFailOver } from './fail-over.ts'
import type { Target } from './resolve-server-name.ts'

const server = 'there.local' as ServerName
const at = (host: string): Target => ({ host, port: 8448 })
const cable = at('10.83.7.2')
const wifi = at('10.83.8.2')

/** A server at `known` addresses, of which those of `taking` take calls, with connections to `used`. */
function there({ known, used, taking }: Record<'known' | 'used' | 'taking', readonly Target[]>) {
  const clock = new FakeClock()
  const done = { called: [] as string[], left: [] as string[], failed: [] as string[], told: 0 }
  const failOver = createFailOver({
    peers: {
      candidates: () => known,
      markFailure: (_, { host }) => void done.failed.push(host),
    },
    connections: {
      targets: () => [...used],
      leave(_, { host }) {
        const ended = used.filter((each) => each.host === host)
        done.left.push(...ended.map((each) => each.host))
        return ended.length
      },
    },
    async takesCalls(target) {
      done.called.push(target.host)
      return taking.includes(target)
    },
    onLeft: () => void (done.told += 1),
    clock,
  })
  return { clock, done, failOver: async () => await failOver(server) }
}

test('connections to an address that takes no calls are left where another one does', async () => {
  const { done, failOver } = there({ known: [cable, wifi], used: [cable, cable, wifi], taking: [wifi] })
  await failOver()
  expect(done).toMatchObject({ left: [cable.host, cable.host], failed: [cable.host], told: 1 })
})

test('the system tells addresses without their zone, and IPv4 in the form of IPv6', async () => {
  const known = [at('fe80::2%eth0'), wifi]
  for (const used of [[at('fe80::2')], [at('::ffff:10.83.8.2')]]) {
    const { done, failOver } = there({ known, used, taking: [] })
    await failOver()
    expect(done.called).toHaveLength(2)
  }
})

test.each([
  ['none takes a call: who is gone altogether is for others to find out', [cable, wifi], [cable], []],
  ['all do: it is busy, or slow', [cable, wifi], [cable], [cable, wifi]],
  ['what is used does', [cable, wifi], [wifi], [wifi]],
])('nothing is left where %s', async (_, known, used, taking) => {
  const { done, failOver } = there({ known, used, taking })
  await failOver()
  expect(done.called).toEqual([cable.host, wifi.host])
  expect(done).toMatchObject({ left: [], told: 0 })
})

test.each([
  ['without a connection', [cable, wifi], []],
  ['with a single address', [cable], [cable]],
  ['that is reached by its public address', [cable, wifi], [at('93.184.216.34')]],
])('nobody calls a server %s', async (_, known, used) => {
  const { done, failOver } = there({ known, used, taking: [wifi] })
  await failOver()
  expect(done).toMatchObject({ called: [], left: [], told: 0 })
})

test('however often it is asked for, nobody is called more than once a second', async () => {
  const { clock, done, failOver } = there({ known: [cable, wifi], used: [cable], taking: [] })
  await Promise.all([failOver(), failOver(), failOver()])
  expect(done.called).toHaveLength(2)
  clock.step(1_000)
  await failOver()
  expect(done.called).toHaveLength(4)
})
