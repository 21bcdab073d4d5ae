import type { EventId, JsonObject, Pdu, PduJson, RoomId, RoomVersionId, UserId } from '../../core/types.ts'

/**
 * Builds the PDU of an event that was checked before it was stored, without checking it again:
 * `core/pdu.ts` has the rules, this must give the same answer for what passed them.
 */
export function pduFromTrusted(
  eventId: EventId,
  roomId: RoomId,
  roomVersion: RoomVersionId,
  redacts: EventId | undefined,
  json: PduJson,
): Pdu {
  const stateKey = json['state_key']
  return {
    eventId,
    roomId,
    roomVersion,
    type: json['type'] as string,
    stateKey: typeof stateKey === 'string' ? stateKey : undefined,
    sender: json['sender'] as UserId,
    content: json['content'] as JsonObject,
    authEvents: references(json['auth_events']),
    prevEvents: references(json['prev_events']),
    depth: json['depth'] as number,
    originServerTs: json['origin_server_ts'] as number,
    redacts,
    json,
  }
}

/** Event ids, or in versions 1 and 2 pairs of an event id and its hashes; each once. */
export function references(list: unknown): EventId[] {
  const entries = (list ?? []) as (EventId | [EventId, unknown])[]
  return [...new Set(entries.map((entry) => (typeof entry === 'string' ? entry : entry[0])))]
}
