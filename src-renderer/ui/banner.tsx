import type { ReactNode } from 'react'
import css from './banner.module.css'

/** A quiet line about something that goes on; announced politely. */
export function Banner({
  icon,
  tone = 'info',
  actions,
  children,
}: {
  icon: ReactNode
  tone?: 'info' | 'warn'
  /** Buttons at its end. */
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <div className={[css.banner, css[tone]].join(' ')}>
      {icon}
      <output>{children}</output>
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </div>
  )
}
