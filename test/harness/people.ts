import type { RoomId, UserId } from '../../src-main/core/types.ts'
import type { CreateRoomArgs } from '../../src-main/rooms/api.ts'
import { TestNetwork, type TestNode } from './network.ts'

/** Two servers in one process, and somebody on each. */
export interface People {
  readonly network: TestNetwork
  readonly one: TestNode
  readonly two: TestNode
  readonly alice: UserId
  readonly bob: UserId
}

/** Alice on the first of the servers, and Bob on the second; more servers have nobody yet. */
export async function startPeople(
  seed = 1,
  names: readonly [string, string, ...string[]] = ['one.test', 'two.test'],
): Promise<People> {
  const network = await TestNetwork.start(seed, ...names)
  const [one, two] = [network.node(names[0]), network.node(names[1])]
  return { network, one, two, alice: one.user('alice'), bob: two.user('bob') }
}

/** A public room of Alice's that Bob has joined. */
export async function roomOfBoth(people: People, args: Partial<CreateRoomArgs> = {}): Promise<RoomId> {
  const { network, one, two, alice, bob } = people
  const roomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat', ...args })
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
  return roomId
}
