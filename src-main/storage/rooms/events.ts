import { parseJson } from '../../core/parse-json.ts'
import type { EventId, Pdu, PduJson, RoomId, RoomVersionId, ServerName } from '../../core/types.ts'
import type { EventStatus, NewEvent, StoredEvent, StreamPos, TimelinePos } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'
import { recordEventMedia, redactEventMedia } from '../event-media.ts'
import { LruCache } from './lru.ts'
import type { RoomIds } from './room-ids.ts'
import { pduFromTrusted } from './trusted-pdu.ts'

const STATUSES: readonly EventStatus[] = ['accepted', 'soft-failed', 'rejected', 'outlier']
/** Characters of JSON that the cache may hold; the parsed form takes a few times that. */
const CACHED_CHARS = 32 * 1024 * 1024
/** What an entry costs beside its JSON. */
const ENTRY_COST = 512
const CACHED_ABSENT = 1_000

export const EVENT_COLUMNS =
  'nid, event_id, room_nid, room_version, status, reason, redacts, state_before, state_after, stream_pos, timeline_pos, received_ts, received_from, redacted_by, thread_root, json'

// Made once: a string that is put together anew with each call costs its length to look the statement up.
const BY_ID = `SELECT ${EVENT_COLUMNS} FROM events WHERE event_id = ?`

/** Events with their edges and relations, and the cache of parsed ones. */
export class Events {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly cache = new LruCache<EventId, StoredEvent>(CACHED_CHARS)
  /** Known not to be here: of an event that comes it is asked several times. */
  private readonly absent = new LruCache<EventId, true>(CACHED_ABSENT)

  constructor(db: Database, rooms: RoomIds) {
    this.db = db
    this.rooms = rooms
  }

  dropCaches(): void {
    this.cache.clear()
    this.absent.clear()
  }

  /** It is gone from the disk, or was changed there. */
  drop(eventId: EventId): void {
    this.cache.delete(eventId)
  }

  get(eventId: EventId): StoredEvent | undefined {
    const cached = this.cache.get(eventId)
    if (cached !== undefined) return cached
    if (this.absent.get(eventId) === true) return undefined
    const row = this.db.get(BY_ID, eventId)
    if (row !== undefined) return this.hydrate(row)
    this.absent.set(eventId, true, 1)
    return undefined
  }

  getMany(ids: readonly EventId[]): StoredEvent[] {
    const found: StoredEvent[] = []
    for (const id of ids) {
      const event = this.get(id)
      if (event !== undefined) found.push(event)
    }
    return found
  }

  missing(ids: readonly EventId[]): EventId[] {
    return ids.filter((id) => {
      if (this.cache.get(id) !== undefined) return false
      if (this.absent.get(id) === true) return true
      return this.db.get('SELECT 1 FROM events WHERE event_id = ?', id) === undefined
    })
  }

  /** The event of a row with `EVENT_COLUMNS`. */
  hydrate(row: Row): StoredEvent {
    const eventId = row['event_id'] as EventId
    const cached = this.cache.get(eventId)
    if (cached !== undefined) return cached
    const text = row['json'] as string
    const event: StoredEvent = {
      pdu: pduFromTrusted(
        eventId,
        this.rooms.idOf(row['room_nid'] as number),
        row['room_version'] as RoomVersionId,
        (row['redacts'] ?? undefined) as EventId | undefined,
        parseJson(text) as PduJson,
      ),
      status: STATUSES[row['status'] as number] ?? 'outlier',
      reason: (row['reason'] ?? undefined) as string | undefined,
      stateBefore: (row['state_before'] ?? undefined) as number | undefined,
      stateAfter: (row['state_after'] ?? undefined) as number | undefined,
      streamPos: (row['stream_pos'] ?? undefined) as number | undefined,
      timelinePos: (row['timeline_pos'] ?? undefined) as number | undefined,
      receivedTs: row['received_ts'] as number,
      receivedFrom: (row['received_from'] ?? undefined) as ServerName | undefined,
      redactedBy: (row['redacted_by'] ?? undefined) as EventId | undefined,
      threadRoot: (row['thread_root'] ?? undefined) as EventId | undefined,
    }
    this.cache.set(eventId, event, text.length + ENTRY_COST)
    return event
  }

  /**
   * An event that is accepted has its place, and stays as it is; one that was soft-failed may be accepted.
   * Answers the number of an event that was not here before.
   */
  insert(event: NewEvent): number | undefined {
    const existing = this.get(event.pdu.eventId)
    if (existing === undefined) return this.insertNew(event)
    if (existing.status === 'outlier' || existing.status === 'rejected') this.replace(existing, event)
    else if (existing.status === 'soft-failed' && event.status === 'accepted') this.replace(existing, event)
    return undefined
  }

  redact(eventId: EventId, redacted: Pdu, by: EventId): void {
    const event = this.get(eventId)
    if (event === undefined) throw new Error(`There is no event ${eventId} to redact`)
    const json = JSON.stringify(redacted.json)
    const nid = Number(this.db.get('SELECT nid FROM events WHERE event_id = ?', eventId)?.['nid'])
    const threadRoot = this.deleteRelation(nid) ?? event.threadRoot
    this.db.run(
      'UPDATE events SET json = ?, redacted_by = ?, thread_root = ?, redacts = ? WHERE nid = ?',
      json,
      by,
      threadRoot ?? null,
      redacted.redacts ?? null,
      nid,
    )
    redactEventMedia(this.db, eventId)
    this.cache.set(eventId, { ...event, pdu: redacted, redactedBy: by, threadRoot }, json.length + ENTRY_COST)
  }

  childrenOf(roomId: RoomId, eventId: EventId): EventId[] {
    return this.db
      .all(
        `SELECT e.event_id FROM event_edges x JOIN events e ON e.nid = x.event_nid
         WHERE x.prev_id = ? AND e.status = 0 AND e.room_nid = ? ORDER BY e.nid`,
        eventId,
        this.rooms.find(roomId),
      )
      .map((row) => row['event_id'] as EventId)
  }

  keepPlace(eventId: EventId, at: TimelinePos): void {
    this.db.run(
      'INSERT OR REPLACE INTO kept_places SELECT nid, room_nid, ? FROM events WHERE event_id = ?',
      at,
      eventId,
    )
  }

  show(
    eventId: EventId,
    newest: () => { timelinePos: TimelinePos; streamPos: StreamPos },
  ): { roomId: RoomId; at: TimelinePos; isLive: boolean } {
    const event = this.get(eventId)
    if (event === undefined) throw new Error(`${eventId} is not stored`)
    const kept = this.db.get(
      `DELETE FROM kept_places WHERE event_nid = (SELECT nid FROM events WHERE event_id = ?)
       RETURNING timeline_pos AS pos`,
      eventId,
    )
    const { timelinePos: at, streamPos } =
      kept === undefined ? newest() : { timelinePos: Number(kept['pos']), streamPos: null }
    this.db.run(
      'UPDATE events SET timeline_pos = ?, stream_pos = ? WHERE event_id = ?',
      at,
      streamPos,
      eventId,
    )
    this.drop(eventId)
    return { roomId: event.pdu.roomId, at, isLive: kept === undefined }
  }

  redactionsOf(eventId: EventId): EventId[] {
    return this.db
      .all('SELECT event_id FROM events WHERE redacts = ? AND status IN (0, 1) ORDER BY nid', eventId)
      .map((row) => row['event_id'] as EventId)
  }

  private insertNew(event: NewEvent): number {
    const { pdu } = event
    const json = JSON.stringify(pdu.json)
    const nid = this.db.run(
      `INSERT INTO events (event_id, room_nid, room_version, status, reason, type, state_key, sender, depth,
         origin_server_ts, redacts, state_before, state_after, stream_pos, timeline_pos, received_ts, received_from, json)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      pdu.eventId,
      ...this.columns(event, pdu, json),
    ).lastInsertRowid
    this.insertLinks(nid, pdu, event.timelinePos)
    recordEventMedia(this.db, pdu, json)
    this.remember(event, pdu, json.length)
    return nid
  }

  /** Everything but the id, in the order of both statements. */
  private columns(event: NewEvent, pdu: Pdu, json: string): (string | number | null)[] {
    return [
      this.rooms.intern(pdu.roomId),
      pdu.roomVersion,
      STATUSES.indexOf(event.status),
      event.reason ?? null,
      pdu.type,
      pdu.stateKey ?? null,
      pdu.sender,
      storableInt(pdu.depth),
      storableInt(pdu.originServerTs),
      pdu.redacts ?? null,
      event.stateBefore ?? null,
      event.stateAfter ?? null,
      event.streamPos ?? null,
      event.timelinePos ?? null,
      event.receivedTs,
      event.receivedFrom ?? null,
      json,
    ]
  }

  private replace(existing: StoredEvent, event: NewEvent): void {
    // What was redacted stays so: the new copy may be the unredacted one.
    const { redactedBy, threadRoot } = existing
    const pdu = redactedBy === undefined ? event.pdu : existing.pdu
    const json = JSON.stringify(pdu.json)
    const nid = Number(this.db.get('SELECT nid FROM events WHERE event_id = ?', pdu.eventId)?.['nid'])
    this.db.run(
      `UPDATE events SET room_nid = ?, room_version = ?, status = ?, reason = ?, type = ?, state_key = ?,
         sender = ?, depth = ?, origin_server_ts = ?, redacts = ?, state_before = ?, state_after = ?,
         stream_pos = ?, timeline_pos = ?, received_ts = ?, received_from = ?, json = ? WHERE nid = ?`,
      ...this.columns(event, pdu, json),
      nid,
    )
    // In room versions 1 and 2 an id does not commit to the content, so the links may differ.
    for (const prev of existing.pdu.prevEvents) {
      this.db.run('DELETE FROM event_edges WHERE prev_id = ? AND event_nid = ?', prev, nid)
    }
    this.deleteRelation(nid)
    this.insertLinks(nid, pdu, event.timelinePos)
    recordEventMedia(this.db, pdu, json)
    this.remember(event, pdu, json.length, redactedBy, threadRoot)
  }

  private insertLinks(nid: number, pdu: Pdu, at: TimelinePos | undefined): void {
    for (const prev of pdu.prevEvents) {
      this.db.run('INSERT OR IGNORE INTO event_edges (prev_id, event_nid) VALUES (?, ?)', prev, nid)
    }
    const relation = relationOf(pdu)
    if (relation === undefined) return
    const room = this.rooms.intern(pdu.roomId)
    this.db.run(
      `INSERT INTO event_relations (target_id, rel_type, event_nid, key, room_nid, timeline_pos, type, sender)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      relation.target,
      relation.relType,
      nid,
      relation.key ?? null,
      room,
      at ?? null,
      pdu.type,
      pdu.sender,
    )
    if (relation.relType !== 'm.thread' || at === undefined) return
    this.db.run(
      `INSERT INTO threads (room_nid, root_id, latest_pos) VALUES (?, ?, ?)
       ON CONFLICT (room_nid, root_id) DO UPDATE SET latest_pos = max(latest_pos, excluded.latest_pos)`,
      room,
      relation.target,
      at,
    )
  }

  /** The relation of an event, and what is left of the thread that it was in: returns that one's root. */
  private deleteRelation(nid: number): EventId | undefined {
    const gone = this.db.get(
      'DELETE FROM event_relations WHERE event_nid = ? RETURNING target_id, rel_type, room_nid',
      nid,
    )
    if (gone?.['rel_type'] !== 'm.thread') return undefined
    const { target_id: root, room_nid: room } = gone
    const latest = this.db.get(
      `SELECT timeline_pos AS pos FROM event_relations
       WHERE target_id = ? AND rel_type = 'm.thread' AND timeline_pos IS NOT NULL AND room_nid = ?
       ORDER BY timeline_pos DESC LIMIT 1`,
      root ?? null,
      room ?? null,
    )
    if (latest === undefined) {
      this.db.run('DELETE FROM threads WHERE room_nid = ? AND root_id = ?', room ?? null, root ?? null)
    } else {
      this.db.run(
        'UPDATE threads SET latest_pos = ? WHERE room_nid = ? AND root_id = ?',
        Number(latest['pos']),
        room ?? null,
        root ?? null,
      )
    }
    return root as EventId
  }

  private remember(
    event: NewEvent,
    pdu: Pdu,
    chars: number,
    redactedBy?: EventId,
    threadRoot?: EventId,
  ): void {
    const stored: StoredEvent = {
      pdu,
      status: event.status,
      reason: event.reason,
      stateBefore: event.stateBefore,
      stateAfter: event.stateAfter,
      streamPos: event.streamPos,
      timelinePos: event.timelinePos,
      receivedTs: event.receivedTs,
      receivedFrom: event.receivedFrom,
      redactedBy,
      threadRoot,
    }
    this.absent.delete(pdu.eventId)
    this.cache.set(pdu.eventId, stored, chars + ENTRY_COST)
  }
}

/** Early room versions allow numbers that a column cannot hold; the JSON keeps what was sent. */
function storableInt(value: number): number {
  if (Number.isSafeInteger(value)) return value
  return value > 0 ? Number.MAX_SAFE_INTEGER : 0
}

/** `m.relates_to` (Client-Server API, "Forming relationships between events"). */
export function relationOf(
  pdu: Pdu,
): { relType: string; target: EventId; key: string | undefined } | undefined {
  const relatesTo = pdu.content['m.relates_to']
  if (typeof relatesTo !== 'object' || relatesTo === null || Array.isArray(relatesTo)) return undefined
  const { rel_type: relType, event_id: target, key } = relatesTo
  if (typeof relType !== 'string' || typeof target !== 'string') return undefined
  return { relType, target: target as EventId, key: typeof key === 'string' ? key : undefined }
}
