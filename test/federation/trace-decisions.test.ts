/** What a node's log says of its decisions: the inspector shows nothing else. */
import { afterEach, expect, test } from 'vitest'
import type { RoomId } from '../../src-main/core/types.ts'
import type { LogItem } from '../../src-main/trace/log.ts'
import { TestNetwork, type TestNode } from '../harness/network.ts'

let network: TestNetwork
afterEach(() => network.stop())

function* steps(items: readonly LogItem[]): Generator<LogItem> {
  for (const item of items) {
    yield item
    yield* steps(item.children)
  }
}

const found = (node: TestNode, label: string): LogItem[] =>
  [...steps(node.items)].filter((item) => item.label === label)

test('a fork is resolved in sight: sizes and algorithm; what the current state forbids says which check it was', async () => {
  network = await TestNetwork.start(31, 'one.test', 'two.test')
  const one = network.node('one.test')
  const two = network.node('two.test')
  const alice = one.user('alice')
  const bob = two.user('bob')
  const roomId: RoomId = await one.rooms.createRoom({ creator: alice, preset: 'public_chat' })
  await network.during(two.rooms.joinRoom({ user: bob, room: roomId, via: [one.name] }))
  await network.settle()
  network.wire.partition(one.name, two.name)
  await one.rooms.banUser({ roomId, sender: alice, target: bob })
  await two.rooms.sendEvent({
    roomId,
    sender: bob,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: 'I do not know yet' },
  })
  network.wire.heal()
  await network.settle()

  expect(found(one, 'soft-failed')).toMatchObject([
    { values: { server: two.name, type: 'm.room.message', check: 'current state' } },
  ])
  const resolutions = [...found(one, 'resolve state'), ...found(two, 'resolve state')]
  expect(resolutions.map(({ values }) => values)).toContainEqual(
    expect.objectContaining({ room: roomId, states: 2, algorithm: expect.stringMatching(/^v2/) }),
  )
})
