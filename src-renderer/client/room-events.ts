import {
  asObject,
  isDrawn,
  parseEvent,
  redactionTarget,
  relationOf,
  type RawEvent,
  type Relation,
} from './raw-event.ts'
import type { RoomEvent } from './types.ts'

/** One event of a room, however it came here; timelines are lists of these. */
export interface Entry {
  readonly id: string
  raw: RawEvent
  readonly relation: Relation | undefined
  /** Root of the thread that it is in. */
  readonly threadId: string | undefined
  redacted: boolean
  /** Has something to draw. */
  shown: boolean
  /** As it was handed upwards last; undefined when something of it changed since. */
  value: RoomEvent | undefined
}

export interface Annotation {
  readonly id: string
  readonly sender: string
  readonly key: string
  readonly ts: number
}

/** What the server counted of a thread (`unsigned.m.relations.m.thread` of its root). */
export interface ThreadBundle {
  readonly count: number
  readonly latestId: string | undefined
  readonly participated: boolean
}

/** Everything known of one room's events, and how they relate. */
export interface RoomEvents {
  /** Grows when something that was handed upwards is not true any more. */
  version(): number
  get(id: string): Entry | undefined
  /** Takes in an event, as often as it comes. */
  take(raw: RawEvent): Entry
  /** The same for an event that was just asked for: a thread that it does not mention is no more. */
  takeAnew(raw: RawEvent): Entry
  annotations(id: string): readonly Annotation[]
  /** The newest valid edit ("Validity of replacement events"). */
  edit(entry: Entry): RawEvent | undefined
  thread(rootId: string): ThreadBundle | undefined
  /** Something that concerns this event changed: it is converted anew. */
  spoil(id: string): void
  /** Roots of threads that are known of. */
  roots(): Iterable<string>
  spoilWhere(concerned: (entry: Entry) => boolean): void
}

/** `onThread` is told of roots whose thread lost a message. */
export function createRoomEvents(onThread: (rootId: string) => void): RoomEvents {
  const entries = new Map<string, Entry>()
  const annotations = new Map<string, Map<string, Annotation>>()
  const edits = new Map<string, Map<string, RawEvent>>()
  const threads = new Map<string, ThreadBundle>()
  /** Redactions that came before what they redact. */
  const redactions = new Set<string>()

  let version = 0

  function drop(entry: Entry): void {
    if (entry.value !== undefined) version++
    entry.value = undefined
  }

  function spoil(id: string): void {
    const entry = entries.get(id)
    if (entry === undefined) return
    drop(entry)
    // The root shows the newest message of its thread.
    const root = entry.threadId === undefined ? undefined : entries.get(entry.threadId)
    if (root !== undefined && threads.get(root.id)?.latestId === id) drop(root)
  }

  function put<T>(map: Map<string, Map<string, T>>, target: string, id: string, value: T): void {
    let inner = map.get(target)
    if (inner === undefined) map.set(target, (inner = new Map()))
    inner.set(id, value)
  }

  function addEdit(target: string, edit: RawEvent): void {
    if (redactions.has(edit.event_id)) return
    put(edits, target, edit.event_id, edit)
    spoil(target)
  }

  function relate(entry: Entry): void {
    const { raw, relation } = entry
    if (entry.redacted || relation?.eventId === undefined) return
    if (relation.relType === 'm.annotation' && relation.key !== undefined) {
      const { event_id: id, sender, origin_server_ts: ts } = raw
      put(annotations, relation.eventId, id, { id, sender, key: relation.key, ts })
      spoil(relation.eventId)
    } else if (relation.relType === 'm.replace') {
      addEdit(relation.eventId, raw)
    }
  }

  function redact(id: string): void {
    redactions.add(id)
    const entry = entries.get(id)
    if (entry === undefined || entry.redacted) return
    entry.redacted = true
    // What remains of a membership is who is meant; of most others, nothing.
    const { membership } = entry.raw.content
    entry.raw = { ...entry.raw, content: membership === undefined ? {} : { membership } }
    entry.shown = isShown(entry)
    spoil(id)
    const target = entry.relation?.eventId
    if (target === undefined) return
    annotations.get(target)?.delete(id)
    edits.get(target)?.delete(id)
    spoil(target)
    if (entry.threadId !== undefined) onThread(entry.threadId)
  }

  function takeBundle(id: string, raw: RawEvent): void {
    const bundle = asObject(raw.unsigned?.['m.relations'])
    if (bundle === undefined) return
    const edit = parseEvent(bundle['m.replace'])
    if (edit !== undefined && relationOf(edit.content)?.eventId === id) addEdit(id, edit)
    const thread = asObject(bundle['m.thread'])
    if (thread === undefined) return
    const latest = parseEvent(thread['latest_event'])
    if (latest !== undefined) take(latest)
    threads.set(id, {
      count: typeof thread['count'] === 'number' ? thread['count'] : 0,
      latestId: latest?.event_id,
      participated: thread['current_user_participated'] === true,
    })
    spoil(id)
  }

  function take(raw: RawEvent): Entry {
    const known = entries.get(raw.event_id)
    if (known !== undefined) {
      if (isRedacted(raw)) redact(known.id)
      takeBundle(known.id, raw)
      return known
    }
    const relation = relationOf(raw.content)
    const entry: Entry = {
      id: raw.event_id,
      raw,
      relation,
      threadId: threadOf(raw, relation),
      redacted: isRedacted(raw),
      shown: false,
      value: undefined,
    }
    entry.shown = isShown(entry)
    entries.set(entry.id, entry)
    if (redactions.has(entry.id)) redact(entry.id)
    relate(entry)
    takeBundle(entry.id, raw)
    const target = redactionTarget(raw)
    if (target !== undefined) redact(target)
    return entry
  }

  return {
    version: () => version,
    get: (id) => entries.get(id),
    take,
    takeAnew(raw) {
      threads.delete(raw.event_id)
      spoil(raw.event_id)
      return take(raw)
    },
    annotations: (id) => [...(annotations.get(id)?.values() ?? [])],
    edit(entry) {
      if (entry.redacted) return undefined
      let newest: RawEvent | undefined
      for (const edit of edits.get(entry.id)?.values() ?? []) {
        if (edit.sender !== entry.raw.sender || edit.type !== entry.raw.type) continue
        if (asObject(edit.content['m.new_content']) === undefined) continue
        if (newest === undefined || isNewer(edit, newest)) newest = edit
      }
      return newest
    },
    thread: (rootId) => threads.get(rootId),
    spoil,
    roots: () => threads.keys(),
    spoilWhere(concerned) {
      for (const entry of entries.values()) if (concerned(entry)) drop(entry)
    },
  }
}

const isRedacted = (raw: RawEvent): boolean =>
  raw.unsigned?.['redacted_because'] !== undefined || raw.unsigned?.['redacted_by'] !== undefined

const isShown = ({ raw, relation, redacted }: Entry): boolean =>
  isDrawn(raw.type, relation) && !(redacted && (raw.state_key !== undefined || wentWithAnother(raw)))

/** A deleted message has no relation any more: the node says where it was (proposal MSC4023). */
function threadOf(raw: RawEvent, relation: Relation | undefined): string | undefined {
  if (relation?.relType === 'm.thread') return relation.eventId
  const told = isRedacted(raw) ? raw.unsigned?.['org.matrix.msc4023.thread_id'] : undefined
  return typeof told === 'string' ? told : undefined
}

/** The edits of a message go with it: nothing says any more that they were edits, but what deleted them does. */
function wentWithAnother(raw: RawEvent): boolean {
  const because = parseEvent(raw.unsigned?.['redacted_because'])
  const target = because === undefined ? undefined : redactionTarget(because)
  return target !== undefined && target !== raw.event_id
}

const isNewer = (a: RawEvent, b: RawEvent): boolean =>
  a.origin_server_ts === b.origin_server_ts
    ? a.event_id > b.event_id
    : a.origin_server_ts > b.origin_server_ts
