import { cleanName } from './names.ts'
import type { Overlay } from './overlay.ts'
import { asObject } from './raw-event.ts'
import type { Entry, RoomEvents } from './room-events.ts'
import type { Person, Reaction, RoomEvent, ThreadSummary } from './types.ts'

/** What an event's conversion needs of its room. */
export interface EventSurroundings {
  readonly me: string
  readonly events: RoomEvents
  overlay(): Overlay
  person(userId: string): Person
  /** May this person mention the whole room? */
  mayNotifyRoom(userId: string): boolean
  unread(rootId: string): { unread: number; highlights: number }
}

const NO_REACTIONS: readonly Reaction[] = []
const NOBODY: readonly Person[] = []
const EMPTY: Readonly<Record<string, unknown>> = {}

/** Kept in the entry until something of the event changes. */
export function toRoomEvent(around: EventSurroundings, entry: Entry): RoomEvent {
  return (entry.value ??= convert(around, entry))
}

function convert(around: EventSurroundings, entry: Entry): RoomEvent {
  const { raw, id } = entry
  const overlay = around.overlay()
  const redacted = entry.redacted || overlay.redacted.has(id)
  const edit = asObject(around.events.edit(entry)?.content['m.new_content'])
  const newest = redacted ? undefined : (overlay.edits.get(id) ?? edit)
  const content = redacted ? (entry.redacted ? raw.content : EMPTY) : (newest ?? raw.content)
  const txnId: unknown = raw.unsigned?.['transaction_id']
  const prevContent = asObject(raw.unsigned?.['prev_content']) ?? EMPTY
  return {
    id,
    type: raw.type,
    stateKey: raw.state_key,
    sender: around.person(raw.sender),
    target: targetOf(around, entry, prevContent),
    named: namedIn(around, entry, prevContent),
    ts: raw.origin_server_ts,
    content,
    prevContent,
    redacted,
    edited: newest !== undefined,
    txnId: typeof txnId === 'string' ? txnId : undefined,
    reactions: redacted ? NO_REACTIONS : reactionsOf(around, overlay, id),
    replyTo: redacted ? undefined : entry.relation?.replyTo,
    threadId: entry.threadId,
    thread: threadOf(around, entry),
    mentionsMe: !redacted && mentions(around, raw.sender, content),
  }
}

/** Who a membership is about. Somebody who left has no name any more, except in what was before. */
function targetOf(
  around: EventSurroundings,
  { raw }: Entry,
  prevContent: Readonly<Record<string, unknown>>,
): Person | undefined {
  if (raw.type !== 'm.room.member' || raw.state_key === undefined) return undefined
  const told = raw.content['displayname'] ?? prevContent['displayname']
  const name = cleanName(typeof told === 'string' ? told : undefined)
  const known = around.person(raw.state_key)
  return name === undefined ? known : { ...known, name }
}

/** More would be no news of a person any more. */
const MOST_NAMED = 50

/** Those whose power level an event changes. */
function namedIn(
  around: EventSurroundings,
  { raw }: Entry,
  prevContent: Readonly<Record<string, unknown>>,
): readonly Person[] {
  if (raw.type !== 'm.room.power_levels') return NOBODY
  const before = asObject(prevContent['users']) ?? EMPTY
  const now = asObject(raw.content['users']) ?? EMPTY
  return [...new Set([...Object.keys(now), ...Object.keys(before)])]
    .filter((userId) => before[userId] !== now[userId])
    .slice(0, MOST_NAMED)
    .map((userId) => around.person(userId))
}

/** Each person counts once for each key. */
function reactionsOf(around: EventSurroundings, overlay: Overlay, id: string): readonly Reaction[] {
  const given = around.events.annotations(id)
  const waiting = overlay.reactions.get(id)
  if (given.length === 0 && waiting === undefined) return NO_REACTIONS
  const byKey = new Map<string, { people: Map<string, Person>; mine: string | undefined }>()
  const add = (key: string, sender: string, reactionId: string): void => {
    let entry = byKey.get(key)
    if (entry === undefined) byKey.set(key, (entry = { people: new Map(), mine: undefined }))
    entry.people.set(sender, around.person(sender))
    if (sender === around.me) entry.mine ??= reactionId
  }
  for (const each of given.toSorted((a, b) => a.ts - b.ts)) {
    if (!overlay.redacted.has(each.id)) add(each.key, each.sender, each.id)
  }
  for (const each of waiting ?? []) add(each.key, around.me, each.txnId)
  return [...byKey].map(([key, { people, mine }]) => ({ key, people: [...people.values()], mine }))
}

function threadOf(around: EventSurroundings, entry: Entry): ThreadSummary | undefined {
  const bundle = around.events.thread(entry.id)
  if (bundle === undefined || bundle.count === 0) return undefined
  const latest = bundle.latestId === undefined ? undefined : around.events.get(bundle.latestId)
  return {
    count: bundle.count,
    latest: latest === undefined ? undefined : toRoomEvent(around, latest),
    participated: bundle.participated,
    ...around.unread(entry.id),
  }
}

/** By `m.mentions`; the room as a whole only by those who may. */
function mentions(
  around: EventSurroundings,
  sender: string,
  content: Readonly<Record<string, unknown>>,
): boolean {
  if (sender === around.me) return false
  const told = asObject(content['m.mentions'])
  if (told === undefined) return false
  const userIds: unknown = told['user_ids']
  return (
    (Array.isArray(userIds) && userIds.includes(around.me)) ||
    (told['room'] === true && around.mayNotifyRoom(sender))
  )
}
