import { afterEach, expect, test } from 'vitest'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode
let alice: TestClient
let bob: TestClient

async function start(): Promise<string> {
  node = await createTestNode()
  alice = await node.client('alice')
  bob = await node.client('bob')
  const room = field(await alice.call('POST', '/createRoom', { preset: 'public_chat' }), 'room_id')
  await bob.call('POST', `/join/${encodeURIComponent(room)}`)
  return room
}

afterEach(async () => {
  await node.stop()
})

const path = (alias: string): string => `/directory/room/${encodeURIComponent(alias)}`
const stateOf = (room: string): string => `/rooms/${encodeURIComponent(room)}/state/m.room.canonical_alias/`

test('addresses are given, found, listed and taken away by who may', async () => {
  const room = await start()
  const alias = '#square:one.test'
  await bob.call('PUT', path(alias), { room_id: room })
  expect(await alice.call('GET', path(alias))).toEqual({ room_id: room, servers: ['one.test'] })
  expect(await alice.call('GET', `/rooms/${encodeURIComponent(room)}/aliases`)).toEqual({ aliases: [alias] })
  await alice.call('PUT', path(alias), { room_id: room }, 409)
  await alice.call('PUT', path('#square:two.test'), { room_id: room }, 400)
  await alice.call('PUT', path('square'), { room_id: room }, 400)
  await alice.call('PUT', path('#other:one.test'), { room_id: '!unknown:one.test' }, 403)
  const carol = await node.client('carol')
  await carol.call('GET', `/rooms/${encodeURIComponent(room)}/aliases`, undefined, 403)
  await carol.call('DELETE', path(alias), undefined, 403)
  await alice.call('DELETE', path(alias))
  await alice.call('DELETE', path(alias), undefined, 404)
  await alice.call('GET', path(alias), undefined, 404)
})

test('a room shows only addresses that lead to it, and none that were taken away', async () => {
  const room = await start()
  const other = field(await alice.call('POST', '/createRoom', { room_alias_name: 'other' }), 'room_id')
  expect(other).not.toBe(room)
  for (const name of ['one', 'two']) await alice.call('PUT', path(`#${name}:one.test`), { room_id: room })
  const show = (content: object, status = 200) => alice.call('PUT', stateOf(room), content, status)
  const bad = async (content: object) => (await show(content, 400))['errcode']
  expect(await bad({ alias: '#nowhere:one.test' })).toBe('M_BAD_ALIAS')
  expect(await bad({ alias: '#other:one.test' })).toBe('M_BAD_ALIAS')
  expect(await bad({ alt_aliases: ['#one:one.test', '#other:one.test'] })).toBe('M_BAD_ALIAS')
  expect(await bad({ alt_aliases: ['#away:two.test'] })).toBe('M_BAD_ALIAS')
  expect(await bad({ alias: 'one' })).toBe('M_INVALID_PARAM')
  await show({ alias: '#one:one.test', alt_aliases: ['#two:one.test'] })
  await alice.call('DELETE', path('#two:one.test'))
  expect(await bob.call('GET', stateOf(room))).toEqual({ alias: '#one:one.test' })
  await alice.call('DELETE', path('#one:one.test'))
  expect(await bob.call('GET', stateOf(room))).toEqual({})
})

test('who made an address may take it away without a say in what the room shows', async () => {
  const room = await start()
  await bob.call('PUT', path('#bobs:one.test'), { room_id: room })
  await alice.call('PUT', stateOf(room), { alias: '#bobs:one.test' })
  await bob.call('DELETE', path('#bobs:one.test'))
  expect(await bob.call('GET', stateOf(room))).toEqual({ alias: '#bobs:one.test' })
})
