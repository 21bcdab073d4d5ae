import { afterEach, expect, test } from 'vitest'
import type { JsonObject } from '../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient
let bob: TestClient
let carol: TestClient

async function start(): Promise<string> {
  node = await createTestNode()
  alice = await node.client('alice')
  bob = await node.client('bob')
  carol = await node.client('carol')
  const room = field(await alice.call('POST', '/createRoom', { preset: 'public_chat' }), 'room_id')
  return `/rooms/${encodeURIComponent(room)}`
}

afterEach(async () => {
  await node.stop()
})

async function members(client: TestClient, room: string, query = ''): Promise<string[]> {
  const { chunk } = await client.call('GET', `${room}/members${query}`)
  return (chunk as JsonObject[])
    .map(
      (event) =>
        `${field(event, 'state_key').slice(1, -9)} ${field(event['content'] as JsonObject, 'membership')}`,
    )
    .sort()
}

test('members by membership, now and at an earlier place of the timeline', async () => {
  const room = await start()
  await bob.call('POST', `${room}/join`)
  const before = field(await alice.sync(), 'next_batch')
  await alice.call('POST', `${room}/invite`, { user_id: carol.userId })
  await alice.call('POST', `${room}/ban`, { user_id: bob.userId, reason: 'spam' })
  expect(await members(alice, room)).toEqual(['alice join', 'bob ban', 'carol invite'])
  expect(await members(alice, room, '?membership=join')).toEqual(['alice join'])
  expect(await members(alice, room, '?not_membership=ban')).toEqual(['alice join', 'carol invite'])
  expect(await members(alice, room, `?at=${before}`)).toEqual(['alice join', 'bob join'])
  expect(await members(alice, room, `?at=${before}&membership=invite`)).toEqual([])
  // Who is out sees it as it was then; who never was in, nothing.
  expect(await members(bob, room, '?membership=join')).toEqual(['alice join'])
  await carol.call('GET', `${room}/members`, undefined, 403)
  expect(await alice.call('GET', `${room}/joined_members`)).toEqual({
    joined: { [alice.userId]: expect.any(Object) as object },
  })
  await bob.call('GET', `${room}/joined_members`, undefined, 403)
})

test('removing, banning and letting back in: with the reason, and for who may', async () => {
  const room = await start()
  await bob.call('POST', `${room}/join`)
  await carol.call('POST', `${room}/join`)
  const reasonFor = async (user: TestClient) =>
    await alice.call('GET', `${room}/state/m.room.member/${user.userId}`)
  await bob.call('POST', `${room}/kick`, { user_id: carol.userId }, 403)
  await bob.call('POST', `${room}/ban`, { user_id: carol.userId }, 403)
  await alice.call('POST', `${room}/kick`, { user_id: bob.userId, reason: 'too loud' })
  expect(await reasonFor(bob)).toEqual({ membership: 'leave', reason: 'too loud' })
  await alice.call('POST', `${room}/kick`, { user_id: bob.userId }, 403)
  await bob.call('POST', `${room}/join`, { reason: 'sorry' })
  expect(await reasonFor(bob)).toMatchObject({ membership: 'join', reason: 'sorry' })
  await alice.call('POST', `${room}/ban`, { user_id: bob.userId, reason: 'again' })
  await bob.call('POST', `${room}/join`, {}, 403)
  await alice.call('POST', `${room}/invite`, { user_id: bob.userId }, 403)
  await alice.call('POST', `${room}/unban`, { user_id: carol.userId }, 403)
  await alice.call('POST', `${room}/unban`, { user_id: bob.userId, reason: 'one more chance' })
  expect(await reasonFor(bob)).toEqual({ membership: 'leave', reason: 'one more chance' })
  await bob.call('POST', `${room}/join`)
  await alice.call('POST', `${room}/ban`, { user_id: bob.userId, reason: 'x'.repeat(5000) }, 400)
})

test('reports: of an event only from those in the room, of a room or a person from anybody', async () => {
  const room = await start()
  await bob.call('POST', `${room}/join`)
  const sent = await bob.call('PUT', `${room}/send/m.room.message/1`, { msgtype: 'm.text', body: 'buy this' })
  const event = encodeURIComponent(field(sent, 'event_id'))
  expect(await alice.call('POST', `${room}/report/${event}`, { reason: 'advertising' })).toEqual({})
  await carol.call('POST', `${room}/report/${event}`, { reason: 'advertising' }, 403)
  await alice.call('POST', `${room}/report/$nothing`, { reason: 'advertising' }, 404)
  expect(await carol.call('POST', `${room}/report`, { reason: 'all of it' })).toEqual({})
  expect(await carol.call('POST', `/users/${bob.userId}/report`, { reason: 'rude' })).toEqual({})
  await carol.call('POST', '/users/bob/report', { reason: 'rude' }, 400)
})

test('that somebody ignored is writing is not shown', async () => {
  const room = await start()
  await bob.call('POST', `${room}/join`)
  const ignored_users = { [alice.userId]: {} }
  await bob.call('PUT', `/user/${bob.userId}/account_data/m.ignored_user_list`, { ignored_users })
  await alice.call('PUT', `${room}/typing/${alice.userId}`, { typing: true, timeout: 30_000 })
  expect(JSON.stringify(await alice.sync())).toContain('"m.typing","content":{"user_ids":["@alice')
  expect(JSON.stringify(await bob.sync())).toContain('"m.typing","content":{"user_ids":[]')
})

test('invites of somebody ignored are hidden, and there again when they are no longer', async () => {
  const room = await start()
  const ignore = (users: object) =>
    bob.call('PUT', `/user/${bob.userId}/account_data/m.ignored_user_list`, { ignored_users: users })
  const invites = async (query: Record<string, string> = {}) => {
    const answer = await bob.sync(query)
    const { invite = {} } = answer['rooms'] as { invite?: JsonObject }
    return [Object.keys(invite).length, field(answer, 'next_batch')] as const
  }
  await ignore({ [alice.userId]: {} })
  await alice.call('POST', `${room}/invite`, { user_id: bob.userId })
  const [hidden, since] = await invites()
  expect(hidden).toBe(0)
  await ignore({})
  const [shown, next] = await invites({ since })
  expect(shown).toBe(1)
  expect((await invites({ since: next }))[0]).toBe(0)
  expect((await invites())[0]).toBe(1)
})
