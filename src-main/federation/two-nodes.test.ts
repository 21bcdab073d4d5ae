/** Two nodes, real TLS sockets: what `out/` sends is what `in/` takes. */
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import type { EventId, JsonObject, Pdu, RoomId, ServerName, Signer, UserId } from '../core/types.ts'
import { RemoteError } from '../rooms/ports.ts'
import { RoomError, type Rooms } from '../rooms/api.ts'
import { Database } from '../storage/database.ts'
import { migrations } from '../storage/migrations/index.ts'
import { createOutboxStore, enqueuePdu } from '../storage/outbox.ts'
import { createServerKeyStore } from '../storage/server-keys.ts'
import { systemClock } from '../trace/clock.ts'
import { Logger } from '../trace/log.ts'
import { systemRandom } from '../trace/system-random.ts'
import { createFederationApp, type OpenedMedia, type UserKeys } from './in/index.ts'
import { createConnections } from './out/connections.ts'
import { createSystemDns } from './out/dns.ts'
import { createKeyRing } from './out/key-ring.ts'
import { createMediaDownload } from './out/media-download.ts'
import { createOutbox } from './out/outbox.ts'
import { createRemote } from './out/remote.ts'
import { createSignedClient } from './out/signed-client.ts'
import type { Target } from './out/resolve-server-name.ts'
import { serve, testSigner, until } from './test-support.ts'

const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

const peers = new Map<ServerName, Target>()

async function node(
  signer: Signer,
  rooms: Partial<Rooms> = {},
  media?: (id: string) => OpenedMedia | undefined,
  keys?: UserKeys,
) {
  const log = new Logger(systemClock)
  const db = new Database(':memory:')
  for (const { sql } of migrations) db.exec(sql)
  const keyStore = createServerKeyStore(db)
  const connections = createConnections({
    clock: systemClock,
    random: systemRandom,
    dns: createSystemDns(),
    candidates: (server) => [peers.get(server)].flatMap((target) => target ?? []),
    knownKeys: (server) => keyStore.keys(server).map((key) => key.publicKey),
    // A domain-named one is known by its static address; its certificate is our own kind, not the web's.
    staticPeers: new Map(),
    extraCas: [],
    insecureSkipTlsVerify: false,
    allowPrivateAddresses: false,
  })
  const client = createSignedClient({ signer, connections, log, domainAllowed: () => true })
  const keyRing = createKeyRing({ client, store: keyStore, clock: systemClock, signer })
  const app = createFederationApp({
    serverName: signer.serverName,
    signer,
    rooms: rooms as Rooms,
    keyRing,
    log,
    clock: systemClock,
    domainAllowed: () => true,
    profile: () => undefined,
    keys,
    media: { open: (id) => Promise.resolve(media?.(id)), thumbnail: () => Promise.resolve('no-thumbnail') },
    rateLimits: true,
    version: '1',
  })
  const server = await serve(signer, app.fetch as never)
  peers.set(signer.serverName, { host: '127.0.0.1', port: server.port })
  const store = createOutboxStore(db, (id) => ({ id }))
  const outbox = createOutbox({
    store,
    client,
    origin: signer.serverName,
    clock: systemClock,
    random: systemRandom,
    log,
    domainAllowed: () => true,
  })
  closers.push(
    () => db.close(),
    () => server.close(),
    () => connections.stop(),
    () => outbox.stop(),
  )
  return {
    db,
    client,
    server,
    outbox,
    remote: createRemote(client),
    download: createMediaDownload({ client, connections }),
  }
}

const room = '!r:x' as RoomId
const pdu = (id: string): Pdu =>
  ({ eventId: id, roomId: room, roomVersion: '12', json: { id, big: 'x'.repeat(100) } }) as unknown as Pdu

test('transactions, joins and queries between two key-named nodes', async () => {
  const received: JsonObject[] = []
  const a = await node(await testSigner(11))
  const signerB = await testSigner(12)
  const b = signerB.serverName
  await node(signerB, {
    receiveTransaction: (_origin, _txnId, pdus) => {
      received.push(...pdus)
      return Promise.resolve({})
    },
    makeMembership: (origin, _kind, roomId, userId, versions) =>
      Promise.resolve({ roomVersion: '12', event: { origin, roomId, userId, versions: [...versions] } }),
    receiveJoin: (_origin, _room, eventId, json) =>
      Promise.resolve({ event: { eventId: eventId ?? null, ...json }, state: [{ s: 1 }], authChain: [] }),
    missingEventsForServer: (_origin, _room, args) => [
      pdu(`${args.earliest.join()}-${args.limit}-${args.minDepth}`),
    ],
    stateAt: () => Promise.resolve({ state: [pdu('$s')], authChain: [pdu('$a')] }),
  })

  expect(await a.remote.version(b)).toEqual({ name: 'Hearth', version: '1' })
  const user = '@é/?&:x' as UserId
  expect(await a.remote.makeJoin(b, room, user, ['11', '12'])).toMatchObject({
    roomVersion: '12',
    event: { roomId: room, userId: user, versions: ['11', '12'] },
  })
  expect(await a.remote.sendJoin(b, room, pdu('$x/y+z'))).toMatchObject({
    state: [{ s: 1 }],
    event: { eventId: '$x/y+z', id: '$x/y+z' },
    origin: b,
  })
  expect(await a.remote.stateIds(b, room, '$e' as EventId)).toEqual({ pduIds: ['$s'], authChainIds: ['$a'] })
  const ids = ['$e' as EventId]
  const missing = { earliest: ids, latest: ids, limit: 7, minDepth: 3 }
  expect(await a.remote.getMissingEvents(b, room, missing)).toMatchObject([{ id: '$e-7-3' }])
  await expect(a.remote.queryProfile(b, `@x:${b}` as UserId)).rejects.toMatchObject({
    status: 404,
    errcode: 'M_NOT_FOUND',
  })

  for (let i = 0; i < 120; i++) enqueuePdu(a.db, [b], pdu(`$${i}`))
  a.outbox.wake([b])
  await until(() => a.outbox.queuedFor(b) === 0)
  expect(received.map((json) => json['id'])).toEqual(Array.from({ length: 120 }, (_, i) => `$${i}`))
})

test('a domain-named node is believed over the LAN once its key is known', async () => {
  const a = await node(await testSigner(13))
  const signerB = await testSigner(14, 'b.invalid')
  await node(signerB)
  await expect(a.remote.version(signerB.serverName)).rejects.toBeInstanceOf(RemoteError)
  createServerKeyStore(a.db).put([
    {
      serverName: signerB.serverName,
      keyId: signerB.keyId,
      publicKey: signerB.publicKey,
      validUntilTs: 1,
      old: false,
      fetchedTs: 1,
    },
  ])
  expect(await a.remote.version(signerB.serverName)).toMatchObject({ name: 'Hearth' })
})

test('media travels as a stream, whatever bytes are in it', async () => {
  const a = await node(await testSigner(15))
  const signerB = await testSigner(16)
  const bytes = Buffer.concat([Buffer.from('\r\n--'), Buffer.alloc(300_000, '\r\n--x'), Buffer.from('\r\n')])
  await node(signerB, {}, (id) => {
    if (id === 'none') return undefined
    if (id === 'empty') return { stream: new Blob([]).stream(), contentType: 'text/plain' }
    return {
      stream: new Blob([bytes.subarray(0, 7), bytes.subarray(7)]).stream(),
      contentType: 'image/png',
      filename: 'Gänse "x".png',
    }
  })
  const media = await a.download(signerB.serverName, 'some')
  expect(media).toMatchObject({ contentType: 'image/png', filename: 'Gänse "x".png' })
  expect((await buffer(media.stream)).equals(bytes)).toBe(true)
  const empty = await a.download(signerB.serverName, 'empty')
  expect(await buffer(empty.stream)).toHaveLength(0)
  await expect(a.download(signerB.serverName, 'none')).rejects.toMatchObject({ status: 404 })
})

test('encryption keys are asked for and handed out, of own users only', async () => {
  const a = await node(await testSigner(17))
  const signerB = await testSigner(18)
  const b = signerB.serverName
  const user = `@u:${b}` as UserId
  await node(signerB, {}, undefined, {
    query: (_origin, users) => ({
      device_keys: Object.fromEntries(users.map((asked) => [asked.user, { devices: [...asked.devices] }])),
    }),
    claim: (_user, device, algorithm) => (device === 'D' ? { [`${algorithm}:1`]: 'key' } : undefined),
    devices: (_origin, asked) => (asked === user ? { user_id: user, stream_id: 3, devices: [] } : undefined),
  })
  expect((await a.remote.queryKeys(b, { [user]: ['D'], '@x:other.example': [] })).deviceKeys).toEqual({
    [user]: { devices: ['D'] },
  })
  expect(await a.remote.claimKeys(b, { [user]: { D: 'signed_curve25519', E: 'signed_curve25519' } })).toEqual(
    {
      [user]: { D: { 'signed_curve25519:1': 'key' } },
    },
  )
  expect(await a.remote.userDevices(b, user)).toEqual({ streamId: 3, devices: [] })
  await expect(a.remote.userDevices(b, `@v:${b}` as UserId)).rejects.toMatchObject({ status: 404 })
})

test('rooms are looked for: a directory with and without a filter, a space; answers of another form are refused', async () => {
  const signerA = await testSigner(19)
  const a = await node(signerA)
  const signerB = await testSigner(20)
  const b = signerB.serverName
  const asked: unknown[] = []
  const found = { room_id: room, num_joined_members: 1, world_readable: false, guest_can_join: false }
  const summary = { ...found, join_rule: 'public', children_state: [] }
  let broken = false
  const finding = {
    publicRoomsForServer: (origin: ServerName, query: object) => {
      asked.push([origin, query])
      const rooms = broken ? ('none' as never) : [summary]
      return { rooms, nextBatch: 'next', prevBatch: undefined, total: 7 }
    },
    hierarchyForServer: (origin: ServerName, roomId: RoomId, suggestedOnly: boolean) => {
      asked.push([origin, roomId, suggestedOnly])
      if (roomId !== room) throw new RoomError(404, 'M_NOT_FOUND', 'Not here.')
      return { room: summary, children: [summary], inaccessible: ['!s:x' as RoomId] }
    },
  }
  await node(signerB, { finding: finding as never })
  const me = signerA.serverName
  const page = { chunk: [summary], nextBatch: 'next', prevBatch: undefined, total: 7 }
  expect(await a.remote.publicRooms(b, { limit: 5, since: 'a b&c' })).toEqual(page)
  expect(await a.remote.publicRooms(b, { limit: 5, term: 'bread', types: [null, 'm.space'] })).toEqual(page)
  expect(await a.remote.publicRooms(b, { limit: 100_000 })).toEqual(page)
  expect(asked).toEqual([
    [me, { limit: 5, since: 'a b&c', term: undefined, types: undefined }],
    [me, { limit: 5, since: undefined, term: 'bread', types: [null, 'm.space'] }],
    [me, { limit: 200, since: undefined }],
  ])
  expect(await a.remote.spaceHierarchy(b, room)).toEqual({
    ...{ room: summary, children: [summary], inaccessible: ['!s:x'] },
  })
  await expect(a.remote.spaceHierarchy(b, '!other:x' as RoomId)).rejects.toMatchObject({
    errcode: 'M_NOT_FOUND',
  })
  broken = true
  await expect(a.remote.publicRooms(b, { limit: 5 })).rejects.toThrow('wrong shape: chunk')
})

test('a large answer holds up the next one of that server until it is done with, and nothing else', async () => {
  const a = await node(await testSigner(11))
  const signerB = await testSigner(12)
  const b = signerB.serverName
  await node(signerB, {
    receiveJoin: (_origin, _room, eventId) =>
      Promise.resolve({
        event: {},
        state:
          eventId !== '$small' ? Array.from({ length: 11 }, () => ({ text: 'x'.repeat(1024 * 1024) })) : [],
        authChain: [],
      }),
  })
  const { promise: inUse, resolve: letGo } = Promise.withResolvers<void>()
  const first = await a.remote.sendJoin(b, room, pdu('$1'), { inUse })
  expect(first.state).toHaveLength(11)
  const impatient = { signal: AbortSignal.timeout(2_000) }
  const second = expect(a.remote.sendJoin(b, room, pdu('$2'), impatient)).rejects.toThrow(RemoteError)
  expect((await a.remote.sendJoin(b, room, pdu('$small'))).state).toEqual([])
  await second
  letGo()
  expect((await a.remote.sendJoin(b, room, pdu('$3'))).state).toHaveLength(11)
})
