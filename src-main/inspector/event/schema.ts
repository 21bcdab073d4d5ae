import { z } from 'zod'

const ts = z.number().describe('Milliseconds since the epoch')
const status = z.enum(['accepted', 'soft-failed', 'rejected', 'outlier'])

export const referenceSchema = z
  .looseObject({
    event_id: z.string(),
    status: z.union([status, z.literal('missing')]),
    type: z.string().optional(),
    state_key: z.string().optional(),
    sender: z.string().optional(),
    room_id: z.string().optional(),
    membership: z.string().optional(),
  })
  .meta({ id: 'EventReference' })

export const lookedAtSchema = referenceSchema
  .extend({ decides: z.boolean().optional().describe('It is what decided') })
  .meta({ id: 'EventLookedAt' })

export const ruleShape = {
  rule: z.string().optional().describe('The auth rule, as `v11 auth rule 4.3.7`'),
  rule_number: z.string().optional(),
  title: z.string().optional(),
  meaning: z.string().optional(),
  spec: z.string().optional().describe('The page of the specification'),
}

export const verdictSchema = z
  .looseObject({
    against: z.enum(['auth_events', 'state_before', 'current_state']),
    verdict: z.enum(['allowed', 'refused']),
    reason: z.string().optional(),
    ...ruleShape,
    looked_at: z.array(lookedAtSchema),
    decides: z.array(z.string()).optional(),
  })
  .meta({ id: 'AuthVerdict' })

export const checksShape = {
  canonical: z.string().describe('Canonical JSON'),
  bytes: z.number().int(),
  hashes: z.looseObject({
    content: z.object({ claimed: z.string(), computed: z.string(), matches: z.boolean() }),
    reference: z.object({
      explicit: z.boolean().describe('The id is no hash (room versions 1 and 2)'),
      computed: z.string().optional(),
      matches: z.boolean(),
    }),
  }),
  signatures: z.array(
    z.looseObject({
      server: z.string(),
      key_id: z.string(),
      required: z.boolean(),
      result: z.enum(['valid', 'wrong', 'not valid then', 'key not known', 'policy']),
      key: z
        .object({
          public_key: z.string(),
          from: z.enum(['own', 'name', 'server', 'others']),
          old: z.boolean(),
          valid_until_ts: ts.optional(),
          fetched_ts: ts.optional(),
        })
        .optional(),
    }),
  ),
  lacking: z.array(z.string()).describe('Servers whose signature is needed, and none of theirs holds'),
  verdicts: z.array(verdictSchema),
}

export const eventSchema = z
  .looseObject({
    event_id: z.string(),
    room_id: z.string(),
    room_version: z.string(),
    type: z.string(),
    state_key: z.string().optional(),
    sender: z.string(),
    server: z.string(),
    depth: z.number(),
    origin_server_ts: ts,
    status,
    reason: z.string().optional(),
    redacted_by: z.string().optional(),
    received_ts: ts,
    received_from: z.string().optional(),
    stream_pos: z.number().optional(),
    shown: z.boolean().describe('In the timeline'),
    forward_extremity: z.boolean(),
    json: z.looseObject({}),
    ...checksShape,
    auth_events: z.array(referenceSchema),
    prev_events: z.array(referenceSchema),
    next_events: z.array(referenceSchema),
    state: z
      .object({
        before: z.number().int().describe('Entries of the state'),
        after: z.number().int(),
        changes: z.array(
          z.object({
            type: z.string(),
            state_key: z.string(),
            before: z.string().optional(),
            after: z.string().optional(),
          }),
        ),
      })
      .optional(),
  })
  .meta({ id: 'InspectedEvent' })

export const stateSchema = z.object({
  events: z.array(z.object({ type: z.string(), state_key: z.string(), event_id: z.string() })),
  total: z.number().int(),
  next: z.string().optional(),
})
