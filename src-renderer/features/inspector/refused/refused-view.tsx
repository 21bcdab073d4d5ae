import { inspectorHref } from '../../../model/routes.ts'
import { BackLink } from './back-link.tsx'
import { EventDetail } from '../event/event-detail.tsx'
import type { ViewProps } from '../views.ts'
import { ExplanationPage } from './explanation.tsx'
import { RefusalList } from './refusal-list.tsx'
import css from './refused.module.css'
import { filterOf } from './filter.ts'

/** Why events were refused: a list of them, and beside it all that there is to say of the chosen one. */
export function RefusedView({ args: [chosen], query }: ViewProps) {
  const filter = filterOf(query)
  return (
    <div className={css.view} data-chosen={chosen !== undefined || undefined}>
      <RefusalList filter={filter} chosen={chosen} />
      <section className={css.side} aria-label="Explanation">
        {chosen !== undefined && <BackLink href={inspectorHref('refused', [], filter)} />}
        {chosen === undefined ? (
          <p className={css.hint}>Choose an event to read why it was not taken as it came.</p>
        ) : chosen.startsWith('$') ? (
          <EventDetail eventId={chosen} hrefOf={(id) => inspectorHref('refused', [id], filter)} />
        ) : (
          <ExplanationPage key={chosen} id={chosen} filter={filter} />
        )}
      </section>
    </div>
  )
}
