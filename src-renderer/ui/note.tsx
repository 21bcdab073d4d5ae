import { Info, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import css from './note.module.css'

/** Something to know about what stands beside it: why it cannot be changed, or what follows from a choice. */
export function Note({ tone = 'info', children }: { tone?: 'info' | 'warn'; children: ReactNode }) {
  const Icon = tone === 'warn' ? TriangleAlert : Info
  return (
    <div className={[css.note, css[tone]].join(' ')} role={tone === 'warn' ? 'alert' : 'note'}>
      <Icon aria-hidden="true" />
      <div>{children}</div>
    </div>
  )
}
