import type { EventId, RoomId, UserId } from '../core/types.ts'
import { RoomError } from './api.ts'
import type { RoomsContext } from './context.ts'
import type { ClientTxn } from './ports.ts'
import { redactionAllowed } from './redactions.ts'
import { sendEvent } from './send-event.ts'

/** More than anybody edits one message. */
const MAX_EDITS = 100

/**
 * Client-server `PUT /redact`. The edits of a message are redacted with it: other servers would keep what
 * they say, as the specification has it. Throws `RoomError` where the redaction would do nothing.
 */
export async function redactEvent(
  ctx: RoomsContext,
  args: {
    roomId: RoomId
    sender: UserId
    target: EventId
    reason?: string | undefined
    txn?: ClientTxn | undefined
  },
): Promise<EventId> {
  const target = ctx.store.getEvent(args.target)
  if (target === undefined || target.pdu.roomId !== args.roomId) {
    throw new RoomError(404, 'M_NOT_FOUND', 'There is no such event in this room.')
  }
  const room = ctx.store.getRoom(args.roomId)
  if (room !== undefined) {
    const { pdu } = target
    const probe = { ...pdu, sender: args.sender, type: 'm.room.redaction', redacts: args.target }
    if (!redactionAllowed(ctx, probe, pdu, room.currentState)) {
      throw new RoomError(403, 'M_FORBIDDEN', 'You may not remove messages of others in this room.')
    }
  }
  // Before they lose what says that they are edits.
  const edits = ctx.store.editsOf(target.pdu).slice(-MAX_EDITS)
  const redact = (redacts: EventId, txn: ClientTxn | undefined): Promise<EventId> =>
    sendEvent(ctx, {
      roomId: args.roomId,
      sender: args.sender,
      type: 'm.room.redaction',
      content: args.reason === undefined ? {} : { reason: args.reason },
      redacts,
      txn,
    })
  // At the same moment, so that they share one transaction.
  const own = redact(args.target, args.txn)
  await Promise.all([own, ...edits.map((edit) => redact(edit, undefined))])
  return own
}
