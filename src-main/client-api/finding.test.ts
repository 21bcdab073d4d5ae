import { afterEach, expect, test } from 'vitest'
import type { JsonObject, RoomId, ServerName, UserId } from '../core/types.ts'
import { RemoteError } from '../rooms/ports.ts'
import type { ClientAppDeps } from './index.ts'
import { createTestNode, field, type TestClient, type TestNode } from './test-node.ts'

let node: TestNode

async function start(options: Partial<ClientAppDeps> = {}): Promise<{ alice: TestClient; bob: TestClient }> {
  node = await createTestNode(options)
  return { alice: await node.client('alice'), bob: await node.client('bob') }
}

afterEach(async () => {
  await node.stop()
})

const createRoom = async (client: TestClient, body: object): Promise<string> =>
  field(await client.call('POST', '/createRoom', body), 'room_id')

const found = async (client: TestClient, term: string, limit = 10): Promise<string[]> => {
  const { results } = await client.call('POST', '/user_directory/search', { search_term: term, limit })
  return (results as JsonObject[]).map((person) => field(person, 'user_id'))
}

test('the directory: listed by who may, searched by anybody, paged with tokens', async () => {
  const { alice, bob } = await start()
  for (const name of ['Bread', 'Butter', 'Cheese']) await createRoom(alice, { name, visibility: 'public' })
  const hidden = await createRoom(alice, { name: 'Hidden bread', preset: 'public_chat' })
  await bob.call('POST', `/join/${hidden}`)
  const first = await bob.call('GET', '/publicRooms?limit=2')
  expect(first['chunk']).toHaveLength(2)
  const second = await bob.call('POST', '/publicRooms', { limit: 2, since: first['next_batch'] })
  expect(second['chunk']).toHaveLength(1)
  expect(await bob.call('GET', `/publicRooms?limit=2&since=${field(second, 'prev_batch')}`)).toEqual(first)

  const search = async () => {
    const { chunk } = await bob.call('POST', '/publicRooms', { filter: { generic_search_term: 'BREAD' } })
    return (chunk as JsonObject[]).map((room) => field(room, 'name')).sort()
  }
  expect(await search()).toEqual(['Bread'])
  await bob.call('PUT', `/directory/list/room/${hidden}`, { visibility: 'public' }, 403)
  await alice.call('PUT', `/directory/list/room/${hidden}`, { visibility: 'public' })
  expect(await bob.call('GET', `/directory/list/room/${hidden}`)).toEqual({ visibility: 'public' })
  expect(await search()).toEqual(['Bread', 'Hidden bread'])
  // A room that all have left is no longer one that this server knows.
  await alice.call('POST', `/rooms/${hidden}/leave`)
  await bob.call('POST', `/rooms/${hidden}/leave`)
  expect(await search()).toEqual(['Bread'])
})

test('another server’s directory needs a session, and says whom it could not ask', async () => {
  const { alice } = await start()
  expect((await node.request('GET', '/_matrix/client/v3/publicRooms')).status).toBe(200)
  expect((await node.request('GET', '/_matrix/client/v3/publicRooms?server=two.test')).status).toBe(401)
  await alice.call('GET', '/publicRooms?server=not%20one', undefined, 400)
  const away = await alice.call('GET', '/publicRooms?server=two.test', undefined, 502)
  expect(away['error']).toContain('two.test could not be reached')
})

test('people are found by name or id, best first, whatever the case and accents', async () => {
  const { alice, bob } = await start()
  await alice.call('PUT', `/profile/${alice.userId}/displayname`, { displayname: 'José Álvarez' })
  await bob.call('PUT', `/profile/${bob.userId}/displayname`, { displayname: 'Alvar' })
  expect(await found(bob, 'alvar')).toEqual([bob.userId, alice.userId])
  expect(await found(bob, 'jose alv')).toEqual([alice.userId])
  expect(await found(bob, '@alice:one')).toEqual([alice.userId])
  expect(await found(bob, 'zebra')).toEqual([])
  const { results, limited } = await bob.call('POST', '/user_directory/search', {
    search_term: 'al',
    limit: 1,
  })
  expect(results).toHaveLength(1)
  expect(limited).toBe(true)
})

test('people of other servers: from shared and public rooms, direct chats and nearby; not from others’ rooms', async () => {
  const profiles = new Map([['@erin:two.test', { displayname: 'Erin', avatar_url: 'mxc://two.test/erin' }]])
  const asked: string[] = []
  const { alice, bob } = await start({
    remoteProfile: (user) => {
      asked.push(user)
      const profile = profiles.get(user)
      const refusal = new RemoteError('two.test' as ServerName, 'no', { status: 404, retryable: false })
      return profile === undefined ? Promise.reject(refusal) : Promise.resolve(profile)
    },
    hearth: { peers: () => [{ server_name: 'near.test', display_name: 'Nina nearby' }] } as never,
  })
  const shared = await createRoom(alice, { name: 'Shared' })
  const open = await createRoom(bob, { preset: 'public_chat' })
  const closed = await createRoom(bob, { name: 'Closed' })
  putMember(shared, '@mia:two.test', 'Mia shared')
  putMember(open, '@max:two.test', 'Max public')
  putMember(closed, '@mad:two.test', 'Mad private')
  await alice.call('PUT', `/user/${alice.userId}/account_data/m.direct`, {
    '@mark:two.test': ['!gone:two.test'],
  })

  expect((await found(alice, 'm')).sort()).toEqual(['@mark:two.test', '@max:two.test', '@mia:two.test'])
  expect(await found(bob, 'ma')).toEqual(['@mad:two.test', '@max:two.test'])
  expect(await found(alice, 'nearby')).toEqual(['@owner:near.test'])
  expect(asked).toEqual([])

  const { results } = await alice.call('POST', '/user_directory/search', { search_term: ' @erin:two.test ' })
  expect(results).toEqual([
    { user_id: '@erin:two.test', display_name: 'Erin', avatar_url: 'mxc://two.test/erin' },
  ])
  expect(await found(alice, '@nobody:two.test')).toEqual([])
})

/** A member of another server, as a join over federation leaves them in the store's tables. */
function putMember(room: string, user: string, name: string): void {
  const members = node.store.members.bind(node.store)
  node.store.members = (roomId, membership) => [
    ...members(roomId, membership),
    ...(roomId === room
      ? [
          {
            userId: user as UserId,
            membership: 'join' as const,
            eventId: '$x' as never,
            displayName: name,
            avatarUrl: undefined,
          },
        ]
      : []),
  ]
}

test('the rooms that two people share', async () => {
  const { alice, bob } = await start()
  const shared: string[] = []
  for (let n = 0; n < 3; n++) {
    const room = await createRoom(alice, { preset: 'public_chat' })
    await bob.call('POST', `/join/${room}`)
    shared.push(room)
  }
  await createRoom(alice, {})
  await createRoom(bob, {})
  const path = '/_matrix/client/v1/mutual_rooms'
  const answer = await alice.call('GET', `${path}?user_id=${bob.userId}`)
  expect(answer).toEqual({ joined: shared.toSorted(), count: 3 })
  expect(await alice.call('GET', `${path}?user_id=@nobody:one.test`)).toEqual({ joined: [], count: 0 })
  await alice.call('GET', path, undefined, 400)
  await alice.call('GET', `${path}?user_id=${alice.userId}`, undefined, 400)
  await alice.call('GET', `${path}?user_id=bob`, undefined, 400)
})

test('the summary of a room here: for those who may see it', async () => {
  const { alice, bob } = await start()
  const room = (await createRoom(alice, { name: 'Tea', preset: 'public_chat' })) as RoomId
  const path = `/_matrix/client/v1/room_summary/${encodeURIComponent(room)}`
  expect(await bob.call('GET', path)).toMatchObject({ name: 'Tea', membership: 'leave', join_rule: 'public' })
  const closed = await createRoom(alice, { name: 'Closed' })
  await bob.call('GET', `/_matrix/client/v1/room_summary/${encodeURIComponent(closed)}`, undefined, 404)
  await bob.call('GET', `/_matrix/client/v1/rooms/${encodeURIComponent(closed)}/hierarchy`, undefined, 403)
})
