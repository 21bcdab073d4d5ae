import type { PendingMessage, Person, RoomEvent } from '../client/types.ts'
import { describeMessage } from './describe-event.ts'
import { describeStateEvent } from './describe-state.ts'
import { POLL_END, POLL_RESPONSE, POLL_START } from './poll.ts'

/** What has become of an own message. */
export type MessageState = 'waiting' | 'sent' | 'read' | 'failed'

interface RowBase {
  /** Stable over the life of a message: its transaction id where it is known, so that the echo takes its row over. */
  readonly key: string
  readonly ts: number
  readonly eventId: string | undefined
  /** The row begins a day and carries its separator. */
  readonly startsDay: boolean
  /** The first row the person has not read yet. */
  readonly startsUnread: boolean
  /** Others who have read up to here and no further. */
  readonly readers: readonly Person[]
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

export const NOBODY: readonly Person[] = []

const MESSAGE_TYPES = new Set<string>(['m.room.message', 'm.room.encrypted', 'm.sticker', ...POLL_START])
const HIDDEN_TYPES = new Set<string>(['m.reaction', 'm.room.redaction', ...POLL_RESPONSE, ...POLL_END])

/** Kinds of message that nobody here knows are drawn when they have words for that case. */
export function isDrawn(type: string, content: Readonly<Record<string, unknown>>): boolean {
  if (MESSAGE_TYPES.has(type)) return true
  return !HIDDEN_TYPES.has(type) && typeof content['body'] === 'string'
}

/** An event as a row, whatever stands around it; undefined when it is not drawn. */
export function toRow(event: RoomEvent, own: boolean): TimelineRow | undefined {
  const base = {
    key: event.txnId ?? event.id,
    ts: event.ts,
    eventId: event.id,
    startsDay: false,
    startsUnread: false,
    readers: NOBODY,
  }
  if (event.stateKey !== undefined) {
    const text = describeStateEvent(event)
    return text === undefined ? undefined : { ...base, kind: 'notice', text }
  }
  if (!isDrawn(event.type, event.content)) return undefined
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
    style: event.redacted ? 'placeholder' : styleOf(event.type, event.content),
    edited: event.edited && !event.redacted,
    txnId: undefined,
    state: own && !event.redacted ? 'sent' : undefined,
    showState: false,
    error: undefined,
  }
}

export function toPendingRow(
  pending: PendingMessage,
  me: Person,
  place: Pick<MessageRow, 'startsDay' | 'startsGroup' | 'showState'>,
): MessageRow {
  return {
    kind: 'message',
    key: pending.txnId,
    ts: pending.ts,
    eventId: undefined,
    startsDay: place.startsDay,
    startsUnread: false,
    readers: NOBODY,
    sender: me,
    own: true,
    startsGroup: place.startsDay || place.startsGroup || pending.content['msgtype'] === 'm.emote',
    event: undefined,
    type: pending.type,
    content: pending.content,
    body: typeof pending.content['body'] === 'string' ? pending.content['body'] : '',
    style: styleOf(pending.type, pending.content),
    edited: false,
    txnId: pending.txnId,
    state: pending.state,
    showState: place.showState,
    error: pending.error,
  }
}

function styleOf(type: string, content: Readonly<Record<string, unknown>>): MessageRow['style'] {
  if (type === 'm.room.encrypted') return 'placeholder'
  if (content['msgtype'] === 'm.emote') return 'emote'
  return content['msgtype'] === 'm.notice' ? 'notice' : 'text'
}
