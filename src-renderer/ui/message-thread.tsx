import { MessagesSquare } from 'lucide-react'
import { describeMessage } from '../model/describe-event.ts'
import { plural } from '../model/text.ts'
import { formatMoment, formatTime } from '../model/time.ts'
import type { ThreadSummary } from '../model/types.ts'
import { Avatar } from './avatar.tsx'
import css from './message-thread.module.css'

/** Under the message that a thread began with: how much was said there, and what last. */
export function ThreadButton({ thread, onOpen }: { thread: ThreadSummary; onOpen: () => void }) {
  const { latest, unread, highlights } = thread
  return (
    <button type="button" className={css.thread} data-unread={unread > 0 || undefined} onClick={onOpen}>
      {latest === undefined ? (
        <MessagesSquare aria-hidden="true" />
      ) : (
        <Avatar id={latest.sender.userId} name={latest.sender.name} mxc={latest.sender.avatarMxc} size={20} />
      )}
      <span className={css.count}>{plural(thread.count, 'reply', 'replies')}</span>
      {latest !== undefined && (
        <>
          <span className={css.latest}>
            {latest.sender.name}: {describeMessage(latest).replaceAll(/\s+/gu, ' ')}
          </span>
          <time className={css.time} title={formatMoment(latest.ts)}>
            {formatTime(latest.ts)}
          </time>
        </>
      )}
      {unread > 0 && (
        <span className={css.dot} data-loud={highlights > 0 || undefined}>
          <span className="visually-hidden">{plural(unread, 'new reply', 'new replies')}</span>
        </span>
      )}
    </button>
  )
}
