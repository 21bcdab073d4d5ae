import { stateKeyOf, type EventId, type StateMap, type UserId } from '../../core/types.ts'
import type { Ctx } from '../context.ts'
import type { RoomNews } from './news.ts'

/** Members who are looked at in one piece. */
const PIECE = 50

export interface DeviceListNews {
  readonly changed: ReadonlySet<UserId>
  readonly left: ReadonlySet<UserId>
}

/**
 * Whose devices a client has to look at again: those who changed them, and those with whom it newly shares an
 * encrypted room; and with whom it shares no room any more (Client-Server API, "Tracking the device list").
 */
export function* deviceListNews(ctx: Ctx, user: UserId, news: RoomNews): Generator<void, DeviceListNews> {
  const { reader, accounts } = ctx
  const { joined, since, to } = news
  const shares = (other: UserId): boolean =>
    other === user || reader.roomsJoinedBy(other).some((room) => joined.has(room))

  const changed = new Set(accounts.deviceListChanges(since.account, to.account).filter(shares))
  const gone = new Set<UserId>()
  let looked = 0
  // Rooms whose members may have changed, or that the user came into or left.
  const touched = new Set([...news.withEvents, ...news.memberships.map((row) => row.roomId)])
  for (const room of touched) {
    const current = reader.getRoom(room)?.currentState
    const group = news.stateBefore(room)
    // By far most events are messages, and leave everything as it is.
    if (current === undefined || current === group) continue
    const before = group === undefined ? nothing : reader.stateMap(group)
    const after = reader.stateMap(current)
    const wasIn = isJoined(ctx, before, user)
    const isIn = joined.has(room)
    const encrypted = after.has(stateKeyOf('m.room.encryption', ''))
    for (const other of wasIn && isIn ? changedMembers(before, after) : allMembers(before, after)) {
      if (++looked % PIECE === 0) yield
      if (other === user) continue
      const was = wasIn && isJoined(ctx, before, other)
      const is = isIn && isJoined(ctx, after, other)
      if (is && !was && encrypted) changed.add(other)
      if (was && !is && !shares(other)) gone.add(other)
    }
  }
  return { changed, left: gone }
}

/** What the keys of members begin with. */
const MEMBER = stateKeyOf('m.room.member', '')

const nothing: StateMap = new Map()

function isJoined(ctx: Ctx, state: StateMap, user: UserId): boolean {
  const id = state.get(stateKeyOf('m.room.member', user))
  return id !== undefined && ctx.reader.getEvent(id)?.pdu.content['membership'] === 'join'
}

function* changedMembers(before: StateMap, after: StateMap): Generator<UserId> {
  for (const [user, id] of membersIn(after))
    if (before.get(stateKeyOf('m.room.member', user)) !== id) yield user
  for (const [user] of membersIn(before)) if (!after.has(stateKeyOf('m.room.member', user))) yield user
}

function* allMembers(before: StateMap, after: StateMap): Generator<UserId> {
  for (const [user] of membersIn(after)) yield user
  for (const [user] of membersIn(before)) if (!after.has(stateKeyOf('m.room.member', user))) yield user
}

function* membersIn(state: StateMap): Generator<[UserId, EventId]> {
  for (const [key, id] of state) {
    if (key.startsWith(MEMBER)) yield [key.slice(MEMBER.length) as UserId, id]
  }
}
