import { afterEach, expect, test } from 'vitest'
import type { RoomVersionId, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork

afterEach(async () => {
  await network.stop()
})

interface Actor {
  readonly node: TestNode
  readonly user: UserId
}

async function actorsOf(seed: number, names: readonly string[]): Promise<Actor[]> {
  network = await TestNetwork.start(seed, ...names)
  return names.map((name) => ({ node: network.node(name), user: network.node(name).user('user') }))
}

/** The longest time, in ms of computing, that `work` kept the event loop from its turns. */
async function longestTurn(work: () => Promise<unknown>): Promise<number> {
  let longest = 0
  let running = true
  let last = process.threadCpuUsage()
  const turn = (): void => {
    const { user, system } = process.threadCpuUsage(last)
    longest = Math.max(longest, (user + system) / 1000)
    last = process.threadCpuUsage()
    if (running) setImmediate(turn)
  }
  setImmediate(turn)
  await work()
  running = false
  return longest
}

test.each(['6', '10', '12'] as const)(
  'a room of many quarrels about power is joined with the state that its servers agree on, version %s',
  async (version: RoomVersionId) => {
    const actors = await actorsOf(5, ['a.test', 'b.test', 'c.test'])
    const [a, b, late] = actors as [Actor, Actor, Actor]
    const roomId = await a.node.rooms.createRoom({
      creator: a.user,
      preset: 'public_chat',
      roomVersion: version,
    })
    await network.during(b.node.rooms.joinRoom({ user: b.user, room: roomId, via: [a.node.name] }))
    await network.settle()
    const levels = (round: number, who: number): Record<string, number | Record<string, number>> => ({
      users: {
        ...(version === '12' ? {} : { [a.user]: 100 }),
        [b.user]: 99,
        [`@guest${round % 7}:b.test`]: (round * 7 + who * 3) % 60,
      },
      state_default: 50,
      events_default: round % 3 === 0 ? 0 : 1,
      users_default: 1,
    })
    const setLevels = async ({ node, user }: Actor, round: number, who: number): Promise<void> => {
      const event = { roomId, sender: user, type: 'm.room.power_levels', stateKey: '' }
      await node.rooms.sendEvent({ ...event, content: levels(round, who) })
    }
    await setLevels(a, 0, 0)
    await network.settle()
    for (let round = 0; round < 40; round++) {
      network.wire.partition(a.node.name, b.node.name)
      for (const [who, actor] of [a, b].entries()) {
        await setLevels(actor, round, who)
        await actor.node.rooms.sendEvent({
          roomId,
          sender: actor.user,
          type: 'm.room.topic',
          stateKey: '',
          content: { topic: `${round} of ${who}` },
        })
      }
      network.wire.heal()
      await network.settle()
    }
    await a.node.text(roomId, a.user, 'peace')
    await network.settle()
    expect(b.node.state(roomId)).toEqual(a.node.state(roomId))

    await network.during(late.node.rooms.joinRoom({ user: late.user, room: roomId, via: [b.node.name] }))
    await network.settle()
    await late.node.text(roomId, late.user, 'here I am')
    await network.settle()
    for (const { node } of [b, late]) expect(node.state(roomId)).toEqual(a.node.state(roomId))
    while (await network.during(late.node.rooms.backfill(roomId, undefined, 100)));
    expect(late.node.store.gaps(roomId)).toEqual([])
    // What was quarrelled about is as valid there as it is here.
    const statuses = (node: TestNode): unknown[] =>
      node.db.all(
        "SELECT event_id, status = 2 AS rejected FROM events WHERE type = 'm.room.power_levels' ORDER BY event_id",
      )
    expect(statuses(late.node)).toEqual(statuses(a.node))
  },
  60_000,
)

test('a room of a thousand people is joined whole, and nobody else waits long for it', async () => {
  const actors = await actorsOf(6, ['a.test', 'b.test'])
  const [a, b] = actors as [Actor, Actor]
  const roomId = await a.node.rooms.createRoom({ creator: a.user, preset: 'public_chat' })
  for (let n = 0; n < 1_000; n++) await a.node.rooms.joinRoom({ user: a.node.user(`m${n}`), room: roomId })
  const join = (): Promise<unknown> =>
    network.during(b.node.rooms.joinRoom({ user: b.user, room: roomId, via: [a.node.name] }))
  // Generous, as many tests may run beside: in slices it is a few ms, at once it would be hundreds.
  expect(await longestTurn(join)).toBeLessThan(300)
  await network.settle()
  expect(b.node.store.members(roomId, 'join')).toHaveLength(1_002)
  expect(b.node.state(roomId)).toEqual(a.node.state(roomId))
  expect(b.node.store.joinedServers(roomId).sort()).toEqual(['a.test', 'b.test'])
  expect(a.node.store.joinedLocalUsers(roomId)).toEqual(
    [a.user, ...Array.from({ length: 1_000 }, (_, n) => `@m${n}:a.test`)].sort(),
  )
}, 60_000)
