import { afterEach, expect, test } from 'vitest'
import { ROOM_VERSIONS } from '../../src-main/core/room-versions.ts'
import type { JsonObject, RoomAlias, RoomId, RoomVersionId, ServerName } from '../../src-main/core/types.ts'
import type { TestNode } from '../harness/network.ts'
import { startPeople, type People } from '../harness/people.ts'

let { network, one, two, alice, bob } = {} as People

async function start(): Promise<void> {
  ;({ network, one, two, alice, bob } = await startPeople())
}

afterEach(() => network.stop())

const content = (node: TestNode, roomId: RoomId, type: string, key = ''): JsonObject | undefined =>
  node.store.currentStateEvent(roomId, type, key)?.pdu.content

const upgrade = (
  roomId: RoomId,
  version: string,
  user = alice,
  additionalCreators: string[] = [],
): Promise<RoomId> => one.rooms.upgradeRoom({ user, roomId, version, additionalCreators })

async function state(roomId: RoomId, type: string, value: JsonObject, stateKey = ''): Promise<void> {
  await one.rooms.sendEvent({ roomId, sender: alice, type, stateKey, content: value })
}

async function join(roomId: RoomId): Promise<void> {
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
}

const pairs: [RoomVersionId, RoomVersionId][] = [
  ['1', '6'],
  ['6', '9'],
  ['9', '10'],
  ['10', '11'],
  ['11', '12'],
  ['12', '12'],
  ['12', '11'],
]

test.each(pairs)(
  'from version %s to %s: state, roles and address move, and members follow',
  async (from, to) => {
    await start()
    const roomId = await one.rooms.createRoom({
      creator: alice,
      roomVersion: from,
      preset: 'public_chat',
      name: 'Square',
      topic: 'at noon',
      aliasLocalpart: 'square',
      visibility: 'public',
      powerLevelOverride: { users: from === '12' ? { [bob]: 60 } : { [alice]: 100, [bob]: 60 } },
    })
    await join(roomId)
    const next = await upgrade(roomId, to)
    await network.settle()
    const tombstone = content(two, roomId, 'm.room.tombstone')
    expect(tombstone).toMatchObject({ replacement_room: next })
    await join(next)

    expect(content(two, next, 'm.room.create')).toMatchObject({
      room_version: to,
      predecessor: { room_id: roomId },
    })
    expect(content(two, next, 'm.room.name')).toEqual({ name: 'Square' })
    expect(content(two, next, 'm.room.topic')).toMatchObject({ topic: 'at noon' })
    expect(content(two, next, 'm.room.join_rules')).toEqual({ join_rule: 'public' })
    expect(content(two, next, 'm.room.canonical_alias')).toEqual({ alias: '#square:one.test' })
    const users = to === '12' ? { [bob]: 60 } : { [alice]: 100, [bob]: 60 }
    expect(content(two, next, 'm.room.power_levels')?.['users']).toEqual(users)
    expect(two.state(next)).toEqual(one.state(next))
    // Bob is a moderator there, too.
    await two.rooms.sendEvent({
      ...{ roomId: next, sender: bob, type: 'm.room.topic', stateKey: '' },
      content: { topic: 'moved' },
    })
    await network.settle()
    expect(content(one, next, 'm.room.topic')).toEqual({ topic: 'moved' })

    // The old room: no address, not in the directory, and nobody talks in it.
    expect(content(two, roomId, 'm.room.canonical_alias')).toEqual({})
    expect(one.store.alias('#square:one.test' as RoomAlias)?.roomId).toBe(next)
    expect([one.store.isPublic(roomId), one.store.isPublic(next)]).toEqual([false, true])
    expect(content(two, roomId, 'm.room.power_levels')).toMatchObject({ events_default: 50, invite: 50 })
  },
)

test('who may not replace the room leaves no trace of a try', async () => {
  await start()
  const mallory = one.user('mallory')
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  await one.rooms.joinRoom({ user: mallory, room: roomId })
  const rooms = one.store.listRooms().length
  const stranger = one.user('stranger')
  for (const user of [mallory, stranger]) {
    await expect(upgrade(roomId, '12', user)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  }
  await expect(upgrade(roomId, '99')).rejects.toMatchObject({ errcode: 'M_UNSUPPORTED_ROOM_VERSION' })
  await expect(upgrade(roomId, '12', alice, ['nobody'])).rejects.toMatchObject({ errcode: 'M_INVALID_PARAM' })
  expect(one.store.listRooms()).toHaveLength(rooms)
  expect(content(one, roomId, 'm.room.tombstone')).toBeUndefined()
})

test('levels above those that a creator has by default are kept', async () => {
  await start()
  const levels = { users: { [alice]: 150 }, events: { 'm.room.tombstone': 120, 'm.room.name': 150 } }
  const roomId = await one.rooms.createRoom({
    creator: alice,
    roomVersion: '10',
    name: 'Square',
    powerLevelOverride: levels,
  })
  const next = await upgrade(roomId, '11')
  expect(content(one, next, 'm.room.power_levels')).toMatchObject(levels)
  expect(content(one, next, 'm.room.name')).toEqual({ name: 'Square' })
})

test('an upgrade is no amnesty, and tells the banned people’s servers nothing', async () => {
  await start()
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  await join(roomId)
  await one.rooms.banUser({ roomId, sender: alice, target: bob, reason: 'spam' })
  await network.settle()
  const next = await upgrade(roomId, '12')
  expect(content(one, next, 'm.room.member', bob)).toEqual({ membership: 'ban', reason: 'spam' })
  expect(one.outbox.destinations()).toEqual([])
  await expect(join(next)).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
})

test('a space keeps its rooms, a room for its members its rule, and further creators are named', async () => {
  await start()
  const space = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    creationContent: { type: 'm.space' },
  })
  const child = await one.rooms.createRoom({ creator: alice })
  await state(space, 'm.space.child', { via: ['one.test'] }, child)
  await state(space, 'm.space.child', {}, '!taken-out:one.test')
  const allow = [{ type: 'm.room_membership', room_id: space }]
  await state(child, 'm.room.join_rules', { join_rule: 'restricted', allow })
  await join(space)

  const nextSpace = await upgrade(space, '12', alice, [bob])
  await join(nextSpace)
  expect(content(two, nextSpace, 'm.room.create')).toMatchObject({
    type: 'm.space',
    additional_creators: [bob],
  })
  expect(content(two, nextSpace, 'm.space.child', child)).toEqual({ via: ['one.test'] })
  expect(content(two, nextSpace, 'm.space.child', '!taken-out:one.test')).toBeUndefined()

  const nextChild = await upgrade(child, '11')
  await network.settle()
  await join(nextChild)
  expect(content(two, nextChild, 'm.room.join_rules')).toEqual({ join_rule: 'restricted', allow })
})

test('a creator who is not named again is an owner; one who is named has all the power, and nobody demotes them', async () => {
  await start()
  const carol = two.user('carol')
  const roomId = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    creationContent: { additional_creators: [bob, carol] },
  })
  await join(roomId)
  const next = await upgrade(roomId, '12', alice, [bob])
  await join(next)
  expect(content(two, next, 'm.room.create')?.['additional_creators']).toEqual([bob])
  expect(content(two, next, 'm.room.power_levels')?.['users']).toEqual({ [carol]: 100 })
  await expect(
    state(next, 'm.room.power_levels', {
      ...content(one, next, 'm.room.power_levels'),
      users: { [bob]: 0 },
    }),
  ).rejects.toMatchObject({ errcode: 'M_FORBIDDEN' })
  // Back to a version without creators all of them are owners, as far as that goes there.
  const older = await upgrade(next, '11', alice, [bob])
  expect(content(one, older, 'm.room.create')).not.toHaveProperty('additional_creators')
  expect(content(one, older, 'm.room.power_levels')?.['users']).toEqual({
    [alice]: 100,
    [bob]: 100,
    [carol]: 100,
  })
})

test('members of another server follow by the tombstone alone', async () => {
  await start()
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  await join(roomId)
  await upgrade(roomId, '12')
  await network.settle()
  const tombstone = two.store.currentStateEvent(roomId, 'm.room.tombstone', '')?.pdu
  const next = tombstone?.content['replacement_room'] as RoomId
  const via = tombstone?.sender.slice(tombstone.sender.indexOf(':') + 1) as ServerName
  await network.during(two.rooms.joinRoom({ user: bob, room: next, via: [via] }))
  await network.settle()
  expect(one.membership(next, bob)).toBe('join')
  expect(ROOM_VERSIONS).toContain(two.store.getRoom(next)?.version)
})
