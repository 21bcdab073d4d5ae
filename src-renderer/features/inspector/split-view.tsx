import type { ReactNode } from 'react'
import css from './split-view.module.css'

/** A view, and beside it what of it is looked at more closely. */
export function SplitView({ beside, children }: { beside: ReactNode; children: ReactNode }) {
  return (
    <div className={css.view}>
      <div className={css.main}>{children}</div>
      {beside}
    </div>
  )
}
