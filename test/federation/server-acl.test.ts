/** `m.room.server_acl` on everything that a denied server may ask or send, as the specification lists it. */
import { afterEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork
afterEach(() => network.stop())

const denied = { status: 403, errcode: 'M_FORBIDDEN' }

interface Scene {
  a: TestNode
  b: TestNode
  c: TestNode
  ann: UserId
  bob: UserId
  roomId: RoomId
}

async function scene(seed: number): Promise<Scene> {
  network = await TestNetwork.start(seed, 'a.test', 'b.test', 'c.test')
  const [a, b, c] = [network.node('a.test'), network.node('b.test'), network.node('c.test')]
  const [ann, bob, cid] = [a.user('ann'), b.user('bob'), c.user('cid')]
  const roomId = await a.rooms.createRoom({ creator: ann, preset: 'public_chat' })
  await network.during(b.rooms.joinRoom({ user: bob, room: roomId, via: [a.name] }))
  await network.during(c.rooms.joinRoom({ user: cid, room: roomId, via: [a.name] }))
  await a.text(roomId, ann, 'before')
  await network.settle()
  return { a, b, c, ann, bob, roomId }
}

const acl = ({ a, ann, roomId }: Scene, content: JsonObject): Promise<EventId> =>
  a.rooms.sendEvent({ roomId, sender: ann, type: 'm.room.server_acl', stateKey: '', content })

test('every endpoint of a room that the specification names refuses a denied server', async () => {
  const at = await scene(11)
  const { a, b, roomId, bob } = at
  const latest = a.timeline(roomId).at(-1)?.eventId as EventId
  await acl(at, { allow: ['*'], deny: ['b.test'] })
  const other = '@other:b.test' as UserId
  const event = (membership: string): JsonObject => ({
    ...a.timeline(roomId).find((pdu) => pdu.stateKey === bob)?.json,
    content: { membership },
  })
  const asks: [string, () => unknown][] = [
    ['make_join', () => a.rooms.makeMembership(b.name, 'join', roomId, other, ['12'])],
    ['make_leave', () => a.rooms.makeMembership(b.name, 'leave', roomId, bob, ['12'])],
    ['make_knock', () => a.rooms.makeMembership(b.name, 'knock', roomId, other, ['12'])],
    ['send_join', () => a.rooms.receiveJoin(b.name, roomId, undefined, event('join'))],
    ['send_leave', () => a.rooms.receiveLeave(b.name, roomId, undefined, event('leave'))],
    ['send_knock', () => a.rooms.receiveKnock(b.name, roomId, undefined, event('knock'))],
    ['state', () => a.rooms.stateAt(b.name, roomId, latest)],
    ['event_auth', () => a.rooms.authChainOf(b.name, roomId, latest)],
    ['backfill', () => a.rooms.backfillForServer(b.name, roomId, [latest], 10)],
    [
      'get_missing_events',
      () =>
        a.rooms.missingEventsForServer(b.name, roomId, {
          earliest: [],
          latest: [latest],
          limit: 9,
          minDepth: 0,
        }),
    ],
    ['event', () => a.rooms.eventForServer(b.name, latest)],
    ['timestamp_to_event', () => a.rooms.eventNearForServer(b.name, roomId, 0, 'f')],
  ]
  for (const [name, ask] of asks) {
    await expect((async () => ask())(), name).rejects.toMatchObject(denied)
  }
  await acl(at, { allow: ['*'] })
  expect(a.rooms.backfillForServer(b.name, roomId, [latest], 10).length).toBeGreaterThan(0)
})

test('its invites to a room that denies it are refused', async () => {
  const at = await scene(12)
  const { b, bob, roomId } = at
  const more = at.a.user('more')
  await acl(at, { allow: ['*'], deny: ['b.test'] })
  await expect(
    network.during(b.rooms.inviteUser({ roomId, sender: bob, target: more })),
  ).rejects.toMatchObject(denied)
})

test('its events are answered with an error each, and what it says of typing and reading is ignored', async () => {
  const at = await scene(13)
  const { a, b, bob, roomId } = at
  const latest = a.timeline(roomId).at(-1)?.eventId as EventId
  await acl(at, { allow: ['*'], deny: ['b.test'] })
  const said = await b.text(roomId, bob, 'from a denied server')
  const pdu = b.store.getEvent(said)?.pdu.json ?? {}
  const edus = [
    { edu_type: 'm.typing', content: { room_id: roomId, user_id: bob, typing: true } },
    {
      edu_type: 'm.receipt',
      content: { [roomId]: { 'm.read': { [bob]: { event_ids: [latest], data: { ts: 1 } } } } },
    },
  ]
  const result = await network.during(a.rooms.receiveTransaction(b.name, 'txn', [pdu], edus))
  expect(result[said]?.error).toContain('ACL')
  await network.settle()
  expect(a.bodies(roomId)).toEqual(['before'])
  expect(a.rooms.typingUsers(roomId)).toEqual([])
  expect(a.store.receipts(roomId)).toEqual([])
  await acl(at, { allow: ['*'] })
  await network.settle()
  await b.text(roomId, bob, 'again')
  await network.settle()
  expect(a.bodies(roomId)).toContain('again')
})

test('nobody shuts their own server out by mistake', async () => {
  const at = await scene(14)
  const refused = { status: 400, errcode: 'M_INVALID_PARAM' }
  for (const content of [
    {},
    { allow: [] },
    { allow: ['*'], deny: ['a.*'] },
    { allow: '*' },
    { allow: ['b.test'] },
  ])
    await expect(acl(at, content)).rejects.toMatchObject(refused)
  await acl(at, { allow: ['a.test'] })
})
