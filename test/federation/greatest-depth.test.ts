import { afterEach, expect, test } from 'vitest'
import type { RoomVersionId } from '../../src-main/core/types.ts'
import { Forger } from '../harness/forger.ts'
import { roomOfBoth, startPeople } from '../harness/people.ts'
import type { TestNetwork } from '../harness/network.ts'

let network: TestNetwork | undefined
afterEach(() => network?.stop())

test.each(['6', '10', '12'] as RoomVersionId[])(
  'after an event of the greatest depth the room goes on in its order, for who comes later too, version %s',
  async (version) => {
    const people = await startPeople(3, ['one.test', 'two.test', 'three.test'])
    ;({ network } = people)
    const { one, two, alice, bob } = people
    const three = network.node('three.test')
    const carol = three.user('carol')
    const roomId = await roomOfBoth(people, { roomVersion: version })
    const forger = new Forger(network, two, one, roomId)
    const content = { msgtype: 'm.text', body: 'deep' }
    const deep = forger.forge({
      ...{ type: 'm.room.message', sender: bob, content, depth: Number.MAX_SAFE_INTEGER },
    })
    expect(await forger.send(deep.json)).toEqual({ [deep.eventId]: {} })

    const said = ['deep']
    for (let n = 0; n < 30; n++) {
      for (const [node, user] of [
        [one, alice],
        [two, bob],
      ] as const) {
        await network.during(node.text(roomId, user, `${user} ${n}`))
        await network.settle()
        said.push(`${user} ${n}`)
      }
    }
    expect(one.bodies(roomId)).toEqual(said)
    expect(two.bodies(roomId)).toEqual(said)

    await network.during(three.rooms.joinRoom({ user: carol, room: roomId, via: [one.name] }))
    await network.settle()
    for (let page = 0; page < 20 && three.store.gaps(roomId).length > 0; page++) {
      await network.during(three.rooms.backfill(roomId, Number.MAX_SAFE_INTEGER, 10))
    }
    expect(three.bodies(roomId)).toEqual(said)
  },
)
