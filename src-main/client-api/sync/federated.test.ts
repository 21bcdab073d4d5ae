import { afterEach, expect, test } from 'vitest'
import type { Hono } from 'hono'
import { TestNetwork, type TestNode } from '../../../test/harness/network.ts'
import { splitStateKey, type EventId, type JsonObject, type RoomId, type UserId } from '../../core/types.ts'
import { createAccountStore } from '../../storage/accounts/index.ts'
import { Logger } from '../../trace/log.ts'
import { systemRandom } from '../../trace/system-random.ts'
import { createClientApp, createLoginToken, createNotifier } from '../index.ts'

let network: TestNetwork
afterEach(async () => {
  await network.stop()
})

interface Event {
  event_id: string
  type: string
  state_key?: string
  content: JsonObject
}
interface Room {
  timeline: { events: Event[]; limited: boolean; prev_batch: string }
  state?: { events: Event[] }
  state_after?: { events: Event[] }
}

/** A client that keeps what `/sync` tells it, as the specification says a client does. */
class Client {
  readonly user: UserId
  private readonly node: TestNode
  private readonly app: Hono
  private readonly token: string
  private readonly query: Record<string, string>
  private since: string | undefined
  readonly state = new Map<string, string>()
  readonly seen: Event[] = []

  private constructor(node: TestNode, user: UserId, app: Hono, token: string, query: Record<string, string>) {
    this.node = node
    this.user = user
    this.app = app
    this.token = token
    this.query = query
  }

  static async start(node: TestNode, localpart: string, query: Record<string, string> = {}): Promise<Client> {
    const user = node.user(localpart)
    const { clock } = network
    const accounts = createAccountStore(node.db, { serverName: node.name, clock })
    accounts.createAccount({ userId: user, passwordHash: undefined, admin: false })
    const app = createClientApp({
      serverName: node.name,
      rooms: node.rooms,
      reader: node.store,
      accounts,
      notifier: createNotifier(node.store, clock),
      keys: node.keys,
      remoteProfile: () => Promise.resolve({}),
      clock,
      random: systemRandom,
      log: new Logger(clock, [(item) => node.items.push(item)]),
      registration: 'closed',
      rateLimits: false,
      owner: user,
      setPublic: () => undefined,
      hearth: {
        peers: () => [],
        getSettings: () => ({}),
        patchSettings: (patch) => patch,
        storage: () => ({}),
        backup: () => ({}),
        backupIdentity: () => Promise.resolve('{}'),
        addPeer: () => undefined,
        createLoginToken: () => '',
      },
    })
    const token = createLoginToken({ accounts, random: systemRandom, clock }, user)
    const response = await app.request('/_matrix/client/v3/login', {
      method: 'POST',
      body: JSON.stringify({ type: 'm.login.token', token }),
    })
    const { access_token: access } = (await response.json()) as { access_token: string }
    return new Client(node, user, app, access, query)
  }

  async get(path: string): Promise<JsonObject> {
    const headers = { authorization: `Bearer ${this.token}` }
    const request = Promise.resolve(this.app.request(`/_matrix/client/v3${path}`, { headers }))
    const response = await network.during(request)
    const json = (await response.json()) as JsonObject
    expect(response.status, JSON.stringify(json)).toBe(200)
    return json
  }

  async sync(roomId: RoomId): Promise<Room | undefined> {
    const query = new URLSearchParams(this.query)
    if (this.since !== undefined) query.set('since', this.since)
    const answer = await this.get(`/sync?${query.toString()}`)
    this.since = answer['next_batch'] as string
    const rooms = answer['rooms'] as unknown as { join?: Record<string, Room> }
    const room = rooms.join?.[roomId]
    if (room === undefined) return undefined
    this.apply(room.state?.events ?? [])
    // With `state_after` the timeline says nothing about the state.
    if (room.state_after === undefined) this.apply(room.timeline.events)
    this.apply(room.state_after?.events ?? [])
    this.seen.push(...room.timeline.events)
    return room
  }

  private apply(events: readonly Event[]): void {
    for (const event of events) {
      if (event.state_key !== undefined) this.state.set(`${event.type} ${event.state_key}`, event.event_id)
    }
  }

  /** What the server says the state is, in this client's form. */
  serverState(roomId: RoomId): Map<string, string> {
    return new Map(
      [...this.node.store.currentStateMap(roomId)].map(([key, id]) => {
        const { type, stateKey } = splitStateKey(key)
        return [`${type} ${stateKey}`, id] as const
      }),
    )
  }

  /** All of history, oldest first, by paging back from `from`. */
  async history(roomId: RoomId, from: string, limit: number): Promise<Event[]> {
    const events: Event[] = []
    let token: string | undefined = from
    for (let pages = 0; token !== undefined; pages++) {
      expect(pages).toBeLessThan(100)
      const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=${limit}&from=${token}`
      const page: JsonObject = await this.get(path)
      events.push(...(page['chunk'] as unknown as Event[]))
      token = page['end'] as string | undefined
    }
    return events.toReversed()
  }
}

const bodiesOf = (events: readonly Event[]): unknown[] =>
  events.flatMap((event) => (event.type === 'm.room.message' ? [event.content['body']] : []))

async function start(seed = 1): Promise<{ one: TestNode; two: TestNode; alice: UserId }> {
  network = await TestNetwork.start(seed, 'one.test', 'two.test')
  const one = network.node('one.test')
  return { one, two: network.node('two.test'), alice: one.user('alice') }
}

async function join(client: Client, two: TestNode, one: TestNode, roomId: RoomId): Promise<void> {
  await network.during(two.rooms.joinRoom({ user: client.user, room: roomId, via: [one.name] }))
}

test('a room joined over federation arrives whole, and its history pages in from the other server', async () => {
  const { one, two, alice } = await start()
  const bob = await Client.start(two, 'bob')
  await bob.get('/sync')
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', name: 'Far' })
  for (let i = 0; i < 45; i++) await one.text(roomId, alice, `m${i}`)
  await join(bob, two, one, roomId)
  await network.settle()
  const room = await bob.sync(roomId)
  expect(bob.state).toEqual(bob.serverState(roomId))
  const older = await bob.history(roomId, room?.timeline.prev_batch ?? '', 7)
  const all = [...older, ...(room?.timeline.events ?? [])]
  expect(bodiesOf(all)).toEqual(Array.from({ length: 45 }, (_, i) => `m${i}`))
  expect(all[0]?.type).toBe('m.room.create')
  expect(new Set(all.map((event) => event.event_id)).size).toBe(all.length)
})

test.each([
  ['state', {}],
  ['state_after', { use_state_after: 'true' }],
] as const)('after a partition the client has the resolved state (%s)', async (_name, query) => {
  const seeds = Array.from({ length: 12 }, (_, i) => i + 1)
  for (const seed of seeds) {
    const { one, two, alice } = await start(seed)
    const bob = await Client.start(two, 'bob', query)
    const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
    await one.rooms.sendEvent({
      roomId,
      sender: alice,
      type: 'm.room.power_levels',
      stateKey: '',
      content: {
        ...one.store.currentStateEvent(roomId, 'm.room.power_levels', '')?.pdu.content,
        state_default: 0,
      },
    })
    await join(bob, two, one, roomId)
    await network.settle()
    await bob.sync(roomId)
    const set = (node: TestNode, sender: UserId, type: string, value: string) =>
      node.rooms.sendEvent({ roomId, sender, type, stateKey: '', content: { value } })
    network.wire.partition(one.name, two.name)
    for (let round = 0; round < 4; round++) {
      for (const type of ['test.a', 'test.b', 'test.c']) {
        if (network.random.next() < 0.7) await set(one, alice, type, `one ${round}`)
        if (network.random.next() < 0.7) await set(two, bob.user, type, `two ${round}`)
        if (network.random.next() < 0.3) await bob.sync(roomId)
      }
      if (network.random.next() < 0.5) await network.run(300)
    }
    network.wire.heal()
    await network.settle()
    await bob.sync(roomId)
    // Whatever order things came in, one more event brings nothing new to the state.
    await one.text(roomId, alice, 'end')
    await network.settle()
    await bob.sync(roomId)
    if ('use_state_after' in query) {
      expect(bob.state, `seed ${seed}`).toEqual(bob.serverState(roomId))
    } else {
      // In this form a client orders conflicting state by arrival; all keys must still be there.
      expect([...bob.state.keys()].toSorted()).toEqual([...bob.serverState(roomId).keys()].toSorted())
    }
    if (seed !== seeds.at(-1)) await network.stop()
  }
})

test.each([
  ['state', {}],
  ['state_after', { use_state_after: 'true' }],
] as const)('an invite that was taken back from afar is none any more (%s)', async (_name, query) => {
  const { one, two, alice } = await start()
  const bob = await Client.start(two, 'bob')
  const ask = async (since: string): Promise<JsonObject> =>
    await bob.get(`/sync?${new URLSearchParams({ ...query, since }).toString()}`)
  const first = await bob.get('/sync')
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'private_chat' })
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob.user }))
  await network.settle()
  const invited = await ask(first['next_batch'] as string)
  expect(invited['rooms']).toMatchObject({ invite: { [roomId]: {} } })
  await network.during(one.rooms.kickUser({ roomId, sender: alice, target: bob.user }))
  await network.settle()
  const after = await ask(invited['next_batch'] as string)
  const { [roomId]: room } = (after['rooms'] as unknown as { leave: Record<string, Room> }).leave
  // By what the client takes its state from.
  const told = room?.state_after?.events ?? room?.timeline.events
  expect(told).toMatchObject([
    { type: 'm.room.member', state_key: bob.user, content: { membership: 'leave' } },
  ])
})

test('a gap left by a long absence ends the timeline, and paging fills it', async () => {
  const { one, two, alice } = await start()
  const bob = await Client.start(two, 'bob')
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  await join(bob, two, one, roomId)
  await network.settle()
  await bob.sync(roomId)
  for (let i = 0; i < 700; i++) await one.text(roomId, alice, `lost ${i}`)
  one.db.run('DELETE FROM outbox_pdus')
  await one.text(roomId, alice, 'arrives')
  await network.settle()
  const room = await bob.sync(roomId)
  expect(room?.timeline.limited).toBe(true)
  expect(bodiesOf(room?.timeline.events ?? []).at(-1)).toBe('arrives')
  const older = await bob.history(roomId, room?.timeline.prev_batch ?? '', 100)
  const all = [...bodiesOf(older), ...bodiesOf(room?.timeline.events ?? [])]
  expect(all).toEqual([...Array.from({ length: 700 }, (_, i) => `lost ${i}`), 'arrives'])
})

test('what a reply refers to and is not here is fetched: alone, or with the history around it', async () => {
  const { one, two, alice } = await start()
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  const sent: string[] = []
  for (let i = 0; i < 450; i++) sent.push(await one.text(roomId, alice, `old ${i}`))
  const bob = await Client.start(two, 'bob')
  await join(bob, two, one, roomId)
  await network.settle()
  const at = (rest: string): string => `/rooms/${encodeURIComponent(roomId)}${rest}`
  const original = sent[20] ?? ''
  expect(two.store.getEvent(original as EventId)).toBeUndefined()
  const alone = await bob.get(at(`/event/${encodeURIComponent(original)}`))
  expect(alone['content']).toMatchObject({ body: 'old 20' })

  const around = await bob.get(at(`/context/${encodeURIComponent(original)}?limit=6`))
  const bodies = (name: string): unknown[] => bodiesOf(around[name] as unknown as Event[])
  expect(bodies('events_before')).toEqual(['old 19', 'old 18', 'old 17'])
  expect(bodies('events_after')).toEqual(['old 21', 'old 22', 'old 23'])
  // From there in both directions, without a hole and without a repetition.
  const back = await bob.history(roomId, around['start'] as string, 100)
  expect(bodiesOf(back)).toEqual(Array.from({ length: 17 }, (_, i) => `old ${i}`))
  const onward: unknown[] = []
  let token: unknown = around['end']
  while (typeof token === 'string') {
    const page = await bob.get(at(`/messages?dir=f&limit=100&from=${token}`))
    onward.push(...bodiesOf(page['chunk'] as unknown as Event[]))
    token = page['end']
  }
  expect(onward).toEqual(Array.from({ length: 426 }, (_, i) => `old ${i + 24}`))
})

test('who comes back after their server caught up is shown all of it, counted, mentions too', async () => {
  network = await TestNetwork.start(11, 'a.example', 'b.example')
  const [a, b] = [network.node('a.example'), network.node('b.example')]
  const alice = a.user('alice')
  const filter = JSON.stringify({ room: { timeline: { limit: 400 } } })
  const bob = await Client.start(b, 'bob', { filter })
  const room = await network.during(a.rooms.createRoom({ creator: alice, preset: 'public_chat' }))
  for (let n = 0; n < 5; n++) await network.during(a.text(room, alice, `before ${n}`))
  await network.during(b.rooms.joinRoom({ user: bob.user, room, via: [a.name] }))
  await network.settle()
  await bob.sync(room)
  network.wire.partition(a.name, b.name)
  await network.during(a.text(room, alice, 'hello?'))
  await network.run(3_000)
  const sent: EventId[] = []
  for (let n = 0; n < 250; n++) {
    const content = {
      msgtype: 'm.text',
      body: `${n}`,
      'm.mentions': n === 20 ? { user_ids: [bob.user] } : {},
    }
    sent.push(
      await network.during(
        a.rooms.sendEvent({ roomId: room, sender: alice, type: 'm.room.message', content }),
      ),
    )
  }
  network.wire.heal()
  await network.settle()
  while (b.bodies(room).length < 256) await network.run(1_000)
  const caughtUp = (await bob.sync(room)) as (Room & { unread_notifications?: JsonObject }) | undefined
  const shown = caughtUp?.timeline.events.map((event) => event.event_id) ?? []
  expect(shown.slice(-250)).toEqual(sent)
  expect(caughtUp?.unread_notifications).toMatchObject({ notification_count: 251, highlight_count: 1 })
})
