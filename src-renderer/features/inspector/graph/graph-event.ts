import { z } from 'zod'

export type GraphStatus = 'accepted' | 'soft-failed' | 'rejected' | 'outlier'

const id = z.string().max(512)
/** An event of a room's graph, as the inspector tells it. */
export const graphEventSchema = z
  .object({
    event_id: id,
    type: id,
    state_key: id.optional(),
    sender: id,
    server: id,
    origin_server_ts: z.number(),
    received_ts: z.number(),
    depth: z.number(),
    number: z.number(),
    stream_position: z.number().optional(),
    timeline_position: z.number().optional(),
    prev_events: z.array(id),
    auth_events: z.array(id),
    status: z.enum(['accepted', 'soft-failed', 'rejected', 'outlier']),
    reason: z.string().optional(),
    redacted: z.boolean().optional(),
  })
  .transform((row) => ({
    id: row.event_id,
    type: row.type,
    stateKey: row.state_key,
    sender: row.sender,
    server: row.server,
    originServerTs: row.origin_server_ts,
    receivedTs: row.received_ts,
    depth: row.depth,
    number: row.number,
    streamPosition: row.stream_position,
    /** Came as history, below what was known: it was never an end of the graph. */
    isHistory: row.timeline_position !== undefined && row.stream_position === undefined,
    prev: row.prev_events,
    auth: row.auth_events,
    status: row.status satisfies GraphStatus,
    reason: row.reason,
    redacted: row.redacted === true,
  }))
export type GraphEvent = z.infer<typeof graphEventSchema>

export const graphSchema = z.object({
  events: z.array(z.unknown()),
  missing: z.array(id),
  extremities: z.array(id),
  older: z.string().optional(),
  next: z.string(),
  reset: z.boolean().optional(),
})
export type GraphAnswer = z.infer<typeof graphSchema>

export const graphRoomsSchema = z.object({
  rooms: z.array(
    z
      .object({
        room_id: id,
        name: z.string().optional(),
        version: z.string(),
        events: z.number(),
        extremities: z.number(),
        gaps: z.number(),
        rejected: z.number(),
        soft_failed: z.number(),
        outliers: z.number(),
      })
      .transform(({ room_id: roomId, soft_failed: softFailed, ...rest }) => ({
        roomId,
        softFailed,
        ...rest,
      })),
  ),
})
export type GraphRoom = z.infer<typeof graphRoomsSchema>['rooms'][number]
