import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildPdu } from '../../src-main/core/pdu.ts'
import type { EventId, JsonObject, Pdu, RoomId, RoomVersionId, UserId } from '../../src-main/core/types.ts'
import { commitTogether } from '../../src-main/rooms/commit.ts'
import { createContext } from '../../src-main/rooms/context.ts'
import { Logger } from '../../src-main/trace/log.ts'
import type { TestNode } from '../harness/network.ts'
import { startPeople, type People } from '../harness/people.ts'

// What servers may try that are not in a room, or do not mean it well.

let evil: TestNode
let { network, one, two, alice, bob } = {} as People
let mallory: UserId
let txn = 0

beforeEach(async () => {
  ;({ network, one, two, alice, bob } = await startPeople(5, [
    'one.test',
    'two.test',
    'three.test',
    'evil.test',
  ]))
  evil = network.node('evil.test')
  mallory = evil.user('mallory')
})

afterEach(() => network.stop())

async function sharedRoom(): Promise<RoomId> {
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', roomVersion: '10' })
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
  return roomId
}

function unknown(index: number): EventId {
  return `$${String(index).padStart(43, 'x')}` as EventId
}

/** An event of mallory, whose server knows of the room what everybody may know. */
function forged(
  roomId: RoomId,
  change: Partial<Parameters<typeof buildPdu>[0]>,
  version: RoomVersionId = '10',
): Pdu {
  return buildPdu(
    {
      roomId,
      type: 'm.room.message',
      sender: mallory,
      content: { body: 'spam' },
      authEvents: [],
      prevEvents: [unknown(0)],
      depth: 7,
      originServerTs: network.clock.now(),
      ...change,
    },
    version,
    evil.signer,
  )
}

function orphans(roomId: RoomId, count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => forged(roomId, { prevEvents: [unknown(index)] }).json)
}

/** Mallory invites Bob to a room of others, and says that it has another version. */
async function inviteByWrongVersion(roomId: RoomId): Promise<void> {
  const invite = forged(
    roomId,
    { type: 'm.room.member', stateKey: bob, content: { membership: 'invite' } },
    '9',
  )
  await two.rooms.receiveInvite(evil.name, {
    roomId,
    eventId: invite.eventId,
    roomVersion: '9',
    json: invite.json,
    strippedState: [],
  })
}

test('an invite that names a wrong room version does not keep anybody from the room', async () => {
  const roomId = await one.rooms.createRoom({ creator: alice, roomVersion: '10', preset: 'private_chat' })
  await inviteByWrongVersion(roomId)
  expect(two.store.getRoom(roomId)?.version).toBe('9')
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  expect(two.store.localMembership(bob, roomId)).toMatchObject({ membership: 'invite', sender: alice })
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId }))
  expect(two.store.getRoom(roomId)).toMatchObject({ version: '10', participating: true })
})

test('a wrong version that came by an invite does not outlive the join through another server', async () => {
  const roomId = await one.rooms.createRoom({ creator: alice, roomVersion: '10', preset: 'public_chat' })
  await inviteByWrongVersion(roomId)
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  expect(two.membership(roomId, bob)).toBe('join')
})

test('a stranger’s invite does not hide the way into the room that an honest one showed', async () => {
  const three = network.node('three.test')
  const carol = three.user('carol')
  const roomId = await three.rooms.createRoom({
    creator: carol,
    roomVersion: '10',
    preset: 'private_chat',
    powerLevelOverride: { invite: 0 },
  })
  await network.during(three.rooms.inviteUser({ roomId, sender: carol, target: alice }))
  await network.during(one.rooms.joinRoom({ user: alice, room: roomId }))
  await network.settle()
  // Whom the room's id names is away: only the one who invited knows the room.
  network.wire.partition(two.name, three.name)
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  const invite = forged(roomId, { type: 'm.room.member', stateKey: bob, content: { membership: 'invite' } })
  await two.rooms.receiveInvite(evil.name, {
    roomId,
    eventId: invite.eventId,
    roomVersion: '10',
    json: invite.json,
    strippedState: [],
  })
  expect(two.store.localMembership(bob, roomId)?.sender).toBe(mallory)
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId }))
  expect(two.membership(roomId, bob)).toBe('join')
  network.wire.heal()
})

test('no ids are kept of the transactions of strangers, who could send them without end', async () => {
  const roomId = await sharedRoom()
  const ids = (origin: string): unknown[] =>
    two.db.all('SELECT txn_id FROM staged_txns WHERE origin = ?', origin)
  const typing = { edu_type: 'm.typing', content: { room_id: roomId, user_id: mallory, typing: true } }
  for (let n = 0; n < 20; n++)
    await network.during(evil.send(two.name, `t${n}`, n < 10 ? [] : orphans(roomId, 1), [typing]))
  expect(ids(evil.name)).toEqual([])

  // Of who is in a room it holds over a restart that nothing is taken twice.
  const text = await network.during(one.rooms.sendEvent({ roomId, sender: alice, type: 'x', content: {} }))
  // What the stranger sent waits for what it names.
  await network.settle(() => [two])
  const before = ids(one.name).length
  expect(before).toBeGreaterThan(0)
  await two.startAnew()
  const again = ids(one.name).map((row) => String((row as { txn_id: string }).txn_id))
  for (const id of again) await network.during(one.send(two.name, id, []))
  expect(ids(one.name)).toHaveLength(before)
  expect(two.store.getEvent(text)).toMatchObject({ status: 'accepted' })
})

test('a server’s invites that nobody answers have an end', async () => {
  const invite = async (index: number): Promise<void> => {
    const pdu = forged(`!room${index}:evil.test` as RoomId, {
      type: 'm.room.member',
      stateKey: bob,
      content: { membership: 'invite' },
    })
    await two.rooms.receiveInvite(evil.name, {
      roomId: pdu.roomId,
      eventId: pdu.eventId,
      roomVersion: '10',
      json: pdu.json,
      strippedState: [],
    })
  }
  for (let index = 0; index < 100; index++) await invite(index)
  await expect(invite(100)).rejects.toMatchObject({ status: 429 })
  await invite(7)
  await network.during(two.rooms.leaveRoom({ user: bob, roomId: '!room3:evil.test' as RoomId }))
  await invite(100)
})

test('history whose state is not known is not shown to a server because it is in the room today', async () => {
  const roomId = await sharedRoom()
  await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.history_visibility',
    stateKey: '',
    content: { history_visibility: 'joined' },
  })
  await network.settle()
  const old = forged(roomId, { content: { body: 'before' } })
  one.store.transaction(() =>
    one.store.insertEvent({ pdu: old, status: 'accepted', timelinePos: 1, receivedTs: 0 }),
  )
  expect(one.rooms.eventForServer(two.name, old.eventId).content).toEqual({})
})

test('events of a stranger that need others wait behind those of members, and are not without end', async () => {
  const roomId = await sharedRoom()
  network.wire.hanging.add(evil.name)
  for (let index = 0; index < 4; index++) {
    await network.during(evil.send(one.name, `flood ${++txn}`, orphans(roomId, 50)))
  }
  await expect(
    network.during(evil.send(one.name, `flood ${++txn}`, orphans(roomId, 50))),
  ).rejects.toMatchObject({ status: 429, errcode: 'M_LIMIT_EXCEEDED' })
  const before = network.clock.now()
  await two.text(roomId, bob, 'honest')
  while (!one.bodies(roomId).includes('honest')) await network.run(500)
  expect(network.clock.now() - before).toBeLessThan(60_000)
  // One of them may hold up the room for a while, not each.
  const later = network.clock.now()
  await two.text(roomId, bob, 'and again')
  while (!one.bodies(roomId).includes('and again')) await network.run(500)
  expect(network.clock.now() - later).toBeLessThan(60_000)
}, 60_000)

test('a join whose ancestors are never told does not hold up the room', async () => {
  const roomId = await sharedRoom()
  network.wire.hanging.add(evil.name)
  const state = (type: string): EventId => one.store.currentStateEvent(roomId, type, '')!.pdu.eventId
  const join = forged(roomId, {
    type: 'm.room.member',
    stateKey: mallory,
    content: { membership: 'join' },
    authEvents: [state('m.room.create'), state('m.room.join_rules'), state('m.room.power_levels')],
    prevEvents: Array.from({ length: 20 }, (_, index) => unknown(index)),
  })
  const joining = one.rooms.receiveJoin(evil.name, roomId, join.eventId, join.json)
  joining.catch(() => undefined)
  await two.text(roomId, bob, 'meanwhile')
  const before = network.clock.now()
  while (!one.bodies(roomId).includes('meanwhile')) await network.run(500)
  expect(network.clock.now() - before).toBeLessThan(60_000)
  await expect(network.during(joining)).rejects.toMatchObject({ status: 503 })
  expect(one.membership(roomId, mallory)).toBeUndefined()
}, 60_000)

test('keys that do not come hold up nobody else', async () => {
  const roomId = await sharedRoom()
  let release = (): void => undefined
  const never = new Promise<void>((resolve) => {
    release = resolve
  })
  one.verifying = (pdu) => (pdu.sender === mallory ? never : Promise.resolve())
  await network.during(evil.send(one.name, `keys ${++txn}`, orphans(roomId, 1)))
  await two.text(roomId, bob, 'honest')
  const before = network.clock.now()
  while (!one.bodies(roomId).includes('honest')) await network.run(500)
  expect(network.clock.now() - before).toBeLessThan(10_000)
  release()
}, 60_000)

test('receipts are kept for threads that exist', async () => {
  const roomId = await sharedRoom()
  const eventId = await one.text(roomId, alice, 'read me')
  await network.settle()
  const receipt = (threadId: string): JsonObject => ({
    edu_type: 'm.receipt',
    content: {
      [roomId]: { 'm.read': { [bob]: { data: { ts: 1, thread_id: threadId }, event_ids: [eventId] } } },
    },
  })
  const threads = ['main', eventId, ...Array.from({ length: 20 }, (_, index) => `made up ${index}`)]
  await network.during(two.send(one.name, 'receipts', [], threads.map(receipt)))
  const kept = one.store.receipts(roomId).filter((row) => row.userId === bob)
  expect(new Set(kept.map((row) => row.threadId))).toEqual(new Set(['main', eventId]))
})

test('an invite that comes while an older one is being refused stays', async () => {
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'private_chat', roomVersion: '10' })
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  await network.settle()
  network.wire.hanging.add(one.name)
  const leaving = two.rooms.leaveRoom({ user: bob, roomId })
  await network.run(1_000)
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob, reason: 'once more' }))
  const second = two.store.localMembership(bob, roomId)
  expect(second?.membership).toBe('invite')
  await network.during(leaving)
  expect(two.store.localMembership(bob, roomId)).toEqual(second)
})

test('what a write remembered is forgotten when it is undone, though others of its batch are not', async () => {
  const roomId = await sharedRoom()
  const ctx = createContext({
    serverName: one.name,
    signer: one.signer,
    store: one.store,
    remote: {} as never,
    verifier: { verify: () => Promise.resolve({ result: 'valid' as const }) },
    users: { exists: () => true, profile: () => undefined },
    listener: { committed: () => undefined, queued: () => undefined },
    clock: network.clock,
    random: network.random,
    log: new Logger(network.clock, []),
    domainAllowed: () => true,
  })
  const undone = commitTogether(ctx, () => {
    ctx.resolved.set('1,2', ctx.store.putStateMap(roomId, new Map()))
    throw new Error('refused')
  })
  const kept = commitTogether(ctx, () => 'kept')
  await expect(undone).rejects.toThrow('refused')
  expect(await kept).toBe('kept')
  expect(ctx.resolved.get('1,2')).toBeUndefined()
})
