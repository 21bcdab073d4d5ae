import type { Clock } from '../trace/clock.ts'
import type { Logger, LogItem } from '../trace/log.ts'
import { createMatcher, type TraceFilter } from './filter.ts'
import type { IdRange, RecordStore } from './ports.ts'
import { readRecord, type TraceRecord } from './records.ts'
import { RecordedBodies } from './recorded-bodies.ts'
import { writeRecord } from './write-record.ts'
import { Ring, type Entry, type RingLimits } from './ring.ts'

export interface TraceDeps {
  readonly log: Logger
  readonly clock: Clock
  /** Servers that one has to do with; all others share one lane of what is kept. */
  readonly isKnown: (server: string) => boolean
  readonly limits?: RingLimits
  /** Called once there is something to write or to look for. Absent, or where it throws: there is only the memory. */
  readonly openStore?: () => RecordStore
  /** Asked for each record, as the owner may change it; absent: `disk`. */
  readonly mode?: () => 'disk' | 'memory' | 'off'
}

export interface TracePage {
  /** In the order in which they finished. */
  readonly records: readonly TraceRecord[]
  /** What comes later is asked for with this as `after`. */
  readonly next: number
  /** What came before is asked for with this as `before`; undefined: there is nothing. */
  readonly before: number | undefined
  /** Of what came between these, both included, not everything is kept any more. */
  readonly gap: IdRange | undefined
  /** Why nothing is stored on disk now, as a sentence. */
  readonly problem: string | undefined
}

/** What this node did: the trees of its log as records, the newest of them in memory. */
export interface Trace {
  /** What was recorded is there while there is room for it. */
  readonly recorded: { readonly records: number; readonly bytes: number; clear(): void }
  /** The oldest `limit` after `after`; else the newest `limit`, of those before `before` where it is given. */
  page(query: { after?: number; before?: number; limit: number; filter: TraceFilter }): Promise<TracePage>
  /** The newest `limit` of those in memory, without what reading a disk costs; in the order in which they finished. */
  remembered(query: { limit: number; filter: TraceFilter }): TraceRecord[]
  /** As `page` with `after`; where there is nothing yet, waits for it. */
  follow(query: FollowQuery): Promise<TracePage>
  get(id: number): Promise<TraceRecord | undefined>
  /** What has not finished yet, oldest first; their ids are 0. */
  running(filter: TraceFilter): TraceRecord[]
  /** Who waits is answered at once from now on. */
  release(): void
  /** Everything is on disk. */
  stop(): Promise<void>
}

/** What is there since the first that was written or looked for. */
interface Kept {
  readonly store: RecordStore | undefined
  readonly ring: Ring
  nextId: number
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
/** Operations that have finished in one turn. */
const MAX_UNWRITTEN = 100

interface Unwritten {
  readonly root: LogItem
  readonly mode: 'disk' | 'memory'
  /** When it finished, monotonic. */
  readonly now: number
}

export function createTrace(deps: TraceDeps): Trace {
  const { clock, log } = deps
  let opened: Kept | undefined
  const recorded = new RecordedBodies()
  const waiting = new Set<() => void>()
  let cancelWake: (() => void) | undefined
  const unwritten: Unwritten[] = []
  let stopped = false

  const wake = (): void => {
    cancelWake = undefined
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  let failure: string | undefined

  /** A trace that is off, and that nobody reads, leaves the disk alone. */
  function kept(): Kept {
    if (opened !== undefined) return opened
    let store: RecordStore | undefined
    try {
      store = deps.openStore?.()
    } catch (error) {
      failure = `The trace is only kept in memory: ${messageOf(error)}`
    }
    const nextId = store?.firstFree ?? 1
    opened = {
      store,
      nextId,
      ring: new Ring(deps.limits ?? DEFAULT_LIMITS, store === undefined ? 0 : nextId),
    }
    // Not before: it is written down itself.
    if (failure !== undefined) log.note('the trace is not stored', { reason: failure }, 'warn')
    return opened
  }

  const removeSink = log.addSink((root) => {
    const mode = deps.mode?.() ?? 'disk'
    if (mode === 'off') return
    kept()
    unwritten.push({ root, mode, now: clock.monotonic() })
    if (unwritten.length === 1) setImmediate(writeDown)
    if (log.recording || unwritten.length >= MAX_UNWRITTEN) writeDown()
  })

  /** At the end of a turn, after whoever waits for the outcome; before that where somebody looks at the trace. */
  function writeDown(): void {
    for (const each of unwritten.splice(0)) {
      try {
        keep(each)
      } catch (error) {
        failure = `An operation could not be written down: ${messageOf(error)}`
      }
    }
  }

  function keep({ root, mode, now }: Unwritten): void {
    const at = kept()
    const { store, ring } = at
    const id = at.nextId++
    const { json, hasBodies } = writeRecord(root, id, now)
    const { label, level } = root
    if (hasBodies) recorded.add(id, writeRecord(root, id, now, true).json.toString())
    const lane = laneOf(root)
    ring.add({ id, label, level, lane, json })
    if (mode === 'disk') store?.append(id, lane, json)
    else store?.leaveOut(id)
    if (waiting.size > 0) cancelWake ??= clock.setTimeout(wake, WAKE_MS)
  }

  /** Who only claims to be somebody is a stranger. */
  function laneOf({ label, values }: LogItem): string {
    const { server } = values
    if (label === 'federation in' && values['proven'] !== true) return STRANGERS
    if (typeof server !== 'string') return label
    return deps.isKnown(server) ? server : STRANGERS
  }

  async function page({ after, before, limit, filter }: Parameters<Trace['page']>[0]): Promise<TracePage> {
    writeDown()
    const { store, ring, nextId } = kept()
    const newest = nextId - 1
    const problem = store?.problem() ?? failure
    if (after !== undefined) {
      // Ids beyond are of a run of the node that is forgotten: what is kept now begins anew.
      const from = after > newest ? 0 : after
      const complete = ring.completeFrom
      const records = await read(from + 1, newest, 'oldest', limit, filter)
      const full = records.length >= limit
      return {
        records,
        next: full ? (records.at(-1)?.id ?? newest) : newest,
        before: records[0]?.id,
        gap: gapIn(from + 1, complete - 1),
        problem,
      }
    }
    const records = await read(1, before === undefined ? newest : before - 1, 'newest', limit, filter)
    return {
      records: records.toReversed(),
      next: newest,
      before: records.length >= limit ? records.at(-1)?.id : undefined,
      gap: undefined,
      problem,
    }
  }

  /** What is on disk fills the holes of what is in memory. */
  async function read(
    from: number,
    to: number,
    order: 'oldest' | 'newest',
    limit: number,
    filter: TraceFilter,
  ): Promise<TraceRecord[]> {
    const { matches, mayMatch } = createMatcher(filter)
    const { store, ring } = kept()
    const complete = ring.completeFrom
    const found: TraceRecord[] = []
    for (const entry of ring.between(from, to, order)) {
      if (found.length >= limit) break
      if (matches(entry)) found.push(parse(entry))
    }
    const last = found.length >= limit ? found.at(-1) : undefined
    if (from >= complete || (order === 'newest' && last !== undefined && last.id >= complete)) return found

    const all = new Map(found.map((record) => [record.id, record]))
    let stored = 0
    await store?.scan({ from, to: Math.min(to, complete - 1) }, order, (json) => {
      const record = mayMatch(json) ? readRecord(json) : undefined
      if (record === undefined || !matches({ label: record.label, level: record.level, json })) return true
      all.set(record.id, record)
      return ++stored < limit
    })
    const byId = (a: TraceRecord, b: TraceRecord): number => (order === 'oldest' ? a.id - b.id : b.id - a.id)
    return [...all.values()].toSorted(byId).slice(0, limit)
  }

  function gapIn(from: number, to: number): IdRange | undefined {
    if (from > to) return undefined
    const lost = (kept().store?.lost() ?? [{ from: 1, to }]).filter(
      (range) => range.from <= to && range.to >= from,
    )
    const [first, last] = [lost[0], lost.at(-1)]
    if (first === undefined || last === undefined) return undefined
    return { from: Math.max(from, first.from), to: Math.min(to, last.to) }
  }

  return {
    recorded,
    page,
    remembered({ limit, filter }) {
      const { matches } = createMatcher(filter)
      const found: TraceRecord[] = []
      writeDown()
      if (opened === undefined) return found
      for (const entry of opened.ring.between(1, opened.nextId - 1, 'newest')) {
        if (found.length >= limit) break
        if (matches(entry)) found.push(parse(entry))
      }
      return found.toReversed()
    },
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
      writeDown()
      const whole = recorded.get(id)
      if (whole !== undefined) return whole
      const { store, ring } = kept()
      const entry = ring.get(id)
      if (entry !== undefined) return parse(entry)
      let found: TraceRecord | undefined
      await store?.scan({ from: id, to: id }, 'oldest', (json) => {
        found = readRecord(json)
        return false
      })
      return found
    },
    running(filter) {
      const { matches } = createMatcher(filter)
      const now = clock.monotonic()
      return log.running().flatMap((root) => {
        const { json } = writeRecord(root, 0, now)
        const { label, level } = root
        return matches({ label, level, json }) ? [JSON.parse(json.toString()) as TraceRecord] : []
      })
    },
    release() {
      stopped = true
      cancelWake?.()
      wake()
    },
    async stop() {
      removeSink()
      writeDown()
      await opened?.store?.stop()
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function parse({ json }: Entry): TraceRecord {
  return JSON.parse(json.toString()) as TraceRecord
}
