import type { EventId, RoomId, ServerName } from '../../core/types.ts'
import type { NewRefusal } from '../../rooms/refusals/ports.ts'

export interface RefusalRow extends NewRefusal {
  readonly id: number
  readonly firstTs: number
  readonly count: number
  readonly lookedAt: readonly EventId[]
}

export interface RefusalQuery {
  readonly roomId?: RoomId | undefined
  /** Who gave it, or whose user sent it. */
  readonly server?: string | undefined
  readonly eventId?: EventId | undefined
  /** Exclusive; the last row of the page before. */
  readonly before?: { readonly ts: number; readonly id: number } | undefined
  readonly limit: number
}

/** The trace of what was refused. */
export interface RefusalReader {
  /** Newest first. */
  list(query: RefusalQuery): RefusalRow[]
  get(id: number): RefusalRow | undefined
  /** What one can filter by, a bounded number of each. */
  origins(): ServerName[]
  rooms(): RoomId[]
}
