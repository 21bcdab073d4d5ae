import type { ReactNode } from 'react'
import css from './link-button.module.css'

/** A link that stands among buttons. */
export function LinkButton({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a className={css.link} href={href}>
      {children}
    </a>
  )
}
