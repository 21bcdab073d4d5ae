import type { EventId, JsonObject, RoomId, UserId } from '../../core/types.ts'
import type { LocalMembership, ReceiptRow } from '../../rooms/ports.ts'
import { ignoredUsers, type Ctx } from '../context.ts'
import { passesRooms } from '../filter.ts'
import type { AccountDataRow } from '../ports.ts'
import { formatSyncToken, type SyncPosition } from '../tokens.ts'
import { createExtras, type Extras } from './extras.ts'
import { joinedRoom, newlySeen } from './joined-room.ts'
import { roomNews, type RoomNews } from './news.ts'
import { leftRoom, strippedRoom } from './other-rooms.ts'
import type { SyncRequest } from './request.ts'
import { wasMemberIn } from './state.ts'

export interface SyncResult {
  readonly json: JsonObject
  /** Nothing happened, so a long poll goes on waiting. */
  readonly isEmpty: boolean
  /** In the timelines of joined rooms. */
  readonly events: readonly EventId[]
  /** Rooms whose events end the wait. */
  readonly joined: ReadonlySet<RoomId>
}

interface RoomWork {
  readonly isNew: boolean
  readonly checkVisibility: boolean
}

/**
 * One answer of `/sync`, in pieces, as of the moment at which it was begun. An incremental answer looks only at
 * rooms in which something happened.
 */
export function* buildSync(ctx: Ctx, request: SyncRequest): Generator<void, SyncResult> {
  const { reader, rooms, accounts } = ctx
  const user = request.session.userId
  const { since } = request
  const events: EventId[] = []
  const ignored = ignoredUsers(ctx, user)
  const extras = createExtras(ctx, request)
  const joinedIds = reader.roomsJoinedBy(user)
  const joined = new Set(joinedIds)
  const serials = joinedIds.map((roomId) => [roomId, rooms.typingSerial(roomId)] as const)
  const typingMax = serials.reduce((max, [, serial]) => Math.max(max, serial), 0)
  // Typing is kept in memory; after a restart its serial starts again, and so does the client.
  const typingSince = since === undefined || since.typing > typingMax ? 0 : since.typing
  const to: SyncPosition = {
    stream: reader.maxStreamPos(),
    typing: typingMax,
    account: extras.upTo,
    presence: rooms.presence.serial,
  }

  // Every other look: a client that was answered asks again at once, and then waits.
  if (since !== undefined && !request.fullState && formatSyncToken(since) === formatSyncToken(to)) {
    return yield* answer({}, extras.build([], [], undefined))
  }

  const news = since === undefined ? undefined : roomNews(ctx, user, joined, since, to)
  const work = news === undefined ? allRooms(joined) : changedRooms(ctx, user, news)
  const memberships =
    news === undefined || request.fullState ? reader.localMemberships(user) : news.memberships
  if (request.fullState) for (const id of joined) if (!work.has(id)) work.set(id, quiet)

  const accountData = groupByRoom(accounts.accountDataSince(user, since?.account ?? 0, to.account))
  const receipts =
    since === undefined ? undefined : groupByRoom(reader.receiptsSince(joinedIds, since.stream, to.stream))
  const typing = new Set(serials.filter(([, serial]) => serial > typingSince).map(([roomId]) => roomId))
  for (const id of [...accountData.keys(), ...(receipts?.keys() ?? []), ...typing]) {
    if (id !== undefined && joined.has(id) && !work.has(id)) work.set(id, quiet)
  }

  const states = new Map([...work.keys()].map((id) => [id, reader.getRoom(id)?.currentState]))
  const seen: UserId[] = []
  const join: JsonObject = {}
  for (const [roomId, { isNew, checkVisibility }] of work) {
    if (!passesRooms(request.filter.room, roomId)) continue
    const endGroup = states.get(roomId)
    if (endGroup === undefined) continue
    yield
    const isFull = isNew || news === undefined
    const part = yield* joinedRoom(ctx, request, {
      roomId,
      endGroup,
      since: isFull ? undefined : news.since.stream,
      to: to.stream,
      baseGroup: isFull || request.fullState ? undefined : news.stateBefore(roomId),
      checkVisibility,
      ignored,
      receipts: isFull ? reader.receipts(roomId) : (receipts?.get(roomId) ?? []),
      typing: isFull ? rooms.typingUsers(roomId).length > 0 : typing.has(roomId),
      accountData: isFull ? accounts.roomAccountData(user, roomId) : (accountData.get(roomId) ?? []),
    })
    if (part === undefined) continue
    join[roomId] = part.json
    for (const { pdu } of part.timeline.events) events.push(pdu.eventId)
    if (news !== undefined) seen.push(...newlySeen(ctx, roomId, part.timeline, isNew))
  }

  const isListChanged = accountData.get(undefined)?.some((row) => row.type === 'm.ignored_user_list') === true
  const hidden = isListChanged
    ? reader.localMemberships(user).filter((row) => row.membership === 'invite')
    : []
  const others = yield* otherRooms(ctx, request, [...memberships, ...hidden], ignored)
  const sections: JsonObject = {}
  for (const [name, section] of Object.entries({ join, ...others })) {
    if (Object.keys(section).length > 0) sections[name] = section
  }
  return yield* answer(sections, extras.build(accountData.get(undefined) ?? [], seen, news))

  function* answer(sections: JsonObject, build: ReturnType<Extras['build']>): Generator<void, SyncResult> {
    const extra = yield* build
    return {
      json: { next_batch: formatSyncToken(to), rooms: sections, ...extra.json },
      isEmpty: Object.keys(sections).length === 0 && extra.isEmpty,
      events,
      joined,
    }
  }
}

const quiet: RoomWork = { isNew: false, checkVisibility: false }

const allRooms = (joined: ReadonlySet<RoomId>): Map<RoomId, RoomWork> =>
  new Map([...joined].map((id) => [id, { isNew: true, checkVisibility: true }]))

/** Joined rooms with new events, and which of them are new to the client. */
function changedRooms(ctx: Ctx, user: UserId, news: RoomNews): Map<RoomId, RoomWork> {
  const work = new Map<RoomId, RoomWork>()
  for (const roomId of news.withEvents) {
    work.set(roomId, { isNew: false, checkVisibility: false })
  }
  for (const row of news.memberships) {
    if (row.membership !== 'join' || !news.joined.has(row.roomId)) continue
    const group = news.stateBefore(row.roomId)
    const isNew = group === undefined || !wasMemberIn(ctx, group, user)
    work.set(row.roomId, { isNew, checkVisibility: true })
  }
  return work
}

function* otherRooms(
  ctx: Ctx,
  request: SyncRequest,
  memberships: readonly LocalMembership[],
  ignored: ReadonlySet<string>,
): Generator<void, { invite: JsonObject; knock: JsonObject; leave: JsonObject }> {
  const sections = { invite: {} as JsonObject, knock: {} as JsonObject, leave: {} as JsonObject }
  const isFirst = request.since === undefined
  for (const row of memberships) {
    yield
    if (row.forgotten || !passesRooms(request.filter.room, row.roomId)) continue
    switch (row.membership) {
      case 'invite':
      case 'knock':
        if (row.membership === 'invite' && ignored.has(row.sender)) break
        sections[row.membership][row.roomId] = strippedRoom(ctx, row)
        break
      case 'leave':
      case 'ban': {
        const isNews = request.since !== undefined && row.streamPos > request.since.stream
        const wanted = request.filter.room?.include_leave === true && (isFirst || request.fullState)
        if (isNews || wanted) sections.leave[row.roomId] = yield* leftRoom(ctx, request, row, ignored)
        break
      }
      case 'join':
        break
    }
  }
  return sections
}

function groupByRoom<T extends ReceiptRow | AccountDataRow>(rows: readonly T[]): Map<T['roomId'], T[]> {
  const groups = new Map<T['roomId'], T[]>()
  for (const row of rows) {
    const group = groups.get(row.roomId)
    if (group === undefined) groups.set(row.roomId, [row])
    else group.push(row)
  }
  return groups
}
