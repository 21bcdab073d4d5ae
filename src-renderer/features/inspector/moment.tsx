import { formatAgo, formatMoment } from '../../model/time.ts'

/** How long ago, in words; the tooltip has the exact moment. */
export function Moment({
  ts,
  now,
  className,
}: {
  ts: number | null
  now: number
  className?: string | undefined
}) {
  if (ts === null) return <>–</>
  return (
    <time className={className} dateTime={new Date(ts).toISOString()} title={formatMoment(ts)}>
      {formatAgo(ts, now)}
    </time>
  )
}
