import { stateKeyOf, type RoomId, type ServerName } from '../core/types.ts'
import type { RoomStore, StateGroupId } from '../rooms/ports.ts'
import type { Database } from './database.ts'
import { enqueueEdu, enqueuePdu } from './outbox.ts'
import { Aliases } from './rooms/aliases.ts'
import { ClientTxns } from './rooms/client-txns.ts'
import { Events } from './rooms/events.ts'
import { Extremities } from './rooms/extremities.ts'
import { LocalMemberships } from './rooms/local-memberships.ts'
import { Members } from './rooms/members.ts'
import { PendingLeaves } from './rooms/pending-leaves.ts'
import { Receipts } from './rooms/receipts.ts'
import { Relations } from './rooms/relations.ts'
import { Refusals } from './rooms/refusals.ts'
import { RoomIds } from './rooms/room-ids.ts'
import { Removals } from './rooms/removals.ts'
import { RoomRecords } from './rooms/room-records.ts'
import { Search } from './rooms/search.ts'
import { Staging } from './rooms/staging.ts'
import { StateGroups } from './rooms/state-groups.ts'
import { StreamCounter } from './rooms/stream-counter.ts'
import { Timeline } from './rooms/timeline.ts'

/**
 * The room store over SQLite: see `rooms/ports.ts` for what each method promises. Each table has its
 * file in `storage/rooms/`; this one joins them, refuses writes outside a transaction, and drops every
 * cache when a transaction is undone.
 */
export function createRoomStore(
  db: Database,
  serverName: ServerName,
  options: {
    /** Content was taken away, and is to leave the files of the database. */
    redacted?: () => void
  } = {},
): RoomStore {
  const rooms = new RoomIds(db)
  const stream = new StreamCounter(db)
  const records = new RoomRecords(db, rooms)
  const events = new Events(db, rooms)
  const relations = new Relations(db, rooms, events)
  const search = new Search(db, rooms, events, relations)
  const timeline = new Timeline(db, rooms, events)
  const groups = new StateGroups(db, rooms)
  const members = new Members(db, rooms, events, serverName)
  const local = new LocalMemberships(db, rooms)
  const extremities = new Extremities(db, rooms, events)
  const staging = new Staging(db)
  const receipts = new Receipts(db, rooms)
  const txns = new ClientTxns(db, rooms)
  const aliases = new Aliases(db, rooms)
  const leaves = new PendingLeaves(db)
  const refusals = new Refusals(db)

  const removals = new Removals(db, rooms, events, search, serverName)

  db.onEveryRollback(() => {
    for (const part of [rooms, stream, records, events, timeline, extremities, groups, members])
      part.dropCaches()
  })

  /** Guards a write: outside a transaction it would commit alone. */
  function write<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      if (!db.inTransaction) throw new Error('The store is only written in a transaction')
      return fn(...args)
    }
  }

  function currentGroup(roomId: RoomId): StateGroupId {
    return records.get(roomId)?.currentState ?? 0
  }

  function setCurrentState(roomId: RoomId, group: StateGroupId): void {
    const old = currentGroup(roomId)
    records.setCurrentState(roomId, group)
    members.update(roomId, groups.candidates(old, group), groups.map(old), groups.map(group))
  }

  return {
    maxStreamPos: () => stream.current(),

    getRoom: (roomId) => records.get(roomId),
    listRooms: () => records.list(),

    getEvent: (eventId) => events.get(eventId),
    getEvents: (ids) => events.getMany(ids),
    missingEvents: (ids) => events.missing(ids),
    forwardExtremities: (roomId) => extremities.forward(roomId),
    gaps: (roomId) => extremities.gaps(roomId),

    stateMap: (group) => groups.map(group),
    differingKeys: (a, b) => groups.candidates(a, b),
    currentStateMap: (roomId) => groups.map(currentGroup(roomId)),
    currentStateEvent(roomId, type, stateKey) {
      const eventId = groups.map(currentGroup(roomId)).get(stateKeyOf(type, stateKey))
      return eventId === undefined ? undefined : events.get(eventId)
    },
    members: (roomId, membership) => members.list(roomId, membership),
    member: (roomId, userId) => members.get(roomId, userId),
    joinedServers: (roomId) => members.joinedServers(roomId),
    joinedCount: (roomId) => members.joinedCount(roomId),
    memberSummary: (roomId, except, limit) => members.summary(roomId, except, limit),
    joinedLocalUsers: (roomId) => members.joinedLocalUsers(roomId),
    roomsJoinedBy: (userId) => members.roomsJoinedBy(userId),
    roomsSharedWithServer: (server) => members.roomsSharedWith(server),

    localMembership: (userId, roomId) => local.get(userId, roomId),
    localMemberships: (userId) => local.list(userId),
    waitingInvites: (userId, server) => local.invitesFrom(userId, server),
    localMembershipsSince: (userId, since) => local.since(userId, since),

    timeline: (query) => timeline.page(query),
    eventsSince: (roomId, since, to, limit) => timeline.since(roomId, since, to, limit),
    newestEvents: (before, limit) => timeline.newest(before, limit),
    roomsWithEventsSince: (since, to) => timeline.roomsSince(since, to),
    timelinePosAt: (roomId, pos) => timeline.posAt(roomId, pos),
    highestTimelinePos: (roomId) => timeline.highestPos(roomId),
    lowestTimelinePos: (roomId) => timeline.lowestPos(roomId),

    childrenOf: (roomId, eventId) => events.childrenOf(roomId, eventId),
    redactionsOf: (eventId) => events.redactionsOf(eventId),
    relations: (query) => relations.page(query),
    relationTypes: (target) => relations.types(target),
    latestEdit: (original) => relations.latestEdit(original),
    editsOf: (original) => relations.editsOf(original),
    relationsBySender: (roomId, target, relType) => relations.countBySender(roomId, target, relType),
    threads: (query) => relations.threads(query),
    eventsNear: (roomId, ts, dir, limit) => timeline.near(roomId, ts, dir, limit),

    searchText: (query, limit) => search.find(query, limit),
    countText: (query, most) => search.count(query, most),

    receipts: (roomId) => receipts.list(roomId),
    receiptsOf: (roomId, userId) => receipts.of(roomId, userId),
    receiptsSince: (roomIds, since, to) => receipts.since(roomIds, since, to),

    clientTxn: (txn, roomId) => txns.get(txn, roomId),
    clientTxnsOf: (userId, deviceId, ids) => txns.of(userId, deviceId, ids),

    alias(alias) {
      const found = aliases.get(alias)
      if (found === undefined) return undefined
      const servers = members.joinedServers(found.roomId)
      return { ...found, servers: servers.length > 0 ? servers : [serverName] }
    },
    aliasesOf: (roomId) => aliases.of(roomId),
    isPublic: (roomId) => records.isPublic(roomId),
    publicRooms: () => records.publicRooms(),
    pendingLeaves: () => leaves.list(),

    removals: () => removals.list(),
    saidBy: (userId, roomId, after, limit) => removals.saidBy(userId, roomId, after, limit),
    isWanted: (roomId) => removals.isWanted(roomId),
    storedEvents: (roomId) => removals.count(roomId),
    putRemoval: write((row) => removals.put(row)),
    deleteRemoval: write((userId, roomId) => removals.delete(userId, roomId)),
    purgeRoom: write((roomId, limit) => {
      const purged = removals.purge(roomId, limit)
      if (purged.done) refusals.forgetRoom(roomId)
      timeline.dropCaches()
      if (purged.done) for (const part of [records, extremities, groups, members]) part.dropCaches()
      if (purged.removed.length > 0) options.redacted?.()
      return purged
    }),

    transaction: (fn, survives) => db.transaction(fn, survives),
    nextStreamPos: write(() => {
      db.willBeTold()
      return stream.next()
    }),

    insertRoom: write((room) => {
      records.insert(room)
      if (room.currentState !== currentGroup(room.roomId)) setCurrentState(room.roomId, room.currentState)
    }),
    updateRoom: write((roomId, change) => {
      if (change.participating !== undefined) records.setParticipating(roomId, change.participating)
      if (change.currentState !== undefined) setCurrentState(roomId, change.currentState)
    }),

    insertEvent: write((event) => {
      const nid = events.insert(event)
      const stored = events.get(event.pdu.eventId)
      if (stored?.timelinePos !== undefined) {
        timeline.placed(stored.pdu.roomId, stored.timelinePos)
        if (nid === undefined || !search.mayWait(nid)) search.update(stored)
      }
      // What was never kept, or not as it came, may be what somebody deletes.
      if (stored?.pdu.redacts !== undefined) refusals.forgetContent(stored.pdu.redacts)
    }),
    keepPlace: write((eventId, at) => events.keepPlace(eventId, at)),
    lowestKeptPlace: (roomId, above) => timeline.lowestKept(roomId, above),
    showEvent: write((eventId, newest) => {
      const { roomId, at, isLive } = events.show(eventId, newest)
      timeline.placed(roomId, at)
      return isLive
    }),
    redactEvent: write((eventId, redacted, by) => {
      const before = events.get(eventId)
      events.redact(eventId, redacted, by)
      refusals.forgetContent(eventId)
      members.redacted(redacted)
      if (before !== undefined) search.removed(before)
      options.redacted?.()
    }),
    indexNewText: write((slice) => search.indexNew(slice)),
    indexOlderText: write((slice) => search.catchUp(slice)),
    setForwardExtremities: write((roomId, ids) => extremities.setForward(roomId, ids)),
    addGap: write((roomId, gap) => extremities.addGap(roomId, gap)),
    closeGaps: write((roomId, missing) => extremities.closeGaps(roomId, missing)),

    addStateGroup: write((roomId, base, delta) => groups.add(roomId, base, delta)),
    putStateMap: write((roomId, state, near) => groups.put(roomId, state, near)),
    setCurrentState: write(setCurrentState),

    putLocalMembership: write((row) => local.put(row)),
    forgetRoom: write((userId, roomId) => local.forget(userId, roomId)),

    stageTransaction: write((origin, txnId, pdus, receivedTs) =>
      staging.stage(origin, txnId, pdus, receivedTs),
    ),
    stagedRooms: () => staging.rooms(),
    stagedCounts: (roomId) => staging.counts(roomId),
    stagedPdus: (roomId, limit) => staging.pdus(roomId, limit),
    stagedHeads: (roomId, limit) => staging.heads(roomId, limit),
    stagedPdu: (id) => staging.pdu(id),
    deleteStaged: write((id) => staging.delete(id)),

    enqueuePdu: write((destinations, pdu) => enqueuePdu(db, destinations, pdu)),
    enqueueEdu: write((destination, edu, key) => enqueueEdu(db, destination, edu, key)),

    putReceipt: write((row) => receipts.put(row)),
    putClientTxn: write((txn, roomId, eventId) => txns.put(txn, roomId, eventId)),
    putRefusal: write((refusal) => refusals.put(refusal)),
    putAlias: write((alias, roomId, creator) => aliases.put(alias, roomId, creator)),
    deleteAlias: write((alias) => aliases.delete(alias)),
    putPendingLeave: write((row) => leaves.put(row)),
    deletePendingLeave: write((userId, roomId) => leaves.delete(userId, roomId)),
    setPublic: write((roomId, isPublic) => records.setPublic(roomId, isPublic)),
  }
}
