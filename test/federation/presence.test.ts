import { afterEach, expect, test } from 'vitest'
import type { JsonObject, RoomId, UserId } from '../../src-main/core/types.ts'
import type { PresenceMode } from '../../src-main/rooms/api.ts'
import type { TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

let { network, one, two, alice, bob } = {} as People
let roomId: RoomId

async function start(): Promise<void> {
  const people = await startPeople(1, ['one.test', 'two.test', 'three.test'])
  ;({ network, one, two, alice, bob } = people)
  roomId = await roomOfBoth(people)
}
afterEach(() => network.stop())

const online = (node: TestNode, user: UserId, device = 'D'): void =>
  node.rooms.presence.set({ user, device, presence: 'online' })
const seenAt = (node: TestNode, user: UserId): string | undefined => node.rooms.presence.of(user)?.presence
const push = (...users: object[]): JsonObject =>
  ({ edu_type: 'm.presence', content: { push: users } }) as unknown as JsonObject

test('who is there, idle and gone is known on both sides, and the status goes along', async () => {
  await start()
  online(one, alice)
  await network.run(500)
  expect(two.rooms.presence.of(alice)).toMatchObject({ presence: 'online', currentlyActive: true })
  // Who is told answers with what there is to tell.
  online(two, bob)
  await network.run(6_000)
  expect(seenAt(one, bob)).toBe('online')
  const { serial } = two.rooms.presence
  one.rooms.presence.set({ user: alice, device: 'D', presence: 'unavailable', statusMsg: 'At lunch' })
  await network.run(6_000)
  expect(two.rooms.presence.since(serial)).toMatchObject([
    { userId: alice, presence: 'unavailable', statusMsg: 'At lunch' },
  ])
  // One device is idle, the other is not.
  online(one, alice, 'E')
  await network.run(6_000)
  expect(seenAt(two, alice)).toBe('online')
  // Nothing is heard of either any more.
  await network.run(4 * 60_000)
  expect(seenAt(one, alice)).toBe('offline')
  expect(seenAt(two, alice)).toBe('offline')
})

test('many changes become few updates, and nothing of it is queued', async () => {
  await start()
  const before = network.wire.requests.get('send') ?? 0
  for (let i = 0; i < 100; i++) {
    one.rooms.presence.set({ user: alice, device: 'D', presence: i % 2 === 0 ? 'online' : 'unavailable' })
    await network.run(100)
    expect(one.outbox.destinations()).toEqual([])
  }
  expect((network.wire.requests.get('send') ?? 0) - before).toBeLessThanOrEqual(4)
})

test('the last word counts for half an hour, is repeated before, and ends with the server', async () => {
  await start()
  const stay = async (ms: number): Promise<void> => {
    for (let at = 0; at < ms; at += 60_000) {
      online(one, alice)
      await network.run(60_000)
    }
  }
  await stay(40 * 60_000)
  expect(seenAt(two, alice)).toBe('online')
  network.wire.partition(one.name, two.name)
  await stay(10 * 60_000)
  expect(seenAt(two, alice)).toBe('online')
  await stay(35 * 60_000)
  expect(seenAt(two, alice)).toBe('offline')
  network.wire.heal()
  one.rooms.presence.back(two.name)
  await stay(60_000)
  expect(seenAt(two, alice)).toBe('online')
  two.rooms.presence.gone(one.name)
  expect(seenAt(two, alice)).toBe('offline')
})

test.each<[PresenceMode, string | undefined]>([
  ['on', 'online'],
  // These servers have names of domains.
  ['lan', undefined],
  ['off', undefined],
])('with the setting %s another server sees %s', async (mode, seen) => {
  await start()
  one.presenceMode = mode
  one.rooms.presence.modeChanged()
  online(one, alice)
  await network.run(10_000)
  expect(seenAt(two, alice)).toBe(seen)
  expect(seenAt(one, alice)).toBe(mode === 'off' ? 'offline' : 'online')
})

test('turned off, those who were told are told a last time; turned on, they are told again', async () => {
  await start()
  one.rooms.presence.set({ user: alice, device: 'D', presence: 'online', statusMsg: 'Here' })
  await network.run(500)
  one.presenceMode = 'off'
  one.rooms.presence.modeChanged()
  await network.run(500)
  expect(two.rooms.presence.of(alice)).toMatchObject({ presence: 'offline', statusMsg: undefined })
  expect(one.rooms.presence.of(alice)).toMatchObject({ presence: 'offline', statusMsg: undefined })
  one.presenceMode = 'on'
  one.rooms.presence.modeChanged()
  await network.run(6_000)
  expect(two.rooms.presence.of(alice)).toMatchObject({ presence: 'online', statusMsg: 'Here' })
  one.rooms.presence.stop()
  await network.run(500)
  expect(seenAt(two, alice)).toBe('offline')
})

test('a server speaks for its own users in shared rooms only, and what it says is bounded', async () => {
  await start()
  const three = network.node('three.test')
  const stranger = three.user('eve')
  const here = (user: string, more: object = {}) => ({
    user_id: user,
    presence: 'online',
    last_active_ago: 5,
    ...more,
  })
  await network.during(
    three.send(one.name, 't1', [], [push(here(stranger), here(bob), here(alice), here('@ghost:three.test'))]),
  )
  for (const user of [stranger, bob, alice]) expect(one.rooms.presence.of(user)).toBeUndefined()
  await network.during(
    two.send(
      one.name,
      't2',
      [],
      [
        push(here(alice), here('@ghost:two.test'), { user_id: bob, presence: 'here' }, { user_id: 5 }),
        { edu_type: 'm.presence', content: { push: 'x' } },
        { edu_type: 'm.presence', content: { push: [null, 3, []] } },
      ],
    ),
  )
  for (const user of [bob, alice, '@ghost:two.test' as UserId])
    expect(one.rooms.presence.of(user)).toBeUndefined()
  await network.during(
    two.send(
      one.name,
      't3',
      [],
      [push(here(bob, { last_active_ago: -1e300, status_msg: 'x'.repeat(60_000), currently_active: 7 }))],
    ),
  )
  const view = one.rooms.presence.of(bob)
  expect(view?.statusMsg).toHaveLength(1024)
  expect(view?.lastActiveAgo).toBeGreaterThanOrEqual(0)
  // Who left the room is no longer listened to.
  await network.during(two.rooms.leaveRoom({ user: bob, roomId }))
  await network.settle()
  const { serial } = one.rooms.presence
  await network.during(two.send(one.name, 't4', [], [push(here(bob, { presence: 'unavailable' }))]))
  expect(one.rooms.presence.serial).toBe(serial)
  expect([...one.rooms.presence.since(0)].map((each) => each.userId)).toEqual([bob])
})

test('a server that started again, and so has forgotten everything, is told anew', async () => {
  await start()
  online(one, alice)
  online(two, bob)
  await network.run(6_000)
  expect([seenAt(two, alice), seenAt(one, bob)]).toEqual(['online', 'online'])
  // As it is after a restart: what it was told is gone, and it says who is there.
  two.rooms.presence.stop()
  two.rooms.presence.gone(one.name)
  await network.run(6_000)
  expect([seenAt(two, alice), seenAt(one, bob)]).toEqual(['offline', 'offline'])
  const now = { user_id: bob, presence: 'online', last_active_ago: 1 }
  await network.during(two.send(one.name, 'afresh', [], [push(now)]))
  await network.run(6_000)
  expect([seenAt(two, alice), seenAt(one, bob)]).toEqual(['online', 'online'])
})

test('a server that crashed, and said no goodbye, learns again who is there when it speaks', async () => {
  await start()
  online(one, alice)
  online(two, bob)
  await network.run(150_000)
  two.rooms.presence.gone(one.name)
  expect(seenAt(two, alice)).toBe('offline')
  const before = network.wire.requests.get('send') ?? 0
  const again = { user_id: bob, presence: 'online', last_active_ago: 1 }
  await network.during(two.send(one.name, 'afresh', [], [push(again)]))
  await network.run(10_000)
  expect(seenAt(two, alice)).toBe('online')
  // And that is all: an answer is not answered.
  await network.run(10_000)
  expect((network.wire.requests.get('send') ?? 0) - before).toBeLessThanOrEqual(3)
})

test('a server that says the same over and over is not listened to for ever', async () => {
  await start()
  const { serial } = one.rooms.presence
  for (let n = 0; n < 20; n++) {
    const edus = Array.from({ length: 100 }, (_, i) =>
      push({ user_id: bob, presence: i % 2 === 0 ? 'online' : 'unavailable', last_active_ago: 1 }),
    )
    await network.during(two.send(one.name, `flood${n}`, [], edus))
  }
  expect(one.rooms.presence.serial - serial).toBeLessThanOrEqual(1_000)
})
