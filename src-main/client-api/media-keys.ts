import type { Context } from 'hono'
import { MatrixError } from '../http/errors.ts'
import type { Clock, Random } from '../trace/clock.ts'
import { accessTokenOf } from './context.ts'
import type { AccountStore, Session } from './ports.ts'

/** The query parameter of media URLs that carries the key. */
export const MEDIA_KEY_PARAMETER = 'hearth_media_key'
const LIFETIME_MS = 24 * 60 * 60_000
const MAX_KEYS = 10_000

/**
 * Keys with which `<img>` and `<video>`, which send no Authorization header, read media. A key opens
 * nothing but downloads and thumbnails, is kept in memory only, and ends with the session it was made for.
 */
export interface MediaKeys {
  /** The session's key; the same one again while half of its life is left. `expiresTs` in ms since the epoch. */
  keyOf(c: Context): { key: string; expiresTs: number }
  /** The session behind the request's key; undefined where it carries none. Throws M_UNKNOWN_TOKEN. */
  session(c: Context): Session | undefined
}

interface KeyDeps {
  readonly accounts: Pick<AccountStore, 'session'>
  readonly clock: Clock
  readonly random: Random
}

export function createMediaKeys({ accounts, clock, random }: KeyDeps): MediaKeys {
  const keys = new Map<string, { token: string; expiresTs: number }>()
  /** The newest key of each access token. */
  const newest = new Map<string, string>()

  function forget(key: string): void {
    const token = keys.get(key)?.token
    keys.delete(key)
    if (token !== undefined && newest.get(token) === key) newest.delete(token)
  }

  return {
    keyOf(c) {
      const token = accessTokenOf(c)
      if (token === undefined) throw new MatrixError(401, 'M_MISSING_TOKEN', 'An access token is needed')
      const now = clock.now()
      const known = newest.get(token)
      const expires = known === undefined ? 0 : (keys.get(known)?.expiresTs ?? 0)
      if (known !== undefined && expires - now > LIFETIME_MS / 2) return { key: known, expiresTs: expires }
      const key = random.token(43)
      const expiresTs = now + LIFETIME_MS
      keys.set(key, { token, expiresTs })
      newest.set(token, key)
      // The map is in order of age.
      for (const [old, entry] of keys) {
        if (entry.expiresTs > now && keys.size <= MAX_KEYS) break
        forget(old)
      }
      return { key, expiresTs }
    },

    session(c) {
      const key = c.req.query(MEDIA_KEY_PARAMETER)
      if (key === undefined) return undefined
      const entry = keys.get(key)
      const session =
        entry === undefined || entry.expiresTs <= clock.now() ? undefined : accounts.session(entry.token)
      if (session === undefined) {
        forget(key)
        throw new MatrixError(401, 'M_UNKNOWN_TOKEN', 'This media key has ended; get a new one')
      }
      return session
    },
  }
}
