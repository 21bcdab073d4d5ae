import type { Person, RoomEvent, TimelineSnapshot } from '../client/types.ts'
import { describeMessage, describeStateEvent } from './describe-event.ts'
import { isSameDay } from './time.ts'

/** What has become of an own message. */
export type MessageState = 'waiting' | 'sent' | 'read' | 'failed'

interface RowBase {
  /** Stable over the life of a message: its transaction id where it is known, so that the echo takes its row over. */
  readonly key: string
  readonly ts: number
  /** The row begins a day and carries its separator. */
  readonly startsDay: boolean
  /** The first row the person has not read yet. */
  readonly startsUnread: boolean
}

export interface MessageRow extends RowBase {
  readonly kind: 'message'
  readonly sender: Person
  readonly own: boolean
  /** Shows picture and name; the rows below of the same sender do not. */
  readonly startsGroup: boolean
  /** Undefined while the message waits to be sent. */
  readonly event: RoomEvent | undefined
  readonly type: string
  /** As it is shown: that of the newest edit. */
  readonly content: Readonly<Record<string, unknown>>
  /** In plain words, for announcements and previews. */
  readonly body: string
  readonly style: 'text' | 'emote' | 'notice' | 'placeholder'
  readonly edited: boolean
  readonly eventId: string | undefined
  readonly txnId: string | undefined
  /** Only for own messages. */
  readonly state: MessageState | undefined
  /** The newest own message that arrived says so always, others on demand. */
  readonly showState: boolean
  readonly error: string | undefined
}

export interface NoticeRow extends RowBase {
  readonly kind: 'notice'
  readonly text: string
}

export type TimelineRow = MessageRow | NoticeRow

/** After this pause a sender's next message begins a group again. */
const GROUP_PAUSE_MS = 5 * 60_000

export interface RowOptions {
  /**
   * The event up to which the person had read when the room was opened; the line is not drawn above own
   * messages, nor when nothing is below it.
   */
  readonly unreadFrom: string | undefined
  /** A conversation of two needs no words about how it was set up. */
  readonly direct: boolean
}

/** What makes a room is one step to a person, although it is several events. */
const SET_UP_MS = 10_000
const SET_UP_TYPES = new Set(['m.room.member', 'm.room.name', 'm.room.topic', 'm.room.avatar'])

/** The rows of a timeline, oldest first. */
export function buildRows(timeline: TimelineSnapshot, me: Person, options: RowOptions): TimelineRow[] {
  const { unreadFrom } = options
  const rows: TimelineRow[] = []
  const create = timeline.events.find((event) => event.type === 'm.room.create')
  const readIndex = newestReadByOthers(timeline, me.userId)
  const unreadIndex =
    unreadFrom === undefined ? -1 : timeline.events.findIndex((event) => event.id === unreadFrom)
  let unreadDrawn = unreadIndex === -1

  timeline.events.forEach((event, index) => {
    if (isSetUp(event, create, options.direct)) return
    const own = event.sender.userId === me.userId
    const state = own ? (index <= readIndex ? 'read' : 'sent') : undefined
    const row = toRow(event, own, state)
    if (row === undefined) return
    const startsUnread = !unreadDrawn && index > unreadIndex && !own && row.kind === 'message'
    if (startsUnread) unreadDrawn = true
    rows.push({ ...row, startsUnread })
  })

  // The server confirmed these, but the sync that carries them may already have arrived.
  const seen = new Set(timeline.events.flatMap((event) => [event.id, event.txnId ?? event.id]))
  for (const pending of timeline.pending) {
    if (seen.has(pending.txnId) || (pending.eventId !== undefined && seen.has(pending.eventId))) continue
    rows.push({
      kind: 'message',
      key: pending.txnId,
      ts: pending.ts,
      startsDay: false,
      startsUnread: false,
      sender: me,
      own: true,
      startsGroup: false,
      event: undefined,
      type: pending.type,
      content: pending.content,
      body: typeof pending.content['body'] === 'string' ? pending.content['body'] : '',
      style: 'text',
      edited: false,
      eventId: undefined,
      txnId: pending.txnId,
      state: pending.state,
      showState: pending.state !== 'sent',
      error: pending.error,
    })
  }
  return markStates(markGroups(rows))
}

function isSetUp(event: RoomEvent, create: RoomEvent | undefined, direct: boolean): boolean {
  if (create === undefined || event.stateKey === undefined) return false
  if (event === create) return direct
  if (event.sender.userId !== create.sender.userId || event.ts - create.ts > SET_UP_MS) return false
  const invites = event.type === 'm.room.member' && event.stateKey !== event.sender.userId
  return SET_UP_TYPES.has(event.type) && (direct || !invites)
}

function toRow(event: RoomEvent, own: boolean, state: MessageState | undefined): TimelineRow | undefined {
  const base = { key: event.txnId ?? event.id, ts: event.ts, startsDay: false, startsUnread: false }
  if (event.stateKey !== undefined) {
    const text = describeStateEvent(event)
    return text === undefined ? undefined : { ...base, kind: 'notice', text }
  }
  if (!['m.room.message', 'm.room.encrypted', 'm.sticker'].includes(event.type)) return undefined
  return {
    ...base,
    kind: 'message',
    sender: event.sender,
    own,
    startsGroup: false,
    event,
    type: event.type,
    content: event.content,
    body: describeMessage(event),
    style: styleOf(event),
    edited: event.edited && !event.redacted,
    eventId: event.id,
    txnId: undefined,
    state: event.redacted ? undefined : state,
    showState: false,
    error: undefined,
  }
}

function styleOf(event: RoomEvent): MessageRow['style'] {
  if (event.redacted || event.type === 'm.room.encrypted') return 'placeholder'
  if (event.content['msgtype'] === 'm.emote') return 'emote'
  return event.content['msgtype'] === 'm.notice' ? 'notice' : 'text'
}

/** Index of the newest event that somebody else has read; sending something counts as having read. */
function newestReadByOthers(timeline: TimelineSnapshot, myUserId: string): number {
  const read = new Set<string>()
  for (const [userId, eventId] of timeline.readUpTo) if (userId !== myUserId) read.add(eventId)
  return timeline.events.findLastIndex((event) => read.has(event.id))
}

function markGroups(rows: readonly TimelineRow[]): TimelineRow[] {
  return rows.map((row, index) => {
    const before = rows[index - 1]
    const startsDay = before === undefined || !isSameDay(before.ts, row.ts)
    if (row.kind === 'notice') return { ...row, startsDay }
    const startsGroup =
      startsDay ||
      row.startsUnread ||
      before.kind !== 'message' ||
      before.sender.userId !== row.sender.userId ||
      before.style === 'emote' ||
      row.style === 'emote' ||
      row.ts - before.ts > GROUP_PAUSE_MS
    return { ...row, startsDay, startsGroup }
  })
}

function markStates(rows: TimelineRow[]): TimelineRow[] {
  const newest = rows.findLastIndex((row) => row.kind === 'message' && row.own && row.state !== undefined)
  return rows.map((row, index) => {
    if (row.kind !== 'message' || row.state === undefined) return row
    return { ...row, showState: index === newest || row.state === 'waiting' || row.state === 'failed' }
  })
}
