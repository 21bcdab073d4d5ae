import { useEffect, useState } from 'react'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly problem: string }

const LOADING = { state: 'loading' } as const

/**
 * What `load` makes of an address, while it is shown; another `attempt` loads it again. Undefined `url`: not yet.
 * `load` and `release` must stay the same functions.
 */
export function useLoaded<T>(
  url: string | undefined,
  attempt: number,
  load: (url: string, signal: AbortSignal) => Promise<T>,
  release?: (value: T) => void,
): Loaded<T> {
  const [last, setLast] = useState<{ key: string; loaded: Loaded<T> }>()
  const key = `${attempt} ${url ?? ''}`
  useEffect(() => {
    if (url === undefined) return
    const abort = new AbortController()
    let held: { value: T } | undefined
    load(url, abort.signal)
      .then((value) => {
        if (abort.signal.aborted) return release?.(value)
        held = { value }
        setLast({ key, loaded: { state: 'ready', value } })
      })
      .catch((error: unknown) => {
        if (abort.signal.aborted) return
        console.warn('A file could not be shown', error)
        const problem = error instanceof Error ? error.message : 'The file could not be read.'
        setLast({ key, loaded: { state: 'failed', problem } })
      })
    return () => {
      abort.abort()
      if (held !== undefined) release?.(held.value)
    }
  }, [url, key, load, release])
  return last?.key === key ? last.loaded : LOADING
}
