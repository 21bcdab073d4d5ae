import type { EventId, Json, Pdu } from '../../core/types.ts'
import type { RoomReader } from '../../rooms/ports.ts'

/** The thread an event is in, following at most three relations (Client-Server API, "Threading"). */
export function threadOf(reader: RoomReader, event: Pdu): string {
  let current: Pdu | undefined = event
  for (let hop = 0; hop < 3 && current !== undefined; hop++) {
    const relation = relationOf(current)
    if (relation === undefined) return 'main'
    if (relation.relType === 'm.thread') return relation.eventId
    current = reader.getEvent(relation.eventId)?.pdu
  }
  return 'main'
}

export interface Relation {
  readonly relType: string
  readonly eventId: EventId
  readonly key: string | undefined
}

export function relationOf(event: Pdu): Relation | undefined {
  const relates: Json | undefined = event.content['m.relates_to']
  if (typeof relates !== 'object' || relates === null || Array.isArray(relates)) return undefined
  const { rel_type: relType, event_id: eventId, key } = relates
  if (typeof relType !== 'string' || typeof eventId !== 'string') return undefined
  return { relType, eventId: eventId as EventId, key: typeof key === 'string' ? key : undefined }
}
