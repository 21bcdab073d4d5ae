import { memo } from 'react'
import { linkify } from '../../model/text.ts'
import { formatDay, formatMoment, formatTime } from '../../model/time.ts'
import type { TimelineRow } from '../../model/timeline.ts'
import { useServices } from '../../model/use-client.ts'
import { Avatar } from '../../ui/avatar.tsx'
import { LinkedText } from '../../ui/linked-text.tsx'
import { DaySeparator, Message, Notice, UnreadLine } from '../../ui/message.tsx'

interface TimelineEntryProps {
  row: TimelineRow
  now: number
  canRedactOthers: boolean
  onDelete: () => void
  onRetry: () => void
}

/** One row with the separators above it. Callbacks are bound to the row, so only data decides about drawing. */
export const TimelineEntry = memo(
  function TimelineEntry({ row, now, canRedactOthers, onDelete, onRetry }: TimelineEntryProps) {
    const { bridge } = useServices()
    return (
      <>
        {row.startsDay && <DaySeparator label={formatDay(row.ts, now)} />}
        {row.startsUnread && <UnreadLine />}
        {row.kind === 'notice' ? (
          <Notice text={row.text} time={formatMoment(row.ts)} />
        ) : (
          <Message
            avatar={<Avatar id={row.sender.userId} name={row.sender.name} mxc={row.sender.avatarMxc} />}
            name={row.sender.name}
            senderId={row.sender.userId}
            time={formatTime(row.ts)}
            moment={formatMoment(row.ts)}
            startsGroup={row.startsGroup}
            body={<LinkedText parts={linkify(row.body)} onOpen={(href) => bridge.openExternal(href)} />}
            style={row.style}
            edited={row.edited}
            state={row.state}
            showState={row.showState}
            error={row.error}
            onDelete={isDeletable(row, canRedactOthers) ? onDelete : undefined}
            onRetry={onRetry}
          />
        )}
      </>
    )
  },
  (a, b) => a.now === b.now && a.canRedactOthers === b.canRedactOthers && isSameRow(a.row, b.row),
)

function isDeletable(row: TimelineRow, canRedactOthers: boolean): boolean {
  if (row.kind !== 'message' || row.style === 'placeholder') return false
  if (row.state === 'failed' || row.state === 'waiting') return true
  return row.eventId !== undefined && (row.own || canRedactOthers)
}

function isSameRow(a: TimelineRow, b: TimelineRow): boolean {
  const before: Readonly<Record<string, unknown>> = { ...a }
  const after: Readonly<Record<string, unknown>> = { ...b }
  return Object.keys({ ...before, ...after }).every((key) => {
    if (key !== 'sender') return Object.is(before[key], after[key])
    return JSON.stringify(before[key]) === JSON.stringify(after[key])
  })
}
