import { z } from 'zod'
import { saidUpTo } from '../said.ts'

const said = saidUpTo()
const ts = z.number().nullable()

export const queueSchema = z.object({
  server_name: z.string(),
  display_name: said.nullable(),
  allowed: z.boolean(),
  pdus: z.number(),
  edus: z.number(),
  bytes: z.number(),
  oldest_ts: ts,
  sending: z.boolean(),
  collects: z.boolean(),
  failures: z.number(),
  last_attempt_ts: ts,
  retry_in_ms: z.number().nullable(),
  asks_to_wait: z.boolean(),
  away_since_ts: ts,
  last_seen_ts: ts,
  error: said.nullable(),
  failed_addresses: z.array(z.object({ address: z.string(), words: said, ts: z.number() })),
  not_taken: z.number(),
})
export type Queue = z.infer<typeof queueSchema>

export const queuesSchema = z.object({ now: z.number(), queues: z.array(queueSchema) })

export const queueDetailSchema = z.object({
  now: z.number(),
  queue: queueSchema,
  rooms: z.array(
    z.object({
      room_id: z.string(),
      events: z.number(),
      oldest_ts: ts,
      bytes: z.number(),
      kind: z.enum(['queued', 'skipped', 'told']),
    }),
  ),
  edus: z.array(z.object({ type: said, count: z.number(), bytes: z.number() })),
  first: z.array(
    z.object({
      event_id: z.string(),
      room_id: z.string(),
      type: said.nullable(),
      state_key: said.nullable(),
      sender: z.string().nullable(),
      ts,
      bytes: z.number(),
    }),
  ),
  partial: z.boolean(),
  not_taken: z.array(
    z.object({
      event_id: z.string().nullable(),
      room_id: z.string().nullable(),
      ts: z.number(),
      reason: said.nullable(),
      kind: z.enum(['refused', 'given up']),
    }),
  ),
})
export type QueueDetail = z.infer<typeof queueDetailSchema>

export const retriedSchema = z.object({
  results: z.array(
    z.object({
      server_name: z.string(),
      result: z.enum(['sent', 'failed', 'sending', 'denied', 'asked to wait', 'nothing waits']),
      words: said,
    }),
  ),
})
export type Retried = z.infer<typeof retriedSchema>['results'][number]
