import { z } from 'zod'
import { endpoint } from '../http/described.ts'
import { notFound } from '../http/errors.ts'
import type { InspectorEndpoints } from './app.ts'
import { filterShape, type TraceFilter } from './filter.ts'
import { limitParam, waitParam } from './paging.ts'
import { traceRecordSchema } from './records.ts'
import type { Trace, TracePage } from './trace.ts'

const MAX_LIMIT = 500

const id = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER)

const pageQuery = z.object({
  after: id.optional().describe('The oldest records after this one; absent: the newest'),
  before: id.optional().describe('Without `after`: the newest records before this one'),
  wait: waitParam('With `after`: how long to wait for one'),
  limit: limitParam(MAX_LIMIT, 100),
  ...filterShape,
})

const pageSchema = z
  .object({
    records: z.array(traceRecordSchema).describe('In the order in which they finished'),
    next: z.number().int().describe('What comes later is asked for with this as `after`'),
    before: z
      .number()
      .int()
      .optional()
      .describe('What came before is asked for with this as `before`; absent: there is nothing'),
    gap: z
      .object({ from: z.number().int(), to: z.number().int() })
      .optional()
      .describe('Of what came between these, both included, not everything is kept any more'),
    problem: z.string().optional().describe('Why the trace is not stored on disk now'),
  })
  .meta({ id: 'TracePage' })

/** `GET trace` (live by long polling, or page by page backwards), `GET trace/{id}`, `GET running`. */
export function traceEndpoints(trace: Trace): InspectorEndpoints {
  return (app) => {
    endpoint(
      app,
      {
        method: 'get',
        path: '/trace',
        summary: 'What this node did: one record an operation, live or backwards',
        query: pageQuery,
        answer: pageSchema,
      },
      async ({ query: { after, before, wait, limit, ...filter }, signal }) =>
        answerOf(
          after === undefined
            ? await trace.page({ ...(before === undefined ? {} : { before }), limit, filter: given(filter) })
            : await trace.follow({ after, limit, filter: given(filter), waitMs: wait, signal }),
        ),
    )
    endpoint(
      app,
      { method: 'get', path: '/trace/:id', summary: 'One operation', answer: traceRecordSchema },
      async ({ params }) => {
        const found = await trace.get(Number(params['id']))
        if (found === undefined) throw notFound('This is not kept any more.')
        return found
      },
    )
    endpoint(
      app,
      {
        method: 'get',
        path: '/running',
        summary: 'What has not finished yet, oldest first',
        query: z.object(filterShape),
        answer: z.object({ records: z.array(traceRecordSchema) }),
      },
      ({ query }) => ({ records: trace.running(given(query)) }),
    )
  }
}

function answerOf({ records, next, before, gap, problem }: TracePage): z.input<typeof pageSchema> {
  return {
    records: [...records],
    next,
    ...(before === undefined ? {} : { before }),
    ...(gap === undefined ? {} : { gap }),
    ...(problem === undefined ? {} : { problem }),
  }
}

/** An empty field of a form asks for nothing. */
function given(filter: TraceFilter): TraceFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== '')) as TraceFilter
}
