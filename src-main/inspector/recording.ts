import { z } from 'zod'
import { endpoint } from '../http/described.ts'
import type { Clock } from '../trace/clock.ts'
import type { Logger } from '../trace/log.ts'
import type { InspectorEndpoints } from './app.ts'
import type { Trace } from './trace.ts'

const DEFAULT_MINUTES = 10
/** Nobody should find out after a week that all was written down. */
const MAX_MINUTES = 120

const stateSchema = z
  .object({
    on: z.boolean(),
    until: z.number().optional().describe('When it ends by itself'),
    records: z.number().int().describe('Operations with bodies that are kept now'),
    bytes: z.number().int(),
  })
  .meta({ id: 'Recording' })

const changeSchema = z.object({
  on: z.boolean(),
  minutes: z.number().min(1).max(MAX_MINUTES).default(DEFAULT_MINUTES),
  discard: z.boolean().default(false).describe('Forget what was recorded'),
})

/**
 * `GET` and `POST recording`: whether the bodies of requests between servers are kept in the trace. Off unless
 * somebody turns it on, and ends by itself; requests of clients, headers and tokens are never kept.
 */
export function recordingEndpoints(trace: Trace, log: Logger, clock: Clock): InspectorEndpoints {
  let until: number | undefined
  let cancel = (): void => undefined

  function stop(): void {
    cancel()
    until = undefined
    log.recording = false
  }

  function start(minutes: number): void {
    stop()
    const ms = minutes * 60_000
    until = clock.now() + ms
    log.recording = true
    cancel = clock.setTimeout(stop, ms)
  }

  const state = (): z.input<typeof stateSchema> => ({
    on: log.recording,
    ...(until === undefined ? {} : { until }),
    records: trace.recorded.records,
    bytes: trace.recorded.bytes,
  })

  return (app) => {
    endpoint(
      app,
      { method: 'get', path: '/recording', summary: 'Whether bodies are recorded', answer: stateSchema },
      state,
    )
    endpoint(
      app,
      {
        method: 'post',
        path: '/recording',
        summary: 'Records the bodies of requests between servers for a while, or ends that',
        body: changeSchema,
        answer: stateSchema,
      },
      ({ body: { on, minutes, discard } }) => {
        if (on) start(minutes)
        else stop()
        if (discard) trace.recorded.clear()
        return state()
      },
    )
  }
}
