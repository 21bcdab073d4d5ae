import { afterEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId } from '../../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from '../test-node.ts'
import { threadOf } from './relation.ts'
import { createPushRules } from './rules.ts'
import { createUnreadCounts } from './unread.ts'

let node: TestNode
let alice: TestClient
let bob: TestClient
let room: string

afterEach(async () => {
  expect(node.errors.map((item) => item.values)).toEqual([])
  await node.stop()
})

async function start(): Promise<void> {
  node = await createTestNode()
  alice = await node.client('alice')
  bob = await node.client('bob')
  room = field(await alice.call('POST', '/createRoom', { preset: 'public_chat' }), 'room_id')
  await bob.call('POST', at('/join'), {})
}

let serial = 0
const at = (rest: string): string => `/rooms/${encodeURIComponent(room)}${rest}`
async function send(client: TestClient, content: JsonObject, type = 'm.room.message'): Promise<string> {
  return field(await client.call('PUT', at(`/send/${type}/${++serial}`), content), 'event_id')
}
const say = (client: TestClient, body: string, more: JsonObject = {}): Promise<string> =>
  send(client, { msgtype: 'm.text', body, ...more })
const inThread = (root: string): JsonObject => ({ 'm.relates_to': { rel_type: 'm.thread', event_id: root } })
const read = (client: TestClient, event: string, threadId?: string, type = 'm.read'): Promise<JsonObject> =>
  client.call(
    'POST',
    at(`/receipt/${type}/${encodeURIComponent(event)}`),
    threadId === undefined ? {} : { thread_id: threadId },
  )

interface Counts {
  main: number
  highlights: number
  threads: Record<string, number>
}
/** What a fresh sync of this client says. */
async function counts(client: TestClient, perThread = true): Promise<Counts> {
  const filter = JSON.stringify({
    room: { timeline: { limit: 1, unread_thread_notifications: perThread } },
  })
  const { rooms } = (await client.sync({ filter })) as unknown as {
    rooms: {
      join: Record<
        string,
        {
          unread_notifications: { notification_count: number; highlight_count: number }
          unread_thread_notifications?: Record<string, { notification_count: number }>
        }
      >
    }
  }
  const joined = rooms.join[room]
  return {
    main: joined?.unread_notifications.notification_count ?? -1,
    highlights: joined?.unread_notifications.highlight_count ?? -1,
    threads: Object.fromEntries(
      Object.entries(joined?.unread_thread_notifications ?? {}).map(([id, count]) => [
        id,
        count.notification_count,
      ]),
    ),
  }
}
const only = (main: number, highlights = 0): Counts => ({ main, highlights, threads: {} })

test('messages count, mentions highlight; edits, reactions, notices and one’s own do not count', async () => {
  await start()
  const first = await say(alice, 'one')
  await say(alice, 'two', { 'm.mentions': { user_ids: [bob.userId] } })
  await say(alice, '* one!', {
    'm.new_content': { msgtype: 'm.text', body: 'one!' },
    'm.relates_to': { rel_type: 'm.replace', event_id: first },
  })
  await send(
    alice,
    { 'm.relates_to': { rel_type: 'm.annotation', event_id: first, key: '👍' } },
    'm.reaction',
  )
  await send(alice, { msgtype: 'm.notice', body: 'beep' })
  expect(await counts(bob)).toEqual(only(2, 1))
  expect(await counts(alice)).toEqual(only(0))
  await say(bob, 'mine')
  expect(await counts(bob)).toEqual(only(0))
  expect(await counts(alice)).toEqual(only(1))
})

test('public and private receipts, whichever is ahead, and on every device of the person', async () => {
  await start()
  const phone = await node.login('bob', 'secret-bob', 'PHONE')
  const sent = [await say(alice, 'a'), await say(alice, 'b'), await say(alice, 'c')]
  const { next_batch: since } = (await phone.sync()) as { next_batch: string }
  expect(await counts(bob)).toEqual(only(3))
  await read(bob, sent[1]!, undefined, 'm.read.private')
  expect(await counts(bob)).toEqual(only(1))
  expect(await counts(phone)).toEqual(only(1))
  const told = (await phone.sync({ since })) as unknown as {
    rooms: { join: Record<string, { unread_notifications: JsonObject }> }
  }
  expect(told.rooms.join[room]?.unread_notifications['notification_count']).toBe(1)
  // A receipt behind the other changes nothing, and none goes back.
  await read(bob, sent[0]!)
  expect(await counts(bob)).toEqual(only(1))
  await read(bob, sent[2]!)
  await read(bob, sent[0]!)
  expect(await counts(bob)).toEqual(only(0))
})

test('each thread counts by itself, where the client wants so, and is read by itself', async () => {
  await start()
  const root = await say(bob, 'root')
  const other = await say(bob, 'other root')
  const replies = [
    await say(alice, 'r1', inThread(root)),
    await say(alice, 'm1'),
    await say(alice, 'r2', inThread(root)),
    await say(alice, 'o1', inThread(other)),
  ]
  expect(await counts(bob)).toEqual({ main: 1, highlights: 0, threads: { [root]: 2, [other]: 1 } })
  expect(await counts(bob, false)).toEqual(only(4))
  await read(bob, replies[0]!, root)
  expect(await counts(bob)).toEqual({ main: 1, highlights: 0, threads: { [root]: 1, [other]: 1 } })
  await read(bob, replies[2]!, root)
  await read(bob, replies[1]!, 'main')
  expect(await counts(bob)).toEqual({ main: 0, highlights: 0, threads: { [other]: 1 } })
  await say(alice, 'r3', inThread(root))
  expect(await counts(bob)).toEqual({ main: 0, highlights: 0, threads: { [root]: 1, [other]: 1 } })
  // An unthreaded receipt is for everything up to there.
  await read(bob, replies[3]!)
  expect(await counts(bob)).toEqual({ main: 0, highlights: 0, threads: { [root]: 1 } })
})

test('what was redacted counts no more; a new name is no reading; ignored people do not count', async () => {
  await start()
  const carol = await node.client('carol')
  await carol.call('POST', at('/join'), {})
  const first = await say(alice, 'oops', { 'm.mentions': { user_ids: [bob.userId] } })
  await say(alice, 'stays')
  expect(await counts(bob)).toEqual(only(2, 1))
  await alice.call('PUT', at(`/redact/${encodeURIComponent(first)}/x1`), {})
  expect(await counts(bob)).toEqual(only(1))
  await bob.call('PUT', `/profile/${bob.userId}/displayname`, { displayname: 'Robert' })
  expect(await counts(bob)).toEqual(only(1))
  await say(carol, 'spam')
  expect(await counts(bob)).toEqual(only(2))
  await bob.call('PUT', `/user/${bob.userId}/account_data/m.ignored_user_list`, {
    ignored_users: { [carol.userId]: {} },
  })
  expect(await counts(bob)).toEqual(only(1))
})

test('hundreds of unread messages are counted one by one, also when they come between two syncs', async () => {
  await start()
  await counts(bob)
  await Promise.all(Array.from({ length: 640 }, (_, n) => say(alice, `n${n}`)))
  expect(await counts(bob)).toEqual(only(640))
  await say(alice, 'one more')
  expect(await counts(bob)).toEqual(only(641))
})

test.each([1, 2, 3])(
  'counts that are carried along are those of a server that just started (seed %i)',
  async (seed) => {
    await start()
    let state = seed
    const random = (below: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const sent = [await say(alice, 'first'), await say(bob, 'second')]
    const pick = (): string => sent[random(sent.length)] ?? ''
    const readSome = (): Promise<unknown> => {
      const id = pick()
      const pdu = node.store.getEvent(id as EventId)?.pdu
      const thread = pdu === undefined || random(3) === 0 ? undefined : threadOf(node.store, pdu)
      return read(bob, id, thread, random(2) === 0 ? 'm.read' : 'm.read.private')
    }
    const steps: (() => Promise<unknown>)[] = [
      async () => sent.push(await say(alice, 'text')),
      async () => sent.push(await say(alice, 'you', { 'm.mentions': { user_ids: [bob.userId] } })),
      async () => sent.push(await say(alice, 'reply', inThread(sent[random(2)] ?? ''))),
      async () => sent.push(await say(bob, 'own')),
      async () => sent.push(await say(bob, 'own reply', inThread(sent[random(2)] ?? ''))),
      () =>
        send(
          alice,
          { 'm.relates_to': { rel_type: 'm.annotation', event_id: pick(), key: 'x' } },
          'm.reaction',
        ),
      () => alice.call('PUT', at(`/redact/${encodeURIComponent(pick())}/x${++serial}`), {}),
      readSome,
      () => bob.call('PUT', `/profile/${bob.userId}/displayname`, { displayname: `Bob ${++serial}` }),
    ]
    for (let n = 0; n < 60; n++) {
      await steps[random(steps.length)]?.()
      const carried = await counts(bob)
      const afresh = createUnreadCounts(node.store, createPushRules(node.accounts))
      const threads: Record<string, number> = {}
      let main = 0
      let highlights = 0
      for (const [thread, count] of afresh.of(
        bob.userId,
        room as RoomId,
        node.store.maxStreamPos(),
        new Set(),
      )) {
        if (thread === 'main') {
          main = count.notifications
          highlights = count.highlights
        } else threads[thread] = count.notifications
      }
      expect(carried, `step ${n}`).toEqual({ main, highlights, threads })
    }
  },
)

test('push rules of one’s own decide: a muted room, a keyword, a person', async () => {
  await start()
  const put = (rule: string, body: JsonObject): Promise<JsonObject> =>
    bob.call('PUT', `/pushrules/global/${rule}`, body)
  await put(`room/${encodeURIComponent(room)}`, { actions: [] })
  await say(alice, 'quiet')
  expect(await counts(bob)).toEqual(only(0))
  await put('content/fire', { pattern: 'fire', actions: ['notify', { set_tweak: 'highlight' }] })
  await say(alice, 'a Fire!')
  await say(alice, 'firemen')
  expect(await counts(bob)).toEqual(only(1, 1))
  await bob.call('PUT', '/pushrules/global/content/fire/enabled', { enabled: false })
  expect(await counts(bob)).toEqual(only(0))
})

test('a room marked as unread is told to the other devices', async () => {
  await start()
  const phone = await node.login('bob', 'secret-bob', 'PHONE')
  const { next_batch: since } = (await phone.sync()) as { next_batch: string }
  const path = `/user/${bob.userId}/rooms/${encodeURIComponent(room)}/account_data/m.marked_unread`
  await bob.call('PUT', path, { unread: true })
  const { rooms } = (await phone.sync({ since })) as unknown as {
    rooms: { join: Record<string, { account_data: { events: JsonObject[] } }> }
  }
  expect(rooms.join[room]?.account_data.events).toEqual([
    { type: 'm.marked_unread', content: { unread: true } },
  ])
})

test('GET /notifications lists them, newest first, in pages, highlights alone if wished', async () => {
  await start()
  const sent: string[] = []
  for (let n = 0; n < 5; n++) {
    sent.push(await say(alice, `n${n}`, n % 2 === 0 ? { 'm.mentions': { user_ids: [bob.userId] } } : {}))
    await say(bob, 'mine')
  }
  await read(bob, sent[2]!)
  const seen: { id: string; read: unknown }[] = []
  let token: string | undefined
  do {
    const query: string = token === undefined ? '' : `&from=${token}`
    const page = await bob.call('GET', `/notifications?limit=2${query}`)
    for (const item of page['notifications'] as { event: { event_id: string }; read: boolean }[])
      seen.push({ id: item.event.event_id, read: item.read })
    token = page['next_token'] as string | undefined
  } while (token !== undefined)
  expect(seen.map((item) => item.id)).toEqual(sent.toReversed())
  expect(seen.map((item) => item.read)).toEqual([false, false, true, true, true])
  const marked = await bob.call('GET', '/notifications?only=highlight')
  expect((marked['notifications'] as { event: { event_id: string } }[]).map((n) => n.event.event_id)).toEqual(
    [sent[4], sent[2], sent[0]],
  )
  expect(await alice.call('GET', '/notifications?from=nonsense', undefined, 400)).toMatchObject({
    errcode: 'M_INVALID_PARAM',
  })
})
