import type { EventId, Pdu, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { commit, type Effects } from './commit.ts'
import type { RoomsContext } from './context.ts'
import { fetchAuthEvents, fetchStateBefore } from './fetch-missing.ts'
import { placeEvent } from './place-event.ts'
import { TIMELINE_STEP, type RoomRecord, type StateGroupId, type TimelinePos } from './ports.ts'
import { applyWaitingRedactions } from './redactions.ts'
import { isPlaced, rememberStateAfter, unknownPrevs } from './room-state.ts'
import { neverPlaced } from './same-event.ts'
import { byDepth, topologicalOrder } from './topological-order.ts'

/** Servers asked for the state at one edge of history. */
const MAX_STATE_SERVERS = 3
/** Prev events of what is placed in one transaction: where many branches meet, 100 events have 1,000 and take 80 ms. */
const MAX_EDGES = 500

export interface HistoryBatch {
  /** Who gave it. */
  readonly server: ServerName
  readonly pdus: readonly Pdu[]
  /** Who else may know the state there. */
  readonly others: readonly ServerName[]
  /** The stretch of the timeline that it belongs to; see `segmentOf`. */
  readonly segment: number
}

/**
 * Gives checked events of the past their places below what is known of a stretch of history. Those of one
 * transaction have their order, or none is there yet; where there are several, the newest come first. Answers how
 * many were written.
 */
export async function placeHistory(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  batch: HistoryBatch,
): Promise<number> {
  const pdus = await withAuthEvents(ctx, item, room, batch)
  if (pdus.length === 0) return 0
  const ordered = topologicalOrder(pdus.toSorted(byDepth), (pdu) => [...pdu.prevEvents, ...pdu.authEvents])
  let placed = 0
  for (const piece of inPieces(ordered).toReversed())
    placed += await placePiece(ctx, item, room, batch, piece)
  item.set({ placed })
  return placed
}

/** Not where an event would be in a later transaction than one that it authorises. */
function inPieces(ordered: readonly Pdu[]): Pdu[][] {
  const pieces: Pdu[][] = []
  let edges = Infinity
  for (const pdu of ordered) {
    edges += pdu.prevEvents.length
    if (edges > MAX_EDGES) {
      pieces.push([])
      edges = pdu.prevEvents.length
    }
    pieces.at(-1)?.push(pdu)
  }
  const pieceOf = new Map(pieces.flatMap((piece, at) => piece.map((pdu) => [pdu.eventId, at] as const)))
  const holds = pieces.every((piece, at) =>
    piece.every((pdu) => pdu.authEvents.every((id) => (pieceOf.get(id) ?? at) >= at)),
  )
  return holds ? pieces : [[...ordered]]
}

async function placePiece(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  batch: HistoryBatch,
  ordered: readonly Pdu[],
): Promise<number> {
  const servers = [batch.server, ...batch.others].slice(0, MAX_STATE_SERVERS)
  for (let first = 0; ; first++) {
    const told = await findStates(ctx, item, room, servers.slice(first), ordered)
    await breathe()
    // Events that the state refuses make the state suspect, as long as another server can be asked for it.
    const isSuspect = told && first + 1 < servers.length
    const placed = attempt(ctx, (effects) =>
      write(ctx, effects, item, { room, server: batch.server, segment: batch.segment, isSuspect }, ordered),
    )
    await breathe()
    if (placed !== undefined) return placed
    item.note('state doubted', { server: servers[first] }, 'info')
  }
}

/** Undoes a write that was made with a doubtful state. */
class Doubt extends Error {}

function attempt(ctx: RoomsContext, fn: (effects: Effects) => number): number | undefined {
  try {
    // The other servers still have it.
    return commit(ctx, fn, 'crash')
  } catch (error) {
    if (error instanceof Doubt) return undefined
    throw error
  }
}

/** Those whose auth events are here or in the batch itself. */
async function withAuthEvents(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  batch: HistoryBatch,
): Promise<Pdu[]> {
  const usable = new Map(batch.pdus.map((pdu) => [pdu.eventId, pdu]))
  const lacking = (pdu: Pdu): EventId[] =>
    ctx.store.missingEvents(pdu.authEvents).filter((id) => !usable.has(id))
  for (const pdu of batch.pdus) {
    const authEvents = lacking(pdu)
    if (authEvents.length === 0) continue
    await fetchAuthEvents(ctx, item, room, [batch.server], { eventId: pdu.eventId, authEvents })
  }
  // Leaving one out may take others with it.
  for (let before = -1; before !== usable.size;) {
    before = usable.size
    for (const pdu of usable.values()) {
      if (lacking(pdu).length === 0) continue
      usable.delete(pdu.eventId)
      item.note('left out', { event: pdu.eventId, reason: 'an auth event is missing' }, 'info')
    }
  }
  return [...usable.values()]
}

/**
 * Sees to it that the state is known at the lower edges of the batch, so that it can be followed upwards. True
 * where it is only what another server says.
 */
async function findStates(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  servers: readonly ServerName[],
  ordered: readonly Pdu[],
): Promise<boolean> {
  const here = new Set(ordered.map((pdu) => pdu.eventId))
  const unknownBelow = (pdu: Pdu): EventId[] => unknownPrevs(ctx, pdu).filter((id) => !here.has(id))
  const fromAbove = statesFromAbove(ctx, ordered)
  let told = false
  for (const pdu of ordered) {
    if (unknownBelow(pdu).length === 0) continue
    const known = fromAbove.get(pdu.eventId)
    const group = known ?? (await askForState(ctx, item, room, servers, pdu))
    if (group === undefined) continue
    told ||= known === undefined
    // It stands for the state after each of the unknown prev events, whose resolution it is.
    for (const id of unknownBelow(pdu)) rememberStateAfter(ctx, room.roomId, id, group)
  }
  return told
}

/**
 * The state before events, where it follows from what comes after them: the state before an event with one
 * prev event is the state after that one, and a message leaves the state as it was.
 */
function statesFromAbove(ctx: RoomsContext, ordered: readonly Pdu[]): Map<EventId, StateGroupId> {
  const before = new Map<EventId, StateGroupId>()
  const messages = new Set<EventId>()
  for (const pdu of ordered) {
    if (pdu.stateKey !== undefined) continue
    messages.add(pdu.eventId)
    for (const id of ctx.store.childrenOf(pdu.roomId, pdu.eventId)) {
      const child = ctx.store.getEvent(id)
      if (child?.stateBefore === undefined || child.pdu.prevEvents.length !== 1) continue
      before.set(pdu.eventId, child.stateBefore)
    }
  }
  for (const pdu of ordered.toReversed()) {
    const group = before.get(pdu.eventId)
    const [prev, ...others] = pdu.prevEvents
    if (group === undefined || prev === undefined || others.length > 0) continue
    if (!before.has(prev) && messages.has(prev)) before.set(prev, group)
  }
  return before
}

async function askForState(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  servers: readonly ServerName[],
  pdu: Pdu,
): Promise<StateGroupId | undefined> {
  for (const server of servers) {
    const state = await fetchStateBefore(ctx, item, room, server, pdu.eventId)
    if (state === undefined) continue
    // As the events that need it: the other servers still have it.
    return commit(ctx, () => ctx.store.putStateMap(room.roomId, state, room.currentState), 'crash')
  }
  return undefined
}

interface Writing {
  readonly room: RoomRecord
  /** Who gave the events. */
  readonly server: ServerName
  readonly segment: number
  /** The state that they are judged by is not to be trusted yet. */
  readonly isSuspect: boolean
}

function write(
  ctx: RoomsContext,
  effects: Effects,
  item: LogItem,
  { room, server, segment, isSuspect }: Writing,
  ordered: readonly Pdu[],
): number {
  const { store } = ctx
  // Positions count down from the lowest in this stretch, newest event first.
  const bottom = (segment - 1) * TIMELINE_STEP
  const [lowest] = store.timeline({ roomId: room.roomId, direction: 'forward', from: bottom, limit: 1 })
  const kept = store.lowestKeptPlace(room.roomId, bottom)
  const top = Math.min(lowest?.timelinePos ?? Infinity, kept ?? Infinity, segment * TIMELINE_STEP)
  let placed = 0
  for (const [index, pdu] of ordered.entries()) {
    // It may have arrived by itself meanwhile.
    if (isPlaced(store.getEvent(pdu.eventId)) || store.missingEvents(pdu.authEvents).length > 0) continue
    const never = neverPlaced(ctx, pdu)
    if (never !== undefined) {
      item.note('left out', { event: pdu.eventId, reason: never.reason }, 'info')
      continue
    }
    const position = top - (ordered.length - index)
    placed++
    if (unknownPrevs(ctx, pdu).length > 0) {
      placeWithoutState(ctx, effects, item, { room, from: server }, pdu, position)
      continue
    }
    const { status, reason } = placeEvent(ctx, effects, pdu, { fillsGapAt: position, from: server })
    if (status === 'rejected' && isSuspect) throw new Doubt()
    if (status === 'rejected') {
      item.note('rejected', { event: pdu.eventId, type: pdu.type, reason }, 'info')
    }
  }
  return placed
}

/** The last resort: history is worth showing although nobody tells the state there. */
function placeWithoutState(
  ctx: RoomsContext,
  effects: Effects,
  item: LogItem,
  { room, from }: { room: RoomRecord; from: ServerName },
  pdu: Pdu,
  position: TimelinePos,
): void {
  const { store } = ctx
  item.note('placed without state', { event: pdu.eventId }, 'warn')
  store.insertEvent({
    pdu,
    status: 'accepted',
    timelinePos: position,
    receivedTs: ctx.clock.now(),
    receivedFrom: from,
  })
  for (const missing of pdu.prevEvents) {
    if (!isPlaced(store.getEvent(missing))) {
      store.addGap(room.roomId, { eventId: pdu.eventId, missing, timelinePos: position })
    }
  }
  store.closeGaps(room.roomId, pdu.eventId)
  applyWaitingRedactions(ctx, effects, pdu)
}
