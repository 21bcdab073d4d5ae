import type { ReactNode } from 'react'
import css from './empty-state.module.css'

export interface EmptyStateProps {
  icon: ReactNode
  title: string
  children?: ReactNode
  actions?: ReactNode
}

export function EmptyState({ icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className={css.empty}>
      <div className={css.icon} aria-hidden="true">
        {icon}
      </div>
      <h2 className={css.title}>{title}</h2>
      {children !== undefined && <div className={css.text}>{children}</div>}
      {actions !== undefined && <div className={css.actions}>{actions}</div>}
    </div>
  )
}
