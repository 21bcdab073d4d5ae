import { formatAgo, formatMoment } from '../../../model/time.ts'
import { useNow } from '../../../model/use-now.ts'
import { useNames } from '../use-names.ts'
import type { PastTest } from './schema.ts'
import css from './tester.module.css'

interface PastTestsProps {
  tests: readonly PastTest[]
  current: string | undefined
  onShow: (test: PastTest) => void
}

/** The last tests of this run, to be looked at again. */
export function PastTests({ tests, current, onShow }: PastTestsProps) {
  const names = useNames()
  const now = useNow()
  if (tests.length === 0) return null
  return (
    <aside className={css.past} aria-label="Earlier tests">
      <h2>Earlier tests</h2>
      <ul>
        {tests.map((test) => (
          <li key={test.id}>
            <button
              type="button"
              aria-current={test.id === current || undefined}
              title={test.server_name}
              onClick={() => onShow(test)}
            >
              <span className={css.pastName} data-reached={String(test.reached)}>
                {names.server(test.server_name)}
              </span>
              <time dateTime={new Date(test.started_ts).toISOString()} title={formatMoment(test.started_ts)}>
                {formatAgo(test.started_ts, now)}
              </time>
              <span className={css.pastWords}>{test.words}</span>
            </button>
          </li>
        ))}
      </ul>
    </aside>
  )
}
