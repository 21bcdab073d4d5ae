import { stateKeyOf, type EventId, type JsonObject, type UserId } from '../core/types.ts'
import type { RoomReader, StoredEvent } from '../rooms/ports.ts'
import { bundleOf, type Viewer } from './bundle.ts'
import type { Session } from './ports.ts'

export interface EventFormatter {
  /** One event as this session sees it (Client-Server API, "Room event format"). */
  format(event: StoredEvent): JsonObject
  formatAll(events: readonly StoredEvent[]): JsonObject[]
}

/** Events that are read and formatted at once, of many. */
const PIECE = 20

/** Many events as a session sees them, such as the state of a large room, in pieces. */
export function* formatInPieces(
  reader: RoomReader,
  formatter: EventFormatter,
  ids: readonly EventId[],
  accepts: (event: StoredEvent) => boolean = () => true,
): Generator<void, JsonObject[]> {
  const formatted: JsonObject[] = []
  for (let start = 0; start < ids.length; start += PIECE) {
    const events = reader.getEvents(ids.slice(start, start + PIECE)).filter(accepts)
    for (const event of formatter.formatAll(events)) formatted.push(event)
    yield
  }
  return formatted
}

/**
 * Formats events for one response; transaction ids are looked up once for all of `events`.
 * `now` is milliseconds since the epoch, for `unsigned.age`. With `viewer` related events are bundled.
 */
export function createFormatter(
  reader: RoomReader,
  session: Session,
  now: number,
  viewer?: Viewer,
): EventFormatter {
  const memberships = new Map<EventId, string>()

  const membershipAt = (user: UserId, event: StoredEvent): string | undefined => {
    const group = event.stateAfter ?? event.stateBefore
    if (group === undefined || group === 0) return undefined
    const id = reader.stateMap(group).get(stateKeyOf('m.room.member', user))
    if (id === undefined) return 'leave'
    let membership = memberships.get(id)
    if (membership === undefined) {
      const value = reader.getEvent(id)?.pdu.content['membership']
      membership = typeof value === 'string' ? value : 'leave'
      memberships.set(id, membership)
    }
    return membership
  }

  const previousState = (event: StoredEvent): StoredEvent | undefined => {
    const { type, stateKey, eventId } = event.pdu
    if (stateKey === undefined || event.stateBefore === undefined || event.stateBefore === 0) return undefined
    const id = reader.stateMap(event.stateBefore).get(stateKeyOf(type, stateKey))
    return id === undefined || id === eventId ? undefined : reader.getEvent(id)
  }

  const format = (event: StoredEvent, txnIds: ReadonlyMap<EventId, string>, depth = 0): JsonObject => {
    const unsigned: JsonObject = { age: Math.max(0, now - event.pdu.originServerTs) }
    const previous = previousState(event)
    if (previous !== undefined) {
      unsigned['prev_content'] = previous.pdu.content
      unsigned['replaces_state'] = previous.pdu.eventId
      unsigned['prev_sender'] = previous.pdu.sender
    }
    const membership = membershipAt(session.userId, event)
    if (membership !== undefined) unsigned['membership'] = membership
    const txnId = txnIds.get(event.pdu.eventId)
    if (txnId !== undefined) unsigned['transaction_id'] = txnId
    if (event.redactedBy !== undefined) {
      const redaction = reader.getEvent(event.redactedBy)
      if (redaction !== undefined) {
        unsigned['redacted_by'] = event.redactedBy
        unsigned['redacted_because'] = bareEvent(redaction, now)
      }
    }
    // Proposal MSC4023: the content does not say it any more.
    if (event.threadRoot !== undefined) unsigned['org.matrix.msc4023.thread_id'] = event.threadRoot
    // An event inside a bundle has bundles too, but not endlessly.
    if (viewer !== undefined && depth < 2) {
      const bundle = bundleOf(reader, event, viewer, (inner) => format(inner, txnsOf([inner]), depth + 1))
      if (bundle !== undefined) unsigned['m.relations'] = bundle
    }
    return { ...bareEvent(event, now), unsigned }
  }
  const txnsOf = (events: readonly StoredEvent[]): ReadonlyMap<EventId, string> => {
    const own = events.filter((event) => event.pdu.sender === session.userId).map((e) => e.pdu.eventId)
    return own.length === 0 ? new Map() : reader.clientTxnsOf(session.userId, session.deviceId, own)
  }

  return {
    format: (event) => format(event, txnsOf([event])),
    formatAll(events) {
      const txnIds = txnsOf(events)
      return events.map((event) => format(event, txnIds))
    },
  }
}

function bareEvent({ pdu }: StoredEvent, now: number): JsonObject {
  const event: JsonObject = {
    event_id: pdu.eventId,
    room_id: pdu.roomId,
    type: pdu.type,
    sender: pdu.sender,
    origin_server_ts: pdu.originServerTs,
    content: pdu.content,
    unsigned: { age: Math.max(0, now - pdu.originServerTs) },
  }
  if (pdu.stateKey !== undefined) event['state_key'] = pdu.stateKey
  if (pdu.type === 'm.room.redaction' && pdu.redacts !== undefined) {
    // Version 11 moved `redacts` into the content; clients of either age find it.
    event['redacts'] = pdu.redacts
    event['content'] = { ...pdu.content, redacts: pdu.redacts }
  }
  return event
}

/** The four fields of stripped state. */
export function strippedOf({ pdu }: StoredEvent): JsonObject {
  return { type: pdu.type, state_key: pdu.stateKey ?? '', sender: pdu.sender, content: pdu.content }
}
