import { useEffect, useState } from 'react'
import { runningSchema, tracePath, type TraceFilter, type TraceRecord } from '../../../client/trace.ts'
import { useServices } from '../../../model/use-client.ts'

const EVERY_MS = 1_500
const NONE: readonly TraceRecord[] = []

/** What has not finished yet. Nothing is asked for while `filter` is undefined. */
export function useRunning(filter: TraceFilter | undefined): readonly TraceRecord[] {
  const { inspector } = useServices().client
  const key = filter === undefined ? '' : JSON.stringify(filter)
  const [found, setFound] = useState<{ key: string; records: readonly TraceRecord[] }>()
  useEffect(() => {
    if (key === '') return
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const path = tracePath(JSON.parse(key) as TraceFilter).replace(/^trace/, 'running')
    const ask = (): void => {
      inspector
        .get(path, runningSchema, abort.signal)
        .then(
          ({ records }) => setFound({ key, records }),
          // The feed beside it says that the connection is lost.
          () => setFound({ key, records: NONE }),
        )
        .finally(() => {
          if (!abort.signal.aborted) timer = setTimeout(ask, EVERY_MS)
        })
    }
    ask()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [inspector, key])
  return found?.key === key ? found.records : NONE
}
