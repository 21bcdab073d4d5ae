import { afterEach, beforeEach, expect, test } from 'vitest'
import type { HearthClient } from '../../src-renderer/client/hearth-client.ts'
import type { RoomEvent, TimelineSnapshot } from '../../src-renderer/client/types.ts'
import { createClientRig, roomOf, until, words, type ClientRig } from './rig.ts'

let rig: ClientRig
beforeEach(async () => {
  rig = await createClientRig()
})
afterEach(() => rig.stop())

const bodies = (timeline: TimelineSnapshot | undefined): unknown[] =>
  (timeline?.events ?? [])
    .filter((event) => event.type === 'm.room.message')
    .map((event) => (event.redacted ? 'deleted' : event.content['body']))

const find = (timeline: TimelineSnapshot | undefined, body: string): RoomEvent | undefined =>
  timeline?.events.find((event) => event.content['body'] === body)

/** Waits until the timeline has this message, and nothing is on its way any more. */
async function message(
  client: HearthClient,
  roomId: string,
  body: string,
  threadId?: string,
): Promise<RoomEvent> {
  const source = threadId === undefined ? client.timeline(roomId) : client.thread(roomId, threadId)
  const timeline = await until(source, (now) => find(now, body) !== undefined && now?.pending.length === 0)
  const found = find(timeline, body)
  if (found === undefined) throw new Error(`${body} is not here`)
  return found
}

test('two people write, edit, answer, react, pin and delete', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)

  alice.sendMessage(roomId, words('Hello Bob', [bob.userId]))
  const hello = await message(bob, roomId, 'Hello Bob')
  expect(hello).toMatchObject({
    mentionsMe: true,
    edited: false,
    content: { 'm.mentions': { user_ids: [bob.userId] } },
  })

  bob.sendMessage(roomId, words('Hello Alice'), { replyTo: hello })
  const answer = await message(alice, roomId, 'Hello Alice')
  expect(answer).toMatchObject({ replyTo: hello.id, threadId: undefined, mentionsMe: true })

  alice.editMessage(roomId, await message(alice, roomId, 'Hello Bob'), words('Hello Bob!', [bob.userId]))
  const edited = await message(bob, roomId, 'Hello Bob!')
  expect(edited).toMatchObject({ id: hello.id, edited: true })
  expect((await bob.versions(roomId, hello.id)).map((each) => each.content['body'])).toEqual([
    'Hello Bob',
    'Hello Bob!',
  ])

  bob.toggleReaction(roomId, edited, '👍')
  const reacted = await until(
    alice.timeline(roomId),
    (now) => find(now, 'Hello Bob!')?.reactions.length === 1,
  )
  expect(find(reacted, 'Hello Bob!')?.reactions[0]?.people.map((each) => each.userId)).toEqual([bob.userId])
  bob.toggleReaction(roomId, edited, '👍')
  await until(alice.timeline(roomId), (now) => find(now, 'Hello Bob!')?.reactions.length === 0)

  await alice.setPinned(roomId, hello.id, true)
  await until(bob.room(roomId), (room) => room?.pinned.includes(hello.id) === true)

  await bob.deleteMessage(roomId, answer.id, 'Wrong room')
  await until(alice.timeline(roomId), (now) => bodies(now).includes('deleted'))
  expect(bodies(alice.timeline(roomId).get())).toEqual(['Hello Bob!', 'deleted'])
  expect(bodies(bob.timeline(roomId).get())).toEqual(['Hello Bob!', 'deleted'])
})

test('what is written while the node is away is shown at once, and arrives in order', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  alice.sendMessage(roomId, words('before'))
  const before = await message(alice, roomId, 'before')
  const bringBack = await rig.takeDown()

  alice.sendMessage(roomId, words('one'))
  alice.sendMessage(roomId, words('two'))
  alice.editMessage(roomId, before, words('before, edited'))
  alice.toggleReaction(roomId, before, '🎉')
  const waiting = alice.timeline(roomId).get()
  expect(waiting?.pending.map((each) => each.content['body'])).toEqual(['one', 'two'])
  expect(find(waiting, 'before, edited')).toMatchObject({ edited: true, reactions: [{ key: '🎉' }] })

  await bringBack()
  await message(alice, roomId, 'two')
  const arrived = await until(
    bob.timeline(roomId),
    (now) => find(now, 'before, edited')?.reactions.length === 1 && find(now, 'two') !== undefined,
  )
  expect(bodies(arrived)).toEqual(['before, edited', 'one', 'two'])
  expect(bodies(alice.timeline(roomId).get())).toEqual(['before, edited', 'one', 'two'])
})

test('what waits survives the app, and is sent by the next', async () => {
  const storage = new Map<string, string>()
  const alice = await rig.client('alice', storage)
  const roomId = await roomOf(alice)
  const bringBack = await rig.takeDown()
  alice.sendMessage(roomId, words('kept'))
  alice.stop()
  await bringBack()
  const again = await rig.client('alice', storage)
  await message(again, roomId, 'kept')
  expect(bodies(again.timeline(roomId).get())).toEqual(['kept'])
})

test('threads stand beside the room, with counts and receipts of their own', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  alice.sendMessage(roomId, words('root'))
  const root = await message(alice, roomId, 'root')
  await message(bob, roomId, 'root')
  bob.sendMessage(roomId, words('first'), { threadId: root.id })
  bob.sendMessage(roomId, words('second'), { threadId: root.id })

  const room = await until(alice.timeline(roomId), (now) => find(now, 'root')?.thread?.count === 2)
  expect(bodies(room)).toEqual(['root'])
  expect(find(room, 'root')?.thread).toMatchObject({
    participated: true,
    latest: { content: { body: 'second' } },
  })
  const second = await message(alice, roomId, 'second', root.id)
  expect(second).toMatchObject({ threadId: root.id, replyTo: undefined })
  expect(second.content['m.relates_to']).toMatchObject({ is_falling_back: true })
  expect(bodies(alice.thread(roomId, root.id).get())).toEqual(['root', 'first', 'second'])

  // The thread is unread by itself, until it is read.
  await until(alice.timeline(roomId), (now) => find(now, 'root')?.thread?.unread === 2)
  await alice.markRead(roomId)
  expect(
    alice
      .timeline(roomId)
      .get()
      ?.events.find((each) => each.id === root.id)?.thread?.unread,
  ).toBe(2)
  await alice.markRead(roomId, root.id)
  await until(alice.timeline(roomId), (now) => find(now, 'root')?.thread?.unread === 0)
  await until(bob.thread(roomId, root.id), (now) => now?.readUpTo.get(alice.userId) === second.id)
  await until(alice.rooms, (rooms) => rooms[0]?.unread === 0)

  const list = await until(bob.threads(roomId), (now) => now.status === 'ready')
  expect(list.roots.map((each) => each.id)).toEqual([root.id])

  // A reply in a thread quotes; an answer that is deleted counts no more.
  alice.sendMessage(roomId, words('third'), { threadId: root.id, replyTo: second })
  const third = await message(bob, roomId, 'third', root.id)
  expect(third).toMatchObject({ replyTo: second.id, threadId: root.id })
  await alice.deleteMessage(roomId, third.id)
  await until(bob.timeline(roomId), (now) => find(now, 'root')?.thread?.count === 2)
  // What is left of it stays out of the room, also for a device that never saw it.
  alice.sendMessage(roomId, words('outside'))
  const fresh = await rig.client('bob')
  await message(fresh, roomId, 'outside')
  expect(bodies(fresh.timeline(roomId).get())).toEqual(['root', 'outside'])
})

test('read states reach the other side and the own other device', async () => {
  const alice = await rig.client('alice')
  const phone = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  bob.sendMessage(roomId, words('one'))
  const one = await message(alice, roomId, 'one')
  await until(phone.rooms, (rooms) => rooms[0]?.unread === 1)
  await alice.markRead(roomId)
  await until(phone.rooms, (rooms) => rooms[0]?.unread === 0)
  await until(phone.timeline(roomId), (now) => now?.fullyRead === one.id)
  await until(bob.timeline(roomId), (now) => now?.readUpTo.get(alice.userId) === one.id)

  await alice.setMarkedUnread(roomId, true)
  await until(phone.rooms, (rooms) => rooms[0]?.markedUnread === true)
  await until(alice.rooms, (rooms) => rooms[0]?.markedUnread === true)
  await alice.markRead(roomId)
  await until(phone.rooms, (rooms) => rooms[0]?.markedUnread === false)

  // What one device writes, the other shows once, and both have the same order.
  alice.sendMessage(roomId, words('from the desk'))
  phone.sendMessage(roomId, words('from the phone'))
  await message(alice, roomId, 'from the phone')
  await message(alice, roomId, 'from the desk')
  await message(phone, roomId, 'from the desk')
  await message(phone, roomId, 'from the phone')
  expect(bodies(phone.timeline(roomId).get())).toEqual(bodies(alice.timeline(roomId).get()))
})

test('a jump into the past reads on in both directions until it meets the newest', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  for (let index = 0; index < 120; index++) alice.sendMessage(roomId, words(`m${index}`))
  await message(alice, roomId, 'm119')
  const old = find(alice.timeline(roomId).get(), 'm20')
  if (old === undefined) throw new Error('m20 is not here')

  bob.toggleReaction(roomId, old, '👀')
  await until(alice.timeline(roomId), (now) => find(now, 'm20')?.reactions.length === 1)
  alice.sendMessage(roomId, words('m120'))
  await message(bob, roomId, 'm120')

  const late = await rig.client('bob')
  await late.focusEvent(roomId, old.id)
  expect(find(late.timeline(roomId).get(), 'm20')?.reactions).toMatchObject([{ key: '👀' }])
  const focused = late.timeline(roomId).get()
  expect(focused).toMatchObject({ live: false, canLoadOlder: true, canLoadNewer: true })
  expect(bodies(focused)).toContain('m20')
  expect(bodies(focused)).not.toContain('m119')
  while (late.timeline(roomId).get()?.live === false) await late.loadNewer(roomId)
  while (late.timeline(roomId).get()?.canLoadOlder === true) await late.loadOlder(roomId)
  expect(bodies(late.timeline(roomId).get())).toEqual(Array.from({ length: 121 }, (_, index) => `m${index}`))

  await late.focusDate(roomId, 0)
  expect(late.timeline(roomId).get()?.live).toBe(true)
  await expect(late.loadEvent(roomId, '$nothing')).resolves.toBeUndefined()
})

test('notifications tell of what the push rules name, in the right thread, and of no edits', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  const told: unknown[] = []
  alice.onArrival(({ event, threadId }) => told.push([event.content['body'], threadId]))
  bob.sendMessage(roomId, words('root'))
  const root = await message(bob, roomId, 'root')
  bob.editMessage(roomId, root, words('root, edited'))
  bob.sendMessage(roomId, words('in the thread'), { threadId: root.id })
  bob.sendMessage(roomId, words('last'))
  await message(alice, roomId, 'last')
  expect(told).toEqual([
    ['root', undefined],
    ['in the thread', root.id],
    ['last', undefined],
  ])
})

const picture = (name: string, bytes = 'picture') => new File([bytes], name, { type: 'image/png' })

test('files keep their place among the messages, over a restart too', async () => {
  const storage = new Map<string, string>()
  const kept = new Map()
  const alice = await rig.client('alice', storage, kept)
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  alice.sendMessage(roomId, words('before'))
  await message(alice, roomId, 'before')
  const bringBack = await rig.takeDown()
  alice.sendMessage(roomId, words('look'))
  alice.sendFiles(roomId, [
    { file: picture('a.png'), caption: 'A picture' },
    { file: new File(['text'], 'b.txt', { type: 'text/plain' }), caption: '' },
  ])
  alice.sendMessage(roomId, words('after'))
  expect(
    alice
      .uploads(roomId)
      .get()
      .map((each) => each.name),
  ).toEqual(['a.png', 'b.txt'])
  alice.stop()
  await bringBack()

  const again = await rig.client('alice', storage, kept)
  const arrived = await until(bob.timeline(roomId), (now) => find(now, 'after') !== undefined)
  expect(bodies(arrived)).toEqual(['before', 'look', 'A picture', 'b.txt', 'after'])
  await until(again.uploads(roomId), (uploads) => uploads.length === 0)
  expect(kept.size).toBe(0)

  const sent = find(arrived, 'A picture')
  expect(sent?.content).toMatchObject({
    msgtype: 'm.image',
    filename: 'a.png',
    info: { mimetype: 'image/png', size: 7 },
    'm.mentions': {},
  })
  const url = String(sent?.content['url'])
  expect(await (await bob.fetchMedia(url, 100)).text()).toBe('picture')
  await expect(bob.fetchMedia(url, 3)).rejects.toThrow('too large')
  const response = await fetch(bob.mediaUrl(url) ?? '')
  expect(await response.text()).toBe('picture')
  const gallery = await until(bob.files(roomId), (list) => list.status === 'ready')
  expect(gallery.events.map((event) => event.content['filename'])).toEqual(['b.txt', 'a.png'])
})

test('a file that is taken back is not sent', async () => {
  const alice = await rig.client('alice')
  const roomId = await roomOf(alice)
  const bringBack = await rig.takeDown()
  alice.sendFiles(roomId, [{ file: picture('no.png'), caption: '' }])
  alice.sendMessage(roomId, words('words'))
  alice.cancelUpload(alice.uploads(roomId).get()[0]?.id ?? '')
  await bringBack()
  await message(alice, roomId, 'words')
  expect(bodies(alice.timeline(roomId).get())).toEqual(['words'])
})

test('after a long absence everything is there once and in order, and nobody lost their place', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  for (let index = 0; index < 40; index++) alice.sendMessage(roomId, words(`m${index}`))
  const last = await message(bob, roomId, 'm39')
  alice.sendMessage(roomId, words('in a thread'), { threadId: last.id })
  await message(bob, roomId, 'in a thread', last.id)
  await message(alice, roomId, 'm39')

  const bringBack = await rig.takeDown()
  const desk = await rig.node.login('alice', 'secret-alice')
  const path = `/rooms/${encodeURIComponent(roomId)}`
  const send = (txn: string, content: Record<string, unknown>) =>
    desk.call('PUT', `${path}/send/m.room.message/${txn}`, { msgtype: 'm.text', ...content })
  const reply = { 'm.relates_to': { rel_type: 'm.thread', event_id: last.id } }
  for (let index = 40; index < 120; index++) await send(`t${index}`, { body: `m${index}` })
  await send('t-reply', { body: 'another in the thread', ...reply })
  await send('t-last', { body: 'm120' })
  const places = new Set<unknown>()
  bob.timeline(roomId).subscribe(() => places.add(bodies(bob.timeline(roomId).get())[0]))
  await bringBack()

  const back = await until(bob.timeline(roomId), (now) => find(now, 'm120') !== undefined)
  expect(bodies(back)).toEqual(Array.from({ length: 121 }, (_, index) => `m${index}`))
  expect([...places]).toEqual(['m0'])
  await message(bob, roomId, 'another in the thread', last.id)
  expect(bodies(bob.thread(roomId, last.id).get())).toEqual(['m39', 'in a thread', 'another in the thread'])
  await until(bob.timeline(roomId), (now) => find(now, 'm39')?.thread?.count === 2)
})

test('what was deleted with its edits is one place-holder, on a new device too', async () => {
  const alice = await rig.client('alice')
  const roomId = await roomOf(alice)
  alice.sendMessage(roomId, words('typo'))
  alice.editMessage(roomId, await message(alice, roomId, 'typo'), words('better'))
  const better = await message(alice, roomId, 'better')
  await alice.deleteMessage(roomId, better.id)
  alice.sendMessage(roomId, words('end'))
  await message(alice, roomId, 'end')
  expect(bodies(alice.timeline(roomId).get())).toEqual(['deleted', 'end'])

  const phone = await rig.client('alice')
  await message(phone, roomId, 'end')
  expect(bodies(phone.timeline(roomId).get())).toEqual(['deleted', 'end'])
})

test('a message that waits can be edited, reacted to and taken back before the node has heard of it', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  alice.sendMessage(roomId, words('before'))
  const before = await message(alice, roomId, 'before')
  const bringBack = await rig.takeDown()
  alice.sendMessage(roomId, words('one'))
  alice.sendMessage(roomId, words('never'))
  const [one, never] = alice.timeline(roomId).get()?.pending ?? []
  if (one === undefined || never === undefined) throw new Error('Nothing waits')
  alice.editMessage(roomId, { ...before, id: one.txnId, content: one.content }, words('one, edited'))
  alice.toggleReaction(roomId, { ...before, id: one.txnId, reactions: [] }, '🎉')
  await alice.deleteMessage(roomId, never.txnId)
  expect(
    alice
      .timeline(roomId)
      .get()
      ?.pending.map((each) => each.content['body']),
  ).toEqual(['one, edited'])
  await bringBack()
  const arrived = await until(bob.timeline(roomId), (now) => find(now, 'one, edited')?.reactions.length === 1)
  expect(bodies(arrived)).toEqual(['before', 'one, edited'])
})
