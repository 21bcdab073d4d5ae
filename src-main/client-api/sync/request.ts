import type { Context } from 'hono'
import { invalidParam } from '../../http/errors.ts'
import { intQuery } from '../body.ts'
import type { Ctx } from '../context.ts'
import { filterOfQuery, type Filter } from '../filter.ts'
import type { Session } from '../ports.ts'
import { parseSyncToken, type SyncPosition } from '../tokens.ts'

/** What one `/sync` asks for. */
export interface SyncRequest {
  readonly session: Session
  readonly since: SyncPosition | undefined
  readonly filter: Filter
  readonly fullState: boolean
  /** Under which key state is given: up to the start (`state`) or the end of the timeline. */
  readonly stateKey: 'state' | 'state_after' | 'org.matrix.msc4222.state_after'
  readonly timeoutMs: number
  readonly setPresence: 'online' | 'offline' | 'unavailable'
}

const MAX_TIMEOUT_MS = 120_000
const presences = ['online', 'offline', 'unavailable'] as const

export function syncRequestOf(c: Context, ctx: Ctx, session: Session): SyncRequest {
  const since = c.req.query('since')
  const presence = c.req.query('set_presence') ?? 'online'
  const setPresence = presences.find((p) => p === presence)
  if (setPresence === undefined) throw invalidParam('set_presence must be online, offline or unavailable')
  return {
    session,
    since: since === undefined || since === '' ? undefined : parseSyncToken(since),
    filter: filterOfQuery(c.req.query('filter'), session.userId, ctx.accounts),
    fullState: c.req.query('full_state') === 'true',
    stateKey:
      c.req.query('use_state_after') === 'true'
        ? 'state_after'
        : c.req.query('org.matrix.msc4222.use_state_after') === 'true'
          ? 'org.matrix.msc4222.state_after'
          : 'state',
    timeoutMs: intQuery(c, 'timeout', 0, 0, MAX_TIMEOUT_MS),
    setPresence,
  }
}
