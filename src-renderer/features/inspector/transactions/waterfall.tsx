import { formatDuration } from '../trace-values.tsx'
import type { Exchange } from './exchange.ts'
import { PHASES } from './phases.ts'
import css from './waterfall.module.css'

/** What all rows are drawn on: `from` on the wall clock, or undefined where each row begins at its own start. */
export interface Axis {
  readonly from: number | undefined
  readonly span: number
}

const LABELS = new Map(PHASES.map(({ kind, label }) => [kind, label]))

/** One request as bars, one a phase, on the axis of all rows. */
export function Waterfall({ exchange, axis }: { exchange: Exchange; axis: Axis }) {
  const { phases, request, record, ms } = exchange
  const start = request?.at ?? record.at
  const offset = axis.from === undefined ? 0 : exchange.ts - axis.from
  const bars =
    phases.length > 0
      ? phases.map((phase) => ({ ...phase, at: phase.at - start + offset }))
      : [{ kind: 'handle' as const, at: offset, ms, error: exchange.problem }]
  const end = offset + ms
  return (
    <div className={css.waterfall} data-exchange={exchange.key}>
      <div className={css.lane} aria-hidden="true">
        {bars.map((bar) => {
          const left = clamp(bar.at / axis.span)
          const right = clamp((bar.at + bar.ms) / axis.span)
          return left >= 1 || right <= 0 ? null : (
            <span
              key={`${bar.kind} ${bar.at}`}
              className={css.bar}
              data-phase={bar.kind}
              data-failed={bar.error !== undefined || undefined}
              style={{ left: `${left * 100}%`, width: `max(2px, ${(right - left) * 100}%)` }}
            />
          )
        })}
        {end > axis.span && <span className={css.beyond} title="It took longer than the axis is long" />}
      </div>
      <span className="visually-hidden">{phaseWords(exchange)}</span>
    </div>
  )
}

/** "Connect 0.4 ms, TLS 2.1 ms". */
export function phaseWords({ phases, ms }: Exchange): string {
  if (phases.length === 0) return formatDuration(ms)
  return phases
    .map(({ kind, ms: took, error }) => {
      const words = `${LABELS.get(kind) ?? kind} ${formatDuration(took)}`
      return error === undefined ? words : `${words}, failed`
    })
    .join(', ')
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share))
}

/** A round number that most rows fit in: what took much longer runs off the axis, and says so. */
export function niceSpan(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const most = sorted[Math.floor((sorted.length - 1) * 0.75)] ?? 10
  const wanted = Math.max(5, most)
  const power = 10 ** Math.floor(Math.log10(wanted))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= wanted) ?? wanted
}
