import { afterEach, expect, test } from 'vitest'
import type { JsonObject } from '../../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from '../test-node.ts'

let node: TestNode
afterEach(async () => {
  expect(node.errors.map((item) => item.values)).toEqual([])
  await node.stop()
})

interface Answer {
  count: number
  highlights: string[]
  next_batch?: string
  state?: Record<string, JsonObject[]>
  groups?: JsonObject
  results: {
    rank: number
    result: { event_id: string; type: string; content: JsonObject; unsigned: JsonObject }
    context?: {
      events_before: { event_id: string }[]
      events_after: { event_id: string }[]
      start: string
      end: string
      profile_info?: Record<string, JsonObject>
    }
  }[]
}

let serial = 0
const at = (roomId: string, rest: string): string => `/rooms/${encodeURIComponent(roomId)}${rest}`

async function send(
  client: TestClient,
  roomId: string,
  content: JsonObject,
  type = 'm.room.message',
): Promise<string> {
  const path = at(roomId, `/send/${type}/${++serial}`)
  return field(await client.call('PUT', path, content), 'event_id')
}
const say = (client: TestClient, roomId: string, body: string): Promise<string> =>
  send(client, roomId, { msgtype: 'm.text', body })

async function roomOf(alice: TestClient, ...others: TestClient[]): Promise<string> {
  const roomId = field(await alice.call('POST', '/createRoom', { preset: 'public_chat' }), 'room_id')
  for (const other of others) await other.call('POST', at(roomId, '/join'), {})
  return roomId
}

async function search(
  client: TestClient,
  term: string,
  more: JsonObject = {},
  token?: string,
): Promise<Answer> {
  const path = token === undefined ? '/search' : `/search?next_batch=${token}`
  const body = { search_categories: { room_events: { search_term: term, order_by: 'recent', ...more } } }
  const answer = (await client.call('POST', path, body))['search_categories'] as unknown as {
    room_events: Answer
  }
  return answer.room_events
}
const ids = (answer: Answer): string[] => answer.results.map(({ result }) => result.event_id)

test('words are found whatever their case and accents, also by their beginning; all must occur', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const room = await roomOf(alice)
  const cafe = await say(alice, room, 'Crème brûlée im Café')
  const messages = await say(alice, room, 'Your messages, please')
  const both = await say(alice, room, 'a message from the cafe')
  await say(alice, room, 'nothing here')
  expect(ids(await search(alice, 'cafe'))).toEqual([both, cafe])
  expect(ids(await search(alice, 'MESSAGE'))).toEqual([both, messages])
  expect(ids(await search(alice, 'mess café'))).toEqual([both])
  expect(ids(await search(alice, '"message from"'))).toEqual([both])
  expect(ids(await search(alice, '"from message"'))).toEqual([])
  const { highlights, count } = await search(alice, 'creme')
  expect(highlights).toEqual(['creme', 'crème'])
  expect(count).toBe(1)
  // Signs of the query language are no more than signs.
  for (const odd of ['cafe" OR "x', 'NEAR(cafe) *', 'scope:body cafe', '(cafe', "don't", 'a-b:c^2']) {
    await search(alice, odd)
  }
  const empty = { search_categories: { room_events: { search_term: '!?"' } } }
  await alice.call('POST', '/search', empty, 400)
})

test('scripts without spaces and emoji are found', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const room = await roomOf(alice)
  const chinese = await say(alice, room, '今天晚上吃什么')
  const fire = await say(alice, room, 'so good🔥❤️')
  expect(ids(await search(alice, '晚上'))).toEqual([chinese])
  expect(ids(await search(alice, '上晚'))).toEqual([])
  expect(ids(await search(alice, '🔥'))).toEqual([fire])
  expect(ids(await search(alice, '❤'))).toEqual([fire])
})

test('an edit replaces what is found, and a redaction of it brings the words before back', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const bob = await node.client('bob')
  const room = await roomOf(alice, bob)
  const original = await say(alice, room, 'tomato')
  const edit = await send(alice, room, {
    msgtype: 'm.text',
    body: '* potato',
    'm.new_content': { msgtype: 'm.text', body: 'potato' },
    'm.relates_to': { rel_type: 'm.replace', event_id: original },
  })
  await send(bob, room, {
    msgtype: 'm.text',
    body: '* carrot',
    'm.new_content': { msgtype: 'm.text', body: 'carrot' },
    'm.relates_to': { rel_type: 'm.replace', event_id: original },
  })
  expect(ids(await search(alice, 'tomato'))).toEqual([])
  const found = await search(bob, 'potato')
  expect(ids(found)).toEqual([original])
  expect(found.results[0]?.result.unsigned['m.relations']).toMatchObject({
    'm.replace': { event_id: edit },
  })
  expect(ids(await search(alice, 'carrot'))).toEqual([])
  await alice.call('PUT', at(room, `/redact/${edit}/r1`), {})
  expect(ids(await search(alice, 'tomato'))).toEqual([original])
  expect(ids(await search(alice, 'potato'))).toEqual([])
  await alice.call('PUT', at(room, `/redact/${original}/r2`), {})
  expect(ids(await search(alice, 'tomato'))).toEqual([])
})

test('files, captions, polls, names and topics are found, each under its key', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const room = await roomOf(alice)
  const file = await send(alice, room, {
    msgtype: 'm.file',
    filename: 'Quarterly report.pdf',
    body: 'the figures you wanted',
    url: 'mxc://one.test/abc',
  })
  const poll = await send(
    alice,
    room,
    {
      'm.text': [{ body: 'fallback' }],
      'm.poll': {
        question: { 'm.text': [{ body: 'Which figures?' }] },
        answers: [{ 'm.id': '1', 'm.text': [{ body: 'Turnover' }] }],
      },
    },
    'm.poll.start',
  )
  await alice.call('PUT', at(room, '/state/m.room.topic/'), { topic: 'Facts and figures' })
  await alice.call('PUT', at(room, '/state/m.room.name/'), { name: 'Reports' })
  expect(ids(await search(alice, 'quarterly'))).toEqual([file])
  expect(ids(await search(alice, 'turnover'))).toEqual([poll])
  const types = async (keys: string[], term: string): Promise<string[]> =>
    (await search(alice, term, { keys })).results.map(({ result }) => result.type)
  expect(await types(['content.topic'], 'figures')).toEqual(['m.room.topic'])
  expect(await types(['content.name'], 'report')).toEqual(['m.room.name'])
  expect((await types(['content.body'], 'figures')).sort()).toEqual(['m.poll.start', 'm.room.message'])
  expect(ids(await search(alice, 'figures', { filter: { contains_url: true } }))).toEqual([file])
  expect((await search(alice, 'figures', { filter: { types: ['m.room.topic'] } })).count).toBe(1)
})

test('by room, person and date', async () => {
  let now = Date.UTC(2026, 0, 1)
  node = await createTestNode({ clock: { now: () => now, monotonic: () => now, setTimeout: () => () => {} } })
  const alice = await node.client('alice')
  const bob = await node.client('bob')
  const kitchen = await roomOf(alice, bob)
  const garden = await roomOf(alice, bob)
  const sent: string[] = []
  for (const [client, room] of [
    [alice, kitchen],
    [bob, kitchen],
    [bob, garden],
    [alice, garden],
  ] as const) {
    sent.push(await say(client, room, 'soup'))
    now += 86_400_000
  }
  const [first, second, third, fourth] = sent
  const found = async (filter: JsonObject): Promise<string[]> => ids(await search(alice, 'soup', { filter }))
  expect(await found({})).toEqual([fourth, third, second, first])
  expect(await found({ rooms: [kitchen] })).toEqual([second, first])
  expect(await found({ not_rooms: [kitchen] })).toEqual([fourth, third])
  expect(await found({ senders: [bob.userId] })).toEqual([third, second])
  expect(await found({ not_senders: [bob.userId] })).toEqual([fourth, first])
  const day = (n: number): number => Date.UTC(2026, 0, n)
  expect(await found({ 'dev.hearth.from_ts': day(2), 'dev.hearth.to_ts': day(4) - 1 })).toEqual([
    third,
    second,
  ])
  expect(await found({ rooms: [garden], senders: [bob.userId], 'dev.hearth.to_ts': day(2) })).toEqual([])
})

test('pages, newest or closest first, with what was said around', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const room = await roomOf(alice)
  const sent: string[] = []
  for (let n = 0; n < 7; n++) sent.push(await say(alice, room, `stone number ${n}`))
  const seen: string[] = []
  let token: string | undefined
  do {
    const page = await search(alice, 'stone', { filter: { limit: 3 } }, token)
    expect(page.count).toBe(7)
    seen.push(...ids(page))
    token = page.next_batch
  } while (token !== undefined)
  expect(seen).toEqual(sent.toReversed())

  const exact = await say(alice, room, 'stones')
  await say(alice, room, 'a long text with many words in which a number, and a stone too, hide somewhere')
  const ranked = await search(alice, 'stone number', { order_by: 'rank', filter: { limit: 3 } })
  expect(ranked.results.every(({ rank }) => rank > 0)).toBe(true)
  expect(ids(ranked).every((id) => sent.includes(id))).toBe(true)
  const rest = await search(alice, 'stone', { order_by: 'rank', filter: { limit: 5 } })
  const more = await search(alice, 'stone', { order_by: 'rank', filter: { limit: 5 } }, rest.next_batch)
  expect(new Set([...ids(rest), ...ids(more)]).size).toBe(9)
  expect([...ids(rest), ...ids(more)]).toContain(exact)

  const [hit] = (
    await search(alice, '"number 3"', {
      event_context: { before_limit: 2, after_limit: 1, include_profile: true },
      include_state: true,
      groupings: { group_by: [{ key: 'room_id' }] },
    })
  ).results
  expect(hit?.context?.events_before.map((event) => event.event_id)).toEqual([sent[2], sent[1]])
  expect(hit?.context?.events_after.map((event) => event.event_id)).toEqual([sent[4]])
  expect(hit?.context?.profile_info?.[alice.userId]).toBeDefined()
  const older = await alice.call('GET', at(room, `/messages?dir=b&limit=1&from=${hit?.context?.start}`))
  expect((older['chunk'] as { event_id: string }[])[0]?.event_id).toBe(sent[0])
  const newer = await alice.call('GET', at(room, `/messages?dir=f&limit=1&from=${hit?.context?.end}`))
  expect((newer['chunk'] as { event_id: string }[])[0]?.event_id).toBe(sent[5])
})

test('what one may not see is not found: other rooms, from before one came, from after one left', async () => {
  node = await createTestNode()
  const alice = await node.client('alice')
  const bob = await node.client('bob')
  const room = await roomOf(alice)
  await alice.call('PUT', at(room, '/state/m.room.history_visibility/'), { history_visibility: 'joined' })
  await say(alice, room, 'soup before')
  await bob.call('POST', at(room, '/join'), {})
  const during = await say(alice, room, 'soup meanwhile')
  await bob.call('POST', at(room, '/leave'), {})
  await say(alice, room, 'soup after')
  const secret = await roomOf(alice)
  await say(alice, secret, 'soup in secret')
  const carol = await node.client('carol')
  expect(ids(await search(bob, 'soup'))).toEqual([during])
  expect(ids(await search(carol, 'soup'))).toEqual([])
  expect(ids(await search(carol, 'soup', { filter: { rooms: [room] } }))).toEqual([])
  await bob.call('POST', at(room, '/forget'), {})
  expect(ids(await search(bob, 'soup'))).toEqual([])
})
