import { ArrowDown, MessageCircle } from 'lucide-react'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Virtualizer, type VirtualizerHandle } from 'virtua'
import type { Person, RoomDetail, TimelineSnapshot } from '../../client/types.ts'
import { buildRows } from '../../model/timeline.ts'
import { useReadable, useServices } from '../../model/use-client.ts'
import { useNow } from '../../model/use-now.ts'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Spinner } from '../../ui/spinner.tsx'
import { TimelineEntry } from './timeline-entry.tsx'
import css from './timeline.module.css'
import { useMarkRead } from './use-mark-read.ts'
import { useStickToBottom } from './use-stick-to-bottom.ts'

/** History is asked for when fewer pixels than these are left above. */
const LOAD_AHEAD_PX = 2_000

/** Mounted anew for each room. */
export function Timeline({ room, timeline }: { room: RoomDetail; timeline: TimelineSnapshot }) {
  const { client, attempt } = useServices()
  const me = useReadable(client.profile)
  const direct = room.directWith !== undefined
  const now = useNow(60_000)
  const unreadFrom = useUnreadFrom(timeline, me)
  const [deleting, setDeleting] = useState<string>()
  const list = useRef<VirtualizerHandle>(null)
  const rows = useMemo(
    () => buildRows(timeline, me, { unreadFrom, direct }),
    [timeline, me, unreadFrom, direct],
  )
  const { scroller, atBottom, leftAt, shift, onScroll, onResize, jump } = useStickToBottom(rows)
  const failedAt = useRef(0)

  useMarkRead(room.id, timeline.events.at(-1)?.id, atBottom)

  function loadAhead(): void {
    const handle = list.current
    if (handle === null || handle.scrollOffset > LOAD_AHEAD_PX) return
    if (!timeline.canLoadOlder || timeline.loadingOlder || Date.now() - failedAt.current < 3_000) return
    client.loadOlder(room.id).catch(() => {
      // The banner says when the node is away; scrolling on asks again.
      failedAt.current = Date.now()
    })
  }

  // Also without scrolling: the first page may not fill the window.
  useEffect(loadAhead)

  const missed =
    leftAt === undefined
      ? 0
      : rows.slice(rows.findIndex((row) => row.key === leftAt) + 1).filter((row) => row.kind === 'message')
          .length
  const newestRow = rows.at(-1)
  const [newestAtOpen] = useState(newestRow?.key)
  // The list itself must not be announced: scrolling would read history aloud.
  const announcement =
    newestRow?.kind === 'message' && !newestRow.own && newestRow.key !== newestAtOpen
      ? `${newestRow.sender.name}: ${newestRow.body}`
      : ''
  const deletingRow = rows.find((row) => row.key === deleting)

  return (
    <div className={css.frame}>
      <div
        ref={scroller}
        className={css.scroller}
        role="log"
        aria-label={`Messages in ${room.name}`}
        aria-live="off"
        // A scrollable region must be reachable by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
      >
        <div className={css.spacer}>
          <Beginning
            room={room}
            alone={!timeline.canLoadOlder && rows.every((row) => row.kind === 'notice')}
            reached={!timeline.canLoadOlder}
          />
        </div>
        <Virtualizer
          ref={list}
          data={rows}
          shift={shift}
          bufferSize={600}
          onScroll={() => {
            onScroll()
            loadAhead()
          }}
          onResize={onResize}
        >
          {(row) => (
            <TimelineEntry
              key={row.key}
              row={row}
              now={now}
              canRedactOthers={room.can.redactOthers}
              onDelete={() => {
                if (row.kind === 'message' && row.txnId !== undefined) client.discard(row.txnId)
                else setDeleting(row.key)
              }}
              onRetry={() => row.kind === 'message' && row.txnId !== undefined && client.retry(row.txnId)}
            />
          )}
        </Virtualizer>
      </div>
      <output className="visually-hidden">{announcement}</output>
      {timeline.loadingOlder && (
        <output className={css.loading}>
          <Spinner /> Loading earlier messages
        </output>
      )}
      {!atBottom && (
        <div className={css.jump}>
          <Button size="sm" onClick={jump}>
            <ArrowDown aria-hidden="true" />
            {missed === 0 ? 'Jump to latest' : `${missed} new · Jump to latest`}
          </Button>
        </div>
      )}
      <ConfirmDialog
        open={deletingRow !== undefined}
        onOpenChange={(open) => !open && setDeleting(undefined)}
        title="Delete this message?"
        description="It is removed for everyone in this room. This cannot be undone."
        action="Delete"
        onConfirm={() => {
          const eventId = deletingRow?.kind === 'message' ? deletingRow.eventId : undefined
          if (eventId !== undefined) {
            void attempt(() => client.deleteMessage(room.id, eventId), 'The message could not be deleted')
          }
        }}
      />
    </div>
  )
}

/**
 * Above which event the line of what is new stands: where it was when the room was opened, although the room
 * is read now, and anew each time the person looks away. What arrives under their eyes is not new.
 */
function useUnreadFrom(timeline: TimelineSnapshot, me: Person): string | undefined {
  const newest = timeline.events.at(-1)?.id
  const latest = useRef(newest)
  useEffect(() => {
    latest.current = newest
  }, [newest])
  const [unreadFrom, setUnreadFrom] = useState(() => {
    const rows = buildRows(timeline, me, { unreadFrom: timeline.fullyRead, direct: false })
    return rows.some((row) => row.startsUnread) ? timeline.fullyRead : undefined
  })
  useEffect(() => {
    const lookAway = (): void => setUnreadFrom(latest.current)
    window.addEventListener('blur', lookAway)
    return () => window.removeEventListener('blur', lookAway)
  }, [])
  return unreadFrom
}

/** Takes its place from the start, so that nothing moves when the beginning is reached. */
function Beginning({ room, alone, reached }: { room: RoomDetail; alone: boolean; reached: boolean }) {
  const direct = room.directWith !== undefined
  if (!alone) {
    return (
      <p className={css.beginning} data-reached={reached || undefined}>
        This is the beginning of {direct ? `your conversation with ${room.name}` : room.name}.
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
