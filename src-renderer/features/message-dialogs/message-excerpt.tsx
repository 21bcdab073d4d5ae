import type { RoomEvent } from '../../client/types.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { formatMoment } from '../../model/time.ts'
import { Avatar } from '../../ui/avatar.tsx'
import css from './message-dialogs.module.css'

/** Which message a dialog is about. */
export function MessageExcerpt({ event }: { event: RoomEvent }) {
  return (
    <div className={css.excerpt}>
      <Avatar id={event.sender.userId} name={event.sender.name} mxc={event.sender.avatarMxc} size={24} />
      <div className={css.excerptWords}>
        <p className={css.excerptLine}>
          <span className={css.excerptName}>{event.sender.name}</span>
          <time>{formatMoment(event.ts)}</time>
        </p>
        <p className={css.excerptBody}>{describeMessage(event)}</p>
      </div>
    </div>
  )
}
