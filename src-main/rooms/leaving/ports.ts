import type { RoomId, ServerName, UserId } from '../../core/types.ts'

/** A user of this server is out of a room, or was never meant to be in, and some server of it may not know. */
export interface PendingLeave {
  readonly userId: UserId
  readonly roomId: RoomId
  /** Those that could tell the room, and could not be reached. */
  readonly servers: readonly ServerName[]
  readonly reason: string | undefined
  readonly sinceTs: number
  /** Not to be told before, as the user may try again. */
  readonly notBeforeTs: number
}

export interface PendingLeaveStore {
  pendingLeaves(): PendingLeave[]
  /** Replaces an earlier one of the same user and room. */
  putPendingLeave(row: PendingLeave): void
  deletePendingLeave(userId: UserId, roomId: RoomId): void
}
