import type { JsonObject, Pdu, RoomId, ServerName, UserId } from '../../core/types.ts'
import type { LogItem } from '../../trace/log.ts'
import type { RoomsContext } from '../context.ts'
import { signTemplate } from '../handshake.ts'
import { RemoteError } from '../ports.ts'

export type LeaveResult =
  | { readonly result: 'left'; readonly pdu: Pdu }
  /** The server says that there is nothing to leave, or that it is not in the room. */
  | { readonly result: 'refused' }
  | { readonly result: 'away' }

/** Server-server "Leaving Rooms": `make_leave` and `send_leave` with one server. Why it failed is in the trace. */
export async function leaveThrough(
  ctx: RoomsContext,
  item: LogItem,
  server: ServerName,
  who: { readonly userId: UserId; readonly roomId: RoomId },
  content: JsonObject,
): Promise<LeaveResult> {
  const { userId: user, roomId } = who
  try {
    return await item.wrap('leave through', { server }, async () => {
      const template = await ctx.remote.makeLeave(server, roomId, user)
      const version = ctx.store.getRoom(roomId)?.version ?? template.roomVersion
      const pdu = signTemplate(
        ctx,
        { event: template.event, roomVersion: version },
        { roomId, user, membership: 'leave', content },
      )
      await ctx.remote.sendLeave(server, roomId, pdu)
      return { result: 'left', pdu }
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    item.note('not left through', { server, reason }, 'info')
    const answered = error instanceof RemoteError && error.status !== undefined
    return { result: answered && error.status < 500 && error.status !== 429 ? 'refused' : 'away' }
  }
}
