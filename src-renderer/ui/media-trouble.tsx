import { RotateCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import css from './media-trouble.module.css'

interface MediaTroubleProps {
  icon: ReactNode
  /** Of the file. */
  name?: string | undefined
  /** What is the matter, as a sentence. */
  children: ReactNode
  onRetry?: (() => void) | undefined
}

/** In the place of a file that cannot be shown. */
export function MediaTrouble({ icon, name, children, onRetry }: MediaTroubleProps) {
  return (
    <div className={css.trouble}>
      <span className={css.icon} aria-hidden="true">
        {icon}
      </span>
      <div className={css.words}>
        {name !== undefined && <p className={css.name}>{name}</p>}
        <p>{children}</p>
        {onRetry !== undefined && (
          <Button size="sm" onClick={onRetry}>
            <RotateCw aria-hidden="true" /> Try again
          </Button>
        )}
      </div>
    </div>
  )
}
