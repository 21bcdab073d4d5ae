import { expect, test } from 'vitest'
import type { KeyId, ServerName } from '../core/types.ts'
import type { StoredServerKey } from '../federation/out/ports.ts'
import { openMemoryDatabase } from './database.ts'
import { createServerKeyStore } from './server-keys.ts'

const keysOf = (serverName: string, from: number, count: number, fetchedTs: number): StoredServerKey[] =>
  Array.from({ length: count }, (_, n) => ({
    serverName: serverName as ServerName,
    keyId: `ed25519:${from + n}` as KeyId,
    publicKey: 'key',
    validUntilTs: 1,
    old: false,
    fetchedTs,
  }))

test('strangers do not fill the disk with keys, nor push out those of servers in rooms', () => {
  const db = openMemoryDatabase()
  db.run("INSERT INTO room_servers (room_nid, server, joined) VALUES (1, 'friend.example', 1)")
  const store = createServerKeyStore(db, 1_000)
  store.put(keysOf('friend.example', 0, 3, 1))
  for (let n = 0; n < 40; n++) store.put(keysOf(`s${n}.evil.example`, 0, 100, 10 + n))
  expect(Number(db.get('SELECT count(*) AS n FROM server_keys')?.['n'])).toBeLessThanOrEqual(1_000)
  expect(store.keys('friend.example' as ServerName)).toHaveLength(3)
  expect(store.keys('s0.evil.example' as ServerName)).toEqual([])
  expect(store.keys('s39.evil.example' as ServerName)).toHaveLength(100)
  db.close()
})

test('one server that shows ever new keys is remembered for the newest', () => {
  const db = openMemoryDatabase()
  const store = createServerKeyStore(db)
  for (let n = 0; n < 15; n++) store.put(keysOf('b.example', n * 100, 100, n))
  const kept = store.keys('b.example' as ServerName)
  expect(kept).toHaveLength(1_000)
  expect(Math.min(...kept.map((key) => key.fetchedTs))).toBe(5)
  db.close()
})

test('every key that a server had is remembered with when it was seen, also where another took its id', () => {
  const db = openMemoryDatabase()
  const store = createServerKeyStore(db)
  const [key] = keysOf('c.example', 1, 1, 10)
  if (key === undefined) throw new Error('no key')
  store.put([key])
  store.put([{ ...key, fetchedTs: 20 }])
  store.put([{ ...key, publicKey: 'other', fetchedTs: 30 }])
  // What it only publishes as its earlier one is nothing new.
  store.put([{ ...key, keyId: 'ed25519:0' as KeyId, old: true, fetchedTs: 30 }])
  expect(store.history('c.example' as ServerName)).toEqual([
    { keyId: 'ed25519:1', publicKey: 'other', firstSeenTs: 30, lastSeenTs: 30 },
    { keyId: 'ed25519:1', publicKey: 'key', firstSeenTs: 10, lastSeenTs: 20 },
  ])
  for (let n = 0; n < 100; n++) store.put([{ ...key, publicKey: `key ${n}`, fetchedTs: 40 + n }])
  const kept = store.history('c.example' as ServerName)
  expect(kept.length).toBeLessThanOrEqual(20)
  expect(kept[0]).toMatchObject({ publicKey: 'key 99' })
  db.close()
})
