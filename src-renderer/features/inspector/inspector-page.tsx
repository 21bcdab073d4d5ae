import { ArrowLeft, Microscope } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { HOME_HREF, inspectorHref } from '../../model/routes.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import css from './inspector-page.module.css'
import { ExportButton } from './export/export-button.tsx'
import { RecordingControl } from './recording-control.tsx'
import { views, type ViewProps } from './views.ts'

/** What this node and the others say to each other, and why it decides as it does. */
export function InspectorPage({ view, args, query }: ViewProps & { view: string | undefined }) {
  const shown = views.find(({ id }) => id === view) ?? views[0]
  const current = useRef<HTMLAnchorElement>(null)

  // In a narrow window the row of views is longer than what shows of it.
  useEffect(() => {
    current.current?.scrollIntoView({ inline: 'nearest', block: 'nearest' })
  }, [shown])

  return (
    <section className={css.page} aria-label="Inspector">
      <header className={css.header}>
        <a className={css.back} href={HOME_HREF} aria-label="Back to the conversations">
          <ArrowLeft aria-hidden="true" />
        </a>
        <h1 className={css.title}>Inspector</h1>
        <nav className={css.views} aria-label="Views">
          {views.map(({ id, label, icon }) => (
            <a
              key={id}
              ref={id === shown?.id ? current : undefined}
              className={css.view}
              href={inspectorHref(id)}
              aria-current={id === shown?.id ? 'page' : undefined}
            >
              {icon}
              <span>{label}</span>
            </a>
          ))}
        </nav>
        <RecordingControl />
        <ExportButton small name="capture" />
      </header>
      <div className={css.content}>
        {shown === undefined ? (
          <EmptyState icon={<Microscope />} title="Nothing to see">
            This page knows no views.
          </EmptyState>
        ) : (
          <shown.View key={shown.id} args={shown.id === view ? args : []} query={query} />
        )}
      </div>
    </section>
  )
}
