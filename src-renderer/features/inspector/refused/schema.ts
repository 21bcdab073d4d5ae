import { z } from 'zod'
import { hashesSchema, referenceSchema, ruleSchema, signatureSchema, verdictSchema } from '../event/schema.ts'

const optionalText = z.string().optional()

export const refusalSchema = z.object({
  id: z.number(),
  ts: z.number(),
  first_ts: z.number(),
  count: z.number(),
  outcome: z.enum(['rejected', 'soft-failed', 'not-kept', 'redacted']),
  cause: z.string(),
  title: z.string(),
  reason: z.string(),
  rule: optionalText,
  rule_number: optionalText,
  room_version: optionalText,
  event_id: optionalText,
  room_id: optionalText,
  room_name: optionalText,
  sender: optionalText,
  type: optionalText,
  origin: optionalText,
  status: referenceSchema.shape.status.optional(),
})
export type Refusal = z.infer<typeof refusalSchema>

export const refusalsSchema = z.object({
  refusals: z.array(refusalSchema),
  servers: z.array(z.string()),
  rooms: z.array(z.object({ room_id: z.string(), name: optionalText })),
  next: optionalText,
})
export type RefusalPage = z.infer<typeof refusalsSchema>

export const explanationSchema = refusalSchema.extend({
  check: z.object({ title: z.string(), meaning: z.string(), spec: optionalText }),
  rule_words: ruleSchema.optional(),
  how: z.array(z.string()),
  looked_at: z.array(referenceSchema.extend({ decides: z.boolean() })),
  stands_in_the_way: z.array(z.object({ event_id: optionalText, words: z.string() })),
  chain: z.array(referenceSchema.extend({ reason: z.string() })).optional(),
  json: z.json().optional(),
  canonical: optionalText,
  bytes: z.number().optional(),
  hashes: hashesSchema.optional(),
  signatures: z.array(signatureSchema).optional(),
  lacking: z.array(z.string()).optional(),
  verdicts: z.array(verdictSchema).optional(),
})
export type Explanation = z.infer<typeof explanationSchema>
