import { afterEach, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient
let bob: TestClient
let room: string

beforeEach(async () => {
  node = await createTestNode()
  alice = await node.client('alice')
  bob = await node.client('bob')
  room = field(await alice.call('POST', '/createRoom', { preset: 'public_chat' }), 'room_id')
  await bob.call('POST', at('/join'), {})
})
afterEach(async () => {
  expect(node.errors.map((item) => item.values)).toEqual([])
  await node.stop()
})

interface Event {
  event_id: string
  content: JsonObject
  unsigned: { 'm.relations'?: Record<string, JsonObject> }
}
let serial = 0
const at = (rest: string): string => `/rooms/${encodeURIComponent(room)}${rest}`
async function send(client: TestClient, content: JsonObject, type = 'm.room.message'): Promise<string> {
  return field(await client.call('PUT', at(`/send/${type}/${++serial}`), content), 'event_id')
}
const say = (client: TestClient, body: string): Promise<string> => send(client, { msgtype: 'm.text', body })
const relate = (client: TestClient, to: string, relType: string, body: string): Promise<string> =>
  send(client, { msgtype: 'm.text', body, 'm.relates_to': { rel_type: relType, event_id: to } })
const edit = (client: TestClient, of: string, body: string, more: JsonObject = {}): Promise<string> =>
  send(client, {
    msgtype: 'm.text',
    body: `* ${body}`,
    'm.new_content': { msgtype: 'm.text', body },
    'm.relates_to': { rel_type: 'm.replace', event_id: of },
    ...more,
  })
const react = (client: TestClient, to: string, key: string): Promise<string> =>
  send(client, { 'm.relates_to': { rel_type: 'm.annotation', event_id: to, key } }, 'm.reaction')
const redact = async (client: TestClient, id: string): Promise<void> => {
  await client.call('PUT', at(`/redact/${encodeURIComponent(id)}/r${++serial}`), {})
}

async function bundleOf(client: TestClient, id: string): Promise<Record<string, JsonObject>> {
  const event = (await client.call('GET', at(`/event/${encodeURIComponent(id)}`))) as unknown as Event
  return event.unsigned['m.relations'] ?? {}
}
type Page = { chunk: Event[]; next_batch?: string }
const relations = async (client: TestClient, id: string, rest = '', query = ''): Promise<Page> =>
  (await client.call(
    'GET',
    `/_matrix/client/v1${at(`/relations/${encodeURIComponent(id)}${rest}`)}?${query}`,
  )) as unknown as Page
const threads = async (client: TestClient, query = ''): Promise<Page> =>
  (await client.call('GET', `/_matrix/client/v1${at('/threads')}?${query}`)) as unknown as Page
const ids = (page: Page): string[] => page.chunk.map((event) => event.event_id)

/** All pages, and that none repeats or skips. */
async function allPages(page: (token: string | undefined) => Promise<Page>): Promise<string[]> {
  const seen: string[] = []
  let token: string | undefined
  do {
    const next = await page(token)
    seen.push(...ids(next))
    token = next.next_batch
  } while (token !== undefined)
  expect(new Set(seen).size).toBe(seen.length)
  return seen
}

test('relations page in both directions, by type of relation and of event, and indirect ones if wished', async () => {
  const root = await say(alice, 'root')
  const replies: string[] = []
  for (let n = 0; n < 7; n++) replies.push(await relate(bob, root, 'm.thread', `r${n}`))
  const thumb = await react(alice, root, '👍')
  const change = await edit(bob, replies[2]!, 'changed')
  const heart = await react(alice, replies[3]!, '❤️')
  const paged = (rest: string, query: string): Promise<string[]> =>
    allPages((token) =>
      relations(bob, root, rest, `limit=3&${query}${token === undefined ? '' : `&from=${token}`}`),
    )
  expect(await paged('/m.thread', 'dir=b')).toEqual(replies.toReversed())
  expect(await paged('/m.thread', 'dir=f')).toEqual(replies)
  expect(await paged('', 'dir=f')).toEqual([...replies, thumb])
  expect(await paged('/m.annotation/m.reaction', 'dir=b')).toEqual([thumb])
  expect(await paged('/m.annotation/m.room.message', 'dir=b')).toEqual([])
  expect(await paged('', 'dir=b&recurse=true')).toEqual([heart, change, thumb, ...replies.toReversed()])
  await relations(bob, root, '', 'dir=x').then(
    () => expect.unreachable(),
    (error: unknown) => expect(String(error)).toContain('M_INVALID_PARAM'),
  )
})

test('threads are listed by their latest reply, those one takes part in alone if wished', async () => {
  const roots: string[] = []
  for (let n = 0; n < 5; n++) roots.push(await say(n === 4 ? bob : alice, `root ${n}`))
  const first = await relate(alice, roots[0]!, 'm.thread', 'a')
  for (const root of roots.slice(1)) await relate(alice, root, 'm.thread', 'b')
  const late = await relate(bob, roots[1]!, 'm.thread', 'late')
  const paged = (query: string): Promise<string[]> =>
    allPages((token) => threads(bob, `limit=2${query}${token === undefined ? '' : `&from=${token}`}`))
  const [zero, one, two, three, four] = roots
  expect(await paged('')).toEqual([one, four, three, two, zero])
  expect(await paged('&include=participated')).toEqual([one, four])
  await redact(bob, late)
  expect(await paged('')).toEqual([four, three, two, one, zero])
  expect(await paged('&include=participated')).toEqual([four])
  await redact(alice, first)
  expect(await paged('')).toEqual([four, three, two, one])
  // The root's words are gone; the conversation under it is not.
  await redact(alice, three!)
  expect(await paged('')).toEqual([four, three, two, one])
})

test('the bundle of a thread follows edits and redactions, and leaves out who is ignored', async () => {
  const carol = await node.client('carol')
  await carol.call('POST', at('/join'), {})
  const root = await say(alice, 'root')
  const first = await relate(bob, root, 'm.thread', 'first')
  const second = await relate(carol, root, 'm.thread', 'second')
  const change = await edit(carol, second, 'second, better')
  expect((await bundleOf(alice, root))['m.thread']).toMatchObject({
    count: 2,
    current_user_participated: true,
    latest_event: {
      event_id: second,
      unsigned: { 'm.relations': { 'm.replace': { event_id: change } } },
    },
  })
  await bob.call('PUT', `/user/${bob.userId}/account_data/m.ignored_user_list`, {
    ignored_users: { [carol.userId]: {} },
  })
  expect((await bundleOf(bob, root))['m.thread']).toMatchObject({
    count: 1,
    latest_event: { event_id: first },
  })
  await redact(carol, second)
  expect((await bundleOf(carol, root))['m.thread']).toMatchObject({
    count: 1,
    current_user_participated: false,
    latest_event: { event_id: first },
  })
  await redact(bob, first)
  expect(await bundleOf(carol, root)).toEqual({})
})

test('a long thread is counted whole, for who sees it whole', async () => {
  const root = await say(alice, 'root')
  for (let n = 0; n < 60; n++) await relate(alice, root, 'm.thread', `r${n}`)
  expect((await bundleOf(bob, root))['m.thread']).toMatchObject({
    count: 60,
    current_user_participated: false,
  })
})

test('only a valid edit replaces: the same sender and type, with new content, not of an edit', async () => {
  const original = await say(alice, 'v1')
  const good = await edit(alice, original, 'v2')
  await edit(bob, original, 'forged')
  await send(
    alice,
    {
      body: 'x',
      'm.new_content': { body: 'x' },
      'm.relates_to': { rel_type: 'm.replace', event_id: original },
    },
    'm.sticker',
  )
  await relate(alice, original, 'm.replace', 'without new content')
  const ofEdit = await edit(alice, good, 'edit of an edit')
  expect((await bundleOf(bob, original))['m.replace']).toMatchObject({ event_id: good })
  expect(await bundleOf(bob, good)).toEqual({})
  const newest = await edit(alice, original, 'v3')
  for (const path of [`/messages?dir=b&limit=20`, `/context/${encodeURIComponent(original)}`]) {
    const answer = await bob.call('GET', at(path))
    const events = (answer['chunk'] ?? [answer['event']]) as unknown as Event[]
    const shown = events.find((event) => event.event_id === original)
    expect(shown?.unsigned['m.relations']?.['m.replace']).toMatchObject({ event_id: newest })
    expect(shown?.content['body']).toBe('v1')
  }
  const synced = (await bob.sync()) as unknown as {
    rooms: { join: Record<string, { timeline: { events: Event[] } }> }
  }
  const inSync = synced.rooms.join[room]?.timeline.events.find((event) => event.event_id === original)
  expect(inSync?.unsigned['m.relations']?.['m.replace']).toMatchObject({ event_id: newest })
  await redact(alice, newest)
  expect((await bundleOf(bob, original))['m.replace']).toMatchObject({ event_id: good })
  void ofEdit
})

test('with a message go its edits, and a reaction that is taken back is no relation', async () => {
  const original = await say(alice, 'secret')
  const change = await edit(alice, original, 'still secret')
  const thumb = await react(bob, original, '👍')
  await react(alice, original, '👍')
  expect(ids(await relations(bob, original, '/m.annotation'))).toHaveLength(2)
  await redact(bob, thumb)
  expect(ids(await relations(bob, original, '/m.annotation'))).toHaveLength(1)
  await redact(alice, original)
  expect(await bundleOf(bob, original)).toEqual({})
  const gone = (await bob.call('GET', at(`/event/${encodeURIComponent(change)}`))) as unknown as Event
  expect(gone.content).toEqual({})
  // The edit is redacted by an event of its own, for servers that would keep it.
  const page = await bob.call('GET', at('/messages?dir=b&limit=10'))
  const redactions = (page['chunk'] as { type: string; redacts?: string }[]).filter(
    (event) => event.type === 'm.room.redaction',
  )
  expect(new Set(redactions.map((event) => event.redacts))).toEqual(new Set([thumb, original, change]))
  expect(redactions).toHaveLength(3)
})

test('answers to a poll are references of it', async () => {
  const poll = await send(
    alice,
    {
      'm.text': [{ body: 'Soup?' }],
      'm.poll': { question: { 'm.text': [{ body: 'Soup?' }] }, answers: [{ 'm.id': 'y' }, { 'm.id': 'n' }] },
    },
    'm.poll.start',
  )
  const answer = (client: TestClient, choice: string): Promise<string> =>
    send(
      client,
      { 'm.selections': [choice], 'm.relates_to': { rel_type: 'm.reference', event_id: poll } },
      'm.poll.response',
    )
  const votes = [await answer(alice, 'y'), await answer(bob, 'n'), await answer(bob, 'y')]
  expect((await bundleOf(bob, poll))['m.reference']).toEqual({
    chunk: votes.map((id) => ({ event_id: id })),
  })
  expect(ids(await relations(bob, poll, '/m.reference/m.poll.response', 'dir=f'))).toEqual(votes)
  await redact(bob, votes[1]!)
  expect((await bundleOf(bob, poll))['m.reference']).toEqual({
    chunk: [{ event_id: votes[0] }, { event_id: votes[2] }],
  })
})

test('the event nearest to a time is found on either side', async () => {
  const sent: { id: string; ts: number }[] = []
  for (let n = 0; n < 3; n++) {
    const id = await say(alice, `m${n}`)
    const event = await alice.call('GET', at(`/event/${encodeURIComponent(id)}`))
    sent.push({ id, ts: event['origin_server_ts'] as number })
  }
  const [, , last] = sent
  const near = (ts: number, dir: string, expected = 200): Promise<JsonObject> =>
    bob.call('GET', `/_matrix/client/v1${at(`/timestamp_to_event?ts=${ts}&dir=${dir}`)}`, undefined, expected)
  expect(await near(last!.ts, 'b')).toMatchObject({ origin_server_ts: last!.ts })
  expect(await near(last!.ts + 1_000, 'b')).toMatchObject({ event_id: last!.id })
  expect((await near(0, 'f'))['event_id']).toBeDefined()
  await near(last!.ts + 1_000, 'f', 404)
})
