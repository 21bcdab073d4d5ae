import { expect, test } from 'vitest'
import type { UserId } from '../core/types.ts'
import { openMemoryDatabase } from './database.ts'
import { createOpenIdTokens } from './openid-tokens.ts'

test('a token names its user until it ends, and is then gone; the database does not hold it', () => {
  const db = openMemoryDatabase()
  let now = 1_000
  const clock = { now: () => now, monotonic: () => now, setTimeout: () => () => undefined }
  const tokens = createOpenIdTokens(db, clock)
  tokens.put('secret', '@ann:x' as UserId, 5_000)
  expect(tokens.userOf('secret')).toBe('@ann:x')
  expect(tokens.userOf('other')).toBeUndefined()
  expect(JSON.stringify(db.all('SELECT * FROM openid_tokens'))).not.toContain('secret')
  now += 5_000
  expect(tokens.userOf('secret')).toBeUndefined()
  tokens.put('next', '@bob:x' as UserId, 5_000)
  expect(db.all('SELECT user_id FROM openid_tokens')).toEqual([{ user_id: '@bob:x' }])
  db.close()
})
