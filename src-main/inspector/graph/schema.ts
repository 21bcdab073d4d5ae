import { z } from 'zod'
import { limitParam, waitParam } from '../paging.ts'
import type { GraphCursor, GraphEvent } from './ports.ts'

/** Events of one page; more takes several. */
const MAX_EVENTS = 10_000
const DEFAULT_EVENTS = 1_000

export const graphQuery = z.object({
  before: z
    .string()
    .regex(/^-?\d{1,16}\.[0-3]\.\d{1,16}$/)
    .optional()
    .describe('Only what lies below: the `older` of the page before'),
  after: z
    .string()
    .max(64)
    .optional()
    .describe('In place of a page, what was stored or changed since: the `next` of an earlier answer'),
  limit: limitParam(MAX_EVENTS, DEFAULT_EVENTS),
  wait: waitParam('With `after`: how long to wait for something'),
})

export function cursorOf(text: string): GraphCursor {
  const [depth, status, nid] = text.split('.').map(Number)
  return { depth: depth ?? 0, status: status ?? 0, number: nid ?? 0 }
}

export const graphEventSchema = z
  .object({
    event_id: z.string(),
    type: z.string(),
    state_key: z.string().optional(),
    sender: z.string(),
    server: z.string(),
    origin_server_ts: z.number(),
    received_ts: z.number(),
    depth: z.number(),
    number: z.number().describe('Counts up with each event that this node stored first'),
    stream_position: z
      .number()
      .optional()
      .describe('Absent for what clients never saw arrive: history, outliers, what was refused'),
    timeline_position: z.number().optional().describe('Absent for what is not in the timeline'),
    prev_events: z.array(z.string()),
    auth_events: z.array(z.string()),
    status: z.enum(['accepted', 'soft-failed', 'rejected', 'outlier']),
    reason: z.string().optional().describe('Why it was rejected or soft-failed'),
    redacted: z.literal(true).optional(),
  })
  .meta({ id: 'GraphEvent' })

export const graphSchema = z
  .object({
    events: z.array(graphEventSchema).describe('A page: by depth, the deepest first'),
    missing: z
      .array(z.string())
      .describe('Prev events of these that this node does not have: gaps of the graph'),
    extremities: z.array(z.string()).describe('Events that nothing follows yet, 1000 at most'),
    extremity_count: z.number(),
    older: z.string().optional().describe('There is more below: asked for with this as `before`'),
    next: z.string().describe('What comes later is asked for with this as `after`'),
    reset: z
      .literal(true)
      .optional()
      .describe('What came since `after` is not remembered: the pages have to be loaded anew'),
  })
  .meta({ id: 'RoomGraph' })

export const graphRoomsSchema = z.object({
  rooms: z.array(
    z
      .object({
        room_id: z.string(),
        name: z.string().optional(),
        version: z.string(),
        participating: z.boolean().describe('Somebody of this node is joined'),
        events: z.number().describe('All that are stored, of every status'),
        extremities: z.number(),
        gaps: z.number(),
        rejected: z.number(),
        soft_failed: z.number(),
        outliers: z.number(),
      })
      .meta({ id: 'InspectedRoom' }),
  ),
})

export function eventJson(event: GraphEvent): z.infer<typeof graphEventSchema> {
  return {
    event_id: event.eventId,
    type: event.type,
    ...(event.stateKey === undefined ? {} : { state_key: event.stateKey }),
    sender: event.sender,
    server: event.server,
    origin_server_ts: event.originServerTs,
    received_ts: event.receivedTs,
    depth: event.depth,
    number: event.number,
    ...(event.streamPosition === undefined ? {} : { stream_position: event.streamPosition }),
    ...(event.timelinePosition === undefined ? {} : { timeline_position: event.timelinePosition }),
    prev_events: [...event.prevEvents],
    auth_events: [...event.authEvents],
    status: event.status,
    ...(event.reason === undefined ? {} : { reason: event.reason }),
    ...(event.redacted ? { redacted: true as const } : {}),
  }
}
