import { parsePdu } from '../core/pdu.ts'
import { Watch } from '../core/auth/watch.ts'
import type { EventId, Pdu, PduJson, RoomId, RoomVersionId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { checkByAuthEvents } from './authorise.ts'
import { checkAllSignatures, formatCause } from './check-pdu.ts'
import { commit } from './commit.ts'
import { rulesOf, type RoomsContext } from './context.ts'
import { DroppedEvents } from './refusals/dropped-events.ts'
import { noteStoredRefusal } from './refusals/note-refusal.ts'
import { topologicalOrder } from './topological-order.ts'

/** More than any honest auth chain; a stranger's answer is cut here. */
const MAX_OUTLIERS = 200_000
const PARSE_CHUNK = 100
const WRITE_CHUNK = 40

export interface RoomKey {
  readonly roomId: RoomId
  readonly version: RoomVersionId
}

/**
 * Checks raw events that belong to auth chains or states (format, room, signatures, hash, authorised by
 * their auth events), and stores those that pass as outliers, those that break an auth rule as rejected.
 * What is stored already is left alone. Answers how many were stored.
 *
 * @param server who gave them.
 * @param from event ids: only these and what lies in their auth chains is taken.
 */
export async function storeOutliers(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  jsons: readonly PduJson[],
  from?: readonly EventId[],
): Promise<number> {
  const pdus = await checkOutliers(ctx, item, room, server, jsons, from)
  return writeOutliers(ctx, item, room, server, pdus)
}

/**
 * Format, room, signature and hash of many events; those that fail are noted and left out.
 *
 * @param ids gets the event id of each that has a form and is of the room, so that it need not be hashed again.
 */
export async function checkOutliers(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  jsons: readonly PduJson[],
  from?: readonly EventId[],
  ids?: Map<PduJson, EventId>,
): Promise<Pdu[]> {
  const parsed = new Map<EventId, Pdu>()
  const dropped = new DroppedEvents(ctx, item, room, server)
  let count = 0
  for (const json of jsons.slice(0, MAX_OUTLIERS)) {
    const result = parsePdu(json, room.version)
    if (!result.ok) dropped.add(json, { cause: formatCause(result.reason), reason: result.reason })
    else if (result.pdu.roomId !== room.roomId) {
      dropped.add(json, { cause: 'other-room', reason: 'it is of another room' })
    } else {
      parsed.set(result.pdu.eventId, result.pdu)
      ids?.set(json, result.pdu.eventId)
    }
    if (++count % PARSE_CHUNK === 0) await breathe()
  }
  if (from !== undefined) leaveChainsOf(from, parsed, item)
  await breathe()
  const unknown = new Set(ctx.store.missingEvents([...parsed.keys()]))
  const fresh = [...parsed.values()].filter((pdu) => unknown.has(pdu.eventId))
  const passed: Pdu[] = []
  for (const [index, checked] of (await checkAllSignatures(ctx, fresh)).entries()) {
    if (checked.result === 'ok') passed.push(checked.pdu)
    else dropped.checked(fresh[index], checked)
  }
  dropped.write()
  return passed
}

/** A server that is asked for a chain might give whatever it likes to see on our disk. */
function leaveChainsOf(from: readonly EventId[], parsed: Map<EventId, Pdu>, item: LogItem): void {
  const reached = new Set<EventId>()
  const open = [...from]
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const pdu = parsed.get(id)
    if (pdu === undefined || reached.has(id)) continue
    reached.add(id)
    open.push(...pdu.authEvents)
  }
  const unasked = parsed.size - reached.size
  for (const id of parsed.keys()) if (!reached.has(id)) parsed.delete(id)
  if (unasked > 0) item.note('unasked events left out', { count: unasked })
}

/** Stores checked events as outliers, auth events first, a chunk a transaction. */
export async function writeOutliers(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  pdus: readonly Pdu[],
): Promise<number> {
  await breathe()
  // From version 12 on the create event is nobody's auth event, and still everybody's ground.
  const create = pdus.find((pdu) => pdu.type === 'm.room.create' && pdu.stateKey === '')?.eventId
  const ordered = topologicalOrder(pdus, (pdu) =>
    create === undefined || pdu.eventId === create ? pdu.authEvents : [create, ...pdu.authEvents],
  )
  let written = 0
  for (let start = 0; start < ordered.length; start += WRITE_CHUNK) {
    written += commit(ctx, () =>
      writeChunk(ctx, item, room, server, ordered.slice(start, start + WRITE_CHUNK)),
    )
    if (start + WRITE_CHUNK < ordered.length) await breathe()
  }
  return written
}

function writeChunk(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  pdus: readonly Pdu[],
): number {
  const rules = rulesOf(room)
  let written = 0
  for (const pdu of pdus) {
    if (ctx.store.getEvent(pdu.eventId) !== undefined) continue
    if (ctx.store.missingEvents(pdu.authEvents).length > 0) {
      item.note('dropped', { event: pdu.eventId, reason: 'an auth event is missing' }, 'info')
      continue
    }
    const watch = new Watch()
    const decision = checkByAuthEvents(ctx, pdu, rules, watch)
    const reason = decision.verdict === 'reject' ? `${decision.rule}: ${decision.reason}` : undefined
    if (reason !== undefined) item.note('rejected', { event: pdu.eventId, type: pdu.type, reason }, 'info')
    ctx.store.insertEvent({
      pdu,
      status: reason === undefined ? 'outlier' : 'rejected',
      reason,
      receivedTs: ctx.clock.now(),
      receivedFrom: server,
    })
    if (decision.verdict === 'reject' && reason !== undefined) {
      const lookedAt = [...watch.seen].map(({ eventId }) => eventId)
      const { rule } = decision
      const why = {
        outcome: 'rejected',
        cause: 'auth-events',
        rule,
        lookedAt,
        reason,
        origin: server,
      } as const
      noteStoredRefusal(ctx, pdu, why)
    }
    written++
  }
  return written
}
