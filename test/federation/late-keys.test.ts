import { afterEach, expect, test } from 'vitest'
import { buildPdu } from '../../src-main/core/pdu.ts'
import type { EventId, JsonObject, RoomId, ServerName, UserId } from '../../src-main/core/types.ts'
import { createKeyRing } from '../../src-main/federation/out/key-ring.ts'
import { publishedKeys } from '../../src-main/federation/test-support.ts'
import { RemoteError } from '../../src-main/rooms/ports.ts'
import { openMemoryDatabase } from '../../src-main/storage/database.ts'
import { createServerKeyStore } from '../../src-main/storage/server-keys.ts'
import type { TestNode } from '../harness/network.ts'
import { roomOfBoth, startPeople, type People } from '../harness/people.ts'

/** A staged event is not waited for while its keys are fetched; the fetch goes on. */

let people: People
afterEach(() => people.network.stop())

/** The node has a key ring of its own, and nobody answers it before `answer` is called. */
function fetchesItsKeys({ network, one }: People) {
  const asked: ServerName[] = []
  const waiting: (() => void)[] = []
  one.keyRing = createKeyRing({
    client: {
      request(server) {
        asked.push(server)
        return new Promise((resolve, reject) =>
          waiting.push(() => {
            const node = network.nodes.get(server)
            if (node === undefined) reject(new RemoteError(server, 'away', { retryable: true }))
            else resolve(publishedKeys(node.signer, network.clock.now() + 3_600_000))
          }),
        )
      },
      open: () => Promise.reject(new Error('not used')),
    },
    store: createServerKeyStore(openMemoryDatabase()),
    clock: network.clock,
    signer: one.signer,
  })
  return { asked, answer: () => waiting.splice(0).forEach((one) => one()) }
}

function eventsOfOthers({ network }: People, evil: TestNode, roomId: RoomId, from: number): JsonObject[] {
  return Array.from({ length: 50 }, (_, index) => {
    const serverName = `away${from + index}.test` as ServerName
    const draft = {
      ...{ roomId, type: 'm.room.message', content: { body: 'spam' }, authEvents: [], depth: 7 },
      sender: `@u:${serverName}` as UserId,
      prevEvents: [`$${'x'.repeat(43)}` as EventId],
      originServerTs: network.clock.now(),
    }
    return buildPdu(draft, '10', { ...evil.signer, serverName }).json
  })
}

test('events of servers that are away have only so many asked at once, and keys that are late are used', async () => {
  people = await startPeople(8, ['one.test', 'two.test', 'evil.test'])
  const { network, one, two, bob } = people
  const roomId = await roomOfBoth(people, { roomVersion: '10' })
  const evil = network.node('evil.test')
  const { asked, answer } = fetchesItsKeys(people)
  for (let n = 0; n < 3; n++)
    await network.during(evil.send(one.name, `flood ${n}`, eventsOfOthers(people, evil, roomId, n * 50)))
  await two.text(roomId, bob, 'honest')
  await network.run(15_000)
  expect(asked.filter((server) => server === two.name)).toHaveLength(1)
  expect(asked.length).toBeGreaterThan(40)
  expect(asked.length).toBeLessThanOrEqual(51)
  expect(one.bodies(roomId)).not.toContain('honest')
  answer()
  while (!one.bodies(roomId).includes('honest')) await network.run(500)
  expect(asked.filter((server) => server === two.name)).toHaveLength(1)
}, 60_000)
