import { z } from 'zod'
import { endpoint } from '../../http/described.ts'
import { notFound } from '../../http/errors.ts'
import type { InspectorEndpoints } from '../app.ts'
import { waitParam } from '../paging.ts'
import { testSchema, testsSchema, type ServerTest } from './schema.ts'
import type { ServerTests } from './tests.ts'

const MAX_WAIT_MS = 30_000

const found = (test: ServerTest | undefined): ServerTest => {
  if (test === undefined) throw notFound('That test is not known any more.')
  return test
}

/** What stopped it, or that nothing did. */
export function verdictWords({ state, reached, steps }: ServerTest): string {
  if (state === 'running') return 'Under way'
  if (state === 'cancelled') return 'Ended before it was done'
  if (state === 'broken') return 'The test itself failed'
  const failed = steps.find((step) => step.state === 'failed')
  const warned = steps.find((step) => step.state === 'warn')
  if (reached === true) return failed?.words ?? warned?.words ?? 'Reached, and all is well'
  return failed?.words ?? 'Not reached'
}

export function serverTestEndpoints(tests: ServerTests): InspectorEndpoints {
  return (app) => {
    endpoint(
      app,
      {
        method: 'post',
        path: '/test-server',
        summary: 'Begins a test of the way to a server; its steps come by `GET inspector/test-server/{id}`',
        body: z.object({ server_name: z.string().min(1).max(255) }),
        answer: testSchema,
      },
      ({ body }) => tests.start(body.server_name.trim()),
    )
    endpoint(
      app,
      {
        method: 'get',
        path: '/test-server',
        summary: 'The last tests, the newest first',
        answer: testsSchema,
      },
      () => ({
        tests: tests.list().map((test) => {
          const { steps: _steps, ...rest } = test
          return { ...rest, words: verdictWords(test) }
        }),
      }),
    )
    endpoint(
      app,
      {
        method: 'get',
        path: '/test-server/:id',
        summary: 'A test with its steps so far',
        query: z.object({
          after: z.coerce.number().int().min(0).default(0).describe('`version` of the last answer'),
          wait: waitParam('How long to wait for something newer', MAX_WAIT_MS),
        }),
        answer: testSchema,
      },
      async ({ params, query, signal }) =>
        found(await tests.get(params['id'] ?? '', query.after, query.wait, signal)),
    )
    endpoint(
      app,
      { method: 'post', path: '/test-server/:id/cancel', summary: 'Ends a test', answer: testSchema },
      ({ params }) => found(tests.cancel(params['id'] ?? '')),
    )
  }
}
