import type { UserId } from '../core/types.ts'
import type { Clock } from '../trace/clock.ts'
import { hashToken } from './accounts/parts.ts'
import type { Database } from './database.ts'

/** Tokens with which users show to others who they are; only their hashes are kept. */
export interface OpenIdTokens {
  put(token: string, userId: UserId, lifetimeMs: number): void
  /** Undefined for a token that is unknown or has expired. */
  userOf(token: string): UserId | undefined
}

export function createOpenIdTokens(db: Database, clock: Clock): OpenIdTokens {
  return {
    put(token, userId, lifetimeMs) {
      db.transaction(() => {
        db.run('DELETE FROM openid_tokens WHERE expires_ts <= ?', clock.now())
        db.run(
          'INSERT INTO openid_tokens (token_hash, user_id, expires_ts) VALUES (?, ?, ?)',
          hashToken(token),
          userId,
          clock.now() + lifetimeMs,
        )
      })
    },
    userOf(token) {
      const row = db.get(
        'SELECT user_id FROM openid_tokens WHERE token_hash = ? AND expires_ts > ?',
        hashToken(token),
        clock.now(),
      )
      return row === undefined ? undefined : (String(row['user_id']) as UserId)
    },
  }
}
