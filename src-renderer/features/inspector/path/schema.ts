import { z } from 'zod'

const stepSchema = z.object({
  kind: z.enum([
    'composed',
    'signed',
    'authorised',
    'stored',
    'queued',
    'sent',
    'answered',
    'received',
    'visible',
    'read',
  ]),
  state: z.enum(['done', 'waiting', 'failed', 'unknown']),
  ts: z.number().optional(),
  words: z.string(),
  reason: z.string().optional(),
  record: z.number().optional(),
})
export type PathStep = z.infer<typeof stepSchema>

const serverSchema = z.object({
  server: z.string(),
  role: z.enum(['destination', 'sender']),
  state: z.enum(['waiting', 'delivered', 'refused', 'failed', 'unknown']),
  steps: z.array(stepSchema),
  attempts: z.array(
    z.object({
      ts: z.number(),
      ms: z.number(),
      txn: z.string().optional(),
      state: z.enum(['running', 'taken', 'failed', 'refused']),
      status: z.number().optional(),
      words: z.string(),
      record: z.number().optional(),
    }),
  ),
  attempts_before: z.number(),
  failures: z.number().optional(),
  retry_ts: z.number().optional(),
  may_ask: z.boolean(),
  readers: z.array(z.object({ user: z.string(), ts: z.number(), later: z.boolean() })),
})
export type PathServer = z.infer<typeof serverSchema>

/** `GET inspector/path/{eventId}`. */
export const pathSchema = z.object({
  event_id: z.string(),
  room_id: z.string().optional(),
  type: z.string().optional(),
  sender: z.string().optional(),
  origin_server_ts: z.number().optional(),
  direction: z.enum(['out', 'in']),
  status: z.string().optional(),
  trace_from: z.number().optional(),
  here: z.array(stepSchema),
  servers: z.array(serverSchema),
})
export type EventPath = z.infer<typeof pathSchema>

/** `GET inspector/path/{eventId}/there/{server}`. */
export const thereSchema = z.object({
  server: z.string(),
  state: z.enum(['told', 'mute', 'refused', 'unreachable']),
  words: z.string(),
  clock: z.object({ ahead_ms: z.number(), within_ms: z.number(), words: z.string() }).optional(),
  steps: z.array(stepSchema),
})
export type TherePath = z.infer<typeof thereSchema>
