import { traceRecordSchema, type TraceRecord } from '../../../client/trace.ts'
import { formatMoment } from '../../../model/time.ts'
import { CodeBlock } from '../../../ui/code-block.tsx'
import { SidePanel } from '../../../ui/side-panel.tsx'
import { Waiting } from '../../../ui/waiting.tsx'
import { clockTime } from '../clock-time.ts'
import { useInspected } from '../event/use-inspected.ts'
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
  const names = useNames()
  const whole = useInspected(`trace/${id}`, traceRecordSchema)
  const record = whole.state === 'ready' ? whole.value : known
  return (
    <SidePanel wide="half" title="Operation" onClose={onClose}>
      {record === undefined ? (
        <div className={css.record}>
          {whole.state === 'failed' ? whole.problem : <Waiting>Loading…</Waiting>}
        </div>
      ) : (
        <>
          <div className={css.record}>
            <h3>{describeRecord(record, names).title}</h3>
            {formatMoment(record.ts)}, {clockTime(record.ts)}; took {formatDuration(record.ms)}
          </div>
          <TraceTree record={record} />
          {bodiesOf(record).map(({ key, title, text }) => (
            <section key={key} className={css.body}>
              <h3>{title}</h3>
              <CodeBlock code={text} language="json" />
            </section>
          ))}
        </>
      )}
    </SidePanel>
  )
}
