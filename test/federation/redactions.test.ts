import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId, UserId } from '../../src-main/core/types.ts'
import type { TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

let { network, one, two, alice, bob } = {} as People
let roomId: RoomId

beforeEach(async () => {
  const people = await startPeople()
  ;({ network, one, two, alice, bob } = people)
  roomId = await roomOfBoth(people)
})
afterEach(() => network.stop())

function send(
  node: TestNode,
  sender: UserId,
  content: JsonObject,
  type = 'm.room.message',
): Promise<EventId> {
  return node.rooms.sendEvent({ roomId, sender, type, content })
}
const edit = (node: TestNode, sender: UserId, of: EventId, body: string): Promise<EventId> =>
  send(node, sender, {
    msgtype: 'm.text',
    body: `* ${body}`,
    'm.new_content': { msgtype: 'm.text', body },
    'm.relates_to': { rel_type: 'm.replace', event_id: of },
  })
const found = (node: TestNode, term: string): EventId[] =>
  node.store.searchText({ term, keys: ['body'], rooms: [roomId] }, 10).map((hit) => hit.eventId)
/** Whether any row of any table still has the text. */
function isOnDisk(node: TestNode, text: string): boolean {
  return ['events', 'search_docs', 'staged_pdus'].some((table) =>
    node.db.all(`SELECT * FROM ${table}`).some((row) => JSON.stringify(row).includes(text)),
  )
}

test.each(['the sender', 'a moderator of another server'])(
  'deleted by %s, a message is gone on both servers with its edits',
  async (who) => {
    const message = await two.text(roomId, bob, 'porcupine')
    const change = await edit(two, bob, message, 'porcupine, edited')
    await network.settle()
    expect(found(one, 'porcupine')).toEqual([message])
    if (who === 'the sender') await two.rooms.redactEvent({ roomId, sender: bob, target: message })
    else await one.rooms.redactEvent({ roomId, sender: alice, target: message })
    await network.settle()
    for (const node of [one, two]) {
      expect(found(node, 'porcupine')).toEqual([])
      expect(isOnDisk(node, 'porcupine')).toBe(false)
      expect(node.store.getEvent(change)?.redactedBy).toBeDefined()
      expect(node.redacted.map((pdu) => pdu.eventId).sort()).toEqual([message, change].sort())
      expect(node.redacted.every((pdu) => JSON.stringify(pdu.content).includes('porcupine'))).toBe(true)
    }
    expect(one.timeline(roomId).filter((pdu) => pdu.type === 'm.room.redaction')).toHaveLength(2)
  },
)

test('a deletion that came before its message is told as soon as that is here, to clients and in the history', async () => {
  network.wire.partition(one.name, two.name)
  const message = await one.text(roomId, alice, 'pangolin')
  for (let n = 0; n < 650; n++) await one.text(roomId, alice, `message ${n}`)
  network.wire.heal()
  // As if its queue had been given up.
  one.db.run('DELETE FROM outbox_pdus')
  const redaction = await one.rooms.redactEvent({ roomId, sender: alice, target: message })
  while (two.store.getEvent(redaction) === undefined) await network.run(50)
  expect(two.store.getEvent(message)).toBe(undefined)
  expect(two.store.getEvent(redaction)?.timelinePos).toBe(undefined)
  const pos = two.store.maxStreamPos()
  // What lies between is fetched without anybody asking.
  await network.settle()
  expect(two.store.getEvent(message)?.redactedBy).toBe(redaction)
  const idsOf = (node: TestNode): EventId[] => node.timeline(roomId).map((pdu) => pdu.eventId)
  expect(idsOf(two)).toEqual(idsOf(one))
  const told = two.store.eventsSince(roomId, pos, two.store.maxStreamPos(), 100)
  expect(told.events.map(({ pdu }) => pdu.eventId)).toEqual([redaction])
})

test('an edit that comes after the deletion of what it edits says nothing', async () => {
  const message = await two.text(roomId, bob, 'before')
  await network.settle()
  await one.rooms.redactEvent({ roomId, sender: alice, target: message })
  const change = await edit(two, bob, message, 'armadillo')
  await network.settle()
  for (const node of [one, two]) {
    expect(found(node, 'armadillo')).toEqual([])
    expect(isOnDisk(node, 'armadillo')).toBe(false)
    expect(node.store.getEvent(change)?.pdu.content).toEqual({})
  }
})

test('what others say about a deleted message stays: replies in its thread, and edits that are not its own', async () => {
  const root = await one.text(roomId, alice, 'root')
  const reply = await send(two, bob, {
    msgtype: 'm.text',
    body: 'reply',
    'm.relates_to': { rel_type: 'm.thread', event_id: root },
  })
  await network.settle()
  const forged = await edit(two, bob, root, 'forged')
  await network.settle()
  await one.rooms.redactEvent({ roomId, sender: alice, target: root })
  await network.settle()
  for (const node of [one, two]) {
    expect(node.store.getEvent(reply)?.redactedBy).toBeUndefined()
    expect(node.store.getEvent(forged)?.redactedBy).toBeUndefined()
    expect(node.store.threads({ roomId, limit: 10 }).map((thread) => thread.root)).toEqual([root])
  }
})

test('who may not delete takes nothing: refused here, ignored when another server sends it anyway', async () => {
  const message = await one.text(roomId, alice, 'pangolin')
  await network.settle()
  await expect(two.rooms.redactEvent({ roomId, sender: bob, target: message })).rejects.toMatchObject({
    errcode: 'M_FORBIDDEN',
  })
  // A server that does not ask itself whether it may.
  await two.rooms.sendEvent({ roomId, sender: bob, type: 'm.room.redaction', content: {}, redacts: message })
  await network.settle()
  expect(found(one, 'pangolin')).toEqual([message])
  expect(one.redacted).toEqual([])
  expect(one.timeline(roomId).some((pdu) => pdu.type === 'm.room.redaction')).toBe(false)
})
