import type { ReactNode } from 'react'
import { Spinner } from './spinner.tsx'
import css from './waiting.module.css'

/** What is waited for, in words; `whole` in place of all that will stand there. */
export function Waiting({ whole = false, children }: { whole?: boolean; children: ReactNode }) {
  return (
    <output className={css.waiting} data-whole={whole || undefined}>
      <Spinner /> {children}
    </output>
  )
}
