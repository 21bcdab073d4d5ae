import { Children, useId, type ReactNode } from 'react'
import css from './section.module.css'

export interface SectionProps {
  title: string
  /** Said in place of the entries when there are none. */
  empty: ReactNode
  action?: ReactNode
  /** `li` elements. */
  children: ReactNode
}

/** A titled list, such as the ones in the sidebar. Its accessible name is its title. */
export function Section({ title, empty, action, children }: SectionProps) {
  const id = useId()
  const count = Children.count(children)
  return (
    <section className={css.section}>
      <header className={css.header}>
        <h2 id={id}>{title}</h2>
        {action !== undefined && <div className={css.actions}>{action}</div>}
      </header>
      {/* A list without markers loses its role in some screen readers, unless it is given. */}
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-labelledby={id}>
        {children}
      </ul>
      {count === 0 && <div className={css.empty}>{empty}</div>}
    </section>
  )
}
