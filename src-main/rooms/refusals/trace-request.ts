import type { PduJson, RoomId, RoomVersionId, ServerName } from '../../core/types.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import { RoomError } from '../api.ts'
import { commit } from '../commit.ts'
import type { RoomsContext } from '../context.ts'
import { safeEventId } from '../event-id.ts'
import { noteRefusal } from './note-refusal.ts'

/** Leaves a trace where a join, leave, knock or invite of another server is refused, with the reason it is told. */
export async function traceRequest<T>(
  ctx: RoomsContext,
  origin: ServerName,
  request: { readonly roomId: RoomId; readonly json: PduJson; readonly version?: string },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const refused = error instanceof RoomError && (error.status === 400 || error.status === 403)
    if (refused) note(ctx, origin, request, error.message)
    throw error
  }
}

function note(
  ctx: RoomsContext,
  origin: ServerName,
  { roomId, json, version }: { roomId: RoomId; json: PduJson; version?: string },
  reason: string,
): void {
  const known = roomVersionRules(version ?? ctx.store.getRoom(roomId)?.version ?? '')
  const eventId = known === undefined ? undefined : safeEventId(json, known)
  // Of what is stored, its own status tells.
  if (eventId !== undefined && ctx.store.getEvent(eventId) !== undefined) return
  const why = { outcome: 'not-kept', cause: 'request', reason, origin, roomId } as const
  const id: RoomVersionId | undefined = known?.id
  commit(ctx, () => noteRefusal(ctx, json, id, why), 'crash')
}
