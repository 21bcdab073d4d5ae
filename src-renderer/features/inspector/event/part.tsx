import type { ReactNode } from 'react'
import css from './event-detail.module.css'

/** A part of an event that can be folded. */
export function Part({
  title,
  count,
  open = false,
  children,
}: {
  title: string
  count?: number
  open?: boolean
  children: ReactNode
}) {
  return (
    <details className={css.part} open={open}>
      <summary>
        {title}
        {count !== undefined && <span className={css.count}>{count}</span>}
      </summary>
      <div className={css.partBody}>{children}</div>
    </details>
  )
}

/** Terms and what they are of this event. */
export function Facts({ rows }: { rows: readonly (readonly [term: string, value: ReactNode])[] }) {
  return (
    <dl className={css.facts}>
      {rows.map(([term, value]) => (
        <div key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
