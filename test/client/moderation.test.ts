import { afterEach, beforeEach, expect, test } from 'vitest'
import { createClientRig, roomOf, until, words, type ClientRig } from './rig.ts'

let rig: ClientRig
beforeEach(async () => {
  rig = await createClientRig()
})
afterEach(() => rig.stop())

test('state is written only on top of what the room still says', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  const type = 'm.room.history_visibility'
  await alice.writeState(roomId, type, { history_visibility: 'joined' }, { history_visibility: 'shared' })
  await expect(
    alice.writeState(roomId, type, { history_visibility: 'invited' }, { history_visibility: 'shared' }),
  ).rejects.toThrow(/Somebody else changed this/)
  // What was never set is based on nothing.
  await alice.writeState(roomId, 'm.room.topic', { topic: 'Beans' }, undefined)
  await until(bob.room(roomId), (room) => room?.topic === 'Beans')
})

test('all that somebody has said since a moment is deleted, page after page, and nothing else', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  alice.sendMessage(roomId, words('Mine'))
  for (let each = 0; each < 105; each++) bob.sendMessage(roomId, words(`Spam ${each}`))
  const spam = (now: ReturnType<ReturnType<typeof alice.timeline>['get']>) =>
    (now?.events ?? []).filter((event) => String(event.content['body']).startsWith('Spam'))
  await until(alice.timeline(roomId), (now) => spam(now).length === 105)

  const counts: number[] = []
  const options = {
    reason: 'Spam',
    signal: new AbortController().signal,
    onProgress: (count: number) => counts.push(count),
  }
  expect(await alice.redactSince(roomId, bob.userId, Date.now() + 60_000, options)).toBe(0)
  expect(await alice.redactSince(roomId, bob.userId, 0, options)).toBe(105)
  expect(counts.at(-1)).toBe(105)
  const after = await until(alice.timeline(roomId), (now) => spam(now).length === 0)
  expect(after?.events.some((event) => event.content['body'] === 'Mine')).toBe(true)
  // What is deleted already is no work.
  expect(await alice.redactSince(roomId, bob.userId, 0, options)).toBe(0)
}, 60_000)

test('who is ignored is kept by the account; who was removed learns by whom and why, also later', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  await alice.setIgnored(bob.userId, true)
  await until(alice.ignored, (ignored) => ignored.has(bob.userId))
  await alice.setIgnored(bob.userId, false)
  await until(alice.ignored, (ignored) => !ignored.has(bob.userId))

  await alice.setRoomName(roomId, 'Den')
  await until(bob.room(roomId), (room) => room?.name === 'Den')
  alice.sendMessage(roomId, words('Before'))
  await until(bob.timeline(roomId), (now) => now?.events.at(-1)?.content['body'] === 'Before')
  await alice.kick(roomId, bob.userId, 'Calm down')
  await until(alice.room(roomId), (room) => room?.memberCount === 1)
  alice.sendMessage(roomId, words('Behind his back'))
  await until(alice.timeline(roomId), (now) => now?.events.at(-1)?.content['body'] === 'Behind his back')
  await until(bob.room(roomId), (room) => room === undefined)
  const removed = {
    id: roomId,
    name: 'Den',
    how: 'removed',
    reason: 'Calm down',
    by: { userId: alice.userId },
  }
  expect(bob.leftRoom(roomId)).toMatchObject(removed)
  expect(await bob.leftRooms()).toMatchObject([removed])
  const later = await rig.client('bob')
  expect(await later.leftRooms()).toMatchObject([removed])
  const { events, older } = await later.leftHistory(roomId, undefined)
  expect(older).toBeUndefined()
  expect(events.at(-1)).toMatchObject({ type: 'm.room.member', content: { reason: 'Calm down' } })
  expect(events.at(-2)?.content['body']).toBe('Before')
  await later.forget(roomId)
  expect(await later.leftRooms()).toEqual([])
})

test('the facts of a room say who asks to join, who is banned, and by whom', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  await alice.ban(roomId, bob.userId, 'Spam')
  const facts = await until(alice.roomFacts(roomId), (now) => now?.banned.length === 1)
  expect(facts).toMatchObject({
    version: '12',
    creators: [alice.userId],
    banned: [{ userId: bob.userId, reason: 'Spam', by: { userId: alice.userId } }],
  })
})

test('a ban is lifted with a reason that the room reads', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  await alice.ban(roomId, bob.userId)
  await until(alice.roomFacts(roomId), (now) => now?.banned.length === 1)
  await alice.unban(roomId, bob.userId, 'One more chance')
  await until(alice.roomFacts(roomId), (now) => now?.banned.length === 0)
  const lifted = await until(
    alice.timeline(roomId),
    (now) => now?.events.at(-1)?.content['reason'] !== undefined,
  )
  expect(lifted?.events.at(-1)?.content).toMatchObject({ membership: 'leave', reason: 'One more chance' })
})

test('addresses and the directory of the own node', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  const alias = await alice.addAlias(roomId, 'den')
  expect(await alice.localAliases(roomId)).toEqual([alias])
  expect(await alice.isListed(roomId)).toBe(false)
  await alice.setListed(roomId, true)
  expect(await alice.isListed(roomId)).toBe(true)
  await alice.removeAlias(alias)
  expect(await alice.localAliases(roomId)).toEqual([])
  await alice.report({ roomId }, 'Untidy')
  await alice.report({ userId: bob.userId }, 'Rude')
  expect((await alice.roomVersions()).known).toContain('12')
})

test('a room is deleted from this node, and gone from the list', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  expect(await bob.deleteRoom(roomId, true)).toBe(true)
  await until(bob.rooms, (rooms) => rooms.length === 0)
  expect(await bob.leftRooms()).toEqual([])
})

test('who upgrades a room names its further creators', async () => {
  const alice = await rig.client('alice')
  const bob = await rig.client('bob')
  const roomId = await roomOf(alice, bob)
  const next = await alice.upgradeRoom(roomId, '12', [bob.userId])
  const facts = await until(alice.roomFacts(next), (now) => now?.creators.length === 2)
  expect(facts?.creators).toEqual([alice.userId, bob.userId])
})
