import css from './details.module.css'
import { Fold } from './fold.tsx'

/** Ids and other words that people see only when they ask. */
export function Details({
  summary,
  rows,
}: {
  summary: string
  rows: readonly { term: string; value: string }[]
}) {
  return (
    <Fold summary={summary}>
      <dl className={css.list}>
        {rows.map((row) => (
          <div key={`${row.term} ${row.value}`}>
            <dt>{row.term}</dt>
            <dd>{row.value}</dd>
          </div>
        ))}
      </dl>
    </Fold>
  )
}
