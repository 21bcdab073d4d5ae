import { expect, test } from 'vitest'
import type { NearbySnapshot, Peer } from '../client/types.ts'
import { linkedPerson } from './linked-person.ts'

const key = `${'a'.repeat(56)}.local`
const me = `@owner:${'b'.repeat(56)}.local`
const at = '192.168.1.7:8448'
const link = (serverName: string, address?: string) => ({ kind: 'peer', serverName, at: address }) as const
const nearby = (change?: Partial<Peer>, status: NearbySnapshot['status'] = 'ready'): NearbySnapshot => ({
  status,
  peers: change === undefined ? [] : [peer(change)],
})
const peer = (change: Partial<Peer>): Peer => ({
  serverName: key,
  ownerUserId: `@owner:${key}`,
  displayName: 'Mia',
  fingerprint: 'aaaaaaaa',
  reachable: true,
  lastSeenTs: undefined,
  queuedEvents: 0,
  denied: false,
  ...change,
})

test('a link leads to the owner of the node, whose address is added where it is not there yet', () => {
  const mia = { userId: `@owner:${key}`, serverName: key, lost: false }
  expect(linkedPerson(nearby(), me, link(key, at))).toEqual({ ...mia, at })
  expect(linkedPerson(nearby({ reachable: false }), me, link(key, at))).toEqual({ ...mia, at })
  expect(linkedPerson(nearby({ reachable: true }), me, link(key, at))).toEqual({ ...mia, at: undefined })
  expect(linkedPerson(nearby({ ownerUserId: `@mia:${key}` }), me, link(key)).userId).toBe(`@mia:${key}`)
})

test('a link without an address leads on to whoever is known, and to a domain', () => {
  expect(linkedPerson(nearby({ reachable: false }), me, link(key)).lost).toBe(false)
  expect(linkedPerson(nearby(), me, link('example.org'))).toEqual({
    userId: '@owner:example.org',
    serverName: 'example.org',
    at: undefined,
    lost: false,
  })
  expect(linkedPerson(nearby(), me, link(me.slice('@owner:'.length))).lost).toBe(false)
})

test('else the address is missing until it is typed', () => {
  expect(linkedPerson(nearby(), me, link(key)).lost).toBe(true)
  expect(linkedPerson(nearby(), me, link(key), '192.168.1.7').lost).toBe(true)
  expect(linkedPerson(nearby(), me, link(key), at)).toMatchObject({ at, lost: false })
  // Only the owner sees who is known.
  expect(linkedPerson(nearby(undefined, 'unavailable'), me, link(key)).lost).toBe(false)
})
