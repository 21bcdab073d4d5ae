import type { EventId, Json, JsonObject, Pdu, RoomId, UserId } from '../../core/types.ts'
import type { RoomReader, StateGroupId, StoredEvent, StreamPos, TimelinePos } from '../../rooms/ports.ts'
import { evaluate, type RoomFacts } from './evaluate.ts'
import type { PushRules } from './rules.ts'

export interface UnreadCount {
  notifications: number
  highlights: number
}

/** Per thread (`main` is the room's own timeline). */
export type UnreadByThread = ReadonlyMap<string, Readonly<UnreadCount>>

export interface UnreadCounts {
  /** Unread events up to `to`: those after the user's receipts and after their own last message. */
  of(user: UserId, roomId: RoomId, to: StreamPos): UnreadByThread
}

/** More unread than this is counted as this: nobody reads the difference, and scanning it costs. */
const MAX_SCAN = 200
const MAX_CACHED = 5_000

interface Entry {
  readonly upTo: StreamPos
  readonly rulesVersion: number
  readonly threads: Map<string, UnreadCount>
}

/**
 * Counts by evaluating push rules over what is unread. The result is cached per user and room and
 * carried forward by the new events alone, so that a sync after a message evaluates one event.
 */
export function createUnreadCounts(reader: RoomReader, rules: PushRules): UnreadCounts {
  const cache = new Map<string, Entry>()
  const joinedMembers = createMemberCounts(reader)

  const tally = (
    threads: Map<string, UnreadCount>,
    user: UserId,
    event: StoredEvent,
    room: RoomFacts,
  ): void => {
    const thread = threadOf(reader, event.pdu)
    if (event.pdu.sender === user) {
      // Sending is reading: notifications up to the user's own message count as read.
      if (isMessage(event.pdu)) threads.delete(thread)
      return
    }
    const verdict = evaluate(rules.get(user), user, event.pdu, room)
    if (!verdict.notify) return
    const count = threads.get(thread) ?? { notifications: 0, highlights: 0 }
    count.notifications++
    if (verdict.highlight) count.highlights++
    threads.set(thread, count)
  }

  const fromScratch = (user: UserId, roomId: RoomId, to: StreamPos): Map<string, UnreadCount> => {
    const threads = new Map<string, UnreadCount>()
    const read = readPositions(reader, user, roomId)
    const top = reader.timelinePosAt(roomId, to)
    if (top === undefined) return threads
    const events = reader
      .timeline({ roomId, direction: 'backward', from: top + 1, to: read.floor, limit: MAX_SCAN })
      .toReversed()
    const room = factsOf(reader, user, roomId, joinedMembers)
    for (const event of events) {
      const at = event.timelinePos ?? 0
      if (at <= Math.max(read.all, read.threads.get(threadOf(reader, event.pdu)) ?? -Infinity)) continue
      tally(threads, user, event, room)
    }
    return threads
  }

  return {
    of(user, roomId, to) {
      const key = `${user} ${roomId}`
      const rulesVersion = rules.version(user)
      const entry = cache.get(key)
      let threads: Map<string, UnreadCount> | undefined
      if (entry !== undefined && entry.rulesVersion === rulesVersion && entry.upTo <= to) {
        if (entry.upTo === to) return entry.threads
        threads = carryForward(entry)
      }
      threads ??= fromScratch(user, roomId, to)
      cache.delete(key)
      cache.set(key, { upTo: to, rulesVersion, threads })
      if (cache.size > MAX_CACHED) {
        const oldest = cache.keys().next().value
        if (oldest !== undefined) cache.delete(oldest)
      }
      return threads

      function carryForward(from: Entry): Map<string, UnreadCount> | undefined {
        const receipts = reader.receiptsSince([roomId], from.upTo, to)
        if (receipts.some((receipt) => receipt.userId === user)) return undefined
        const { events, limited } = reader.eventsSince(roomId, from.upTo, to, 100)
        if (limited) return undefined
        const next = new Map([...from.threads].map(([thread, count]) => [thread, { ...count }]))
        if (events.length > 0) {
          const room = factsOf(reader, user, roomId, joinedMembers)
          for (const event of events) tally(next, user, event, room)
        }
        return next
      }
    },
  }
}

interface ReadPositions {
  /** Everything at or below is read. */
  readonly all: TimelinePos
  readonly threads: ReadonlyMap<string, TimelinePos>
  /** Nothing below needs a look. */
  readonly floor: TimelinePos
}

function readPositions(reader: RoomReader, user: UserId, roomId: RoomId): ReadPositions {
  // What happened before the user was in the room was never unread.
  const membership = reader.localMembership(user, roomId)
  const joinedAt = membership === undefined ? undefined : posOf(reader, membership.eventId)
  let all = joinedAt ?? -Infinity
  const threads = new Map<string, TimelinePos>()
  for (const receipt of reader.receiptsOf(roomId, user)) {
    const pos = posOf(reader, receipt.eventId)
    if (pos === undefined) continue
    if (receipt.threadId === undefined) all = Math.max(all, pos)
    else threads.set(receipt.threadId, Math.max(pos, threads.get(receipt.threadId) ?? -Infinity))
  }
  return { all, threads, floor: all === -Infinity ? Number.MIN_SAFE_INTEGER : all }
}

const posOf = (reader: RoomReader, id: EventId): TimelinePos | undefined => reader.getEvent(id)?.timelinePos

const isMessage = (event: Pdu): boolean =>
  event.stateKey === undefined && (event.type === 'm.room.message' || event.type === 'm.room.encrypted')

/** The thread an event is in, following at most three relations (Client-Server API, "Threading"). */
export function threadOf(reader: RoomReader, event: Pdu): string {
  let current: Pdu | undefined = event
  for (let hop = 0; hop < 3 && current !== undefined; hop++) {
    const relation = relationOf(current)
    if (relation === undefined) return 'main'
    if (relation.relType === 'm.thread') return relation.eventId
    current = reader.getEvent(relation.eventId)?.pdu
  }
  return 'main'
}

export interface Relation {
  readonly relType: string
  readonly eventId: EventId
  readonly key: string | undefined
}

export function relationOf(event: Pdu): Relation | undefined {
  const relates: Json | undefined = event.content['m.relates_to']
  if (typeof relates !== 'object' || relates === null || Array.isArray(relates)) return undefined
  const { rel_type: relType, event_id: eventId, key } = relates
  if (typeof relType !== 'string' || typeof eventId !== 'string') return undefined
  return { relType, eventId: eventId as EventId, key: typeof key === 'string' ? key : undefined }
}

/** Counting a large room's members for every message would cost; they change only with the state. */
function createMemberCounts(reader: RoomReader): (roomId: RoomId) => number {
  const counts = new Map<RoomId, { group: StateGroupId; count: number }>()
  return (roomId) => {
    const group = reader.getRoom(roomId)?.currentState ?? 0
    const known = counts.get(roomId)
    if (known?.group === group) return known.count
    const count = reader.members(roomId, 'join').length
    if (counts.size >= MAX_CACHED) counts.clear()
    counts.set(roomId, { group, count })
    return count
  }
}

function factsOf(
  reader: RoomReader,
  user: UserId,
  roomId: RoomId,
  joinedMembers: (roomId: RoomId) => number,
): RoomFacts {
  const content = (type: string): JsonObject | undefined =>
    reader.currentStateEvent(roomId, type, '')?.pdu.content
  return {
    joinedMembers: () => joinedMembers(roomId),
    displayName: () => reader.member(roomId, user)?.displayName,
    powerLevels: () => content('m.room.power_levels'),
    isCreator(sender) {
      const room = reader.getRoom(roomId)
      if (room === undefined || room.version !== '12') return false
      const create = reader.currentStateEvent(roomId, 'm.room.create', '')?.pdu
      const others = create?.content['additional_creators']
      return create?.sender === sender || (Array.isArray(others) && others.includes(sender))
    },
  }
}
