import { Pencil, Reply, X } from 'lucide-react'
import { describeMessage } from '../../model/describe-event.ts'
import type { Composing } from '../../model/conversation.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import css from './context-bar.module.css'

interface ContextBarProps {
  composing: Composing
  onJump: () => void
  onClose: () => void
}

/** Above the text: which message it answers, or changes. */
export function ContextBar({ composing, onJump, onClose }: ContextBarProps) {
  const { kind, event } = composing
  const editing = kind === 'edit'
  return (
    <div className={css.bar}>
      <span className={css.sign}>
        {editing ? <Pencil aria-hidden="true" /> : <Reply aria-hidden="true" />}
      </span>
      <button type="button" className={css.words} onClick={onJump}>
        <span className={css.title}>{editing ? 'Edit message' : `Reply to ${event.sender.name}`}</span>
        <span className={css.quote}>{describeMessage(event).slice(0, 300)}</span>
      </button>
      <IconButton
        size="sm"
        label={editing ? 'Stop editing' : 'Do not reply to this'}
        icon={<X />}
        onClick={onClose}
      />
    </div>
  )
}
