import { Children, useId, type ReactNode } from 'react'
import css from './section.module.css'

export interface SectionProps {
  title: string
  /** Said in place of the entries when there are none. */
  empty: string
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
        {action}
      </header>
      {/* A list without markers loses its role in some screen readers, unless it is given. */}
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-labelledby={id}>
        {children}
      </ul>
      {count === 0 && <p className={css.empty}>{empty}</p>}
    </section>
  )
}
