import { z } from 'zod'
import './zod-config.ts'

const object = z.record(z.string(), z.unknown())

/** An event as a server tells it (Client-Server API, "Room event format"); what else it carries is kept. */
export const rawEventSchema = z.looseObject({
  event_id: z.string().min(1).max(255),
  sender: z.string().max(255),
  type: z.string().max(255),
  origin_server_ts: z.number().catch(0),
  content: object.catch({}),
  state_key: z.string().optional().catch(undefined),
  redacts: z.string().optional().catch(undefined),
  unsigned: object.optional().catch(undefined),
})
export type RawEvent = z.infer<typeof rawEventSchema>

/** Undefined for what is no event. */
export function parseEvent(value: unknown): RawEvent | undefined {
  return rawEventSchema.safeParse(value).data
}

/** Of a list, what can be read. */
export function parseEvents(values: unknown): RawEvent[] {
  return Array.isArray(values) ? values.flatMap((each) => parseEvent(each) ?? []) : []
}

export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return object.safeParse(value).data
}

export interface Relation {
  readonly relType: string | undefined
  readonly eventId: string | undefined
  /** Of an annotation. */
  readonly key: string | undefined
  /** What it quotes; a thread's fall-back is none. */
  readonly replyTo: string | undefined
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export function relationOf(content: Readonly<Record<string, unknown>>): Relation | undefined {
  const relates = asObject(content['m.relates_to'])
  if (relates === undefined) return undefined
  const relType = text(relates['rel_type'])
  const isFallback = relType === 'm.thread' && relates['is_falling_back'] === true
  return {
    relType,
    eventId: text(relates['event_id']),
    key: text(relates['key'])?.slice(0, 200),
    replyTo: isFallback ? undefined : text(asObject(relates['m.in_reply_to'])?.['event_id']),
  }
}

/** Servers send these to tie loose ends of a room's history together; they say nothing to people. */
const HIDDEN_TYPES = new Set(['org.matrix.dummy_event', 'm.room.redaction', 'm.reaction'])
const HIDDEN_RELATIONS = new Set(['m.replace', 'm.annotation'])

/** Is there something to draw for an event of this type? */
export function isDrawn(type: string, relation: Relation | undefined): boolean {
  return !HIDDEN_TYPES.has(type) && !HIDDEN_RELATIONS.has(relation?.relType ?? '')
}

/** What a redaction is about: room version 11 moved it into the content. */
export function redactionTarget(event: RawEvent): string | undefined {
  return event.type === 'm.room.redaction' ? (text(event.content['redacts']) ?? event.redacts) : undefined
}
