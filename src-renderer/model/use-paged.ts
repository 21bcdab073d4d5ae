import { useCallback, useEffect, useRef, useState } from 'react'
import { useServices } from './use-client.ts'

export interface Paged<T> {
  readonly items: readonly T[]
  readonly status: 'loading' | 'more' | 'ready' | 'failed'
  /** A sentence. */
  readonly error: string | undefined
  readonly canLoadMore: boolean
  readonly more: () => void
  readonly retry: () => void
}

interface State<T> {
  readonly items: readonly T[]
  readonly status: Paged<T>['status']
  readonly error?: string
  readonly next?: string | undefined
}

interface Source<T> {
  readonly load: (from: string | undefined) => Promise<{ items: readonly T[]; next: string | undefined }>
  readonly idOf: (item: T) => string
  /** Milliseconds to wait before the first page, for what is asked while somebody types. */
  readonly pause?: number
}

/** A list that a server gives a page at a time, anew when `key` changes. Answers to an earlier question are dropped. */
export function usePaged<T>(key: string, source: Source<T>): Paged<T> {
  const { describe } = useServices()
  const [state, setState] = useState<State<T> & { key: string }>({ key, items: [], status: 'loading' })
  const asked = useRef(0)
  const latest = useRef(source)
  useEffect(() => {
    latest.current = source
  })

  const load = useCallback(
    async (before: readonly T[], from: string | undefined) => {
      const question = ++asked.current
      setState({ key, items: before, status: from === undefined ? 'loading' : 'more', next: from })
      try {
        const page = await latest.current.load(from)
        if (question !== asked.current) return
        const known = new Set(before.map((item) => latest.current.idOf(item)))
        const items = [...before, ...page.items.filter((item) => !known.has(latest.current.idOf(item)))]
        // A server that always has one more page and nothing new on it has come to its end.
        const next = items.length === before.length ? undefined : page.next
        setState({ key, items, status: 'ready', next })
      } catch (problem) {
        if (question !== asked.current) return
        setState({ key, items: before, status: 'failed', error: describe(problem), next: from })
      }
    },
    [describe, key],
  )

  useEffect(() => {
    const questions = asked
    const timer = setTimeout(() => void load([], undefined), latest.current.pause ?? 0)
    return () => {
      clearTimeout(timer)
      questions.current++
    }
  }, [load])

  const shown = state.key === key ? state : { items: state.items, status: 'loading' as const }
  return {
    items: shown.items,
    status: shown.status,
    error: state.error,
    canLoadMore: shown.status !== 'loading' && state.next !== undefined,
    more: () => void load(state.items, state.next),
    retry: () => void load(state.items, state.next),
  }
}
