import { parsePdu } from '../core/pdu.ts'
import { Watch } from '../core/auth/watch.ts'
import type { EventId, Pdu, PduJson, RoomId, RoomVersionId, ServerName } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { breathe } from '../trace/turns.ts'
import { checkByAuthEvents } from './authorise.ts'
import { checkAllSignatures, formatCause, type CheckedPdu } from './check-pdu.ts'
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
 * What is stored already is left alone. Answers those of a right form that did not pass.
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
): Promise<CheckedOutliers['refused']> {
  const { passed, refused } = await checkOutliers(ctx, item, room, server, jsons, { from })
  await writeOutliers(ctx, item, room, server, passed)
  return refused
}

export interface RefusedOutlier {
  readonly pdu: Pdu
  readonly reason: string
  /** Keys of this server could not be had; undefined where that is not the reason. */
  readonly keysOf: ServerName | undefined
}

export interface CheckedOutliers {
  /** Of those that are not stored already. */
  readonly passed: readonly Pdu[]
  /** Those of a right form that did not pass. */
  readonly refused: ReadonlyMap<EventId, RefusedOutlier>
}

interface OutlierOptions {
  /** Event ids: only these and what lies in their auth chains is taken. */
  readonly from?: readonly EventId[] | undefined
  /** Gets the event id of each that has a form and is of the room, so that it need not be hashed again. */
  readonly ids?: Map<PduJson, EventId>
  /** Who may know keys that cannot be had from their servers, by what has passed. */
  readonly witnesses?: (passed: readonly Pdu[]) => readonly ServerName[]
}

/** Format, room, signature and hash of many events; those that fail are noted and left out. */
export async function checkOutliers(
  ctx: RoomsContext,
  item: LogItem,
  room: RoomKey,
  server: ServerName,
  jsons: readonly PduJson[],
  { from, ids, witnesses }: OutlierOptions = {},
): Promise<CheckedOutliers> {
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
  const refused = new Map<EventId, RefusedOutlier>()
  for (const [pdu, checked] of await checkSigned(ctx, fresh, witnesses)) {
    if (checked.result === 'ok') passed.push(checked.pdu)
    else {
      dropped.checked(pdu, checked)
      const keysOf = checked.result === 'retry' ? checked.keysOf : undefined
      refused.set(pdu.eventId, { pdu, reason: checked.reason, keysOf })
    }
  }
  dropped.write()
  return { passed, refused }
}

/** Signatures and hashes; where keys of servers cannot be had, witnesses are asked once for all of them. */
async function checkSigned(
  ctx: RoomsContext,
  pdus: readonly Pdu[],
  witnesses: OutlierOptions['witnesses'],
): Promise<Map<Pdu, CheckedPdu>> {
  const checks = new Map<Pdu, CheckedPdu>()
  const check = async (some: readonly Pdu[]): Promise<void> => {
    const results = await checkAllSignatures(ctx, some)
    for (const [n, pdu] of some.entries()) {
      const result = results[n]
      if (result !== undefined) checks.set(pdu, result)
    }
  }
  await check(pdus)
  const lacking = (of: (server: ServerName) => boolean): Pdu[] =>
    [...checks].flatMap(([pdu, checked]) => {
      const server = checked.result === 'retry' ? checked.keysOf : undefined
      return server !== undefined && of(server) ? [pdu] : []
    })
  const asked = lacking(() => true)
  if (asked.length === 0 || witnesses === undefined) return checks
  const passed = [...checks.values()].flatMap((each) => (each.result === 'ok' ? [each.pdu] : []))
  const vouchedFor = await ctx.verifier.askWitnesses?.(asked, witnesses(passed))
  // The others are not asked for their keys a second time: that each takes its time would add up.
  if (vouchedFor !== undefined) await check(lacking((server) => vouchedFor.has(server)))
  return checks
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
