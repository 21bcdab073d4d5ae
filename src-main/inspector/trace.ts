import type { Clock } from '../trace/clock.ts'
import type { Logger, LogItem } from '../trace/log.ts'
import { createMatcher, type TraceFilter } from './filter.ts'
import { recordOf, type TraceRecord } from './records.ts'
import { Ring, type Entry, type RingLimits } from './ring.ts'

export interface TraceDeps {
  readonly log: Logger
  readonly clock: Clock
  /** Servers that one has to do with; all others share one lane of what is kept. */
  readonly isKnown: (server: string) => boolean
  readonly limits?: RingLimits
}

export interface TracePage {
  /** In the order in which they finished. */
  readonly records: readonly TraceRecord[]
  /** What comes later is asked for with this as `after`. */
  readonly next: number
  /** What came before is asked for with this as `before`; undefined: there is nothing. */
  readonly before: number | undefined
  /** Of what came between these, both included, not everything is kept any more. */
  readonly gap: { readonly from: number; readonly to: number } | undefined
}

/** What this node did: the trees of its log as records, the newest of them in memory. */
export interface Trace {
  /** The oldest `limit` after `after`; else the newest `limit`, of those before `before` where it is given. */
  page(query: { after?: number; before?: number; limit: number; filter: TraceFilter }): Promise<TracePage>
  /** As `page` with `after`; where there is nothing yet, waits for it. */
  follow(query: FollowQuery): Promise<TracePage>
  get(id: number): Promise<TraceRecord | undefined>
  /** What has not finished yet, oldest first; their ids are 0. */
  running(filter: TraceFilter): TraceRecord[]
  stop(): void
}

export interface FollowQuery {
  readonly after: number
  readonly limit: number
  readonly filter: TraceFilter
  readonly waitMs: number
  readonly signal?: AbortSignal
}

const DEFAULT_LIMITS: RingLimits = { records: 20_000, bytes: 16 * 1024 * 1024 }
/** Who looks on is told so often at most. */
const WAKE_MS = 100
const STRANGERS = 'strangers'

export function createTrace(deps: TraceDeps): Trace {
  const { clock, log } = deps
  const ring = new Ring(deps.limits ?? DEFAULT_LIMITS)
  const waiting = new Set<() => void>()
  let nextId = 1
  let cancelWake: (() => void) | undefined
  let stopped = false

  const wake = (): void => {
    cancelWake = undefined
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  const removeSink = log.addSink((root) => {
    const id = nextId++
    const { record, about } = recordOf(root, id, clock.monotonic())
    const { label, level } = record
    ring.add({ id, label, level, about, lane: laneOf(root), json: JSON.stringify(record) })
    if (waiting.size > 0) cancelWake ??= clock.setTimeout(wake, WAKE_MS)
  })

  /** Who only claims to be somebody is a stranger. */
  function laneOf({ label, values }: LogItem): string {
    const { server } = values
    if (label === 'federation in' && values['proven'] !== true) return STRANGERS
    if (typeof server !== 'string') return label
    return deps.isKnown(server) ? server : STRANGERS
  }

  async function page({ after, before, limit, filter }: Parameters<Trace['page']>[0]): Promise<TracePage> {
    const matches = createMatcher(filter)
    const newest = nextId - 1
    if (after !== undefined) {
      const found: Entry[] = []
      // Ids of another run of the node: what is kept now begins anew.
      const from = after > newest ? 0 : after
      for (const entry of ring.all()) {
        if (entry.id <= from || !matches(entry)) continue
        found.push(entry)
        if (found.length >= limit) break
      }
      const full = found.length >= limit
      return {
        records: found.map(parse),
        next: full ? (found.at(-1)?.id ?? newest) : newest,
        before: found[0]?.id,
        gap: from + 1 < ring.completeFrom ? { from: from + 1, to: ring.completeFrom - 1 } : undefined,
      }
    }
    const end = before ?? Number.MAX_SAFE_INTEGER
    const all: Entry[] = []
    for (const entry of ring.all()) {
      if (entry.id >= end) break
      if (matches(entry)) all.push(entry)
    }
    const found = all.slice(-limit)
    return {
      records: found.map(parse),
      next: newest,
      before: all.length > found.length ? found[0]?.id : undefined,
      gap: undefined,
    }
  }

  return {
    page,
    async follow({ waitMs, signal, ...query }) {
      const deadline = clock.monotonic() + waitMs
      let { after } = query
      let gap: TracePage['gap']
      for (;;) {
        const found = await page({ ...query, after })
        gap ??= found.gap
        const left = deadline - clock.monotonic()
        if (found.records.length > 0 || left <= 0 || stopped || signal?.aborted === true)
          return { ...found, gap }
        after = found.next
        await changed(left, signal)
      }
    },
    async get(id) {
      const entry = ring.get(id)
      return entry === undefined ? undefined : parse(entry)
    },
    running(filter) {
      const matches = createMatcher(filter)
      const now = clock.monotonic()
      return log.running().flatMap((root) => {
        const { record, about } = recordOf(root, 0, now)
        const { label, level } = record
        return matches({ label, level, about, json: JSON.stringify(record) }) ? [record] : []
      })
    },
    stop() {
      stopped = true
      removeSink()
      cancelWake?.()
      wake()
    },
  }

  function changed(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        cancel()
        signal?.removeEventListener('abort', done)
        waiting.delete(done)
        resolve()
      }
      const cancel = clock.setTimeout(done, ms)
      signal?.addEventListener('abort', done, { once: true })
      waiting.add(done)
    })
  }
}

function parse({ json }: Entry): TraceRecord {
  return JSON.parse(json) as TraceRecord
}
