import { MAX_PREV_EVENTS } from '../core/pdu.ts'
import type { RoomId } from '../core/types.ts'
import type { LogItem } from '../trace/log.ts'
import { RoomError } from './api.ts'
import { sendRecommended } from './send-recommended.ts'
import type { RoomsContext } from './context.ts'

const MAX_MERGES = 20

/**
 * A room whose ends multiply, by a busy network or by somebody's ill will, gets slower with each of them,
 * as its state is the resolution of all. Where nobody speaks who would join them, a user of ours says
 * nothing: an event of a type that clients ignore, as other servers do it too.
 */
export async function mergeExtremities(ctx: RoomsContext, item: LogItem, roomId: RoomId): Promise<void> {
  for (let merges = 0; merges < MAX_MERGES; merges++) {
    const count = ctx.store.forwardExtremities(roomId).length
    if (count <= MAX_PREV_EVENTS || ctx.store.getRoom(roomId)?.participating !== true) return
    const sender = ctx.store.joinedLocalUsers(roomId)[0]
    if (sender === undefined) return
    try {
      await sendRecommended(ctx, roomId, { type: 'org.matrix.dummy_event', sender, content: {} })
      item.note('extremities merged', { count }, 'info')
    } catch (error) {
      if (!(error instanceof RoomError)) throw error
      item.note('extremities not merged', { count, reason: error.message }, 'info')
      return
    }
  }
}
