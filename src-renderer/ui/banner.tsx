import type { ReactNode } from 'react'
import css from './banner.module.css'

/** A quiet line about something that goes on; announced politely. */
export function Banner({
  icon,
  tone = 'info',
  children,
}: {
  icon: ReactNode
  tone?: 'info' | 'warn'
  children: ReactNode
}) {
  return (
    <output className={[css.banner, css[tone]].join(' ')}>
      {icon}
      <span>{children}</span>
    </output>
  )
}
