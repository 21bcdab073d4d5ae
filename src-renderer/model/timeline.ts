import type { PendingMessage, Person, RoomEvent, TimelineSnapshot } from '../client/types.ts'
import { isDrawn, NOBODY, toPendingRow, toRow, type TimelineRow } from './timeline-row.ts'
export type { MessageRow, MessageState, NoticeRow, TimelineRow } from './timeline-row.ts'

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
}

/** The rows of a timeline, oldest first. */
export function buildRows(timeline: TimelineSnapshot, me: Person, options: RowOptions): TimelineRow[] {
  return createRowBuilder()(timeline, me, options)
}

/** What is known of an event whatever stands around it, and the row that was made of it last. */
interface Known {
  readonly base: TimelineRow | undefined
  readonly day: number
  row: TimelineRow | undefined
}

/** A row that is not finished: those who have read something undrawn after it have read it, too. */
interface Draft {
  readonly known: Known
  readonly base: TimelineRow
  readonly startsDay: boolean
  readonly startsUnread: boolean
  readonly startsGroup: boolean
  readonly read: boolean
  readonly showState: boolean
  readers: readonly string[]
}

/**
 * Builds the rows of one timeline again and again. A row in which nothing changed stays the same object, and
 * costs next to nothing: a room of 50,000 messages is built anew with every message that arrives.
 */
export function createRowBuilder(): typeof buildRows {
  const known = new WeakMap<RoomEvent, Known>()
  const pendingRows = new WeakMap<PendingMessage, TimelineRow>()

  function knownOf(event: RoomEvent, me: Person): Known {
    let entry = known.get(event)
    if (entry === undefined) {
      const base = toRow(event, event.sender.userId === me.userId)
      known.set(event, (entry = { base, day: new Date(event.ts).setHours(0, 0, 0, 0), row: undefined }))
    }
    return entry
  }

  return (timeline, me, options) => {
    const { events } = timeline
    const { unreadFrom, direct, root, people } = options
    const create = events.find((event) => event.type === 'm.room.create')
    const readers = readersByEvent(timeline, me.userId)
    const readIndex = events.findLastIndex((event) => readers.has(event.id))
    const unreadIndex = unreadFrom === undefined ? -1 : events.findIndex((event) => event.id === unreadFrom)
    const waiting = stillPending(timeline)
    const newestOwn =
      waiting.length > 0
        ? -1
        : events.findLastIndex((event) => {
            const { base } = knownOf(event, me)
            return base?.kind === 'message' && base.state !== undefined
          })
    const rows: TimelineRow[] = []
    let unreadDrawn = unreadIndex === -1
    let before: Draft | undefined

    events.forEach((event, index) => {
      const entry = knownOf(event, me)
      const here = readers.get(event.id) ?? NO_IDS
      const { base } = entry
      if (base === undefined || isSetUp(event, create, direct)) {
        if (before !== undefined && here.length > 0) before.readers = [...before.readers, ...here]
        return
      }
      const isMessage = base.kind === 'message'
      const startsUnread = !unreadDrawn && index > unreadIndex && isMessage && !base.own && !event.redacted
      if (startsUnread) unreadDrawn = true
      const startsDay = before?.known.day !== entry.day
      const draft: Draft = {
        known: entry,
        base,
        startsDay,
        startsUnread,
        startsGroup:
          startsDay || startsUnread || before?.base.eventId === root || startsGroup(before?.base, base),
        read: index <= readIndex,
        showState: index === newestOwn,
        readers: here,
      }
      if (before !== undefined) rows.push(settle(before, people))
      before = draft
    })
    if (before !== undefined) rows.push(settle(before, people))

    waiting.forEach((pending, index) => {
      const last = rows.at(-1)
      const row = pendingRows.get(pending)
      const fresh = toPendingRow(pending, me, {
        startsDay: last === undefined || dayOf(last.ts) !== dayOf(pending.ts),
        startsGroup: last === undefined || startsGroup(last, undefined, me.userId, pending.ts),
        showState: pending.state !== 'sent' || index === waiting.length - 1,
      })
      const same = row !== undefined && isSamePending(row, fresh) ? row : fresh
      pendingRows.set(pending, same)
      rows.push(same)
    })
    return rows
  }
}

const NO_IDS: readonly string[] = []

function dayOf(ts: number): number {
  return new Date(ts).setHours(0, 0, 0, 0)
}

function settle(draft: Draft, people: ReadonlyMap<string, Person> | undefined): TimelineRow {
  const { known, base, startsDay, startsUnread } = draft
  const readers = draft.readers.length === 0 ? NOBODY : facesOf(draft.readers, base, people)
  const last = known.row
  const isMessage = base.kind === 'message'
  const state =
    isMessage && base.state !== undefined && draft.read ? 'read' : isMessage ? base.state : undefined
  if (
    last !== undefined &&
    last.startsDay === startsDay &&
    last.startsUnread === startsUnread &&
    (last.kind === 'notice' ||
      (last.startsGroup === draft.startsGroup &&
        last.state === state &&
        last.showState === draft.showState)) &&
    isSamePeople(last.readers, readers)
  )
    return last
  const row: TimelineRow = isMessage
    ? {
        ...base,
        startsDay,
        startsUnread,
        readers,
        startsGroup: draft.startsGroup,
        state,
        showState: draft.showState,
      }
    : { ...base, startsDay, startsUnread, readers }
  known.row = row
  return row
}

function startsGroup(
  before: TimelineRow | undefined,
  row: TimelineRow | undefined,
  userId = row?.kind === 'message' ? row.sender.userId : '',
  ts = row?.ts ?? 0,
): boolean {
  return (
    before?.kind !== 'message' ||
    before.sender.userId !== userId ||
    before.style === 'emote' ||
    (row?.kind === 'message' && row.style === 'emote') ||
    ts - before.ts > GROUP_PAUSE_MS
  )
}

/** The server confirmed some, but the sync that carries them may already have arrived. */
function stillPending(timeline: TimelineSnapshot): readonly PendingMessage[] {
  if (timeline.pending.length === 0) return timeline.pending
  const seen = new Set(timeline.events.flatMap((event) => [event.id, event.txnId ?? event.id]))
  return timeline.pending.filter(
    (each) =>
      !seen.has(each.txnId) &&
      (each.eventId === undefined || !seen.has(each.eventId)) &&
      isDrawn(each.type, each.content),
  )
}

function isSamePending(a: TimelineRow, b: TimelineRow): boolean {
  return (
    a.kind === 'message' &&
    b.kind === 'message' &&
    a.startsDay === b.startsDay &&
    a.startsGroup === b.startsGroup &&
    a.showState === b.showState &&
    isSamePerson(a.sender, b.sender)
  )
}

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

/** What makes a room is one step to a person, although it is several events. */
const SET_UP_MS = 10_000
const SET_UP_TYPES = new Set(['m.room.member', 'm.room.name', 'm.room.topic', 'm.room.avatar'])

function isSetUp(event: RoomEvent, create: RoomEvent | undefined, direct: boolean): boolean {
  if (create === undefined || event.stateKey === undefined) return false
  if (event === create) return direct
  if (event.sender.userId !== create.sender.userId || event.ts - create.ts > SET_UP_MS) return false
  const invites = event.type === 'm.room.member' && event.stateKey !== event.sender.userId
  return SET_UP_TYPES.has(event.type) && (direct || !invites)
}

function isSamePerson(a: Person | undefined, b: Person | undefined): boolean {
  return a?.userId === b?.userId && a?.name === b?.name && a?.avatarMxc === b?.avatarMxc
}

function isSamePeople(a: readonly Person[], b: readonly Person[]): boolean {
  return a === b || (a.length === b.length && a.every((person, index) => isSamePerson(person, b[index])))
}
