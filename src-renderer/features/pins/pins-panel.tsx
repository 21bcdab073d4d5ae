import { Pin, PinOff } from 'lucide-react'
import { useEffect, useState } from 'react'
import type { RoomEvent } from '../../client/types.ts'
import { useConversation } from '../../model/conversation.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { useServices } from '../../model/use-client.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { IconButton } from '../../ui/icon-button.tsx'
import { PanelMessage, PanelWords } from '../../ui/panel-message.tsx'
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
      {typeof event === 'object' ? (
        <PanelMessage sender={event.sender} ts={event.ts} onOpen={() => jumpTo(eventId)}>
          <PanelWords>{describeMessage(event)}</PanelWords>
        </PanelMessage>
      ) : (
        <p className={css.quiet}>{event === undefined ? 'Loading…' : 'This message could not be loaded.'}</p>
      )}
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
