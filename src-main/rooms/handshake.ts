import { own } from '../core/json.ts'
import { InvalidPduError, parsePdu, buildPdu } from '../core/pdu.ts'
import { parseEventId } from '../core/ids.ts'
import { isRoomVersion, roomVersionRules } from '../core/room-versions.ts'
import type { EventId, JsonObject, Pdu, RoomId, RoomVersionId, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import type { RoomsContext } from './context.ts'
import { eventTime } from './event-time.ts'

/**
 * Fills in and signs the template that another server made (`/make_join`, `/make_leave`, `/make_knock`).
 * Verifies what the specification says MUST be: type, room, sender, state key and membership. Nothing
 * else of the template is taken over but its place in the room and the authorising user.
 */
export function signTemplate(
  ctx: RoomsContext,
  template: { roomVersion: string; event: JsonObject },
  expected: { roomId: RoomId; user: UserId; membership: 'join' | 'leave' | 'knock'; content: JsonObject },
): Pdu {
  const { event, roomVersion } = template
  if (!isRoomVersion(roomVersion)) {
    throw new RoomError(
      400,
      'M_UNSUPPORTED_ROOM_VERSION',
      `This server does not know room version ${roomVersion}.`,
    )
  }
  if (
    event['type'] !== 'm.room.member' ||
    event['room_id'] !== expected.roomId ||
    event['sender'] !== expected.user ||
    event['state_key'] !== expected.user ||
    own(event['content'], 'membership') !== expected.membership
  ) {
    throw new RoomError(502, 'M_UNKNOWN', 'The other server answered with another event than was asked for.')
  }
  const depth = event['depth']
  const authorised = own(event['content'], 'join_authorised_via_users_server')
  const content: JsonObject = { ...expected.content, membership: expected.membership }
  if (expected.membership === 'join' && typeof authorised === 'string') {
    content['join_authorised_via_users_server'] = authorised
  }
  try {
    return buildPdu(
      {
        roomId: expected.roomId,
        type: 'm.room.member',
        stateKey: expected.user,
        sender: expected.user,
        content,
        prevEvents: references(event['prev_events'], roomVersion),
        authEvents: references(event['auth_events'], roomVersion),
        depth: typeof depth === 'number' && Number.isSafeInteger(depth) && depth >= 0 ? depth : 1,
        originServerTs: eventTime(ctx, ctx.store.member(expected.roomId, expected.user)?.eventId),
      },
      roomVersion,
      ctx.signer,
    )
  } catch (error) {
    if (!(error instanceof InvalidPduError)) throw error
    throw new RoomError(
      502,
      'M_UNKNOWN',
      `The other server answered with a malformed event: ${error.reason}.`,
    )
  }
}

function references(list: unknown, version: RoomVersionId): EventId[] {
  if (!Array.isArray(list)) return []
  const pairs = roomVersionRules(version).eventIdFormat === 'explicit'
  return list.flatMap(
    (entry: unknown) => parseEventId(pairs && Array.isArray(entry) ? entry[0] : entry) ?? [],
  )
}

/** The same event as the other server gave it back (with its signature); ours where it gave another. */
export function echoed(pdu: Pdu, json: JsonObject | undefined): Pdu {
  if (json === undefined) return pdu
  const parsed = parsePdu(json, pdu.roomVersion)
  if (!parsed.ok || parsed.pdu.eventId !== pdu.eventId) return pdu
  // Only signatures may have been added: room versions 1 and 2 do not derive the id from the content.
  const theirs = parsed.pdu.json['signatures']
  const merged = { ...(theirs as JsonObject), ...(pdu.json['signatures'] as JsonObject) }
  const result = parsePdu({ ...pdu.json, signatures: merged }, pdu.roomVersion)
  return result.ok ? result.pdu : pdu
}
