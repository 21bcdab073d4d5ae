import { z } from 'zod'
import type { LogLevel } from '../trace/log.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]
export const levelSchema = z.enum(levels)

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])

const errorSchema = z
  .object({ name: z.string(), message: z.string(), cause: z.string().optional() })
  .meta({ id: 'TraceError' })

const itemShape = {
  label: z.string().describe('What was done or found: the same words for the same thing'),
  ms: z.number().describe('How long it took, in milliseconds with fractions; 0 for a fact or a decision'),
  level: levelSchema.describe('Of this item and, at least, of what is inside it where that was raised'),
  values: z
    .record(z.string(), valueSchema)
    .describe('`room`, `event`, `server` (the other one), `user`, `txn` mean the same everywhere'),
  error: errorSchema.optional(),
  bodies: z
    .object({ request: z.string().optional(), answer: z.string().optional() })
    .optional()
    .describe('What was sent and answered, of what was recorded: JSON, cut where it is long'),
}

/** A step inside an operation. */
export interface TraceItem extends z.infer<z.ZodObject<typeof itemShape>> {
  at: number
  running?: boolean | undefined
  children: TraceItem[]
}
export const traceItemSchema: z.ZodType<TraceItem> = z
  .object({
    ...itemShape,
    at: z.number().describe('When it began, in milliseconds after the operation did'),
    running: z.boolean().optional().describe('It has not finished; `ms` is until now'),
    children: z.lazy(() => z.array(traceItemSchema)),
  })
  .meta({ id: 'TraceItem' })

/** One operation of the node, as its own log items tell it. */
export const traceRecordSchema = z
  .object({
    id: z.number().int().describe('Rises with each operation that finishes'),
    ts: z.number().describe('When it began, in milliseconds since the epoch'),
    ...itemShape,
    at: z.literal(0),
    running: z.boolean().optional(),
    children: z.array(traceItemSchema),
    omitted: z.number().optional().describe('So many items more did not fit'),
    recorded: z.boolean().optional().describe('`GET trace/{id}` has bodies of it'),
  })
  .meta({ id: 'TraceRecord' })
export type TraceRecord = z.infer<typeof traceRecordSchema>

/** A line of the store; undefined for what is none: another version may have written it, or a crash torn it. */
export function readRecord(json: string): TraceRecord | undefined {
  try {
    return traceRecordSchema.safeParse(JSON.parse(json)).data
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
