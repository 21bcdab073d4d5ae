import type { ReactNode } from 'react'
import { formatMoment, formatShort } from '../model/time.ts'
import type { Person } from '../model/types.ts'
import { useNow } from '../model/use-now.ts'
import { Avatar } from './avatar.tsx'
import css from './panel-message.module.css'

interface PanelMessageProps {
  sender: Person
  /** In place of the sender's name. */
  name?: string | undefined
  ts: number
  avatarSize?: 24 | 32
  onOpen: () => void
  /** What it says, below the name: such as `PanelWords`. */
  children: ReactNode
}

/** A message in a list beside the conversation: pressed, it leads to where it was said. */
export function PanelMessage({
  sender,
  name = sender.name,
  ts,
  avatarSize = 24,
  onOpen,
  children,
}: PanelMessageProps) {
  const now = useNow(60_000)
  return (
    <button type="button" className={css.row} onClick={onOpen}>
      <Avatar id={sender.userId} name={sender.name} mxc={sender.avatarMxc} size={avatarSize} />
      <span className={css.content}>
        <span className={css.line}>
          <span className={css.name}>{name}</span>
          <time title={formatMoment(ts)}>{formatShort(ts, now)}</time>
        </span>
        {children}
      </span>
    </button>
  )
}

/** A few lines of what was said. */
export function PanelWords({ lines = 4, children }: { lines?: 2 | 4; children: ReactNode }) {
  return (
    <span className={css.words} data-lines={lines}>
      {children}
    </span>
  )
}
