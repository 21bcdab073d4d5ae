import { useCallback, useEffect, useState } from 'react'
import type { z } from 'zod'
import { InspectorError } from '../../client/inspector.ts'
import { useServices } from '../../model/use-client.ts'

export interface Live<T> {
  /** The newest answer; it stays while the node does not answer. */
  readonly value: T | undefined
  /** When it came, by the page's own clock that never jumps. */
  readonly at: number
  /** Why there is none, or none newer. */
  readonly problem: string | undefined
  readonly again: () => void
}

const HIDDEN_MS = 15_000

/**
 * What the node answers, asked anew every `everyMs`, more rarely while nobody looks. Undefined `path`: not asked.
 * `schema` must stay the same.
 */
export function useLive<T>(path: string | undefined, schema: z.ZodType<T>, everyMs = 2_000): Live<T> {
  const { inspector } = useServices().client
  const [last, setLast] = useState<{ path: string; value: T | undefined; at: number; problem?: string }>()
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    if (path === undefined) return
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = (): void => {
      clearTimeout(timer)
      timer = undefined
      inspector
        .get(path, schema, abort.signal)
        .then((value) => {
          if (!abort.signal.aborted) setLast({ path, value, at: performance.now() })
        })
        .catch((error: unknown) => {
          if (abort.signal.aborted) return
          const problem = error instanceof InspectorError ? error.message : 'Hearth does not answer.'
          setLast((before) => ({
            path,
            value: before?.path === path ? before.value : undefined,
            at: before?.at ?? 0,
            problem,
          }))
        })
        .finally(() => {
          if (!abort.signal.aborted) timer = setTimeout(ask, document.hidden ? HIDDEN_MS : everyMs)
        })
    }
    const onVisible = (): void => {
      if (!document.hidden && timer !== undefined) ask()
    }
    document.addEventListener('visibilitychange', onVisible)
    ask()
    return () => {
      abort.abort()
      clearTimeout(timer)
      document.removeEventListener('visibilitychange', onVisible)
    }
  }, [inspector, path, schema, everyMs, attempt])

  const current = last !== undefined && last.path === path ? last : undefined
  return {
    value: current?.value,
    at: current?.at ?? 0,
    problem: current?.problem,
    again: useCallback(() => setAttempt((before) => before + 1), []),
  }
}
