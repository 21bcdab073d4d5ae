import { z } from 'zod'

const ts = z.number().int()

const stepKinds = [
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
] as const

export const pathStepSchema = z
  .object({
    kind: z.enum(stepKinds),
    state: z
      .enum(['done', 'waiting', 'failed', 'unknown'])
      .describe('`unknown`: it happened, or not, and nothing that is kept says so'),
    ts: ts.optional().describe('Milliseconds since the epoch, by the clock of this server'),
    words: z.string(),
    reason: z.string().optional().describe('What was decided against it, as it was said'),
    record: z.number().int().optional().describe('The operation in the trace that it was a step of'),
  })
  .meta({ id: 'PathStep' })
export type PathStep = z.infer<typeof pathStepSchema>

export const attemptSchema = z
  .object({
    ts,
    ms: z.number(),
    txn: z.string().optional(),
    state: z.enum(['running', 'taken', 'failed', 'refused']),
    status: z.number().int().optional().describe('HTTP'),
    words: z.string(),
    record: z.number().int().optional(),
  })
  .meta({ id: 'PathAttempt' })

export const readerSchema = z.object({
  user: z.string(),
  ts,
  later: z.boolean().describe('The receipt is for an event after this one'),
})

export const pathServerSchema = z
  .object({
    server: z.string(),
    role: z.enum(['destination', 'sender']),
    state: z
      .enum(['waiting', 'delivered', 'refused', 'failed', 'unknown'])
      .describe('How sending to it stands; of the sender of an event, `unknown`'),
    steps: z.array(pathStepSchema),
    attempts: z.array(attemptSchema).describe('The newest, as far as the trace goes back'),
    attempts_before: z.number().int().describe('Earlier ones that are left out here'),
    failures: z.number().int().optional().describe('In a row, while sending to it is put off'),
    retry_ts: ts.optional(),
    may_ask: z.boolean().describe('Whether it is worth asking it, by `GET path/{eventId}/there/{server}`'),
    readers: z.array(readerSchema),
  })
  .meta({ id: 'PathServer' })
export type PathServer = z.infer<typeof pathServerSchema>

export const eventPathSchema = z
  .object({
    event_id: z.string(),
    room_id: z.string().optional(),
    type: z.string().optional(),
    sender: z.string().optional(),
    origin_server_ts: ts.optional().describe('By the clock of the server that wrote it'),
    direction: z.enum(['out', 'in']).describe('`out`: written on this server'),
    status: z.string().optional().describe('What this server decided of it'),
    trace_from: ts
      .optional()
      .describe('The trace goes back to here; what was before is known from disk only'),
    here: z.array(pathStepSchema),
    servers: z.array(pathServerSchema),
  })
  .meta({ id: 'EventPath' })
export type EventPath = z.infer<typeof eventPathSchema>

export const therePathSchema = z
  .object({
    server: z.string(),
    state: z.enum(['told', 'mute', 'refused', 'unreachable']),
    words: z.string(),
    clock: z
      .object({
        ahead_ms: z.number().describe('How much its clock is ahead of this one'),
        within_ms: z.number().describe('Known to so much, each way'),
        words: z.string(),
      })
      .optional(),
    steps: z.array(pathStepSchema).describe('Times corrected by the difference of the clocks'),
  })
  .meta({ id: 'EventPathThere' })
export type TherePath = z.infer<typeof therePathSchema>
