import { redactionApplies } from '../core/auth-rules.ts'
import { powerLevelsOf } from '../core/power-levels.ts'
import { redactPdu } from '../core/redaction.ts'
import { parseEventId } from '../core/ids.ts'
import { own } from '../core/json.ts'
import type { EventId, Pdu } from '../core/types.ts'
import type { Effects } from './commit.ts'
import { rulesOf, type RoomsContext } from './context.ts'
import { TIMELINE_STEP, type StateGroupId, type StoredEvent } from './ports.ts'
import { lookupIn } from './room-state.ts'

/** Room version 3, "Handling redactions": may this redaction take that event's content? */
export function redactionAllowed(
  ctx: RoomsContext,
  redaction: Pdu,
  target: Pdu,
  stateBefore: StateGroupId,
): boolean {
  const rules = rulesOf({ version: redaction.roomVersion })
  const state = lookupIn(ctx, ctx.store.stateMap(stateBefore))
  const levels = powerLevelsOf(state('m.room.power_levels', '')?.content, state('m.room.create', ''), rules)
  return redactionApplies(redaction, target, levels, rules)
}

/** Applies a stored redaction to its stored target; false when it may not. */
export function applyRedaction(
  ctx: RoomsContext,
  effects: Effects,
  redaction: Pdu,
  stateBefore: StateGroupId,
): boolean {
  const target = redaction.redacts === undefined ? undefined : ctx.store.getEvent(redaction.redacts)
  if (target === undefined) return false
  if (!redactionAllowed(ctx, redaction, target.pdu, stateBefore)) return false
  if (target.redactedBy !== undefined) return true
  // What a message said in its edits goes with it: they serve no purpose without it.
  const edits = ctx.store.getEvents(ctx.store.editsOf(target.pdu))
  for (const event of [target, ...edits]) takeContent(ctx, effects, event, redaction.eventId)
  return true
}

function takeContent(ctx: RoomsContext, effects: Effects, event: StoredEvent, by: EventId): void {
  if (event.redactedBy !== undefined) return
  ctx.store.redactEvent(event.pdu.eventId, redactPdu(event.pdu), by)
  effects.redacted.push(event.pdu)
}

/**
 * Applies the redactions that came before the event that they name, or before an edit of it, and shows them: until
 * then they did nothing (room version 3, "Handling redactions").
 */
export function applyWaitingRedactions(ctx: RoomsContext, effects: Effects, target: Pdu): void {
  for (const id of ctx.store.redactionsOf(target.eventId)) {
    const redaction = ctx.store.getEvent(id)
    if (redaction?.status !== 'accepted' || redaction.stateBefore === undefined) continue
    const applies = applyRedaction(ctx, effects, redaction.pdu, redaction.stateBefore)
    if (applies && redaction.timelinePos === undefined) show(ctx, effects, redaction.pdu)
  }
  const original = editedBy(ctx, target)
  const stored = ctx.store.getEvent(target.eventId)
  if (original?.redactedBy === undefined || stored === undefined) return
  takeContent(ctx, effects, stored, original.redactedBy)
}

function show({ store }: RoomsContext, effects: Effects, { eventId, roomId }: Pdu): void {
  const isLive = store.showEvent(eventId, () => ({
    timelinePos: (store.highestTimelinePos(roomId) ?? 0) + TIMELINE_STEP,
    streamPos: store.nextStreamPos(),
  }))
  if (isLive) effects.rooms.add(roomId)
}

/** The event that this one edits, where it is here and by the same sender. */
function editedBy(ctx: RoomsContext, pdu: Pdu): StoredEvent | undefined {
  const relation = own(pdu.content, 'm.relates_to')
  if (own(relation, 'rel_type') !== 'm.replace') return undefined
  const id = parseEventId(own(relation, 'event_id'))
  const original = id === undefined ? undefined : ctx.store.getEvent(id)
  const isOwn = original?.pdu.sender === pdu.sender && original.pdu.roomId === pdu.roomId
  return isOwn ? original : undefined
}
