import { X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { InspectorError } from '../../../client/inspector.ts'
import { traceRecordSchema, type TraceRecord } from '../../../client/trace.ts'
import { formatMoment } from '../../../model/time.ts'
import { useServices } from '../../../model/use-client.ts'
import { CodeBlock } from '../../../ui/code-block.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { Spinner } from '../../../ui/spinner.tsx'
import { clockTime } from '../clock-time.ts'
import { TraceTree } from '../trace-tree.tsx'
import { formatDuration } from '../trace-values.tsx'
import { useNames } from '../use-names.ts'
import css from './activity.module.css'
import { bodiesOf } from './bodies.ts'
import { describeRecord } from './describe.ts'

interface RecordPanelProps {
  id: number
  /** As the list has it, without bodies. */
  known: TraceRecord | undefined
  onClose: () => void
}

/** One operation, whole. Escape closes it. */
export function RecordPanel({ id, known, onClose }: RecordPanelProps) {
  const { inspector } = useServices().client
  const names = useNames()
  const [loaded, setLoaded] = useState<{ id: number; record?: TraceRecord; problem?: string }>()
  const current = loaded?.id === id ? loaded : undefined
  useEffect(() => {
    const abort = new AbortController()
    inspector
      .get(`trace/${id}`, traceRecordSchema, abort.signal)
      .then((record) => setLoaded({ id, record }))
      .catch((error: unknown) => {
        if (abort.signal.aborted) return
        const problem = error instanceof InspectorError ? error.message : 'Hearth does not answer.'
        setLoaded({ id, problem })
      })
    return () => abort.abort()
  }, [inspector, id])

  const record = current?.record ?? known
  return (
    // Escape closes the panel from wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      className={css.panel}
      aria-label="Operation"
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return
        event.preventDefault()
        onClose()
      }}
    >
      <header className={css.panelHeader}>
        <h2>{record === undefined ? 'Operation' : describeRecord(record, names).title}</h2>
        <IconButton label="Close" icon={<X />} onClick={onClose} />
      </header>
      {record === undefined ? (
        <p className={css.hint}>{current?.problem ?? <Spinner />}</p>
      ) : (
        <>
          <p className={css.hint}>
            {formatMoment(record.ts)}, {clockTime(record.ts)}; took {formatDuration(record.ms)}
          </p>
          <TraceTree record={record} />
          {bodiesOf(record).map(({ key, title, text }) => (
            <section key={key} className={css.body}>
              <h3>{title}</h3>
              <CodeBlock code={text} language="json" />
            </section>
          ))}
        </>
      )}
    </section>
  )
}
