import { z } from 'zod'

const ts = z.number().describe('Milliseconds since the epoch')

export const testStepSchema = z
  .object({
    step: z.string(),
    state: z.enum(['running', 'ok', 'warn', 'failed', 'unknown']),
    words: z.string(),
    help: z.string().optional().describe('How to mend it'),
    ms: z.number().optional(),
    details: z.array(z.object({ term: z.string(), value: z.string() })).optional(),
  })
  .meta({ id: 'ServerTestStep' })

export const testSchema = z
  .object({
    id: z.string(),
    server_name: z.string(),
    own: z.boolean().describe('It is this server itself: the steps are those that others take to it'),
    started_ts: ts,
    finished_ts: ts.nullable(),
    state: z.enum(['running', 'done', 'cancelled', 'broken']),
    reached: z.boolean().nullable().describe('null: not known, or not yet'),
    version: z.number().int().describe('Grows with each change: `after` of the next question'),
    steps: z.array(testStepSchema),
  })
  .meta({ id: 'ServerTest' })

export const testsSchema = z
  .object({ tests: z.array(testSchema.omit({ steps: true }).extend({ words: z.string() })) })
  .meta({ id: 'ServerTests' })

export type ServerTestStep = z.input<typeof testStepSchema>
export type ServerTest = z.input<typeof testSchema>
