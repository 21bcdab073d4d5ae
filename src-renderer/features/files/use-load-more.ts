import { useCallback, useEffect, useRef, useState, type RefCallback } from 'react'

interface LoadMore {
  readonly state: 'still' | 'loading' | 'failed'
  readonly load: () => void
  /** For what stands at the end of the list: seen, it loads more. */
  readonly end: RefCallback<HTMLElement>
}

/**
 * Loads the next page whenever the end of a list is in sight: also again, when a page brought nothing that is
 * shown (`count`). After a failure it waits to be asked.
 */
export function useLoadMore(loadPage: () => Promise<void>, canLoad: boolean, count: number): LoadMore {
  const [state, setState] = useState<LoadMore['state']>('still')
  const [seen, setSeen] = useState(false)
  const page = useRef(loadPage)
  useEffect(() => {
    page.current = loadPage
  })

  const load = useCallback(() => {
    setState('loading')
    page
      .current()
      .then(() => setState('still'))
      .catch((error: unknown) => {
        console.warn('More could not be loaded', error)
        setState('failed')
      })
  }, [])

  useEffect(() => {
    if (!seen || !canLoad || state !== 'still') return
    const frame = requestAnimationFrame(load)
    return () => cancelAnimationFrame(frame)
  }, [seen, canLoad, state, count, load])

  const end = useCallback<RefCallback<HTMLElement>>((element) => {
    if (element === null) return
    const observer = new IntersectionObserver(
      (entries) => setSeen(entries.some((entry) => entry.isIntersecting)),
      { rootMargin: '300px' },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [])

  return { state, load, end }
}
