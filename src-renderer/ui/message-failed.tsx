import { CircleAlert, RotateCw, Trash2 } from 'lucide-react'
import { Button } from './button.tsx'
import css from './message.module.css'

interface FailedMessageProps {
  error: string | undefined
  onRetry: () => void
  onDelete: () => void
}

/** Why a message was not sent, and the two ways on. */
export function FailedMessage({ error, onRetry, onDelete }: FailedMessageProps) {
  return (
    <div className={css.failed}>
      <span className={css.failedWords}>
        <CircleAlert aria-hidden="true" />
        <span>Not sent{error === undefined ? '' : `: ${error}`}</span>
      </span>
      <Button size="sm" onClick={onRetry}>
        <RotateCw aria-hidden="true" /> Retry
      </Button>
      <Button size="sm" variant="ghost" onClick={onDelete}>
        <Trash2 aria-hidden="true" /> Delete
      </Button>
    </div>
  )
}
