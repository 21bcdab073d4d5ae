import { afterEach, expect, test } from 'vitest'
import type { ServerName } from '../../core/types.ts'
import { systemClock } from '../../trace/clock.ts'
import { fakeClock, testSigner } from '../test-support.ts'
import { clientOf, closeAll, start } from './client.fixture.ts'
import { createContacts } from './contacts.ts'
import { clockOf, createMeasuring, type Measurement } from './measure.ts'

afterEach(closeAll)

async function node(candidates: (server: ServerName) => { host: string; port: number }[]) {
  const signer = await testSigner(1)
  const contacts = createContacts({ clock: systemClock, interfaceOf: () => 'lo' })
  const client = clientOf(signer, { candidates, observer: contacts })
  return { contacts, measuring: createMeasuring({ client, contacts, clock: systemClock }) }
}

const version = (): Response => Response.json({ server: { name: 'Other', version: '2' } })

test('of the addresses that were tried, the one that worked and why the others did not; who was overtaken has not failed', async () => {
  const [peer, stranger] = [await testSigner(2), await testSigner(3)]
  const [right, wrong] = [await start(peer, version), await start(stranger, version)]
  const at = (port: number) => ({ host: '127.0.0.1', port })
  const { contacts, measuring } = await node(() => [at(9), at(wrong.port), at(right.port)])
  expect(await measuring.measure(peer.serverName)).toMatchObject({
    isFresh: true,
    software: { name: 'Other', version: '2' },
  })
  const { addresses = [], tls } = contacts.of(peer.serverName) ?? {}
  const by = (port: number) => addresses.find((each) => each.port === port)
  expect(by(right.port)).toMatchObject({ interface: 'lo', failure: undefined })
  expect(by(9)?.failure).toBe('it refuses')
  // Whichever of the two handshakes was done first, the stranger's is no success.
  expect(by(wrong.port)?.lastSuccess).toBeUndefined()
  expect(tls).toMatchObject({
    match: 'name',
    serverKey: peer.publicKey,
    certificate: 'node',
    version: 'TLSv1.3',
  })
})

test('a clock is compared at the middle of the round trip, give or take half of it; a Date header says only seconds', () => {
  expect(clockOf(10_050, undefined, 10_000, 100)).toEqual({ differenceMs: 0, uncertaintyMs: 50 })
  expect(clockOf(3_610_050, 'Thu, 01 Jan 1970 00:00:00 GMT', 10_000, 100)).toEqual({
    differenceMs: 3_600_000,
    uncertaintyMs: 50,
  })
  expect(clockOf(undefined, 'Thu, 01 Jan 1970 00:00:08 GMT', 10_000, 40)).toEqual({
    differenceMs: -1_520,
    uncertaintyMs: 520,
  })
  for (const nonsense of ['soon', -5, 1.5, Number.MAX_VALUE, null])
    expect(clockOf(nonsense, 'yesterday', 10_000, 40)).toBeUndefined()
})

test('what is kept of others is bounded, and says what changed', () => {
  const clock = fakeClock()
  const contacts = createContacts({ clock, interfaceOf: () => undefined })
  const measured = (over: Partial<Measurement> = {}): Measurement => ({
    roundTripMs: 5,
    isFresh: false,
    software: { name: 'Synapse', version: '1' },
    clock: undefined,
    ...over,
  })
  const server = 'a.example' as ServerName
  contacts.measured(server, measured({ isFresh: true, roundTripMs: 500 }))
  expect(contacts.of(server)?.roundTrips).toEqual([])
  for (let i = 0; i < 100; i++) contacts.measured(server, measured({ roundTripMs: i }))
  expect(contacts.of(server)?.roundTrips.length).toBeLessThan(20)
  expect(contacts.of(server)?.roundTrips.at(-1)).toBe(99)
  contacts.measured(server, measured({ software: { name: 'Synapse', version: '2' } }))
  for (let i = 0; i < 200; i++) contacts.happened(server, i % 2 === 0 ? 'appeared' : 'gone')
  expect(contacts.of(server)?.events.length).toBeLessThan(100)
  for (let i = 0; i < 3_000; i++) contacts.announced(`${i}.example` as ServerName, 'eth0')
  expect(contacts.servers().length).toBeLessThanOrEqual(1_000)
  expect(contacts.of(server)).toBeUndefined()
})
