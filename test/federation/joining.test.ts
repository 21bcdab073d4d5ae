import { afterEach, expect, test } from 'vitest'
import type { JsonObject, RoomAlias, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import { sleep } from '../../src-main/trace/clock.ts'
import type { TestNode } from '../harness/network.ts'
import { startPeople, type People } from '../harness/people.ts'

let three: TestNode
let { network, one, two, alice, bob } = {} as People
let carol: UserId

async function start(): Promise<void> {
  ;({ network, one, two, alice, bob } = await startPeople(1, ['one.test', 'two.test', 'three.test']))
  three = network.node('three.test')
  carol = three.user('carol')
}

afterEach(() => network.stop())

const join = (node: TestNode, user: UserId, room: RoomId | RoomAlias, ...via: ServerName[]) =>
  network.during(node.rooms.joinRoom({ user, room, via }))

/** Alice's room, which Bob is in, too. */
async function sharedRoom(args: object = {}): Promise<RoomId> {
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', ...args })
  await join(two, bob, roomId, one.name)
  await network.settle()
  return roomId
}

const mine = (node: TestNode, user: UserId, roomId: RoomId) =>
  node.store.localMembership(user, roomId)?.membership

/** The next answer of `node` to this request is lost, with the line. */
function breakDuring(node: TestNode, method: 'receiveJoin' | 'makeMembership', other: TestNode): void {
  const { rooms } = node
  const serve = rooms[method].bind(rooms) as (...args: unknown[]) => Promise<never>
  rooms[method] = ((...args: unknown[]) => {
    rooms[method] = serve as never
    network.wire.partition(node.name, other.name)
    return serve(...args)
  }) as never
}

test('an alias that several servers know of is joined through whichever of them is there', async () => {
  await start()
  const roomId = await sharedRoom({ aliasLocalpart: 'square' })
  const alias = '#square:one.test' as RoomAlias
  // The alias's own server can be asked, and vanishes then.
  breakDuring(one, 'makeMembership', three)
  await expect(join(three, carol, alias)).resolves.toBe(roomId)
  await network.settle()
  expect(two.membership(roomId, carol)).toBe('join')
})

test('when no server lets one in, each is told of in words, and the most telling counts', async () => {
  await start()
  const roomId = await sharedRoom()
  await one.rooms.banUser({ roomId, sender: alice, target: carol })
  await network.settle()
  network.wire.partition(three.name, one.name)
  const failure = join(three, carol, roomId, one.name, 'four.test' as ServerName, two.name)
  await expect(failure).rejects.toMatchObject({ status: 403, errcode: 'M_FORBIDDEN' })
  await expect(failure).rejects.toThrow(/one\.test could not be reached.*four\.test could not be reached/s)
  expect(three.store.getRoom(roomId)).toBeUndefined()
})

test('a server that does not answer is overtaken by the next', async () => {
  await start()
  const roomId = await sharedRoom()
  network.wire.hanging.add(one.name)
  const began = network.clock.now()
  await join(three, carol, roomId, one.name, two.name)
  expect(network.clock.now() - began).toBeLessThan(6_000)
  network.wire.hanging.clear()
  await network.settle()
  expect(one.membership(roomId, carol)).toBe('join')
})

test('a server that vanishes after make_join: the next one is taken, or the user tries again', async () => {
  await start()
  const roomId = await sharedRoom()
  breakDuring(one, 'makeMembership', three)
  await expect(join(three, carol, roomId, one.name)).rejects.toMatchObject({ status: 502 })
  expect(mine(three, carol, roomId)).toBeUndefined()
  network.wire.heal()
  breakDuring(one, 'makeMembership', three)
  await join(three, carol, roomId, one.name, two.name)
  network.wire.heal()
  await network.settle()
  expect(three.state(roomId)).toEqual(one.state(roomId))
})

test.each(['11', '12'] as const)(
  'a server that vanishes with the answer to send_join (version %s)',
  async (roomVersion) => {
    await start()
    const roomId = await sharedRoom({ roomVersion })
    breakDuring(one, 'receiveJoin', three)
    await expect(join(three, carol, roomId, one.name)).rejects.toMatchObject({ status: 502 })
    // Over there the join happened; here nothing of the room is half there.
    await network.settle()
    expect(one.membership(roomId, carol)).toBe('join')
    expect([mine(three, carol, roomId), three.store.getRoom(roomId)]).toEqual([undefined, undefined])
    network.wire.heal()
    await join(three, carol, roomId, one.name)
    await one.text(roomId, alice, 'hello carol')
    await network.run(20 * 60_000)
    await network.settle()
    expect(three.bodies(roomId)).toContain('hello carol')
    expect(three.state(roomId)).toEqual(one.state(roomId))
    expect(one.membership(roomId, carol)).toBe('join')
    expect(three.store.pendingLeaves()).toEqual([])
  },
)

test('a server that vanishes while it collects the room, and whose line nobody closes, is given up', async () => {
  await start()
  const roomId = await sharedRoom()
  const receiveJoin = one.rooms.receiveJoin.bind(one.rooms)
  one.rooms.receiveJoin = async (...args) => {
    network.wire.partition(one.name, three.name)
    await new Promise<void>((resolve) => network.clock.setTimeout(resolve, 5 * 60_000))
    return receiveJoin(...args)
  }
  const began = network.clock.now()
  await join(three, carol, roomId, one.name, two.name)
  expect(network.clock.now() - began).toBeLessThan(60_000)
  expect(mine(three, carol, roomId)).toBe('join')
})

test('a server that takes long, and is there, is waited for', async () => {
  await start()
  const roomId = await sharedRoom()
  const receiveJoin = one.rooms.receiveJoin.bind(one.rooms)
  one.rooms.receiveJoin = async (...args) => {
    await new Promise<void>((resolve) => network.clock.setTimeout(resolve, 5 * 60_000))
    return receiveJoin(...args)
  }
  await join(three, carol, roomId, one.name, two.name)
  expect(one.membership(roomId, carol)).toBe('join')
  expect(network.wire.requests.get('make_join')).toBe(2)
})

test('who does not try again after such a break does not stay in the room as a ghost', async () => {
  await start()
  const roomId = await sharedRoom()
  breakDuring(one, 'receiveJoin', three)
  await expect(join(three, carol, roomId, one.name)).rejects.toMatchObject({ status: 502 })
  network.wire.heal()
  expect(three.store.pendingLeaves()).toMatchObject([{ userId: carol, roomId, servers: [one.name] }])
  await network.run(20 * 60_000)
  await network.settle()
  expect(two.membership(roomId, carol)).toBe('leave')
  expect(three.store.pendingLeaves()).toEqual([])
})

test('an invite of a server that is gone is declined at once, and the server told when it is back', async () => {
  await start()
  const roomId = await network.during(one.rooms.createRoom({ creator: alice, invite: [bob] }))
  network.wire.hanging.add(one.name)
  const began = network.clock.now()
  await network.during(two.rooms.leaveRoom({ user: bob, roomId, reason: 'no time' }))
  expect(network.clock.now() - began).toBeLessThan(4_000)
  expect(mine(two, bob, roomId)).toBe('leave')
  two.rooms.forgetRoom(bob, roomId)
  await network.run(15 * 60_000)
  expect(one.membership(roomId, bob)).toBe('invite')

  network.wire.hanging.clear()
  two.rooms.serverBack(one.name)
  await network.run(1_000)
  expect(one.membership(roomId, bob)).toBe('leave')
  expect(one.store.currentStateEvent(roomId, 'm.room.member', bob)?.pdu.content['reason']).toBe('no time')
  await network.settle()
  expect(two.store.pendingLeaves()).toEqual([])
})

test('an invite shows nothing of the room that was tampered with, and none of another room', async () => {
  await start()
  const other = await one.rooms.createRoom({ creator: alice, name: 'Bank of England' })
  const otherName = one.store.currentStateEvent(other, 'm.room.name', '')?.pdu.json ?? {}
  const receiveInvite = two.rooms.receiveInvite.bind(two.rooms)
  const invited = async (change: (state: JsonObject) => JsonObject): Promise<RoomId> => {
    const roomId = await one.rooms.createRoom({ creator: alice, name: 'Tea' })
    two.rooms.receiveInvite = (origin, args) =>
      receiveInvite(origin, { ...args, strippedState: args.strippedState.map(change) })
    await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
    return roomId
  }
  const isName = (state: JsonObject): boolean => state['type'] === 'm.room.name'
  const shown = (roomId: RoomId) => two.store.localMembership(bob, roomId)?.strippedState.find(isName)

  expect(shown(await invited((state) => state))).toMatchObject({ content: { name: 'Tea' } })
  const forged = { name: 'Bank of England' }
  const tampered = await invited((state) => (isName(state) ? { ...state, content: forged } : state))
  expect(shown(tampered)).toMatchObject({ content: {} })
  await expect(invited((state) => (isName(state) ? otherName : state))).rejects.toMatchObject({
    errcode: 'M_INVALID_PARAM',
  })
  const signatures = { 'one.test': { 'ed25519:test': 'A'.repeat(86) } }
  await expect(invited((state) => (isName(state) ? { ...state, signatures } : state))).rejects.toMatchObject({
    errcode: 'M_INVALID_PARAM',
  })
})

test('an invite of a server that the owner denies by now can be declined all the same', async () => {
  await start()
  const roomId = await network.during(one.rooms.createRoom({ creator: alice, invite: [bob], name: 'Tea' }))
  two.denied.add(one.name)
  const summary = await network.during(two.rooms.finding.summary({ user: bob, room: roomId }))
  expect(summary).toMatchObject({ name: 'Tea', membership: 'invite' })
  await expect(join(two, bob, roomId)).rejects.toMatchObject({
    status: 403,
    extra: { denied_server: one.name },
  })
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  expect(mine(two, bob, roomId)).toBe('leave')
  expect(two.store.pendingLeaves()).toEqual([])
})

test('what is still to be told survives a restart, and needs no nudge', async () => {
  await start()
  const roomId = await network.during(one.rooms.createRoom({ creator: alice, invite: [bob] }))
  network.wire.partition(one.name, two.name)
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  await network.during(two.rooms.stop())
  two.restart()
  await two.rooms.resume()
  network.wire.heal()
  await network.run(10_000)
  expect(one.membership(roomId, bob)).toBe('leave')
})

test('a new invite stands: the refusal of the one before it is not told late', async () => {
  await start()
  const roomId = await network.during(one.rooms.createRoom({ creator: alice, invite: [bob] }))
  network.wire.partition(one.name, two.name)
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  await one.rooms.kickUser({ roomId, sender: alice, target: bob })
  network.wire.heal()
  // Before anything of that has arrived.
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  await network.run(60_000)
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('invite')
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId }))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('join')
})

test('who is let in and comes at once is not refused by a server that has not noted its own invite yet', async () => {
  await start()
  const roomId = await one.rooms.createRoom({
    creator: alice,
    initialState: [{ type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock' } }],
  })
  await network.during(two.rooms.knockRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
  const receive = two.rooms.receiveInvite.bind(two.rooms)
  let joined: Promise<RoomId> | undefined
  two.rooms.receiveInvite = async (...args) => {
    const answer = await receive(...args)
    joined = two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] })
    joined.catch(() => undefined)
    // The answer is slower than the request to join.
    await sleep(network.clock, 400)
    return answer
  }
  await network.during(one.rooms.inviteUser({ roomId, sender: alice, target: bob }))
  await network.during(Promise.resolve(joined))
  await network.settle()
  expect(one.membership(roomId, bob)).toBe('join')
  expect(two.state(roomId)).toEqual(one.state(roomId))
})

test('a knock: refused with a reason; taken back; and while the knocked server is away', async () => {
  await start()
  const roomId = await one.rooms.createRoom({
    creator: alice,
    initialState: [{ type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock' } }],
  })
  const knock = () => network.during(two.rooms.knockRoom({ user: bob, room: roomId, via: [one.name] }))
  await knock()
  await one.rooms.kickUser({ roomId, sender: alice, target: bob, reason: 'not now' })
  await network.settle()
  expect(mine(two, bob, roomId)).toBe('leave')

  await knock()
  expect(one.membership(roomId, bob)).toBe('knock')
  network.wire.partition(one.name, two.name)
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  expect(mine(two, bob, roomId)).toBe('leave')
  network.wire.heal()
  await network.run(30_000)
  expect(one.membership(roomId, bob)).toBe('leave')

  network.wire.partition(one.name, two.name)
  await expect(knock()).rejects.toThrow('one.test could not be reached to knock')
  expect(mine(two, bob, roomId)).toBe('leave')
  network.wire.heal()
  await knock()
  expect(mine(two, bob, roomId)).toBe('knock')
})

test('a knock goes through the next server when one is away, and soon where one does not answer', async () => {
  await start()
  const roomId = await one.rooms.createRoom({
    creator: alice,
    invite: [bob],
    initialState: [{ type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock' } }],
  })
  await join(two, bob, roomId, one.name)
  await network.settle()
  network.wire.hanging.add(one.name)
  const began = network.clock.now()
  const via = ['four.test' as ServerName, one.name, two.name]
  await network.during(three.rooms.knockRoom({ user: carol, room: roomId, via }))
  expect(network.clock.now() - began).toBeLessThan(6_000)
  expect(mine(three, carol, roomId)).toBe('knock')
  // The one that was overtaken does not knock again later.
  await network.run(90_000)
  network.wire.hanging.clear()
  await network.settle()
  expect(network.wire.requests.get('send_knock')).toBe(1)
  for (const node of [one, two]) expect(node.membership(roomId, carol)).toBe('knock')
})

test('a restricted room: servers that cannot vouch are passed over for one that can', async () => {
  await start()
  const space = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  const allow = [{ type: 'm.room_membership', room_id: space }]
  const roomId = await one.rooms.createRoom({
    creator: alice,
    invite: [bob],
    initialState: [{ type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'restricted', allow } }],
  })
  await join(two, bob, roomId)
  await join(three, carol, space, one.name)
  await network.settle()
  // Two is in the room and not in the space: M_UNABLE_TO_AUTHORISE_JOIN.
  await join(three, carol, roomId, two.name, one.name)
  await network.settle()
  for (const node of [one, two, three]) expect(node.membership(roomId, carol)).toBe('join')
  const member = two.store.currentStateEvent(roomId, 'm.room.member', carol)?.pdu
  expect(member?.content['join_authorised_via_users_server']).toBe(alice)
})

test('a restricted room: a server where nobody may invite is passed over', async () => {
  await start()
  const space = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  for (const [node, user] of [
    [two, bob],
    [three, carol],
  ] as const)
    await join(node, user, space, one.name)
  const allow = [{ type: 'm.room_membership', room_id: space }]
  const roomId = await one.rooms.createRoom({
    creator: alice,
    powerLevelOverride: { invite: 50 },
    initialState: [
      { type: 'm.room.join_rules', stateKey: '', content: { join_rule: 'knock_restricted', allow } },
    ],
  })
  await network.settle()
  await join(two, bob, roomId, one.name)
  await network.settle()
  // M_UNABLE_TO_GRANT_JOIN of two alone; with one, the way in.
  await expect(join(three, carol, roomId, two.name)).rejects.toMatchObject({
    errcode: 'M_UNABLE_TO_GRANT_JOIN',
  })
  await join(three, carol, roomId, two.name, one.name)
  // Somebody else of a server that is in the room, and cannot vouch itself.
  const dave = two.user('dave')
  await join(two, dave, space)
  await network.settle()
  await join(two, dave, roomId)
  await network.settle()
  for (const node of [one, two, three]) expect(node.membership(roomId, dave)).toBe('join')
})

test('the last one who leaves takes the server out; it comes back by another way', async () => {
  await start()
  const roomId = await sharedRoom()
  await two.rooms.leaveRoom({ user: bob, roomId })
  two.rooms.forgetRoom(bob, roomId)
  await network.settle()
  expect(two.store.getRoom(roomId)?.participating).toBe(false)
  await one.text(roomId, alice, 'bob is gone')
  await network.settle()
  await join(two, bob, roomId, one.name)
  await network.settle()
  expect(two.state(roomId)).toEqual(one.state(roomId))
  expect(two.store.localMembership(bob, roomId)).toMatchObject({ membership: 'join', forgotten: false })
})
