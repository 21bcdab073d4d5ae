import { afterEach, expect, test } from 'vitest'
import type { JsonObject, RoomId, RoomVersionId, UserId } from '../../src-main/core/types.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

/*
 * Five servers split into two groups that both change members, power levels, topic and bans. Within 5 seconds of
 * the split's end all five agree.
 */
const VERSIONS: readonly RoomVersionId[] = ['6', '7', '8', '9', '10', '11', '12']
const AGREED_WITHIN_MS = 5_000

let network: TestNetwork

afterEach(async () => {
  await network.stop()
})

interface Server {
  readonly node: TestNode
  /** In the room from the beginning, and may do most things. */
  readonly chief: UserId
  readonly other: UserId
}

async function gather(seed: number, version: RoomVersionId): Promise<{ roomId: RoomId; servers: Server[] }> {
  network = await TestNetwork.start(seed, 'a.test', 'b.test', 'c.test', 'd.test', 'e.test')
  const servers = [...network.nodes.values()].map((node) => ({
    node,
    chief: node.user('chief'),
    other: node.user('other'),
  }))
  const [first, ...rest] = servers as [Server, ...Server[]]
  const roomId = await first.node.rooms.createRoom({
    creator: first.chief,
    preset: 'public_chat',
    roomVersion: version,
  })
  for (const { node, chief } of rest)
    await network.during(node.rooms.joinRoom({ user: chief, room: roomId, via: [first.node.name] }))
  await network.settle()
  await levels(first, roomId, Object.fromEntries(rest.map(({ chief }) => [chief, 90])))
  await network.settle()
  return { roomId, servers }
}

/** Sets some users' levels, and leaves all else as it is there. */
async function levels({ node, chief }: Server, roomId: RoomId, change: JsonObject): Promise<void> {
  const now = node.store.currentStateEvent(roomId, 'm.room.power_levels', '')?.pdu.content ?? {}
  const users = { ...(now['users'] as JsonObject), ...change }
  await state({ node, chief }, roomId, 'm.room.power_levels', {
    ...now,
    events: { ...(now['events'] as JsonObject), 'm.room.power_levels': 80 },
    users,
  })
}

async function state(
  { node, chief }: Pick<Server, 'node' | 'chief'>,
  roomId: RoomId,
  type: string,
  content: JsonObject,
): Promise<void> {
  await node.rooms.sendEvent({ roomId, sender: chief, type, stateKey: '', content })
}

function split(one: readonly Server[], two: readonly Server[]): void {
  for (const a of one) for (const b of two) network.wire.partition(a.node.name, b.node.name)
}

/** What one side does meanwhile: each a change that the other side makes otherwise. */
async function live(side: readonly Server[], roomId: RoomId, name: string, victim: UserId): Promise<void> {
  const [speaker, second] = side as [Server, Server]
  const via = [speaker.node.name]
  await state(speaker, roomId, 'm.room.topic', { topic: `of the ${name}` })
  await network.during(second.node.rooms.joinRoom({ user: second.other, room: roomId, via }))
  await network.run(1_000)
  await levels(speaker, roomId, { [second.other]: name === 'west' ? 50 : 60 })
  await network.run(1_000)
  await second.node.text(roomId, second.other, `from the ${name}`)
  await speaker.node.rooms.banUser({ roomId, sender: speaker.chief, target: victim, reason: name })
  await network.run(1_000)
  await state(second, roomId, 'm.room.topic', { topic: `of the ${name}, later` })
  await second.node.rooms.leaveRoom({ user: second.other, roomId })
  await network.run(1_000)
  await network.during(second.node.rooms.joinRoom({ user: second.other, room: roomId, via }))
  await speaker.node.text(roomId, speaker.chief, `the ${name} is done`)
  await network.run(1_000)
}

function views(servers: readonly Server[], roomId: RoomId): string[][] {
  return servers.map(({ node }) => node.state(roomId))
}

const cases = VERSIONS.flatMap((version) => [1, 2, 3].map((seed) => [version, seed] as const))

test.each(cases)(
  'room version %s: two groups agree after they were apart, seed %i',
  async (version, seed) => {
    const { roomId, servers } = await gather(seed, version)
    const size = 2 + (seed % 2)
    const [west, east] = [servers.slice(0, size), servers.slice(size)]
    split(west, east)
    const last = east.at(-1) as Server
    // Both sides put out somebody; with one seed, somebody who goes on living on the other side.
    const stranger = '@stranger:a.test' as UserId
    await live(west, roomId, 'west', seed === 3 ? last.chief : stranger)
    await live(east, roomId, 'east', stranger)
    network.wire.reconnect()
    await network.run(AGREED_WITHIN_MS)
    const [first, ...others] = views(servers, roomId)
    for (const other of others) expect(other).toEqual(first)
    expect(first?.filter((line) => line.includes('stranger') || line.includes('m.room.topic'))).toHaveLength(
      2,
    )
    for (const { node } of servers) {
      expect(node.membership(roomId, last.chief)).toBe(seed === 3 ? 'ban' : 'join')
      expect(node.bodies(roomId).filter((body) => body.startsWith('the '))).toHaveLength(2)
    }
    // And it stays so when they go on.
    for (const { node, chief } of servers)
      if (node.membership(roomId, chief) === 'join') await node.text(roomId, chief, `word of ${node.name}`)
    await network.settle()
    const [later, ...same] = views(servers, roomId)
    for (const other of same) expect(other).toEqual(later)
  },
)
