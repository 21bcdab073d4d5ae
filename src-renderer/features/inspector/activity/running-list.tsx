import { useEffect, useState } from 'react'
import { runningSchema, tracePath, type TraceFilter, type TraceRecord } from '../../../client/trace.ts'
import { useServices } from '../../../model/use-client.ts'
import { Spinner } from '../../../ui/spinner.tsx'
import { TraceTree } from '../trace-tree.tsx'
import { formatDuration } from '../trace-values.tsx'
import { useNames } from '../use-names.ts'
import css from './activity.module.css'
import { describeRecord } from './describe.ts'

const EVERY_MS = 2_000
/** What is over at once need not flicker by here. */
const LONG_MS = 1_000

/** What has not finished yet: a step that hangs is what one looks for. */
export function RunningList({ filter }: { filter: TraceFilter }) {
  const { inspector } = useServices().client
  const names = useNames()
  const [running, setRunning] = useState<readonly TraceRecord[]>([])
  const path = tracePath(filter).replace(/^trace/, 'running')
  useEffect(() => {
    const abort = new AbortController()
    const ask = (): void => {
      inspector
        .get(path, runningSchema, abort.signal)
        .then(({ records }) => setRunning(records.filter(({ ms }) => ms >= LONG_MS)))
        // The list below says when the node does not answer.
        .catch(() => abort.signal.aborted || setRunning([]))
    }
    ask()
    const timer = setInterval(ask, EVERY_MS)
    return () => {
      clearInterval(timer)
      abort.abort()
    }
  }, [inspector, path])

  if (running.length === 0) return null
  return (
    <section className={css.running} aria-label="Under way">
      {running.map((record) => (
        <details key={`${record.ts} ${record.label} ${JSON.stringify(record.values)}`}>
          <summary>
            <Spinner />
            <span className={css.title}>{describeRecord(record, names).title}</span>
            <span className={css.ms}>for {formatDuration(record.ms)}</span>
          </summary>
          <TraceTree record={record} />
        </details>
      ))}
    </section>
  )
}
