import { Children, useId, type ReactNode } from 'react'
import css from './section.module.css'

export interface SectionProps {
  title: string
  /** In place of the title's words, such as a button that folds the list. */
  heading?: ReactNode
  /** Said in place of the entries when there are none. */
  empty: ReactNode | undefined
  action?: ReactNode
  /** Below the entries: why some may be missing. */
  note?: ReactNode
  /** `li` elements. */
  children: ReactNode
}

/** A titled list, such as the ones in the sidebar. Its accessible name is its title. */
export function Section({ title, heading, empty, action, note, children }: SectionProps) {
  const id = useId()
  const count = Children.count(children)
  return (
    <section className={css.section}>
      <header className={css.header}>
        <h2 id={id}>{heading ?? title}</h2>
        {action !== undefined && <div className={css.actions}>{action}</div>}
      </header>
      {/* A list without markers loses its role in some screen readers, unless it is given. */}
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" {...(heading === undefined ? { 'aria-labelledby': id } : { 'aria-label': title })}>
        {children}
      </ul>
      {note}
      {count === 0 && empty !== undefined && <div className={css.empty}>{empty}</div>}
    </section>
  )
}
