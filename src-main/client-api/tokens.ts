import { invalidParam } from '../http/errors.ts'
import type { RoomId } from '../core/types.ts'
import type { RoomReader, StreamPos, TimelinePos } from '../rooms/ports.ts'
import type { AccountPos } from './ports.ts'

/** Where a client is in everything that `/sync` tells. */
export interface SyncPosition {
  readonly stream: StreamPos
  /** Highest typing serial seen. */
  readonly typing: number
  readonly account: AccountPos
  /** Highest serial of presence seen. */
  readonly presence: number
}

export const formatSyncToken = (p: SyncPosition): string =>
  `s${p.stream}_${p.typing}_${p.account}_${p.presence}`

export function parseSyncToken(token: string): SyncPosition {
  const match = /^s(\d{1,15})_(\d{1,15})(?:_(\d{1,15}))?(?:_(\d{1,15}))?$/.exec(token)
  if (match === null) throw invalidParam('The token was not made by this server')
  return {
    stream: Number(match[1]),
    typing: Number(match[2]),
    account: Number(match[3] ?? 0),
    presence: Number(match[4] ?? 0),
  }
}

/** A place between two events: above everything at `pos` or lower, below the rest. */
export const formatTimelineToken = (pos: TimelinePos): string => `t${pos}`

/** A token of `/messages`, `/context` or `/sync`, as a place in this room's timeline. */
export function parseTimelineToken(reader: RoomReader, roomId: RoomId, token: string): TimelinePos {
  const match = /^t(-?\d{1,16})$/.exec(token)
  if (match !== null) return Number(match[1])
  const { stream } = parseSyncToken(token)
  const pos = reader.timelinePosAt(roomId, stream)
  if (pos !== undefined) return pos
  const lowest = reader.lowestTimelinePos(roomId)
  return lowest === undefined ? 0 : lowest - 1
}
