import { z } from 'zod'

const ts = z.number().describe('Milliseconds since the epoch')

export const queueSchema = z
  .object({
    server_name: z.string(),
    display_name: z.string().nullable(),
    allowed: z.boolean(),
    pdus: z.number().int(),
    edus: z.number().int(),
    bytes: z.number().int().describe('Of the first of what waits'),
    oldest_ts: ts.nullable().describe('When the oldest event that waits was written'),
    sending: z.boolean(),
    collects: z.boolean().describe('It cannot be dialled from here, and comes for what waits by itself'),
    failures: z.number().int().describe('Attempts in a row that failed'),
    last_attempt_ts: ts.nullable().describe('In this run'),
    retry_in_ms: z.number().nullable().describe('From now; null where no attempt is put off'),
    asks_to_wait: z.boolean().describe('It answered, and said how long to leave it alone'),
    away_since_ts: ts.nullable().describe('The first failure in a row'),
    last_seen_ts: ts.nullable(),
    error: z.string().nullable().describe('Why the last attempt failed, for people'),
    failed_addresses: z.array(z.object({ address: z.string(), words: z.string(), ts })),
    not_taken: z.number().int().describe('Events and EDUs that the other side refused'),
  })
  .meta({ id: 'Queue' })

export const queuesSchema = z.object({ now: ts, queues: z.array(queueSchema) }).meta({ id: 'Queues' })

export const queueDetailSchema = z
  .object({
    now: ts,
    queue: queueSchema,
    rooms: z.array(
      z.object({
        room_id: z.string(),
        events: z.number().int(),
        oldest_ts: ts.nullable(),
        bytes: z.number().int(),
        kind: z
          .enum(['queued', 'skipped', 'told'])
          .describe(
            'One by one; much, so that the newest go and it fetches the rest; told of the newest, and fetching the rest',
          ),
      }),
    ),
    edus: z.array(z.object({ type: z.string(), count: z.number().int(), bytes: z.number().int() })),
    first: z
      .array(
        z.object({
          event_id: z.string(),
          room_id: z.string(),
          type: z.string().nullable(),
          state_key: z.string().nullable(),
          sender: z.string().nullable(),
          ts: ts.nullable(),
          bytes: z.number().int(),
        }),
      )
      .describe('In the order in which they go'),
    partial: z.boolean().describe('There is more than was counted by rooms'),
    not_taken: z
      .array(
        z.object({
          event_id: z.string().nullable().describe('null: an EDU'),
          room_id: z.string().nullable(),
          ts,
          reason: z.string().nullable(),
          kind: z.enum(['refused', 'given up']),
        }),
      )
      .describe('The newest first'),
  })
  .meta({ id: 'QueueDetail' })

export const retriedSchema = z
  .object({
    results: z.array(
      z.object({
        server_name: z.string(),
        result: z.enum(['sent', 'failed', 'sending', 'denied', 'asked to wait', 'nothing waits']),
        words: z.string().describe('What became of it, for people'),
      }),
    ),
  })
  .meta({ id: 'Retried' })

export type Queue = z.input<typeof queueSchema>
export type QueuesAnswer = z.input<typeof queuesSchema>
export type QueueDetail = z.input<typeof queueDetailSchema>
export type Retried = z.input<typeof retriedSchema>['results'][number]
