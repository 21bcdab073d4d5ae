import { roomVersionRules } from '../core/room-versions.ts'
import type { EventId } from '../core/types.ts'
import type { RoomsContext } from './context.ts'
import { safeEventId } from './event-id.ts'
import type { StagedPdu } from './ports.ts'

const ids = new WeakMap<StagedPdu, EventId | undefined>()

/** The id of a staged event; undefined where its room is not known any more, or the event has none. */
export function idOfStaged(ctx: RoomsContext, staged: StagedPdu): EventId | undefined {
  if (!ids.has(staged)) ids.set(staged, identify(ctx, staged))
  return ids.get(staged)
}

/** For who has worked it out already. */
export function noteIdOfStaged(staged: StagedPdu, eventId: EventId): void {
  ids.set(staged, eventId)
}

function identify(ctx: RoomsContext, staged: StagedPdu): EventId | undefined {
  const version = ctx.store.getRoom(staged.roomId)?.version ?? ctx.joining.get(staged.roomId)
  if (version === undefined) return undefined
  return safeEventId(staged.json, roomVersionRules(version))
}
