import type { JsonObject, UserId } from '../core/types.ts'
import type { RoomReader, StoredEvent } from '../rooms/ports.ts'
import { relationOf } from './push/relation.ts'

/** More references than this are asked for by `/relations`. */
const MAX_REFERENCES = 500
/** Up to so many replies are looked at one by one; of more, the first and the last. */
const MAX_LOOKED_AT = 50

/** For whom related events are gathered. */
export interface Viewer {
  readonly userId: UserId
  readonly canSee: (event: StoredEvent) => boolean
  /** Users whose events do not count (Client-Server API, "Ignoring Users"). */
  readonly ignored: ReadonlySet<string>
}

/**
 * `unsigned.m.relations` of an event (Client-Server API, "Aggregations of child events"): the latest
 * edit, the thread under it, the references to it. Undefined when there is none. `format` formats an
 * event without a thread of its own.
 */
export function bundleOf(
  reader: RoomReader,
  event: StoredEvent,
  viewer: Viewer,
  format: (event: StoredEvent) => JsonObject,
): JsonObject | undefined {
  const { pdu } = event
  if (pdu.stateKey !== undefined) return undefined
  const types = reader.relationTypes(pdu.eventId)
  if (types.length === 0) return undefined

  const bundle: JsonObject = {}
  if (types.includes('m.replace') && event.redactedBy === undefined) {
    const isEdit = relationOf(pdu)?.relType === 'm.replace'
    const edit = isEdit ? undefined : reader.latestEdit(pdu)
    if (edit !== undefined) bundle['m.replace'] = format(edit)
  }
  if (types.includes('m.thread')) {
    const thread = threadOf(reader, event, viewer)
    if (thread !== undefined) {
      bundle['m.thread'] = {
        latest_event: format(thread.latest),
        count: thread.count,
        current_user_participated: thread.participated,
      }
    }
  }
  if (types.includes('m.reference')) {
    const references = relatedTo(reader, event, 'm.reference', 'oldest', MAX_REFERENCES).filter(
      (reference) => !viewer.ignored.has(reference.pdu.sender) && viewer.canSee(reference),
    )
    if (references.length > 0) {
      bundle['m.reference'] = { chunk: references.map((reference) => ({ event_id: reference.pdu.eventId })) }
    }
  }
  return Object.keys(bundle).length === 0 ? undefined : bundle
}

interface ThreadSummary {
  readonly latest: StoredEvent
  readonly count: number
  readonly participated: boolean
}

/** Client-Server API, "Server-side aggregation of `m.thread` relationships". */
function threadOf(reader: RoomReader, root: StoredEvent, viewer: Viewer): ThreadSummary | undefined {
  if (relationOf(root.pdu) !== undefined) return undefined
  const shows = (reply: StoredEvent): boolean => !viewer.ignored.has(reply.pdu.sender) && viewer.canSee(reply)
  const newest = relatedTo(reader, root, 'm.thread', 'newest', MAX_LOOKED_AT)
  const shown = newest.filter(shows)
  const [latest] = shown
  if (latest === undefined) return undefined

  const bySender = reader.relationsBySender(root.pdu.roomId, root.pdu.eventId, 'm.thread')
  const participated = root.pdu.sender === viewer.userId || bySender.has(viewer.userId)
  if (newest.length < MAX_LOOKED_AT) return { latest, count: shown.length, participated }
  let count = 0
  for (const [sender, replies] of bySender) if (!viewer.ignored.has(sender)) count += replies
  const [first] = relatedTo(reader, root, 'm.thread', 'oldest', 1)
  if (first !== undefined && viewer.canSee(first)) return { latest, count, participated }
  // Who came in the middle of a long thread does not see its beginning.
  const all = relatedTo(reader, root, 'm.thread', 'newest', count)
  return { latest, count: all.filter(shows).length, participated }
}

function relatedTo(
  reader: RoomReader,
  { pdu }: StoredEvent,
  relType: string,
  order: 'oldest' | 'newest',
  limit: number,
): StoredEvent[] {
  return reader.relations({ roomId: pdu.roomId, target: pdu.eventId, relType, depth: 1, order, limit })
}
