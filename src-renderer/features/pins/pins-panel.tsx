import { Pin, PinOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { RoomEvent } from '../../client/types.ts'
import { useConversation } from '../../model/conversation.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { formatMoment, formatShort } from '../../model/time.ts'
import { useNow } from '../../model/use-now.ts'
import { useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { SidePanel } from '../../ui/side-panel.tsx'
import css from './pins-panel.module.css'

/** The room's pinned messages, the newest pin first. */
export function PinsPanel({ onClose }: { onClose: () => void }) {
  const { room } = useConversation()
  return (
    <SidePanel title="Pinned messages" onClose={onClose}>
      {room.pinned.length === 0 ? (
        <EmptyState icon={<Pin />} title="Nothing pinned yet">
          {room.can.pin
            ? 'Pin what everyone should find again: a message’s menu has “Pin”.'
            : 'What moderators pin stands here.'}
        </EmptyState>
      ) : (
        // oxlint-disable-next-line jsx-a11y/no-redundant-roles
        <ul role="list" aria-label="Pinned messages" className={css.list}>
          {room.pinned.toReversed().map((eventId) => (
            <li key={eventId}>
              <PinnedMessage eventId={eventId} />
            </li>
          ))}
        </ul>
      )}
    </SidePanel>
  )
}

function PinnedMessage({ eventId }: { eventId: string }) {
  const { room, jumpTo } = useConversation()
  const { client, attempt } = useServices()
  const [event, setEvent] = useState<RoomEvent | 'gone'>()
  const now = useNow(60_000)

  useEffect(() => {
    let current = true
    client
      .loadEvent(room.id, eventId)
      .then((found) => current && setEvent(found ?? 'gone'))
      .catch(() => current && setEvent('gone'))
    return () => {
      current = false
    }
  }, [client, room.id, eventId])

  return (
    <div className={css.pin}>
      <button
        type="button"
        className={css.message}
        disabled={event === 'gone'}
        onClick={() => jumpTo(eventId)}
      >
        {event === undefined && <span className={css.quiet}>Loading…</span>}
        {event === 'gone' && <span className={css.quiet}>This message could not be loaded.</span>}
        {typeof event === 'object' && (
          <>
            <Avatar
              id={event.sender.userId}
              name={event.sender.name}
              mxc={event.sender.avatarMxc}
              size={24}
            />
            <span className={css.words}>
              <span className={css.line}>
                <span className={css.name}>{event.sender.name}</span>
                <time title={formatMoment(event.ts)}>{formatShort(event.ts, now)}</time>
              </span>
              <span className={css.body}>{describeMessage(event)}</span>
            </span>
          </>
        )}
      </button>
      {room.can.pin && (
        <IconButton
          size="sm"
          label="Unpin"
          icon={<PinOff />}
          onClick={() =>
            void attempt(() => client.setPinned(room.id, eventId, false), 'The message could not be unpinned')
          }
        />
      )}
    </div>
  )
}
