import type { ReactNode } from 'react'
import css from './fold.module.css'

interface FoldProps {
  summary: ReactNode
  onToggle?: (open: boolean) => void
  children: ReactNode
}

/** What is seen only when asked for. */
export function Fold({ summary, onToggle, children }: FoldProps) {
  return (
    <details className={css.fold} onToggle={(event) => onToggle?.(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {children}
    </details>
  )
}
