import { Search } from 'lucide-react'
import { useState } from 'react'
import type { RoomEvent, RoomSummary } from '../../client/types.ts'
import { searchRooms } from '../../model/rooms.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import { MessageExcerpt } from './message-excerpt.tsx'
import css from './message-dialogs.module.css'

const MOST = 50

/** Chooses the conversation that a message is also said in. */
export function ForwardList({ event, onClose }: { event: RoomEvent; onClose: () => void }) {
  const { client, toast } = useServices()
  const all = useReadable(client.rooms).filter((room) => room.membership === 'join' && !room.isSpace)
  const [query, setQuery] = useState('')
  const found = searchRooms(
    all.toSorted((a, b) => b.lastActivityTs - a.lastActivityTs),
    query,
  ).slice(0, MOST)

  function forward(room: RoomSummary): void {
    client.forward(room.id, event)
    toast(`Forwarded to ${room.name}.`)
    onClose()
  }

  return (
    <>
      <MessageExcerpt event={event} />
      <label className={css.search}>
        <Search aria-hidden="true" />
        <input
          // What the dialog was opened for.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          type="search"
          aria-label="Search conversations"
          placeholder="Search people and rooms"
          value={query}
          maxLength={100}
          autoComplete="off"
          onChange={(changed) => setQuery(changed.target.value)}
        />
      </label>
      {/* oxlint-disable-next-line jsx-a11y/no-redundant-roles */}
      <ul role="list" aria-label="Conversations" className={css.rooms}>
        {found.map((room) => (
          <li key={room.id}>
            <ListRow
              compact
              title={room.name}
              avatar={
                <Avatar
                  id={room.directWith?.userId ?? room.id}
                  name={room.name}
                  mxc={room.avatarMxc}
                  size={32}
                  shape={room.directWith === undefined ? 'square' : 'round'}
                />
              }
              onClick={() => forward(room)}
            />
          </li>
        ))}
        {found.length === 0 && <li className={css.quiet}>No conversation has this name.</li>}
      </ul>
    </>
  )
}
