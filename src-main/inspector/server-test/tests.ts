import type { ServerName } from '../../core/types.ts'
import { MatrixError } from '../../http/errors.ts'
import type { Clock, Random } from '../../trace/clock.ts'
import type { ServerTest, ServerTestStep } from './schema.ts'

/** Goes the way to a server, telling each step; a step that is told again replaces what was told of it. */
export interface TestRun {
  readonly isOwn: (server: string) => boolean
  /** `reached`: whether it came through. Rejects when `signal` is aborted. */
  run(server: string, emit: (step: ServerTestStep) => void, signal: AbortSignal): Promise<boolean | null>
}

interface Entry {
  test: ServerTest
  readonly abort: AbortController
  readonly waiting: Set<() => void>
}

const KEPT = 30
const AT_ONCE = 4

export interface ServerTests {
  start(server: ServerName | string): ServerTest
  /** As it is, or as soon as it is newer than `after`; undefined where there is no such test any more. */
  get(id: string, after: number, waitMs: number, signal: AbortSignal): Promise<ServerTest | undefined>
  cancel(id: string): ServerTest | undefined
  /** The newest first. */
  list(): ServerTest[]
}

/** Tests under way and the last ones, in memory. */
export function createServerTests(deps: {
  readonly run: TestRun
  readonly clock: Clock
  readonly random: Random
  readonly onBroken: (server: string, error: unknown) => void
}): ServerTests {
  const { clock } = deps
  const entries = new Map<string, Entry>()

  function change(entry: Entry, to: Partial<ServerTest>): void {
    entry.test = { ...entry.test, ...to, version: entry.test.version + 1 }
    for (const wake of entry.waiting) wake()
  }

  function told(entry: Entry, step: ServerTestStep): void {
    if (entry.test.state !== 'running') return
    const at = entry.test.steps.findIndex((each) => each.step === step.step)
    change(entry, { steps: at === -1 ? [...entry.test.steps, step] : entry.test.steps.with(at, step) })
  }

  function ended(entry: Entry, state: ServerTest['state'], reached: boolean | null): void {
    if (entry.test.state !== 'running') return
    const steps = entry.test.steps.filter((step) => step.state !== 'running')
    change(entry, { state, reached, steps, finished_ts: clock.now() })
  }

  return {
    start(server) {
      const running = [...entries.values()].filter(({ test }) => test.state === 'running')
      const same = running.find(({ test }) => test.server_name === server)
      if (same !== undefined) return same.test
      if (running.length >= AT_ONCE)
        throw new MatrixError(429, 'M_LIMIT_EXCEEDED', 'Some tests are under way: wait for one, or end it.')
      const entry: Entry = {
        test: {
          id: deps.random.token(12),
          server_name: server,
          own: deps.run.isOwn(server),
          started_ts: clock.now(),
          finished_ts: null,
          state: 'running',
          reached: null,
          version: 1,
          steps: [],
        },
        abort: new AbortController(),
        waiting: new Set(),
      }
      entries.set(entry.test.id, entry)
      for (const [id, { test }] of entries) {
        if (entries.size <= KEPT) break
        if (test.state !== 'running') entries.delete(id)
      }
      deps.run
        .run(server, (step) => told(entry, step), entry.abort.signal)
        .then((reached) => ended(entry, 'done', reached))
        .catch((error: unknown) => {
          if (!entry.abort.signal.aborted) deps.onBroken(server, error)
          ended(entry, 'broken', null)
        })
      return entry.test
    },

    async get(id, after, waitMs, signal) {
      const entry = entries.get(id)
      if (entry === undefined) return undefined
      const { waiting } = entry
      if (entry.test.version <= after && entry.test.state === 'running' && waitMs > 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const cancel = clock.setTimeout(done, waitMs)
          waiting.add(done)
          signal.addEventListener('abort', done, { once: true })
          function done(): void {
            cancel()
            waiting.delete(done)
            signal.removeEventListener('abort', done)
            resolve()
          }
        })
      }
      return entry.test
    },

    cancel(id) {
      const entry = entries.get(id)
      if (entry === undefined) return undefined
      ended(entry, 'cancelled', null)
      entry.abort.abort()
      return entry.test
    },

    list: () => [...entries.values()].map(({ test }) => test).toReversed(),
  }
}
