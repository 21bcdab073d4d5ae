import type { Pdu, RoomId, UserId } from '../../core/types.ts'
import type { ReceiptRow, RoomReader, StoredEvent, StreamPos, TimelinePos } from '../../rooms/ports.ts'
import { evaluate, type RoomFacts } from './evaluate.ts'
import { isRead, posOf, readPositions } from './read-positions.ts'
import { threadOf } from './relation.ts'
import { createMemberCounts, factsOf } from './room-facts.ts'
import type { PushRules } from './rules.ts'

export interface UnreadCount {
  notifications: number
  highlights: number
}

/** Per thread (`main` is the room's own timeline). */
export type UnreadByThread = ReadonlyMap<string, Readonly<UnreadCount>>

export interface UnreadCounts {
  /**
   * Unread events up to `to`: those after the user's receipts and after their own last message; none of whom they
   * ignore.
   */
  of(user: UserId, roomId: RoomId, to: StreamPos, ignored: ReadonlySet<string>): UnreadByThread
}

/** More than this is counted as this: nobody reads the difference, and looking costs. */
const MAX_COUNT = 999
/** Of so many of the newest events the unread are counted, so that with edits and reactions they are enough. */
const MAX_SCAN = 2_000
/** New events that a count is carried over; above, counting anew is not dearer. */
const MAX_CARRIED = 500
const MAX_CACHED = 20_000

interface Count extends UnreadCount {
  /** Place of the newest event counted. */
  latest: TimelinePos
}

interface Entry {
  readonly upTo: StreamPos
  readonly rulesVersion: number
  /** Whom the user ignores. */
  readonly ignored: string
  /** Places where events were missing: what fills one in counts as well. */
  readonly gaps: number
  readonly threads: Map<string, Count>
}

/**
 * Counts by evaluating push rules over what is unread. The result is cached per user and room and
 * carried forward by the new events alone, so that a sync after a message evaluates one event.
 */
export function createUnreadCounts(reader: RoomReader, rules: PushRules): UnreadCounts {
  const cache = new Map<string, Entry>()
  const joinedMembers = createMemberCounts(reader)

  const tally = (
    threads: Map<string, Count>,
    user: UserId,
    event: StoredEvent,
    room: RoomFacts,
    ignored: ReadonlySet<string>,
    joinedAt: TimelinePos,
  ): void => {
    // What was loaded from before the user's time is no news; what this server missed since is.
    if (event.streamPos === undefined && (event.timelinePos ?? -Infinity) <= joinedAt) return
    if (ignored.has(event.pdu.sender)) return
    // What was taken back is none either.
    if (event.redactedBy !== undefined && event.pdu.sender !== user) return
    const thread = threadOf(reader, event.pdu)
    if (event.pdu.sender === user) {
      // Sending is reading: notifications up to the user's own message count as read.
      if (isMessage(event.pdu)) threads.delete(thread)
      return
    }
    const verdict = evaluate(rules.get(user), user, event.pdu, room)
    if (!verdict.notify) return
    const count = threads.get(thread) ?? { notifications: 0, highlights: 0, latest: 0 }
    count.notifications = Math.min(MAX_COUNT, count.notifications + 1)
    if (verdict.highlight) count.highlights = Math.min(MAX_COUNT, count.highlights + 1)
    count.latest = Math.max(count.latest, event.timelinePos ?? 0)
    threads.set(thread, count)
  }

  const fromScratch = (
    user: UserId,
    roomId: RoomId,
    to: StreamPos,
    ignored: ReadonlySet<string>,
  ): Map<string, Count> => {
    const threads = new Map<string, Count>()
    const read = readPositions(reader, user, roomId)
    const top = reader.timelinePosAt(roomId, to)
    if (top === undefined) return threads
    const events = reader
      .timeline({ roomId, direction: 'backward', from: top + 1, to: read.floor, limit: MAX_SCAN })
      .toReversed()
    const room = factsOf(reader, user, roomId, joinedMembers)
    const own = reader.member(roomId, user)
    const joinedAt = (own === undefined ? undefined : posOf(reader, own.eventId)) ?? Infinity
    for (const event of events) {
      if (isRead(reader, read, event)) continue
      tally(threads, user, event, room, ignored, joinedAt)
    }
    return threads
  }

  return {
    of(user, roomId, to, ignoredUsers) {
      const key = `${user} ${roomId}`
      const rulesVersion = rules.version(user)
      const ignored = [...ignoredUsers].join(' ')
      const entry = cache.get(key)
      let threads: Map<string, Count> | undefined
      const gaps = reader.gaps(roomId).length
      const isValid = entry?.rulesVersion === rulesVersion && entry.ignored === ignored && entry.gaps === gaps
      if (entry !== undefined && isValid && entry.upTo <= to) {
        if (entry.upTo === to) return entry.threads
        threads = carryForward(entry)
      }
      threads ??= fromScratch(user, roomId, to, ignoredUsers)
      cache.delete(key)
      cache.set(key, { upTo: to, rulesVersion, ignored, gaps, threads })
      if (cache.size > MAX_CACHED) {
        const oldest = cache.keys().next().value
        if (oldest !== undefined) cache.delete(oldest)
      }
      return threads

      /** By place, oldest first: at most one more than can be carried. */
      function newSince(upTo: StreamPos): StoredEvent[] {
        const top = reader.timelinePosAt(roomId, to)
        if (top === undefined) return []
        const since = reader.timelinePosAt(roomId, upTo)
        return reader
          .timeline({ roomId, direction: 'backward', from: top + 1, to: since, limit: MAX_CARRIED + 1 })
          .toReversed()
      }

      function carryForward(from: Entry): Map<string, Count> | undefined {
        const receipts = reader
          .receiptsOf(roomId, user)
          .filter(({ streamPos }) => streamPos > from.upTo && streamPos <= to)
        const events = newSince(from.upTo)
        // What was redacted may have been counted; what filled a gap takes its place among what was read.
        if (
          events.length > MAX_CARRIED ||
          events.some((event) => event.pdu.type === 'm.room.redaction' || event.streamPos === undefined)
        )
          return undefined
        if (events.length === 0 && receipts.length === 0) return from.threads
        const next = new Map([...from.threads].map(([thread, count]) => [thread, { ...count }]))
        const room = factsOf(reader, user, roomId, joinedMembers)
        for (const event of events) tally(next, user, event, room, ignoredUsers, Infinity)
        return receipts.every((receipt) => markRead(reader, next, receipt)) ? next : undefined
      }
    },
  }
}

/** False when the receipt leaves some of what was counted unread: which, the counts do not tell. */
function markRead(reader: RoomReader, threads: Map<string, Count>, receipt: ReceiptRow): boolean {
  const pos = posOf(reader, receipt.eventId)
  if (pos === undefined) return true
  for (const [thread, count] of threads) {
    if (receipt.threadId !== undefined && receipt.threadId !== thread) continue
    if (count.latest > pos) return false
    threads.delete(thread)
  }
  return true
}

const isMessage = (event: Pdu): boolean =>
  event.stateKey === undefined && (event.type === 'm.room.message' || event.type === 'm.room.encrypted')
