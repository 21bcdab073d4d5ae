import { z } from 'zod'
import { checksShape, lookedAtSchema, referenceSchema, ruleShape } from '../event/schema.ts'

const ts = z.number().describe('Milliseconds since the epoch')

const refusalShape = {
  id: z.number().int(),
  ts: ts.describe('The last time'),
  first_ts: ts,
  count: z.number().int().describe('How often it came'),
  outcome: z.enum(['rejected', 'soft-failed', 'not-kept', 'redacted']),
  cause: z.string().describe('Which check it did not pass'),
  title: z.string(),
  reason: z.string(),
  rule: z.string().optional(),
  rule_number: z.string().optional(),
  room_version: z.string().optional(),
  event_id: z.string().optional(),
  room_id: z.string().optional(),
  room_name: z.string().optional(),
  sender: z.string().optional(),
  type: z.string().optional(),
  origin: z.string().optional().describe('The server that gave it'),
  status: z.string().optional().describe('Of the event, where it is stored now'),
}

export const refusalsSchema = z.object({
  refusals: z.array(z.looseObject(refusalShape).meta({ id: 'Refusal' })),
  servers: z.array(z.string()),
  rooms: z.array(z.object({ room_id: z.string(), name: z.string().optional() })),
  next: z.string().optional().describe('The next page is asked for with this as `before`'),
})

export const explanationSchema = z
  .looseObject({
    ...refusalShape,
    check: z.object({ title: z.string(), meaning: z.string(), spec: z.string().optional() }),
    rule_words: z.object(ruleShape).optional(),
    how: z.array(z.string()).describe('How it may have come about'),
    looked_at: z.array(lookedAtSchema),
    stands_in_the_way: z.array(z.object({ event_id: z.string().optional(), words: z.string() })),
    chain: z.array(referenceSchema).optional().describe('Rejected events that it rests on'),
    json: z.looseObject({}).optional(),
    ...z.object(checksShape).partial().shape,
  })
  .meta({ id: 'RefusalExplained' })

export const refusedQuery = z.object({
  room: z.string().optional(),
  server: z.string().optional().describe('Who gave it, or whose user sent it'),
  event: z.string().optional(),
  before: z.string().optional(),
})
