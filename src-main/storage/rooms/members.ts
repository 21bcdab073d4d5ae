import { serverNameOf } from '../../core/ids.ts'
import {
  splitStateKey,
  type EventId,
  type Pdu,
  type RoomId,
  type ServerName,
  type StateMap,
  type StateMapKey,
  type UserId,
} from '../../core/types.ts'
import type { MemberRow, Membership, StoredEvent } from '../../rooms/ports.ts'
import type { Database, Row } from '../database.ts'
import type { Events } from './events.ts'
import type { RoomIds } from './room-ids.ts'

const MEMBERSHIPS: ReadonlySet<unknown> = new Set<Membership>(['join', 'invite', 'leave', 'ban', 'knock'])
/** What `stateKeyOf` puts before the user id. */
const MEMBER_PREFIX = '13:m.room.member'

/** Members and servers of rooms in their current state, kept by differences. */
export class Members {
  private readonly db: Database
  private readonly rooms: RoomIds
  private readonly events: Events
  private readonly serverName: ServerName
  private readonly servers = new Map<RoomId, ServerName[]>()
  private readonly localUsers = new Map<RoomId, UserId[]>()

  constructor(db: Database, rooms: RoomIds, events: Events, serverName: ServerName) {
    this.db = db
    this.rooms = rooms
    this.events = events
    this.serverName = serverName
  }

  dropCaches(): void {
    this.servers.clear()
    this.localUsers.clear()
  }

  /** Brings the rows of the members among `keys` from `before` to `after`. */
  update(roomId: RoomId, keys: Iterable<StateMapKey>, before: StateMap, after: StateMap): void {
    const room = this.rooms.intern(roomId)
    // Counted together, as a large room has many members of few servers.
    const joins = new Map<ServerName, number>()
    for (const key of keys) {
      if (!key.startsWith(MEMBER_PREFIX)) continue
      const eventId = after.get(key)
      if (before.get(key) === eventId) continue
      const userId = splitStateKey(key).stateKey as UserId
      const joined = this.setMember(room, userId, eventId)
      if (joined === 0) continue
      const server = serverNameOf(userId)
      joins.set(server, (joins.get(server) ?? 0) + joined)
      if (server === this.serverName) this.countLocalJoin(roomId, userId, joined)
    }
    for (const [server, joined] of joins) if (joined !== 0) this.countJoins(roomId, room, server, joined)
  }

  /** A name that was redacted is to be seen nowhere. */
  redacted(pdu: Pdu): void {
    if (pdu.type !== 'm.room.member') return
    this.db.run(
      'UPDATE room_members SET display_name = NULL, avatar_url = NULL WHERE room_nid = ? AND event_id = ?',
      this.rooms.find(pdu.roomId),
      pdu.eventId,
    )
  }

  list(roomId: RoomId, membership: Membership | undefined): MemberRow[] {
    const room = this.rooms.find(roomId)
    const rows =
      membership === undefined
        ? this.db.all('SELECT * FROM room_members WHERE room_nid = ?', room)
        : this.db.all('SELECT * FROM room_members WHERE room_nid = ? AND membership = ?', room, membership)
    return rows.map(toMember)
  }

  get(roomId: RoomId, userId: UserId): MemberRow | undefined {
    const row = this.db.get(
      'SELECT * FROM room_members WHERE room_nid = ? AND user_id = ?',
      this.rooms.find(roomId),
      userId,
    )
    return row === undefined ? undefined : toMember(row)
  }

  joinedServers(roomId: RoomId): ServerName[] {
    let servers = this.servers.get(roomId)
    if (servers === undefined) {
      servers = this.db
        .all('SELECT server FROM room_servers WHERE room_nid = ?', this.rooms.find(roomId))
        .map((row) => row['server'] as ServerName)
      this.servers.set(roomId, servers)
    }
    return [...servers]
  }

  joinedCount(roomId: RoomId): number {
    const row = this.db.get(
      'SELECT sum(joined) AS count FROM room_servers WHERE room_nid = ?',
      this.rooms.find(roomId),
    )
    return Number(row?.['count'] ?? 0)
  }

  /** Without reading all the members of a large room. */
  summary(
    roomId: RoomId,
    except: UserId,
    limit: number,
  ): { joined: number; invited: number; heroes: UserId[] } {
    const room = this.rooms.find(roomId)
    const some = (memberships: string): UserId[] =>
      this.db
        .all(
          `SELECT user_id FROM room_members WHERE room_nid = ? AND membership IN (${memberships}) AND user_id <> ?
           ORDER BY user_id LIMIT ?`,
          room,
          except,
          limit,
        )
        .map((row) => row['user_id'] as UserId)
    const present = some("'join', 'invite'")
    const invited = this.db.get(
      "SELECT count(*) AS count FROM room_members WHERE room_nid = ? AND membership = 'invite'",
      room,
    )
    return {
      joined: this.joinedCount(roomId),
      invited: Number(invited?.['count'] ?? 0),
      heroes: present.length > 0 ? present : some("'leave', 'ban'"),
    }
  }

  joinedLocalUsers(roomId: RoomId): UserId[] {
    let users = this.localUsers.get(roomId)
    if (users === undefined) {
      users = this.db
        .all(
          "SELECT user_id FROM room_members WHERE room_nid = ? AND membership = 'join' AND local = 1 ORDER BY user_id",
          this.rooms.find(roomId),
        )
        .map((row) => row['user_id'] as UserId)
      this.localUsers.set(roomId, users)
    }
    return [...users]
  }

  roomsJoinedBy(userId: UserId): RoomId[] {
    return this.db
      .all(
        "SELECT room_nid FROM room_members WHERE user_id = ? AND membership = 'join' ORDER BY room_nid",
        userId,
      )
      .map((row) => this.rooms.idOf(Number(row['room_nid'])))
  }

  roomsSharedWith(server: ServerName): RoomId[] {
    return this.db
      .all(
        `SELECT a.room_nid FROM room_servers a JOIN room_servers b ON b.room_nid = a.room_nid AND b.server = ?
         WHERE a.server = ? ORDER BY a.room_nid`,
        this.serverName,
        server,
      )
      .map((row) => this.rooms.idOf(Number(row['room_nid'])))
  }

  /** How many members more are joined now: 1, 0 or -1. */
  private setMember(room: number, userId: UserId, eventId: EventId | undefined): number {
    const old = this.db.get(
      'SELECT membership FROM room_members WHERE room_nid = ? AND user_id = ?',
      room,
      userId,
    )
    const event = eventId === undefined ? undefined : this.events.get(eventId)
    if (eventId !== undefined && event === undefined) {
      throw new Error(`The state of room ${room} names ${eventId}, which is not stored`)
    }
    const row = event === undefined ? undefined : memberFrom(userId, event)
    if (row === undefined) {
      this.db.run('DELETE FROM room_members WHERE room_nid = ? AND user_id = ?', room, userId)
    } else {
      this.db.run(
        `INSERT OR REPLACE INTO room_members (room_nid, user_id, membership, event_id, local, display_name, avatar_url)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
        room,
        userId,
        row.membership,
        row.eventId,
        Number(serverNameOf(userId) === this.serverName),
        row.displayName ?? null,
        row.avatarUrl ?? null,
      )
    }
    return Number(row?.membership === 'join') - Number(old?.['membership'] === 'join')
  }

  private countJoins(roomId: RoomId, room: number, server: ServerName, joins: number): void {
    this.db.run(
      `INSERT INTO room_servers (room_nid, server, joined) VALUES (?, ?, ?)
       ON CONFLICT (room_nid, server) DO UPDATE SET joined = joined + excluded.joined`,
      room,
      server,
      joins,
    )
    if (joins < 0) {
      this.db.run('DELETE FROM room_servers WHERE room_nid = ? AND server = ? AND joined <= 0', room, server)
      this.servers.delete(roomId)
    } else {
      const servers = this.servers.get(roomId)
      if (servers?.includes(server) === false) servers.push(server)
    }
  }

  /** A list of all is not read again with each join. */
  private countLocalJoin(roomId: RoomId, userId: UserId, joins: number): void {
    const users = this.localUsers.get(roomId)
    if (users === undefined) return
    let at = 0
    for (let end = users.length; at < end;) {
      const middle = (at + end) >> 1
      if ((users[middle] ?? '') < userId) at = middle + 1
      else end = middle
    }
    const isListed = users[at] === userId
    if (joins > 0 && !isListed) users.splice(at, 0, userId)
    if (joins < 0 && isListed) users.splice(at, 1)
  }
}

/** Undefined for a membership that does not exist; redacted or hostile profiles are left out. */
function memberFrom(userId: UserId, event: StoredEvent): MemberRow | undefined {
  const { membership, displayname, avatar_url: avatarUrl } = event.pdu.content
  if (!MEMBERSHIPS.has(membership)) return undefined
  return {
    userId,
    membership: membership as Membership,
    eventId: event.pdu.eventId,
    displayName: typeof displayname === 'string' ? displayname : undefined,
    avatarUrl: typeof avatarUrl === 'string' ? avatarUrl : undefined,
  }
}

function toMember(row: Row): MemberRow {
  return {
    userId: row['user_id'] as UserId,
    membership: row['membership'] as Membership,
    eventId: row['event_id'] as EventId,
    displayName: (row['display_name'] ?? undefined) as string | undefined,
    avatarUrl: (row['avatar_url'] ?? undefined) as string | undefined,
  }
}
