import type { ReactNode } from 'react'
import css from './tag.module.css'

export type Tone = 'ok' | 'warn' | 'danger' | 'neutral'

/** How something stands, in a word or two; the colour says nothing that the words do not. */
export function Tag({
  tone = 'neutral',
  title,
  children,
}: {
  tone?: Tone
  title?: string
  children: ReactNode
}) {
  return (
    <span className={css.tag} data-tone={tone} title={title}>
      <span className={css.words}>{children}</span>
    </span>
  )
}
