import { afterEach, expect, test } from 'vitest'
import type { JsonObject, RoomAlias, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import type { SpacePage, SpaceQuery } from '../../src-main/rooms/finding/api.ts'
import type { TestNode } from '../harness/network.ts'
import { startPeople, type People } from '../harness/people.ts'

let three: TestNode
let { network, one, two, alice, bob } = {} as People
let carol: UserId

async function start(): Promise<void> {
  ;({ network, one, two, alice, bob } = await startPeople(1, ['one.test', 'two.test:8448', 'three.test']))
  three = network.node('three.test')
  carol = three.user('carol')
}

afterEach(() => network.stop())

interface RoomOptions {
  readonly rule?: JsonObject | 'public' | 'invite' | 'knock'
  readonly listed?: boolean
  readonly space?: boolean
  readonly topic?: string
}

/** A room with no invitation to see it but its join rule. */
function room(node: TestNode, creator: UserId, name: string, options: RoomOptions = {}): Promise<RoomId> {
  const { rule = 'public', listed = false, space = false } = options
  const content = typeof rule === 'string' ? { join_rule: rule } : rule
  return node.rooms.createRoom({
    creator,
    name,
    topic: options.topic,
    visibility: listed ? 'public' : 'private',
    creationContent: space ? { type: 'm.space' } : {},
    initialState: [{ type: 'm.room.join_rules', stateKey: '', content }],
  })
}

async function addChild(
  node: TestNode,
  user: UserId,
  space: RoomId,
  child: RoomId,
  via: string,
  extra: JsonObject = {},
): Promise<void> {
  await node.rooms.sendEvent({
    roomId: space,
    sender: user,
    type: 'm.space.child',
    stateKey: child,
    content: { via: [via], ...extra },
  })
}

const hierarchy = (node: TestNode, query: Partial<SpaceQuery> & { user: UserId; roomId: RoomId }) =>
  network.during(
    node.rooms.finding.hierarchy({
      suggestedOnly: false,
      maxDepth: undefined,
      limit: 50,
      from: undefined,
      ...query,
    }),
  )

const names = (page: SpacePage): (string | undefined)[] => page.rooms.map((found) => found.name)

test('the directory of another server: searched, by type, and paged in both directions', async () => {
  await start()
  for (const name of ['Bread', 'Butter', 'Cheese', 'Dill', 'Egg'])
    await room(one, alice, name, { listed: true })
  await room(one, alice, 'Kitchen', { listed: true, space: true, topic: 'where the BREAD is made' })
  await room(one, alice, 'Cellar', { rule: 'invite' })
  const ask = (query: object) =>
    network.during(two.rooms.finding.publicRooms({ limit: 2, ...query }, one.name))
  const found = async (query: object) => (await ask(query)).rooms.map(({ name }) => name ?? '').sort()

  const first = await ask({})
  const second = await ask({ since: first.nextBatch })
  const third = await ask({ since: second.nextBatch })
  const all = [...first.rooms, ...second.rooms, ...third.rooms].map(({ name }) => name ?? '')
  expect(all.toSorted()).toEqual(['Bread', 'Butter', 'Cheese', 'Dill', 'Egg', 'Kitchen'])
  expect([first.prevBatch, third.nextBatch, first.total]).toEqual([undefined, undefined, 6])
  expect((await ask({ since: third.prevBatch })).rooms).toEqual(second.rooms)
  expect((await ask({ since: second.prevBatch })).rooms).toEqual(first.rooms)

  expect(await found({ term: ' bread ', limit: 10 })).toEqual(['Bread', 'Kitchen'])
  expect(await found({ types: ['m.space'] })).toEqual(['Kitchen'])
  expect(await found({ types: [null], term: 'bread' })).toEqual(['Bread'])
  await expect(ask({ since: 'x' })).rejects.toMatchObject({ errcode: 'M_INVALID_PARAM' })
})

test('rooms that come while somebody pages neither hide nor repeat others', async () => {
  await start()
  const first = await room(one, alice, 'first', { listed: true })
  const second = await room(one, alice, 'second', { listed: true })
  const page = (since?: string) =>
    network.during(two.rooms.finding.publicRooms({ limit: 1, since }, one.name))
  const start1 = await page()
  const crowded = await room(one, alice, 'crowded', { listed: true })
  await network.during(three.rooms.joinRoom({ user: carol, room: crowded, via: [one.name] }))
  const rest = await page(start1.nextBatch)
  const seen = [...start1.rooms, ...rest.rooms].map(({ room_id: id }) => id).sort()
  expect(seen).toEqual([first, second].sort())
})

test('rooms that keep a server out are not in the directory it gets', async () => {
  await start()
  const listed = await room(one, alice, 'Closed to two', { listed: true })
  await one.rooms.createRoom({
    creator: alice,
    name: 'Only here',
    visibility: 'public',
    creationContent: { 'm.federate': false },
  })
  await one.rooms.sendEvent({
    roomId: listed,
    sender: alice,
    type: 'm.room.server_acl',
    stateKey: '',
    content: { allow: ['*'], deny: ['two.test'], allow_ip_literals: true },
  })
  const seenBy = async (node: TestNode) =>
    (await network.during(node.rooms.finding.publicRooms({ limit: 9 }, one.name))).rooms.map(
      ({ name }) => name,
    )
  expect(await seenBy(two)).toEqual([])
  expect(await seenBy(three)).toEqual(['Closed to two'])
})

test('an untrue directory is cut down to what a directory may be', async () => {
  await start()
  one.rooms.finding.publicRoomsForServer = () => ({
    rooms: [
      { room_id: 'no room' },
      {
        room_id: '!a:one.test',
        name: 'x'.repeat(100_000),
        topic: { a: 1 },
        avatar_url: 'https://tracker.example/pixel.png',
        num_joined_members: -3,
        canonical_alias: 'not one',
        evil: true,
      },
      ...Array.from({ length: 100 }, (_, n) => ({ room_id: `!b${n}:one.test` })),
    ] as never,
    nextBatch: 'y'.repeat(100_000),
    prevBatch: undefined,
    total: -1,
  })
  const page = await network.during(two.rooms.finding.publicRooms({ limit: 10 }, one.name))
  expect(page).toMatchObject({ nextBatch: undefined, total: undefined })
  expect(page.rooms).toHaveLength(9)
  expect(page.rooms[0]).toEqual({
    room_id: '!a:one.test',
    name: 'x'.repeat(255),
    num_joined_members: 0,
    world_readable: false,
    guest_can_join: false,
    join_rule: 'public',
  })
})

test('a space is walked over servers, in its order, cycles and all; what is not for one is left out', async () => {
  await start()
  const space = await room(one, alice, 'Street', { space: true })
  const house = await room(two, bob, 'House', { space: true })
  const kitchen = await room(two, bob, 'Kitchen')
  const cellar = await room(two, bob, 'Cellar', { rule: 'invite' })
  const garden = await room(three, carol, 'Garden', { rule: 'knock' })
  const shop = await room(one, alice, 'Shop')
  await addChild(one, alice, space, shop, 'one.test')
  await addChild(one, alice, space, house, 'two.test:8448', { order: 'b' })
  await addChild(one, alice, space, garden, 'three.test', { order: 'a', suggested: true })
  await addChild(two, bob, house, kitchen, 'two.test:8448', { order: '1' })
  await addChild(two, bob, house, cellar, 'two.test:8448', { order: '2' })
  await addChild(two, bob, house, space, 'one.test', { order: '3' })

  const whole = await hierarchy(one, { user: alice, roomId: space })
  expect(names(whole)).toEqual(['Street', 'Garden', 'House', 'Kitchen', 'Shop'])
  expect(whole.nextBatch).toBeUndefined()
  expect(whole.rooms[1]).toMatchObject({ join_rule: 'knock', num_joined_members: 1, room_version: '12' })
  expect(whole.rooms[2]?.children_state.map((child) => child['state_key'])).toEqual([kitchen, cellar, space])

  expect(names(await hierarchy(one, { user: alice, roomId: space, suggestedOnly: true }))).toEqual([
    'Street',
    'Garden',
  ])
  expect(names(await hierarchy(one, { user: alice, roomId: space, maxDepth: 1 }))).toEqual([
    'Street',
    'Garden',
    'House',
    'Shop',
  ])
  expect(names(await hierarchy(one, { user: alice, roomId: space, maxDepth: 0 }))).toEqual(['Street'])

  // From outside, by a server that is in none of them.
  const outside = await hierarchy(three, { user: carol, roomId: space, via: [one.name] })
  expect(names(outside)).toEqual(['Street', 'Garden', 'House', 'Kitchen', 'Shop'])
})

test('pages of a space continue where they stopped, and only as they began', async () => {
  await start()
  const space = await room(one, alice, 'Street', { space: true })
  for (let n = 0; n < 5; n++) {
    const child = await room(two, bob, `House ${n}`)
    await addChild(one, alice, space, child, 'two.test:8448', { order: String(n) })
  }
  const query = { user: alice, roomId: space, limit: 3 }
  const first = await hierarchy(one, query)
  const second = await hierarchy(one, { ...query, from: first.nextBatch })
  expect([...names(first), ...names(second)]).toEqual(['Street', ...[0, 1, 2, 3, 4].map((n) => `House ${n}`)])
  expect(second.nextBatch).toBeUndefined()
  // The same page again, as after a lost answer.
  expect(await hierarchy(one, { ...query, from: first.nextBatch })).toEqual(second)
  for (const changed of [{ maxDepth: 1 }, { suggestedOnly: true }, { from: 'unknown' }]) {
    await expect(hierarchy(one, { ...query, from: first.nextBatch, ...changed })).rejects.toMatchObject({
      errcode: 'M_INVALID_PARAM',
    })
  }
})

test('a space whose servers are partly away shows the rest, and asks again later', async () => {
  await start()
  const space = await room(one, alice, 'Street', { space: true })
  const near = await room(two, bob, 'Near')
  const far = await room(three, carol, 'Far')
  await addChild(one, alice, space, far, 'three.test', { order: 'a' })
  await addChild(one, alice, space, near, 'two.test:8448', { order: 'b' })
  network.wire.partition(one.name, three.name)
  expect(names(await hierarchy(one, { user: alice, roomId: space }))).toEqual(['Street', 'Near'])
  network.wire.heal()
  await network.run(60_000)
  expect(names(await hierarchy(one, { user: alice, roomId: space }))).toEqual(['Street', 'Far', 'Near'])
})

test('a restricted room of a space is seen by the members of the space, of whichever server', async () => {
  await start()
  const space = await room(one, alice, 'Club', { space: true })
  const rule = { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: space }] }
  const inner = await room(one, alice, 'Members', { rule })
  await addChild(one, alice, space, inner, 'one.test')
  const seen = async () => names(await hierarchy(two, { user: bob, roomId: space, via: [one.name] }))
  expect(await seen()).toEqual(['Club'])
  await network.during(two.rooms.joinRoom({ user: bob, room: space, via: [one.name] }))
  await network.settle()
  const walked = await hierarchy(two, { user: bob, roomId: space })
  expect(names(walked)).toEqual(['Club', 'Members'])
  expect(walked.rooms[1]).toMatchObject({ join_rule: 'restricted', allowed_room_ids: [space] })
})

test('the summary of a room on another server, by id and by alias; of a hidden one, nothing', async () => {
  await start()
  const roomId = await one.rooms.createRoom({
    creator: alice,
    preset: 'public_chat',
    name: 'Bread',
    topic: 'and butter',
    aliasLocalpart: 'bread',
    initialState: [
      { type: 'm.room.encryption', stateKey: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
    ],
  })
  const ask = (room: RoomId | RoomAlias, via: ServerName[] = []) =>
    network.during(two.rooms.finding.summary({ user: bob, room, via }))
  const expected = {
    room_id: roomId,
    name: 'Bread',
    topic: 'and butter',
    canonical_alias: '#bread:one.test',
    join_rule: 'public',
    num_joined_members: 1,
    world_readable: false,
    guest_can_join: false,
    encryption: 'm.megolm.v1.aes-sha2',
    room_version: '12',
    membership: 'leave',
  }
  expect(await ask(roomId, [three.name, one.name])).toEqual(expected)
  expect(await ask('#bread:one.test' as RoomAlias)).toEqual(expected)
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
  expect(await ask(roomId)).toEqual({ ...expected, num_joined_members: 2, membership: 'join' })

  const secret = await room(one, alice, 'Secret', { rule: 'invite' })
  await expect(ask(secret, [one.name])).rejects.toMatchObject({ status: 404, errcode: 'M_NOT_FOUND' })
  // A room id of version 12 names no server to ask.
  await expect(ask(secret)).rejects.toThrow('no server that may know it was named')
})

test('who looks at a room again sees what has changed; of a server that is away, what it said last', async () => {
  await start()
  const roomId = await room(one, alice, 'Tea', { rule: 'invite' })
  const summary = () =>
    network.during(two.rooms.finding.summary({ user: bob, room: roomId, via: [one.name] }))
  const set = (type: string, content: JsonObject) =>
    one.rooms.sendEvent({ roomId, sender: alice, type, stateKey: '', content })
  await expect(summary()).rejects.toThrow('does not show it')
  await set('m.room.join_rules', { join_rule: 'public' })
  await network.run(11_000)
  expect(await summary()).toMatchObject({ name: 'Tea' })
  await set('m.room.name', { name: 'Coffee' })
  await network.run(11_000)
  expect(await summary()).toMatchObject({ name: 'Coffee' })

  network.wire.partition(one.name, two.name)
  await network.run(60_000)
  expect(await summary()).toMatchObject({ name: 'Coffee' })
  expect(await summary()).toMatchObject({ name: 'Coffee' })
  await network.run(5 * 60_000)
  await expect(summary()).rejects.toThrow('could not be reached')
})

test('of a room to which one is invited, what the invite said while its server is away', async () => {
  await start()
  const roomId = await network.during(
    one.rooms.createRoom({ creator: alice, invite: [bob], name: 'Tea', topic: 'at five' }),
  )
  const summary = () => network.during(two.rooms.finding.summary({ user: bob, room: roomId }))
  expect(await summary()).toMatchObject({ name: 'Tea', num_joined_members: 1, membership: 'invite' })
  network.wire.partition(one.name, two.name)
  await network.run(6 * 60_000)
  expect(await summary()).toMatchObject({
    name: 'Tea',
    topic: 'at five',
    num_joined_members: 0,
    membership: 'invite',
  })
})
