import type { ServerName } from '../../core/types.ts'
import { endpoint } from '../../http/described.ts'
import type { InspectorEndpoints } from '../app.ts'
import { serverParam } from '../server-param.ts'
import {
  queueDetailSchema,
  queuesSchema,
  retriedSchema,
  type QueueDetail,
  type QueuesAnswer,
  type Retried,
} from './schema.ts'

export interface InspectedQueues {
  list(): QueuesAnswer
  detail(server: ServerName): QueueDetail
  /** Tries now, and tells what became of it; undefined: all that have something waiting. */
  retry(server: ServerName | undefined): Promise<Retried[]>
}

export function queuesEndpoints(queues: InspectedQueues): InspectorEndpoints {
  return (app) => {
    endpoint(
      app,
      {
        method: 'get',
        path: '/queues',
        summary: 'What waits for which server, and why',
        answer: queuesSchema,
      },
      () => queues.list(),
    )
    endpoint(
      app,
      { method: 'post', path: '/queues/retry', summary: 'Tries all that wait, now', answer: retriedSchema },
      async () => ({ results: await queues.retry(undefined) }),
    )
    endpoint(
      app,
      {
        method: 'get',
        path: '/queues/:server',
        summary: 'What waits for one server',
        answer: queueDetailSchema,
      },
      ({ params }) => queues.detail(serverParam(params['server'])),
    )
    endpoint(
      app,
      {
        method: 'post',
        path: '/queues/:server/retry',
        summary: 'Tries one server now',
        answer: retriedSchema,
      },
      async ({ params }) => ({ results: await queues.retry(serverParam(params['server'])) }),
    )
  }
}
