import { afterEach, expect, test } from 'vitest'
import type { EventId, Pdu, RoomId, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork
let a: TestNode
let b: TestNode
let alice: UserId
let carol: UserId
let bob: UserId

afterEach(async () => {
  await network.stop()
})

type Visibility = 'world_readable' | 'shared' | 'invited' | 'joined'

async function start(): Promise<void> {
  network = await TestNetwork.start(11, 'a.test', 'b.test')
  a = network.node('a.test')
  b = network.node('b.test')
  alice = a.user('alice')
  carol = a.user('carol')
  bob = b.user('bob')
}

async function roomOf(visibility: Visibility): Promise<RoomId> {
  const content = { history_visibility: visibility }
  return await a.rooms.createRoom({
    creator: alice,
    preset: 'private_chat',
    initialState: [{ type: 'm.room.history_visibility', stateKey: '', content }],
  })
}

async function setState(roomId: RoomId, type: string, content: Record<string, string>): Promise<EventId> {
  return await a.rooms.sendEvent({ roomId, sender: alice, type, stateKey: '', content })
}

/** One message and one topic while the guest's membership is what it is; by the name of the time. */
async function speak(roomId: RoomId, spoken: Map<string, EventId>, when: string): Promise<void> {
  await network.run(1_000)
  spoken.set(when, await a.text(roomId, alice, when))
  await setState(roomId, 'm.room.topic', { topic: `topic ${when}` })
  await network.settle()
}

/** The guest is a stranger, invited, in, out, and in again; something is said in each of these times. */
async function lifeOf(guest: UserId, node: TestNode, roomId: RoomId): Promise<Map<string, EventId>> {
  const spoken = new Map<string, EventId>()
  const join = async (): Promise<void> => {
    await network.during(node.rooms.joinRoom({ user: guest, room: roomId, via: [a.name] }))
    await network.settle()
  }
  await speak(roomId, spoken, 'before')
  await network.during(a.rooms.inviteUser({ roomId, sender: alice, target: guest }))
  await speak(roomId, spoken, 'invited')
  await join()
  await speak(roomId, spoken, 'joined')
  await node.rooms.leaveRoom({ user: guest, roomId })
  await network.settle()
  await speak(roomId, spoken, 'away')
  await network.during(a.rooms.inviteUser({ roomId, sender: alice, target: guest }))
  await speak(roomId, spoken, 'invited again')
  await join()
  await speak(roomId, spoken, 'back')
  return spoken
}

const times = ['before', 'invited', 'joined', 'away', 'invited again', 'back']
const seen: Record<Visibility, string[]> = {
  world_readable: times,
  shared: times,
  invited: ['invited', 'joined', 'invited again', 'back'],
  joined: ['joined', 'back'],
}
const visibilities = Object.keys(seen) as Visibility[]

/** Every word of these events, wherever it stands. */
function words(pdus: readonly Pdu[]): string {
  return JSON.stringify(pdus.map((pdu) => pdu.json))
}

test.each(visibilities)(
  '%s: another server is given what one of its people may see, by every way',
  async (v) => {
    await start()
    const roomId = await roomOf(v)
    const spoken = await lifeOf(bob, b, roomId)
    const newest = a.store.forwardExtremities(roomId).map((extremity) => extremity.eventId)
    const history = a.rooms.backfillForServer(b.name, roomId, newest, 100)
    const missing = a.rooms.missingEventsForServer(b.name, roomId, {
      earliest: [],
      latest: newest,
      limit: 50,
      minDepth: 0,
    })
    for (const when of times) {
      const id = spoken.get(when) as EventId
      const said = `"body":"${when}"`
      const expected = seen[v].includes(when)
      const of = (pdus: readonly Pdu[]): Pdu[] => pdus.filter((pdu) => pdu.eventId === id)
      // The event itself is given, as others follow on it; without its content where that is hidden.
      expect(of(history), `backfill, ${when}`).toHaveLength(1)
      expect(words(of(history)).includes(said), `backfill, ${when}`).toBe(expected)
      expect(words(of(missing)).includes(said), `get_missing_events, ${when}`).toBe(expected)
      const single = a.rooms.eventForServer(b.name, id)
      expect(single.eventId).toBe(id)
      expect(words([single]).includes(said), `event, ${when}`).toBe(expected)
      expect(words(history).includes(`"topic ${when}"`), `topic by backfill, ${when}`).toBe(expected)

      const ts = single.originServerTs
      const near = a.rooms.eventNearForServer(b.name, roomId, ts, 'f').eventId
      expect(near === id, `timestamp_to_event, ${when}`).toBe(expected)
    }
  },
)

test.each(visibilities)('%s: the state at an event tells no more than the event', async (v) => {
  await start()
  const roomId = await roomOf(v)
  const spoken = await lifeOf(bob, b, roomId)
  const { state, authChain } = await a.rooms.stateAt(b.name, roomId, spoken.get('invited') as EventId)
  expect(words(state).includes('"topic before"')).toBe(seen[v].includes('before') || v === 'invited')
  const auth = await a.rooms.authChainOf(b.name, roomId, spoken.get('invited') as EventId)
  expect(words([...authChain, ...auth])).not.toContain('topic')
  // What others are authorised by is whole, and what is state today is no secret.
  expect(words(state)).toContain(`"history_visibility":"${v}"`)
  expect(state.find((pdu) => pdu.stateKey === alice)?.content['displayname']).toBe('alice')
  const now = await a.rooms.stateAt(b.name, roomId, spoken.get('back') as EventId)
  expect(words(now.state)).toContain('"topic invited again"')
})

test.each(visibilities)('%s: so it is for people, here and on the other server', async (v) => {
  await start()
  const roomId = await roomOf(v)
  const spoken = await lifeOf(carol, a, roomId)
  const visible = (node: TestNode, user: UserId, ids: ReadonlyMap<string, EventId>): string[] =>
    [...ids].flatMap(([when, id]) => {
      const event = node.store.getEvent(id)
      return event !== undefined && node.rooms.canUserSee(user, event) ? [when] : []
    })
  expect(visible(a, carol, spoken)).toEqual(seen[v])
  expect(visible(a, a.user('stranger'), spoken)).toEqual(v === 'world_readable' ? times : [])

  // Whoever left for good keeps what was theirs: of shared history everything until then.
  await a.rooms.leaveRoom({ user: carol, roomId })
  await speak(roomId, spoken, 'after')
  const kept = v === 'world_readable' ? [...seen[v], 'after'] : seen[v]
  expect(visible(a, carol, spoken)).toEqual(kept)
  await a.rooms.banUser({ roomId, sender: alice, target: carol })
  expect(visible(a, carol, spoken)).toEqual(kept)

  const elsewhere = await roomOf(v)
  const said = await lifeOf(bob, b, elsewhere)
  while (await network.during(b.rooms.backfill(elsewhere, undefined, 100)));
  expect(visible(b, bob, said)).toEqual(seen[v])
})

test('history is as visible as it was when it was made, not as it is today', async () => {
  await start()
  const roomId = await roomOf('joined')
  const secret = await a.text(roomId, alice, 'for members')
  await setState(roomId, 'm.room.history_visibility', { history_visibility: 'shared' })
  const open = await a.text(roomId, alice, 'for who comes later')
  await setState(roomId, 'm.room.history_visibility', { history_visibility: 'joined' })
  const closed = await a.text(roomId, alice, 'for members again')
  await network.during(a.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  await network.during(b.rooms.joinRoom({ user: bob, room: roomId, via: [a.name] }))
  await network.settle()
  const contents = [secret, open, closed].map((id) => a.rooms.eventForServer(b.name, id).content['body'])
  expect(contents).toEqual([undefined, 'for who comes later', undefined])
})

test('a server that has left is given nothing of the time after', async () => {
  await start()
  const roomId = await roomOf('shared')
  const spoken = await lifeOf(bob, b, roomId)
  await b.rooms.leaveRoom({ user: bob, roomId })
  await network.settle()
  await speak(roomId, spoken, 'gone')
  const id = spoken.get('gone') as EventId
  const args = { earliest: [], latest: [id], limit: 10, minDepth: 0 }
  const ways: (() => unknown)[] = [
    () => a.rooms.eventForServer(b.name, id),
    () => a.rooms.backfillForServer(b.name, roomId, [id], 10),
    () => a.rooms.missingEventsForServer(b.name, roomId, args),
    () => a.rooms.eventNearForServer(b.name, roomId, 0, 'f'),
    () => a.rooms.stateAt(b.name, roomId, id),
    () => a.rooms.authChainOf(b.name, roomId, id),
  ]
  for (const way of ways) expect(way).toThrow(expect.objectContaining({ errcode: 'M_FORBIDDEN' }))
})
