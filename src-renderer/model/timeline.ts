import type { PendingMessage, Person, RoomEvent, TimelineSnapshot } from '../client/types.ts'
import { describeMessage, describeStateEvent } from './describe-event.ts'
import { POLL_END, POLL_RESPONSE, POLL_START } from './poll.ts'
import { isSameDay } from './time.ts'

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

/** After this pause a sender's next message begins a group again. */
const GROUP_PAUSE_MS = 5 * 60_000

export interface RowOptions {
  /**
   * The event up to which the person had read when the room was opened; the line is not drawn above own
   * or deleted messages, nor when nothing is below it.
   */
  readonly unreadFrom: string | undefined
  /** A conversation of two needs no words about how it was set up. */
  readonly direct: boolean
  /** The message that a thread began with; the replies are told apart from it. */
  readonly root?: string | undefined
  /** Who the user ids of receipts are. */
  readonly people?: ReadonlyMap<string, Person> | undefined
  /** The rows as they were: those that did not change keep their object. */
  readonly before?: readonly TimelineRow[] | undefined
}

/** What makes a room is one step to a person, although it is several events. */
const SET_UP_MS = 10_000
const SET_UP_TYPES = new Set(['m.room.member', 'm.room.name', 'm.room.topic', 'm.room.avatar'])

/** The rows of a timeline, oldest first. */
export function buildRows(timeline: TimelineSnapshot, me: Person, options: RowOptions): TimelineRow[] {
  const { unreadFrom } = options
  const rows: TimelineRow[] = []
  const create = timeline.events.find((event) => event.type === 'm.room.create')
  const readers = readersByEvent(timeline, me.userId)
  const readIndex = timeline.events.findLastIndex((event) => readers.has(event.id))
  const unreadIndex =
    unreadFrom === undefined ? -1 : timeline.events.findIndex((event) => event.id === unreadFrom)
  let unreadDrawn = unreadIndex === -1

  timeline.events.forEach((event, index) => {
    const own = event.sender.userId === me.userId
    const state = own ? (index <= readIndex ? 'read' : 'sent') : undefined
    const row = isSetUp(event, create, options.direct) ? undefined : toRow(event, own, state)
    const here = readers.get(event.id)
    if (row === undefined) {
      // What is not drawn was read together with what is drawn before it.
      const last = rows.at(-1)
      if (here !== undefined && last !== undefined) {
        rows[rows.length - 1] = {
          ...last,
          readers: [...last.readers, ...facesOf(here, last, options.people)],
        }
      }
      return
    }
    const startsUnread =
      !unreadDrawn && index > unreadIndex && !own && row.kind === 'message' && !event.redacted
    if (startsUnread) unreadDrawn = true
    rows.push({
      ...row,
      startsUnread,
      readers: here === undefined ? NOBODY : facesOf(here, row, options.people),
    })
  })

  // The server confirmed these, but the sync that carries them may already have arrived.
  const seen = new Set(timeline.events.flatMap((event) => [event.id, event.txnId ?? event.id]))
  for (const pending of timeline.pending) {
    if (seen.has(pending.txnId) || (pending.eventId !== undefined && seen.has(pending.eventId))) continue
    if (isDrawn(pending.type, pending.content)) rows.push(toPendingRow(pending, me))
  }
  return keepUnchanged(finish(rows, options.root), options.before)
}

/** Builds the rows of one timeline again and again; those that did not change keep their object. */
export function createRowBuilder(): typeof buildRows {
  let before: readonly TimelineRow[] = []
  return (timeline, me, options) => {
    const rows = buildRows(timeline, me, { ...options, before })
    before = rows
    return rows
  }
}

const NOBODY: readonly Person[] = []

/** Event id -> the others who have read up to it. */
function readersByEvent(timeline: TimelineSnapshot, myUserId: string): Map<string, string[]> {
  const readers = new Map<string, string[]>()
  for (const [userId, eventId] of timeline.readUpTo) {
    if (userId === myUserId) continue
    const here = readers.get(eventId)
    if (here === undefined) readers.set(eventId, [userId])
    else here.push(userId)
  }
  return readers
}

/** That somebody has read what they wrote goes without saying. */
function facesOf(
  userIds: readonly string[],
  row: TimelineRow,
  people: ReadonlyMap<string, Person> | undefined,
): readonly Person[] {
  return userIds.flatMap((userId) => {
    const person = people?.get(userId)
    return person === undefined || (row.kind === 'message' && row.sender.userId === userId) ? [] : [person]
  })
}

function isSetUp(event: RoomEvent, create: RoomEvent | undefined, direct: boolean): boolean {
  if (create === undefined || event.stateKey === undefined) return false
  if (event === create) return direct
  if (event.sender.userId !== create.sender.userId || event.ts - create.ts > SET_UP_MS) return false
  const invites = event.type === 'm.room.member' && event.stateKey !== event.sender.userId
  return SET_UP_TYPES.has(event.type) && (direct || !invites)
}

const MESSAGE_TYPES = new Set<string>(['m.room.message', 'm.room.encrypted', 'm.sticker', ...POLL_START])
const HIDDEN_TYPES = new Set<string>(['m.reaction', 'm.room.redaction', ...POLL_RESPONSE, ...POLL_END])

/** Kinds of message that nobody here knows are drawn when they have words for that case. */
function isDrawn(type: string, content: Readonly<Record<string, unknown>>): boolean {
  if (MESSAGE_TYPES.has(type)) return true
  return !HIDDEN_TYPES.has(type) && typeof content['body'] === 'string'
}

function toRow(event: RoomEvent, own: boolean, state: MessageState | undefined): TimelineRow | undefined {
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
    state: event.redacted ? undefined : state,
    showState: false,
    error: undefined,
  }
}

function toPendingRow(pending: PendingMessage, me: Person): MessageRow {
  return {
    kind: 'message',
    key: pending.txnId,
    ts: pending.ts,
    eventId: undefined,
    startsDay: false,
    startsUnread: false,
    readers: NOBODY,
    sender: me,
    own: true,
    startsGroup: false,
    event: undefined,
    type: pending.type,
    content: pending.content,
    body: typeof pending.content['body'] === 'string' ? pending.content['body'] : '',
    style: styleOf(pending.type, pending.content),
    edited: false,
    txnId: pending.txnId,
    state: pending.state,
    showState: pending.state !== 'sent',
    error: pending.error,
  }
}

function styleOf(type: string, content: Readonly<Record<string, unknown>>): MessageRow['style'] {
  if (type === 'm.room.encrypted') return 'placeholder'
  if (content['msgtype'] === 'm.emote') return 'emote'
  return content['msgtype'] === 'm.notice' ? 'notice' : 'text'
}

/** Where days and groups begin, and which own message shows its state. */
function finish(rows: readonly TimelineRow[], root: string | undefined): TimelineRow[] {
  const newest = rows.findLastIndex((row) => row.kind === 'message' && row.own && row.state !== undefined)
  return rows.map((row, index) => {
    const before = rows[index - 1]
    const startsDay = before === undefined || !isSameDay(before.ts, row.ts)
    if (row.kind === 'notice') return startsDay ? { ...row, startsDay } : row
    const startsGroup =
      startsDay ||
      row.startsUnread ||
      (root !== undefined && before.eventId === root) ||
      before.kind !== 'message' ||
      before.sender.userId !== row.sender.userId ||
      before.style === 'emote' ||
      row.style === 'emote' ||
      row.ts - before.ts > GROUP_PAUSE_MS
    const showState =
      row.state !== undefined && (index === newest || row.state === 'waiting' || row.state === 'failed')
    return { ...row, startsDay, startsGroup, showState }
  })
}

/** A row that says what it said before stays the same object, so that it is not drawn again. */
function keepUnchanged(rows: TimelineRow[], before: readonly TimelineRow[] | undefined): TimelineRow[] {
  if (before === undefined || before.length === 0) return rows
  const known = new Map(before.map((row) => [row.key, row]))
  return rows.map((row) => {
    const was = known.get(row.key)
    return was !== undefined && isSameRow(was, row) ? was : row
  })
}

function isSameRow(a: TimelineRow, b: TimelineRow): boolean {
  const before: Readonly<Record<string, unknown>> = { ...a }
  const after: Readonly<Record<string, unknown>> = { ...b }
  for (const key in after) {
    if (Object.is(before[key], after[key])) continue
    if (key === 'sender' && a.kind === 'message' && b.kind === 'message' && isSamePerson(a.sender, b.sender))
      continue
    if (key === 'readers' && isSamePeople(a.readers, b.readers)) continue
    return false
  }
  return true
}

function isSamePerson(a: Person | undefined, b: Person | undefined): boolean {
  return a?.userId === b?.userId && a?.name === b?.name && a?.avatarMxc === b?.avatarMxc
}

function isSamePeople(a: readonly Person[], b: readonly Person[]): boolean {
  return a.length === b.length && a.every((person, index) => isSamePerson(person, b[index]))
}
