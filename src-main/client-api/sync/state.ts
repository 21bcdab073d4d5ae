import {
  splitStateKey,
  stateKeyOf,
  type EventId,
  type RoomId,
  type StateMap,
  type UserId,
} from '../../core/types.ts'
import type { StateGroupId, StoredEvent, StreamPos } from '../../rooms/ports.ts'
import type { Ctx } from '../context.ts'
import type { Timeline } from './timeline.ts'

/** Which state a response tells, as event ids. */
export interface StateArgs {
  readonly roomId: RoomId
  readonly timeline: Timeline
  /** State that the client ends up with. */
  readonly endGroup: StateGroupId
  /** State that the client has; undefined wants everything. */
  readonly baseGroup: StateGroupId | undefined
  /** Up to the start of the timeline, or to its end. */
  readonly upTo: 'start' | 'end'
  /** Lazy loading: only these users' memberships, besides those that changed. */
  readonly lazyMembers: ReadonlySet<UserId> | undefined
}

/**
 * The state of a joined or left room for `/sync` (Client-Server API, "Syncing"): complete, or the
 * difference between what the client has and the start (or end) of the timeline. State that
 * resolution changed without an event of the timeline is told too.
 */
export function stateFor(ctx: Ctx, args: StateArgs): EventId[] {
  const { reader } = ctx
  const { timeline, endGroup, baseGroup, upTo, lazyMembers } = args
  const first = timeline.events[0]
  const startGroup = first?.stateBefore ?? endGroup
  const targetGroup = upTo === 'end' ? endGroup : startGroup

  const ids = new Set<EventId>()
  if (baseGroup === undefined) {
    for (const [key, id] of reader.stateMap(targetGroup)) {
      if (lazyMembers !== undefined && isHiddenMember(key, lazyMembers)) continue
      ids.add(id)
    }
  } else if (!timeline.limited && isLinear(timeline.events, baseGroup, endGroup)) {
    if (upTo === 'end')
      for (const event of timeline.events) if (changesState(event)) ids.add(event.pdu.eventId)
  } else {
    addDifference(ids, reader.stateMap(targetGroup), reader.stateMap(baseGroup))
  }

  if (upTo === 'start' && !isLinear(timeline.events, startGroup, endGroup)) {
    addResolved(ids, reader.stateMap(startGroup), reader.stateMap(endGroup), timeline.events)
  }
  if (lazyMembers !== undefined) {
    const target = reader.stateMap(targetGroup)
    for (const user of lazyMembers) {
      const id = target.get(stateKeyOf('m.room.member', user))
      if (id !== undefined) ids.add(id)
    }
  }
  return [...ids]
}

const isHiddenMember = (key: Parameters<typeof splitStateKey>[0], shown: ReadonlySet<UserId>): boolean => {
  const { type, stateKey } = splitStateKey(key)
  return type === 'm.room.member' && !shown.has(stateKey as UserId)
}

const changesState = (event: StoredEvent): boolean =>
  event.pdu.stateKey !== undefined && event.stateAfter !== event.stateBefore

/** Each event follows the one before, so applying the timeline gives the end state by itself. */
function isLinear(events: readonly StoredEvent[], from: StateGroupId, to: StateGroupId): boolean {
  let group = from
  for (const event of events) {
    if (event.stateBefore !== group) return false
    group = event.stateAfter ?? group
  }
  return group === to
}

function addDifference(ids: Set<EventId>, target: StateMap, base: StateMap): void {
  for (const [key, id] of target) if (base.get(key) !== id) ids.add(id)
}

/** What the client would not have after applying the timeline to the state at its start. */
function addResolved(
  ids: Set<EventId>,
  start: StateMap,
  end: StateMap,
  events: readonly StoredEvent[],
): void {
  const inTimeline = new Set(
    events.flatMap(({ pdu }) => (pdu.stateKey === undefined ? [] : [stateKeyOf(pdu.type, pdu.stateKey)])),
  )
  for (const [key, id] of end) if (start.get(key) !== id && !inTimeline.has(key)) ids.add(id)
}

/** The state that a client had at `since`: after the last event it was told of. */
export function groupAt(ctx: Ctx, roomId: RoomId, since: StreamPos): StateGroupId | undefined {
  const pos = ctx.reader.timelinePosAt(roomId, since)
  if (pos === undefined) return undefined
  const [event] = ctx.reader.timeline({ roomId, direction: 'backward', from: pos + 1, limit: 1 })
  return event?.stateAfter
}

export function wasMemberIn(ctx: Ctx, group: StateGroupId, user: UserId): boolean {
  const id = ctx.reader.stateMap(group).get(stateKeyOf('m.room.member', user))
  return id !== undefined && ctx.reader.getEvent(id)?.pdu.content['membership'] === 'join'
}
