import { z } from 'zod'

const optionalText = z.string().optional()

/** An event that another one names, as far as the node knows it. */
export const referenceSchema = z.object({
  event_id: z.string(),
  status: z.enum(['accepted', 'soft-failed', 'rejected', 'outlier', 'missing']),
  type: optionalText,
  state_key: optionalText,
  sender: optionalText,
  room_id: optionalText,
  membership: optionalText,
})
export type Reference = z.infer<typeof referenceSchema>

export const ruleSchema = z.object({
  rule: optionalText,
  rule_number: optionalText,
  title: optionalText,
  meaning: optionalText,
  spec: optionalText,
})

export const verdictSchema = ruleSchema.extend({
  against: z.enum(['auth_events', 'state_before', 'current_state']),
  verdict: z.enum(['allowed', 'refused']),
  reason: optionalText,
  looked_at: z.array(referenceSchema.extend({ decides: z.boolean().optional() })),
})
export type Verdict = z.infer<typeof verdictSchema>

export const signatureSchema = z.object({
  server: z.string(),
  key_id: z.string(),
  required: z.boolean(),
  result: z.enum(['valid', 'wrong', 'not valid then', 'key not known', 'policy']),
  key: z
    .object({
      public_key: z.string(),
      from: z.enum(['own', 'name', 'server', 'others']),
      old: z.boolean(),
      valid_until_ts: z.number().optional(),
      fetched_ts: z.number().optional(),
    })
    .optional(),
})
export type Signature = z.infer<typeof signatureSchema>

export const hashesSchema = z.object({
  content: z.object({ claimed: z.string(), computed: z.string(), matches: z.boolean() }),
  reference: z.object({ explicit: z.boolean(), computed: optionalText, matches: z.boolean() }),
})
export type Hashes = z.infer<typeof hashesSchema>

export const eventSchema = z.object({
  event_id: z.string(),
  room_id: z.string(),
  room_version: z.string(),
  type: z.string(),
  state_key: optionalText,
  sender: z.string(),
  server: z.string(),
  depth: z.number(),
  origin_server_ts: z.number(),
  status: z.enum(['accepted', 'soft-failed', 'rejected', 'outlier']),
  reason: optionalText,
  redacted_by: optionalText,
  received_ts: z.number(),
  received_from: optionalText,
  stream_pos: z.number().optional(),
  shown: z.boolean(),
  forward_extremity: z.boolean(),
  json: z.json(),
  canonical: z.string(),
  bytes: z.number(),
  hashes: hashesSchema,
  signatures: z.array(signatureSchema),
  lacking: z.array(z.string()),
  auth_events: z.array(referenceSchema),
  prev_events: z.array(referenceSchema),
  next_events: z.array(referenceSchema),
  state: z
    .object({
      before: z.number(),
      after: z.number(),
      changes: z.array(
        z.object({ type: z.string(), state_key: z.string(), before: optionalText, after: optionalText }),
      ),
    })
    .optional(),
  verdicts: z.array(verdictSchema),
})
export type InspectedEvent = z.infer<typeof eventSchema>

export const stateSchema = z.object({
  events: z.array(z.object({ type: z.string(), state_key: z.string(), event_id: z.string() })),
  total: z.number(),
  next: optionalText,
})
export type StatePage = z.infer<typeof stateSchema>
