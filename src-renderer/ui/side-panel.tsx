import { ArrowLeft, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { closeOnEscape } from './close-on-escape.ts'
import { IconButton } from './icon-button.tsx'
import css from './side-panel.module.css'

export interface SidePanelProps {
  title: string
  onClose: () => void
  /** To what stood here before. */
  onBack?: (() => void) | undefined
  /** Between the title and the cross. */
  actions?: ReactNode
  /** Below everything, such as a button or a composer. */
  footer?: ReactNode
  /** For what is read at length, or has columns of its own. */
  wide?: boolean | 'half'
  children: ReactNode
}

/** What stands beside a conversation: its members, a search, a thread. Escape closes it. */
export function SidePanel({
  title,
  onClose,
  onBack,
  actions,
  footer,
  wide = false,
  children,
}: SidePanelProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside
      className={[css.panel, wide === 'half' ? css.half : wide && css.wide].filter(Boolean).join(' ')}
      aria-label={title}
      onKeyDown={closeOnEscape(onClose)}
    >
      <header className={css.header}>
        {onBack !== undefined && <IconButton label="Back" icon={<ArrowLeft />} onClick={onBack} />}
        <h2>{title}</h2>
        <div className={css.actions}>
          {actions}
          <IconButton label={`Close ${title.toLowerCase()}`} icon={<X />} onClick={onClose} />
        </div>
      </header>
      <div className={css.content}>{children}</div>
      {footer !== undefined && footer !== false && <footer className={css.footer}>{footer}</footer>}
    </aside>
  )
}
