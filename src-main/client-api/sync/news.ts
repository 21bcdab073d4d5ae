import type { RoomId, UserId } from '../../core/types.ts'
import type { LocalMembership, StateGroupId } from '../../rooms/ports.ts'
import type { Ctx } from '../context.ts'
import type { SyncPosition } from '../tokens.ts'
import { groupAt } from './state.ts'

/** What happened in the rooms of one person between two positions; each is read once. */
export interface RoomNews {
  readonly since: SyncPosition
  readonly to: SyncPosition
  /** Rooms that they are in now. */
  readonly joined: ReadonlySet<RoomId>
  /** Those of them with new events. */
  readonly withEvents: readonly RoomId[]
  /** Their own that changed, in any room. */
  readonly memberships: readonly LocalMembership[]
  /** The state at `since`; undefined where this server had none. */
  readonly stateBefore: (room: RoomId) => StateGroupId | undefined
}

export function roomNews(
  ctx: Ctx,
  user: UserId,
  joined: ReadonlySet<RoomId>,
  since: SyncPosition,
  to: SyncPosition,
): RoomNews {
  const { reader } = ctx
  const before = new Map<RoomId, StateGroupId | undefined>()
  return {
    since,
    to,
    joined,
    withEvents: reader.roomsWithEventsSince(since.stream, to.stream).filter((room) => joined.has(room)),
    memberships: reader.localMembershipsSince(user, since.stream),
    stateBefore(room) {
      if (!before.has(room)) before.set(room, groupAt(ctx, room, since.stream))
      return before.get(room)
    },
  }
}
