import type { ReactNode } from 'react'
import css from './button.module.css'

/** A link that stands among buttons. */
export function LinkButton({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a className={[css.button, css.secondary, css.sm].join(' ')} href={href}>
      {children}
    </a>
  )
}
