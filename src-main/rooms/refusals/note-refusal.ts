import { ownString } from '../../core/json.ts'
import { roomVersionRules } from '../../core/room-versions.ts'
import type { Pdu, PduJson, RoomVersionId, ServerName } from '../../core/types.ts'
import { parseRoomId } from '../../core/ids.ts'
import type { RoomsContext } from '../context.ts'
import { safeEventId } from '../event-id.ts'
import type { NewRefusal } from './ports.ts'

type Why = Omit<NewRefusal, 'ts' | 'eventId' | 'sender' | 'type' | 'json'>

/** Leaves a trace of an event that was not kept, or not as it came. In the caller's transaction. */
export function noteRefusal(
  ctx: RoomsContext,
  json: PduJson,
  version: RoomVersionId | undefined,
  why: Why,
): void {
  ctx.store.putRefusal({
    roomId: parseRoomId(json['room_id']),
    ...why,
    ts: ctx.clock.now(),
    eventId: version === undefined ? undefined : safeEventId(json, roomVersionRules(version)),
    sender: ownString(json, 'sender'),
    type: ownString(json, 'type'),
    json,
  })
}

/** The same for an event that is stored as it came: its JSON is there. */
export function noteStoredRefusal(ctx: RoomsContext, pdu: Pdu, why: Why): void {
  ctx.store.putRefusal({
    ...why,
    ts: ctx.clock.now(),
    eventId: pdu.eventId,
    roomId: pdu.roomId,
    sender: pdu.sender,
    type: pdu.type,
  })
}

/** It was kept without its content, which is not what its sender hashed. */
export function noteRedacted(
  ctx: RoomsContext,
  version: RoomVersionId,
  json: PduJson,
  origin: ServerName | undefined,
): void {
  const reason = 'hash: the content is not what its sender hashed'
  noteRefusal(ctx, json, version, { outcome: 'redacted', cause: 'hash', reason, origin })
}
