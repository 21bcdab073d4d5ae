import { afterEach, expect, test } from 'vitest'
import { ROOM_VERSIONS } from '../../src-main/core/room-versions.ts'
import type { RoomAlias, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork
let one: TestNode
let two: TestNode
let alice: UserId
let bob: UserId

async function start(seed = 1, ...more: string[]): Promise<void> {
  network = await TestNetwork.start(seed, 'one.test', 'two.test:8448', ...more)
  one = network.node('one.test')
  two = network.node('two.test:8448')
  alice = one.user('alice')
  bob = two.user('bob')
}

afterEach(async () => {
  await network.stop()
})

function publicRoom(version?: (typeof ROOM_VERSIONS)[number]): Promise<RoomId> {
  return one.rooms.createRoom({ creator: alice, preset: 'public_chat', name: 'Hearth', roomVersion: version })
}

async function joined(node: TestNode, user: UserId, roomId: RoomId, via = 'one.test'): Promise<void> {
  await network.during(node.rooms.joinRoom({ user, room: roomId, via: [via as ServerName] }))
}

test.each(ROOM_VERSIONS)('room version %s: create, join over federation, talk both ways', async (version) => {
  await start()
  const roomId = await publicRoom(version)
  await one.text(roomId, alice, 'before bob')
  await joined(two, bob, roomId)
  await network.settle()
  await one.text(roomId, alice, 'hello bob')
  await network.settle()
  await two.text(roomId, bob, 'hello alice')
  await network.settle()
  expect(one.bodies(roomId)).toEqual(['before bob', 'hello bob', 'hello alice'])
  // The first message came by backfill.
  expect(two.bodies(roomId)).toEqual(['before bob', 'hello bob', 'hello alice'])
  expect(two.state(roomId)).toEqual(one.state(roomId))
  expect(two.store.gaps(roomId)).toEqual([])
  expect(two.timeline(roomId).map((pdu) => pdu.eventId)).toEqual(
    one.timeline(roomId).map((pdu) => pdu.eventId),
  )
})

test('whoever is invited joins before the room itself has told of the invite', async () => {
  await start()
  const carol = two.user('carol')
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'private_chat' })
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: carol }))
  await joined(two, carol, roomId)
  await network.settle()
  // Transactions are held up; what servers ask each other is not.
  network.wire.failing.add('send')
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  expect(two.membership(roomId, bob)).toBeUndefined()
  await joined(two, bob, roomId)
  expect(two.membership(roomId, bob)).toBe('join')
  network.wire.failing.clear()
  await network.settle()
  expect(two.state(roomId)).toEqual(one.state(roomId))
  // An invite that was taken back is none.
  const dora = two.user('dora')
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: dora }))
  await network.during(one.rooms.kickUser({ roomId, sender: alice, target: dora }))
  await network.settle()
  await expect(joined(two, dora, roomId)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
})

test('a room is found and joined by its alias', async () => {
  await start()
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', aliasLocalpart: 'fire' })
  expect(await network.during(two.rooms.joinRoom({ user: bob, room: '#fire:one.test' as RoomAlias }))).toBe(
    roomId,
  )
  await expect(
    network.during(two.rooms.joinRoom({ user: bob, room: '#ice:one.test' as RoomAlias })),
  ).rejects.toMatchObject({ errcode: 'M_NOT_FOUND' })
})

test('invite, join, leave; when its last user leaves, the server is out', async () => {
  await start()
  const roomId = await network.during(
    one.rooms.createRoom({ creator: alice, invite: [bob], isDirect: true, name: 'Tea' }),
  )
  const invite = two.store.localMembership(bob, roomId)
  expect(invite?.membership).toBe('invite')
  expect(invite?.strippedState.map((event) => event['type'])).toContain('m.room.name')
  expect(two.store.getEvent(invite!.eventId)?.pdu.content).toMatchObject({ is_direct: true })
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId }))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('join')
  await two.rooms.leaveRoom({ user: bob, roomId })
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('leave')
  expect(two.store.getRoom(roomId)?.participating).toBe(false)
  await expect(two.text(roomId, bob, 'still here?')).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
})

test('an invite is rejected; with the other server away, here at least', async () => {
  await start()
  const first = await network.during(one.rooms.createRoom({ creator: alice, invite: [bob] }))
  await network.during(two.rooms.leaveRoom({ user: bob, roomId: first }))
  await network.settle()
  expect(one.membership(first, bob)).toBe('leave')

  const second = await network.during(one.rooms.createRoom({ creator: alice, invite: [bob] }))
  network.wire.partition(one.name, two.name)
  await network.during(two.rooms.leaveRoom({ user: bob, roomId: second }))
  expect(two.store.localMembership(bob, second)?.membership).toBe('leave')
})

test('an invite is taken back', async () => {
  await start()
  const roomId = await network.during(one.rooms.createRoom({ creator: alice, invite: [bob] }))
  await one.rooms.kickUser({ roomId, sender: alice, target: bob })
  await network.settle()
  expect(two.store.localMembership(bob, roomId)?.membership).toBe('leave')
})

test('knock, then invite, then join', async () => {
  await start()
  const roomId = await one.rooms.createRoom({
    creator: alice,
    initialState: [{ type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock' } }],
  })
  await network.during(two.rooms.knockRoom({ user: bob, room: roomId, via: [one.name], reason: 'let me in' }))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('knock')
  expect(two.store.localMembership(bob, roomId)?.membership).toBe('knock')
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId }))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('join')
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('a private room is closed, a banned user stays out', async () => {
  await start()
  const closed = await one.rooms.createRoom({ creator: alice })
  await expect(joined(two, bob, closed)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  const roomId = await publicRoom()
  await joined(two, bob, roomId)
  await network.settle()
  await one.rooms.banUser({ roomId, sender: alice, target: bob, reason: 'spam' })
  await network.settle()
  expect(two.store.localMembership(bob, roomId)?.membership).toBe('ban')
  await expect(two.text(roomId, bob, 'no')).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  await expect(joined(two, bob, roomId)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  await one.rooms.unbanUser({ roomId, sender: alice, target: bob })
  await joined(two, bob, roomId)
  await network.settle()
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('restricted join: members of the space may, others not', async () => {
  await start(1, 'three.test')
  const carol = network.node('three.test').user('carol')
  const space = await publicRoom()
  const roomId = await one.rooms.createRoom({
    creator: alice,
    initialState: [
      {
        type: 'm.room.join_rules',
        stateKey: '',
        content: { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] },
      },
    ],
  })
  await joined(two, bob, space)
  await network.settle()
  await joined(two, bob, roomId)
  await network.settle()
  const member = two.store.currentStateEvent(roomId, 'm.room.member', bob)
  expect(member?.pdu.content['join_authorised_via_users_server']).toBe(alice)
  expect(Object.keys(member?.pdu.json['signatures'] as object).sort()).toEqual(['one.test', 'two.test:8448'])
  await expect(joined(network.node('three.test'), carol, roomId)).rejects.toMatchObject({
    errcode: 'M_FORBIDDEN',
  })
  // A second user of a server in the room whose users have no power to invite is let in by the other.
  const bill = two.user('bill')
  await joined(two, bill, space)
  await one.rooms.sendEvent({
    roomId,
    sender: alice,
    type: 'm.room.power_levels',
    stateKey: '',
    content: { ...one.store.currentStateEvent(roomId, 'm.room.power_levels', '')?.pdu.content, invite: 50 },
  })
  await network.settle()
  await joined(two, bill, roomId)
  await network.settle()
  expect(one.membership(roomId, bill)).toBe('join')
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('who comes late sees the history, a stretch at a time', async () => {
  await start()
  const roomId = await publicRoom()
  for (let i = 0; i < 60; i++) await one.text(roomId, alice, `message ${i}`)
  await joined(two, bob, roomId)
  await network.settle()
  expect(two.bodies(roomId).length).toBeLessThan(60)
  let rounds = 0
  while (await network.during(two.rooms.backfill(roomId, undefined, 20))) rounds++
  expect(rounds).toBeGreaterThan(1)
  expect(two.timeline(roomId).map((pdu) => pdu.eventId)).toEqual(
    one.timeline(roomId).map((pdu) => pdu.eventId),
  )
  expect(two.store.gaps(roomId)).toEqual([])
})

test('the event of a time from before one came is found and fetched', async () => {
  await start()
  const roomId = await publicRoom()
  const first = await one.text(roomId, alice, 'the first words')
  const then = one.store.getEvent(first)?.pdu.originServerTs ?? 0
  await network.run(10_000)
  for (let i = 0; i < 60; i++) await one.text(roomId, alice, `message ${i}`)
  await joined(two, bob, roomId)
  await network.settle()
  const nearest = two.rooms.eventNear({ roomId, ts: then + 5_000, dir: 'b', user: bob })
  expect((await network.during(nearest))?.pdu.eventId).toBe(first)
})

test('history is shown, and its edge kept, where nobody tells the state there', async () => {
  await start()
  const roomId = await publicRoom()
  for (let i = 0; i < 30; i++) await one.text(roomId, alice, `message ${i}`)
  network.wire.refused.add('state_ids')
  await joined(two, bob, roomId)
  await network.settle()
  while (await network.during(two.rooms.backfill(roomId, undefined, 20)));
  expect(two.bodies(roomId)).toEqual(one.bodies(roomId))
  expect(two.store.gaps(roomId)).toEqual([])
  for (const event of two.store.timeline({ roomId, direction: 'forward', limit: 100 })) {
    expect(two.rooms.canUserSee(bob, event)).toBe(true)
    expect(two.rooms.canUserSee(two.user('stranger'), event)).toBe(false)
  }
})

test('two users of one server join at once: one handshake', async () => {
  await start()
  const roomId = await publicRoom()
  const bill = two.user('bill')
  await network.during(
    Promise.all([bob, bill].map((user) => two.rooms.joinRoom({ user, room: roomId, via: [one.name] }))),
  )
  await network.settle()
  expect(network.wire.requests.get('send_join')).toBe(1)
  expect(one.membership(roomId, bill)).toBe('join')
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('an answer to send_join that got lost is asked for again', async () => {
  await start()
  const roomId = await publicRoom()
  network.wire.faults.loseAnswer = 0.5
  for (let attempt = 0; two.store.getRoom(roomId)?.participating !== true && attempt < 50; attempt++) {
    await joined(two, bob, roomId).catch(() => undefined)
  }
  network.wire.heal()
  await one.text(roomId, alice, 'there you are')
  await network.settle()
  expect(two.bodies(roomId)).toContain('there you are')
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('history that the server may not see comes without content', async () => {
  await start()
  const roomId = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    initialState: [
      { type: 'm.room.history_visibility', stateKey: '', content: { history_visibility: 'joined' } },
    ],
  })
  await one.text(roomId, alice, 'secret')
  await joined(two, bob, roomId)
  await network.settle()
  while (await network.during(two.rooms.backfill(roomId, undefined, 50)));
  expect(two.bodies(roomId)).toEqual([])
  await one.text(roomId, alice, 'open')
  await network.settle()
  expect(two.bodies(roomId)).toEqual(['open'])
  for (const event of two.store.timeline({ roomId, direction: 'forward', limit: 100 })) {
    if (event.pdu.content['body'] === 'open') expect(two.rooms.canUserSee(bob, event)).toBe(true)
    else if (event.pdu.type === 'm.room.message') expect(two.rooms.canUserSee(bob, event)).toBe(false)
  }
})

test('a redaction reaches the disk of the other server', async () => {
  await start()
  const roomId = await publicRoom()
  await joined(two, bob, roomId)
  await network.settle()
  const target = await one.text(roomId, alice, 'oops, my password')
  await network.settle()
  await expect(two.rooms.redactEvent({ roomId, sender: bob, target })).rejects.toMatchObject({
    errcode: 'M_FORBIDDEN',
  })
  await one.rooms.redactEvent({ roomId, sender: alice, target, reason: 'secret' })
  await network.settle()
  expect(two.store.getEvent(target)?.redactedBy).toBeDefined()
  expect(two.store.getEvent(target)?.pdu.content).toEqual({})
  const rows = two.db.all('SELECT json FROM events WHERE event_id = ?', target)
  expect(rows).toHaveLength(1)
  expect(JSON.stringify(rows)).not.toContain('password')
})

test('typing and receipts reach the other server, and only for its sender’s own users', async () => {
  await start()
  const roomId = await publicRoom()
  await joined(two, bob, roomId)
  const eventId = await one.text(roomId, alice, 'hi')
  await network.settle()
  const serial = one.rooms.typingSerial(roomId)
  two.rooms.setTyping(bob, roomId, true, 5_000)
  await network.run(200)
  expect(one.rooms.typingUsers(roomId)).toEqual([bob])
  expect(one.rooms.typingSerial(roomId)).toBeGreaterThan(serial)
  await network.run(6_000)
  expect(one.rooms.typingUsers(roomId)).toEqual([])
  two.rooms.putReceipt({ user: bob, roomId, eventId, receiptType: 'm.read' })
  await network.settle()
  expect(one.store.receipts(roomId)).toMatchObject([{ userId: bob, eventId }])
  await two.send(
    one.name,
    'forged',
    [],
    [
      {
        edu_type: 'm.receipt',
        content: { [roomId]: { 'm.read': { [alice]: { data: { ts: 1 }, event_ids: [eventId] } } } },
      },
      { edu_type: 'm.typing', content: { room_id: roomId, user_id: alice, typing: true } },
      { edu_type: 'm.typing' },
      { edu_type: 'm.receipt', content: { [roomId]: 7 } },
    ],
  )
  expect(one.store.receipts(roomId)).toHaveLength(1)
  expect(one.rooms.typingUsers(roomId)).toEqual([])
})

test('a client transaction id gives the same event again', async () => {
  await start()
  const roomId = await publicRoom()
  const args = {
    roomId,
    sender: alice,
    type: 'm.room.message',
    content: { body: 'once' },
    txn: { userId: alice, deviceId: 'D', txnId: 't1' },
  }
  expect(await one.rooms.sendEvent(args)).toBe(await one.rooms.sendEvent(args))
  expect(one.bodies(roomId)).toEqual(['once'])
  await expect(
    one.rooms.sendEvent({ roomId, sender: alice, type: 'm.x', content: { body: 'x'.repeat(70_000) } }),
  ).rejects.toMatchObject({ errcode: 'M_TOO_LARGE', status: 413 })
})
