import { z } from 'zod'
import { saidUpTo } from '../said.ts'

const said = saidUpTo(1_000)

const stepSchema = z.object({
  step: z.string(),
  state: z.enum(['running', 'ok', 'warn', 'failed', 'unknown']),
  words: said,
  help: said.optional(),
  ms: z.number().optional(),
  details: z.array(z.object({ term: said, value: said })).optional(),
})
export type TestStep = z.infer<typeof stepSchema>

const headSchema = z.object({
  id: z.string(),
  server_name: z.string(),
  own: z.boolean(),
  started_ts: z.number(),
  finished_ts: z.number().nullable(),
  state: z.enum(['running', 'done', 'cancelled', 'broken']),
  reached: z.boolean().nullable(),
  version: z.number(),
})
export const testSchema = headSchema.extend({ steps: z.array(stepSchema) })
export type ServerTest = z.infer<typeof testSchema>

export const testsSchema = z.object({ tests: z.array(headSchema.extend({ words: said })) })
export type PastTest = z.infer<typeof testsSchema>['tests'][number]
