import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildPdu } from '../../src-main/core/pdu.ts'
import { roomVersionRules } from '../../src-main/core/room-versions.ts'
import { signPduJson } from '../../src-main/core/signatures.ts'
import type { EventId, JsonObject, Pdu, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import type { TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

let { network, one, two, alice, bob } = {} as People
let roomId: RoomId
let txn = 0

beforeEach(async () => {
  const people = await startPeople(11)
  ;({ network, one, two, alice, bob } = people)
  roomId = await roomOfBoth(people)
})

afterEach(() => network.stop())

/** An event as bob's server could make it, changed at will. */
function draft(change: Partial<Parameters<typeof buildPdu>[0]> = {}, node: TestNode = two): Pdu {
  const state = (type: string, key: string): EventId[] => {
    const event = two.store.currentStateEvent(roomId, type, key)
    return event === undefined ? [] : [event.pdu.eventId]
  }
  return buildPdu(
    {
      roomId,
      type: 'm.room.message',
      sender: bob,
      content: { body: 'hello' },
      authEvents: [...state('m.room.power_levels', ''), ...state('m.room.member', change.sender ?? bob)],
      prevEvents: two.store.forwardExtremities(roomId).map((extremity) => extremity.eventId),
      depth: 50,
      originServerTs: network.clock.now(),
      ...change,
    },
    '12',
    node.signer,
  )
}

function send(...pdus: JsonObject[]): Promise<Record<string, { error?: string }>> {
  return network.during(two.send(one.name, `hostile ${++txn}`, pdus))
}

test('an honest event passes, and again without effect', async () => {
  const pdu = draft()
  expect(await send(pdu.json)).toEqual({ [pdu.eventId]: {} })
  expect(await send(pdu.json)).toEqual({ [pdu.eventId]: {} })
  expect(one.bodies(roomId)).toEqual(['hello'])
})

test('a repeated transaction has no second effect and the same answer', async () => {
  const good = draft()
  const bad = draft({ type: 'm.room.name', stateKey: '', content: { name: 'mine' } })
  const first = await network.during(two.send(one.name, 'same', [good.json, bad.json]))
  expect(first[bad.eventId]?.error).toContain('auth rule')
  expect(
    await network.during(two.send(one.name, 'same', [draft({ content: { body: 'other' } }).json])),
  ).toEqual(first)
  expect(one.bodies(roomId)).toEqual(['hello'])
})

test('signed by another server than the sender’s', async () => {
  const pdu = draft({ sender: alice })
  const result = await send(pdu.json)
  expect(result[pdu.eventId]?.error).toContain('signature')
  expect(one.store.getEvent(pdu.eventId)).toBeUndefined()
})

test('a signature that does not fit', async () => {
  const pdu = draft()
  const signatures = { 'two.test': { 'ed25519:test': 'A'.repeat(86) } }
  const result = await send({ ...pdu.json, signatures })
  expect(Object.values(result)[0]?.error).toContain('signature')
})

test('content that does not fit its hash is redacted', async () => {
  const pdu = draft()
  const result = await send({ ...pdu.json, content: { body: 'changed' } })
  expect(Object.values(result)).toEqual([{}])
  expect(one.store.getEvent(pdu.eventId)?.pdu.content).toEqual({})
})

test('oversized, malformed, of an unknown room, or nothing at all', async () => {
  const rules = roomVersionRules('12')
  const big = signPduJson({ ...draft().json, content: { body: 'x'.repeat(70_000) } }, rules, two.signer)
  const elsewhere = { ...draft().json, room_id: `!${'A'.repeat(43)}`, event_id: '$known' }
  const result = await send(big, elsewhere, {}, { room_id: 7 }, { ...draft().json, prev_events: 'x' })
  const errors = Object.values(result).map((entry) => entry.error)
  expect(errors.filter((error) => error?.includes('too large'))).toHaveLength(1)
  expect(result['$known']?.error).toContain('not in the room')
  expect(errors.every((error) => error !== undefined)).toBe(true)
  await expect(
    network.during(
      two.send(
        one.name,
        'many',
        Array.from({ length: 51 }, () => ({})),
      ),
    ),
  ).rejects.toMatchObject({ status: 400 })
})

test('what the auth rules refuse is rejected, and events after it go on', async () => {
  const bad = draft({ type: 'm.room.name', stateKey: '', content: { name: 'mine' } })
  const after = draft({ prevEvents: [bad.eventId], depth: 51 })
  const result = await send(bad.json, after.json)
  expect(result[bad.eventId]?.error).toContain('auth rule')
  expect(result[after.eventId]).toEqual({})
  expect(one.store.getEvent(bad.eventId)).toMatchObject({ status: 'rejected' })
  expect(one.bodies(roomId)).toEqual(['hello'])
  expect(one.store.currentStateEvent(roomId, 'm.room.name', '')).toBeUndefined()
})

test('ancestors that nobody has do not stall the room, and are given up', async () => {
  const orphan = draft({ prevEvents: [`$${'B'.repeat(43)}` as EventId] })
  const fine = draft({ content: { body: 'fine' } })
  await send(orphan.json, fine.json)
  expect(one.bodies(roomId)).toEqual(['fine'])
  expect(one.store.stagedRooms()).toEqual([roomId])
  await network.run(4 * 3_600_000)
  expect(one.store.stagedRooms()).toEqual([])
  expect(one.store.getEvent(orphan.eventId)).toBeUndefined()
}, 60_000)

test('a flood of transactions at the same moment fills no more of the disk than one after the other', async () => {
  const nobodyHas = (n: number): Pdu =>
    draft({ prevEvents: [`$${'B'.repeat(43)}` as EventId], content: { body: `${n}` } })
  const flood = Array.from({ length: 25 }, (_, at) =>
    Array.from({ length: 50 }, (__, n) => nobodyHas(at * 50 + n).json),
  )
  const answers = Promise.allSettled(flood.map((pdus) => two.send(one.name, `flood ${++txn}`, pdus)))
  const refused = (await network.during(answers)).filter(({ status }) => status === 'rejected')
  expect(refused.length).toBeGreaterThan(0)
  expect(one.store.stagedCounts(roomId).get(two.name)).toBeLessThanOrEqual(1_000)
}, 60_000)

test('a server that the ACL denies', async () => {
  await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.server_acl',
    stateKey: '',
    content: { allow: ['*'], deny: ['two.*'] },
  })
  const pdu = draft()
  expect((await send(pdu.json))[pdu.eventId]?.error).toContain('ACL')
  await expect(one.rooms.makeMembership(two.name, 'join', roomId, bob, ['12'])).rejects.toMatchObject({
    errcode: 'M_FORBIDDEN',
  })
  expect(() => one.rooms.eventForServer(two.name, pdu.eventId)).toThrow()
})

test('send_join takes only a user’s own join, of the origin', async () => {
  const mallory = '@mallory:two.test' as UserId
  const forged = draft({
    type: 'm.room.member',
    sender: mallory,
    stateKey: bob,
    content: { membership: 'join' },
  })
  const join = draft({ type: 'm.room.member', stateKey: bob, content: { membership: 'join' } })
  const attempts: [ServerName, EventId | undefined, JsonObject][] = [
    [two.name, forged.eventId, forged.json],
    ['three.test' as ServerName, join.eventId, join.json],
    [two.name, '$other' as EventId, join.json],
    [two.name, undefined, draft().json],
    [two.name, undefined, {}],
  ]
  for (const [origin, eventId, json] of attempts) {
    await expect(one.rooms.receiveJoin(origin, roomId, eventId, json)).rejects.toMatchObject({
      errcode: 'M_INVALID_PARAM',
    })
  }
})

test('who is not in the room gets nothing of it', () => {
  const stranger = 'stranger.test' as ServerName
  const [last] = one.store.forwardExtremities(roomId)
  const id = last!.eventId
  const attempts = [
    () => one.rooms.eventForServer(stranger, id),
    () => one.rooms.stateAt(stranger, roomId, id),
    () => one.rooms.authChainOf(stranger, roomId, id),
    () => one.rooms.backfillForServer(stranger, roomId, [id], 10),
    () =>
      one.rooms.missingEventsForServer(stranger, roomId, {
        earliest: [],
        latest: [id],
        limit: 10,
        minDepth: 0,
      }),
  ]
  for (const attempt of attempts) expect(attempt).toThrow(/not in this room/)
})

test('an invite that is none is not signed', async () => {
  const args = (pdu: Pdu) => ({
    roomId,
    eventId: pdu.eventId,
    roomVersion: '12',
    json: pdu.json,
    strippedState: [],
  })
  const notAnInvite = draft({ type: 'm.room.member', stateKey: alice, content: { membership: 'leave' } })
  await expect(one.rooms.receiveInvite(two.name, args(notAnInvite))).rejects.toMatchObject({
    errcode: 'M_INVALID_PARAM',
  })
  const ofAnother = draft({
    type: 'm.room.member',
    stateKey: '@x:three.test',
    content: { membership: 'invite' },
  })
  await expect(one.rooms.receiveInvite(two.name, args(ofAnother))).rejects.toMatchObject({
    errcode: 'M_INVALID_PARAM',
  })
  const withoutCreate = draft({
    type: 'm.room.member',
    stateKey: one.user('anna'),
    content: { membership: 'invite' },
  })
  await expect(one.rooms.receiveInvite(two.name, args(withoutCreate))).rejects.toMatchObject({
    errcode: 'M_INVALID_PARAM',
  })
})

test('forks without end are joined', async () => {
  const prevEvents = two.store.forwardExtremities(roomId).map((extremity) => extremity.eventId)
  const member = two.store.currentStateEvent(roomId, 'm.room.member', bob)!.pdu.eventId
  const rules = two.store.currentStateEvent(roomId, 'm.room.join_rules', '')!.pdu.eventId
  const power = two.store.currentStateEvent(roomId, 'm.room.power_levels', '')!.pdu.eventId
  for (let batch = 0; batch < 4; batch++) {
    const forks = Array.from({ length: 50 }, (_, index) =>
      draft({
        type: 'm.room.member',
        stateKey: bob,
        content: { membership: 'join', displayname: `bob ${batch} ${index}` },
        authEvents: [power, member, rules],
        prevEvents,
      }),
    )
    await send(...forks.map((pdu) => pdu.json))
  }
  expect(one.store.forwardExtremities(roomId).length).toBeLessThanOrEqual(20)
  await network.settle()
  await one.text(roomId, alice, 'still fine')
  await network.settle()
  expect(two.bodies(roomId)).toEqual(['still fine'])
  expect(two.state(roomId)).toEqual(one.state(roomId))
}, 30_000)

test('what was staged before a crash is processed at the next start', async () => {
  const pdu = draft()
  one.store.transaction(() =>
    one.store.stageTransaction(two.name, 'before the crash', [{ roomId, json: pdu.json }], 1),
  )
  await one.rooms.resume()
  await network.during(one.rooms.idle())
  expect(one.bodies(roomId)).toEqual(['hello'])
  expect(one.store.stagedRooms()).toEqual([])
})
