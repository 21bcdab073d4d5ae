import type { RoomSummary } from '../../client/types.ts'
import { describeMessage } from '../../model/describe-event.ts'
import { isReachable } from '../../model/people.ts'
import { roomHref } from '../../model/routes.ts'
import { formatShort } from '../../model/time.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useDraftText } from '../../model/use-drafts.ts'
import { useNow } from '../../model/use-now.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { ListRow } from '../../ui/list-row.tsx'
import css from './room-lists.module.css'

/** A conversation in the sidebar. */
export function RoomRow({ room, selected }: { room: RoomSummary; selected: boolean }) {
  const { client } = useServices()
  const now = useNow()
  const nearby = useReadable(client.nearby)
  const draft = useDraftText(room.id)
  const muted = useReadable(client.notifyLevel(room.id)) === 'mute'
  const reachable = room.directWith === undefined ? undefined : isReachable(nearby, room.directWith.userId)
  return (
    <li>
      <ListRow
        href={roomHref(room.id)}
        selected={selected}
        avatar={
          <Avatar
            id={room.directWith?.userId ?? room.id}
            name={room.name}
            mxc={room.avatarMxc}
            shape={room.directWith === undefined ? 'square' : 'round'}
            reachable={reachable}
          />
        }
        title={room.name}
        detail={
          <>
            {reachable === false && <span className="visually-hidden">Offline. </span>}
            {draft === '' || selected ? (
              preview(room, client.userId)
            ) : (
              <>
                <span className={css.draft}>Draft:</span> {draft}
              </>
            )}
          </>
        }
        meta={room.lastMessage === undefined ? undefined : formatShort(room.lastMessage.ts, now)}
        unread={room.unread}
        // Of two people every message is meant for one.
        loud={room.highlights > 0 || (room.directWith !== undefined && !muted)}
        highlight={room.highlights > 0}
        marked={room.markedUnread}
        asking={room.asking}
        muted={muted}
      />
    </li>
  )
}

function preview(room: RoomSummary, myUserId: string): string {
  const last = room.lastMessage
  if (last === undefined) return room.topic === '' ? 'No messages yet' : room.topic
  const words = describeMessage(last).replaceAll('\n', ' ')
  if (last.sender.userId === myUserId) return `You: ${words}`
  return room.directWith === undefined ? `${last.sender.name}: ${words}` : words
}
