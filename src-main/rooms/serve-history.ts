import type { EventId, Pdu, RoomId, ServerName } from '../core/types.ts'
import { RoomError } from './api.ts'
import { authChain, loadEvents } from './auth-chain.ts'
import { participatingRoom, type RoomsContext } from './context.ts'
import { deniedOrigin } from './denied-server.ts'
import type { StoredEvent } from './ports.ts'
import { isPlaced } from './room-state.ts'
import { aclAllows } from './server-acl.ts'
import { canServerSee, forServer, serverMembership, stateForServer } from './visibility.ts'

const MAX_BACKFILL = 100
const MAX_MISSING = 50
const MAX_LOOKED_AT = 1_000

/**
 * What other servers may ask is for those that are in the room, and not denied by its ACL; and, about events
 * before which they were in it, for those that are not any more: they have to find out how they left.
 */
export function checkInRoom(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  about: readonly EventId[] = [],
): void {
  participatingRoom(ctx, roomId)
  if (!ctx.store.joinedServers(roomId).includes(origin) && !wasInRoom(ctx, origin, roomId, about)) {
    throw new RoomError(403, 'M_FORBIDDEN', 'Your server is not in this room.')
  }
  checkAcl(ctx, origin, roomId)
}

function wasInRoom(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  about: readonly EventId[],
): boolean {
  return (
    about.length > 0 &&
    about.every((id) => {
      const event = ctx.store.getEvent(id)
      return (
        event?.pdu.roomId === roomId &&
        event.stateBefore !== undefined &&
        serverMembership(ctx, origin, event.stateBefore) === 'join'
      )
    })
  )
}

export function checkAcl(ctx: RoomsContext, origin: ServerName, roomId: RoomId): void {
  if (!ctx.domainAllowed(origin)) throw deniedOrigin(ctx.serverName, origin)
  if (!aclAllows(ctx, roomId, origin)) {
    throw new RoomError(403, 'M_FORBIDDEN', 'Your server is not allowed in this room.')
  }
}

function eventIn(ctx: RoomsContext, roomId: RoomId, eventId: EventId): StoredEvent {
  const event = ctx.store.getEvent(eventId)
  if (event === undefined || event.pdu.roomId !== roomId) {
    throw new RoomError(404, 'M_NOT_FOUND', 'This server does not have that event.')
  }
  return event
}

/** `GET /event/{eventId}` */
export function eventForServer(ctx: RoomsContext, origin: ServerName, eventId: EventId): Pdu {
  const event = ctx.store.getEvent(eventId)
  if (event === undefined || event.status === 'rejected') {
    throw new RoomError(404, 'M_NOT_FOUND', 'This server does not have that event.')
  }
  checkInRoom(ctx, origin, event.pdu.roomId, [eventId])
  return forServer(ctx, origin, event)
}

/** `GET /state/{roomId}`: the state before an event, and the auth chain of it. */
export function stateAt(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  eventId: EventId,
): Promise<{ state: Pdu[]; authChain: Pdu[] }> {
  checkInRoom(ctx, origin, roomId, [eventId])
  const event = eventIn(ctx, roomId, eventId)
  if (event.stateBefore === undefined) {
    throw new RoomError(404, 'M_NOT_FOUND', 'This server does not know the state at that event.')
  }
  return stateFrom(ctx, origin, event, [...ctx.store.stateMap(event.stateBefore).values()])
}

async function stateFrom(
  ctx: RoomsContext,
  origin: ServerName,
  event: StoredEvent,
  ids: readonly EventId[],
): Promise<{ state: Pdu[]; authChain: Pdu[] }> {
  const state = stateForServer(ctx, origin, event, await loadEvents(ctx, ids))
  return { state, authChain: await authChain(ctx, state) }
}

/** `GET /event_auth/{roomId}/{eventId}` */
export function authChainOf(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  eventId: EventId,
): Promise<Pdu[]> {
  checkInRoom(ctx, origin, roomId, [eventId])
  return authChain(ctx, [eventIn(ctx, roomId, eventId).pdu])
}

/** `GET /backfill/{roomId}`: these events and those before them, newest first. */
export function backfillForServer(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  from: readonly EventId[],
  limit: number,
): Pdu[] {
  checkInRoom(ctx, origin, roomId, from.slice(0, MAX_BACKFILL))
  const max = Math.min(Math.max(limit, 0), MAX_BACKFILL)
  const seen = new Set<EventId>(from.slice(0, MAX_BACKFILL))
  let heads = placedEvents(ctx, roomId, [...seen])
  const found: StoredEvent[] = []
  for (let steps = 0; found.length < max && heads.length > 0 && steps < MAX_LOOKED_AT; steps++) {
    // The deepest of all heads comes next, so that no side of a fork is left behind.
    heads.sort((a, b) => a.pdu.depth - b.pdu.depth)
    const event = heads.pop()
    if (event === undefined) break
    if (event.status !== 'rejected') found.push(event)
    const prevs = event.pdu.prevEvents.filter((id) => !seen.has(id))
    for (const id of prevs) seen.add(id)
    heads = [...heads, ...placedEvents(ctx, roomId, prevs)]
  }
  return found.map((event) => forServer(ctx, origin, event))
}

/** Rejected ones too: they are not given, but the way to what is older may lead through them. */
function placedEvents(ctx: RoomsContext, roomId: RoomId, ids: readonly EventId[]): StoredEvent[] {
  return ctx.store.getEvents(ids).filter((event) => event.pdu.roomId === roomId && isPlaced(event))
}

/** `GET /timestamp_to_event/{roomId}`: nearest to `ts`, at or after it (`f`) or at or before it (`b`). */
export function eventNearForServer(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  ts: number,
  dir: 'f' | 'b',
): Pdu {
  checkInRoom(ctx, origin, roomId)
  const event = ctx.store
    .eventsNear(roomId, ts, dir, MAX_LOOKED_AT)
    .find((one) => canServerSee(ctx, origin, one))
  if (event === undefined) {
    throw new RoomError(404, 'M_NOT_FOUND', 'This server knows no event on that side of the time.')
  }
  return event.pdu
}

/** `POST /get_missing_events/{roomId}`: breadth first from `latest` (without them) back to `earliest`; oldest first. */
export function missingEventsForServer(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  args: { earliest: readonly EventId[]; latest: readonly EventId[]; limit: number; minDepth: number },
): Pdu[] {
  checkInRoom(ctx, origin, roomId, args.latest.slice(0, MAX_MISSING))
  const max = Math.min(Math.max(args.limit, 0), MAX_MISSING)
  const skip = new Set<EventId>([...args.earliest, ...args.latest])
  const found: StoredEvent[] = []
  let level = ctx.store
    .getEvents(args.latest.slice(0, MAX_MISSING))
    .filter((event) => event.pdu.roomId === roomId)
  for (let steps = 0; level.length > 0 && found.length < max && steps < MAX_LOOKED_AT; steps++) {
    const prevs = new Set(level.flatMap((event) => event.pdu.prevEvents).filter((id) => !skip.has(id)))
    for (const id of prevs) skip.add(id)
    level = placedEvents(ctx, roomId, [...prevs]).filter((event) => event.pdu.depth >= args.minDepth)
    found.push(...level.filter((event) => event.status !== 'rejected').slice(0, max - found.length))
  }
  return found.reverse().map((event) => forServer(ctx, origin, event))
}
