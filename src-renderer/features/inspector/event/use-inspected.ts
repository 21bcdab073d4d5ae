import { useEffect, useState } from 'react'
import type { z } from 'zod'
import { useServices } from '../../../model/use-client.ts'

export type Inspected<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly value: T }
  | { readonly state: 'failed'; readonly problem: string }

const LOADING = { state: 'loading' } as const

/**
 * An answer of the inspector, for as long as it is shown; another `attempt` asks again, and what was there stays
 * meanwhile. Undefined `path`: not yet. `schema` must stay the same.
 */
export function useInspected<T>(path: string | undefined, schema: z.ZodType<T>, attempt = 0): Inspected<T> {
  const { client } = useServices()
  const [last, setLast] = useState<{ path: string; answer: Inspected<T> }>()
  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    client.inspector.get(path, schema, abort.signal).then(
      (value) => {
        if (!abort.signal.aborted) setLast({ path, answer: { state: 'ready', value } })
      },
      (error: unknown) => {
        if (abort.signal.aborted) return
        const problem = error instanceof Error ? error.message : String(error)
        setLast({ path, answer: { state: 'failed', problem } })
      },
    )
    return () => abort.abort()
  }, [client, path, schema, attempt])
  return last?.path === path && last !== undefined ? last.answer : LOADING
}
