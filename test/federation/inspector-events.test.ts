/** What the inspector says of one event, and that it is the truth. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId, UserId } from '../../src-main/core/types.ts'
import { inspectorOf } from '../harness/inspector.ts'
import type { TestNetwork, TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople } from '../harness/people.ts'

let network: TestNetwork
let one: TestNode
let two: TestNode
let alice: UserId
let bob: UserId
let roomId: RoomId
let ask: (path: string) => Promise<JsonObject>

const event = (id: EventId): Promise<JsonObject> => ask(`events/${encodeURIComponent(id)}`)

beforeEach(async () => {
  const people = await startPeople(71)
  ;({ network, one, two, alice, bob } = people)
  roomId = await roomOfBoth(people)
  ask = inspectorOf(network, one)
})

afterEach(() => network.stop())

test('an event as it is kept, its hashes and signatures checked, what it rests on, and what it changed', async () => {
  const join = one.store.currentStateEvent(roomId, 'm.room.member', bob)!.pdu.eventId
  const said = await event(join)
  expect(said).toMatchObject({
    event_id: join,
    room_id: roomId,
    type: 'm.room.member',
    state_key: bob,
    server: 'two.test',
    status: 'accepted',
    shown: true,
    json: { type: 'm.room.member', content: { membership: 'join' } },
    hashes: { content: { matches: true }, reference: { computed: join, matches: true } },
    signatures: [{ server: 'two.test', required: true, result: 'valid', key: { from: 'server' } }],
    lacking: [],
    auth_events: expect.arrayContaining([
      expect.objectContaining({ type: 'm.room.join_rules', status: 'accepted' }),
    ]),
    state: { changes: [{ type: 'm.room.member', state_key: bob, after: join }] },
    verdicts: [
      { against: 'auth_events', verdict: 'allowed' },
      { against: 'state_before', verdict: 'allowed' },
      { against: 'current_state', verdict: 'allowed' },
    ],
  })
  const canonical = said['canonical'] as string
  expect(JSON.parse(canonical)).toEqual(said['json'])
  expect(canonical.startsWith('{"auth_events":')).toBe(true)
})

test('the state before and after, a page at a time', async () => {
  const topic = await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.topic',
    stateKey: '',
    content: { topic: 'new' },
  })
  const topicIn = async (at: string): Promise<unknown> => {
    const page = await ask(`events/${encodeURIComponent(topic)}/state?at=${at}`)
    expect(page['total']).toBe((page['events'] as JsonObject[]).length)
    return (page['events'] as JsonObject[]).find(({ type }) => type === 'm.room.topic')?.['event_id']
  }
  expect(await topicIn('before')).toBeUndefined()
  expect(await topicIn('after')).toBe(topic)
  await expect(ask(`events/${encodeURIComponent(topic)}/state?at=now`)).rejects.toThrow(
    /must be before or after/,
  )
})

test('a deleted message: the content hash is of what it was, id and signature still hold', async () => {
  const secret = await one.text(roomId, alice, 'secret')
  await one.rooms.redactEvent({ roomId, sender: alice, target: secret })
  const said = await event(secret)
  expect(JSON.stringify(said)).not.toContain('"secret"')
  expect(said).toMatchObject({
    redacted_by: expect.stringMatching(/^\$/),
    hashes: { content: { matches: false }, reference: { matches: true } },
    signatures: [{ result: 'valid' }],
  })
})

test('what the room would say today differs from what it said then', async () => {
  const said = await two.text(roomId, bob, 'while I may')
  await network.settle()
  await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.member',
    stateKey: bob,
    content: { membership: 'ban' },
  })
  const ban = one.store.currentStateEvent(roomId, 'm.room.member', bob)!.pdu.eventId
  expect((await event(said))['verdicts']).toMatchObject([
    { against: 'auth_events', verdict: 'allowed' },
    { against: 'state_before', verdict: 'allowed' },
    {
      against: 'current_state',
      verdict: 'refused',
      rule_number: '6',
      title: 'Only members may send',
      spec: expect.stringContaining('/rooms/v12/#'),
      decides: [ban],
    },
  ])
})

test('an event that is not here is not found, and a wrong id is said to be one', async () => {
  await expect(ask('events/%24nowhere')).rejects.toThrow(/404/)
  await expect(ask('events/nowhere')).rejects.toThrow(/not the id of an event/)
})
