import { afterEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId } from '../../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from '../test-node.ts'

let node: TestNode
afterEach(async () => {
  expect(node.errors.map((item) => item.values)).toEqual([])
  await node.stop()
})

interface Event {
  event_id: string
  type: string
  sender: string
  state_key?: string
  content: JsonObject
  unsigned: JsonObject
  redacts?: string
}
interface Joined {
  timeline: { events: Event[]; limited: boolean; prev_batch: string }
  state: { events: Event[] }
  state_after?: { events: Event[] }
  ephemeral: { events: Event[] }
  account_data: { events: Event[] }
  summary?: JsonObject
  unread_notifications: { notification_count: number; highlight_count: number }
  unread_thread_notifications?: Record<string, JsonObject>
}
interface Sync {
  next_batch: string
  rooms: {
    join?: Record<string, Joined>
    invite?: Record<string, { invite_state: { events: Event[] } }>
    leave?: Record<string, Joined>
  }
  to_device: { events: Event[] }
  device_lists?: { changed: string[] }
  device_one_time_keys_count: JsonObject
}

let txn = 0
const sync = async (client: TestClient, query: Record<string, string> = {}): Promise<Sync> =>
  (await client.sync(query)) as unknown as Sync
const createRoom = async (client: TestClient, body: JsonObject = {}): Promise<string> =>
  field(await client.call('POST', '/createRoom', body), 'room_id')
const at = (roomId: string, rest: string): string => `/rooms/${encodeURIComponent(roomId)}${rest}`
const send = async (
  client: TestClient,
  roomId: string,
  content: JsonObject,
  id = `t${txn++}`,
): Promise<string> =>
  field(await client.call('PUT', at(roomId, `/send/m.room.message/${id}`), content), 'event_id')
const say = (client: TestClient, roomId: string, body: string): Promise<string> =>
  send(client, roomId, { msgtype: 'm.text', body })
const bodies = (events: readonly Event[]): unknown[] => events.map((e) => e.content['body'])

async function roomOfTwo(
  options: JsonObject = {},
): Promise<{ alice: TestClient; bob: TestClient; roomId: string }> {
  node = await createTestNode()
  const alice = await node.client('alice')
  const bob = await node.client('bob')
  const roomId = await createRoom(alice, { preset: 'public_chat', name: 'Kitchen', ...options })
  await bob.call('POST', at(roomId, '/join'), {})
  return { alice, bob, roomId }
}

test('a first sync tells the whole room, the next one only what is new', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const first = await sync(alice)
  const room = first.rooms.join?.[roomId]
  const all = [...(room?.state.events ?? []), ...(room?.timeline.events ?? [])]
  expect(all.map((e) => e.type)).toEqual(expect.arrayContaining(['m.room.create', 'm.room.name']))
  expect(new Set(all.map((e) => e.event_id)).size).toBe(all.length)

  const id = await say(bob, roomId, 'hello')
  const next = await sync(alice, { since: first.next_batch })
  const update = next.rooms.join?.[roomId]
  expect(update?.timeline.events.map((e) => e.event_id)).toEqual([id])
  expect(update?.timeline.limited).toBe(false)
  expect(update?.state.events).toEqual([])
  expect(update?.timeline.events[0]).toMatchObject({ room_id: roomId, unsigned: { membership: 'join' } })
  const quiet = await sync(alice, { since: next.next_batch })
  expect(quiet.rooms).toEqual({})
})

test('sending twice with one transaction id sends once, and the device sees its id', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const { next_batch: since } = await sync(alice)
  const content = { msgtype: 'm.text', body: 'once' }
  const id = await send(alice, roomId, content, 'same')
  expect(await send(alice, roomId, content, 'same')).toBe(id)
  const events = (await sync(alice, { since })).rooms.join?.[roomId]?.timeline.events ?? []
  expect(events).toHaveLength(1)
  expect(events[0]?.unsigned['transaction_id']).toBe('same')
  const theirs = (await sync(bob)).rooms.join?.[roomId]?.timeline.events.at(-1)
  expect(theirs?.unsigned['transaction_id']).toBeUndefined()
})

test('a limited timeline comes with the state between, and its prev_batch pages through the rest', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const { next_batch: since } = await sync(alice)
  const sent: string[] = []
  for (let i = 0; i < 8; i++) sent.push(await say(bob, roomId, `m${i}`))
  await alice.call('PUT', at(roomId, '/state/m.room.topic/'), { topic: 'Soup' })
  for (let i = 8; i < 16; i++) sent.push(await say(bob, roomId, `m${i}`))
  const filter = JSON.stringify({ room: { timeline: { limit: 5 } } })
  const room = (await sync(alice, { since, filter })).rooms.join?.[roomId]
  expect(room?.timeline.limited).toBe(true)
  expect(bodies(room?.timeline.events ?? [])).toEqual(['m11', 'm12', 'm13', 'm14', 'm15'])
  expect(room?.state.events.map((e) => e.type)).toEqual(['m.room.topic'])

  const older: string[] = []
  let from: string | undefined = room?.timeline.prev_batch
  while (from !== undefined) {
    const page = await alice.call('GET', at(roomId, `/messages?dir=b&limit=4&from=${from}`))
    older.push(...(page['chunk'] as unknown as Event[]).map((e) => e.event_id))
    from = page['end'] as string | undefined
  }
  const shown = [...older.toReversed(), ...(room?.timeline.events ?? []).map((e) => e.event_id)]
  expect(shown.filter((id) => sent.includes(id))).toEqual(sent)
  expect(new Set(shown).size).toBe(shown.length)

  const forward = await alice.call(
    'GET',
    at(roomId, `/messages?dir=f&limit=3&from=${room?.timeline.prev_batch}`),
  )
  expect(bodies(forward['chunk'] as unknown as Event[])).toEqual(['m11', 'm12', 'm13'])
})

test('use_state_after gives the state at the end of the timeline', async () => {
  const { alice, roomId } = await roomOfTwo()
  const { next_batch: since } = await sync(alice)
  await alice.call('PUT', at(roomId, '/state/m.room.topic'), { topic: 'Bread' })
  const room = (await sync(alice, { since, use_state_after: 'true' })).rooms.join?.[roomId]
  expect(room?.state).toBeUndefined()
  expect(room?.state_after?.events.map((e) => e.content)).toEqual([{ topic: 'Bread' }])
})

test('lazy loading tells only the members who spoke, and heroes', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const roomId = await createRoom(alice, { preset: 'public_chat' })
  const others: TestClient[] = []
  for (let i = 0; i < 8; i++) {
    const other = await node.client(`user${i}`)
    await other.call('POST', at(roomId, '/join'), {})
    others.push(other)
  }
  for (let i = 0; i < 6; i++) await say(others[7] as TestClient, roomId, 'talk')
  const filter = JSON.stringify({ room: { state: { lazy_load_members: true }, timeline: { limit: 5 } } })
  const room = (await sync(alice, { filter })).rooms.join?.[roomId]
  const members = room?.state.events.filter((e) => e.type === 'm.room.member').map((e) => e.state_key)
  expect(members).toContain('@user7:one.test')
  expect(members).toContain('@alice:one.test')
  expect(members?.length).toBeLessThan(9)
  expect(room?.summary).toMatchObject({ 'm.joined_member_count': 9 })
})

test('an invite, its acceptance and a later leave each come in their section', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const bob = await node.client('bob')
  const roomId = await createRoom(alice, { name: 'Private', preset: 'private_chat' })
  const start = await sync(bob)
  await alice.call('POST', at(roomId, '/invite'), { user_id: bob.userId })
  const invited = await sync(bob, { since: start.next_batch })
  const state = invited.rooms.invite?.[roomId]?.invite_state.events ?? []
  expect(state.find((e) => e.type === 'm.room.name')?.content).toEqual({ name: 'Private' })
  expect(state.find((e) => e.state_key === bob.userId)?.content['membership']).toBe('invite')
  await bob.call('GET', at(roomId, '/messages?dir=b'), undefined, 403)

  await bob.call('POST', `/join/${encodeURIComponent(roomId)}`, {})
  const joined = await sync(bob, { since: invited.next_batch })
  const room = joined.rooms.join?.[roomId]
  expect(joined.rooms.invite).toBeUndefined()
  const types = [...(room?.state.events ?? []), ...(room?.timeline.events ?? [])].map((e) => e.type)
  expect(types).toEqual(expect.arrayContaining(['m.room.create', 'm.room.name', 'm.room.power_levels']))

  await alice.call('POST', at(roomId, '/kick'), { user_id: bob.userId, reason: 'noise' })
  await say(alice, roomId, 'not for bob')
  const left = await sync(bob, { since: joined.next_batch })
  expect(left.rooms.join).toBeUndefined()
  const events = left.rooms.leave?.[roomId]?.timeline.events ?? []
  expect(events.at(-1)).toMatchObject({
    type: 'm.room.member',
    content: { membership: 'leave', reason: 'noise' },
  })
  expect(bodies(events)).not.toContain('not for bob')
  await bob.call('PUT', at(roomId, '/send/m.room.message/x'), { body: 'hi' }, 403)
  await bob.call('POST', at(roomId, '/forget'), {})
  const again = await sync(bob, { filter: JSON.stringify({ room: { include_leave: true } }) })
  expect(again.rooms.leave).toBeUndefined()
})

test('a long poll answers when something happens, and only for whom it concerns', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const carol = await node.client('carol')
  const since = (await sync(alice)).next_batch
  const carolSince = (await sync(carol)).next_batch
  const { next_batch } = await sync(alice, { since })
  const waiting = sync(alice, { since: next_batch, timeout: '10000' })
  const idle = sync(carol, { since: carolSince, timeout: '150' })
  const id = await say(bob, roomId, 'wake up')
  const events = (await waiting).rooms.join?.[roomId]?.timeline.events ?? []
  expect(events.map((e) => e.event_id)).toEqual([id])
  expect((await idle).rooms).toEqual({})
})

test('unread counts rise with messages and mentions, and fall with a receipt', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  let { next_batch: since } = await sync(alice)
  const counts = async () => {
    const result = await sync(alice, { since })
    since = result.next_batch
    return result.rooms.join?.[roomId]?.unread_notifications
  }
  await say(bob, roomId, 'one')
  expect(await counts()).toEqual({ notification_count: 1, highlight_count: 0 })
  const last = await send(bob, roomId, {
    msgtype: 'm.text',
    body: 'alice!',
    'm.mentions': { user_ids: [alice.userId] },
  })
  await send(bob, roomId, { msgtype: 'm.notice', body: 'a notice is silent' })
  expect(await counts()).toEqual({ notification_count: 2, highlight_count: 1 })
  await alice.call('POST', at(roomId, `/receipt/m.read/${encodeURIComponent(last)}`), {})
  expect(await counts()).toEqual({ notification_count: 0, highlight_count: 0 })
  const fresh = (await sync(alice)).rooms.join?.[roomId]
  expect(fresh?.unread_notifications).toEqual({ notification_count: 0, highlight_count: 0 })
})

test('unread counts of threads are told apart when asked for', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const root = await say(bob, roomId, 'root')
  await send(bob, roomId, {
    msgtype: 'm.text',
    body: 'reply',
    'm.relates_to': { rel_type: 'm.thread', event_id: root },
  })
  const filter = JSON.stringify({ room: { timeline: { unread_thread_notifications: true } } })
  const room = (await sync(alice, { filter })).rooms.join?.[roomId]
  expect(room?.unread_notifications.notification_count).toBe(1)
  expect(room?.unread_thread_notifications?.[root]).toEqual({ notification_count: 1, highlight_count: 0 })
})

test('receipts and typing reach the others', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const id = await say(alice, roomId, 'read me')
  const { next_batch: since } = await sync(alice)
  await bob.call('POST', at(roomId, '/read_markers'), { 'm.fully_read': id, 'm.read': id })
  await bob.call('PUT', at(roomId, `/typing/${bob.userId}`), { typing: true, timeout: 20_000 })
  const update = await sync(alice, { since })
  const ephemeral = update.rooms.join?.[roomId]?.ephemeral.events ?? []
  expect(ephemeral.find((e) => e.type === 'm.typing')?.content).toEqual({ user_ids: [bob.userId] })
  const receipt = ephemeral.find((e) => e.type === 'm.receipt')?.content[id] as JsonObject
  expect(Object.keys(receipt['m.read'] as JsonObject)).toEqual([bob.userId])
  const quiet = await sync(alice, { since: update.next_batch })
  expect(quiet.rooms).toEqual({})
  await bob.call('PUT', at(roomId, `/typing/${bob.userId}`), { typing: false })
  const stopped = await sync(alice, { since: update.next_batch })
  expect(stopped.rooms.join?.[roomId]?.ephemeral.events[0]?.content).toEqual({ user_ids: [] })
})

test('a redaction takes the content and says why', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const id = await say(bob, roomId, 'oops')
  const { next_batch: since } = await sync(alice)
  const path = at(roomId, `/redact/${encodeURIComponent(id)}/r1`)
  const { event_id: redaction } = await bob.call('PUT', path, { reason: 'typo' })
  const events = (await sync(alice, { since })).rooms.join?.[roomId]?.timeline.events ?? []
  expect(events[0]).toMatchObject({
    event_id: redaction,
    redacts: id,
    content: { redacts: id, reason: 'typo' },
  })
  const event = (await alice.call('GET', at(roomId, `/event/${encodeURIComponent(id)}`))) as unknown as Event
  expect(event.content).toEqual({})
  expect(event.unsigned['redacted_because']).toMatchObject({ event_id: redaction })
})

test('state, members, context and aliases are readable', async () => {
  const { alice, bob, roomId } = await roomOfTwo({ room_alias_name: 'kitchen' })
  expect(await bob.call('GET', at(roomId, '/state/m.room.name/'))).toEqual({ name: 'Kitchen' })
  expect(await bob.call('GET', at(roomId, '/state/m.room.name?format=event'))).toMatchObject({
    state_key: '',
  })
  const { joined } = await bob.call('GET', at(roomId, '/joined_members'))
  expect(Object.keys(joined as JsonObject).toSorted()).toEqual([alice.userId, bob.userId])
  const { chunk } = await bob.call('GET', at(roomId, '/members?membership=join'))
  expect(chunk).toHaveLength(2)
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.push(await say(alice, roomId, `c${i}`))
  const around = await bob.call('GET', at(roomId, `/context/${encodeURIComponent(String(ids[2]))}?limit=4`))
  expect(bodies(around['events_before'] as unknown as Event[])).toEqual(['c1', 'c0'])
  expect(bodies(around['events_after'] as unknown as Event[])).toEqual(['c3', 'c4'])
  const alias = encodeURIComponent('#kitchen:one.test')
  expect(await bob.call('GET', `/directory/room/${alias}`)).toMatchObject({ room_id: roomId })
  const carol = await node.client('carol')
  expect(await carol.call('POST', `/join/${alias}`, {})).toEqual({ room_id: roomId })
  await carol.call('GET', at('!nowhere:one.test', '/state'), undefined, 403)
})

test('a new display name reaches the rooms', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const { next_batch: since } = await sync(alice)
  await bob.call('PUT', `/profile/${bob.userId}/displayname`, { displayname: 'Bob B.' })
  expect(await alice.call('GET', `/profile/${bob.userId}`)).toEqual({ displayname: 'Bob B.' })
  const events = (await sync(alice, { since })).rooms.join?.[roomId]?.timeline.events ?? []
  expect(events.at(-1)).toMatchObject({ content: { displayname: 'Bob B.', membership: 'join' } })
})

test('device keys, one-time keys and to-device messages between local devices', async () => {
  const { alice, bob } = await roomOfTwo({ preset: 'private_chat', invite: ['@bob:one.test'] })
  const { next_batch: since } = await sync(alice)
  const bobSince = (await sync(bob)).next_batch
  const upload = await bob.call('POST', '/keys/upload', {
    device_keys: { user_id: bob.userId, device_id: bob.deviceId, algorithms: [], keys: {}, signatures: {} },
    one_time_keys: { 'signed_curve25519:AAAA': { key: 'k1' } },
    fallback_keys: { 'signed_curve25519:FFFF': { key: 'fb', fallback: true } },
  })
  expect(upload).toEqual({ one_time_key_counts: { signed_curve25519: 1 } })
  expect((await sync(alice, { since })).device_lists?.changed).toContain(bob.userId)
  const query = await alice.call('POST', '/keys/query', { device_keys: { [bob.userId]: [] } })
  expect(query).toMatchObject({
    device_keys: { [bob.userId]: { [bob.deviceId]: { device_id: bob.deviceId } } },
  })
  const claim = async () => {
    const body = { one_time_keys: { [bob.userId]: { [bob.deviceId]: 'signed_curve25519' } } }
    const { one_time_keys: keys } = await alice.call('POST', '/keys/claim', body)
    return (keys as Record<string, JsonObject>)[bob.userId]?.[bob.deviceId]
  }
  expect(await claim()).toEqual({ 'signed_curve25519:AAAA': { key: 'k1' } })
  expect(await claim()).toEqual({ 'signed_curve25519:FFFF': { key: 'fb', fallback: true } })

  const messages = { messages: { [bob.userId]: { '*': { hello: 1 } } } }
  await alice.call('PUT', '/sendToDevice/m.test/d1', messages)
  await alice.call('PUT', '/sendToDevice/m.test/d1', messages)
  const got = await sync(bob, { since: bobSince })
  expect(got.to_device.events).toEqual([{ type: 'm.test', sender: alice.userId, content: { hello: 1 } }])
  // Until the device confirms by syncing on, a lost answer loses nothing.
  expect((await sync(bob, { since: bobSince })).to_device.events).toHaveLength(1)
  expect((await sync(bob, { since: got.next_batch })).to_device.events).toEqual([])
  expect(got.device_one_time_keys_count).toEqual({ signed_curve25519: 0 })
})

test('edits, threads and references are bundled, and listed as relations', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const root = await say(alice, roomId, 'soup?')
  const relate = (client: TestClient, relType: string, body: string, extra: JsonObject = {}) =>
    send(client, roomId, {
      msgtype: 'm.text',
      body,
      'm.relates_to': { rel_type: relType, event_id: root },
      ...extra,
    })
  await relate(alice, 'm.replace', '* stew?', { 'm.new_content': { msgtype: 'm.text', body: 'stew?' } })
  // Nobody edits what another wrote.
  await relate(bob, 'm.replace', '* bread', { 'm.new_content': { msgtype: 'm.text', body: 'bread' } })
  await relate(bob, 'm.thread', 'yes')
  const last = await relate(alice, 'm.thread', 'good')
  const event = (await bob.call('GET', at(roomId, `/event/${encodeURIComponent(root)}`))) as unknown as Event
  const bundle = event.unsigned['m.relations'] as Record<string, JsonObject>
  expect(bundle['m.replace']).toMatchObject({ content: { body: '* stew?' } })
  expect(bundle['m.thread']).toMatchObject({
    count: 2,
    current_user_participated: true,
    latest_event: { event_id: last },
  })
  const base = `/_matrix/client/v1${at(roomId, `/relations/${encodeURIComponent(root)}/m.thread`)}`
  const first = await bob.call('GET', `${base}?limit=1`)
  expect(bodies(first['chunk'] as unknown as Event[])).toEqual(['good'])
  const second = await bob.call('GET', `${base}?limit=1&from=${field(first, 'next_batch')}`)
  expect(bodies(second['chunk'] as unknown as Event[])).toEqual(['yes'])
  expect(second['next_batch']).toBeUndefined()
  const threads = await bob.call('GET', `/_matrix/client/v1${at(roomId, '/threads')}`)
  expect((threads['chunk'] as unknown as Event[]).map((e) => e.event_id)).toEqual([root])
})

test('search finds words in rooms the user is in, and nowhere else', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  await say(bob, roomId, 'Tomato soup tonight')
  await say(bob, roomId, 'Soup is cold')
  const secret = await createRoom(bob, { preset: 'private_chat' })
  await say(bob, secret, 'secret tomato')
  const body = { search_categories: { room_events: { search_term: 'tomato SOUP' } } }
  const found = (await alice.call('POST', '/search', body))['search_categories'] as unknown as {
    room_events: { count: number; results: { result: Event }[] }
  }
  expect(found.room_events.results.map((r) => r.result.content['body'])).toEqual(['Tomato soup tonight'])
})

test('messages of ignored users do not arrive', async () => {
  const { alice, bob, roomId } = await roomOfTwo()
  const { next_batch: since } = await sync(alice)
  const ignored = { ignored_users: { [bob.userId]: {} } }
  await alice.call('PUT', `/user/${alice.userId}/account_data/m.ignored_user_list`, ignored)
  await say(bob, roomId, 'spam')
  await bob.call('PUT', at(roomId, `/state/m.room.member/${bob.userId}`), {
    membership: 'join',
    displayname: 'Still seen',
  })
  const events = (await sync(alice, { since })).rooms.join?.[roomId]?.timeline.events ?? []
  expect(events.map((e) => e.type)).toEqual(['m.room.member'])
})

test('strangers read nothing of a private room', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const eve = await node.client('eve')
  const roomId = await createRoom(alice, { preset: 'private_chat' })
  const id = await say(alice, roomId, 'between us')
  const paths = [
    '/state',
    '/messages?dir=b',
    '/members',
    '/joined_members',
    '/state/m.room.create',
    '/aliases',
  ]
  for (const path of paths) await eve.call('GET', at(roomId, path), undefined, 403)
  await eve.call('GET', at(roomId, `/event/${encodeURIComponent(id)}`), undefined, 404)
  await eve.call('GET', at(roomId, `/context/${encodeURIComponent(id)}`), undefined, 404)
  await eve.call('PUT', at(roomId, '/send/m.room.message/1'), { body: 'x' }, 403)
  await eve.call('PUT', at(roomId, `/typing/${eve.userId}`), { typing: true }, 403)
  await eve.call('POST', at(roomId, `/receipt/m.read/${encodeURIComponent(id)}`), {}, 403)
  await eve.call('POST', at(roomId, '/join'), {}, 403)
  expect((await sync(eve)).rooms).toEqual({})
})

test('what was said before joining is hidden when history is for members only', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const bob = await node.client('bob')
  const visibility = {
    type: 'm.room.history_visibility',
    state_key: '',
    content: { history_visibility: 'joined' },
  }
  const roomId = await createRoom(alice, { preset: 'public_chat', initial_state: [visibility] })
  await say(alice, roomId, 'before')
  const { next_batch: since } = await sync(bob)
  await bob.call('POST', at(roomId, '/join'), {})
  await say(alice, roomId, 'after')
  const room = (await sync(bob, { since })).rooms.join?.[roomId]
  expect(bodies(room?.timeline.events ?? [])).toContain('after')
  expect(bodies(room?.timeline.events ?? [])).not.toContain('before')
  const { chunk } = await bob.call('GET', at(roomId, '/messages?dir=b&limit=50'))
  expect(bodies(chunk as unknown as Event[])).not.toContain('before')
})

test('an upgrade makes a room that follows, and closes the old one', async () => {
  const { alice, bob, roomId } = await roomOfTwo({ room_version: '10' })
  const upgraded = await alice.call('POST', at(roomId, '/upgrade'), { new_version: '12' })
  const next = field(upgraded, 'replacement_room')
  expect(await bob.call('GET', at(roomId, '/state/m.room.tombstone'))).toMatchObject({
    replacement_room: next,
  })
  await bob.call('PUT', at(roomId, '/send/m.room.message/late'), { msgtype: 'm.text', body: 'late' }, 403)
  expect(await alice.call('GET', at(next, '/state/m.room.name'))).toEqual({ name: 'Kitchen' })
  expect(await alice.call('GET', at(next, '/state/m.room.create'))).toMatchObject({
    room_version: '12',
    predecessor: { room_id: roomId },
  })
  expect(await bob.call('POST', at(next, '/join'), {})).toEqual({ room_id: next })
})

test('the public directory, summaries, spaces and times', async () => {
  const { alice, bob, roomId } = await roomOfTwo({ visibility: 'public' })
  const list = await node.request('GET', '/_matrix/client/v3/publicRooms')
  expect(list.json['chunk']).toMatchObject([{ room_id: roomId, name: 'Kitchen', num_joined_members: 2 }])
  await bob.call('PUT', `/directory/list/room/${encodeURIComponent(roomId)}`, { visibility: 'private' }, 403)
  await alice.call('PUT', `/directory/list/room/${encodeURIComponent(roomId)}`, { visibility: 'private' })
  expect((await alice.call('POST', '/publicRooms', {}))['chunk']).toEqual([])

  const space = await createRoom(alice, { preset: 'public_chat', creation_content: { type: 'm.space' } })
  const child = at(space, `/state/m.space.child/${encodeURIComponent(roomId)}`)
  await alice.call('PUT', child, { via: ['one.test'] })
  const tree = await bob.call('GET', `/_matrix/client/v1${at(space, '/hierarchy')}`)
  expect((tree['rooms'] as unknown as { room_id: string }[]).map((r) => r.room_id)).toEqual([space, roomId])
  const summary = `/_matrix/client/v1/room_summary/${encodeURIComponent(roomId)}`
  expect(await bob.call('GET', summary)).toMatchObject({ name: 'Kitchen', membership: 'join' })
  const first = `/_matrix/client/v1${at(roomId, '/timestamp_to_event?ts=0&dir=f')}`
  const { event_id: id } = await bob.call('GET', first)
  const [create] = node.store.timeline({ roomId: roomId as RoomId, direction: 'forward', limit: 1 })
  const stamp = create?.pdu.originServerTs
  expect(node.store.getEvent(id as EventId)?.pdu.originServerTs).toBe(stamp)
})
