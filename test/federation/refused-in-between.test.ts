/** An event that nobody gives as it was signed: what others wrote after it and before it has its place all the same. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EventId, JsonObject, RoomId } from '../../src-main/core/types.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

let { network, one, two, alice, bob } = {} as People
let roomId: RoomId

beforeEach(async () => {
  const people = await startPeople(41)
  ;({ network, one, two, alice, bob } = people)
  roomId = await roomOfBoth(people)
  await one.text(roomId, alice, 'before')
  await network.settle()
  network.wire.partition(one.name, two.name)
})

afterEach(() => network.stop())

/** As a disk that is going bad might; all else of the event, and so its id, stays what it was. */
async function spoilSignature(eventId: EventId): Promise<void> {
  const json = two.store.getEvent(eventId)!.pdu.json
  const signatures = json['signatures'] as { [server: string]: { [key: string]: string } }
  const spoilt: JsonObject = { [two.name]: { ...signatures[two.name], 'ed25519:test': 'A'.repeat(86) } }
  two.db.run(
    'UPDATE events SET json = ? WHERE event_id = ?',
    JSON.stringify({ ...json, signatures: spoilt }),
    eventId,
  )
  await two.startAnew()
}

async function says(...texts: readonly string[]): Promise<EventId[]> {
  const ids: EventId[] = []
  for (const text of texts) ids.push(await two.text(roomId, bob, text))
  return ids
}

/** Soon: no later event comes that would bring it along, and nobody waits for a back-off of hours. */
async function untilSaid(texts: readonly string[]): Promise<void> {
  network.wire.heal()
  const end = network.clock.now() + 60_000
  while (one.bodies(roomId).length < texts.length && network.clock.now() < end) await network.run(500)
  expect(one.bodies(roomId)).toEqual(texts)
}

test('the newest event of a room follows on it', async () => {
  const [bad] = await says('refused', 'after')
  await spoilSignature(bad!)
  await untilSaid(['before', 'after'])
  expect(one.store.getEvent(bad!)).toBeUndefined()
  const [lowest] = one.timeline(roomId)
  const inner = (): unknown[] => one.store.gaps(roomId).filter(({ eventId }) => eventId !== lowest?.eventId)
  for (let n = 0; n < 100 && inner().length > 0; n++) await network.run(500)
  expect(inner()).toEqual([])
  expect(one.state(roomId)).toEqual(two.state(roomId))
})

test('it lies at the lower end of what came first after a long absence', async () => {
  const texts = Array.from({ length: 200 }, (_, n) => `${n}`)
  await says(...texts)
  const [bad] = await says('refused')
  await spoilSignature(bad!)
  await says('newest')
  await untilSaid(['before', ...texts, 'newest'])
})

test('its state is as if it had not been sent', async () => {
  const power = one.store.currentStateEvent(roomId, 'm.room.power_levels', '')!.pdu
  const users = { ...(power.content['users'] as JsonObject), [bob]: 50 }
  network.wire.heal()
  const content = { ...power.content, users }
  await one.rooms.sendEvent({ roomId, sender: alice, type: power.type, stateKey: '', content })
  await network.settle()
  network.wire.partition(one.name, two.name)
  const named = { roomId, sender: bob, type: 'm.room.name', stateKey: '' }
  await two.rooms.sendEvent({ ...named, content: { name: 'as it was' } })
  const bad = await two.rooms.sendEvent({ ...named, content: { name: 'refused' } })
  await says('after')
  await spoilSignature(bad)
  await untilSaid(['before', 'after'])
  const name = (): unknown => one.store.currentStateEvent(roomId, 'm.room.name', '')?.pdu.content['name']
  expect(name()).toBe('as it was')
})
