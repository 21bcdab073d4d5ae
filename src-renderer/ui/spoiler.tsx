import { useState, type ReactNode } from 'react'
import css from './rich-text.module.css'

/** Words that are covered until somebody wants to see them. */
export function Spoiler({ reason, children }: { reason: string; children: ReactNode }) {
  const [open, setOpen] = useState(false)
  if (open) return <span className={css.revealed}>{children}</span>
  return (
    <button
      type="button"
      className={css.spoiler}
      aria-label={reason === '' ? 'Hidden words. Show' : `Hidden words: ${reason}. Show`}
      title="Click to show"
      onClick={() => setOpen(true)}
    >
      {reason !== '' && <span className={css.reason}>{reason}</span>}
      {/* Not even to be found by selecting or by a screen reader. */}
      <span className={css.covered} aria-hidden="true" inert>
        {children}
      </span>
    </button>
  )
}
