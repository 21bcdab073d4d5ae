import { useCallback, useEffect, useRef, useState } from 'react'
import { InspectorError, type InspectorApi } from '../../client/inspector.ts'
import { tracePageSchema, tracePath, type TraceFilter, type TraceRecord } from '../../client/trace.ts'
import { useServices } from '../../model/use-client.ts'

const PAGE = 200
const WAIT_MS = 30_000
const RETRY_MS = 1_000
const LONGEST_RETRY_MS = 10_000
/** More are fetched again where somebody scrolls back. */
const MAX_KEPT = 3_000

export interface TraceFeed {
  /** In the order in which they finished. */
  readonly records: readonly TraceRecord[]
  readonly state: 'loading' | 'live' | 'paused' | 'lost'
  /** Why it is lost, as a sentence. */
  readonly problem: string | undefined
  /** Why the trace is not stored on disk now. */
  readonly storeProblem: string | undefined
  /** Not everything from before these records (by id) is kept any more. */
  readonly gaps: ReadonlySet<number>
  readonly hasOlder: boolean
  readonly loadingOlder: boolean
  readonly loadOlder: () => void
}

interface Kept {
  readonly key: string
  readonly records: readonly TraceRecord[]
  readonly gaps: ReadonlySet<number>
  readonly before: number | undefined
  readonly next: number | undefined
  readonly storeProblem: string | undefined
}

/**
 * What the node does, as it happens: the newest records that fit, and each one that follows, also after the
 * connection was lost. Paused, it goes on from where it was. Nothing is asked for while `filter` is undefined.
 */
export function useTrace(filter: TraceFilter | undefined, paused = false): TraceFeed {
  const { inspector } = useServices().client
  const key = filter === undefined ? '' : JSON.stringify(filter)
  const [kept, setKept] = useState<Kept>(() => nothing(key))
  const [problem, setProblem] = useState<string>()
  const [loadingOlder, setLoadingOlder] = useState(false)
  const current = kept.key === key ? kept : undefined
  const cursor = useRef<{ key: string; next: number }>(undefined)

  useEffect(() => {
    if (key === '' || paused) return
    const abort = new AbortController()
    const after = cursor.current?.key === key ? cursor.current.next : undefined
    follow(inspector, JSON.parse(key) as TraceFilter, after, abort.signal, {
      onPage(page, first) {
        cursor.current = { key, next: page.next }
        setProblem(undefined)
        setKept((before) => added(before.key === key ? before : nothing(key), page, first))
      },
      onLost: setProblem,
    }).catch((error: unknown) => console.error('The trace cannot be followed', error))
    return () => abort.abort()
  }, [inspector, key, paused])

  const before = current?.before
  const loadOlder = useCallback(() => {
    if (before === undefined) return
    setLoadingOlder(true)
    inspector
      .get(tracePath(JSON.parse(key) as TraceFilter, { before, limit: PAGE }), tracePageSchema)
      .then((page) =>
        setKept((now) =>
          now.key !== key || now.before !== before
            ? now
            : { ...now, records: [...page.records, ...now.records], before: page.before },
        ),
      )
      .catch((error: unknown) => setProblem(wordsOf(error)))
      .finally(() => setLoadingOlder(false))
  }, [inspector, key, before])

  return {
    records: current?.records ?? NONE,
    state:
      problem !== undefined ? 'lost' : current?.next === undefined ? 'loading' : paused ? 'paused' : 'live',
    problem,
    storeProblem: current?.storeProblem,
    gaps: current?.gaps ?? NO_GAPS,
    hasOlder: before !== undefined,
    loadingOlder,
    loadOlder,
  }
}

const NONE: readonly TraceRecord[] = []
const NO_GAPS: ReadonlySet<number> = new Set()

type Page = Awaited<ReturnType<typeof tracePageSchema.parseAsync>>

async function follow(
  inspector: InspectorApi,
  filter: TraceFilter,
  from: number | undefined,
  signal: AbortSignal,
  on: { onPage: (page: Page, first: boolean) => void; onLost: (problem: string) => void },
): Promise<void> {
  let after = from
  let failures = 0
  while (!signal.aborted) {
    const path = tracePath(
      filter,
      after === undefined ? { limit: PAGE } : { after, wait: failures > 0 ? 0 : WAIT_MS, limit: PAGE },
    )
    try {
      const page = await inspector.get(path, tracePageSchema, signal)
      if (signal.aborted) return
      on.onPage(page, after === undefined)
      after = page.next
      failures = 0
    } catch (error) {
      if (signal.aborted) return
      on.onLost(wordsOf(error))
      await pause(Math.min(RETRY_MS * 2 ** failures++, LONGEST_RETRY_MS), signal)
    }
  }
}

function added(kept: Kept, page: Page, first: boolean): Kept {
  const known = new Set(kept.records.map(({ id }) => id))
  const fresh = page.records.filter(({ id }) => !known.has(id))
  if (fresh.length === 0 && page.next === kept.next) return kept
  const all = [...kept.records, ...fresh]
  const records = all.slice(-MAX_KEPT)
  const [oldest] = fresh
  return {
    key: kept.key,
    records,
    gaps:
      page.gap === undefined || oldest === undefined || kept.records.length === 0
        ? kept.gaps
        : new Set([...kept.gaps, oldest.id]),
    before: records.length < all.length ? records[0]?.id : first ? page.before : kept.before,
    next: page.next,
    storeProblem: page.problem,
  }
}

function nothing(key: string): Kept {
  return { key, records: NONE, gaps: NO_GAPS, before: undefined, next: undefined, storeProblem: undefined }
}

function wordsOf(error: unknown): string {
  return error instanceof InspectorError ? error.message : 'Hearth does not answer.'
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
