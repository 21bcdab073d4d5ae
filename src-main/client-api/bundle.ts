import type { EventId, JsonObject, UserId } from '../core/types.ts'
import type { RoomReader, StoredEvent } from '../rooms/ports.ts'
import { relationOf } from './push/unread.ts'

/**
 * `unsigned.m.relations` of an event (Client-Server API, "Aggregations of child events"): the latest
 * edit, the thread under it, the references to it. Undefined when there is none. `format` formats an
 * event without a thread of its own.
 */
export function bundleOf(
  reader: RoomReader,
  event: StoredEvent,
  viewer: { userId: UserId; canSee: (event: StoredEvent) => boolean },
  format: (event: StoredEvent) => JsonObject,
): JsonObject | undefined {
  if (event.pdu.stateKey !== undefined) return undefined
  const relations = reader.relationsOf(event.pdu.eventId)
  if (relations.length === 0) return undefined
  const ofType = (type: string): EventId[] =>
    relations.flatMap(({ relType, eventId }) => (relType === type ? [eventId] : []))

  const bundle: JsonObject = {}
  const edit = latestEdit(reader.getEvents(ofType('m.replace')), event)
  if (edit !== undefined) bundle['m.replace'] = format(edit)
  const thread = threadOf(reader, ofType('m.thread'), event, viewer)
  if (thread !== undefined) {
    bundle['m.thread'] = {
      latest_event: format(thread.latest),
      count: thread.count,
      current_user_participated: thread.participated,
    }
  }
  const references = ofType('m.reference')
  if (references.length > 0) bundle['m.reference'] = { chunk: references.map((id) => ({ event_id: id })) }
  return Object.keys(bundle).length === 0 ? undefined : bundle
}

/** The most recent valid replacement ("Validity of replacement events"). */
function latestEdit(edits: readonly StoredEvent[], original: StoredEvent): StoredEvent | undefined {
  if (original.redactedBy !== undefined || relationOf(original.pdu)?.relType === 'm.replace') return undefined
  let latest: StoredEvent | undefined
  for (const edit of edits) {
    const { pdu } = edit
    const isValid =
      pdu.sender === original.pdu.sender &&
      pdu.type === original.pdu.type &&
      pdu.roomId === original.pdu.roomId &&
      pdu.stateKey === undefined &&
      (pdu.type === 'm.room.encrypted' || typeof pdu.content['m.new_content'] === 'object')
    if (isValid && (latest === undefined || isNewer(edit, latest))) latest = edit
  }
  return latest
}

const isNewer = (a: StoredEvent, b: StoredEvent): boolean =>
  a.pdu.originServerTs === b.pdu.originServerTs
    ? a.pdu.eventId > b.pdu.eventId
    : a.pdu.originServerTs > b.pdu.originServerTs

export interface ThreadSummary {
  readonly latest: StoredEvent
  readonly count: number
  readonly participated: boolean
}

function threadOf(
  reader: RoomReader,
  ids: readonly EventId[],
  root: StoredEvent,
  viewer: { userId: UserId; canSee: (event: StoredEvent) => boolean },
): ThreadSummary | undefined {
  if (ids.length === 0 || relationOf(root.pdu) !== undefined) return undefined
  const replies = reader
    .getEvents(ids)
    .filter((reply) => reply.pdu.roomId === root.pdu.roomId && viewer.canSee(reply))
  const latest = replies.at(-1)
  if (latest === undefined) return undefined
  const participated = [root, ...replies].some((event) => event.pdu.sender === viewer.userId)
  return { latest, count: replies.length, participated }
}
