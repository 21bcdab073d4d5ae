import { parsePdu } from '../core/pdu.ts'
import type { EventId, Pdu, PduJson, RoomId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe, checkAllSignatures } from './check-pdu.ts'
import { commit } from './commit.ts'
import { serverOf, type RoomsContext } from './context.ts'
import { ask, fetchAuthEvents, fetchStateBefore } from './fetch-missing.ts'
import { placeEvent } from './place-event.ts'
import { TIMELINE_STEP, type Gap, type RoomRecord, type TimelinePos } from './ports.ts'
import { applyWaitingRedactions } from './redactions.ts'
import { isPlaced, unknownPrevs } from './room-state.ts'
import { byDepth, topologicalOrder } from './topological-order.ts'

const MAX_SERVERS = 5
const MAX_EVENTS = 100

/**
 * Server-server "Backfilling": fetches events across the gap at or below a place in the timeline
 * (undefined: the room's oldest), and puts them between its two sides. True if any came.
 */
export function backfill(
  ctx: RoomsContext,
  roomId: RoomId,
  below: TimelinePos | undefined,
  limit: number,
): Promise<boolean> {
  return ctx.log.run('backfill', { room: roomId }, (item) =>
    ctx.historyLanes.run(roomId, async () => {
      const room = ctx.store.getRoom(roomId)
      if (room?.participating !== true) return false
      const gaps = gapsToFill(ctx.store.gaps(roomId), below)
      const [gap] = gaps
      if (gap === undefined) return false
      for (const server of serversFor(ctx, room, gap)) {
        const placed = await item.wrap('backfill from', { server, gaps: gaps.length }, (step) =>
          fillFrom(ctx, step, room, server, gaps, Math.min(limit, MAX_EVENTS)),
        )
        if (placed > 0) return true
      }
      return false
    }),
  )
}

/** The end of the stretch of history that a position lies in: live events stand at its multiples. */
function segmentOf(pos: TimelinePos): number {
  return Math.ceil(pos / TIMELINE_STEP)
}

/** All gaps of one stretch: their events share the positions below, so they are filled together. */
function gapsToFill(gaps: readonly Gap[], below: TimelinePos | undefined): Gap[] {
  const eligible = gaps
    .filter((gap) => below === undefined || gap.timelinePos <= below)
    .sort((a, b) => b.timelinePos - a.timelinePos)
  const chosen = below === undefined ? eligible.at(-1) : eligible[0]
  if (chosen === undefined) return []
  return gaps.filter((gap) => segmentOf(gap.timelinePos) === segmentOf(chosen.timelinePos)).slice(0, 20)
}

function serversFor(ctx: RoomsContext, room: RoomRecord, gap: Gap): ServerName[] {
  const { store } = ctx
  const servers = new Set<ServerName>()
  const event = store.getEvent(gap.eventId)
  if (event !== undefined) servers.add(serverOf(event.pdu.sender))
  const create = store.currentStateEvent(room.roomId, 'm.room.create', '')
  if (create !== undefined) servers.add(serverOf(create.pdu.sender))
  for (const server of store.joinedServers(room.roomId)) servers.add(server)
  servers.delete(ctx.serverName)
  return [...servers].filter((server) => ctx.domainAllowed(server)).slice(0, MAX_SERVERS)
}

async function fillFrom(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  server: ServerName,
  gaps: readonly Gap[],
  limit: number,
): Promise<number> {
  const missing = [...new Set(gaps.map((gap) => gap.missing))]
  const jsons = await ask(item, 'backfill', server, () =>
    ctx.remote.backfill(server, room.roomId, missing, limit),
  )
  if (jsons === undefined) return 0
  const pdus = contiguous(ctx, await checked(ctx, item, room, jsons.slice(0, MAX_EVENTS)), missing)
  if (pdus.length === 0) return 0

  // Positions count down from the lowest in this stretch, newest event first.
  const segment = segmentOf(gaps[0]?.timelinePos ?? 0)
  const [lowest] = ctx.store.timeline({
    roomId: room.roomId,
    direction: 'forward',
    from: (segment - 1) * TIMELINE_STEP,
    limit: 1,
  })
  const top = lowest?.timelinePos ?? segment * TIMELINE_STEP
  const ordered = topologicalOrder(pdus.toSorted(byDepth), (pdu) => pdu.prevEvents)
  let placed = 0
  for (const [index, pdu] of ordered.entries()) {
    const position = top - (ordered.length - index)
    if (await placeHistorical(ctx, item, room, server, pdu, position)) placed++
    if (index % 20 === 19) await breathe()
  }
  item.set({ received: jsons.length, placed })
  return placed
}

async function checked(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  jsons: readonly PduJson[],
): Promise<Pdu[]> {
  const parsed: Pdu[] = []
  for (const json of jsons) {
    const result = parsePdu(json, room.version)
    if (!result.ok || result.pdu.roomId !== room.roomId) {
      item.note('dropped', { reason: result.ok ? 'of another room' : result.reason }, 'info')
    } else if (!isPlaced(ctx.store.getEvent(result.pdu.eventId))) parsed.push(result.pdu)
  }
  const passed: Pdu[] = []
  for (const [index, result] of (await checkAllSignatures(ctx, parsed)).entries()) {
    if (result.result === 'ok') passed.push(result.pdu)
    else item.note('dropped', { event: parsed[index]?.eventId, reason: result.reason }, 'info')
  }
  return passed
}

/** Only what hangs together with the gap from above: the rest has no place here yet. */
function contiguous(ctx: RoomsContext, pdus: readonly Pdu[], missing: readonly EventId[]): Pdu[] {
  const byId = new Map(pdus.map((pdu) => [pdu.eventId, pdu]))
  const reached = new Map<EventId, Pdu>()
  const queue = [...missing]
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const pdu = byId.get(id)
    if (pdu === undefined || reached.has(id)) continue
    reached.set(id, pdu)
    queue.push(...pdu.prevEvents)
  }
  return [...reached.values()]
}

async function placeHistorical(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  server: ServerName,
  pdu: Pdu,
  position: TimelinePos,
): Promise<boolean> {
  const authMissing = await fetchAuthEvents(ctx, item, room, [server], pdu)
  if (authMissing.length > 0) {
    item.note('left out', { event: pdu.eventId, reason: 'an auth event is missing' }, 'info')
    return false
  }
  if (unknownPrevs(ctx, pdu.prevEvents).length > 0) await borrowState(ctx, item, room, server, pdu)
  // It may have arrived by itself meanwhile.
  if (isPlaced(ctx.store.getEvent(pdu.eventId))) return false
  if (unknownPrevs(ctx, pdu.prevEvents).length > 0) {
    placeWithoutState(ctx, item, room, pdu, position)
    return true
  }
  const placement = commit(ctx, (effects) => placeEvent(ctx, effects, pdu, { fillsGapAt: position }))
  if (placement.status === 'rejected') {
    item.note('rejected', { event: pdu.eventId, type: pdu.type, reason: placement.reason }, 'info')
  }
  return placement.status === 'accepted'
}

/**
 * The lower edge of what came: the state before the edge is what another server says it is. It stands for
 * the state after each of the event's unknown prev events, whose resolution it is.
 */
async function borrowState(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  server: ServerName,
  pdu: Pdu,
): Promise<void> {
  const state = await fetchStateBefore(ctx, item, room, server, pdu.eventId)
  if (state === undefined) return
  const group = commit(ctx, () => ctx.store.putStateMap(room.roomId, state, room.currentState))
  for (const id of unknownPrevs(ctx, pdu.prevEvents)) ctx.stateAfterMissing.set(id, group)
}

/** The last resort: history is worth showing although nobody tells the state there. */
function placeWithoutState(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomRecord,
  pdu: Pdu,
  position: TimelinePos,
): void {
  const { store } = ctx
  item.note('placed without state', { event: pdu.eventId }, 'warn')
  commit(ctx, (effects) => {
    store.insertEvent({ pdu, status: 'accepted', timelinePos: position, receivedTs: ctx.clock.now() })
    for (const missing of pdu.prevEvents) {
      if (!isPlaced(store.getEvent(missing))) {
        store.addGap(room.roomId, { eventId: pdu.eventId, missing, timelinePos: position })
      }
    }
    store.closeGaps(room.roomId, pdu.eventId)
    applyWaitingRedactions(ctx, effects, pdu)
  })
}
