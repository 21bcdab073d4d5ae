import { MessageCircle } from 'lucide-react'
import { useCallback, useMemo, useState } from 'react'
import type { RoomDetail, TimelineSnapshot } from '../../client/types.ts'
import { useVerbs, type JumpTarget } from '../../model/conversation.ts'
import { object, text } from '../../model/event-text.ts'
import { roomHref } from '../../model/routes.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useEscape } from '../../model/use-escape.ts'
import { useRows } from '../../model/use-rows.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { JumpToDate } from '../../ui/jump-to-date.tsx'
import { MessageList } from '../../ui/message-list.tsx'
import css from './timeline.module.css'
import { useMarkRead } from './use-mark-read.ts'
import { useUnreadLine } from './use-unread-line.ts'

interface TimelineProps {
  room: RoomDetail
  target: JumpTarget | undefined
  /** Closes what stands beside the timeline; undefined when nothing does. */
  onClosePanel: (() => void) | undefined
}

/** Mounted anew for each room. */
export function Timeline(props: TimelineProps) {
  const { client } = useServices()
  const timeline = useReadable(client.timeline(props.room.id))
  return timeline === undefined ? null : <Loaded {...props} timeline={timeline} />
}

function Loaded({ room, timeline, target, onClosePanel }: TimelineProps & { timeline: TimelineSnapshot }) {
  const { client, attempt } = useServices()
  const { jumpTo } = useVerbs()
  const [atBottom, setAtBottom] = useState(true)
  const [day, setDay] = useState<number>()
  const [unreadAtOpen] = useState(room.unread)
  const { unreadFrom, clear } = useUnreadLine(timeline, unreadAtOpen, room.markedUnread)
  const { rows, rights } = useRows(room, timeline, unreadFrom)
  const roomId = room.id

  const newest = timeline.live ? timeline.events.at(-1)?.id : undefined
  useMarkRead(room, newest, atBottom)

  const latest = useCallback(() => client.leaveFocus(roomId), [client, roomId])
  const markRead = useCallback(() => {
    clear()
    void attempt(() => client.markRead(roomId), 'The room could not be marked as read')
  }, [client, attempt, roomId, clear])
  useEscape(onClosePanel ?? markRead)

  const loaded = unreadFrom === undefined || timeline.events.some((event) => event.id === unreadFrom)
  const firstUnread = rows.find((row) => row.startsUnread)?.eventId ?? unreadFrom
  const unread = useMemo(
    () =>
      firstUnread === undefined ? undefined : { loaded, onJump: () => jumpTo(firstUnread), onRead: markRead },
    [firstUnread, loaded, jumpTo, markRead],
  )

  return (
    <>
      <MessageList
        label={`Messages in ${room.name}`}
        timeline={timeline}
        rows={rows}
        rights={rights}
        pinned={room.pinned}
        target={target}
        top={
          <Beginning
            room={room}
            alone={!timeline.canLoadOlder && rows.every((row) => row.kind === 'notice')}
            reached={!timeline.canLoadOlder}
            unreachable={timeline.olderUnreachable === true}
          />
        }
        onLoadOlder={() => client.loadOlder(roomId)}
        onLoadNewer={() => client.loadNewer(roomId)}
        onLatest={latest}
        onAtBottom={setAtBottom}
        onDay={setDay}
        unread={unread}
      />
      <JumpToDate
        open={day !== undefined}
        onOpenChange={(open) => !open && setDay(undefined)}
        initial={day}
        roomId={roomId}
        onJump={jumpTo}
      />
    </>
  )
}

/** The room that this one replaced, where one is in it. */
function usePredecessor(roomId: string): string | undefined {
  const { client } = useServices()
  const create = useReadable(client.roomFacts(roomId))?.state['m.room.create']
  const before = text(object(create?.['predecessor'])['room_id'])
  return before !== undefined && client.hasRoom(before) ? before : undefined
}

/** Takes its place from the start, so that nothing moves when the beginning is reached. */
function Beginning(props: { room: RoomDetail; alone: boolean; reached: boolean; unreachable: boolean }) {
  const { room, alone, reached, unreachable } = props
  const direct = room.directWith !== undefined
  const before = usePredecessor(room.id)
  if (unreachable && !reached) {
    return (
      <p className={css.beginning} data-reached>
        What was said before is on computers that cannot be reached now. Scroll up again later.
      </p>
    )
  }
  if (!alone) {
    return (
      <p className={css.beginning} data-reached={reached || undefined}>
        This is the beginning of {direct ? `your conversation with ${room.name}` : room.name}.
        {before !== undefined && (
          <>
            {' '}
            <a href={roomHref(before)}>What was said before is in the earlier room.</a>
          </>
        )}
      </p>
    )
  }
  return (
    <EmptyState
      icon={<MessageCircle />}
      title={direct ? `Say hello to ${room.name}` : `Welcome to ${room.name}`}
    >
      {direct
        ? 'What you write goes straight from your computer to theirs.'
        : room.topic === ''
          ? 'Nobody has written here yet. Yours can be the first message.'
          : room.topic}
    </EmptyState>
  )
}
