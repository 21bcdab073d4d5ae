import { useEffect, useState } from 'react'
import type { SearchPage, SearchQuery } from '../../client/search.ts'
import { useServices } from '../../model/use-client.ts'

const PAUSE_MS = 200

interface Found {
  /** The query that this answers. */
  readonly key: string
  readonly page: SearchPage | undefined
  readonly status: 'ready' | 'failed' | 'more'
  readonly error: string
}

/** Searches while one types, after a short pause; an answer that is late never replaces a newer one. */
export function useSearch(query: SearchQuery) {
  const { client, describe } = useServices()
  const [found, setFound] = useState<Found>()
  const [attempt, setAttempt] = useState(0)
  const key = JSON.stringify([query, attempt])
  const { text, roomId, sender, fromTs, toTs } = query

  useEffect(() => {
    if (text === '') return
    let current = true
    const timer = setTimeout(() => {
      client
        .search({ text, roomId, sender, fromTs, toTs })
        .then((page) => current && setFound({ key, page, status: 'ready', error: '' }))
        .catch(
          (error: unknown) =>
            current && setFound({ key, page: undefined, status: 'failed', error: describe(error) }),
        )
    }, PAUSE_MS)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [client, describe, key, text, roomId, sender, fromTs, toTs])

  function more(): void {
    if (found?.page?.next === undefined || found.status === 'more') return
    const { page } = found
    setFound({ ...found, status: 'more' })
    client
      .search(query, page.next)
      .then((next) =>
        setFound((now) =>
          now?.key === found.key
            ? { ...now, status: 'ready', page: { ...next, hits: [...page.hits, ...next.hits] } }
            : now,
        ),
      )
      .catch((error: unknown) =>
        setFound((now) =>
          now?.key === found.key ? { ...now, status: 'failed', error: describe(error) } : now,
        ),
      )
  }

  return {
    /** What was found last stays until the next answer is here. */
    page: found?.page,
    status: found?.key === key ? found.status : ('loading' as const),
    error: found?.error ?? '',
    more,
    retry: () => setAttempt(attempt + 1),
  }
}
