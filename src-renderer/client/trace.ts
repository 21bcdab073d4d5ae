import { z } from 'zod'
import './zod-config.ts'

const levelSchema = z.enum(['debug', 'info', 'warn', 'error'])
export type TraceLevel = z.infer<typeof levelSchema>

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])
export type TraceValue = z.infer<typeof valueSchema>

const itemShape = {
  label: z.string(),
  /** When it began, after the operation did; and how long it took: in ms. */
  at: z.number(),
  ms: z.number(),
  level: levelSchema,
  values: z.record(z.string(), valueSchema),
  error: z.object({ name: z.string(), message: z.string(), cause: z.string().optional() }).optional(),
  running: z.boolean().optional(),
  /** Of what was recorded: JSON, cut where it is long. */
  bodies: z.object({ request: z.string().optional(), answer: z.string().optional() }).optional(),
}

export interface TraceItem extends z.infer<z.ZodObject<typeof itemShape>> {
  children: TraceItem[]
}
const itemSchema: z.ZodType<TraceItem> = z.object({
  ...itemShape,
  children: z.lazy(() => z.array(itemSchema)),
})

/** One operation of the node. */
export const traceRecordSchema = z.object({
  id: z.number(),
  ts: z.number(),
  ...itemShape,
  children: z.array(itemSchema),
  omitted: z.number().optional(),
  /** There are bodies where it is asked for alone. */
  recorded: z.boolean().optional(),
})
export type TraceRecord = z.infer<typeof traceRecordSchema>

export const tracePageSchema = z.object({
  records: z.array(traceRecordSchema),
  next: z.number(),
  before: z.number().optional(),
  gap: z.object({ from: z.number(), to: z.number() }).optional(),
  /** Why nothing is stored on disk now, as a sentence. */
  problem: z.string().optional(),
})
export type TracePage = z.infer<typeof tracePageSchema>

export const runningSchema = z.object({ records: z.array(traceRecordSchema) })

/** Which records are wanted; each name that is given must fit. */
export interface TraceFilter {
  /** Several, separated by commas: any of them. */
  readonly label?: string | undefined
  readonly server?: string | undefined
  readonly room?: string | undefined
  readonly event?: string | undefined
  readonly user?: string | undefined
  readonly txn?: string | undefined
  /** At least as grave. */
  readonly level?: TraceLevel | undefined
  readonly text?: string | undefined
}

/** Path below the inspector's part of the private API. */
export function tracePath(
  filter: TraceFilter,
  page: { after?: number; before?: number; wait?: number; limit?: number } = {},
): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...filter, ...page }))
    if (value !== undefined && value !== '') query.set(name, String(value))
  return `trace?${query.toString()}`
}
