import { useEffect, useState } from 'react'

/** What `load` answers, asked once and whenever `again` is called. `load` must stay the same function. */
export function useAnswer<T>(load: (signal: AbortSignal) => Promise<T>): {
  value: T | undefined
  problem: string | undefined
  again: () => void
} {
  const [attempt, setAttempt] = useState(0)
  const [answer, setAnswer] = useState<{ value?: T; problem?: string }>({})
  useEffect(() => {
    const abort = new AbortController()
    load(abort.signal)
      .then((value) => abort.signal.aborted || setAnswer({ value }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return
        setAnswer({ problem: error instanceof Error ? error.message : 'Hearth does not answer.' })
      })
    return () => abort.abort()
  }, [load, attempt])
  return {
    value: answer.value,
    problem: answer.problem,
    again: () => {
      setAnswer({})
      setAttempt((before) => before + 1)
    },
  }
}
