import { afterEach, expect, test } from 'vitest'
import type { JsonObject, ServerName, UserId } from '../core/types.ts'
import { RemoteError } from '../rooms/ports.ts'
import { systemClock } from '../trace/clock.ts'
import { createTestNode, type TestNode } from './test-node.ts'

let node: TestNode
afterEach(() => node.stop())

const bob = '@bob:b.example' as UserId
const path = `/profile/${encodeURIComponent(bob)}`

test('a profile of another server is asked for once a minute, whatever of it is looked at, and checked', async () => {
  let now = 1_000_000
  const asked: UserId[] = []
  let answer: () => Promise<JsonObject> = () =>
    Promise.resolve({ displayname: 'Bob', avatar_url: 'http://evil', 'm.tz': 'Europe/Berlin' })
  node = await createTestNode({
    clock: { ...systemClock, now: () => now },
    remoteProfile(user) {
      asked.push(user)
      return answer()
    },
  })
  const alice = await node.client('alice')
  const [whole, name] = await Promise.all([alice.call('GET', path), alice.call('GET', `${path}/displayname`)])
  expect(whole).toEqual({ displayname: 'Bob', 'm.tz': 'Europe/Berlin' })
  expect(name).toEqual({ displayname: 'Bob' })
  await alice.call('GET', `${path}/avatar_url`, undefined, 404)
  expect(asked).toEqual([bob])

  now += 61_000
  answer = () => Promise.resolve({ displayname: ['x'], 'org.example.big': 'x'.repeat(70_000) })
  expect(await alice.call('GET', path)).toEqual({})
  now += 61_000
  answer = () =>
    Promise.reject(new RemoteError('b.example' as ServerName, 'away', { status: 403, retryable: false }))
  await alice.call('GET', path, undefined, 403)
  await alice.call('GET', path, undefined, 403)
  expect(asked).toHaveLength(3)
})
