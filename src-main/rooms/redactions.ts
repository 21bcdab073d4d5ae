import { redactionApplies } from '../core/auth-rules.ts'
import { powerLevelsOf } from '../core/power-levels.ts'
import { redactPdu } from '../core/redaction.ts'
import type { Pdu } from '../core/types.ts'
import { rulesOf, type RoomsContext } from './context.ts'
import type { StateGroupId } from './ports.ts'
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
export function applyRedaction(ctx: RoomsContext, redaction: Pdu, stateBefore: StateGroupId): boolean {
  const target = redaction.redacts === undefined ? undefined : ctx.store.getEvent(redaction.redacts)
  if (target === undefined) return false
  if (!redactionAllowed(ctx, redaction, target.pdu, stateBefore)) return false
  if (target.redactedBy === undefined) {
    ctx.store.redactEvent(target.pdu.eventId, redactPdu(target.pdu), redaction.eventId)
  }
  return true
}

/** Applies the redactions that came before the event that they name. */
export function applyWaitingRedactions(ctx: RoomsContext, target: Pdu): void {
  for (const id of ctx.store.redactionsOf(target.eventId)) {
    const redaction = ctx.store.getEvent(id)
    if (redaction?.status !== 'accepted' || redaction.stateBefore === undefined) continue
    if (applyRedaction(ctx, redaction.pdu, redaction.stateBefore)) return
  }
}
