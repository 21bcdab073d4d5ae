import { formatDuration } from '../trace-values.tsx'
import type { Exchange } from './exchange.ts'
import css from './waterfall.module.css'
import { PHASES } from './phases.ts'

/** What the bars mean; of the row that is pointed at or has the focus, how long each phase took. */
export function Legend({
  exchange,
  direction,
}: {
  exchange: Exchange | undefined
  direction: 'out' | 'in' | 'both'
}) {
  const shown = PHASES.filter((phase) => direction === 'both' || phase.direction === direction)
  return (
    <dl className={css.legend} aria-label="Phases">
      {shown.map(({ kind, label, help }) => {
        const took = exchange?.phases.filter((phase) => phase.kind === kind)
        return (
          <div key={kind} className={css.entry} title={help}>
            <dt>
              <span className={css.swatch} data-phase={kind} aria-hidden="true" />
              {label}
            </dt>
            <dd>
              {took === undefined || took.length === 0
                ? ''
                : formatDuration(took.reduce((sum, { ms }) => sum + ms, 0))}
            </dd>
          </div>
        )
      })}
    </dl>
  )
}
