import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FakeClock } from '../../../test/harness/clock.ts'
import type { AccountStore } from '../../client-api/ports.ts'
import type { ServerName, UserId } from '../../core/types.ts'
import { openDatabase, type Database } from '../database.ts'
import { createAccountStore } from './index.ts'

const serverName = 'one.test' as ServerName
const alice = '@alice:one.test' as UserId

let dir: string
let db: Database
let store: AccountStore

function open(): void {
  db = openDatabase(dir)
  store = createAccountStore(db, { serverName })
}
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hearth-accounts-'))
  open()
  store.createAccount({ userId: alice, passwordHash: undefined, admin: false })
  store.createDevice(alice, 'PHONE', 'Phone')
})
afterEach(() => {
  db.close()
  rmSync(dir, { recursive: true })
})

test('sessions outlive a restart, and the database does not hold their tokens', () => {
  store.putAccessToken('very-secret-token', { userId: alice, deviceId: 'PHONE' })
  store.putLoginToken('very-secret-link', alice, Date.now() + 60_000)
  db.close()
  for (const file of readdirSync(dir)) {
    expect(readFileSync(join(dir, file)).includes('very-secret'), file).toBe(false)
  }
  open()
  expect(store.session('very-secret-token')).toEqual({ userId: alice, deviceId: 'PHONE' })
  expect(store.takeLoginToken('very-secret-link')).toBe(alice)
  expect(store.takeLoginToken('very-secret-link')).toBeUndefined()
})

test('a new token for a device ends the old one; deleting the device ends all', () => {
  store.putAccessToken('first', { userId: alice, deviceId: 'PHONE' })
  store.putAccessToken('second', { userId: alice, deviceId: 'PHONE' })
  expect(store.session('first')).toBeUndefined()
  store.addToDevice(alice, 'PHONE', { type: 't', content: {} })
  store.deleteDevice(alice, 'PHONE')
  expect(store.session('second')).toBeUndefined()
  expect(store.toDevice(alice, 'PHONE', store.maxPos(), 10)).toEqual([])
})

test('there is one owner, whatever the setting says later', () => {
  const owner = store.ensureOwner()
  expect(owner).toBe('@owner:one.test')
  expect(store.ensureOwner('boss')).toBe(owner)
  expect(store.exists('@boss:one.test' as UserId)).toBe(false)
})

test('to-device messages wait until acknowledged, in order', () => {
  store.createDevice(alice, 'LAPTOP', undefined)
  store.addToDevice(alice, '*', { n: 1 })
  store.addToDevice(alice, 'PHONE', { n: 2 })
  store.addToDevice(alice, 'NOBODY', { n: 3 })
  const waiting = store.toDevice(alice, 'PHONE', store.maxPos(), 10)
  expect(waiting.map((row) => row.event)).toEqual([{ n: 1 }, { n: 2 }])
  store.deleteToDevice(alice, 'PHONE', waiting[0]?.id ?? 0)
  expect(store.toDevice(alice, 'PHONE', store.maxPos(), 10).map((row) => row.event)).toEqual([{ n: 2 }])
  expect(store.toDevice(alice, 'LAPTOP', store.maxPos(), 10)).toHaveLength(1)
})

test('a one-time key is handed out once, a fallback key again; changed keys are refused', () => {
  const key = (value: string): Map<string, { key: string }> => new Map([['curve:A', { key: value }]])
  expect(store.putOneTimeKeys(alice, 'PHONE', key('k'))).toBe('stored')
  expect(store.putOneTimeKeys(alice, 'PHONE', key('k'))).toBe('stored')
  expect(store.putOneTimeKeys(alice, 'PHONE', key('other'))).toBe('conflict')
  store.putFallbackKeys(alice, 'PHONE', new Map([['curve:F', { key: 'f' }]]))
  expect(store.unusedFallbackAlgorithms(alice, 'PHONE')).toEqual(['curve'])
  expect(store.claimKey(alice, 'PHONE', 'curve')?.keyId).toBe('curve:A')
  expect(store.claimKey(alice, 'PHONE', 'curve')?.keyId).toBe('curve:F')
  expect(store.claimKey(alice, 'PHONE', 'curve')?.keyId).toBe('curve:F')
  expect(store.unusedFallbackAlgorithms(alice, 'PHONE')).toEqual([])
})

test('a transaction that fails leaves no account, and positions only grow', () => {
  const before = store.maxPos()
  expect(() =>
    store.transaction(() => {
      store.createAccount({ userId: '@bob:one.test' as UserId, passwordHash: undefined, admin: false })
      store.putAccountData(alice, undefined, 't', { a: 1 })
      throw new Error('stop')
    }),
  ).toThrow('stop')
  expect(store.exists('@bob:one.test' as UserId)).toBe(false)
  expect(store.accountData(alice, undefined, 't')).toBeUndefined()
  store.putAccountData(alice, undefined, 't', { a: 2 })
  const rows = store.accountDataSince(alice, before, store.maxPos())
  expect(rows).toEqual([{ roomId: undefined, type: 't', content: { a: 2 } }])
})

test('a report outlives a restart; of all, the newest 2,000 are kept', () => {
  for (let i = 0; i < 2_010; i++) {
    const reporter = `@${i % 30}:one.test` as UserId
    expect(store.addReport({ reporter, reason: `${i}` }).gone).toBe(i < 2_000 ? 0 : 1)
  }
  db.close()
  open()
  expect(store.reportCounts()).toEqual({ total: 2_000, unseen: 2_000 })
  expect(store.reports(12, 5)).toMatchObject([{ id: 11, reason: '10', isNew: true }])
})

test('of the messages of one server the newest ids are remembered, however many it sends', () => {
  const clock = new FakeClock()
  const other = createAccountStore(db, { serverName, clock })
  const [loud, quiet] = ['loud.test', 'quiet.test'] as ServerName[] as [ServerName, ServerName]
  other.transaction(() => {
    other.claimToDeviceMessage(quiet, 'one')
    for (let n = 0; n < 22_000; n++) {
      clock.step(1)
      other.claimToDeviceMessage(loud, `m${n}`)
    }
    for (const id of ['m21999', 'm2001']) expect(other.claimToDeviceMessage(loud, id)).toBe(false)
    expect(other.claimToDeviceMessage(quiet, 'one')).toBe(false)
  })
  const kept = db.get('SELECT count(*) AS n FROM to_device_received WHERE origin = ?', loud)?.['n']
  expect(kept).toBeLessThanOrEqual(20_501)
})
