import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  ClientEvent,
  createClient,
  Direction,
  EventType,
  MsgType,
  type MatrixClient,
  type MatrixEvent,
  MatrixEventEvent,
  type Room,
  RoomEvent,
  SyncState,
} from 'matrix-js-sdk'
import { listen, type Listener } from '../http/listener.ts'
import { createTestNode, type TestNode } from './test-node.ts'

let node: TestNode
let listener: Listener
const clients: MatrixClient[] = []

// The SDK's own logger tells every step on the console.
beforeEach(() => {
  for (const level of ['log', 'info', 'debug', 'warn', 'trace'] as const) {
    vi.spyOn(console, level).mockImplementation(() => undefined)
  }
})

afterEach(async () => {
  vi.restoreAllMocks()
  for (const client of clients.splice(0)) client.stopClient()
  node.notifier.stop()
  await listener.stop(100)
  expect(node.errors.map((item) => item.values)).toEqual([])
  await node.stop()
})

const quiet = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  getChild: () => quiet,
}

/** Resolves when `ready` holds, looking again at each of the client's events. */
async function until<T>(client: MatrixClient, what: string, ready: () => T | undefined): Promise<T> {
  const now = ready()
  if (now !== undefined) return now
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(new Error(`never happened: ${what}`)), 10_000)
    const look = (): void => {
      const value = ready()
      if (value !== undefined) finish(undefined, value)
    }
    const events = [ClientEvent.Sync, ClientEvent.Room, RoomEvent.Timeline, RoomEvent.MyMembership] as const
    function finish(error: Error | undefined, value?: T): void {
      clearTimeout(timer)
      for (const event of events) client.off(event, look)
      if (error === undefined) resolve(value as T)
      else reject(error)
    }
    for (const event of events) client.on(event, look)
  })
}

async function startClient(name: string, options: { crypto?: boolean } = {}): Promise<MatrixClient> {
  const baseUrl = `http://127.0.0.1:${listener.port}`
  await node.client(name, `SETUP_${name}`)
  const login = await createClient({ baseUrl, logger: quiet }).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: name },
    password: `secret-${name}`,
  })
  const client = createClient({
    baseUrl,
    accessToken: login.access_token,
    userId: login.user_id,
    deviceId: login.device_id,
    logger: quiet,
    timelineSupport: true,
  })
  clients.push(client)
  if (options.crypto === true) await client.initRustCrypto({ useIndexedDB: false })
  await client.startClient({ initialSyncLimit: 10, lazyLoadMembers: true, threadSupport: true })
  await until(client, 'first sync', () => (client.getSyncState() === SyncState.Prepared ? true : undefined))
  return client
}

const textsOf = (room: Room): unknown[] =>
  room
    .getLiveTimeline()
    .getEvents()
    .filter((event: MatrixEvent) => event.getType() === 'm.room.message')
    .map((event: MatrixEvent) => event.getContent()['body'])

async function startNode(): Promise<void> {
  node = await createTestNode()
  listener = await listen({
    address: { host: '127.0.0.1', port: 0 },
    fetch: (request, env) => node.app.fetch(request, env),
    maxConnections: 100,
    onError: (error) => {
      throw error
    },
  })
}

test('matrix-js-sdk logs in, makes a room, talks, pages, redacts and logs out', async () => {
  await startNode()
  const alice = await startClient('alice')
  const bob = await startClient('bob')

  const { room_id: roomId } = await alice.createRoom({ name: 'Talk', invite: [bob.getSafeUserId()] })
  const invited = await until(bob, 'invite', () => bob.getRoom(roomId) ?? undefined)
  expect(invited.getMyMembership()).toBe('invite')
  await bob.joinRoom(roomId)
  const bobsRoom = await until(bob, 'join', () => {
    const room = bob.getRoom(roomId)
    return room?.getMyMembership() === 'join' && room.name === 'Talk' ? room : undefined
  })

  for (let i = 0; i < 30; i++) {
    await alice.sendEvent(roomId, EventType.RoomMessage, { msgtype: MsgType.Text, body: `m${i}` })
  }
  await until(bob, 'the last message', () => (textsOf(bobsRoom).includes('m29') ? true : undefined))
  expect(textsOf(bobsRoom).filter((text) => text === 'm29')).toEqual(['m29'])
  const alicesRoom = await until(alice, 'own room', () => alice.getRoom(roomId) ?? undefined)
  await until(alice, 'own echo', () => (textsOf(alicesRoom).includes('m29') ? true : undefined))
  expect(textsOf(alicesRoom).filter((text) => text === 'm29')).toEqual(['m29'])

  // A new device starts with ten events, and pages back to the room's beginning.
  const tablet = await startClient('bob')
  const room = await until(tablet, 'room on the tablet', () => tablet.getRoom(roomId) ?? undefined)
  expect(room.getJoinedMemberCount()).toBe(2)
  const timeline = room.getLiveTimeline()
  while (await tablet.paginateEventTimeline(timeline, { backwards: true, limit: 15 })) {
    if (timeline.getPaginationToken(Direction.Backward) === null) break
  }
  const expected = Array.from({ length: 30 }, (_, i) => `m${i}`)
  expect(textsOf(room)).toEqual(expected)
  expect(timeline.getEvents()[0]?.getType()).toBe('m.room.create')
  await room.loadMembersIfNeeded()
  expect(room.getMembers().map((member) => member.userId)).toContain(alice.getSafeUserId())

  const last = room.getLiveTimeline().getEvents().at(-1)
  const target = last?.getId() ?? ''
  await alice.redactEvent(roomId, target)
  await until(bob, 'redaction', () =>
    bobsRoom.findEventById(target)?.isRedacted() === true ? true : undefined,
  )

  await bob.sendReadReceipt(bobsRoom.getLiveTimeline().getEvents().at(-1) ?? null)
  await bob.setDisplayName('Bobby')
  await until(alice, 'new name', () =>
    alicesRoom.getMember(bob.getSafeUserId())?.rawDisplayName === 'Bobby' ? true : undefined,
  )
  await alice.getPushRules()
  await bob.logout(true)
  await expect(bob.whoami()).rejects.toThrow()
})

test('two devices talk end-to-end encrypted, cross-signing included', async () => {
  await startNode()
  const alice = await startClient('alice', { crypto: true })
  const bob = await startClient('bob', { crypto: true })
  await alice.getCrypto()?.bootstrapCrossSigning({
    authUploadDeviceSigningKeys: async (makeRequest) => {
      await makeRequest(null)
    },
  })
  const { room_id: roomId } = await alice.createRoom({
    invite: [bob.getSafeUserId()],
    initial_state: [
      { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
    ],
  })
  await until(bob, 'invite', () => bob.getRoom(roomId) ?? undefined)
  await bob.joinRoom(roomId)
  const room = await until(bob, 'join', () => {
    const joined = bob.getRoom(roomId)
    return joined?.getMyMembership() === 'join' ? joined : undefined
  })
  await until(alice, 'bob in the room', () =>
    alice.getRoom(roomId)?.getMember(bob.getSafeUserId())?.membership === 'join' ? true : undefined,
  )
  await alice.sendEvent(roomId, EventType.RoomMessage, { msgtype: MsgType.Text, body: 'a secret' })
  const event = await until(bob, 'encrypted event', () =>
    room
      .getLiveTimeline()
      .getEvents()
      .find((e) => e.getWireType() === 'm.room.encrypted'),
  )
  await bob.decryptEventIfNeeded(event)
  if (event.getContent()['body'] !== 'a secret') {
    await new Promise<void>((resolve) => {
      event.on(MatrixEventEvent.Decrypted, () => resolve())
      if (event.getContent()['body'] === 'a secret') resolve()
    })
  }
  expect(event.getContent()['body']).toBe('a secret')
})
