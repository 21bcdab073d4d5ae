import { z } from 'zod'

/** Hearth tells Hearth how an event fared; in no specification, so under a prefix of its own. */
export const EVENT_PATH = '/_matrix/federation/unstable/org.hearth/event_path'

const time = z.number().int().min(0)

/** How an event came to a server, as far as that is still known there. Times are those of its clock. */
export const eventPathSchema = z.object({
  /** Its clock, when it answered. */
  now: time,
  /** `own`: it was written there. `fetched`: it was asked for, and not sent. */
  received: z
    .object({ ts: time, how: z.enum(['own', 'sent', 'collected', 'fetched', 'unknown']) })
    .optional(),
  verdict: z
    .object({
      state: z.enum(['accepted', 'soft-failed', 'rejected', 'dropped', 'outlier', 'waiting']),
      ts: time.optional(),
      reason: z.string().max(1000).optional(),
    })
    .optional(),
  /** When the first of its clients was given the event. */
  visible_ts: time.optional(),
})
export type EventPathAnswer = z.infer<typeof eventPathSchema>
