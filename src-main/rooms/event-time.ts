import type { EventId } from '../core/types.ts'
import type { RoomsContext } from './context.ts'

/** By more a clock is not corrected for: somebody may have sent a time at the end of all days. */
const MOST_MS = 24 * 60 * 60_000

/**
 * The time that an event of ours says it was sent at. State that replaces other state is never older than that:
 * where the room forks, state resolution lets the older of two win over nothing, so that who comes back
 * with a clock that was set back would stay away for the others.
 */
export function eventTime(ctx: RoomsContext, replaced: EventId | undefined): number {
  const now = ctx.clock.now()
  const before = replaced === undefined ? undefined : ctx.store.getEvent(replaced)?.pdu.originServerTs
  return before === undefined || before < now || before > now + MOST_MS ? now : before + 1
}
