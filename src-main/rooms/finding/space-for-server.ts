import type { RoomId, ServerName } from '../../core/types.ts'
import { RoomError } from '../api.ts'
import type { RoomsContext } from '../context.ts'
import type { SpaceRoom } from './api.ts'
import { childrenOf, type SpaceChild } from './space-children.ts'
import { summarise } from './summarise.ts'
import { serverMaySee } from './who-may-see.ts'

/** Children whose summaries go with one answer; the others can be asked for by themselves. */
const MAX_SUMMARIES = 100

/**
 * Server-server `GET /hierarchy/{roomId}`: the room and those of its children that the server's users may
 * see or join, one level deep. Works for rooms that are no spaces, too. Throws `RoomError` 404.
 */
export function spaceForServer(
  ctx: RoomsContext,
  origin: ServerName,
  roomId: RoomId,
  suggestedOnly: boolean,
): { room: SpaceRoom; children: SpaceRoom[]; inaccessible: RoomId[] } {
  if (!serverMaySee(ctx, origin, roomId)) {
    throw new RoomError(404, 'M_NOT_FOUND', 'There is no such room here, or your server may not see it.')
  }
  const wanted = (child: SpaceChild): boolean => !suggestedOnly || child.suggested
  const own = childrenOf(ctx.store, roomId).filter(wanted)
  const children: SpaceRoom[] = []
  const inaccessible: RoomId[] = []
  for (const { roomId: child } of own) {
    if (ctx.store.getRoom(child)?.participating !== true) continue
    if (!serverMaySee(ctx, origin, child)) inaccessible.push(child)
    else if (children.length < MAX_SUMMARIES) {
      children.push(withChildren(ctx, child, childrenOf(ctx.store, child).filter(wanted)))
    }
  }
  return { room: withChildren(ctx, roomId, own), children, inaccessible }
}

export function withChildren(ctx: RoomsContext, roomId: RoomId, children: readonly SpaceChild[]): SpaceRoom {
  return { ...summarise(ctx.store, roomId), children_state: children.map((child) => child.json) }
}
