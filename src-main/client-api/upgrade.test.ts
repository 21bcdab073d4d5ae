import { afterEach, expect, test } from 'vitest'
import type { JsonObject } from '../core/types.ts'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode

afterEach(async () => {
  await node.stop()
})

const globalRules = async (client: TestClient, kind: string): Promise<JsonObject[]> => {
  const { global } = await client.call('GET', '/pushrules/')
  return (global as Record<string, JsonObject[]>)[kind] ?? []
}

test('who follows into the new room finds their tags, notifications and direct chat there', async () => {
  node = await createTestNode()
  const [alice, bob] = [await node.client('alice'), await node.client('bob')]
  const body = { preset: 'public_chat', room_version: '11' }
  const old = field(await alice.call('POST', '/createRoom', body), 'room_id')
  await bob.call('POST', `/join/${old}`)
  const data = `/user/${bob.userId}`
  await bob.call('PUT', `${data}/rooms/${old}/tags/m.favourite`, { order: 0.5 })
  await bob.call('PUT', `${data}/account_data/m.direct`, { [alice.userId]: [old], '@x:two.test': ['!y:z'] })
  await bob.call('PUT', `/pushrules/global/room/${encodeURIComponent(old)}`, { actions: ['notify'] })
  await bob.call('PUT', `/pushrules/global/override/${encodeURIComponent(old)}`, {
    conditions: [{ kind: 'event_match', key: 'room_id', pattern: old }],
    actions: [],
  })
  const answer = await alice.call('POST', `/rooms/${old}/upgrade`, { new_version: '12' })
  const next = field(answer, 'replacement_room')
  const since = field(await bob.sync(), 'next_batch')
  await bob.call('POST', `/join/${encodeURIComponent(next)}`)

  expect(await bob.call('GET', `${data}/rooms/${encodeURIComponent(next)}/tags`)).toEqual({
    tags: { 'm.favourite': { order: 0.5 } },
  })
  expect(await bob.call('GET', `${data}/account_data/m.direct`)).toEqual({
    [alice.userId]: [old, next],
    '@x:two.test': ['!y:z'],
  })
  expect((await globalRules(bob, 'room')).map((rule) => rule['rule_id'])).toEqual([old, next])
  const muted = (await globalRules(bob, 'override')).find((rule) => rule['rule_id'] === next)
  expect(muted?.['conditions']).toEqual([{ kind: 'event_match', key: 'room_id', pattern: next }])
  // The other devices hear of it.
  const told = await bob.sync({ since })
  expect(JSON.stringify(told['account_data'])).toContain(next)
})

test('a room that only claims a predecessor gets nothing of it', async () => {
  node = await createTestNode()
  const [alice, bob] = [await node.client('alice'), await node.client('bob')]
  const body = { preset: 'public_chat' }
  const old = field(await alice.call('POST', '/createRoom', body), 'room_id')
  await bob.call('POST', `/join/${encodeURIComponent(old)}`)
  await bob.call('PUT', `/user/${bob.userId}/rooms/${encodeURIComponent(old)}/tags/m.favourite`, {})
  const claim = { ...body, creation_content: { predecessor: { room_id: old } } }
  const next = field(await alice.call('POST', '/createRoom', claim), 'room_id')
  await bob.call('POST', `/join/${encodeURIComponent(next)}`)
  expect(await bob.call('GET', `/user/${bob.userId}/rooms/${encodeURIComponent(next)}/tags`)).toEqual({
    tags: {},
  })
})
